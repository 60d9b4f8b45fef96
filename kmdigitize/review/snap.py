"""A hand-drawn path becomes drops, on the ink where there is some.

The path is a guide: within a few stroke widths of it, the cheapest step path through pixels of the curve's colour is
sought (dynamic programming, as rows can only go one way), its levels and risers are then placed at the centre of the
ink. It assumes that the ink near the path is mostly the curve's own; where it is not, the guide decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.records.figure import Figure, Rgb


@dataclass(frozen=True, slots=True)
class SnapSettings:
    """Tuning of the snapping."""

    reach_strokes: float = 5.0
    """How far from the guide the ink may lie, in stroke widths: a hand is steadier than that when zoomed in."""
    guide_weight: float = 0.25
    """Cost of the full reach, where missing ink costs 1 per column: ink wins over the hand unless it is faint."""
    drop_cost: float = 0.5
    """Cost of one drop in columns of missing ink: a speck does not make a drop."""
    least_drop_strokes: float = 0.25
    """Neighbouring levels closer than this are one: anti-aliasing noise is far below it."""


_DEFAULT = SnapSettings()
HIDING = 0.4
"""Worth of a pixel of other ink: less than half, so that the curve's own ink beside it wins."""
Steps = tuple[FloatArray, FloatArray]


def snap_path(
    figure: Figure,
    path: Sequence[tuple[float, float]],
    ink: tuple[Rgb | None, float],
    falls: bool,
    settings: SnapSettings = _DEFAULT,
) -> Steps:
    """Columns (k,) and rows (k,) in px where each level begins, along ``path`` on the ink.

    ``ink`` is the curve's colour (None: the colour that stands out most along the path) and stroke width in px;
    ``falls`` says whether the drawn curve runs down the page.
    """
    columns, guide = _guide(path, falls, figure.width)
    color, stroke = ink
    reach = max(2.0, settings.reach_strokes * max(1.0, stroke))
    first = int(max(0, np.floor(guide.min() - reach)))
    last = int(min(figure.height - 1, np.ceil(guide.max() + reach)))
    window = figure.pixels[first : last + 1, columns[0] : columns[-1] + 1].astype(np.float64)
    coverage = _coverage(window, guide - first, color)
    rows = _cheapest_steps(coverage, guide - first, reach, falls, settings)
    risers, levels = _measure(coverage, rows, max(1.0, stroke), settings.least_drop_strokes)
    return risers + columns[0], levels + first


def plain_path(path: Sequence[tuple[float, float]], falls: bool) -> Steps:
    """Columns and rows of ``path`` as it was drawn: each point begins a level."""
    points = sorted(path)
    rows = np.array([y for _, y in points])
    rows = np.maximum.accumulate(rows) if falls else np.minimum.accumulate(rows)
    begins = np.concatenate([[True], rows[1:] != rows[:-1]])
    return np.array([x for x, _ in points])[begins], rows[begins]


def _guide(path: Sequence[tuple[float, float]], falls: bool, width: int) -> tuple[IntArray, FloatArray]:
    """Whole columns under the path, and its row on each."""
    x, index = np.unique(np.array([point[0] for point in path]), return_index=True)
    y = np.array([point[1] for point in path])[index]
    low, high = max(0, int(np.ceil(x[0] - 0.5))), min(width - 1, int(np.floor(x[-1] + 0.5)))
    columns = np.arange(low, max(low, high) + 1)
    rows = np.interp(columns, x, y)
    return columns, np.maximum.accumulate(rows) if falls else np.minimum.accumulate(rows)


def _coverage(window: FloatArray, guide: FloatArray, color: Rgb | None) -> FloatArray:
    """How much of each pixel (h, w) of ``window`` (h, w, 3) is ink of ``color``, in [0, 1].

    Other ink may hide the curve and counts a little.
    """
    paper = np.median(window.reshape(-1, 3), axis=0)
    contrast = np.linalg.norm(window - paper, axis=2)
    if color is None:
        rows = np.clip(np.rint(guide).astype(int), 0, window.shape[0] - 1)
        near = window[rows, np.arange(window.shape[1])]
        strength = np.linalg.norm(near - paper, axis=1)
        ink = np.median(near[strength >= np.quantile(strength, 0.8)], axis=0)
    else:
        ink = np.array(color, dtype=np.float64)
    toward = ink - paper
    length = float(np.linalg.norm(toward))
    if length < 1.0:
        return np.zeros(contrast.shape)
    share = np.clip((window - paper) @ toward / length**2, 0.0, 1.0)
    aside = np.linalg.norm(window - paper - share[..., None] * toward, axis=2) / length
    own = share * np.clip(1.0 - 2.0 * aside, 0.0, 1.0)
    return np.asarray(np.maximum(own, HIDING * np.minimum(1.0, contrast / length)), dtype=np.float64)


def _cheapest_steps(
    coverage: FloatArray, guide: FloatArray, reach: float, falls: bool, settings: SnapSettings
) -> IntArray:
    """The row (w,) on each column of the cheapest path whose rows go one way only.

    The hand may lead or lag by the reach along the column too, so that a drop can be taken at once.
    """
    rows = np.arange(coverage.shape[0], dtype=np.float64)
    aside = np.arange(guide.size)[:, None] + np.array([-round(reach), round(reach)])
    near = np.sort(guide[np.clip(aside, 0, guide.size - 1)], axis=1)
    away = np.maximum(np.maximum(near[:, 0] - rows[:, None], rows[:, None] - near[:, 1]), 0.0) / reach
    cost = 1.0 - coverage + settings.guide_weight * away + np.where(away > 1, 1e6, 0.0)
    cost = cost if falls else cost[::-1]
    best, came = cost[:, 0].copy(), np.empty(cost.shape, dtype=np.int64)
    for column in range(1, cost.shape[1]):
        lowest = np.minimum.accumulate(best)
        here = np.where(best <= lowest, np.arange(best.size), 0)
        origin = np.maximum.accumulate(here)
        dropped = lowest + settings.drop_cost
        stays = best <= dropped
        came[:, column] = np.where(stays, np.arange(best.size), origin)
        best = np.where(stays, best, dropped) + cost[:, column]
    path = np.empty(cost.shape[1], dtype=np.int64)
    path[-1] = int(np.argmin(best))
    for column in range(cost.shape[1] - 1, 0, -1):
        path[column - 1] = came[path[column], column]
    return path if falls else coverage.shape[0] - 1 - path


def _measure(coverage: FloatArray, rows: IntArray, stroke: float, least: float) -> Steps:
    """Sub-pixel columns and rows at which the levels of a path on whole pixels begin."""
    begins = np.concatenate([[0], np.flatnonzero(np.diff(rows)) + 1, [rows.size]])
    half = int(np.ceil(stroke))
    levels = np.array([_level(coverage, a, b, int(rows[a]), half) for a, b in pairwise(begins)])
    kept = [0]
    for index in range(1, levels.size):
        if abs(levels[index] - levels[kept[-1]]) >= least * stroke:
            kept.append(index)
    risers = [float(begins[0])]
    for before, index in pairwise(kept):
        risers.append(_riser(coverage, int(begins[index]), (levels[before], levels[index]), half))
    placed = np.maximum.accumulate(np.array(risers))
    lasting = np.diff(placed, append=np.inf) > least * stroke
    return placed[lasting], levels[kept][lasting]


def _level(coverage: FloatArray, begin: int, end: int, row: int, half: int) -> float:
    """Centre of the ink of one flat, sought from its row on; the row itself where there is none."""
    inner = slice(begin + half, end - half) if end - begin > 4 * half else slice(begin, end)
    level = float(row)
    for _ in range(3):
        middle = round(level)
        span = np.arange(max(0, middle - half), min(coverage.shape[0], middle + half + 1))
        weight = coverage[span, inner].sum(axis=1)
        if weight.sum() <= 0.2:
            return float(row)
        level = float(np.average(span, weights=weight))
    return level


def _riser(coverage: FloatArray, column: int, levels: tuple[float, float], half: int) -> float:
    """Centre of the ink between two levels; the edge of the column where the drop is too short to show any."""
    top, bottom = int(np.ceil(min(levels))) + half, int(np.floor(max(levels))) - half
    span = np.arange(max(0, column - 2 * half), min(coverage.shape[1], column + 2 * half + 1))
    if bottom > top:
        weight = coverage[top : bottom + 1, span].sum(axis=0)
        if weight.sum() > 0.2 * (bottom - top):
            return float(np.average(span, weights=weight))
    return column - 0.5
