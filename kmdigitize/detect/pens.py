"""What a pen of known line type has drawn along a path, and how well the ink agrees.

A pen draws its dashes by the length of its way, drops included: whether there is ink at a point depends on the way up
to it, whatever the steps in between. Along a given path the pattern is therefore known but for its phase, and that
may slip by a pixel now and then, since lengths are known to half a pixel. Assumes that the pattern runs on over drops,
as drawing libraries do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.explained import explained_by
from kmdigitize.detect.paths import Road, Sheet, box_mean
from kmdigitize.detect.runs import Image, Indices

SLIP = 1.0
"""Price of a slip of the phase by one px, in px of missing ink: at less, any dash could be made to last."""
BARE = np.float32(2.0)
"""Price of missing ink in a dash, in ink that is left over: nothing but the pen's absence leaves plain paper."""
SLACK = 0.8
"""How much wider (px) than the stroke the window is in which its ink is looked for: rows are whole, strokes are not."""
Inked = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pen:
    """What draws a line: ``stroke`` (px), and ``pattern`` (on, off, … px; empty for a solid line).

    ``unlike`` is how much ink in a gap speaks against a pen, by what missing ink does: the more marks, the less.
    """

    stroke: float
    pattern: tuple[float, ...]
    unlike: float

    def coarse(self, step: int) -> Pen:
        """The same pen in px of ``step``."""
        return replace(self, stroke=self.stroke / step, pattern=tuple(length / step for length in self.pattern))

    @property
    def inked(self) -> Inked:
        """Whether each px (n,) of a period is inked; a single True for a solid line."""
        if len(self.pattern) < 2:
            return np.ones(1, np.bool_)
        edges = np.cumsum([0.0, *self.pattern])
        size = max(2, round(float(edges[-1])))
        place = (np.arange(size) + 0.5) * edges[-1] / size
        on = np.asarray(np.searchsorted(edges, place, side="right") % 2 == 1, np.bool_)
        on[0], on[-1] = True, False
        return on


@dataclass(frozen=True, slots=True)
class Ink:
    """What ``pen`` may have drawn, in px of ``step``; pictures lie on their side (w, h), as columns are asked for.

    ``own`` is the share of a whole stroke that is inked across a flat and across a drop, where nothing hides it, and
    ``bare`` the price of what lacks. 1 is the ink of dashes, 0 that of gaps: blur makes fine patterns grey.
    """

    pen: Pen
    step: int
    own: tuple[Image, Image]
    bare: tuple[Image, Image]


def ink_of(coverage: Image, occluded: Image, pen: Pen, step: int = 1) -> Ink:
    """The ink of ``coverage`` (h, w), where ``occluded`` (h, w) hides none of it, for a ``pen`` in px of ``step``."""
    if step > 1:
        coverage, occluded, pen = coarse(coverage, step), coarse(occluded, step), pen.coarse(step)
    size = pen.stroke + SLACK
    paler, darker = _contrast(pen.pattern)
    free = cv2.transpose((1 - occluded) * np.float32(step))
    own: list[Image] = []
    for window in ((1, size), (size, 1)):
        share = (box_mean(coverage, *window) * np.float32(size / pen.stroke) - darker) / (paler - darker)
        own.append(free * cv2.transpose(np.clip(share, 0, 1)))
    flat, drop = own
    return Ink(pen, step, (flat, drop), (BARE * (free - flat), BARE * (free - drop)))


def coarse(image: Image, step: int) -> Image:
    """The picture (h, w) with ``step`` × ``step`` px put into one."""
    if step == 1:
        return image
    height, width = (-(-size // step) for size in image.shape)
    padded = np.zeros((height * step, width * step), np.float32)
    padded[: image.shape[0], : image.shape[1]] = image
    return np.asarray(cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _contrast(pattern: Sequence[float]) -> tuple[np.float32, np.float32]:
    """Mean ink of dashes and of gaps where both lose a quarter of a pixel at their ends to each other."""
    if len(pattern) < 2:
        return np.float32(1), np.float32(0)
    on, off = sum(pattern[0::2]), sum(pattern[1::2])
    lost = 0.25 * len(pattern)
    return np.float32(max(1 - lost / on, 0.6)), np.float32(min(lost / off, 0.4))


def slipped(costs: Image, price: float) -> Image:
    """The ``costs`` (n, phases) where the phase may have slipped by one for ``price``."""
    if costs.shape[1] < 3:
        return costs
    least = np.empty_like(costs)
    flat = costs.ravel()
    np.minimum(flat[:-2], flat[2:], out=least.ravel()[1:-1])
    np.minimum(costs[:, -1], costs[:, 1], out=least[:, 0])
    np.minimum(costs[:, -2], costs[:, 0], out=least[:, -1])
    least += np.float32(price)
    return np.minimum(least, costs, out=least)


@dataclass(frozen=True, slots=True)
class Way:
    """The px of a pen's way along a path in their order: ``rows``, ``columns`` (n,) and which of them are on a drop."""

    rows: Indices
    columns: Indices
    drop: Inked


def way_along(road: Road) -> Way:
    """The way of a pen along ``road``, which falls before it goes on in each column."""
    rows = road.rows
    falls = np.maximum(np.diff(rows, prepend=rows[0]), 0)
    column = np.repeat(np.arange(rows.size), falls + 1)
    place = np.arange(column.size) - np.repeat(np.cumsum(falls + 1) - falls - 1, falls + 1)
    drop = place < falls[column]
    row = np.where(drop, rows[np.maximum(column - 1, 0)] + 1 + place, rows[column])
    return Way(row, road.first + column, np.asarray(drop, np.bool_))


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a pen has drawn along ``road``: where on its ``way`` it was ``down`` (n,), and what lies ``beneath`` (h, w).

    ``bare`` (n,) is the price of the ink that its dashes lack, ``filled`` (n,) that of the ink in its gaps, and
    ``hides`` (h, w) which ink needs no other pen: its dashes, and the marks upon them, but not what lies in gaps.
    """

    road: Road
    way: Way
    down: Inked
    bare: Image
    filled: Image
    beneath: Inked
    hides: Inked


def drawn_along(road: Road, sheet: Sheet, ink: Ink) -> Drawn:
    """What the pen of ``ink`` drew on the ``sheet`` along ``road``, at its best phase."""
    way = way_along(road)
    bare, own = (
        np.where(way.drop, drop[way.columns, way.rows], flat[way.columns, way.rows])
        for flat, drop in (ink.bare, ink.own)
    )
    filled = np.float32(ink.pen.unlike) * own
    down = _best_phases(bare, filled, ink.pen.inked)
    dashes, gaps = (_brushed(way, at, sheet) for at in (down, ~down))
    hides = (explained_by(road, sheet) > 0) & ~gaps | dashes
    lacks = np.where(down, bare, 0), np.where(down, 0, filled)
    return Drawn(road, way, down, *lacks, dashes | gaps, hides)


def _best_phases(bare: Image, filled: Image, on: Inked) -> Inked:
    """Whether the pen is down (n,) at each px of its way where that costs ``bare`` (n,), and else ``filled`` (n,)."""
    if on.size == 1:
        return np.ones(bare.size, np.bool_)
    turns = np.lib.stride_tricks.sliding_window_view(np.tile(on, 3), on.size)[np.arange(bare.size) % on.size]
    prices = np.where(turns, bare[:, None], filled[:, None])
    best = np.empty_like(prices)
    best[0] = prices[0]
    for i in range(1, len(prices)):
        np.add(slipped(best[i - 1 : i], SLIP)[0], prices[i], out=best[i])
    down = np.empty(bare.size, np.bool_)
    phase = int(best[-1].argmin())
    for i in range(len(prices) - 1, -1, -1):
        down[i] = on[(i + phase) % on.size]
        phase = phase_before(best[i - 1], phase) if i else phase
    return down


def phase_before(costs: Image, phase: int) -> int:
    """The phase from which the cheapest way came to ``phase``, where the ``costs`` (phases,) were those before it."""
    if costs.size < 3:
        return phase
    near = [phase, (phase - 1) % costs.size, (phase + 1) % costs.size]
    return near[int(np.argmin(costs[near] + np.array([0.0, SLIP, SLIP])))]


def _brushed(way: Way, at: Inked, sheet: Sheet) -> Inked:
    """What a pen covers (h, w) that is down ``at`` (n,) those px of its ``way``."""
    mask = np.zeros(sheet.coverage.shape, np.uint8)
    mask[way.rows[at], way.columns[at]] = 1
    size = 2 * int(np.ceil(sheet.stroke / 2 + 0.5)) + 1
    return cv2.dilate(mask, np.ones((size, size), np.uint8)).view(np.bool_)
