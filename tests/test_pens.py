"""What pens of known line type have drawn along a path, on lines drawn pixel by pixel."""

from __future__ import annotations

import numpy as np
from broken_lines import LONG, SHORT, draw, road, sheet_of

from kmdigitize.detect.paths import Road
from kmdigitize.detect.pens import Pen, coarse, drawn_along, ink_of, way_along

STEPS = [(0, 20), (100, 20), (100, 51), (200, 51), (200, 60), (290, 60)]


def test_a_pen_falls_before_it_goes_on() -> None:
    way = way_along(Road(2, np.array([5, 5, 8, 8]), 0.0))
    assert way.columns.tolist() == [2, 3, 4, 4, 4, 4, 5]
    assert way.rows.tolist() == [5, 5, 6, 7, 8, 8, 8]
    assert way.drop.tolist() == [False, False, True, True, True, False, False]


def test_patterns_in_pixels() -> None:
    assert Pen(1.0, (2.0, 1.0), 1.0).inked.tolist() == [True, True, False]
    assert Pen(4.0, (8.0, 4.0), 1.0).coarse(4).inked.tolist() == [True, True, False]
    assert Pen(1.0, (), 1.0).inked.tolist() == [True]


def test_a_line_agrees_with_its_own_pattern_over_drops() -> None:
    ink = np.zeros((80, 300), np.float32)
    draw(ink, STEPS, LONG)
    sheet, path = sheet_of(ink), road(STEPS)
    lacks = {}
    for pattern in (LONG, SHORT, ()):
        drawn = drawn_along(path, sheet, ink_of(ink, sheet.occluded, Pen(2.0, pattern, 1.0)))
        lacks[pattern] = float(drawn.bare.sum() + drawn.filled.sum())
    assert lacks[LONG] < 25
    assert min(lacks[SHORT], lacks[()]) > 60


def test_what_lies_in_a_gap_is_left_to_another_pen() -> None:
    ink = np.zeros((80, 300), np.float32)
    straight = [(0, 20), (300, 20)]
    draw(ink, straight, (20.0, 20.0))
    ink[19:21, 28:33] = 1
    sheet = sheet_of(ink)
    drawn = drawn_along(road(straight), sheet, ink_of(ink, sheet.occluded, Pen(2.0, (20.0, 20.0), 1.0)))
    assert drawn.hides[20, 10] == 1
    assert drawn.hides[20, 30] == 0
    assert drawn.beneath[20, 30] == 1
    assert drawn.filled[28:33].sum() > 4
    assert drawn.bare.sum() < 10


def test_ink_in_gaps_speaks_less_against_a_pen_where_there_are_marks() -> None:
    ink = np.ones((41, 100), np.float32)
    sheet, path = sheet_of(ink), road([(0, 20), (100, 20)])
    full, half = (
        drawn_along(path, sheet, ink_of(ink, sheet.occluded, Pen(2.0, LONG, unlike))).filled.sum()
        for unlike in (1.0, 0.5)
    )
    assert full == 2 * half > 0


def test_blur_makes_dots_no_missing_ink() -> None:
    dots = np.tile(np.array([0.75, 0.75, 0.25, 0.25], np.float32), 25)
    ink = np.zeros((41, 100), np.float32)
    ink[19:22] = dots
    sheet, path = sheet_of(ink, 3.0), road([(0, 20), (100, 20)])
    drawn = drawn_along(path, sheet, ink_of(ink, sheet.occluded, Pen(3.0, (2.0, 2.0), 1.0)))
    assert drawn.bare.sum() + drawn.filled.sum() < 1


def test_hidden_ink_is_no_missing_ink() -> None:
    ink, hidden = np.zeros((41, 100), np.float32), np.ones((41, 100), np.float32)
    drawn = drawn_along(road([(0, 20), (100, 20)]), sheet_of(ink), ink_of(ink, hidden, Pen(2.0, (), 1.0)))
    assert drawn.bare.sum() == 0


def test_coarse_pixels_are_means() -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert coarse(image, 2).tolist() == [[2.5, 4.5], [4.25, 5.25]]
    assert coarse(image, 1) is image
