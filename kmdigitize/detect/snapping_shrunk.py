"""Strokes that were on whole pixels before the picture was shrunk: the size at which all of them are there again.

A picture of W × H pixels that was shrunk to w × h shows the centre of its pixel i at (i + 1/2) w / W - 1/2. W and H are
whole and one factor made both, so that only a few hundred pairs are possible, and risers (across) and flats (down) must
lie on whole pixels, or midway between them, at the same pair. One direction alone proves nothing: levels of a few
patients and times in months are lattices of their own.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShrunkSettings:
    """Tuning of the search.

    ``sure``: standard errors by which the mean cosine of the fractional parts must differ from 0 in both directions
    (drawn figures put on whole pixels, then shrunk: 17 of 25 panels reach 3.5, all of them at the right size; of 664
    others two, up to 3.9). ``scatter``: least residual in px of the line through ticks of one axis, which are rounded
    as well (.12 to .33 on 16 of these 17, below .07 on those two). ``factors``: by how much the picture may have been
    larger; pixels of half a pixel cannot be told. ``ticks``: standard errors by which ticks must lie on pixels rather
    than midway to be of odd width (odd ones 1.2 to 4.7, even ones −3.4 to −5.0).
    """

    sure: float = 3.5
    scatter: float = 0.1
    factors: tuple[float, float] = (1.03, 1.72)
    ticks: float = 1.0


@dataclass(frozen=True, slots=True)
class Before:
    """What the picture was: ``pixel`` is the size (x, y) of one of its pixels in px, ``odd`` whether curves were an odd
    number of them wide, ``odd_ticks`` whether ticks were."""

    pixel: tuple[float, float]
    odd: bool
    odd_ticks: bool


_DEFAULT = ShrunkSettings()


def find_before(
    strokes: tuple[FloatArray, FloatArray],
    ticks: tuple[FloatArray, FloatArray],
    shape: tuple[int, int],
    settings: ShrunkSettings = _DEFAULT,
) -> Before | None:
    """The picture before it was shrunk to ``shape`` (height, width), None if its strokes were on no whole pixels.

    ``strokes`` are the columns of risers and the rows of flats, ``ticks`` those of the ticks on x and y, all in px.
    """
    height, width = shape
    if min(places.size for places in strokes) < settings.sure:
        return None
    widths, heights = _sizes(width, settings), _sizes(height, settings)
    across, down = _cosines(strokes[0], widths / width), _cosines(strokes[1], heights / height)
    ticks_across, ticks_down = _cosines(ticks[0], widths / width), _cosines(ticks[1], heights / height)
    errors = [math.sqrt(places.size / 2) for places in strokes]
    tick_error = math.sqrt(max(ticks[0].size + ticks[1].size, 1) / 2)
    best: tuple[float, Before] | None = None
    for i in np.flatnonzero(np.abs(across) >= settings.sure * errors[0]):
        for j in _heights_at(int(widths[i]), heights, shape):
            x, y = across[i] / errors[0], down[j] / errors[1]
            if x * y <= 0 or abs(y) < settings.sure:
                continue
            tick = (ticks_across[i] + ticks_down[j]) / tick_error
            score = float(x**2 + y**2 + tick**2)
            if best is None or score > best[0]:
                pixel = (width / float(widths[i]), height / float(heights[j]))
                best = (score, Before(pixel, bool(x > 0), bool(tick >= settings.ticks)))
    if best is None:
        return None
    log.debug("strokes were on whole pixels before the picture was shrunk: %s", best)
    return best[1]


def _sizes(size: int, settings: ShrunkSettings) -> FloatArray:
    """The sizes (k,) that a side of ``size`` px may have had."""
    low, high = settings.factors
    sizes: FloatArray = np.arange(math.ceil(low * size), math.floor(high * size) + 1, dtype=np.float64)
    return sizes


def _cosines(places: FloatArray, factors: FloatArray) -> FloatArray:
    """Sum of the cosines of the fractional parts of ``places`` (n,) in a picture larger by each of ``factors`` (k,)."""
    total: FloatArray = np.cos(2 * np.pi * ((places[:, None] + 0.5) * factors - 0.5)).sum(axis=0)
    return total


def _heights_at(before: int, heights: FloatArray, shape: tuple[int, int]) -> range:
    """Indices of ``heights`` (k,) that go with a width of ``before`` px if one factor, rounded, made both sides."""
    height, width = shape
    low = math.ceil((height - 0.5) * before / (width + 0.5) - heights[0])
    high = math.floor((height + 0.5) * before / (width - 0.5) - heights[0])
    return range(max(low, 0), min(high, heights.size - 1) + 1)
