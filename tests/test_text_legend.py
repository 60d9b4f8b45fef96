"""Legends drawn pixel by pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from legend_page import BLUE, PANEL, RED, blank_page, label_at

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Figure, Rgb, TextToken
from kmdigitize.records.printed import Dash, LegendEntry
from kmdigitize.text.legend import read_legend
from kmdigitize.text.legend_labels import beside_legend
from kmdigitize.text.legend_pairs import paired_entries


def test_a_column_of_samples_is_a_legend() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    for start in range(110, 140, 8):
        page[59:61, start : start + 4] = BLUE
    entries = read_legend(Figure("f", page), PANEL, [label_at("Placebo (n = 114)", 40), label_at("Drug", 60)])
    assert [(e.label, e.n, e.dash, e.place) for e in entries] == [
        ("Placebo", 114, "solid", "legend"),
        ("Drug", None, "dashed", "legend"),
    ]
    assert [e.color for e in entries] == [RED, BLUE]
    assert entries[0].sample is not None
    assert (entries[0].sample.left, entries[0].sample.right) == (110, 139)
    assert entries[0].stroke_px == pytest.approx(2.0, abs=0.2)
    assert entries[1].period == pytest.approx((4.0, 4.0), abs=0.5)


@pytest.mark.parametrize(("heading", "names"), [("Group", ["0"]), ("", [])])
def test_a_number_alone_is_an_arm_under_a_heading(heading: str, names: list[str]) -> None:
    page = blank_page()
    page[59:61, 110:140] = RED
    title = [TextToken(heading, Box(110, 38, 140, 47))] if heading else []
    entries = read_legend(Figure("f", page), PANEL, [*title, label_at("0", 60)])
    assert [entry.label for entry in entries] == names


def test_numbers_above_the_frame_are_arms_and_their_row_is_no_table() -> None:
    page = blank_page()
    page[9:11, 110:130] = RED
    page[9:11, 170:190] = BLUE
    tokens = [label_at("Group", 10, 60), label_at("0", 10, 140), label_at("1", 10, 200)]
    entries = read_legend(Figure("f", page), PANEL, tokens)
    assert [entry.label for entry in entries] == ["0", "1"]
    assert [token.text for token in beside_legend(tokens, entries)] == ["Group"]


def test_a_sample_with_a_mark_that_was_read_is_no_part_of_the_label() -> None:
    page = blank_page()
    page[39:41, 110:140] = page[59:61, 110:140] = RED
    drawn = TextToken("-X", Box(110, 35, 140, 45), 0.96)
    entries = read_legend(Figure("f", page), PANEL, [drawn, label_at("Placebo", 40), label_at("Drug", 60)])
    assert [entry.label for entry in entries] == ["Placebo", "Drug"]


def test_small_digits_beside_large_words_are_labels() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    digits = [TextToken(str(i), Box(150, y - 3, 154, y + 3), 0.99) for i, y in enumerate((40, 60))]
    words = [TextToken("Overall survival", Box(60, y - 6, 220, y + 6)) for y in (100, 130, 160)]
    entries = read_legend(Figure("f", page), PANEL, [*digits, *words])
    assert [entry.label for entry in entries] == ["0", "1"]


def test_tinted_keys_and_grid_lines_do_not_matter() -> None:
    page = blank_page()
    page[:, ::25] = 230
    page[::20, :] = 230
    page[32:49, 108:142] = (250, 210, 210)
    page[39:41, 110:140] = RED
    page[52:69, 108:142] = (210, 215, 250)
    page[59:61, 110:140] = BLUE
    entries = read_legend(Figure("f", page), PANEL, [label_at("A1", 40), label_at("B1", 60)])
    assert [e.color for e in entries] == [RED, BLUE]


def test_a_statistic_beside_a_curve_is_no_legend() -> None:
    page = blank_page()
    page[39:41, 30:140] = RED
    page[40:120, 139:141] = RED
    tokens = [label_at("P=0.01", 40), label_at("Median A: 12 months", 60)]
    assert read_legend(Figure("f", page), PANEL, tokens) == ()


def test_text_without_samples_labels_the_curve_beside_it() -> None:
    page = blank_page()
    page[50:61, 150:190] = np.where(np.arange(40)[:, None] % 3 == 0, RED, 255).astype(np.uint8)
    (entry,) = read_legend(Figure("f", page), PANEL, [label_at("Statin", 55)])
    assert (entry.label, entry.place, entry.sample) == ("Statin", "direct", None)
    assert entry.color == RED


def test_text_just_right_of_the_frame_labels_the_curve_that_ends_there() -> None:
    labels = [label_at("Apixaban", 55, 286), label_at("Warfarin", 95, 286)]
    wider = replace(PANEL, region=Box(0, 0, 399, 199))
    found = read_legend(Figure("f", blank_page()), wider, labels)
    assert [(entry.label, entry.place) for entry in found] == [("Apixaban", "direct"), ("Warfarin", "direct")]
    assert (
        read_legend(Figure("f", blank_page()), replace(PANEL, region=Box(0, 0, 399, 199)), [label_at("Far", 55, 330)])
        == ()
    )


def test_rows_of_a_table_are_no_legend_where_there_is_another() -> None:
    page = blank_page()
    for row, color in ((39, RED), (59, BLUE)):
        page[row : row + 2, 110:140] = color
    rows = []
    for row, name in ((150, "Drug"), (165, "Sham"), (180, "None")):
        page[row - 1 : row + 1, 22:40] = 0
        rows += [label_at(name, row, 50), label_at("80", row, 150), label_at("41", row, 220)]
    found = read_legend(Figure("f", page), PANEL, [label_at("Drug", 40), label_at("Sham", 60), *rows])
    assert [(entry.label, entry.color) for entry in found] == [("Drug", RED), ("Sham", BLUE)]


def test_a_sample_beside_the_frame_begins_at_the_frame() -> None:
    page = blank_page()
    page[20:181, 20:22] = 0
    page[39:41, 30:60] = RED
    page[59:61, 30:60] = BLUE
    entries = read_legend(Figure("f", page), PANEL, [label_at("Yes", 40, 70), label_at("No", 60, 70)])
    assert [(e.label, e.place, e.sample and e.sample.left) for e in entries] == [
        ("Yes", "legend", 30),
        ("No", "legend", 30),
    ]


def test_a_missing_sample_between_two_others_keeps_its_label() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    page[95:97, 110:140] = BLUE
    labels = [label_at("Low", 40), label_at("Medium (7/20)", 68), label_at("High", 96)]
    entries = read_legend(Figure("f", page), PANEL, labels)
    assert [e.label for e in entries] == ["Low", "Medium", "High"]
    assert (entries[1].n, entries[1].events) == (20, 7)


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


def test_a_sample_in_the_box_of_its_label_is_still_seen() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    page[36:45, 150:180] = page[56:65, 150:180] = 0
    stuck = TextToken("Placebo", Box(128, 35, 192, 45))
    entries = read_legend(Figure("f", page), PANEL, [stuck, label_at("Drug", 60)])
    assert [e.color for e in entries] == [RED, BLUE]


def test_ends_of_curves_are_no_samples_of_the_labels_beside_them() -> None:
    page = blank_page()
    for row, ink in ((60, RED), (110, BLUE)):
        for start in range(row - 30, row, 5):
            page[start : start + 2, 109:111] = ink
        for start in range(110, 140, 5):
            page[row - 1 : row + 1, start : start + 2] = ink
        page[row - 4 : row + 5, 150:180] = ink
    entries = read_legend(Figure("f", page), PANEL, [label_at("Placebo", 60), label_at("Drug", 110)])
    assert [(e.label, e.place) for e in entries] == [("Placebo", "direct"), ("Drug", "direct")]


def test_a_sample_between_two_lines_names_both() -> None:
    page = blank_page()
    page[44:46, 110:140] = RED
    page[84:86, 110:140] = BLUE
    lines = [("Standard", 38), ("therapy", 52), ("Dense", 78), ("therapy", 92)]
    labels = [TextToken(text, Box(150, row - 4, 150 + 6 * len(text), row + 4)) for text, row in lines]
    entries = read_legend(Figure("f", page), PANEL, labels)
    assert [e.label for e in entries] == ["Standard therapy", "Dense therapy"]


def test_a_second_line_is_no_label_whose_sample_was_missed() -> None:
    page = blank_page()
    page[37:39, 110:140] = RED
    page[74:76, 110:140] = BLUE
    lines = [("Standard", 38), ("therapy", 53), ("Dense", 75), ("therapy", 90)]
    labels = [TextToken(text, Box(150, row - 5, 150 + 6 * len(text), row + 5)) for text, row in lines]
    entries = read_legend(Figure("f", page), PANEL, labels)
    assert [e.label for e in entries] == ["Standard therapy", "Dense therapy"]


def test_cells_of_a_table_are_no_labels() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    cells = [label_at("244 (0) 206 (3)178 (20)", 40), label_at("87 (0) 77 (0)", 60)]
    assert not read_legend(Figure("f", page), PANEL, cells)


def test_grid_lines_between_the_columns_of_a_table_are_no_samples() -> None:
    page = np.full((260, 300, 3), 255, np.uint8)
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    tokens = [label_at("Placebo", 40), label_at("Drug", 60)]
    for row in (210, 230, 250):
        page[row, 20:280] = 225
        for left in (30, 100, 170, 240):
            page[row - 5 : row + 6, left - 3 : left + 21] = 255
            tokens.append(label_at("123", row, left))
    panel = Panel("A", Box(20, 20, 280, 180), Box(0, 0, 299, 259), 180, 20)
    entries = read_legend(Figure("f", page), panel, tokens)
    assert [(e.label, e.color) for e in entries] == [("Placebo", RED), ("Drug", BLUE)]


def test_a_line_of_the_grid_from_the_axis_to_a_remark_is_no_sample() -> None:
    page = blank_page()
    page[40, 22:84] = 200
    assert read_legend(Figure("f", page), PANEL, [label_at("One cohort", 40, 90)]) == (
        LegendEntry("One cohort", Box(90, 35, 150, 45), place="direct"),
    )


def test_the_end_of_a_label_that_a_curve_cuts_off_is_a_count_without_a_name() -> None:
    labels = [label_at("= 130)", 60), label_at("Standard (n = 128)", 120)]
    found = read_legend(Figure("f", blank_page()), PANEL, labels)
    assert [(entry.label, entry.n) for entry in found] == [("", 130), ("Standard", 128)]


def test_a_dot_of_a_sample_that_is_read_as_a_letter_is_no_text() -> None:
    page = blank_page()
    page[39:42, 110:140] = RED
    page[39:42, 200:206] = page[39:42, 220:226] = BLUE
    dot = TextToken("I", Box(220, 37, 226, 41), 0.9)
    entries = read_legend(Figure("f", page), PANEL, [label_at("CR", 40), dot, label_at("SD", 40, 236)])
    assert [(e.label, e.color) for e in entries] == [("CR", RED), ("SD", BLUE)]


def test_a_heading_before_a_row_of_entries_is_none_of_them() -> None:
    """Its end is as far from the first sample as the labels are from theirs; the table names the arms."""
    page = blank_page()
    page[39:41, 60:80], page[39:41, 130:180] = RED, BLUE  # the second one seems too long
    legend = [label_at("Group", 40, 20), label_at("Arm A", 40, 90), label_at("Arm B", 40, 190)]
    rows = [label_at(name, row, 2) for name, row in (("Arm A", 186), ("Arm B", 196))]
    counts = [label_at(count, row.box.center_y, left) for row in rows for count, left in (("80", 60), ("41", 160))]
    entries = read_legend(Figure("f", page), PANEL, [*legend, *rows, *counts])
    assert [e.label for e in entries] == ["Arm A", "Arm B"]
