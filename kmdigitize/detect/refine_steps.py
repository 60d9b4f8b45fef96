"""Piecewise-constant fit of a falling staircase to its edge measurements, and the columns of its risers.

The edges seen in ink are the staircase averaged over a pixel's width, so between two flats lies at most one
measurement per edge that belongs to neither: the fit (optimal partitioning, Jackson et al. 2005) may leave it out,
and its value then gives the riser's place inside the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray

UPPER, LOWER, CENTROID, PATH = range(4)
"""Channels: the two edges; the centroid where censor marks hide both; the whole-pixel path where nothing is seen."""
CHANNELS = 4
EDGES_APART = 1.0
"""How far (px) the two edges of one flat may tell different rows: an unsmoothed stroke is a pixel wider or narrower."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Measurements of the staircase in order of ``position`` (m,): ``value`` rows, ``channel`` 0..3, ``weight``."""

    position: FloatArray
    value: FloatArray
    channel: IntArray
    weight: FloatArray


@dataclass(frozen=True, slots=True)
class Flats:
    """Consecutive stretches of samples ``first[i]:stop[i]`` with their ``level`` and total ``weight``, all (k,).

    ``offset`` (k, 4) is how far each channel's mean lies from the level.
    """

    first: IntArray
    stop: IntArray
    level: FloatArray
    weight: FloatArray
    offset: FloatArray


def fit_flats(samples: Samples, penalty: float, skip_cost: float) -> Flats:
    """The partition into flats with least squared error plus ``penalty`` per flat (px²), made monotone.

    Up to two samples between flats may be left out at ``skip_cost`` each.
    """
    sums = _Sums(samples)
    bounds = _partition(sums, _candidates(samples), penalty, skip_cost)
    return _monotone(sums, bounds)


class _Sums:
    """Running sums of weight, value and square per channel: the squared error of any stretch in constant time."""

    def __init__(self, samples: Samples) -> None:
        m = samples.position.size
        base = np.zeros((3, CHANNELS, m + 1))
        # Values far from zero would lose digits in the squares.
        self.origin = float(np.median(samples.value)) if m else 0.0
        value = samples.value - self.origin
        for channel in range(CHANNELS):
            weight = np.where(samples.channel == channel, samples.weight, 0.0)
            base[0, channel, 1:] = np.cumsum(weight)
            base[1, channel, 1:] = np.cumsum(weight * value)
            base[2, channel, 1:] = np.cumsum(weight * value**2)
        self.base = base
        self.size = m

    def error(self, first: IntArray, stop: IntArray) -> FloatArray:
        """Squared error (s, f) of samples ``first:stop`` about their level, for every ``stop`` (s,) and ``first`` (f,).

        The two edges may lie apart by what a stroke's drawn width varies; beyond that, and for the other channels,
        channels that disagree cost too.
        """
        part = self.base.take(stop, axis=2)[:, :, :, None] - self.base.take(first, axis=2)[:, :, None, :]
        weight, value = part[0], part[1]
        mean = value / np.maximum(weight, 1e-9)
        within = np.maximum(part[2] - value * mean, 0.0).sum(axis=0)
        both, other_weight = weight[UPPER] + weight[LOWER], weight[CENTROID] + weight[PATH]
        filled = np.maximum(both, 1e-9)
        apart = np.maximum(np.abs(mean[UPPER] - mean[LOWER]) - EDGES_APART, 0.0)
        within += apart**2 * weight[UPPER] * weight[LOWER] / filled
        edges = (value[UPPER] + value[LOWER]) / filled
        other = (value[CENTROID] + value[PATH]) / np.maximum(other_weight, 1e-9)
        total: FloatArray = within + (edges - other) ** 2 * both * other_weight / np.maximum(both + other_weight, 1e-9)
        return total

    def means(self, first: IntArray, stop: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean (NaN where empty) and weight of each channel in stretches (k,) of samples, both (k, 4)."""
        part = (self.base.take(stop, axis=2) - self.base.take(first, axis=2)).transpose(0, 2, 1)
        mean = np.where(part[0] > 1e-6, part[1] / np.maximum(part[0], 1e-9) + self.origin, np.nan)
        return mean, part[0]


def _candidates(samples: Samples) -> IntArray:
    """Indices at which a flat may begin or end: wherever a channel moves, plus both ends."""
    m = samples.position.size
    moves = np.zeros(m + 1, dtype=bool)
    moves[[0, m]] = True
    for channel in range(CHANNELS):
        index = np.flatnonzero(samples.channel == channel)
        changed = np.flatnonzero(np.abs(np.diff(samples.value[index])) > 0.02)
        for shift in (0, 1, 2):
            moves[index[changed] + shift] |= index[changed] + shift <= m
            later = index[changed + 1] + shift
            moves[later[later <= m]] = True
    return np.flatnonzero(moves)


def _partition(sums: _Sums, candidates: IntArray, penalty: float, skip_cost: float) -> list[tuple[int, int]]:
    """Stretches (first, stop) of the best partition by dynamic programming over the candidate borders."""
    best, entry = [np.inf] * (sums.size + 1), [np.inf] * (sums.size + 1)
    best[0] = 0.0  # entry: least cost of everything before a flat that begins there
    origin, came_from = [0] * (sums.size + 1), [0] * (sums.size + 1)
    live, before = candidates[:0], np.empty(0)
    for start in range(0, candidates.size, TOGETHER):
        borders = candidates[start : start + TOGETHER]
        firsts, before = np.concatenate([live, borders]), np.append(before, np.full(borders.size, np.inf))
        for place, (b, error) in enumerate(zip(borders.tolist(), sums.error(firsts, borders), strict=True), live.size):
            if b:
                cost = before + error
                pick = int(cost.argmin())
                best[b], came_from[b] = float(cost[pick]) + penalty, int(firsts[pick])
                before[cost > best[b]] = np.inf
            for skipped in range(3):
                if b >= skipped and best[b - skipped] + skipped * skip_cost < entry[b]:
                    entry[b], origin[b] = best[b - skipped] + skipped * skip_cost, b - skipped
            before[place] = entry[b]
        kept = np.isfinite(before)
        live, before = firsts[kept], before[kept]
    stretches = []
    stop = sums.size
    while stop > 0:
        first = came_from[stop]
        stretches.append((first, stop))
        stop = origin[first]
    return stretches[::-1]


TOGETHER = 32
"""Borders whose flats' errors are worked out at once."""


def _monotone(sums: _Sums, bounds: list[tuple[int, int]]) -> Flats:
    """Merge neighbouring stretches until every level lies below the one before it (pool adjacent violators)."""
    first, stop = np.array(bounds, dtype=np.int64).reshape(-1, 2).T
    levels, weights = _levels(*sums.means(first, stop))
    merged: list[tuple[int, int, float, float]] = []
    for stretch in zip(first.tolist(), stop.tolist(), levels.tolist(), weights.tolist(), strict=True):
        item = stretch
        while merged and merged[-1][2] >= item[2] - 1e-6:
            before = merged.pop()
            total = before[3] + item[3]
            item = (before[0], item[1], (before[2] * before[3] + item[2] * item[3]) / total, total)
        merged.append(item)
    first, stop = (np.array([item[end] for item in merged], dtype=np.int64) for end in (0, 1))
    levels, weights = (np.array([item[which] for item in merged]) for which in (2, 3))
    return Flats(first, stop, levels, weights, sums.means(first, stop)[0] - levels[:, None])


def _levels(mean: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Levels of stretches and their weights, (k,) each, from those of their channels (k, 4).

    The two edges count equally where both are seen, so that a stroke that is drawn wider or narrower there (an
    unsmoothed renderer) moves nothing; the other channels count by their own small weight.
    """
    edges = weight[:, [UPPER, LOWER]]
    both = (edges > 0).all(axis=1, keepdims=True)
    weight = weight.copy()
    weight[:, [UPPER, LOWER]] = np.where(both, edges.sum(axis=1, keepdims=True) / 2, edges)
    total = weight.sum(axis=1)
    return (np.nan_to_num(mean) * weight).sum(axis=1) / np.maximum(total, 1e-9), total


def riser_columns(samples: Samples, flats: Flats) -> tuple[FloatArray, FloatArray]:
    """Column of the riser after each flat but the last and the gap (px) its edges leave open, both (k - 1,).

    Between two flats each edge passes from one level to the other; the area under that passage is the riser's place.
    """
    k = flats.level.size - 1
    column, gap = np.zeros(k), np.zeros(k)
    for i in range(k):
        found = [place for channel in range(2) if (place := _edge_passage(samples, flats, i, channel)) is not None]
        if found:
            column[i], gap[i] = float(np.mean(found)), 0.0
        else:
            left, right = samples.position[flats.stop[i] - 1], samples.position[flats.first[i + 1]]
            column[i], gap[i] = (left + right) / 2, max(right - left, 0.0)
    return np.maximum.accumulate(column), gap


def _edge_passage(samples: Samples, flats: Flats, i: int, channel: int) -> float | None:
    """Riser column by one edge, None where that edge is not seen without a gap around the riser."""
    first = max(int(flats.first[i]), int(flats.stop[i]) - 12)
    stop = min(int(flats.stop[i + 1]), int(flats.first[i + 1]) + 12)
    index = first + np.flatnonzero(samples.channel[first:stop] == channel)
    before, after = index < flats.stop[i], index >= flats.first[i + 1]
    if not (before.any() and after.any()):
        return None
    core = index[np.flatnonzero(before)[-1] : np.flatnonzero(after)[0] + 1]
    if samples.position[core[-1]] - samples.position[core[0]] > core.size - 1 + 0.5:
        return None
    upper, lower = _side_level(samples, index[before]), _side_level(samples, index[after])
    if lower - upper < 1e-3:
        return None
    passed = np.clip((lower - samples.value[index]) / (lower - upper), 0.0, 1.0)
    contiguous = np.abs(np.arange(index.size) - (samples.position[index] - samples.position[index[0]])) < 0.25
    if not contiguous.all():
        index, passed = core, np.clip((lower - samples.value[core]) / (lower - upper), 0.0, 1.0)
    return float(samples.position[index[0]] - 0.5 + passed.sum())


def _side_level(samples: Samples, index: IntArray) -> float:
    """The median; for a dozen numbers ten times faster than numpy's."""
    value = np.sort(samples.value[index])
    return (float(value[(value.size - 1) // 2]) + float(value[value.size // 2])) / 2
