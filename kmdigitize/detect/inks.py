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


def measure_stroke(pixels: Image, panel: Image) -> float:
    """Commonest width (px) of the strokes that run along rows in ``pixels`` (h, w, 3), 1.5 if there are none."""
    depth = np.linalg.norm(pixels - panel, axis=2).astype(np.float32)
    top = float(np.percentile(depth, 99.5))
    mask = (depth > 0.35 * top).astype(np.uint8)
    length = max(5, pixels.shape[1] // 60)
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    runs[runs.mean(axis=1) > 0.8] = 0
    limit = max(12, pixels.shape[0] // 25)
    widths = []
    padded = np.pad(runs, ((1, 1), (0, 0)))
    change = np.diff(padded.astype(np.int8), axis=0).T
    starts, ends = np.nonzero(change == 1), np.nonzero(change == -1)
    for x, a, b in zip(starts[0], starts[1], ends[1], strict=True):
        if b - a <= limit:
            # The sum across the stroke over its deepest pixel is its width, wherever it sits on the grid.
            column = depth[max(0, a - 2) : b + 2, x]
            widths.append(float(column.sum() / max(column.max(), 1.0)))
    return float(np.clip(np.median(widths), 0.8, limit)) if widths else 1.5
