"""The words of a legend without the pieces of samples, curves and counts that stand with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from legend_page import BLUE, PANEL, RED, blank_page, label_at

from kmdigitize.geometry import Box
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.text.counts import name_before_statistic, split_counts
from kmdigitize.text.direct_labels import without_specks
from kmdigitize.text.legend import read_legend
from kmdigitize.text.legend_labels import without_samples_around


def test_the_name_before_a_statistic_is_that_of_the_sample_beside_it() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    told = [label_at("Drug A (median 10.7 mo)", 40), label_at("Drug B: mOS 17.5 months", 60)]
    assert [e.label for e in read_legend(Figure("f", page), PANEL, told)] == ["Drug A", "Drug B"]
    assert read_legend(Figure("f", blank_page()), PANEL, told[:1]) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Arm A: 10.2 months (8.1-12.0)", "Arm A"),
        ("Control eye Log-rank p < 0.001", "Control eye"),
        ("No tamoxifenLog-rank p = 0.003", "No tamoxifen"),
        ("Laser HR 0.46 (95% CI 0.33-0.64)", "Laser"),
        ("CHR 21 loss", ""),
        ("Docetaxel, 12-month OS 54%", "Docetaxel"),
        ("Grade 1-2 (HR 1.0)", "Grade 1-2"),
        ("Median (months): 10.7", ""),
        ("Log-rank, HR 0.6", ""),
        ("Cisplatin, 3 cycles", ""),
    ],
)
def test_names_before_statistics(text: str, name: str) -> None:
    assert name_before_statistic(text) == name


def test_the_end_of_a_curve_before_a_label_right_of_the_frame_is_no_letter() -> None:
    labels = [label_at("I Stage IIIB", 55, 268), label_at("L Stage II", 95, 268), label_at("I Phase", 135, 286)]
    found = read_legend(Figure("f", blank_page()), replace(PANEL, region=Box(0, 0, 399, 199)), labels)
    assert [entry.label for entry in found] == ["Stage IIIB", "Stage II", "I Phase"]


def test_the_first_dash_of_the_next_sample_is_no_part_of_a_label() -> None:
    page = blank_page()
    page[39:41, 110:130] = RED
    for start in (186, 195):
        page[39:41, start : start + 6] = BLUE
    labels = [TextToken("Usual —", Box(140, 35, 192, 45)), label_at("Coaching", 40, 216)]
    found = read_legend(Figure("f", page), PANEL, labels)
    assert [entry.label for entry in found] == ["Usual", "Coaching"]
    assert found[1].color == BLUE


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
    assert without_specks(read, [label_at(text, 40) for text in [read, *others]]) == label


def test_a_sample_read_as_a_sign_is_no_part_of_the_label() -> None:
    page = blank_page()
    for row, color in ((40, RED), (60, BLUE), (80, (0, 0, 0))):
        page[row - 1 : row + 1, 110:140] = color
    stuck = TextToken("+ 10 mg", Box(122, 55, 186, 65))
    entries = read_legend(Figure("f", page), PANEL, [label_at("5 mg", 40), stuck, label_at("Placebo", 80)])
    assert [e.label for e in entries] == ["5 mg", "10 mg", "Placebo"]


def test_a_dash_behind_the_name_of_a_plus_is_a_minus() -> None:
    page = blank_page()
    page[39:41, 110:140] = RED
    page[59:61, 110:140] = BLUE
    page[59:61, 177:182] = 0
    entries = read_legend(Figure("f", page), PANEL, [label_at("EGFR+", 40), label_at("EGFR", 60)])
    assert [e.label for e in entries] == ["EGFR+", "EGFR-"]
    page[59:61, 177:182] = 255
    entries = read_legend(Figure("f", page), PANEL, [label_at("EGFR+", 40), label_at("EGFR", 60)])
    assert [e.label for e in entries] == ["EGFR+", "EGFR"]


def test_a_marked_sample_read_as_digits_is_no_part_of_the_label() -> None:
    page = blank_page()
    for row, color in ((40, RED), (60, BLUE), (80, (0, 0, 0))):
        page[row - 1 : row + 1, 110:140] = color
        page[row - 4 : row + 4, 128] = color
    stuck = TextToken("-4. Arm B", Box(122, 55, 190, 65))
    entries = read_legend(Figure("f", page), PANEL, [label_at("Arm A", 40), stuck, label_at("Arm C", 80)])
    assert [e.label for e in entries] == ["Arm A", "Arm B", "Arm C"]


def test_a_letter_that_sticks_out_of_its_box_is_no_part_of_the_next_sample() -> None:
    page = blank_page()
    page[39:41, 30:50] = RED
    page[39:41, 130:150] = BLUE
    page[36:44, 108:112] = 0
    surgery = TextToken("Surgery", Box(60, 35, 109, 45))
    entries = read_legend(Figure("f", page), PANEL, [surgery, label_at("Surgery + RT", 40, 160)])
    assert [(e.label, e.sample and e.sample.left) for e in entries] == [("Surgery", 30), ("Surgery + RT", 130)]


def test_a_dash_in_the_box_of_the_label_before_it_is_the_next_sample() -> None:
    page = blank_page()
    page[39:41, 30:48] = 0
    for column in (55, 62, 69, 76, 83):
        page[36:45, column : column + 4] = 0
    page[39:41, 99:111] = 0
    page[39:41, 180:182] = page[39:41, 190:192] = 0
    tokens = [TextToken("Low", Box(55, 35, 112, 45)), label_at("Drug", 40, 130), label_at("High", 40, 215)]
    entries = read_legend(Figure("f", page), PANEL, tokens)
    assert [(e.label, e.dash) for e in entries] == [("Low", "solid"), ("Drug", "dashed"), ("High", "dotted")]


def test_the_heading_and_the_rows_that_explain_marks_name_no_arm() -> None:
    page = blank_page()
    for row, color in ((60, RED), (80, BLUE), (100, RED), (120, BLUE)):
        page[row - 1 : row + 1, 110:140] = color
    names = ("group", "1.00", "2.00", "1.00-censored", "2.00-censored")
    tokens = [label_at(text, 40 + 20 * i) for i, text in enumerate(names)]
    assert [e.label for e in read_legend(Figure("f", page), PANEL, tokens)] == ["1.00", "2.00"]
    page[39:41, 112:118] = 90
    assert [e.label for e in read_legend(Figure("f", page), PANEL, tokens)] == ["group", "1.00", "2.00"]


@pytest.mark.parametrize(("high", "name"), [(9, "Ablation"), (2, "-Ablation")])
def test_a_dash_before_a_label_stays_only_where_its_ink_is_one(high: int, name: str) -> None:
    page = blank_page()
    for row, color in ((40, RED), (60, BLUE)):
        page[row - 1 : row + 1, 110:140] = color
    page[60 - high // 2 : 60 + (high + 1) // 2, 150:156] = 0
    page[56:65, 160:166] = 0
    found = read_legend(Figure("f", page), PANEL, [label_at("Resection", 40), label_at("-Ablation", 60)])
    assert [entry.label for entry in found] == ["Resection", name]


@pytest.mark.parametrize("marked", [False, True])
def test_a_sample_inside_the_box_of_its_label_is_found_with_a_mark_on_it_too(marked: bool) -> None:
    page = blank_page()
    for row, color in ((40, BLUE), (60, RED)):
        page[row - 1 : row + 1, 110:140] = color
        page[row - 5 : row + 5, 124:127] = color if marked else page[row - 5 : row + 5, 124:127]
    stuck = TextToken("high", Box(112, 55, 212, 65))
    found = read_legend(Figure("f", page), PANEL, [label_at("low", 40), stuck])
    assert [(entry.label, entry.color, entry.place) for entry in found] == [
        ("low", BLUE, "legend"),
        ("high", RED, "legend"),
    ]


@pytest.mark.parametrize(("high", "name"), [(3, "Coaching"), (8, "• Coaching")])
def test_the_last_dot_of_a_broken_sample_is_no_sign_of_its_label(high: int, name: str) -> None:
    """A dash and a dot make a sample; read with the label, the dot is a bullet. Real bullets are higher."""
    page = blank_page()
    page[38:41, 60:82] = page[38:41, 186:198] = RED
    page[40 - high // 2 - 1 : 40 - high // 2 - 1 + high, 208:211] = RED
    page[36:44, 222:270:4] = 0
    labels = [TextToken("Usual", Box(92, 35, 122, 45)), TextToken("• Coaching", Box(208, 35, 270, 45))]
    page[36:44, 92:122:4] = 0
    assert [without_samples_around(page, label).text for label in labels] == ["Usual", name]
    if high == 3:
        found = read_legend(Figure("f", page), PANEL, labels)
        assert [entry.label for entry in found] == ["Usual", "Coaching"]
        assert found[1].dash == "dashed"
