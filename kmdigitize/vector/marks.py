"""Censor marks of a vector figure: the plotting symbols that sit on its curves, each at its exact place.

Small shapes are sorted by look: strokes that cross in one middle are a plus or a cross, closed outlines circles,
squares or triangles, boxes of glyphs bars. Symbols of one look share one offset from the curve (a tick may stand on
it, a triangle's middle is not its box's), which is measured over all of them; those that keep it are its marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import BoolArray, Box, FloatArray
from kmdigitize.records import CensorMark, Drawing, MarkKind, Panel, Rgb, Trace
from kmdigitize.vector.rules import box_of, subpaths

_LARGEST = 0.08
"""Largest symbol as a share of the panel's smaller side."""
_SAME_PLACE = 0.06
"""Distance of the middles of two strokes of one symbol, as a share of its size."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    """A plotting symbol: middle and size in px, its kind, colour and place in painting order."""

    x: float
    y: float
    width: float
    height: float
    kind: MarkKind
    color: Rgb
    order: int


def with_marks(traces: tuple[Trace, ...], drawing: Drawing, panel: Panel) -> tuple[Trace, ...]:
    """The traces with their censor marks in order of x; without any in the panel, ``marks`` stays None."""
    symbols = find_symbols(drawing, panel, traces)
    for trace in traces:
        symbols = _without_risers(symbols, trace)
    if not traces or not symbols:
        return traces
    owned: dict[int, list[CensorMark]] = defaultdict(list)
    for group in _by_look(symbols):
        for symbol, owner in _owners(group, traces, drawing.px_per_unit):
            owned[owner].append(CensorMark(symbol.x, symbol.y, symbol.kind, 0.01 * drawing.px_per_unit))
    if not owned:
        return traces
    return tuple(replace(trace, marks=_distinct(owned[index])) for index, trace in enumerate(traces))


def _without_risers(symbols: list[_Symbol], trace: Trace) -> list[_Symbol]:
    """The symbols without the drops of a curve that is drawn in pieces; one of a drop's place and height is chance."""
    drops = np.abs(np.diff(trace.levels))
    middles = (trace.levels[1:] + trace.levels[:-1]) / 2
    near = 0.1 * trace.stroke_px
    risers = set()
    for index, symbol in enumerate(symbols):
        if symbol.kind == "tick" and symbol.color == trace.color:
            same = (np.abs(trace.risers - symbol.x) <= near) & (np.abs(middles - symbol.y) <= near)
            if np.any(same & (np.abs(drops - symbol.height) <= 2 * near)):
                risers.add(index)
    tallest = max((symbols[index].height for index in risers), default=0.0)
    if len(risers) < max(2, 0.9 * int(np.sum(drops <= tallest))):
        return symbols
    return [symbol for index, symbol in enumerate(symbols) if index not in risers]


def _distinct(marks: list[CensorMark]) -> tuple[CensorMark, ...]:
    """Marks in order of x; one painted twice in one place (outline and filling) counts once."""
    kept: list[CensorMark] = []
    for mark in sorted(marks, key=lambda m: m.x):
        if not any(abs(mark.x - other.x) < 0.02 and abs(mark.y - other.y) < 0.5 for other in kept[-3:]):
            kept.append(mark)
    return tuple(kept)


def find_symbols(drawing: Drawing, panel: Panel, traces: Sequence[Trace] = ()) -> list[_Symbol]:
    """Every small shape inside the panel, or beside ``traces`` that leave it, that could be a plotting symbol."""
    frame = panel.frame
    largest = _LARGEST * max(frame.width, frame.height)
    ends = [trace.end for trace in traces]
    room = replace(frame, right=max([frame.right, *ends])).grown(largest / 2)
    strokes: list[_Symbol] = []
    shapes: list[_Symbol] = []
    for path in drawing.paths:
        color = path.stroke or path.fill
        if color is None:
            continue
        for points in subpaths(path):
            box = box_of(points)
            if max(box.width, box.height) > largest or not room.contains(box.center_x, box.center_y):
                continue
            kind = _stroke_kind(points) if path.stroke is not None else None
            if kind is not None:
                strokes.append(_Symbol(box.center_x, box.center_y, box.width, box.height, kind, color, path.order))
            else:
                closed = _closed_kind(points, box)
                if closed is not None:
                    shapes.append(_Symbol(box.center_x, box.center_y, box.width, box.height, closed, color, path.order))
    return [symbol for symbol in _crossed(strokes) if not _is_axis_tick(symbol, panel)] + shapes


def _is_axis_tick(symbol: _Symbol, panel: Panel) -> bool:
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


def _crossed(strokes: list[_Symbol]) -> list[_Symbol]:
    """Ticks, and pairs of strokes with one middle as one plus or cross; level strokes alone are part of no symbol."""
    waiting: dict[tuple[int, int], list[_Symbol]] = defaultdict(list)
    symbols: list[_Symbol] = []
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


def _makes_symbol(a: _Symbol, b: _Symbol) -> bool:
    """Whether two strokes of one colour cross in their common middle."""
    near = _SAME_PLACE * max(a.width, a.height, b.width, b.height)
    if a.color != b.color or abs(a.x - b.x) > near or abs(a.y - b.y) > near:
        return False
    return {a.kind, b.kind} == {"tick", "unknown"} or (a.kind == b.kind == "cross")


def _united(a: _Symbol, b: _Symbol) -> _Symbol:
    """One symbol of two strokes; upright strokes say best where it is across, level ones up and down."""
    upright, level = (a, b) if a.kind == "tick" else (b, a)
    kind: MarkKind = "cross" if a.kind == "cross" else "plus"
    x, y = (upright.x, level.y) if kind == "plus" else ((a.x + b.x) / 2, (a.y + b.y) / 2)
    width, height = max(a.width, b.width), max(a.height, b.height)
    return _Symbol(x, y, width, height, kind, a.color, min(a.order, b.order))


def _by_look(symbols: Sequence[_Symbol]) -> Iterable[list[_Symbol]]:
    """Symbols of one kind, colour and size, in painting order."""
    groups: dict[tuple[MarkKind, Rgb], list[list[_Symbol]]] = defaultdict(list)
    for symbol in sorted(symbols, key=lambda s: s.order):
        alike = groups[symbol.kind, symbol.color]
        group = next((g for g in alike if _is_same_size(g[0], symbol)), None)
        if group is None:
            alike.append([symbol])
        else:
            group.append(symbol)
    return [group for alike in groups.values() for group in alike]


def _is_same_size(a: _Symbol, b: _Symbol) -> bool:
    near = 0.2 + 0.04 * max(a.width, a.height)
    return abs(a.width - b.width) <= near and abs(a.height - b.height) <= near


def _owners(group: list[_Symbol], traces: tuple[Trace, ...], px_per_unit: float) -> list[tuple[_Symbol, int]]:
    """Which symbols of one look lie on which trace.

    If nearly all lie on traces of their own colour, only those come into question. A symbol on several curves goes to
    the nearest, and where exactly on both to the one that its neighbours in painting order sit on.
    """
    everyone = list(range(len(traces)))
    same = [index for index in everyone if traces[index].color == group[0].color]
    for rivals in (same, everyone) if 0 < len(same) < len(everyone) else (everyone,):
        spans = [_spans(group, traces[index], 0.1 * px_per_unit) for index in rivals]
        offset = _common_offset(group, np.concatenate(spans), 0.15 * px_per_unit)
        away = np.array([_beyond(group, span, offset) for span in spans])
        near = np.array([max(0.6 * traces[index].stroke_px, 0.3 * px_per_unit) for index in rivals])
        fits = np.abs(away) <= near[:, None]
        share = float(fits.any(axis=0).mean())
        if share > 0.9:
            break
    if share < 0.5 and group[0].kind not in ("tick", "plus", "cross", "vbar"):
        return []
    return _sorted_out(group, _closest(fits, np.abs(away), 0.05 * px_per_unit), rivals)


def _closest(fits: BoolArray, away: FloatArray, precision: float) -> BoolArray:
    """``fits`` without the traces that another one beats by more than ``precision`` px."""
    least = np.min(np.where(fits, away, np.inf), axis=0)
    closest: BoolArray = fits & (away <= least + precision)
    return closest


def _spans(group: list[_Symbol], trace: Trace, near: float) -> FloatArray:
    """Lowest and highest row (2, n) of the curve at each symbol, which differ beside a riser; nan off its ends."""
    x = np.array([s.x for s in group])
    before = trace.levels[np.searchsorted(trace.risers, x - near, side="right")]
    behind = trace.levels[np.searchsorted(trace.risers, x + near, side="right")]
    span = np.array([np.minimum(before, behind), np.maximum(before, behind)])
    reach = 0.5 * trace.stroke_px + near
    span[:, (x < trace.start - reach) | (x > trace.end + reach)] = np.nan
    return span


def _beyond(group: list[_Symbol], span: FloatArray, offset: float) -> FloatArray:
    """How far each symbol's middle, moved by ``-offset``, lies off the rows of its curve (0 within them)."""
    y = np.array([s.y for s in group]) - offset
    beyond: FloatArray = np.where(y < span[0], y - span[0], np.where(y > span[1], y - span[1], 0.0 * span[0]))
    return beyond


def _common_offset(group: list[_Symbol], rows: FloatArray, precision: float) -> float:
    """The distance that most symbols' middles keep from a level of a curve beside them, the smallest if several do.

    ``rows`` (m, n) are the levels of all curves beside each symbol; ``precision`` is that of the drawing in px.
    """
    away = np.array([s.y for s in group]) - rows
    away[np.abs(away) > 0.75 * max(s.height for s in group)] = np.nan
    candidates = np.unique(np.round(away[np.isfinite(away)] / precision)) * precision
    if candidates.size == 0:
        return 0.0
    near = np.abs(away[None, :, :] - candidates[:, None, None]) <= precision
    count = near.any(axis=1).sum(axis=1)
    best = candidates[count == count.max()]
    offset = float(best[np.abs(best).argmin()])
    return float(np.median(away[np.abs(away - offset) <= precision]))


def _sorted_out(group: list[_Symbol], fits: BoolArray, rivals: list[int]) -> list[tuple[_Symbol, int]]:
    """One trace per symbol that fits any.

    An arm's marks are painted one after the other from left to right: of several traces it is the one that most of the
    symbol's run fits, else that of the nearest symbols painted around it.
    """
    only = [int(np.flatnonzero(column)[0]) if column.sum() == 1 else -1 for column in fits.T]
    runs = np.concatenate([[0], np.cumsum(np.diff([s.x for s in group]) < 0)])
    favourite = [int(fits[:, runs == run].sum(axis=1).argmax()) for run in range(int(runs[-1]) + 1)]
    in_runs = runs[-1] + 1 <= 4 * len(rivals)
    out = []
    for index, symbol in enumerate(group):
        options = np.flatnonzero(fits[:, index])
        if options.size == 0:
            continue
        choice = favourite[int(runs[index])] if in_runs else -1
        if choice not in options:
            around = sorted(range(max(0, index - 50), min(len(group), index + 51)), key=lambda i: abs(i - index))
            choice = next((only[i] for i in around if only[i] in options), int(options[0]))
        out.append((symbol, rivals[choice]))
    return out
