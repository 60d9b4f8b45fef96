"""The ink around every column of a curve, laid out so that templates of marks can be tried everywhere.

The pictures of the ink have a margin of nothing, so that a template never reaches out of them, and say nothing (0)
where the curve itself lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.detect.marks_ink import FloatImage, MarkInk, rows_of
from kmdigitize.geometry import BoolArray, FloatArray, IntArray

FlatImage = np.ndarray[tuple[int], np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Ground:
    """Pictures of one arm's ink, flat, ``width`` px wide, and the pixels in them at which the curve's columns lie.

    ``ink`` and ``spread`` are as in :class:`MarkInk`, ``seen`` is 1 where they say anything. ``lacks`` is what is
    missing there of spread ink, less what may be missing under a template that fits as well as ``least``: over all of
    its pixels it comes to no more than nothing. ``here`` and ``after`` (n,) are the curve's pixels and those half a
    mark further on, ``moved`` (n,) tells where these differ in row, and ``away`` (n,) is the distance (px) from the
    nearest column with unexplained ink.
    """

    ink: FlatImage
    spread: FlatImage
    seen: FlatImage
    lacks: FlatImage
    width: int
    here: IntArray
    after: IntArray
    moved: BoolArray
    away: FloatArray

    def under(self, points: IntArray, centre: IntArray, spread: bool) -> tuple[FloatArray, FloatArray]:
        """Ink (or spread ink) in all pixels that say anything at offsets ``points`` (p, 2; dx, dy) from the pixels
        ``centre`` (m,), and their number, (m,) each."""
        pixels = self._at(points, centre)
        value = (self.spread if spread else self.ink).take(pixels).sum(axis=0, dtype=np.float64)
        return value, self.seen.take(pixels).sum(axis=0, dtype=np.float64)

    def may_fit(self, templates: Sequence[IntArray], centre: IntArray) -> BoolArray:
        """Whether as much ink as it takes is seen under each of s ``templates`` (p, 2) at ``centre`` (m,), (s, m)."""
        lacking = self.lacks.take(self._at(np.concatenate(templates), centre))
        parts = np.split(lacking, np.cumsum([len(points) for points in templates[:-1]]))
        return np.array([part.sum(axis=0) <= SLIPS for part in parts])

    def _at(self, points: IntArray, centre: IntArray) -> IntArray:
        pixels: IntArray = centre[None, :] + (points[:, 1] * self.width + points[:, 0])[:, None]
        return pixels


SLIPS = 1e-3
"""Ink (px²) by which sums of single precision are off at most."""


def ground_of(ink: MarkInk, reach: int, least: float) -> Ground:
    """The ground of an arm for templates that reach up to ``reach`` px and are to fit as well as ``least``."""
    height, width = ink.ink.shape
    margin = 2 * reach + 1
    wide = width + 2 * margin
    row, next_row = (np.clip(rows_of(y), -reach - 1, height + reach) for y in (ink.y, ink.next_y))
    # Rows that no template reaches are left out.
    first = max(int(min(row.min(), next_row.min())) - reach, 0)
    band = slice(first, max(int(max(row.max(), next_row.max())) + reach + 1, first))
    says = np.where(ink.known[band], np.float32(0), np.float32(1))
    plain, spread, seen = (_flat(image, margin) for image in (ink.ink[band] * says, ink.spread[band] * says, says))
    column = margin + np.clip(ink.x.astype(np.int64), -reach - 1, width + reach)
    row, next_row = margin + row - first, margin + next_row - first
    here, after = row * wide + column, next_row * wide + column
    lacks = np.float32((1 + least) / 2) * seen - spread
    return Ground(plain, spread, seen, lacks, wide, here, after, row != next_row, _away(ink.busy > 0))


def _away(busy: BoolArray) -> FloatArray:
    """Distance (n,) in columns from the nearest that is ``busy``; infinite without any."""
    column, at = np.arange(busy.size), np.flatnonzero(busy)
    if not at.size:
        return np.full(busy.size, np.inf)
    after = np.searchsorted(at, column)
    left, right = at[np.maximum(after - 1, 0)], at[np.minimum(after, at.size - 1)]
    away: FloatArray = np.minimum(np.abs(column - left), np.abs(right - column)).astype(np.float64)
    return away


def _flat(image: FloatImage, margin: int) -> FlatImage:
    """The picture (h, w) with ``margin`` px of nothing around it, flat."""
    wider = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(wider, dtype=np.float32).ravel()
