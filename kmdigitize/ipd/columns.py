"""Survival column by column where single events are lower than the noise of a level.

There a drop of the drawn curve is not an event but the moment at which many small steps have crossed from one row to
the next. How many events every column holds is hidden; given the share of patients that censoring has left, an event
lowers the curve by a known amount, so survival is a chain whose steps are whole events (Poisson at the local rate, a
few columns more than that) seen through the rows of the figure. Forward and backward sums over a fine grid give its
mean in every column, and draws of it. It assumes that censoring follows the printed numbers; where single events can
be seen, levels tell more about those at risk than that, and the lattice is used.

Reference: Rabiner LR. Proc IEEE 1989;77:257 (forward and backward sums).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.expected import expected_censoring, local_rate
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.slots import Cells
from kmdigitize.stepcurve import StepCurve

MOST_COLUMNS = 600
"""Columns of the finest time line; beyond a column of a usual figure nothing is gained."""
GRID = 5.0
"""Cells of the grid per standard deviation of a level; an event spans at least three."""
MOST_CELLS = 1000
"""Cells of the grid at the level that is known least: finer ones make a drawing's exact levels take minutes."""
SUDDEN = 0.03
"""Share of columns in which the number of events does not follow the local rate: visits, scans, tied times."""
FAR = 6.0
"""Standard deviations from a level at which the grid ends."""
MISREAD = 1e-7
"""Least likelihood of a level beside its best: some are wrong."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns (k,): ``time``, the level in force there with its sd, ``share`` of what the flat says that is counted in
    the column (it was read once, however many columns it has), and survival lost by one event. ``quantum`` is half a
    row if levels are whole rows."""

    time: FloatArray
    level: FloatArray
    sd: FloatArray
    share: FloatArray
    step: FloatArray
    quantum: float


@dataclass(frozen=True, slots=True)
class Chain:
    """Forward sums per column on a grid of width ``cell`` from index ``low`` (k,) on, likelihoods, and kernels: the
    probability of falling by so many cells."""

    low: IntArray
    cell: float
    forward: tuple[FloatArray, ...]
    likelihood: tuple[FloatArray, ...]
    kernel: tuple[FloatArray, ...]


@dataclass(frozen=True, slots=True)
class Fine:
    """An arm whose drops are columns, at mean survival, and the chain from which others can be drawn.

    ``cut`` (c,) are the columns that a printed time divides, ``part`` the share of each that is before it: such a
    column is two drops, one on either side.
    """

    known: Prepared
    columns: Columns
    chain: Chain
    cut: IntArray
    part: FloatArray

    def drawn(self, rng: np.random.Generator, count: int) -> FloatArray:
        """Survival after every drop of ``known``, drawn ``count`` times from all that the levels allow, (count, k)."""
        return _divided(np.minimum.accumulate(_draws(self.chain, rng, count), axis=1), self.cut, self.part)


def fine_drops(known: Prepared, used: Cells, n: int, curve: StepCurve, quantum: float, cut_off: bool) -> Fine:
    """The arm column by column, given its number of patients; twice, for the levels change what censoring explains."""
    columns, fine = _columns(known, curve, quantum), known
    if not known.time.size:
        raise ValueError("a curve without a drop has no columns to tell apart")
    for _ in range(2):
        hazard, further = expected_censoring(
            replace(fine, n=n), used, np.append(np.append(0.0, columns.time), max(known.end, columns.time[-1])), cut_off
        )
        staying = np.exp(-np.cumsum(np.where(hazard >= 0, hazard, further))[:-1])
        columns = replace(columns, step=1.0 / (n * staying))
        chain = _chain(columns, _rates(known, columns))
        level = np.minimum.accumulate(_means(columns, chain))
        fine = replace(known, time=columns.time, level=level)
    cut, part = _divisions(columns.time, used.time, curve.time_resolution)
    time = np.insert(columns.time, cut, columns.time[cut] - (1.0 - part) * curve.time_resolution / 2.0)
    late = cut + np.arange(cut.size) + 1
    time[late] += part * curve.time_resolution / 2.0
    nothing = np.zeros(time.size)
    divided = _divided(level, cut, part)
    fine = replace(known, time=np.maximum.accumulate(time), level=divided, sd=nothing + 1e-6, time_sd=nothing)
    return Fine(fine, columns, chain, cut, part)


def _divisions(time: FloatArray, cells: FloatArray, width: float) -> tuple[IntArray, FloatArray]:
    """Columns (c,) that a printed time divides, and the share of each before it."""
    if width <= 0 or not cells.size:
        return np.zeros(0, np.int64), np.zeros(0)
    nearest = np.argmin(np.abs(time[:, None] - cells[None, :]), axis=0)
    part = (cells - time[nearest]) / width + 0.5
    inside = (part > 0.02) & (part < 0.98) & np.append(True, np.diff(nearest) > 0)
    return nearest[inside].astype(np.int64), part[inside]


def _divided(level: FloatArray, cut: IntArray, part: FloatArray) -> FloatArray:
    """Levels (..., k) with another one in the middle of every divided column."""
    before = np.insert(level, 0, 1.0, axis=-1)[..., cut]
    return np.insert(level, cut, before + part * (level[..., cut] - before), axis=-1)


def _columns(known: Prepared, curve: StepCurve, quantum: float) -> Columns:
    """Every drop, and columns between them where a flat is longer than one; each shares what its flat says."""
    width = max(curve.time_resolution, known.end / MOST_COLUMNS)
    start, stop = np.append(0.0, known.time), np.append(known.time, known.end)
    more = np.maximum(np.floor((stop - start) / width - 0.5), 0).astype(np.int64)
    flat = np.repeat(np.arange(start.size), more + 1)
    place = np.arange(flat.size) - np.searchsorted(flat, flat, side="left")
    first = (flat == 0) & (place == 0)
    time = start[flat] + place * width
    sd = np.append(0.0, known.sd)[flat]
    level = np.append(1.0, known.level)[flat]
    keep = ~first
    share = 1.0 / (more[flat] + 1.0)
    return Columns(time[keep], level[keep], sd[keep], share[keep], np.zeros(int(keep.sum())), quantum)


def _rates(known: Prepared, columns: Columns) -> FloatArray:
    """Events expected in every column, (k,)."""
    drop = np.minimum(np.searchsorted(known.time, columns.time, side="left"), known.time.size - 1)
    fall = columns.level * local_rate(known)[drop] * np.diff(np.append(0.0, columns.time))
    expected: FloatArray = np.maximum(fall / columns.step, 1e-3)
    return expected


def _chain(columns: Columns, expected: FloatArray) -> Chain:
    """Forward sums: what the levels so far say about survival after each column."""
    noise = np.hypot(columns.sd, columns.quantum / math.sqrt(3.0))
    cell = float(min(np.median(noise) / GRID, columns.step.min() / 3.0))
    reach = columns.quantum + FAR * columns.sd + 2.0 * columns.step
    cell = max(cell, 2.0 * float(reach.max()) / MOST_CELLS)
    low = np.maximum(np.floor((columns.level - reach) / cell), 0).astype(np.int64)
    high = np.ceil(np.minimum(columns.level + reach, 1.0) / cell).astype(np.int64)
    # survival never rises, so a level seen well bounds those beside it that were hardly seen
    high = np.minimum.accumulate(high)
    low = np.minimum(np.maximum.accumulate(low[::-1])[::-1], high)
    fall = -np.diff(np.append(1.0, columns.level)) / columns.step
    kernels = _kernels(expected, fall, columns.step / cell)
    likelihood = _likelihoods(columns, cell, low, high - low + 1)
    before, begin = np.ones(1), round(1.0 / cell)
    forward = []
    for i, (first, seen) in enumerate(zip(low.tolist(), likelihood, strict=True)):
        kernel = kernels[i] = kernels[i][: begin + before.size - first]
        now = _window(np.convolve(before, kernel[::-1]), begin - kernel.size + 1, first, seen.size) * seen
        total = now.sum()
        before, begin = now / total if total > 0 else seen / seen.sum(), first
        forward.append(before)
    return Chain(low, cell, tuple(forward), tuple(likelihood), tuple(kernels))


def _kernels(expected: FloatArray, fall: FloatArray, width: FloatArray) -> list[FloatArray]:
    """For every column (k,) the probability of falling by 0, 1, ... cells, an event being ``width`` cells: split
    between the nearest two."""
    from scipy.special import gammaln

    sudden = 1.0 + np.maximum(fall, 0.0)
    number = np.minimum(expected + 5.0 * np.sqrt(expected) + 6.0 + 4.0 * sudden, MOST_AT_ONCE).astype(np.int64) + 1
    column = np.repeat(np.arange(number.size), number)
    d = np.arange(column.size) - np.repeat(np.cumsum(number) - number, number)
    usual = np.exp(d * np.log(expected)[column] - expected[column] - gammaln(np.arange(number.max()) + 1.0)[d])
    rare = np.exp(-d / sudden[column]) * -np.expm1(-1.0 / sudden)[column]
    chance = (1.0 - SUDDEN) * usual + SUDDEN * rare
    whole = np.floor(d * width[column]).astype(np.int64)
    beyond = d * width[column] - whole
    size = whole[np.cumsum(number) - 1] + 2
    end = np.cumsum(size)
    whole += (end - size)[column]
    kernels = np.bincount(np.append(whole, whole + 1), np.append(chance * (1.0 - beyond), chance * beyond))
    return np.split(kernels, end[:-1])


MOST_AT_ONCE = 400.0
"""Most events of one column."""


def _likelihoods(columns: Columns, cell: float, low: IntArray, size: IntArray) -> list[FloatArray]:
    """For every column (k,) the likelihood of its level for survival on ``size`` cells of a grid from ``low`` on."""
    from scipy.special import ndtr

    column, end = np.repeat(np.arange(low.size), size), np.cumsum(size)
    grid = (np.arange(column.size) + (low - end + size)[column]) * cell
    off, sd, half = grid - columns.level[column], np.maximum(columns.sd, 1e-9)[column], columns.quantum
    fit = ndtr((half - off) / sd) - ndtr((-half - off) / sd) if half > 0 else np.exp(-0.5 * (off / sd) ** 2)
    return np.split(np.maximum(fit, MISREAD) ** columns.share[column], end[:-1])


def _window(values: FloatArray, begin: int, low: int, size: int) -> FloatArray:
    """The part of ``values``, which begin at grid index ``begin``, from index ``low`` on."""
    out = np.zeros(size)
    first, last = max(begin, low), min(begin + values.size, low + size)
    if last > first:
        out[first - low : last - low] = values[first - begin : last - begin]
    return out


def _means(columns: Columns, chain: Chain) -> FloatArray:
    """Mean survival after each column given all levels, (k,)."""
    mean = np.zeros(columns.time.size)
    ahead, low = np.ones(chain.forward[-1].size), chain.low.tolist()
    place = np.arange(max(before.size for before in chain.forward))
    for i in range(mean.size - 1, -1, -1):
        weight = chain.forward[i] * ahead
        total = weight.sum()
        if total <= 0:
            weight, total = chain.forward[i], chain.forward[i].sum()
        mean[i] = chain.cell * float(weight @ (low[i] + place[: weight.size])) / total
        if i:
            before = np.convolve(chain.likelihood[i] * ahead, chain.kernel[i])
            ahead = _window(before, low[i], low[i - 1], chain.forward[i - 1].size)
            most = ahead.max()
            ahead = ahead / most if most > 0 else np.ones(ahead.size)
    return mean


def _draws(chain: Chain, rng: np.random.Generator, count: int) -> FloatArray:
    """Survival after each column, drawn backwards ``count`` times, (count, k).

    Only the cells from which the next column can be reached are looked at: a row of them per cell of that column.
    """
    low = chain.low.tolist()
    out = np.zeros((len(low), count), np.int64)
    if not count:
        return out.T.astype(np.float64)
    out[-1] = low[-1] + _picked(np.tile(np.cumsum(chain.forward[-1]), (count, 1)), rng)
    for i in range(len(low) - 1, 0, -1):
        kernel, before = chain.kernel[i], chain.forward[i - 1]
        first = out[i] - low[i - 1]
        begin, stop = int(first.min()), int(first.max()) + 1
        around = _window(before, 0, begin, stop - begin + kernel.size - 1)
        windows = np.ndarray((stop - begin, kernel.size), np.float64, around, strides=(8, 8))
        upto = np.cumsum(windows * kernel, axis=1)[first - begin]
        out[i - 1] = out[i] + _picked(upto, rng)
        lost = np.flatnonzero(upto[:, -1] <= 0)
        if lost.size:
            out[i - 1, lost] = low[i - 1] + _picked(np.tile(np.cumsum(before), (lost.size, 1)), rng)
    survival: FloatArray = np.ascontiguousarray(chain.cell * out.T.astype(np.float64))
    return survival


def _picked(upto: FloatArray, rng: np.random.Generator) -> IntArray:
    """One index of every row of running sums (m, c), each as probable as its step is high; (m,)."""
    picked: IntArray = (upto > rng.random((len(upto), 1)) * upto[:, -1:]).argmax(axis=1)
    return picked
