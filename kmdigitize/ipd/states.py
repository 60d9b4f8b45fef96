"""States of the lattice: settings, layers, what may happen to states, and regimes of censoring.

A state is the number at risk, the events so far and the exact survival of its own integer path; ``origin`` says which
number of patients it started from, ``regime`` how fast patients are censored where no printed number tells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.slots import Slot, Timeline

RATES = np.array([0.05, 0.3, 0.65, 1.0, 1.6, 3.5])
"""Censoring regimes of an open stretch: factors on the censoring expected if the share that stays falls evenly to the
last patient. On drawn and public data sets the factor is 0.5 to 1.6 in half of all arms, 0.2 to 3 in nine of ten."""

AT_FIRST = np.log([0.08, 0.12, 0.2, 0.32, 0.2, 0.08])
"""Log probability of the regime in which such a stretch begins."""

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
    within: float = 14.0
    """States this much less probable than the best are dropped: they never come back."""
    outlier: float = 12.0
    """Most that a level between sure drops may cost: about five standard deviations, as rare as a wrong flat."""
    unsure_outlier: float = 6.0
    """The same for a flat that was hardly seen: one in twenty of them is off by four standard deviations or more."""
    false_mark: float = 3.0
    """Cost of a censor mark under which nobody is censored: one mark in twenty that were found on figures is false."""
    per_event: float = 8.0
    """Cost of every event by which a printed total is missed."""
    soft_count: tuple[float, float] = (5.0, 2.0)
    """Cost of missing a printed number at risk by one, and by each more, once they have to give."""
    cells: float = 4.0
    """Least cells per noise standard deviation in which paths of equal integers merge."""
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
    """Per slot (s,): censorings in its gap, events at its end, at risk and survival afterwards; ``n`` at the start.

    ``first`` is the index of the state at the start, where there are several.
    """

    n: int
    censored: IntArray
    events: IntArray
    left: IntArray
    survival: FloatArray
    first: int = 0


@dataclass(slots=True)
class Moves:
    """What may happen to ``states`` in one slot, (c,) each: state moved ``of``, at risk and survival afterwards, events
    of the slot, and log weight."""

    states: Layer
    of: IntArray
    n: IntArray
    survival: FloatArray
    events: IntArray
    weight: FloatArray

    def pick(self, which: NDArray[np.bool_] | IntArray) -> Moves:
        """The moves at an index or mask."""
        index = which.nonzero()[0] if which.dtype == np.bool_ else which
        if which.dtype == np.bool_ and index.size == self.of.size:
            return self
        return Moves(
            self.states,
            self.of.take(index),
            self.n.take(index),
            self.survival.take(index),
            self.events.take(index),
            self.weight.take(index),
        )

    @classmethod
    def none(cls, states: Layer) -> Moves:
        """Every state as it is."""
        k = states.n.size
        return cls(states, np.arange(k), states.n, states.survival, np.zeros(k, np.int64), np.zeros(k))


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


def with_regimes(layer: Layer, change: bool) -> Layer:
    """The states of a layer as parents of themselves, multiplied by the regimes where these may change."""
    k = layer.n.size
    if not change:
        return replace(layer, parent=np.arange(k), edge_from=None, edge_to=None, edge_share=None)
    of = np.repeat(np.arange(k), RATES.size)
    before, regime = layer.regime[of], np.tile(np.arange(1, RATES.size + 1), k)
    switch = math.log((1.0 - STAY) / (RATES.size - 1))
    weight = np.where(before == 0, AT_FIRST[regime - 1], np.where(before == regime, math.log(STAY), switch))
    same = {name: getattr(layer, name)[of] for name in ("n", "events", "survival", "origin")}
    return Layer(**same, regime=regime, best=layer.best[of] + weight, mass=layer.mass[of] + weight, parent=of)


def prospect(n: IntArray, slot: Slot) -> FloatArray:
    """How well the next printed number can still be met; only ranks states, never counts as evidence."""
    if slot.ahead is None:
        return np.zeros(n.size)
    target, share = slot.ahead
    spread = 0.5 + n * (1.0 - share)
    return -np.minimum(0.35 * (n * share - target) ** 2 / spread, 15.0)


def chosen(which: IntArray, size: int) -> IntArray:
    """The indices ``which`` of ``size`` in order; quicker than sorting them."""
    mask = np.zeros(size, np.bool_)
    mask[which] = True
    return mask.nonzero()[0]
