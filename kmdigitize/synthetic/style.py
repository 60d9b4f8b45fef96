"""How a synthetic figure looks: every factor that journals vary, each one field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Renderer = Literal["smooth", "snapped", "aliased", "pdf", "svg"]
Inks = Literal["colour", "grey", "mono_styled", "mono_solid", "two_shades"]
Marks = Literal["none", "tick", "vbar", "plus", "cross", "circle", "triangle"]
Limits = Literal["none", "shaded", "dashed", "solid"]
Frame = Literal["L", "box", "detached"]
Percent = Literal["no", "numbers", "signs"]
Grid = Literal["none", "horizontal", "full", "grey_panel"]
LegendPlace = Literal["inside", "right", "top", "below", "direct", "none"]
RiskStyle = Literal["none", "plain", "coloured", "swatches", "events", "inside"]

Rgb = tuple[float, float, float]

COLOURS = ("#BC3C29", "#0072B5", "#E18727", "#20854E", "#7876B1", "#6F99AD", "#C9A227", "#EE4C97")
GREYS = ("#000000", "#8C8C8C", "#B9B9B9", "#5A5A5A", "#A3A3A3", "#3A3A3A", "#CCCCCC", "#757575")
SHADES = ("#08306B", "#6BAED6", "#2171B5", "#9ECAE1", "#084594", "#4292C6", "#C6DBEF", "#08519C")
DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5, 2.5),
    (1, 1.8),
    (6, 2, 1, 2),
    (9, 3),
    (3, 1.5),
    (6, 2, 1, 2, 1, 2),
    (2, 2),
)
DASH_NAMES = ("solid", "dashed", "dotted", "dashdot", "longdash", "dashed", "dashdot", "dotted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What happens to the picture after it was drawn, in this order.

    ``shrink`` is a factor on width and height (1: none), ``blur_px`` the standard deviation of the blur, ``tilt`` is in
    degrees counter-clockwise, ``noise`` is a standard deviation in grey levels. ``jpeg`` is the quality (None:
    lossless), ``chroma`` whether JPEG halves the resolution of the colours.
    """

    shrink: float = 1.0
    blur_px: float = 0.0
    tilt: float = 0.0
    noise: float = 0.0
    jpeg: int | None = None
    chroma: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureStyle:
    """Look of one figure. Lengths are inches or points as named; ``dpi`` turns them into pixels.

    ``renderer``: "smooth" anti-aliased at true coordinates, "snapped" anti-aliased but put on whole pixels,
    "aliased" without anti-aliasing, "pdf" and "svg" drawn as vectors and rasterised by another program.
    ``x_axis`` and ``y_axis`` are (first, last, tick step) in axis values (survival as a fraction), None: chosen from
    the data. ``offset`` is the gap between the frame and the axis ends as a share of the panel, the way ggplot2 does.
    ``censor_each`` draws a mark for every patient, also where several are censored at one time. ``palette`` overrides
    the colours; ``notes`` is printed inside the panel; ``inset`` adds
    a small panel with the start of the curves; ``risk_until`` is the last time of the
    risk table (None: every tick).
    """

    width_in: float = 6.0
    height_in: float = 4.2
    dpi: int = 100
    font: Literal["sans", "serif", "times"] = "sans"
    font_pt: float = 9.0
    renderer: Renderer = "smooth"
    inks: Inks = "colour"
    palette: tuple[str, ...] = ()
    stroke_pt: float = 1.5
    censor: Marks = "tick"
    censor_black: bool = False
    censor_pt: float = 6.0
    censor_each: bool = False
    limits: Limits = "none"
    limits_grey: bool = False
    frame: Frame = "L"
    offset: float = 0.0
    x_axis: tuple[float, float, float] | None = None
    y_axis: tuple[float, float, float] | None = None
    percent: Percent = "no"
    upward: bool = False
    grid: Grid = "none"
    legend: LegendPlace = "inside"
    risk: RiskStyle = "none"
    risk_until: float | None = None
    median_lines: bool = False
    text_over_curve: str = ""
    arrow: bool = False
    inset: bool = False
    notes: tuple[str, ...] = ()
    title: str = ""
    x_title: str = "Months since randomization"
    y_title: str = ""
    time_unit: str = "months"
    page_text: bool = False
    damage: Damage = field(default_factory=Damage)

    def colour(self, index: int) -> str:
        """Colour of arm ``index`` as #RRGGBB."""
        if self.palette:
            return self.palette[index % len(self.palette)]
        choices = {"colour": COLOURS, "grey": GREYS, "two_shades": SHADES}.get(self.inks, ("#000000",))
        return choices[index % len(choices)]

    def dash(self, index: int) -> tuple[float, ...]:
        """Dash pattern of arm ``index`` in multiples of the stroke width, empty for a solid line."""
        return DASHES[index % len(DASHES)] if self.inks == "mono_styled" else ()

    def dash_name(self, index: int) -> str:
        """Name of the dash pattern of arm ``index``."""
        return DASH_NAMES[index % len(DASH_NAMES)] if self.inks == "mono_styled" else "solid"
