"""When lines of one ink may have been exchanged."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.doubts import doubts_about
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.tracing import Arm, Found
from kmdigitize.records.printed import Dash


@pytest.mark.parametrize(("dash", "doubted"), [("unknown", True), ("dashed", False)])
def test_lines_that_drop_past_each_other_may_have_been_exchanged(dash: Dash, doubted: bool) -> None:
    nothing = np.zeros((100, 200), np.float32)
    sheet = Sheet(np.ones_like(nothing), nothing, nothing, nothing, 2.0, 0, 10.0)
    lower, upper = np.repeat([10, 50], [40, 160]), np.repeat([10, 30, 80], [40, 60, 100])
    one = Found(Arm(0, "dotted"), Road(0, lower, -1.0), nothing)
    other = Found(Arm(1, dash), Road(0, upper, -1.0), nothing)
    assert ("curves_ambiguous" in {flag.code for flag in doubts_about(one, sheet, [other])}) == doubted


def test_a_curve_that_ends_long_before_the_others_is_doubted() -> None:
    nothing = np.zeros((100, 200), np.float32)
    sheet = Sheet(np.ones_like(nothing), nothing, nothing, nothing, 2.0, 0, 10.0)
    short = Found(Arm(0, "solid"), Road(0, np.repeat([10, 50], [40, 20]), -1.0), nothing)
    assert [flag.code for flag in doubts_about(short, sheet, [], 190)] == ["curve_doubtful"]
    assert doubts_about(short, sheet, [], 100) == ()
