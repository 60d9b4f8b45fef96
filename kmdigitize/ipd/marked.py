"""Rogula 2022: numbers at risk from the censor marks, one patient per mark.

Before every drop, the marks since the last drop are taken from those at risk; the events of the drop are the number
that brings the running survival closest to the level seen. Numbers at risk and totals are not used, and a mark under
which several patients hide counts once, which inflates the number at risk: that is the method, kept for comparison.

Reference: Rogula B, Lozano-Ortega G, Johnston KM. MDM Policy Pract 2022;7:23814683221077643.
"""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.ipd.guyot import Clicks, Walk


def marked(clicks: Clicks, censor_times: FloatArray | None) -> Walk:
    """Events and censorings at every point; ``censor_times`` (m,) are the marks, None counts as no marks."""
    marks = np.sort(censor_times) if censor_times is not None else np.zeros(0)
    place = np.clip(np.searchsorted(clicks.time, marks, side="right") - 1, 0, clicks.time.size - 1)
    c = np.bincount(place, minlength=clicks.time.size).astype(np.int64)
    d = np.zeros(clicks.time.size, np.int64)
    at_risk, level = int(clicks.count[0]), float(clicks.survival[0])
    for i, survival in enumerate(clicks.survival):
        if at_risk > 0 and level > 0 and survival < level:
            d[i] = min(at_risk, round(at_risk * (1.0 - survival / level)))
            level *= 1.0 - d[i] / at_risk
        c[i] = min(c[i], at_risk - d[i])
        at_risk -= int(d[i] + c[i])
    return Walk(clicks.time, d, c, at_marks=True)
