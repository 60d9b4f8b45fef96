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


def flow(timeline: Timeline, rng: np.random.Generator | None = None) -> Path:
    """A path through the slots: the expected one, or with ``rng`` one drawn around it."""
    n = int(timeline.n[timeline.n.size // 2])
    levels, weights = _levels(timeline, rng), _weights(timeline, rng)
    path = _walk(timeline, n, 1.0, levels, weights)
    if timeline.total >= 0 and path.events.sum() != timeline.total:
        path = _meet_total(timeline, path, levels, weights)
    return path


def _levels(timeline: Timeline, rng: np.random.Generator | None) -> FloatArray:
    """Level after every slot (s,), non-increasing; with noise for a draw."""
    value, values = 1.0, []
    for slot in timeline.slots:
        if slot.kind in (DROP, STRADDLE):
            sd = math.hypot(slot.sd, timeline.quantum / math.sqrt(3.0)) if slot.level > 0 else 0.0
            noise = 0.0 if rng is None else sd * rng.standard_normal()
            value = min(value, max(0.0, slot.level + noise))
        values.append(value)
    return _sloping_at_cells(timeline, np.array(values))


def _sloping_at_cells(timeline: Timeline, levels: FloatArray) -> FloatArray:
    """Levels with the last flat before every printed time moved to where the curve, without its pixels, is then.

    A drop of a pixelled curve is where it crosses half-way between two rows, so straight lines through the middles
    of the drops are the curve without them.
    """
    drops = [i for i, slot in enumerate(timeline.slots) if slot.kind in (DROP, STRADDLE)]
    if not drops:
        return levels
    before = np.concatenate([[1.0], levels[drops[:-1]]])
    time = [0.0, *(timeline.slots[i].drop_time for i in drops), timeline.slots[-1].end]
    middle = np.concatenate([[1.0], (before + levels[drops]) / 2.0, levels[-1:]])
    previous = -1
    for i, slot in enumerate(timeline.slots):
        if slot.kind not in (RISK, STRADDLE):
            continue
        inside = [k for k in drops if previous < k < i]
        if inside:
            level = float(np.interp(timeline.cell_time[slot.cell], time, middle))
            low, high = levels[drops[min(drops.index(inside[-1]) + 1, len(drops) - 1)]], levels[inside[-1]]
            top = levels[inside[-1] - 1] if inside[-1] else 1.0
            levels[inside[-1] : i + (slot.kind == RISK)] = min(max(level, low), max(high, min(top, level)))
        previous = i
    return levels


def _weights(timeline: Timeline, rng: np.random.Generator | None) -> FloatArray:
    """Relative censoring of every gap (s,); with the scatter of counts for a draw."""
    n = float(timeline.n[timeline.n.size // 2])
    weights = np.empty(len(timeline.slots))
    for i, slot in enumerate(timeline.slots):
        if slot.marks >= 0:
            weights[i] = slot.marks + slot.unsure / 2.0 + slot.extra
        else:
            weights[i] = n * (slot.hazard if slot.hazard >= 0 else slot.share)
    weights = np.maximum(weights, 1e-6)
    return weights if rng is None else np.maximum(rng.gamma(weights), 1e-9)


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
    lost = rate * OPEN_LOSS
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


OPEN_LOSS = 1.5
"""Censoring per patient over a stretch that no printed number closes: most leave before the curve ends."""


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
