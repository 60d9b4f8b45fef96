"""Steps that are only the round corners of a thick stroke.

Most renderers round the outer corners of a line, so that the edge of a thick stroke passes a riser in an arc, which a
staircase fit renders as extra steps. Drawn with round joins, a stroke of width w along a staircase is the staircase
dilated by a disc; a step is kept only if the edges seen in the ink are explained worse without it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kmdigitize.detect.refine_columns import Columns
from kmdigitize.geometry import FloatArray, IntArray

FINE = 4
"""Samples per pixel of the drawn edges."""


def merge_corners(
    columns: Columns, levels: FloatArray, risers: FloatArray, tolerance: float, penalty: float
) -> tuple[IntArray, FloatArray]:
    """Which of the ``levels`` (k + 1,) to keep and the columns of the risers between them.

    A flat shorter than the stroke goes if one riser in place of two explains the edges nearly as well (``penalty``,
    px²) or within ``tolerance`` px. Shortest flats first.
    """
    kept = list(range(levels.size))
    place = list(map(float, risers))
    tried: set[int] = set()
    while True:
        lengths = [(place[i] - place[i - 1], i) for i in range(1, len(kept) - 1) if kept[i] not in tried]
        if not lengths or min(lengths)[0] > columns.stroke:
            return np.array(kept, dtype=np.int64), np.array(place)
        _, i = min(lengths)
        tried.add(kept[i])
        single = _single_riser(columns, levels[kept], np.array(place), i, (tolerance, penalty))
        if single is not None:
            del kept[i]
            place[i - 1 : i + 1] = [single]


def _single_riser(
    columns: Columns, levels: FloatArray, risers: FloatArray, i: int, limits: tuple[float, float]
) -> float | None:
    """Column of the one riser that replaces the two around flat ``i``, None if both are needed."""
    reach = columns.stroke / 2 + 2
    near = slice(max(int(risers[i - 1] - reach), 0), min(int(np.ceil(risers[i] + reach)) + 1, columns.x.size))
    known = np.isfinite(columns.upper[near]) | np.isfinite(columns.lower[near])
    if known.sum() < 3:
        return None
    first, last = np.searchsorted(risers, [near.start - reach, near.stop + reach])
    both, _ = _misfit(columns, levels[first : last + 1], risers[first:last], near)
    best, where = np.inf, 0.0
    fewer = np.delete(levels, i)
    for x in np.linspace(risers[i - 1] - 0.5, risers[i] + 0.5, 7):
        moved = np.concatenate([risers[: i - 1], [x], risers[i + 1 :]])
        a, b = np.searchsorted(moved, [near.start - reach, near.stop + reach])
        misfit, count = _misfit(columns, fewer[a : b + 1], np.sort(moved[a:b]), near)
        if misfit < best:
            best, where = misfit, float(x)
    lower, upper = (risers[i - 2] if i >= 2 else -np.inf), (risers[i + 1] if i + 1 < risers.size else np.inf)
    if best <= both + limits[1] or best <= count * limits[0] ** 2:
        return float(np.clip(where, lower, upper))
    return None


def _misfit(columns: Columns, levels: FloatArray, risers: FloatArray, near: slice) -> tuple[float, int]:
    """Squared error (px²) of a staircase drawn with round joins against both edges, and how many edges there are."""
    above, below = drawn_edges(levels, risers, columns.stroke, columns.x[near])
    off = np.concatenate(
        [columns.upper[near] - columns.stroke / 2 - above, columns.lower[near] + columns.stroke / 2 - below]
    )
    off = off[np.isfinite(off)]
    return float((np.clip(np.abs(off), 0, 2) ** 2).sum()), off.size


def drawn_edges(levels: FloatArray, risers: FloatArray, stroke: float, x: IntArray) -> tuple[FloatArray, FloatArray]:
    """Rows of the upper and lower edge, averaged over the pixels of columns ``x`` (m,) in sequence, (m,) each."""
    radius = stroke / 2
    reach = int(np.ceil(radius * FINE))
    start = float(x[0]) - 0.5 + 0.5 / FINE
    fine = start + np.arange(-reach, x.size * FINE + reach) / FINE
    stairs = levels.take(np.searchsorted(risers, fine, side="right"))
    windows = stairs.take(_windows(x.size * FINE, reach))
    offsets = np.arange(-reach, reach + 1) / FINE
    disc = np.sqrt(np.maximum(radius**2 - offsets**2, 0.0))[:, None]
    above, below = (windows - disc).min(axis=0), (windows + disc).max(axis=0)
    return above.reshape(-1, FINE).mean(axis=1), below.reshape(-1, FINE).mean(axis=1)


@lru_cache(maxsize=64)
def _windows(count: int, reach: int) -> IntArray:
    """Indices (2 · reach + 1, count) of the samples within ``reach`` of each of ``count`` samples, ``reach`` from 0."""
    return np.arange(2 * reach + 1)[:, None] + np.arange(count)[None, :]
