"""Solid limits in the ink of their curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kmdigitize.detect.limits import between_limits
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.tracing import Arm, Found

WIDTH = 300


def _sheet(*lines: list[int]) -> Sheet:
    """Three falling lines of 2 px with drops at columns 40, 120 and 200 to the given rows; they start on row 10."""
    ink = np.zeros((160, WIDTH), np.float32)
    for rows in lines:
        levels, edges = [10, *rows], [0, 40, 120, 200, WIDTH]
        for i, row in enumerate(levels):
            ink[row - 1 : row + 1, edges[i] : edges[i + 1]] = 1
            if i:
                ink[levels[i - 1] : row + 1, edges[i] - 1 : edges[i] + 1] = 1
    nothing = np.zeros_like(ink)
    return Sheet(ink, nothing, nothing, nothing, 2.0, 0, 10.0)


def _along(rows: list[int]) -> Found:
    path = np.repeat([10, *rows], [40, 80, 80, 100])
    return Found(Arm(0, "solid"), Road(0, path, -250.0), np.zeros((160, WIDTH), np.float32))


UPPER, CURVE, LOWER = [20, 40, 60], [30, 60, 90], [42, 85, 130]


@pytest.mark.parametrize("first", [UPPER, CURVE, LOWER, [20, 60, 130]])
def test_of_three_solid_lines_of_one_ink_the_middle_one_is_the_curve(first: list[int]) -> None:
    ((_, found),) = between_limits([(0, _along(first))], [_sheet(UPPER, CURVE, LOWER)])
    assert np.abs(found.road.rows - _along(CURVE).road.rows).mean() < 1.5
    assert found.doubtful == (first != CURVE)


def test_a_curve_with_one_more_line_stays_as_it_was_and_is_doubted() -> None:
    before = _along(UPPER)
    ((_, found),) = between_limits([(0, before)], [_sheet(UPPER, CURVE)])
    assert np.array_equal(found.road.rows, before.road.rows)
    assert found.doubtful


def test_a_band_beside_a_curve_is_no_limit() -> None:
    sheet = _sheet(CURVE)
    ink = sheet.coverage.copy()
    for shift in range(14, 40):
        ink[shift:, 40:] = np.maximum(ink[shift:, 40:], 0.6 * sheet.coverage[:-shift, 40:])
    ((_, found),) = between_limits([(0, _along(CURVE))], [replace(sheet, coverage=ink)])
    assert np.array_equal(found.road.rows, _along(CURVE).road.rows)
    assert not found.doubtful
