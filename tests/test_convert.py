"""From pixels to survival: directions, clipping, merging and what is said about the start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmdigitize.detect.convert import conversion_flags, to_step_curve
from kmdigitize.geometry import AxisScale
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import CensorMark, Trace

# Time 0 at column 10, 1 per 10 px; survival 1 at row 20, 0 at row 220.
DOWN = Scales(AxisScale.through((10, 110), (0, 10)), AxisScale.through((20, 220), (1, 0)))
UP = Scales(DOWN.x, DOWN.y, direction="up")


def trace(levels, risers, sd=0.1, **more):
    k = len(risers)
    return Trace(10, 110, levels, risers, np.full(k + 1, sd), np.full(k, sd), np.ones(k + 1), **more)


def test_a_falling_curve_in_units_of_the_axes():
    curve = to_step_curve(trace([20, 40, 120], [30, 60]), DOWN, False)
    np.testing.assert_allclose(curve.time, [2, 5])
    np.testing.assert_allclose(curve.survival, [0.9, 0.5])
    assert curve.last_time == pytest.approx(10)
    assert curve.censor_times is None
    np.testing.assert_allclose(curve.time_sd, 0.01)
    np.testing.assert_allclose(curve.survival_sd, 0.0005)
    assert curve.survival_resolution == pytest.approx(1 / 200)


def test_a_rising_curve_is_one_minus_the_drawn_incidence():
    curve = to_step_curve(trace([220, 200, 120], [30, 60]), UP, False)
    np.testing.assert_allclose(curve.survival, [0.9, 0.5])


def test_a_first_flat_near_one_is_one_and_any_other_is_flagged():
    near, below = trace([20.8, 40], [30]), trace([40, 60], [30])
    assert to_step_curve(near, DOWN, False).time.size == 1
    assert conversion_flags(near, DOWN) == ()
    np.testing.assert_allclose(to_step_curve(below, DOWN, False).time, [0, 2])
    assert [flag.code for flag in conversion_flags(below, DOWN)] == ["starts_below_one"]


def test_a_drop_within_the_noise_is_merged_and_times_before_zero_are_zero():
    curve = to_step_curve(trace([20, 40, 40.05, 80], [5, 60, 70]), DOWN, False)
    np.testing.assert_allclose(curve.time, [0, 6])
    np.testing.assert_allclose(curve.survival, [1 - 20.025 / 200, 0.7])


def test_marks_and_bands_become_sorted_times():
    marked = trace([20, 40], [30], marks=(CensorMark(60, 40), CensorMark(40, 40)), mark_bands=((70, 90),))
    curve = to_step_curve(marked, DOWN, True)
    np.testing.assert_allclose(curve.censor_times, [3, 5])
    assert curve.censor_bands == ((pytest.approx(6), pytest.approx(8)),)
    assert "censor_marks_saturated" in [flag.code for flag in conversion_flags(marked, DOWN)]


def test_a_figure_with_marks_and_an_arm_without_says_so_by_an_empty_array():
    assert to_step_curve(trace([20, 40], [30]), DOWN, True).censor_times.size == 0


@given(
    st.lists(st.floats(10, 230), min_size=1, max_size=12),
    st.lists(st.floats(5, 115), min_size=11, max_size=11),
    st.floats(0.01, 3),
)
def test_whatever_the_levels_the_curve_is_a_survival_curve(levels, risers, sd):
    risers = sorted(risers)[: len(levels) - 1]
    curve = to_step_curve(trace(levels, risers, sd), DOWN, False)
    assert np.all(np.diff(np.concatenate([[1.0], curve.survival])) <= 0)
    assert curve.time.shape == curve.survival_sd.shape
