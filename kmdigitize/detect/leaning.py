"""Where censor marks stand on their curves: across them, or on one side only.

A mark that stands alone on a flat is a run of ink taller than the line, with the line on the same row on either side
of it. Where the line lies in such runs is the same for all marks of a figure. Dense marks then say where their curve
runs although they hide it. Assumes that a figure draws one kind of mark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.runs import Image, Runs, vertical_runs


@dataclass(frozen=True, slots=True)
class LeaningSettings:
    """When marks are believed to stand on one side. Lengths are in strokes."""

    ink: float = 0.35
    """Coverage that counts as ink, as for bands of marks."""
    line: float = 1.7
    """Tallest run that is a line; anti-aliasing adds most of a pixel to a stroke."""
    tall: float = 2.5
    """Shortest run that is a mark."""
    tallest: float = 12.0
    """Tallest run that is a mark; reference lines are taller."""
    beside: float = 2.0
    """How far from a mark's middle the bare line is looked for, on both sides."""
    least: float = 4.0
    """Columns of lone marks, in strokes (the width of a thin mark), from which they tell anything."""
    agreed: float = 0.8
    """Share of them that must stand on one side: drops that meet another curve do so from either side."""
    one_sided: float = 0.6
    """Offset of the line from the middle of marks, in halves of their height, from which they stand on one side."""


def mark_lean(ink: Image, stroke: float, settings: LeaningSettings | None = None) -> float:
    """Where curves run in the marks of ``ink`` (h, w): 1 at their lower ends, -1 at their upper ends, else 0.

    ``stroke`` is the width of the curves (px).
    """
    s = settings or LeaningSettings()
    runs = vertical_runs(ink > s.ink)
    size = runs.last - runs.first + 1
    lines = _chosen(runs, size <= s.line * stroke + 1)
    marks = _chosen(runs, (size >= s.tall * stroke + 1) & (size <= s.tallest * stroke))
    off = int(np.ceil(s.beside * stroke)) + 1
    before, after = (_line_beside(marks, lines, side) for side in (-off, off))
    alone = np.abs(before - after) <= 0.5  # not a number where there is no line, or more than one
    if np.count_nonzero(alone) < s.least * stroke:
        return 0.0
    half = np.maximum((marks.last - marks.first + 1 - stroke) / 2, 0.5)
    offset = ((before - (marks.first + marks.last) / 2) / half)[alone]
    lower, upper = float(np.mean(offset > s.one_sided)), float(np.mean(offset < -s.one_sided))
    return 1.0 if lower >= s.agreed else -1.0 if upper >= s.agreed else 0.0


def _chosen(runs: Runs, which: NDArray[np.bool_]) -> Runs:
    return Runs(runs.column[which], runs.first[which], runs.last[which], runs.height)


def _line_beside(marks: Runs, lines: Runs, off: int) -> NDArray[np.float64]:
    """Middle row (n,) of the only line ``off`` columns beside each mark, between its ends; NaN where there is none."""
    if not lines.column.size or not marks.column.size:
        return np.full(marks.column.size, np.nan)
    column = marks.column + off
    key = lines.column * lines.height + lines.first
    low = np.searchsorted(key, column * lines.height + np.maximum(marks.first - 1, 0))
    high = np.searchsorted(key, column * lines.height + marks.last, side="right")
    found = np.minimum(low, lines.column.size - 1)
    only = (high - low == 1) & (lines.column[found] == column)
    return np.where(only, (lines.first + lines.last)[found] / 2, np.nan)
