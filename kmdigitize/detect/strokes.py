"""The width of the strokes of a panel, measured before anything is known of its inks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.runs import Image, down_rows, length, vertical_runs


@dataclass(frozen=True, slots=True)
class Strokes:
    """The commonest width of strokes in px, and the share of the ink that is less than half as wide."""

    width: float
    narrower: float = 0.0


WIDER = 1.4
"""Strokes in widths of the legend's samples from which they may be marks."""
COLORED, DARK = 40, 128
"""Difference between the channels of what is coloured, and highest channel of black (levels)."""


def curve_strokes(
    pixels: Image, departure: Image, clear: NDArray[np.bool_], likely: float | None, samples: Image
) -> Strokes:
    """Width (px) of the strokes of curves in ``pixels`` (h, w, 3); see :func:`measure_strokes`.

    Where all ``samples`` (k, 3) of the legend are coloured, black that is wider than these are marks that touch.
    """
    strokes = measure_strokes(departure, clear, likely)
    if not likely or strokes.width <= WIDER * likely or np.ptp(samples, axis=1).min(initial=255) <= COLORED:
        return strokes
    black = (np.ptp(pixels, axis=2) <= COLORED) & (pixels.max(axis=2) < DARK)
    own = measure_strokes(departure, clear & ~black, likely)
    return own if own.width < WIDER * likely else strokes


def measure_strokes(departure: Image, clear: NDArray[np.bool_], likely: float | None = None) -> Strokes:
    """Commonest width (px) of strokes in ``departure`` (h, w, 3) from the paper where ``clear`` (h, w); else 1.5.

    Every stroke is measured against its own deepest pixel, so nothing need be known of the inks. The width at a pixel
    is the ink of its unbroken run along the column or the row, whichever is less: that is right on flats, risers and
    dashes alike, and does not depend on how the stroke sits on the pixel grid. Runs along the row count most: marks
    stand upright. ``likely`` is the width of the legend's samples, which decides between several frequent widths.
    """
    clear = cv2.erode(clear.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    depth = np.where(clear, length(departure), 0).astype(np.float32)
    around = cv2.dilate(depth, np.ones((5, 5), np.uint8))
    share = np.asarray(depth / np.maximum(around, 1.0), np.float32)
    mask = (share > 0.5) & (around > 0.25 * np.percentile(depth[::2, ::2], 99.8))
    if not mask.any():
        return Strokes(1.5)
    upright, along = _run_ink(share, mask)[mask], _run_ink(share.T, mask.T).T[mask]
    across = np.minimum(upright, along)
    weight = np.clip(along / np.maximum(upright, 0.5) - 0.7, 0.02, 6)
    edges = np.geomspace(0.6, 40, 43)
    count = np.convolve(np.histogram(across, edges, weights=weight)[0], [0.25, 0.5, 0.25], mode="same")
    middle = np.sqrt(edges[1:] * edges[:-1])
    if likely is not None:
        count = count * np.exp(-0.5 * (np.log(middle / likely) / 0.45) ** 2)
    # Marks, corners and touching curves widen a stroke, and do so by any amount: the first high peak is its own.
    high = (count >= np.roll(count, 1)) & (count >= np.roll(count, -1)) & (count > 0.5 * count.max())
    peak = int(np.argmax(high))
    near = (across >= edges[max(peak - 1, 0)]) & (across <= edges[min(peak + 2, edges.size - 1)])
    width = float(np.clip(np.average(across[near], weights=weight[near]), 0.7, 40))
    return Strokes(width, float(np.mean(across < 0.5 * width)))


def _run_ink(coverage: Image, mask: NDArray[np.bool_]) -> Image:
    """Coverage (h, w) summed over the vertical run of ``mask`` each pixel lies in, and one px beyond either end."""
    height, width = mask.shape
    sums = np.zeros((height + 1, width), np.float32)
    sums[1:] = down_rows(np.add, coverage)
    runs = vertical_runs(mask)
    ink = sums[np.minimum(runs.last + 2, height), runs.column] - sums[np.maximum(runs.first - 1, 0), runs.column]
    rows, columns, run = runs.pixels()
    result = np.zeros(mask.shape, np.float32)
    result[rows, columns] = ink[run]
    return result
