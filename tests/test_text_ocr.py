"""The door to character recognition, with readers that need no model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kmdigitize.geometry import Box, FloatArray, Pixels
from kmdigitize.records import Figure
from kmdigitize.text.ocr import read_tokens, reread
from kmdigitize.text.reader import Recorder, Replay, Reply, crop_region


class _Counter:
    """Finds the given lines and reads every region as its number of separate strokes."""

    def __init__(self, *lines: tuple[float, float, float, float]) -> None:
        self.lines = np.array([[[a, b], [c, b], [c, d], [a, d]] for a, b, c, d in lines], np.float64).reshape(-1, 4, 2)

    def find_lines(self, pixels: Pixels) -> FloatArray:
        return self.lines

    def read_regions(self, pixels: Pixels, regions: FloatArray) -> list[Reply]:
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


def test_vertical_text_is_turned() -> None:
    figure = Figure("f", np.rot90(_strokes(10, 15, 20, 26, 32).pixels).copy())
    tokens = read_tokens(figure, _Counter((8, 80, 28, 115)))
    assert [(t.text, t.angle) for t in tokens] == [("5", 90.0)]


def test_reread_of_a_blank_box_is_empty() -> None:
    first, second = reread(_strokes(10, 15), [Box(5, 8, 25, 28), Box(60, 8, 90, 28)], True, _Counter())
    assert (first.text, second.text, second.confidence) == ("2", "", 0.0)


def test_recorded_replies_come_back(tmp_path: Path) -> None:
    figure = _strokes(10, 15, 60)
    recorder = Recorder(_Counter((5, 8, 80, 28)))
    tokens = read_tokens(figure, recorder)
    recorder.save(tmp_path / "replies.json")
    assert read_tokens(figure, Replay(tmp_path / "replies.json")) == tokens


def test_the_private_recogniser_is_still_there() -> None:
    rapidocr = pytest.importorskip("rapidocr")
    assert callable(rapidocr.RapidOCR._load_rec_model)
