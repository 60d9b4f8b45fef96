"""Panels and tick marks of a vector figure, exact to the drawing.

Where a long horizontal and a long vertical rule meet near their lower left corner, a panel is proposed; so it is by a
filled rectangle and by two rows of ticks without a line. A panel is judged by the printed numbers below and beside it
and by the ticks on its lines; the best that do not overlap win. Axes only on the right or at the top are not seen.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import Panel, TickRow, Ticks
from kmdigitize.records.figure import Drawing, Figure, TextToken
from kmdigitize.vector.rules import Rule, box_of, find_rules

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"[-+−]?\s?(\d+([.,·]\d*)?|[.,·]\d+)\s?%?")
_WHITE = 250


@dataclass(frozen=True, slots=True)
class AxesSettings:
    """Sizes as shares of the figure or of the panel.

    ``min_side``: of the figure's width or height, for twelve panels on a page. ``corner``: how far detached axis lines
    may end from their corner as a share of their lengths (base R leaves 0.04 of the range plus a gap). ``tick``:
    longest tick as a share of the panel's other side. ``grid``: share of the panel that a grid line spans.
    ``enough``: numbers on one side from which more do not count; ``few``: that a panel needs where any are printed.
    ``reach``: text heights within which the nearest row of labels lies.
    """

    min_side: float = 0.09
    corner: float = 0.09
    tick: float = 0.06
    grid: float = 0.8
    enough: int = 5
    few: int = 2
    reach: float = 4.0
    max_panels: int = 24


@dataclass(frozen=True, slots=True)
class _Candidate:
    frame: Box
    row: Rule | None
    column: Rule | None
    below: int = 0
    beside: int = 0
    ticked: int = 0


def find_vector_panels(
    figure: Figure, tokens: Sequence[TextToken] | None = None, settings: AxesSettings | None = None
) -> tuple[Panel, ...]:
    """Panels of a figure with a drawing, from top left to bottom right, named "1", "2", …; empty if none is drawn.

    ``tokens`` are the printed texts (default: the drawing's own).
    """
    settings = settings or AxesSettings()
    drawing = figure.drawing
    if drawing is None:
        return ()
    texts = drawing.texts if tokens is None else tokens
    numbers = [token.box for token in texts if _NUMBER.fullmatch(token.text.strip())]
    text_px = float(np.median([box.height for box in numbers])) if numbers else figure.height / 60
    rows, columns = find_rules(drawing)
    candidates = _from_rules(rows, columns, figure, settings) + _from_fills(drawing, figure, settings)
    candidates = [_judged(c, numbers, rows, columns, text_px, settings) for c in candidates]
    chosen = _chosen(candidates, bool(numbers), figure, settings)
    log.debug("%d rules, %d candidates, %d panels", len(rows) + len(columns), len(candidates), len(chosen))
    frames = [candidate.frame for candidate in chosen]
    return tuple(
        _panel(str(number), candidate, frames, rows, columns, figure) for number, candidate in enumerate(chosen, 1)
    )


def _from_rules(rows: list[Rule], columns: list[Rule], figure: Figure, settings: AxesSettings) -> list[_Candidate]:
    """Frames from every long row and column that meet near their lower left corner."""
    long_rows = _distinct([r for r in rows if r.length >= settings.min_side * figure.width])
    long_columns = _distinct([c for c in columns if c.length >= settings.min_side * figure.height])
    long_rows += _tick_lines(columns, settings.tick * figure.height, settings.min_side * figure.width, first=False)
    long_columns += _tick_lines(rows, settings.tick * figure.width, settings.min_side * figure.height, first=True)
    found = []
    for row in long_rows:
        for column in long_columns:
            near_x, near_y = settings.corner * row.length, settings.corner * column.length
            if abs(row.start - column.at) <= near_x and abs(column.end - row.at) <= near_y and row.end > column.at:
                frame = Box(column.at, min(column.start, row.at - 1), row.end, row.at)
                if frame.width * frame.height < 0.9 * figure.width * figure.height:
                    found.append(_Candidate(frame, row, column))
    return found


def _distinct(rules: list[Rule]) -> list[Rule]:
    """Rules without repetitions; an axis line painted over a grid line stays."""
    seen: dict[tuple[int, int, int], Rule] = {}
    for rule in rules:
        seen[round(rule.at), round(rule.start), round(rule.end)] = rule
    return list(seen.values())[:400]


def _tick_lines(rules: list[Rule], longest: float, least: float, *, first: bool) -> list[Rule]:
    """Lines along which at least three short strokes of one length begin (``first`` False) or end (True)."""
    groups: dict[tuple[int, int], list[Rule]] = {}
    for rule in rules:
        if 0 < rule.length <= longest:
            groups.setdefault((round(rule.start), round(rule.end)), []).append(rule)
    lines = []
    for group in groups.values():
        places = sorted({round(rule.at, 1) for rule in group})
        if len(places) >= 3 and places[-1] - places[0] >= least:
            edge = group[0].end if first else group[0].start
            lines.append(Rule(edge, places[0], places[-1], 0.0, group[0].color))
    return lines


def _from_fills(drawing: Drawing, figure: Figure, settings: AxesSettings) -> list[_Candidate]:
    """Frames that are the filled background of a panel."""
    found = []
    for path in drawing.paths:
        if path.fill is None or min(path.fill) > _WHITE or not 4 <= len(path.points) <= 6:
            continue
        box = box_of(path.points)
        large = box.width >= settings.min_side * figure.width and box.height >= settings.min_side * figure.height
        if large and box.width * box.height < 0.9 * figure.width * figure.height:
            found.append(_Candidate(box, None, None))
    return found


def _judged(
    candidate: _Candidate,
    numbers: list[Box],
    rows: list[Rule],
    columns: list[Rule],
    text_px: float,
    settings: AxesSettings,
) -> _Candidate:
    """The candidate with the numbers in the best row below and column beside it, and its lines with ticks."""
    frame, reach = candidate.frame, settings.reach * text_px
    slack_x, slack_y = 0.06 * frame.width, 0.06 * frame.height
    below = [
        box.center_y
        for box in numbers
        if frame.left - slack_x <= box.center_x <= frame.right + slack_x
        and 0 < box.center_y - frame.bottom < reach + slack_y
    ]
    beside = [
        box.right
        for box in numbers
        if frame.top - slack_y <= box.center_y <= frame.bottom + slack_y
        and 0 < frame.left - box.right < reach + slack_x
    ]
    n_below = max((sum(1 for other in below if abs(other - y) < 0.6 * text_px) for y in below), default=0)
    n_beside = max((sum(1 for other in beside if abs(other - x) < 3 * text_px) for x in beside), default=0)
    ticks = _ticks(candidate.frame, (frame.bottom, frame.left), 2.0, rows, columns, settings)
    ticked = sum(1 for row in (ticks.x, ticks.y) if len(row.outside) + len(row.inside) >= 2)
    return replace(candidate, below=min(n_below, settings.enough), beside=min(n_beside, settings.enough), ticked=ticked)


def _chosen(candidates: list[_Candidate], labelled: bool, figure: Figure, settings: AxesSettings) -> list[_Candidate]:
    """The best candidates that do not overlap, in reading order; drawn frames before those that ticks only imply."""

    def score(c: _Candidate) -> tuple[bool, float]:
        area = c.frame.width * c.frame.height / (figure.width * figure.height)
        is_drawn = all(rule is None or rule.width > 0 for rule in (c.row, c.column))
        return is_drawn, c.below + c.beside + 2.0 * c.ticked + 5.0 * area + 0.5 * (c.row is not None)

    chosen: list[_Candidate] = []
    for candidate in sorted(candidates, key=score, reverse=True):
        named = min(candidate.below, candidate.beside) >= settings.few
        if labelled and not named and not _is_like(candidate.frame, [c.frame for c in chosen]):
            continue
        if any(_begins_inside(candidate, other) for other in candidates):
            continue
        if any(candidate.frame.overlap(other.frame) > 0 for other in chosen):
            continue
        chosen.append(candidate)
    chosen = chosen[: settings.max_panels]
    height = float(np.median([c.frame.height for c in chosen])) if chosen else 1.0
    return sorted(chosen, key=lambda c: (round(c.frame.top / height), c.frame.left))


def _begins_inside(candidate: _Candidate, other: _Candidate) -> bool:
    """Whether ``other`` is the same frame from further left and has fewer numbers beside it: those of ``candidate``
    are then printed inside it, as the cells of a framed table are."""
    a, b = candidate.frame, other.frame
    near = 0.005 * b.width
    same = max(abs(a.right - b.right), abs(a.top - b.top), abs(a.bottom - b.bottom)) < near
    return same and b.left < a.left - near and other.beside < candidate.beside


def _is_like(frame: Box, others: list[Box]) -> bool:
    """Whether the frame continues a row or column of equal panels, which share their labels."""
    for other in others:
        near_x, near_y = 0.02 * other.width, 0.02 * other.height
        same_size = abs(frame.width - other.width) < near_x and abs(frame.height - other.height) < near_y
        if same_size and (abs(frame.top - other.top) < near_y or abs(frame.left - other.left) < near_x):
            return True
    return False


def _panel(
    name: str, candidate: _Candidate, frames: list[Box], rows: list[Rule], columns: list[Rule], figure: Figure
) -> Panel:
    frame = candidate.frame
    row, column = candidate.row, candidate.column
    drawn = [rule for rule in (row, column) if rule is not None and rule.width > 0]
    return Panel(
        name,
        frame,
        _region(frame, frames, figure),
        row.at if row else frame.bottom,
        column.at if column else frame.left,
        line_px=float(np.mean([rule.width for rule in drawn])) if drawn else 1.0,
        has_lines=len(drawn) == 2,
        closed_right=any(abs(rule.at - frame.right) < 2 and rule.length > 0.9 * frame.height for rule in columns),
        closed_top=any(abs(rule.at - frame.top) < 2 and rule.length > 0.9 * frame.width for rule in rows),
    )


def _region(frame: Box, frames: list[Box], figure: Figure) -> Box:
    """The part of the figure nearer to this frame than to others: cut half way to neighbours beside, above and below.

    Below a panel lie its labels and table, so a neighbour above gives way down to a quarter of the gap.
    """
    left, top, right, bottom = 0.0, 0.0, figure.width - 1.0, figure.height - 1.0
    for other in frames:
        if other == frame:
            continue
        beside = min(frame.bottom, other.bottom) > max(frame.top, other.top)
        stacked = min(frame.right, other.right) > max(frame.left, other.left)
        if beside and other.left >= frame.right:
            right = min(right, frame.right + 0.4 * (other.left - frame.right))
        elif beside and other.right <= frame.left:
            left = max(left, other.right + 0.4 * (frame.left - other.right))
        elif stacked and other.top >= frame.bottom:
            bottom = min(bottom, frame.bottom + 0.75 * (other.top - frame.bottom))
        elif stacked and other.bottom <= frame.top:
            top = max(top, other.bottom + 0.75 * (frame.top - other.bottom))
    return Box(left, top, right, bottom)


def find_vector_ticks(figure: Figure, panel: Panel, settings: AxesSettings | None = None) -> Ticks:
    """Exact candidates for the ticks of both axes of ``panel``; rows are empty where none are drawn."""
    settings = settings or AxesSettings()
    if figure.drawing is None:
        return Ticks(TickRow(), TickRow())
    rows, columns = find_rules(figure.drawing)
    return _ticks(panel.frame, (panel.axis_x_y, panel.axis_y_x), 1.0 + panel.line_px, rows, columns, settings)


def _ticks(
    frame: Box, axes: tuple[float, float], slack: float, rows: list[Rule], columns: list[Rule], settings: AxesSettings
) -> Ticks:
    """Short strokes that begin or end within ``slack`` px of the axis lines (row ``axes[0]``, column ``axes[1]``)."""
    x = _tick_row(columns, axes[0], (frame.left, frame.right), (frame.top, frame.bottom), slack, settings)
    # Turned, the left side of the panel is its lower side, so one function serves both axes.
    turned = [replace(rule, start=-rule.end, end=-rule.start) for rule in rows]
    y = _tick_row(turned, -axes[1], (frame.top, frame.bottom), (-frame.right, -frame.left), slack, settings)
    return Ticks(x, y)


def _tick_row(
    rules: list[Rule],
    axis: float,
    along: tuple[float, float],
    across: tuple[float, float],
    slack: float,
    settings: AxesSettings,
) -> TickRow:
    """Candidates along an axis line at ``axis`` whose panel lies on the side of smaller coordinates."""
    extent, depth = along[1] - along[0], across[1] - across[0]
    near = [r for r in rules if along[0] - 0.05 * extent <= r.at <= along[1] + 0.05 * extent]
    short = [r for r in near if 0 < r.length <= settings.tick * depth]
    outside = [r for r in short if abs(r.start - axis) <= slack or r.start < axis - slack < axis + slack < r.end]
    inside = [r for r in short if abs(r.end - axis) <= slack and r not in outside]
    grid = [r for r in near if r.length >= settings.grid * depth and r.start < across[0] + 0.2 * depth]
    grid = [r for r in grid if r.start >= across[0] - 0.1 * depth and r.end <= across[1] + 0.1 * depth]
    outside, inside = _alike(outside), _alike(inside)
    widths = [r.width for r in outside or inside]
    return TickRow(_places(outside), _places(inside), _places(grid), along, float(np.median(widths)) if widths else 0.0)


def _alike(rules: list[Rule]) -> list[Rule]:
    """Strokes of which at least one other has the same ends and colour; ticks come in rows, symbols do not."""
    looks = [(round(r.start), round(r.end), r.color) for r in rules]
    return [rule for rule, look in zip(rules, looks, strict=True) if looks.count(look) > 1]


def _places(rules: list[Rule]) -> FloatArray:
    """Distinct positions in order; strokes within 0.05 px are one, drawn twice."""
    places = np.sort([rule.at for rule in rules])
    return places[np.concatenate([[True], np.diff(places) > 0.05])] if places.size else places
