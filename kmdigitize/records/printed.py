"""What is printed about the arms: legends and numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import Box, FloatArray, IntArray, read_only
from kmdigitize.records.figure import Rgb

Dash = Literal["solid", "dashed", "dotted", "dashdot", "unknown"]


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One arm as the figure names it: its label and, if a line sample is drawn beside it, how that looks.

    ``sample`` is the box of the line sample (None for direct labels and bare table rows), ``color`` its colour,
    ``stroke_px`` its stroke width, ``period`` the dash pattern (on, off, … in px; empty: solid or unknown).
    ``n``/``events`` are counts printed with the label. ``place`` says what kind of label it is.
    """

    label: str
    box: Box
    sample: Box | None = None
    color: Rgb | None = None
    dash: Dash = "unknown"
    stroke_px: float | None = None
    period: tuple[float, ...] = ()
    n: int | None = None
    events: int | None = None
    place: Literal["legend", "direct", "table"] = "legend"


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One arm's printed row. ``times`` (k,), ``counts`` (k,) at risk; events and censored where the cells print them.

    ``doubtful`` holds the indices of cells read with doubt, ``boxes`` the cells' places (px), ``alternatives`` the
    second reading of a doubtful cell by index.
    """

    label: str
    times: FloatArray
    counts: IntArray
    events: IntArray | None = None
    censored: IntArray | None = None
    color: Rgb | None = None
    label_box: Box | None = None
    boxes: tuple[Box, ...] = ()
    doubtful: tuple[int, ...] = ()
    alternatives: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", read_only(self.times))
        for name in ("counts", "events", "censored"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read_only(value, np.int64))
                if getattr(self, name).shape != self.times.shape:
                    raise ValueError(f"{name} must have one value per time")


@dataclass(frozen=True, slots=True)
class RiskTable:
    """The number-at-risk table of a panel, rows in printed order."""

    rows: tuple[RiskRow, ...]
    box: Box | None = None
    title: str = ""
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Numbers at risk of one arm: ``count[i]`` patients are at risk just before ``time[i]``."""

    time: FloatArray
    count: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", read_only(self.time))
        object.__setattr__(self, "count", read_only(self.count, np.int64))
        if self.time.ndim != 1 or self.time.shape != self.count.shape:
            raise ValueError("time and count must be of one length")
        if np.any(np.diff(self.time) <= 0):
            raise ValueError("times of numbers at risk must increase")
        if np.any(self.count < 0):
            raise ValueError("numbers at risk cannot be negative")
