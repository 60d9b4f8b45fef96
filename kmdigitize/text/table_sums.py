"""Sums in a table of numbers at risk: who is not at risk any more has had the event or is censored.

Where a line for events and one for censored stand under the numbers at risk, the three add up to the same number in
every column; where the cells show one of them in brackets, counted from the start, the two never add up to more than
before. A reading that breaks the sum is a misreading, and with three lines the right one follows from the others.
Where the brackets hold percentages of the first count, every count lies in a narrow range that most of them agree on.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from kmdigitize.text.cells import Cell

_ROUNDED = 0.51
"""Percentages are printed to whole numbers."""
_TELLING = 20.0
"""Smaller percentages leave too wide a range for the first count."""


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


def settled_by_shares(cells: Mapping[int, Cell]) -> dict[int, Cell | None]:
    """Cells whose count is not the percentage in its bracket of the first count, with the only count that is.

    Of several that are, the one that ends or begins as the one that was read counts; None where that leaves no one.
    """
    order = sorted(cells)
    shares = {i: share for i in order if (share := cells[i].second) is not None}
    falling = all(shares.get(b, 101.0) <= shares.get(a, 101.0) for a, b in pairwise(order[1:]))
    if len(order) < 3 or len(shares) < len(order) or not falling or max(shares.values()) > 100.0:
        return {}
    begins = shares[order[0]] == 100.0
    whole = _whole_of({cells[i]: shares[i] for i in order}, 3 if begins else 4)
    shares[order[0]] = 100.0
    if whole is None:
        return {}
    settled: dict[int, Cell | None] = {}
    for i in order:
        low, high = whole * (shares[i] - _ROUNDED) / 100, whole * (shares[i] + _ROUNDED) / 100
        if low <= cells[i].count <= high:
            continue
        fitting = range(math.ceil(low), min(whole, math.floor(high)) + 1)
        read = str(cells[i].count)
        alike = [n for n in fitting if str(n).endswith(read) or str(n).startswith(read) or read.endswith(str(n))]
        if shares[i] == 100.0:
            alike = [whole]
        sure = alike if len(alike) == 1 else list(fitting)
        settled[i] = replace(cells[i], count=sure[0]) if len(sure) == 1 else None
    return settled


def _whole_of(shares: Mapping[Cell, float], least: int) -> int | None:
    """The first count that ``least`` cells and most of them agree on, None if there is no one such count."""
    ends = [
        (100 * cell.count / (share + _ROUNDED), 100 * cell.count / max(share - _ROUNDED, 0.1))
        for cell, share in shares.items()
        if share >= _TELLING and cell.count > 0
    ]
    tried = {math.ceil(low) for low, _ in ends} | {cell.count for cell, share in shares.items() if share == 100.0}
    votes = {whole: sum(low <= whole <= high for low, high in ends) for whole in tried}
    most = max(votes.values(), default=0)
    best = [whole for whole, count in votes.items() if count == most]
    first = [cell.count for cell, share in shares.items() if share == 100.0]
    named = [whole for whole in best if whole in first]
    if most < least or 2 * most <= len(ends) or (len(best) > 1 and len(named) != 1):
        return None
    return named[0] if named else best[0]


def _from_the_start(cells: Mapping[int, Cell], order: list[int]) -> bool:
    seconds = [cells[index].second or 0.0 for index in order]
    rising = sum(b >= a for a, b in pairwise(seconds))
    return seconds[0] == 0 and rising >= len(seconds) - 2


def _sum(cell: Cell) -> float:
    return cell.count + (cell.second or 0.0)
