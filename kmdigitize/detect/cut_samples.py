"""Line types of which the legend shows two alike: at least one of the samples was cut short.

Curves of one ink are told apart by line type, so a legend has no two of one type. A sample shorter than its pattern
looks solid, or shows only the dots of a line of dashes and dots. Other line types are tried for such an arm, and the
reading that leaves the least ink unexplained is believed if it explains much more than the legend's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.explained import explained_by
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.tracing import Arm, Found, find_arms
from kmdigitize.records.printed import Dash


@dataclass(frozen=True, slots=True)
class CutSampleSettings:
    """When another line type is believed; shares of the ink that nothing hides."""

    left_over: float = 0.1
    """Unexplained ink up to which the legend's own reading goes without saying: marks and letters are left over too."""
    fewer: float = 0.67
    """Share of the unexplained ink that another reading may leave."""


_OTHERS: tuple[Dash, ...] = ("dashed", "dashdot", "dotted", "unknown")


def find_told_apart(sheet: Sheet, arms: Sequence[Arm]) -> list[Found]:
    """One path per arm of one ink, where arms of which the legend shows one line type may be of another."""
    s = CutSampleSettings()
    found = find_arms(sheet, arms)
    for i, arm in enumerate(arms):
        left = unexplained(sheet, found)
        twin = any(are_alike(arm, other) for other in arms[:i])
        if not twin or left <= s.left_over:
            continue
        readings = [
            [*arms[:i], replace(arm, dash=dash, period=(), measured=True), *arms[i + 1 :]]
            for dash in _OTHERS
            if dash != arm.dash
        ]
        tried = [(find_arms(sheet, reading), reading) for reading in readings]
        best, reading = min(tried, key=lambda one: unexplained(sheet, one[0]))
        if len(best) >= len(found) and unexplained(sheet, best) < s.fewer * left:
            found, arms = best, reading
    return found


def are_alike(a: Arm, b: Arm) -> bool:
    """Whether the legend shows one line type for both."""
    return a.dash == b.dash != "unknown"


def unexplained(sheet: Sheet, found: Sequence[Found]) -> float:
    """Share of the ink of ``sheet`` that nothing hides and no curve explains."""
    free = sheet.coverage * (sheet.occluded < 0.5)
    left = np.asarray(free, np.float32)
    for curve in found:
        left = left * (1 - explained_by(curve.road, sheet))
    return float(left.sum() / max(float(free.sum()), 1.0))
