"""Broken lines found by the phase of their dashes, on lines drawn pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from broken_lines import LONG, SHORT, Corners, draw, road, sheet_of

from kmdigitize.detect.paths import Road, start_costs
from kmdigitize.detect.pens import Pen, ink_of
from kmdigitize.detect.phases import coarse_step, likeliest_road
from kmdigitize.detect.runs import Image

UPPER: Corners = [(0, 20), (100, 20), (100, 70), (290, 70)]
LOWER: Corners = [(0, 20), (30, 20), (30, 45), (160, 45), (160, 90), (290, 90)]


def _found(ink: Image, pattern: tuple[float, ...], explained: Image, stroke: int, parts: float = 1.5) -> Road | None:
    sheet, pen = sheet_of(ink, float(stroke), 20.0 * stroke / 2), Pen(float(stroke), pattern, 1.0)
    step = coarse_step(sheet.stroke, pattern, parts)
    inks = ink_of(ink, sheet.occluded, pen, step), ink_of(ink, sheet.occluded, pen)
    return likeliest_road(sheet, inks, explained, start_costs(len(ink), sheet.top, sheet.stroke))


@pytest.mark.parametrize("stroke", [2, 6])
def test_lines_that_meet_go_on_in_their_own_dashes(stroke: int) -> None:
    scale = stroke // 2
    drawn = np.zeros((2, 120 * scale, 300 * scale), np.float32)
    lines = [
        ([(x * scale, y * scale) for x, y in corners], tuple(length * scale for length in pattern))
        for corners, pattern in ((UPPER, LONG), (LOWER, SHORT))
    ]
    for ink, (corners, pattern) in zip(drawn, lines, strict=True):
        draw(ink, corners, pattern, stroke)
    for other, (corners, pattern) in zip(drawn[::-1], lines, strict=True):
        found = _found(drawn.max(axis=0), pattern, other, stroke)
        assert found is not None
        size = min(found.rows.size, 280 * scale)
        assert size > 270 * scale
        assert np.mean(np.abs(found.rows[20 * scale : size] - road(corners).rows[20 * scale : size])) < 2 * scale


def test_ink_that_is_explained_is_left_to_others() -> None:
    ink = np.zeros((120, 300), np.float32)
    draw(ink, UPPER, LONG)
    explained = ink.copy()
    draw(ink, LOWER, LONG)
    found = _found(ink, LONG, explained, 2)
    assert found is not None
    assert np.mean(np.abs(found.rows[40:280] - road(LOWER).rows[40:280])) < 2


def test_a_line_ends_with_its_ink() -> None:
    ink = np.zeros((120, 300), np.float32)
    draw(ink, [(0, 20), (60, 20), (60, 50), (180, 50)], SHORT)
    found = _found(ink, SHORT, np.zeros_like(ink), 2)
    assert found is not None
    assert 170 <= found.rows.size <= 186


def test_no_line_where_there_is_no_ink() -> None:
    ink = np.zeros((120, 300), np.float32)
    assert _found(ink, LONG, ink, 2) is None
    assert _found(ink, LONG, ink, 6) is None


def test_coarse_pixels_show_dots() -> None:
    assert coarse_step(8.0, (), 1.5) == 5
    assert coarse_step(8.0, (16.0, 16.0), 2.2) == 3
    assert coarse_step(8.0, (4.0, 12.0), 1.5) == 3
    assert coarse_step(1.0, (), 1.5) == 1
