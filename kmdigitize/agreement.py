"""The reconstruction against the numbers that the paper reports: agrees, differs, or cannot say.

Every tolerance follows from the printed digits and from the size of a pixel; every verdict that is not "agrees" says
why. Arms are matched by name, whatever their case and punctuation; a hazard ratio is read in the direction that the
paper states, or in the better one where it states none.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.consistency import check_consistency
from kmdigitize.contrasts import Pair, check_p, check_ratio, contrast
from kmdigitize.geometry import FloatArray
from kmdigitize.ipd.records import IPD, Draw, Reconstruction
from kmdigitize.reported import HazardRatio, Landmark, PValue, Reported, ReportedArm
from kmdigitize.survival import km_steps, logrank_chi2, median, median_limits, survival_at
from kmdigitize.verdicts import Agreement, Check, half_digit, whole_check

__all__ = ["Agreement", "Check", "compare"]

MOST_SLACK = 0.01
"""A reconstruction further off its curve than this cannot excuse a median that differs."""

Rebuilt = Sequence[Reconstruction] | None
Contrast = Callable[[int, int], Pair]
"""The statistics of the arms with two indices, computed once."""


def compare(
    ipds: Sequence[IPD],
    reported: Reported,
    pixel_time: float = 0.0,
    pixel_survival: float = 0.0,
    reconstructions: Rebuilt = None,
) -> Agreement:
    """Check every reported number against the patients of the arms.

    ``pixel_time`` and ``pixel_survival`` are the size of one pixel in time and survival (0: exact curves);
    ``reconstructions`` (in the order of ``ipds``) bring their draws, intervals and flags along. Reported arms that
    match no reconstructed one are "cannot say", never an error.
    """
    rebuilt: list[Reconstruction | None] = list(reconstructions) if reconstructions else [None] * len(ipds)
    pixel = pixel_time, pixel_survival

    @functools.cache
    def between(arm: int, reference: int) -> Pair:
        return contrast((ipds[arm], ipds[reference]), (rebuilt[arm], rebuilt[reference]))

    checks: list[Check] = []
    if reported.n is not None and reported.arms and len(reported.arms) == len(ipds):
        checks.append(whole_check("patients", "all arms", reported.n, sum(ipd.n for ipd in ipds), None))
    for arm in reported.arms:
        index = match_arm(arm.name, [ipd.arm for ipd in ipds])
        if index is None:
            found = ", ".join(repr(ipd.arm) for ipd in ipds)
            reason = f"no reconstructed arm of that name; there are {found}"
            checks.append(Check("arm", arm.name, arm.name, None, None, 0.0, "cannot say", reason))
        else:
            checks += _check_arm(arm, ipds[index], rebuilt[index], pixel)
    for ratio in reported.hazard_ratios:
        checks += _check_ratio(ratio, ipds, between)
    for p_value in reported.p_values:
        checks.append(_check_p(p_value, ipds, between))
    checks = [_unless_estimated(check, ipds, rebuilt) for check in checks]
    return Agreement(tuple(checks), tuple(check_consistency(reported, ipds)))


def _unless_estimated(check: Check, ipds: Sequence[IPD], rebuilt: Sequence[Reconstruction | None]) -> Check:
    """A check that rests on a number of patients which had to be estimated cannot say that something differs."""
    estimated = [
        ipd.arm
        for ipd, found in zip(ipds, rebuilt, strict=True)
        if found is not None and any(flag.code == "n_unknown" for flag in found.flags)
    ]
    named = [arm for arm in estimated if arm in check.subject or check.subject == "all arms"]
    if check.verdict != "differs" or check.quantity.startswith("median") or not named:
        return check
    reason = f"{check.reason}; the number of patients of {' and '.join(named)} is printed nowhere and was estimated"
    return replace(check, verdict="cannot say", reason=reason)


def match_arm(name: str, arms: Sequence[str]) -> int | None:
    """Index of the arm that ``name`` means: equal letters and digits, else the only similar one."""
    wanted, plain = _plain(name), [_plain(arm) for arm in arms]
    if plain.count(wanted) == 1:
        return plain.index(wanted)
    inside = [i for i, arm in enumerate(plain) if arm and wanted and (wanted in arm or arm in wanted)]
    if len(inside) == 1:
        return inside[0]
    likeness = [difflib.SequenceMatcher(None, wanted, arm).ratio() for arm in plain]
    close = [i for i, ratio in enumerate(likeness) if ratio > 0.75]
    return close[0] if len(close) == 1 else None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _check_arm(arm: ReportedArm, ipd: IPD, rebuilt: Reconstruction | None, pixel: tuple[float, float]) -> list[Check]:
    """Patients, events, median with its limits, and landmark survival of one arm."""
    checks = []
    if arm.n is not None:
        checks.append(whole_check("patients", ipd.arm, arm.n, ipd.n, rebuilt.n_interval if rebuilt else None))
    if arm.events is not None:
        checks.append(whole_check("events", ipd.arm, arm.events, ipd.events, _events_interval(ipd, rebuilt)))
    if arm.median is not None:
        checks.append(_check_median(arm.median, ipd, rebuilt, pixel))
    if arm.median_limits is not None:
        checks.append(_check_median_limits(arm.median_limits, ipd, pixel))
    return checks + [_check_landmark(landmark, ipd, pixel) for landmark in arm.landmarks]


def _events_interval(ipd: IPD, rebuilt: Reconstruction | None) -> tuple[float, float] | None:
    """From the draws; without them Guyot's family is off by one or two events as often as not."""
    if rebuilt is None or rebuilt.events_interval is not None:
        return rebuilt.events_interval if rebuilt else None
    unresolved = any(flag.code in ("steps_below_one_pixel", "n_unknown") for flag in rebuilt.flags)
    spread = 2 if unresolved else (1 if rebuilt.method != "exact" else 0)
    return (ipd.events - spread, ipd.events + spread) if spread else None


def _check_median(printed: str, ipd: IPD, rebuilt: Reconstruction | None, pixel: tuple[float, float]) -> Check:
    """The reported median must lie where the curve is within a pixel, or its own error, of 0.5; a flat agrees whole."""
    found = median(ipd.time, ipd.event)
    residual = rebuilt.residual if rebuilt is not None else 0.0
    low, high = _half_range(ipd, max(pixel[1], min(MOST_SLACK, 3.0 * residual)))
    interval = None
    if rebuilt is not None and rebuilt.draws:
        edges = np.array([_half_range(draw, 0.0) for draw in rebuilt.draws])
        # between a draw that reaches its median and one that does not there is nothing
        ends = [np.quantile(edges[:, i], share, method="nearest") for i, share in ((0, 0.025), (1, 0.975))]
        interval = float(ends[0]), float(ends[1])
    shown = "not reached" if found is None else f"{found:.4g}"
    if printed == "NR":
        agrees, tolerance = high == np.inf, 0.0
    else:
        tolerance = half_digit(printed) + pixel[0] + 1e-9
        agrees = low - tolerance <= float(printed) <= high + tolerance and low < np.inf
    reason = "" if agrees else f"median {shown} reconstructed, {printed} reported"
    return Check("median", ipd.arm, printed, found, interval, tolerance, "agrees" if agrees else "differs", reason)


def _half_range(rows: IPD | Draw, slack: float) -> tuple[float, float]:
    """Times at which survival reaches 0.5 + slack and falls below 0.5 - slack; infinite where it never does."""
    when, survival, _, _ = km_steps(rows.time, rows.event)
    reached, below = when[survival <= 0.5 + slack + 1e-9], when[survival < 0.5 - slack - 1e-9]
    return float(reached[0]) if reached.size else np.inf, float(below[0]) if below.size else np.inf


def _check_median_limits(printed: tuple[str, str], ipd: IPD, pixel: tuple[float, float]) -> Check:
    """Both limits by one of the usual transforms, to within a drop; between conventions three drops are left open."""
    when = km_steps(ipd.time, ipd.event)[0]
    both = [median_limits(ipd.time, ipd.event, transform) for transform in ("log-log", "log", "plain")]
    drops = [max(_drops_apart(p, f, when, pixel[0]) for p, f in zip(printed, found, strict=True)) for found in both]
    best = int(np.argmin(drops))
    shown = "–".join("NR" if limit is None else f"{limit:.4g}" for limit in both[best])
    reported = "–".join(printed)
    tolerance = max([half_digit(p) for p in printed if p != "NR"], default=0.0) + pixel[0]
    if drops[best] <= 1:
        return Check(
            "median, 95% limits", ipd.arm, reported, both[best][0], None, tolerance, "agrees", f"{shown} found"
        )
    reason = f"{shown} reconstructed, {reported} reported"
    if drops[best] <= 3:
        reason += "; conventions for these limits differ by as much"
        return Check("median, 95% limits", ipd.arm, reported, both[best][0], None, tolerance, "cannot say", reason)
    return Check("median, 95% limits", ipd.arm, reported, both[best][0], None, tolerance, "differs", reason)


def _drops_apart(printed: str, found: float | None, when: FloatArray, pixel: float) -> int:
    """Number of drops between a printed limit and ours (0: equal to within digits and pixel)."""
    if printed == "NR" or found is None:
        end = found if printed == "NR" else float(printed)
        return 0 if end is None else int(np.count_nonzero(when >= end))
    slack = half_digit(printed) + pixel + 1e-9
    low, high = sorted((float(printed), found))
    if high - low <= slack:
        return 0
    return 1 + int(np.count_nonzero((when > low + slack) & (when < high - slack)))


def _check_landmark(landmark: Landmark, ipd: IPD, pixel: tuple[float, float]) -> Check:
    """Survival at a time: half a digit and a pixel, anywhere within a pixel of that time."""
    unit = 100.0 if landmark.percent else 1.0
    when, wanted = float(landmark.time), float(landmark.survival) / unit
    shifts = (0.0, pixel[0], -pixel[0])
    found, *around = (survival_at(ipd.time, ipd.event, max(0.0, when + shift)) for shift in shifts)
    tolerance = half_digit(landmark.survival) / unit + pixel[1] + 1e-9
    agrees = min(around) - tolerance <= wanted <= max(around) + tolerance
    reason = "" if agrees else f"S({when:g}) = {found:.3f} reconstructed, {wanted:.3f} reported"
    name = f"survival at {landmark.time}"
    shown = f"{landmark.survival}%" if landmark.percent else landmark.survival
    return Check(name, ipd.arm, shown, found, None, tolerance, "agrees" if agrees else "differs", reason)


def _check_ratio(ratio: HazardRatio, ipds: Sequence[IPD], between: Contrast) -> list[Check]:
    """Find the two arms of a hazard ratio and check it."""
    pair = pair_of(ratio.arm, ratio.reference, [ipd.arm for ipd in ipds])
    if pair is None:
        subject = f"{ratio.arm or '?'} versus {ratio.reference or '?'}"
        reason = "the two arms of this hazard ratio are not among those reconstructed"
        return [Check("hazard ratio", subject, ratio.value, None, None, 0.0, "cannot say", reason)]
    return check_ratio(ratio, between(*pair), direction_known=ratio.arm is not None or ratio.reference is not None)


def pair_of(arm: str | None, reference: str | None, names: Sequence[str]) -> tuple[int, int] | None:
    """Indices of arm and reference; with two arms, one name (or none) is enough."""
    first = match_arm(arm, names) if arm is not None else None
    second = match_arm(reference, names) if reference is not None else None
    if first is not None and second is not None:
        return (first, second) if first != second else None
    if len(names) != 2:
        return None
    if first is not None:
        return first, 1 - first
    return (1 - second, second) if second is not None else (0, 1)


def _check_p(p_value: PValue, ipds: Sequence[IPD], between: Contrast) -> Check:
    """A P value of two arms, or of all arms together."""
    names = [ipd.arm for ipd in ipds]
    if len(p_value.arms) == 2 or len(ipds) == 2:
        named = p_value.arms if len(p_value.arms) == 2 else (None, None)
        pair = pair_of(named[0], named[1], names)
        if pair is not None:
            return check_p(p_value, between(*pair))
    if len(ipds) > 2 and not p_value.arms:
        return _check_overall_p(p_value, ipds)
    reason = "the arms of this P value are not among those reconstructed"
    return Check("P value", " v ".join(p_value.arms), p_value.value, None, None, 0.0, "cannot say", reason)


def _check_overall_p(p_value: PValue, ipds: Sequence[IPD]) -> Check:
    """The log-rank test of more than two arms; judged by its order of magnitude, to 10% on the chi-square scale."""
    from scipy.special import chdtrc

    statistic, free = logrank_chi2([(ipd.time, ipd.event) for ipd in ipds]), len(ipds) - 1
    found = float(chdtrc(free, statistic))
    value, half = float(p_value.value), half_digit(p_value.value)
    bounds = {"=": (value - half, value + half), "<": (0.0, value), "<=": (0.0, value)}.get(
        p_value.relation, (value, 1.0)
    )
    slack = 0.1 * statistic + 0.1
    low, high = (float(chdtrc(free, max(0.0, statistic + shift))) for shift in (slack, -slack))
    agrees = low <= bounds[1] and high >= bounds[0]
    shown = p_value.value if p_value.relation == "=" else f"{p_value.relation}{p_value.value}"
    reason = "" if agrees else f"P = {found:.3g} reconstructed, {shown} reported"
    return Check("P value", "all arms", shown, found, None, slack, "agrees" if agrees else "differs", reason)
