"""The networks that the package holds; those that compute in whole numbers say what the model says."""

from __future__ import annotations

import threading
from typing import Any

import cv2
import numpy as np
import pytest

from kmdigitize.geometry import Pixels
from kmdigitize.text import models
from kmdigitize.text.models import LineFinder, LineRecogniser, open_model
from kmdigitize.text.reader import ModelReader, Reply

WORDS = ("0.75", "128", "Months", "p=0.031", "40", "Hazard ratio")


def crops() -> list[Pixels]:
    drawn = []
    for word in WORDS:
        page = np.full((34, 16 + 15 * len(word), 3), 255, np.uint8)
        cv2.putText(page, word, (6, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 1, cv2.LINE_AA)
        drawn.append(page)
    return drawn


def test_the_package_holds_all_networks_and_says_where_they_come_from() -> None:
    notice = (models.NETWORKS / "NOTICE").read_text()
    held = {file.name for file in models.NETWORKS.iterdir()} - {"NOTICE", "LICENSE"}
    assert held == {file.name for file in (models.FINDER, models.RECOGNISER, models.QUICK_RECOGNISER, models.HEAD)}
    assert all(name in notice for name in held)
    assert models.QUICK_RECOGNISER.read_bytes().count(b"MatMulIntegerToFloat") > 20
    assert b"DepthToSpace" in models.FINDER.read_bytes()


def test_a_line_is_found_where_it_is_drawn() -> None:
    page = np.full((160, 320, 3), 255, np.uint8)
    cv2.putText(page, "Months", (120, 80), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2, cv2.LINE_AA)
    rows, columns = np.nonzero(page.min(axis=2) < 128)
    (line,) = LineFinder(1).find(page, 1.0)
    assert line.min(axis=0) == pytest.approx((columns.min(), rows.min()), abs=10)
    assert line.max(axis=0) == pytest.approx((columns.max(), rows.max()), abs=10)


def test_whole_numbers_read_what_the_model_reads() -> None:
    quick = LineRecogniser(1).read(crops(), 64)
    exact = LineRecogniser(1).read(crops(), 64, exactly=True)
    assert [text for text, _ in quick] == [text for text, _ in exact] == list(WORDS)
    assert quick != exact  # else there is only one network
    assert [score for _, score in quick] == pytest.approx([score for _, score in exact], abs=0.03)


def test_replies_are_the_same_on_a_processor_that_adds_up_products_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    here = LineRecogniser(1).read(crops(), 64)
    asked: list[int] = []

    def without_vnni(feature: int) -> bool:
        asked.append(feature)
        return False

    monkeypatch.setattr(models, "cv2", _Without(without_vnni))
    elsewhere = LineRecogniser(1).read(crops(), 64)
    assert asked
    assert elsewhere == here
    assert LineRecogniser(2).read(crops(), 64) == here


class _Without:
    """OpenCV on another processor."""

    def __init__(self, supports: Any) -> None:
        self.checkHardwareSupport = supports

    def __getattr__(self, name: str) -> Any:
        return getattr(cv2, name)


def test_few_wide_crops_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    reader = LineRecogniser(1)
    monkeypatch.setattr(LineRecogniser, "_read", lambda _, __, some, width: seen.append((len(some), width)) or some)
    reader.read([np.zeros((48, 48, 3), np.uint8)] * 9, 64)
    reader.read([np.zeros((48, 360, 3), np.uint8)] * 3, 64)
    assert seen == [(9, 80), (2, 384), (1, 384)]


def test_each_thread_reads_a_batch_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=30)  # breaks if one batch waits for the other
    monkeypatch.setattr(LineRecogniser, "_read", lambda _, __, some, width: both.wait() >= 0 and [width] * len(some))
    drawn = [np.zeros((48, width, 3), np.uint8) for width in (60, 400, 61)]
    assert LineRecogniser(2).read(drawn, 64) == [96, 432, 96]


def test_exactly_asks_the_model_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    exactly = LineRecogniser(1).read(crops(), 320, exactly=True)
    assert LineRecogniser(1).read(crops(), 320) != exactly
    monkeypatch.setattr(models, "QUICK_RECOGNISER", models.RECOGNISER)
    assert LineRecogniser(1).read(crops(), 320) == exactly


def test_only_doubted_crops_are_read_again_and_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    class Doubts:
        def read(self, crops: list[Pixels], least_width: int, exactly: bool = False) -> list[Reply]:
            if exactly:
                return [("509", 0.99)] * len(crops)
            return [("5096.c", 0.8) if crop.min() > 50 else ("48", 0.98) for crop in crops]

    reader, page = ModelReader(1), np.full((40, 120, 3), 255, np.uint8)
    page[10:20, 10:14], page[10:20, 50:54] = 0, 100
    monkeypatch.setattr(reader, "_recogniser", Doubts())
    regions = np.array([[[x, 8], [x + 10, 8], [x + 10, 24], [x, 24]] for x in (6, 46)], np.float64)
    assert reader.read_regions(page, regions) == [("48", 0.98), ("509", 0.99)]
    assert reader.read_regions(page, regions, least=0.99) == [("48", 0.98), ("509", 0.99)]


def test_a_crop_that_no_second_look_makes_certain_enough_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unsure:
        def read(self, crops: list[Pixels], least_width: int, exactly: bool = False) -> list[Reply]:
            return [("4", 0.99 if exactly else 0.48)] * len(crops)

    reader, page = ModelReader(1), np.full((40, 60, 3), 255, np.uint8)
    monkeypatch.setattr(reader, "_recogniser", Unsure())
    region = np.array([[[6, 8], [16, 8], [16, 24], [6, 24]]], np.float64)
    assert reader.read_regions(page, region) == [("4", 0.99)]
    assert reader.read_regions(page, region, least=0.9) == [("4", 0.48)]


def test_the_exact_way_is_chosen_where_products_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    options: list[Any] = []
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda model, given, providers: options.append(given))
    for supported in (False, True):
        monkeypatch.setattr(models, "cv2", _Without(lambda feature, supported=supported: supported))
        open_model(b"", 1)
    assert options[0].get_session_config_entry("session.x64quantprecision") == "1"
    with pytest.raises(RuntimeError):
        options[1].get_session_config_entry("session.x64quantprecision")
