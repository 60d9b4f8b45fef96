"""Entries of the legend given to the curves of one ink by the line types that these show."""

from __future__ import annotations

import pytest
from test_line_types import DASHED, DOTTED, MIXED, PATTERNS, SOLID, along, drawn, sheet_of

from kmdigitize.detect.tracing import Arm
from kmdigitize.detect.type_names import named_by_types
from kmdigitize.geometry import Box
from kmdigitize.records.printed import Dash, LegendEntry

SAMPLE, LABEL = Box(400, 10, 421, 12), Box(430, 5, 470, 15)
ROWS = (SOLID, DASHED, DOTTED, MIXED)
SHEET = sheet_of(*(drawn(rows, pattern) for rows, pattern in zip(ROWS, PATTERNS, strict=True)))


def entry(label: str, dash: Dash, period: tuple[float, ...] = ()) -> LegendEntry:
    return LegendEntry(label, LABEL, SAMPLE, (0, 0, 0), dash, 2.0, period)


LEGEND = (
    entry("solid", "solid"),
    entry("dashed", "dashed", (12, 7)),
    entry("dotted", "dotted", (3, 6)),
    entry("mixed", "dashdot", (15, 4, 4, 4)),
)


@pytest.mark.parametrize("given", [(0, 1, 2, 3), (0, 3, 2, 1), (1, 0, 2, 3), (3, 0, 1, 2)])
def test_names_go_to_the_curves_that_look_like_their_samples(given: tuple[int, ...]) -> None:
    curves = [along(rows, Arm(given[i], "unknown")) for i, rows in enumerate(ROWS)]
    assert [curve.arm.entry for curve in named_by_types(SHEET, curves, LEGEND)] == [0, 1, 2, 3]


def test_a_sample_that_is_cut_off_is_the_beginning_of_a_longer_pattern() -> None:
    short = (entry("first", "dotted", (3, 6)), entry("second", "dashed", (15, 4)))
    curves = [along(rows, Arm(i, "unknown")) for i, rows in enumerate((MIXED, DOTTED))]
    assert [curve.arm.entry for curve in named_by_types(SHEET, curves, short)] == [1, 0]


def test_names_stay_where_samples_do_not_tell() -> None:
    unread = (entry("first", "unknown"), entry("second", "unknown"))
    curves = [along(rows, Arm(i, "unknown")) for i, rows in enumerate((MIXED, DOTTED))]
    assert [curve.arm.entry for curve in named_by_types(SHEET, curves, unread)] == [0, 1]


def test_names_stay_where_only_one_of_two_would_fit_better() -> None:
    odd = (entry("first", "dashed", (40, 30)), entry("second", "dotted", (3, 6)))
    curves = [along(rows, Arm(i, "unknown")) for i, rows in enumerate((DOTTED, SOLID))]
    assert [curve.arm.entry for curve in named_by_types(SHEET, curves, odd)] == [0, 1]
