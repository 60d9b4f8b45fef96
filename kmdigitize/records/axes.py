"""Where the panels are, and what their axes say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import AxisScale, Box, FloatArray, read_only

Direction = Literal["down", "up"]


@dataclass(frozen=True, slots=True)
class NumberLabel:
    """A piece of text that reads as one number, such as a tick label; ``percent`` if a percent sign follows it."""

    value: float
    text: str
    box: Box
    percent: bool = False


@dataclass(frozen=True, slots=True)
class AxisTitles:
    """What the axis titles say. ``percent`` and ``direction`` are None where the words do not decide them.

    ``kind`` is "survival" for S(t) and its complements, else what the panel shows instead ("cumulative hazard",
    "log-log survival", …), which is a reason to skip it.
    """

    x_title: str = ""
    y_title: str = ""
    time_unit: str = ""
    end_point: str = ""
    percent: bool | None = None
    direction: Direction | None = None
    kind: str = "survival"


@dataclass(frozen=True, slots=True)
class Panel:
    """The plotting region of one pair of axes.

    ``frame`` is the region spanned by the axis lines (px of their centres) or, with ``has_lines`` False, by the
    labels or the filled background; ``axis_x_y`` is the row of the x-axis line, ``axis_y_x`` the column of the
    y-axis line (they may lie apart from the frame's corner). ``region`` is all that belongs to the panel: labels,
    titles, legend and table around the frame.
    """

    name: str
    frame: Box
    region: Box
    axis_x_y: float
    axis_y_x: float
    line_px: float = 1.0
    has_lines: bool = True
    closed_right: bool = False
    closed_top: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick mark (or grid line, or label centre) at ``position`` px along its axis with the value printed at it.

    ``value`` is None where no label was read; ``inlier`` says whether the label lies on the fitted scale.
    """

    position: float
    value: float | None = None
    label: str = ""
    inlier: bool = True


@dataclass(frozen=True, slots=True)
class TickRow:
    """Candidates along one axis in px: ticks ``outside`` and ``inside`` the panel and ``grid`` lines, each sorted.

    ``ends`` are the frame's own edges along the axis, ``width`` the thickness of the ticks (0 without any).
    """

    outside: FloatArray = field(default_factory=lambda: np.empty(0))
    inside: FloatArray = field(default_factory=lambda: np.empty(0))
    grid: FloatArray = field(default_factory=lambda: np.empty(0))
    ends: tuple[float, float] = (0.0, 0.0)
    width: float = 0.0

    def __post_init__(self) -> None:
        for name in ("outside", "inside", "grid"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Ticks:
    """Tick candidates of both axes of a panel."""

    x: TickRow
    y: TickRow


@dataclass(frozen=True, slots=True)
class PrintedAxes:
    """What is printed along the axes of a panel: tick marks, the numbers of the whole figure, and the titles."""

    ticks: Ticks
    labels: tuple[NumberLabel, ...] = ()
    titles: AxisTitles = field(default_factory=AxisTitles)


@dataclass(frozen=True, slots=True)
class Scales:
    """Both axis scales of a panel.

    ``x`` maps px to time in ``time_unit`` as printed (e.g. "months", "" if unknown). ``y`` maps px to *survival
    fraction as drawn* after percent has been divided out: for ``direction`` "up" it is the drawn incidence, and
    survival is one minus it. ``percent`` tells whether the axis was labelled in percent; ``x_ticks``/``y_ticks``
    keep every tick with the printed value (percent if percent). ``snapped`` tells that the renderer put strokes on
    whole pixels, ``smoothed`` that their edges are smooth all the same; ``end_point`` is what the axis titles say is
    measured ("overall survival").
    """

    x: AxisScale
    y: AxisScale
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    percent: bool = False
    direction: Direction = "down"
    time_unit: str = ""
    end_point: str = ""
    x_title: str = ""
    y_title: str = ""
    snapped: bool = False
    smoothed: bool = False
    flags: tuple[Flag, ...] = ()

    def survival(self, y: FloatArray) -> FloatArray:
        """Survival fraction at rows ``y`` (px), whichever way the figure is drawn; not clipped."""
        drawn = self.y.to_value(y)
        return drawn if self.direction == "down" else 1.0 - drawn

    def row(self, survival: FloatArray) -> FloatArray:
        """Row in px at which ``survival`` is drawn."""
        return self.y.to_px(survival if self.direction == "down" else 1.0 - np.asarray(survival))
