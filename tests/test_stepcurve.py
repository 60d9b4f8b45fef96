import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmdigitize.stepcurve import StepCurve, area_between


def curve(time: list[float], survival: list[float], last: float) -> StepCurve:
    return StepCurve(np.array(time), np.array(survival), last)


def test_right_continuous() -> None:
    c = curve([1, 3], [0.75, 0.5], 4)
    assert c.at([0, 0.999, 1, 2, 3, 9]).tolist() == [1, 1, 0.75, 0.75, 0.5, 0.5]


def test_vertices_start_at_one_and_end_where_the_curve_does() -> None:
    time, survival = curve([1, 3], [0.75, 0.5], 4).vertices()
    assert time.tolist() == [0, 1, 3, 4]
    assert survival.tolist() == [1, 0.75, 0.5, 0.5]
    time, _ = curve([1, 3], [0.75, 0.5], 3).vertices()
    assert time.tolist() == [0, 1, 3]


def test_area_by_hand() -> None:
    a, b = curve([1], [0.5], 4), curve([2], [0.25], 4)
    # |1 - 1| on [0, 1), |.5 - 1| on [1, 2), |.5 - .25| on [2, 4)
    assert area_between(a, b, 4) == pytest.approx((0 + 0.5 + 0.5) / 4)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1)), max_size=8))
def test_area_is_symmetric_and_zero_only_for_the_same(steps: list[tuple[float, float]]) -> None:
    times = sorted(t for t, _ in steps)
    levels = sorted((s for _, s in steps), reverse=True)
    a, b = curve(times, levels, 10), curve([], [], 10)
    assert area_between(a, a, 10) == 0
    assert area_between(a, b, 10) == pytest.approx(area_between(b, a, 10))


@pytest.mark.parametrize(
    ("time", "survival", "last"), [([2, 1], [1, 0.5], 3), ([1, 2], [0.5, 0.7], 3), ([1], [1.2], 3), ([4], [0.5], 3)]
)
def test_impossible_curves_are_refused(time: list[float], survival: list[float], last: float) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (four different reasons)
        curve(time, survival, last)
