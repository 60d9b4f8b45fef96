"""Straight axis-parallel strokes of a drawing: axis lines, ticks, grid and reference lines are all made of them.

Strokes, polylines of a few points, rectangles and thin filled bars are all cut into rules. Polylines of many points are
curves and give none. Vertical rules are found as horizontal ones of the transposed drawing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.figure import Drawing, DrawnPath, Rgb

_MOST_POINTS = 6
"""A frame is a rectangle of five points, an axis with its end ticks a polyline of four; more is a curve."""
_SLOPE = 0.01
"""Rise per run below which a stroke counts as axis-parallel (0.6°; exporters round to less)."""
_BAR = 0.12
"""Thickness per length below which a filled box is a stroke."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A stroke along an axis at coordinate ``at``, from ``start`` to ``end`` (px), ``width`` px thick."""

    at: float
    start: float
    end: float
    width: float
    color: Rgb
    dashed: bool = False
    order: int = 0

    @property
    def length(self) -> float:
        """Length in px."""
        return self.end - self.start

    @property
    def middle(self) -> float:
        """Middle along its direction."""
        return (self.start + self.end) / 2


def find_rules(drawing: Drawing) -> tuple[list[Rule], list[Rule]]:
    """Horizontal and vertical rules of ``drawing`` in painting order, white ones included."""
    rows: list[Rule] = []
    columns: list[Rule] = []
    for path in drawing.paths:
        for points in subpaths(path):
            if len(points) > _MOST_POINTS:
                continue
            if path.stroke is not None:
                rows += _strokes(points, path, path.stroke)
                columns += _strokes(points[:, ::-1], path, path.stroke)
            elif path.fill is not None:
                rows += _bars(points, path, path.fill)
                columns += _bars(points[:, ::-1], path, path.fill)
    return rows, columns


def subpaths(path: DrawnPath) -> Iterator[FloatArray]:
    """The pieces of a path, each (n, 2)."""
    ends = (*path.starts[1:], len(path.points))
    for start, end in zip(path.starts, ends, strict=True):
        yield path.points[start:end]


def box_of(points: FloatArray) -> Box:
    """The box around ``points`` (n, 2)."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _strokes(points: FloatArray, path: DrawnPath, color: Rgb) -> Iterator[Rule]:
    """Horizontal segments of a polyline."""
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if abs(x1 - x0) > 0 and abs(y1 - y0) <= max(_SLOPE * abs(x1 - x0), 1e-9):
            ends = sorted((float(x0), float(x1)))
            yield Rule(float(y0 + y1) / 2, ends[0], ends[1], path.width, color, bool(path.dash), path.order)


def _bars(points: FloatArray, path: DrawnPath, color: Rgb) -> Iterator[Rule]:
    """A filled rectangle that is much wider than high, as one stroke."""
    box = box_of(points)
    on_edges = np.isclose(points[:, 0], box.left, atol=0.05) | np.isclose(points[:, 0], box.right, atol=0.05)
    if len(points) >= 4 and bool(on_edges.all()) and 0 < box.height <= _BAR * box.width:
        yield Rule(box.center_y, box.left, box.right, box.height, color, False, path.order)
