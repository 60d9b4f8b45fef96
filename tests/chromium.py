"""What the browser tests share: what is said on the page, where things are on it, and screenshots."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
PICTURES = os.environ.get("KMDIGITIZE_SCREENSHOTS")
"""A folder for the screenshots of the documentation; not set, none are kept."""


def opened(page: Any, address: str) -> None:
    """Loads the review page and waits until it is ready."""
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


def said(page: Any, text: str) -> None:
    """Waits until the status line says ``text``."""
    page.locator("#status", has_text=text).wait_for(timeout=60_000)


def serious_faults(page: Any) -> list[tuple[str, str]]:
    """Rule and first place of every serious accessibility fault that axe-core finds."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


def shot(page: Any, name: str, **options: Any) -> None:
    """Keeps a screenshot for the documentation, where a folder for them is set."""
    if PICTURES:
        page.mouse.move(5, 400)
        page.wait_for_timeout(200)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", **options)
