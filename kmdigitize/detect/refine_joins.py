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
    half, x = columns.stroke / 2, columns.x[near]
    edges = columns.upper[near] - half, columns.lower[near] + half
    first, last = np.searchsorted(risers, [near.start - reach, near.stop + reach])
    both, _ = _misfit(edges, drawn_edges(levels[first : last + 1], risers[first:last], columns.stroke, x))
    best, where = np.inf, 0.0
    fewer = np.delete(levels, i)
    for at in np.linspace(risers[i - 1] - 0.5, risers[i] + 0.5, 7).tolist():
        moved = np.concatenate([risers[: i - 1], [at], risers[i + 1 :]])
        a, b = np.searchsorted(moved, [near.start - reach, near.stop + reach])
        misfit, count = _misfit(edges, drawn_edges(fewer[a : b + 1], np.sort(moved[a:b]), columns.stroke, x))
        if misfit < best:
            best, where = misfit, at
    lower, upper = (risers[i - 2] if i >= 2 else -np.inf), (risers[i + 1] if i + 1 < risers.size else np.inf)
    if best <= both + limits[1] or best <= count * limits[0] ** 2:
        return float(np.clip(where, lower, upper))
    return None


def _misfit(seen: tuple[FloatArray, FloatArray], drawn: tuple[FloatArray, FloatArray]) -> tuple[float, int]:
    """Squared error (px²) of both edges ``drawn`` (m,) against those ``seen`` (m,), and how many edges there are."""
    off = np.concatenate([seen[0] - drawn[0], seen[1] - drawn[1]])
    off = off[np.isfinite(off)]
    return float((np.minimum(np.abs(off), 2) ** 2).sum()), off.size


def drawn_edges(levels: FloatArray, risers: FloatArray, stroke: float, x: IntArray) -> tuple[FloatArray, FloatArray]:
    """Rows of the upper and lower edge, averaged over the pixels of columns ``x`` (m,) in sequence, (m,) each, of a
    staircase drawn with round joins."""
    reach, disc = _disc(stroke / 2)
    start = float(x[0]) - 0.5 + 0.5 / FINE
    fine = start + np.arange(-reach, x.size * FINE + reach) / FINE
    stairs = levels.take(risers.searchsorted(fine, side="right"))
    windows = stairs.take(_windows(x.size * FINE, reach))
    above, below = (windows - disc).min(axis=0), (windows + disc).max(axis=0)
    above, below = (np.add.reduce(edge.reshape(-1, FINE), axis=1) / FINE for edge in (above, below))
    return above, below


@lru_cache(maxsize=64)
def _disc(radius: float) -> tuple[int, FloatArray]:
    """Half the width of a disc in samples and its half height (px; 2 · reach + 1, 1) at each of them."""
    reach = int(np.ceil(radius * FINE))
    offsets = np.arange(-reach, reach + 1) / FINE
    return reach, np.sqrt(np.maximum(radius**2 - offsets**2, 0.0))[:, None]


@lru_cache(maxsize=64)
def _windows(count: int, reach: int) -> IntArray:
    """Indices (2 · reach + 1, count) of the samples within ``reach`` of each of ``count`` samples, ``reach`` from 0."""
    return np.arange(2 * reach + 1)[:, None] + np.arange(count)[None, :]
