"""From subpaths and their paint to the drawn paths of the record. Shared by PDF and SVG."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.records.figure import DrawnPath, Rgb
from kmdigitize.sources.outlines import (
    Matrix,
    Rectangle,
    apart,
    bounds,
    clipped_area,
    clipped_line,
    inside,
    mapped,
    scale_of,
)

_SYMBOL = 0.08
"""Size of the largest plotting symbols as a share of the plotting region."""


@dataclass(frozen=True, slots=True)
class Paint:
    """How a path is painted, lengths in the path's own units."""

    stroke: Rgb | None = None
    fill: Rgb | None = None
    width: float = 0.0
    dash: tuple[float, ...] = ()
    alpha: float = 1.0


def drawn_path(
    subpaths: list[FloatArray], paint: Paint, to_px: Matrix, clip: Rectangle | None, order: int
) -> DrawnPath | None:
    """The path in px, cut to ``clip`` (px, grown by half a stroke: that much of a line on its edge is seen).

    None if nothing of it can be seen.
    """
    scale = scale_of(to_px)
    width = paint.width * scale if paint.stroke else 0.0
    moved = [mapped(points, to_px) for points in subpaths if len(points)]
    box = bounds(moved)
    if box is None or not np.all(np.isfinite(box)):
        return None
    closed = all(len(points) > 2 and bool(np.array_equal(points[0], points[-1])) for points in moved)
    if clip is not None:
        room = (clip[0] - width / 2, clip[1] - width / 2, clip[2] + width / 2, clip[3] + width / 2)
        if apart(box, room):
            return None
        if not inside(box, room) and not _is_symbol(box, clip):
            moved = _cut(moved, paint, room)
            closed = closed and paint.stroke is None
    if not moved:
        return None
    starts = tuple(int(n) for n in np.cumsum([0] + [len(points) for points in moved[:-1]]))
    dash = tuple(length * scale for length in paint.dash)
    return DrawnPath(np.concatenate(moved), starts, closed, paint.stroke, paint.fill, width, dash, paint.alpha, order)


def _is_symbol(box: Rectangle, clip: Rectangle) -> bool:
    """Whether the path is so small that, cut by the edge, it is still a plotting symbol whose middle matters."""
    size = max(box[2] - box[0], box[3] - box[1])
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    room = 0.25 * size
    is_in = all(clip[axis] - room <= middle[axis] <= clip[axis + 2] + room for axis in (0, 1))
    return is_in and size < _SYMBOL * max(clip[2] - clip[0], clip[3] - clip[1])


def _cut(subpaths: list[FloatArray], paint: Paint, room: Rectangle) -> list[FloatArray]:
    if paint.stroke is None:
        return [cut for points in subpaths if len(cut := clipped_area(points, room))]
    return [piece for points in subpaths for piece in clipped_line(points, room)]


def rgb(red: float, green: float, blue: float) -> Rgb:
    """A colour from components 0 to 255."""
    return tuple(int(min(255, max(0, round(value)))) for value in (red, green, blue))  # type: ignore[return-value]
