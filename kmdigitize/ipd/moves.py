"""What can happen in one slot: every plausible number of censorings and events, and what each of them costs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.slots import DROP, END, RISK, STRADDLE, Slot, Timeline
from kmdigitize.ipd.states import EMPTY, HIDDEN, RATES, SOFT, LatticeSettings, Layer, Moves, chosen, prospect


def expand(states: Layer, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int) -> Moves | None:
    """All moves of all states in one slot, with the cost of everything the slot knows; None if there are none."""
    if slot.kind == RISK and strictness < SOFT:
        moves = _exactly(states, slot, settings)
    elif slot.kind == END:
        possible = (states.n > 0) | (states.survival <= 0)
        moves = Moves.none(states).pick(possible) if possible.any() else Moves.none(states)
    else:
        moves = _censor(states, slot, settings)
    if slot.kind in (DROP, STRADDLE):
        moves = _drop(moves, slot, timeline, settings, strictness)
    elif slot.kind == RISK and strictness == SOFT:
        moves.weight = moves.weight + _missed(np.abs(moves.n - slot.count), settings)
    if slot.kind != END and strictness < SOFT and slot.floor > 0:
        moves = moves.pick(moves.n >= slot.floor)
    _totals(moves, slot, timeline, settings)
    kept = _worth_keeping(moves, slot, timeline, settings) if moves.n.size else moves
    return kept if kept.n.size else None


def _worth_keeping(moves: Moves, slot: Slot, timeline: Timeline, settings: LatticeSettings) -> Moves:
    """Moves not hopelessly behind the best one of their number of patients, of numbers still in the race."""
    states = moves.states
    rank = states.best.take(moves.of) + moves.weight
    if slot.ahead is not None:
        rank += prospect(moves.n, slot)
    if timeline.n.size == 1:
        return moves.pick(rank > rank.max() - settings.within)
    origin = states.origin.take(moves.of)
    peak = np.full(timeline.n.size, -np.inf)
    first = np.append(0, np.flatnonzero(np.diff(origin)) + 1)  # moves of one number mostly follow each other
    np.maximum.at(peak, origin.take(first), np.maximum.reduceat(rank, first))
    peak[peak < peak.max() - settings.behind] = np.inf
    return moves.pick(rank > peak.take(origin) - settings.within)


def _missed(by: IntArray, settings: LatticeSettings) -> FloatArray:
    """Cost of missing printed numbers by so many patients."""
    first, further = settings.soft_count
    return np.where(by > 0, -first - further * (by - 1.0), 0.0)


def _log_censored(states: Layer, c: IntArray, slot: Slot, settings: LatticeSettings) -> FloatArray:
    """Log probability of each number ``c`` of censorings in the gap for every state, (states, c) or (1, c)."""
    from scipy.special import gammaln

    if slot.marks < 0:
        mean = _expected(states, slot)[:, None]
        log_p: FloatArray = c * np.log(mean) - mean - gammaln(c + 1.0)
        return log_p
    if slot.hazard >= 0:
        return _log_marked(c, slot, np.array([slot.extra]), settings)
    by_regime: FloatArray = _log_marked(c, slot, slot.extra * HIDDEN, settings)[np.maximum(states.regime, 1) - 1]
    return by_regime


def _expected(states: Layer, slot: Slot) -> FloatArray:
    """Expected number of censorings in the gap without marks, (states,)."""
    rate = slot.hazard if slot.hazard >= 0 else RATES[np.maximum(states.regime, 1) - 1] * slot.share
    mean: FloatArray = np.maximum(states.n * np.minimum(rate, 3.0), 1e-9)
    return mean


def _log_marked(c: IntArray, slot: Slot, extra: FloatArray, settings: LatticeSettings) -> FloatArray:
    """Log probability (e, c) of the numbers ``c`` of censorings given the marks in the gap, for every expected number
    ``extra`` (e,) of censorings without a mark."""
    from scipy.special import gammaln

    k = np.arange(slot.unsure + 1)[:, None]
    ways = gammaln(slot.unsure + 1.0) - gammaln(k + 1.0) - gammaln(slot.unsure - k + 1.0) - slot.unsure * math.log(2.0)
    beyond = c - slot.marks - k
    hidden = np.maximum(beyond, 0)
    fixed = ways + settings.false_mark * np.minimum(beyond, 0) - gammaln(hidden + 1.0)
    log_p = fixed + hidden * np.log(extra)[:, None, None] - extra[:, None, None]
    total: FloatArray = np.logaddexp.reduce(log_p, axis=1) if slot.unsure else log_p[:, 0]
    return total


def _exactly(states: Layer, slot: Slot, settings: LatticeSettings) -> Moves:
    """Moves to the printed number."""
    of = np.flatnonzero(states.n >= slot.count)
    moves = Moves.none(states).pick(of)
    if not of.size:
        return moves
    c, inverse = np.unique(moves.n - slot.count, return_inverse=True)
    weight = _log_censored(states, c, slot, settings)
    moves.weight = weight[of if weight.shape[0] > 1 else 0, inverse]
    moves.n = np.full(of.size, slot.count, np.int64)
    return moves


def _censor(states: Layer, slot: Slot, settings: LatticeSettings) -> Moves:
    """Moves by every plausible number of censorings."""
    if slot.marks >= 0:
        extra = slot.extra * (HIDDEN[-2] if slot.hazard < 0 else 1.0)
        mean = np.full(1, slot.marks + slot.unsure / 2.0 + extra)
        spread = math.sqrt(extra + slot.unsure / 4.0)
        low = max(0, min(slot.marks // 2 - 1, int(states.n.min())))
    else:
        mean = _expected(states, slot)
        spread = math.sqrt(float(mean.max()))
        low = max(0, int(mean.min() - 5.0 * math.sqrt(mean.min()) - 1.0))
    high = min(int(mean.max() + 4.5 * spread + 3.0), int(states.n.max()))
    c = np.arange(low, max(high, low) + 1)
    weight = _log_censored(states, c, slot, settings)
    alike = len(weight) == 1
    rank = states.best[:, None] + weight
    floor = min(slot.floor, int(states.n.max()))
    if int(states.n.min()) - int(c[-1]) < floor:
        rank[states.n[:, None] - c < floor] = -np.inf
    likely = _plausible(rank.ravel(), settings)
    of = likely // c.size
    column = likely - of * c.size
    given = weight[0].take(column) if alike else weight.ravel().take(likely)
    n = states.n.take(of) - c.take(column)
    return Moves(states, of, n, states.survival.take(of), np.zeros(of.size, np.int64), given)


def _plausible(rank: FloatArray, settings: LatticeSettings) -> IntArray:
    """Indices of the moves not far behind the best one, at most as many as the settings allow."""
    likely: IntArray = (rank > rank.max() - settings.within - settings.outlier).nonzero()[0]
    if likely.size > settings.children:
        likely = likely[chosen(np.argpartition(-rank[likely], settings.children)[: settings.children], likely.size)]
    return likely


def _drop(moves: Moves, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int) -> Moves:
    """Moves by every number of events whose level is compatible, at least the nearest possible one, and by none."""
    if slot.kind == STRADDLE and strictness < SOFT:
        moves = moves.pick(moves.n >= slot.count)
    n, survival = moves.n, np.maximum(moves.survival, 1e-12)
    reach = 5.0 * slot.sd + timeline.quantum
    low = np.ceil(n * (1.0 - (slot.level + reach) / survival) - 1e-9)
    high = np.maximum(np.minimum(np.floor(n * (1.0 - (slot.level - reach) / survival) + 1e-9), n), 0)
    none = (high < 1) | (n < 1)
    low = np.where(none, 0, np.minimum(np.maximum(low, 1), np.maximum(high, 1)))
    high = np.where(none, np.minimum(1, n), high)
    if slot.kind == STRADDLE and strictness < SOFT:
        low = np.maximum(low, n - slot.count)
        high = np.maximum(high, low)
    empty = (low > 0) & ((moves.survival - slot.level <= reach) | slot.passing | (strictness == EMPTY))
    if slot.kind == STRADDLE and strictness < SOFT:
        empty &= n == slot.count
    which, d = _counts(low.astype(np.int64), high.astype(np.int64), empty)
    survival, weight = moves.survival.take(which), moves.weight.take(which)
    picked = Moves(moves.states, moves.of.take(which), n.take(which), survival, d, weight)
    return _with_events(picked, slot, timeline, settings, strictness)


def _counts(low: IntArray, high: IntArray, empty: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Every number of events from ``low`` to ``high`` (c,), and none where ``empty``, with the move it belongs to."""
    span = high - low
    step = max(1, math.ceil((int(span.max(initial=0)) + 1) / MOST_EVENTS))
    number = span // step + 1 if step > 1 else span + 1
    which = np.arange(low.size).repeat(number)
    begin = number.cumsum() - number
    along = np.arange(which.size) - begin.take(which)
    d = low.take(which) + (along * step if step > 1 else along)
    bare = empty.nonzero()[0]
    if not bare.size:
        return which, d
    return np.concatenate([which, bare]), np.concatenate([d, np.zeros(bare.size, np.int64)])


MOST_EVENTS = 40
"""Most numbers of events tried per state; beyond that they are sampled, which only unresolved curves reach."""


def _with_events(moves: Moves, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int) -> Moves:
    """Moves after their events, with the cost of the level, of several events at once, and of facts."""
    n, before, d = np.maximum(moves.n, 1), moves.survival, moves.events
    moves.survival = before * (1.0 - d / n)
    outlier = settings.unsure_outlier if slot.hazy else settings.outlier
    weight = log_level(moves.survival, slot, timeline.quantum, outlier)
    if slot.passing:
        weight = np.where(d > 0, weight, np.maximum(weight, -2.0))
    weight += _log_ties(n, d, slot, timeline)
    for level, half in slot.facts:
        off = np.maximum(np.abs(moves.survival - level) - half, 0.0) / slot.sd
        weight -= np.minimum(off**2 / 2.0, settings.outlier)
    if slot.half:
        weight -= np.where((before > 0.5 - 1e-9) & (moves.survival <= 0.5 + 1e-9), 0.0, 6.0)
    if slot.fewest > 1:
        weight -= np.where(d > 0, APART * np.maximum(slot.fewest - d, 0), 0.0)
    if slot.kind == STRADDLE:
        over = np.maximum(moves.n - d - slot.count, 0) + np.maximum(slot.count - moves.n, 0)
        weight += _missed(over, settings) if strictness == SOFT else np.where(over > 0, -np.inf, 0.0)
    moves.n = moves.n - d
    moves.weight = moves.weight + weight
    return moves.pick(np.isfinite(moves.weight)) if slot.kind == STRADDLE else moves


APART = 6.0
"""Cost of every event by which a drop that several curves share holds fewer than one of each."""


def _log_ties(n: IntArray, d: IntArray, slot: Slot, timeline: Timeline) -> FloatArray:
    """Log prior of ``d`` events in one drop: none if it was misread, several if columns or times are coarse.

    Events that share a column by chance are Poisson, tied ones geometric: a last deep drop is one event of few left,
    not many events of one column. With N unknown the geometric tail covers both, for it decides the comb.
    """
    if not n.size:
        return np.zeros(0)
    from scipy.special import gammaln

    least = int(n.min())
    every = np.arange(least, int(n.max()) + 1)
    at, more = n - least, np.maximum(d - 1, 0)
    if timeline.n.size > 1:
        chance = np.minimum(np.maximum(every * slot.several, slot.ties), max(slot.ties, 0.8))
        some = more * np.log(chance).take(at) + np.log1p(-chance).take(at)
    else:
        chance = np.minimum(np.maximum(every * slot.several, 1e-3), 20.0)
        many = more.nonzero()[0]
        further = more[many]
        by_column = further * np.log(chance).take(at[many]) - gammaln(np.arange(more.max() + 1) + 1.0).take(further)
        some = np.zeros(more.size)
        some[many] = np.logaddexp(by_column, further * math.log(slot.ties))
    prior: FloatArray = some + math.log1p(-slot.empty)
    prior[d == 0] = math.log(slot.empty)
    return prior


def log_level(survival: FloatArray, slot: Slot, quantum: float, outlier: float) -> FloatArray:
    """Log likelihood of a level given the survival of the paths, 0 at its best and bounded below."""
    from scipy.special import ndtr

    if quantum > 0:
        upper = ndtr((slot.level + quantum - survival) / slot.sd)
        lower = ndtr((slot.level - quantum - survival) / slot.sd)
        fit = np.log(np.maximum(upper - lower, 1e-300))
    else:
        fit = -0.5 * ((survival - slot.level) / slot.sd) ** 2
    far = (fit < -outlier).nonzero()[0]
    beyond = np.abs(survival.take(far) - slot.level) / (slot.sd + quantum)
    fit[far] = np.maximum(fit.take(far), -outlier - np.minimum(0.2 * beyond, 8.0))
    return fit


def _totals(moves: Moves, slot: Slot, timeline: Timeline, settings: LatticeSettings) -> None:
    """Cost of missing printed totals: events or censorings so far, and events in all at the end."""
    if slot.events < 0 and slot.censored < 0 and timeline.total < 0:
        return
    states, of = moves.states, moves.of
    events = states.events[of] + moves.events
    off = np.zeros(moves.n.size)
    if slot.events >= 0:
        off += np.abs(events - slot.events)
    if slot.censored >= 0:
        off += np.abs(timeline.n[states.origin[of]] - moves.n - events - slot.censored)
    if slot.kind == END and timeline.total >= 0:
        off += np.abs(events - timeline.total)
    elif timeline.total >= 0:
        off += np.maximum(events - timeline.total, 0)
    moves.weight = moves.weight - settings.per_event * off
