"""Censor marks along the traces of a panel.

One figure draws one kind of mark, in one size, either in the curves' own inks or in black: ink, kind and size are
decided together over all arms, by the ink that such marks explain beyond the curves. Then every arm is searched for
that mark; where marks touch, only the stretch and an estimate of their number are left.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.marks_bars import UPRIGHT, Uprights, bar_strength, match_bars, read_uprights
from kmdigitize.detect.marks_ink import MarkInk, dark_ink, is_dark, own_ink
from kmdigitize.detect.marks_shapes import KINDS, match, shape_of
from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.records import CensorMark, Evidence, Figure, MarkKind, Panel, Trace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MarkSettings:
    """Tuning of the mark search."""

    smallest_px: float = 1.5
    """Least height of a mark above the edge of its curve: below that it cannot be told from noise."""
    largest_share: float = 0.03
    """Largest half height as a share of the panel's height."""
    good_fit: float = 0.5
    """Least fit of a mark: three quarters of its visible pixels inked and none around it."""
    least_gain: float = 3.0
    """Ink in px² that all marks of a figure together must explain: about two small marks that fit well."""
    least_share: float = 0.3
    """Least share of the columns with unexplained ink that the marks must account for. Where figures have none,
    slips of the traces and compression noise look like marks in up to a fifth of such columns."""
    settled_share: float = 0.6
    """Share from which upright marks in the curves' own ink settle the matter, so that nothing else is tried."""


_DEFAULT = MarkSettings()


@dataclass(frozen=True, slots=True)
class _Look:
    """A candidate for the mark of a figure: kind, half height in px and the ink images of all arms.

    ``gain`` is the ink explained by it (px²), ``share`` the share of columns with unexplained ink that it covers.
    """

    gain: float
    share: float
    kind: MarkKind
    size: float
    inks: list[MarkInk]

    @property
    def score(self) -> float:
        """Ink explained, less where much is left unexplained."""
        return self.gain * self.share


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
            ink if black else dark_ink(evidences, i, traces[i], figure.pixels)
            for i, (ink, black) in enumerate(zip(own, dark, strict=True))
        ]
        looks += _looks(blacks, height, settings)
    best = max(looks, key=lambda look: look.score)
    log.debug("best mark: %s %.1f px, gain %.1f, share %.2f", best.kind, best.size, best.gain, best.share)
    if best.gain < settings.least_gain or best.share < settings.least_share:
        return tuple(replace(trace, marks=None, mark_bands=()) for trace in traces)
    return tuple(_marked(trace, ink, best, settings) for trace, ink in zip(traces, best.inks, strict=True))


def _settled(looks: list[_Look], settings: MarkSettings) -> bool:
    """Whether one of the candidates leaves nothing to explain."""
    return any(look.share >= settings.settled_share and look.gain >= 3 * settings.least_gain for look in looks)


def _looks(inks: list[MarkInk], height: float, settings: MarkSettings) -> list[_Look]:
    """Every kind of mark in its best size."""
    stroke = float(np.median([ink.stroke for ink in inks]))
    sizes = _sizes(stroke / 2 + settings.smallest_px, height * settings.largest_share)
    uprights = [read_uprights(ink, round(sizes[-1]) + 4) for ink in inks]
    found: list[_Look] = []
    for kinds in (UPRIGHT, KINDS):
        if not _settled(found, settings):
            found += [_best_size(kind, sizes, inks, uprights, settings) for kind in kinds]
    return found


def _best_size(
    kind: MarkKind, sizes: list[float], inks: list[MarkInk], uprights: list[Uprights], settings: MarkSettings
) -> _Look:
    """The size in which marks of one kind explain most."""
    best = _Look(-1.0, 0.0, kind, sizes[0], inks)
    for size in sizes:
        gain, covered = 0.0, 0.0
        for ink, upright in zip(inks, uprights, strict=True):
            fit, visible = _match(kind, size, ink, upright)
            peaks = _peaks(fit, settings.good_fit, max(2.0, ink.stroke))
            gain += float(((fit[peaks] - settings.good_fit) * visible[peaks]).sum())
            covered += _covered(peaks, size, ink)
        if gain > best.gain:
            busy = sum(float(ink.busy.sum()) for ink in inks)
            best = _Look(gain, covered / max(busy, 1.0), kind, size, inks)
    return best


def _covered(peaks: list[int], size: float, ink: MarkInk) -> float:
    """Number of columns with unexplained ink that lie within a mark's half height of a mark."""
    near = np.zeros(ink.x.size, dtype=bool)
    for peak in peaks:
        near[max(0, int(peak - size - 1)) : int(peak + size + 2)] = True
    return float(ink.busy[near].sum())


def _match(kind: MarkKind, size: float, ink: MarkInk, uprights: Uprights) -> tuple[FloatArray, FloatArray]:
    """Fit of the mark at every column and the number of its pixels that are seen there, (n,) each."""
    if kind in UPRIGHT:
        fit, visible = match_bars(uprights, kind, size)
        # A tick cannot be told from a piece of a riser that the trace has misplaced.
        return (np.where(ink.flat, fit, -1.0) if kind == "tick" else fit), visible
    return match(shape_of(kind, size, ink.stroke), ink)


def _sizes(smallest: float, largest: float) -> list[float]:
    """Half heights to try: every pixel while small, then steps of an eighth."""
    sizes = [max(smallest, 2.0)]
    while sizes[-1] < largest:
        sizes.append(max(sizes[-1] + 1.0, sizes[-1] * 1.125))
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


def _marked(trace: Trace, ink: MarkInk, look: _Look, settings: MarkSettings) -> Trace:
    """The trace with the marks that stand on it, and the stretches in which they touch."""
    uprights = read_uprights(ink, round(look.size) + 4)
    fit, _ = _match(look.kind, look.size, ink, uprights)
    if look.kind in UPRIGHT:
        groups = _bar_groups(fit > settings.good_fit, bar_strength(uprights, look.size))
    else:
        groups = [[float(peak)] for peak in _peaks(fit, settings.good_fit, max(2.0, ink.stroke))]
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
