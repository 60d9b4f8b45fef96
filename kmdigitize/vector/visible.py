"""Whether a drawn line is what a reader sees, or lies hidden under a picture that was put over it."""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Figure
from kmdigitize.vector.steps import Steps

_NEAR = 110.0
"""Colour distance (RGB) within which ink is the line's: anti-aliasing and opacity pale thin lines that much."""
_LEAST = 0.5
"""Share of the places looked at that show the line's ink; less where other lines cross and hide it is rare."""


def covered_by_pictures(figure: Figure, frame: Box) -> bool:
    """Whether an embedded picture reaches into the frame, so that lines may be hidden."""
    return figure.drawing is not None and any(box.overlap(frame) > 0 for box in figure.drawing.pictures)


def is_seen(steps: Steps, figure: Figure) -> bool:
    """Whether the rendering shows the line's ink at most of its flats."""
    edges = np.concatenate([[steps.start], steps.risers, [steps.end]])
    middle = np.rint((edges[1:] + edges[:-1]) / 2).astype(int)
    row = np.rint(steps.levels).astype(int)
    inside = (middle >= 0) & (middle < figure.width) & (row >= 1) & (row < figure.height - 1)
    if not inside.any():
        return True
    middle, row = middle[inside], row[inside]
    around = np.stack([figure.pixels[row + shift, middle] for shift in (-1, 0, 1)]).astype(np.float64)
    away = np.linalg.norm(around - np.array(steps.strand.look.color, dtype=np.float64), axis=2).min(axis=0)
    return bool(np.mean(away <= _NEAR) >= _LEAST)


def is_behind_picture(figure: Figure, panel: Panel) -> bool:
    """Whether an embedded picture covers most of the panel, so that its curves are not in the drawing."""
    if figure.drawing is None:
        return False
    area = max(panel.frame.width * panel.frame.height, 1.0)
    return any(box.overlap(panel.frame) > 0.5 * area for box in figure.drawing.pictures)
