"""Closing and opening of grey pictures with long windows: what is darker, or brighter, than all around it is taken out.

The largest value in a window is the larger of those in two windows of half its length, so that it takes as many steps
as the length has binary digits. Windows of 40 px and more take a half to a sixth of the time of OpenCV's filters, with
the same result to the pixel; for shorter ones those are as quick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from kmdigitize.geometry import Pixels

_Way = Callable[[Any, Any], Any]
_DARKEST, _BRIGHTEST = 0, 255


def closed(picture: Pixels, rows: int, columns: int) -> Pixels:
    """``picture`` (h, w) with all that is darker and smaller than ``rows`` × ``columns`` px filled."""
    return _least(_largest(picture, rows, columns), rows, columns)


def opened(picture: Pixels, rows: int, columns: int) -> Pixels:
    """``picture`` (h, w) without all that is brighter and smaller than ``rows`` × ``columns`` px."""
    return _largest(_least(picture, rows, columns), rows, columns)


def _largest(picture: Pixels, rows: int, columns: int) -> Pixels:
    """The largest value in a window of ``rows`` × ``columns`` px around each pixel."""
    return np.asarray(
        _along_rows(_down_columns(_framed(picture, rows, columns, _DARKEST), rows, cv2.max), columns, cv2.max), np.uint8
    )


def _least(picture: Pixels, rows: int, columns: int) -> Pixels:
    """The least value in a window of ``rows`` × ``columns`` px around each pixel."""
    return np.asarray(
        _along_rows(_down_columns(_framed(picture, rows, columns, _BRIGHTEST), rows, cv2.min), columns, cv2.min),
        np.uint8,
    )


def _framed(picture: Pixels, rows: int, columns: int, value: int) -> Any:
    """The picture with a border in which the windows of its outermost pixels lie."""
    top, left = rows // 2, columns // 2
    sides = top, rows - 1 - top, left, columns - 1 - left
    return cv2.copyMakeBorder(picture, *sides, cv2.BORDER_CONSTANT, value=value)


def _down_columns(found: Any, length: int, way: _Way) -> Any:
    """What ``way`` leaves of each ``length`` rows that follow each other."""
    span, wanted = 1, found.shape[0] - length + 1
    while 2 * span <= length:
        found, span = way(found[:-span], found[span:]), 2 * span
    return way(found[:wanted], found[length - span : length - span + wanted])


def _along_rows(found: Any, length: int, way: _Way) -> Any:
    """What ``way`` leaves of each ``length`` columns that follow each other."""
    span, wanted = 1, found.shape[1] - length + 1
    while 2 * span <= length:
        found, span = way(found[:, :-span], found[:, span:]), 2 * span
    return way(found[:, :wanted], found[:, length - span : length - span + wanted])
