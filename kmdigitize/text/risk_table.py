"""The number-at-risk table of a panel: which arm had how many patients at risk at which time.

Lines of counts under the axis (or inside the frame below a survival of zero) are rows; their cells form columns, and
columns stand at ticks, whose values are the times. Lines without counts are headings, or name the arm of the lines
below them. Cells that are missing, read with doubt or rise from one time to the next are read again from their own
ink; what stays in doubt is flagged with both readings.

Assumes that the columns follow the panel's x axis. Cannot read a count that is overprinted by its label.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import Box, IntArray
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.figure import Figure, Reread, Rgb, TextToken
from kmdigitize.records.printed import RiskRow, RiskTable
from kmdigitize.text.cells import Cell
from kmdigitize.text.counts import split_counts
from kmdigitize.text.ink import text_color, text_height
from kmdigitize.text.samples import find_sample
from kmdigitize.text.table_cells import Checked, checked_cells, second_look, start_with
from kmdigitize.text.table_columns import Column, find_columns, in_order_only, with_expected
from kmdigitize.text.table_edges import without_cut_cells
from kmdigitize.text.table_lines import TableLine, table_lines
from kmdigitize.text.table_sums import settled_by_lines, settled_by_shares

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RiskTableSettings:
    """Tuning of the table."""

    sure: float = 0.9
    """Cells read with less confidence are read a second time."""
    few_columns: int = 2
    """A table has at least this many columns."""


@dataclass
class _Arm:
    """The printed lines of one arm while they are collected."""

    line: TableLine
    cells: dict[int, Cell]
    label: str
    events: dict[int, Cell] | None = None
    censored: dict[int, Cell] | None = None


def read_risk_table(
    figure: Figure,
    panel: Panel,
    scales: Scales,
    tokens: Sequence[TextToken],
    reread: Reread | None = None,
    settings: RiskTableSettings | None = None,
) -> RiskTable | None:
    """The table of numbers at risk of ``panel``, None if it has none.

    ``reread`` reads boxes of the figure again (as :func:`kmdigitize.text.ocr.reread`); without it doubts are only
    flagged. Times in the unit of the axis.
    """
    settings = settings or RiskTableSettings()
    mine = [t for t in tokens if t.angle == 0 and panel.region.contains(t.box.center_x, t.box.center_y)]
    height = text_height(mine)
    lines, title = table_lines(mine, panel, scales, height)
    columns = find_columns([line.cells for line in lines if line.kind], scales, height)
    if len(columns) < settings.few_columns:
        return None
    lines = _in_columns(lines, columns)
    columns = find_columns([line.cells for line in lines if line.kind], scales, height)
    if len(columns) < settings.few_columns:
        return None
    columns = with_expected(columns, scales)
    second = second_look(figure, reread) if reread else None
    arms = _arms(lines, columns, title)
    rows, flags = [], []
    for arm in arms:
        row, doubts = _row(figure, arm, columns, second, settings, title)
        if row is not None:
            rows.append(row)
            flags += doubts
    if not rows:
        return None
    if in_order_only(columns, scales):
        flags.append(Flag("risk_table_doubtful", "the columns stand off the ticks and are taken in their order"))
    rows, cut = without_cut_cells(_without_stubs(rows), scales)
    box = rows[0].boxes[0]
    for row in rows:
        for other in row.boxes:
            box = box.union(other)
    log.debug("risk table of panel %s: %s", panel.name, [(r.label, r.counts.tolist()) for r in rows])
    return RiskTable(tuple(rows), box, title, (*flags, *cut))


def _without_stubs(rows: Sequence[RiskRow]) -> list[RiskRow]:
    """Rows whose labels end in no tick of an axis beside them; a minus stays where another label has the plus."""
    bare = [re.sub(r"\s*[-–—_|]+$", "", row.label) for row in rows]
    stems = [re.sub(r"[\s+–—_|-]+$", "", row.label) for row in rows]
    return [
        row if stems.count(stem) > 1 or not name else replace(row, label=name)
        for row, name, stem in zip(rows, bare, stems, strict=True)
    ]


def _in_columns(lines: Sequence[TableLine], columns: Sequence[Column]) -> list[TableLine]:
    """Lines whose cells share their columns with other lines; numbers of a legend below the table do not."""
    members = [_by_column(line.cells, columns) for line in lines]
    used = [sum(index in found for found in members) for index in range(len(columns))]
    longest = max((len(found) for found in members), default=0)
    return [
        line
        for line, found in zip(lines, members, strict=True)
        if len(found) == longest or sum(used[index] > 1 for index in found) >= 0.6 * max(1, len(found))
    ]


def _arms(lines: Sequence[TableLine], columns: Sequence[Column], title: str) -> list[_Arm]:
    """Lines of counts put together by arm: at risk first, then its events and censored lines."""
    arms: list[_Arm] = []
    for line in lines:
        if not line.kind:
            continue
        cells = _by_column(line.cells, columns)
        if line.kind == "at risk":
            arms.append(_Arm(line, cells, line.arm))
            continue
        owner = next((arm for arm in reversed(arms) if arm.label == line.arm), None)
        if owner is None and not line.arm and arms:
            owner = arms[-1]
        if owner is not None and line.kind == "events":
            owner.events = owner.events or cells
        elif owner is not None:
            owner.censored = owner.censored or cells
    return arms


def _by_column(cells: Sequence[Cell], columns: Sequence[Column]) -> dict[int, Cell]:
    """Cells by the index of the column they stand in."""
    found: dict[int, Cell] = {}
    for cell in cells:
        distance = [abs(column.distance(cell.box)) for column in columns]
        best = int(np.argmin(distance))
        if distance[best] <= columns[best].tolerance and best not in found:
            found[best] = cell
    return found


def _row(
    figure: Figure,
    arm: _Arm,
    columns: Sequence[Column],
    second: Callable[[Sequence[Box]], list[Cell | None]] | None,
    settings: RiskTableSettings,
    title: str,
) -> tuple[RiskRow | None, list[Flag]]:
    checked = checked_cells(arm.cells, columns, arm.line, second, settings.sure)
    name = re.sub(r"\s*\d+\s*(?:\(\d+\))?$", "", arm.label) if 0 in checked.glued else arm.label
    name, n, _ = split_counts(name)
    if n is not None and columns[0].time <= 0:
        start_with(checked, n, columns[0], arm.line)
    hidden = 0 in checked.glued and 0 in checked.cells and checked.cells[0].count < _largest_after(checked.cells)
    if hidden:  # only some of its digits can be seen beside the label
        del checked.cells[0]
    _check_sums(checked, arm)
    if not checked.cells:
        return None, []
    order = sorted(checked.cells)
    cells = [checked.cells[i] for i in order]
    place = {column: index for index, column in enumerate(order)}
    doubtful = tuple(sorted(place[c] for c in checked.doubtful if c in place))
    others = tuple((place[c], value) for c, value in sorted(checked.alternatives.items()) if c in place)
    events, censored = _seconds(arm, order, cells, title)
    box = arm.line.label_box
    row = RiskRow(
        name,
        np.array([columns[i].time for i in order]),
        np.array([cell.count for cell in cells]),
        events,
        censored,
        _row_color(figure, box, cells[0].box, arm.line.height),
        box,
        tuple(cell.box for cell in cells),
        doubtful,
        others,
    )
    return row, [*_flags(row, doubtful, others), *_hidden(arm, columns[0], 0 in checked.cells, hidden)]


def _check_sums(checked: Checked, arm: _Arm) -> None:
    """Doubts where the lines of one arm do not add up; the count gives way if it is the least surely read of them."""
    for index, cell in settled_by_lines(checked.cells, arm.events, arm.censored).items():
        read, lines = checked.cells[index], (arm.events, arm.censored)
        surer = all(line[index].confidence > read.confidence for line in lines if line is not None)
        checked.cells[index] = cell if surer else read
        checked.alternatives[index] = (read if surer else cell).count
        checked.doubtful.add(index)
    for index, mended in settled_by_shares(checked.cells).items():
        checked.doubtful.add(index)
        if mended is not None:
            checked.alternatives[index] = checked.cells[index].count
            checked.cells[index] = mended


def _row_color(figure: Figure, label: Box | None, first: Box, height: float) -> Rgb:
    """Colour of the row: that of its label, or of a line sample in its place, or of its counts."""
    if label is None:
        sample = find_sample(figure.pixels, first, height, (0.0, float(figure.width)))
        return sample.color if sample else text_color(figure.pixels, first)
    return text_color(figure.pixels, label)


def _largest_after(cells: dict[int, Cell]) -> int:
    return max((cell.count for index, cell in cells.items() if index > 0), default=0)


def _hidden(arm: _Arm, first: Column, seen: bool, sure: bool) -> list[Flag]:
    """A doubt where the label covers the place of the first count (``sure``: it was seen to)."""
    box = arm.line.label_box
    if seen or not (sure or (box is not None and box.right >= first.position - first.width / 2)):
        return []
    return [Flag("risk_table_doubtful", f"{arm.label} at {first.time:g}: hidden under its label")]


def _flags(row: RiskRow, doubtful: tuple[int, ...], others: tuple[tuple[int, int], ...]) -> list[Flag]:
    flags = []
    second = dict(others)
    for index in doubtful:
        reading = f"{row.counts[index]} or {second[index]}" if index in second else f"{row.counts[index]}"
        flags.append(Flag("risk_table_doubtful", f"{row.label or 'row'} at {row.times[index]:g}: {reading}"))
    rises = [i for i in np.flatnonzero(np.diff(row.counts) > 0) if i not in doubtful and i + 1 not in doubtful]
    if rises:
        flags.append(Flag("risk_table_rises", f"{row.label or 'row'} from {row.times[rises[0]]:g}"))
    return flags


def _seconds(arm: _Arm, order: list[int], cells: Sequence[Cell], title: str) -> tuple[IntArray | None, IntArray | None]:
    """Events and censored, from lines of their own or from the brackets in the cells."""
    events = _counts(arm.events, order)
    censored = _counts(arm.censored, order)
    bracket = [None if cell.second is None or cell.percent else int(cell.second) for cell in cells]
    if all(value is not None for value in bracket):
        words = title.lower()
        if "censor" in words and censored is None:
            censored = np.array(bracket, np.int64)
        elif ("event" in words or "death" in words) and events is None:
            events = np.array(bracket, np.int64)
    return events, censored


def _counts(cells: dict[int, Cell] | None, order: list[int]) -> IntArray | None:
    if cells is None or any(index not in cells for index in order):
        return None
    return np.array([cells[index].count for index in order], np.int64)
