"""Sums in a table of numbers at risk: who is not at risk any more has had the event or is censored.

Where a line for events and one for censored stand under the numbers at risk, the three add up to the same number in
every column; where the cells show one of them in brackets, counted from the start, the two never add up to more than
before. A reading that breaks the sum is a misreading, and with three lines the right one follows from the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from kmdigitize.text.cells import Cell


def breaks_sum(cells: Mapping[int, Cell]) -> set[int]:
    """Columns on either side of a sum of count and bracket that rises; empty unless brackets count from the start."""
    order = sorted(index for index, cell in cells.items() if cell.second is not None and not cell.percent)
    if len(order) < 3 or len(order) < len(cells) or not _from_the_start(cells, order):
        return set()
    pairs = [(a, b) for a, b in pairwise(order) if _sum(cells[b]) > _sum(cells[a])]
    return {index for pair in pairs for index in pair}


def settled_by_lines(
    cells: Mapping[int, Cell], events: Mapping[int, Cell] | None, censored: Mapping[int, Cell] | None
) -> dict[int, Cell]:
    """Cells that differ from what the lines of events and censored leave of the number that most columns add up to."""
    if events is None or censored is None:
        return {}
    columns = [index for index in cells if index in events and index in censored]
    gone = {index: events[index].count + censored[index].count for index in columns}
    if len(columns) < 3 or any(gone[b] < gone[a] for a, b in pairwise(sorted(columns))):
        return {}
    total, votes = Counter(cells[index].count + gone[index] for index in columns).most_common(1)[0]
    if votes < 3 or 2 * votes <= len(columns):
        return {}
    wrong = [i for i in columns if cells[i].count + gone[i] != total and total - gone[i] >= 0]
    return {index: replace(cells[index], count=total - gone[index]) for index in wrong}


def _from_the_start(cells: Mapping[int, Cell], order: list[int]) -> bool:
    seconds = [cells[index].second or 0.0 for index in order]
    rising = sum(b >= a for a, b in pairwise(seconds))
    return seconds[0] == 0 and rising >= len(seconds) - 2


def _sum(cell: Cell) -> float:
    return cell.count + (cell.second or 0.0)
