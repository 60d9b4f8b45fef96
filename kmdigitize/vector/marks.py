"""Censor marks of a vector figure: the plotting symbols that sit on its curves, each at its exact place.

Symbols of one look share one offset from the curve (a tick may stand on it, a triangle's middle is not its box's),
which is measured over all of them; those that keep it are its marks. Two symbols in one place are two patients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.records.axes import Panel
from kmdigitize.records.curves import CensorMark, MarkKind, Trace
from kmdigitize.records.figure import Drawing, Rgb
from kmdigitize.vector.symbols import Symbol, find_symbols
from kmdigitize.vector.symbols_offset import centred


def with_marks(traces: tuple[Trace, ...], drawing: Drawing, panel: Panel) -> tuple[Trace, ...]:
    """The traces with their censor marks in order of x; without any in the panel, ``marks`` stays None."""
    symbols = find_symbols(drawing, panel, traces)
    for trace in traces:
        symbols = _without_risers(symbols, trace)
    if not traces or not symbols:
        return traces
    owned: dict[int, list[CensorMark]] = defaultdict(list)
    for group in centred(list(_by_look(symbols)), traces, drawing, panel):
        for symbol, owner in _owners(group, traces, drawing.px_per_unit):
            owned[owner].append(CensorMark(symbol.x, symbol.y, symbol.kind, 0.01 * drawing.px_per_unit))
    if not owned:
        return traces
    return tuple(replace(trace, marks=_patients(owned[index])) for index, trace in enumerate(traces))


def _without_risers(symbols: list[Symbol], trace: Trace) -> list[Symbol]:
    """The symbols without the drops of a curve that is drawn in pieces; one of a drop's place and height is chance."""
    drops = np.abs(np.diff(trace.levels))
    middles = (trace.levels[1:] + trace.levels[:-1]) / 2
    near = 0.1 * trace.stroke_px
    risers, hit = set(), set()
    for index, symbol in enumerate(symbols):
        if symbol.kind == "tick" and symbol.color == trace.color:
            same = (np.abs(trace.risers - symbol.x) <= near) & (np.abs(middles - symbol.y) <= near)
            alike = np.flatnonzero(same & (np.abs(drops - symbol.height) <= 2 * near))
            if alike.size:
                risers.add(index)
                hit.add(int(alike[0]))
    tallest = max((symbols[index].height for index in risers), default=0.0)
    if len(hit) < max(2, 0.9 * int(np.sum(drops <= tallest))):
        return symbols
    return [symbol for index, symbol in enumerate(symbols) if index not in risers]


def _patients(marks: list[CensorMark]) -> tuple[CensorMark, ...]:
    """Marks in order of x, one per patient: as many as lie in one place, unless every place holds several.

    Then the whole was painted more than once, or each is an outline and a filling.
    """
    places: list[list[CensorMark]] = []
    for mark in sorted(marks, key=lambda m: m.x):
        place = next((other for other in reversed(places[-3:]) if _is_one_place(other[0], mark)), None)
        if place is None:
            places.append([mark])
        else:
            place.append(mark)
    coats = min((len(place) for place in places), default=1)
    return tuple(mark for place in places for mark in place[: len(place) // coats])


def _is_one_place(a: CensorMark, b: CensorMark) -> bool:
    return abs(a.x - b.x) < 0.02 and abs(a.y - b.y) < 0.5


def _by_look(symbols: Sequence[Symbol]) -> Iterable[list[Symbol]]:
    """Symbols of one kind, colour and size, in painting order."""
    groups: dict[tuple[MarkKind, Rgb], list[list[Symbol]]] = defaultdict(list)
    for symbol in sorted(symbols, key=lambda s: s.order):
        alike = groups[symbol.kind, symbol.color]
        group = next((g for g in alike if _is_same_size(g[0], symbol)), None)
        if group is None:
            alike.append([symbol])
        else:
            group.append(symbol)
    return [group for alike in groups.values() for group in alike]


def _is_same_size(a: Symbol, b: Symbol) -> bool:
    near = 0.2 + 0.04 * max(a.width, a.height)
    return abs(a.width - b.width) <= near and abs(a.height - b.height) <= near


def _owners(group: list[Symbol], traces: tuple[Trace, ...], px_per_unit: float) -> list[tuple[Symbol, int]]:
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


def _spans(group: list[Symbol], trace: Trace, near: float) -> FloatArray:
    """Lowest and highest row (2, n) of the curve at each symbol, which differ beside a riser; nan off its ends."""
    x = np.array([s.x for s in group])
    before = trace.levels[np.searchsorted(trace.risers, x - near, side="right")]
    behind = trace.levels[np.searchsorted(trace.risers, x + near, side="right")]
    span = np.array([np.minimum(before, behind), np.maximum(before, behind)])
    reach = 0.5 * trace.stroke_px + near
    span[:, (x < trace.start - reach) | (x > trace.end + reach)] = np.nan
    return span


def _beyond(group: list[Symbol], span: FloatArray, offset: float) -> FloatArray:
    """How far each symbol's middle, moved by ``-offset``, lies off the rows of its curve (0 within them)."""
    y = np.array([s.y for s in group]) - offset
    beyond: FloatArray = np.where(y < span[0], y - span[0], np.where(y > span[1], y - span[1], 0.0 * span[0]))
    return beyond


def _common_offset(group: list[Symbol], rows: FloatArray, precision: float) -> float:
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


def _sorted_out(group: list[Symbol], fits: BoolArray, rivals: list[int]) -> list[tuple[Symbol, int]]:
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
