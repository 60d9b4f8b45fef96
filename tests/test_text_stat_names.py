"""Curves that only printed medians call by name."""

from __future__ import annotations

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.records.digitized import DigitizedArm
from kmdigitize.reported import Reported, ReportedArm
from kmdigitize.stepcurve import StepCurve
from kmdigitize.text.stat_names import named_by_medians


def arm(name: str, median: float, unnamed: bool = True) -> DigitizedArm:
    curve = StepCurve(np.array([median]), np.array([0.4]), 50.0, time_resolution=0.1, survival_resolution=0.005)
    return DigitizedArm(name, curve, flags=(Flag("arm_unnamed"),) if unnamed else ())


def reported(**medians: str) -> Reported:
    return Reported(arms=tuple(ReportedArm(name=name, median=value) for name, value in medians.items()))


def test_the_only_arm_has_the_only_name() -> None:
    (found,) = named_by_medians([arm("arm 1", 20.0)], reported(Everybody="30.0"))
    assert (found.name, found.flags) == ("Everybody", ())


def test_several_arms_are_told_by_their_medians() -> None:
    arms = [arm("arm 1", 20.0), arm("Drug", 35.0, unnamed=False), arm("arm 3", 10.0)]
    found = named_by_medians(arms, reported(Low="20.1", Drug="35.0", High="10.0"))
    assert [a.name for a in found] == ["Low", "Drug", "High"]


def test_no_name_without_a_single_match() -> None:
    arms = [arm("arm 1", 20.0), arm("arm 2", 20.1)]
    assert [a.name for a in named_by_medians(arms, reported(Low="20.0", High="41.0"))] == ["arm 1", "arm 2"]
    assert [a.name for a in named_by_medians(arms, None)] == ["arm 1", "arm 2"]


def test_a_curve_that_ends_above_one_half_may_have_a_later_median() -> None:
    short = DigitizedArm("arm 1", StepCurve(np.array([5.0]), np.array([0.6]), 40.0), flags=(Flag("arm_unnamed"),))
    arms = [short, arm("Drug", 35.0, unnamed=False)]
    assert [a.name for a in named_by_medians(arms, reported(T2="42.1", Drug="35.0"))] == ["T2", "Drug"]
    assert [a.name for a in named_by_medians(arms, reported(T2="32.1", Drug="35.0"))] == ["arm 1", "Drug"]
