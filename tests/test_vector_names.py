"""Names of drawn lines: by look, and where all look alike by the label at the line's end."""

from __future__ import annotations

import numpy as np
import pytest
from pdf_writer import axes, text, write_pdf
from vector_figures import BOTTOM, HEIGHT, LEFT, WIDTH, corners

from kmdigitize.geometry import Box
from kmdigitize.pipeline import digitize
from kmdigitize.records.printed import LegendEntry
from kmdigitize.sources.pdf import read_pdf
from kmdigitize.vector.looks import Look, Strand
from kmdigitize.vector.names import matched_entries

BLACK, RED = (0, 0, 0), (200, 30, 30)


def line(end, color=BLACK, dash=()):
    return Strand(np.array([[0.0, 10.0], [300.0, end]]), Look(color, 2.0, dash), 0)


def label(text, row, color=BLACK):
    box = Box(305, row - 6, 365, row + 6)
    return LegendEntry(text, box, None, color, "solid", 2.0, place="direct")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_lines_of_one_look_take_the_labels_at_their_ends(order):
    rows = [100.0, 150.0, 163.0]
    lines = [line(rows[i] + 1) for i in order]
    assert matched_entries(lines, [label("A", 100), label("B", 150), label("C", 163)]) == list(order)


def test_a_line_without_a_label_leaves_the_labels_to_those_beside_them():
    assert matched_entries([line(150), line(163), line(100)], [label("C", 162), label("A", 101)]) == [None, 0, 1]


def test_looks_come_before_places():
    lines = [line(100, RED), line(150)]
    assert matched_entries(lines, [label("A", 100), label("B", 150, RED)]) == [1, 0]


def test_without_samples_nothing_is_matched():
    assert matched_entries([line(100)], [LegendEntry("A", Box(0, 0, 10, 10))]) == [None]
    assert matched_entries([], [label("A", 100)]) == []


@pytest.mark.parametrize("sampled", [True, False])
def test_an_arm_without_events_runs_through_the_panel_like_its_sample(sampled):
    """Without the sample, it may as well be the frame."""
    points = " ".join(f"{x:.2f} {y:.2f} l" for x, y in corners()[1:])
    curve = f"q 1.2 w {corners()[0][0]} {corners()[0][1]} m {points} S Q\n"
    places = " ".join(f"{LEFT + WIDTH * t / 50} {BOTTOM + HEIGHT} l" for t in (11, 32, 50))
    level = f"q 1.2 w [6 4] 0 d {LEFT} {BOTTOM + HEIGHT} m {places} S Q\n"
    samples = "q 1.2 w 200 220 m 224 220 l S [6 4] 0 d 200 205 m 224 205 l S Q\n"
    words = text(230, 217, "Old") + text(230, 202, "New")
    (figure,) = read_pdf(write_pdf(axes() + curve + level + (samples + words if sampled else "")), "one.pdf")
    (panel,) = digitize(figure).panels
    assert [arm.name for arm in panel.arms] == (["Old", "New"] if sampled else ["arm 1"])
    assert [arm.curve.time.size for arm in panel.arms[1:]] == ([0] if sampled else [])  # no drops


@pytest.mark.parametrize(("words", "doubts"), [("P = .002", 1), ("Median 29 months", 0)])
def test_a_comparison_that_is_printed_beside_a_single_curve_is_a_doubt(words, doubts):
    points = " ".join(f"{x:.2f} {y:.2f} l" for x, y in corners()[1:])
    curve = f"q 1 w {corners()[0][0]} {corners()[0][1]} m {points} S Q\n"
    (figure,) = read_pdf(write_pdf(axes() + curve + text(220, 230, words)), "one.pdf")
    (panel,) = digitize(figure).panels
    assert [flag.code for flag in panel.flags].count("curve_count_doubtful") == doubts
