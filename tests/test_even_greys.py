"""Curves of several greys and line types in scans, told apart by their line types alone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from test_curves import draw, error, panel, sample, trace
from test_line_types import DASHED, DOTTED, MIXED, SOLID, along, drawn, sheet_of

from kmdigitize.detect import curves
from kmdigitize.detect.even_greys import best_explained, with_even_greys, with_first_evidence
from kmdigitize.detect.tracing import Arm
from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.curves import Evidence, StepPath
from kmdigitize.records.figure import Figure

PANEL = Panel("", Box(10, 10, 90, 90), Box(0, 0, 99, 99), 90, 10)
PAGE = Figure("", np.full((100, 100, 3), 250, np.uint8))
GREYS = [(110, 110, 110), (190, 190, 190), (150, 150, 150)]
TYPES = ("solid", "dotted", "dashdot")


def test_ink_becomes_as_pale_as_the_palest_sample_in_several_depths() -> None:
    legend = [sample(grey, dash) for grey, dash in zip(GREYS, TYPES, strict=True)]
    pixels = PAGE.pixels.copy()
    pixels[50, 20:80] = 60
    page = Figure("", pixels)
    evened = with_even_greys(page, PANEL, legend)
    assert [entry.color for entry in evened[0][1]] == [(181, 181, 181)] * 3  # 250 − 1.15 · 60
    assert [int(figure.pixels.min()) for figure, _ in evened] == [181, 190, 172]
    assert int(evened[0][0].pixels.max()) == 250


def test_a_frame_beside_the_picture_shows_no_paper() -> None:
    legend = [sample(grey, dash) for grey, dash in zip(GREYS, TYPES, strict=True)]
    beside = Panel("", Box(-60, 10, -20, 90), Box(-60, 0, -20, 99), 90, -60)
    assert with_even_greys(PAGE, beside, legend) == []


@pytest.mark.parametrize(
    "legend",
    [
        [sample(grey, dash) for grey, dash in zip(GREYS, ("solid", "dashed", "dashed"), strict=True)],
        [sample(GREYS[0], dash) for dash in TYPES],
        [sample(color, dash) for color, dash in zip(((200, 30, 30), *GREYS[1:]), TYPES, strict=True)],
        [],
    ],
)
def test_two_line_types_one_grey_and_colours_stay_as_they_are(legend: list) -> None:
    assert with_even_greys(PAGE, PANEL, legend) == []


def test_the_reading_that_explains_clearly_more_is_taken_unless_it_lacks_a_curve() -> None:
    rows = (SOLID, DASHED, DOTTED, MIXED)
    sheet = sheet_of(*(drawn(line) for line in rows))
    right, wrong = ([along(line, Arm(None, "solid")) for line in lines] for lines in (rows, (SOLID, SOLID, *rows[2:])))
    assert best_explained(sheet, [wrong, right]) == 1
    assert best_explained(sheet, [right, wrong]) == 0
    assert best_explained(sheet, [right, right]) == 0
    assert best_explained(sheet, [wrong, right[:3]]) == 0


def test_no_further_depths_are_tried_where_nothing_is_left_to_explain(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, patterns = panel(), ((9, 9), (3, 9))
    for name, pattern in zip(("high", "low", "lowest"), (None, *patterns), strict=True):
        draw(pixels, name, (90,) * 3, pattern, width=3)
    types = (("solid", ()), ("dashed", patterns[0]), ("dotted", patterns[1]))
    legend = [sample((grey,) * 3, *type_) for grey, type_ in zip((78, 90, 102), types, strict=True)]
    looked: list[object] = []
    found = curves._find_paths
    monkeypatch.setattr(curves, "_find_paths", lambda figure, *more: looked.append(figure) or found(figure, *more))
    trace(pixels, legend, 3)
    assert len(looked) == 2


def test_a_curve_of_both_readings_keeps_its_first_evidence_and_its_second_name() -> None:
    nothing = np.zeros((60, 40), np.float32)
    edged, even = (Evidence(nothing, nothing, 0, 0, (grey,) * 3, 2.0) for grey in (90, 190))
    seen = np.ones(40, np.bool_)
    first = [(edged, StepPath(0, np.full(40, 20), seen, "solid", 0))]
    second = [(even, StepPath(0, np.full(40, row), seen, "dashed", 1)) for row in (21, 50)]
    (evidence, path), other = with_first_evidence(second, first)
    assert evidence.color == (90, 90, 90)
    assert (int(path.rows[0]), path.dash, path.entry) == (20, "dashed", 1)
    assert other == second[1]


@pytest.mark.parametrize(
    ("patterns", "greys", "shown", "lengths"),
    [
        # The pen's width adds to dashes; blur takes as much from those of the second legend.
        (((9, 9), (3, 9)), (60, 150, 110), (85, 160, 180), ((11, 7), (5, 7))),
        (((12, 5), (4, 5)), (60, 120, 110), (70, 145, 150), ((12, 5), (4, 5))),
    ],
)
def test_dots_that_a_scan_leaves_pale_are_found_by_their_type(
    patterns: tuple[tuple[int, int], ...],
    greys: tuple[int, ...],
    shown: tuple[int, ...],
    lengths: tuple[tuple[int, int], ...],
) -> None:
    """The dotted line is as dark as the dashed one, but looks paler on the scan and its sample still more."""
    names, pixels = ("high", "low", "lowest"), panel()
    for name, grey, pattern in zip(names, greys, (None, *patterns), strict=True):
        draw(pixels, name, (grey,) * 3, pattern, width=3)
    noise = np.random.default_rng(0).normal(0, 3, pixels.shape[:2])[..., None]
    scan = np.clip(0.95 * cv2.GaussianBlur(pixels, (0, 0), 0.8) + 5 + noise, 0, 255).astype(np.uint8)
    types = (("solid", ()), ("dashed", lengths[0]), ("dotted", lengths[1]))
    legend = [sample((grey,) * 3, *type_) for grey, type_ in zip(shown, types, strict=True)]
    paths = {path.entry: path for _, path in trace(scan, legend, 3).paths}
    # A line that ends in a gap is seen up to there.
    for i, name in enumerate(names):
        rows, seen = (np.pad(part, (0, 9), "edge") for part in (paths[i].rows, paths[i].seen))
        assert error(replace(paths[i], rows=rows, seen=seen), name) < 0.01
