"""Lines beside a curve in its ink that are no curves: its marks, and pairs of its confidence limits."""

from __future__ import annotations

import cv2
import numpy as np

from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.tracing import Found

MARKS = 3.5
"""Strokes from a curve to the ends of its marks."""


def share_of_marks(line: Found, base: Found, sheet: Sheet) -> float:
    """Share of the ink of a broken ``line`` that is of marks on ``base``: close to it, and hanging together with it."""
    _, pieces = cv2.connectedComponents((sheet.coverage > 0.35).astype(np.uint8), connectivity=8)
    size = min(line.road.rows.size, base.road.rows.size)
    columns = line.road.first + np.arange(size)
    rows, beside = line.road.rows[:size], base.road.rows[:size]
    seen = (pieces[rows, columns] > 0) & (line.occluded[rows, columns] < 0.5)
    marks = np.isin(pieces[rows, columns], pieces[beside, columns]) & (np.abs(rows - beside) <= MARKS * sheet.stroke)
    return float(marks[seen].mean()) if seen.any() else 1.0


def enclose(a: Found, b: Found, base: Found) -> bool:
    """Whether two curves run on opposite sides of a third for most of their way."""
    size = min(found.road.rows.size for found in (a, b, base))
    above, below = (found.road.rows[:size] - base.road.rows[:size] for found in (a, b))
    apart = (above != 0) & (below != 0)
    return bool(apart.any()) and float(np.mean(above[apart] * below[apart] < 0)) > 0.7


def piece_length(line: Found, sheet: Sheet) -> float:
    """Median length (strokes) of the pieces of ink along a line where nothing hides it: one dash or dot, as a rule."""
    count, pieces = cv2.connectedComponents((sheet.coverage > 0.35).astype(np.uint8), connectivity=8)
    rows, columns = line.road.rows, line.road.first + np.arange(line.road.rows.size)
    mine = np.unique(pieces[rows, columns][line.occluded[rows, columns] < 0.5])
    ink = np.bincount(pieces.ravel(), weights=sheet.coverage.ravel(), minlength=count) / sheet.stroke**2
    return float(np.median(ink[mine[mine > 0]])) if np.any(mine > 0) else 0.0
