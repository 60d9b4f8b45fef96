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

from kmdigitize.detect.marks_ink import MarkInk, dark_ink, own_ink
from kmdigitize.detect.marks_shapes import KINDS, Match, Shape, match, shape_of
from kmdigitize.geometry import FloatArray
from kmdigitize.records import CensorMark, Evidence, Figure, Panel, Trace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MarkSettings:
    """Tuning of the mark search."""

    smallest_px: float = 1.5
    """Least height of a mark above the edge of its curve: below that it cannot be told from noise."""
    largest_share: float = 0.025
    """Largest half height as a share of the panel's height."""
    full_ink: float = 0.6
    """Coverage that counts as full: a one-pixel stroke between two columns covers half of each."""
    good_fit: float = 0.5
    """Least fit of a mark: three quarters of its visible pixels inked and none around it."""
    least_gain: float = 6.0
    """Ink in px² that all marks of a figure together must explain."""


_DEFAULT = MarkSettings()


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
    candidates = [[own_ink(evidence, traces, i) for i, evidence in enumerate(evidences)]]
    if figure is not None and not any(_is_dark(evidence) for evidence in evidences):
        candidates.append([dark_ink(e, t, figure.pixels) for e, t in zip(evidences, traces, strict=True)])
    gain, inks, shape = max((_best_shape(inks, height, settings) for inks in candidates), key=lambda found: found[0])
    log.debug("best mark: %s size %.1f px, gain %.1f", shape.kind, shape.size, gain)
    if gain < settings.least_gain:
        return tuple(replace(trace, marks=None, mark_bands=()) for trace in traces)
    return tuple(_marked(trace, ink, shape, settings) for trace, ink in zip(traces, inks, strict=True))


def _is_dark(evidence: Evidence) -> bool:
    """Whether the ink is so dark that black marks on it could not be told from it."""
    return max(evidence.color) < 110


def _best_shape(inks: list[MarkInk], height: float, settings: MarkSettings) -> tuple[float, list[MarkInk], Shape]:
    """The kind and size of mark that explain most ink over all arms, with that gain."""
    stroke = float(np.median([ink.stroke for ink in inks]))
    best: tuple[float, Shape] | None = None
    for size in _sizes(stroke / 2 + settings.smallest_px, height * settings.largest_share):
        for kind in KINDS:
            shape = shape_of(kind, size, stroke)
            gain = sum(_gain(match(shape, ink, settings.full_ink, True), ink, settings) for ink in inks)
            if best is None or gain > best[0]:
                best = gain, shape
    assert best is not None
    return best[0], inks, best[1]


def _sizes(smallest: float, largest: float) -> list[float]:
    """Half heights to try: every pixel while small, then steps of an eighth."""
    sizes = [max(smallest, 2.0)]
    while sizes[-1] < largest:
        sizes.append(max(sizes[-1] + 1.0, sizes[-1] * 1.125))
    return sizes


def _gain(found: Match, ink: MarkInk, settings: MarkSettings) -> float:
    """Ink explained by the isolated matches along one arm."""
    peaks = _peaks(found.fit, settings.good_fit, max(2.0, ink.stroke))
    return float(((found.fit[peaks] - settings.good_fit) * found.visible[peaks]).sum())


def _peaks(fit: FloatArray, least: float, apart: float) -> list[int]:
    """Indices of local maxima of ``fit`` (n,) above ``least``, best first kept, at least ``apart`` columns apart."""
    taken: list[int] = []
    for index in np.argsort(-fit, kind="stable"):
        if fit[index] <= least:
            break
        if all(abs(int(index) - other) >= apart for other in taken):
            taken.append(int(index))
    return sorted(taken)


def _marked(trace: Trace, ink: MarkInk, shape: Shape, settings: MarkSettings) -> Trace:
    """The trace with the marks of ``shape`` that stand on it, and the stretches in which they touch."""
    found = match(shape, ink, settings.full_ink, False)
    left = trace.start - ink.x[0] if ink.x.size else 0.0
    offset = float(np.ceil(trace.start - 1)) - float(ink.x[0]) if ink.x.size else left
    runs = _runs(found.fit > settings.good_fit)
    if shape.kind not in ("vbar", "tick"):
        peaks = _peaks(found.fit, settings.good_fit, max(2.0, ink.stroke))
        runs = [(peak, peak + 1) for peak in peaks]
    width = _single_width(runs)
    marks: list[CensorMark] = []
    bands: list[tuple[float, float]] = []
    for first, stop in runs:
        centers = _split(first, stop, width)
        half = 0.5 if len(centers) == 1 else max(0.5, width / 2)
        for center in centers:
            x = float(ink.x[0]) + center + offset
            marks.append(CensorMark(x, float(trace.row_at(np.array([x]))[0]), shape.kind, half))
        if len(centers) > 2:
            bands.append((float(ink.x[0]) + first + offset, float(ink.x[0]) + stop - 1 + offset))
    return replace(trace, marks=tuple(marks), mark_bands=tuple(bands))


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Stretches (first, stop) of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _single_width(runs: list[tuple[int, int]]) -> float:
    """Width in columns of one mark: the lower quartile of all runs."""
    return float(np.quantile([b - a for a, b in runs], 0.25)) if runs else 1.0


def _split(first: int, stop: int, width: float) -> list[float]:
    """Centres of the marks in a run: one if it is no wider than a mark, else as many as fit a little apart."""
    length = stop - first
    count = 1 if length <= 1.5 * width + 0.8 else round((length - width) / (width + 1.2)) + 1
    if count == 1:
        return [(first + stop - 1) / 2]
    return [float(c) for c in np.linspace(first + (width - 1) / 2, stop - 1 - (width - 1) / 2, count)]
