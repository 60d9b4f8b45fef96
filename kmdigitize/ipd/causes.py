"""Cumulative incidence of several causes, one table → patients with the cause of every event.

An event of any cause takes a patient from the same number at risk, so one minus all incidences together is the
survival of the whole arm, and its integer table is the one problem that every method solves. Each drop then has one
count per cause: the events of the table are given to the causes so that every incidence stays closest to its own
curve, absolutely, so that errors do not accumulate. Curves are 1 - incidence, as upward curves are written.

It assumes that the causes exclude each other and that all curves belong to one group of patients. What the causes
share (numbers at risk, patients, all events) is given once. The estimate behind it is that of Aalen and Johansen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.errors import FactsError
from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.ipd.reconstruct import ReconstructionSettings, reconstruct
from kmdigitize.ipd.records import Method, Reconstruction, ReconstructionInputs
from kmdigitize.ipd.rows import life_table
from kmdigitize.stepcurve import StepCurve


@dataclass(frozen=True, slots=True)
class CausesReconstruction:
    """``whole`` is the arm with events of any cause; ``cause`` names that of every row of its IPD ("" if censored).

    ``draw_causes`` says the same of every draw of ``whole``.
    """

    whole: Reconstruction
    cause: tuple[str, ...]
    draw_causes: tuple[tuple[str, ...], ...] = ()

    def incidence(self, cause: str) -> StepCurve:
        """1 - cumulative incidence of ``cause`` in the patients."""
        time, step = _increments(self.whole.ipd.time, self.whole.ipd.event)
        own = np.array([name == cause for name in self.cause], np.bool_)
        counts = np.array([np.count_nonzero(own & (self.whole.ipd.time == when)) for when in time])
        return StepCurve(time, np.clip(1.0 - np.cumsum(step * counts), 0.0, 1.0), float(self.whole.ipd.time.max()))


def reconstruct_causes(
    curves: Mapping[str, StepCurve],
    inputs: ReconstructionInputs | None = None,
    method: Method = "exact",
    draws: int = 0,
    seed: int = 0,
    settings: ReconstructionSettings | None = None,
) -> CausesReconstruction:
    """Patients of one arm from one curve (1 - incidence) per cause.

    ``inputs`` brings what the causes share; its curve is not used. Raises ``FactsError`` without a curve or if the
    incidences add up to clearly more than one.
    """
    if not curves:
        raise FactsError("No cause has a curve.", "Give one curve of 1 - incidence for each cause.")
    whole = all_causes(curves)
    given = ReconstructionInputs(whole) if inputs is None else replace(inputs, curve=whole)
    falling = [(when, int(_falling(list(curves.values()), when).sum())) for when in whole.time.tolist()]
    given = replace(given, together=tuple((when, number) for when, number in falling if number > 1))
    found = reconstruct(given, method, draws, seed, settings)
    own = tuple(_split(draw.time, draw.event, whole, curves) for draw in found.draws)
    return CausesReconstruction(found, _split(found.ipd.time, found.ipd.event, whole, curves), own)


def all_causes(curves: Mapping[str, StepCurve]) -> StepCurve:
    """Survival free of any cause: one minus all incidences, with the uncertainty of all the levels it is made of."""
    each = list(curves.values())
    if len(each) == 1:
        return each[0]
    time = np.unique(np.concatenate([curve.time for curve in each]))
    level = 1.0 - sum((1.0 - curve.at(time) for curve in each), np.zeros(time.size))
    if level.size and level[-1] < -0.02:
        raise FactsError(
            f"The incidences of {', '.join(curves)} add up to {1.0 - level[-1]:.2f}.",
            "Give one minus the cumulative incidence of each cause, not one minus Kaplan-Meier.",
        )
    return StepCurve(
        time,
        np.minimum.accumulate(np.clip(level, 0.0, 1.0)),
        max(curve.last_time for curve in each),
        censor_times=_marks(each),
        survival_sd=np.sqrt(sum((_sd_at(curve, time) ** 2 for curve in each), np.zeros(time.size))),
        time_resolution=max(curve.time_resolution for curve in each),
        survival_resolution=max(curve.survival_resolution for curve in each),
    )


def _marks(curves: list[StepCurve]) -> FloatArray | None:
    """Censor marks of the arm: every curve shows all of them, so those of the curve with most are taken."""
    drawn = [curve.censor_times for curve in curves if curve.censor_times is not None]
    return max(drawn, key=lambda marks: marks.size) if drawn else None


def _sd_at(curve: StepCurve, time: FloatArray) -> FloatArray:
    """Standard deviation of the level of ``curve`` in force at ``time``; none before its first drop."""
    if curve.survival_sd is None:
        return np.zeros(time.size)
    return np.append(0.0, curve.survival_sd)[np.searchsorted(curve.time, time, side="right")]


def _increments(time: FloatArray, event: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Event times of patients (k,) and what one event adds to an incidence there: survival before / at risk."""
    table = life_table(time, event)
    before = np.append(1.0, table.survival[:-1])
    falls = table.events > 0
    return table.time[falls], (before / np.maximum(table.at_risk, 1))[falls]


def _split(time: FloatArray, event: BoolArray, whole: StepCurve, curves: Mapping[str, StepCurve]) -> tuple[str, ...]:
    """Cause of every row ("" if censored): at every drop the cause whose incidence lags most behind its curve."""
    names, each = list(curves), list(curves.values())
    when, step = _increments(time, event)
    reached = np.zeros(len(names))
    cause = np.full(time.size, -1)
    for t, one in zip(when, step, strict=True):
        j = int(np.argmin(np.abs(whole.time - t)))
        target = np.array([1.0 - float(curve.at(whole.time[j])) for curve in each])
        falls = _falling(each, float(whole.time[j]))
        for row in np.flatnonzero(event & (time == t)):
            lag = np.where(falls, target - reached, -np.inf)
            cause[row] = int(np.argmax(lag))
            reached[cause[row]] += one
    return tuple(names[k] if k >= 0 else "" for k in cause)


def _falling(curves: list[StepCurve], when: float) -> BoolArray:
    """Which curves fall at ``when``, (causes,)."""
    return np.array([np.any(curve.time == when) for curve in curves], np.bool_)
