"""Axis scales: printed tick labels and tick marks to the straight line between pixels and values.

The labels say which values, the ticks say where: a robust lattice fit joins them (see scales_lattice). Where no ticks
are drawn, grid lines stand in for them, and where there are none either, the centres of the labels. Strokes that the
renderer put on whole pixels are recognised by their places: ticks that ought to fall anywhere between the pixels all
fall on one fraction of a pixel; then the middle of all lines that round to the same pixels is taken. Logarithmic and
broken axes are refused.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from kmdigitize.detect.scales_axis import Axis, evenly_spaced, fitted_axis, pinned_axis, stated_axis
from kmdigitize.detect.scales_labels import (
    AxisLabels,
    best_labels,
    has_decades,
    is_broken,
    is_logarithmic,
    labels_below,
    labels_beside,
)
from kmdigitize.detect.scales_lattice import Lattice, LatticeSettings, fit_ticks
from kmdigitize.detect.scales_reread import read_below, read_beside
from kmdigitize.detect.scales_snap import SnapSettings, is_smoothed, on_whole_pixels, unsnapped
from kmdigitize.errors import AxisError
from kmdigitize.geometry import AxisScale, FloatArray, ScaleSource
from kmdigitize.records.axes import NumberLabel, Panel, PrintedAxes, Scales, Tick, TickRow, Ticks
from kmdigitize.records.figure import Figure, Reread

log = logging.getLogger(__name__)

# More marks than this along an axis are not worth a crop each.
_MOST_TICKS = 40


@dataclass(frozen=True, slots=True)
class ScaleSettings:
    """When a fit is doubted.

    ``poor_fit``: px of residual above which the axis is flagged; whole-pixel strokes have 0.29. ``few_labels``: fewer
    labels than this on the line are flagged. ``own_labels``: text heights from the frame within which labels are the
    panel's own; those further away, shared with another panel, must lie on its ticks. ``percent_from``: a y axis whose
    largest label exceeds this is in percent (fractions reach 1, with headroom 1.2). ``highest``: label of an axis in
    percent with as much headroom; numbers at risk and rates per thousand are higher. ``drawn_pixel``: tick widths by
    which ticks may miss their places where they fit no better: a figure that was enlarged after its strokes were put on
    whole pixels has ticks of one such pixel, off by up to half of it.
    """

    lattice: LatticeSettings = field(default_factory=LatticeSettings)
    snap: SnapSettings = field(default_factory=SnapSettings)
    poor_fit: float = 0.45
    few_labels: int = 3
    own_labels: float = 5.0
    percent_from: float = 1.5
    highest: float = 120.0
    drawn_pixel: float = 0.6


@dataclass(frozen=True, slots=True)
class StatedAxes:
    """What the user states of the axes; it replaces reading the labels.

    Either the range (low, high) of the outermost ticks, or ticks pinned to a place and a value.
    """

    x: tuple[float, float] | tuple[Tick, ...] | None = None
    y: tuple[float, float] | tuple[Tick, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """The labels of one axis and the lattice they form with its ticks."""

    labels: AxisLabels
    source: ScaleSource
    lattice: Lattice


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a panel: where to look for the labels of which ticks, and how to look again."""

    figure: Figure
    panel: Panel
    row: TickRow
    horizontal: bool
    text_px: float
    reread: Reread | None

    @property
    def name(self) -> str:
        """The axis."""
        return "x" if self.horizontal else "y"

    def distance(self, label: NumberLabel) -> float:
        """How far from the frame a label ends, in px."""
        frame = self.panel.frame
        return label.box.top - frame.bottom if self.horizontal else frame.left - label.box.right


_NOT_STATED = StatedAxes()


def fit_scales(
    figure: Figure,
    panel: Panel,
    printed: PrintedAxes,
    stated: StatedAxes = _NOT_STATED,
    reread: Reread | None = None,
    settings: ScaleSettings | None = None,
) -> Scales:
    """Both axis scales of ``panel``.

    The titles decide the direction where they say so; ``stated`` replaces reading the labels, ``reread`` reads a place
    of the picture again. Raises AxisError where no scale can be read, with what to state instead.
    """
    settings = settings or ScaleSettings()
    ticks, labels, titles = printed.ticks, printed.labels, printed.titles
    text_px = _text_height(labels)
    axes = {
        "x": _axis(_Side(figure, panel, ticks.x, True, text_px, reread), labels, stated.x, settings),
        "y": _axis(_Side(figure, panel, ticks.y, False, text_px, reread), labels, stated.y, settings),
    }
    snapped, smoothed = _unsnap(axes, ticks, figure.lossy, settings)
    x, y = (_finished(axis, name, settings) for name, axis in axes.items())
    highest = max(abs(tick.value) for tick in y.ticks if tick.value is not None and tick.inlier)
    if stated.y is None and highest > settings.highest:
        raise AxisError(
            f"The y axis of panel {panel.name} has labels up to {highest:g}, neither shares nor percentages.",
            "If it shows survival, state its range: --y-axis LOW:HIGH.",
        )
    percent = highest > settings.percent_from or (y.percent and highest > 1.0)
    scale = y.scale
    if percent:
        scale = AxisScale(scale.slope / 100, scale.intercept / 100, scale.rms_px, scale.n_ticks, scale.source)
    log.debug("x %s, y %s, percent %s", x.scale, scale, percent)
    return Scales(
        x=x.scale,
        y=scale,
        x_ticks=x.ticks,
        y_ticks=y.ticks,
        percent=percent,
        direction=titles.direction or "down",
        time_unit=titles.time_unit,
        end_point=titles.end_point,
        x_title=titles.x_title,
        y_title=titles.y_title,
        snapped=snapped,
        smoothed=smoothed,
        flags=tuple(dict.fromkeys(x.flags + y.flags)),
    )


def _text_height(labels: Sequence[NumberLabel]) -> float:
    """Median height of the printed numbers in px; turned labels count by their narrow side."""
    heights = [min(label.box.height, label.box.width) + 1 for label in labels if len(label.text.strip()) > 1]
    return float(np.median(heights)) if heights else 12.0


def _axis(
    side: _Side,
    numbers: Sequence[NumberLabel],
    stated: tuple[float, float] | tuple[Tick, ...] | None,
    settings: ScaleSettings,
) -> _Found | Axis:
    if stated is not None:
        pinned = tuple(tick for tick in stated if isinstance(tick, Tick))
        if pinned:
            return pinned_axis(pinned, side.name, settings.poor_fit)
        low, high = (value for value in stated if not isinstance(value, Tick))
        return stated_axis(side.row, (low, high), side.name, side.horizontal)
    lines = (labels_below if side.horizontal else labels_beside)(side.panel, numbers, side.text_px)
    powers = bool(lines) and is_logarithmic(lines[0], side.horizontal, side.text_px, settings.lattice)
    if powers or has_decades(side.row.outside) or has_decades(side.row.inside):
        raise AxisError(
            f"The {side.name} axis of panel {side.panel.name} is logarithmic; only linear axes can be digitized.",
            "Give the figure with a linear axis.",
        )
    near = [line for line in lines if side.distance(line[0]) <= settings.own_labels * side.text_px]
    found = _on_ticks(best_labels(near, side.horizontal, side.text_px, settings.lattice), side, settings)
    if found is None:
        shared = _on_ticks(best_labels(lines, side.horizontal, side.text_px, settings.lattice), side, settings)
        found = shared if shared is not None and shared.source != "labels" else None
    if side.reread is not None and _is_doubtful(found, side, settings):
        found = _read_again(side, side.reread, found, settings)
    if found is None:
        raise _unreadable(side.panel, side.name, side.row, lines)
    if is_broken(found.labels):
        raise AxisError(
            f"The {side.name} axis of panel {side.panel.name} is broken: its labels leave values out.",
            f"Cut the figure at the break and state the range of the rest: --{side.name}-axis LOW:HIGH.",
        )
    return found


def _is_doubtful(found: _Found | None, side: _Side, settings: ScaleSettings) -> bool:
    """Whether too few labels were read, or labels that the ticks do not agree with."""
    if found is None or found.labels.distinct < settings.few_labels:
        return True
    return found.source == "labels" and evenly_spaced(side.row.outside) and side.row.outside.size >= 3


def _read_again(side: _Side, reread: Reread, found: _Found | None, settings: ScaleSettings) -> _Found | None:
    """The labels read tick by tick, if more of them agree with each other and with the ticks than in ``found``.

    Labels that lie on no ticks count for half.
    """
    row = side.row
    ticks = next((places for places in (row.outside, row.inside, row.grid) if 3 <= places.size <= _MOST_TICKS), None)
    if ticks is None:
        return found
    if side.horizontal:
        readings = [read_below(side.figure, side.panel, ticks, side.text_px, reread)]
    else:
        readings = read_beside(side.figure, side.panel, ticks, side.text_px, reread)
    for reading in readings:
        again = _on_ticks(best_labels([reading], side.horizontal, side.text_px, settings.lattice), side, settings)
        if again is None or again.source == "labels":
            continue
        least = 0 if found is None else found.labels.distinct / (2 if found.source == "labels" else 1)
        if again.labels.distinct > least:
            found = again
    return found


def _unsnap(axes: dict[str, _Found | Axis], ticks: Ticks, lossy: bool, settings: ScaleSettings) -> tuple[bool, bool]:
    """Whether the renderer put strokes on whole pixels, and whether it smoothed them.

    If it did put them there, the lattices in ``axes`` are replaced by true ones.
    """
    x, y = axes["x"], axes["y"]
    if not isinstance(x, _Found) or not isinstance(y, _Found):
        return False, False
    smoothed = is_smoothed((ticks.x.width, ticks.y.width), lossy, settings.snap)
    if not on_whole_pixels(x.lattice, y.lattice, smoothed, settings.snap):
        return False, False
    for name, axis, row in (("x", x, ticks.x), ("y", y, ticks.y)):
        if axis.lattice.ticks.size:
            lattice = unsnapped(axis.lattice, row.width, smoothed, settings.snap)
            axes[name] = _Found(axis.labels, axis.source, lattice)
    return True, smoothed


def _finished(axis: _Found | Axis, name: str, settings: ScaleSettings) -> Axis:
    if isinstance(axis, Axis):
        return axis
    return fitted_axis(axis.labels, axis.source, axis.lattice, name, settings.poor_fit, settings.few_labels)


def _unreadable(panel: Panel, name: str, row: TickRow, lines: Sequence[Sequence[NumberLabel]]) -> AxisError:
    marks = max(row.outside.size, row.inside.size)
    read = ", ".join(repr(one.text) for one in lines[0][:6]) if lines else ""
    example = "0:60" if name == "x" else "0:1"
    return AxisError(
        f"Found {marks} tick marks on the {name} axis of panel {panel.name} but "
        + (f"the labels read ({read}) do not rise evenly along it." if read else "could not read its labels."),
        f"State the range of its outermost ticks: --{name}-axis {example}.",
    )


def _on_ticks(labels: AxisLabels | None, side: _Side, settings: ScaleSettings) -> _Found | None:
    """The label line moved onto the family of ticks on which most labels find one, else the label line itself."""
    if labels is None:
        return None
    usual = settings.lattice
    coarse = replace(usual, tick_slack=max(usual.tick_slack, settings.drawn_pixel * side.row.width))
    for lattice in (usual, coarse):
        found = _on_some_ticks(labels, side, lattice)
        if found is not None:
            return found
    return _Found(labels, "labels", labels.lattice)


def _on_some_ticks(labels: AxisLabels, side: _Side, settings: LatticeSettings) -> _Found | None:
    best: tuple[float, _Found] | None = None
    families: tuple[tuple[ScaleSource, float, FloatArray], ...] = (
        ("ticks", 0.2, side.row.outside),
        ("ticks", 0.1, side.row.inside),
        ("grid", 0.0, side.row.grid),
    )
    reach = settings.reach * side.text_px
    for source, favour, places in families:
        lattice = fit_ticks(labels.lattice, labels.at, labels.values, places, reach, settings)
        if lattice is None:
            continue
        score = lattice.ticks.size * (1 + favour) - lattice.rms_px
        if best is None or score > best[0]:
            best = (score, _Found(labels, source, lattice))
    return best[1] if best else None
