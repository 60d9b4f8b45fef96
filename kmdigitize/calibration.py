"""Printed statistics as constraints: the pair of draws in the middle of those that reproduce every printed digit.

Printing is often finer than digitizing, so of all tables the figure allows, those that also reproduce the hazard
ratio, its limits and P are closer to the truth. It holds for unadjusted, unstratified analyses only, and it uses the
numbers that a check would test: the uncalibrated result is always shown beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kmdigitize.agreement import pair_of
from kmdigitize.ipd.ensemble import calibrate
from kmdigitize.ipd.records import IPD, Draw, Interval, Reconstruction
from kmdigitize.reported import HazardRatio, Reported
from kmdigitize.survival import TwoArms, compare_arms, cox_log_ratio


@dataclass(frozen=True, slots=True)
class CalibratedContrast:
    """Two arms before and after calibration.

    ``share`` of the pairs of draws reproduce the printed numbers; ``consistent`` is False when hardly any does, and
    then ``arm`` and ``reference`` are the uncalibrated patients and ``reason`` says so. ``ratio_interval`` is the
    95% digitization interval of the hazard ratio among the pairs that match.
    """

    arm: IPD
    reference: IPD
    before: TwoArms
    after: TwoArms
    share: float
    consistent: bool
    ratio_interval: Interval | None = None
    reason: str = ""


def calibrated_contrast(reported: Reported, rebuilt: Sequence[Reconstruction]) -> CalibratedContrast | None:
    """Calibrate the two arms of the first reported hazard ratio that is not adjusted.

    The P value is used if there is one ratio and one P. None without such a ratio, its arms, or draws.
    """
    for ratio in reported.hazard_ratios:
        pair = pair_of(ratio.arm, ratio.reference, [found.ipd.arm for found in rebuilt])
        if pair is None or ratio.adjusted or float(ratio.value) <= 0:
            continue
        arm, reference = _directed(ratio, rebuilt[pair[0]], rebuilt[pair[1]])
        only = len(reported.hazard_ratios) == len(reported.p_values) == 1
        found = calibrate(arm, reference, ratio, reported.p_values[0] if only else None)
        if found is None:
            continue
        before = compare_arms(arm.ipd, reference.ipd)
        if not found.consistent:
            reason = f"{found.share:.1%} of the tables that the figure allows reproduce the printed numbers"
            return CalibratedContrast(arm.ipd, reference.ipd, before, before, found.share, False, None, reason)
        pair_ipd = _as_ipd(found.arm, arm.ipd), _as_ipd(found.reference, reference.ipd)
        after = compare_arms(*pair_ipd)
        return CalibratedContrast(*pair_ipd, before, after, found.share, True, found.ratio_interval)
    return None


def _directed(
    ratio: HazardRatio, arm: Reconstruction, reference: Reconstruction
) -> tuple[Reconstruction, Reconstruction]:
    """The two arms in the stated direction, or where none is stated in the one that fits better."""
    if ratio.arm is not None or ratio.reference is not None:
        return arm, reference
    found = cox_log_ratio((arm.ipd.time, arm.ipd.event), (reference.ipd.time, reference.ipd.event))[0]
    wanted = math.log(float(ratio.value))
    return (arm, reference) if not abs(found + wanted) < abs(found - wanted) else (reference, arm)


def _as_ipd(draw: Draw, like: IPD) -> IPD:
    return IPD(like.panel, like.arm, draw.time, draw.event)
