"""Rectangles around the letters of a page, and where they go on a smaller page.

Letters near each other are one group. Groups share a rectangle where that takes less paper than one for each, those
first that save the most (hierarchical clustering, Ward 1963). The rectangles are put down from high to low, each as far
up as there is room (skyline packing, Burke et al. 2004), on that of several pages that leaves the least paper blank.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kmdigitize.geometry import FloatArray

_NEAR = 2.0, 1.0
"""Letters less than twice this many letter heights apart, across and down, are one group: cells of a table hold each
other, of which one may be no piece of its own."""
_CELL = 0.25
"""Side of the cells, in letter heights, in which gaps between letters are looked at."""
_MOST = 300
"""With more groups a page is full of print, and there is nothing to save."""
_WIDTHS = (0.85, 1.0, 1.2, 1.45)
"""Widths of the page that are tried, in sides of the square that the rectangles would fill."""

Whole = NDArray[np.int64]


def areas_of(pieces: FloatArray, height: float, margin: int) -> Whole:
    """Left, top, right, bottom (n, 4) in px of rectangles that hold the ``pieces`` (m, 4) of letters ``height`` high.

    Right and bottom are inside; with ``margin`` px of paper around each they take little paper. None overlap, and
    there are none on a page full of print.
    """
    groups = _groups(pieces, height)
    return _joined(groups, margin) if len(groups) <= _MOST else groups[:0]


def _groups(pieces: FloatArray, height: float) -> Whole:
    """The boxes around letters that stand near each other."""
    cell = max(1.0, _CELL * height)
    wide, high = (round(share * height / cell) for share in _NEAR)
    cells = (pieces / cell).astype(np.int64)
    page = np.zeros(cells[:, :1:-1].max(axis=0) + np.array([2 * high + 1, 2 * wide + 1]), np.uint8)
    for left, top, right, bottom in cells.tolist():
        page[top : bottom + 2 * high + 1, left : right + 2 * wide + 1] = 1
    labels = cv2.connectedComponents(page, connectivity=4)[1]
    own = np.asarray(labels[cells[:, 1] + high, cells[:, 0] + wide] - 1, np.int64)
    found = np.empty((own.max() + 1, 4), np.int64)
    found[:, :2], found[:, 2:] = np.iinfo(np.int64).max, -1
    np.minimum.at(found[:, :2], own, pieces[:, :2].astype(np.int64))
    np.maximum.at(found[:, 2:], own, pieces[:, 2:].astype(np.int64))
    return found


def _joined(boxes: Whole, margin: int) -> Whole:
    """``boxes`` (n, 4), of which those are one that take less paper so or that overlap."""
    boxes = boxes.copy()
    alive = np.ones(len(boxes), np.bool_)
    saved = np.stack([_saved(box, boxes, margin) for box in boxes])
    np.fill_diagonal(saved, -np.inf)
    while True:
        first, second = divmod(int(saved.argmax()), len(boxes))
        if saved[first, second] <= 0:
            return boxes[alive]
        boxes[first] = _union(boxes[first], boxes[second])
        alive[second] = False
        again = np.where(alive, _saved(boxes[first], boxes, margin), -np.inf)
        again[first] = -np.inf
        saved[first] = saved[:, first] = again
        saved[second] = saved[:, second] = -np.inf


def _saved(box: Whole, boxes: Whole, margin: int) -> FloatArray:
    """Paper (n,) in px that one rectangle for ``box`` (4,) and each of ``boxes`` (n, 4) saves; infinite on overlaps."""
    saved = _paper(box, margin) + _paper(boxes, margin) - _paper(_union(box, boxes), margin)
    apart = (boxes[:, :2] > box[2:]).any(axis=1) | (boxes[:, 2:] < box[:2]).any(axis=1)
    return np.where(apart, saved, np.inf)


def _paper(boxes: Whole, margin: int) -> FloatArray:
    return np.asarray(np.prod(boxes[..., 2:] - boxes[..., :2] + 1.0 + 2 * margin, axis=-1), np.float64)


def _union(box: Whole, boxes: Whole) -> Whole:
    return np.concatenate([np.minimum(box[..., :2], boxes[..., :2]), np.maximum(box[..., 2:], boxes[..., 2:])], axis=-1)


def packed(sizes: Whole, cell: int) -> tuple[Whole, tuple[int, int]]:
    """Left and top (n, 2) of rectangles of ``sizes`` (n, 2; width, height) on a page, and its size, all in px.

    Places are whole multiples of ``cell`` px.
    """
    cells = -(-sizes // cell)
    side = float(np.prod(cells, axis=1).sum()) ** 0.5
    widths = {max(int(cells[:, 0].max()), round(share * side)) for share in _WIDTHS}
    tried = [_on_page(cells, width) for width in sorted(widths)]
    corners = min(tried, key=lambda found: float(np.prod((found + cells).max(axis=0)))) * cell
    width, height = (corners + sizes).max(axis=0)
    return corners, (int(width), int(height))


def _on_page(sizes: Whole, width: int) -> Whole:
    """Left and top of each rectangle on a page that is ``width`` wide."""
    corners = np.zeros_like(sizes)
    skyline = np.zeros(width, np.int64)
    for i in np.lexsort((-sizes[:, 0], -sizes[:, 1])):
        wide, high = sizes[i]
        tops = sliding_window_view(skyline, wide).max(axis=1)
        left = int(tops.argmin())
        corners[i] = left, tops[left]
        skyline[left : left + wide] = tops[left] + high
    return corners
