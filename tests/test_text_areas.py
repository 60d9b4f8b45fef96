"""Rectangles around letters, and how they are packed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kmdigitize.text.areas import areas_of, packed
from kmdigitize.text.collage import collage_of

Whole = NDArray[np.int64]


def overlap(boxes: Whole) -> bool:
    """Whether any two of (n, 4), right and bottom inside, share a pixel."""
    return any(np.all(np.minimum(a[2:], b[2:]) >= np.maximum(a[:2], b[:2])) for a, b in combinations(boxes, 2))


def word(left: float, top: float, letters: int = 3) -> list[tuple[float, float, float, float]]:
    return [(left + 10 * i, top, left + 10 * i + 7, top + 9) for i in range(letters)]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 700)), min_size=1, max_size=40))
def test_every_letter_is_in_one_rectangle(places: list[tuple[int, int]]) -> None:
    letters = np.array([(x, y, x + 6, y + 9) for x, y in places], np.float64)
    areas = areas_of(letters, 10.0, 20)
    assert not overlap(areas)
    for letter in letters:
        assert sum(np.all(letter[:2] >= area[:2]) and np.all(letter[2:] <= area[2:]) for area in areas) == 1


def test_an_empty_corner_between_labels_is_left_out() -> None:
    """Labels of two axes form an L: no empty row or column parts them from each other, yet two rectangles do."""
    down = [box for y in range(0, 400, 35) for box in word(0, y)]
    along = [box for x in range(0, 600, 45) for box in word(x, 410)]
    areas = areas_of(np.array([*down, *along], np.float64), 10.0, 20)
    paper = np.prod(areas[:, 2:] - areas[:, :2] + 41, axis=1).sum()
    assert len(areas) == 2
    assert paper < 0.3 * 660 * 460


def test_cells_of_a_table_hold_one_between_them_that_is_no_piece() -> None:
    cells = [box for x in (0, 60, 120) for y in (0, 25, 50) if (x, y) != (60, 25) for box in word(x, y)]
    (area,) = areas_of(np.array(cells, np.float64), 10.0, 20)
    assert area.tolist() == [0, 0, 147, 59]


def test_a_page_full_of_scattered_print_has_no_parts() -> None:
    letters = np.array([(x, y, x + 6, y + 9) for x in range(0, 2000, 60) for y in range(0, 2000, 60)], np.float64)
    assert len(areas_of(letters, 10.0, 20)) == 0
    page = np.full((2010, 2010, 3), 255, np.uint8)
    assert collage_of(page, letters, 10.0).pixels.shape == (2050, 2050, 3)


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 200)), min_size=1, max_size=40))
def test_packed_rectangles_lie_on_the_page_without_overlap(sizes: list[tuple[int, int]]) -> None:
    wanted = np.array(sizes, np.int64)
    corners, page = packed(wanted, 4)
    assert np.all(corners >= 0)
    assert tuple((corners + wanted).max(axis=0)) == page
    assert not overlap(np.hstack([corners, corners + wanted - 1]))


def test_equal_rectangles_leave_little_paper_blank() -> None:
    sizes = np.full((36, 2), (60, 40), np.int64)
    _, (width, height) = packed(sizes, 4)
    assert width * height <= 1.1 * 36 * 60 * 40
