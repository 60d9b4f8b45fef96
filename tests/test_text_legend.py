"""Legends drawn pixel by pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Figure, Rgb, TextToken
from kmdigitize.records.printed import Dash, LegendEntry
from kmdigitize.text.counts import name_before_statistic, split_counts
from kmdigitize.text.legend import read_legend
from kmdigitize.text.legend_labels import without_specks
from kmdigitize.text.legend_pairs import paired_entries
from kmdigitize.text.samples import classify_dash, find_sample

PANEL = Panel("A", Box(20, 20, 280, 180), Box(0, 0, 299, 199), 180, 20)
RED, BLUE = (200, 30, 40), (20, 60, 190)


def _page() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((200, 300, 3), 255, np.uint8)


def _label(text: str, row: int, left: int = 150) -> TextToken:
    return TextToken(text, Box(left, row - 5, left + 6 * len(text), row + 5))


def test_a_column_of_samples_is_a_legend() -> None:
    page = _page()
    page[39:41, 110:140] = RED
    for start in range(110, 140, 8):
        page[59:61, start : start + 4] = BLUE
    entries = read_legend(Figure("f", page), PANEL, [_label("Placebo (n = 114)", 40), _label("Drug", 60)])
    assert [(e.label, e.n, e.dash, e.place) for e in entries] == [
        ("Placebo", 114, "solid", "legend"),
        ("Drug", None, "dashed", "legend"),
    ]
    assert [e.color for e in entries] == [RED, BLUE]
    assert entries[0].sample is not None
    assert (entries[0].sample.left, entries[0].sample.right) == (110, 139)
    assert entries[0].stroke_px == pytest.approx(2.0, abs=0.2)
    assert entries[1].period == pytest.approx((4.0, 4.0), abs=0.5)


def test_tinted_keys_and_grid_lines_do_not_matter() -> None:
    page = _page()
    page[:, ::25] = 230
    page[::20, :] = 230
    page[32:49, 108:142] = (250, 210, 210)
    page[39:41, 110:140] = RED
    page[52:69, 108:142] = (210, 215, 250)
    page[59:61, 110:140] = BLUE
    entries = read_legend(Figure("f", page), PANEL, [_label("A1", 40), _label("B1", 60)])
    assert [e.color for e in entries] == [RED, BLUE]


def test_a_statistic_beside_a_curve_is_no_legend() -> None:
    page = _page()
    page[39:41, 30:140] = RED
    page[40:120, 139:141] = RED
    tokens = [_label("P=0.01", 40), _label("Median A: 12 months", 60)]
    assert read_legend(Figure("f", page), PANEL, tokens) == ()


def test_the_name_before_a_statistic_is_that_of_the_sample_beside_it() -> None:
    page = _page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    told = [_label("Drug A (median 10.7 mo)", 40), _label("Drug B: mOS 17.5 months", 60)]
    assert [e.label for e in read_legend(Figure("f", page), PANEL, told)] == ["Drug A", "Drug B"]
    assert read_legend(Figure("f", _page()), PANEL, told[:1]) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Arm A: 10.2 months (8.1-12.0)", "Arm A"),
        ("Docetaxel, 12-month OS 54%", "Docetaxel"),
        ("Grade 1-2 (HR 1.0)", "Grade 1-2"),
        ("Median (months): 10.7", ""),
        ("Log-rank, HR 0.6", ""),
        ("Cisplatin, 3 cycles", ""),
    ],
)
def test_names_before_statistics(text: str, name: str) -> None:
    assert name_before_statistic(text) == name


def test_text_without_samples_labels_the_curve_beside_it() -> None:
    page = _page()
    page[50:61, 150:190] = np.where(np.arange(40)[:, None] % 3 == 0, RED, 255).astype(np.uint8)
    (entry,) = read_legend(Figure("f", page), PANEL, [_label("Statin", 55)])
    assert (entry.label, entry.place, entry.sample) == ("Statin", "direct", None)
    assert entry.color == RED


def test_text_just_right_of_the_frame_labels_the_curve_that_ends_there() -> None:
    labels = [_label("Apixaban", 55, 286), _label("Warfarin", 95, 286)]
    found = read_legend(Figure("f", _page()), replace(PANEL, region=Box(0, 0, 399, 199)), labels)
    assert [(entry.label, entry.place) for entry in found] == [("Apixaban", "direct"), ("Warfarin", "direct")]
    assert read_legend(Figure("f", _page()), replace(PANEL, region=Box(0, 0, 399, 199)), [_label("Far", 55, 330)]) == ()


def test_the_end_of_a_curve_before_a_label_right_of_the_frame_is_no_letter() -> None:
    labels = [_label("I Stage IIIB", 55, 268), _label("L Stage II", 95, 268), _label("I Phase", 135, 286)]
    found = read_legend(Figure("f", _page()), replace(PANEL, region=Box(0, 0, 399, 199)), labels)
    assert [entry.label for entry in found] == ["Stage IIIB", "Stage II", "I Phase"]


def test_the_first_dash_of_the_next_sample_is_no_part_of_a_label() -> None:
    page = _page()
    page[39:41, 110:130] = RED
    for start in (186, 195):
        page[39:41, start : start + 6] = BLUE
    labels = [TextToken("Usual —", Box(140, 35, 192, 45)), _label("Coaching", 40, 216)]
    found = read_legend(Figure("f", page), PANEL, labels)
    assert [entry.label for entry in found] == ["Usual", "Coaching"]
    assert found[1].color == BLUE


def test_rows_of_a_table_are_no_legend_where_there_is_another() -> None:
    page = _page()
    for row, color in ((39, RED), (59, BLUE)):
        page[row : row + 2, 110:140] = color
    rows = []
    for row, name in ((150, "Drug"), (165, "Sham"), (180, "None")):
        page[row - 1 : row + 1, 22:40] = 0
        rows += [_label(name, row, 50), _label("80", row, 150), _label("41", row, 220)]
    found = read_legend(Figure("f", page), PANEL, [_label("Drug", 40), _label("Sham", 60), *rows])
    assert [(entry.label, entry.color) for entry in found] == [("Drug", RED), ("Sham", BLUE)]


def test_a_line_that_turns_is_a_curve() -> None:
    page = _page()
    page[39:41, 110:140] = RED
    page[20:41, 110:112] = RED
    assert find_sample(page, Box(150, 35, 190, 45), 11.0, (0.0, 300.0)) is None


def test_a_curve_of_another_colour_close_by_is_no_part_of_a_sample() -> None:
    page = _page()
    page[39:41, 60:95] = RED
    page[39:80, 94:96] = RED
    page[39:42, 116:119] = page[39:42, 133:136] = BLUE
    sample = find_sample(page, Box(150, 35, 190, 45), 11.0, (0.0, 300.0))
    assert sample is not None
    assert (sample.box.left, sample.box.right, sample.dash) == (116, 135, "dotted")


@pytest.mark.parametrize(
    ("pattern", "stroke", "dash"),
    [
        ("##############################", 2.0, "solid"),
        ("######....######....######....", 2.0, "dashed"),
        ("##....##....##....##....##....", 2.0, "dotted"),
        ("########..##..########..##..##", 2.0, "dashdot"),
        ("##############.###############", 2.0, "solid"),
        ("", 1.0, "unknown"),
    ],
)
def test_dash_classes(pattern: str, stroke: float, dash: str) -> None:
    assert classify_dash(np.array([c == "#" for c in pattern], bool), stroke)[0] == dash


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Placebo (n = 114)", ("Placebo", 114, None)),
        ("Drug A, N=1,200", ("Drug A", 1200, None)),
        ("Control (45/114)", ("Control", 114, 45)),
        ("Arm B 12 events / 60 patients", ("Arm B", 60, 12)),
        ("T3-4", ("T3-4", None, None)),
        ("T3−4", ("T3-4", None, None)),
        ("<=20 mm", ("<=20 mm", None, None)),
    ],
)
def test_counts_in_labels(text: str, expected: tuple[str, int | None, int | None]) -> None:
    assert split_counts(text) == expected


def test_a_sample_beside_the_frame_begins_at_the_frame() -> None:
    page = _page()
    page[20:181, 20:22] = 0
    page[39:41, 30:60] = RED
    page[59:61, 30:60] = BLUE
    entries = read_legend(Figure("f", page), PANEL, [_label("Yes", 40, 70), _label("No", 60, 70)])
    assert [(e.label, e.place, e.sample and e.sample.left) for e in entries] == [
        ("Yes", "legend", 30),
        ("No", "legend", 30),
    ]


def test_a_missing_sample_between_two_others_keeps_its_label() -> None:
    page = _page()
    page[39:41, 110:140] = RED
    page[95:97, 110:140] = BLUE
    labels = [_label("Low", 40), _label("Medium (7/20)", 68), _label("High", 96)]
    entries = read_legend(Figure("f", page), PANEL, labels)
    assert [e.label for e in entries] == ["Low", "Medium", "High"]
    assert (entries[1].n, entries[1].events) == (20, 7)


@pytest.mark.parametrize(
    ("read", "others", "label"),
    [
        ('5 mg"', [], "5 mg"),
        ("Médium dose", ["High dose"], "Medium dose"),
        ("Médium dose", ["Durée"], "Médium dose"),
        ("Standard of care]", [], "Standard of care"),
        ("Drug (new)", [], "Drug (new)"),
        ("EGFR-", ["EGFR+"], "EGFR-"),
        ("Combination-'", [], "Combination"),
        ("≥65 y", [], "≥65 y"),
    ],
)
def test_pieces_of_the_curve_are_no_part_of_the_label_beside_it(read: str, others: list[str], label: str) -> None:
    assert without_specks(read, [_label(text, 40) for text in [read, *others]]) == label


def _key(label: str, color: Rgb, dash: Dash) -> LegendEntry:
    return LegendEntry(label, Box(0, 0, 9, 9), Box(0, 0, 9, 1), color, dash)


def test_a_key_of_colours_and_a_key_of_line_types_make_pairs() -> None:
    types = [_key("Relapse", (0, 0, 0), "solid"), _key("Death", (0, 0, 0), "dashed")]
    colors = [_key("Drug A", RED, "solid"), _key("Drug B", BLUE, "solid")]
    pairs = paired_entries([*types, *colors])
    assert [(e.label, e.color, e.dash) for e in pairs] == [
        ("Drug A, Relapse", RED, "solid"),
        ("Drug A, Death", RED, "dashed"),
        ("Drug B, Relapse", BLUE, "solid"),
        ("Drug B, Death", BLUE, "dashed"),
    ]
    assert paired_entries(colors) == tuple(colors)
    assert paired_entries([types[0], *colors]) == (types[0], *colors)


def test_a_sample_read_as_a_sign_is_no_part_of_the_label() -> None:
    page = _page()
    for row, color in ((40, RED), (60, BLUE), (80, (0, 0, 0))):
        page[row - 1 : row + 1, 110:140] = color
    stuck = TextToken("+ 10 mg", Box(122, 55, 186, 65))
    entries = read_legend(Figure("f", page), PANEL, [_label("5 mg", 40), stuck, _label("Placebo", 80)])
    assert [e.label for e in entries] == ["5 mg", "10 mg", "Placebo"]


def test_a_sample_in_the_box_of_its_label_is_still_seen() -> None:
    page = _page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    page[36:45, 150:180] = page[56:65, 150:180] = 0
    stuck = TextToken("Placebo", Box(128, 35, 192, 45))
    entries = read_legend(Figure("f", page), PANEL, [stuck, _label("Drug", 60)])
    assert [e.color for e in entries] == [RED, BLUE]


def test_ends_of_curves_are_no_samples_of_the_labels_beside_them() -> None:
    page = _page()
    for row, ink in ((60, RED), (110, BLUE)):
        for start in range(row - 30, row, 5):
            page[start : start + 2, 109:111] = ink
        for start in range(110, 140, 5):
            page[row - 1 : row + 1, start : start + 2] = ink
        page[row - 4 : row + 5, 150:180] = ink
    entries = read_legend(Figure("f", page), PANEL, [_label("Placebo", 60), _label("Drug", 110)])
    assert [(e.label, e.place) for e in entries] == [("Placebo", "direct"), ("Drug", "direct")]


def test_a_sample_between_two_lines_names_both() -> None:
    page = _page()
    page[44:46, 110:140] = RED
    page[84:86, 110:140] = BLUE
    lines = [("Standard", 38), ("therapy", 52), ("Dense", 78), ("therapy", 92)]
    labels = [TextToken(text, Box(150, row - 4, 150 + 6 * len(text), row + 4)) for text, row in lines]
    entries = read_legend(Figure("f", page), PANEL, labels)
    assert [e.label for e in entries] == ["Standard therapy", "Dense therapy"]


def test_a_second_line_is_no_label_whose_sample_was_missed() -> None:
    page = _page()
    page[37:39, 110:140] = RED
    page[74:76, 110:140] = BLUE
    lines = [("Standard", 38), ("therapy", 53), ("Dense", 75), ("therapy", 90)]
    labels = [TextToken(text, Box(150, row - 5, 150 + 6 * len(text), row + 5)) for text, row in lines]
    entries = read_legend(Figure("f", page), PANEL, labels)
    assert [e.label for e in entries] == ["Standard therapy", "Dense therapy"]


def test_a_dash_behind_the_name_of_a_plus_is_a_minus() -> None:
    page = _page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    page[59:61, 177:182] = 0
    entries = read_legend(Figure("f", page), PANEL, [_label("EGFR+", 40), _label("EGFR", 60)])
    assert [e.label for e in entries] == ["EGFR+", "EGFR-"]
    page[59:61, 177:182] = 255
    entries = read_legend(Figure("f", page), PANEL, [_label("EGFR+", 40), _label("EGFR", 60)])
    assert [e.label for e in entries] == ["EGFR+", "EGFR"]


def test_a_marked_sample_read_as_digits_is_no_part_of_the_label() -> None:
    page = _page()
    for row, color in ((40, RED), (60, BLUE), (80, (0, 0, 0))):
        page[row - 1 : row + 1, 110:140] = color
        page[row - 4 : row + 4, 128] = color
    stuck = TextToken("-4. Arm B", Box(122, 55, 190, 65))
    entries = read_legend(Figure("f", page), PANEL, [_label("Arm A", 40), stuck, _label("Arm C", 80)])
    assert [e.label for e in entries] == ["Arm A", "Arm B", "Arm C"]


def test_a_letter_that_sticks_out_of_its_box_is_no_part_of_the_next_sample() -> None:
    page = _page()
    page[39:41, 30:50] = RED
    page[39:41, 130:150] = BLUE
    page[36:44, 108:112] = 0
    surgery = TextToken("Surgery", Box(60, 35, 109, 45))
    entries = read_legend(Figure("f", page), PANEL, [surgery, _label("Surgery + RT", 40, 160)])
    assert [(e.label, e.sample and e.sample.left) for e in entries] == [("Surgery", 30), ("Surgery + RT", 130)]


def test_cells_of_a_table_are_no_labels() -> None:
    page = _page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    cells = [_label("244 (0) 206 (3)178 (20)", 40), _label("87 (0) 77 (0)", 60)]
    assert not read_legend(Figure("f", page), PANEL, cells)


def test_grid_lines_between_the_columns_of_a_table_are_no_samples() -> None:
    page = np.full((260, 300, 3), 255, np.uint8)
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    tokens = [_label("Placebo", 40), _label("Drug", 60)]
    for row in (210, 230, 250):
        page[row, 20:280] = 225
        for left in (30, 100, 170, 240):
            page[row - 5 : row + 6, left - 3 : left + 21] = 255
            tokens.append(_label("123", row, left))
    panel = Panel("A", Box(20, 20, 280, 180), Box(0, 0, 299, 259), 180, 20)
    entries = read_legend(Figure("f", page), panel, tokens)
    assert [(e.label, e.color) for e in entries] == [("Placebo", RED), ("Drug", BLUE)]


def test_a_dash_in_the_box_of_the_label_before_it_is_the_next_sample() -> None:
    page = _page()
    page[39:41, 30:48] = 0
    for column in (55, 62, 69, 76, 83):
        page[36:45, column : column + 4] = 0
    page[39:41, 99:111] = 0
    page[39:41, 180:182] = page[39:41, 190:192] = 0
    tokens = [TextToken("Low", Box(55, 35, 112, 45)), _label("Drug", 40, 130), _label("High", 40, 215)]
    entries = read_legend(Figure("f", page), PANEL, tokens)
    assert [(e.label, e.dash) for e in entries] == [("Low", "solid"), ("Drug", "dashed"), ("High", "dotted")]


def test_a_line_of_the_grid_from_the_axis_to_a_remark_is_no_sample() -> None:
    page = _page()
    page[40, 22:84] = 200
    assert read_legend(Figure("f", page), PANEL, [_label("One cohort", 40, 90)]) == (
        LegendEntry("One cohort", Box(90, 35, 150, 45), place="direct"),
    )
