"""Censor marks along the traces of a panel.

One figure draws one kind of mark, in one size, either in the curves' own inks or in black: ink, kind and size are
decided together over all arms, by the ink that such marks explain beyond the curves. Then every arm is searched for
that mark; where marks touch, only the stretch and an estimate of their number are left.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.detect.marks_bars import UPRIGHT, bar_strength, crossbar, read_uprights
from kmdigitize.detect.marks_ends import mark_ends
from kmdigitize.detect.marks_ink import MarkInk, dark_ink, is_dark, is_grey, own_ink
from kmdigitize.detect.marks_legend import shown_mark
from kmdigitize.detect.marks_looks import (
    Look,
    MarkSettings,
    apart,
    candidates,
    match_mark,
    settled,
)
from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.records import CensorMark, Evidence, Figure, LegendEntry, Panel, Trace

__all__ = ["MarkSettings", "find_marks"]

log = logging.getLogger(__name__)

_DEFAULT = MarkSettings()


def find_marks(
    evidences: Sequence[Evidence],
    traces: tuple[Trace, ...],
    figure: Figure | None = None,
    panel: Panel | None = None,
    settings: MarkSettings = _DEFAULT,
    legend: Sequence[LegendEntry] = (),
) -> tuple[Trace, ...]:
    """The traces with their censor marks, or with ``marks`` None if the figure draws none.

    ``evidences[i]`` is the ink that ``traces[i]`` was found in. Without ``figure`` only marks in the curves' own
    inks are looked for. Marks on the line samples of ``legend`` tell what to look for.
    """
    if not traces:
        return traces
    height = panel.frame.height if panel else float(evidences[0].coverage.shape[0])
    stroke = float(np.median([trace.stroke_px for trace in traces]))
    shown = shown_mark(figure.pixels, legend, stroke, height, settings) if figure is not None else None
    images = [[own_ink(evidence, traces, i) for i, evidence in enumerate(evidences)]]
    found = candidates(images[0], height, settings, shown)
    dark = [is_dark(evidence) for evidence in evidences]
    if figure is not None and not all(dark) and not settled(found, settings):
        grey = any(is_grey(evidence) and not black for evidence, black in zip(evidences, dark, strict=True))
        for thin in (False, True) if grey else (False,):
            blacks = [
                ink if black else dark_ink(evidences, traces, i, figure.pixels, thin)
                for i, (ink, black) in enumerate(zip(images[0], dark, strict=True))
            ]
            images.append(blacks)
            found += candidates(blacks, height, settings, shown)
    best = max(found, key=lambda look: look.score)
    log.debug("best mark: %s %.1f px, score %.1f, share %.2f", best.kind, best.size, best.score, best.share)
    if not best.convincing(settings, shown is not None):
        ends = [marked for inks in images if (marked := mark_ends(traces, inks, height, settings)) is not None]
        return ends[0] if ends else tuple(replace(trace, marks=None, mark_bands=()) for trace in traces)
    marked = tuple(_marked(trace, ink, best, settings) for trace, ink in zip(traces, best.inks, strict=True))
    return _as_plus(marked) if best.kind == "vbar" and _has_crossbars(marked, best) else marked


def _has_crossbars(traces: tuple[Trace, ...], look: Look) -> bool:
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


def _peaks(fit: FloatArray, least: float, apart: float) -> list[int]:
    """Indices of local maxima of ``fit`` (n,) above ``least``, best first kept, at least ``apart`` columns apart."""
    free = fit > least
    taken: list[int] = []
    for index in np.argsort(-fit, kind="stable")[: int(free.sum())]:
        if free[index]:
            taken.append(int(index))
            free[max(0, int(np.ceil(index - apart + 1e-6))) : int(np.floor(index + apart - 1e-6)) + 1] = False
    return sorted(taken)


def _marked(trace: Trace, ink: MarkInk, look: Look, settings: MarkSettings) -> Trace:
    """The trace with the marks that stand on it, and the stretches in which they touch."""
    uprights = read_uprights(ink, round(look.size) + 4)
    fit, _ = match_mark(look.kind, look.size, ink, uprights)
    if look.kind in UPRIGHT:
        groups = _bar_groups(fit > settings.good_fit, bar_strength(uprights, look.size))
    else:
        groups = [[float(peak)] for peak in _peaks(fit, settings.good_fit, apart(look.kind, look.size, ink))]
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
    """Centres in a run of columns of given ``strength``: one for a bar's width, else a number that leaves no gap.

    Where marks are so many that no gap is left, most stand closer than their own width.
    """
    total = float(strength.sum())
    count = 1 if total <= 1.6 * single + 0.3 else max(2, round((total - single) / max(0.75 * single, 1.5)) + 1)
    position = np.arange(strength.size) + first
    if count == 1:
        return [float((position * strength).sum() / max(total, 1e-9))]
    passed = np.cumsum(strength) - strength / 2
    left, right = np.interp([single / 2, total - single / 2], passed, position)
    return [float(c) for c in np.linspace(left, right, count)]
