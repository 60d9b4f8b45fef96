"""A simulated trial that reproduces the published numbers of a trial of immunotherapy for liver cancer.

Lee JH et al., "Adjuvant immunotherapy with autologous cytokine-induced killer cells for hepatocellular carcinoma",
Gastroenterology 2015;148:1383-91, doi:10.1053/j.gastro.2015.02.055. The published curves are under copyright and the
patients are not public, so these patients are invented; only the printed statistics agree. Event times are
exponential, follow-up ends at a common date after uniform accrual, drop-out is exponential, times are whole days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.synthetic.trials import DAYS_PER_MONTH, TrueArm

ARMS = ("Immunotherapy", "Control")
SIZES = (114, 112)
CUTOFF, ACCRUAL, DROP_OUT = 66.0, 54.0, 0.003


@dataclass(frozen=True, slots=True)
class EndPoint:
    """A seed and the medians (months) of the two exponential distributions that give the printed numbers."""

    seed: int
    medians: tuple[float, float]


RECURRENCE_FREE = EndPoint(1083, (38.6891, 31.6641))
ALL_CAUSE = EndPoint(922, (900.0, 220.0))
CANCER_RELATED = EndPoint(100179, (1350.0, 310.0))


def simulate_hcc(end_point: EndPoint) -> tuple[TrueArm, ...]:
    """The patients of both arms, times in months."""
    rng = np.random.default_rng(end_point.seed)
    arms = []
    for name, n, median in zip(ARMS, SIZES, end_point.medians, strict=True):
        event_time = median * -np.log(rng.random(n)) / np.log(2)
        censor_time = CUTOFF - ACCRUAL * rng.random(n)
        censor_time = np.minimum(censor_time, rng.exponential(1 / DROP_OUT, n))
        days = np.maximum(np.round(np.minimum(event_time, censor_time) * DAYS_PER_MONTH), 1)
        arms.append(TrueArm(name, days / DAYS_PER_MONTH, event_time <= censor_time))
    return tuple(arms)
