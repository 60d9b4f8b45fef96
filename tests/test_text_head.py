"""The recogniser's last layer outside its network, and rules found by doubling windows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kmdigitize.text.head import Head, without_head
from kmdigitize.text.letters import _long_runs
from kmdigitize.text.models import model_path, open_model


def test_likeliest_letters_and_their_probabilities_are_those_of_the_whole_network() -> None:
    pytest.importorskip("rapidocr")
    model = model_path("rec").read_bytes()
    body, head = without_head(model)
    assert head is not None
    batch = np.ones((2, 3, 48, 96), np.float32)
    for crop, word in zip(batch, ("0.75", "Month"), strict=True):
        page = np.full((48, 96), 255, np.uint8)
        cv2.putText(page, word, (4, 34), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2, cv2.LINE_AA)
        crop[:] = page / 127.5 - 1
    (whole,) = open_model(model, 1).run(None, {"x": batch})
    (features,) = open_model(body, 1).run(None, {"x": batch})
    best, chance = head.likeliest(features)
    assert np.array_equal(best, whole.argmax(axis=2))
    written = best > 0
    assert written.sum() >= 6
    assert chance[written] == pytest.approx(whole.max(axis=2)[written], abs=1e-5)


def test_a_model_with_another_ending_is_left_whole() -> None:
    pytest.importorskip("rapidocr")
    model = model_path("det").read_bytes()
    body, head = without_head(model)
    assert head is None
    assert body is model


@pytest.mark.parametrize("length", [3, 8, 31])
def test_long_runs_are_those_of_an_opening(length: int) -> None:
    ink = (np.random.default_rng(1).random((60, 40)) < 0.9).astype(np.uint8)
    ink[5:50, 7] = ink[:20, 9] = ink[30:, 12] = 1
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    assert np.array_equal(_long_runs(ink, length), opened)


def test_a_first_look_changes_no_reply() -> None:
    random = np.random.default_rng(5)
    head = Head(random.normal(0, 2, (6, 50)).astype(np.float32), random.normal(0, 1, 50).astype(np.float32))
    features = random.normal(0, 1, (3, 400, 6)).astype(np.float32)
    features[:, ::2, 0] += 9.0  # most of them blank
    head.weights[0, 0] = 8.0
    head.weights[:, 40:] *= 0.1  # letters that are never printed
    quick = head.looking_first_at(np.arange(40))
    assert 100 < quick._blank(features.reshape(-1, 6)).sum() < 1200
    for wanted, found in zip(head.likeliest(features), quick.likeliest(features), strict=True):
        assert found == pytest.approx(wanted, rel=1e-5)
