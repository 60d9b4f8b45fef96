"""The cheapest monotone step path through the evidence of one ink.

A Kaplan–Meier curve is a chain of flats and drops: seen as an image it is one row per column, and the row never goes
up again. Every column costs little where the ink is seen, a little where something hides whether it is there, and
much where it is plainly missing; every drop pays for the column it crosses and a fixed price for the turn. Dynamic
programming over the columns then gives the globally cheapest path, whose end is the cheapest place to stop (ink has a
negative cost, so the path ends with its ink by itself).

Assumes evidence in which the curve runs downwards from the top (upward figures are turned over before). Cannot see
steps smaller than about a stroke that last only a column or two: the turn price smooths them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.left_over import left_over
from kmdigitize.detect.mark_bands import band_offset, filled_marks, without_holes
from kmdigitize.detect.runs import Image, down_rows


@dataclass(frozen=True, slots=True)
class PathSettings:
    """Prices of a path, in units of one column of fully covered ink."""

    seen: float = -0.6
    """Gain of a column whose stroke is covered by ink."""
    opened: float = -0.4
    """Further gain where that ink runs along the row: censor marks and letters do not."""
    missing: float = 0.45
    """Price of a column in plain sight without ink: seven such columns outweigh a solid stretch of three."""
    hidden: float = 0.06
    """Price of a hidden column: waiting under another curve must cost less than any wrong ink gains."""
    marked: float = 0.4
    """Gain of a column hidden by what may be a mark on this curve: a curve goes on as long as its marks do."""
    hidden_edge: float = 0.15
    """Further price of a hidden column at the edge of a band of marks: curves run through the middle of their marks."""
    band_edge: float = 0.5
    """Share of the evidence that is not believed at the edge of a band of marks in the curve's own ink."""
    riser_seen: float = -0.15
    """Gain of one px of a drop covered by ink; small, since vertical strokes are often marks."""
    riser_missing: float = 0.60
    """Price of one px of a drop without ink."""
    riser_hidden: float = 0.10
    """Price of one hidden px of a drop."""
    riser_on_line: float = 0.50
    """Further price of a px of a drop along a panel-wide line: the y axis must not be a slide."""
    turn: float = 0.55
    """Price of any drop: a steep curve that drops in every column must still gain, a level that is off by one px must
    last two columns to be worth it. Prices from 0.45 to 0.7 do equally well, 1.0 loses steep curves."""
    left_over: float = 0.4
    """Price of a column of ink that the path could still have reached when it ends: a steep or dotted curve may cost
    as much as its ink gains, but what else would that ink be?"""
    start_per_px: float = 0.15
    """Price of starting one px away from the row of S = 1, up to ``start_reach`` strokes."""
    start_reach: float = 2.0
    """How many strokes away from S = 1 the path may start without a drop."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The ink of some curves, everything (h, w) in [0, 1].

    ``coverage`` is the ink, ``occluded`` what hides it, ``marks`` ink of another colour that may be censor marks upon
    its curves, ``lines`` panel-wide lines. ``stroke`` is the width of the curves (px), ``start`` the column of time 0
    and ``top`` the row of S = 1. ``lean`` tells where in its marks a curve runs: 0 middle, 1 lower end, -1 upper end.
    ``known`` keeps what was found in it, by what was looked for.
    """

    coverage: Image
    occluded: Image
    marks: Image
    lines: Image
    stroke: float
    start: int
    top: float
    lean: float = 0.0
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Costs:
    """Prices of one curve: ``column`` (w, h) of standing on a row, ``drop`` (w, h + 1) of falling down to a row.

    ``left`` (w, h) is the price of ending there: ink further right and not above that no other curve explains.
    """

    column: Image
    drop: Image
    left: Image | None = None


@dataclass(frozen=True, slots=True)
class Road:
    """A path in the coordinates of its costs: rows from column ``first`` on, and its total ``cost``."""

    first: int
    rows: NDArray[np.int64]
    cost: float


def path_costs(
    sheet: Sheet,
    missing: Sequence[float] | None = None,
    settings: PathSettings | None = None,
    alone: bool = False,
    single: bool = False,
) -> Iterator[Costs]:
    """Prices of all rows and drops for the ink of ``sheet``, transposed to (w, h), for every price ``missing``.

    Those replace the price of a column without ink (lower for dashed curves); what does not depend on them is worked
    out once. ``alone`` tells that all the ink which is not hidden belongs to this curve, so that none should be left
    over; ``single`` that no other curve is drawn in it, so that what it encloses is the inside of marks.
    """
    s = settings or PathSettings()
    occluded, stroke = sheet.occluded, sheet.stroke
    tallest = max(0.12 * occluded.shape[0], 8 * stroke)
    inked = sheet.coverage > 0.35
    band = without_holes(inked, tallest) if single else inked
    coverage, hidden = sheet.coverage.copy(), occluded * s.hidden
    places, offset = band_offset(band, stroke, tallest, sheet.lean)
    coverage[places] *= 1 - s.band_edge * offset
    places, offset = band_offset(occluded > 0.35, stroke, tallest, sheet.lean)
    hidden[places] = occluded[places] * (s.hidden + s.hidden_edge * offset)
    opened = _across(horizontal_opening(coverage, stroke), stroke, 0.5, upright=True)
    gained = s.seen * _across(coverage, stroke, 0.5, upright=True)
    gained += s.opened * opened
    bare = _complement(_across(coverage, stroke, 1.2, upright=True))
    fallen = s.riser_seen * _across(coverage, stroke, 0.5, upright=False)
    broken = _complement(_across(coverage, stroke, 1.2, upright=False))
    free = 1 - occluded
    left = s.left_over * left_over(free, opened, sheet.coverage if single else None, stroke) if alone else None
    marked = None
    if sheet.marks.any():
        marked = s.marked * sheet.marks
        places, offset = band_offset(filled_marks(sheet.marks, stroke), stroke, tallest, sheet.lean)
        marked[places] *= 1 - 1.2 * offset
    through, on_line = occluded * s.riser_hidden, s.riser_on_line * sheet.lines
    for gap in (s.missing,) if missing is None else missing:
        column = gap * bare
        column += gained
        column *= free
        column += hidden
        if marked is not None:
            column -= marked
        drop = s.riser_missing * gap / s.missing * broken
        drop += fallen
        drop *= free
        drop += through
        drop += on_line
        falls = cv2.transpose(down_rows(np.add, drop))
        yield Costs(cv2.transpose(column), falls, left)


def _complement(share: Image) -> Image:
    """What ``share`` (h, w) lacks of 1, in its place."""
    return np.subtract(1, share, out=share)


def cheapest_path(costs: Costs, start_column: int, start_cost: Image, turn: float = 0.55) -> Road | None:
    """The cheapest path from ``start_column``, where standing on row y costs ``start_cost[y]`` (h,) extra.

    None if no path is better than no path at all.
    """
    column, falls = costs.column, costs.drop
    width = column.shape[0]
    best, fell = np.empty_like(column), np.zeros(column.shape, np.bool_)
    before, dropped = start_cost.astype(np.float32), np.empty(column.shape[1], np.float32)
    price = np.float32(turn)
    for x in range(start_column, width):
        np.subtract(before, falls[x], out=dropped)
        np.minimum.accumulate(dropped, out=dropped)
        dropped += falls[x]
        dropped += price
        np.less(dropped, before, out=fell[x])
        np.minimum(before, dropped, out=dropped)
        before = np.add(column[x], dropped, out=best[x])
    if best[start_column:].min() >= 0:
        return None
    ways = _Ways(best, falls, fell, start_column)
    rows = ways.back_from(_end(best, costs, start_column))
    rows = _longer(ways, costs, rows, turn)
    end = start_column + rows.size - 1
    return Road(start_column, rows, float(best[end, rows[-1]]))


@dataclass(frozen=True, slots=True)
class _Ways:
    """Least cost ``best`` (w, h) of every row in every column from ``first`` on, and where the cheapest way to it
    ``fell`` (w, h) in that column, at the prices ``falls`` (w, h) of falling from the top."""

    best: Image
    falls: Image
    fell: NDArray[np.bool_]
    first: int

    def back_from(self, end: tuple[int, int]) -> NDArray[np.int64]:
        """Rows (n,) of the cheapest way to column and row ``end``."""
        x, y = end
        rows = np.empty(x - self.first + 1, np.int64)
        while x > self.first:
            fallen = np.flatnonzero(self.fell[self.first + 1 : x + 1, y])
            drop = self.first + 1 + int(fallen[-1]) if fallen.size else self.first
            rows[drop - self.first : x - self.first + 1] = y
            x = drop - 1
            if drop > self.first:
                y = int(np.argmin(self.best[x, : y + 1] - self.falls[drop, : y + 1]))
        if x == self.first:
            rows[0] = y
        return rows


def _end(best: Image, costs: Costs, start_column: int) -> tuple[int, int]:
    """Column and row where the path ends: where it has gained most, or further on if that would leave ink over."""
    x, y = np.unravel_index(int(np.argmin(best[start_column:])), best[start_column:].shape)
    if costs.left is not None:
        u, v = np.unravel_index(
            int(np.argmin(best[start_column:] + costs.left[start_column:])), best[start_column:].shape
        )
        if best[start_column + u, v] < 0.2 * best[start_column + x, y]:
            x, y = u, v
    return start_column + int(x), int(y)


def _longer(ways: _Ways, costs: Costs, rows: NDArray[np.int64], turn: float) -> NDArray[np.int64]:
    """The path, carried on where ink goes on: many small drops under marks cost more than the marks gain."""
    end = ways.first + rows.size - 1
    lowest = ways.best[end:].min(axis=1)
    at = ways.best[end:].argmin(axis=1)
    ink = costs.column[np.arange(end, end + at.size), at] < -0.04
    most = lowest[0] + 0.06 * abs(lowest[0]) + turn
    near = np.nonzero(ink & (lowest <= most) & (lowest < 0))[0]  # no path costs more than none at all
    if not near.size or near[-1] == 0:
        return rows
    last = end + int(near[-1])
    longer = ways.back_from((last, int(at[near[-1]])))
    tail = longer[rows.size :]
    columns = np.arange(end + 1, last + 1)
    inked = costs.column[columns, tail] < -0.04
    return longer if inked.mean() > 0.6 else rows


def start_costs(height: int, row: float, stroke: float, settings: PathSettings | None = None) -> Image:
    """Cost (h,) of starting on each row when S = 1 lies at ``row``."""
    s = settings or PathSettings()
    away = np.abs(np.arange(height) - row)
    cost = s.start_per_px * away
    cost[away > 3 + s.start_reach * stroke] = np.inf
    return np.asarray(cost, np.float32)


def _across(coverage: Image, stroke: float, slack: float, upright: bool) -> Image:
    """Share (h, w) of a whole stroke that lies in a window ``slack`` px wider than it, across the path."""
    size = stroke + slack
    mean = box_mean(coverage, 1, size) if upright else box_mean(coverage, size, 1)
    mean *= size / stroke
    return np.minimum(mean, 1.0, out=mean)


def box_mean(image: Image, width: float, height: float) -> Image:
    """Mean over a box of ``width`` × ``height`` px centred on each pixel; sizes need not be whole."""
    rows, columns = _box(height), _box(width)
    result: Any = cv2.sepFilter2D(image, cv2.CV_32F, columns, rows, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(result, np.float32)


def _box(size: float) -> Image:
    """A centred window of that width in px with fractional ends, sum 1."""
    half = int(np.ceil((size - 1) / 2))
    kernel = np.ones(2 * half + 1, np.float32)
    if half:
        kernel[[0, -1]] = (size - (2 * half - 1)) / 2
    return np.asarray((kernel / kernel.sum()).reshape(-1, 1), np.float32)


def horizontal_opening(coverage: Image, stroke: float) -> Image:
    """What is left of ``coverage`` (h, w) without all that is shorter than about two strokes along the row."""
    length = 2 * round(stroke) + 3
    return np.asarray(cv2.morphologyEx(coverage, cv2.MORPH_OPEN, np.ones((1, length), np.uint8)), np.float32)
