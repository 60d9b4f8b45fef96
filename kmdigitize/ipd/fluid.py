"""Tables of curves too fine to resolve: real-valued flows between the printed numbers, rounded at the end.

Where single events are smaller than the noise of a level, no integer table stands out and the most probable one
follows the noise. Here events and censorings are flows: between two printed numbers the censoring that closes them
has a closed form, so nothing is guessed greedily and nothing drifts; counts are rounded from their running totals.
Draws vary the levels within their noise and the timing of the censorings.
"""

from __future__ import annotations

import math

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.slots import DROP, END, RISK, STRADDLE, Timeline
from kmdigitize.ipd.states import Path


def flow(timeline: Timeline, level: FloatArray, rng: np.random.Generator | None = None) -> Path:
    """A path through the slots that follows ``level`` (k,) after every drop; with ``rng`` the timing of censorings is
    drawn, else it is the expected one."""
    n = int(timeline.n[timeline.n.size // 2])
    levels = levels_after(timeline, level)
    weights = _weights(timeline, n, levels, rng)
    path = _walk(timeline, n, 1.0, levels, weights)
    if timeline.total >= 0 and path.events.sum() != timeline.total:
        return _meet_total(timeline, path, levels, weights)
    return path if timeline.total >= 0 else _kept_on_curve(timeline, path, levels, weights)


def levels_after(timeline: Timeline, level: FloatArray) -> FloatArray:
    """Level after every slot (s,): that of the last drop so far."""
    values = [level[slot.drop] if slot.kind in (DROP, STRADDLE) else 1.0 for slot in timeline.slots]
    after: FloatArray = np.minimum.accumulate(np.array(values, dtype=np.float64))
    return after


def _weights(timeline: Timeline, n: int, levels: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Hazard of censoring of every gap (s,), from its marks where there are any; scattered as counts for a draw."""
    hazard: FloatArray = np.array(
        [slot.hazard if slot.hazard >= 0 else slot.share for slot in timeline.slots], dtype=np.float64
    )
    if timeline.slots[0].marks >= 0:
        hazard = _marked_hazard(timeline, n, levels)
    least: FloatArray = np.maximum(hazard, 1e-9)
    present = np.maximum(n * levels * np.exp(-np.cumsum(least)), 1.0)
    if rng is None:
        return least
    scattered: FloatArray = np.maximum(rng.gamma(least * present) / present, 1e-12)
    return scattered


def _marked_hazard(timeline: Timeline, n: int, levels: FloatArray) -> FloatArray:
    """Hazard of censoring of every gap (s,) that its marks show, those hidden under them included.

    Without their censorings ``n`` times survival would be at risk, so ``c`` marks there take ``c / (n survival)`` of
    those that stay. Where that is more than there are, fewer are hidden, or marks are false.
    """
    shown, hidden = marked_patients(timeline, levels)
    room = n - 1.0 / levels[-1]
    share = min(1.0, max(room - shown.sum(), 0.0) / max(hidden.sum(), 1e-12))
    taken = shown * min(1.0, max(room, 0.0) / max(shown.sum(), 1e-12)) + share * hidden
    staying = np.maximum(1.0 - np.cumsum(taken) / n, 1e-9)
    hazard: FloatArray = -np.diff(np.log(staying), prepend=0.0)
    return hazard


def marked_patients(timeline: Timeline, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Patients at the start for whom the marks of every gap speak (s,), and for whom those hidden under them do.

    A censoring at survival S stands for 1/S patients. Whoever is left at the end of the curve is not counted: their
    marks are beyond its last drop. Zero without marks.
    """
    slots = timeline.slots
    upto = np.maximum(np.append(1.0, levels[:-1]), 1e-9)
    shown = np.array([max(slot.marks, 0) + slot.unsure / 2.0 for slot in slots]) / upto
    hidden = np.array([slot.extra for slot in slots]) / upto
    shown[-1] = hidden[-1] = 0.0
    return shown, hidden


def _walk(timeline: Timeline, n: int, rate: float, levels: FloatArray, weights: FloatArray) -> Path:
    """Flows from one printed number to the next, then to the end, rounded stretch by stretch."""
    slots = timeline.slots
    size = len(slots)
    events, censored = np.zeros(size, np.int64), np.zeros(size, np.int64)
    at_risk, first, survival = n, 0, 1.0
    for cell in [i for i, slot in enumerate(slots) if slot.kind in (RISK, STRADDLE, END)]:
        span, kind = slice(first, cell + 1), slots[cell].kind
        after = levels[span].copy()
        after[-1] = 1.0  # nothing falls in the gap that a printed number or the end closes
        target = None if kind == END else slots[cell].count
        events[span], censored[span], survival = _stretch((at_risk, survival), after, weights[span], target, rate)
        if kind == END:
            censored[cell] = 0
        at_risk -= int(events[span].sum() + censored[span].sum())
        if kind == STRADDLE and at_risk > 0 and levels[cell] < survival:
            fall = round(at_risk * (1.0 - levels[cell] / survival))
            events[cell] = max(0, min(at_risk - slots[cell].floor, fall))
            survival *= 1.0 - events[cell] / at_risk
            at_risk -= int(events[cell])
        first = cell + 1
    left = n - np.cumsum(events + censored)
    before = left + events
    steps = np.where(before > 0, 1.0 - events / np.maximum(before, 1), 1.0)
    return Path(n, censored, events, left, np.cumprod(steps, dtype=np.float64))


def _stretch(
    state: tuple[int, float], after: FloatArray, weights: FloatArray, target: int | None, rate: float
) -> tuple[IntArray, IntArray, float]:
    """Integer events and censorings (s,) of the slots up to a printed number (or the end), and survival there."""
    at_risk, survival = state
    before = np.concatenate([[survival], after[:-1]])
    keep = np.clip(np.where(before > 0, after / np.maximum(before, 1e-12), 1.0), 1e-9, 1.0)
    lost = rate * float(weights.sum())
    if target is not None:
        lost = max(0.0, math.log(max(at_risk, 0.5) / max(target, 0.5)) + float(np.log(keep).sum()))
    stay = np.exp(-lost * weights / weights.sum())
    present = at_risk * np.concatenate([[1.0], np.cumprod(stay * keep)[:-1]])
    gone = present * (1.0 - stay)
    share = np.cumsum(gone) / gone.sum() if gone.sum() > 0 else np.cumsum(weights) / weights.sum()
    number = round(float(gone.sum()))
    for _ in range(ROUNDS):
        c = np.diff(np.rint(np.concatenate([[0.0], share * number]))).astype(np.int64)
        d, c, left, reached = _track(at_risk, survival, after, c, target)
        if target is None or left == target or (left < target and number == 0):
            break
        number = max(0, number + left - target)
    if target is not None and left > target:
        c[-1] += left - target
    return d, c, reached


ROUNDS = 20
"""Adjustments of the censorings of one stretch; each changes the events by a fraction of one, so two or three do."""


def _track(
    at_risk: int, survival: float, after: FloatArray, c: IntArray, target: int | None
) -> tuple[IntArray, IntArray, int, float]:
    """Events that keep the running survival closest to the levels, given the censorings of every gap."""
    d, taken, least = np.zeros(c.size, np.int64), c.copy(), target or 0
    for i, level in enumerate(after):
        taken[i] = min(taken[i], max(0, at_risk - least))
        at_risk -= int(taken[i])
        if at_risk > least and level < survival:
            d[i] = min(at_risk - least, round(at_risk * (1.0 - level / survival)))
            survival *= 1.0 - d[i] / at_risk
            at_risk -= int(d[i])
    return d, taken, at_risk, survival


def _kept_on_curve(timeline: Timeline, path: Path, levels: FloatArray, weights: FloatArray) -> Path:
    """Fewer censorings in the open stretch until those at risk suffice to follow the curve: with few left, one event
    falls further than the curve does."""
    best, least = path, _off(path, levels)
    for rate in RATES:
        if least <= 1.0 / path.n:
            break
        found = _walk(timeline, path.n, rate, levels, weights)
        off = _off(found, levels)
        best, least = (found, off) if off < least else (best, least)
    return best


RATES = (0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Shares of the expected hazard of the open stretch that are tried."""


def _off(path: Path, levels: FloatArray) -> float:
    """Root mean square distance of a path from the levels."""
    return float(np.sqrt(np.mean((path.survival - levels) ** 2)))


def _meet_total(timeline: Timeline, path: Path, levels: FloatArray, weights: FloatArray) -> Path:
    """Change the censoring of the open stretch until the printed number of events is met as nearly as it can be."""
    low, high, best = 0.0, 20.0, path
    for _ in range(30):
        rate = (low + high) / 2.0
        found = _walk(timeline, path.n, rate, levels, weights)
        surplus = int(found.events.sum()) - timeline.total
        if abs(surplus) <= abs(int(best.events.sum()) - timeline.total):
            best = found
        if surplus == 0:
            break
        low, high = (rate, high) if surplus > 0 else (low, rate)
    return best
