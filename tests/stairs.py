"""Falling curves as ink, drawn pixel by pixel."""

from __future__ import annotations

import numpy as np

WHITE = np.full(3, 255, np.float32)


def stairs(height: int, width: int, rows: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    ink = np.zeros((height, width), np.float32)
    for x, row in enumerate(rows):
        ink[rows[max(0, x - 1)] : row + 2, x] = 1
    return ink
