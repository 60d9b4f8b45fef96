"""The survival mathematics: median, RMST, landmark survival, log-rank test and Cox regression of two arms.

Plain numpy, one way for what a user is shown and for the hundreds of draws behind its digitization interval: loading
lifelines takes a quarter of a cold start, and one of its fits as long as a hundred draws. The tests hold every quantity
against lifelines, except that the median follows R: the middle of an exactly flat 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray

if TYPE_CHECKING:
    from kmdigitize.ipd.records import IPD

Limits = tuple[float | None, float | None]
NORMAL_95 = 1.959963984540054
TIE = 1e-9
"""Survival within this of 0.5 is 0.5: rounding error of a product of a few thousand factors."""


@dataclass(frozen=True, slots=True)
class TwoArms:
    """Arm versus reference: Cox hazard ratio (Efron) with 95% limits, log-rank P (two-sided) and signed z.

    ``z`` is negative when the arm has fewer events than expected. The hazard ratio is None where it cannot be
    estimated, such as when an arm has no event.
    """

    arm: str
    reference: str
    hazard_ratio: float | None
    limits: tuple[float, float] | None
    z: float
    p_two_sided: float

    @property
    def p_one_sided(self) -> float:
        """P for the alternative that points where the arms differ."""
        return self.p_two_sided / 2.0


def compare_arms(arm: IPD, reference: IPD) -> TwoArms:
    """Hazard ratio and log-rank test of ``arm`` versus ``reference``."""
    rows = (arm.time, arm.event), (reference.time, reference.event)
    z = logrank_z(*rows)
    log_ratio, se = cox_log_ratio(*rows)
    ratio, limits = None, None
    if math.isfinite(log_ratio):
        ratio = math.exp(log_ratio)
        limits = (math.exp(log_ratio - NORMAL_95 * se), math.exp(log_ratio + NORMAL_95 * se))
    return TwoArms(arm.arm, reference.arm, ratio, limits, z, math.erfc(abs(z) / math.sqrt(2.0)))


def km_steps(time: FloatArray, event: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Event times, survival just after, at risk just before, and events there, (k,) each."""
    times, new = np.sort(time[event]), np.ones(np.count_nonzero(event), np.bool_)
    np.not_equal(times[1:], times[:-1], out=new[1:])
    edges = np.concatenate([new.nonzero()[0], [times.size]])
    when, d = times[edges[:-1]], edges[1:] - edges[:-1]
    at_risk = time.size - np.sort(time).searchsorted(when, side="left")
    return when, np.cumprod(1.0 - d / at_risk, dtype=np.float64), at_risk.astype(np.float64), d.astype(np.float64)


def _crossing(time: FloatArray, level: FloatArray) -> float | None:
    """Where a falling curve crosses 0.5, the middle of the flat if it is exactly 0.5 there; None if it never does."""
    reached = np.flatnonzero(level <= 0.5 + TIE)
    if not reached.size:
        return None
    first = reached[0]
    below = np.flatnonzero(level < 0.5 - TIE)
    if level[first] < 0.5 - TIE:
        return float(time[first])
    return float((time[first] + (time[below[0]] if below.size else time[-1])) / 2.0)


def median(time: FloatArray, event: BoolArray) -> float | None:
    """Median survival of rows (n,) with R's convention; None when it is not reached."""
    when, survival, _, _ = km_steps(time, event)
    flat_to_the_end = survival.size > 0 and abs(survival[-1] - 0.5) <= TIE
    if flat_to_the_end:
        when, survival = np.append(when, time.max()), np.append(survival, 0.5)
    return _crossing(when, survival)


def median_limits(time: FloatArray, event: BoolArray, transform: str = "log-log") -> Limits:
    """95% limits of the median from the Greenwood band (log-log; log, R's default; plain); None: not reached."""
    when, survival, at_risk, d = km_steps(time, event)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.sqrt(np.cumsum(d / (at_risk * (at_risk - d))))
        if transform == "log":
            lower, upper = survival * np.exp(-NORMAL_95 * greenwood), survival * np.exp(NORMAL_95 * greenwood)
        elif transform == "plain":
            lower, upper = survival * (1.0 - NORMAL_95 * greenwood), survival * (1.0 + NORMAL_95 * greenwood)
        else:
            width = NORMAL_95 * greenwood / np.log(survival)
            lower, upper = survival ** np.exp(-width), survival ** np.exp(width)
    band = np.where(survival > 0, lower, 0.0), np.where(survival > 0, np.minimum(upper, 1.0), 0.0)
    return _crossing(when, band[0]), _crossing(when, band[1])


def rmst(time: FloatArray, event: BoolArray, end: float) -> tuple[float, float]:
    """Restricted mean survival time up to ``end`` and its variance (Greenwood), for rows (n,)."""
    when, survival, at_risk, d = km_steps(time, event)
    inside = when < end
    when, survival, at_risk, d = when[inside], survival[inside], at_risk[inside], d[inside]
    widths = np.diff(np.concatenate([[0.0], when, [end]]))
    areas = np.concatenate([[1.0], survival]) * widths
    left = np.cumsum(areas[::-1])[::-1][1:]
    alive = at_risk > d
    variance = np.sum(left[alive] ** 2 * d[alive] / (at_risk[alive] * (at_risk[alive] - d[alive])))
    return float(areas.sum()), float(variance)


def survival_at(time: FloatArray, event: BoolArray, when: float) -> float:
    """Kaplan–Meier survival of rows (n,) at one time."""
    steps, survival, _, _ = km_steps(time, event)
    index = int(np.searchsorted(steps, when, side="right"))
    return float(survival[index - 1]) if index else 1.0


Rows = tuple[FloatArray, BoolArray]


def _pooled(arm: Rows, reference: Rows) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """At risk in arm and reference, events in arm and in both, at every event time of either, (k,) each."""
    when = np.unique(np.concatenate([arm[0][arm[1]], reference[0][reference[1]]]))
    n1 = arm[0].size - np.searchsorted(np.sort(arm[0]), when, side="left")
    n0 = reference[0].size - np.searchsorted(np.sort(reference[0]), when, side="left")
    d1 = np.bincount(np.searchsorted(when, arm[0][arm[1]]), minlength=when.size)
    d0 = np.bincount(np.searchsorted(when, reference[0][reference[1]]), minlength=when.size)
    return n1.astype(np.float64), n0.astype(np.float64), d1.astype(np.float64), (d1 + d0).astype(np.float64)


def logrank_z(arm: Rows, reference: Rows) -> float:
    """Signed log-rank z of arm versus reference (negative: fewer events than expected); 0 without information."""
    n1, n0, d1, d = _pooled(arm, reference)
    n = n1 + n0
    share = n1 / n
    variance = d * share * (1.0 - share) * (n - d) / np.maximum(n - 1.0, 1.0)
    total = float(variance.sum())
    return float(np.sum(d1 - d * share)) / math.sqrt(total) if total > 0 else 0.0


def logrank_chi2(arms: Sequence[Rows]) -> float:
    """Log-rank chi-square of all ``arms`` together, of as many degrees of freedom as there are arms, less one."""
    when = np.unique(np.concatenate([time[event] for time, event in arms]))
    n = np.array([time.size - np.searchsorted(np.sort(time), when, side="left") for time, _ in arms], np.float64)
    d = np.array([np.bincount(np.searchsorted(when, time[event]), minlength=when.size) for time, event in arms])
    all_n, all_d = n.sum(axis=0), d.sum(axis=0)
    share = n / all_n
    off = (d - all_d * share).sum(axis=1)[:-1]
    weight = all_d * (all_n - all_d) / np.maximum(all_n - 1.0, 1.0)
    variance = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    return float(off @ np.linalg.pinv(variance[:-1, :-1]) @ off)


def cox_log_ratio(arm: Rows, reference: Rows) -> tuple[float, float]:
    """Log hazard ratio (Efron) of arm versus reference and its standard error; (nan, nan) where there is none."""
    n1, n0, d1, d = _pooled(arm, reference)
    if not 0 < d1.sum() < d.sum():
        return math.nan, math.nan
    place = np.repeat(np.arange(d.size), d.astype(np.int64))
    begin = np.cumsum(d) - d
    share = (np.arange(place.size) - begin[place]) / d[place]
    a1, a0 = n1[place] - share * d1[place], n0[place] - share * (d - d1)[place]
    total, beta, information = float(d1.sum()), 0.0, 0.0
    for _ in range(50):
        p = a1 * math.exp(beta) / (a1 * math.exp(beta) + a0)
        information = float(np.sum(p * (1.0 - p)))
        if information <= 1e-12 or abs(beta) > 20:
            return math.nan, math.nan
        step = float(np.clip((total - p.sum()) / information, -2.0, 2.0))
        beta += step
        if abs(step) < 1e-10:
            break
    return beta, 1.0 / math.sqrt(information)
