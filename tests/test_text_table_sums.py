"""Arithmetic of tables: percentages beside counts."""

from __future__ import annotations

import pytest

from kmdigitize.geometry import Box
from kmdigitize.text.cells import Cell
from kmdigitize.text.table_sums import settled_by_shares


def _cells(counts: list[int], shares: list[float]) -> dict[int, Cell]:
    box = Box(0, 0, 9, 9)
    return {i: Cell(n, s, True, box, 1.0) for i, (n, s) in enumerate(zip(counts, shares, strict=True))}


SHARES = [100.0, 94, 90, 84, 69, 60, 47]
COUNTS = [118, 111, 106, 99, 82, 71, 56]


@pytest.mark.parametrize(
    ("place", "read"),
    [(0, 18), (1, 11), (2, 206), (4, 182)],
)
def test_a_count_that_is_not_its_percentage_is_mended(place: int, read: int) -> None:
    counts = COUNTS.copy()
    counts[place] = read
    settled = settled_by_shares(_cells(counts, SHARES))
    assert {i: cell and cell.count for i, cell in settled.items()} == {place: COUNTS[place]}


def test_a_first_cell_of_which_digits_are_lost_follows_from_the_others() -> None:
    settled = settled_by_shares(_cells([18, *COUNTS[1:]], [0.0, *SHARES[1:]]))
    assert [cell and cell.count for cell in settled.values()] == [118]


def test_counts_that_are_their_percentages_stay() -> None:
    assert settled_by_shares(_cells(COUNTS, SHARES)) == {}


def test_of_several_counts_the_one_that_was_read_in_part_is_meant() -> None:
    counts, shares = [900, 812, 700, 603, 31], [100.0, 90, 78, 67, 50]
    assert settled_by_shares(_cells(counts, shares)) == {4: None}
    counts[4] = 5448
    (cell,) = settled_by_shares(_cells(counts, shares)).values()
    assert cell is not None
    assert cell.count == 448


def test_brackets_that_are_no_percentages_say_nothing() -> None:
    assert settled_by_shares(_cells([118, 80, 60, 40], [0, 3, 9, 20])) == {}
