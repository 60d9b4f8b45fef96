"""Where the upper and lower edge of a stroke lie in every column along a whole-pixel path.

A stroke of width w along a falling staircase L(x) fills everything between its upper edge L(x - w/2) - w/2 and its
lower edge L(x + w/2) + w/2 (mitred joins: the staircase dilated by a w × w square), however close its steps. The ink
of one column therefore measures the staircase twice, half a stroke to the left (by its upper edge) and half a stroke
to the right (by its lower edge), each averaged over the pixel's width. Foreign ink in the run (a censor mark, a
touching curve) moves edges outwards only, and is told by that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.runs import places
from kmdigitize.geometry import BoolArray, FloatArray, IntArray

FloatImage = np.ndarray[tuple[int, int], np.dtype[np.float32]]

INK = 0.12
"""Coverage below which a run ends: above the ringing of strong JPEG compression, below half an anti-aliased edge."""
HIDDEN = 0.35
"""Occlusion beyond which an edge is not believed."""
SOLID, FULL = 0.85, 0.95
"""Coverage from which a pixel counts as inside a stroke of two pixels or more, and of any width."""
BESIDE, BESIDE_PX = 0.2, 1.5
"""Strokes, at least px, of ink beside what hides the rest of a stroke whose free edge is the curve's: a fringe of the
other ink is thinner."""
RIM = 0.06
"""Coverage below which a pixel next to a sharp stroke is empty."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Measured ink runs, one per column of the path; rows are relative to the evidence, the curve falls downwards.

    ``x`` (n,) column; ``mass`` (n,) covered height of the run in px; ``center`` (n,) centroid row; ``upper``,
    ``lower`` (n,) rows of the curve according to either edge (half a stroke inside it), NaN where that edge is not
    the curve's own; ``excess`` (n,) 1 where more ink stands above, 2 below, 3 both; ``stroke`` width in px;
    ``borrowed`` (n,) where the edges are those of what hides the curve.
    """

    x: IntArray
    mass: FloatArray
    center: FloatArray
    upper: FloatArray
    lower: FloatArray
    excess: IntArray
    stroke: float
    borrowed: BoolArray


@dataclass(frozen=True, slots=True)
class _Runs:
    """Ink above, at and below the seed row of each column, its moment, its extent and whether the window cut it."""

    seed: IntArray
    ink: FloatArray
    above: FloatArray
    below: FloatArray
    moment: FloatArray
    top: IntArray
    bottom: IntArray
    cut_top: BoolArray
    cut_bottom: BoolArray


def path_span(rows: IntArray, reach: int) -> tuple[IntArray, IntArray]:
    """Smallest and largest row of the path within ``reach`` columns of each column, both (n,)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(rows, reach, mode="edge"), 2 * reach + 1)
    return windows.min(axis=1), windows.max(axis=1)


def measure_columns(
    images: tuple[FloatImage, FloatImage],
    rows: IntArray,
    stroke: float,
    slack: float,
    ceiling: float = -np.inf,
    standing: float = 0.0,
) -> Columns:
    """The ink run of every column along the falling path ``rows`` (n,).

    ``images`` are the coverage and the occlusion, both (h, n). ``stroke`` is a first guess of its width, ``slack`` px
    is how far the path may be off; ink further away than that is not the curve's. ``ceiling`` is the row of the
    frame's edge, at which the stroke may have been cut off. ``standing`` is the height of marks that stand upon the
    curve (negative: hang below it): the path may lie in them, and the end on which they stand is the curve's.
    """
    coverage, occluded = _through_lines(*images, int(np.ceil(stroke))), images[1]
    low, high = path_span(rows, int(np.ceil(stroke / 2 + 1)))
    margin = stroke / 2 + 2 * slack + abs(standing)
    top = np.maximum(np.floor(low - margin).astype(np.int64), 0)
    bottom = np.minimum(np.ceil(high + margin).astype(np.int64), coverage.shape[0] - 1)
    runs = _grow_runs(coverage, _seed_rows(coverage, rows, stroke, slack), top, bottom)
    mass = runs.above + runs.ink + runs.below
    hidden_top, hidden_bottom = _hidden(runs, occluded)
    width = _stroke_width(mass[(low == high) & ~hidden_top & ~hidden_bottom], stroke)
    upper, lower = _levels_by_edge(runs, mass, width)
    above = runs.cut_top | (upper < low - slack)
    below = runs.cut_bottom | (lower > high + slack)
    if standing > 0:
        in_mark = below & (lower <= high + slack + standing)
        above, below = above | in_mark, below & ~in_mark
    elif standing < 0:
        in_mark = above & (upper >= low - slack + standing)
        above, below = above & ~in_mark, below | in_mark
    excess = above + 2 * below.astype(np.int64)
    center = runs.moment / np.maximum(mass, 1e-9)
    missing = mass < 0.7 * width
    center[mass < 0.4 * width] = np.nan
    cut = (np.abs(upper - width / 2 - ceiling) < 1.0) & (mass < 0.85 * width)
    hidden_top |= cut
    missing &= ~(cut & (mass > 0.25 * width))
    missing &= ~((hidden_top ^ hidden_bottom) & (mass > max(BESIDE_PX, BESIDE * width)))
    upper[missing | hidden_top | _widened(excess % 2 == 1)] = np.nan
    lower[missing | hidden_bottom | _widened(excess >= 2)] = np.nan
    return Columns(np.arange(rows.size), mass, center, upper, lower, excess, width, np.zeros(rows.size, np.bool_))


def with_borrowed_edges(
    columns: Columns, everything: FloatImage, occluded: FloatImage, rows: IntArray, slack: float
) -> Columns:
    """``columns`` with the edges of what hides the curve, where that is nowhere seen and no wider than its stroke.

    A line hides another of its width only where both are in one place: a run of ``everything`` (h, n) both of whose
    edges lie where the path says.
    """
    at = np.arange(rows.size)
    blind = ~(np.isfinite(columns.upper) | np.isfinite(columns.lower)) & (occluded[rows, at] > HIDDEN)
    if not blind.any():
        return columns
    whole = measure_columns((everything, np.zeros_like(everything)), rows, columns.stroke, slack)
    borrowed = blind & np.isfinite(whole.upper) & np.isfinite(whole.lower)
    wider = (columns.stroke - whole.stroke) / 2
    upper, lower = whole.upper + wider, whole.lower - wider
    return replace(
        columns,
        upper=np.where(borrowed, upper, columns.upper),
        lower=np.where(borrowed, lower, columns.lower),
        borrowed=borrowed,
    )


def _through_lines(coverage: FloatImage, occluded: FloatImage, widest: int) -> FloatImage:
    """``coverage`` (h, n) with the lines filled in that cross a run: up to ``widest`` rows of ink that is none of the
    curve's, between pixels that are at least half in the curve, are as full as the paler of these."""
    foreign = (coverage <= INK) & (occluded > INK)
    first, column = places(foreign[1:] & (coverage[:-1] >= 0.5))
    if not first.size:
        return coverage
    filled, last = coverage.copy(), first + 1
    for rows in range(1, min(widest, coverage.shape[0] - 2) + 1):
        inside = last + 1 < coverage.shape[0]
        first, column, last = first[inside], column[inside], last[inside] + 1
        ends = np.minimum(coverage[first, column], coverage[last, column])
        across = ends >= 0.5
        for row in range(1, rows + 1):
            filled[first[across] + row, column[across]] = ends[across]
        on = foreign[last, column]
        first, column, last = first[on], column[on], last[on]
    return filled


def _seed_rows(coverage: FloatImage, rows: IntArray, stroke: float, slack: float) -> IntArray:
    """The row of fullest ink near the path in each column, nearer rows first among equals; (n,)."""
    reach = int(np.ceil(slack + stroke / 4))
    offsets = np.arange(-reach, reach + 1)
    candidates = np.clip(rows[None, :] + offsets[:, None], 0, coverage.shape[0] - 1)
    ink = np.minimum(np.take_along_axis(coverage, candidates, axis=0), 0.95) - 0.03 * np.abs(offsets)[:, None]
    best: IntArray = np.take_along_axis(candidates, np.argmax(ink, axis=0)[None, :], axis=0)[0]
    return best


def _grow_runs(coverage: FloatImage, seed: IntArray, top: IntArray, bottom: IntArray) -> _Runs:
    """Walk up and down from the seeds."""
    columns = np.arange(seed.size)
    ink = coverage[seed, columns].astype(np.float64)
    above, moment_above, first, cut_top = _walk(coverage, seed, top, -1)
    below, moment_below, last, cut_bottom = _walk(coverage, seed, bottom, 1)
    return _Runs(seed, ink, above, below, moment_above + moment_below + ink * seed, first, last, cut_top, cut_bottom)


def _walk(
    coverage: FloatImage, seed: IntArray, bound: IntArray, sign: int
) -> tuple[FloatArray, FloatArray, IntArray, BoolArray]:
    """Ink, its moment and the last row from the seed in one direction, and whether ``bound`` cut the run, each (n,).

    A run ends where there is no ink, and where ink that has thinned out grows again (the next stroke).
    """
    total, moment = np.zeros(seed.size), np.zeros(seed.size)
    cut, end = np.zeros(seed.size, dtype=bool), seed.copy()
    last = coverage[seed, np.arange(seed.size)].astype(np.float64)
    column = np.flatnonzero(last > INK)
    row, last = seed[column], last[column]
    while column.size > FEW:
        row = row + sign
        ink = coverage[np.clip(row, 0, coverage.shape[0] - 1), column].astype(np.float64)
        ended = (ink <= INK) | ((last < 0.6) & (ink > last + 0.2)) | (row < 0) | (row >= coverage.shape[0])
        beyond = (row - bound[column]) * sign > 0
        cut[column[beyond & ~ended]] = True
        on = ~ended & ~beyond
        counted = on | (ended & (ink <= INK))
        total[column[counted]] += ink[counted]
        moment[column[counted]] += (ink * row)[counted]
        column, row, last = column[on], row[on], ink[on]
        end[column] = row
    for i, x in enumerate(column.tolist()):
        so_far = float(last[i]), float(total[x]), float(moment[x])
        total[x], moment[x], end[x], cut[x] = _walk_on(coverage[:, x], int(row[i]), int(bound[x]), sign, so_far)
    return total, moment, end, cut


FEW = 6
"""Columns, as of tall drops, that are walked on one by one: numpy takes as long for a few as for all."""


def _walk_on(
    ink: FloatImage, row: int, bound: int, sign: int, so_far: tuple[float, float, float]
) -> tuple[float, float, int, bool]:
    """The same for one column (h,) from ``row`` on; ``so_far`` are the ink there, all ink and its moment."""
    last, total, moment = so_far
    while True:
        row += sign
        value = float(ink[min(max(row, 0), ink.size - 1)])
        ended = value <= INK or (last < 0.6 and value > last + 0.2) or not 0 <= row < ink.size
        beyond = (row - bound) * sign > 0
        on = not ended and not beyond
        if on or (ended and value <= INK):
            total += value
            moment += value * row
        if not on:
            return total, moment, row - sign, beyond and not ended
        last = value


def _stroke_width(mass: FloatArray, guess: float) -> float:
    """The usual height of the runs, (n,); the guess where runs are few or of no usual height.

    Marks only ever add to a run: the stroke's height is where the lower runs crowd.
    """
    runs = mass[(mass > 0.5) & (mass < 1.5 * guess + 0.6)]
    if runs.size < 8:
        return guess
    low = float(np.quantile(runs, 0.2))
    crowd = runs[(runs >= 0.85 * low) & (runs <= 1.15 * low + 0.2)]
    return float(np.median(crowd)) if crowd.size >= 0.25 * runs.size else guess


def _levels_by_edge(runs: _Runs, mass: FloatArray, width: float) -> tuple[FloatArray, FloatArray]:
    """Rows of the curve by the upper and by the lower edge, (n,) each.

    Where the stroke has no pixel of its own (thin or blurred strokes) a flat's two edges cannot be told apart: its
    centre stands for both.
    """
    upper = runs.seed - runs.ink / 2 - runs.above + width / 2
    lower = runs.seed + runs.ink / 2 + runs.below - width / 2
    solid = (runs.ink >= FULL) | ((runs.ink >= SOLID) & (width >= 2))
    thin = ~solid & (mass < 1.3 * width + 0.3)
    center = _thin_center(runs, mass, width)
    return np.where(thin, center, upper), np.where(thin, center, lower)


def _thin_center(runs: _Runs, mass: FloatArray, width: float) -> FloatArray:
    """Centre rows (n,) of flats without a fully covered pixel.

    A sharp stroke that partly covers just two pixels touches their common border; anything else is blurred, and its
    centroid is its centre.
    """
    gap = (1 - runs.ink) / 2
    only_above, only_below = (runs.below < RIM) & (runs.above >= RIM), (runs.above < RIM) & (runs.below >= RIM)
    center = runs.moment / np.maximum(mass, 1e-9)
    if width >= 2:
        return center
    center = np.where(only_above, runs.seed - gap - runs.above / 2, center)
    return np.where(only_below, runs.seed + gap + runs.below / 2, center)


def _hidden(runs: _Runs, occluded: FloatImage) -> tuple[BoolArray, BoolArray]:
    """Whether something else covers the pixels at or just outside the upper and the lower end of each run."""
    columns, last = np.arange(runs.seed.size), occluded.shape[0] - 1
    top = np.maximum(occluded[runs.top, columns], occluded[np.maximum(runs.top - 1, 0), columns])
    bottom = np.maximum(occluded[runs.bottom, columns], occluded[np.minimum(runs.bottom + 1, last), columns])
    return top > HIDDEN, bottom > HIDDEN


def _widened(mask: BoolArray) -> BoolArray:
    """The mask grown by one column to each side: foreign ink bleeds into its neighbours."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    return grown
