from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipd_examples import at_risk, curve_of, founding_trial, trial

from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import LevelFact, ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import cox_log_ratio, km_steps


def codes(found) -> set[str]:
    return {flag.code for flag in found.flags}


def test_hand_worked_table_with_exact_fractions():
    # 10 at risk; 2 events at 1 -> 4/5; 3 censored; 1 of 5 at 3 -> 16/25; 4 left
    curve = StepCurve(np.array([1.0, 3.0]), np.array([4 / 5, 16 / 25]), 5.0)
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array([0.0, 4.0]), np.array([10, 4]))))
    assert found.table.time.tolist() == [0.0, 1.0, 3.0]
    assert found.table.at_risk.tolist() == [10, 10, 5]
    assert found.table.events.tolist() == [0, 2, 1]
    assert found.table.censored.tolist() == [0, 3, 4]


@pytest.mark.parametrize("seed", range(3))
def test_every_event_is_found_from_a_noisy_curve_with_numbers_at_risk(seed):
    time, event = trial(seed)
    curve = curve_of(time, event, noise=0.3 / 800, pixel=1 / 800, seed=seed)
    found = reconstruct(ReconstructionInputs(curve, at_risk(time, np.arange(0, 21, 5))))
    assert found.ipd.n == 80
    assert found.ipd.time[found.ipd.event].tolist() == np.sort(time[event]).tolist()


def test_every_event_is_found_without_table_and_total_and_n_is_estimated():
    time, event = trial(7, 50)
    curve = curve_of(time, event, noise=0.1 / 800, pixel=1 / 800)
    assert reconstruct(ReconstructionInputs(curve, n=50)).ipd.events == event.sum()
    unknown = reconstruct(ReconstructionInputs(curve), draws=20)
    assert abs(unknown.ipd.n - 50) <= 1
    assert unknown.n_interval is not None
    assert unknown.n_interval[0] <= 50 <= unknown.n_interval[1]
    assert "n_unknown" in codes(unknown)


def test_marks_make_the_whole_table_exact():
    time, event = trial(3, 60)
    curve = curve_of(time, event, noise=0.01 / 800, pixel=1 / 800, marks=True)
    found = reconstruct(ReconstructionInputs(curve, at_risk(time, [0, 8, 16])))
    assert found.ipd.time.tolist() == pytest.approx(np.sort(time).tolist())
    assert set(found.ipd.source) >= {"drop", "mark"}


@pytest.mark.parametrize("false", [3, 40])
def test_false_marks_give_way_before_the_table_and_the_curve(false):
    # Between 0 and 8 the printed numbers and the drops leave room for five censorings, whatever the marks say.
    time, event = trial(3, 60)
    drawn = curve_of(time, event, noise=0.01 / 800, pixel=1 / 800, marks=True)
    dirt = np.linspace(6.0, 7.9, false)
    curve = replace(drawn, censor_times=np.sort(np.concatenate([drawn.censor_times, dirt])))
    found = reconstruct(ReconstructionInputs(curve, at_risk(time, [0, 8, 16])))
    assert found.ipd.events == event.sum()
    assert not found.conflicts
    assert not any(flag.code == "risk_table_conflicts_with_curve" for flag in found.flags)
    assert set(found.relaxed) <= {"the censor marks are not counted"}
    assert [int((found.ipd.time >= t).sum()) for t in (0, 8, 16)] == at_risk(time, [0, 8, 16]).count.tolist()


def test_a_mark_beside_a_drop_is_not_used_for_the_next_gap_too():
    # The gap behind the drop at 5 has a mark of its own: the one just before the drop stays with the gap before.
    curve = StepCurve(
        np.array([5.0, 9.0]),
        np.array([7 / 8, 7 / 8 * 5 / 6]),
        12.0,
        censor_times=np.array([3.0, 4.98, 6.0]),
        survival_sd=np.full(2, 1e-4),
        time_resolution=0.1,
        survival_resolution=1e-3,
    )
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array([0.0, 7.0]), np.array([10, 6]))))
    assert found.ipd.time[~found.ipd.event][:3].tolist() == [3.0, 4.98, 6.0]


def test_the_founding_trial_is_exact_from_800_rows():
    arms, rebuilt = founding_trial(), []
    for seed, arm in enumerate(arms):
        curve = curve_of(arm.time, arm.event, noise=0.25 / 800, pixel=1 / 800, seed=seed)
        rebuilt.append(reconstruct(ReconstructionInputs(curve, at_risk(arm.time, np.arange(0, 61, 12))), draws=20))
    assert [r.ipd.events for r in rebuilt] == [45, 57]
    true = cox_log_ratio((arms[0].time, arms[0].event), (arms[1].time, arms[1].event))[0]
    found = cox_log_ratio((rebuilt[0].ipd.time, rebuilt[0].ipd.event), (rebuilt[1].ipd.time, rebuilt[1].ipd.event))[0]
    assert abs(np.exp(found) - np.exp(true)) < 0.01


rows = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=40)


@given(rows, st.integers(0, 4), st.sampled_from([1.0, 1 / 30.4375, 365.25]))
@settings(max_examples=60, deadline=None)
def test_round_trip_in_any_order_and_unit_meets_every_number(pairs, cells, unit):
    time, event = np.array([t for t, _ in pairs], float) * unit, np.array([e for _, e in pairs])
    table = at_risk(time, np.arange(cells + 1) * 9.0 * unit)
    found = reconstruct(ReconstructionInputs(curve_of(time, event), table))
    met = [int(np.sum(found.ipd.time >= t * (1 - 1e-12))) for t in table.time]
    assert met == table.count.tolist()
    when, level, _, _ = km_steps(time, event)
    again, rebuilt, _, _ = km_steps(found.ipd.time, found.ipd.event)
    assert again == pytest.approx(when, rel=1e-5)
    assert rebuilt == pytest.approx(level, abs=2e-3)


@given(rows, st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_every_draw_meets_what_is_printed(pairs, seed):
    time, event = np.array([t for t, _ in pairs], float), np.array([e for _, e in pairs])
    table = at_risk(time, [0.0, 10.5, 20.5])
    found = reconstruct(ReconstructionInputs(curve_of(time, event, 0.002, 0.002), table), draws=5, seed=seed)
    assert len(found.draws) == 5
    for draw in found.draws:
        assert [int(np.sum(draw.time >= t)) for t in table.time] == table.count.tolist()


def test_draws_follow_the_seed():
    time, event = trial(1)
    inputs = ReconstructionInputs(curve_of(time, event, 0.001, 0.002), at_risk(time, [0, 10]))
    one, same, other = (reconstruct(inputs, draws=3, seed=seed).draws for seed in (1, 1, 2))
    assert all(np.array_equal(a.time, b.time) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0].time, other[0].time)


@pytest.mark.parametrize(
    ("times", "counts", "end", "code"),
    [
        ([0, 5, 10], [40, 0, 0], 8.0, None),  # rows of zero before the curve ends
        ([0, 2, 4, 20], [40, 33, 33, 20], 8.0, None),  # printed beyond the end, between drops
        ([0, 2, 4], [40, 40, 40], 8.0, "inputs_relaxed"),  # visible drops, yet nobody leaves
        ([0, 5], [4, 9], 8.0, "risk_table_rises"),
        ([2, 5], [36, 30], 8.0, None),  # the first printed time is not 0
        ([], [], 8.0, "n_unknown"),
    ],
)
def test_inputs_that_break_other_programs(times, counts, end, code):
    drops = np.arange(1.0, 8.0)
    curve = StepCurve(drops, 1.0 - drops / 40.0, end, survival_sd=np.full(7, 0.0005), survival_resolution=0.001)
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array(times, float), np.array(counts, int))))
    assert np.all(np.isfinite(found.ipd.time))
    assert found.table.at_risk[0] == found.ipd.n > 0
    assert code is None or code in codes(found)


@pytest.mark.parametrize("n", range(1, 6))
def test_tiny_arms_that_end_at_zero(n):
    time = np.arange(1.0, n + 1)
    found = reconstruct(ReconstructionInputs(curve_of(time, np.ones(n, bool)), n=n))
    assert found.ipd.time.tolist() == time.tolist()
    assert found.ipd.event.all()


def test_a_curve_without_a_drop_has_no_events():
    empty = StepCurve(np.zeros(0), np.zeros(0), 10.0)
    found = reconstruct(ReconstructionInputs(empty, AtRisk(np.array([0.0, 5.0]), np.array([9, 4]))))
    assert (found.ipd.n, found.ipd.events) == (9, 0)
    assert int(np.sum(found.ipd.time >= 5.0)) == 4


def test_event_in_the_column_of_a_printed_time_goes_to_the_side_that_meets_the_number():
    for count in (9, 8):  # the drop seen at 5.02 is at or before 5, or after it
        curve = StepCurve(np.array([2.0, 5.02]), np.array([0.9, 0.8]), 8.0, time_resolution=0.05)
        found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array([0.0, 5.0]), np.array([10, count]))))
        assert int(np.sum(found.ipd.time >= 5.0)) == count
        assert found.ipd.events == 2


def test_total_and_printed_survival_are_used_and_a_total_out_of_reach_is_named():
    time, event = trial(5, 60)
    curve = curve_of(time, event, noise=0.3 / 200, pixel=1 / 200)
    level = float(curve.at([8.0])[0])
    told = ReconstructionInputs(curve, n=60, events=int(event.sum()), landmarks=(LevelFact(8.0, level, 0.005),))
    assert reconstruct(told).ipd.events == event.sum()
    absurd = reconstruct(ReconstructionInputs(curve, n=60, events=3))
    assert "events_unmatched" in codes(absurd)
    assert any("3 events are stated" in conflict.what for conflict in absurd.conflicts)


def test_a_curve_cut_off_by_the_axis_keeps_its_patients_to_the_end():
    curve = StepCurve(np.array([2.0]), np.array([0.5]), 10.0)
    followed = reconstruct(ReconstructionInputs(curve, n=10)).ipd
    cut = reconstruct(ReconstructionInputs(curve, n=10, axis_end=10.0)).ipd
    assert np.sum(followed.time == 10.0) == 1
    assert np.sum(cut.time == 10.0) > 1


def test_a_false_drop_holds_no_event():
    time, event = trial(4, 40)
    clean = curve_of(time, event, noise=0.1 / 800, pixel=1 / 800)
    place = 6
    fake_time = (clean.time[place] + clean.time[place + 1]) / 2
    curve = StepCurve(
        np.insert(clean.time, place + 1, fake_time),
        np.insert(clean.survival, place + 1, clean.survival[place] - 0.2 / 800),
        clean.last_time,
        survival_sd=np.full(clean.time.size + 1, 0.1 / 800),
        survival_resolution=1 / 800,
    )
    found = reconstruct(ReconstructionInputs(curve, at_risk(time, [0, 5, 10])))
    assert found.ipd.events == event.sum()


def test_numbers_at_risk_that_rise_give_patients_and_a_flag() -> None:
    """Delayed entry: no table of a closed cohort can meet these numbers, and none may crash."""
    time = np.arange(1.0, 31.0)
    curve = StepCurve(time, 0.97**time, 36.0, survival_resolution=0.002)
    table = AtRisk(np.arange(0.0, 37.0, 3.0), np.array([19, 110, 113, 111, 100, 90, 76, 62, 46, 46, 42, 40, 34]))
    rebuilt = reconstruct(ReconstructionInputs(curve, table, arm="A"))
    assert rebuilt.ipd.n > 0
    assert "risk_table_rises" in {flag.code for flag in rebuilt.flags}


@pytest.mark.parametrize("off", [-4e-7, 0, 4e-7])
def test_a_drop_that_a_drawing_rounds_beside_a_printed_time_takes_none_of_those_at_risk_there(off):
    """150 patients in whole months, one mark for all who are censored in one."""
    month = np.arange(1.0, 25.0)
    events = np.array([9, 2, 6, 1, 3, 3, 5, 4, 3, 4, 3, 5, 4, 3, 1, 2, 2, 0, 3, 0, 0, 0, 0, 0])
    censored = np.array([1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 6, 10, 6, 10, 4, 6, 5, 6, 7, 4, 5, 8, 5, 2])
    before = 150 - np.concatenate([[0], np.cumsum(events + censored)[:-1]])
    falls = events > 0
    drops = month[falls] + np.where(month[falls] < 12, off, -off)
    drawn = StepCurve(
        drops, np.cumprod(1 - events / before)[falls], 24.0, month[censored > 0],
        time_sd=np.full(falls.sum(), 2e-5), survival_sd=np.full(falls.sum(), 1e-6), time_resolution=6e-5,
        survival_resolution=4e-6,
    )  # fmt: skip
    table = AtRisk(np.array([0.0, 6.0, 12.0, 18.0, 24.0]), np.append(150, before[[5, 11, 17, 23]]))
    found = reconstruct(ReconstructionInputs(drawn, table, arm="A"))
    assert found.flags == ()
    assert (
        np.bincount(np.rint(found.ipd.time[found.ipd.event]).astype(int), minlength=25)[1:].tolist() == events.tolist()
    )
