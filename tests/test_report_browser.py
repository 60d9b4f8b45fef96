"""The report in a real browser: without a fault of access, without a script, on A4."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chromium import PICTURES, serious_faults, shot

SAMPLE = Path(__file__).parents[1] / "sample_figures" / "cik-hcc-rfs" / "cik-hcc-rfs.png"
A4_MM = (210.0, 297.0)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the founding sample's report as the command line writes it."""
    out = tmp_path_factory.mktemp("report")
    subprocess.run([sys.executable, "-m", "kmdigitize", "digitize", str(SAMPLE), "-q", "-o", str(out)], check=True)
    if PICTURES:
        shutil.copy(out / SAMPLE.stem / "overlay.png", Path(PICTURES) / f"{SAMPLE.stem}-overlay.png")
    return (out / SAMPLE.stem / "report.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_fault(browser: Any, report: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 1000})
    page.goto(report)
    assert serious_faults(page) == []
    shot(page, f"report-{scheme}")
    page.close()


def test_it_is_read_without_a_script_and_printed_on_a4(browser: Any, report: str) -> None:
    import pypdfium2

    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report)
    assert page.locator(".verdict", has_text="agrees").first.is_visible()
    assert page.locator("svg[role=img]").first.is_visible()
    assert all(url == report or url.startswith("data:") for url in asked)
    pages = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    sizes = [tuple(side / 72 * 25.4 for side in pages.get_page_size(number)) for number in range(len(pages))]
    assert 2 <= len(sizes) <= 6
    assert all(size == pytest.approx(A4_MM, abs=1.0) for size in sizes)
    context.close()
    # Nothing is cut off at the right: the widest thing fits the text of a printed page.
    narrow = browser.new_page(viewport={"width": round((A4_MM[0] - 30) / 25.4 * 96), "height": 900})
    narrow.emulate_media(media="print")
    narrow.goto(report)
    assert narrow.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    narrow.close()
