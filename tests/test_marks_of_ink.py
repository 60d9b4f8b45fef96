"""Black marks on coloured curves: those beside a curve's own ink are its own."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.mark_bands import marks_of_ink
from kmdigitize.detect.selection import upright_ink


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
