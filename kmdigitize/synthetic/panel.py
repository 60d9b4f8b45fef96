"""One panel drawn with matplotlib: frame, ticks, limits, curves and censor marks, then what stands around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kmdigitize.synthetic.contents import Contents, start_level, step_corners
from kmdigitize.synthetic.furniture import draw_extras, draw_legend, draw_risk_table
from kmdigitize.synthetic.layout import TOP_LEGEND
from kmdigitize.synthetic.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Plot

MARKERS: dict[str, Any] = {
    "tick": 2,  # a short stroke upwards from the line
    "vbar": "|",
    "plus": "+",
    "cross": "x",
    "circle": "o",
    "triangle": "^",
}


def draw_panel(plot: Plot, contents: Contents) -> None:
    """Draw everything into ``plot``, whose place on the figure is already set."""
    _draw_frame(plot, contents)
    for index in range(len(contents.arms)):
        _draw_limits(plot, contents, index)
    for index in range(len(contents.arms)):
        _draw_curve(plot, contents, index)
    draw_extras(plot, contents)
    draw_legend(plot, contents)
    if contents.style.risk != "none":
        draw_risk_table(plot, contents)


def _draw_frame(plot: Plot, contents: Contents) -> None:
    style, axes = contents.style, contents.axes
    (x0, x1, _), (y0, y1, _) = axes.x, axes.y
    plot.set_xlim(x0 - style.offset * (x1 - x0), x1 + style.offset * (x1 - x0))
    plot.set_ylim(y0 - style.offset * (y1 - y0), y1 + style.offset * (y1 - y0))
    plot.set_xticks(axes.x_ticks, [f"{tick:g}" for tick in axes.x_ticks])
    plot.set_yticks(axes.y_ticks, [_y_label(tick, style) for tick in axes.y_ticks])
    plot.set_xlabel(style.x_title)
    plot.set_ylabel(style.y_title or _usual_y_title(style))
    if style.title:
        above = (TOP_LEGEND + 0.4) * style.font_pt if style.legend == "top" else None
        plot.set_title(style.title, fontsize=style.font_pt * 1.15, loc="left", fontweight="bold", pad=above)
    if style.frame != "box":
        plot.spines[["top", "right"]].set_visible(False)
    if style.frame == "detached":
        for side, ends in (("left", (y0, y1)), ("bottom", (x0, x1))):
            plot.spines[side].set_position(("outward", 6))
            plot.spines[side].set_bounds(*ends)
    if style.renderer == "smooth":
        _draw_smooth_ticks(plot, contents)
    if style.grid == "grey_panel":
        plot.set_facecolor("#EBEBEB")
        plot.spines[:].set_visible(False)
    if style.grid != "none":
        colour = "#FFFFFF" if style.grid == "grey_panel" else "#D9D9D9"
        plot.grid(True, axis="y" if style.grid == "horizontal" else "both", color=colour, linewidth=0.8)
        plot.set_axisbelow(True)


def _draw_smooth_ticks(plot: Plot, contents: Contents) -> None:
    """Ticks as lines: matplotlib's own are markers, which Agg always puts on whole pixels."""
    style = contents.style
    plot.tick_params(length=0, pad=7.0)
    out = 6.0 if style.frame == "detached" else 0.0
    dpi = plot.figure.dpi / 72
    look: dict[str, Any] = {"color": "#000000", "linewidth": 0.8, "clip_on": False, "scalex": False, "scaley": False}
    ends = -np.array([out, out + 3.5]) * dpi
    for tick in contents.axes.x_ticks:
        plot.plot([tick, tick], ends / plot.bbox.height, transform=plot.get_xaxis_transform(), **look)
    for tick in contents.axes.y_ticks:
        plot.plot(ends / plot.bbox.width, [tick, tick], transform=plot.get_yaxis_transform(), **look)


def _y_label(value: float, style: FigureStyle) -> str:
    if style.percent == "no":
        return f"{value:.2f}" if round(value * 10) != round(value * 10, 6) else f"{value:.1f}"
    return f"{value * 100:g}" + ("%" if style.percent == "signs" else "")


def _usual_y_title(style: FigureStyle) -> str:
    words = "Cumulative incidence" if style.upward else "Overall survival"
    return words + (" (%)" if style.percent == "numbers" else "")


def _draw_limits(plot: Plot, contents: Contents, index: int) -> None:
    style, table = contents.style, contents.tables[index]
    if style.limits == "none":
        return
    colour = "#9A9A9A" if style.limits_grey else style.colour(index)
    time, lower = step_corners(contents, index, contents.drawn(table.lower), start_level(contents))
    _, upper = step_corners(contents, index, contents.drawn(table.upper), start_level(contents))
    if style.limits == "shaded":
        plot.fill_between(time, lower, upper, color=colour, alpha=0.2, linewidth=0)
        return
    dash: dict[str, Any] = {"linestyle": (0, (4, 2.5))} if style.limits == "dashed" else {}
    for level in (lower, upper):
        plot.plot(time, level, color=colour, linewidth=style.stroke_pt * 0.6, **dash)


def _draw_curve(plot: Plot, contents: Contents, index: int) -> None:
    style, table, arm = contents.style, contents.tables[index], contents.arms[index]
    time, level = step_corners(contents, index, contents.drawn(table.survival), start_level(contents))
    dash = style.dash(index)
    look: dict[str, Any] = {"linestyle": (0, dash)} if dash else {}
    (line,) = plot.plot(
        time,
        level,
        color=style.colour(index),
        linewidth=style.stroke_pt,
        solid_capstyle="butt",
        solid_joinstyle="miter",
        label=arm.name,
        clip_on=bool(min(table.survival) < contents.axes.y[0] or style.upward),
        **look,
    )
    line.set_snap(style.renderer in ("snapped", "aliased"))
    if style.censor == "none":
        return
    marks = table.censored if style.censor_each else np.minimum(table.censored, 1)
    times = np.repeat(table.time, np.where(table.time <= contents.end(index), marks, 0))
    levels = table.survival[np.searchsorted(table.time, times)]
    black = style.censor_black or style.inks.startswith("mono")
    plot.plot(
        times,
        contents.drawn(levels),
        linestyle="none",
        marker=MARKERS[style.censor],
        markersize=style.censor_pt,
        markeredgewidth=max(0.6, 0.7 * style.stroke_pt),
        markerfacecolor="none",
        markeredgecolor="#000000" if black else style.colour(index),
    )
