"""What stands around the curves of a panel: lines, texts, inset, legend, risk table."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.synthetic.contents import Contents, start_level, step_corners
from kmdigitize.synthetic.layout import LINE, handle_length
from kmdigitize.synthetic.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Plot


def draw_extras(plot: Plot, contents: Contents) -> None:
    """Median lines, text over a curve, an arrow to one, the inset and the notes, as far as the style has them."""
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
    if style.inset:
        _draw_inset(plot, contents)
    x, align = (0.97, "right") if _free_corner(contents) != "upper right" else (0.03, "left")
    for row, note in enumerate(reversed(style.notes)):
        plot.annotate(note, (x, 0), (0, (0.7 + row * LINE) * em), "axes fraction", "offset points", ha=align)


def _draw_inset(plot: Plot, contents: Contents) -> None:
    """A small panel with the first part of the curves, in the lower corner where notes would go."""
    left = 0.1 if _free_corner(contents) == "upper right" else 0.58
    inset = plot.inset_axes((left, 0.1, 0.34, 0.26))
    (x0, x1, _), (y0, y1, _) = contents.axes.x, contents.axes.y
    for index in range(len(contents.arms)):
        time, level = step_corners(
            contents, index, contents.drawn(contents.tables[index].survival), start_level(contents)
        )
        inset.plot(time, level, color=contents.style.colour(index), linewidth=0.8)
    inset.set_xlim(x0, x0 + (x1 - x0) / 4)
    inset.set_ylim((y0, (y0 + y1) / 2) if contents.style.upward else ((y0 + y1) / 2, y1))
    inset.tick_params(labelsize=0.7 * contents.style.font_pt, length=2)


def draw_legend(plot: Plot, contents: Contents) -> None:
    """The legend in its place, or the names at the ends of the curves."""
    style, em = contents.style, contents.room.em
    width, height = plot.bbox.width / plot.figure.dpi, plot.bbox.height / plot.figure.dpi
    count = len(contents.arms)
    handle = handle_length(style, count)
    match style.legend:
        case "inside":
            plot.legend(loc=_free_corner(contents), frameon=False, handlelength=handle)
        case "right":
            anchor = (1 + em / width, 0.5)
            plot.legend(loc="center left", bbox_to_anchor=anchor, frameon=False, handlelength=handle)
        case "top":
            plot.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=count, frameon=False, handlelength=handle)
        case "below":
            bottom = -(contents.room.bottom - 0.2 * em) / height
            plot.legend(
                loc="lower center", bbox_to_anchor=(0.5, bottom), ncols=count, frameon=False, handlelength=handle
            )
        case "direct":
            ends = [contents.end(index) for index in range(count)]
            levels = contents.drawn(np.array([_level_at(contents, index) for index in range(count)]))
            y0, y1, _ = contents.axes.y
            rows = 72 * height * levels / (y1 - y0)
            columns = 72 * width * np.array(ends) / contents.axes.x[1]
            lift = apart(columns, rows, max(len(arm.name) for arm in contents.arms) * style.font_pt, style.font_pt)
            for index, arm in enumerate(contents.arms):
                end, offset = (ends[index], float(levels[index])), (4, float(lift[index]) - 3)
                plot.annotate(arm.name, end, offset, textcoords="offset points", color=style.colour(index))
        case _:
            pass


def apart(columns: FloatArray, rows: FloatArray, long: float, high: float) -> FloatArray:
    """How far labels at (``columns``, ``rows``) (k,), so ``long`` and ``high``, move up or down for none to be printed
    on another; all in points."""
    moved = rows.astype(np.float64)
    for _ in range(ROUNDS):
        order = np.argsort(moved, kind="stable")
        for below, above in pairwise(order.tolist()):
            close = high - (moved[above] - moved[below])
            if close > 0 and abs(columns[above] - columns[below]) < long:
                moved[below] -= close / 2.0
                moved[above] += close / 2.0
    return moved - rows


ROUNDS = 20
"""Passes over the labels; eight of one height are apart after ten."""


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


def draw_risk_table(plot: Plot, contents: Contents) -> None:
    """Title, and a row per arm with the numbers at risk under (or just above) the axis ticks."""
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

    figure = plot.figure.figure
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
