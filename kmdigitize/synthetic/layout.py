"""Where the parts of a panel go: margins measured in text lines, so that any font size leaves room for its labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kmdigitize.synthetic.style import FigureStyle

LINE = 1.55
"""Distance of text lines in ems."""
CHARACTER = 0.62
"""Generous width of one character in ems."""
TOP_LEGEND = 2.2
"""Height (em) of a legend of one line above the frame."""
HANDLE = 2.0
"""Length (em) of a line sample, matplotlib's own."""
PAGE_LINES = 7
"""Lines of page text above and below the figure."""


@dataclass(frozen=True, slots=True)
class Room:
    """Space around a panel's frame in inches. ``table`` is the distance from the frame to the risk table's title."""

    left: float
    right: float
    top: float
    bottom: float
    table: float
    em: float


@dataclass(frozen=True, slots=True)
class Axes:
    """Ranges and tick steps of both axes in axis values (survival as a fraction)."""

    x: tuple[float, float, float]
    y: tuple[float, float, float]

    @property
    def x_ticks(self) -> list[float]:
        """Positions of the ticks on the x axis."""
        return _ticks(*self.x)

    @property
    def y_ticks(self) -> list[float]:
        """Positions of the ticks on the y axis."""
        return _ticks(*self.y)


def plan_room(style: FigureStyle, names: Sequence[str]) -> Room:
    """Margins for a panel with these arms."""
    em = style.font_pt / 72
    label = max(len(name) for name in names) * CHARACTER * em
    handle = handle_length(style, len(names))
    left = (2.6 + 1.8 + 0.8) * em + (0.5 * em if style.percent == "signs" else 0)
    if style.risk in ("plain", "coloured", "events"):
        left = max(left, label + 3.2 * em)
    right = (
        1.6 * em
        + (label + (2 + handle) * em if style.legend == "right" else 0)
        + (label if style.legend == "direct" else 0)
    )
    top = 1.0 * em + (2.2 * em if style.title else 0) + (TOP_LEGEND * em if style.legend == "top" else 0)
    axis = (LINE + 0.6 + LINE) * em + (0.09 if style.frame == "detached" else 0)
    bottom = axis + 0.4 * em
    table = axis + 0.9 * em
    if style.risk not in ("none", "inside"):
        bottom = table + (len(names) + 1) * LINE * em + 0.3 * em
    if style.legend == "below":
        bottom += TOP_LEGEND * em
    return Room(left, right, top, bottom, table, em)


def handle_length(style: FigureStyle, arms: int) -> float:
    """Length (em) of the legend's line samples: at least one whole period of every line type, or it names none."""
    periods = [sum(style.dash(index)) * style.stroke_pt / style.font_pt for index in range(arms)]
    return max(HANDLE, *periods)


def plan_axes(style: FigureStyle, last_time: float) -> Axes:
    """The style's axes, or round ones that hold the data."""
    x = style.x_axis
    if x is None:
        step = _round_step(last_time / 6)
        x = (0.0, math.ceil(last_time / step - 0.02) * step, step)
    return Axes(x, style.y_axis or (0.0, 1.0, 0.2))


def _round_step(raw: float) -> float:
    """The smallest step of 1, 2, 3, 6, 12 · 10^k that is not below ``raw``."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next(f * power for f in (1, 2, 3, 6, 10, 12, 20) if f * power >= raw)


def _ticks(first: float, last: float, step: float) -> list[float]:
    return [round(first + i * step, 9) for i in range(math.floor((last - first) / step + 1e-6) + 1)]
