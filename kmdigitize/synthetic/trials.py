"""Trials whose patients are known: seeded simulation, and the Kaplan–Meier estimate of what was simulated.

An arm is a list of patients (time, event). Everything a figure shows – curve, censor marks, numbers at risk, limits –
is computed here from the patients, so that the truth of a drawn figure never depends on how it was drawn. The
estimate is written out in full on purpose: truth must not come from the code that it is to check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from kmdigitize.geometry import BoolArray, FloatArray, IntArray, read_only

Scenario = Literal["exponential", "weibull", "piecewise", "cure", "crossing", "delayed", "null"]
DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class TrueArm:
    """The patients of one arm: ``time`` (n,) in the trial's unit and ``event`` (n,), False where censored."""

    name: str
    time: FloatArray
    event: BoolArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", read_only(self.time))
        object.__setattr__(self, "event", read_only(self.event, np.bool_))
        if self.time.shape != self.event.shape or self.time.ndim != 1 or not self.time.size:
            raise ValueError("an arm needs patients, each with a time and an event indicator")

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.time.size)

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.event.sum())

    def at_risk(self, times: ArrayLike) -> IntArray:
        """Patients whose time is not before each of ``times``."""
        ordered = np.sort(self.time)
        return np.asarray(self.n - np.searchsorted(ordered, np.asarray(times, float), side="left"), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class LifeTable:
    """Kaplan–Meier estimate at every distinct time: all arrays (k,), ``survival`` just after each time.

    ``lower`` and ``upper`` are 95% limits on the log scale (Greenwood), NaN where survival is 0.
    """

    time: FloatArray
    at_risk: IntArray
    events: IntArray
    censored: IntArray
    survival: FloatArray
    lower: FloatArray
    upper: FloatArray

    @property
    def median(self) -> float | None:
        """Median as R reports it: the middle of a flat that is exactly 0.5; None when not reached."""
        below = np.flatnonzero(self.survival < 0.5 - 1e-9)
        on = np.flatnonzero(np.abs(self.survival - 0.5) <= 1e-9)
        if on.size:
            end = self.time[below[0]] if below.size else self.time[-1]
            return float((self.time[on[0]] + end) / 2)
        return float(self.time[below[0]]) if below.size else None


def life_table(arm: TrueArm) -> LifeTable:
    """The Kaplan–Meier estimate of ``arm`` with log-scale Greenwood limits (Kalbfleisch & Prentice 2002, 1.4)."""
    time = np.unique(arm.time)
    events = np.array([np.sum(arm.event[arm.time == t]) for t in time], dtype=np.int64)
    leaving = np.array([np.sum(arm.time == t) for t in time], dtype=np.int64)
    at_risk = arm.at_risk(time)
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = 1.959964 * np.sqrt(np.cumsum(events / (at_risk * (at_risk - events).astype(float))))
        lower = np.where(survival > 0, survival * np.exp(-spread), np.nan)
        upper = np.where(survival > 0, np.minimum(1.0, survival * np.exp(spread)), np.nan)
    return LifeTable(time, at_risk, events, leaving - events, np.asarray(survival, np.float64), lower, upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecipe:
    """How patients are simulated. Times are in the unit of ``median``.

    ``n`` is per arm; arm i has ``hazard_ratio`` ** i times the hazard of the first one (``crossing`` and ``delayed``
    change it at the median). Follow-up is uniform on ``follow_up``; drop-out is exponential with rate ``drop_out``.
    ``round_to`` puts times on a grid (0: none; a patient's time is never 0).
    """

    arms: tuple[str, ...] = ("Control", "Treatment")
    n: int = 120
    scenario: Scenario = "exponential"
    median: float = 12.0
    hazard_ratio: float = 0.7
    follow_up: tuple[float, float] = (8.0, 30.0)
    drop_out: float = 0.004
    round_to: float = 1 / DAYS_PER_MONTH


def simulate_trial(recipe: TrialRecipe, seed: int) -> tuple[TrueArm, ...]:
    """The patients of every arm; the same seed gives the same patients on every machine."""
    rng = np.random.default_rng(seed)
    return tuple(_simulate_arm(recipe, index, name, rng) for index, name in enumerate(recipe.arms))


def _simulate_arm(recipe: TrialRecipe, index: int, name: str, rng: np.random.Generator) -> TrueArm:
    hazard = -np.log(rng.random(recipe.n))
    event_time = recipe.median * _time_of_hazard(hazard / np.log(2), recipe, index)
    low, high = recipe.follow_up
    censor_time = low + (high - low) * rng.random(recipe.n)
    if recipe.drop_out > 0:
        censor_time = np.minimum(censor_time, rng.exponential(1 / recipe.drop_out, recipe.n))
    time = np.minimum(event_time, censor_time)
    if recipe.round_to > 0:
        time = np.maximum(np.round(time / recipe.round_to), 1) * recipe.round_to
    return TrueArm(name, time, event_time <= censor_time)


def _time_of_hazard(total: FloatArray, recipe: TrialRecipe, index: int) -> FloatArray:
    """Time, in medians of the first arm, at which the cumulative hazard (in units of ln 2) reaches ``total``."""
    ratio = 1.0 if recipe.scenario == "null" else recipe.hazard_ratio**index
    match recipe.scenario:
        case "weibull":
            return np.asarray(np.sqrt(total / ratio))
        case "piecewise":
            return _piecewise(total / ratio, 0.5, 1.6)
        case "cure":
            cured = total > 1.3 + 0.3 * index
            return np.where(cured, np.inf, total / ratio)
        case "crossing":
            return _piecewise(total, 1.6, 0.4) if index % 2 else total
        case "delayed":
            return _piecewise(total, 1.0, ratio)
        case _:
            return total / ratio


def _piecewise(total: FloatArray, early: float, late: float) -> FloatArray:
    """Times under hazard ``early`` before 0.5 and ``late`` after it (both relative)."""
    turn = 0.5 * early
    return np.where(total <= turn, total / early, 0.5 + (total - turn) / late)
