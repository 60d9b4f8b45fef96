"""The second look at the doubtful cells of a number-at-risk table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from kmdigitize.geometry import Box
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.text.cells import Cell, parse_cell
from kmdigitize.text.table_columns import Column
from kmdigitize.text.table_lines import TableLine
from kmdigitize.text.table_sums import breaks_sum

SecondLook = Callable[[Sequence[Box]], list[Cell | None]]


@dataclass
class Checked:
    """Cells of one row by column after the second look, with doubts and second readings."""

    cells: dict[int, Cell]
    doubtful: set[int] = field(default_factory=set)
    alternatives: dict[int, int] = field(default_factory=dict)
    glued: set[int] = field(default_factory=set)


def second_look(figure: Figure, reread: Callable[[Figure, Sequence[Box], bool], tuple[TextToken, ...]]) -> SecondLook:
    """A function that reads boxes of ``figure`` again as cells (None where there is no count)."""

    def look(boxes: Sequence[Box]) -> list[Cell | None]:
        tokens = reread(figure, boxes, True)
        return [parse_cell(t) if t.text and t.confidence > 0.5 else None for t in tokens]

    return look


def checked_cells(
    cells: dict[int, Cell], columns: Sequence[Column], line: TableLine, second: SecondLook | None, sure: float
) -> Checked:
    """The row's cells after a second look at those that are missing, unsure or rising."""
    checked = Checked(dict(cells))
    if second is not None:
        _fill_gaps(checked, columns, line, second)
    suspects = {i for i, cell in checked.cells.items() if cell.confidence < sure} | _rising(checked.cells)
    suspects |= breaks_sum(checked.cells)
    if second is not None and suspects:
        order = sorted(suspects)
        readings = second([_whole_cell(checked.cells[i].box, columns[i]) for i in order])
        for index, reading in zip(order, readings, strict=True):
            _decide(checked, index, _off_label(reading, checked.cells[index], line), sure)
    else:
        checked.doubtful |= {i for i in suspects if checked.cells[i].confidence < sure}
    _take_neighbours_off(checked)
    return checked


def start_with(checked: Checked, n: int, column: Column, line: TableLine) -> None:
    """Number of patients ``n`` printed with the label in place of a first cell that is missing, unsure or too small.

    ``column`` is that of time zero.
    """
    first = checked.cells.get(0)
    following = [cell.count for index, cell in checked.cells.items() if index > 0]
    if first is not None and (
        first.count == n or (0 not in checked.doubtful and first.count >= max(following, default=0))
    ):
        return
    if n < max(following, default=0):
        return
    left, half = column.position - column.align * column.width, line.height / 2
    box = first.box if first else Box(left, line.middle - half, left + column.width, line.middle + half)
    checked.cells[0] = Cell(n, first.second if first else None, first.percent if first else False, box, 0.5)
    checked.doubtful.add(0)
    if first is not None:
        checked.alternatives[0] = first.count


def _take_neighbours_off(checked: Checked) -> None:
    """A rising count whose digits begin with those of the cell before it, which ends in no bracket, was printed against
    that cell."""
    order = sorted(checked.cells)
    for before, index in pairwise(order):
        first, cell = checked.cells[before], checked.cells[index]
        rest = str(cell.count).removeprefix(str(first.count)) if first.second is None else str(cell.count)
        if cell.count > first.count and rest != str(cell.count) and rest and int(rest) <= first.count:
            checked.cells[index] = replace(cell, count=int(rest))
            checked.doubtful.add(index)
            checked.alternatives[index] = cell.count


def _whole_cell(box: Box, column: Column) -> Box:
    """The place of a cell as wide as the widest of the table: the first reading may have missed a digit."""
    left = column.position - column.align * column.width
    return box.union(Box(left, box.top, left + column.width, box.bottom)).grown(1.0)


def _rising(cells: dict[int, Cell]) -> set[int]:
    """Columns on either side of a rise."""
    order = sorted(cells)
    pairs = [(a, b) for a, b in pairwise(order) if cells[b].count > cells[a].count]
    return {index for pair in pairs for index in pair}


def _fill_gaps(checked: Checked, columns: Sequence[Column], line: TableLine, second: SecondLook) -> None:
    """Read the places of missing cells; the first one may be glued to the label."""
    missing = [i for i in range(len(columns)) if i not in checked.cells]
    if not missing:
        return
    half = line.height / 2
    boxes = []
    for i in missing:
        column = columns[i]
        left = column.position - column.align * column.width - 2
        boxes.append(Box(left, line.middle - half, left + column.width + 4, line.middle + half))
    for index, box, reading in zip(missing, boxes, second(boxes), strict=True):
        if reading is None or reading.confidence < 0.8:
            continue
        if line.label_box is not None and line.label_box.overlap(box) > 0:
            checked.doubtful.add(index)
            checked.glued.add(index)
        checked.cells[index] = reading
    if 0 in missing and 0 not in checked.cells:
        glued = re.search(r"(\d+)\s*(?:\(\d+\))?$", line.text)
        if glued and line.label_box is not None and line.label_box.right > columns[0].position - columns[0].tolerance:
            box = Box(
                columns[0].position - columns[0].width / 2,
                line.label_box.top,
                line.label_box.right,
                line.label_box.bottom,
            )
            checked.cells[0] = Cell(int(glued.group(1)), None, False, box, 0.5)
            checked.doubtful.add(0)
            checked.glued.add(0)


def _off_label(reading: Cell | None, first: Cell, line: TableLine) -> Cell | None:
    """The second reading, none where a count that was cut off its label only gained a digit from the label's end."""
    cut = line.label_box is not None and abs(first.box.left - line.label_box.right) < 0.5 * line.height
    gained = reading is not None and reading.count != first.count and str(reading.count).endswith(str(first.count))
    return None if cut and gained else reading


def _decide(checked: Checked, index: int, reading: Cell | None, sure: float) -> None:
    """Which of two readings of a cell holds: the one that does not rise, else the surer one."""
    first = checked.cells[index]
    if reading is None:
        if first.confidence < sure:
            checked.doubtful.add(index)
        return
    if reading.count == first.count:
        return
    fits = [_fits(checked.cells, index, cell) for cell in (first, reading)]
    take = (
        reading
        if (fits[1] and not fits[0]) or (fits[0] == fits[1] and reading.confidence > first.confidence)
        else first
    )
    other = first if take is reading else reading
    checked.cells[index] = take
    checked.doubtful.add(index)
    checked.alternatives[index] = other.count


def _fits(cells: dict[int, Cell], index: int, cell: Cell) -> bool:
    """Whether neither the count nor its sum with the bracket rises to or from the neighbours."""
    near = [max((i for i in cells if i < index), default=index), min((i for i in cells if i > index), default=index)]
    tried = {**{i: cells[i] for i in near}, index: cell}
    return not _rising(tried) and not (breaks_sum({**cells, index: cell}) & {index})
