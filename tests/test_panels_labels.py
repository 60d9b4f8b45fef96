"""Frames that hold a table of numbers."""

from __future__ import annotations

import pytest

from kmdigitize.detect.panels_labels import NumberSpot, is_table
from kmdigitize.geometry import Box


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ((130, 170), True),  # two rows far apart fill the frame
        ((170, 190), False),  # a table in the lower part of a plot
        ((150,), False),
        ((110, 125, 140, 155, 170, 185), True),
    ],
)
def test_a_table_is_a_frame_that_rows_of_numbers_fill(rows: tuple[float, ...], answer: bool) -> None:
    spots = [NumberSpot(Box(x, y - 5, x + 9, y + 5), 12.0) for y in rows for x in (60, 120, 180, 240)]
    assert is_table(Box(50, 100, 260, 200), spots, 10.0) is answer
