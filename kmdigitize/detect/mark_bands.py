"""Bands of marks in an ink: what belongs to them, and where in them a curve runs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.runs import Image, Indices, Runs, vertical_runs
from kmdigitize.pieces import pieces_of


def filled_marks(marks: Image, stroke: float) -> NDArray[np.bool_]:
    """Where marks are, with the holes of circles and crosses filled."""
    size = 2 * round(1.5 * stroke) + 1
    mask = cv2.morphologyEx((marks > 0.35).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    return np.asarray(mask > 0, np.bool_)


def without_holes(mask: NDArray[np.bool_], tallest: float) -> NDArray[np.bool_]:
    """``mask`` (h, w) with the paper that it encloses in patches of up to ``tallest`` px: the insides of circles."""
    paper = (~mask).astype(np.uint8)
    first = int(paper.argmax())
    # Nearly all paper hangs together: once it is filled from its first pixel, little is left to look at.
    _, _, _, (_, _, width, height) = cv2.floodFill(paper, None, (first % mask.shape[1], first // mask.shape[1]), 2)
    left = pieces_of((paper == 1).astype(np.uint8), 4)
    hole = np.maximum(left.width, left.height) <= tallest
    filled = mask | (paper == 2) if max(width, height) <= tallest else mask.copy()
    filled.ravel()[left.index[hole[left.piece]]] = True
    return filled


def band_offset(
    mask: NDArray[np.bool_], stroke: float, tallest: float, lean: float = 0.0
) -> tuple[tuple[Indices, Indices], Image]:
    """How far pixels lie from the middle of the vertical run of ``mask`` (h, w) they are in: 0 middle, 1 edge.

    Rows and columns of the n pixels in bands, and their offsets (n,); all others have none.

    Most censor marks are symmetric about their curve, so in a band of touching marks the middle is the likelier row;
    where they ``lean`` (see :class:`~kmdigitize.detect.paths.Sheet`), it is the end on which they stand. Runs as thin
    as a stroke or taller than ``tallest`` px have no middle worth naming (0).
    """
    runs = vertical_runs(mask)
    size = runs.last - runs.first + 1
    tall = (size > 2.5 * stroke) & (size <= tallest)
    runs = Runs(runs.column[tall], runs.first[tall], runs.last[tall], runs.height)
    rows, columns, run = runs.pixels()
    half = np.maximum((size[tall] - stroke) / 2, 0.5)
    middle = (runs.first + runs.last)[run] / 2 + lean * half[run]
    offset = np.abs(rows - middle) / (half[run] * (1 + abs(lean)))
    return (rows, columns), np.minimum(offset, 1).astype(np.float32)


_BESIDE = 8.0, 3.0
"""Width and height, in strokes, of the place in which a mark shows on whose curve it stands."""
_TALL = 4.0
"""Height, in strokes, of a drop that is no part of a flat."""
_FAINT = 0.05
"""Mean coverage in that place by the ink of a curve that tells nothing."""


def marks_of_ink(marks: Image, coverage: Image, stroke: float) -> Image:
    """The ``marks`` (h, w) that may stand on a curve, whose ink ``coverage`` (h, w) is.

    Where its ink shows in the same columns, those beside which it shows; where none shows, all of them. A tall drop
    does not count: the curve passes its rows only.
    """
    if not marks.any():
        return marks
    wide, high = (2 * round(size * stroke / 2) + 1 for size in _BESIDE)
    low = coverage.copy()
    runs = vertical_runs(coverage > 0.35)
    tall = runs.last - runs.first + 1 > _TALL * stroke
    rows, columns, _ = Runs(runs.column[tall], runs.first[tall], runs.last[tall], runs.height).pixels()
    low[rows, columns] = 0
    beside = cv2.blur(low, (wide, high))
    return np.asarray(marks * (beside + _FAINT) / (beside.max(axis=0) + _FAINT), np.float32)
