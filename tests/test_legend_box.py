"""Boxes around legends: found as drawn, not made of grids; curves go on behind them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_curves import BOTTOM, LEFT, error, panel, trace

from kmdigitize.detect.legend_box import behind_legend, find_legend_box
from kmdigitize.geometry import Box
from kmdigitize.records.printed import LegendEntry

RED, BLUE = (200, 30, 30), (30, 30, 200)
ENTRIES = [
    LegendEntry("Placebo", Box(260, 35, 310, 44), Box(235, 39, 250, 40), RED, "solid", 2.0, (), place="legend"),
    LegendEntry("Drug", Box(260, 52, 290, 61), Box(235, 56, 250, 57), BLUE, "solid", 2.0, (), place="legend"),
]


def boxed(pixels, box, color=0):
    left, top, right, bottom = box
    pixels[top : bottom + 1, left : right + 1] = 255
    pixels[[top, bottom], left : right + 1] = color
    pixels[top : bottom + 1, [left, right]] = color
    for entry in ENTRIES:
        pixels[entry.sample.slices(pixels.shape)] = entry.color


def test_a_box_is_found_also_where_it_touches_the_frame():
    pixels = np.full((250, 360, 3), 255, np.uint8)
    boxed(pixels, (228, 28, 330, 68), 200)
    assert find_legend_box(pixels, ENTRIES) == Box(228, 28, 330, 68)
    pixels[28, :331] = pixels[28:, 330] = 0
    assert find_legend_box(pixels, ENTRIES) == Box(228, 28, 330, 68)


def test_lines_of_a_grid_are_no_box():
    pixels = np.full((250, 360, 3), 255, np.uint8)
    pixels[::40, :] = pixels[:, 20::100] = 150
    pixels[28, :331] = pixels[28:, 330] = 0
    assert find_legend_box(pixels, ENTRIES) is None
    assert find_legend_box(np.full((250, 360, 3), 255, np.uint8), ENTRIES) is None


def test_a_curve_goes_on_behind_a_box_and_does_not_follow_its_frame():
    pixels = panel(("high", RED, None), ("low", BLUE, None))
    row = round(BOTTOM - 0.7 * 200)
    boxed(pixels, (LEFT + 170, 28, 325, row + 8), RED)
    paths = trace(pixels, ENTRIES).paths
    assert [path.entry for _, path in paths] == [0, 1]
    high = paths[0][1]
    assert high.rows[LEFT + 200 - high.first] == pytest.approx(row, abs=2)
    assert error(high, "high") < 0.003


def test_line_samples_are_no_ink_of_curves():
    seen = LegendEntry("low", Box(60, 20, 90, 28), Box(40, 23, 55, 25), BLUE, "solid", 2.0)
    direct = replace(seen, sample=Box(10, 3, 20, 5), place="direct")
    mask = behind_legend(np.full((50, 100, 3), 255, np.uint8), [seen, direct], (30, 10))
    assert mask.shape == (40, 70)
    assert mask[13:15, 10:25].all()
    assert mask.sum() < 20 * 8
