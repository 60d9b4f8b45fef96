"""Connected pieces of masks: the same boxes as OpenCV's own, and the paper that ink encloses."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kmdigitize.detect.mark_bands import without_holes
from kmdigitize.detect.runs import places
from kmdigitize.pieces import pieces_of

masks = arrays.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@pytest.mark.parametrize("connectivity", [4, 8])
@given(mask=masks)
def test_boxes_are_those_of_opencv(connectivity: Literal[4, 8], mask: np.ndarray) -> None:
    found = pieces_of(mask.astype(np.uint8), connectivity)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=connectivity)
    boxes = np.stack([found.left, found.top, found.width, found.height, found.area], axis=1)
    assert boxes.tolist() == stats[1:].tolist()
    assert (labels.ravel()[found.index] == found.piece + 1).all()


@given(mask=masks, tallest=st.integers(1, 12))
def test_patches_of_paper_are_filled_up_to_their_size(mask: np.ndarray, tallest: int) -> None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = (stats[:, 2:4].max(axis=1) <= tallest) & (np.arange(count) > 0)
    assert (without_holes(mask, tallest) == (mask | small[labels])).all()


@given(mask=masks)
def test_places_are_those_of_numpy(mask: np.ndarray) -> None:
    assert np.array_equal(places(mask), np.nonzero(mask))
