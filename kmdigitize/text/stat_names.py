"""Names of curves that only the printed medians call by name.

A figure without legend and table may still print ``Median Surgery: 38.0 months``: the arm with that median is called
Surgery. A figure of one arm needs no such proof; with several, the curve must cross one half where the text says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.records.digitized import DigitizedArm
from kmdigitize.reported import Reported, ReportedArm
from kmdigitize.stepcurve import StepCurve

_NEAR_PX = 3.0
"""Distance in pixels within which a curve's median and the printed one are the same."""


def named_by_medians(arms: Sequence[DigitizedArm], reported: Reported | None) -> tuple[DigitizedArm, ...]:
    """The arms; those without a name get that of the one reported median, still free, which they meet."""
    unnamed = [i for i, arm in enumerate(arms) if any(flag.code == "arm_unnamed" for flag in arm.flags)]
    taken = {_plain(arm.name) for i, arm in enumerate(arms) if i not in unnamed}
    free = [r for r in (reported.arms if reported else ()) if r.median is not None and _plain(r.name) not in taken]
    named = list(arms)
    for index in unnamed:
        meant = [r for r in free if _agrees(arms[index].curve, r)]
        rivals = [i for i in unnamed if any(_agrees(arms[i].curve, r) for r in meant)]
        if len(arms) == len(free) == 1:
            meant, rivals = free, unnamed
        if len(meant) == len(rivals) == 1:
            flags = tuple(flag for flag in arms[index].flags if flag.code != "arm_unnamed")
            named[index] = replace(arms[index], name=meant[0].name, flags=flags)
    return tuple(named)


def _agrees(curve: StepCurve, reported: ReportedArm) -> bool:
    """Whether the curve reaches one half at the printed median, or ends before that above one half."""
    half = 0.5 + curve.survival_resolution
    reached = np.flatnonzero(curve.survival <= half)
    if reported.median is None or reported.median == "NR":
        return reported.median == "NR" and bool(curve.at(curve.last_time) > 0.5 - curve.survival_resolution)
    if not reached.size:
        return float(reported.median) > curve.last_time - _NEAR_PX * curve.time_resolution
    below = np.flatnonzero(curve.survival < 0.5 - curve.survival_resolution)
    first = float(curve.time[reached[0]])
    last = float(curve.time[below[0]]) if below.size else curve.last_time
    digits = len(reported.median.partition(".")[2])
    slack = 0.5 * 10.0**-digits + _NEAR_PX * curve.time_resolution
    return first - slack <= float(reported.median) <= last + slack


def _plain(name: str) -> str:
    return re.sub(r"\W", "", name.lower())
