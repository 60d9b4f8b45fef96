"""Small assignments and monotone cubics: the same as SciPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator
from scipy.optimize import linear_sum_assignment

from kmdigitize.primitives import assigned_pairs, monotone_cubic


@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_assignments_cost_as_little_as_those_of_scipy(m: int, n: int, seed: int) -> None:
    cost = np.random.default_rng(seed).uniform(-1.0, 1.0, (m, n))
    ours, theirs = assigned_pairs(cost), linear_sum_assignment(cost)
    assert [pair.tolist() for pair in ours] == [pair.tolist() for pair in theirs]


def test_nothing_to_assign() -> None:
    rows, columns = assigned_pairs(np.zeros((0, 3)))
    assert (rows.size, columns.size) == (0, 0)


@given(st.lists(st.tuples(st.floats(0.01, 10.0), st.floats(-5.0, 5.0)), min_size=2, max_size=9))
@settings(max_examples=100, deadline=None)
def test_monotone_cubic_is_that_of_scipy(steps: list[tuple[float, float]]) -> None:
    x, y = np.cumsum([a for a, _ in steps]), np.array([b for _, b in steps])
    at = np.linspace(x[0], x[-1], 50)
    assert monotone_cubic(x, y, at) == pytest.approx(PchipInterpolator(x, y)(at), abs=1e-9)
