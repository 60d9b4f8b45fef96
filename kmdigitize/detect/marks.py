"""Censor marks along the traces of a panel.

One figure draws one kind of mark, in one size, either in the curves' own inks or in black: ink, kind and size are
decided together over all arms, by the ink that such marks explain beyond the curves. Then every arm is searched for
that mark; where marks touch, only the stretch and an estimate of their number are left.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from kmdigitize.detect.marks_bars import (
    UPRIGHT,
    Uprights,
    bar_strength,
    crossbar,
    match_bars,
    nearby_ink,
    read_uprights,
    usual_height,
)
from kmdigitize.detect.marks_ink import MarkInk, dark_ink, is_dark, own_ink
from kmdigitize.detect.marks_shapes import KINDS, explained_ink, match, outline, shape_of
from kmdigitize.geometry import BoolArray, FloatArray, IntArray
from kmdigitize.records import CensorMark, Evidence, Figure, MarkKind, Panel, Trace

log = logging.getLogger(__name__)

GOOD_QUALITY = 0.4
"""Usual gain per pixel of marks that are drawn, 0.28 to 0.5; noise and slips of the traces reach 0.15 to 0.3."""
LIKELY: dict[MarkKind, float] = {"tick": 0.6, "cross": 0.8, "circle": 0.7, "triangle": 0.5, "square": 0.5}
"""Weights of kinds against upright bars, which crowded outlines of any kind resemble and nearly all figures use."""


@dataclass(frozen=True, slots=True)
class MarkSettings:
    """Tuning of the mark search."""

    smallest_px: float = 1.5
    """Least height of a mark above the edge of its curve: below that it cannot be told from noise."""
    largest_share: float = 0.03
    """Largest half height as a share of the panel's height."""
    good_fit: float = 0.5
    """Least fit of a mark: three quarters of its visible pixels inked and none around it."""
    least_score: float = 3.5
    """Least score of the figure's mark. Slips of the traces, compression noise and pieces of text reach 3 on drawn
    figures without marks; two clear marks of small size reach 4."""
    least_share: float = 0.2
    """Least share of the unexplained ink near the curves that the marks must account for."""
    settled_share: float = 0.8
    """Share from which upright marks in the curves' own ink settle the matter, so that nothing else is tried."""


_DEFAULT = MarkSettings()


@dataclass(frozen=True, slots=True)
class _Look:
    """A candidate for the mark of a figure: kind, half height in px and the ink images of all arms.

    ``gain`` says how much ink it explains and how well (px²), ``quality`` the gain per pixel (0.5: a perfect fit),
    ``share`` how much of all unexplained ink near the curves that is.
    """

    gain: float
    share: float
    quality: float
    kind: MarkKind
    size: float
    inks: list[MarkInk]

    @property
    def score(self) -> float:
        """Ink explained, less where it fits badly, where much is left unexplained, or the kind is easily mistaken."""
        return self.gain * self.share * min((self.quality / GOOD_QUALITY) ** 3, 1.5) * LIKELY.get(self.kind, 1.0)


def find_marks(
    evidences: Sequence[Evidence],
    traces: tuple[Trace, ...],
    figure: Figure | None = None,
    panel: Panel | None = None,
    settings: MarkSettings = _DEFAULT,
) -> tuple[Trace, ...]:
    """The traces with their censor marks, or with ``marks`` None if the figure draws none.

    ``evidences[i]`` is the ink that ``traces[i]`` was found in. Without ``figure`` only marks in the curves' own
    inks are looked for.
    """
    if not traces:
        return traces
    height = panel.frame.height if panel else float(evidences[0].coverage.shape[0])
    own = [own_ink(evidence, traces, i) for i, evidence in enumerate(evidences)]
    looks = _looks(own, height, settings)
    dark = [is_dark(evidence) for evidence in evidences]
    if figure is not None and not all(dark) and not _settled(looks, settings):
        blacks = [
            ink if black else dark_ink(evidences, traces, i, figure.pixels)
            for i, (ink, black) in enumerate(zip(own, dark, strict=True))
        ]
        looks += _looks(blacks, height, settings)
    best = max(looks, key=lambda look: look.score)
    log.debug("best mark: %s %.1f px, score %.1f, share %.2f", best.kind, best.size, best.score, best.share)
    if best.score < settings.least_score or best.share < settings.least_share:
        return tuple(replace(trace, marks=None, mark_bands=()) for trace in traces)
    found = tuple(_marked(trace, ink, best, settings) for trace, ink in zip(traces, best.inks, strict=True))
    return _as_plus(found) if best.kind == "vbar" and _has_crossbars(found, best) else found


def _has_crossbars(traces: tuple[Trace, ...], look: _Look) -> bool:
    """Whether the bars that were found are the uprights of plus signs."""
    total, seen = 0.0, 0
    for trace, ink in zip(traces, look.inks, strict=True):
        at = np.array([round(mark.x - ink.origin - ink.x[0]) for mark in trace.marks or ()], dtype=np.int64)
        more, pixels = crossbar(ink, np.clip(at, 0, ink.x.size - 1), look.size)
        total, seen = total + more, seen + pixels
    return seen >= look.size and total > 0.5 * seen


def _as_plus(traces: tuple[Trace, ...]) -> tuple[Trace, ...]:
    return tuple(
        replace(trace, marks=tuple(replace(mark, kind="plus") for mark in trace.marks or ())) for trace in traces
    )


def _settled(looks: list[_Look], settings: MarkSettings) -> bool:
    """Whether one of the candidates leaves nothing to explain."""
    return any(look.share >= settings.settled_share and look.score >= 3 * settings.least_score for look in looks)


def _looks(inks: list[MarkInk], height: float, settings: MarkSettings) -> list[_Look]:
    """Every kind of mark in its best size."""
    stroke = float(np.median([ink.stroke for ink in inks]))
    sizes = _sizes(stroke / 2 + settings.smallest_px, max(height * settings.largest_share, 3.5 * stroke))
    uprights = [read_uprights(ink, round(sizes[-1]) + 4) for ink in inks]
    found: list[_Look] = []
    usual = usual_height(uprights, [ink.busy for ink in inks])
    close = [size for size in sizes if abs(size - usual) <= max(1.5, 0.2 * usual)] or sizes[:1]
    for kinds, tried in ((UPRIGHT, sizes), (KINDS, close)):
        if not _settled(found, settings):
            found += [_best_size(kind, tried, inks, uprights, settings) for kind in kinds]
    return found


def _best_size(
    kind: MarkKind, sizes: list[float], inks: list[MarkInk], uprights: list[Uprights], settings: MarkSettings
) -> _Look:
    """The size in which marks of one kind explain most."""
    best: tuple[float, float, float, list[IntArray]] = -1.0, 0.0, sizes[0], []
    for size in sizes:
        gain, pixels = 0.0, 1.0
        peaks: list[IntArray] = []
        for ink, upright in zip(inks, uprights, strict=True):
            fit, visible = _match(kind, size, ink, upright)
            peaks.append(_local_peaks(fit, settings.good_fit, _apart(kind, size, ink)))
            gain += float(((fit[peaks[-1]] - settings.good_fit) * visible[peaks[-1]]).sum())
            pixels += float(visible[peaks[-1]].sum())
        if gain > best[0]:
            best = gain, gain / pixels, size, peaks
    gain, quality, size, chosen = best
    explained = sum(
        explained_ink(outline(kind, size, max(1, round(ink.stroke / 2))), ink, at)
        for ink, at in zip(inks, chosen, strict=True)
    )
    found = sum(nearby_ink(upright, size) for upright in uprights)
    return _Look(gain, min(explained / max(found, 1.0), 1.0), quality, kind, size, inks)


def _apart(kind: MarkKind, size: float, ink: MarkInk) -> float:
    """Columns by which marks must differ to be told apart."""
    return max(2.0, ink.stroke if kind in UPRIGHT else 0.6 * size)


def _match(kind: MarkKind, size: float, ink: MarkInk, uprights: Uprights) -> tuple[FloatArray, FloatArray]:
    """Fit of the mark at every column and the number of its pixels that are seen there, (n,) each."""
    if kind in UPRIGHT:
        fit, visible = match_bars(uprights, kind, size)
        # A tick cannot be told from a piece of a riser that the trace has misplaced.
        return (np.where(ink.flat, fit, -1.0) if kind == "tick" else fit), visible
    return match(shape_of(kind, size, ink.stroke), ink)


def _sizes(smallest: float, largest: float) -> list[float]:
    """Half heights to try: every half pixel while small, then steps of a twelfth."""
    sizes = [max(round(2 * smallest) / 2, 2.0)]
    while sizes[-1] < largest:
        sizes.append(max(sizes[-1] + 0.5, round(2 * sizes[-1] * 1.08) / 2))
    return sizes


def _peaks(fit: FloatArray, least: float, apart: float) -> list[int]:
    """Indices of local maxima of ``fit`` (n,) above ``least``, best first kept, at least ``apart`` columns apart."""
    free = fit > least
    taken: list[int] = []
    for index in np.argsort(-fit, kind="stable")[: int(free.sum())]:
        if free[index]:
            taken.append(int(index))
            free[max(0, int(np.ceil(index - apart + 1e-6))) : int(np.floor(index + apart - 1e-6)) + 1] = False
    return sorted(taken)


def _local_peaks(fit: FloatArray, least: float, apart: float) -> IntArray:
    """Indices of columns whose fit exceeds ``least`` and that of all columns nearer than ``apart``; quick.

    Among equals (crowded marks) chance decides, the same one every time.
    """
    jitter = fit + np.random.default_rng(0).uniform(0, 1e-6, fit.size)
    window = np.ones((1, 2 * int(np.ceil(apart - 1)) + 1), np.uint8)
    highest = cv2.dilate(jitter.reshape(1, -1), window).ravel()
    return np.flatnonzero((fit > least) & (jitter >= highest))


def _marked(trace: Trace, ink: MarkInk, look: _Look, settings: MarkSettings) -> Trace:
    """The trace with the marks that stand on it, and the stretches in which they touch."""
    uprights = read_uprights(ink, round(look.size) + 4)
    fit, _ = _match(look.kind, look.size, ink, uprights)
    if look.kind in UPRIGHT:
        groups = _bar_groups(fit > settings.good_fit, bar_strength(uprights, look.size))
    else:
        groups = [[float(peak)] for peak in _peaks(fit, settings.good_fit, _apart(look.kind, look.size, ink))]
    first = float(ink.x[0]) + ink.origin
    marks: list[CensorMark] = []
    bands: list[tuple[float, float]] = []
    for centers in groups:
        half = 0.5 if len(centers) == 1 else (centers[1] - centers[0]) / 2
        rows = trace.row_at(np.array(centers) + first + 0.5)
        marks += [CensorMark(first + c, float(y), look.kind, half) for c, y in zip(centers, rows, strict=True)]
        if len(centers) > 2:
            bands.append((first + centers[0], first + centers[-1]))
    return replace(trace, marks=tuple(marks), mark_bands=tuple(bands))


def _bar_groups(inked: BoolArray, strength: FloatArray) -> list[list[float]]:
    """Centres of the bars in every run of inked columns, one list per run.

    A run's width is the sum of its ink, borders included; the usual width of the narrower runs is one bar's.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inked.astype(np.int8), [0]])))
    runs = [(max(int(a) - 1, 0), min(int(b) + 1, inked.size)) for a, b in edges.reshape(-1, 2)]
    width = np.array([strength[a:b].sum() for a, b in runs])
    if not runs:
        return []
    single = float(np.median(width[width <= 1.5 * np.quantile(width, 0.25)]))
    return [_centers(strength[a:b], single, a) for a, b in runs]


def _centers(strength: FloatArray, single: float, first: int) -> list[float]:
    """Centres in a run of columns of given ``strength``: one for a bar's width, else as many as fit a little apart."""
    total = float(strength.sum())
    count = 1 if total <= 1.6 * single + 0.3 else max(2, round((total - single) / (single + 1.0)) + 1)
    position = np.arange(strength.size) + first
    if count == 1:
        return [float((position * strength).sum() / max(total, 1e-9))]
    passed = np.cumsum(strength) - strength / 2
    left, right = np.interp([single / 2, total - single / 2], passed, position)
    return [float(c) for c in np.linspace(left, right, count)]
