"""Dashes drawn with a thinner pen than every curve of their ink: confidence limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from kmdigitize.detect.paths import Sheet

THIN = 0.7
"""Width, as a share of the thinnest line sample, below which a piece is of another pen."""
AS_DRAWN = 0.05
"""Least share of the length of straight pieces that is as wide as the samples: else these say nothing of the curves."""
STRAIGHT = 1.5
"""How many times longer than wide a piece is whose width can be told."""


def without_thin_pieces(sheet: Sheet, samples: Sequence[float | None]) -> Sheet:
    """The ``sheet`` of an ink without straight pieces that are clearly thinner than all its line ``samples`` (px)."""
    known = [width for width in samples if width is not None]
    if not known or len(known) < len(samples) or min(known) < 1:
        return sheet
    labels, stats = cv2.connectedComponentsWithStats((sheet.coverage > 0.3).astype(np.uint8), connectivity=8)[1:3]
    ink = np.bincount(labels.ravel(), weights=sheet.coverage.ravel(), minlength=len(stats))
    sides = np.sort(stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]], axis=1)
    straight = sides[:, 1] >= np.maximum(STRAIGHT * sides[:, 0], 3)
    straight[0] = False
    width = ink / np.maximum(sides[:, 1], 1)
    length = np.where(straight, sides[:, 1], 0)
    drawn = length[(width > THIN * min(known)) & (width < max(known) / THIN)].sum()
    thin = straight & (width < THIN * min(known))
    if not thin.any() or drawn < AS_DRAWN * length.sum():
        return sheet
    return replace(sheet, coverage=np.where(thin[labels], np.float32(0), sheet.coverage))
