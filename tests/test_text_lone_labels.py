"""Labels of one sign: upright below each other, missed by the finder of lines, beside samples with marks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.figure import Figure
from kmdigitize.text.drawn_runs import _is_marked_dash
from kmdigitize.text.ink_lines import OcrSettings, bounds, corners, cut_line
from kmdigitize.text.letters import find_pieces, single_letters
from kmdigitize.text.lone_labels import missed_labels, upright_signs
from kmdigitize.text.ocr import read_tokens
from tests.test_text_ocr import _Counter

_SIGNS = [(100, 20), (100, 45), (100, 70)]


def _page(signs: list[tuple[int, int]], samples: bool = False) -> Pixels:
    """Digits 0, 1, … with their top left at ``signs``, 13 px high, on request with a line sample before each."""
    page = np.full((110, 160, 3), 255, np.uint8)
    for number, (left, top) in enumerate(signs):
        cv2.putText(page, str(number), (left, top + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1)
        if samples:
            page[top + 6 : top + 8, left - 40 : left - 10] = 0
    return page


def test_digits_below_each_other_stand_upright() -> None:
    page = _page(_SIGNS)
    found = upright_signs(page, corners(Box(97, 17, 114, 86)), OcrSettings())
    assert [round(bounds(region).top) for region in found] == pytest.approx([20, 45, 70], abs=2)
    ink = np.flatnonzero((page[:40, :, 0] < 128).any(axis=1))
    high = ink[-1] - ink[0]  # releases of OpenCV draw digits of different heights
    assert [round(bounds(region).height) for region in found] == pytest.approx([high] * 3, abs=1)


def test_text_on_end_is_no_column_of_signs() -> None:
    line = np.rot90(_page([(20, 20), (34, 20), (48, 20), (62, 20)])).copy()
    rows, columns = (np.flatnonzero((line[:, :, 0] < 128).any(axis=axis)) for axis in (1, 0))
    region = corners(Box(float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])))
    assert upright_signs(line, region, OcrSettings()) == []


def test_a_column_of_digits_taken_for_one_line_is_read_digit_by_digit() -> None:
    tokens = read_tokens(Figure("f", _page(_SIGNS)), _Counter((97, 17, 114, 86)))
    assert [token.angle for token in tokens] == [0.0, 0.0, 0.0]


def test_digits_with_samples_are_labels_that_were_missed() -> None:
    page = _page(_SIGNS, samples=True)
    letters = single_letters(find_pieces(page))
    found = missed_labels(page, letters, [])
    assert [round(box.top) for box in found] == pytest.approx([20, 45, 70], abs=2)
    assert missed_labels(page, letters, [Box(95, 15, 118, 90)]) == []


def test_digits_without_samples_and_one_alone_are_no_labels() -> None:
    bare, single = _page(_SIGNS), _page(_SIGNS[:1], samples=True)
    assert missed_labels(bare, single_letters(find_pieces(bare)), []) == []
    assert missed_labels(single, single_letters(find_pieces(single)), []) == []


def test_a_sample_whose_mark_is_higher_than_the_text_is_none_of_it() -> None:
    page = np.full((60, 160, 3), 255, np.uint8)
    for left in (20, 28, 36, 76, 84, 92):
        page[24:36, left : left + 2] = 0
    page[29:31, 50:64] = 0
    page[18:42, 56:58] = 0
    assert len(cut_line(page, corners(Box(15, 10, 100, 50)), OcrSettings())) == 2


def test_a_dash_with_a_mark_at_its_end_is_part_of_a_sample() -> None:
    page = np.full((60, 160, 3), 255, np.uint8)
    for left in (20, 28, 36, 76, 84, 92):
        page[24:36, left : left + 2] = 0
    page[29:31, 46:48] = page[29:31, 56:64] = page[24:36, 54:56] = 0
    assert len(cut_line(page, corners(Box(15, 20, 100, 40)), OcrSettings())) == 2


@pytest.mark.parametrize("line", ["solid", "dashed"])
def test_a_sample_with_a_cross_as_high_as_the_text_is_none_of_it(line: str) -> None:
    page = np.full((60, 160, 3), 255, np.uint8)
    for left in (20, 28, 36, 76, 84, 92):
        page[24:36, left : left + 2] = 0
    page[29:31, 43:71] = 0
    if line == "dashed":
        page[29:31, 47:50] = page[29:31, 62:65] = 255
    for step in range(12):
        page[24 + step, 50 + step : 52 + step] = page[35 - step, 50 + step : 52 + step] = 0
    assert len(cut_line(page, corners(Box(15, 20, 100, 40)), OcrSettings())) == 2


@pytest.mark.parametrize(("dash", "pieces"), [(3, 2), (1, 1)])
def test_a_ring_between_two_dashes_parts_words_and_one_between_points_does_not(dash: int, pieces: int) -> None:
    page = np.full((60, 160, 3), 255, np.uint8)
    for left in (20, 28, 36, 76, 84, 92):
        page[24:36, left : left + 2] = 0
    page[29:31, 47 : 47 + dash] = page[29:31, 68 - dash : 68] = 0
    cv2.circle(page, (57, 29), 5, (0, 0, 0), 1)
    assert len(cut_line(page, corners(Box(15, 20, 100, 40)), OcrSettings())) == pieces


def test_a_dash_that_touches_a_ring_is_part_of_a_sample() -> None:
    page = np.full((60, 160, 3), 255, np.uint8)
    for left in (20, 28, 36, 76, 84, 92):
        page[24:36, left : left + 2] = 0
    page[29:31, 46:52] = page[29:31, 65:68] = 0
    cv2.circle(page, (57, 29), 5, (0, 0, 0), 1)
    assert len(cut_line(page, corners(Box(15, 20, 100, 40)), OcrSettings())) == 2


def test_an_arm_at_the_top_of_a_stem_is_a_letter() -> None:
    page = np.full((60, 160, 3), 255, np.uint8)
    for left in (20, 28, 76, 84, 92):
        page[24:36, left : left + 2] = 0
    page[28:36, 36:38] = page[28:30, 36:42] = page[29:31, 46:54] = 0  # an r before a dash
    assert len(cut_line(page, corners(Box(15, 20, 100, 40)), OcrSettings())) == 2
    assert _is_marked_dash(np.pad((page[28:36, 36:42, 0] < 128), ((4, 0), (0, 0))), 12) is False


def test_of_signs_in_one_row_the_one_that_no_line_holds_is_missed() -> None:
    page = _page([(50, 20), (130, 20)], samples=True)
    letters = single_letters(find_pieces(page))
    second = max(letters.tolist())
    (found,) = missed_labels(page, letters, [Box(second[0] - 2, second[1] - 2, second[2] + 2, second[3] + 2)])
    assert found.left == pytest.approx(50, abs=2)
