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

    def error(self, first: IntArray, stop: int) -> FloatArray:
        """Squared error of samples ``first:stop`` about their level, for every ``first``.

        The two edges may lie apart by what a stroke's drawn width varies; beyond that, and for the other channels,
        channels that disagree cost too.
        """
        part = self.base[:, :, stop, None] - self.base.take(first, axis=2)
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

    def means(self, first: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Mean (NaN where empty) and weight of each channel, both (4,)."""
        part = self.base[:, :, stop] - self.base[:, :, first]
        with np.errstate(invalid="ignore"):
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
    best = np.full(sums.size + 1, np.inf)
    best[0] = 0.0
    entry = np.full(sums.size + 1, np.inf)  # least cost of everything before a flat that begins here
    origin = np.zeros(sums.size + 1, dtype=np.int64)
    came_from = np.zeros(sums.size + 1, dtype=np.int64)
    live = np.empty(0, dtype=np.int64)
    for border in candidates:
        b = int(border)
        if live.size:
            cost = entry[live] + sums.error(live, b)
            pick = int(np.argmin(cost))
            best[b], came_from[b] = cost[pick] + penalty, live[pick]
            live = live[cost <= best[b]]
        for skipped in range(3):
            if b >= skipped and best[b - skipped] + skipped * skip_cost < entry[b]:
                entry[b], origin[b] = best[b - skipped] + skipped * skip_cost, b - skipped
        live = np.append(live, b)
    stretches = []
    stop = sums.size
    while stop > 0:
        first = int(came_from[stop])
        stretches.append((first, stop))
        stop = int(origin[first])
    return stretches[::-1]


def _monotone(sums: _Sums, bounds: list[tuple[int, int]]) -> Flats:
    """Merge neighbouring stretches until every level lies below the one before it (pool adjacent violators)."""
    merged: list[tuple[int, int, float, float]] = []
    for first, stop in bounds:
        level, weight = _level(*sums.means(first, stop))
        item = (first, stop, level, weight)
        while merged and merged[-1][2] >= item[2] - 1e-6:
            before = merged.pop()
            total = before[3] + item[3]
            item = (before[0], item[1], (before[2] * before[3] + item[2] * item[3]) / total, total)
        merged.append(item)
    levels = np.array([item[2] for item in merged])
    means = np.array([sums.means(item[0], item[1])[0] for item in merged])
    return Flats(
        np.array([item[0] for item in merged], dtype=np.int64),
        np.array([item[1] for item in merged], dtype=np.int64),
        levels,
        np.array([item[3] for item in merged]),
        means - levels[:, None],
    )


def _level(mean: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Level of a stretch and its weight.

    The two edges count equally where both are seen, so that a stroke that is drawn wider or narrower there (an
    unsmoothed renderer) moves nothing; the other channels count by their own small weight.
    """
    mean, weight = np.nan_to_num(mean), weight.copy()
    if weight[UPPER] > 0 and weight[LOWER] > 0:
        weight[[UPPER, LOWER]] = (weight[UPPER] + weight[LOWER]) / 2
    total = float(weight.sum())
    return float((mean * weight).sum()) / max(total, 1e-9), total


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
