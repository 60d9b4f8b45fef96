"""Letters are told from the grain of photographs."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.figure import Figure
from kmdigitize.text import letters
from kmdigitize.text.collage import legible_parts
from kmdigitize.text.letters import (
    _median,
    blurred_pieces,
    find_pieces,
    missed_letters,
    once_a_picture,
    photographs,
    reversed_pieces,
)


def _page() -> Pixels:
    """A white page with a grainy photograph on its left, a filled plot on its right, and four letters under them."""
    page = np.full((400, 800, 3), 255, np.uint8)
    grain = np.random.default_rng(3).integers(0, 2, (50, 75, 1)) * 160 + np.linspace(0, 60, 75).astype(int)[:, None]
    page[40:240, 40:340] = np.repeat(np.repeat(grain, 4, axis=0), 4, axis=1).clip(0, 255)
    page[40:240, 440:740] = 235
    page[140:143, 460:720] = 0
    for left in (100, 120, 140, 160):
        page[300:312, left : left + 8] = 0
        page[302:310, left + 2 : left + 6] = 255
    return page


def test_a_photograph_is_one_and_a_plot_on_a_ground_is_none() -> None:
    (box,) = photographs(_page())
    assert max(abs(box.left - 40), abs(box.top - 40), abs(box.right - 340), abs(box.bottom - 240)) <= 8


def test_the_grain_of_a_photograph_holds_no_letters() -> None:
    assert find_pieces(_page())[:, 1].tolist() == [300.0] * 4


def test_letters_on_a_page_full_of_print_are_looked_at_smaller() -> None:
    def scale(rows: int, columns: int) -> float:
        page = np.full((rows * 40, columns * 40, 3), 255, np.uint8)
        for top in range(10, rows * 40, 40):
            for left in range(10, columns * 40, 40):
                page[top : top + 16, left : left + 12] = 0
                page[top + 2 : top + 14, left + 3 : left + 9] = 255
        return legible_parts(page)[1]

    assert scale(20, 20) == pytest.approx(10 / 16)
    assert scale(60, 60) == pytest.approx(8 / 16)


def test_a_small_bold_letter_is_a_piece_and_a_square_symbol_is_none() -> None:
    page = np.full((200, 300, 3), 255, np.uint8)
    page[20:35, 20:32] = 0
    for top in (23, 29):
        page[top : top + 3, 24:28] = 255
    page[20:32, 100:112] = 0
    assert find_pieces(page).tolist() == [[20.0, 20.0, 31.0, 34.0]]


def test_a_letter_like_that_of_another_panel_is_missed_where_no_line_holds_it() -> None:
    letters = np.array([[10, 10, 20, 24], [400, 11, 410, 25], [30, 10, 40, 24], [400, 60, 410, 74], [600, 10, 606, 18]])
    lines = [Box(8, 8, 22, 26)]
    (found,) = missed_letters(letters.astype(float), [Box(10, 10, 20, 24)], lines)
    assert (found.left, found.top) == (400, 11)
    assert missed_letters(letters.astype(float), [Box(10, 10, 20, 24)], [*lines, found.grown(2, 2)]) == []
    assert missed_letters(letters.astype(float), [], lines) == []


def test_what_is_found_on_a_picture_that_cannot_change_is_kept() -> None:
    found: list[Pixels] = []

    def find(pixels: Pixels) -> int:
        found.append(pixels)
        return len(found)

    known = once_a_picture(find)
    open_page, page = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)
    page.flags.writeable = False
    assert [known(open_page), known(open_page)] == [1, 2]  # it may have been drawn on
    assert [known(page), known(page)] == [3, 3]
    other = page.copy()
    other.flags.writeable = False
    assert [known(other), known(other)] == [4, 4]


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_the_median_of_colours_is_counted(count: int) -> None:
    colours = np.random.default_rng(count).integers(0, 256, (count, 3), dtype=np.uint8)
    assert np.array_equal(_median(colours), np.median(colours, axis=0))


def test_a_figure_is_searched_for_pieces_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []
    find = letters._dark_pieces
    monkeypatch.setattr(letters, "_dark_pieces", lambda grey: (searched.append(1), find(grey))[1])
    figure = Figure("f", np.full((300, 400, 3), 255, np.uint8))
    find_pieces(figure.pixels)
    find_pieces(figure.pixels)
    assert len(searched) == 1


def test_letters_that_ran_together_are_blurred_pieces() -> None:
    page = np.full((200, 300, 3), 255, np.uint8)
    page[100:111, 50:64] = 0
    page[102:106, 53:57] = 255
    assert not len(find_pieces(page))
    assert blurred_pieces(page).tolist() == [[50, 100, 63, 110]]
    page[100:111, 50:64] = 0  # a square symbol
    assert not len(blurred_pieces(page))


def test_letters_in_the_colour_of_the_paper_are_looked_for_beside_solid_ink_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = np.full((200, 300, 3), 255, np.uint8)
    page[100:140, 40:44] = 60
    asked: list[int] = []
    found = letters._dark_pieces
    monkeypatch.setattr(letters, "_dark_pieces", lambda grey: (asked.append(1), found(grey))[1])
    assert not len(reversed_pieces(page))
    assert not asked
    page[100:140, 40:60] = 60
    reversed_pieces(page)
    assert asked
