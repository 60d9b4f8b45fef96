"""Drops that may be none: a riser that is blurred, crossed or covered is read as two drops with a level between them.

The flats beside such a drop carry standard deviations of most of a pixel and more. On drawn figures one drop in four
beside a hardly seen flat holds no event, one in fifty between two that were seen well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.stepcurve import StepCurve


@dataclass(frozen=True, slots=True)
class Doubt:
    """Per drop (k,): chance that it holds no event, whether a flat beside it was hardly seen, and whether its own
    flat is also too short to be one."""

    chance: FloatArray
    hazy: BoolArray
    passing: BoolArray


NO_EVENT = (0.005, 0.25)
"""Chance of no event in a drop between sure flats and beside an unsure one. The former is below the 2% counted on
drawn figures, for levels that contradict an event say so themselves."""
SURE_PX = (0.25, 0.6)
"""Standard deviations of a level, in pixels, between which that chance rises."""
SHORT_PX = 3.5
"""A flat this short may be a step on the way down a blurred riser."""
LAST_PX = 2.0
"""A curve that ends this close after its last drop ends with that drop: its level is not a flat that anybody saw."""


def doubted_drops(known: Prepared, curve: StepCurve) -> Doubt:
    """How far each drop may be doubted; points without a pixel size are not."""
    k, pixel = known.time.size, curve.survival_resolution
    if pixel <= 0 or not k:
        return Doubt(np.full(k, NO_EVENT[0]), np.zeros(k, np.bool_), np.zeros(k, np.bool_))
    unsure = np.maximum(known.sd, np.append(0.0, known.sd[:-1])) / pixel
    share = np.clip((unsure - SURE_PX[0]) / (SURE_PX[1] - SURE_PX[0]), 0.0, 1.0)
    length = np.append(np.diff(known.time), np.inf)
    passing = (share > 0) & (length <= SHORT_PX * curve.time_resolution)
    at_end = known.end - known.time[-1] <= LAST_PX * curve.time_resolution
    share[-1] = 0.0 if at_end else share[-1]
    hazy = share > 0
    hazy[-1] |= at_end
    return Doubt(NO_EVENT[0] + (NO_EVENT[1] - NO_EVENT[0]) * share, hazy, passing)
