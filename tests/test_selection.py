"""Which lines of one ink are curves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from stairs import WHITE, stairs

from kmdigitize.detect import tracing
from kmdigitize.detect.beside import share_of_marks
from kmdigitize.detect.ink_records import BLACK, Ink
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.selection import choose_curves
from kmdigitize.detect.tracing import Arm, Found, find_arm, is_area, lone_line
from kmdigitize.detect.unannounced import unexplained_line
from kmdigitize.geometry import Box
from kmdigitize.records.printed import LegendEntry


def test_a_straight_line_along_the_top_does_not_keep_a_pale_curve_from_being_found() -> None:
    coverage = np.zeros((120, 300), np.float32)
    coverage[9:11, :] = 1
    coverage[9:60, 29:31] = coverage[59:61, 29:150] = coverage[59:90, 149:151] = coverage[89:91, 149:300] = 1
    coverage[9:31, 60:62] = coverage[29:31, 60:180] = coverage[29:51, 180:182] = coverage[49:51, 180:300] = 0.7
    nothing = np.zeros_like(coverage)
    sheet = Sheet(coverage, nothing, nothing, nothing, 2.0, 0, 10.0)
    legend = [LegendEntry("", Box(0, 0, 1, 1), Box(0, 0, 1, 1), (0, 0, 0), "solid", 2.0, ())]
    found = choose_curves([sheet], [Ink(BLACK, ((0, "solid"),))], legend, WHITE, 2)
    assert sorted(int(curve.road.rows[-1]) for _, curve in found) == [50, 89]


def test_a_steep_line_with_dashes_longer_than_its_sample_is_found() -> None:
    coverage = np.zeros((420, 400), np.float32)
    row, column, way = 10, 5, 0
    while row < 390:
        for down in [True] * 25 + [False] * 8:
            row, column, way = row + down, column + (not down), way + 1
            if way % 52 < 36:
                coverage[row - 2 : row + 2, column - 2 : column + 2] = 1
    nothing = np.zeros_like(coverage)
    sheet = Sheet(coverage, nothing, nothing, nothing, 4.0, 5, 10.0)
    legend = [
        LegendEntry(name, Box(0, 0, 1, 1), Box(0, 0, 1, 1), color, "solid", 4.0, ())
        for name, color in (("Placebo", (200, 0, 0)), ("Drug", (0, 0, 200)))
    ]
    found = choose_curves([sheet], [Ink((200.0, 0.0, 0.0), ((0, "solid"),))], legend, WHITE, None)
    assert [curve.arm.entry for _, curve in found] == [0]
    assert found[0][1].road.rows[-1] > 350


def test_a_weaker_ink_is_a_curve_where_no_legend_has_named_the_others() -> None:
    nothing = np.zeros((200, 400), np.float32)
    strong = [stairs(200, 400, [10 + x * k // 40 for x in range(400)]) for k in (2, 14)]
    weak = stairs(200, 400, [10 + x // 6 for x in range(400)]) * (np.arange(400) % 14 < 8)
    sheets = [Sheet(np.asarray(i, np.float32), nothing, nothing, nothing, 2.0, 0, 10.0) for i in (*strong, weak)]
    inks = [Ink(color) for color in ((200.0, 0.0, 0.0), (0.0, 0.0, 200.0), (0.0, 160.0, 0.0))]
    assert sorted(k for k, _ in choose_curves(sheets, inks, (), WHITE, None)) == [0, 1, 2]


def test_marks_that_hang_together_with_a_curve_are_no_broken_line() -> None:
    rows = [20 + x // 8 for x in range(400)]
    ink = stairs(200, 400, rows)
    for x in range(6, 394, 9):
        ink[rows[x] - 5 : rows[x] + 8, x : x + 2] = 1
        ink[rows[x] + 6 : rows[x] + 8, x - 3 : x + 4] = 1
    nothing = np.zeros_like(ink)
    sheet = Sheet(ink, nothing, nothing, nothing, 2.0, 0, 20.0)
    assert len(choose_curves([sheet], [Ink((0.0, 160.0, 0.0))], (), WHITE, None)) == 1


@pytest.mark.parametrize(("ink", "traced"), [(slice(0, 20), True), (slice(0, 5), False), (slice(60, 100), False)])
def test_ink_that_no_path_could_make_a_curve_is_not_traced(ink: slice, traced: bool, monkeypatch: Any) -> None:
    coverage = np.zeros((60, 100), np.float32)
    coverage[9:12, ink] = 1
    nothing = np.zeros_like(coverage)
    tried = []
    monkeypatch.setattr(tracing, "find_arm", lambda *arguments, **_: tried.append(arguments))
    sheet = Sheet(coverage, nothing, nothing, nothing, 3.0, 0, 10.0)
    choose_curves([sheet], [Ink(BLACK, ())], [], WHITE, None)
    assert bool(tried) == traced


def test_sparse_dots_of_an_ink_without_a_sample_come_before_a_second_line_of_another_ink() -> None:
    nothing = np.zeros((300, 400), np.float32)
    dots = stairs(300, 400, [10 + x // 10 for x in range(400)]) * (np.arange(400) % 10 < 4)
    low, high = (stairs(300, 400, [10 + x // k for x in range(400)]) for k in (3, 40))
    for x in range(100, 390, 12):
        high[30 + x // 40, x : x + 9] = 1
    sheets = [Sheet(np.asarray(i, np.float32), nothing, nothing, nothing, 2.0, 0, 10.0) for i in (high, low, dots)]
    colors = ((0, 0, 200), (0, 160, 0))
    inks = [Ink((float(r), float(g), float(b)), ((i, "solid"),)) for i, (r, g, b) in enumerate(colors)]
    legend = [LegendEntry("", Box(0, 0, 1, 1), Box(0, 0, 1, 1), color, "solid", 2.0) for color in colors]
    legend.append(LegendEntry("Drug", Box(0, 0, 1, 1)))
    found = choose_curves(sheets, [*inks, Ink((200.0, 0.0, 0.0))], legend, WHITE, 3)
    assert sorted(k for k, _ in found) == [0, 1, 2]


def test_only_ink_close_to_a_curve_is_of_its_marks() -> None:
    ink = np.zeros((120, 200), np.float32)
    ink[20:22] = ink[26:28] = ink[80:82] = ink[20:82, :2] = 1
    nothing = np.zeros_like(ink)
    sheet = Sheet(ink, nothing, nothing, nothing, 2.0, 0, 20.0)

    def along(row: int) -> Found:
        return Found(Arm(None, "unknown"), Road(0, np.full(200, row), -1.0), nothing)

    assert share_of_marks(along(26), along(20), sheet) == 1
    assert share_of_marks(along(80), along(20), sheet) == 0


def test_an_announced_curve_that_runs_along_the_axis_at_first_is_found_in_its_own_ink() -> None:
    nothing = np.zeros((200, 400), np.float32)
    early = stairs(200, 400, [10 + x // 3 for x in range(400)])
    late = stairs(200, 400, [10 + max(0, x - 140) // 4 for x in range(400)])
    axis = nothing.copy()
    axis[8:14, :150] = 1
    sheets = [
        Sheet(early, nothing, nothing, nothing, 2.0, 0, 10.0),
        Sheet(np.asarray(late * (1 - axis), np.float32), axis, nothing, nothing, 2.0, 0, 10.0),
    ]
    inks = [Ink((0.0, 0.0, 200.0)), Ink((230.0, 120.0, 0.0))]
    assert sorted(k for k, _ in choose_curves(sheets, inks, (), WHITE, 2)) == [0, 1]


def test_a_broken_line_of_many_small_steps_is_followed_to_its_end() -> None:
    coverage = np.zeros((330, 360), np.float32)
    row, column, way = 10, 5, 0
    while row < 300:
        for down in (True, False):
            row, column, way = row + down, column + (not down), way + 1
            if way % 18 < 8:
                coverage[row : row + 2, column : column + 2] = 0.8
    nothing = np.zeros_like(coverage)
    sheet = Sheet(coverage, nothing, nothing, nothing, 2.0, 5, 10.0)
    found = find_arm(sheet, Arm(0, "dashed", (8.0, 10.0)), [], [])
    assert found is not None
    assert found.road.rows[-1] > 290


def _steep_and_thin() -> Sheet:
    """A curve that after a flat falls in small steps, where its stroke is thinner than elsewhere."""
    rows = [20] * 60 + [22 + 2 * (x // 4) for x in range(340)]
    coverage = np.zeros((300, 500), np.float32)
    for x, row in enumerate(rows):
        coverage[rows[max(0, x - 1)] : row + 2, x] = 1 if x < 60 else 0.4
    nothing = np.zeros_like(coverage)
    return Sheet(coverage, nothing, nothing, nothing, 2.0, 0, 20.0)


def test_a_path_alone_in_its_ink_goes_on_where_much_of_it_is_left_over() -> None:
    found = find_arm(_steep_and_thin(), Arm(0, "solid"), [], [])
    assert found is not None
    assert found.road.rows.size > 390
    assert found.doubtful


def test_a_line_across_the_panel_is_no_ink_that_a_path_leaves_over() -> None:
    sheet = _steep_and_thin()
    sheet.coverage[:, 60:] = 0
    sheet.coverage[250:252] = 0.4
    found = find_arm(sheet, Arm(0, "solid"), [], [])
    assert found is not None
    assert found.road.rows.size < 65
    assert not found.doubtful


def test_where_two_shaded_bands_overlap_is_no_third_curve() -> None:
    upper, lower = [20 + x // 5 for x in range(400)], [60 + x // 5 for x in range(400)]
    overlap = np.zeros((200, 400), np.float32)
    for x in range(400):
        overlap[upper[x] + 8 : lower[x] - 6, x] = 0.6
    nothing = np.zeros_like(overlap)
    inks = [stairs(200, 400, rows) for rows in (upper, lower)]
    sheets = [Sheet(ink, nothing, nothing, nothing, 2.0, 0, 20.0) for ink in (*inks, overlap)]
    colors = [(200.0, 0.0, 0.0), (0.0, 0.0, 200.0), (177.0, 177.0, 177.0)]
    named = [
        LegendEntry(n, Box(0, 0, 1, 1), Box(0, 0, 1, 1), (round(r), round(g), round(b)), "solid", 2.0, ())
        for n, (r, g, b) in zip("AB", colors[:2], strict=True)
    ]
    found = choose_curves(
        sheets, [Ink(colors[0], ((0, "solid"),)), Ink(colors[1], ((1, "solid"),)), Ink(colors[2])], named, WHITE, None
    )
    assert sorted(k for k, _ in found) == [0, 1]
    (area,) = [one for one in [lone_line(sheets[2], False)] if one is not None]
    assert is_area(sheets[2], area.road)
    assert not is_area(sheets[0], next(curve.road for k, curve in found if k == 0))


def _broken(rows: list[int], pattern: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Stairs drawn with a pattern (on, off, … px) along the pen's way."""
    ink, way = np.zeros((300, len(rows)), np.float32), 0
    on = np.repeat([True, False] * (len(pattern) // 2), pattern)
    for x, row in enumerate(rows):
        for y in range(rows[max(0, x - 1)], row + 1):
            ink[y : y + 2, x : x + 2] += on[way % on.size]
            way += 1
    return np.asarray(np.clip(ink[:, : len(rows)], 0, 1), np.float32)


def _unnamed(*lines: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> int:
    ink = np.asarray(np.clip(sum(lines), 0, 1), np.float32)
    nothing = np.zeros_like(ink)
    return len(choose_curves([Sheet(ink, nothing, nothing, nothing, 2.0, 0, 20.0)], [Ink(BLACK)], (), WHITE, None))


def _falling(share: float) -> list[int]:
    return [20 + int(x * share) // 8 * 8 for x in range(400)]


def test_all_broken_lines_of_a_figure_without_a_legend_are_curves() -> None:
    lines = (stairs(300, 400, _falling(0.65)), _broken(_falling(0.4), (9, 6)), _broken(_falling(0.2), (3, 5)))
    assert _unnamed(*lines, _broken(_falling(0.06), (16, 6))) == 4


def test_broken_lines_of_one_type_on_both_sides_of_a_curve_are_its_limits_and_others_are_curves() -> None:
    curve, upper, lower = stairs(300, 400, _falling(0.35)), _falling(0.2), _falling(0.55)
    assert _unnamed(curve, _broken(upper, (9, 6)), _broken(lower, (9, 6))) == 1
    assert _unnamed(curve, _broken(upper, (9, 6)), _broken(lower, (3, 5))) == 3


def _one_sheet(*lines: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Sheet:
    ink = np.asarray(np.clip(sum(lines), 0, 1), np.float32)
    nothing = np.zeros_like(ink)
    return Sheet(ink, nothing, nothing, nothing, 2.0, 0, 20.0)


def test_a_coloured_line_along_the_top_is_an_arm_without_an_event_where_one_is_missing() -> None:
    falling = [20] * 60 + [20 + x // 2 for x in range(340)]
    sheets = [_one_sheet(stairs(300, 400, falling)), _one_sheet(stairs(300, 400, [20] * 400))]
    inks = [Ink((30.0, 120.0, 180.0)), Ink((214.0, 39.0, 40.0))]
    for expected, rows in ((2, [18, 2]), (None, [18])):
        found = choose_curves(sheets, inks, (), WHITE, expected)
        assert [int(curve.road.rows[-1]) // 10 for _, curve in found] == rows


@pytest.mark.parametrize(("expected", "count"), [(2, 2), (None, 1)])
def test_a_line_along_the_top_is_an_arm_without_an_event_where_one_is_missing(expected: int | None, count: int) -> None:
    falling = [20] * 60 + [20 + x // 2 for x in range(340)]
    sheet = _one_sheet(stairs(300, 400, falling), _broken([20] * 400, (9, 6)))
    found = choose_curves([sheet], [Ink(BLACK)], (), WHITE, expected)
    assert len(found) == count
    assert sorted(int(curve.road.rows[-1]) // 10 for _, curve in found) == ([2, 18] if count == 2 else [18])


def test_a_line_that_shows_late_beside_a_lone_curve_is_told_of_and_limits_are_not() -> None:
    curve = [20 + x // 4 for x in range(400)]
    late = [20 + x // 4 if x < 140 else 55 + (x - 140) // 12 for x in range(400)]
    sheet = _one_sheet(stairs(300, 400, curve), _broken(late, (9, 6)))
    found = choose_curves([sheet], [Ink(BLACK)], (), WHITE, None)
    assert len(found) == 1
    assert unexplained_line([sheet], found, announced=False) is not None
    limits = [_broken([20 + int(x * share) // 8 * 8 for x in range(400)], (9, 6)) for share in (0.12, 0.5)]
    sheet = _one_sheet(stairs(300, 400, curve), *limits)
    found = choose_curves([sheet], [Ink(BLACK)], (), WHITE, None)
    assert len(found) == 1
    assert unexplained_line([sheet], found, announced=False) is None


def test_a_line_that_was_looked_for_before_is_not_traced_again(monkeypatch: Any) -> None:
    ink = np.zeros((60, 100), np.float32)
    ink[9:12, :50], ink[29:32, 50:] = 1, 1
    nothing = np.zeros_like(ink)
    sheet = Sheet(ink, nothing, nothing, nothing, 3.0, 0, 10.0)
    first = find_arm(sheet, Arm(0, "solid"), [], [])
    monkeypatch.setattr(tracing, "_find_anew", None)
    again = find_arm(sheet, Arm(1, "solid"), [], [])
    assert first is not None
    assert again is not None
    assert again.arm.entry == 1
    assert np.array_equal(again.road.rows, first.road.rows)
    with pytest.raises(TypeError):
        find_arm(replace(sheet, coverage=ink.copy()), Arm(0, "solid"), [], [])


def test_a_path_is_not_looked_for_again_where_only_the_order_or_other_types_of_its_company_differ(
    monkeypatch: Any,
) -> None:
    ink = np.zeros((90, 100), np.float32)
    ink[9:12, :50], ink[29:32], ink[59:62] = 1, 1, 1
    nothing = np.zeros_like(ink)
    sheet = Sheet(ink, nothing, nothing, nothing, 3.0, 0, 10.0)
    others = [Found(Arm(k, "dotted"), Road(0, np.full(100, row), -1.0), nothing) for k, row in ((1, 30), (2, 60))]
    kinds = [Arm(1, "dotted"), Arm(2, "dashed"), Arm(3, "unknown")]
    find_arm(sheet, Arm(0, "solid"), others, kinds)
    find_arm(sheet, Arm(0, "dotted"), others, kinds)
    monkeypatch.setattr(tracing, "_find_anew", None)
    assert find_arm(sheet, Arm(0, "solid"), others[::-1], kinds[:1] * 3) is not None
    assert find_arm(sheet, Arm(0, "dotted"), others[::-1], kinds[::-1]) is not None
    with pytest.raises(TypeError):
        find_arm(sheet, Arm(0, "solid"), others, kinds[:2])  # all others are found
    with pytest.raises(TypeError):
        find_arm(sheet, Arm(0, "dotted"), others, [*kinds[:1] * 2, Arm(3, "solid")])  # all types are known
