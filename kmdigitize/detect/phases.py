"""The route of a broken line whose pattern the legend shows, by the phase of its dashes.

A pen draws dashes by the length of its way, drops included: ink at column x and row y depends on the sum of both
alone, whatever the steps in between. Each phase is therefore a cheapest path of its own, in which ink pays on dashes
and paper in gaps, and dashes of other lines pay little. Phases may slip, for the price of a pattern measured to half a
pixel. Assumes that the pattern runs on over drops, as drawing libraries do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.paths import box_mean
from kmdigitize.detect.runs import Image, down_rows


@dataclass(frozen=True, slots=True)
class PhaseSettings:
    """Prices in units of one column of fully covered ink, as those of paths."""

    dash: float = -1.0
    """Gain of a column of a dash that shows ink."""
    missing: float = 1.0
    """Price of a column of a dash without ink."""
    gap: float = -0.15
    """Gain of a column of a gap that shows paper."""
    filled: float = 0.5
    """Price of a column of a gap that shows ink; marks fill gaps too."""
    hidden: float = 0.06
    """Price of a hidden column, as for any path."""
    fallen: float = -0.15
    """Gain of one px of a drop in a dash with ink."""
    broken: float = 0.6
    """Price of one px of a drop in a dash without ink; half of it in a gap with ink."""
    turn: float = 0.55
    """Price of any drop, as for any path."""
    slip: float = 1.0
    """Price of a slip of the phase by one px: as much as ink gains, or any dash could be made to last."""
    dashes_seen: float = 0.7
    """Least share of the visible columns in dashes that must show ink for a route to be believed."""
    gaps_seen: float = 0.7
    """Least share of those in gaps that must show paper: dense marks fill them, and then dashes tell nothing."""
    gaps_anywhere: float = 0.55
    """The same in each quarter of the route: marks often crowd in one part. Right routes show .59 and more, a route
    that went over to another line under marks .43."""
    finest: float = 2.0
    """Stroke (px) from which the picture is looked at in coarser steps."""
    shortest: float = 3.5
    """Period (px) below which dashes and gaps are not seen apart."""


def dashed_route(
    coverage: Image, occluded: Image, stroke: float, pattern: Sequence[float], start: tuple[int, Image]
) -> tuple[int, NDArray[np.int64]] | None:
    """First column and rows (n,) of the likeliest line with ``pattern`` (on, off, … px) in ``coverage`` (h, w).

    ``occluded`` (h, w) is what hides it, ``start`` the column of time 0 and the price of each row there. Rows are
    right to about a stroke. None if no line with this pattern is there, or the pattern cannot be seen.
    """
    s = PhaseSettings()
    step = max(1, int(stroke / s.finest))
    if sum(pattern) / step < s.shortest:
        return None
    on = _pattern(pattern, step)
    small = [_coarse(image, step) for image in (coverage, occluded)]
    dash, gap, fall_dash, fall_gap = _prices(small[0], small[1], stroke / step, s)
    before = np.repeat(_coarse(start[1][:, None], step, mean=False), on.size, axis=1)
    first = start[0] // step
    size = on.size
    wide = on[(np.arange(len(dash))[:, None] + np.arange(2 * size + TOGETHER)) % size]
    best = np.empty((dash.shape[1] - first, *before.shape), np.float32)
    fell = np.zeros(best.shape, np.bool_)
    for begin in range(0, len(best), TOGETHER):
        columns = np.arange(first + begin, first + min(begin + TOGETHER, len(best)))
        shift = int(columns[0]) % size
        inked = np.lib.stride_tricks.sliding_window_view(wide[:, shift : shift + len(columns) - 1 + size], size, axis=1)
        prices = np.where(inked.swapaxes(0, 1), dash.T[columns, :, None], gap.T[columns, :, None])
        falls = np.where(inked, fall_dash[:, columns, None], fall_gap[:, columns, None])
        falls = np.ascontiguousarray(down_rows(np.add, falls.astype(np.float32, copy=False)).swapaxes(0, 1))
        for i in range(len(columns)):
            before = _slipped(before, s.slip) if begin + i else before
            dropped = np.minimum.accumulate(before - falls[i], axis=0)
            dropped += falls[i]
            dropped += np.float32(s.turn)
            np.less(dropped, before, out=fell[begin + i])
            before = np.add(prices[i], np.minimum(before, dropped), out=best[begin + i])
    if best.min() >= 0:
        return None
    rows, inked = _walk_back(best, fell, on, (fall_dash, fall_gap), first)
    if not _seen_apart(small, (first, rows), inked, s):
        return None
    fine = np.minimum(np.repeat(rows * step + step // 2, step), coverage.shape[0] - 1)
    return first * step, fine[: coverage.shape[1] - first * step]


TOGETHER = 32
"""Columns whose prices are worked out at once."""


def _pattern(pattern: Sequence[float], step: int) -> NDArray[np.bool_]:
    """Whether each px (coarse) of a period is inked (n,)."""
    edges = np.cumsum([0.0, *pattern]) / step
    size = max(2, round(float(edges[-1])))
    place = (np.arange(size) + 0.5) * edges[-1] / size
    on = np.asarray(np.searchsorted(edges, place, side="right") % 2 == 1, np.bool_)
    on[0], on[-1] = True, False
    return on


def _coarse(image: Image, step: int, mean: bool = True) -> Image:
    """The picture (h, w) with ``step`` px put into one; the least of them instead of their mean for prices."""
    if step == 1:
        return image.astype(np.float32)
    high, wide = (
        -(-image.shape[0] // step) * step,
        image.shape[1] if image.shape[1] == 1 else -(-image.shape[1] // step) * step,
    )
    padded = np.full((high, wide), 0.0 if mean else np.inf, np.float32)
    padded[: image.shape[0], : image.shape[1]] = image
    blocks = padded.reshape(high // step, step, -1, 1 if wide == 1 else step)
    return np.asarray(blocks.mean(axis=(1, 3)) if mean else blocks.min(axis=(1, 3)), np.float32)


def _prices(coverage: Image, occluded: Image, stroke: float, s: PhaseSettings) -> tuple[Image, Image, Image, Image]:
    """Prices (h, w) of a column in a dash and in a gap, and of one px of a drop in a dash and in a gap."""
    free = 1 - occluded

    def across(slack: float, upright: bool) -> Image:
        size = stroke + slack
        return np.minimum((box_mean(coverage, 1, size) if upright else box_mean(coverage, size, 1)) * size / stroke, 1)

    ink, bare = across(0.5, True), 1 - across(1.2, True)
    fallen, broken = across(0.5, False), 1 - across(1.2, False)
    dash = free * (s.dash * ink + s.missing * bare) + occluded * s.hidden
    gap = free * (s.gap * bare + s.filled * ink) + occluded * s.hidden
    fall_dash = free * (s.fallen * fallen + s.broken * broken) + occluded * 0.1
    fall_gap = free * 0.5 * s.broken * fallen + occluded * 0.1
    return dash, gap, fall_dash, fall_gap


def _slipped(cost: Image, price: float) -> Image:
    """The costs (h, phases) where the phase may have slipped by one."""
    least = np.empty_like(cost)
    flat = cost.ravel()
    np.minimum(flat[:-2], flat[2:], out=least.ravel()[1:-1])
    np.minimum(cost[:, -1], cost[:, 1], out=least[:, 0])
    np.minimum(cost[:, -2], cost[:, 0], out=least[:, -1])
    least += np.float32(price)
    return np.minimum(least, cost, out=least)


def _walk_back(
    best: Image, fell: NDArray[np.bool_], on: NDArray[np.bool_], falls: tuple[Image, Image], first: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows (n,) of the cheapest path up to where it has gained most, and whether it is in a dash there.

    ``best`` (n, h, phases) are the least costs, and ``fell`` tells where the cheapest way to them drops.
    """
    slip = PhaseSettings().slip
    i, y, k = (int(n) for n in np.unravel_index(int(np.argmin(best)), best.shape))
    rows, dash = np.empty(i + 1, np.int64), np.empty(i + 1, np.bool_)
    height, size = best.shape[1:]
    for x in range(i, -1, -1):
        rows[x], dash[x] = y, on[(y + k + first + x) % size]
        if x == 0:
            break
        if fell[x, y, k]:
            before = _slipped(best[x - 1].take([k - 1, k, (k + 1) % size], axis=1), slip)[:, 1]
            inked = on[(np.arange(height) + k + first + x) % size]
            fall = np.cumsum(np.where(inked, falls[0][:, first + x], falls[1][:, first + x]), dtype=np.float32)
            y = int(np.argmin(before[: y + 1] - fall[: y + 1]))
        choices = {k: best[x - 1][y, k]}
        for other in ((k - 1) % size, (k + 1) % size):
            choices[other] = best[x - 1][y, other] + slip
        k = min(choices, key=lambda n: float(choices[n]))
    return rows, dash


def _seen_apart(
    small: Sequence[Image], route: tuple[int, NDArray[np.int64]], dash: NDArray[np.bool_], s: PhaseSettings
) -> bool:
    """Whether enough of the dashes and of the gaps (n,) that nothing hides look like it."""
    first, rows = route
    columns = first + np.arange(rows.size)
    free = small[1][rows, columns] < 0.5
    ink = cv2.dilate(small[0], np.ones((3, 1), np.uint8))[rows, columns] > 0.4
    if not np.any(free & dash) or not np.any(free & ~dash):
        return False
    quarter = np.arange(rows.size) * 4 // rows.size
    gaps = [~ink[free & ~dash & (quarter == q)] for q in range(4)]
    somewhere_filled = any(part.size >= 4 and float(part.mean()) < s.gaps_anywhere for part in gaps)
    dashes_seen, gaps_seen = float(np.mean(ink[free & dash])), float(np.mean(~ink[free & ~dash]))
    return dashes_seen >= s.dashes_seen and gaps_seen >= s.gaps_seen and not somewhere_filled


def near_route(route: tuple[int, NDArray[np.int64]], shape: tuple[int, int], reach: float) -> NDArray[np.bool_]:
    """Where (h, w) a path is within ``reach`` px of ``route``, drops included, or behind its end."""
    first, rows = route
    mask = np.zeros(shape, np.uint8)
    columns = first + np.arange(rows.size)
    mask[rows, columns] = 1
    for i in np.nonzero(np.diff(rows) > 0)[0]:
        mask[rows[i] : rows[i + 1] + 1, columns[i + 1]] = 1
    mask[:, columns[-1] + 1 :] = 1
    size = 2 * int(np.ceil(reach)) + 1
    return np.asarray(cv2.dilate(mask, np.ones((size, size), np.uint8)) > 0, np.bool_)
