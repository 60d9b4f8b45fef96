"""Ink further right that nothing else explains where a path ends: lines along a row, and outlines of marks."""

from __future__ import annotations

import cv2
import numpy as np

from kmdigitize.detect.runs import Image, down_rows

PIECE = 2.0
"""Ink (squares of strokes) that hangs together in half the outline of a mark and not in a speck."""
DEEP = 0.7
"""Coverage of an outline; the fringes of other inks are paler."""
BELOW = 3.0
"""Strokes by which a path may run below ink that it leaves over: the lower half of a mark on it."""


def left_over(free: Image, opened: Image, coverage: Image | None, stroke: float) -> Image:
    """Columns (w, h) further right that show ink on that row or below it.

    ``free`` (h, w) is what nothing hides, ``opened`` the ink along rows. ``coverage`` is all ink where it is of one
    curve only: where another one hides a flat, marks in the flat's own ink still stand out.
    """
    ink = opened if coverage is None else np.maximum(opened, _pieces(coverage, stroke))
    below = cv2.transpose(down_rows(np.maximum, free * ink, upwards=True))
    right = np.zeros_like(below)
    right[:-1] = down_rows(np.add, below[1:], upwards=True)
    return right


def _pieces(coverage: Image, stroke: float) -> Image:
    """``coverage`` (h, w) of what hangs together in more than a speck, and some rows down from it."""
    labels, stats = cv2.connectedComponentsWithStats((coverage > DEEP).astype(np.uint8), connectivity=8)[1:3]
    large = stats[:, cv2.CC_STAT_AREA] >= PIECE * stroke**2
    large[0] = False
    reach = round(BELOW * stroke)
    pieces = np.where(large[labels], coverage, np.float32(0))
    return np.asarray(cv2.dilate(pieces, np.ones((reach + 1, 1), np.uint8), anchor=(0, reach)), np.float32)
