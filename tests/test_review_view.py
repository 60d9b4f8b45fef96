"""Looking at a figure on the review page: zoom, pan, blink between figure and reconstruction, and layers."""

from __future__ import annotations

from typing import Any

import pytest
import review_figure as drawn
from chromium import place

Served = tuple[Any, Any]


def look(page: Any) -> list[float]:
    """The part of the figure that is seen: left, top, width, height in px of the figure."""
    seen: list[float] = page.evaluate(
        """() => { const look = document.getElementById("figure").viewBox.baseVal;
        return [look.x, look.y, look.width, look.height]; }"""
    )
    return seen


def shown(page: Any) -> dict[str, bool]:
    """Which layers are seen."""
    layers: dict[str, bool] = page.evaluate(
        """() => Object.fromEntries(["figure", "curves", "rebuilt", "marks", "ticks", "frame", "text", "risk",
        "handles"].map((name) => [name, document.getElementById(`layer-${name}`).style.display !== "none"]))"""
    )
    return layers


def test_the_wheel_zooms_about_the_pointer_down_to_the_pixel(served: Served) -> None:
    page, _ = served
    place_of_drop = (drawn.column(10.0), drawn.row(0.6))
    before, pointer = look(page), place(page, *place_of_drop)
    page.mouse.move(*pointer)
    page.mouse.wheel(0, -400)
    page.wait_for_function("(wide) => document.getElementById('figure').viewBox.baseVal.width < wide", arg=before[2])
    # The page is told whole pixels, and what they leave out is magnified.
    assert place(page, *place_of_drop) == pytest.approx(pointer, abs=1.2)
    assert look(page)[3] / look(page)[2] == pytest.approx(before[3] / before[2])
    for _ in range(20):
        page.keyboard.press("+")
    assert look(page)[2] == pytest.approx(12.0)


def test_keys_and_buttons_zoom_pan_and_fit(served: Served) -> None:
    page, _ = served
    page.locator("#figure").focus()
    whole = look(page)
    page.keyboard.press("+")
    assert look(page)[2] == pytest.approx(whole[2] / 1.4)
    left, top = look(page)[:2]
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("Control+ArrowDown")
    assert look(page)[0] > left
    assert look(page)[1] > top
    page.keyboard.press("0")
    assert look(page) == pytest.approx(whole)
    page.locator("[data-zoom=in]").click()
    assert look(page)[2] == pytest.approx(whole[2] / 1.5)
    page.locator("[data-zoom=out]").click()
    assert look(page) == pytest.approx(whole)


def test_blink_shows_the_figure_alone_then_the_reconstruction_alone(served: Served) -> None:
    page, _ = served
    page.locator("#figure").focus()
    both = shown(page)
    page.keyboard.press("b")
    assert [name for name, seen in shown(page).items() if seen] == ["figure"]
    page.keyboard.press("b")
    assert [name for name, seen in shown(page).items() if seen] == ["rebuilt", "ticks", "frame"]
    assert page.locator("#layer-rebuilt path").count() >= 2
    page.keyboard.press("b")
    assert shown(page) == both
    page.keyboard.press("Shift+B")
    for what in ("figure", "rebuilt", "figure"):
        page.wait_for_function("(what) => document.getElementById('figure').dataset.show === what", arg=what)


@pytest.mark.parametrize("layer", ["curves", "rebuilt", "marks", "ticks", "frame", "text", "risk"])
def test_every_layer_is_switched_alone(served: Served, layer: str) -> None:
    page, _ = served
    if not page.locator(f"[data-key='layer {layer}']").is_visible():
        page.locator("summary", has_text="Layers").click()
    before = shown(page)
    page.locator(f"[data-key='layer {layer}']").click()
    assert shown(page) == {**before, layer: not before[layer]}
    page.locator(f"[data-key='layer {layer}']").click()
    assert shown(page) == before
