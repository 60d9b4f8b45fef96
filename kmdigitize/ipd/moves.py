"""What can happen in one slot: every plausible number of censorings and events, and what each of them costs."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln, ndtr

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.slots import DROP, END, RISK, STRADDLE, Slot, Timeline
from kmdigitize.ipd.states import EMPTY, HIDDEN, RATES, SOFT, Children, LatticeSettings, prospect


def expand(
    states: Children, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int
) -> Children | None:
    """All children of all states in one slot, with the cost of everything the slot knows; None if there are none."""
    if slot.kind == RISK and strictness < SOFT:
        children = _exactly(states, slot, settings)
    elif slot.kind == END:
        possible = (states.n > 0) | (states.survival <= 0)
        children = states.pick(possible) if possible.any() else states
    else:
        children = _censor(states, slot, settings)
    if slot.kind in (DROP, STRADDLE):
        children = _drop(children, slot, timeline, settings, strictness)
    elif slot.kind == RISK and strictness == SOFT:
        children.add(_missed(np.abs(children.n - slot.count), settings))
    if slot.kind != END and strictness < SOFT:
        children = children.pick(children.n >= slot.floor)
    _totals(children, slot, timeline, settings)
    if not children.n.size:
        return None
    rank = children.best + prospect(children, slot)
    peak = np.full(timeline.n.size, -np.inf)
    np.maximum.at(peak, children.origin, rank)
    peak[peak < peak.max() - settings.behind] = np.inf
    return children.pick(rank > peak[children.origin] - settings.within)


def _missed(by: IntArray, settings: LatticeSettings) -> FloatArray:
    """Cost of missing printed numbers by so many patients."""
    first, further = settings.soft_count
    return np.where(by > 0, -first - further * (by - 1.0), 0.0)


def _log_censored(n: IntArray, regime: IntArray, c: IntArray, slot: Slot, settings: LatticeSettings) -> FloatArray:
    """Log probability that ``c`` of ``n`` are censored in the gap, all of one shape."""
    if slot.marks < 0:
        mean = _expected(n, regime, slot)
        log_p: FloatArray = c * np.log(mean) - mean - gammaln(c + 1.0)
        return log_p
    most = int(c.max(initial=0))
    if slot.hazard >= 0:
        return _log_marked(most, slot, slot.extra, settings)[c]
    table = np.array([_log_marked(most, slot, slot.extra * scale, settings) for scale in HIDDEN])
    by_regime: FloatArray = table[np.maximum(regime, 1) - 1, c]
    return by_regime


def _expected(n: IntArray, regime: IntArray, slot: Slot) -> FloatArray:
    """Expected number of censorings in the gap without marks."""
    rate = slot.hazard if slot.hazard >= 0 else RATES[np.maximum(regime, 1) - 1] * slot.share
    mean: FloatArray = np.maximum(n * np.minimum(rate, 3.0), 1e-9)
    return mean


def _log_marked(most: int, slot: Slot, extra: float, settings: LatticeSettings) -> FloatArray:
    """Log probability of 0 … ``most`` censorings given the marks in the gap, (most + 1,)."""
    c = np.arange(most + 1)
    total = np.full(most + 1, -np.inf)
    for k in range(slot.unsure + 1):
        ways = gammaln(slot.unsure + 1.0) - gammaln(k + 1.0) - gammaln(slot.unsure - k + 1.0)
        beyond = c - slot.marks - k
        hidden = np.maximum(beyond, 0)
        log_p = hidden * math.log(extra) - extra - gammaln(hidden + 1.0)
        log_p = log_p + settings.false_mark * np.minimum(beyond, 0) + ways - slot.unsure * math.log(2.0)
        total = np.logaddexp(total, log_p)
    return total


def _exactly(states: Children, slot: Slot, settings: LatticeSettings) -> Children:
    """Children that have the printed number left."""
    children = states.pick(states.n >= slot.count)
    c = children.n - slot.count
    children.add(_log_censored(children.n, children.regime, c, slot, settings))
    children.n = children.n - c
    return children


def _censor(states: Children, slot: Slot, settings: LatticeSettings) -> Children:
    """Children with every plausible number of censorings."""
    if slot.marks >= 0:
        extra = slot.extra * (HIDDEN[-2] if slot.hazard < 0 else 1.0)
        mean = np.full(states.n.size, slot.marks + slot.unsure / 2.0 + extra)
        spread = math.sqrt(extra + slot.unsure / 4.0)
        low = max(0, min(int(slot.marks - 1), int(states.n.min())))
    else:
        mean = _expected(states.n, states.regime, slot)
        spread = math.sqrt(float(mean.max()))
        low = max(0, int(mean.min() - 5.0 * math.sqrt(mean.min()) - 1.0))
    high = min(int(mean.max() + 4.5 * spread + 3.0), int(states.n.max()))
    c = np.arange(low, max(high, low) + 1)
    room = states.n[:, None] - c[None, :] >= min(slot.floor, int(states.n.max()))
    which, column = np.nonzero(room)
    taken = c[column]
    weight = _log_censored(states.n[which], states.regime[which], taken, slot, settings)
    best = states.best[which] + weight
    likely = np.flatnonzero(best > best.max(initial=-np.inf) - settings.within - settings.outlier)
    if likely.size > settings.children:
        likely = np.sort(likely[np.argpartition(-best[likely], settings.children)[: settings.children]])
    children = states.pick(which[likely])
    children.add(weight[likely])
    children.n = children.n - taken[likely]
    return children


def _drop(children: Children, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int) -> Children:
    """Children with every number of events whose level is compatible, at least the nearest possible one."""
    if slot.kind == STRADDLE and strictness < SOFT:
        children = children.pick(children.n >= slot.count)
    n, survival = children.n, np.maximum(children.survival, 1e-12)
    reach = 5.0 * slot.sd + timeline.quantum
    low = np.ceil(n * (1.0 - (slot.level + reach) / survival) - 1e-9)
    high = np.floor(n * (1.0 - (slot.level - reach) / survival) + 1e-9)
    high = np.clip(np.minimum(high, n), 0, None)
    none = (high < 1) | (n < 1)
    low = np.where(none, 0, np.clip(low, 1, np.maximum(high, 1)))
    if strictness == EMPTY:
        low = np.zeros(low.size)
    high = np.where(none, np.minimum(1, n), high)
    if slot.kind == STRADDLE and strictness < SOFT:
        low = np.maximum(low, n - slot.count)
        high = np.maximum(high, low)
    width = int(np.max(high - low, initial=0)) + 1
    step = max(1, math.ceil(width / MOST_EVENTS))
    offsets = np.arange(0, width, step)
    which, column = np.nonzero(low[:, None] + offsets[None, :] <= high[:, None])
    out = children.pick(which)
    d = (low[which] + offsets[column]).astype(np.int64)
    return _with_events(out, d, slot, timeline, settings, strictness)


MOST_EVENTS = 40
"""Most numbers of events tried per state; beyond that they are sampled, which only unresolved curves reach."""


def _with_events(
    out: Children, d: IntArray, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int
) -> Children:
    """Children after ``d`` events each, with the cost of the level, of several events at once, and of facts."""
    n = np.maximum(out.n, 1)
    before = out.survival
    out.survival = np.where(d >= n, 0.0, before * (1.0 - d / n))
    again = np.log(np.clip(out.n * slot.several, slot.ties, max(slot.ties, 0.8)))
    weight = log_level(out.survival, slot, timeline.quantum, settings.outlier)
    # the level after a drop that is none is no level either: it costs little more
    single = np.log1p(-np.exp(again)) if timeline.n.size > 1 else 0.0
    weight = np.where(
        d > 0, weight + np.maximum(d - 1, 0) * again + single, np.maximum(weight, -2.0) - settings.no_event
    )
    for level, half in slot.facts:
        off = np.maximum(np.abs(out.survival - level) - half, 0.0) / slot.sd
        weight -= np.minimum(off**2 / 2.0, settings.outlier)
    if slot.half:
        weight -= np.where((before > 0.5 - 1e-9) & (out.survival <= 0.5 + 1e-9), 0.0, 6.0)
    if slot.kind == STRADDLE:
        over = np.maximum(out.n - d - slot.count, 0) + np.maximum(slot.count - out.n, 0)
        weight += _missed(over, settings) if strictness == SOFT else np.where(over > 0, -np.inf, 0.0)
    out.n = out.n - d
    out.events = out.events + d
    out.add(weight)
    return out.pick(np.isfinite(out.best))


def log_level(survival: FloatArray, slot: Slot, quantum: float, outlier: float) -> FloatArray:
    """Log likelihood of a level given the survival of the paths, 0 at its best and bounded below."""
    if quantum > 0:
        upper = ndtr((slot.level + quantum - survival) / slot.sd)
        lower = ndtr((slot.level - quantum - survival) / slot.sd)
        fit = np.log(np.maximum(upper - lower, 1e-300))
    else:
        fit = -0.5 * ((survival - slot.level) / slot.sd) ** 2
    beyond = np.abs(survival - slot.level) / (slot.sd + quantum)
    return np.maximum(fit, -outlier - np.minimum(0.2 * beyond, 8.0))


def _totals(children: Children, slot: Slot, timeline: Timeline, settings: LatticeSettings) -> None:
    """Cost of missing printed totals: events or censorings so far, and events in all at the end."""
    off = np.zeros(children.n.size)
    if slot.events >= 0:
        off += np.abs(children.events - slot.events)
    if slot.censored >= 0:
        off += np.abs(timeline.n[children.origin] - children.n - children.events - slot.censored)
    if slot.kind == END and timeline.total >= 0:
        off += np.abs(children.events - timeline.total)
    elif timeline.total >= 0:
        off += np.maximum(children.events - timeline.total, 0)
    if off.any():
        children.add(-settings.per_event * off)
