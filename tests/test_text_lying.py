"""Digits that lie on their side, one above the other, are one number on end."""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken
from kmdigitize.text.lying import lying_numbers

_NONE = np.zeros((0, 4))


def _sign(text: str, top: float, left: float = 20.0, high: float = 16.0, wide: float = 24.0) -> TextToken:
    return TextToken(text, Box(left, top, left + wide, top + high))


def test_signs_on_their_side_with_a_point_between_them_are_one_number() -> None:
    column = [_sign("8", 100), _sign("0", 132), _sign("5", 220), _sign("0", 252), _sign("0", 340)]
    assert [(box.top, box.bottom) for box in lying_numbers(column, _NONE)] == [(100, 148), (220, 268)]


def test_upright_digits_and_cells_of_a_table_are_none() -> None:
    assert lying_numbers([_sign("8", 100, high=24, wide=16), _sign("0", 140, high=24, wide=16)], _NONE) == []
    assert lying_numbers([_sign("35", 100), _sign("48", 122)], _NONE) == []
    assert lying_numbers([_sign("8", 100), _sign("0", 132, left=30.0)], _NONE) == []


def test_a_sign_that_was_not_read_is_part_of_a_number_beside_one_that_was() -> None:
    letters = np.array([[20.0, 100.0, 44.0, 116.0], [20.0, 200.0, 44.0, 216.0], [20.0, 232.0, 44.0, 248.0]])
    (number,) = lying_numbers([_sign("0", 132)], letters)
    assert (number.top, number.bottom) == (100, 148)
