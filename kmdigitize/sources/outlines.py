"""Points of a drawing: affine maps, flattened curves and clipping to a rectangle. Shared by PDF and SVG.

A subpath is an (n, 2) array of x, y. A matrix is (a, b, c, d, e, f): x' = a x + c y + e, y' = b x + d y + f.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from kmdigitize.geometry import FloatArray

Matrix = tuple[float, float, float, float, float, float]
Rectangle = tuple[float, float, float, float]
"""left, top, right, bottom with left <= right and top <= bottom."""

_CURVE_STEPS = 8
"""Straight pieces per Bézier curve: a quarter circle of a mark then deviates by 0.1% of its radius."""


def after(inner: Matrix, outer: Matrix) -> Matrix:
    """The matrix that applies ``inner`` first and ``outer`` to the result."""
    a, b, c, d, e, f = inner
    oa, ob, oc, od, oe, of = outer
    return (
        a * oa + b * oc,
        a * ob + b * od,
        c * oa + d * oc,
        c * ob + d * od,
        e * oa + f * oc + oe,
        e * ob + f * od + of,
    )


def mapped(points: FloatArray, matrix: Matrix) -> FloatArray:
    """``points`` (n, 2) moved by ``matrix``."""
    a, b, c, d, e, f = matrix
    x, y = points[:, 0], points[:, 1]
    with np.errstate(over="ignore", invalid="ignore"):
        # What hostile numbers move beyond all bounds is left out where paths are drawn.
        return np.column_stack([a * x + c * y + e, b * x + d * y + f])


def scale_of(matrix: Matrix) -> float:
    """Mean magnification: the square root of the area ratio."""
    return math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))


def bezier(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The flattened cubic curve through four control ``points``, without its first point."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    out = []
    for step in range(1, _CURVE_STEPS + 1):
        t = step / _CURVE_STEPS
        s = 1 - t
        w0, w1, w2, w3 = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        out.append((w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3, w0 * y0 + w1 * y1 + w2 * y2 + w3 * y3))
    return out


def bounds(subpaths: Iterable[FloatArray]) -> Rectangle | None:
    """The rectangle around all points, None if there are none."""
    filled = [points for points in subpaths if len(points)]
    if not filled:
        return None
    low = np.min([points.min(axis=0) for points in filled], axis=0)
    high = np.max([points.max(axis=0) for points in filled], axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def intersection(a: Rectangle | None, b: Rectangle | None) -> Rectangle | None:
    """What two rectangles share; None stands for the whole plane. An empty share has no extent."""
    if a is None or b is None:
        return a or b
    left, top = max(a[0], b[0]), max(a[1], b[1])
    return left, top, max(left, min(a[2], b[2])), max(top, min(a[3], b[3]))


def inside(inner: Rectangle, outer: Rectangle) -> bool:
    """Whether ``inner`` lies within ``outer``."""
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def apart(a: Rectangle, b: Rectangle) -> bool:
    """Whether two rectangles share no point."""
    return a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


def clipped_line(points: FloatArray, clip: Rectangle) -> list[FloatArray]:
    """The parts of an open polyline inside ``clip``, each with the points where it enters and leaves (Liang–Barsky)."""
    pieces: list[list[FloatArray]] = []
    for start, end in itertools.pairwise(points):
        share = _share_inside(start, end, clip)
        if share is None:
            continue
        first, last = start + share[0] * (end - start), start + share[1] * (end - start)
        if pieces and share[0] == 0.0 and np.array_equal(pieces[-1][-1], first):
            pieces[-1].append(last)
        else:
            pieces.append([first, last])
    return [np.array(piece) for piece in pieces]


def _share_inside(start: FloatArray, end: FloatArray, clip: Rectangle) -> tuple[float, float] | None:
    """The stretch of parameters (0 at ``start``, 1 at ``end``) that lies inside, None if nothing does."""
    low, high = 0.0, 1.0
    step = end - start
    for axis in (0, 1):
        for sign, edge in ((-1.0, clip[axis]), (1.0, clip[axis + 2])):
            rate, room = float(sign * step[axis]), float(sign * (edge - start[axis]))
            if rate == 0:
                if room < 0:
                    return None
            elif rate < 0:
                low = max(low, room / rate)
            else:
                high = min(high, room / rate)
    return (low, high) if low <= high else None


def clipped_area(points: FloatArray, clip: Rectangle) -> FloatArray:
    """A filled polygon cut to ``clip`` (Sutherland–Hodgman); (0, 2) if nothing is left."""
    out = [tuple(point) for point in points]
    for axis in (0, 1):
        for sign, edge in ((-1.0, clip[axis]), (1.0, clip[axis + 2])):
            out = _cut(out, axis, sign, edge)
    return np.array(out, dtype=np.float64).reshape(-1, 2)


def _cut(points: list[tuple[float, ...]], axis: int, sign: float, edge: float) -> list[tuple[float, ...]]:
    out: list[tuple[float, ...]] = []
    for index, point in enumerate(points):
        before = points[index - 1]
        is_in, was_in = sign * (point[axis] - edge) <= 0, sign * (before[axis] - edge) <= 0
        if is_in != was_in:
            t = (edge - before[axis]) / (point[axis] - before[axis])
            out.append(tuple(b + t * (p - b) for b, p in zip(before, point, strict=True)))
        if is_in:
            out.append(point)
    return out
