"""The report: self-contained, escaped, complete."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kmdigitize.agreement import compare
from kmdigitize.facts import facts_from
from kmdigitize.flags import Flag
from kmdigitize.geometry import AxisScale
from kmdigitize.hazard_plots import hazard_plots
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import IPD, Draw, PatientTable, Reconstruction, ReconstructionInputs
from kmdigitize.plots import km_plot, step_path
from kmdigitize.report import report_html, write_report
from kmdigitize.reported import Reported, ReportedArm
from kmdigitize.result import PanelResult, Provenance, Result
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial
from kmdigitize.synthetic.perfect import perfect_digitization

VOID = {"meta", "img", "br", "link", "input", "image", "path", "use"}


def make_result(names: tuple[str, str] = ("Control", "Treatment"), upward: bool = False) -> Result:
    """A small result with one number that agrees and one that differs."""
    trial = simulate_trial(TrialRecipe(n=30, arms=names), 2)
    found = perfect_digitization(draw_figure([trial], FigureStyle(width_in=5, height_in=4, upward=upward), "fig-1"))
    panel = found.panels[0]
    rebuilt = tuple(
        reconstruct(ReconstructionInputs(a.curve, a.at_risk, a.n, arm=a.name, panel="1"), "guyot") for a in panel.arms
    )
    reported = Reported(arms=(ReportedArm(name=names[0], n=30), ReportedArm(name=names[1], n=29)))
    agreement = compare([r.ipd for r in rebuilt], reported)
    facts = facts_from({"schema": 1, "sample": "Simulated <trial>"}, "test")
    provenance = Provenance("1.2.3", "abc", "guyot", 0, "3.12", {"numpy": "2.0"})
    return Result(found, (PanelResult(panel, rebuilt, reported, agreement),), facts, provenance, {"read": 0.1})


RESULT = make_result()
HTML = report_html(RESULT)


class Outline(HTMLParser):
    """Checks that tags are closed in order; collects what is needed to judge accessibility."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_document_is_well_formed_and_self_contained() -> None:
    outline = Outline(HTML)
    assert outline.open == []
    assert "<script" not in HTML
    for tag, attributes in outline.seen:
        for name in ("src", "href"):
            link = attributes.get(name)
            assert link is None or link.startswith(("data:image/", "#")), (tag, link)
    assert not re.search(r"url\(|@import|http", HTML.split("</style>")[0])
    assert len(HTML) < 300_000


def test_pictures_have_alternatives_and_tables_have_headers() -> None:
    seen = Outline(HTML).seen
    ids = {attributes["id"] for _, attributes in seen if "id" in attributes}
    assert all(attributes.get("alt") for tag, attributes in seen if tag == "img")
    drawn = [attributes for tag, attributes in seen if tag == "svg" and attributes.get("aria-hidden") != "true"]
    assert drawn
    assert all(svg["role"] == "img" and svg["aria-labelledby"] in ids for svg in drawn)
    tables = HTML.split("<table>")[1:]
    assert tables
    assert all('<th scope="col"' in table and "<caption>" in table for table in tables)
    assert ("html", {"lang": "en"}) in seen
    levels = [int(tag[1]) for tag, _ in seen if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def luminance(colour: str) -> float:
    """Relative luminance of #rgb or #rrggbb as WCAG 2 defines it."""
    digits = colour.lstrip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_text_has_contrast_in_light_dark_and_print() -> None:
    style = HTML.split("<style>")[1].split("</style>")[0]
    schemes = [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in style.split(":root")[1:]]
    assert len(schemes) == 3
    pairs = [(text, "page") for text in ("text", "muted", "link", "good", "bad", "open")]
    pairs += [
        ("good", "good-back"),
        ("bad", "bad-back"),
        ("open", "open-back"),
        ("text", "card"),
        ("text", "open-back"),
    ]
    for scheme in schemes:
        for text, back in pairs:
            low, high = sorted((luminance(scheme[text]), luminance(scheme[back])))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, back, scheme)


def test_verdict_flags_seconds_and_sample_are_shown() -> None:
    flagged = replace(RESULT, digitized=replace(RESULT.digitized, flags=(Flag("axis_few_labels", "only 2 on x"),)))
    text = report_html(flagged)
    assert "✗ differs" in text
    assert "✓ agrees" in text
    assert "30 reconstructed, 29 reported" in text
    assert "only 2 on x" in text
    assert Flag("axis_few_labels").meaning in text
    assert text.index("State".lower() + " the values at its ends") < text.index("Numbers at risk are wrong")
    assert "0.10" in text
    assert "Simulated &lt;trial&gt;" in text
    assert "fig-1.facts.json" in text


def test_doubts_name_the_arm_and_among_several_panels_the_panel() -> None:
    panel = RESULT.panels[0]
    doubted = replace(panel.digitized.arms[1], flags=(Flag("curves_overlap", "a third"),))
    arms = (panel.digitized.arms[0], doubted, *panel.digitized.arms[2:])
    flagged = replace(panel, digitized=replace(panel.digitized, arms=arms))
    assert f"{doubted.name}: a third" in report_html(replace(RESULT, panels=(flagged,)))
    twice = replace(RESULT, panels=(flagged, flagged))
    assert f"panel {panel.name}, {doubted.name}: a third" in report_html(twice)
    assert twice.flags.count(Flag("curves_overlap", "a third")) == 1


def test_what_comes_from_the_file_is_escaped() -> None:
    text = report_html(make_result(('<script>alert("x")</script>', "A & B' onload=1")))
    assert "<script" not in text
    assert "A &amp; B&#39;" in text
    assert Outline(text).open == []


def test_without_reported_numbers_it_says_so() -> None:
    panel = replace(RESULT.panels[0], agreement=None, reported=None)
    text = report_html(replace(RESULT, panels=(panel,)))
    assert "there is no verdict" in text


def test_a_figure_without_panels_has_a_report(tmp_path: Path) -> None:
    write_report(replace(RESULT, panels=()), tmp_path / "r.html")
    assert "fig-1" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("upward", [False, True])
def test_the_reconstruction_lies_on_the_curve(upward: bool) -> None:
    result = make_result(upward=upward)
    text = report_html(result)
    trace = result.panels[0].digitized.arms[0].trace
    assert trace is not None
    over = text.split('id="over-1"')[1]
    path = re.search(r'<path d="M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)', over)
    assert path is not None
    assert [float(v) for v in path.groups()] == pytest.approx(
        [trace.start, trace.levels[0], trace.risers[0], trace.levels[1]], abs=0.02
    )


def test_hazard_plots_by_hand() -> None:
    first = IPD("1", "A", np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    second = IPD("1", "B", np.array([1.0, 4.0]), np.array([False, True]))
    hazard, log_log, difference = hazard_plots([first, second], [(0, 0, 0), (200, 0, 0)])
    # Nelson-Aalen of A: 1/3, then 1/3 + 1/2; axes run over round numbers around all values.
    left, top, right, bottom = hazard.frame
    assert [label for _, label in hazard.y_ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    xs, ys = corners(hazard.lines[0][2])
    np.testing.assert_allclose((np.array(ys) - bottom) / (top - bottom), [0, 0, 1 / 3, 1 / 3, 5 / 6, 5 / 6], atol=1e-3)
    np.testing.assert_allclose((np.array(xs) - left) / (right - left) * 4, [0, 1, 1, 2, 2, 3], atol=1e-2)
    assert len(log_log.lines) == 1  # B falls from 1 straight to 0
    assert [line[3] for line in difference.lines] == [True, False]
    assert "A − B" in difference.title


def corners(path: str) -> tuple[list[float], list[float]]:
    """x and y of the corners of a path of straight lines."""
    pairs = [point.split() for point in path.strip("MZ").split("L")]
    return [float(x) for x, _ in pairs], [float(y) for _, y in pairs]


def test_no_hazard_plots_without_events() -> None:
    alive = IPD("1", "A", np.array([1.0, 2.0]), np.array([False, False]))
    assert hazard_plots([alive], [(0, 0, 0)]) == ()


def test_draws_become_a_band() -> None:
    one = rebuilt_as(IPD("1", "A", np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, True, False])))
    draws = (Draw(one.ipd.time, one.ipd.event), Draw(one.ipd.time + 0.5, one.ipd.event))
    without, with_draws = (km_plot([r], [(0, 0, 0)], []).arms[0] for r in (one, replace(one, draws=draws)))
    assert without.digitization == ""
    assert with_draws.digitization.endswith("Z")


def rebuilt_as(ipd: IPD) -> Reconstruction:
    """A reconstruction that holds some patients."""
    empty = np.array([])
    return Reconstruction(ipd, "guyot", PatientTable(empty, empty.astype(int), empty.astype(int), empty.astype(int)))


def test_step_path_by_hand() -> None:
    x, y = AxisScale(1.0, 0.0), AxisScale(-0.1, 1.0)
    path = step_path(np.array([2.0, 5.0, 9.0]), np.array([0.5, 0.25, 0.0]), 6.0, (x, y))
    assert path == "M0.00 -0.00H2.00V5.00H5.00V7.50H6.00"


def test_plot_of_nobody_and_of_everybody_dead() -> None:
    nobody = IPD("1", "none", np.array([]), np.array([], dtype=bool))
    dead = IPD("1", "a name that is far too long for a plot", np.array([1.0, 2.0]), np.array([True, True]))
    plot = km_plot([rebuilt_as(nobody), rebuilt_as(dead)], [(0, 0, 0), (200, 0, 0)], [])
    assert [count for _, count in plot.arms[1].at_risk][:2] == [2, 2]
    assert len(plot.arms[1].name) <= 26
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{plot.arms[1].band}"/></svg>'
    assert ET.fromstring(svg)[0].get("d", "").endswith("Z")
    assert "nan" not in plot.arms[1].band + plot.arms[1].curve


def test_counts_have_whole_limits_and_an_open_interval_says_so() -> None:
    panel = RESULT.panels[0]
    rebuilt = tuple(replace(one, n_interval=(40.2, 61.7)) for one in panel.reconstructions)
    agreement = panel.agreement
    assert agreement is not None
    checks = (replace(agreement.checks[0], interval=(12.5, math.inf)), *agreement.checks[1:])
    shown = replace(panel, reconstructions=rebuilt, agreement=replace(agreement, checks=checks))
    text = report_html(replace(RESULT, panels=(shown,)))
    assert "(40–62)" in text
    assert "12.5–NR" in text
    assert "inf" not in re.findall(r"<td[^>]*>([^<]*)</td>", text)
