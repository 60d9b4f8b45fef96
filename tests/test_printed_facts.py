"""What a paper prints beside the curve decides where the curve alone leaves a choice."""

from __future__ import annotations

import numpy as np
import pytest
from ipd_examples import at_risk, curve_of, trial

from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import km_steps

ROWS = 200.0
"""Rows of a panel in which 150 patients leave the curve alone in doubt about single events."""
PRINTED = np.array([0.0, 6.0, 12.0, 18.0])


def before(time: np.ndarray, happened: np.ndarray) -> AtRisk:
    """A printed row of counts so far, just before each printed time."""
    return AtRisk(PRINTED, np.array([np.sum(happened & (time < when)) for when in PRINTED]))


@pytest.mark.parametrize("seed", range(2))
def test_printed_events_and_censorings_so_far_are_met(seed: int) -> None:
    time, event = trial(seed, 150)
    curve = curve_of(time, event, noise=0.5 / ROWS, pixel=1 / ROWS, seed=seed)
    events, censored = before(time, event), before(time, ~event)
    inputs = ReconstructionInputs(curve, at_risk(time, PRINTED), cumulative_events=events, cumulative_censored=censored)
    found = reconstruct(inputs).ipd
    assert before(found.time, found.event).count.tolist() == events.count.tolist()
    assert before(found.time, ~found.event).count.tolist() == censored.count.tolist()


@pytest.mark.parametrize(("level", "printed"), [(0.52, 2.0), (0.48, 3.0)])
def test_the_printed_median_says_on_which_side_of_a_half_a_level_lies(level: float, printed: float) -> None:
    """20 patients: the level after the second drop is an exact half if the paper's median lies on that flat."""
    curve = StepCurve(
        np.array([1.0, 2.0, 3.0]), np.array([0.75, level, 0.25]), 3.0,
        survival_sd=np.full(3, 0.02), survival_resolution=0.004,
    )  # fmt: skip
    table = AtRisk(np.array([0.0, 0.9]), np.array([20, 20]))
    alone = reconstruct(ReconstructionInputs(curve, table)).ipd
    told = reconstruct(ReconstructionInputs(curve, table, median=(printed, 0.05))).ipd
    assert km_steps(told.time, told.event)[1][1] == 0.5
    assert km_steps(alone.time, alone.event)[1][1] != 0.5


def test_patients_stated_otherwise_than_the_table_are_named_and_the_table_is_used() -> None:
    curve = StepCurve(np.array([1.0, 3.0]), np.array([0.8, 0.64]), 5.0)
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array([0.0, 4.0]), np.array([10, 4])), n=12))
    assert found.ipd.n == 10
    assert any("12 patients are stated but the table has 10" in one.what for one in found.conflicts)


def test_fewer_patients_stated_than_are_printed_as_at_risk_cannot_be() -> None:
    curve = StepCurve(np.array([1.0, 3.0]), np.array([0.8, 0.64]), 5.0)
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array([2.0, 4.0]), np.array([8, 4])), n=5))
    assert found.ipd.n >= 8
    assert any("5 patients are stated but 8" in one.what for one in found.conflicts)


def test_patients_at_risk_beyond_the_end_of_the_curve_are_kept_and_named() -> None:
    curve = StepCurve(np.array([1.0, 3.0]), np.array([0.8, 0.64]), 5.0)
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array([0.0, 9.0]), np.array([10, 2]))))
    assert int(np.sum(found.ipd.time >= 9.0)) == 2
    assert any("The curve ends at 5" in one.what for one in found.conflicts)


@pytest.mark.parametrize("method", ["exact", "guyot", "ikm"])
@pytest.mark.parametrize(("times", "counts"), [([0.0], [0]), ([0.0, 2.0], [0, 8])])
def test_nobody_at_risk_where_a_curve_begins_is_a_misread_number(
    method: str, times: list[float], counts: list[int]
) -> None:
    curve = StepCurve(np.array([1.0, 3.0]), np.array([0.8, 0.64]), 5.0)
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array(times), np.array(counts)), n=10), method=method)
    assert found.ipd.n == 10
    assert "risk_table_doubtful" in {flag.code for flag in found.flags}


def test_one_number_at_the_end_of_the_curve_is_met_without_the_number_of_patients() -> None:
    curve = StepCurve(np.array([1.0, 3.0]), np.array([0.8, 0.64]), 5.0)
    found = reconstruct(ReconstructionInputs(curve, AtRisk(np.array([5.0]), np.array([4])))).ipd
    assert int(np.sum(found.time >= 5.0)) == 4
