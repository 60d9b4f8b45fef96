"""Connected pieces of a mask and the boxes around them.

OpenCV counts while it labels, every pixel of paper too, which takes several times as long as the labels: here only the
pixels of the mask are looked at again. Assumes that most of the picture is paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import IntArray


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a mask, in OpenCV's order: ``left``, ``top``, ``width`` and ``height`` (k,) of their boxes in px.

    ``index`` (n,) are the flat indices of the mask's pixels, ``piece`` (n,) the pieces to which they belong.
    """

    left: IntArray
    top: IntArray
    width: IntArray
    height: IntArray
    index: IntArray
    piece: IntArray

    @property
    def area(self) -> IntArray:
        """How many px each piece has, (k,)."""
        return np.bincount(self.piece, minlength=self.left.size)


def pieces_of(mask: NDArray[np.uint8], connectivity: Literal[4, 8] = 8) -> Pieces:
    """The connected pieces of ``mask`` (h, w), which is not 0 in them."""
    count, labels = cv2.connectedComponents(mask, connectivity=connectivity)
    index = np.flatnonzero(mask != 0)
    piece = labels.ravel().take(index).astype(np.int64) - 1
    row = index // max(mask.shape[1], 1)
    column = index - row * mask.shape[1]
    left, right = np.full(count - 1, mask.shape[1]), np.zeros(count - 1, np.int64)
    np.minimum.at(left, piece, column)
    np.maximum.at(right, piece, column)
    top, bottom = np.zeros(count - 1, np.int64), np.zeros(count - 1, np.int64)
    top[piece[::-1]] = row[::-1]  # rows ascend: the last one written is the first
    bottom[piece] = row
    return Pieces(left, top, right - left + 1, bottom - top + 1, index, piece)
