"""Is a reconstructed patient table exact, and if not, does the figure tell more?"""

from __future__ import annotations

from typing import Any

import numpy as np

from kmdigitize.ipd.records import IPD
from kmdigitize.records.digitized import DigitizedArm

SAME_TIME = 0.001
"""Marks and drops within this share of the axis are the same; symbols of two marks are then one."""
NO_TIME = 5e-5
"""What is within this share of the axis is at one time: the drawing's rounding, a hundredth of a point on 200."""


def is_exact(arm: dict[str, Any], found: DigitizedArm, ipd: IPD, span: float) -> bool:
    """Whether every patient of the arm has its time (to 0.1% of the axis) and its kind, up to the end of the curve."""
    last = found.curve.last_time
    near = SAME_TIME * span
    mine = _cut(list(zip(ipd.time.tolist(), ipd.event.tolist(), strict=True)), last + NO_TIME * span)
    true = _cut(arm["ipd"], last + NO_TIME * span)
    if len(mine) != len(true):
        return False
    return all(a[0] == b[0] and abs(a[1] - b[1]) <= near for a, b in zip(mine, true, strict=True))


def is_as_shown(arm: dict[str, Any], found: DigitizedArm, ipd: IPD, span: float) -> bool:
    """Whether events, places of marks, and censorings between neighbouring drops and printed times are all right."""
    last, near = found.curve.last_time, SAME_TIME * span
    mine = _cut(list(zip(ipd.time.tolist(), ipd.event.tolist(), strict=True)), last + NO_TIME * span)
    true = _cut(arm["ipd"], last + NO_TIME * span)
    events = [np.array([time for event, time in table if event]) for table in (mine, true)]
    if events[0].size != events[1].size or np.any(np.abs(events[0] - events[1]) > near):
        return False
    edges = np.unique(np.concatenate([events[1], arm.get("risk_times") or []])) - NO_TIME * span
    lost = [np.array([time for event, time in table if not event]) for table in (mine, true)]
    counts = [np.bincount(np.searchsorted(edges, times), minlength=edges.size + 1) for times in lost]
    apart = np.abs(lost[0][:, None] - lost[1][None, :]) <= near
    return bool(np.array_equal(*counts) and apart.any(axis=0).all() and apart.any(axis=1).all())


def is_told(arm: dict[str, Any], found: DigitizedArm, span: float) -> bool:
    """Whether counts between neighbouring drops and printed times leave no choice which mark hides a second patient."""
    true = _cut(arm["ipd"], found.curve.last_time + NO_TIME * span)
    events, lost = (np.array([time for event, time in true if event == kind]) for kind in (1, 0))
    edges = np.unique(np.concatenate([events, arm.get("risk_times") or []])) - NO_TIME * span
    stretch = np.searchsorted(edges, lost)
    places = [np.unique(np.round(lost[stretch == k] / (NO_TIME * span))).size for k in np.unique(stretch)]
    counts = [int(np.sum(stretch == k)) for k in np.unique(stretch)]
    return all(place in (1, count) for place, count in zip(places, counts, strict=True))


def _cut(patients: list[Any], last: float) -> list[tuple[int, float]]:
    """(event, time) in order; whoever is followed beyond ``last`` is censored there."""
    return sorted((int(event) if time <= last else 0, min(float(time), last)) for time, event in patients)
