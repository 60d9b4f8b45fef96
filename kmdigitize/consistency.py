"""Do the reported numbers agree with each other? In words a reviewer can put in an e-mail to the authors.

The limits of a hazard ratio carry its standard error, hence the number of events; the ratio must be the geometric
middle of its limits, and P must follow from both. Only roundings are allowed for, so a "differs" here needs no figure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from kmdigitize.ipd.records import IPD
from kmdigitize.reported import HazardRatio, PValue, Reported
from kmdigitize.verdicts import Check, Verdict, half_digit


def check_consistency(reported: Reported, ipds: Sequence[IPD]) -> list[Check]:
    """What the reported hazard ratios, limits, P values and event numbers say about each other and about the events."""
    checks: list[Check] = []
    for ratio in reported.hazard_ratios:
        if ratio.limits is None or not _usable(ratio):
            continue
        checks.append(_middle(ratio))
        if ratio.adjusted is not True and len(ipds) == 2:
            checks.append(_implied_events(ratio, ipds))
        if len(reported.hazard_ratios) == 1 and len(reported.p_values) == 1:
            checks.append(_implied_p(ratio, reported.p_values[0], ipds))
    return checks


def _usable(ratio: HazardRatio) -> bool:
    low, high = (float(limit) for limit in ratio.limits or ("0", "0"))
    return 0 < low < high < ABSURD and 1 / ABSURD < float(ratio.value) < ABSURD


ABSURD = 1e9
"""No hazard ratio: squares of odds beyond it would leave the numbers of the machine."""


def _error(ratio: HazardRatio) -> tuple[float, float, float]:
    """Standard error of log HR that the limits imply, with the smallest and largest that round to the same digits."""
    low, high = ratio.limits or ("1", "1")
    width = 2.0 * NormalDist().inv_cdf(0.5 + ratio.level / 2.0)
    half_low, half_high = half_digit(low), half_digit(high)
    wide = math.log((float(high) + half_high) / max(1e-9, float(low) - half_low)) / width
    narrow = math.log(max(1.0, (float(high) - half_high) / (float(low) + half_low))) / width
    return math.log(float(high) / float(low)) / width, narrow, wide


def _subject(ratio: HazardRatio) -> str:
    low, high = ratio.limits or ("", "")
    return f"hazard ratio {ratio.value} ({low}–{high})"


def _middle(ratio: HazardRatio) -> Check:
    """The ratio must be the geometric middle of its limits."""
    low, high = (float(limit) for limit in ratio.limits or ("1", "1"))
    half_low, half_high = (half_digit(limit) for limit in ratio.limits or ("1", "1"))
    value, half = float(ratio.value), half_digit(ratio.value)
    least = math.sqrt(max(0.0, low - half_low) * (high - half_high))
    most = math.sqrt((low + half_low) * (high + half_high))
    fits = least <= value + half and most >= value - half
    middle = math.sqrt(low * high)
    reason = "" if fits else f"the geometric middle of the limits is {middle:.3g} ({least:.3g} to {most:.3g})"
    return Check(
        "ratio inside its limits",
        _subject(ratio),
        ratio.value,
        middle,
        None,
        half,
        "agrees" if fits else "differs",
        reason,
    )


def _implied_events(ratio: HazardRatio, ipds: Sequence[IPD]) -> Check:
    """Events that the limits imply against those seen: with r the ratio of the events of the arms, n1 HR / n0, the
    information about log HR is D r / (1 + r)²."""
    seen = sum(ipd.events for ipd in ipds)
    odds = _event_odds(ratio, ipds)
    _, narrow, wide = _error(ratio)
    least = (1.0 + odds) ** 2 / (odds * wide**2)
    most = (1.0 + odds) ** 2 / (odds * max(narrow, 1e-6) ** 2)
    implied = math.sqrt(least * most)
    slack = 0.12 * implied + 2.0
    fits: Verdict = "agrees" if least - slack <= seen <= most + slack else "cannot say"
    reason = (
        ""
        if fits == "agrees"
        else f"the limits imply about {implied:.0f} events, the curves show {seen}; an adjusted or stratified model, "
        "or other patients, would explain it"
    )
    return Check(
        "events implied by the limits", _subject(ratio), f"{seen}", implied, (least, most), slack, fits, reason
    )


def _event_odds(ratio: HazardRatio, ipds: Sequence[IPD]) -> float:
    """Events of arm 1 per event of arm 0 that the hazard ratio implies; arm 1 is the one with fewer if it is below 1.

    Which arm the ratio is of need not be known: the direction that fits the events seen better is taken.
    """
    value = float(ratio.value)
    arms = max(ipds[0].n, 1) / max(ipds[1].n, 1)
    seen = math.log((ipds[0].events + 0.5) / (ipds[1].events + 0.5))
    return min((arms * value, arms / value), key=lambda odds: abs(math.log(odds) - seen))


def _implied_p(ratio: HazardRatio, p_value: PValue, ipds: Sequence[IPD]) -> Check:
    """The z of the ratio and its limits against the z of the reported P value.

    A Wald test and a log-rank test differ when few events are split unevenly, so any z between the two is accepted.
    """
    se, narrow, wide = _error(ratio)
    log_ratio, half = abs(math.log(float(ratio.value))), half_digit(ratio.value) / float(ratio.value)
    least, most = max(0.0, log_ratio - half) / wide, (log_ratio + half) / max(narrow, 1e-6)
    slack = 0.03 + 0.02 * log_ratio / se
    if len(ipds) == 2:
        score = [_score_z(ratio, ipds, error) for error in (wide, max(narrow, 1e-6))]
        least, most = min(least, *score), max(most, *score)
    value, digit = float(p_value.value), half_digit(p_value.value)
    fits = False
    for sides in (p_value.sides,) if p_value.sides else (1, 2):
        low_z, high_z = _z(value + digit, sides), _z(value - digit, sides)
        if p_value.relation in ("<", "<="):
            low_z, high_z = _z(value, sides), math.inf
        elif p_value.relation in (">", ">="):
            low_z, high_z = 0.0, _z(value, sides)
        fits = fits or (low_z - slack <= most and high_z + slack >= least)
    two_sided = 2.0 * NormalDist().cdf(-log_ratio / se)
    reason = (
        "" if fits else f"ratio and limits imply a two-sided P of about {two_sided:.2g}, reported is {p_value.value}"
    )
    return Check(
        "P value against the limits",
        _subject(ratio),
        p_value.value,
        two_sided,
        None,
        slack,
        "agrees" if fits else "differs",
        reason,
    )


def _score_z(ratio: HazardRatio, ipds: Sequence[IPD], se: float) -> float:
    """|z| of the log-rank test whose hazard ratio has this standard error."""
    odds = _event_odds(ratio, ipds)
    events, share = (1.0 + odds) ** 2 / (odds * se**2), odds / (1.0 + odds)
    expected = ipds[0].n / (ipds[0].n + ipds[1].n)
    return abs(events * (share - expected)) / math.sqrt(events * expected * (1.0 - expected))


def _z(p: float, sides: int) -> float:
    """|z| of a P value."""
    if p <= 0:
        return math.inf
    return -NormalDist().inv_cdf(p / sides) if p / sides < 0.5 else 0.0
