"""Only the parts of a picture that hold letters, side by side on a smaller one.

The time of the line finder goes with the area that it looks at, and four fifths of a figure hold no text. Rectangles
around the letters (:mod:`kmdigitize.text.areas`) are cut out with some paper around them and put on a page of their
own; lines found there are moved back to where they belong. Assumes that a line has at least one letter that stands free
of curves and frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.text.areas import areas_of, packed
from kmdigitize.text.letters import blurred_pieces, find_pieces, letter_height, reversed_pieces, single_letters

_MARGIN = 2.0
"""Paper kept around letters, in multiples of their height: a finder that sees less takes a line for its letters."""
_GAP = 0.5
"""Paper between two cut-outs, in letter heights."""
_WORTHWHILE = 0.85
"""Share of the picture above which its parts are no saving."""
_LEGIBLE = 10.0
"""Height in px of the letters on the picture that the finder looks at: the time goes with the area. At 8, 10 and 12 px
1319, 1321 and 1321 of 1357 printed numbers were read, in 0.21, 0.31 and 0.40 s."""
_JUST_LEGIBLE, _DENSE_AREA = 8.0, 0.8e6
"""Height of letters on pages full of print, whose letters take more than this area at the usual height."""
_LEAST_SIDE = 736
"""Length in px to which the shorter side of a small picture is enlarged at most, as the finder was trained."""
_USUAL_AREA, _LARGEST_AREA = 1.0e6, 4.0e6
"""Pixels to which a picture is shrunk when the height of its letters is not known, and at any rate."""

Area = tuple[int, int, int, int]
"""Left, top, right, bottom in whole px; right and bottom are outside."""


@dataclass(frozen=True)
class Collage:
    """``pixels`` with each of ``areas`` of the figure at its ``corners`` (left, top)."""

    pixels: Pixels
    areas: Sequence[Area]
    corners: Sequence[tuple[int, int]]
    margin: int

    def to_figure(self, lines: FloatArray) -> FloatArray:
        """Lines (n, 4, 2) in px of the collage, moved to the figure; one across several areas becomes one in each."""
        areas, corners = np.asarray(self.areas), np.asarray(self.corners)
        first, last = corners, corners + areas[:, 2:] - areas[:, :2]
        inside = np.clip(lines[:, None], (first + self.margin)[:, None], (last - self.margin)[:, None])
        held, area = np.nonzero(np.ptp(inside, axis=2).min(axis=2) > 0.3 * self.margin)
        moved = np.clip(lines[held], first[area][:, None], last[area][:, None] - 1)
        return np.asarray(moved + (areas[area, :2] - first[area] - self.margin)[:, None], np.float64)


def legible_parts(pixels: Pixels) -> tuple[Collage, float]:
    """The parts of a figure that hold letters, and the scale at which a line finder should look at them."""
    pieces = find_pieces(pixels)
    height = letter_height(single_letters(pieces))
    enlarged = max(1.0, _LEAST_SIDE / min(pixels.shape[:2]))
    if height is None:
        height_px, width_px = pixels.shape[:2]
        whole = Collage(pixels, [(0, 0, width_px, height_px)], [(0, 0)], 0)
        return whole, min(enlarged, (_USUAL_AREA / (width_px * height_px)) ** 0.5)
    collage = collage_of(pixels, np.concatenate([pieces, blurred_pieces(pixels), reversed_pieces(pixels)]), height)
    area = collage.pixels.shape[0] * collage.pixels.shape[1]
    dense = max((_DENSE_AREA / area) ** 0.5, _JUST_LEGIBLE / height)
    return collage, min(enlarged, _LEGIBLE / height, dense, (_LARGEST_AREA / area) ** 0.5)


def collage_of(pixels: Pixels, pieces: FloatArray, height: float) -> Collage:
    """The surroundings of ``pieces`` (n, 4; left, top, right, bottom) of letters that are ``height`` px high.

    The whole picture where the parts would hardly be smaller.
    """
    margin = round(_MARGIN * height)
    paper = np.median(pixels.reshape(-1, 3)[:: max(1, pixels.size // 30000)], axis=0)
    wide = cv2.copyMakeBorder(pixels, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=paper.tolist())
    rows, columns = wide.shape[:2]
    areas = areas_of(pieces, height, margin) + np.array([0, 0, 2 * margin + 1, 2 * margin + 1])
    if len(areas):
        corners, (wanted, high) = packed(areas[:, 2:] - areas[:, :2] + round(_GAP * height), max(1, margin // 8))
    if not len(areas) or wanted * high > _WORTHWHILE * rows * columns:
        return Collage(np.asarray(wide, np.uint8), [(0, 0, columns, rows)], [(0, 0)], margin)
    row = np.tile(paper.astype(np.uint8), (wanted, 1))
    page = np.repeat(row[None], high, axis=0)
    for (left, top, right, bottom), (x, y) in zip(areas.tolist(), corners.tolist(), strict=True):
        page[y : y + bottom - top, x : x + right - left] = wide[top:bottom, left:right]
    return Collage(
        page, [tuple(area) for area in areas.tolist()], [tuple(corner) for corner in corners.tolist()], margin
    )
