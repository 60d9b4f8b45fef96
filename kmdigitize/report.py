"""One HTML file to read and to send: figure with overlay, reconstruction, verdict, doubts, and how to correct.

Everything is inline (pictures as data, plots as SVG, no script), everything that comes from the figure or the facts
is escaped by the template, and the page prints on A4.
"""

from __future__ import annotations

import base64
import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from kmdigitize.flags import Flag
from kmdigitize.geometry import Pixels
from kmdigitize.hazard_plots import SmallPlot, hazard_plots
from kmdigitize.overlay import arm_colours, draw_overlay
from kmdigitize.plots import KmPlot, hex_colour, km_plot, step_path
from kmdigitize.records.digitized import DigitizedPanel
from kmdigitize.result import Doubt, PanelResult, Result
from kmdigitize.survival import km_steps, median, median_limits
from kmdigitize.verdicts import Agreement, Check

WIDEST = 1600
"""Pictures are reduced to this width (px): more than a screen or a printed page shows."""
SYMBOLS = {"agrees": "✓", "differs": "✗", "cannot say": "?"}
REMEDIES: tuple[tuple[tuple[str, ...], str, dict[str, Any]], ...] = (
    (("axis_", "figure_"), "An axis is wrong: state the values at its ends.", {"x_axis": [0, 60], "y_axis": [0, 1]}),
    (("arm_", "curves_ambiguous"), "Names are wrong or swapped: state them in the order shown.", {"arm_names": ["…"]}),
    (
        ("curve", "trace_", "not_a", "starts_"),
        "A curve is wrong: replace it by points (time, survival after each drop), or remove it.",
        {"arms": [{"curve": 1, "points": [[2.5, 0.98], [4, 0.95]]}, {"curve": 3, "remove": True}]},
    ),
    (
        ("risk_", "n_", "tail_"),
        "Numbers at risk are wrong or missing: state the table.",
        {"at_risk": {"times": [0, 12], "rows": {"…": [114, 95]}}},
    ),
    (
        ("events_", "hr_", "steps_", "inputs_"),
        "The text gives numbers that the figure leaves open: state them.",
        {"n": {"…": 114}, "events": {"…": 45}},
    ),
    (("censor_",), "Censor marks are wrong: state the times.", {"arms": [{"curve": 1, "censor_times": [3.5, 7.1]}]}),
)


@dataclass(frozen=True, slots=True)
class ArmRow:
    """One line of the table of arms; texts as shown."""

    name: str
    colour: str
    patients: str
    events: str
    median: str
    drops: int
    marks: str
    read: tuple[str, ...]
    rebuilt: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of the table of reported numbers; texts as shown."""

    quantity: str
    subject: str
    reported: str
    found: str
    interval: str
    verdict: str
    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class PanelView:
    """What the template shows of a panel."""

    title: str
    verdict: str
    symbol: str
    checks: tuple[CheckRow, ...]
    consistency: tuple[CheckRow, ...]
    arms: tuple[ArmRow, ...]
    risk_times: tuple[str, ...]
    plot: KmPlot
    hazards: tuple[SmallPlot, ...]
    over_figure: tuple[tuple[str, str, str], ...]
    box: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """How to correct one kind of fault: a sentence, the facts to state, and whether a flag asks for it."""

    sentence: str
    facts: str
    asked_for: bool


def write_report(result: Result, path: Path) -> None:
    """Write :func:`report_html` of ``result`` to ``path``."""
    path.write_text(report_html(result), encoding="utf-8")


def report_html(result: Result, overlay: Pixels | None = None) -> str:
    """The report as one self-contained HTML document; ``overlay`` saves drawing it again."""
    figure = result.digitized.figure
    template = _environment().get_template("report.html.j2")
    return template.render(
        result=result,
        figure=figure,
        overlay=_as_data(draw_overlay(result.digitized) if overlay is None else overlay),
        original=_as_data(figure.pixels),
        panels=[_panel_view(panel, len(result.panels) > 1) for panel in result.panels],
        flags=_flag_rows(result.doubts),
        remedies=_remedies(result),
        seconds=sorted(_stage_seconds(result).items(), key=lambda item: -item[1]),
    )


@functools.cache
def _environment() -> Environment:
    loader = PackageLoader("kmdigitize", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _as_data(pixels: Pixels) -> str:
    """The picture as a data URI (JPEG), at most ``WIDEST`` px wide."""
    height, width = pixels.shape[:2]
    if width > WIDEST:
        size = (WIDEST, round(height * WIDEST / width))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    how = (cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_OPTIMIZE, 1)
    encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), how)[1]
    return "data:image/jpeg;base64," + base64.b64encode(bytes(encoded)).decode("ascii")


def _stage_seconds(result: Result) -> dict[str, float]:
    return result.digitized.seconds | result.seconds


def _panel_view(panel: PanelResult, several: bool) -> PanelView:
    found = panel.digitized
    colours = arm_colours(found.arms)
    verdict = panel.agreement.verdict if panel.agreement is not None else ""
    ipds = [rebuilt.ipd for rebuilt in panel.reconstructions]
    ticks = sorted({tick.value for tick in found.scales.x_ticks if tick.value is not None and tick.inlier})
    times = _risk_times(found)
    return PanelView(
        title=" · ".join(
            filter(None, [f"Panel {panel.name}" if several else "", found.panel.title, found.scales.end_point])
        ),
        verdict=verdict,
        symbol=SYMBOLS.get(verdict, ""),
        checks=_check_rows(panel.agreement, "checks"),
        consistency=_check_rows(panel.agreement, "consistency"),
        arms=tuple(_arm_row(panel, index, hex_colour(colours[index]), times) for index in range(len(found.arms))),
        risk_times=tuple(f"{time:g}" for time in times),
        plot=km_plot(panel.reconstructions, colours, ticks, found.scales.time_unit),
        hazards=hazard_plots(ipds, colours),
        over_figure=_over_figure(panel, [hex_colour(colour) for colour in colours]),
        box=_view_box(found),
    )


def _risk_times(found: DigitizedPanel) -> list[float]:
    return sorted({float(t) for arm in found.arms if arm.at_risk is not None for t in arm.at_risk.time})


def _arm_row(panel: PanelResult, index: int, colour: str, times: list[float]) -> ArmRow:
    arm, rebuilt = panel.digitized.arms[index], panel.reconstructions[index]
    ipd = rebuilt.ipd
    middle, limits = median(ipd.time, ipd.event), median_limits(ipd.time, ipd.event)
    read = dict(zip(arm.at_risk.time, arm.at_risk.count, strict=True)) if arm.at_risk is not None else {}
    counts = ipd.n - np.searchsorted(ipd.time, np.array(times) - 1e-9, side="left")
    marks = arm.curve.censor_times
    return ArmRow(
        name=arm.name,
        colour=colour,
        patients=_with_interval(ipd.n, rebuilt.n_interval),
        events=_with_interval(ipd.events, rebuilt.events_interval),
        median=f"{_reached(middle)} ({_reached(limits[0])}–{_reached(limits[1])})",
        drops=arm.curve.time.size,
        marks="none drawn" if marks is None else str(marks.size),
        read=tuple(str(read.get(time, "–")) for time in times),
        rebuilt=tuple(str(count) for count in counts),
    )


def _with_interval(value: int, interval: tuple[float, float] | None) -> str:
    if interval is None or interval[0] == interval[1]:
        return str(value)
    return f"{value} ({math.floor(interval[0])}–{math.ceil(interval[1])})"


def _reached(value: float | None) -> str:
    return "NR" if value is None or not math.isfinite(value) else f"{value:.4g}"


def _check_rows(agreement: Agreement | None, which: str) -> tuple[CheckRow, ...]:
    checks: tuple[Check, ...] = getattr(agreement, which) if agreement is not None else ()
    return tuple(
        CheckRow(
            check.quantity,
            check.subject,
            check.reported,
            "–" if check.found is None else f"{check.found:.4g}",
            "" if check.interval is None else "–".join(map(_reached, check.interval)),
            check.verdict,
            SYMBOLS[check.verdict],
            check.reason,
        )
        for check in checks
    )


def _over_figure(panel: PanelResult, colours: list[str]) -> tuple[tuple[str, str, str], ...]:
    """(name, colour, SVG path in px of the figure) of the reconstruction of every arm."""
    scales = panel.digitized.scales
    paths = []
    for arm, rebuilt, colour in zip(panel.digitized.arms, panel.reconstructions, colours, strict=True):
        time, survival, _, _ = km_steps(rebuilt.ipd.time, rebuilt.ipd.event)
        end = min(float(rebuilt.ipd.time[-1]), arm.curve.last_time) if rebuilt.ipd.n else 0.0
        upward = scales.direction == "up"
        drawn, first = (1.0 - survival, 0.0) if upward else (survival, 1.0)
        paths.append((arm.name, colour, step_path(time, drawn, end, (scales.x, scales.y), first)))
    return tuple(paths)


def _view_box(found: DigitizedPanel) -> str:
    """The panel's frame with a margin, as an SVG view box in px of the figure."""
    frame = found.panel.frame
    box = frame.grown(0.14 * frame.width, 0.14 * frame.height)
    return f"{box.left + 0.5:.1f} {box.top + 0.5:.1f} {box.width:.1f} {box.height:.1f}"


def _flag_rows(doubts: tuple[Doubt, ...]) -> list[tuple[str, str, list[str]]]:
    """(code, meaning, details) of every code that occurs, each once."""
    details: dict[str, list[str]] = {}
    for doubt in doubts:
        details.setdefault(doubt.flag.code, []).extend([doubt.detail] if doubt.detail else [])
    return [(code, Flag(code).meaning, list(dict.fromkeys(texts))) for code, texts in details.items()]


def _remedies(result: Result) -> list[Remedy]:
    """Every remedy with the figure's own arm names in its example; those that a flag asks for come first."""
    names = [arm.name for panel in result.panels for arm in panel.digitized.arms] or ["A"]
    remedies = []
    for prefixes, sentence, facts in REMEDIES:
        example = {"schema": 1} | (facts if "arm_names" not in facts else {"arm_names": names})
        text = json.dumps(example, ensure_ascii=False).replace('"…"', json.dumps(names[0], ensure_ascii=False))
        remedies.append(Remedy(sentence, text, any(flag.code.startswith(prefixes) for flag in result.flags)))
    return sorted(remedies, key=lambda remedy: not remedy.asked_for)
