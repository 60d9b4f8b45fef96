"""Columns of risers that are tall enough to show their own stroke, and how far flats and risers can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.refine_columns import HIDDEN, FloatImage
from kmdigitize.geometry import FloatArray


@dataclass(frozen=True, slots=True)
class DoubtSettings:
    """Standard deviations in px, fitted so that ±2 of them hold about 95% of the errors on drawn figures."""

    flat: float = 0.05
    """A long flat that is seen: stroke models, calibration of ink."""
    lattice: float = 0.32
    """The same where the renderer works in whole pixels: rounding (0.29) and that of the ticks behind the scales."""
    lattice_place: float = 0.32
    """A riser there."""
    lattice_short: float = 0.25
    """What of ``short`` is left there: flats of whole pixels are read however short, but their ends are rounded too."""
    short: float = 7.0
    """Divided by the squared length (px): short flats hold steps that could not be told apart."""
    unseen: float = 2.2
    """Times the squared share of a flat's columns that are not seen: the path's own uncertainty."""
    riser: float = 0.06
    """A riser whose own stroke is seen."""
    small_drop: float = 1.0
    """Divided by the drop (px): how far a riser is known by the passage of its edges."""
    bridged: float = 1.3
    """Times the share of the neighbouring flats that is not seen, for a riser that is not seen itself."""


def tall_risers(
    images: tuple[FloatImage, FloatImage], levels: FloatArray, column: FloatArray, stroke: float
) -> tuple[FloatArray, FloatArray]:
    """Columns (k,) of the risers by the centre of their own stroke, NaN where none is seen, and its rows' scatter.

    ``images`` are coverage and occlusion (h, n) with the curve falling; ``levels`` (k + 1,) and ``column`` (k,) the
    risers as known so far. Used are the rows clear of both flats, in which the ink is about one stroke wide.
    """
    place, scatter = np.full(column.size, np.nan), np.full(column.size, np.nan)
    clear = stroke / 2 + 0.7
    reach = int(np.ceil(stroke / 2 + 2.5))
    for i in np.flatnonzero(np.diff(levels) > 2 * clear + 1):
        rows = slice(int(np.ceil(levels[i] + clear)), int(np.floor(levels[i + 1] - clear)) + 1)
        first = max(round(float(column[i])) - reach, 0)
        ink = images[0][rows, first : round(float(column[i])) + reach + 1].astype(np.float64)
        hidden = images[1][rows, first : first + ink.shape[1]].max(axis=1) > HIDDEN
        mass = ink.sum(axis=1)
        good = (mass > 0.75 * stroke) & (mass < 1.25 * stroke + 0.4) & ~hidden
        if good.sum() < 2 or good.mean() < 0.25:
            continue
        centers = (ink[good] @ np.arange(ink.shape[1])) / mass[good] + first
        place[i] = float(np.median(centers))
        scatter[i] = float(np.std(centers) / np.sqrt(centers.size))
    return place, scatter


def whole_riser_doubt(gap: FloatArray, seen: FloatArray, s: DoubtSettings) -> FloatArray:
    """Standard deviation (k,) in px of risers on whole pixels that may lie anywhere in ``gap`` (k,) px.

    ``seen`` (k,) is that of the less seen neighbouring flat.
    """
    return _total((s.lattice_place, gap / np.sqrt(12), s.bridged * (1 - seen)))


def level_doubt(length: FloatArray, seen: FloatArray, noise: FloatArray, floor: float, s: DoubtSettings) -> FloatArray:
    """Standard deviation of each level (k,) in px from its flat's ``length``, ``seen`` share and edge ``noise``."""
    parts = (floor, noise, np.minimum(s.short / np.maximum(length, 1.0) ** 2, 1.5), s.unseen * (1 - seen) ** 2)
    return _total(parts)


def riser_doubt(
    drop: FloatArray, seen: FloatArray, scatter: FloatArray, noise: FloatArray, s: DoubtSettings
) -> FloatArray:
    """Standard deviation of each riser's column (k,) in px.

    ``seen`` (k,) is that of the less seen neighbouring flat, ``scatter`` (k,) that of the riser's own stroke (NaN
    where not measured), ``noise`` (k,) what else is known about its place.
    """
    own = _total((s.riser, np.nan_to_num(scatter)))
    by_edges = _total((s.riser, noise, s.small_drop / np.maximum(drop, 0.4), s.bridged * (1 - seen)))
    return np.where(np.isfinite(scatter), own, by_edges)


def _total(parts: tuple[FloatArray | float, ...]) -> FloatArray:
    total: FloatArray = np.sqrt(np.asarray(sum(np.square(part) for part in parts), dtype=np.float64))
    return total
