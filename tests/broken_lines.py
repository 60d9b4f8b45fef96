"""Broken step lines drawn pixel by pixel, and the paths that they follow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.runs import Image

Corners = Sequence[tuple[int, int]]
LONG, SHORT = (14.0, 4.0), (5.0, 6.0)


def draw(ink: Image, corners: Corners, pattern: Sequence[float], stroke: int = 2) -> None:
    """A step line through ``corners`` (x, y), its dashes (on, off, … px; none: solid) running on over drops."""
    edges = np.cumsum([0.0, *pattern]) if pattern else np.array([0.0, np.inf])
    way = 0.0
    for (x0, y0), (x1, y1) in pairwise(corners):
        size = abs(x1 - x0) + abs(y1 - y0)
        for k in range(size):
            place = (way + k) % edges[-1] if pattern else 0.0
            if np.searchsorted(edges, place, side="right") % 2 == 1:
                x, y = x0 + round((x1 - x0) * k / size), y0 + round((y1 - y0) * k / size)
                ink[y - stroke // 2 : y + (stroke + 1) // 2, x] = 1
                if x0 == x1:
                    ink[y, x - stroke // 2 : x + (stroke + 1) // 2] = 1
        way += size


def road(corners: Corners) -> Road:
    """The path through ``corners``."""
    rows: NDArray[np.int64] = np.full(corners[-1][0] - corners[0][0], corners[0][1], np.int64)
    for x, y in corners:
        rows[max(0, x - corners[0][0]) :] = y
    return Road(corners[0][0], rows, 0.0)


def sheet_of(ink: Image, stroke: float = 2.0, top: float = 20.0) -> Sheet:
    """The sheet of ``ink`` (h, w) that nothing hides."""
    nothing = np.zeros_like(ink)
    return Sheet(ink, nothing, nothing, nothing, stroke, 0, top)
