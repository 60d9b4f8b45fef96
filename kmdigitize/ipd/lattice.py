"""All probable paths of (at risk, events, survival) through the slots, as layers of states.

A state is the number at risk, the events so far and the exact survival of its own integer path. Every slot expands
all states at once by every plausible number of censorings and events, merges those that meet in one cell (equal
integers, survival equal to a fraction of the noise) by sorting, and keeps the most probable ones. Levels are compared
with absolute survival, so errors do not accumulate; a level no path can explain costs a bounded amount, so a path is
always found unless the printed numbers forbid every one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.timeline import DROP, END, RISK, STRADDLE, Slot, Timeline

RATES = np.array([0.03, 0.25, 0.7, 1.6, 4.0, 10.0])
"""Censoring regimes of an open stretch: expected censorings per patient if one lasted all of it."""
HIDDEN = np.array([0.15, 0.5, 1.0, 2.5, 6.0, 15.0])
"""Regimes of an open stretch with marks: factors on the censorings expected under them."""
STRICT, EMPTY, SOFT = 0, 1, 2
"""How strict a search is: printed numbers are met and drops hold events; drops may be empty; numbers may be missed."""
STAY, CHANGES = 0.55, 8


@dataclass(frozen=True, slots=True)
class LatticeSettings:
    """Prior costs in nats and the size of the search."""

    keep: int = 500
    """States kept per slot; more gave the same counts in every resolved case tried."""
    within: float = 25.0
    """States this much less probable than the best are dropped: they never come back."""
    outlier: float = 12.0
    """Most that one level may cost: about five standard deviations, as rare as a wrong flat."""
    no_event: float = 12.0
    """Cost of a drop that holds no event."""
    false_mark: float = 7.0
    """Cost of a censor mark under which nobody is censored."""
    per_event: float = 8.0
    """Cost of every event by which a printed total is missed."""
    soft_count: tuple[float, float] = (5.0, 2.0)
    """Cost of missing a printed number at risk by one, and by each more, once they have to give."""
    cells: float = 4.0
    """Cells per noise standard deviation in which paths of equal integers merge."""
    children: int = 8000
    """Children of one slot after its censorings; only numbers of patients far below resolution have more."""
    behind: float = 40.0
    """With N unknown, a number of patients this much less probable than the best one so far leaves the race."""
    least_each: int = 6
    """States that every number of patients still in the race keeps at least."""


@dataclass(frozen=True, slots=True)
class Layer:
    """States after one slot, (k,) arrays; ``origin`` is the index of the number of patients they started from;
    ``parent`` of the most probable path; all edges if draws are wanted."""

    n: IntArray
    events: IntArray
    survival: FloatArray
    regime: IntArray
    origin: IntArray
    best: FloatArray
    mass: FloatArray
    parent: IntArray
    edge_from: IntArray | None = None
    edge_to: IntArray | None = None
    edge_share: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Per slot (s,): censorings in its gap, events at its end, at risk and survival afterwards; ``n`` at the start."""

    n: int
    censored: IntArray
    events: IntArray
    left: IntArray
    survival: FloatArray


def search(timeline: Timeline, settings: LatticeSettings, strictness: int = 0, edges: bool = False) -> list[Layer]:
    """Layers from the start to the last slot; empty when the printed numbers forbid every path."""
    layers = [_start(timeline)]
    changes = _change_points(timeline.slots)
    tallest = max((slot.sd for slot in timeline.slots if slot.kind in (DROP, STRADDLE)), default=1.0)
    cell = math.hypot(tallest, timeline.quantum / math.sqrt(3.0)) / settings.cells
    for i, slot in enumerate(timeline.slots):
        states = _with_regimes(layers[-1], slot, i in changes)
        children = _expand(states, slot, timeline, settings, strictness)
        if children is None:
            return []
        layers.append(_merge(children, slot, timeline, cell, settings, edges))
    return layers


@dataclass(slots=True)
class _Children:
    """Unmerged states (c,) with their parents and log weights."""

    n: IntArray
    events: IntArray
    survival: FloatArray
    regime: IntArray
    origin: IntArray
    best: FloatArray
    mass: FloatArray
    parent: IntArray

    def pick(self, which: NDArray[np.bool_] | IntArray) -> _Children:
        """The children at an index or mask."""
        return _Children(*(getattr(self, name)[which] for name in self.__slots__))

    def add(self, weight: FloatArray) -> None:
        """Add log weights (c,)."""
        self.best = self.best + weight
        self.mass = self.mass + weight


def _start(timeline: Timeline) -> Layer:
    """One state per possible number of patients; without a statement, smaller numbers explain drops more simply."""
    n = timeline.n.astype(np.int64)
    prior = -np.log(n.astype(np.float64)) if n.size > 1 else np.zeros(1)
    zeros = np.zeros(n.size, np.int64)
    return Layer(n, zeros, np.ones(n.size), zeros, np.arange(n.size), prior, prior, zeros)


def _change_points(slots: tuple[Slot, ...]) -> set[int]:
    """Open slots at which the censoring regime may change; the first one chooses it."""
    unknown = [i for i, slot in enumerate(slots) if slot.hazard < 0]
    if not unknown:
        return set()
    return {unknown[j] for j in np.unique(np.linspace(0, len(unknown) - 1, CHANGES + 2)[:-1].astype(int))}


def _with_regimes(layer: Layer, slot: Slot, change: bool) -> _Children:
    """The states of a layer as parents, multiplied by the regimes where these may change."""
    k = layer.n.size
    states = _Children(
        layer.n, layer.events, layer.survival, layer.regime, layer.origin, layer.best, layer.mass, np.arange(k)
    )
    if not change:
        return states
    states = states.pick(np.repeat(np.arange(k), RATES.size))
    before = states.regime
    states.regime = np.tile(np.arange(1, RATES.size + 1), k)
    switch = math.log((1.0 - STAY) / (RATES.size - 1))
    states.add(np.where(before == 0, -math.log(RATES.size), np.where(before == states.regime, math.log(STAY), switch)))
    return states


def _expand(
    states: _Children, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int
) -> _Children | None:
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
    rank = children.best + _prospect(children, slot)
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


def _exactly(states: _Children, slot: Slot, settings: LatticeSettings) -> _Children:
    """Children that have the printed number left."""
    children = states.pick(states.n >= slot.count)
    c = children.n - slot.count
    children.add(_log_censored(children.n, children.regime, c, slot, settings))
    children.n = children.n - c
    return children


def _censor(states: _Children, slot: Slot, settings: LatticeSettings) -> _Children:
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


def _drop(children: _Children, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int) -> _Children:
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
    out: _Children, d: IntArray, slot: Slot, timeline: Timeline, settings: LatticeSettings, strictness: int
) -> _Children:
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


def _totals(children: _Children, slot: Slot, timeline: Timeline, settings: LatticeSettings) -> None:
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


def _prospect(children: _Children, slot: Slot) -> FloatArray:
    """How well the next printed number can still be met; only ranks states, never counts as evidence."""
    if slot.ahead is None:
        return np.zeros(children.n.size)
    target, share = slot.ahead
    spread = 0.5 + children.n * (1.0 - share)
    return -np.minimum(0.35 * (children.n * share - target) ** 2 / spread, 15.0)


def _merge(
    children: _Children, slot: Slot, timeline: Timeline, cell: float, settings: LatticeSettings, edges: bool
) -> Layer:
    """Merge children of equal integers and nearly equal survival, then keep the most probable."""
    bucket = np.rint(children.survival / cell).astype(np.int64)
    most, levels = int(timeline.n.max()) + 1, int(1.0 / cell) + 2
    key = (((children.origin * most + children.n) * 8 + children.regime) * most + children.events) * levels + bucket
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    group = np.cumsum(np.concatenate([[0], (key[1:] != key[:-1]).astype(np.int64)]))
    best = children.best[order]
    top = np.maximum.reduceat(best, first)
    winner = np.full(first.size, order.size)
    hits = np.flatnonzero(best == top[group])
    np.minimum.at(winner, group[hits], hits)
    peak = np.maximum.reduceat(children.mass[order], first)
    mass = peak + np.log(np.add.reduceat(np.exp(children.mass[order] - peak[group]), first))
    chosen = order[winner]
    kept = _best_states(children, chosen, mass, slot, settings)
    same = ("n", "events", "survival", "regime", "origin", "parent")
    layer = {name: getattr(children, name)[chosen[kept]] for name in same}
    if not edges:
        return Layer(**layer, best=top[kept], mass=mass[kept])
    place = np.full(first.size, -1)
    place[kept] = np.arange(kept.size)
    inside = place[group] >= 0
    share = np.exp(children.mass[order][inside] - mass[group[inside]])
    return Layer(
        **layer,
        best=top[kept],
        mass=mass[kept],
        edge_from=children.parent[order][inside].astype(np.int32),
        edge_to=place[group[inside]].astype(np.int32),
        edge_share=share,
    )


def _best_states(
    children: _Children, chosen: IntArray, mass: FloatArray, slot: Slot, settings: LatticeSettings
) -> IntArray:
    """Indices of the states to keep, in order of their key."""
    if chosen.size <= settings.keep:
        return np.arange(chosen.size)
    states = children.pick(chosen)
    rank = mass + _prospect(states, slot)
    racing = np.unique(states.origin).size
    if racing == 1:
        return np.sort(np.argpartition(-rank, settings.keep)[: settings.keep])
    order = np.lexsort((-rank, states.origin))
    origin = states.origin[order]
    place = np.arange(order.size) - np.searchsorted(origin, origin, side="left")
    return np.sort(order[place < max(settings.least_each, settings.keep // racing)])
