"""Line types measured on curves, and told apart where the legend shows two alike."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.cut_samples import find_told_apart, unexplained
from kmdigitize.detect.line_types import by_measured_types, measured_type
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.tracing import Arm, Found, find_arms
from kmdigitize.records.printed import Dash

Ink = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

SIZE = (300, 500)


def stairs(start: int, width: int, drop: int) -> list[int]:
    """Rows of a curve that falls by ``drop`` px every ``width`` columns from column ``start`` on."""
    return [20 + max(0, (x - start) // width + 1) * drop for x in range(SIZE[1])]


def drawn(rows: list[int], pattern: tuple[int, ...] = (1, 0)) -> Ink:
    """A stroke of 2 px with a pattern (on, off, … px) along the pen's way."""
    ink, way = np.zeros(SIZE, np.float32), 0
    on = np.repeat([True, False] * (len(pattern) // 2), pattern)
    for x, row in enumerate(rows):
        for y in range(rows[max(0, x - 1)], row + 1):
            if on[way % on.size]:
                ink[y : y + 2, x : x + 2] = 1
            way += 1
    return ink


def sheet_of(*lines: Ink) -> Sheet:
    ink = np.asarray(np.clip(sum(lines), 0, 1), np.float32)
    nothing = np.zeros_like(ink)
    return Sheet(ink, nothing, nothing, nothing, 2.0, 0, 20.0)


def along(rows: list[int], arm: Arm) -> Found:
    return Found(arm, Road(0, np.array(rows), -100.0), np.zeros(SIZE, np.float32))


def errors(found: list[Found], truth: list[list[int]]) -> list[float]:
    """Mean distance (px) of each true curve to the nearest one found."""
    return [
        min(float(np.abs(np.array(rows)[: f.road.rows.size] - f.road.rows).mean()) for f in found) for rows in truth
    ]


SOLID, DASHED, DOTTED, MIXED = stairs(60, 40, 18), stairs(25, 90, 24), stairs(10, 60, 24), stairs(90, 130, 12)
PATTERNS = ((1, 0), (11, 8), (2, 7), (14, 5, 3, 5))
FOUR = [drawn(rows, p) for rows, p in zip((SOLID, DASHED, DOTTED, MIXED), PATTERNS, strict=True)]


@pytest.mark.parametrize(
    ("rows", "pattern", "dash"),
    [
        (DASHED, (11, 8), "dashed"),
        (DOTTED, (2, 7), "dotted"),
        (MIXED, (14, 5, 3, 5), "dashdot"),
        (SOLID, (1, 0), "solid"),
    ],
)
def test_a_curve_shows_its_line_type_between_its_drops(rows: list[int], pattern: tuple[int, ...], dash: Dash) -> None:
    arm = measured_type(sheet_of(drawn(rows, pattern)), along(rows, Arm(3, "unknown")))
    assert (arm.entry, arm.dash) == (3, dash)
    # A pen of 2 px lengthens pieces by a pixel and shortens gaps by as much.
    expected = [p + (1 if i % 2 == 0 else -1) for i, p in enumerate(pattern)] if dash != "solid" else []
    assert list(arm.period) == pytest.approx(expected, abs=0.6)


def test_a_line_of_which_no_dash_lies_on_a_flat_stays_unknown() -> None:
    steep = stairs(5, 8, 4)
    assert measured_type(sheet_of(drawn(steep, (30, 20))), along(steep, Arm(None, "unknown"))) == Arm(None, "unknown")


def test_of_two_lines_that_the_legend_shows_dotted_one_is_found_by_another_type() -> None:
    rows = [stairs(53, 84, 21), stairs(18, 73, 34), stairs(57, 114, 24), stairs(75, 113, 46)]
    sheet = sheet_of(*(drawn(row, pattern) for row, pattern in zip(rows, PATTERNS, strict=True)))
    dots = (3.0, 6.0)
    arms = [Arm(0, "solid"), Arm(1, "dashed", (12.0, 7.0)), Arm(2, "dotted", dots), Arm(3, "dotted", dots)]
    assert unexplained(sheet, find_arms(sheet, arms)) > 0.1
    told = find_told_apart(sheet, arms)
    assert unexplained(sheet, told) < 0.05
    assert max(errors(told, rows)) < 2
    assert [curve.arm.entry for curve in told] == [0, 1, 2, 3]


def test_curves_are_found_better_by_the_line_types_that_they_show() -> None:
    sheet, truth = sheet_of(*FOUR), [SOLID, DASHED, DOTTED, MIXED]
    before = find_arms(sheet, [Arm(None, "unknown")] * 4)
    after, kept = by_measured_types(sheet, before)
    assert kept
    assert max(errors(before, truth)) > 3
    assert max(errors(after, truth)) < 2
    assert sorted(curve.arm.dash for curve in after) == ["dashdot", "dashed", "dotted", "solid"]


def test_line_types_that_the_legend_shows_are_left_alone_where_they_explain_the_ink() -> None:
    sheet = sheet_of(*FOUR[:2])
    found = find_arms(sheet, [Arm(0, "solid"), Arm(1, "dashed", (12.0, 7.0))])
    assert by_measured_types(sheet, found) == (found, True)


def test_a_pattern_that_begins_otherwise_than_the_sample_is_another_line_s() -> None:
    found = [along(DASHED, Arm(0, "dashed", (20.0, 9.0))), along(MIXED, Arm(1, "dashed", (11.0, 8.0)))]
    sheet = sheet_of(drawn(DASHED, (11, 8)), drawn(MIXED, (20, 9)))
    assert measured_type(sheet, found[0]).period == pytest.approx((11, 8), abs=1.5)
    again, _ = by_measured_types(sheet, found)
    assert [one.arm.period for one in again] == [(20.0, 9.0), (11.0, 8.0)]
    cut = [along(MIXED, Arm(0, "dashed", (14.0, 5.0))), along(DASHED, Arm(1, "dashed", (11.0, 8.0)))]
    again, _ = by_measured_types(sheet_of(FOUR[3], FOUR[1]), cut)
    assert again[0].arm.dash == "dashdot"
