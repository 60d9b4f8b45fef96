"""When a line is believed to be a curve beside others."""

from __future__ import annotations

import numpy as np
import pytest
from stairs import WHITE, stairs

from kmdigitize.detect.belief import falls_at_once
from kmdigitize.detect.ink_records import Ink
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.selection import choose_curves
from kmdigitize.detect.tracing import Arm, Found
from kmdigitize.geometry import Box
from kmdigitize.records.printed import LegendEntry


@pytest.mark.parametrize(("fall", "at_once"), [(2, True), (60, False)])
def test_a_line_that_is_down_at_once_runs_along_the_axis(fall: int, at_once: bool) -> None:
    nothing = np.zeros((200, 400), np.float32)
    sheet = Sheet(nothing, nothing, nothing, nothing, 2.0, 0, 5.0)
    rows = np.concatenate([np.full(fall, 5), np.full(400 - fall, 198)])
    assert falls_at_once(Found(Arm(None, "unknown"), Road(0, rows, -1.0), nothing), sheet) is at_once


@pytest.mark.parametrize(("offset", "count"), [(24, 3), (2, 2)])
def test_a_curve_that_crosses_others_often_rides_on_none(offset: int, count: int) -> None:
    """Three arms that differ little are near each other for long; a fringe is near one all along."""
    base = [10 + x // 3 for x in range(400)]
    other = [row + 24 for row in base]
    weaving = [row + round(offset / 2 * (1 + np.cos(x / 30))) for x, row in enumerate(base)]
    falling = np.maximum.accumulate(weaving).tolist()
    nothing = np.zeros((200, 400), np.float32)
    inks = [stairs(200, 400, rows) for rows in (base, other, falling)]
    sheets = [Sheet(np.asarray(ink, np.float32), nothing, nothing, nothing, 2.0, 0, 10.0) for ink in inks]
    colors = ((200.0, 0.0, 0.0), (0.0, 0.0, 200.0), (0.0, 160.0, 0.0))
    assert len(choose_curves(sheets, [Ink(color) for color in colors], (), WHITE, None)) == count


def test_crowded_marks_as_deep_as_the_curves_are_no_band() -> None:
    """One direct label was read: the other arm is as wide as a band, but of an ink as deep as that of the first."""
    nothing = np.zeros((200, 400), np.float32)
    thin, wide = (np.asarray(stairs(200, 400, [y + x // 4 for x in range(400)]), np.float32) for y in (20, 60))
    for shift in range(1, 12):
        wide[shift:] = np.maximum(wide[shift:], wide[:-shift])
    sheets = [Sheet(ink, nothing, nothing, nothing, 2.0, 0, 20.0) for ink in (thin, wide)]
    legend = [LegendEntry("A", Box(0, 0, 1, 1), Box(0, 0, 1, 1), (200, 0, 0), "solid", 2.0, (), place="direct")]
    inks = [Ink((200.0, 0.0, 0.0), ((0, "solid"),)), Ink((0.0, 120.0, 60.0)), Ink((200.0, 240.0, 220.0))]
    assert [k for k, _ in choose_curves(sheets, inks[:2], legend, WHITE, None)] == [0, 1]
    assert [k for k, _ in choose_curves(sheets, [inks[0], inks[2]], legend, WHITE, None)] == [0]
