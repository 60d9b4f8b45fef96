"""Step curves with known truth, and how the tests read and compare them."""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import AxisScale
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Figure
from kmdigitize.vector.axes import find_vector_panels, find_vector_ticks
from kmdigitize.vector.curves import trace_drawn_curves

TIMES = np.array([3.0, 5.5, 9.0, 14.2, 21.0, 22.5, 30.1, 41.0])
SURVIVAL = np.array([0.95, 0.88, 0.80, 0.71, 0.60, 0.55, 0.42, 0.30])
END = 47.0
LEFT, BOTTOM, WIDTH, HEIGHT = 60.0, 60.0, 250.0, 200.0


def corners(times=TIMES, survival=SURVIVAL, end=END):
    """Corner points (n, 2) of the curve in points of the hand-written pages."""
    t = np.repeat(np.concatenate([[0.0], times, [end]]), 2)[1:-1]
    s = np.repeat(np.concatenate([[1.0], survival]), 2)
    return np.column_stack([LEFT + WIDTH * t / 50, BOTTOM + HEIGHT * s])


def scales_of(figure: Figure, panel: Panel) -> Scales:
    """Scales of the hand-written pages, from the exact ticks."""
    ticks = find_vector_ticks(figure, panel)
    assert len(ticks.x.outside) == 6
    assert len(ticks.y.outside) == 6
    x = AxisScale.through((ticks.x.outside[0], ticks.x.outside[-1]), (0.0, 50.0))
    y = AxisScale.through((ticks.y.outside[0], ticks.y.outside[-1]), (1.0, 0.0))
    return Scales(x, y)


def traced(figure: Figure, legend=()) -> tuple[tuple[Trace, ...], Scales, Panel]:
    """The one panel's traces."""
    (panel,) = find_vector_panels(figure)
    scales = scales_of(figure, panel)
    return trace_drawn_curves(figure, panel, scales, legend), scales, panel


def assert_is_curve(trace: Trace, scales: Scales, times=TIMES, survival=SURVIVAL, end=END, near=5e-4) -> None:
    """The trace has exactly these drops: S within ``near``, times within 0.05% of the axis."""
    np.testing.assert_allclose(scales.x.to_value(trace.risers), times, atol=0.025)
    np.testing.assert_allclose(scales.survival(trace.levels), np.concatenate([[1.0], survival]), atol=near)
    assert abs(scales.x.to_value(trace.start)) < 0.025
    assert abs(scales.x.to_value(trace.end) - end) < 0.025
