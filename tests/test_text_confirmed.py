"""Labels change only towards a reading that the figure prints elsewhere."""

from __future__ import annotations

from dataclasses import replace

from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.text.confirmed import confirmed_labels


def _token(text: str, left: float, top: float, confidence: float = 1.0) -> TextToken:
    return TextToken(text, Box(left, top, left + 6 * len(text), top + 9), confidence)


def _entries(*tokens: TextToken, direct: bool = True) -> list[LegendEntry]:
    return [LegendEntry(t.text, t.box, place="direct" if direct else "legend") for t in tokens]


def _row(label: str, top: float) -> list[TextToken]:
    return [_token(label, 0, top), _token("20", 110, top), _token("11", 200, top)]


def test_a_table_row_mends_a_label() -> None:
    legend = [_token("Stage 1", 50, 10), _token("Stagg", 50, 30, 0.97)]
    found = confirmed_labels(_entries(*legend), [*legend, *_row("Stage 1", 200), *_row("Stage 3", 220)])
    assert [e.label for e in found] == ["Stage 1", "Stage 3"]


def test_the_row_that_one_label_repeats_is_not_left_for_another() -> None:
    legend = [_token("Stagg", 300, 50, 0.87), _token("IStage 2", 300, 90, 0.88)]
    found = confirmed_labels(_entries(*legend), [*legend, *_row("Stage 2", 200), *_row("Stage 3", 220)])
    assert [e.label for e in found] == ["Stage 3", "Stage 2"]


def test_a_label_that_the_table_repeats_stays() -> None:
    legend = [_token("Group A", 50, 10, 0.9), _token("Group B", 50, 30, 0.9)]
    found = confirmed_labels(_entries(*legend), [*legend, *_row("Group A", 200), *_row("Group B", 220)])
    assert [e.label for e in found] == ["Group A", "Group B"]


def test_the_surer_reading_of_a_legend_stays() -> None:
    legend = [_token("Arm B", 50, 10), _token("Arm A", 50, 30)]
    table = [*_row("Arm A", 200), *[TextToken(t.text, t.box, 0.8) for t in _row("Arm 8", 220)]]
    found = confirmed_labels(_entries(*legend, direct=False), [*legend, *table])
    assert [e.label for e in found] == ["Arm B", "Arm A"]


def test_a_direct_label_takes_the_blank_of_the_table() -> None:
    label = _token("Stage4", 50, 10)
    assert confirmed_labels(_entries(label), [label, *_row("Stage 4", 200)])[0].label == "Stage 4"


def test_an_unsure_word_follows_a_sure_one() -> None:
    legend = [_token("No statin", 50, 10), _token("Stain", 50, 60, 0.85)]
    assert [e.label for e in confirmed_labels(_entries(*legend), legend)] == ["No statin", "Statin"]


def test_a_sure_word_stays() -> None:
    legend = [_token("No statin", 50, 10), _token("Stain", 50, 60)]
    assert [e.label for e in confirmed_labels(_entries(*legend), legend)] == ["No statin", "Stain"]


def test_a_row_that_lost_its_number_mends_nothing() -> None:
    legend = [TextToken("x > 12", Box(150, 30, 190, 40), 0.9)]
    assert [e.label for e in confirmed_labels(_entries(*legend), [*legend, *_row("x>", 200)])] == ["x > 12"]


def test_a_misread_row_mends_only_the_label_that_it_is_most_like() -> None:
    legend = [_token("Stage III", 50, 10, 0.9), _token("Stage I", 50, 30)]
    found = confirmed_labels(_entries(*legend, direct=False), [*legend, *_row("Stade", 200)])
    assert [e.label for e in found] == ["Stage III", "Stage I"]


def test_a_row_that_was_read_with_its_first_count_names_no_other_arm() -> None:
    legend = [_token("High-dose", 50, 10, 0.97), _token("Low-dose", 50, 30)]
    found = confirmed_labels(_entries(*legend, direct=False), [*legend, *_row("High-dose 150", 200)])
    assert [e.label for e in found] == ["High-dose", "Low-dose"]


def test_a_count_printed_against_a_label_is_no_part_of_it() -> None:
    legend = [_token("Exercise", 50, 10, 0.97), _token("Control", 50, 30)]
    found = confirmed_labels(_entries(*legend, direct=False), [*legend, *_row("Exercise450", 200)])
    assert [e.label for e in found] == ["Exercise", "Control"]


def test_a_row_on_whose_label_the_first_count_is_printed_mends_nothing() -> None:
    legend = [_token("Radical surgery", 50, 10, 0.95), _token("Waiting", 50, 30)]
    found = confirmed_labels(_entries(*legend, direct=False), [*legend, *_row("Radical surge57 (0)", 200)])
    assert [e.label for e in found] == ["Radical surgery", "Waiting"]


def test_a_row_whose_counts_were_read_as_one_text_mends_a_label() -> None:
    legend = [_token("BMI", 50, 10), _token("Other", 50, 30)]
    row = [_token("BMI <25", 0, 200), _token("126 (0) 114 (3)96 (8)", 100, 200)]
    assert [e.label for e in confirmed_labels(_entries(*legend), [*legend, *row])] == ["BMI <25", "Other"]


def test_a_piece_of_a_sample_before_a_label_is_left_out_where_the_table_shows_it() -> None:
    legend = [_token("-x>12", 50, 10), _token("x<=6", 50, 30)]
    found = confirmed_labels(_entries(*legend, direct=False), [*legend, *_row("x > 12", 200), *_row("x <= 6", 220)])
    assert [e.label for e in found] == ["x > 12", "x<=6"]


def test_the_end_of_a_curve_read_as_a_digit_before_a_label_is_none() -> None:
    labels = [_token("7No aid", 50, 10, 0.92), _token("Financial aid", 50, 30)]
    found = confirmed_labels(_entries(*labels), [*labels, *_row("No aid", 200), *_row("Financial aid", 220)])
    assert [e.label for e in found] == ["No aid", "Financial aid"]


def test_two_lines_of_a_direct_label_are_one_where_the_table_says_so() -> None:
    lines = [_token("Drug plus", 300, 50), _token("control", 300, 62), _token("trol alone", 300, 90, 0.8)]
    table = [*_row("Control alone", 200), *_row("Drug plus control", 220)]
    found = confirmed_labels(_entries(*lines), [*lines, *table])
    assert [e.label for e in found] == ["Drug plus control", "Control alone"]
    assert found[0].box.bottom == lines[1].box.bottom
    assert len(confirmed_labels(_entries(*lines[:2]), lines[:2])) == 2


def test_a_row_whose_first_count_is_printed_over_its_label_spoils_no_name() -> None:
    legend = [_token("Pembrolizumab", 300, 50), _token("Chemothe", 300, 90, 0.98)]
    rows = [
        replace(token, confidence=0.91) if token.text == "Pembrolizumalbs4" else token
        for label, top in (("Pembrolizumalbs4", 200), ("Chemotherapy51", 220))
        for token in (_token(label, 0, top), _token("146", 140, top), _token("120", 200, top))
    ]
    found = confirmed_labels(_entries(*legend), [*legend, *rows])
    assert [e.label for e in found] == ["Pembrolizumab", "Chemotherapy"]


def test_a_row_whose_last_word_was_not_found_cuts_no_label() -> None:
    legend = [_token("Arm A", 50, 10, 0.99), _token("Arm B", 50, 30, 0.99)]
    table = [*_row("Arm", 200), *_row("Arm B", 220)]
    found = confirmed_labels(_entries(*legend, direct=False), [*legend, *table])
    assert [e.label for e in found] == ["Arm A", "Arm B"]
