"""95% digitization intervals of every statistic of an arm and of a contrast, from draws of whole patient tables.

They say what the resolution of the figure leaves open and stand beside sampling intervals, never instead of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.ipd.records import Interval, Reconstruction
from kmdigitize.survival import Rows, cox_log_ratio, logrank_z, median, rmst, survival_at


@dataclass(frozen=True, slots=True)
class ArmIntervals:
    """95% digitization intervals of one arm; an upper limit of infinity is a median that is not always reached.

    ``median`` is None where no draw reaches it; ``rmst`` is up to ``end``; ``landmarks`` are (time, interval of S).
    """

    arm: str
    draws: int
    n: Interval
    events: Interval
    median: Interval | None
    rmst: Interval
    end: float
    landmarks: tuple[tuple[float, Interval], ...] = ()


@dataclass(frozen=True, slots=True)
class ContrastIntervals:
    """95% digitization intervals of arm versus reference; ``hazard_ratio`` is None where no draw has one.

    ``p_two_sided`` and ``z`` are of the log-rank test; ``rmst_difference`` is arm less reference up to ``end``.
    """

    arm: str
    reference: str
    draws: int
    hazard_ratio: Interval | None
    z: Interval
    p_two_sided: Interval
    rmst_difference: Interval
    end: float


def middle(values: Sequence[float] | FloatArray) -> Interval:
    """The middle 95% of values (m,), m > 0; infinite values are allowed."""
    low, high = np.quantile(np.sort(values), (0.025, 0.975), method="nearest")
    return float(low), float(high)


def arm_intervals(
    found: Reconstruction, end: float | None = None, landmarks: Sequence[float] = ()
) -> ArmIntervals | None:
    """Intervals of one arm, RMST up to ``end`` (default: its last time); None without draws."""
    if not found.draws:
        return None
    horizon = float(found.ipd.time.max()) if end is None else end
    rows: list[Rows] = [(draw.time, draw.event) for draw in found.draws]
    medians = [math.inf if (value := median(*each)) is None else value for each in rows]
    at = tuple((when, middle([survival_at(*each, when) for each in rows])) for when in landmarks)
    return ArmIntervals(
        arm=found.ipd.arm,
        draws=len(rows),
        n=middle([each[0].size for each in rows]),
        events=middle([float(np.count_nonzero(each[1])) for each in rows]),
        median=middle(medians) if min(medians) < math.inf else None,
        rmst=middle([rmst(*each, horizon)[0] for each in rows]),
        end=horizon,
        landmarks=at,
    )


def contrast_intervals(
    arm: Reconstruction, reference: Reconstruction, end: float | None = None
) -> ContrastIntervals | None:
    """Intervals of arm versus reference over paired draws; RMST up to ``end`` (default: the shorter follow-up)."""
    pairs: list[tuple[Rows, Rows]] = [
        ((a.time, a.event), (b.time, b.event)) for a, b in zip(arm.draws, reference.draws, strict=False)
    ]
    if not pairs:
        return None
    horizon = float(min(arm.ipd.time.max(), reference.ipd.time.max())) if end is None else end
    ratios = np.array([cox_log_ratio(a, b)[0] for a, b in pairs])
    ratios = ratios[np.isfinite(ratios)]
    scores = [logrank_z(a, b) for a, b in pairs]
    return ContrastIntervals(
        arm=arm.ipd.arm,
        reference=reference.ipd.arm,
        draws=len(pairs),
        hazard_ratio=middle(np.exp(ratios)) if ratios.size else None,
        z=middle(scores),
        p_two_sided=middle([math.erfc(abs(z) / math.sqrt(2.0)) for z in scores]),
        rmst_difference=middle([rmst(*a, horizon)[0] - rmst(*b, horizon)[0] for a, b in pairs]),
        end=horizon,
    )
