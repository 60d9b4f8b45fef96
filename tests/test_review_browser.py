"""The review page in a real browser, on a figure whose stages are stood in for: every correction, by mouse and keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import review_figure as drawn
from chromium import opened, place, said, serious_faults

from kmdigitize import pipeline


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    page.mouse.move(*place(page, *end))
    page.mouse.up()


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


def press(page: Any, tool: str, time_: float, level: float) -> None:
    """Chooses a tool by its key and clicks at a time and survival."""
    page.keyboard.press(tool)
    page.mouse.click(*place(page, drawn.column(time_), drawn.row(level)))


def test_arms_are_split_merged_swapped_ended_and_marked(served: tuple[Any, Any]) -> None:
    page, queue = served

    def arms() -> list[Any]:
        return list(queue.items[0].session.sight.panels[0].arms)

    page.locator("#figure").focus()
    press(page, "c", 12.0, 0.6)
    said(page, "Saved: split A at")
    assert [arm.name for arm in arms()] == ["A", "B", "A (2)"]
    press(page, "g", 18.0, 0.6)
    said(page, "Saved: merged A (2) into A")
    assert drops(queue) == list(drawn.DROPS[0])
    press(page, "x", 18.0, 0.5)
    said(page, "Saved: swapped A and B from")
    assert drops(queue) == [(5.0, 0.8), (10.0, 0.6), (18.0, 0.5), (25.0, 0.4)]
    press(page, "m", 6.0, 0.8)
    said(page, "Saved: added a mark to A at")
    press(page, "e", 22.0, 0.5)
    said(page, "Saved: ended A at")
    assert [arms()[0].curve.last_time, *arms()[0].curve.censor_times] == pytest.approx([22.0, 6.0], abs=0.05)
    press(page, "v", 6.0, 0.8)
    page.keyboard.press("Delete")
    said(page, "Saved: deleted a mark of A")
    press(page, "d", 20.0, 0.45)
    said(page, "Saved: added a drop to A at")
    for _ in range(7):
        page.keyboard.press("Control+z")
        page.locator("html:not([data-busy])").wait_for()
    said(page, "Undone")
    page.locator("#undo:disabled").wait_for()
    assert [drops(queue, arm) for arm in (0, 1)] == [list(one) for one in drawn.DROPS]


def test_arms_are_described_and_removed(served: tuple[Any, Any]) -> None:
    page, queue = served

    def fill(key: str, text: str) -> None:
        page.locator(f"[data-key='{key}']").fill(text)
        page.keyboard.press("Tab")
        said(page, "Saved: ")
        page.locator("html:not([data-busy])").wait_for()

    fill("arm 0 name", "Drug")
    fill("arm 0 n", "21")
    fill("arm 0 color", "#00aa00")
    page.locator("summary", has_text="Reported").click()
    page.locator("[data-key='reported both hr']").fill("0.70")
    page.locator("[data-key='reported both hr_limits']").fill("0.40 to 1.20")
    page.locator("[data-key='reported save']").click()
    said(page, "Saved: stated what the paper reports")
    facts = json.loads(queue.items[0].session.source.facts.read_text())
    assert facts["arms"][0] == {"curve": 1, "name": "Drug", "n": 21, "color": "#00aa00"}
    assert facts["reported"]["hazard_ratios"][0]["limits"] == ["0.40", "1.20"]
    page.locator("[data-key='arm 1 remove']").click()
    said(page, "Saved: removed B")
    assert [arm.name for arm in queue.items[0].session.sight.panels[0].arms] == ["Drug"]


def test_who_and_why_are_typed_and_kept(served: tuple[Any, Any]) -> None:
    page, queue = served
    page.locator("summary", has_text="Corrections").click()
    page.locator("[data-key=who]").fill("A. Reader")
    page.locator("[data-key=who]").press("Tab")
    press(page, "m", 6.0, 0.8)
    said(page, "Saved: added a mark")
    page.get_by_label("Reason for correction 1").fill("a tick below the legend")
    page.keyboard.press("Enter")
    said(page, "The reason is kept")
    record = json.loads(queue.items[0].session.source.facts.read_text())["corrections"][0]
    assert (record["who"], record["why"]) == ("A. Reader", "a tick below the legend")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.locator("summary", has_text="Corrections").click()
    assert page.get_by_label("Reason for correction 1").input_value() == "a tick below the legend"
    assert page.locator("[data-key=who]").input_value() == "A. Reader"


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
    with drawn.serving(drawn.write_figure(tmp_path)) as (port, _):
        for scheme in ("light", "dark"):
            # The page's own policy forbids what axe does to look at it.
            context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 1440, "height": 900})
            page = context.new_page()
            opened(page, f"http://127.0.0.1:{port}/?token={drawn.TOKEN}")
            for summary in page.locator("summary").all():
                if not summary.evaluate("one => one.parentElement.open"):
                    summary.click()
            assert serious_faults(page) == []
            context.close()
