"""Dashes drawn with a thinner pen than every curve of their ink: confidence limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from kmdigitize.detect.paths import Sheet

THIN = (0.3, 0.62)
"""Width of limits as a share of that of the thinnest line sample; what is thinner still is the edge of other ink."""
MANY = 1.2
"""Length of all limits, as a share of that of all dashes as wide as the samples: there are two to a curve."""
SAME_PEN = 1.3
"""How many times wider than the strokes of the panel samples may be that are drawn with the curves' own pen."""
MEASURED = 1.8
"""Width (px) from which a pen can be told from one of half the width."""
STRAIGHT = 1.5
"""How many times longer than high a piece is whose width can be told."""


def without_thin_pieces(sheet: Sheet, samples: Sequence[float | None]) -> Sheet:
    """The ``sheet`` of an ink without flat pieces of a thinner pen than all its line ``samples`` (widths in px).

    They are limits only if they are about twice as long as the curves' own dashes.
    """
    known = [width for width in samples if width is not None]
    if len(known) < max(1, len(samples)) or not MEASURED <= min(known) <= SAME_PEN * sheet.stroke:
        return sheet
    labels, stats = cv2.connectedComponentsWithStats((sheet.coverage > 0.3).astype(np.uint8), connectivity=8)[1:3]
    ink = np.bincount(labels.ravel(), weights=sheet.coverage.ravel(), minlength=len(stats))
    length, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    straight = length >= np.maximum(STRAIGHT * high, 3)  # upright pieces are marks
    straight[0] = False
    share = ink / np.maximum(length, 1) / min(known)
    thin = straight & (share > THIN[0]) & (share < THIN[1])
    drawn = straight & (share >= THIN[1]) & (share < max(known) / min(known) / THIN[1])
    if length[thin].sum() < MANY * length[drawn].sum() or not drawn.any():
        return sheet
    return replace(sheet, coverage=np.where(thin[labels], np.float32(0), sheet.coverage))
