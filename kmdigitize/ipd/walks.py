"""Guyot, iKM and the marked method behind one shape: Prepared inputs → clicks → walk → patients.

The curve is known everywhere, so a point is put at every printed time: intervals without a point, curves that end
before a printed time and events in the column of a printed time all become plain cases.
"""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.ipd.guyot import Clicks, Walk, guyot
from kmdigitize.ipd.ikm import ikm
from kmdigitize.ipd.marked import marked
from kmdigitize.ipd.prepare import Prepared, estimate_n
from kmdigitize.ipd.records import IPD, Method, ReconstructionInputs, Source
from kmdigitize.ipd.rows import patient_rows


def walk_arm(known: Prepared, inputs: ReconstructionInputs, method: Method) -> tuple[IPD, Walk]:
    """Patients of one arm by a published method; N is estimated from the first drops where nothing states it."""
    clicks = clicks_of(known)
    if method == "marked":
        walk = marked(clicks, inputs.curve.censor_times)
    elif method == "ikm":
        walk = ikm(clicks, inputs.events)
    else:
        walk = guyot(clicks, inputs.events)
    return _patients(walk, int(clicks.count[0]), inputs), walk


def clicks_of(known: Prepared) -> Clicks:
    """Points at the start, at every drop, at every printed time (level just before a drop there) and at the end."""
    risk_time, count = known.risk_time, known.risk_count
    if not risk_time.size or risk_time[0] > 0:
        risk_time, count = np.insert(risk_time, 0, 0.0), np.insert(count, 0, _unknown_n(known))
    before = np.concatenate([[1.0], known.level])
    at_risk_time = before[np.searchsorted(known.time, risk_time, side="left")]
    end = max(known.end, float(risk_time[-1]))
    time = np.concatenate([risk_time, known.time, [end]])
    survival = np.concatenate([at_risk_time, known.level, [before[-1]]])
    order = np.lexsort((np.arange(time.size), time))
    start = np.searchsorted(time[order], risk_time, side="left")
    return Clicks(time[order], survival[order], start.astype(np.int64), count)


def _unknown_n(known: Prepared) -> int:
    """Patients at time 0 by the size of the first drops, at least as many as the first printed number implies."""
    estimated = estimate_n(known.time, known.level, known.sd)
    if not known.risk_count.size:
        return estimated
    index = int(np.searchsorted(known.time, known.risk_time[0], side="left"))
    level = known.level[index - 1] if index else 1.0
    return max(int(known.risk_count[0]), round(int(known.risk_count[0]) / max(float(level), 1e-3)))


def _patients(walk: Walk, n: int, inputs: ReconstructionInputs) -> IPD:
    """Events at their points, censorings half-way to the next, everybody left where the drawn curve ends."""
    following = np.append(walk.time[1:], walk.time[-1])
    middle = walk.time + (following - walk.time) / 2.0
    events, censored = np.repeat(walk.time, walk.events), np.repeat(middle, walk.censored)
    left = n - events.size - censored.size
    last: FloatArray = np.full(max(0, left), walk.time[-1])
    source: Source = "mark" if walk.at_marks else "interpolated"
    parts: list[tuple[FloatArray, bool, Source]] = [
        (events, True, "drop"),
        (censored, False, source),
        (last, False, "tail"),
    ]
    return patient_rows(parts, inputs.panel, inputs.arm)
