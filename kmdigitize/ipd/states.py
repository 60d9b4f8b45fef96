"""States of the lattice and how they are kept: settings, layers, merging of states that meet, and the beam.

A state is the number at risk, the events so far and the exact survival of its own integer path; ``origin`` says which
number of patients it started from, ``regime`` how fast patients are censored where no printed number tells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.slots import Slot, Timeline

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


@dataclass(slots=True)
class Children:
    """Unmerged states (c,) with their parents and log weights."""

    n: IntArray
    events: IntArray
    survival: FloatArray
    regime: IntArray
    origin: IntArray
    best: FloatArray
    mass: FloatArray
    parent: IntArray

    def pick(self, which: NDArray[np.bool_] | IntArray) -> Children:
        """The children at an index or mask."""
        return Children(*(getattr(self, name)[which] for name in self.__slots__))

    def add(self, weight: FloatArray) -> None:
        """Add log weights (c,)."""
        self.best = self.best + weight
        self.mass = self.mass + weight


def start(timeline: Timeline) -> Layer:
    """One state per possible number of patients; without a statement, smaller numbers explain drops more simply."""
    n = timeline.n.astype(np.int64)
    prior = -np.log(n.astype(np.float64)) if n.size > 1 else np.zeros(1)
    zeros = np.zeros(n.size, np.int64)
    return Layer(n, zeros, np.ones(n.size), zeros, np.arange(n.size), prior, prior, zeros)


def change_points(slots: tuple[Slot, ...]) -> set[int]:
    """Open slots at which the censoring regime may change; the first one chooses it."""
    unknown = [i for i, slot in enumerate(slots) if slot.hazard < 0]
    if not unknown:
        return set()
    return {unknown[j] for j in np.unique(np.linspace(0, len(unknown) - 1, CHANGES + 2)[:-1].astype(int))}


def with_regimes(layer: Layer, slot: Slot, change: bool) -> Children:
    """The states of a layer as parents, multiplied by the regimes where these may change."""
    k = layer.n.size
    states = Children(
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


def prospect(children: Children, slot: Slot) -> FloatArray:
    """How well the next printed number can still be met; only ranks states, never counts as evidence."""
    if slot.ahead is None:
        return np.zeros(children.n.size)
    target, share = slot.ahead
    spread = 0.5 + children.n * (1.0 - share)
    return -np.minimum(0.35 * (children.n * share - target) ** 2 / spread, 15.0)


def merge(
    children: Children, slot: Slot, timeline: Timeline, cell: float, settings: LatticeSettings, edges: bool
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
    children: Children, chosen: IntArray, mass: FloatArray, slot: Slot, settings: LatticeSettings
) -> IntArray:
    """Indices of the states to keep, in order of their key."""
    if chosen.size <= settings.keep:
        return np.arange(chosen.size)
    states = children.pick(chosen)
    rank = mass + prospect(states, slot)
    racing = np.unique(states.origin).size
    if racing == 1:
        return np.sort(np.argpartition(-rank, settings.keep)[: settings.keep])
    order = np.lexsort((-rank, states.origin))
    origin = states.origin[order]
    place = np.arange(order.size) - np.searchsorted(origin, origin, side="left")
    return np.sort(order[place < max(settings.least_each, settings.keep // racing)])
