"""Tables of numbers at risk from tokens placed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from kmdigitize.geometry import AxisScale, Box
from kmdigitize.records.axes import Panel, Scales, Tick
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.records.printed import RiskTable
from kmdigitize.text.cells import parse_cell
from kmdigitize.text.risk_table import read_risk_table

FIGURE = Figure("f", np.full((320, 500, 3), 255, np.uint8))
PANEL = Panel("A", Box(100, 20, 400, 200), Box(0, 0, 499, 319), 200, 100)
TICKS = tuple(Tick(100.0 + 100 * i, 12.0 * i, str(12 * i)) for i in range(4))
SCALES = Scales(AxisScale.through((100, 400), (0, 36)), AxisScale.through((200, 20), (0, 1)), TICKS)


def _line(row: int, label: str, cells: Sequence[str], left: int = 10) -> list[TextToken]:
    tokens = [TextToken(label, Box(left, row - 5, left + 6 * len(label), row + 5))] if label else []
    for i, cell in enumerate(cells):
        half = 3 * len(cell)
        if cell:
            tokens.append(TextToken(cell, Box(100 + 100 * i - half, row - 5, 100 + 100 * i + half, row + 5)))
    return tokens


def _read(tokens: list[TextToken]) -> RiskTable | None:
    ticks = _line(212, "", ["0", "12", "24", "36"])
    return read_risk_table(FIGURE, PANEL, SCALES, [*ticks, *tokens])


def test_rows_and_times() -> None:
    table = _read(
        [
            *_line(240, "Number at risk", []),
            *_line(255, "Drug", ["114", "80", "40", "3"]),
            *_line(270, "Placebo", ["112", "60", "21", "0"]),
        ]
    )
    assert table is not None
    assert [row.label for row in table.rows] == ["Drug", "Placebo"]
    assert [row.times.tolist() for row in table.rows] == [[0, 12, 24, 36]] * 2
    assert [row.counts.tolist() for row in table.rows] == [[114, 80, 40, 3], [112, 60, 21, 0]]
    assert table.title == "Number at risk"
    assert not table.flags


def test_tick_labels_alone_are_no_table() -> None:
    assert _read(_line(230, "Months", [])) is None


def test_brackets_hold_what_the_heading_says() -> None:
    table = _read(
        [
            *_line(240, "Number at risk (number censored)", []),
            *_line(255, "Drug", ["90 (0)", "64 (8)", "32 (13)", "0 (15)"]),
        ]
    )
    assert table is not None
    row = table.rows[0]
    assert row.counts.tolist() == [90, 64, 32, 0]
    assert row.censored is not None
    assert row.censored.tolist() == [0, 8, 13, 15]
    assert row.events is None


@pytest.mark.parametrize("heading", ["Percentage at risk", "Patients at risk, %", "At risk (percent)"])
def test_percentages_alone_are_no_counts(heading: str) -> None:
    rows = [*_line(255, "Drug", ["100", "80", "40", "3"]), *_line(270, "Placebo", ["100", "60", "21", "0"])]
    assert _read([*_line(240, heading, []), *rows]) is None
    counts = [*_line(255, "Drug", ["85 (100)", "68 (80)"]), *_line(270, "Placebo", ["80 (100)", "48 (60)"])]
    assert _read([*_line(240, "Number at risk, n (%)", []), *counts]) is not None


def test_a_second_line_of_the_heading_in_brackets_says_what_brackets_hold() -> None:
    rows = [
        *_line(255, "Drug", ["90 (0)", "64 (8)", "32 (13)"]),
        *_line(270, "Placebo", ["91 (0)", "50 (9)", "21 (12)"]),
    ]
    table = _read([*_line(228, "Number at risk", []), *_line(240, "(number censored)", []), *rows])
    assert table is not None
    assert [row.counts.tolist() for row in table.rows] == [[90, 64, 32], [91, 50, 21]]
    assert table.rows[1].censored is not None
    assert table.rows[1].censored.tolist() == [0, 9, 12]


def test_a_bracket_parts_a_count_from_the_next() -> None:
    """Of the first count only a digit is seen; the second one's digits are all its own."""
    cells = ["5 (100)", "55 (73)", "34 (45)", "16 (21)"]
    table = _read([*_line(240, "Number at risk, n (%)", []), *_line(255, "Drug", cells)])
    assert table is not None
    assert table.rows[0].counts.tolist() == [75, 55, 34, 16]
    assert table.rows[0].doubtful == (0,)


def test_a_last_count_that_is_cut_off_is_left_out_and_doubted() -> None:
    cut = [*_line(255, "Drug", ["114", "80", "40"]), TextToken("3", Box(390, 250, 396, 260))]
    table = _read([*_line(240, "Number at risk", []), *cut])
    assert table is not None
    assert table.rows[0].counts.tolist() == [114, 80, 40]
    assert [flag.code for flag in table.flags] == ["risk_table_doubtful"]
    assert "cut off" in table.flags[0].detail


def test_columns_that_leave_their_ticks_one_by_one_are_not_cut_off() -> None:
    cells = [("114", 9, 0.2), ("80", 6, 0.9), ("40", 6, 1.5), ("3", 3, 3.6)]
    drifting = [
        TextToken(cell, Box(100 + 100 * i - half - off, 250, 100 + 100 * i + half - off, 260))
        for i, (cell, half, off) in enumerate(cells)
    ]
    table = _read([*_line(240, "Number at risk", []), *_line(255, "Drug", []), *drifting])
    assert table is not None
    assert table.rows[0].counts.tolist() == [114, 80, 40, 3]


def test_lines_of_one_arm_come_together() -> None:
    tokens = []
    for i, arm in enumerate(("Drug A", "Drug B")):
        tokens += _line(240 + 40 * i, arm, [])
        tokens += _line(250 + 40 * i, "At risk", ["50", "40", "30", "20"])
        tokens += _line(260 + 40 * i, "Events", ["0", "5", "9", "12"])
    table = _read(tokens)
    assert table is not None
    assert [row.label for row in table.rows] == ["Drug A", "Drug B"]
    assert [row.events.tolist() for row in table.rows if row.events is not None] == [[0, 5, 9, 12]] * 2


def test_rising_counts_are_reported_not_forced() -> None:
    table = _read(_line(255, "NTRK+", ["13", "14", "16", "9"]))
    assert table is not None
    assert table.rows[0].counts.tolist() == [13, 14, 16, 9]
    assert [flag.code for flag in table.flags] == ["risk_table_rises"]


def test_a_second_look_settles_a_rise_and_keeps_the_doubt() -> None:
    def reread(figure: Figure, boxes: Sequence[Box], numeric: bool) -> tuple[TextToken, ...]:
        return tuple(TextToken("36" if b.contains(200, 255) else "48", b) for b in boxes)

    tokens = [*_line(212, "", ["0", "12", "24", "36"]), *_line(255, "All", ["48", "3", "23", "15"])]
    table = read_risk_table(FIGURE, PANEL, SCALES, tokens, reread)
    assert table is not None
    row = table.rows[0]
    assert row.counts.tolist()[:2] == [48, 36]
    assert 1 in row.doubtful
    assert (1, 3) in row.alternatives


def test_a_first_count_hidden_by_its_label_is_a_doubt() -> None:
    tokens = [
        TextToken("Nivolumab + ipilimumab", Box(2, 250, 110, 260)),
        *_line(255, "", ["", "80", "40", "3"]),
        TextToken("Sunitinib + something", Box(2, 265, 110, 275)),
        *_line(270, "", ["", "60", "21", "0"]),
    ]
    table = _read(tokens)
    assert table is not None
    assert [flag.code for flag in table.flags] == ["risk_table_doubtful"] * 2


@pytest.mark.parametrize(
    ("text", "cell"),
    [("114", (114, None)), ("1,500", (1500, None)), ("64 (8)", (64, 8.0)), ("12|", (12, None)), ("O", (0, None))],
)
def test_cells(text: str, cell: tuple[int, float | None]) -> None:
    parsed = parse_cell(TextToken(text, Box(0, 0, 9, 9)))
    assert parsed is not None
    assert (parsed.count, parsed.second) == cell


@pytest.mark.parametrize("text", ["0.5", "Drug", "P=.02", "45%"])
def test_no_cells(text: str) -> None:
    assert parse_cell(TextToken(text, Box(0, 0, 9, 9))) is None


def test_a_first_column_moved_inward_is_at_the_first_tick() -> None:
    lines = [*_line(255, "A", ["", "80", "40", "3"]), *_line(270, "B", ["", "60", "21", "0"])]
    first = [TextToken(text, Box(130, row - 5, 148, row + 5)) for text, row in (("114", 255), ("112", 270))]
    table = _read([*lines, *first])
    assert table is not None
    assert [row.times.tolist() for row in table.rows] == [[0, 12, 24, 36]] * 2


def test_a_column_at_time_zero_whose_tick_has_no_label() -> None:
    scales = Scales(SCALES.x, SCALES.y, TICKS[1:])
    tokens = [*_line(255, "Drug", ["114", "80", "40", "3"]), *_line(270, "Placebo", ["112", "60", "21", "0"])]
    table = read_risk_table(FIGURE, PANEL, scales, tokens)
    assert table is not None
    assert [row.label for row in table.rows] == ["Drug", "Placebo"]
    assert [row.times[0] for row in table.rows] == [0, 0]


def test_a_legend_below_the_table_is_no_row() -> None:
    table = _read([*_line(255, "A", ["114", "80", "40", "3"]), *_line(290, "", ["", "ECOG 0", "ECOG 1", "ECOG 2"])])
    assert table is not None
    assert [row.label for row in table.rows] == ["A"]


def test_three_lines_add_up() -> None:
    at_risk = [replace(t, confidence=0.9) for t in _line(250, "At risk", ["50", "46", "30", "20"])]
    tokens = [*_line(240, "Drug", []), *at_risk]
    tokens += [*_line(260, "Events", ["0", "5", "9", "12"]), *_line(270, "Censored", ["0", "5", "11", "18"])]
    table = _read(tokens)
    assert table is not None
    assert table.rows[0].counts.tolist() == [50, 40, 30, 20]
    assert table.rows[0].alternatives == ((1, 46),)
    assert [flag.code for flag in table.flags] == ["risk_table_doubtful"]


def test_a_sum_with_the_bracket_that_rises_is_looked_at_again() -> None:
    def reread(figure: Figure, boxes: Sequence[Box], numeric: bool) -> tuple[TextToken, ...]:
        return tuple(TextToken("64 (8)" if b.contains(200, 255) else "?", b) for b in boxes)

    cells = ["90 (0)", "84 (8)", "32 (13)", "0 (15)"]
    table = read_risk_table(FIGURE, PANEL, SCALES, _line(255, "All", cells), reread)
    assert table is not None
    assert table.rows[0].counts.tolist() == [90, 64, 32, 0]


def test_columns_at_ticks_whose_labels_are_left_out() -> None:
    scales = Scales(SCALES.x, SCALES.y, tuple(t for t in TICKS if t.value != 24))
    centred = _line(255, "", ["90", "64", "32", "0"])
    cells = [TextToken(t.text, Box(t.box.left + 8, 250, t.box.right + 8, 260)) for t in centred]
    table = read_risk_table(FIGURE, PANEL, scales, [*cells, *_line(255, "All", [])])
    assert table is not None
    assert table.rows[0].times.tolist() == [0, 12, 24, 36]


def test_a_first_count_of_which_the_label_hides_a_digit_is_left_out() -> None:
    tokens = [TextToken("Placebb500", Box(60, 250, 115, 260)), *_line(255, "", ["", "886", "522", "30"])]
    table = _read(tokens)
    assert table is not None
    assert table.rows[0].counts.tolist() == [886, 522, 30]
    assert [flag.code for flag in table.flags] == ["risk_table_doubtful"]


def test_the_number_printed_with_the_label_stands_for_a_cut_first_count() -> None:
    table = _read(_line(255, "Drug (n = 240)", ["40", "86", "17", "3"]))
    assert table is not None
    assert (table.rows[0].label, table.rows[0].counts.tolist()) == ("Drug", [240, 86, 17, 3])
    assert table.rows[0].alternatives == ((0, 40),)


def _run(row: int, text: str) -> TextToken:
    """A whole row read as one piece of text."""
    return TextToken(text, Box(50, row - 5, 450, row + 5))


def test_cells_that_were_read_as_one_text_are_parted_at_the_ticks() -> None:
    table = _read(
        [
            *_line(240, "Number at risk (number censored)", []),
            *_line(255, "Drug", []),
            _run(255, "114 (0) 80 (11)40 (20) 13 (33)"),
            *_line(270, "Placebo", []),
            _run(270, "112 (0) 60 (10) 21 (30) 10 (41)"),
        ]
    )
    assert table is not None
    assert [row.counts.tolist() for row in table.rows] == [[114, 80, 40, 13], [112, 60, 21, 10]]
    assert table.rows[0].censored is not None
    assert table.rows[0].censored.tolist() == [0, 11, 20, 33]


def test_a_second_look_at_a_first_cell_gains_no_digit_from_its_label() -> None:
    def reread(figure: Figure, boxes: Sequence[Box], numeric: bool) -> tuple[TextToken, ...]:
        return tuple(TextToken("7161", box, 1.0) for box in boxes)

    label = TextToken("Exercise program 161", Box(0, 250, 110, 260))
    tokens = [*_line(212, "", ["0", "12", "24", "36"]), label, *_line(255, "", ["", "144", "108", "64"])]
    table = read_risk_table(FIGURE, PANEL, SCALES, [*tokens, *_line(270, "Usual", ["99", "80", "70", "60"])], reread)
    assert table is not None
    assert table.rows[0].counts.tolist() == [161, 144, 108, 64]


def test_ticks_beside_the_labels_are_no_part_of_them_but_signs_are() -> None:
    cells = ["114", "80", "40", "3"]
    table = _read([*_line(255, "Usual", cells), *_line(270, "Exercise -", cells)])
    assert table is not None
    assert [row.label for row in table.rows] == ["Usual", "Exercise"]
    table = _read([*_line(255, "EGFR+", cells), *_line(270, "EGFR-", cells)])
    assert table is not None
    assert [row.label for row in table.rows] == ["EGFR+", "EGFR-"]


def test_a_count_that_is_not_its_percentage_is_mended_and_doubted() -> None:
    heading = _line(240, "Number at risk (%)", [])
    table = _read([*heading, *_line(255, "Drug", ["118 (100)", "11 (94)", "99 (84)", "71 (60)"])])
    assert table is not None
    assert table.rows[0].counts.tolist() == [118, 111, 99, 71]
    assert table.rows[0].alternatives == ((1, 11),)
    assert [flag.code for flag in table.flags] == ["risk_table_doubtful"]
