"""Columns of a number-at-risk table and the second look at its doubtful cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import Scales
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.text.cells import Cell, parse_cell
from kmdigitize.text.table_lines import TableLine
from kmdigitize.text.table_sums import breaks_sum

SecondLook = Callable[[Sequence[Box]], list[Cell | None]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its time, the px at which its cells stand, which edge of a cell stands there, half its width."""

    time: float
    position: float
    align: float
    tolerance: float
    width: float

    def distance(self, box: Box) -> float:
        """Distance in px of a cell from the column."""
        return box.left + self.align * box.width - self.position


@dataclass
class Checked:
    """Cells of one row by column after the second look, with doubts and second readings."""

    cells: dict[int, Cell]
    doubtful: set[int] = field(default_factory=set)
    alternatives: dict[int, int] = field(default_factory=dict)
    glued: set[int] = field(default_factory=set)


def find_columns(rows: Sequence[Sequence[Cell]], scales: Scales, height: float) -> list[Column]:
    """The columns of the table, each with its time.

    Cells may be centred on their ticks or begin or end there: the alignment with the least spread is taken.
    """
    cells = [cell for row in rows for cell in row]
    ticks = np.array(axis_ticks(scales))
    if len(cells) < 2:
        return []
    spacing = float(np.min(np.diff(ticks[:, 0]))) if len(ticks) > 1 else 4 * height
    best: list[Column] = []
    best_cost = np.inf
    for align in (0.5, 0.0, 1.0):
        places = np.array([c.box.left + align * c.box.width for c in cells])
        groups = _groups(places, min(0.45 * spacing, 2.5 * height) if align == 0.5 else 0.3 * spacing)
        off = [_nearest_tick(float(np.median(places[g])), ticks) for g in groups]
        cost = float(np.mean([abs(o[1]) if o else spacing for o in off])) + (0.0 if align == 0.5 else 0.15 * height)
        if cost < best_cost:
            width = float(np.max([c.box.width for c in cells]))
            best_cost = cost
            middles = np.array([float(np.median(places[g])) for g in groups])
            times = _times(middles, ticks, spacing, scales)
            best = [Column(t, float(m), align, 0.45 * spacing, width) for t, m in zip(times, middles, strict=True)]
    return best


def axis_ticks(scales: Scales) -> list[tuple[float, float]]:
    """Position (px) and value of the axis's labelled ticks and of those between them whose labels are left out.

    Plotting programs drop labels that would touch each other; the values of the others then lie on a lattice.
    """
    known = sorted((t.position, t.value) for t in scales.x_ticks if t.value is not None and t.inlier)
    if len(known) < 3:
        return known
    pairs = [(t.position, t.value) for t in scales.x_ticks if t.value is not None and not t.inlier]
    near = 0.1 * (known[1][0] - known[0][0])
    known = sorted([*known, *((at, value) for at, value in pairs if abs(scales.x.to_px(value) - at) < near)])
    values = np.array([value for _, value in known])
    step = float(np.min(np.diff(values)))
    places = (values - values[0]) / step if step > 0 else np.array([0.5])
    if np.any(np.abs(places - np.round(places)) > 1e-6):
        return known
    first = -int(np.floor(values[0] / step + 1e-6)) if values[0] > 0 else 0
    taken = {round(float(place)) for place in places}
    free = [i for i in range(first, round(float(places[-1])) + 2) if i not in taken]
    if len(free) <= 1:
        return known
    implied = [(float(scales.x.to_px(values[0] + i * step)), float(values[0] + i * step)) for i in free]
    return sorted([*known, *implied])


def with_expected(columns: Sequence[Column], scales: Scales) -> list[Column]:
    """The columns and those that are missing at the ticks where the pattern of the others goes on."""
    ticks = [(value, position) for position, value in axis_ticks(scales)]
    index = {value: i for i, (value, _) in enumerate(ticks)}
    places = [index[c.time] for c in columns if c.time in index]
    steps = np.diff(places)
    if len(places) != len(columns) or len(columns) < 2 or np.any(steps != steps[0]) or steps[0] < 1:
        return list(columns)
    model = columns[0]
    wanted = range(places[0] % int(steps[0]), len(ticks), int(steps[0]))
    added = [
        Column(ticks[i][0], ticks[i][1], model.align, model.tolerance, model.width) for i in wanted if i not in places
    ]
    return sorted([*columns, *added], key=lambda column: column.position)


def _groups(places: FloatArray, gap: float) -> list[FloatArray]:
    order = np.argsort(places)
    breaks = np.flatnonzero(np.diff(places[order]) > gap) + 1
    return list(np.split(order, breaks))


def _nearest_tick(place: float, ticks: FloatArray) -> tuple[float, float] | None:
    """Value of the nearest tick and its distance in px."""
    if not len(ticks):
        return None
    index = int(np.argmin(np.abs(ticks[:, 0] - place)))
    return float(ticks[index, 1]), float(ticks[index, 0] - place)


def _times(places: FloatArray, ticks: FloatArray, spacing: float, scales: Scales) -> FloatArray:
    """Time of each column: that of its tick, or, where columns do not stand at ticks, of their own lattice."""
    near = [_nearest_tick(float(place), ticks) for place in places]
    known = np.array([n for n in near if n is not None]).reshape(-1, 2)
    off = np.abs(known[:, 1]) / spacing
    at_ticks = len(known) == len(near) and np.all(off[1:-1] <= 0.2)
    inward = (
        len(near) > 3 and bool(np.all(off <= 0.5)) and len(set(known[:, 0])) == len(near)
    )  # kept from being cut off
    if at_ticks and (inward or np.all(off <= 0.2)):
        return known[:, 0]
    raw = scales.x.to_value(places)
    digits = int(np.floor(np.log10(max(1e-9, 4 * scales.x.pixel_size))))
    step = float(np.median(np.diff(raw))) if len(raw) > 1 else 0.0
    nice = float(f"{step:.2g}")
    lattice = np.round(raw / nice) * nice if nice > 0 else raw
    if len(raw) > 2 and np.all(np.abs(lattice - raw) < 0.06 * nice):
        return np.asarray(np.maximum(0.0, lattice), np.float64)
    snapped = [
        n[0] if n is not None and abs(n[1]) <= 0.35 * spacing else round(float(r), -digits)
        for n, r in zip(near, raw, strict=True)
    ]
    return np.asarray(np.maximum(0.0, np.array(snapped)), np.float64)


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
