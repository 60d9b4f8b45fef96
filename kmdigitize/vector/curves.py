"""Step curves of a vector figure, exact to the drawing.

Every line of the drawing that runs to the right and in one direction only, with flats and risers, may be a curve. Grid
and reference lines are single strokes; confidence limits come in pairs of one look that enclose a curve of the same
colour and step only where it steps; shaded bands are areas; legend samples are short and straight. What is left are
curves, one per line, even where two coincide. Names come from the legend entry of the same colour and dash.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import FloatArray
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Drawing, Figure, TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.vector.legend import with_exact_samples
from kmdigitize.vector.limits import is_limit, without_limits
from kmdigitize.vector.looks import dash_of
from kmdigitize.vector.marks import with_marks
from kmdigitize.vector.names import matched_entries
from kmdigitize.vector.steps import Steps, steps_of
from kmdigitize.vector.strands import axes_of, find_strands
from kmdigitize.vector.visible import covered_by_pictures, is_seen

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CurveSettings:
    """Lengths in drawing units (points), shares of the panel.

    ``rounding``: exporters write two or three decimals; matplotlib also moves points by up to 1/9 px of 72 per inch
    when it simplifies. ``grids``: decimals that exporters keep, coarse to fine; ``usual`` where a line has too few
    points to tell. ``min_width``: shortest curve as a share of
    the panel's width. ``sloping``: share of slopes above which a line is not drawn as steps. ``faint``: brightness from
    which a line on white is not seen. ``start``: how far below one a whole curve may begin.
    """

    rounding: float = 0.12
    grids: tuple[float, ...] = (0.1, 0.01, 0.001)
    usual: float = 0.01
    min_width: float = 0.05
    sloping: float = 0.3
    faint: int = 245
    start: float = 0.02


def trace_drawn_curves(
    figure: Figure,
    panel: Panel,
    scales: Scales,
    legend: Sequence[LegendEntry] = (),
    settings: CurveSettings | None = None,
) -> tuple[Trace, ...]:
    """Exact traces of the curves drawn in ``panel`` with their censor marks; empty if the drawing holds none.

    Ordered as their legend entries, then as painted.
    """
    settings = settings or CurveSettings()
    drawing = figure.drawing
    if drawing is None:
        return ()
    found = _step_lines(drawing, panel, scales, settings)
    if covered_by_pictures(figure, panel.frame):
        found = [steps for steps in found if is_seen(steps, figure)]
    found = _stepped_only(_without_repetitions(found, drawing), settings)
    found = [steps for steps in without_limits(found) if not steps.turns]
    level = [steps for steps in found if _runs_through(steps, panel)]
    found = [steps for steps in found if not _runs_through(steps, panel)]
    named = _with_samples(legend, drawing, panel)
    entries = matched_entries([steps.strand for steps in found], named)
    level, more = _level_arms(level, found, entries, named)
    chosen = _chosen([*found, *level], [*entries, *more], scales, settings)
    log.debug("%d lines, %d curves", len(found), len(chosen))
    traces = tuple(_trace(steps, entry, scales, drawing, settings) for steps, entry in chosen)
    return with_marks(traces, drawing, panel)


def _with_samples(legend: Sequence[LegendEntry], drawing: Drawing, panel: Panel) -> list[LegendEntry]:
    """The entries, in their order, with the exact look of the samples beside their words."""
    words = [TextToken(entry.label, entry.box) for entry in legend]
    exact = with_exact_samples(drawing, panel, words, legend)
    by_box = {entry.box: entry for entry in exact}
    return [by_box.get(entry.box, entry) for entry in legend]


def _step_lines(drawing: Drawing, panel: Panel, scales: Scales, settings: CurveSettings) -> list[Steps]:
    """Every line of the panel that falls (or rises, on an axis of 1 − S) all along."""
    frame = panel.frame
    rounding = settings.rounding * drawing.px_per_unit
    lines = []
    for strand in find_strands(drawing, frame, axes_of(panel)):
        if min(strand.look.color) >= settings.faint or strand.look.alpha < 0.05:
            continue
        steps = steps_of(strand, frame, rounding)
        if steps is None or not _is_curve(steps, panel, scales, settings):
            continue
        lines.append(steps)
    return lines


def _is_curve(steps: Steps, panel: Panel, scales: Scales, settings: CurveSettings) -> bool:
    """Whether the line is long, moves the right way, lies on the axis's range and is no single straight stroke."""
    frame = panel.frame
    if steps.end - steps.start < settings.min_width * frame.width:
        return False
    if steps.risers.size == 0:
        return _is_flat_curve(steps, panel, scales)
    if steps.falls != (scales.direction == "down"):
        return False
    survival = scales.survival(steps.levels)
    least = 0.5 if steps.risers.size > 2 else 1 - settings.start
    return bool(survival[0] > least and survival.max() < 1.03 and survival.min() > -0.03)


def _is_flat_curve(steps: Steps, panel: Panel, scales: Scales) -> bool:
    """Whether a straight line may be an arm without events: at survival 1, from time 0."""
    survival = float(scales.survival(steps.levels[:1])[0])
    start = float(scales.x.to_px(0.0))
    return abs(survival - 1) < 0.002 and abs(steps.start - start) < 0.01 * panel.frame.width


def _runs_through(steps: Steps, panel: Panel) -> bool:
    """Whether a straight line ends where the panel does, as the frame and grid lines do."""
    frame = panel.frame
    return steps.risers.size == 0 and steps.end >= frame.right - 0.02 * frame.width


def _level_arms(
    level: Sequence[Steps], curves: Sequence[Steps], entries: Sequence[int | None], legend: Sequence[LegendEntry]
) -> tuple[list[Steps], list[int | None]]:
    """Lines that run ``level`` through the panel, as wide as a curve and like a sample that no curve has, by entry."""
    widths = [steps.strand.look.width for steps in curves]
    alike = [steps for steps in level if any(abs(steps.strand.look.width - width) < 0.2 * width for width in widths)]
    free = [replace(entry, color=None) if n in entries else entry for n, entry in enumerate(legend)]
    found = matched_entries([steps.strand for steps in alike], free)
    arms = [(steps, entry) for steps, entry in zip(alike, found, strict=True) if entry is not None]
    return [steps for steps, _ in arms], [entry for _, entry in arms]


def _without_repetitions(lines: list[Steps], drawing: Drawing) -> list[Steps]:
    """Lines of which none repeats another of the same colour point by point (a casing or a second painting)."""
    kept: list[Steps] = []
    for steps in lines:
        if not any(_is_same(steps, other, 0.02 * drawing.px_per_unit) for other in kept):
            kept.append(steps)
    return kept


def _is_same(a: Steps, b: Steps, near: float) -> bool:
    if a.strand.look.color != b.strand.look.color or a.strand.look.dash != b.strand.look.dash:
        return False
    if a.risers.shape != b.risers.shape or abs(a.start - b.start) > near or abs(a.end - b.end) > near:
        return False
    same = np.allclose(a.risers, b.risers, atol=near) and np.allclose(a.levels, b.levels, atol=near)
    return bool(same)


def _stepped_only(lines: list[Steps], settings: CurveSettings) -> list[Steps]:
    """Stepped lines; where there are none, the sloping ones."""
    stepped = [steps for steps in lines if steps.sloping <= settings.sloping]
    return stepped or [steps for steps in lines if steps.risers.size >= 3]


def _chosen(
    lines: list[Steps], entries: list[int | None], scales: Scales, settings: CurveSettings
) -> list[tuple[Steps, int | None]]:
    """Curves with their entries: named ones, and unnamed ones that start at one and are no limit of a named one."""
    pairs = list(zip(lines, entries, strict=True))
    named = [steps for steps, entry in pairs if entry is not None]
    kept = []
    for steps, entry in pairs:
        starts_at_one = float(scales.survival(steps.levels[:1])[0]) > 1 - settings.start
        is_other = named and (not starts_at_one or any(is_limit(steps, curve) for curve in named))
        if entry is not None or not is_other:
            kept.append((steps, entry))
    return sorted(kept, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0].strand.order))


def _trace(steps: Steps, entry: int | None, scales: Scales, drawing: Drawing, settings: CurveSettings) -> Trace:
    look = steps.strand.look
    grid = _grid_of(steps.strand.points / np.multiply(drawing.px_per_unit, drawing.stretch), settings)
    sd = max(grid * drawing.px_per_unit / float(np.sqrt(12.0)), steps.jitter)
    risers = np.clip(steps.risers, steps.start, steps.end)
    flags = []
    if steps.sloping > settings.sloping:
        flags.append(Flag("not_a_step_curve"))
    if float(scales.survival(steps.levels[:1])[0]) < 1 - settings.start:
        flags.append(Flag("starts_below_one"))
    if np.any(steps.slack > 0):
        flags.append(Flag("trace_bridged", f"{int(np.sum(steps.slack > 0))} drops lie between dashes"))
    return Trace(
        steps.start,
        steps.end,
        steps.levels,
        risers,
        np.full(steps.levels.shape, sd),
        np.hypot(sd, steps.slack / np.sqrt(3)),
        np.ones(steps.levels.shape),
        look.color,
        dash_of(look),
        max(look.width, 0.1),
        None,
        entry=entry,
        flags=tuple(flags),
        grain_px=sd * float(np.sqrt(12.0)),
    )


def _grid_of(points: FloatArray, settings: CurveSettings) -> float:
    """The coarsest of the grids that both coordinates (k, 2) lie on, in drawing units; the finest if on none."""
    coordinates = [np.unique(np.round(axis, 6)) for axis in points.T]
    if min(axis.size for axis in coordinates) < _FEW:
        return settings.usual
    for grid in settings.grids:
        if all(abs(np.exp(2j * np.pi * axis / grid).mean()) > _ON_GRID for axis in coordinates):
            return grid
    return settings.grids[-1]


_FEW = 6
"""Fewer different coordinates lie on any grid by chance."""
_ON_GRID = 0.9
"""Concentration of the coordinates' places between grid lines from which they lie on the lines."""
