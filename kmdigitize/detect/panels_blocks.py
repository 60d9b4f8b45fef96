"""Panels without axis lines: filled rectangles, and the block that tick labels leave free.

A filled panel is a large area of one colour other than the page's; white grid lines, curves and text in it are closed
over. Where nothing at all is drawn, a row of tick labels and the column of labels to its left span the panel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from kmdigitize.detect.page import background_color
from kmdigitize.detect.panels_labels import NumberSpot
from kmdigitize.geometry import BoolArray, Box, FloatArray, Pixels
from kmdigitize.records.figure import Rgb


def filled_boxes(pixels: Pixels, text_px: float) -> list[Box]:
    """Rectangles filled with the commonest colour after the page's own, if it covers a twentieth of the picture."""
    sample = pixels[::2, ::2]
    off_page = ~_near(sample, background_color(pixels))
    if np.count_nonzero(off_page) < 0.05 * off_page.size:
        return []
    code = (sample[off_page] >> 2).astype(np.int64) @ np.array([4096, 64, 1])
    commonest = int(np.bincount(code).argmax())
    fill = ((commonest >> 12) * 4 + 2, ((commonest >> 6) & 63) * 4 + 2, (commonest & 63) * 4 + 2)
    mask = _near(pixels, fill).astype(np.uint8)
    if mask.mean() < 0.05:
        return []
    side = 2 * int(0.4 * text_px) + 3
    solid = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    boxes: list[Box] = []
    for index in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[index])
        if area < 0.02 * mask.size or area < 0.5 * width * height:
            continue
        boxes.append(_sharp_edges(mask[top : top + height, left : left + width], left, top))
    return boxes


def _near(pixels: Pixels, color: Rgb) -> BoolArray:
    """(h, w): whether all channels are within 6 of ``color``, the noise of compression on flat areas."""
    near = np.ones(pixels.shape[:2], dtype=bool)
    for channel, value in enumerate(color):
        near &= np.abs(pixels[:, :, channel].astype(np.int16) - value) <= 6
    return near


def _sharp_edges(mask: Pixels, left: int, top: int) -> Box:
    """The rectangle whose edge rows and columns are mostly filled, with edges between the pixels."""
    rows = np.flatnonzero(mask.mean(axis=1) > 0.3)
    columns = np.flatnonzero(mask.mean(axis=0) > 0.3)
    if rows.size == 0 or columns.size == 0:
        rows, columns = np.arange(mask.shape[0]), np.arange(mask.shape[1])
    return Box(left + columns[0] - 0.5, top + rows[0] - 0.5, left + columns[-1] + 0.5, top + rows[-1] + 0.5)


def labelled_boxes(numbers: Sequence[NumberSpot], text_px: float) -> list[Box]:
    """Boxes spanned by a row of numbers rising evenly to the right and a column to its left rising evenly upwards."""
    rows = _even_groups(numbers, lambda box: box.center_y, lambda box: box.center_x, 0.4 * text_px)
    beside = [spot for spot in numbers if not _is_cell(spot.box, numbers, text_px)]
    columns = _even_groups(beside, lambda box: box.right, lambda box: -box.center_y, 0.9 * text_px)
    rows.sort(key=lambda row: row[0].box.top)
    boxes: list[Box] = []
    for whole in columns:
        for row in rows:
            floor = min(spot.box.top for spot in row)
            column = [spot for spot in whole if spot.box.center_y < floor]
            if len(column) < 3:
                continue
            edge = max(spot.box.right for spot in column)
            low, high = max(spot.box.center_y for spot in column), min(spot.box.center_y for spot in column)
            labels = [spot.box.center_x for spot in row if spot.box.center_x > edge - 0.5 * text_px]
            if len(labels) < 3 or not -0.8 * text_px < floor - low < 0.9 * (low - high):
                continue
            if _is_beyond(labels, edge, text_px):
                continue
            left = min(*labels, edge + 2.5 * text_px)
            if max(labels) - left > 5 * text_px and low - high > 5 * text_px:
                boxes.append(Box(left, high, max(labels), max(low, floor - 0.6 * text_px)))
                break
    return boxes


def _is_cell(box: Box, numbers: Sequence[NumberSpot], text_px: float) -> bool:
    """Whether numbers stand close on both sides, as in the rows of a table: right of a tick label is the plot."""
    row = [s.box.center_x - box.center_x for s in numbers if abs(s.box.center_y - box.center_y) < 0.5 * text_px]
    return any(0 < off < 10 * text_px for off in row) and any(0 < -off < 10 * text_px for off in row)


def _is_beyond(labels: Sequence[float], edge: float, text_px: float) -> bool:
    """Whether a row of labels begins so far right of a column's ``edge`` that it is the row of another panel.

    Of one panel no more than one label, and the margin of the axes, can be missing between the two.
    """
    places = sorted(labels)
    return places[0] - edge > 2.0 * float(np.median(np.diff(places))) + 4.0 * text_px


def _even_groups(
    numbers: Sequence[NumberSpot], line: Callable[[Box], float], along: Callable[[Box], float], within: float
) -> list[list[NumberSpot]]:
    """Groups of at least three numbers on one line (to ``within`` px) whose values rise evenly along it."""
    groups: list[list[NumberSpot]] = []
    rest = sorted((spot for spot in numbers if spot.value == spot.value), key=lambda spot: line(spot.box))
    while rest:
        first = line(rest[0].box)
        group = [spot for spot in rest if line(spot.box) - first <= within]
        rest = rest[len(group) :]
        at = np.array([along(spot.box) for spot in group])
        if len(group) >= 3 and rises_evenly(at, np.array([spot.value for spot in group])):
            groups.append(group)
    return groups


def rises_evenly(at: FloatArray, values: FloatArray, share: float = 0.7) -> bool:
    """Whether at least three and ``share`` of the values lie on one rising straight line over ``at`` px."""
    best = 0
    for first in range(len(at)):
        for second in range(len(at)):
            if at[second] > at[first] and values[second] > values[first]:
                slope = (values[second] - values[first]) / (at[second] - at[first])
                off = np.abs((values - values[first]) / slope - (at - at[first]))
                best = max(best, int(np.count_nonzero(off <= 0.02 * float(np.ptp(at)))))
    return best >= max(3, share * len(at))
