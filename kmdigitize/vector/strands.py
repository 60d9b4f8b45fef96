"""Lines of a drawing, put together from the pieces in which exporters write them.

A curve may be one polyline, many short strokes, separate horizontal and vertical strokes, or a filled outline. Pieces of
one look whose ends touch are one strand; a filled outline that is thin all along is replaced by its middle line. Dashes
that are drawn as single pieces leave strands with gaps, which are closed where the pieces follow each other at a steady
distance. What this cannot do: tell two curves of one look apart where their ends touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records import Drawing, DrawnPath, Panel, Rgb
from kmdigitize.vector.rules import box_of, subpaths


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is painted; lines of one curve look the same. Widths and dashes in px."""

    color: Rgb
    width: float
    dash: tuple[float, ...] = ()
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Strand:
    """A connected line: ``points`` (n, 2) in order of x, its look, painting ``order`` of its first piece.

    ``gaps`` (n - 1,) is True for stretches that were bridged between drawn dashes.
    """

    points: FloatArray
    look: Look
    order: int
    gaps: FloatArray | None = None


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
        for (x0, y0), (x1, y1) in zip(points[:-1], points[1:], strict=True):
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
    by_look: dict[Look, list[Strand]] = {}
    for path in drawing.paths:
        for strand in _pieces(path, frame):
            if not axes.hold(strand.points, frame):
                by_look.setdefault(strand.look, []).append(strand)
    strands: list[Strand] = []
    for pieces in by_look.values():
        joined = _joined_at_ends(_joined_in_order(pieces))
        strands += _bridged(joined, frame)
    return sorted(strands, key=lambda strand: strand.order)


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
        return abs(strand.points[-1, 0] - strand.points[0, 0]) <= self.near


def _bridged(strands: list[Strand], frame: Box) -> list[Strand]:
    """Strands with the gaps between drawn dashes closed; unchanged if they are no such dashes."""
    lengths = [_extent(strand.points) for strand in strands]
    longest = 0.15 * (frame.width + frame.height)
    if not 8 <= len(strands) <= 3000 or strands[0].look.dash or max(lengths) > longest:
        return strands
    short = _without_symbols(strands)
    if len(short) < 8:
        return strands
    ordered = sorted(short, key=lambda s: (s.points[0, 0], s.order))
    starts = np.array([s.points[0] for s in ordered])
    ends = np.array([s.points[-1] for s in ordered])
    follower, gap = _followers(starts, ends)
    known = gap[np.isfinite(gap)]
    if known.size < 5:
        return strands
    typical = float(np.median(known))
    if typical > 4 * float(np.median(lengths)) or typical <= 0:
        return strands
    link = np.where(gap <= 3 * typical, follower, -1)
    chains = _linked(link)
    if max(len(chain) for chain in chains) < 5:
        return strands
    return [_chain([ordered[i] for i in chain]) for chain in chains]


def _without_symbols(strands: list[Strand]) -> list[Strand]:
    """Pieces that are no part of a plus or cross, whose strokes share their middle, and no lone upright ticks."""
    middles = np.array([strand.points.mean(axis=0) for strand in strands])
    cells: dict[tuple[int, int], int] = {}
    for x, y in np.round(middles * 2).astype(int).tolist():
        cells[x, y] = cells.get((x, y), 0) + 1
    upright = [len(s.points) == 2 and s.points[0, 0] == s.points[1, 0] for s in strands]
    if np.mean(upright) > 0.6:
        return []
    alone = [cells[x, y] == 1 for x, y in np.round(middles * 2).astype(int).tolist()]
    return [strand for strand, is_alone in zip(strands, alone, strict=True) if is_alone]


def _extent(points: FloatArray) -> float:
    return float(np.sum(np.abs(np.diff(points, axis=0))))


def _followers(starts: FloatArray, ends: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each piece the nearest piece that begins right of its end (index, or -1) and the gap, if mutual."""
    n = len(starts)
    step = starts[None, :, :] - ends[:, None, :]
    distance = np.abs(step).sum(axis=2)
    distance[step[:, :, 0] < -0.2] = np.inf
    np.fill_diagonal(distance, np.inf)
    best = distance.argmin(axis=1)
    back = distance.argmin(axis=0)
    mutual = (back[best] == np.arange(n)) & np.isfinite(distance[np.arange(n), best])
    return np.where(mutual, best, -1), np.where(mutual, distance[np.arange(n), best], np.inf)


def _linked(link: FloatArray) -> list[list[int]]:
    """Chains of indices that follow ``link``, each from a piece that nothing leads to."""
    led_to = {int(target) for target in link if target >= 0}
    chains = []
    for first in range(len(link)):
        if first in led_to:
            continue
        chain, here = [first], int(link[first])
        while here >= 0 and here not in chain[-1:]:
            chain.append(here)
            here = int(link[here])
        chains.append(chain)
    return chains


def _chain(pieces: list[Strand]) -> Strand:
    """One strand of the pieces, with corners where a gap hides one, and a dash pattern of their mean lengths."""
    points: list[FloatArray] = [pieces[0].points]
    bridged: list[bool] = [False] * (len(pieces[0].points) - 1)
    gaps = []
    for last, piece in zip(pieces[:-1], pieces[1:], strict=True):
        corner = _corner(last.points, piece.points)
        gaps.append(float(np.abs(piece.points[0] - last.points[-1]).sum()))
        points += [corner, piece.points]
        bridged += [True] * (len(corner) + 1) + [False] * (len(piece.points) - 1)
    on = float(np.median([_extent(piece.points) for piece in pieces]))
    off = float(np.median(gaps)) if gaps else 0.0
    look = replace(pieces[0].look, dash=(round(on, 2), round(off, 2)) if gaps else ())
    return Strand(np.concatenate(points), look, min(p.order for p in pieces), np.array(bridged, dtype=np.float64))


def _corner(last: FloatArray, following: FloatArray) -> FloatArray:
    """The hidden corner points between two dashes of a step curve, (0, 2), (1, 2) or (2, 2)."""
    (x0, y0), (x1, y1) = last[-1], following[0]
    if abs(x1 - x0) < 0.2 or abs(y1 - y0) < 0.2:
        return np.empty((0, 2))
    falls = len(last) > 1 and abs(last[-1, 0] - last[-2, 0]) < abs(last[-1, 1] - last[-2, 1])
    rises_next = len(following) > 1 and abs(following[1, 0] - following[0, 0]) < abs(following[1, 1] - following[0, 1])
    if rises_next and not falls:
        return np.array([(x1, y0)])
    if falls and not rises_next:
        return np.array([(x0, y1)])
    middle = (x0 + x1) / 2
    return np.array([(middle, y0), (middle, y1)])
