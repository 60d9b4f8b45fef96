"""Reconstruction where single events are smaller than the noise: flows between printed numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipd_examples import at_risk, curve_of, trial

from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import survival_at

PIXEL = 1 / 200
TIMES = np.arange(0.0, 25.0, 6.0)


def coarse(seed: int, **known: object) -> tuple[ReconstructionInputs, np.ndarray, np.ndarray]:
    """900 patients on 200 rows: one event is a fifth of a pixel."""
    time, event = trial(seed, 900)
    curve = curve_of(time, event, noise=0.3 * PIXEL, pixel=PIXEL, seed=seed)
    rows = np.minimum.accumulate(np.rint(curve.survival / PIXEL) * PIXEL)
    falls = np.flatnonzero(np.diff(np.concatenate([[1.0], rows])) < 0)
    curve = StepCurve(
        curve.time[falls],
        rows[falls],
        curve.last_time,
        survival_sd=np.full(falls.size, 0.3 * PIXEL),
        survival_resolution=PIXEL,
    )
    return ReconstructionInputs(curve, at_risk(time, TIMES), arm="A", **known), time, event  # type: ignore[arg-type]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_printed_numbers_are_met_and_the_curve_is_kept(seed: int) -> None:
    inputs, time, event = coarse(seed)
    found = reconstruct(inputs).ipd
    assert inputs.at_risk is not None
    assert [int(np.sum(found.time >= t - 1e-9)) for t in TIMES] == inputs.at_risk.count.tolist()
    assert abs(found.events - int(event.sum())) <= 0.06 * 900
    for when in (6.0, 12.0, 18.0):
        assert abs(survival_at(found.time, found.event, when) - survival_at(time, event, when)) <= 3 * PIXEL


def test_draws_scatter_around_the_expected_table_and_meet_the_numbers_too() -> None:
    inputs, _, event = coarse(5)
    found = reconstruct(inputs, draws=12, seed=1)
    assert inputs.at_risk is not None
    counts = [[int(np.sum(draw.time >= t - 1e-9)) for t in TIMES] for draw in found.draws]
    assert counts == [inputs.at_risk.count.tolist()] * 12
    events = [int(draw.event.sum()) for draw in found.draws]
    assert min(events) < max(events)
    assert min(events) - 20 <= event.sum() <= max(events) + 20


@pytest.mark.parametrize("shift", [-25, 0, 25])
def test_a_printed_total_is_met_by_the_censoring_of_the_open_stretch(shift: int) -> None:
    _, _, event = coarse(3)
    total = int(event.sum()) + shift
    bare, _, _ = coarse(3, events=total)
    short = AtRisk(TIMES[:3], bare.at_risk.count[:3])  # type: ignore[union-attr]
    found = reconstruct(ReconstructionInputs(bare.curve, short, n=None, events=total, arm="A"))
    assert abs(found.ipd.events - total) <= 3


def test_nothing_falls_where_the_curve_is_flat() -> None:
    flat = StepCurve(np.zeros(0), np.zeros(0), 24.0, survival_resolution=PIXEL)
    found = reconstruct(ReconstructionInputs(flat, AtRisk(np.array([0.0, 12.0]), np.array([900, 700])))).ipd
    assert (found.n, found.events) == (900, 0)
    assert int(np.sum(found.time >= 12.0 - 1e-9)) == 700


def test_without_a_table_everybody_is_followed_by_the_curve_alone() -> None:
    inputs, time, event = coarse(8)
    found = reconstruct(ReconstructionInputs(inputs.curve, n=900), draws=3).ipd
    assert found.n == 900
    assert abs(survival_at(found.time, found.event, 12.0) - survival_at(time, event, 12.0)) <= 3 * PIXEL
