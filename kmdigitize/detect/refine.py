"""From a whole-pixel path to a trace at sub-pixel accuracy.

The upper and the lower edge of the stroke each draw the curve's staircase, shifted by half a stroke; both are measured
from the anti-aliased ink of every column, fitted jointly by a piecewise-constant function with as many steps as the
ink supports, and the passage of the edges between two flats gives the riser's place inside a pixel. The path is
trusted to about two pixels only; it decides which ink is looked at. What it cannot do: separate steps that lie closer
than about a pixel, or see under ink that hides the curve (such stretches get wide standard deviations).
Idea of rendering a stroke as a dilation: Serra, Image Analysis and Mathematical Morphology (1982).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import numpy as np

from kmdigitize.detect.refine_columns import Columns, FloatImage, measure_columns, with_borrowed_edges
from kmdigitize.detect.refine_joins import merge_corners
from kmdigitize.detect.refine_lattice import CellSettings, whole_pixel_flats
from kmdigitize.detect.refine_risers import (
    DoubtSettings,
    level_doubt,
    riser_doubt,
    tall_risers,
    whole_riser_doubt,
)
from kmdigitize.detect.refine_steps import CENTROID, LOWER, PATH, UPPER, Flats, Samples, fit_flats, riser_columns
from kmdigitize.detect.snapping import find_lattice
from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import Evidence, StepPath, Trace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefineSettings:
    """Tuning of the refinement; lengths in px because the pixel is the unit of the ink's noise."""

    path_slack_px: float = 1.6
    """How far the whole-pixel path may be off; tracers round and skip steps of one pixel."""
    smallest_step_px: float = 0.3
    """A step smaller than this over a few columns is not believed."""
    noise_factor: float = 12.0
    """Squared error, in noise variances, that a step must save: two times the log of the number of columns."""
    center_weight: float = 0.15
    """Weight of a centroid inside a censor mark against one edge: marks are symmetric to about a third of a px."""
    thick_px: float = 3.5
    """From this stroke width on the arcs of round joins are a pixel long and look like steps."""
    doubt: DoubtSettings = field(default_factory=DoubtSettings)
    """What the standard deviations are made of."""
    cells: CellSettings = field(default_factory=CellSettings)
    """Reading of strokes on whole pixels."""
    borrowed_weight: float = 0.3
    """Weight of an edge of what hides the curve, against one of its own: it may be drawn with another pen."""
    path_weight: float = 0.03
    """Weight of the whole-pixel path, used where no ink of the curve is seen, against one edge."""


_DEFAULT = RefineSettings()


def refine_path(
    evidence: Evidence, path: StepPath, scales: Scales | None = None, settings: RefineSettings = _DEFAULT
) -> Trace:
    """The trace of a path's ink at sub-pixel accuracy, with standard deviations in px.

    The path may fall or rise: ``scales`` say which, or without them the path itself. Where none of its own ink is
    seen the trace follows the path, with the path's uncertainty.
    """
    rows, coverage, occluded, rises = _oriented(evidence, path, scales)
    ceiling = _ceiling(evidence, scales, rises)
    standing = -evidence.standing if rises else evidence.standing
    columns = measure_columns((coverage, occluded), rows, evidence.stroke_px, settings.path_slack_px, ceiling, standing)
    if evidence.everything is not None:
        everything = _along(evidence.everything, evidence, path, rises)
        columns = with_borrowed_edges(columns, everything, occluded, rows, settings.path_slack_px)
    samples = _samples(columns, rows, settings)
    noise = _noise(columns)
    penalty = settings.noise_factor * noise**2 + 3 * settings.smallest_step_px**2
    flats = fit_flats(samples, penalty, penalty / 3)
    column, gap = riser_columns(samples, flats)
    if columns.stroke >= settings.thick_px:
        flats, column, gap = _without_corners(columns, flats, (column, gap), (2 * noise + 0.1, penalty))
    whole = whole_pixel_flats(columns, flats.level, column, settings.cells)
    if whole is not None:
        flats, column, gap = whole
        risers = _Risers(column, gap, np.full(column.size, np.nan), 0.0, True)
    else:
        risers = _place_risers((coverage, occluded), columns.stroke, flats.level, (column, gap), noise)
    trace = _trace(evidence, path, (columns, flats), risers, settings)
    log.debug("refined %d columns to %d risers, noise %.3f px", rows.size, risers.column.size, noise)
    return _unflipped(trace, evidence, rises)


@dataclass(frozen=True, slots=True)
class _Risers:
    """Columns of the risers, gaps left open by their edges, scatter of their own strokes (k,), edge noise in px, and
    whether strokes lie on whole pixels."""

    column: FloatArray
    gap: FloatArray
    scatter: FloatArray
    noise: float
    whole: bool = False


def _without_corners(
    columns: Columns, flats: Flats, risers: tuple[FloatArray, FloatArray], limits: tuple[float, float]
) -> tuple[Flats, FloatArray, FloatArray]:
    """Flats and risers (columns, gaps) without the steps that are round corners of the stroke."""
    column, gap = risers
    kept, moved = merge_corners(columns, flats.level, column, *limits)
    nearest = np.abs(moved[:, None] - column[None, :]).argmin(axis=1) if moved.size else np.zeros(0, dtype=np.int64)
    fewer = Flats(flats.first[kept], flats.stop[kept], flats.level[kept], flats.weight[kept], flats.offset[kept])
    return fewer, moved, gap[nearest]


def _place_risers(
    images: tuple[FloatImage, FloatImage],
    stroke: float,
    levels: FloatArray,
    edges: tuple[FloatArray, FloatArray],
    noise: float,
) -> _Risers:
    """Risers by the passage of the edges (columns, gaps), or by their own stroke where that is seen."""
    column, gap = edges
    own, scatter = tall_risers(images, levels, column, stroke)
    column = np.where(np.isfinite(own), own, column)
    return _Risers(np.maximum.accumulate(column), gap, scatter, noise)


def _oriented(
    evidence: Evidence, path: StepPath, scales: Scales | None
) -> tuple[IntArray, FloatImage, FloatImage, bool]:
    """Path rows (n,) relative to the evidence and its columns (h, n), turned upside down if the path rises."""
    height, width = evidence.coverage.shape
    rows = np.clip(path.rows[: width + evidence.left - path.first] - evidence.top, 0, height - 1)
    rises = scales.direction == "up" if scales else bool(rows[-1] < rows[0])
    coverage, occluded = (_along(image, evidence, path, rises) for image in (evidence.coverage, evidence.occluded))
    return height - 1 - rows if rises else rows, coverage, occluded, rises


def _along(image: FloatImage, evidence: Evidence, path: StepPath, rises: bool) -> FloatImage:
    """The columns of the path of an ``image`` (h, w) of ``evidence``, turned upside down if the path rises."""
    first = path.first - evidence.left
    part = image[:, first : first + path.rows.size]
    return part[::-1] if rises else part


def _unflipped(trace: Trace, evidence: Evidence, rises: bool) -> Trace:
    """The trace in rows of the figure."""
    levels = trace.levels
    if rises:
        levels = evidence.coverage.shape[0] - 1 - levels
    return replace(trace, levels=levels + evidence.top)


def _ceiling(evidence: Evidence, scales: Scales | None, rises: bool) -> float:
    """Row of survival 1 in the oriented evidence, where frames cut strokes off; -inf if unknown."""
    if scales is None:
        return -np.inf
    row = float(scales.row(np.array([1.0]))[0]) - evidence.top
    return evidence.coverage.shape[0] - 1 - row if rises else row


def _samples(columns: Columns, rows: IntArray, settings: RefineSettings) -> Samples:
    """What every column tells, in order of position: its edges, else a mark's centroid, else the path."""
    upper, lower = np.isfinite(columns.upper), np.isfinite(columns.lower)
    center = (columns.excess == 3) & np.isfinite(columns.center) & ~upper & ~lower
    blind = ~(upper | lower | center)
    half = columns.stroke / 2
    edges = np.where(columns.borrowed, settings.borrowed_weight, 1.0)
    parts = (
        (UPPER, upper, columns.upper, -half, edges),
        (LOWER, lower, columns.lower, half, edges),
        (CENTROID, center, columns.center, 0.0, np.full(rows.size, settings.center_weight)),
        (PATH, blind, rows.astype(np.float64), 0.0, np.full(rows.size, settings.path_weight)),
    )
    position = np.concatenate([columns.x[usable] + shift for _, usable, _, shift, _ in parts])
    value = np.concatenate([rows[usable] for _, usable, rows, _, _ in parts])
    channel = np.concatenate([np.full(int(usable.sum()), channel) for channel, usable, _, _, _ in parts])
    weight = np.concatenate([weight[usable] for _, usable, _, _, weight in parts])
    order = np.argsort(position, kind="stable")
    return Samples(position[order], value[order], channel[order], weight[order])


def _noise(columns: Columns) -> float:
    """Standard deviation in px of one edge's row, from the quieter columns so that steps do not count.

    Second differences of three neighbouring columns forget slopes; a quarter of them lie below 0.319 deviations, and
    each has the variance of six.
    """
    bends = [edge[2:] - 2 * edge[1:-1] + edge[:-2] for edge in (columns.upper, columns.lower)]
    size = np.abs(np.concatenate(bends))
    size = size[np.isfinite(size)]
    if size.size < 8:
        return 0.3
    return float(np.clip(np.quantile(size, 0.25) / 0.319 / np.sqrt(6), 0.02, 0.5))


def _trace(
    evidence: Evidence, path: StepPath, fit: tuple[Columns, Flats], risers: _Risers, settings: RefineSettings
) -> Trace:
    """The trace relative to the oriented evidence, with its standard deviations."""
    columns, flats = fit
    edges = np.concatenate([[0.0], risers.column, [float(columns.x[-1])]])
    length = np.diff(edges)
    seen = _seen(columns, edges)
    whole = risers.whole or find_lattice(flats.level[seen > 0.3], length[seen > 0.3]) is not None
    floor = settings.doubt.lattice if whole else settings.doubt.flat
    level_noise = risers.noise * np.sqrt(3 / np.maximum(flats.weight, 1.0))
    hidden = np.minimum(seen[1:], seen[:-1])
    place_noise = np.sqrt(risers.gap**2 / 12 + floor**2)
    start = float(path.first)
    if risers.whole:
        doubt = replace(settings.doubt, short=settings.doubt.short * settings.doubt.lattice_short)
        riser_sd = whole_riser_doubt(risers.gap, hidden, doubt)
    else:
        doubt = settings.doubt
        riser_sd = np.hypot(riser_doubt(np.diff(flats.level), hidden, risers.scatter, place_noise, doubt), floor)
    return Trace(
        start,
        start + float(columns.x[-1]),
        flats.level,
        start + risers.column,
        level_doubt(length, seen, level_noise, floor, doubt),
        riser_sd,
        seen,
        evidence.color,
        path.dash,
        columns.stroke,
        entry=path.entry,
        flags=path.flags,
    )


def _seen(columns: Columns, edges: FloatArray) -> FloatArray:
    """Share (k + 1,) of each flat's columns in which an edge of the curve is seen."""
    own = (np.isfinite(columns.upper) | np.isfinite(columns.lower)) & ~columns.borrowed
    visible = np.concatenate([[0], np.cumsum(own)])
    at = np.clip(np.rint(edges).astype(np.int64), 0, columns.x.size)
    share: FloatArray = (visible[at[1:]] - visible[at[:-1]]) / np.maximum(np.diff(at), 1)
    return np.minimum(share, 1.0)
