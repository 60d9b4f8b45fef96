"""Curves that run on beyond the end of the axis line are followed to their end, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest
from test_curves import BOTTOM, LEFT, RIGHT, TOP, draw, panel

from kmdigitize import route
from kmdigitize.detect.beyond import end_of_curves
from kmdigitize.detect.curves import find_paths
from kmdigitize.geometry import AxisScale, Box
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.route import traces_of
from kmdigitize.settings import DEFAULT_SETTINGS

RED, BLUE = (200, 30, 30), (30, 30, 200)
CURVES = [("high", RED, None), ("low", BLUE, None)]
SCALES = Scales(AxisScale.through((LEFT, RIGHT), (0, 300)), AxisScale.through((BOTTOM, TOP), (0.0, 1.0)))


def panel_to(right):
    frame = Box(LEFT - 1, TOP, right, BOTTOM + 1)
    return Panel("1", frame, frame, BOTTOM + 1, LEFT - 1, 1.0)


def end_of(pixels, box, tokens=()):
    figure = Figure("drawn", pixels)
    found = find_paths(figure, box, SCALES, (), (), None)
    return end_of_curves(figure, box, found.paths, tokens)


def test_an_axis_cut_in_the_middle_cuts_no_curve():
    pixels = panel(*CURVES)
    pixels[BOTTOM + 1, LEFT + 150 :] = 255
    traces, scales = traces_of(
        Figure("cut", pixels), panel_to(LEFT + 150), SCALES, ((), (), None), None, DEFAULT_SETTINGS
    )
    assert [flag.code for flag in scales.flags] == ["axis_ends_early"]
    assert sorted(trace.end - LEFT for trace in traces) == pytest.approx([280, 290], abs=2)


def test_a_curve_is_refined_again_only_where_something_else_hides_it(monkeypatch):
    asked, refine_path = [], route.refine_path
    monkeypatch.setattr(route, "refine_path", lambda *about: asked.append(about) or refine_path(*about))

    def twice(evidences, refine, *_):
        first, second = evidences
        refine(evidences)
        return refine([replace(first, occluded=first.occluded), second])

    monkeypatch.setattr(route, "find_marks", twice)
    traces, _ = traces_of(
        Figure("twice", panel(*CURVES)), panel_to(RIGHT), SCALES, ((), (), None), None, DEFAULT_SETTINGS
    )
    assert len(traces) == 2
    assert len(asked) == 3


def test_a_broken_line_is_followed_over_its_gaps():
    pixels = panel(("high", RED, (8, 4)))
    assert end_of(pixels, panel_to(LEFT + 150)) == pytest.approx(LEFT + 290, abs=5)


def test_curves_inside_their_axis_end_where_they_end():
    assert end_of(panel(*CURVES), panel_to(RIGHT)) is None


def test_a_mark_or_a_cap_at_the_very_end_is_no_further_curve():
    pixels = panel(("high", RED, None))
    right = LEFT + 285
    row = round(BOTTOM - 0.62 * 200)
    pixels[row - 6 : row + 6, right + 4 : right + 6] = RED
    assert end_of(pixels, panel_to(right)) is None


def test_a_closed_frame_ends_all_curves():
    pixels = panel(*CURVES)
    assert end_of(pixels, replace(panel_to(LEFT + 150), closed_right=True)) is None


def test_a_legend_or_a_label_beside_the_end_is_no_further_curve():
    pixels = np.pad(panel(("high", RED, None)), ((0, 0), (0, 100), (0, 0)), constant_values=255)
    row = round(BOTTOM - 0.62 * 200)
    pixels[row - 1 : row + 1, LEFT + 312 : LEFT + 340] = RED
    assert end_of(pixels, panel_to(LEFT + 288)) is None
    pixels[row - 1 : row + 1, LEFT + 290 : LEFT + 340] = RED
    label = TextToken("High", Box(LEFT + 291, row - 5, LEFT + 341, row + 5))
    assert end_of(pixels, panel_to(LEFT + 288)) is not None
    assert end_of(pixels, panel_to(LEFT + 288), [label]) is None


def test_a_picture_that_ends_with_the_frame_ends_all_curves():
    pixels = panel(*CURVES)[:, : LEFT + 151]
    assert end_of(np.ascontiguousarray(pixels), panel_to(LEFT + 150)) is None


def test_upward_curves_too():
    pixels = panel()
    draw(pixels, "high", RED, up=True)
    figure, box = Figure("up", pixels), panel_to(LEFT + 150)
    found = find_paths(figure, box, replace(SCALES, direction="up"), (), (), None)
    assert end_of_curves(figure, box, found.paths, ()) == pytest.approx(LEFT + 290, abs=3)
