"""Lines of one ink settled together, on lines drawn pixel by pixel and wrong paths to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from broken_lines import LONG, SHORT, Corners, draw, road, sheet_of

from kmdigitize.detect import line_types
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.pens import Pen
from kmdigitize.detect.together import Search, settle_together
from kmdigitize.detect.tracing import Arm, Found
from kmdigitize.records.printed import Dash

SOLID: Corners = [(0, 20), (50, 20), (50, 60), (120, 60), (120, 100), (290, 100)]
DASHED: Corners = [(0, 20), (80, 20), (80, 40), (150, 40), (150, 64), (290, 64)]
DOTTED: Corners = [(0, 20), (60, 20), (60, 30), (140, 30), (140, 84), (290, 84)]
TYPES: list[tuple[Corners, Dash, tuple[float, ...]]] = [
    (SOLID, "solid", ()),
    (DASHED, "dashed", LONG),
    (DOTTED, "dotted", SHORT),
]


def _sheet() -> Sheet:
    ink = np.zeros((120, 300), np.float32)
    for corners, _, pattern in TYPES:
        draw(ink, corners, pattern)
    return sheet_of(ink)


def _settled(sheet: Sheet, roads: Sequence[Road]) -> list[Found]:
    return settle_together(sheet, [
        Found(Arm(i, dash, pattern), path, sheet.occluded)
        for i, ((_, dash, pattern), path) in enumerate(zip(TYPES, roads, strict=True))
    ])  # fmt: skip


def _off(found: Found, corners: Corners) -> float:
    """Mean distance (px) of a path from where its line was drawn, beyond the drop that all share."""
    size = min(found.road.rows.size, 285)
    assert size > 260
    return float(np.mean(np.abs(found.road.rows[20:size] - road(corners).rows[20:size])))


def _exchanged() -> list[Road]:
    solid, a, b = (road(corners) for corners, _, _ in TYPES)
    return [solid, replace(a, rows=b.rows), replace(b, rows=a.rows)]


def _twice() -> list[Road]:
    solid, a, _ = (road(corners) for corners, _, _ in TYPES)
    return [solid, a, a]


def _along_the_solid_one() -> list[Road]:
    solid, _, b = (road(corners) for corners, _, _ in TYPES)
    return [solid, solid, b]


@pytest.mark.parametrize("wrong", [_exchanged, _twice, _along_the_solid_one])
def test_each_line_is_found_by_its_own_dashes(wrong: object) -> None:
    assert callable(wrong)
    for found, (corners, _, _) in zip(_settled(_sheet(), wrong()), TYPES, strict=True):
        assert _off(found, corners) < 1.5


def test_what_hides_a_moved_line_are_the_dashes_of_others() -> None:
    sheet = _sheet()
    found = _settled(sheet, _exchanged())[1]
    assert found.occluded[100, 200] == 1
    assert found.occluded[64, 200] == 0


def test_lines_that_agree_with_their_types_stay() -> None:
    roads = [road(corners) for corners, _, _ in TYPES]
    for found, path in zip(_settled(_sheet(), roads), roads, strict=True):
        assert found.road is path


@pytest.mark.parametrize("arms", [
    [Arm(0, "solid"), Arm(1, "unknown"), Arm(2, "dotted", SHORT)],
    [Arm(0, "solid"), Arm(1, "dashed"), Arm(2, "dotted", SHORT)],
    [Arm(0, "solid"), Arm(1, "solid"), Arm(2, "dotted", SHORT)],
])  # fmt: skip
def test_lines_of_unknown_types_stay(arms: Sequence[Arm]) -> None:
    sheet, roads = _sheet(), _exchanged()
    found = [Found(arm, path, sheet.occluded) for arm, path in zip(arms, roads, strict=True)]
    assert all(new.road is old.road for new, old in zip(settle_together(sheet, found), found, strict=True))


def test_marks_in_gaps_do_not_drive_a_line_away() -> None:
    ink = np.zeros((120, 300), np.float32)
    draw(ink, SOLID, ())
    draw(ink, DOTTED, SHORT)
    for x in range(150, 285, 9):
        ink[77:92, x : x + 2] = 1
    sheet = sheet_of(ink)
    arms = Arm(0, "solid"), Arm(1, "dotted", SHORT)
    right = [Found(arm, road(corners), sheet.occluded) for arm, corners in zip(arms, (SOLID, DOTTED), strict=True)]
    wrong = [right[0], replace(right[1], road=right[0].road)]
    for given in (right, wrong):
        assert _off(settle_together(sheet, given)[1], DOTTED) < 1.5


def test_lines_stay_where_marks_hide_every_pattern() -> None:
    sheet = _sheet()
    ink = sheet.coverage.copy()
    for corners, _, _ in TYPES:
        rows = road(corners).rows
        for x in range(10, rows.size, 5):
            ink[rows[x] - 6 : rows[x] + 6, x : x + 4] = 1
    roads = _exchanged()
    for found, path in zip(_settled(sheet_of(ink), roads), roads, strict=True):
        assert found.road is path


def test_a_reading_in_which_a_line_rides_on_others_all_along_is_none() -> None:
    sheet = _sheet()
    search = Search(sheet, [Pen(2.0, pattern, 1.0) for _, _, pattern in TYPES])
    solid, dashed, dotted = (road(corners) for corners, _, _ in TYPES)
    assert np.isfinite(search.left_over([solid, dashed, dotted]))
    assert search.left_over([solid, solid, dotted]) == np.inf


def test_thin_broken_lines_beside_a_thick_solid_one_lack_no_ink() -> None:
    """Where nothing is smoothed, whole pixels make a solid line thicker than the dashes of the same pen."""
    ink = np.zeros((120, 300), np.float32)
    draw(ink, SOLID, (), 4)
    draw(ink, DASHED, LONG)
    arms = Arm(0, "solid"), Arm(1, "dashed", LONG)
    sheet = sheet_of(ink, 4.0)
    right = [Found(arm, road(corners), sheet.occluded) for arm, corners in zip(arms, (SOLID, DASHED), strict=True)]
    assert all(new.road is old.road for new, old in zip(settle_together(sheet, right), right, strict=True))


def test_lines_of_measured_types_are_settled_together(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, ...]] = []

    def settle(_: Sheet, found: Sequence[Found]) -> list[Found]:
        asked.extend(curve.arm.period for curve in found)
        return list(found)

    monkeypatch.setattr(line_types, "settle_together", settle)
    sheet = _sheet()
    unknown = [Found(Arm(None, "unknown"), road(corners), sheet.occluded) for corners, _, _ in TYPES]
    line_types.by_measured_types(sheet, unknown)
    assert sorted(len(period) for period in asked) == [0, 2, 2]
