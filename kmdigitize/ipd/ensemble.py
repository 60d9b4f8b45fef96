"""Draws of whole patient tables: intervals of any statistic, and the pairs that reproduce what the paper prints.

A 95% digitization interval says what the resolution of the figure leaves open. It stands beside the sampling interval
and never replaces it. ``calibrate`` keeps those pairs of draws whose hazard ratio, limits and P round to the printed
digits: printing is often finer than digitizing. That holds for unadjusted, unstratified analyses only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.ipd.records import Draw, Reconstruction
from kmdigitize.reported import HazardRatio, PValue
from kmdigitize.survival import NORMAL_95, Rows, cox_log_ratio, logrank_z


def interval(values: FloatArray | list[float]) -> tuple[float, float] | None:
    """The 95% digitization interval of a statistic over draws (m,); None without any that can be estimated."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return None
    low, high = np.quantile(finite, (0.025, 0.975))
    return float(low), float(high)


def over_draws(arm: Reconstruction, statistic: Callable[[FloatArray, np.ndarray], float | None]) -> FloatArray:
    """A statistic of (time, event) for every draw of one arm, (m,); nan where it does not exist."""
    values = [statistic(draw.time, draw.event) for draw in arm.draws]
    return np.array([math.nan if value is None else value for value in values])


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The pair of draws in the middle of those that reproduce the printed numbers, and their share of all pairs.

    ``consistent`` is False when hardly any pair does: then the printed numbers are not those of this figure (or of
    an adjusted analysis), and the pair must not be used. ``ratio_interval`` is the 95% digitization interval of the
    hazard ratio among the matching pairs.
    """

    arm: Draw
    reference: Draw
    share: float
    log_ratio: float
    consistent: bool
    ratio_interval: tuple[float, float] | None = None


LEAST_SHARE = 0.001
"""Share of matching pairs below which printed and drawn numbers contradict each other."""


def calibrate(
    arm: Reconstruction, reference: Reconstruction, ratio: HazardRatio, p_value: PValue | None = None
) -> Calibrated | None:
    """Keep the pairs of draws that reproduce the printed hazard ratio (arm v reference), limits and P.

    None without draws, or where the paper says that the analysis was adjusted or stratified.
    """
    if not arm.draws or not reference.draws or ratio.adjusted:
        return None
    pairs = [(i, j) for i in range(len(arm.draws)) for j in _partners(i, len(reference.draws))]
    log_ratio = np.full(len(pairs), np.nan)
    fits = np.zeros(len(pairs), np.bool_)
    for k, (i, j) in enumerate(pairs):
        rows = _rows(arm.draws[i]), _rows(reference.draws[j])
        log_ratio[k], se = cox_log_ratio(*rows)
        fits[k] = _reproduces(ratio, log_ratio[k], se) and (p_value is None or _reproduces_p(p_value, rows))
    share = float(fits.mean())
    consistent = share >= LEAST_SHARE
    pool = np.flatnonzero(fits if consistent else np.isfinite(log_ratio))
    if not pool.size:
        return None
    target = float(np.median(log_ratio[pool])) if consistent else math.log(float(ratio.value))
    best = int(pool[np.argmin(np.abs(log_ratio[pool] - target))])
    i, j = pairs[best]
    among = interval(np.exp(log_ratio[pool])) if consistent else None
    return Calibrated(arm.draws[i], reference.draws[j], share, float(log_ratio[best]), consistent, among)


PAIRS = 10
"""Partners tried per draw: 200 draws give 2000 pairs, enough to find matches of one in a thousand."""


def _partners(i: int, number: int) -> list[int]:
    """Draws of the reference that are paired with draw ``i`` of the arm."""
    return sorted({(i + k * max(1, number // PAIRS)) % number for k in range(min(PAIRS, number))})


def _rows(draw: Draw) -> Rows:
    return draw.time, draw.event


def _reproduces(ratio: HazardRatio, log_ratio: float, se: float) -> bool:
    """Whether ratio and limits round to the printed digits."""
    if not math.isfinite(log_ratio):
        return False
    width = NormalDist().inv_cdf(0.5 + ratio.level / 2.0) if ratio.level != 0.95 else NORMAL_95
    values = [math.exp(log_ratio)]
    printed = [ratio.value]
    if ratio.limits is not None:
        values += [math.exp(log_ratio - width * se), math.exp(log_ratio + width * se)]
        printed += list(ratio.limits)
    return all(abs(value - float(text)) <= _half(text) for value, text in zip(values, printed, strict=True))


def _reproduces_p(p_value: PValue, rows: tuple[Rows, Rows]) -> bool:
    """Whether the log-rank P rounds to the printed one, one- or two-sided where that is not said."""
    z = abs(logrank_z(*rows))
    sides = (p_value.sides,) if p_value.sides else (1, 2)
    values = [side * NormalDist().cdf(-z) for side in sides]
    printed, half = float(p_value.value), _half(p_value.value)
    if p_value.relation in ("<", "<="):
        return any(value <= printed for value in values)
    if p_value.relation in (">", ">="):
        return any(value >= printed for value in values)
    return any(abs(value - printed) <= half for value in values)


def _half(text: str) -> float:
    """Half a unit of the last printed digit, with a little room for rounding error."""
    mantissa, _, exponent = text.lower().partition("e")
    return 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])) * (1.0 + 1e-9)
