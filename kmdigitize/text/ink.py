"""Colour and height of printed text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kmdigitize.geometry import BoolArray, Box, FloatArray, Pixels
from kmdigitize.records.figure import Rgb, TextToken


def text_height(tokens: Sequence[TextToken]) -> float:
    """Median height in px of the upright tokens (10 if there are none)."""
    heights = [t.box.height + 1 for t in tokens if t.angle == 0 and len(t.text) > 1]
    return float(np.median(heights)) if heights else 10.0


def text_color(pixels: Pixels, box: Box) -> Rgb:
    """Colour of the ink in ``box``: the median of the tenth of its pixels farthest from the background."""
    rows, columns = box.slices(pixels.shape)
    patch: FloatArray = pixels[rows, columns].reshape(-1, 3).astype(np.float64)
    if not len(patch):
        return (0, 0, 0)
    background = np.median(patch, axis=0)
    distance = np.abs(patch - background).max(axis=1)
    core = patch[distance >= np.percentile(distance, 90)]
    red, green, blue = (round(float(v)) for v in np.median(core, axis=0))
    return red, green, blue


def of_last_hue(window: FloatArray, seen: BoolArray, few: int, cosine: float) -> BoolArray:
    """Which pixels (rows, columns) of ``window`` (…, 3) have the hue of the last ``few`` columns that are ``seen``.

    Hues are directions of the departure from the median of the column, to an angle of ``cosine``.
    """
    if not seen.any():
        return seen
    departure = window - np.median(window, axis=0, keepdims=True)
    last = int(np.flatnonzero(seen.any(axis=0))[-1])
    nearest = np.median(departure[seen & (np.arange(seen.shape[1]) > last - few)], axis=0)
    size = np.linalg.norm(departure, axis=2) * float(np.linalg.norm(nearest))
    return np.asarray(np.abs(departure @ nearest) > cosine * np.maximum(size, 1.0), np.bool_)
