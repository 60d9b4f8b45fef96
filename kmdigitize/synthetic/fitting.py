"""What no author would print and no editor accept, taken out of a random style once its curves are known.

Panels smaller than a column of a journal, texts and insets upon curves or upon each other, marks that cover the lines
whose colour or type is their only name, and black lines that nothing tells apart: nobody could read such figures, so
they say nothing about a reader. All else stays, however hard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.synthetic.layout import CHARACTER, LINE, plan_room
from kmdigitize.synthetic.style import FigureStyle
from kmdigitize.synthetic.trials import LifeTable, TrueArm, life_table

FRAME_IN = (3.0, 2.2)
"""Least width and height of a frame (inches): a journal's column is about 3.3 inches wide."""
READABLE = 0.25
"""Least share of a line whose colour or type shows between its marks: with less, a reader cannot follow it either,
since black marks on a broken or coloured line leave nothing that belongs to one line rather than to its neighbour.
Lines that are hard but can be followed keep their marks, however dense."""
LINES_OF_ONE_INK = 3
"""Most solid lines of one ink in one panel, each then named at its end."""


def publishable(style: FigureStyle, trial: Sequence[TrueArm]) -> FigureStyle:
    """``style``, whose axes are set, as an author would print it with the curves of ``trial``."""
    tables = [life_table(arm) for arm in trial]
    style = _with_names(style, len(trial))
    style = _large_enough(style, trial)
    if _hidden_by_marks(style, tables):
        style = replace(style, censor="none") if style.inks.startswith("mono") else replace(style, censor_black=False)
    if style.inset:
        style = replace(style, notes=(), inset=_is_free(style, tables, (0.55, 0.95), 0.4))
    if style.notes and not _has_room_for_notes(style, trial, tables):
        style = replace(style, notes=())
    return style


def _with_names(style: FigureStyle, arms: int) -> FigureStyle:
    """Solid black lines are told apart only by names at their ends; more than a few of them get line types."""
    if style.inks != "mono_solid" or arms == 1:
        return style
    if arms > LINES_OF_ONE_INK:
        return replace(style, inks="mono_styled")
    return replace(style, legend="direct")


def _large_enough(style: FigureStyle, trial: Sequence[TrueArm]) -> FigureStyle:
    room = plan_room(style, [arm.name for arm in trial])
    width = max(style.width_in, FRAME_IN[0] + room.left + room.right)
    height = max(style.height_in, FRAME_IN[1] + room.top + room.bottom)
    return replace(style, width_in=width, height_in=height)


def _hidden_by_marks(style: FigureStyle, tables: Sequence[LifeTable]) -> bool:
    """Whether black marks leave too little of a coloured, grey or broken line for anybody to follow it."""
    black = style.censor_black or style.inks.startswith("mono")
    if style.censor == "none" or not black or style.inks == "mono_solid":
        return False
    return any(_readable(style, table, index) < READABLE for index, table in enumerate(tables))


def _readable(style: FigureStyle, table: LifeTable, index: int) -> float:
    """Share of a line that lies between marks far enough apart to show a whole dash period, or its colour."""
    thin = style.censor in ("tick", "vbar")
    size_in = (max(0.6, 0.7 * style.stroke_pt) + 1.0 if thin else style.censor_pt) / 72
    period_in = max(sum(style.dash(index)), 1.0) * style.stroke_pt / 72
    x = style.x_axis or (0.0, float(table.time[-1]), 0.0)
    per_time = FRAME_IN[0] / (x[1] - x[0])
    end = min(float(table.time[-1]), x[1]) * per_time
    places = np.unique(table.time[(table.censored > 0) & (table.time <= x[1])]) * per_time
    gaps = np.diff(np.concatenate([[-size_in / 2], places, [end + size_in / 2]])) - size_in
    return float(gaps[gaps > period_in].sum() / end)


def _is_free(style: FigureStyle, tables: Sequence[LifeTable], span: tuple[float, float], share: float) -> bool:
    """Whether all curves stay above the lower ``share`` of the panel over ``span`` (shares of the time axis)."""
    x, y = style.x_axis or (0.0, float(max(t.time[-1] for t in tables)), 0.0), style.y_axis or (0.0, 1.0, 0.2)
    times = x[0] + np.linspace(*span, 30) * (x[1] - x[0])
    for table in tables:
        survival = np.concatenate([[1.0], table.survival])[np.searchsorted(table.time, times, side="right")]
        shown = (1 - survival if style.upward else survival)[times <= table.time[-1]]
        if shown.size and (float(shown.min()) - y[0]) / (y[1] - y[0]) < share:
            return False
    return True


def _has_room_for_notes(style: FigureStyle, trial: Sequence[TrueArm], tables: Sequence[LifeTable]) -> bool:
    """Whether notes fit under the curves in either lower corner, beside a legend that stands there too."""
    em = style.font_pt / 72
    room = plan_room(style, [arm.name for arm in trial])
    width, height = style.width_in - room.left - room.right, style.height_in - room.top - room.bottom
    text = max(map(len, style.notes)) * CHARACTER * em
    legend = (max(len(arm.name) for arm in trial) * CHARACTER + 4) * em if style.legend == "inside" else 0.0
    if text + legend + em > width:
        return False
    share, high = (text + em) / width, (len(style.notes) * LINE + 1.2) * em / height
    return _is_free(style, tables, (0.0, share), high) and _is_free(style, tables, (1 - share, 1.0), high)
