from __future__ import annotations

import math

import numpy as np
import pytest
from ipd_examples import at_risk, curve_of, founding_trial

from kmdigitize.agreement import compare
from kmdigitize.calibration import calibrated_contrast
from kmdigitize.ipd.ensemble import calibrate, interval, over_draws
from kmdigitize.ipd.intervals import arm_intervals, contrast_intervals, middle
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.reported import HazardRatio, PValue, Reported, ReportedArm
from kmdigitize.survival import cox_log_ratio, median, rmst, survival_at

RATIO = HazardRatio(value="0.63", limits=("0.43", "0.94"), arm="CIK", reference="Control")
ARM = np.array([1.0, 2.0, 3.0]), np.array([True, True, False])
P = PValue(value=".010", sides=1, test="log-rank")


@pytest.fixture(scope="module")
def rebuilt():
    arms = []
    for seed, arm in enumerate(founding_trial()):
        curve = curve_of(arm.time, arm.event, noise=0.3 / 400, pixel=1 / 400, seed=seed)
        inputs = ReconstructionInputs(curve, at_risk(arm.time, np.arange(0, 61, 12)), arm=arm.arm)
        arms.append(reconstruct(inputs, draws=60))
    return arms


def test_interval_is_the_middle_95_percent_and_none_without_values():
    assert interval(list(range(1001))) == pytest.approx((25.0, 975.0))
    assert interval([]) is None
    assert interval([math.nan]) is None


def test_intervals_hold_the_truth(rebuilt):
    for found, arm in zip(rebuilt, founding_trial(), strict=True):
        low, high = interval(over_draws(found, median))
        assert low - 0.1 <= median(arm.time, arm.event) <= high + 0.1
        assert found.events_interval[0] <= arm.events <= found.events_interval[1]


def test_calibration_finds_pairs_that_reproduce_every_printed_digit(rebuilt):
    arms = founding_trial()
    true = cox_log_ratio((arms[0].time, arms[0].event), (arms[1].time, arms[1].event))[0]
    found = calibrate(rebuilt[0], rebuilt[1], RATIO, P)
    assert found is not None
    assert found.consistent
    assert abs(found.log_ratio - true) < 0.008
    rows = (found.arm.time, found.arm.event), (found.reference.time, found.reference.event)
    assert round(math.exp(cox_log_ratio(*rows)[0]), 2) == 0.63


def test_calibration_refuses_numbers_of_another_trial_and_adjusted_ones(rebuilt):
    assert not calibrate(rebuilt[0], rebuilt[1], HazardRatio(value="0.80")).consistent
    assert calibrate(rebuilt[0], rebuilt[1], HazardRatio(value="0.63", adjusted=True)) is None


def test_the_founding_abstract_agrees_in_every_number(rebuilt):
    reported = Reported(
        arms=(ReportedArm(name="CIK", n=114, median="44.0"), ReportedArm(name="Control", n=112, median="30.0")),
        hazard_ratios=(RATIO,),
        p_values=(P,),
    )
    found = compare([r.ipd for r in rebuilt], reported, 0.05, 1 / 400, rebuilt)
    assert {check.quantity: check.verdict for check in found.checks if check.verdict != "agrees"} == {}
    ratio = next(check for check in found.checks if check.quantity == "hazard ratio")
    assert ratio.interval is not None
    assert ratio.interval[0] < 0.6324 < ratio.interval[1]


def test_every_statistic_of_an_arm_has_its_digitization_interval(rebuilt):
    for found, arm in zip(rebuilt, founding_trial(), strict=True):
        limits = arm_intervals(found, end=48.0, landmarks=(24.0,))
        assert limits.draws == 60
        assert limits.n == (arm.n, arm.n)
        assert limits.events[0] <= arm.events <= limits.events[1]
        assert limits.median[0] - 0.1 <= median(arm.time, arm.event) <= limits.median[1] + 0.1
        assert limits.rmst[0] - 0.05 <= rmst(arm.time, arm.event, 48.0)[0] <= limits.rmst[1] + 0.05
        (when, (low, high)), truth = limits.landmarks[0], survival_at(arm.time, arm.event, 24.0)
        assert when == 24.0
        assert low - 0.002 <= truth <= high + 0.002


def test_a_median_that_is_not_always_reached_has_no_upper_limit():
    assert middle([30.0] * 90 + [math.inf] * 10) == (30.0, math.inf)


def test_contrast_intervals_turn_with_the_arms(rebuilt):
    one, other = contrast_intervals(rebuilt[0], rebuilt[1], 48.0), contrast_intervals(rebuilt[1], rebuilt[0], 48.0)
    assert one.hazard_ratio == pytest.approx((1 / other.hazard_ratio[1], 1 / other.hazard_ratio[0]), rel=1e-3)
    assert one.rmst_difference == pytest.approx((-other.rmst_difference[1], -other.rmst_difference[0]), abs=0.02)
    assert one.p_two_sided[0] <= one.p_two_sided[1] < 0.05
    assert contrast_intervals(reconstruct(ReconstructionInputs(curve_of(*ARM))), rebuilt[0]) is None


@pytest.mark.parametrize("value", ["0.63", "0.80"])
def test_calibrated_contrast_shows_both_results_or_keeps_the_uncalibrated_one(rebuilt, value):
    found = calibrated_contrast(Reported(hazard_ratios=(HazardRatio(value=value),)), rebuilt)
    assert found.consistent == (value == "0.63")
    if found.consistent:
        assert round(found.after.hazard_ratio, 2) == 0.63
        assert found.ratio_interval[0] <= found.after.hazard_ratio <= found.ratio_interval[1]
    else:
        assert found.after == found.before
        assert "reproduce" in found.reason


@pytest.mark.parametrize(
    ("p", "share"),
    [
        (PValue(value="0.05", relation="<"), 1.0),
        (PValue(value="0.05", relation=">"), 0.0),
        (PValue(value="0.5", relation=">="), 0.0),
        (PValue(value="1e-9", relation="<="), 0.0),
    ],
)
def test_a_p_value_printed_as_a_limit_keeps_all_draws_or_none(rebuilt, p, share):
    bare, found = calibrate(*rebuilt, HazardRatio(value="0.6")), calibrate(*rebuilt, HazardRatio(value="0.6"), p)
    assert found is not None
    assert found.share == pytest.approx(share * bare.share)


def test_limits_of_another_level_are_calibrated_at_that_level(rebuilt):
    narrow = HazardRatio(value="0.6", limits=("0.5", "0.9"), level=0.9)
    assert calibrate(*rebuilt, narrow).share > 0
    assert calibrate(*rebuilt, narrow.model_copy(update={"level": 0.99})).share == 0


def test_no_draws_no_calibration(rebuilt):
    arm = reconstruct(ReconstructionInputs(curve_of(*ARM)))
    assert calibrate(arm, rebuilt[1], RATIO) is None


def test_arms_without_an_event_have_a_flat_ratio_and_no_calibration():
    flat = ReconstructionInputs(curve_of(np.array([5.0, 6.0]), np.array([False, False])), n=20)
    arm = reconstruct(flat, draws=5)
    assert len(arm.draws) == 5
    assert calibrate(arm, arm, RATIO) is None


def test_no_draws_no_intervals_and_the_last_time_is_the_horizon(rebuilt):
    assert arm_intervals(reconstruct(ReconstructionInputs(curve_of(*ARM)))) is None
    whole = arm_intervals(rebuilt[0])
    assert whole.rmst == arm_intervals(rebuilt[0], float(rebuilt[0].ipd.time.max())).rmst
