"""Survival column by column below the noise, the lattice from where events are resolved, and what both expect."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from ipd_examples import at_risk, trial

from kmdigitize.ipd.columns import fine_drops
from kmdigitize.ipd.expected import expected_censoring, place_marks
from kmdigitize.ipd.moves import _log_ties
from kmdigitize.ipd.prepare import prepare
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.ipd.slots import DROP, Cells, Slot, Timeline
from kmdigitize.ipd.timeline import cells_in_reach
from kmdigitize.ipd.unresolved import Resolved, resolved_from
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import km_steps

ROW, COLUMN = 1 / 200, 0.1
TIMES = np.arange(0.0, 25.0, 6.0)


def in_rows(seed: int, n: int = 1000) -> tuple[ReconstructionInputs, np.ndarray, np.ndarray]:
    """A trial as whole rows and columns show it: the level of a column is that at its right edge."""
    time, event = trial(seed, n)
    when, survival, _, _ = km_steps(time, event)
    column = np.rint(when / COLUMN)
    last = np.append(np.diff(column) > 0, True)
    level = np.rint(survival[last] / ROW) * ROW
    falls = np.diff(np.append(1.0, level)) < 0
    curve = StepCurve(
        column[last][falls] * COLUMN,
        level[falls],
        float(max(time.max(), column[-1] * COLUMN)),
        survival_sd=np.full(int(falls.sum()), 0.2 * ROW),
        time_resolution=COLUMN,
        survival_resolution=ROW,
    )
    return ReconstructionInputs(curve, at_risk(time, TIMES), arm="A"), time, event


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_mean_survival_in_every_column_is_closer_to_the_truth_than_the_rows(seed: int) -> None:
    inputs, time, event = in_rows(seed)
    known = prepare(inputs)
    fine = fine_drops(known, cells_in_reach(known), 1000, inputs.curve, ROW / 2.0, False)
    when, survival, _, _ = km_steps(time, event)
    edge = fine.columns.time + COLUMN / 2.0
    early = edge < 12.0
    true = np.append(1.0, survival)[np.searchsorted(when, edge, side="right")]
    ours = np.append(1.0, fine.known.level)[np.searchsorted(fine.known.time, edge - 0.01 * COLUMN, side="right")]
    raw = inputs.curve.at(fine.columns.time)
    assert np.std((ours - true)[early]) < 0.9 * np.std((raw - true)[early])


def test_draws_of_the_columns_scatter_around_their_mean_and_never_rise() -> None:
    inputs, _, _ = in_rows(4)
    known = prepare(inputs)
    fine = fine_drops(known, cells_in_reach(known), 1000, inputs.curve, ROW / 2.0, False)
    rng = np.random.default_rng(0)
    drawn = np.array(fine.drawn(rng, 60))
    assert np.all(np.diff(drawn, axis=1) <= 1e-12)
    early = fine.known.time < 12.0
    off = drawn.mean(axis=0) - fine.known.level
    assert np.sqrt(np.mean(off[early] ** 2)) < 0.15 * ROW
    assert 0.1 * ROW < np.median(drawn.std(axis=0)[early]) < 0.6 * ROW


def test_a_printed_time_inside_a_column_divides_its_fall() -> None:
    inputs, _, _ = in_rows(5)
    known = prepare(inputs)
    used = Cells(np.array([6.02]), np.array([700]), None)
    fine = fine_drops(known, used, 1000, inputs.curve, ROW / 2.0, False)
    assert fine.cut.size == 1
    beside = fine.known.time[fine.cut[0] : fine.cut[0] + 2]
    assert beside[0] < 6.02 < beside[1]
    assert fine.part[0] == pytest.approx((6.02 - fine.columns.time[fine.cut[0]]) / COLUMN + 0.5)


def test_the_lattice_starts_at_the_first_printed_number_from_which_events_are_resolved() -> None:
    inputs, _, event = in_rows(6)
    known = prepare(inputs)
    begin = resolved_from(known, inputs, Resolved(), 0.05 * ROW)
    level = np.append(1.0, known.level)[np.searchsorted(known.time, TIMES, side="left")]
    sd = math.hypot(0.2 * ROW, ROW / math.sqrt(12.0))
    high = level / inputs.at_risk.count >= Resolved().rows * sd  # type: ignore[union-attr]
    assert begin == TIMES[np.argmax(high)] > 0
    assert resolved_from(known, inputs, Resolved(rows=0.1), 0.05 * ROW) == 0.0
    assert resolved_from(known, inputs, Resolved(rows=99.0), 0.05 * ROW) == math.inf
    found = reconstruct(inputs, draws=8, seed=2)
    for patients in (found.ipd, *found.draws):
        assert [int(np.sum(patients.time >= t - 1e-9)) for t in TIMES] == inputs.at_risk.count.tolist()  # type: ignore[union-attr]
    assert abs(found.ipd.events - int(event.sum())) <= 8


def test_even_entry_into_a_trial_is_what_censoring_is_expected_to_look_like() -> None:
    known = prepare(ReconstructionInputs(StepCurve(np.array([1.0]), np.array([0.9]), 30.0), n=100))
    times = np.array([10.0, 15.0, 20.0, 25.0])
    counts = (90 * (30.0 - times) / 20.0).astype(np.int64)
    edges = np.linspace(0.0, 30.0, 121)
    hazard, expected = expected_censoring(known, Cells(times, counts, None), edges)
    staying = np.exp(-np.cumsum(expected))
    true = np.minimum(1.0, (30.0 - edges[1:]) / 20.0)
    late = (edges[1:] >= 15.0) & (edges[1:] <= 25.0)
    assert np.max(np.abs(staying - true)[late]) < 0.01
    assert np.all(hazard[edges[1:] > 25.0] == -1.0)
    assert 0.6 < staying[-11] / true[-11] < 1.4


def test_many_events_of_one_column_are_poisson_and_tied_ones_geometric() -> None:
    """A last deep drop is one event of few left rather than many of many in one column."""
    slot = Slot(DROP, 0, -1, 0.0, 1.0, several=0.004, ties=0.02, empty=1e-9)
    timeline = Timeline((slot,), np.array([1000]), 0.0, -1, 1.0, np.zeros(0))
    cost = _log_ties(np.array([90, 90, 90]), np.array([1, 2, 18]), slot, timeline)
    assert cost[0] == pytest.approx(0.0, abs=1e-8)
    assert cost[1] == pytest.approx(math.log(90 * 0.004 + 0.02))
    assert cost[2] < -45.0
    tied = replace(slot, ties=0.8)
    assert _log_ties(np.array([90]), np.array([18]), tied, timeline)[0] == pytest.approx(17 * math.log(0.8), abs=1e-6)


def test_events_seen_at_visits_stay_at_the_visits() -> None:
    time, event = trial(4, 1000)
    visit = np.where(event, np.ceil(time / 3.1) * 3.1, time)
    when, survival, _, _ = km_steps(visit, event)
    size = when.size
    curve = StepCurve(
        when,
        survival + 0.3 * ROW * np.random.default_rng(1).standard_normal(size),
        float(visit.max()),
        survival_sd=np.full(size, 0.3 * ROW),
        time_resolution=COLUMN,
        survival_resolution=ROW,
    )
    inputs = ReconstructionInputs(curve, at_risk(visit, TIMES), arm="A")
    known = prepare(inputs)
    assert resolved_from(known, inputs, Resolved(), 0.05 * ROW) > 0.0
    found = reconstruct(inputs).ipd
    assert set(found.time[found.event]) <= set(when)
    assert found.events == pytest.approx(event.sum(), rel=0.02)


@pytest.mark.parametrize("given", ["events", "censored"])
def test_printed_events_and_censorings_so_far_are_met_below_the_noise(given: str) -> None:
    inputs, time, event = in_rows(3)
    times = TIMES[1:4]
    so_far = np.array([np.count_nonzero((time < when) & (event == (given == "events"))) for when in times])
    name = f"cumulative_{given}"
    inputs = replace(inputs, **{name: AtRisk(times, so_far)})  # type: ignore[arg-type]
    assert resolved_from(prepare(inputs), inputs, Resolved(), 0.05 * ROW) > times[-1]
    found = reconstruct(inputs, draws=20)
    for rows in (found.ipd, *found.draws):
        ours = [np.count_nonzero((rows.time < when) & (rows.event == (given == "events"))) for when in times]
        assert ours == so_far.tolist()


def test_a_curve_without_a_drop_has_no_columns() -> None:
    known = prepare(ReconstructionInputs(StepCurve(np.zeros(0), np.zeros(0), 24.0), n=10))
    with pytest.raises(ValueError, match="without a drop"):
        fine_drops(known, cells_in_reach(known), 10, StepCurve(np.zeros(0), np.zeros(0), 24.0), 0.0, False)


def test_marks_of_a_curve_without_a_drop_all_lie_in_its_one_gap() -> None:
    curve = StepCurve(np.zeros(0), np.zeros(0), 24.0, censor_times=np.array([20.0, 3.0, 30.0]))
    placed = place_marks(ReconstructionInputs(curve, n=10), np.array([0.0, 24.0]))
    assert placed is not None
    assert placed.time.tolist() == [3.0, 20.0, 24.0]
    assert placed.gap.tolist() == [0, 0, 0]
    assert not placed.near.any()
