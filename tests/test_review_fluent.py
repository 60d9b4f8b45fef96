"""The review page stays fluent with many long curves: it is usable at once, and a drag is drawn at every frame."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import review_figure as drawn
from chromium import opened, place


def four_long_curves() -> dict[str, Any]:
    """Facts of four curves of 500 steps."""
    time_ = np.linspace(0.1, 29.0, 500).tolist()
    added = []
    for index in range(4):
        survival = np.linspace(0.99, 0.1 + 0.2 * index, 500).tolist()
        points = list(zip(time_, survival, strict=True))
        added.append({"name": f"arm {index}", "points": points, "last_time": 30.0, "n": 500})
    return {"arms": [{"curve": 1, "remove": True}, {"curve": 2, "remove": True}, *added]}


@pytest.fixture
def long_curves(page: Any, tmp_path: Path, fake_stages: None) -> Iterator[tuple[Any, Any, str]]:
    """An empty page, the queue of a figure with long curves that has been read, and its address."""
    figure = drawn.write_figure(tmp_path)
    (tmp_path / "trial.facts.json").write_text(json.dumps(four_long_curves()))
    with drawn.serving(figure) as (port, queue):
        assert [arm.curve.time.size for arm in queue.items[0].session.sight.panels[0].arms] == [500] * 4
        yield page, queue, f"http://127.0.0.1:{port}/?token={drawn.TOKEN}"


def within(bar: float, measure: Callable[[], float]) -> float:
    """The smallest of up to five measurements, as soon as it is within ``bar``: others use this machine too."""
    least = np.inf
    for _ in range(5):
        least = min(least, measure())
        if least <= bar:
            break
    return float(least)


def test_the_page_is_usable_at_once(long_curves: tuple[Any, Any, str]) -> None:
    page, _, address = long_curves

    def open_it() -> float:
        begun = time.monotonic()
        opened(page, address)
        return time.monotonic() - begun

    assert within(1.0, open_it) <= 1.0


def test_drags_are_fluent(long_curves: tuple[Any, Any, str]) -> None:
    page, queue, address = long_curves
    curve = queue.items[0].session.sight.panels[0].arms[0].curve
    opened(page, address)
    page.evaluate(
        """() => { window.frames_ = []; const one = (now) => { window.frames_.push(now);
        requestAnimationFrame(one); }; requestAnimationFrame(one); }"""
    )
    x, y = drawn.column(float(curve.time[250])), drawn.row(float(curve.survival[250]))

    def drag_it() -> float:
        page.mouse.move(*place(page, x, y))
        page.mouse.down()
        page.evaluate("() => { window.frames_.splice(0); }")
        begun, steps = time.monotonic(), 0
        while time.monotonic() - begun < 1.0:
            steps += 1
            page.mouse.move(*place(page, x + 0.05 * (steps % 20), y))
        frames = page.evaluate("() => window.frames_.length") / (time.monotonic() - begun)
        page.keyboard.press("Escape")
        page.mouse.up()
        page.locator("html:not([data-busy])").wait_for()
        return 1.0 / float(frames)

    assert within(1 / 30, drag_it) <= 1 / 30
