"""Numbers as figures print them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken
from kmdigitize.text.numbers import parse_number, plain_number, read_numbers


@pytest.mark.parametrize(
    ("text", "value", "percent"),
    [
        ("12", 12.0, False),
        ("0.5", 0.5, False),
        (".25", 0.25, False),
        ("0,5", 0.5, False),
        ("0·75", 0.75, False),
        ("100%", 100.0, True),
        ("80 %", 80.0, True),
        ("60%-", 60.0, True),
        ("90%6", 90.0, True),
        ("0.4-", 0.4, False),
        ("0.6 —", 0.6, False),
        ("12|", 12.0, False),
        ("1O", 10.0, False),
        ("O", 0.0, False),
        ("l2", 12.0, False),
        ("1,200", 1200.0, False),
        ("1 200", 1200.0, False),
        ("-2.0", -2.0, False),
        ("−4", -4.0, False),
    ],
)
def test_reads_what_is_a_number(text: str, value: float, percent: bool) -> None:
    assert parse_number(text) == (value, percent)


@pytest.mark.parametrize("text", ["", "months", "P=.02", "1-4 nodes", "45 (12)", "I", "0.1.2", "Q4", "T1"])
def test_leaves_everything_else(text: str) -> None:
    assert parse_number(text) is None


def test_keeps_box_and_order() -> None:
    tokens = [TextToken(t, Box(i, 0, i + 1, 1)) for i, t in enumerate(("0", "Time", "12"))]
    labels = read_numbers(tokens)
    assert [(label.value, label.box.left) for label in labels] == [(0.0, 0), (12.0, 2)]


@given(st.integers(0, 10**7))
def test_thousands_separators_change_nothing(n: int) -> None:
    assert plain_number(f"{n:,}") == str(n)


@given(st.decimals(min_value=0, max_value=999, places=2))
def test_decimal_marks_are_alike(value: object) -> None:
    point = f"{value:.2f}"
    assert plain_number(point.replace(".", ",")) == plain_number(point) == plain_number(point.replace(".", "·"))
