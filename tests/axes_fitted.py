"""Axes on a picture of 430 by 310 px with what is printed along them, and the scales fitted to them."""

from __future__ import annotations

import numpy as np
from axes_drawing import Axes, blank, figure_of

from kmdigitize.detect.scales import StatedAxes, fit_scales
from kmdigitize.geometry import Box
from kmdigitize.records.axes import NumberLabel, Panel, PrintedAxes, Scales, TickRow, Ticks

FIGURE = figure_of(blank(430, 310))


def panel_of(axes: Axes) -> Panel:
    frame = axes.frame
    return Panel("1", frame, Box(0, 0, 429, 309), frame.bottom, frame.left, 1.3)


def ticks_of(axes: Axes) -> Ticks:
    frame = axes.frame
    x, y = (np.array(sorted(places)) for places in (axes.x_ticks, axes.y_ticks))
    return Ticks(
        TickRow(outside=x, ends=(frame.left, frame.right), width=1.3),
        TickRow(outside=y, ends=(frame.top, frame.bottom), width=1.3),
    )


def printed_on(axes: Axes, ticks: Ticks) -> PrintedAxes:
    return PrintedAxes(ticks, tuple(axes.labels()))


def fitted(axes: Axes, labels: list[NumberLabel] | None = None, stated: StatedAxes | None = None) -> Scales:
    labels = axes.labels() if labels is None else labels
    return fit_scales(FIGURE, panel_of(axes), PrintedAxes(ticks_of(axes), tuple(labels)), stated or StatedAxes())


def right(scales: Scales, axes: Axes, within: float = 1e-6) -> bool:
    """Whether 0 and 60 months, 1 and 0 survival lie on the frame's corners, in px."""
    frame = axes.frame
    x, y = scales.x.to_px([0.0, 60.0]), scales.y.to_px([1.0, 0.0])
    off = np.abs(np.concatenate([x, y]) - [frame.left, frame.right, frame.top, frame.bottom])
    return bool(off.max() <= within)
