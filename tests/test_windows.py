"""Closing and opening with long windows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kmdigitize.windows import closed, opened


@pytest.mark.parametrize("window", [(1, 1), (1, 41), (40, 1), (9, 12), (73, 73), (90, 200)])
def test_long_windows_find_what_filters_find(window: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (80, 121), dtype=np.uint8)
    kernel = np.ones(window, np.uint8)
    assert np.array_equal(closed(picture, *window), cv2.morphologyEx(picture, cv2.MORPH_CLOSE, kernel))
    assert np.array_equal(opened(picture, *window), cv2.morphologyEx(picture, cv2.MORPH_OPEN, kernel))
