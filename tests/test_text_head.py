"""The recogniser's last layer outside its network, and rules found by doubling windows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from kmdigitize.text.head import Head
from kmdigitize.text.letters import _long_runs

Floats = NDArray[np.float32]


def drawn(usual: int) -> tuple[Head, Floats, Floats]:
    """A head of 50 letters that looks first at some of them, features, and the probabilities of all letters."""
    random = np.random.default_rng(5)
    layer = np.vstack([random.normal(0, 2, (6, 50)), random.normal(0, 1, (1, 50))]).astype(np.float32)
    features = random.normal(0, 1, (3, 400, 6)).astype(np.float32)
    features[:, ::2, 0] += 9.0  # most of them blank
    layer[0, 0] = 8.0
    layer[:, usual:] *= 0.1  # letters that are never printed
    scores = (features @ layer[:-1] + layer[-1]).astype(np.float64)
    odds = np.exp(scores - scores.max(axis=2, keepdims=True))
    return Head.of(layer, np.arange(usual)), features, odds / odds.sum(axis=2, keepdims=True)


@pytest.mark.parametrize("usual", [40, 50])
def test_likeliest_letters_and_their_probabilities_are_those_of_all_letters(usual: int) -> None:
    head, features, wanted = drawn(usual)
    best, chance = head.likeliest(features)
    assert np.array_equal(best, wanted.argmax(axis=2))
    assert (best == 0).sum() > 200
    written = best > 0
    assert written.sum() > 200
    assert chance[written] == pytest.approx(wanted.max(axis=2)[written], abs=1e-3)
    assert np.all(chance[~written] == 1)


def test_other_letters_are_left_out_where_a_usual_one_is_certain() -> None:
    head, features, _ = drawn(40)
    _, _, certain = head._among_usual(features.reshape(-1, 6))
    assert 200 < certain.sum() < 1000
    head.weights[:] = head.offsets[:] = 0.0  # nothing is known any more of letters that are looked at second
    best, _ = head.likeliest(features)
    assert best.ravel()[certain].any()
    assert not best.ravel()[~certain].any()


@pytest.mark.parametrize("length", [3, 8, 31])
def test_long_runs_are_those_of_an_opening(length: int) -> None:
    ink = (np.random.default_rng(1).random((60, 40)) < 0.9).astype(np.uint8)
    ink[5:50, 7] = ink[:20, 9] = ink[30:, 12] = 1
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    assert np.array_equal(_long_runs(ink, length), opened)
