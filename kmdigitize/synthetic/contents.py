"""What a panel shows – its arms, style and axes – and what follows from it for whoever draws a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.synthetic.layout import Axes, Room
from kmdigitize.synthetic.style import FigureStyle
from kmdigitize.synthetic.trials import LifeTable, TrueArm, life_table


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


def step_corners(contents: Contents, index: int, values: FloatArray, start: float) -> tuple[FloatArray, FloatArray]:
    """Corner points (2k+1,) of the step line that is ``start`` before the first time and ``values`` after each time."""
    table, end = contents.tables[index], contents.end(index)
    keep = (table.events > 0) & (table.time <= end) & np.isfinite(values)
    time = np.concatenate([[contents.axes.x[0]], table.time[keep], [end]])
    level = np.concatenate([[start], values[keep], values[keep][-1:] if keep.any() else [start]])
    return np.repeat(time, 2)[1:], np.repeat(level, 2)[:-1]


def start_level(contents: Contents) -> float:
    """What the y axis shows at the start of every curve."""
    return 0.0 if contents.style.upward else 1.0
