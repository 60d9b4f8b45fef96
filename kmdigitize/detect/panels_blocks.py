"""Panels without axis lines: filled rectangles, and the block that tick labels leave free.

A filled panel is a large area of one colour other than the page's; white grid lines, curves and text in it are closed
over. Where nothing at all is drawn, a row of tick labels and the column of labels to its left span the panel.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from kmdigitize.detect.page import background_color
from kmdigitize.detect.panels_labels import NumberSpot
from kmdigitize.geometry import Box, Pixels


def filled_boxes(pixels: Pixels, text_px: float) -> list[Box]:
    """Rectangles filled with the commonest colour after the page's own, if it covers a twentieth of the picture."""
    page = np.array(background_color(pixels), dtype=np.int16)
    values = pixels[::2, ::2].astype(np.int16)
    off_page = np.abs(values - page).max(axis=2) > 6
    code = (values[off_page] >> 2) @ np.array([4096, 64, 1], dtype=np.int64)
    if code.size < 0.05 * off_page.size:
        return []
    commonest = int(np.bincount(code).argmax())
    fill = np.array([commonest >> 12, (commonest >> 6) & 63, commonest & 63]) * 4 + 2
    mask = (np.abs(pixels.astype(np.int16) - fill.astype(np.int16)).max(axis=2) <= 6).astype(np.uint8)
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


def _sharp_edges(mask: Pixels, left: int, top: int) -> Box:
    """The rectangle whose edge rows and columns are mostly filled, with edges between the pixels."""
    rows = np.flatnonzero(mask.mean(axis=1) > 0.3)
    columns = np.flatnonzero(mask.mean(axis=0) > 0.3)
    if rows.size == 0 or columns.size == 0:
        rows, columns = np.arange(mask.shape[0]), np.arange(mask.shape[1])
    return Box(left + columns[0] - 0.5, top + rows[0] - 0.5, left + columns[-1] + 0.5, top + rows[-1] + 0.5)


def labelled_boxes(numbers: Sequence[NumberSpot], text_px: float) -> list[Box]:
    """Boxes spanned by a row of at least three numbers and a right-aligned column of at least three to its left."""
    boxes: list[Box] = []
    for row in _groups(numbers, lambda box: box.center_y, 0.4 * text_px):
        for column in _groups(numbers, lambda box: box.right, 0.9 * text_px):
            bottom, right_edge = min(spot.box.top for spot in row), max(spot.box.right for spot in column)
            low = max(spot.box.center_y for spot in column)
            high = min(spot.box.center_y for spot in column)
            after = [spot for spot in row if spot.box.center_x > right_edge - 0.5 * text_px]
            if len(after) < 3 or not -0.8 * text_px < bottom - low < 0.25 * (low - high) + 2 * text_px:
                continue
            left = max(right_edge + 0.5 * text_px, min(spot.box.center_x for spot in after) - 0.06 * text_px)
            right = max(spot.box.center_x for spot in after)
            if right - left > 5 * text_px and low - high > 5 * text_px:
                boxes.append(Box(min(left, right_edge + 2.5 * text_px), high, right, max(low, bottom - 0.6 * text_px)))
    return boxes


def _groups(numbers, key, within):  # type: ignore[no-untyped-def]
    """Groups of at least three numbers whose key is the same to ``within``."""
    groups = []
    rest = sorted(numbers, key=lambda spot: key(spot.box))
    while rest:
        first = key(rest[0].box)
        group = [spot for spot in rest if key(spot.box) - first <= within]
        rest = rest[len(group) :]
        if len(group) >= 3:
            groups.append(group)
    return groups
