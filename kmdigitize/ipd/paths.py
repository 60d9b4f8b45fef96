"""Paths through the layers of a lattice: the most probable one, the central one, and draws; and the evidence."""

from __future__ import annotations

import math

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.slots import DROP, STRADDLE, Timeline
from kmdigitize.ipd.states import Layer, Path


def log_evidence(layers: list[Layer], timeline: Timeline) -> float:
    """Log probability of the levels and printed numbers summed over all paths; -inf if there is none."""
    if not layers:
        return -math.inf
    mass = layers[-1].mass
    peak = float(mass.max())
    total = peak + math.log(float(np.sum(np.exp(mass - peak))))
    if timeline.quantum > 0:
        return total
    return total - sum(math.log(slot.sd) for slot in timeline.slots if slot.kind in (DROP, STRADDLE))


def by_origin(layer: Layer, number: int) -> FloatArray:
    """Log probability of every number of patients the search started from, (number,)."""
    chance = np.full(number, -np.inf)
    np.logaddexp.at(chance, layer.origin, layer.mass)
    return chance


def best_path(layers: list[Layer]) -> Path:
    """The most probable path through the layers."""
    state = int(np.argmax(layers[-1].best))
    states = [state]
    for layer in layers[:0:-1]:
        state = int(layer.parent[state])
        states.append(state)
    return _path(layers, np.array(states[::-1])[:, None])[0]


def central_path(layers: list[Layer], pull: float) -> Path:
    """The most probable path among those close to the posterior mean of every state.

    Where the figure decides every count this is the most probable path. Where it does not, the single most probable
    path is not typical (no gap of few expected censorings has any, until they all come at once), and the pull of
    strength ``pull`` towards the means of at risk and events keeps it among the typical ones.
    """
    spread = _posterior(layers)
    cost = -np.log(np.maximum(spread[0], 1e-300)) if len(layers) == 1 else np.zeros(layers[0].n.size)
    parents: list[IntArray] = []
    for layer, weight in zip(layers[1:], spread[1:], strict=True):
        source, to, share = _edges_of(layer)
        each = cost[source] - np.log(np.maximum(share, 1e-300))
        first = np.searchsorted(to, np.arange(layer.n.size), side="left")
        least = np.minimum.reduceat(each, first)
        winner = np.empty(layer.n.size, np.int64)
        hits = np.flatnonzero(each == least[to])[::-1]
        winner[to[hits]] = hits  # the last one written is the first
        parents.append(source[winner].astype(np.int64))
        cost = least + pull * (_off_centre(layer.n, weight) + _off_centre(layer.events, weight))
    last = layers[-1]
    chance = by_origin(last, layers[0].n.size)
    cost = np.where(last.origin == np.argmax(chance), cost - (last.mass - last.mass.max()), np.inf)
    state = int(np.argmin(cost))
    states = [state]
    for parent in parents[::-1]:
        state = int(parent[state])
        states.append(state)
    return _path(layers, np.array(states[::-1])[:, None])[0]


def _posterior(layers: list[Layer]) -> list[FloatArray]:
    """Posterior probability of every state of every layer."""
    share = np.exp(layers[-1].mass - layers[-1].mass.max())
    out = [share / share.sum()]
    for layer, before in zip(layers[:0:-1], layers[-2::-1], strict=True):
        source, to, chance = _edges_of(layer)
        out.append(np.bincount(source, weights=chance * out[-1][to], minlength=before.n.size))
    return out[::-1]


def _off_centre(value: IntArray, weight: FloatArray) -> FloatArray:
    """Squared distance from the posterior mean in units of the posterior variance (at least that of one count)."""
    square = np.square(value - float((weight * value).sum()))
    off: FloatArray = square / (2.0 * (float((weight * square).sum()) + 1.0 / 12.0))
    return off


def _edges_of(layer: Layer) -> tuple[IntArray, IntArray, FloatArray]:
    """Edges into a layer: from, to (in order), and the share of the state's mass."""
    if layer.edge_share is None or layer.edge_from is None or layer.edge_to is None:
        raise ValueError("the layers were built without edges")
    return layer.edge_from, layer.edge_to, layer.edge_share


def draw_paths(layers: list[Layer], number: int, rng: np.random.Generator) -> list[Path]:
    """Paths drawn with the probability the lattice gives them, by walking its edges backwards."""
    last = layers[-1]
    share = np.exp(last.mass - last.mass.max())
    state = rng.choice(last.n.size, size=number, p=share / share.sum())
    states = [state]
    for layer in layers[:0:-1]:
        source, to, share = _edges_of(layer)
        upto = np.concatenate([[0.0], np.cumsum(share)])
        begin = np.searchsorted(to, state, side="left")
        stop = np.searchsorted(to, state, side="right")
        at = upto[begin] + rng.random(number) * (upto[stop] - upto[begin])
        edge = np.clip(np.searchsorted(upto, at, side="right") - 1, begin, stop - 1)
        state = source[edge].astype(np.int64)
        states.append(state)
    return _path(layers, np.array(states[::-1]))


def _path(layers: list[Layer], states: IntArray) -> list[Path]:
    """Paths from states (layers, paths), their survival recomputed from their own integers."""
    n = np.array([layer.n[row] for layer, row in zip(layers, states, strict=True)])
    total = np.array([layer.events[row] for layer, row in zip(layers, states, strict=True)])
    events = np.diff(total, axis=0)
    censored = -np.diff(n, axis=0) - events
    before = n[1:] + events
    steps = np.where(before > 0, 1.0 - events / np.maximum(before, 1), 1.0)
    survival = layers[0].survival[states[0]] * np.cumprod(steps, axis=0, dtype=np.float64)
    return [
        Path(int(n[0, i]), censored[:, i], events[:, i], n[1:, i], survival[:, i], int(states[0, i]))
        for i in range(n.shape[1])
    ]
