"""The ink around every column of a curve, laid out so that templates of marks can be tried everywhere.

The pictures of the ink have a margin of nothing, so that a template never reaches out of them, and say nothing (0)
where the curve itself lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.detect.marks_ink import FloatImage, MarkInk, rows_of
from kmdigitize.geometry import BoolArray, FloatArray, IntArray

FlatImage = np.ndarray[tuple[int], np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Ground:
    """Pictures of one arm's ink, flat, ``width`` px wide, and the pixels in them at which the curve's columns lie.

    ``ink`` and ``spread`` are as in :class:`MarkInk`, ``seen`` is 1 where they say anything, ``lacks`` what is missing
    there of spread ink. ``here`` and ``after`` (n,) are the curve's pixels and those half a mark further on, ``moved``
    (n,) tells where these differ in row, and ``busy`` (n + 1,) counts the columns before with unexplained ink.
    """

    ink: FlatImage
    spread: FlatImage
    seen: FlatImage
    lacks: FlatImage
    width: int
    here: IntArray
    after: IntArray
    moved: BoolArray
    busy: IntArray

    def busy_within(self, reach: int) -> IntArray:
        """Indices of the columns with unexplained ink within ``reach`` columns."""
        column = np.arange(self.here.size)
        first, last = np.maximum(column - reach, 0), np.minimum(column + reach + 1, column.size)
        return np.flatnonzero(self.busy[last] > self.busy[first])

    def under(self, points: IntArray, centre: IntArray, spread: bool) -> tuple[FloatArray, FloatArray]:
        """Ink (or spread ink) in all pixels that say anything at offsets ``points`` (p, 2; dx, dy) from the pixels
        ``centre`` (m,), and their number, (m,) each."""
        pixels = self._at(points, centre)
        value = (self.spread if spread else self.ink).take(pixels).sum(axis=0, dtype=np.float64)
        return value, self.seen.take(pixels).sum(axis=0, dtype=np.float64)

    def lacking(self, points: IntArray, centre: IntArray) -> FlatImage:
        """Spread ink that is missing at offsets ``points`` (p, 2) from the pixels ``centre``, (m,)."""
        missing: FlatImage = self.lacks.take(self._at(points, centre)).sum(axis=0)
        return missing

    def _at(self, points: IntArray, centre: IntArray) -> IntArray:
        pixels: IntArray = centre[None, :] + (points[:, 1] * self.width + points[:, 0])[:, None]
        return pixels


def ground_of(ink: MarkInk, reach: int) -> Ground:
    """The ground of an arm for templates that reach up to ``reach`` px."""
    height, width = ink.ink.shape
    margin = 2 * reach + 1
    wide = width + 2 * margin
    says = np.where(ink.known, np.float32(0), np.float32(1))
    plain, spread, seen = (_flat(image, margin) for image in (ink.ink * says, ink.spread * says, says))
    column = margin + np.clip(ink.x.astype(np.int64), -reach - 1, width + reach)
    row, next_row = (margin + np.clip(rows_of(y), -reach - 1, height + reach) for y in (ink.y, ink.next_y))
    busy = np.concatenate([[0], np.cumsum(ink.busy > 0)])
    here, after = row * wide + column, next_row * wide + column
    return Ground(plain, spread, seen, seen - spread, wide, here, after, row != next_row, busy)


def _flat(image: FloatImage, margin: int) -> FlatImage:
    """The picture (h, w) with ``margin`` px of nothing around it, flat."""
    wider = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(wider, dtype=np.float32).ravel()
