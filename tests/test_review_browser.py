"""The review page in a real browser: spoiled results are put right, kept, and repeated by the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import review_figure as drawn

from kmdigitize import pipeline
from kmdigitize.review.session import Session, Source
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
PICTURES = os.environ.get("KMDIGITIZE_SCREENSHOTS")
"""A folder for the screenshots of the documentation; not set, none are kept."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    opened.close()
    assert faults == []


@pytest.fixture
def fake_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "read_page", drawn.page)
    monkeypatch.setattr(pipeline, "find", drawn.find)


@pytest.fixture
def served(tmp_path: Path, fake_stages: None, page: Any) -> Iterator[tuple[Any, Any]]:
    """The page open on the drawn figure, and the queue behind it."""
    with drawn.serving(drawn.write_figure(tmp_path), drawn.write_figure(tmp_path, "second")) as (port, queue):
        opened(page, f"http://127.0.0.1:{port}/?token={drawn.TOKEN}")
        yield page, queue


def opened(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-ready]", timeout=180_000)


def place(page: Any, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a place of the figure is."""
    left, top = page.evaluate(
        """([x, y]) => { const svg = document.getElementById("figure"), look = svg.viewBox.baseVal,
        box = svg.getBoundingClientRect(), scale = box.width / look.width;
        return [box.left + (x - look.x) * scale, box.top + (y - look.y) * scale]; }""",
        [x, y],
    )
    return left, top


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    page.mouse.move(*place(page, *end))
    page.mouse.up()


def said(page: Any, text: str) -> None:
    page.locator("#status", has_text=text).wait_for(timeout=60_000)


def drops(queue: Any, arm: int = 0) -> list[tuple[float, float]]:
    curve = queue.items[0].session.sight.panels[0].arms[arm].curve
    return [(round(t, 1), round(s, 2)) for t, s in zip(curve.time, curve.survival, strict=True)]


def test_a_drop_is_dragged_and_taken_back(served: tuple[Any, Any]) -> None:
    page, queue = served
    drag(page, (drawn.column(10.0), drawn.row(0.6)), (drawn.column(12.0), drawn.row(0.55)))
    said(page, "Saved: moved a drop of A")
    assert drops(queue)[1] == (12.0, 0.55)
    page.keyboard.press("Control+z")
    said(page, "Undone")
    assert drops(queue)[1] == (10.0, 0.6)
    page.keyboard.press("Control+Shift+Z")
    said(page, "Done again")
    assert drops(queue)[1] == (12.0, 0.55)


def test_a_tick_is_dragged_and_typed(served: tuple[Any, Any]) -> None:
    page, queue = served
    drag(page, (drawn.column(30.0), drawn.row(0.0)), (drawn.column(29.0), drawn.row(0.0)))
    said(page, "Saved: x axis: pinned 4 ticks")
    page.locator("summary", has_text="Axes").click()
    page.locator("[data-key='tick x 3 px']").fill("340")
    page.keyboard.press("Enter")
    page.locator("html:not([data-busy])").wait_for()
    page.locator("[data-key='tick x 3']").fill("60")
    page.keyboard.press("Enter")
    page.locator("#layer-ticks text", has_text="60").wait_for()
    page.locator("html:not([data-busy])").wait_for()
    assert [tick.value for tick in queue.items[0].session.sight.panels[0].scales.x_ticks] == [0, 10, 20, 60]


def test_a_curve_is_redrawn_on_its_ink(served: tuple[Any, Any]) -> None:
    page, queue = served
    page.keyboard.press("r")
    page.mouse.move(*place(page, drawn.column(11.0), drawn.row(0.6) + 3))
    page.mouse.down()
    for time_, level in ((15.0, 0.6), (19.5, 0.6), (20.5, 0.3), (24.0, 0.3)):
        page.mouse.move(*place(page, drawn.column(time_), drawn.row(level) - 3), steps=3)
    page.mouse.up()
    said(page, "Saved: redrew A")
    assert [round(t) for t, _ in drops(queue)] == [5, 10, 20]
    np.testing.assert_allclose([s for _, s in drops(queue)], [0.8, 0.6, 0.3], atol=0.01)


def test_everything_is_done_by_keyboard(served: tuple[Any, Any]) -> None:
    page, queue = served
    page.locator("#figure").focus()
    page.keyboard.press("2")
    page.keyboard.press(".")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    said(page, "Saved: moved a drop of B")
    assert queue.items[0].session.sight.panels[0].arms[1].curve.time[0] == pytest.approx(8.225, abs=0.01)
    page.keyboard.press("Delete")
    said(page, "Saved: deleted the drop of B")
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    said(page, "Saved: added a mark to B")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    said(page, "Marked as needs work")
    page.keyboard.press("j")
    page.locator("#figure-name", has_text="second").wait_for()
    assert [item.session.notes.decision for item in queue.items] == ["needs work", ""]


def test_the_queue_lists_all_figures(served: tuple[Any, Any]) -> None:
    page, _ = served
    page.keyboard.press("l")
    page.locator("#queue-table tbody tr").nth(1).wait_for()
    page.get_by_role("button", name="second").click()
    page.locator("#figure-name", has_text="second").wait_for()
    page.locator("#waiting").wait_for(state="hidden")
    page.keyboard.press("?")
    assert page.locator("#help-table").is_visible()


def test_a_picture_without_axes_by_hand(page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "read_page", drawn.page)
    with drawn.serving(drawn.write_figure(tmp_path)) as (port, queue):
        opened(page, f"http://127.0.0.1:{port}/?token={drawn.TOKEN}")
        assert "found none" in page.locator(".error").inner_text()
        page.keyboard.press("f")
        drag(page, (40.0, 10.0), (340.0, 210.0))
        said(page, "Saved: set the frame")
        for axis, places in (("x", ((40, 215, "0"), (340, 215, "30"))), ("y", ((35, 10, "1"), (35, 210, "0")))):
            for x, y, value in places:
                page.locator(f"[data-key='tick {axis} add']").click()
                page.mouse.click(*place(page, x, y))
                page.keyboard.type(value)
                page.keyboard.press("Enter")
            said(page, f"Saved: {axis} axis: pinned 2 ticks")
        assert page.locator(".error").count() == 0
        assert queue.items[0].session.sight.panels[0].scales.x.to_value(190.0) == pytest.approx(15.0, abs=0.1)


def test_no_serious_accessibility_fault(browser: Any, tmp_path: Path, fake_stages: None) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    with drawn.serving(drawn.write_figure(tmp_path)) as (port, _):
        for scheme in ("light", "dark"):
            # The page's own policy forbids what axe does to look at it.
            context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 1440, "height": 900})
            page = context.new_page()
            opened(page, f"http://127.0.0.1:{port}/?token={drawn.TOKEN}")
            for summary in page.locator("summary").all():
                if not summary.evaluate("one => one.parentElement.open"):
                    summary.click()
            found = axe.Axe().run(page).response["violations"]
            grave = [one for one in found if one["impact"] in ("serious", "critical")]
            context.close()
            assert [(one["id"], one["nodes"][0]["html"]) for one in grave] == []


def four_long_curves() -> dict[str, Any]:
    """Facts of four curves of 500 steps."""
    time_ = np.linspace(0.1, 29.0, 500).tolist()
    added = []
    for index in range(4):
        survival = np.linspace(0.99, 0.1 + 0.2 * index, 500).tolist()
        points = list(zip(time_, survival, strict=True))
        added.append({"name": f"arm {index}", "points": points, "last_time": 30.0, "n": 500})
    return {"arms": [{"curve": 1, "remove": True}, {"curve": 2, "remove": True}, *added]}


def test_drags_are_fluent_and_the_page_is_quick(page: Any, tmp_path: Path, fake_stages: None) -> None:
    figure = drawn.write_figure(tmp_path)
    (tmp_path / "trial.facts.json").write_text(json.dumps(four_long_curves()))
    with drawn.serving(figure) as (port, queue):
        curve = queue.items[0].session.sight.panels[0].arms[0].curve
        begun = time.monotonic()
        opened(page, f"http://127.0.0.1:{port}/?token={drawn.TOKEN}")
        usable = time.monotonic() - begun
        page.evaluate(
            """() => { window.frames_ = []; const one = (now) => { window.frames_.push(now);
            requestAnimationFrame(one); }; requestAnimationFrame(one); }"""
        )
        page.wait_for_timeout(500)
        idle = page.evaluate("() => window.frames_.splice(0).length") / 0.5
        x, y = drawn.column(float(curve.time[250])), drawn.row(float(curve.survival[250]))
        page.mouse.move(*place(page, x, y))
        page.mouse.down()
        page.evaluate("() => { window.frames_.splice(0); }")
        begun, steps = time.monotonic(), 0
        while time.monotonic() - begun < 1.0:
            steps += 1
            page.mouse.move(*place(page, x + 0.05 * (steps % 20), y))
        frames = page.evaluate("() => window.frames_.length") / (time.monotonic() - begun)
        page.mouse.up()
    assert curve.time.size == 500
    if idle < 50 or usable > 1.0:
        pytest.skip(
            f"a busy machine: {idle:.0f} frames per second at rest, {usable:.1f} s to open, {frames:.0f} dragging"
        )
    assert frames >= 30


@contextmanager
def command(figure: Path, *options: str) -> Iterator[str]:
    """`kmdigitize review` as a user starts it; its address."""
    arguments = [sys.executable, "-m", "kmdigitize", "review", str(figure), "--no-open", *options]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        try:
            yield re.search(r"http://\S+", line)[0]  # type: ignore[index]
        finally:
            server.kill()


def spoiled(figure: Path) -> float:
    """Writes facts with the paper's numbers, one wrong tick, arms exchanged at their crossing and a wrong cell.

    Returns the column of the crossing.
    """
    session = Session(Source(figure, figure.stem))
    panel = session.sight.panels[0]
    a, b = panel.arms
    grid = np.linspace(8.0, 20.0, 600)
    apart = a.curve.at(grid) - b.curve.at(grid)
    level = np.flatnonzero((apart[1:] != 0) & (np.sign(apart[1:]) != np.sign(apart[0])))[0]
    crossing = float(panel.scales.x.to_px(grid[level + 1]))
    result = session.sight.result
    assert result is not None
    from kmdigitize.survival import compare_arms, median

    ipds = [rebuilt.ipd for rebuilt in result.panels[0].reconstructions]
    both = compare_arms(ipds[0], ipds[1])
    assert both.limits is not None
    reported = {
        "arms": [
            {"name": arm.name, "n": ipd.n, "median": f"{median(ipd.time, ipd.event):.1f}"}
            for arm, ipd in zip(panel.arms, ipds, strict=True)
        ],
        "hazard_ratios": [
            {
                "value": f"{both.hazard_ratio:.2f}",
                "limits": [f"{limit:.2f}" for limit in both.limits],
                "arm": a.name,
                "reference": b.name,
            }
        ],
    }
    ticks = [[tick.position, tick.value] for tick in panel.scales.x_ticks if tick.value is not None and tick.inlier]
    ticks[3][1] = ticks[3][1] + 5.0
    edits: list[dict[str, Any]] = [
        {"kind": "reported", "reported": reported},
        {"kind": "swap", "arm": 0, "other": 1, "x": crossing},
        {"kind": "risk_cell", "arm": 0, "time": 12.0, "count": 71},
        {"kind": "ticks", "axis": "x", "ticks": ticks},
    ]
    for edit in edits:
        session.correct({"panel": panel.panel.name, **edit}, session.revision)
    facts = json.loads(session.source.facts.read_text())
    del facts["corrections"]
    session.source.facts.write_text(json.dumps(facts))
    session.source.notes.unlink()
    return crossing


def test_a_spoiled_figure_is_put_right_and_the_command_line_repeats_it(page: Any, tmp_path: Path) -> None:
    recipe = TrialRecipe(arms=("Surgery", "Waiting"), n=90, scenario="crossing", median=14.0, hazard_ratio=0.6)
    figure = tmp_path / "crossing.png"
    look = FigureStyle(risk="plain", dpi=120)
    figure.write_bytes(draw_figure([simulate_trial(recipe, 7)], look, "crossing", 7).file)
    crossing = spoiled(figure)
    session = Session(Source(figure, figure.stem))
    true_cell = str(next(r for r in session.sight.panels[0].risk_table.rows if r.label == "Surgery").counts[2])  # type: ignore[union-attr]

    with command(figure, "--who", "Reader", "--out", str(tmp_path / "reviewed")) as address:
        opened(page, address)
        page.locator("#verdict", has_text="differs").wait_for()
        page.locator(".flags code", has_text="axis_poor_fit").wait_for()
        shot(page, "review-spoiled")
        page.locator("summary", has_text="Axes").click()
        tick = page.locator("[data-key='tick x 3']")
        tick.fill(str(float(tick.input_value()) - 5.0))
        tick.press("Enter")
        said(page, "Saved: x axis: pinned")
        page.locator("summary", has_text="Axes").click()
        cell = page.get_by_label("Number at risk of Surgery at 12")
        assert cell.input_value() == "71"
        cell.fill(true_cell)
        cell.press("Enter")
        said(page, "Saved: number at risk of Surgery at 12")
        page.locator("[data-key='arm 0']").click()
        page.locator("[data-tool='swap']").click()
        middle = session.sight.panels[0].scales.row(np.array([0.5]))[0]
        page.mouse.click(*place(page, crossing, float(middle)))
        said(page, "Saved: swapped Surgery and Waiting")
        page.locator("#verdict", has_text="agrees").wait_for()
        assert page.locator(".flags code", has_text="axis_poor_fit").count() == 0
        shot(page, "review-corrected")

    with command(figure, "--out", str(tmp_path / "reviewed")) as address:
        opened(page, address)
        page.locator("#verdict", has_text="agrees").wait_for()
        page.locator("summary", has_text="Corrections").click()
        assert page.locator(".corrections li").count() == 3
        assert "Reader" in page.locator(".corrections").inner_text()
        page.locator("[data-decision=accepted]").click()
        said(page, "Marked as accepted")

    fresh = [sys.executable, "-m", "kmdigitize", "digitize", str(figure), "-q", "-o", str(tmp_path / "fresh")]
    subprocess.run(fresh, check=True, timeout=300)
    for name in ("curves.csv", "ipd.csv", "risk_table.csv", "censor_marks.csv", "overlay.png"):
        assert (tmp_path / "fresh/crossing" / name).read_bytes() == (tmp_path / "reviewed/crossing" / name).read_bytes()
    results = [json.loads((tmp_path / folder / "crossing/result.json").read_text()) for folder in ("fresh", "reviewed")]
    for result in results:
        del result["seconds"]
    assert results[0] == results[1]


def test_the_founding_sample_opens_and_agrees(page: Any, tmp_path: Path) -> None:
    sample = Path(__file__).parents[1] / "sample_figures" / "cik-hcc-rfs"
    for file in sample.glob("cik-hcc-rfs.*"):
        shutil.copy(file, tmp_path)
    with command(tmp_path / "cik-hcc-rfs.png") as address:
        opened(page, address)
        assert "differs" not in page.locator("#verdict").inner_text()
        assert page.locator(".arms li").count() == 2
        shot(page, "review-light")
        page.emulate_media(color_scheme="dark")
        shot(page, "review-dark")


def shot(page: Any, name: str) -> None:
    if PICTURES:
        page.mouse.move(5, 400)
        page.wait_for_timeout(200)
        page.screenshot(path=Path(PICTURES) / f"{name}.png")
