from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmdigitize.errors import FactsError
from kmdigitize.ipd.guyot import Clicks, guyot
from kmdigitize.ipd.ikm import ikm
from kmdigitize.ipd.marked import marked
from kmdigitize.ipd.points import curve_from_points
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import km_steps


def curve_of(time, event, end=None) -> StepCurve:
    when, level, _, _ = km_steps(np.asarray(time, float), np.asarray(event, bool))
    return StepCurve(when, level, float(np.max(time) if end is None else end))


def at_risk(time, when) -> AtRisk:
    return AtRisk(np.asarray(when, float), np.array([np.sum(np.asarray(time) >= w) for w in when]))


def test_hand_worked_interval():
    # 10 patients, event at 1 (9/10), censoring at 2, event at 3 (9/10 · 7/8), 7 at risk at 4
    curve = StepCurve(np.array([1.0, 3.0]), np.array([0.9, 0.9 * 7 / 8]), 4.0)
    table = AtRisk(np.array([0.0, 4.0]), np.array([10, 7]))
    found = reconstruct(ReconstructionInputs(curve, table), method="guyot").ipd
    assert found.time[found.event].tolist() == [1.0, 3.0]
    assert found.time[~found.event].tolist() == [2.0] + [4.0] * 7


def test_published_walk_overwrites_a_number_it_cannot_meet_but_says_so():
    # S halves among 10: 5 events at least, yet 9 are printed as still at risk
    clicks = Clicks(np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 0.5, 0.5, 0.5]), np.array([0, 2]), np.array([10, 9]))
    walk = guyot(clicks)
    assert walk.events.tolist() == [0, 5, 0, 0]
    assert "9" in walk.conflicts[0].what
    assert walk.conflicts[0].size == 4


@pytest.mark.parametrize("method", ["guyot", "ikm", "marked"])
@pytest.mark.parametrize(
    ("times", "counts", "end"),
    [
        ([0, 5, 10], [4, 0, 0], 4.0),  # rows of zero
        ([0, 1.2, 1.4, 6], [4, 3, 3, 1], 8.0),  # an interval without a point of the curve
        ([0, 5, 20], [4, 2, 0], 8.0),  # the curve ends before a risk time
        ([0], [4], 8.0),
        ([2, 5], [3, 2], 8.0),  # the first risk time is not 0
        ([0, 5, 6], [4, 2, 3], 8.0),  # numbers at risk rise
    ],
)
def test_known_crashes_of_the_family(method, times, counts, end):
    curve = StepCurve(np.array([1.0, 3.0, 4.0]), np.array([0.75, 0.5, 0.0 if end < 5 else 0.25]), end)
    inputs = ReconstructionInputs(curve, AtRisk(np.array(times, float), np.array(counts)))
    found = reconstruct(inputs, method=method)
    assert found.ipd.n >= 3
    assert np.all(np.isfinite(found.ipd.time))
    assert found.table.at_risk[0] == found.ipd.n


def test_curve_that_reaches_zero_leaves_nobody():
    curve = StepCurve(np.array([1.0, 2.0, 3.0]), np.array([2 / 3, 1 / 3, 0.0]), 3.0)
    found = reconstruct(ReconstructionInputs(curve, n=3), method="guyot").ipd
    assert (found.n, found.events) == (3, 3)


def test_without_table_and_total_guyot_censors_nobody_and_marks_inflate():
    rng = np.random.default_rng(3)
    event, censoring = rng.exponential(12, 200), rng.uniform(4, 20, 200)
    time, died = np.minimum(event, censoring), event <= censoring
    curve = curve_of(time, died)
    plain = reconstruct(ReconstructionInputs(curve, n=200), method="guyot").ipd
    assert plain.events > 1.15 * died.sum()
    told = reconstruct(ReconstructionInputs(curve, n=200, events=int(died.sum())), method="guyot").ipd
    assert told.events == died.sum()


def test_several_patients_under_one_mark_inflate_the_marked_method():
    clicks = Clicks(np.array([0.0, 5.0]), np.array([1.0, 0.5]), np.array([0]), np.array([10]))
    # truth: 6 of 10 censored at 3 under one mark, then 2 of 4 have the event; one mark leaves 9 at risk
    assert marked(clicks, np.array([3.0])).events.tolist() == [0, 4]


def test_loops_end_where_no_number_of_censorings_fits():
    clicks = Clicks(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.51, 0.51]), np.array([0, 2]), np.array([3, 2]))
    assert guyot(clicks).events.sum() in (1, 2)
    assert ikm(clicks).events.sum() in (1, 2)


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=60), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_numbers_at_risk_are_met_or_named(pairs, rows):
    time, event = np.array([t for t, _ in pairs], float), np.array([e for _, e in pairs])
    table = at_risk(time, np.arange(rows + 1) * 11.0)
    found = reconstruct(ReconstructionInputs(curve_of(time, event), table), method="guyot")
    met = [int(np.sum(found.ipd.time >= t)) for t in table.time]
    assert met == table.count.tolist() or "risk_table_conflicts_with_curve" in {flag.code for flag in found.flags}
    assert found.ipd.n == len(pairs)


def test_unknown_number_of_patients_is_estimated_and_flagged():
    time = np.arange(1.0, 41.0)
    found = reconstruct(ReconstructionInputs(curve_of(time, np.ones(40))), method="guyot")
    assert (found.ipd.n, found.ipd.events) == (40, 40)
    assert "n_unknown" in {flag.code for flag in found.flags}


def test_one_misread_cell_costs_one_cell():
    time = np.arange(1.0, 101.0)
    table = AtRisk(np.array([0.0, 20, 40, 60]), np.array([100, 8, 61, 41]))
    found = reconstruct(ReconstructionInputs(curve_of(time, np.ones(100)), table), method="guyot")
    assert [int(np.sum(found.ipd.time >= t)) for t in (0, 40, 60)] == [100, 61, 41]
    assert any("8 at 20" in flag.detail for flag in found.flags)


def test_unknown_method_names_the_choices():
    with pytest.raises(FactsError, match="guyot, ikm, marked, exact"):
        reconstruct(ReconstructionInputs(StepCurve(np.zeros(0), np.zeros(0), 1.0), n=3), method="best")  # type: ignore


def test_points_in_percent_with_both_corners_unordered_and_without_a_start():
    time = [3.0, 1.0, 1.0, 3.0, 5.0, 5.0, 2.0]
    survival = [90.0, 100.0, 90.0, 70.0, 70.0, 40.0, 90.1]
    curve = curve_from_points(time, survival)
    assert curve.at([0.5, 1.0, 2.9, 3.0, 5.0]).tolist() == pytest.approx([1.0, 0.9, 0.9, 0.7, 0.4], abs=1e-3)


def test_points_that_rise_are_ironed_out_without_bias():
    curve = curve_from_points([0, 1, 2, 3], [1.0, 0.80, 0.82, 0.5])
    assert curve.at([1.0, 2.0]).tolist() == pytest.approx([0.81, 0.81])


def test_points_that_are_no_survival_are_refused():
    with pytest.raises(FactsError, match="fraction"):
        curve_from_points([0, 1], [1.0, -0.5])
    with pytest.raises(FactsError, match="no point"):
        curve_from_points([], [])


def test_a_total_that_the_last_interval_jumps_over_is_missed_by_one():
    # one censoring more or less among five turns two events into four and back
    clicks = Clicks(np.arange(5.0), np.array([1.0, 0.51, 0.4, 0.37, 0.37]), np.array([0]), np.array([5]))
    for total in range(1, 5):
        assert abs(int(guyot(clicks, total).events.sum()) - total) <= 1


def test_a_total_that_the_early_intervals_use_up_leaves_none_for_the_last():
    clicks = Clicks(np.arange(5.0), np.array([1.0, 0.5, 0.5, 0.25, 0.25]), np.array([0, 2]), np.array([10, 5]))
    assert guyot(clicks, 5).events.tolist() == [0, 5, 0, 0, 0]
    assert guyot(clicks).events.tolist() == [0, 5, 0, 2, 0]


def test_a_time_without_a_survival_is_refused():
    with pytest.raises(FactsError, match="2 times but 1 survival"):
        curve_from_points([0, 1], [1.0])
