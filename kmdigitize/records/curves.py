"""The curves as ink: traces, their steps and their censor marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import BoolArray, FloatArray, IntArray, read_only
from kmdigitize.records.figure import Rgb
from kmdigitize.records.printed import Dash

MarkKind = Literal["tick", "vbar", "plus", "cross", "circle", "triangle", "square", "unknown"]


@dataclass(frozen=True, slots=True)
class CensorMark:
    """A censor mark centred at ``x``, ``y`` px. ``half_width`` is the uncertainty of x in px."""

    x: float
    y: float
    kind: MarkKind = "unknown"
    half_width: float = 0.5


@dataclass(frozen=True, slots=True)
class Trace:
    """One curve in px: flats at ``levels`` (k+1,) rows, joined by risers at ``risers`` (k,) columns, in order of x.

    The curve starts at column ``start`` on row ``levels[0]`` and ends at column ``end``. ``level_sd`` and
    ``riser_sd`` are standard deviations in px. ``seen`` (k+1,) is the share of each flat's columns whose ink was
    seen rather than bridged. ``marks`` is None when the figure draws no censor marks; ``mark_bands`` are column
    ranges in which marks touch.
    """

    start: float
    end: float
    levels: FloatArray
    risers: FloatArray
    level_sd: FloatArray
    riser_sd: FloatArray
    seen: FloatArray
    color: Rgb = (0, 0, 0)
    dash: Dash = "solid"
    stroke_px: float = 1.0
    marks: tuple[CensorMark, ...] | None = None
    mark_bands: tuple[tuple[float, float], ...] = ()
    entry: int | None = None
    """Index of the legend entry (or risk-table row) the tracer followed to find this curve, None if it had none."""
    flags: tuple[Flag, ...] = ()
    grain_px: float = 1.0
    """Size of the grid on which the figure shows positions, in px: one pixel, or the rounding of a vector drawing."""

    def __post_init__(self) -> None:
        for name in ("levels", "risers", "level_sd", "riser_sd", "seen"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        k = self.risers.size
        if self.levels.shape != (k + 1,) or self.level_sd.shape != (k + 1,) or self.seen.shape != (k + 1,):
            raise ValueError("a trace of k risers has k + 1 levels, level_sd and seen")
        if self.riser_sd.shape != (k,) or np.any(np.diff(self.risers) < 0):
            raise ValueError("risers must be in order of x, each with its standard deviation")

    def row_at(self, x: FloatArray) -> FloatArray:
        """Row in px of the curve at columns ``x``."""
        return self.levels[np.searchsorted(self.risers, x, side="right")]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much of each pixel one ink covers, inside the panel's region of interest.

    ``coverage`` (h, w) float32 in [0, 1] is the share of the pixel covered by this ink; ``occluded`` (h, w) float32
    in [0, 1] is how far something else (another ink, frame, grid, text) hides whether it is there. ``left`` and
    ``top`` are the column and row of the figure at element [0, 0]. ``standing`` is the height (px) of censor marks that
    stand on the curve and not across it, 0 if there are none. ``everything`` (h, w) float32 is the ink of all curves,
    marks and lines together, None where it is not known.
    """

    coverage: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    occluded: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    left: int
    top: int
    color: Rgb
    stroke_px: float
    standing: float = 0.0
    everything: np.ndarray[tuple[int, int], np.dtype[np.float32]] | None = None

    def __post_init__(self) -> None:
        for name in ("coverage", "occluded", "everything"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name), np.float32))
        images = [self.coverage, self.occluded] + ([] if self.everything is None else [self.everything])
        if self.coverage.ndim != 2 or any(image.shape != self.coverage.shape for image in images):
            raise ValueError("coverage, occluded and everything must be images of one shape")


@dataclass(frozen=True, slots=True)
class StepPath:
    """One monotone step path on whole pixels: ``rows[i]`` is the curve's row at column ``first + i`` (figure px).

    ``seen`` says where its own ink was seen. ``entry`` is the index of the legend entry (or table row) it follows.
    """

    first: int
    rows: IntArray
    seen: BoolArray
    dash: Dash = "solid"
    entry: int | None = None
    flags: tuple[Flag, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", read_only(self.rows, np.int64))
        object.__setattr__(self, "seen", read_only(self.seen, np.bool_))
        if self.rows.ndim != 1 or self.rows.shape != self.seen.shape:
            raise ValueError("rows and seen must be of one length")
