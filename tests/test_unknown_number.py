"""The number of patients where nothing prints it, and risk tables whose first cell cannot be true."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmdigitize.ipd.points import curve_from_points
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import Conflict, Draw, ReconstructionInputs
from kmdigitize.ipd.rows import scaled
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import km_steps


def _figure(n: int, rows: int, seed: int) -> tuple[StepCurve, np.ndarray, np.ndarray]:
    """A curve on whole rows and columns, with the patients behind it."""
    rng = np.random.default_rng(seed)
    event, follow_up = rng.exponential(17.0, n), rng.uniform(8.0, 30.0, n)
    time, seen = np.minimum(event, follow_up), event <= follow_up
    when, level, _, _ = km_steps(time, seen)
    points = curve_from_points(np.rint(when * 40) / 40, np.rint(level * rows) / rows)
    size = points.time.size
    curve = StepCurve(
        points.time,
        points.survival,
        float(time.max()),
        time_sd=np.full(size, 0.008),
        survival_sd=np.full(size, 0.3 / rows),
        time_resolution=1 / 40,
        survival_resolution=1 / rows,
    )
    return curve, time, seen


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_number_of_patients_and_events_follow_from_the_curve_alone(seed: int) -> None:
    curve, time, seen = _figure(60, 800, seed)
    found = reconstruct(ReconstructionInputs(curve)).ipd
    assert found.n == pytest.approx(time.size, abs=1)
    assert found.events == pytest.approx(seen.sum(), abs=1)


def test_twice_the_patients_are_not_preferred() -> None:
    curve, time, _ = _figure(100, 1000, 4)
    assert reconstruct(ReconstructionInputs(curve)).ipd.n < 1.3 * time.size


def test_scatter_tells_the_number_where_drops_are_below_a_row() -> None:
    curve, time, _ = _figure(1500, 300, 5)
    found = reconstruct(ReconstructionInputs(curve)).ipd
    assert time.size / 2.5 < found.n < time.size * 2.5


def _with_marks(n: int, rows: int, seed: int) -> tuple[ReconstructionInputs, np.ndarray, np.ndarray]:
    """Such a curve with a mark in every column in which somebody is censored."""
    curve, time, seen = _figure(n, rows, seed)
    marks = np.unique(np.rint(time[~seen] * 40) / 40)
    return ReconstructionInputs(replace(curve, censor_times=marks)), time, seen


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_patients_stay_on_the_curve_where_more_marks_than_events_are_seen(seed: int) -> None:
    inputs, time, _ = _with_marks(600, 150, seed)
    found = reconstruct(inputs)
    assert found.residual < 0.004
    assert found.ipd.n > 0.6 * time.size


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_patients_stay_on_a_low_curve_without_marks(seed: int) -> None:
    curve, _, _ = _figure(900, 150, seed)
    assert reconstruct(ReconstructionInputs(curve)).residual < 0.004


def test_the_interval_of_an_unknown_number_is_wide_below_a_row_and_narrow_above() -> None:
    intervals = {}
    for n, rows in ((60, 800), (1500, 300)):
        curve, time, _ = _figure(n, rows, 5)
        low, high = reconstruct(ReconstructionInputs(curve), draws=100).n_interval or (0.0, 0.0)
        assert low <= time.size <= high
        intervals[n] = high / low
    assert intervals[60] < 1.1
    assert intervals[1500] > 2.0


@given(ratio=st.floats(0.3, 3.0), seed=st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_scaled_draws_stay_on_the_curve(ratio: float, seed: int) -> None:
    _, time, seen = _figure(200, 800, 6)
    order = np.argsort(time)
    draw = scaled(Draw(time[order], seen[order]), ratio, np.random.default_rng(seed))
    assert abs(draw.time.size - ratio * time.size) <= 2.0
    assert abs(int(draw.event.sum()) - ratio * seen.sum()) <= 1.0
    for when in np.quantile(time, [0.2, 0.5, 0.8]):
        assert abs(np.sum(draw.time >= when) - ratio * np.sum(time >= when)) <= 2.0


TABLE_TIMES = np.array([0.0, 6.0, 12.0, 18.0, 24.0])


def _with_table(first: int | None) -> tuple[ReconstructionInputs, int]:
    """An arm of 45 whose first number at risk is read as ``first`` (None: not at all)."""
    curve, time, _ = _figure(45, 800, 6)
    count = np.array([np.sum(time >= when) for when in TABLE_TIMES])
    if first is None:
        return ReconstructionInputs(curve, AtRisk(TABLE_TIMES[1:], count[1:])), 45
    count[0] = first
    return ReconstructionInputs(curve, AtRisk(TABLE_TIMES, count)), 45


@pytest.mark.parametrize("first", [4545, 4, 450, None])
def test_a_first_number_that_cannot_be_true_is_named_and_replaced(first: int | None) -> None:
    inputs, n = _with_table(first)
    found = reconstruct(inputs)
    assert found.ipd.n == pytest.approx(n, abs=1)
    met = [np.sum(found.ipd.time >= when) for when in TABLE_TIMES[1:]]
    assert met == list(inputs.at_risk.count[-4:] if inputs.at_risk else [])
    assert first is None or any("was not used" in flag.detail for flag in found.flags)


def test_numbers_printed_after_the_end_of_the_curve_are_met() -> None:
    curve = curve_from_points(np.array([1.0, 2.0, 3.0]), np.array([0.9, 0.8, 0.7]))
    table = AtRisk(np.array([0.0, 2.5, 5.0]), np.array([10, 8, 6]))
    found = reconstruct(ReconstructionInputs(curve, table))
    assert [np.sum(found.ipd.time >= when) for when in table.time] == [10, 8, 6]
    assert any("curve ends" in conflict.what for conflict in found.conflicts)


def test_censoring_at_the_end_does_not_excuse_a_digit_too_many_at_the_start() -> None:
    curve = curve_from_points(np.arange(1.0, 9.0), 1.0 - 0.02 * np.arange(1.0, 9.0))
    table = AtRisk(np.arange(0.0, 12.0, 2.0), np.array([1154, 146, 138, 131, 50, 9]))
    found = reconstruct(ReconstructionInputs(curve, table))
    assert any("1154 at 0 was not used" in flag.detail for flag in found.flags)
    assert found.ipd.n == pytest.approx(152, abs=8)


def test_patients_off_the_curve_contradict_only_a_number_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmdigitize.ipd.reconstruct._off_curve", lambda *_: Conflict("far off", 0.1))
    curve = curve_from_points(np.array([1.0, 2.0, 3.0]), np.array([0.9, 0.8, 0.7]))
    for n, code in ((None, "inputs_relaxed"), (10, "risk_table_conflicts_with_curve")):
        flags = reconstruct(ReconstructionInputs(curve, n=n)).flags
        assert [flag.code for flag in flags if flag.detail == "far off"] == [code]
