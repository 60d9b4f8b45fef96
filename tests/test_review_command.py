"""The review as a user starts it: a spoiled result is put right, kept, and repeated by the command line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from chromium import opened, place, said, shot

from kmdigitize.review.session import Session, Source
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial


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
    page.locator("[data-decision='needs work']").click()
    said(page, "The server does not answer.")

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
