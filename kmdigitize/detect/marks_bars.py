"""Censor marks drawn as upright strokes: bars through the curve, ticks on it, and the uprights of plus signs.

The ink above and below the curve is read column by column, away from the stroke. A bar of half height s has ink up to
s on both sides and none just beyond; running sums along the columns give the fit of every s at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.marks_ink import MarkInk, rows_of
from kmdigitize.detect.marks_render import Drawn
from kmdigitize.geometry import BoolArray, FloatArray

UPRIGHT: tuple[Drawn, ...] = ("vbar", "tick")
"""Plus signs are found as bars: on a flat their other stroke lies under the curve."""
BARS: tuple[Drawn, ...] = (*UPRIGHT, "plus")
"""Marks of which only a narrow upright stroke stands clear of the curve."""


@dataclass(frozen=True, slots=True)
class Uprights:
    """Running sums along each column, outwards from the curve.

    ``ink`` and ``seen`` (2, 2, k + 1, n): row of the curve (here, half a mark on), side (above, below), distance,
    column; sums of the ink over the pixels that say anything, and of their number. ``clear`` px next to the curve's
    row are left out.
    """

    ink: FloatArray
    seen: FloatArray
    clear: int


def read_uprights(ink: MarkInk, reach: int) -> Uprights:
    """The ink above and below every column up to ``reach`` px from the curve's row."""
    clear = max(ink.clear, 1)
    distance = np.arange(clear, max(reach, clear + 1) + 1)
    columns = np.broadcast_to(ink.x.astype(np.int64)[None, :], (distance.size, ink.x.size))
    values, masks = [], []
    for y in (ink.y, ink.next_y):
        row = rows_of(y)[None, :]
        for sign in (-1, 1):
            value, seen = ink.at(row + sign * distance[:, None], columns)
            values.append(np.where(seen, value, 0.0))
            masks.append(seen)
    shape = (2, 2, distance.size, ink.x.size)
    return Uprights(_running(np.array(values).reshape(shape)), _running(np.array(masks).reshape(shape)), clear)


def _running(values: FloatArray | BoolArray) -> FloatArray:
    """Sums over the first 0, 1, … distances."""
    return np.concatenate([np.zeros_like(values[:, :, :1], dtype=np.float64), np.cumsum(values, axis=2)], axis=2)


def match_bars(uprights: Uprights, kind: Drawn, sizes: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    """Fit (s, n) in [-1, 1] of a bar or tick of each of s half heights (px) at every column, and its pixels seen."""
    ink, seen = uprights.ink, uprights.seen
    last = ink.shape[2] - 1
    tip = np.clip([round(size) - uprights.clear + 1 for size in sizes], 1, last)
    cap = (np.minimum(tip + 1, last), np.minimum(tip + 3, last))
    sides = 2 if kind == "vbar" else 1
    inked, visible = (part[:, :sides].take(tip, axis=2) for part in (ink, seen))
    beyond, beyond_seen = (
        (part[:, :sides].take(cap[1], axis=2) - part[:, :sides].take(cap[0], axis=2)).sum(axis=1)
        for part in (ink, seen)
    )
    visible = visible.sum(axis=1)
    fit = 2 * inked.sum(axis=1) / np.maximum(visible, 1) - 1 - beyond / np.maximum(beyond_seen, 1)
    if kind == "tick":
        fit = fit - ink[:, 1].take(tip, axis=1) / np.maximum(seen[:, 1].take(tip, axis=1), 1)
    fit = np.where(visible >= np.maximum(2.0, 0.3 * sides * tip)[:, None], fit, -1.0)
    better = fit[1] > fit[0]
    return np.where(better, fit[1], fit[0]), np.where(better, visible[1], visible[0])


def nearby_ink(uprights: Uprights, size: float) -> float:
    """Unexplained ink in px² up to a little more than ``size`` px above and below the whole curve."""
    tip = int(np.clip(round(size) - uprights.clear + 3, 1, uprights.ink.shape[2] - 1))
    return float(uprights.ink[:, :, tip].sum(axis=1).min(axis=0).sum())


def usual_height(uprights: Sequence[Uprights], busy: Sequence[FloatArray]) -> float:
    """Half height in px up to which ink usually reaches from the curves in columns with unexplained ink."""
    reach = max(u.clear + u.ink.shape[2] for u in uprights)
    ink, seen = np.zeros(reach), np.zeros(reach)
    for upright, columns in zip(uprights, busy, strict=True):
        place = slice(upright.clear, upright.clear + upright.ink.shape[2] - 1)
        ink[place] += np.diff(upright.ink[0].sum(axis=0), axis=0) @ columns
        seen[place] += np.diff(upright.seen[0].sum(axis=0), axis=0) @ columns
    share = ink / np.maximum(seen, 1)
    return float(np.flatnonzero(share >= 0.3 * share.max())[-1]) if share.max() > 0 else 0.0
