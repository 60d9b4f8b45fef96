"""Line samples of legends: where they are, and of which line type."""

from __future__ import annotations

import numpy as np
import pytest
from legend_page import BLUE, PANEL, RED, blank_page, label_at

from kmdigitize.geometry import Box
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import Dash
from kmdigitize.text.dash_classes import classify_dash
from kmdigitize.text.legend import read_legend
from kmdigitize.text.samples import find_sample


def test_a_line_that_turns_is_a_curve() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    page[20:41, 110:112] = RED
    assert find_sample(page, Box(150, 35, 190, 45), 11.0, (0.0, 300.0)) is None


def test_a_curve_of_another_colour_close_by_is_no_part_of_a_sample() -> None:
    page = blank_page()
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


@pytest.mark.parametrize(("mark", "dash"), [(0, "dashed"), (85, "unknown")])
def test_a_blank_in_the_middle_of_a_sample_is_a_gap_and_a_mark_none(mark: int, dash: Dash) -> None:
    page = blank_page()
    page[39:41, 110:123] = page[39:41, 127:140] = 0
    page[:mark, 124:126] = 0
    sample = find_sample(page, Box(150, 35, 170, 45), 11.0, (90.0, 300.0))
    assert sample is not None
    assert sample.dash == dash


@pytest.mark.parametrize(("lack", "dash", "period"), [(16, "dashed", (24, 16)), (5, "dashed", ()), (1, "solid", ())])
def test_a_sample_shorter_than_the_others_is_the_first_dash_of_a_broken_line(
    lack: int, dash: Dash, period: tuple[float, ...]
) -> None:
    """Its gap can be measured only where it is shorter than what is lacking."""
    page = blank_page()
    page[50:53, 100:140] = page[70:73, 100 : 140 - lack] = (0, 0, 0)
    solid, broken = read_legend(Figure("", page), PANEL, (label_at("Placebo", 51), label_at("Drug", 71)))
    assert (solid.dash, broken.dash) == ("solid", dash)
    assert broken.period == period


def test_ink_of_a_curve_before_one_sample_makes_no_first_dashes_of_the_others() -> None:
    page = blank_page()
    for y in (40, 55, 70):
        page[y - 1 : y + 1, 104:140] = 0
    page[69:71, 98:104] = 0
    legend = read_legend(Figure("", page), PANEL, [label_at(name, y) for y, name in ((40, "A"), (55, "B"), (70, "C"))])
    assert [(entry.label, entry.dash) for entry in legend] == [("A", "solid"), ("B", "solid"), ("C", "solid")]


@pytest.mark.parametrize(
    ("pieces", "dash"), [(((104, 110), (124, 130)), "dotted"), (((104, 138),), "solid"), (((104, 122),), "dashed")]
)
def test_the_thin_crossbar_of_a_mark_on_a_sample_fills_no_gap_of_the_line(
    pieces: tuple[tuple[int, int], ...], dash: Dash
) -> None:
    page = blank_page()
    for y in (40, 90):
        page[y, 100:142] = page[y - 12 : y + 12, 120:122] = 0
    for first, stop in pieces:
        page[37:43, first:stop] = 0
    page[87:93, 104:138] = 0
    legend = read_legend(Figure("", page), PANEL, (label_at("Placebo", 40), label_at("Drug", 90)))
    assert [(entry.label, entry.dash) for entry in legend] == [("Placebo", dash), ("Drug", "solid")]


def test_marks_that_stand_close_above_each_other_are_no_curve_that_leads_on() -> None:
    page = blank_page()
    for y in (40, 70, 100):
        page[y : y + 3, 104:138] = page[y - 11 : y + 14, 120:122] = 0
    names = ("Placebo", "Drug", "Both")
    legend = read_legend(
        Figure("", page), PANEL, [label_at(name, y) for name, y in zip(names, (41, 71, 101), strict=True)]
    )
    assert [(entry.label, entry.place) for entry in legend] == [(name, "legend") for name in names]


def test_samples_behind_labels_that_end_in_one_column_are_one_legend() -> None:
    page = blank_page()
    labels = []
    for row, text, color in ((40, "Placebo", RED), (55, "Treatment", BLUE), (70, "Low dose", (0, 0, 0))):
        page[row - 1 : row + 1, 220:250] = color
        labels.append(label_at(text, row, 212 - 6 * len(text)))
    entries = read_legend(Figure("", page), PANEL, labels)
    assert [(e.label, e.color, e.place) for e in entries] == [
        ("Placebo", RED, "legend"),
        ("Treatment", BLUE, "legend"),
        ("Low dose", (0, 0, 0), "legend"),
    ]


def test_samples_behind_the_labels_of_two_columns_are_not_those_of_the_second_column() -> None:
    page = blank_page()
    labels = []
    for n, color in enumerate((RED, BLUE, (0, 110, 0), (0, 0, 0))):
        left, row = 40 + 110 * (n // 2), 150 + 16 * (n % 2)
        page[row - 1 : row + 1, left + 40 : left + 75] = color
        labels.append(label_at(f"Arm {n}", row, left))
    entries = read_legend(Figure("", page), PANEL, labels)
    assert {e.label: e.color for e in entries} == {
        "Arm 0": RED,
        "Arm 1": BLUE,
        "Arm 2": (0, 110, 0),
        "Arm 3": (0, 0, 0),
    }


def test_a_broken_sample_behind_its_label_begins_beside_it() -> None:
    page = blank_page()
    page[39:41, 200:240] = 0
    for start in range(200, 240, 18):
        page[59:61, start : min(start + 10, 240)] = 0
    solid, broken = read_legend(Figure("", page), PANEL, [label_at("Placebo", 40, 150), label_at("Drug", 60, 168)])
    assert (solid.dash, broken.dash) == ("solid", "dashed")
    assert broken.period == pytest.approx((10, 8), abs=0.5)


def test_a_heading_and_words_before_other_lines_make_no_legend_of_samples_behind() -> None:
    page = blank_page()
    page[149:151, 90:115] = RED
    page[149:151, 200:225] = BLUE
    page[39:41, 195:220] = (0, 0, 0)
    labels = [label_at("Group", 150, 50), label_at("Standard", 150, 125), label_at("New", 150, 235)]
    entries = read_legend(Figure("", page), PANEL, [*labels, label_at("Total", 40, 160)])
    assert [(e.label, e.color) for e in entries] == [("Standard", RED), ("New", BLUE)]


def test_a_tick_on_the_level_of_a_sample_is_none_of_its_dashes() -> None:
    page = blank_page()
    page[39:41, 92:102] = 0
    page[39:41, 110:140] = (255, 137, 94)
    sample = find_sample(page, Box(150, 35, 170, 45), 11.0, (60.0, 300.0))
    assert sample is not None
    assert (sample.box.left, sample.box.right, sample.dash) == (110, 139, "solid")
