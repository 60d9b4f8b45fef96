"""Tables of numbers at risk under an axis of their own: which time each column has."""

from __future__ import annotations

from dataclasses import replace

from kmdigitize.geometry import Box
from kmdigitize.records.axes import AxisScale, Scales, Tick
from kmdigitize.records.figure import TextToken
from kmdigitize.text.risk_table import read_risk_table
from kmdigitize.text.table_columns import axis_ticks
from tests.test_text_risk_table import FIGURE, PANEL, SCALES, TICKS, _line, _read


def test_columns_of_a_table_with_a_wider_axis_are_taken_in_their_order() -> None:
    boxes = [Box(at - 3, 250, at + 3, 260) for at in (100, 217, 334, 451)]
    wider = [TextToken(count, box) for count, box in zip(("9", "7", "4", "3"), boxes, strict=True)]
    table = _read([*_line(240, "Number at risk", []), *_line(255, "Drug", []), *wider])
    assert table is not None
    assert [row.times.tolist() for row in table.rows] == [[0, 12, 24, 36]]
    assert [flag.code for flag in table.flags] == ["risk_table_doubtful"]


def test_columns_of_a_wider_table_that_end_where_a_further_tick_would_be_are_taken_in_their_order() -> None:
    boxes = [Box(at - 3, 250, at + 3, 260) for at in (100, 233, 366, 499)]
    wider = [TextToken(count, box) for count, box in zip(("9", "7", "4", "3"), boxes, strict=True)]
    table = _read([*_line(240, "Number at risk", []), *_line(255, "Drug", []), *wider])
    assert table is not None
    assert table.rows[0].times.tolist() == [0, 12, 24, 36]


def test_a_tick_without_a_label_among_rounded_ones_has_its_exact_time() -> None:
    thirds = [Tick(at, value) for at, value in ((100, 0.0), (200, 5.833), (400, 17.5), (500, 23.33), (700, 35.0))]
    ticks = axis_ticks(Scales(AxisScale.through((100, 700), (0, 35)), SCALES.y, tuple(thirds)))
    assert [round(value, 3) for _, value in ticks] == [0, 5.833, 11.667, 17.5, 23.33, 29.167, 35, 40.833]


def test_labels_far_out_of_proportion_imply_no_ticks_between() -> None:
    ticks = tuple(Tick(at, value) for at, value in ((100, 0.0), (101, 1.0), (700, 1e9)))
    found = axis_ticks(Scales(AxisScale.through((100, 700), (0, 1e9)), SCALES.y, ticks))
    assert [value for _, value in found] == [0, 1, 1e9]


def test_numbers_before_the_first_column_are_labels() -> None:
    rows = [
        [TextToken(text, Box(at - 4, y, at + 4, y + 10)) for text, at in zip((arm, *counts), _NARROWER, strict=True)]
        for y, arm, counts in ((250, "0", ("9", "7", "4", "3")), (265, "1", ("8", "5", "2", "0")))
    ]
    table = _read([*_line(240, "Number at risk", []), *rows[0], *rows[1]])
    assert table is not None
    assert [row.label for row in table.rows] == ["0", "1"]
    assert [row.counts.tolist() for row in table.rows] == [[9, 7, 4, 3], [8, 5, 2, 0]]


_NARROWER = (88, 122, 211, 300, 389)
"""Columns (px) of a label and of counts under a table's own, narrower axis."""


def test_a_last_column_where_the_label_of_its_tick_is_cut_off_has_the_time_of_the_tick() -> None:
    cut = replace(SCALES, x_ticks=TICKS[:3])
    drifting = [
        TextToken(n, Box(at - 6, 250, at + 6, 260)) for n, at in (("90", 98), ("70", 194), ("40", 290), ("30", 386))
    ]
    tokens = [*_line(212, "", ["0", "12", "24"]), *_line(255, "Drug", []), *drifting]
    table = read_risk_table(FIGURE, PANEL, cut, tokens)
    assert table is not None
    assert table.rows[0].times.tolist() == [0, 12, 24, 36]
