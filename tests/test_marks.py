"""Censor marks: found where drawn, of one kind and size, and nowhere else."""

import numpy as np
import pytest
from marks_drawing import coverage_of_curve, draw, evidence_of, trace_of, traced

from kmdigitize.detect.marks import find_marks
from kmdigitize.detect.marks_ground import ground_of
from kmdigitize.detect.marks_ink import MarkInk, own_ink, rows_of
from kmdigitize.detect.marks_render import MarkLook, stamps_of
from kmdigitize.detect.marks_scene import Places, Scene, draw_on, gains, likely_places, places_along, start_canvases
from kmdigitize.detect.marks_shapes import match, shape_of
from kmdigitize.detect.refine import refine_path
from kmdigitize.records.curves import StepPath, Trace
from kmdigitize.records.figure import Figure

PLACES = [(25, 20), (45, 20), (90, 45), (120, 45), (180, 70), (210, 70), (250, 95), (280, 95)]


@pytest.mark.parametrize("kind", ["vbar", "tick", "plus", "cross", "circle", "triangle"])
def test_isolated_marks_are_found_at_their_columns(kind):
    ink = coverage_of_curve()
    for x, y in PLACES:
        draw(ink, kind, x, y)
    (found,) = find_marks([evidence_of(ink)], traced(trace_of()))
    np.testing.assert_allclose([mark.x for mark in found.marks], [x for x, _ in PLACES], atol=0.6)
    np.testing.assert_allclose([mark.y for mark in found.marks], [y for _, y in PLACES], atol=0.6)
    # On a flat the horizontal stroke of a plus sign lies under the curve.
    assert {mark.kind for mark in found.marks} == {"vbar" if kind == "plus" else kind}
    assert found.mark_bands == ()


def test_a_figure_without_marks_has_none():
    (found,) = find_marks([evidence_of(coverage_of_curve())], traced(trace_of()))
    assert found.marks is None


def test_an_arm_without_marks_in_a_figure_with_marks_has_an_empty_tuple():
    ink = coverage_of_curve()
    for x, y in PLACES:
        draw(ink, "vbar", x, y)
    other = np.zeros_like(ink)
    evidences, seen = [evidence_of(ink), evidence_of(other, (200, 0, 0))], []

    def refined(again):
        seen.append(again)
        return trace_of(), trace_of(color=(200, 0, 0))

    marked, plain = find_marks(evidences, refined)
    assert len(marked.marks) == len(PLACES)
    assert plain.marks == ()
    assert [[new is old for new, old in zip(again, evidences, strict=True)] for again in seen] == [
        [True] * 2,
        [False, True],
    ]


def test_black_marks_on_a_coloured_curve_need_the_picture():
    pixels = np.full((120, 300, 3), 255, np.uint8)
    curve = coverage_of_curve()
    pixels[curve > 0] = (0, 0, 200)
    black = np.zeros_like(curve)
    for x, y in PLACES:
        draw(black, "vbar", x, y)
    pixels[black > 0] = 0
    curve[black > 0] = 0
    (blind,) = find_marks([evidence_of(curve)], traced(trace_of()))
    (found,) = find_marks([evidence_of(curve)], traced(trace_of()), Figure("f", pixels))
    assert blind.marks is None
    np.testing.assert_allclose([mark.x for mark in found.marks], [x for x, _ in PLACES], atol=0.6)


def test_marks_that_touch_are_a_band_with_an_estimated_number():
    ink = coverage_of_curve()
    for x, y in [(25, 20), (45, 20), (100, 45), (250, 95), (280, 95)]:
        draw(ink, "vbar", x, y)
    for x in range(170, 211):
        draw(ink, "vbar", x, 70)
    (found,) = find_marks([evidence_of(ink)], traced(trace_of()))
    ((first, last),) = found.mark_bands
    assert (first, last) == (pytest.approx(170, abs=1), pytest.approx(210, abs=1))
    single = [mark.x for mark in found.marks if not 165 < mark.x < 215]
    np.testing.assert_allclose(single, [25, 45, 100, 250, 280], atol=0.6)


def test_a_mark_at_the_foot_of_a_riser_is_found_by_its_lower_half():
    ink = coverage_of_curve()
    for x, y in [*PLACES, (150, 70)]:
        draw(ink, "vbar", x, y)
    (found,) = find_marks([evidence_of(ink)], traced(trace_of()))
    assert any(abs(mark.x - 150) < 1 for mark in found.marks)


def test_grid_lines_crossing_curves_and_axes_are_no_marks():
    ink = coverage_of_curve()
    ink[:, 110] = 1
    ink[:, 5] = 1
    occluded = np.zeros_like(ink)
    occluded[:, 255:258] = 1
    (found,) = find_marks([evidence_of(ink, occluded=occluded)], traced(trace_of()))
    assert found.marks is None


@pytest.mark.parametrize("kind", ["vbar", "circle", "cross"])
def test_one_mark_at_the_end_of_every_curve_is_found(kind):
    ink = coverage_of_curve()
    draw(ink, kind, 295, 95)
    (found,) = find_marks([evidence_of(ink)], traced(trace_of()))
    (mark,) = found.marks
    assert (mark.x, mark.y) == (pytest.approx(295, abs=1), 95)


def test_marks_of_two_arms_in_one_ink_belong_to_the_arm_on_whose_level_they_stand():
    doubt = np.full(1, 0.1)
    upper, lower = (Trace(5, 295, [row], [], doubt, [], np.ones(1), (0, 0, 0), stroke_px=2.0) for row in (40.0, 52.0))
    ink = np.zeros((120, 300), np.float32)
    ink[39:41, 5:296] = ink[51:53, 5:296] = 1
    above, below = [30, 90, 150, 240], [60, 90, 200, 270]
    for x, row in [(x, 40) for x in above] + [(x, 52) for x in below]:
        draw(ink, "vbar", x, row)
    evidence = evidence_of(ink, (0, 0, 0))
    first, second = find_marks([evidence, evidence], traced(upper, lower))
    np.testing.assert_allclose([mark.x for mark in first.marks], above, atol=0.6)
    np.testing.assert_allclose([mark.x for mark in second.marks], below, atol=0.6)


def test_a_line_that_goes_on_beyond_the_tips_is_worth_half_a_mark():
    ink = coverage_of_curve()
    draw(ink, "vbar", 250, 95)
    ink[80:111, 270] = 1
    evidence, trace = evidence_of(ink), trace_of()
    own = own_ink(evidence, (trace,), 0)
    scene = Scene(
        own, *start_canvases([own], [evidence], [trace], False), Places(np.array([250.0, 270]), np.full(2, 95.0))
    )
    look = MarkLook("vbar", 5.0, 1.0)
    mark, line = gains(look, scene).gain
    assert mark > 6
    scene = Scene(own, scene.canvas, places_along(own, trace, 0, (0.0,)))
    unlikely = np.setdiff1d(np.arange(scene.places.x.size), likely_places(look, scene, 2.0))
    assert 0 < unlikely.size < scene.places.x.size - 2
    assert gains(look, scene).gain[unlikely].max() < 2
    assert line == pytest.approx(mark / 2, abs=1)


@pytest.mark.parametrize("kind", ["vbar", "plus", "cross", "circle", "triangle", "tall triangle", "square"])
def test_a_drawn_mark_covers_as_much_wherever_it_sits_on_the_pixels(kind):
    cover = stamps_of(MarkLook(kind, 6.0, 2.0)).cover
    assert cover.sum(axis=0) == pytest.approx(cover.sum(axis=0).mean(), rel=0.05)
    assert 0 < cover.max() <= 1


def test_a_mark_at_a_riser_does_not_split_its_drop():
    ink = np.zeros((60, 300), np.float32)
    for top, left, bottom, right in ((19, 5, 22, 152), (19, 149, 33, 152), (30, 149, 33, 296)):
        ink[top:bottom, left:right] = 1
    for x, y in ((30, 20), (60, 20), (100, 20), (146, 20), (180, 31), (200, 31), (260, 31)):
        ink[y - 4 : y + 5, x : x + 2] = 1
    path = StepPath(5, np.repeat([20, 24, 31], [143, 2, 146]), np.ones(291, bool))
    assert refine_path(evidence_of(ink), path).risers.size > 1
    (found,) = find_marks([evidence_of(ink)], lambda seen: tuple(refine_path(each, path) for each in seen))
    assert found.marks is not None
    assert len(found.marks) == 7
    np.testing.assert_allclose(found.risers, [150], atol=0.2)
    np.testing.assert_allclose(found.levels, [20, 31], atol=0.1)


def test_ink_under_a_template_is_summed_where_it_says_anything() -> None:
    ink = np.zeros((9, 9), np.float32)
    ink[4, 2:7] = 0.5
    known = np.zeros(ink.shape, bool)
    known[4, 3] = True
    x, y = np.array([1.0, 4.0]), np.array([4.0, 4.0])
    arm = MarkInk(ink, known, ink, ink, known, x, y, y, np.ones(2), np.ones(2, bool), 2.0, 0)
    points = np.array([[-2, 0], [-1, 0], [0, 1], [2, 0]])
    ground = ground_of(arm, 2, 0.5)
    total, seen = ground.under(points, ground.here, False)
    assert (total.tolist(), seen.tolist()) == ([0.0, 1.0], [2, 3]), "outside the picture nothing is said"


@pytest.mark.parametrize("kind", ["cross", "circle", "triangle", "square"])
def test_only_outlines_that_cannot_fit_are_left_out(kind):
    ink = coverage_of_curve()
    for x, y in PLACES:
        draw(ink, "circle", x, y)
    evidence, trace = evidence_of(ink), trace_of()
    own = own_ink(evidence, (trace,), 0)
    shapes = [shape_of(kind, size, own.stroke) for size in (4.0, 5.0)]
    every, good = (match(shapes, ground_of(own, 20, least))[1][0] for least in (-1.0, 0.5))
    assert (every > 0.5).any() == (kind == "circle")
    np.testing.assert_array_equal(good[every >= 0.5], every[every >= 0.5])
    assert (every[good < 0.5] < 0.5).all()


@pytest.mark.parametrize("kind", ["vbar", "plus", "circle"])
def test_marks_far_enough_apart_leave_each_others_gains_alone(kind):
    look = MarkLook(kind, 5.0, 1.5)
    evidence, trace = evidence_of(coverage_of_curve()), trace_of()
    own = own_ink(evidence, (trace,), 0)
    (canvas,) = start_canvases([own], [evidence], [trace], False)
    scene = Scene(own, canvas, places_along(own, trace, 0, (0.0,)))
    before = gains(look, scene).gain
    draw_on(canvas, look, 150.0, 70.0)
    changed = np.flatnonzero(gains(look, scene).gain != before)
    wide, high = stamps_of(look).apart
    assert changed.size
    assert np.abs(scene.places.x[changed] - 150).max() <= wide
    assert np.abs(scene.places.y[changed] - 70).max() <= high


def test_a_curve_midway_between_two_rows_is_looked_for_on_the_same_row_everywhere():
    assert rows_of(np.array([2.5, 3.5, 4.4, 4.6])).tolist() == [3, 4, 4, 5]


def test_bars_are_plus_signs_if_crossbars_stand_clear_of_risers_and_then_not_marks_of_their_own():
    ink, bars = coverage_of_curve(), coverage_of_curve()
    beside = [(72, 45), (152, 70), (232, 95)]
    for x, y in PLACES + beside:
        draw(ink, "plus", x, y)
        draw(bars, "vbar", x, y)
    (found,) = find_marks([evidence_of(ink)], traced(trace_of()))
    assert {mark.kind for mark in found.marks} == {"plus"}
    np.testing.assert_allclose([mark.x for mark in found.marks], sorted(x for x, _ in PLACES + beside), atol=0.6)
    (plain,) = find_marks([evidence_of(bars)], traced(trace_of()))
    assert {mark.kind for mark in plain.marks} == {"vbar"}


def test_the_edge_of_a_thick_stroke_is_no_triangle():
    assert shape_of("tall triangle", 5.0, 10.0).inked.size == 0
    assert shape_of("tall triangle", 5.0, 2.0).inked.size > 0
