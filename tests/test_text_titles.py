"""Axis titles, panel letters and panel titles."""

from __future__ import annotations

import pytest

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.text.titles import (
    direction,
    end_point,
    in_sequence,
    names_survival,
    read_axis_titles,
    read_panel_title,
    time_unit,
)

PANEL = Panel("A", Box(100, 50, 400, 250), Box(0, 0, 500, 400), 250, 100)


def _tokens(x: str, y: str) -> list[TextToken]:
    return [
        TextToken("0", Box(97, 260, 103, 270)),
        TextToken("12", Box(245, 260, 258, 270)),
        TextToken(x, Box(200, 280, 300, 292)),
        TextToken("Number at risk", Box(20, 310, 100, 320)),
        TextToken(y, Box(30, 80, 42, 220), angle=90.0),
    ]


def test_reads_both_titles() -> None:
    titles = read_axis_titles(_tokens("Time since randomisation (months)", "Progression-free survival (%)"), PANEL)
    assert titles.x_title == "Time since randomisation (months)"
    assert titles.y_title == "Progression-free survival (%)"
    assert (titles.time_unit, titles.end_point) == ("months", "progression-free survival")
    assert (titles.percent, titles.direction, titles.kind) == (True, "down", "survival")


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        ("Cumulative hazard", "cumulative hazard"),
        ("log(-log(survival probability))", "log-log survival"),
        ("Schoenfeld residuals", "residuals"),
        ("Overall survival", "survival"),
    ],
)
def test_names_what_is_no_survival(y: str, kind: str) -> None:
    assert read_axis_titles(_tokens("Months", y), PANEL).kind == kind


def test_a_title_of_several_lines_is_read_from_left_to_right() -> None:
    tokens = [
        TextToken("of survival", Box(48, 100, 60, 180), angle=90.0),
        TextToken("Probability", Box(30, 100, 42, 180), angle=90.0),
    ]
    assert read_axis_titles(tokens, PANEL).y_title == "Probability of survival"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Months", "months"),
        ("Follow-up, years", "years"),
        ("OS_MONTHS", "months"),
        ("Time (wk)", "weeks"),
        ("Time", ""),
    ],
)
def test_time_units(text: str, unit: str) -> None:
    assert time_unit(text) == unit


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Event probability", "up"),
        ("Event-free probability", "down"),
        ("Cumulative incidence (%)", "up"),
        ("Cumulative mortality", "up"),
        ("1 - survival", "up"),
        ("Risk of death", "up"),
        ("Proportion surviving", "down"),
        ("Probability of disease-free survival", "down"),
        ("Percent", None),
    ],
)
def test_directions(text: str, way: str | None) -> None:
    assert direction(text) == way


def test_end_point_of_plain_survival_is_empty() -> None:
    assert end_point("Probability of survival") == ""
    assert end_point("Probability of relapse-free survival") == "relapse-free survival"
    assert end_point("OS (%)") == "OS"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("B  Overall survival",), ("B", "Overall survival")),
        (("A", "Men"), ("A", "Men")),
        (("Figure 2. Event-free survival",), ("", "Event-free survival")),
        ((), ("", "")),
    ],
)
def test_panel_letters_and_titles(texts: tuple[str, ...], expected: tuple[str, str]) -> None:
    tokens = [TextToken(t, Box(100 + 60 * i, 10, 140 + 60 * i, 22)) for i, t in enumerate(texts)]
    assert read_panel_title(tokens, PANEL) == expected


def test_entries_of_a_legend_above_the_panel_are_no_title() -> None:
    panel = Panel("1", Box(50, 60, 250, 160), Box(0, 0, 299, 199), 160, 50)
    entries = [TextToken("Male", Box(90, 20, 114, 30)), TextToken("Female", Box(180, 20, 216, 30))]
    assert read_panel_title(entries, panel) == ("", "")
    assert read_panel_title([*entries, TextToken("Lung cancer", Box(100, 2, 166, 12))], panel) == ("", "Lung cancer")


@pytest.mark.parametrize(("left", "top", "letter"), [(60, 51, "B"), (60, 45, "B"), (60, 120, ""), (150, 55, "")])
def test_a_letter_stands_in_the_margin_at_the_height_of_the_frame(left: float, top: float, letter: str) -> None:
    tokens = [TextToken("B", Box(left, top, left + 9, top + 12)), TextToken("100", Box(75, 46, 97, 56))]
    assert read_panel_title(tokens, PANEL) == (letter, "")


def test_units_of_other_languages() -> None:
    assert [time_unit(t) for t in ("Zeit (Monate)", "Temps (années)", "Tiempo, días")] == ["months", "years", "days"]


def test_the_letter_nearest_to_the_axis_is_the_panel_s() -> None:
    tokens = [TextToken("A", Box(10, 30, 20, 40)), TextToken("B", Box(70, 30, 80, 40))]
    assert read_panel_title(tokens, PANEL)[0] == "B"


@pytest.mark.parametrize(
    ("read", "letters"),
    [
        (["A", "B", "", "D"], ["A", "B", "C", "D"]),
        (["A", "", "", "D"], ["A", "", "", "D"]),
        (["A", "C", "", "D"], ["A", "C", "", "D"]),
        (["", ""], ["", ""]),
    ],
)
def test_letters_that_count_up_supply_the_missing_one(read: list[str], letters: list[str]) -> None:
    assert in_sequence(read) == letters


def test_a_piece_of_a_word_of_survival_names_it() -> None:
    assert names_survival("Overall")
    assert names_survival("ility")
    assert not names_survival("Tumour volume")
    assert not names_survival("Overall score")
