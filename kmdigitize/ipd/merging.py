"""Merging of states that meet, and the beam: which of them are kept.

States meet when their integers are equal and their survival differs by a fraction of the noise. The most probable
path to a state keeps its exact survival, so merging never rounds a path.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.slots import Slot, Timeline
from kmdigitize.ipd.states import LatticeSettings, Layer, Moves, chosen, prospect


def merge(moves: Moves, slot: Slot, timeline: Timeline, cell: float, settings: LatticeSettings, edges: bool) -> Layer:
    """Merge moves of equal integers and nearly equal survival, then keep the most probable states."""
    states = moves.states
    order, group, first = _groups(moves, timeline, cell)
    of, weight = moves.of.take(order), moves.weight.take(order)
    best, mass_of = states.best.take(of) + weight, states.mass.take(of) + weight
    top = np.maximum.reduceat(best, first)
    winner = (best == top.take(group)).nonzero()[0]
    if winner.size > first.size:  # the first of equals
        winner = winner[np.diff(group.take(winner), prepend=-1) > 0]
    peak = np.maximum.reduceat(mass_of, first)
    mass = peak + np.log(np.add.reduceat(np.exp(mass_of - peak.take(group)), first))
    kept = _best_states(moves.n.take(order.take(winner)), states.origin.take(of.take(winner)), mass, slot, settings)
    chosen = order.take(winner.take(kept))
    source = moves.of.take(chosen)
    layer = Layer(
        n=moves.n.take(chosen),
        events=states.events.take(source) + moves.events.take(chosen),
        survival=moves.survival.take(chosen),
        regime=states.regime.take(source),
        origin=states.origin.take(source),
        best=top.take(kept),
        mass=mass.take(kept),
        parent=states.parent.take(source),
    )
    return _with_edges(layer, states.parent.take(of), mass_of, group, kept) if edges else layer


def _groups(moves: Moves, timeline: Timeline, cell: float) -> tuple[IntArray, IntArray, IntArray]:
    """Order of the moves by the cell they end in, the group of each (c,) in that order, and where groups begin."""
    states, of = moves.states, moves.of
    bucket = np.rint(moves.survival / cell).astype(np.int64)
    most, levels = int(timeline.n.max()) + 1, int(1.0 / cell) + 2
    own = (states.origin * 8 + states.regime) * most + states.events
    key = (own.take(of) + moves.events) * (most * levels) + moves.n * levels + bucket
    order = key.argsort(kind="stable")
    return order, *_runs(key.take(order))


def _runs(ordered: IntArray) -> tuple[IntArray, IntArray]:
    """The run of equal numbers that each of ``ordered`` (c,) is in, and where runs begin."""
    new = np.ones(ordered.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new.cumsum() - 1, new.nonzero()[0]


def _best_states(n: IntArray, origin: IntArray, mass: FloatArray, slot: Slot, settings: LatticeSettings) -> IntArray:
    """Indices of the states to keep, in order of their key."""
    if n.size <= settings.keep:
        return np.arange(n.size)
    rank = mass if slot.ahead is None else mass + prospect(n, slot)
    racing = int(np.count_nonzero(np.bincount(origin)))
    if racing == 1:
        return chosen(np.argpartition(-rank, settings.keep)[: settings.keep], n.size)
    order = (origin * FAR_APART - rank).argsort(kind="stable")
    run, first = _runs(origin.take(order))
    place = np.arange(order.size) - first.take(run)
    return chosen(order[place < max(settings.least_each, settings.keep // racing)], n.size)


FAR_APART = 1e6
"""More nats than two states ever differ by: sorts states by their number of patients first."""


def _with_edges(layer: Layer, source: IntArray, mass: FloatArray, group: IntArray, kept: IntArray) -> Layer:
    """The layer with all edges into its states: from, to (in order), and the share of the state's mass."""
    place = np.full(int(group[-1]) + 1, -1)
    place[kept] = np.arange(kept.size)
    to = place.take(group)
    inside = (to >= 0).nonzero()[0]
    to = to.take(inside)
    share = np.exp(mass.take(inside) - layer.mass.take(to))
    return replace(layer, edge_from=source.take(inside).astype(np.int32), edge_to=to.astype(np.int32), edge_share=share)
