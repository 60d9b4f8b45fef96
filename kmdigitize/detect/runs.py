"""Unbroken vertical runs of a mask: the columns of strokes, marks and drops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]
"""A float32 picture (h, w) or (h, w, 3), or numbers per pixel of one."""
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Vertical runs in order of column, then row: run i covers rows ``first[i]`` … ``last[i]`` of ``column[i]``."""

    column: Indices
    first: Indices
    last: Indices
    height: int

    def pixels(self) -> tuple[Indices, Indices, Indices]:
        """Rows, columns and run indices (each (n,)) of all pixels in the runs."""
        length = self.last - self.first + 1
        run = np.repeat(np.arange(length.size), length)
        offset = np.arange(run.size) - np.repeat(np.cumsum(length) - length, length)
        return self.first[run] + offset, self.column[run], run

    def at(self, rows: Indices, columns: Indices) -> tuple[Indices, Indices]:
        """First and last row of the run that holds each point (n,); the point's own row where there is none."""
        if not self.column.size:
            return rows, rows
        run = np.searchsorted(self.column * self.height + self.first, columns * self.height + rows, side="right") - 1
        run = np.maximum(run, 0)
        inside = (self.column[run] == columns) & (self.first[run] <= rows) & (rows <= self.last[run])
        return np.where(inside, self.first[run], rows), np.where(inside, self.last[run], rows)


def vertical_runs(mask: NDArray[np.bool_]) -> Runs:
    """The vertical runs of ``mask`` (h, w)."""
    height, width = mask.shape
    padded = np.zeros((width, height + 2), np.uint8)
    if mask.size:
        padded[:, 1:-1] = cv2.transpose(mask.astype(np.uint8))
    flat = padded.ravel()
    change = np.flatnonzero(flat[1:] != flat[:-1])  # runs begin and end in turn
    start, end = change[::2], change[1::2]
    return Runs(start // (height + 2), start % (height + 2), end % (height + 2) - 1, height)


def down_rows(way: np.ufunc, image: Image, upwards: bool = False) -> Image:
    """``way`` (add, maximum) of all rows (h, w) down to each, or ``upwards``; numpy goes along columns, far slower."""
    result = np.empty_like(image)
    taken, filled = (image[::-1], result[::-1]) if upwards else (image, result)
    filled[:1] = taken[:1]
    rows = list(filled)
    for before, row, after in zip(rows, taken[1:], rows[1:], strict=False):
        way(before, row, out=after)
    return result


def places(mask: NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """Rows and columns (n,) of what is true in ``mask`` (h, w), row by row; numpy takes four times as long."""
    index = np.flatnonzero(mask)
    rows = index // max(mask.shape[1], 1)
    return rows, index - rows * mask.shape[1]


def length(vectors: Image) -> Image:
    """Euclidean length (…) of ``vectors`` (…, 3)."""
    a, b, c = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.asarray(np.sqrt(a * a + b * b + c * c), np.float32)
