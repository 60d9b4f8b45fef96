"""One panel drawn with matplotlib: axes, limits, curves, censor marks, legend, notes and the risk table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.synthetic.layout import LINE, Axes, Room
from kmdigitize.synthetic.style import FigureStyle
from kmdigitize.synthetic.trials import LifeTable, TrueArm, life_table

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


@dataclass(frozen=True, slots=True)
class Contents:
    """What a panel shows: its arms with their life tables, its style, axes and room."""

    arms: tuple[TrueArm, ...]
    tables: tuple[LifeTable, ...]
    style: FigureStyle
    axes: Axes
    room: Room

    @classmethod
    def of(cls, arms: Sequence[TrueArm], style: FigureStyle, axes: Axes, room: Room) -> Contents:
        """Contents with the life tables computed."""
        return cls(tuple(arms), tuple(life_table(arm) for arm in arms), style, axes, room)

    def drawn(self, survival: FloatArray) -> FloatArray:
        """What the y axis shows for ``survival``."""
        return 1 - survival if self.style.upward else survival

    @property
    def risk_times(self) -> list[float]:
        """Times at which the risk table has a column."""
        last = self.style.risk_until
        return [tick for tick in self.axes.x_ticks if last is None or tick <= last]

    def end(self, index: int) -> float:
        """Where the drawn curve of an arm ends: at its last patient, or where it leaves the panel."""
        table = self.tables[index]
        lowest = 1 - self.axes.y[1] if self.style.upward else self.axes.y[0]
        gone = table.time[table.survival < lowest - 1e-9]
        return float(min(table.time[-1], self.axes.x[1], *gone[:1]))


def draw_panel(plot: Plot, contents: Contents) -> None:
    """Draw everything into ``plot``, whose place on the figure is already set."""
    _draw_frame(plot, contents)
    for index in range(len(contents.arms)):
        _draw_limits(plot, contents, index)
    for index in range(len(contents.arms)):
        _draw_curve(plot, contents, index)
    _draw_extras(plot, contents)
    _draw_legend(plot, contents)
    if contents.style.risk != "none":
        _draw_risk_table(plot, contents)


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
        plot.set_title(style.title, fontsize=style.font_pt * 1.15, loc="left", fontweight="bold")
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


def _steps(contents: Contents, index: int, values: FloatArray, start: float) -> tuple[FloatArray, FloatArray]:
    """Corner points of the step line that is ``start`` before the first time and ``values`` after each time."""
    table, end = contents.tables[index], contents.end(index)
    keep = (table.events > 0) & (table.time <= end) & np.isfinite(values)
    time = np.concatenate([[contents.axes.x[0]], table.time[keep], [end]])
    level = np.concatenate([[start], values[keep], values[keep][-1:] if keep.any() else [start]])
    return np.repeat(time, 2)[1:], np.repeat(level, 2)[:-1]


def _draw_limits(plot: Plot, contents: Contents, index: int) -> None:
    style, table = contents.style, contents.tables[index]
    if style.limits == "none":
        return
    colour = "#9A9A9A" if style.limits_grey else style.colour(index)
    time, lower = _steps(contents, index, contents.drawn(table.lower), contents.drawn(np.array([1.0]))[0])
    _, upper = _steps(contents, index, contents.drawn(table.upper), contents.drawn(np.array([1.0]))[0])
    if style.limits == "shaded":
        plot.fill_between(time, lower, upper, color=colour, alpha=0.2, linewidth=0)
        return
    dash: dict[str, Any] = {"linestyle": (0, (4, 2.5))} if style.limits == "dashed" else {}
    for level in (lower, upper):
        plot.plot(time, level, color=colour, linewidth=style.stroke_pt * 0.6, **dash)


def _draw_curve(plot: Plot, contents: Contents, index: int) -> None:
    style, table, arm = contents.style, contents.tables[index], contents.arms[index]
    time, level = _steps(contents, index, contents.drawn(table.survival), contents.drawn(np.array([1.0]))[0])
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
    times = table.time[(table.censored > 0) & (table.time <= contents.end(index))]
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


def _draw_extras(plot: Plot, contents: Contents) -> None:
    style, em = contents.style, contents.style.font_pt
    if style.median_lines:
        grey: dict[str, Any] = {"color": "#777777", "linewidth": 0.8, "linestyle": (0, (3, 2))}
        medians = [table.median for table in contents.tables if table.median is not None]
        if medians:
            plot.plot([contents.axes.x[0], max(medians)], [0.5, 0.5], **grey)
        for median in medians:
            plot.plot([median, median], [contents.axes.y[0], 0.5], **grey)
    middle = 0.45 * contents.end(0)
    level = float(contents.drawn(contents.tables[0].survival)[np.searchsorted(contents.tables[0].time, middle)])
    if style.text_over_curve:
        plot.text(middle, level, style.text_over_curve, ha="center", va="center")
    if style.arrow:
        plot.annotate(
            contents.arms[0].name,
            (middle, level),
            (30, 28),
            textcoords="offset points",
            arrowprops={"arrowstyle": "->", "linewidth": 0.8},
        )
    x, align = (0.97, "right") if _free_corner(contents) != "upper right" else (0.03, "left")
    for row, note in enumerate(reversed(style.notes)):
        plot.annotate(note, (x, 0), (0, (0.7 + row * LINE) * em), "axes fraction", "offset points", ha=align)


def _draw_legend(plot: Plot, contents: Contents) -> None:
    style, em = contents.style, contents.room.em
    width, height = plot.bbox.width / plot.figure.dpi, plot.bbox.height / plot.figure.dpi
    count = len(contents.arms)
    match style.legend:
        case "inside":
            plot.legend(loc=_free_corner(contents), frameon=False)
        case "right":
            plot.legend(loc="center left", bbox_to_anchor=(1 + em / width, 0.5), frameon=False)
        case "top":
            plot.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=count, frameon=False)
        case "below":
            bottom = -(contents.room.bottom - 0.2 * em) / height
            plot.legend(loc="lower center", bbox_to_anchor=(0.5, bottom), ncols=count, frameon=False)
        case "direct":
            for index, arm in enumerate(contents.arms):
                level = float(contents.drawn(np.array([_level_at(contents, index)]))[0])
                end = (contents.end(index), level)
                plot.annotate(arm.name, end, (4, -3), textcoords="offset points", color=style.colour(index))
        case _:
            pass


def _free_corner(contents: Contents) -> Literal["upper left", "lower left", "upper right"]:
    """The corner of the panel that the curves leave free; notes go to the lower corner opposite."""
    if contents.style.upward:
        return "upper left"
    y0, y1, _ = contents.axes.y
    late = 0.65 * contents.axes.x[1]
    highest = max(float(np.interp(late, table.time, table.survival)) for table in contents.tables)
    return "lower left" if (highest - y0) / (y1 - y0) > 0.7 else "upper right"


def _level_at(contents: Contents, index: int) -> float:
    """Survival where the drawn curve of an arm ends."""
    table = contents.tables[index]
    return float(table.survival[np.searchsorted(table.time, contents.end(index), side="right") - 1])


def _draw_risk_table(plot: Plot, contents: Contents) -> None:
    style, em = contents.style, contents.style.font_pt
    first = -contents.room.table * 72
    if style.risk == "inside":
        first = (len(contents.arms) + 0.2) * LINE * em
    title = "No. at risk (events)" if style.risk == "events" else "No. at risk"
    left = -contents.room.left * 72 + 0.5 * em if style.risk != "inside" else 0.4 * em
    if style.risk != "inside":
        plot.annotate(title, (0, 0), (left, first), "axes fraction", "offset points", va="top", fontweight="bold")
    for index, arm in enumerate(contents.arms):
        y = first - (index + 1) * LINE * em
        colour = style.colour(index) if style.risk in ("coloured", "inside") else "#000000"
        if style.risk == "swatches":
            _draw_swatch(plot, style, index, y - 0.5 * em)
        elif style.risk != "inside":
            plot.annotate(arm.name, (0, 0), (left, y), "axes fraction", "offset points", va="top", color=colour)
        for tick, count in zip(contents.risk_times, arm.at_risk(contents.risk_times), strict=True):
            cell = str(count)
            if style.risk == "events":
                cell += f" ({int(np.sum(arm.event & (arm.time < tick)))})"
            plot.annotate(
                cell,
                (tick, 0),
                (0, y),
                plot.get_xaxis_transform(),
                "offset points",
                ha="center",
                va="top",
                color=colour,
            )


def _draw_swatch(plot: Plot, style: FigureStyle, index: int, y_pt: float) -> None:
    """A short sample of the arm's line left of the frame, ``y_pt`` points above its lower edge."""
    from matplotlib.transforms import ScaledTranslation

    figure = plot.get_figure(root=True)
    assert figure is not None
    em = style.font_pt
    look: dict[str, Any] = {"linestyle": (0, style.dash(index))} if style.dash(index) else {}
    place = ScaledTranslation(0, y_pt / 72, figure.dpi_scale_trans)
    ends = -np.array([4.2, 2.2]) * em / 72 * figure.dpi / plot.bbox.width
    plot.plot(
        ends,
        [0, 0],
        color=style.colour(index),
        linewidth=style.stroke_pt * 1.5,
        transform=plot.transAxes + place,
        clip_on=False,
        scalex=False,
        scaley=False,
        **look,
    )
