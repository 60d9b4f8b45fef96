import numpy as np
import pytest

from kmdigitize.detect.endings import with_final_drop
from kmdigitize.geometry import AxisScale
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import Evidence, Trace

SCALES = Scales(AxisScale(0.1, -1.0), AxisScale(-0.01, 1.1))
"""Time 0 at x = 10; survival 1 at y = 10 and 0 at y = 110."""


def flat_at_40(stroke: int = 2) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    ink = np.zeros((120, 100), np.float32)
    ink[40 : 40 + stroke, 10:81] = 1
    return ink


def ending(ink: np.ndarray[tuple[int, int], np.dtype[np.float32]], scales: Scales = SCALES) -> Trace:
    evidence = Evidence(ink, np.zeros_like(ink), 0, 0, (0, 0, 0), 2.0)
    trace = Trace(10.0, 80.0, np.array([40.5]), np.empty(0), np.array([0.1]), np.empty(0), np.ones(1), stroke_px=2.0)
    return with_final_drop(evidence, trace, scales)


def test_ink_hanging_from_the_end_is_a_drop() -> None:
    ink = flat_at_40()
    ink[40:61, 79:81] = 1
    trace = ending(ink)
    assert trace.risers == pytest.approx([79.5], abs=0.5)
    assert trace.levels[-1] == pytest.approx(60.0, abs=1.0)


def test_a_drop_that_reaches_the_axis_goes_to_zero() -> None:
    ink = flat_at_40()
    ink[40:110, 79:81] = 1
    assert ending(ink).levels[-1] == pytest.approx(110.0)


def test_a_mark_on_both_sides_and_a_bare_end_are_no_drops() -> None:
    marked = flat_at_40()
    marked[34:48, 79:81] = 1
    for ink in (flat_at_40(), marked):
        assert ending(ink).risers.size == 0


def test_upward_curves_end_in_a_rise() -> None:
    scales = Scales(SCALES.x, SCALES.y, direction="up")
    ink = flat_at_40()
    ink[20:42, 79:81] = 1
    assert ending(ink, scales).levels[-1] == pytest.approx(21.0, abs=1.5)
