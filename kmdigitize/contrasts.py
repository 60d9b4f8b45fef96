"""Hazard ratios, their limits and P values of the reconstruction against those reported.

The tolerance is half the last printed digit plus twice the digitization standard deviation: that of the draws, but no
less than what the benchmark measured for the method. Reconstructions by Guyot's family have
inexact risk sets between the printed numbers; what only that can explain is left open rather than called different.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.ipd.records import IPD, Reconstruction
from kmdigitize.reported import HazardRatio, PValue
from kmdigitize.survival import NORMAL_95, Rows, TwoArms, compare_arms, cox_log_ratio, logrank_z
from kmdigitize.verdicts import Check, Verdict, half_digit

EXACT_LOG_RATIO, INEXACT_LOG_RATIO = 0.5, 1.6
"""Digitization sd of log HR times the mean number of patients per arm (benchmarks/reconstruction.py)."""
EXACT_Z, INEXACT_Z = 0.25, 0.9
"""Digitization sd of the log-rank z times the root of the mean number of patients per arm (same benchmark)."""
WALD_AND_SCORE = (0.03, 0.02)
"""Wald and score z of one data set differ by up to 0.03 + 0.02 |z|; allowed where the paper does not name its test."""
INEXACT_REASON = "the difference is within what risk sets guessed between the printed numbers explain"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reconstructed arms, their statistics, and how far the figure leaves these open."""

    both: TwoArms
    sd_log_ratio: float
    sd_z: float
    loose_log_ratio: float
    loose_z: float
    ratio_interval: tuple[float, float] | None = None

    @property
    def subject(self) -> str:
        """ "A versus B" as shown to the user."""
        return f"{self.both.arm} versus {self.both.reference}"


def contrast(ipds: tuple[IPD, IPD], rebuilt: tuple[Reconstruction | None, Reconstruction | None]) -> Pair:
    """Statistics of arm versus reference with their digitization sd."""
    both = compare_arms(*ipds)
    size = (ipds[0].n + ipds[1].n) / 2.0
    exact = all(r is not None and r.method == "exact" for r in rebuilt)
    sd_ratio, sd_z = EXACT_LOG_RATIO / size, EXACT_Z / math.sqrt(size)
    loose = (0.0, 0.0) if exact else (INEXACT_LOG_RATIO / size, INEXACT_Z / math.sqrt(size))
    interval = None
    if rebuilt[0] is not None and rebuilt[1] is not None and rebuilt[0].draws and rebuilt[1].draws:
        ratios = over_draws(rebuilt[0], rebuilt[1], lambda a, b: cox_log_ratio(a, b)[0])
        scores = over_draws(rebuilt[0], rebuilt[1], logrank_z)
        if ratios.size > 1:
            # The draws know the noise of this figure, the benchmark what the model behind them leaves out.
            sd_ratio, sd_z = max(sd_ratio, float(ratios.std(ddof=1))), max(sd_z, float(scores.std(ddof=1)))
            low, high = np.exp(np.quantile(ratios, (0.025, 0.975)))
            interval = float(low), float(high)
    return Pair(both, sd_ratio, sd_z, *loose, interval)


def over_draws(arm: Reconstruction, reference: Reconstruction, statistic: Callable[[Rows, Rows], float]) -> FloatArray:
    """A statistic of two arms over paired draws, (m,), those that are not estimable left out."""
    pairs = zip(arm.draws, reference.draws, strict=False)
    values = np.array([statistic((a.time, a.event), (b.time, b.event)) for a, b in pairs])
    finite: FloatArray = values[np.isfinite(values)]
    return finite


def check_ratio(reported: HazardRatio, pair: Pair, direction_known: bool) -> list[Check]:
    """The hazard ratio and, if reported, its limits."""
    wanted, found = float(reported.value), pair.both.hazard_ratio
    if found is None or wanted <= 0:
        reason = "the hazard ratio cannot be estimated from the reconstruction"
        return [Check("hazard ratio", pair.subject, reported.value, found, None, 0.0, "cannot say", reason)]
    if not direction_known and abs(math.log(found / wanted)) > abs(math.log(found * wanted)):
        pair = _turned(pair)
        found = 1.0 / found
    checks = [_ratio_check("hazard ratio", reported.value, found, pair, reported)]
    turned = abs(math.log(found * wanted)) <= checks[0].tolerance
    if checks[0].verdict == "differs" and turned:
        note = f"1/{found:.3g} = {1 / found:.3g} would agree: are arm and reference exchanged?"
        checks[0] = replace(checks[0], reason=f"{checks[0].reason}; {note}")
    if reported.limits is not None and pair.both.limits is not None:
        level = NormalDist().inv_cdf(0.5 + reported.level / 2.0) / NORMAL_95
        for name, printed, limit in zip(("lower", "upper"), reported.limits, pair.both.limits, strict=True):
            at_level = found * (limit / found) ** level
            checks.append(_ratio_check(f"hazard ratio, {name} limit", printed, at_level, pair, reported))
    return checks


def _turned(pair: Pair) -> Pair:
    """The contrast with arm and reference exchanged."""
    both = pair.both
    ratio = None if both.hazard_ratio is None else 1.0 / both.hazard_ratio
    limits = None if both.limits is None else (1.0 / both.limits[1], 1.0 / both.limits[0])
    interval = None if pair.ratio_interval is None else (1.0 / pair.ratio_interval[1], 1.0 / pair.ratio_interval[0])
    return replace(
        pair,
        both=TwoArms(both.reference, both.arm, ratio, limits, -both.z, both.p_two_sided),
        ratio_interval=interval,
    )


def _ratio_check(quantity: str, printed: str, found: float, pair: Pair, reported: HazardRatio) -> Check:
    """A ratio on the log scale: half a digit, twice the digitization sd, and for limits the uncertainty of their SE."""
    wanted = float(printed)
    rounding = max(half_digit(printed) / wanted, -math.log1p(-min(0.99, half_digit(printed) / wanted)))
    tolerance = rounding + 2.0 * pair.sd_log_ratio
    if "limit" in quantity and pair.both.hazard_ratio:
        tolerance += 0.01 * abs(math.log(found / pair.both.hazard_ratio))
    gap = abs(math.log(found / wanted))
    interval = pair.ratio_interval if quantity == "hazard ratio" else None
    verdict: Verdict = "agrees"
    reason = ""
    if gap > tolerance:
        verdict, reason = "differs", f"{found:.3f} reconstructed, {printed} reported"
        if gap <= tolerance + 2.0 * pair.loose_log_ratio:
            verdict, reason = "cannot say", f"{reason}; {INEXACT_REASON}"
        elif reported.adjusted:
            verdict, reason = "cannot say", f"{reason}; it is adjusted or stratified, the reconstruction is not"
    return Check(quantity, pair.subject, printed, found, interval, tolerance, verdict, reason)


def check_p(reported: PValue, pair: Pair) -> Check:
    """A P value against the log-rank test, on the z scale, one- or two-sided."""
    sides: Sequence[int] = (reported.sides,) if reported.sides else (2, 1)
    checks = [_p_check(reported, pair, side) for side in sides]
    order: tuple[Verdict, ...] = ("agrees", "cannot say", "differs")
    best = min(checks, key=lambda check: order.index(check.verdict))
    if reported.sides is None and best.verdict == "agrees":
        number = "one" if best is checks[-1] else "two"
        best = replace(best, reason=f"as a {number}-sided P value; the paper does not say which")
    return best


def _p_check(reported: PValue, pair: Pair, sides: int) -> Check:
    found = pair.both.p_two_sided * sides / 2.0
    z, value, half = abs(pair.both.z), float(reported.value), half_digit(reported.value)
    low, high = _z_range(reported, value, half, sides)
    tolerance = 2.0 * pair.sd_z
    if reported.test is None or "rank" not in reported.test.lower():
        tolerance += WALD_AND_SCORE[0] + WALD_AND_SCORE[1] * z
    gap = max(low - z, z - high, 0.0)
    shown = reported.value if reported.relation == "=" else f"{reported.relation}{reported.value}"
    verdict: Verdict = "agrees"
    reason = ""
    if gap > tolerance:
        verdict, reason = "differs", f"P = {found:.3g} reconstructed, {shown} reported"
        if gap <= tolerance + 2.0 * pair.loose_z:
            verdict, reason = "cannot say", f"{reason}; {INEXACT_REASON}"
    return Check("P value", pair.subject, shown, found, None, tolerance, verdict, reason)


def _z_range(reported: PValue, value: float, half: float, sides: int) -> tuple[float, float]:
    """Smallest and largest |z| that would be printed like this."""

    def z_of(p: float) -> float:
        return -NormalDist().inv_cdf(p / sides) if 0.0 < p / sides < 0.5 else (math.inf if p <= 0 else 0.0)

    if reported.relation in ("<", "<="):
        return z_of(value), math.inf
    if reported.relation in (">", ">="):
        return 0.0, z_of(value)
    return z_of(value + half), z_of(value - half)
