"""Small shapes of a vector figure that could be plotting symbols, each at its exact place.

They are sorted by look: strokes that cross in one middle are a plus or a cross, closed outlines circles, squares or
triangles, boxes of glyphs bars.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import Panel
from kmdigitize.records.curves import MarkKind, Trace
from kmdigitize.records.figure import Drawing, DrawnPath, Rgb
from kmdigitize.vector.rules import box_of, subpaths

_LARGEST = 0.08
"""Largest symbol as a share of the panel's smaller side."""
_SAME_PLACE = 0.06
"""Distance of the middles of two strokes of one symbol, as a share of its size."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A plotting symbol: middle and size in px, its kind, colour and place in painting order."""

    x: float
    y: float
    width: float
    height: float
    kind: MarkKind
    color: Rgb
    order: int


def find_symbols(drawing: Drawing, panel: Panel, traces: Sequence[Trace] = ()) -> list[Symbol]:
    """Every small shape inside the panel, or beside ``traces`` that leave it, that could be a plotting symbol."""
    frame = panel.frame
    largest = _LARGEST * max(frame.width, frame.height)
    ends = [trace.end for trace in traces]
    room = replace(frame, right=max([frame.right, *ends])).grown(largest / 2)
    strokes: list[Symbol] = []
    shapes: list[Symbol] = []
    tiles = _tiles(drawing)
    for path in drawing.paths:
        color = path.stroke or path.fill
        if color is None or path.order in tiles:
            continue
        for points in subpaths(path):
            box = box_of(points)
            if max(box.width, box.height) > largest or not room.contains(box.center_x, box.center_y):
                continue
            kind = _stroke_kind(points) if path.stroke is not None else None
            if kind is not None:
                strokes.append(Symbol(box.center_x, box.center_y, box.width, box.height, kind, color, path.order))
            else:
                closed = _closed_kind(points, box)
                if closed is not None:
                    shapes.append(Symbol(box.center_x, box.center_y, box.width, box.height, closed, color, path.order))
    return [symbol for symbol in _crossed(strokes) if not _is_axis_tick(symbol, panel)] + shapes


def _tiles(drawing: Drawing) -> set[int]:
    """Painting orders of filled rectangles that one of their colour and another height continues: a band drawn flat by
    flat."""
    filled = [path for path in drawing.paths if path.fill is not None and path.stroke is None and len(path.points) == 5]
    boxes = [(path, box_of(path.points)) for path in filled]
    begins: dict[tuple[Rgb | None, float], list[tuple[DrawnPath, Box]]] = defaultdict(list)
    for path, box in boxes:
        begins[path.fill, round(box.left, 1)].append((path, box))
    tiles: set[int] = set()
    for path, box in boxes:
        for other, following in begins.get((path.fill, round(box.right, 1)), ()):
            if abs(following.height - box.height) > 0.01 * max(following.height, box.height):
                tiles |= {path.order, other.order}
    return tiles


def _is_axis_tick(symbol: Symbol, panel: Panel) -> bool:
    """Whether a lone upright stroke ends on the line of the x axis."""
    near = max(0.5, 0.5 * panel.line_px)
    ends = (symbol.y - symbol.height / 2, symbol.y + symbol.height / 2)
    return symbol.kind == "tick" and min(abs(end - panel.axis_x_y) for end in ends) <= near


def _stroke_kind(points: FloatArray) -> MarkKind | None:
    """ "tick" for an upright stroke, "cross" for a diagonal one, "unknown" for a level one; None if it is bent."""
    if len(points) != 2:
        return None
    across, along = np.abs(points[1] - points[0])
    if max(across, along) <= 0:
        return None
    if across <= 0.05 * along:
        return "tick"
    if along <= 0.05 * across:
        return "unknown"
    return "cross" if 0.5 < across / along < 2 else None


def _closed_kind(points: FloatArray, box: Box) -> MarkKind | None:
    """What a small closed (or many-cornered) outline is."""
    if len(points) < 4 or box.height <= 0:
        return None
    closed = float(np.hypot(*(points[0] - points[-1]))) <= 0.05 * (box.width + box.height)
    if not closed:
        return _open_kind(points, box)
    corners = np.unique(np.round(points, 2), axis=0)
    if len(corners) == 3:
        return "triangle"
    if len(corners) == 4:
        return "vbar" if box.height > 1.5 * box.width else "square"
    middle = np.array([box.center_x, box.center_y])
    radius = np.hypot(*((points - middle) / (max(box.width, 1e-6), max(box.height, 1e-6))).T)
    if radius.min() > 0.44 and radius.max() < 0.56:
        return "circle"
    mirrored = abs(float(points[:-1, 0].mean()) - box.center_x) < 0.08 * box.width
    return "plus" if mirrored and len(corners) == 12 else ("unknown" if mirrored else None)


def _open_kind(points: FloatArray, box: Box) -> MarkKind | None:
    """A symbol drawn with one line: middle to end and back again; None if it is not symmetric."""
    mirrored = abs(float(points[:, 0].mean()) - box.center_x) < 0.02 * max(box.width, 1e-6)
    return "unknown" if mirrored and len(points) > 4 else None


def _crossed(strokes: list[Symbol]) -> list[Symbol]:
    """Ticks, and pairs of strokes with one middle as one plus or cross; level strokes alone are part of no symbol."""
    waiting: dict[tuple[int, int], list[Symbol]] = defaultdict(list)
    symbols: list[Symbol] = []
    used: set[int] = set()
    for stroke in strokes:
        cell = (round(stroke.x / 2), round(stroke.y / 2))
        near = [
            other
            for column in (-1, 0, 1)
            for row in (-1, 0, 1)
            for other in waiting[cell[0] + column, cell[1] + row]
            if id(other) not in used and _makes_symbol(stroke, other)
        ]
        if near:
            other = min(near, key=lambda o: (abs(o.order - stroke.order), abs(o.x - stroke.x)))
            used |= {id(other), id(stroke)}
            symbols.append(_united(stroke, other))
        else:
            waiting[cell].append(stroke)
    alone = [s for group in waiting.values() for s in group if id(s) not in used and s.kind == "tick"]
    return symbols + alone


def _makes_symbol(a: Symbol, b: Symbol) -> bool:
    """Whether two strokes of one colour cross in their common middle."""
    near = _SAME_PLACE * max(a.width, a.height, b.width, b.height)
    if a.color != b.color or abs(a.x - b.x) > near or abs(a.y - b.y) > near:
        return False
    return {a.kind, b.kind} == {"tick", "unknown"} or (a.kind == b.kind == "cross")


def _united(a: Symbol, b: Symbol) -> Symbol:
    """One symbol of two strokes; upright strokes say best where it is across, level ones up and down."""
    upright, level = (a, b) if a.kind == "tick" else (b, a)
    kind: MarkKind = "cross" if a.kind == "cross" else "plus"
    x, y = (upright.x, level.y) if kind == "plus" else ((a.x + b.x) / 2, (a.y + b.y) / 2)
    width, height = max(a.width, b.width), max(a.height, b.height)
    return Symbol(x, y, width, height, kind, a.color, min(a.order, b.order))
