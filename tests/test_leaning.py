"""Where marks stand on their curves, on lines drawn pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.leaning import mark_lean
from kmdigitize.detect.mark_bands import band_offset


def _line_with_marks(above: int, below: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A line of 2 px on rows 30 and 31 that drops to 40 at column 100, and a mark of 2 px every 20 columns."""
    ink = np.zeros((60, 200), np.float32)
    ink[30:32, :101] = ink[40:42, 99:] = ink[30:42, 99:101] = 1
    for x in range(10, 200, 20):
        row = 30 if x < 100 else 40
        ink[row - above : row + 2 + below, x : x + 2] = 1
    return ink


@pytest.mark.parametrize(("above", "below", "lean"), [(7, 0, 1.0), (0, 7, -1.0), (5, 5, 0.0), (0, 0, 0.0)])
def test_marks_lean_to_the_side_they_stand_on(above: int, below: int, lean: float) -> None:
    assert mark_lean(_line_with_marks(above, below), 2.0) == lean


def test_in_a_band_of_marks_above_the_curve_the_lower_end_is_the_likelier_row() -> None:
    mask = np.zeros((20, 5), bool)
    mask[4:13] = True
    (rows, _), offset = band_offset(mask, 1.0, 15.0, 1.0)
    assert set(offset[rows == 12]) == {0.0}
    assert set(offset[rows == 4]) == {1.0}
