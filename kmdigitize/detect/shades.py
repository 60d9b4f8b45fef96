"""How deep the ink of a stroke is, from the depths of pixels that it may fill only in part.

The depth summed across a stroke per px of its width does not depend on how it sits on the pixel grid. What crosses or
touches it adds to the sum, which the stroke's own deepest pixel therefore bounds; how much of the full depth that
pixel has in a blurred picture is seen on flats that stand alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.paths import box_mean
from kmdigitize.detect.runs import Image, length


@dataclass(frozen=True, slots=True)
class ShadeSettings:
    """How the blur of strokes is told."""

    lone: float = 0.1
    """Pixels of lone flats, as a share of the panel's width, from which they tell how blurred strokes are,"""
    core: float = 0.1
    """by this quantile of their depths: on some of them a stroke lies half in each of two rows."""
    blur: float = 1.2
    """Blur (px) of strokes in a lossy picture that shows hardly any lone flats."""


def shade_of_strokes(departure: Image, stroke: float, lossy: bool) -> tuple[Image, Image, Image]:
    """Depth of a pixel, of its deepest neighbour, and the full depth of the ink of the stroke it lies in (each (h, w)).

    The last is the depth summed across the stroke per px of its width: it does not depend on the pixel grid.
    """
    depth = np.abs(departure[..., 0]) if lossy else length(departure)
    size = stroke + 2
    upright = box_mean(depth, 3, size) * (size / stroke)
    across = box_mean(depth, size, 3) * (size / stroke)
    # No ink is deeper than its deepest pixel allows: that bounds the sum where strokes touch.
    deepest = cv2.dilate(depth, np.ones((3, 3), np.uint8))
    core = _core(depth, upright, stroke) if lossy else float(np.clip(stroke / 2, 0.4, 1.0))
    ridge = np.minimum(np.minimum(upright, across), deepest / core)
    # The sum belongs to the middle of the stroke; its flanks take it over from there.
    return depth, deepest, np.asarray(cv2.dilate(ridge, np.ones((3, 3), np.uint8)), np.float32)


def _core(depth: Image, upright: Image, stroke: float) -> float:
    """Depth of the deepest pixel across a stroke as a share of its full depth, where blur leaves least of it.

    Seen on flats that nothing touches; where there are hardly any, that of a stroke blurred over a pixel.
    """
    s = ShadeSettings()
    alone = lone_flats(depth, stroke) & (depth > 0.2 * np.percentile(depth[::2, ::2], 99.8))
    if alone.sum() < s.lone * depth.shape[1]:
        return max(stroke / (stroke + s.blur), 0.4)
    return float(np.clip(np.quantile(depth[alone] / upright[alone], s.core), 0.4, 1.0))


def lone_flats(depth: Image, stroke: float) -> NDArray[np.bool_]:
    """Where (h, w) a stroke runs along the row for more than its width with paper above and below."""
    off = int(np.ceil(stroke / 2 + 2))
    beside = np.maximum(np.roll(depth, off, axis=0), np.roll(depth, -off, axis=0))
    lone = (depth >= cv2.dilate(depth, np.ones((3, 1), np.uint8))) & (beside < 0.2 * depth)
    size = 2 * round(stroke / 2) + 3
    return np.asarray(cv2.erode(lone.astype(np.uint8), np.ones((1, size), np.uint8)) > 0, np.bool_)
