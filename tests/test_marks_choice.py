"""Which of the candidates is the figure's mark, and whether one is drawn at all, told by all marks drawn together."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from marks_drawing import LEVELS, RISERS, coverage_of_curve, draw, evidence_of, trace_of, traced

from kmdigitize.detect.marks import find_marks
from kmdigitize.detect.marks_belief import Shown, is_plausible, on_every_arm, shown_by
from kmdigitize.detect.marks_choice import Drawing
from kmdigitize.detect.marks_ink import own_ink
from kmdigitize.detect.marks_looks import Look
from kmdigitize.detect.marks_pursuit import Taken
from kmdigitize.detect.marks_render import MarkLook
from kmdigitize.detect.marks_scene import draw_on, scenes_along

SPREAD = (20, 35, 60, 90, 105, 130, 170, 190, 215, 250, 270)
CROWDED = (20, 23, 26, 90, 93, 97, 170, 174, 178, 181, 250, 254, 258)


def row_at(x: int) -> int:
    return int(LEVELS[int(np.searchsorted(RISERS, x))])


def marked(kind, columns, half, blur):
    """A curve with marks, out of focus by ``blur`` px."""
    ink = coverage_of_curve()
    for x in columns:
        draw(ink, kind, x, row_at(x), half)
    return cv2.GaussianBlur(ink, (0, 0), blur)


def find_on_two_arms(first, second):
    colors = (0, 0, 200), (200, 0, 0)
    evidences = [evidence_of(ink, color) for ink, color in zip((first, second), colors, strict=True)]
    return find_marks(evidences, traced(*(trace_of(color) for color in colors)))


def test_thick_rings_that_touch_are_rings_and_no_bars():
    """Each side of a ring is a perfect bar to a template; drawn, twice as many bars explain less than the rings do."""
    ink = coverage_of_curve()
    places = [*range(90, 140, 8), *range(165, 220, 8)]
    for x in places:
        ring = np.zeros(ink.shape, np.uint8)
        cv2.circle(ring, (x, row_at(x)), 5, 1, 2)
        ink[ring > 0] = 1
    (found,) = find_marks([evidence_of(ink)], traced(trace_of()))
    assert {mark.kind for mark in found.marks} == {"circle"}
    np.testing.assert_allclose([mark.x for mark in found.marks], places, atol=1.0)


def test_small_blurred_crosses_are_no_pairs_of_bars():
    for found in find_on_two_arms(marked("cross", SPREAD, 3, 0.6), marked("cross", [x + 5 for x in SPREAD], 3, 0.6)):
        assert {mark.kind for mark in found.marks} == {"cross"}
        assert len(found.marks) == len(SPREAD)


def test_marks_that_no_candidate_shows_are_believed_if_they_explain_what_every_arm_shows():
    crowd = marked("cross", CROWDED, 4, 1.0)
    first, second = find_on_two_arms(crowd, marked("cross", [x + 5 for x in CROWDED], 4, 1.0))
    at = np.array([mark.x for mark in first.marks])
    assert max(np.min(np.abs(at - x)) for x in CROWDED) <= 3.0
    assert second.marks
    only, plain = find_on_two_arms(crowd, marked("cross", (), 4, 1.0))
    assert only.marks is None
    assert plain.marks is None


@pytest.mark.parametrize("blur", [0.0, 0.6])
@pytest.mark.parametrize("rows", [5, -9])
def test_ticks_that_are_clear_themselves_are_believed_beside_a_dashed_limit(rows, blur):
    """What the limit leaves unexplained along the curve is far more than what the ticks explain."""

    def arm(columns):
        ink = coverage_of_curve()
        for x in columns:
            draw(ink, "tick", x, row_at(x))
        for x in range(8, 292):
            if x % 10 < 5:
                ink[row_at(x) + rows : row_at(x) + rows + 2, x] = 1
        return cv2.GaussianBlur(ink, (0, 0), blur) if blur else ink

    for found in find_on_two_arms(arm(SPREAD), arm(SPREAD)):
        np.testing.assert_allclose([mark.x for mark in found.marks], SPREAD, atol=0.6)
    assert [found.marks for found in find_on_two_arms(arm(()), arm(()))] == [None, None]


@pytest.fixture
def bars():
    """Five bars drawn on one arm, and its ink."""
    ink = coverage_of_curve()
    for x in SPREAD[:5]:
        draw(ink, "vbar", x, row_at(x))
    evidences, traces = [evidence_of(ink)], (trace_of(),)
    inks = [own_ink(evidences[0], traces, 0)]
    places = [[(float(x), float(row_at(x))) for x in SPREAD[:5]]]
    candidate = Look(30.0, 0.9, 0.5, "vbar", 5.0, inks)
    drawing = Drawing(candidate, MarkLook("vbar", 5.0, 1.0), Taken(places, 30.0))
    return drawing, lambda: scenes_along((inks, evidences, traces), (0.0,), False)


def test_bars_where_bars_are_drawn_explain_nearly_all_that_is_left_over(bars):
    drawing, scenes = bars
    shown = shown_by(drawing, scenes())
    assert shown.marks == shown.clear == [5]
    assert shown.shares[0] > 0.6
    assert on_every_arm(drawing, shown)
    some = replace(drawing, taken=Taken([drawing.taken.places[0][:2]], 12.0))
    less = shown_by(some, scenes())
    assert less.shares[0] == pytest.approx(0.4 * shown.shares[0], abs=0.1)
    assert not on_every_arm(some, less)


def test_what_marks_explain_does_not_depend_on_ink_far_from_the_curve(bars):
    drawing, scenes = bars
    (near,) = scenes()
    cover = near.ink.cover.copy()
    draw_on(cover, drawing.look, 30.0, 100.0)
    far = replace(near, ink=replace(near.ink, cover=cover))
    assert shown_by(drawing, [far]).shares == pytest.approx(shown_by(drawing, scenes()).shares)


def test_letters_and_edges_of_strokes_are_no_marks_however_well_they_fit(bars):
    drawing, _ = bars
    half = Shown([7, 0], [5, 0], [0.9, 0.0], 0.6)
    assert is_plausible(drawing, half)
    assert not is_plausible(replace(drawing, look=MarkLook("square", 5.0, 1.0)), half)
    letter = Shown([1, 0], [0, 0], [0.7, 0.0], 0.6)
    assert not is_plausible(replace(drawing, look=MarkLook("circle", 5.0, 1.0)), letter)
    hairs = replace(drawing, look=MarkLook("vbar", 5.0, 0.2))
    assert not is_plausible(hairs, replace(half, worth=0.36))
    assert is_plausible(hairs, half)
