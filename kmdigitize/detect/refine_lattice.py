"""Curves whose strokes lie on whole pixels, read cell by cell.

Where a renderer moves every corner of a curve to whole pixels, the staircase is constant over unit cells: the upper
edge of a column tells the level half a stroke to its left, the lower edge that half a stroke to its right, so every
cell is measured twice and exactly, however short its flat. Cells where the two disagree (marks, round corners) or
where neither edge is seen keep what the fit to the anti-aliased ink says. What it cannot do: tell flats that the
renderer's rounding made equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.refine_columns import Columns
from kmdigitize.detect.refine_steps import UPPER, Flats, Samples, fit_flats
from kmdigitize.detect.snapping import find_lattice
from kmdigitize.geometry import FloatArray, IntArray

NEVER = 1e9
"""Cost (px²) at which no cell is left out of the flats."""
SHORTEST = 3.0
"""Columns of the shortest flat whose row and width count."""


@dataclass(frozen=True, slots=True)
class CellSettings:
    """Reading of whole-pixel staircases.

    ``width``: px by which the ink of a column may differ from its flat's to count as the curve alone, and that of a
    flat from the stroke's. ``one_width``: least share of equally thick flats; renderers that round both edges of a
    stroke leave some a pixel thicker, and there the two edges together tell more than whole rows. ``penalty`` (px²)
    of a flat: below 0.5, so that a single cell a row lower than its neighbours, seen by both edges, is a flat.
    ``doubtful``: weight of a cell that the ink does not tell, against one edge.
    """

    width: float = 0.3
    one_width: float = 0.9
    penalty: float = 0.45
    doubtful: float = 0.1


def whole_pixel_flats(
    columns: Columns, levels: FloatArray, risers: FloatArray, settings: CellSettings
) -> tuple[Flats, FloatArray, FloatArray] | None:
    """Flats (k + 1), riser columns and the gaps (px) that they may lie in, both (k,); None off whole pixels.

    ``levels`` and ``risers`` are the trace as fitted to the anti-aliased ink, the curve falling.
    """
    rows, counts, alike = _clean_flats(columns, risers, settings)
    lattice = find_lattice(rows, counts)
    if lattice not in {"whole", "half"} or alike < settings.one_width:
        return None
    phase = 0.0 if lattice == "whole" else 0.5
    cells, known = _cells(columns, phase, settings)
    fitted = levels[np.searchsorted(risers, cells.position, side="right")]
    value = np.where(known, cells.value, np.rint(fitted - phase) + phase)
    samples = Samples(cells.position, value, cells.channel, np.where(known, cells.weight, settings.doubtful))
    flats = fit_flats(samples, settings.penalty, NEVER)
    flats = Flats(flats.first, flats.stop, np.rint(flats.level - phase) + phase, flats.weight, flats.offset)
    kept = np.append(True, np.diff(flats.level) > 0)
    first, stop = flats.first[kept], np.append(flats.first[kept][1:], samples.position.size)
    flats = Flats(
        first, stop, flats.level[kept], np.add.reduceat(flats.weight, np.flatnonzero(kept)), flats.offset[kept]
    )
    return flats, samples.position[first[1:]] - 0.5, _gaps(known, first[1:])


def _clean_flats(columns: Columns, risers: FloatArray, settings: CellSettings) -> tuple[FloatArray, FloatArray, float]:
    """Rows of the flats by those of their columns that show the stroke alone, the number of these, and the share of
    the flats that are of one width."""
    whole = np.isfinite(columns.upper) & np.isfinite(columns.lower) & (columns.mass < columns.stroke + 1.5)
    flat = np.searchsorted(risers, columns.x, side="right")
    rows, counts, widths = [], [], []
    for index in np.unique(flat[whole]):
        inside = whole & (flat == index)
        width = float(np.sort(columns.mass[inside])[inside.sum() // 4])
        alone = inside & (np.abs(columns.mass - width) < settings.width)
        rows.append(float(np.median((columns.upper[alone] + columns.lower[alone]) / 2)))
        counts.append(float(alone.sum()))
        widths.append(width)
    long = np.array(counts) >= SHORTEST
    alike = np.abs(np.array(widths)[long] - columns.stroke) < settings.width
    return np.array(rows), np.array(counts), float(np.mean(alike)) if alike.size else 0.0


def _cells(
    columns: Columns, phase: float, settings: CellSettings
) -> tuple[Samples, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """One measurement per cell from the first to the last that a column can tell, and whether the ink tells it."""
    half = max(1, round(columns.stroke)) / 2
    position = np.arange(columns.x[0] - half, columns.x[-1] + half + 0.25)
    by_edge = np.full((2, position.size), np.nan)
    n, reach = columns.x.size, round(2 * half)
    by_edge[0, :n] = columns.upper
    by_edge[1, reach : reach + n] = columns.lower
    rows = np.rint(by_edge - phase) + phase
    seen = np.isfinite(by_edge)
    apart = seen.all(axis=0) & (rows[0] != rows[1])
    known = seen.any(axis=0) & ~apart
    weight = seen.sum(axis=0).astype(np.float64)
    value = np.where(seen[0], rows[0], rows[1])
    return Samples(position, value, np.full(position.size, UPPER), weight), known


def _gaps(known: np.ndarray[tuple[int], np.dtype[np.bool_]], first: IntArray) -> FloatArray:
    """Length of the stretches of unknown cells on either side of the borders before cells ``first``, (k,)."""
    index = np.arange(known.size)
    before = np.maximum.accumulate(np.where(known, index, -1))
    after = np.minimum.accumulate(np.where(known, index, known.size)[::-1])[::-1]
    return (after[first] - before[first - 1] - 1).astype(np.float64)
