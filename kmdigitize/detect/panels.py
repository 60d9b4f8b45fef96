"""Panels: the plotting regions of a figure, found from axis lines, filled areas and tick labels.

Every pair of a long column and a long row that meet near the lower left corner, every filled rectangle, and every
block of tick labels proposes a frame. A frame is judged by the printed numbers it explains: those directly left of it
and those directly below it; panels in one row or column of a grid share their labels. The best frames that do not
overlap win. Frames of legends and tables, the border of the picture and grid lines explain no numbers of their own.
Axes on the right or at the top of a panel are not looked for.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kmdigitize.detect.page import measure_page
from kmdigitize.detect.panels_blocks import filled_boxes, labelled_boxes
from kmdigitize.detect.panels_grid import Candidate, to_ends_of_grid, trimmed, with_shared_labels
from kmdigitize.detect.panels_labels import NumberSpot, is_table, labels_below, labels_beside, number_spots
from kmdigitize.detect.panels_lines import Line, find_lines
from kmdigitize.detect.panels_regions import with_regions
from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Figure, TextToken

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """Sizes as shares of the picture, distances in text heights.

    ``min_width``, ``min_height``: of a frame; twelve panels on a page are each 0.2 wide. ``corner``: how far detached
    axis lines may end from their corner, as a share of their lengths (base R: 0.04 of the range on both sides, plus
    the gap between axis and plot). ``enough``: numbers on one side from which more do not count. ``area_weight``:
    worth of filling the whole picture, in numbers. ``same_edge``: text heights between the edges of two panels of one
    row or column of a grid. ``border``: a frame larger than this share of the picture both ways is its border.
    """

    min_width: float = 0.09
    min_height: float = 0.09
    corner: float = 0.09
    enough: int = 5
    area_weight: float = 5.0
    same_edge: float = 0.6
    border: float = 0.955
    max_panels: int = 12


def find_panels(
    figure: Figure, tokens: Sequence[TextToken], settings: PanelSettings | None = None
) -> tuple[Panel, ...]:
    """Panels of the straightened ``figure`` from top left to bottom right, named "1", "2", …; empty if there are none.

    ``tokens`` are the printed texts; without any, only closed or large frames are taken.
    """
    settings = settings or PanelSettings()
    text_px = measure_page(figure).text_px
    numbers = number_spots(tokens)
    rows, columns = drawn = find_lines(figure.pixels, text_px)
    candidates = _from_lines(rows, columns, figure, settings)
    # Lines that meet another at a corner are explained; what follows is for figures that draw less.
    met = [line for one in candidates for line in (one.row, one.column)]
    rows, columns = [line for line in rows if line not in met], [line for line in columns if line not in met]
    candidates += _from_parallels(rows, columns, figure, settings)
    candidates += [Candidate(box, filled=True) for box in filled_boxes(figure.pixels, text_px)]
    candidates += [_on_lines(box, rows, columns, text_px) for box in labelled_boxes(numbers, text_px)]
    candidates = [_judged(candidate, numbers, text_px, settings) for candidate in candidates]
    near = settings.same_edge * text_px
    own = [one for one in candidates if one.row and one.column and min(one.below, one.beside) >= 2]
    if own:
        model = max(own, key=lambda one: _worth(one, figure, settings)).frame
        smaller = trimmed(candidates, model, *drawn, near)
        candidates += [_judged(candidate, numbers, text_px, settings) for candidate in smaller]
    candidates = with_shared_labels(candidates, near)
    chosen = [to_ends_of_grid(one, *drawn, near) for one in _choose(candidates, figure, settings)]
    log.debug("%d rows, %d columns, %d candidates, %d panels", len(rows), len(columns), len(candidates), len(chosen))
    panels = [_panel(candidate) for candidate in _in_reading_order(chosen)]
    return with_regions(panels, figure, tokens, text_px)


def _from_lines(rows: list[Line], columns: list[Line], figure: Figure, settings: PanelSettings) -> list[Candidate]:
    """Frames from every long row and column that meet near their lower left corner."""
    rows = [line for line in rows if line.length >= settings.min_width * figure.width]
    columns = [line for line in columns if line.length >= settings.min_height * figure.height]
    candidates: list[Candidate] = []
    for row in rows:
        for column in columns:
            near_x, near_y = settings.corner * row.length, settings.corner * column.length
            if abs(row.start - column.at) > near_x or abs(column.end - row.at) > near_y or column.start >= row.at:
                continue
            frame = Box(column.at, column.start, max(row.end, column.at + 1), row.at)
            if frame.width >= settings.border * figure.width and frame.height >= settings.border * figure.height:
                continue
            candidates.append(_closed(Candidate(frame, row, column), rows, columns))
    return candidates


def _from_parallels(rows: list[Line], columns: list[Line], figure: Figure, settings: PanelSettings) -> list[Candidate]:
    """Frames between two lines of one extent: renderers without anti-aliasing may lose the two thin ones across."""
    candidates: list[Candidate] = []
    for low in (line for line in rows if line.length >= settings.min_width * figure.width):
        for high in rows:
            if low.at - high.at >= settings.min_height * figure.height and _alike(low, high):
                frame = Box(low.start, high.at, low.end, low.at)
                candidates.append(Candidate(frame, row=low, closed_top=True))
    for left in (line for line in columns if line.length >= settings.min_height * figure.height):
        for right in columns:
            if right.at - left.at >= settings.min_width * figure.width and _alike(left, right):
                frame = Box(left.at, left.start, right.at, left.end)
                candidates.append(Candidate(frame, column=left, closed_right=True))
    return candidates


def _alike(one: Line, other: Line) -> bool:
    """Whether two parallel lines have the same ends and darkness."""
    near = max(2.0, 0.01 * one.length)
    same_ends = abs(one.start - other.start) <= near and abs(one.end - other.end) <= near
    return same_ends and 0.6 <= one.contrast / other.contrast <= 1.7


def _on_lines(box: Box, rows: list[Line], columns: list[Line], text_px: float) -> Candidate:
    """A box spanned by labels with its lower and left side moved onto the lines drawn between it and the labels."""
    slack = 1.5 * text_px
    row = next(
        (
            line
            for line in rows
            if abs(line.at - box.bottom) <= slack and line.start <= box.left + slack and line.end >= box.right - slack
        ),
        None,
    )
    column = next(
        (
            line
            for line in columns
            if abs(line.at - box.left) <= slack and line.start <= box.top + slack and line.end >= box.bottom - slack
        ),
        None,
    )
    left = column.at if column else min(row.start, box.left) if row else box.left
    top = min(column.start, box.top) if column else box.top
    right = max(row.end, box.right) if row else box.right
    return Candidate(Box(left, top, right, max(top + 1, row.at if row else box.bottom)), row, column)


def _closed(candidate: Candidate, rows: list[Line], columns: list[Line]) -> Candidate:
    """The candidate with its right and top frame lines, if drawn; the frame then ends on their centres."""
    frame = candidate.frame
    slack_x, slack_y = max(3.0, 0.02 * frame.width), max(3.0, 0.02 * frame.height)
    right = next(
        (
            line
            for line in columns
            if abs(line.at - frame.right) <= slack_x and _spans(line, frame.top, frame.bottom, slack_y)
        ),
        None,
    )
    top = next(
        (
            line
            for line in rows
            if abs(line.at - frame.top) <= slack_y and _spans(line, frame.left, frame.right, slack_x)
        ),
        None,
    )
    frame = Box(
        frame.left,
        top.at if top is not None else frame.top,
        right.at if right is not None else frame.right,
        frame.bottom,
    )
    return replace(candidate, frame=frame, closed_right=right is not None, closed_top=top is not None)


def _spans(line: Line, start: float, end: float, slack: float) -> bool:
    """Whether the line reaches from ``start`` to ``end``; ticks at its ends may make it a little longer."""
    return (
        abs(line.start - start) <= 3 * slack
        and abs(line.end - end) <= 3 * slack
        and line.start - start <= slack
        and end - line.end <= slack
    )


def _judged(candidate: Candidate, numbers: list[NumberSpot], text_px: float, settings: PanelSettings) -> Candidate:
    """The candidate with the printed numbers it explains; a table of numbers explains none."""
    if is_table(candidate.frame, numbers, text_px):
        return candidate
    below, gap_below = labels_below(candidate.frame, numbers, text_px)
    beside, gap_beside = labels_beside(candidate.frame, numbers, text_px)
    away = sum(max(0.0, gap) / text_px for gap in (gap_below, gap_beside) if gap < math.inf)
    return replace(candidate, below=min(settings.enough, below), beside=min(settings.enough, beside), away=away)


def _choose(candidates: list[Candidate], figure: Figure, settings: PanelSettings) -> list[Candidate]:
    """The best candidates that do not overlap; those without labels only if none has any."""
    labelled = [candidate for candidate in candidates if candidate.below >= 2 and candidate.beside >= 2]
    if not labelled:
        labelled = [one for one in candidates if one.below + one.beside >= 2]
    if not labelled:
        labelled = [one for one in candidates if one.row and (one.closed_right or one.closed_top)]
    chosen: list[Candidate] = []
    for one in sorted(labelled, key=lambda one: _worth(one, figure, settings), reverse=True):
        area = one.frame.width * one.frame.height
        if all(one.frame.overlap(other.frame) < 0.05 * area for other in chosen):
            chosen.append(one)
    return chosen[: settings.max_panels]


def _worth(one: Candidate, figure: Figure, settings: PanelSettings) -> float:
    """What speaks for a frame, in explained numbers: labels, nearness, size, and lines that stand out."""
    size = math.sqrt(one.frame.width * one.frame.height / (figure.width * figure.height))
    lines = 1.0 if one.filled else 0.0
    for line in (one.row, one.column):
        lines += 0.5 + min(1.0, line.contrast / 150) if line else 0.0
    closed = one.closed_right + one.closed_top  # by a drawn frame; pale lines may be those of a grid
    lines += 0.5 * closed * min(1.0, one.row.contrast / 150) if one.row else 0.0
    return one.below + one.beside - one.away + settings.area_weight * size + lines


def _in_reading_order(candidates: list[Candidate]) -> list[Candidate]:
    """Row by row; two panels are in one row if either's middle lies between the other's top and bottom."""
    rest = sorted(candidates, key=lambda one: one.frame.top)
    ordered: list[Candidate] = []
    while rest:
        first = rest[0].frame
        row = [one for one in rest if first.top <= one.frame.center_y <= first.bottom or one is rest[0]]
        ordered += sorted(row, key=lambda one: one.frame.left)
        rest = [one for one in rest if one not in row]
    return list(ordered)


def _panel(one: Candidate) -> Panel:
    row, column = one.row, one.column
    drawn = [line for line in (row, column) if line]
    return Panel(
        name="",
        frame=one.frame,
        region=one.frame,
        axis_x_y=row.at if row else one.frame.bottom,
        axis_y_x=column.at if column else one.frame.left,
        line_px=sum(line.width for line in drawn) / len(drawn) if drawn else 1.0,
        has_lines=bool(drawn),
        closed_right=one.closed_right,
        closed_top=one.closed_top,
    )
