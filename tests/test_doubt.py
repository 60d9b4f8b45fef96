from __future__ import annotations

import numpy as np
import pytest
from ipd_examples import at_risk, curve_of, trial

from kmdigitize.ipd.doubt import NO_EVENT, doubted_drops
from kmdigitize.ipd.prepare import prepare
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve

PIXEL = 1 / 400


def curve(time, survival, sd_px, end=100.0) -> StepCurve:
    sd = np.array(sd_px) * PIXEL
    return StepCurve(
        np.array(time), np.array(survival), end, survival_sd=sd, survival_resolution=PIXEL, time_resolution=1.0
    )


def doubt_of(drawn: StepCurve):
    return doubted_drops(prepare(ReconstructionInputs(drawn, n=10)), drawn)


def test_drops_beside_a_hardly_seen_flat_are_doubted_and_others_are_not():
    doubt = doubt_of(curve([10.0, 40.0, 60.0, 80.0], [0.9, 0.8, 0.7, 0.6], [0.05, 1.5, 0.05, 0.05]))
    assert doubt.chance.tolist() == [NO_EVENT[0], NO_EVENT[1], NO_EVENT[1], NO_EVENT[0]]
    assert doubt.hazy.tolist() == [False, True, True, False]
    assert not doubt.passing.any()


def test_a_short_hazy_flat_is_a_step_on_the_way_down():
    doubt = doubt_of(curve([10.0, 12.0, 60.0], [0.95, 0.8, 0.7], [1.5, 0.05, 0.05]))
    assert doubt.passing.tolist() == [True, False, False]


def test_a_drop_that_ends_the_curve_is_an_event_whose_level_nobody_saw():
    doubt = doubt_of(curve([10.0, 99.0], [0.9, 0.8], [0.05, 1.5]))
    assert doubt.chance[-1] == NO_EVENT[0]
    assert doubt.hazy[-1]


def test_points_without_a_pixel_size_are_not_doubted():
    drawn = StepCurve(np.array([1.0]), np.array([0.5]), 2.0)
    assert doubt_of(drawn).chance.tolist() == [NO_EVENT[0]]


@pytest.mark.parametrize("table", [True, False])
def test_a_riser_read_as_two_drops_holds_one_event(table):
    time = np.arange(1.0, 11.0)
    level = 1.0 - time / 20.0
    # half-way down the fourth riser a level was read that is none
    when, levels = np.insert(time, 3, 3.98), np.insert(level, 3, level[3] + 0.03)
    sd = np.full(11, 0.05)
    sd[3] = 1.5
    drawn = StepCurve(when, levels, 12.0, survival_sd=sd * PIXEL, survival_resolution=PIXEL, time_resolution=0.02)
    risk = AtRisk(np.array([0.0, 5.5, 11.0]), np.array([20, 15, 10])) if table else None
    found = reconstruct(ReconstructionInputs(drawn, risk))
    assert found.ipd.events == 10
    assert abs(found.ipd.n - 20) <= (0 if table else 1)


@pytest.mark.parametrize("last", [1e300, 1e308])
def test_absurd_printed_times_give_patients(last):
    time, event = trial(1)
    drawn = curve_of(time, event, noise=1e-3, pixel=1 / 400)
    start = at_risk(time, np.array([0.0])).count[0]
    found = reconstruct(ReconstructionInputs(drawn, AtRisk(np.array([0.0, last]), np.array([start, 5]))))
    assert found.ipd.n == start
