"""The door to character recognition, with readers that need no model."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kmdigitize.geometry import Box, FloatArray, Pixels
from kmdigitize.records.figure import Figure
from kmdigitize.text.collage import collage_of
from kmdigitize.text.drawn_runs import _is_thin, _median, drawn_runs
from kmdigitize.text.ink_lines import OcrSettings, corners, ink_of
from kmdigitize.text.letters import find_pieces, letter_height, missed_pieces, reversed_pieces, single_letters
from kmdigitize.text.ocr import read_tokens, reread
from kmdigitize.text.reader import ModelReader, Recorder, Replay, Reply, crop_region


class _Counter:
    """Finds the given lines and reads every region as its number of separate strokes."""

    def __init__(self, *lines: tuple[float, float, float, float]) -> None:
        self.lines = np.array([[[a, b], [c, b], [c, d], [a, d]] for a, b, c, d in lines], np.float64).reshape(-1, 4, 2)

    def find_lines(self, pixels: Pixels) -> FloatArray:
        return self.lines

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        dark = [np.concatenate([[0], (crop_region(pixels, r) < 128).any(axis=(0, 2))]) for r in regions]
        return [(str(int(np.sum(np.diff(d.astype(int)) == 1))), 0.99) for d in dark]


def _strokes(*columns: int) -> Figure:
    page = np.full((40, 120, 3), 255, np.uint8)
    for column in columns:
        page[12:24, column : column + 2] = 0
    return Figure("f", page)


def test_wide_gaps_separate_tokens_and_boxes_fit_the_ink() -> None:
    tokens = read_tokens(_strokes(10, 15, 60, 65, 70), _Counter((5, 8, 80, 28)))
    assert [(t.text, t.box.left, t.box.right) for t in tokens] == [("2", 10, 16), ("3", 60, 71)]
    assert {(t.box.top, t.box.bottom) for t in tokens} == {(12, 23)}


def test_a_line_sample_is_no_text() -> None:
    figure = _strokes(50, 55, 60)
    page = figure.pixels.copy()
    page[17:19, 15:40] = 0
    (token,) = read_tokens(Figure("f", page), _Counter((10, 8, 66, 28)))
    assert (token.text, token.box.left) == ("3", 50)


def test_a_plus_between_two_words_is_no_sample() -> None:
    page = _strokes(20, 26, 60, 66).pixels.copy()
    page[17:19, 40:48] = page[14:22, 43:45] = 0
    (token,) = read_tokens(Figure("f", page), _Counter((16, 8, 72, 28)))
    assert token.text == "5"


def test_a_sample_with_a_mark_between_two_words_is_no_plus() -> None:
    page = _strokes(20, 26, 60, 66).pixels.copy()
    page[17:19, 35:52] = page[11:26, 43:45] = 0
    tokens = read_tokens(Figure("f", page), _Counter((16, 8, 72, 28)))
    assert [token.text for token in tokens] == ["2", "2"]


def test_a_sample_nearly_half_as_thick_as_the_letters_parts_two_words() -> None:
    page = _strokes(20, 26, 66, 72).pixels.copy()
    page[15:20, 35:44] = page[15:20, 51:55] = 0
    tokens = read_tokens(Figure("f", page), _Counter((16, 8, 78, 28)))
    assert [token.text for token in tokens] == ["2", "2"]


def test_a_sample_that_is_seen_in_part_is_one_and_letters_in_the_middle_rows_are_none() -> None:
    body = np.zeros((20, 90), bool)
    body[2:18, 0:12] = body[2:18, 60:72] = True
    body[8, 24:50] = body[11, 24:50:2] = body[8:11, 22] = body[2, 40] = True  # an outline, a crumb, a mark's tip
    runs = [(0, 11), (22, 22), (24, 49), (60, 71)]
    assert drawn_runs(body, runs) == [False, True, True, False]
    body[2:18:2, 24:50] = True
    assert drawn_runs(body, runs) == [False] * 4


def test_slanted_strokes_of_a_letter_are_no_sample() -> None:
    page = np.zeros((40, 40), np.uint8)
    cv2.putText(page, "w", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 1)
    rows, columns = (np.flatnonzero((page > 127).any(axis=axis)) for axis in (1, 0))
    letter = page[rows[0] : rows[-1] + 4, columns[0] : columns[-1] + 1] > 127  # beside a letter that hangs lower
    assert not _is_thin(letter)
    line = np.zeros_like(letter)
    line[4:10] = True
    assert _is_thin(line)


class _Says(_Counter):
    """Reads the same text everywhere."""

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        return [("NTRK⁺中", 0.99)] * len(regions)


def test_raised_signs_are_plain_and_foreign_letters_are_none() -> None:
    (token,) = read_tokens(_strokes(10, 15, 20), _Says((5, 8, 30, 28)))
    assert token.text == "NTRK+"


def test_vertical_text_is_turned() -> None:
    figure = Figure("f", np.rot90(_strokes(10, 15, 20, 26, 32).pixels).copy())
    tokens = read_tokens(figure, _Counter((8, 80, 28, 115)))
    assert [(t.text, t.angle) for t in tokens] == [("5", 90.0)]


@pytest.mark.parametrize("turned", [True, False])
def test_a_short_number_alone_on_end_is_turned(turned: bool) -> None:
    page = np.full((60, 100, 3), 255, np.uint8)
    for left in (40, 54) if turned else (40,):
        page[20:32, left : left + 10] = 0
        page[23:29, left + 3 : left + 7] = 255
    page = np.rot90(page).copy() if turned else page
    box = (14, 33, 38, 63) if turned else (34, 14, 56, 39)
    tokens = read_tokens(Figure("f", page), _Longer(box))
    assert [t.angle for t in tokens] == [90.0 if turned else 0.0]


class _Longer(_Counter):
    """Reads a digit for each time that a region is as long as it is high."""

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        sides = [(np.linalg.norm(r[1] - r[0]), np.linalg.norm(r[3] - r[0])) for r in regions]
        return [("8" * max(1, round(float(long / high))), 0.99) for long, high in sides]


class _Names(_Counter):
    """Reads long regions as a title and short ones as a letter, whichever way they are turned."""

    def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
        long = [np.linalg.norm(r[0] - r[1]) > 50 or np.linalg.norm(r[1] - r[2]) > 50 for r in regions]
        return [("Survival" if one else "B", 0.99) for one in long]


@pytest.mark.parametrize(("top", "angle"), [(10, 0.0), (68, 90.0)])
def test_a_letter_far_from_a_title_on_end_stands_upright(top: int, angle: float) -> None:
    page = np.full((200, 120, 3), 255, np.uint8)
    page[100:180:8, 10:22] = 0
    cv2.putText(page, "B", (10, top + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.75, (0, 0, 0), 1)
    tokens = read_tokens(Figure("f", page), _Names((8, 98, 24, 176), (8, top - 2, 24, top + 20)))
    assert {t.text: t.angle for t in tokens} == {"Survival": 90.0, "B": angle}


def test_reread_of_a_blank_box_is_empty() -> None:
    first, second = reread(_strokes(10, 15), [Box(5, 8, 25, 28), Box(60, 8, 90, 28)], True, _Counter())
    assert (first.text, second.text, second.confidence) == ("2", "", 0.0)


def test_recorded_replies_come_back(tmp_path: Path) -> None:
    figure = _strokes(10, 15, 60)
    recorder = Recorder(_Counter((5, 8, 80, 28)))
    tokens = read_tokens(figure, recorder)
    recorder.save(tmp_path / "replies.json")
    assert read_tokens(figure, Replay(tmp_path / "replies.json")) == tokens


def test_models_read_a_drawn_number() -> None:
    page = np.full((60, 200, 3), 255, np.uint8)
    cv2.putText(page, "0.75", (60, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2, cv2.LINE_AA)
    (token,) = read_tokens(Figure("f", page), ModelReader(1))
    assert token.text == "0.75"
    assert token.box.left == pytest.approx(60, abs=3)


def test_a_missed_digit_in_the_row_of_others_is_found() -> None:
    letters = np.array([[x, y, x + 5, y + 9] for x in range(20, 160, 20) for y in (10, 30)], np.float64)
    lines = [Box(x - 2, y - 2, x + 7, y + 11) for x, y, _, _ in letters[:-1]]
    assert missed_pieces(letters, lines) == [Box(140, 30, 145, 39)]
    assert missed_pieces(letters, [*lines, Box(138, 28, 147, 41)]) == []


def test_letter_height_needs_letters() -> None:
    page = np.full((200, 300, 3), 255, np.uint8)
    assert letter_height(single_letters(find_pieces(page))) is None
    for i in range(20):
        cv2.putText(page, "8", (10 + 14 * i, 100), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1)
    assert letter_height(single_letters(find_pieces(page))) == pytest.approx(11, abs=2)


def test_words_read_on_end_are_not_read_upside_down() -> None:
    asked: list[float] = []

    class _Reads(_Counter):
        def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
            asked.append(len(regions))
            return [("Survival", 0.99)] * len(regions)

    figure = Figure("f", np.rot90(_strokes(10, 15, 20, 26, 32).pixels).copy())
    assert [t.angle for t in read_tokens(figure, _Reads((8, 80, 28, 115)))] == [90.0]
    assert sum(asked) == 1


def test_lines_of_a_collage_return_to_their_places() -> None:
    page = np.full((300, 400, 3), 255, np.uint8)
    places = [(20, 30, 27, 39), (300, 30, 307, 39), (150, 250, 157, 259)]
    for left, top, right, bottom in places:
        page[top : bottom + 1, left : right + 1] = 0
    collage = collage_of(page, np.array(places, np.float64), 10.0)
    assert collage.pixels.size < 0.3 * page.size
    dark_rows, dark_columns = np.nonzero(collage.pixels[:, :, 0] == 0)
    labels = cv2.connectedComponentsWithStats((collage.pixels[:, :, 0] == 0).astype(np.uint8))[2][1:, :4]
    assert len(dark_rows) == len(dark_columns) == 3 * 80
    lines = np.array([[[x, y], [x + w - 1, y], [x + w - 1, y + h - 1], [x, y + h - 1]] for x, y, w, h in labels], float)
    found = {tuple(map(int, (*line[0], *line[2]))) for line in collage.to_figure(lines)}
    assert found == set(places)


def test_a_line_across_two_areas_becomes_one_in_each() -> None:
    page = np.full((300, 400, 3), 255, np.uint8)
    places = np.array([[20, 30, 27, 39], [300, 30, 307, 39]], np.float64)
    collage = collage_of(page, places, 10.0)
    across = np.array([[[15, 15], [35, 15], [35, 95], [15, 95]]], np.float64)  # the second stands below the first
    first, second = collage.to_figure(across)
    assert (first[0][0], second[0][0]) == (15, 295)


def test_letters_on_a_dark_bar_are_pieces() -> None:
    page = np.full((300, 400, 3), 255, np.uint8)
    page[100:140] = 60
    cv2.putText(page, "8", (50, 126), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    assert not len(find_pieces(page))
    (piece,) = reversed_pieces(page)
    assert piece[0] == pytest.approx(50, abs=3)


def test_equal_crops_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counts:
        asked = 0

        def read(self, crops: list[Pixels], least_width: int, exactly: bool = False) -> list[Reply]:
            self.asked += len(crops)
            return [("8", 0.99)] * len(crops)

    reader, page = ModelReader(1), np.full((40, 120, 3), 255, np.uint8)
    page[10:20, 10:14] = page[10:20, 50:54] = page[10:16, 90:94] = 0
    monkeypatch.setattr(reader, "_recogniser", counts := Counts())
    regions = np.array([[[x, 8], [x + 10, 8], [x + 10, 24], [x, 24]] for x in (6, 46, 86)], np.float64)
    assert reader.read_regions(page, regions) == [("8", 0.99)] * 3
    assert counts.asked == 2


def test_a_number_on_end_is_not_looked_at_upside_down() -> None:
    class Fractions(_Counter):
        asked = 0

        def read_regions(self, pixels: Pixels, regions: FloatArray, least: float = 0.0) -> list[Reply]:
            self.asked += len(regions)
            return [("0.8", 0.99)] * len(regions)

    figure = Figure("f", np.rot90(_strokes(10, 15, 20, 26, 32).pixels).copy())
    reader = Fractions((8, 80, 28, 115))
    assert [(t.text, t.angle) for t in read_tokens(figure, reader)] == [("0.8", 90.0)]
    assert reader.asked == 1


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_the_median_of_few_numbers_is_numpys(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    assert _median(values) == np.median(values)


@pytest.mark.parametrize("box", [(10, 20, 40, 32), (0, 0, 59, 39), (0, 5, 1, 6), (-3, 5, 20, 12)])
def test_an_upright_crop_is_a_part_of_the_picture(box: tuple[int, int, int, int]) -> None:
    page = np.random.default_rng(2).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    left, top, right, bottom = box
    crop = crop_region(page, corners(Box(*map(float, box))))
    wide = cv2.copyMakeBorder(page, 4, 4, 4, 4, cv2.BORDER_REPLICATE)
    assert np.array_equal(crop, wide[top + 4 : bottom + 5, left + 4 : right + 5])
    assert np.shares_memory(crop, page) == (left >= 0)


@pytest.mark.parametrize("size", [(2, 2), (3, 7), (14, 60)])
def test_ink_of_a_grey_region_is_that_of_colours(size: tuple[int, int]) -> None:
    grey = np.random.default_rng(2).choice([20, 90, 180, 200, 203, 255], size, p=[0.1, 0.1, 0.1, 0.2, 0.3, 0.2])
    pixels = np.repeat(np.asarray(grey, np.uint8)[:, :, None], 3, axis=2)
    level = grey // 16 == np.bincount(grey.ravel() // 16).argmax()
    off = np.abs(grey - np.median(grey[level]))
    settings = OcrSettings()
    region = corners(Box(0, 0, size[1] - 1, size[0] - 1))
    expected = 2 * off > max(48.0, settings.contrast * float(np.percentile(2 * off, 99)))
    assert np.array_equal(ink_of(pixels, region, settings), expected)
