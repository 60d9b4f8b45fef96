"""The inks of the curves: colours, and the width of their strokes.

Legend samples tell the inks outright; entries whose colours cannot be told apart share one ink. Without a legend the
inks are found in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.records import Dash, LegendEntry

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ink:
    """One colour and the curves drawn in it: ``arms`` are (legend index or None, dash)."""

    color: tuple[float, float, float]
    arms: tuple[tuple[int | None, Dash], ...]


def inks_of_legend(legend: Sequence[LegendEntry], apart: float = 24.0) -> tuple[Ink, ...]:
    """The inks of legend entries with a colour, entries closer than ``apart`` levels merged."""
    groups: list[list[int]] = []
    for i, entry in enumerate(legend):
        if entry.color is None:
            continue
        color = np.array(entry.color, float)
        for group in groups:
            if np.linalg.norm(np.mean([legend[j].color for j in group], axis=0) - color) < apart:
                group.append(i)
                break
        else:
            groups.append([i])
    inks = []
    for group in groups:
        mean = np.mean([legend[j].color for j in group], axis=0)
        inks.append(Ink((float(mean[0]), float(mean[1]), float(mean[2])), tuple((j, legend[j].dash) for j in group)))
    return tuple(inks)


def measure_stroke(departure: Image, clear: NDArray[np.bool_], likely: float | None = None) -> float:
    """Commonest width (px) of the strokes in ``departure`` (h, w, 3) from the paper where ``clear`` (h, w); 1.5 if none.

    Every stroke is measured against its own deepest pixel, so nothing need be known of the inks. The width at a pixel
    is the ink of its unbroken run along the column or the row, whichever is less: that is right on flats, risers and
    dashes alike, and does not depend on how the stroke sits on the pixel grid. Runs along the row count most: marks
    stand upright. ``likely`` is the width of the legend's samples, which decides between several frequent widths.
    """
    clear = cv2.erode(clear.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    depth = np.where(clear, np.linalg.norm(departure, axis=2), 0).astype(np.float32)
    around = cv2.dilate(depth, np.ones((5, 5), np.uint8))
    share = np.asarray(depth / np.maximum(around, 1.0), np.float32)
    mask = (share > 0.5) & (around > 0.25 * np.percentile(depth, 99.8))
    if not mask.any():
        return 1.5
    upright, along = _run_ink(share, mask)[mask], _run_ink(share.T, mask.T).T[mask]
    across = np.minimum(upright, along)
    weight = np.clip(along / np.maximum(upright, 0.5) - 0.7, 0.02, 6)
    edges = np.geomspace(0.6, 40, 43)
    count = np.convolve(np.histogram(across, edges, weights=weight)[0], [0.25, 0.5, 0.25], mode="same")
    middle = np.sqrt(edges[1:] * edges[:-1])
    if likely is not None:
        count = count * np.exp(-0.5 * (np.log(middle / likely) / 0.25) ** 2)
    # Marks, corners and touching curves widen a stroke, and do so by any amount: the first high peak is its own.
    high = (count >= np.roll(count, 1)) & (count >= np.roll(count, -1)) & (count > 0.5 * count.max())
    peak = int(np.argmax(high))
    near = (across >= edges[max(peak - 1, 0)]) & (across <= edges[min(peak + 2, edges.size - 1)])
    return float(np.clip(np.average(across[near], weights=weight[near]), 0.7, 40))


def _run_ink(coverage: Image, mask: NDArray[np.bool_]) -> Image:
    """Coverage (h, w) summed over the vertical run of ``mask`` each pixel lies in, and one px beyond either end."""
    top, bottom = vertical_extent(mask)
    height, width = mask.shape
    sums = np.vstack([np.zeros((1, width), np.float32), np.cumsum(coverage, axis=0, dtype=np.float32)])
    columns = np.arange(width)
    return np.asarray(sums[np.minimum(bottom + 2, height), columns] - sums[np.maximum(top - 1, 0), columns], np.float32)


def vertical_extent(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last row (each (h, w)) of the vertical run of ``mask`` (h, w) a pixel lies in; its own row outside."""
    height = mask.shape[0]
    rows = np.arange(height)[:, None]
    top = np.maximum.accumulate(np.where(mask, -1, rows), axis=0) + 1
    bottom = np.minimum.accumulate(np.where(mask, height, rows)[::-1], axis=0)[::-1] - 1
    return np.where(mask, top, rows), np.where(mask, bottom, rows)
