"""A headless Chromium for the browser tests, which skip where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A running browser, one for each worker."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty page on which no script may fail."""
    empty = browser.new_page(viewport={"width": 1440, "height": 900})
    faults: list[str] = []
    empty.on("pageerror", lambda error: faults.append(str(error)))
    yield empty
    empty.close()
    assert faults == []


@pytest.fixture
def fake_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages that find what the drawn figure of the review tests shows."""
    import review_figure as drawn

    from kmdigitize import pipeline

    monkeypatch.setattr(pipeline, "read_page", drawn.page)
    monkeypatch.setattr(pipeline, "find", drawn.find)


@pytest.fixture
def served(tmp_path: Path, fake_stages: None, page: Any) -> Iterator[tuple[Any, Any]]:
    """The review page open on the drawn figure, and the queue behind it."""
    import review_figure as drawn

    with drawn.serving(drawn.write_figure(tmp_path), drawn.write_figure(tmp_path, "second")) as (port, queue):
        opened(page, f"http://127.0.0.1:{port}/?token={drawn.TOKEN}")
        yield page, queue
