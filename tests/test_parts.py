"""What is drawn besides the panels is found, named and listed; legends, tables and boxes are no parts of the page."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.parts import find_parts
from kmdigitize.flags import Flag
from kmdigitize.geometry import AxisScale, Box, Pixels
from kmdigitize.others import apart_from_others, other_measure, skipped_parts
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.digitized import DigitizedArm, DigitizedPanel
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.stepcurve import StepCurve

FRAME = Box(60, 40, 300, 240)
LABELS = [TextToken(str(10 * i), Box(60.0 + 40 * i, 250, 72.0 + 40 * i, 259)) for i in range(7)]


def _page() -> Pixels:
    """White paper with the frame of a panel on its left and a curve in it."""
    page = np.full((480, 700, 3), 255, np.uint8)
    page[40:241, 60] = page[240, 60:301] = page[100:102, 62:290] = 0
    return page


def _bars(page: Pixels) -> Pixels:
    for left, top in ((400, 80), (460, 140), (520, 60), (580, 200)):
        page[top:240, left : left + 40] = 90
    return page


def _panel(name: str = "1") -> Panel:
    return Panel(name, FRAME, Box(0, 0, 699, 479), FRAME.bottom, FRAME.left)


def test_bars_beside_a_panel_are_a_part() -> None:
    (part,) = find_parts(Figure("f", _bars(_page())), [FRAME], LABELS)
    assert max(abs(part.left - 400), abs(part.top - 60), abs(part.right - 620), abs(part.bottom - 240)) <= 4


def test_a_legend_in_a_box_is_none() -> None:
    page = _page()
    page[60:240, [400, 640]] = page[[60, 239], 400:641] = 0
    page[80:230:30, 410:440] = (200, 30, 30)
    names = [TextToken("Treatment", Box(450, 76.0 + 30 * i, 620, 85.0 + 30 * i)) for i in range(5)]
    for name in names:
        page[int(name.box.top) : int(name.box.bottom), 450:620:3] = 0
    assert find_parts(Figure("f", page), [FRAME], [*LABELS, *names]) == ()


def test_a_shaded_table_under_a_panel_is_none() -> None:
    page = _page()
    page[290:460] = np.where((np.arange(290, 460) // 20 % 2 == 0)[:, None, None], 200, 255)
    cells = [
        TextToken("12", Box(60.0 + 40 * i, y, 72.0 + 40 * i, y + 9.0)) for i in range(6) for y in range(295, 455, 20)
    ]
    assert find_parts(Figure("f", page), [FRAME], [*LABELS, *cells]) == ()


def test_a_drawing_that_goes_on_above_its_frame_is_no_part() -> None:
    page = _page()
    page[300:460, 80:280] = 90
    assert len(find_parts(Figure("f", page), [FRAME], LABELS)) == 1
    page[255:300, 80:280] = 90
    assert find_parts(Figure("f", page), [FRAME], LABELS) == ()


def test_what_is_printed_on_another_part_belongs_to_no_panel() -> None:
    (panel,), others = apart_from_others((_panel(),), Figure("f", _bars(_page())), LABELS)
    assert 300 < panel.region.right < 400
    (part,) = skipped_parts([panel], others, LABELS)
    assert part.panel.name == "2"
    assert "no pair of numbered axes" in part.reason


def test_a_part_has_the_letter_that_the_panels_leave() -> None:
    other = Box(400, 60, 620, 240)
    assert [part.panel.name for part in skipped_parts([_panel("B")], [other], LABELS)] == ["A"]
    assert [part.panel.name for part in skipped_parts([_panel("D")], [other], LABELS)] == ["2"]


@pytest.mark.parametrize(
    ("title", "first_time", "flags", "other"),
    [
        ("Ki-67 (%)", 20, (), "Ki-67 (%)"),
        ("Frequency", 0, ("starts_below_one",), "Frequency"),
        ("Patients (%)", 0, ("starts_below_one",), ""),
        ("Survival", 40, (), ""),
        ("Surviua1", 0, (), ""),
        ("", 20, ("starts_below_one",), ""),
    ],
)
def test_panels_of_something_else_are_told_by_title_and_curves(
    title: str, first_time: float, flags: tuple[str, ...], other: str
) -> None:
    scales = Scales(AxisScale.through((60, 300), (first_time, 80)), AxisScale.through((240, 40), (0, 1)), y_title=title)
    curve = StepCurve(np.array([30.0]), np.array([0.5]), 60.0)
    arm = DigitizedArm("arm 1", curve, flags=tuple(Flag(code) for code in flags))
    assert other_measure(DigitizedPanel(_panel(), scales, (arm,))) == other
