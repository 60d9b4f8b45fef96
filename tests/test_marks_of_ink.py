"""Black marks on coloured curves: those beside a curve's own ink are its own."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.ink_records import Ink
from kmdigitize.detect.mark_bands import marks_of_ink
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.selection import black_marks, choose_curves, upright_ink
from kmdigitize.detect.tracing import Arm, Found
from kmdigitize.geometry import Box
from kmdigitize.records.printed import LegendEntry


def test_marks_beside_the_ink_of_a_curve_are_its_own() -> None:
    coverage, marks = np.zeros((80, 100), np.float32), np.zeros((80, 100), np.float32)
    coverage[20:22, :60] = 1
    marks[16:26, 30:32] = marks[56:66, 30:32] = 1  # on the curve, and on another one
    marks[16:26, 80:82] = marks[56:66, 80:82] = 1  # where no ink of the curve shows
    own = marks_of_ink(marks, coverage, 2.0)
    assert own[20, 30] == pytest.approx(1, abs=0.05)
    assert own[60, 30] < 0.2
    assert (own[20, 80], own[60, 80]) == (1, 1)


def test_without_marks_nothing_is_looked_at() -> None:
    marks = np.zeros((8, 8), np.float32)
    assert marks_of_ink(marks, np.ones((8, 8), np.float32), 2.0) is marks


def test_a_tall_drop_takes_no_marks_from_the_flat_after_it() -> None:
    coverage, marks = np.zeros((80, 100), np.float32), np.zeros((80, 100), np.float32)
    coverage[10:70, 50:52] = 1
    marks[66:74, 54:56] = 1
    assert marks_of_ink(marks, coverage, 2.0)[70, 54] == 1


def test_marks_over_which_a_thick_curve_is_drawn_stand_upright_with_what_shows_of_it() -> None:
    black, curve = np.zeros((60, 60), np.float32), np.zeros((60, 60), np.float32)
    curve[28:33] = 1
    black[24:28, 30:32] = black[33:37, 30:32] = 1
    assert not upright_ink(black, 5.0).any()
    assert upright_ink(black, 5.0, curve).sum() == black.sum()
    limit = np.zeros_like(black)
    limit[36:38] = 1
    assert not upright_ink(limit, 5.0, curve).any()


def test_black_beside_a_black_curve_is_marks_upon_another_one_that_is_drawn_over_them() -> None:
    black, red = np.zeros((90, 200), np.float32), np.zeros((90, 200), np.float32)
    black[10:15] = 1
    red[50:55] = 1
    for column in range(100, 190, 6):
        black[46:50, column : column + 2] = black[55:59, column : column + 2] = 1
    nothing = np.zeros_like(black)
    sheets = [Sheet(black, red, nothing, nothing, 5.0, 0, 12.0), Sheet(red, black, nothing, nothing, 5.0, 0, 12.0)]
    seen = black_marks(sheets, 0, [Found(Arm(0, "solid"), Road(0, np.full(200, 12), -1.0), nothing)])
    assert seen[1].marks[47, 100] == 1
    assert not seen[1].marks[:20].any()
    assert not seen[0].marks.any()


def test_short_marks_on_thick_curves_stand_upright() -> None:
    """Ten px of mark stand over a stroke of six by two px either way; on thin curves as much could be a corner."""
    black = np.zeros((40, 60), np.float32)
    black[15:27, 30:32] = 1
    assert upright_ink(black, 6.2).sum() == black.sum()
    black[15:27] = 0
    black[18:26, 30:32] = 1
    assert not upright_ink(black, 6.2).any()


def _stairs(rows: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    ink = np.zeros((160, len(rows)), np.float32)
    for x, row in enumerate(rows):
        ink[rows[max(0, x - 1)] : row + 2, x] = 1
    return ink


@pytest.mark.parametrize(("color", "goes_on"), [((20.0, 50.0, 94.0), True), ((120.0, 150.0, 240.0), False)])
def test_black_marks_that_blur_gave_to_a_dark_ink_carry_the_other_curves(
    color: tuple[float, float, float], goes_on: bool
) -> None:
    """The red curve shows up to a quarter; then it falls under marks, each a pixel further down."""
    rows = [10] * 100 + [10 + step // 4 for step in range(240)]
    red = _stairs(rows)
    navy = _stairs([10] * 60 + [120] * 280)
    marks = np.zeros_like(red)
    for x in range(104, 336, 8):
        marks[rows[x] - 5 : rows[x] + 7, x : x + 2] = marks[rows[x] : rows[x] + 2, x - 4 : x + 6] = 1
    red[:, 100:] = 0
    nothing = np.zeros_like(red)
    sheets = [
        Sheet(np.maximum(navy, marks), red, nothing, nothing, 2.0, 0, 10.0),
        Sheet(red, np.maximum(navy, marks), nothing, nothing, 2.0, 0, 10.0),
    ]
    legend = [
        LegendEntry(name, Box(0, 0, 1, 1), Box(0, 0, 1, 1), shade, "solid", 2.0, ())
        for name, shade in (("A", (20, 50, 94)), ("B", (210, 35, 17)))
    ]
    inks = [Ink(color, ((0, "solid"),)), Ink((210.0, 35.0, 17.0), ((1, "solid"),))]
    found = dict(choose_curves(sheets, inks, legend, np.full(3, 255, np.float32), None))
    assert (found[1].road.rows.size > 300) == goes_on
