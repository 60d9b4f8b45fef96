"""Patients and curves that several tests of the reconstruction share."""

from __future__ import annotations

import math

import numpy as np

from kmdigitize.ipd.records import IPD
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import km_steps


def founding_trial() -> tuple[IPD, IPD]:
    """114 v 112 simulated patients: medians 43.99 and 30.00, HR .6324 (.4273-.9359), one-sided P .01044."""
    rng = np.random.default_rng(1083)
    arms = []
    for name, n, median in (("CIK", 114, 38.6891), ("Control", 112, 31.6641)):
        u, accrual, drop_out = rng.random(n), rng.random(n), rng.exponential(1 / 0.003, n)
        event, follow_up = median * (-np.log(u) / math.log(2)), 66 - 54 * accrual
        time = np.minimum(event, np.minimum(follow_up, drop_out))
        days = np.maximum(1, np.rint(time * 30.4375))
        order = np.lexsort((event > np.minimum(follow_up, drop_out), days))
        died = event <= np.minimum(follow_up, drop_out)
        arms.append(IPD("1", name, days[order] / 30.4375, died[order]))
    return arms[0], arms[1]


def curve_of(time, event, noise=0.0, pixel=0.0, seed=0, marks=False) -> StepCurve:
    """The curve of patients as read with level noise (both in survival)."""
    when, level, _, _ = km_steps(np.asarray(time, float), np.asarray(event, bool))
    level = level + noise * np.random.default_rng(seed).standard_normal(level.size)
    level = np.clip(np.minimum.accumulate(np.minimum(level, 1.0)), 0.0, 1.0)
    return StepCurve(
        when,
        level,
        float(np.max(time)),
        censor_times=np.unique(np.asarray(time)[~np.asarray(event, bool)]) if marks else None,
        survival_sd=np.full(level.size, noise),
        survival_resolution=pixel,
    )


def at_risk(time, when) -> AtRisk:
    return AtRisk(np.asarray(when, float), np.array([np.sum(np.asarray(time) >= w) for w in when]))


def trial(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    event, censoring = rng.exponential(12, n), rng.uniform(5, 25, n)
    return np.minimum(event, censoring), event <= censoring
