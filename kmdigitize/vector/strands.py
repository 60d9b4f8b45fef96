"""Lines of a drawing, put together from the pieces in which exporters write them.

A curve may be one polyline, many short strokes, separate horizontal and vertical strokes, or a filled outline. Pieces
of one look whose ends touch are one strand; a filled outline that is thin all along is replaced by its middle line.
What this cannot do: tell two curves of one look apart where the ends of their pieces touch.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Drawing, DrawnPath
from kmdigitize.vector.dashes import bridged
from kmdigitize.vector.looks import Look, Strand
from kmdigitize.vector.rules import box_of, subpaths


@dataclass(frozen=True, slots=True)
class Axes:
    """Rows and columns (px) on which the lines of a panel's axes and frame lie, ``near`` px wide."""

    rows: tuple[float, ...]
    columns: tuple[float, ...]
    near: float

    def hold(self, points: FloatArray, frame: Box) -> bool:
        """Whether a polyline of a few points runs along one of them for half the panel's side."""
        if len(points) > 6:
            return False
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            level = abs(y1 - y0) <= self.near and abs(x1 - x0) >= 0.5 * frame.width
            upright = abs(x1 - x0) <= self.near and abs(y1 - y0) >= 0.5 * frame.height
            if level and any(abs(y0 - row) <= self.near for row in self.rows):
                return True
            if upright and any(abs(x0 - column) <= self.near for column in self.columns):
                return True
        return False


def axes_of(panel: Panel) -> Axes:
    """Where the axis and frame lines of ``panel`` lie."""
    frame = panel.frame
    rows, columns = (panel.axis_x_y, frame.bottom, frame.top), (panel.axis_y_x, frame.left, frame.right)
    return Axes(rows, columns, max(0.5, 0.5 * panel.line_px))


def find_strands(drawing: Drawing, frame: Box, axes: Axes) -> list[Strand]:
    """Every line inside ``frame`` but its ``axes``, joined from its pieces."""
    return lines_of(drawing, frame, axes)


def lines_of(drawing: Drawing, frame: Box, axes: Axes | None = None) -> list[Strand]:
    """Every line that reaches into ``frame``, joined from its pieces, without ``axes`` if these are given."""
    by_look: dict[Look, list[Strand]] = {}
    for path in drawing.paths:
        for strand in _pieces(path, frame):
            if axes is None or not axes.hold(strand.points, frame):
                by_look.setdefault(strand.look, []).append(strand)
    strands: list[Strand] = []
    for pieces in by_look.values():
        lines = _without_symbols(pieces)
        if lines:
            strands += bridged(_joined_at_ends(_joined_in_order(lines)), frame)
    return sorted(strands, key=lambda strand: strand.order)


def _without_symbols(pieces: list[Strand]) -> list[Strand]:
    """The pieces that are no stroke of a plus or cross: two equally long strokes of one look across one middle."""
    cells: dict[tuple[int, int], list[int]] = {}
    strokes: dict[int, _Stroke] = {}
    for index, piece in enumerate(pieces):
        if len(piece.points) == 2:
            (x0, y0), (x1, y1) = piece.points.tolist()
            strokes[index] = _Stroke((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)
            cells.setdefault((round(strokes[index].x), round(strokes[index].y)), []).append(index)
    crossed: set[int] = set()
    for (x, y), here in cells.items():
        near = [i for dx in (0, 1) for dy in (-1, 0, 1) for i in cells.get((x + dx, y + dy), ())]
        crossed |= {k for i in here for j in near if i != j and _cross(strokes[i], strokes[j]) for k in (i, j)}
    return [piece for index, piece in enumerate(pieces) if index not in crossed]


class _Stroke(NamedTuple):
    """Middle of a straight stroke and the way from its start to its end."""

    x: float
    y: float
    across: float
    down: float


def _cross(a: _Stroke, b: _Stroke) -> bool:
    length = math.hypot(a.across, a.down)
    apart = math.hypot(a.x - b.x, a.y - b.y)
    same_length = abs(math.hypot(b.across, b.down) - length) <= 0.1 * length
    upright = abs(a.across * b.across + a.down * b.down) < 0.3 * length * length
    return same_length and apart <= 0.06 * length and upright


def _pieces(path: DrawnPath, frame: Box) -> Iterable[Strand]:
    """The strokes of a path that reach into the frame, and the middle line of a thin filled outline."""
    color = path.stroke or path.fill
    if color is None:
        return
    near = frame.grown(0.01 * frame.width + path.width, 0.01 * frame.height + path.width)
    for points in subpaths(path):
        box = box_of(points)
        if box.left > near.right or box.right < near.left or box.top > near.bottom or box.bottom < near.top:
            continue
        if path.stroke is not None:
            look = Look(color, round(path.width, 2), tuple(round(v, 2) for v in path.dash), round(path.alpha, 2))
            yield Strand(_forward(points), look, path.order)
        else:
            middle = middle_line(points)
            if middle is not None:
                line, width = middle
                yield Strand(line, Look(color, round(width, 1), (), round(path.alpha, 2)), path.order)


def _forward(points: FloatArray) -> FloatArray:
    """The points from left to right."""
    return points[::-1] if points[0, 0] > points[-1, 0] else points


def middle_line(points: FloatArray) -> tuple[FloatArray, float] | None:
    """Middle line (n, 2) and thickness of a filled outline that is a stroke; None if it is an area.

    The outline of a stepped stroke of width w runs half a width above and right of the line and back half a width
    below and left of it, corner by corner.
    """
    closed = len(points) > 4 and bool(np.allclose(points[0], points[-1], atol=1e-6))
    ring = points[:-1] if closed else points
    if len(ring) < 4:
        return None
    following = np.roll(ring, -1, axis=0)
    area = abs(float(np.sum(ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]))) / 2
    perimeter = float(np.sum(np.hypot(*(following - ring).T)))
    width = 2 * area / perimeter if perimeter else 0.0
    box = box_of(ring)
    if width <= 0 or perimeter < 20 * width or max(box.width, box.height) < 8 * width:
        return None
    halves = _halves(ring, width)
    if halves is None:
        return None
    one, other = halves
    if len(one) != len(other) or float(np.max(np.abs(one - other))) > 1.6 * width:
        return None
    return _forward((one + other) / 2), width


def _halves(ring: FloatArray, width: float) -> tuple[FloatArray, FloatArray] | None:
    """The two long sides of an outline, both from its left to its right end."""
    left = ring[:, 0] <= ring[:, 0].min() + 0.6 * width
    right = ring[:, 0] >= ring[:, 0].max() - 0.6 * width
    start = next((i for i in range(len(ring)) if left[i] and left[i - 1]), None)
    if start is None:
        return None
    ring, right = np.roll(ring, -start, axis=0), np.roll(right, -start)
    ends = [i for i in range(1, len(ring)) if right[i] and right[i - 1]]
    if not ends:
        return None
    return ring[: ends[0]], ring[ends[0] :][::-1]


def _touch(look: Look) -> float:
    """Distance in px up to which two ends are one point: what rounding moves, less than what is seen."""
    return max(0.05, 0.1 * look.width)


def _joined_in_order(pieces: Sequence[Strand]) -> list[Strand]:
    """Pieces that were painted one after the other and touch end to end, as one."""
    strands: list[list[FloatArray]] = []
    orders: list[int] = []
    for piece in pieces:
        near = _touch(piece.look)
        if strands:
            end = strands[-1][-1][-1]
            if np.hypot(*(piece.points[0] - end)) <= near:
                strands[-1].append(piece.points[1:])
                continue
            if len(piece.points) == 2 and np.hypot(*(piece.points[-1] - end)) <= near:
                strands[-1].append(piece.points[::-1][1:])
                continue
        strands.append([piece.points])
        orders.append(piece.order)
    look = pieces[0].look
    return [Strand(np.concatenate(parts), look, order) for parts, order in zip(strands, orders, strict=True)]


def _joined_at_ends(strands: list[Strand]) -> list[Strand]:
    """Strands of one look whose ends touch, wherever they were painted; of several, the next in painting order."""
    if len(strands) < 2:
        return strands
    near = _touch(strands[0].look)
    alive = dict(enumerate(strands))
    ends = _EndIndex(near)
    for key, strand in alive.items():
        ends.add(key, strand)
    for key in sorted(alive, key=lambda k: (alive[k].points[0, 0], alive[k].order)):
        while key in alive:
            strand = alive[key]
            found = [
                (abs(alive[k].order - strand.order), k, turned) for k, turned in ends.at(strand.points[-1], alive, key)
            ]
            if not found:
                break
            _, other, turned = min(found)
            tail = alive[other].points[::-1] if turned else alive[other].points
            ends.remove(other, alive.pop(other))
            ends.remove(key, strand)
            order = min(strand.order, strands[other].order)
            alive[key] = replace(strand, points=np.concatenate([strand.points, tail[1:]]), order=order)
            ends.add(key, alive[key])
    return list(alive.values())


class _EndIndex:
    """Both ends of strands in cells of one touching distance."""

    def __init__(self, near: float) -> None:
        self.near = near
        self.cells: dict[tuple[int, int], set[tuple[int, bool]]] = {}

    def _cell(self, point: FloatArray) -> tuple[int, int]:
        return int(np.floor(point[0] / self.near)), int(np.floor(point[1] / self.near))

    def add(self, key: int, strand: Strand) -> None:
        """Enter both ends of a strand; the last end only of vertical ones, which may be taken either way."""
        self.cells.setdefault(self._cell(strand.points[0]), set()).add((key, False))
        if self._either_way(strand):
            self.cells.setdefault(self._cell(strand.points[-1]), set()).add((key, True))

    def remove(self, key: int, strand: Strand) -> None:
        """Take a strand out again."""
        self.cells[self._cell(strand.points[0])].discard((key, False))
        if self._either_way(strand):
            self.cells[self._cell(strand.points[-1])].discard((key, True))

    def at(self, point: FloatArray, alive: dict[int, Strand], but: int) -> list[tuple[int, bool]]:
        """Strands with an end at ``point``, and whether they have to be turned round to begin there."""
        column, row = self._cell(point)
        found = []
        for cell in ((column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            for key, turned in self.cells.get(cell, ()):
                end = alive[key].points[-1 if turned else 0]
                if key != but and np.hypot(*(end - point)) <= self.near:
                    found.append((key, turned))
        return found

    def _either_way(self, strand: Strand) -> bool:
        return bool(abs(strand.points[-1, 0] - strand.points[0, 0]) <= self.near)
