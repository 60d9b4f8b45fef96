"""Censor marks of every shape, each at its exact time and on its own curve."""

import numpy as np
import pytest
from pdf_writer import axes, text, write_pdf
from vector_figures import BOTTOM, HEIGHT, LEFT, WIDTH, corners, traced

from kmdigitize.sources.pdf import read_pdf

CENSORED = np.array([2.0, 7.0, 14.2, 25.0, 25.1, 33.3, 46.9])


def place(t):
    s = np.concatenate([[1.0], [0.95, 0.88, 0.80, 0.71, 0.60, 0.55, 0.42, 0.30]])
    at = np.searchsorted([3.0, 5.5, 9.0, 14.2, 21.0, 22.5, 30.1, 41.0], t, side="right")
    return LEFT + WIDTH * t / 50, BOTTOM + HEIGHT * s[at]


def curve(color="0.8 0 0"):
    p = corners()
    return (
        f"q {color} RG 1.2 w {p[0][0]:.3f} {p[0][1]:.3f} m "
        + " ".join(f"{x:.3f} {y:.3f} l" for x, y in p[1:])
        + " S Q\n"
    )


def tick(x, y):
    return f"{x:.3f} {y:.3f} m {x:.3f} {y + 5:.3f} l S\n"


def bar(x, y):
    return f"{x:.3f} {y - 3:.3f} m {x:.3f} {y + 3:.3f} l S\n"


def plus(x, y):
    return f"{x - 3:.3f} {y:.3f} m {x + 3:.3f} {y:.3f} l S {x:.3f} {y - 3:.3f} m {x:.3f} {y + 3:.3f} l S\n"


def cross(x, y):
    return (
        f"{x - 3:.3f} {y - 3:.3f} m {x + 3:.3f} {y + 3:.3f} l {x - 3:.3f} {y + 3:.3f} m {x + 3:.3f} {y - 3:.3f} l S\n"
    )


def circle(x, y, r=2.5, k=1.38):
    return (
        f"{x + r:.3f} {y:.3f} m {x + r:.3f} {y + k:.3f} {x + k:.3f} {y + r:.3f} {x:.3f} {y + r:.3f} c "
        f"{x - k:.3f} {y + r:.3f} {x - r:.3f} {y + k:.3f} {x - r:.3f} {y:.3f} c "
        f"{x - r:.3f} {y - k:.3f} {x - k:.3f} {y - r:.3f} {x:.3f} {y - r:.3f} c "
        f"{x + k:.3f} {y - r:.3f} {x + r:.3f} {y - k:.3f} {x + r:.3f} {y:.3f} c h S\n"
    )


def square(x, y):
    return f"{x - 2:.3f} {y - 2:.3f} 4 4 re S\n"


def triangle(x, y):
    return f"{x - 3:.3f} {y - 2:.3f} m {x + 3:.3f} {y - 2:.3f} l {x:.3f} {y + 3:.3f} l h f\n"


def dingbat(x, y):
    """A filled circle of a symbol font, centred by its advance width (0.791) and height (0.696)."""
    return text(x - 0.791 * 3, y - 0.347 * 6, "l", 6, "F2")


def assert_marks(found, scales):
    np.testing.assert_allclose(scales.x.to_value(np.array([mark.x for mark in found])), CENSORED, atol=0.025)


SHAPES = {
    "tick": (tick, "tick"),
    "bar": (bar, "tick"),
    "plus": (plus, "plus"),
    "cross": (cross, "cross"),
    "circle": (circle, "circle"),
    "square": (square, "square"),
    "triangle": (triangle, "triangle"),
    "dingbat": (dingbat, None),
}


@pytest.mark.parametrize(("draw", "kind"), SHAPES.values(), ids=SHAPES)
def test_marks_of_every_shape_are_exact(draw, kind):
    marks = "q 0.8 0 0 RG 0.8 0 0 rg 0.6 w " + "".join(draw(*place(t)) for t in CENSORED) + "Q\n"
    (figure,) = read_pdf(write_pdf(axes() + curve() + marks), "one.pdf")
    (trace,), scales, _ = traced(figure)
    assert_marks(trace.marks, scales)
    assert kind is None or {mark.kind for mark in trace.marks} == {kind}


def test_marks_as_form_objects_are_exact():
    marks = "".join(f"q 1 0 0 1 {x:.3f} {y:.3f} cm /Mark Do Q\n" for x, y in map(place, CENSORED))
    form = "0.8 0 0 RG 0.6 w " + plus(0, 0)
    (figure,) = read_pdf(write_pdf(axes() + curve() + marks, forms={"Mark": form}), "one.pdf")
    (trace,), scales, _ = traced(figure)
    assert_marks(trace.marks, scales)


def test_black_marks_on_two_coloured_curves_go_to_the_curve_they_sit_on():
    flat = f"q 0 0 0.8 RG 1.2 w {LEFT} 260 m {LEFT + 50} 260 l {LEFT + 50} 252 l {LEFT + 240} 252 l {LEFT + 240} 250 l "
    flat += f"{LEFT + 245} 250 l S Q\n"
    marks = (
        "q 0.6 w " + "".join(plus(*place(t)) for t in CENSORED) + plus(LEFT + 100, 252) + plus(LEFT + 150, 252) + "Q\n"
    )
    (figure,) = read_pdf(write_pdf(axes() + curve() + flat + marks), "one.pdf")
    traces, scales, _ = traced(figure)
    assert [len(trace.marks) for trace in traces] == [len(CENSORED), 2]
    assert_marks(traces[0].marks, scales)


def test_curve_without_marks_beside_one_with_marks_has_none_of_its_own():
    other = f"q 0 0 0.8 RG 1.2 w {LEFT} 260 m {LEFT + 50} 260 l {LEFT + 50} 252 l {LEFT + 240} 252 l S Q\n"
    marks = "q 0.8 0 0 RG 0.6 w " + "".join(plus(*place(t)) for t in CENSORED[1:]) + "Q\n"
    (figure,) = read_pdf(write_pdf(axes() + curve() + other + marks), "one.pdf")
    traces, _, _ = traced(figure)
    assert [len(trace.marks) for trace in traces] == [len(CENSORED) - 1, 0]


def test_marks_of_a_curve_that_runs_on_behind_the_axis_are_seen():
    end = 62.0
    drawn = corners(end=end)
    path = f"q 0.8 0 0 RG 1.2 w {drawn[0][0]:.3f} {drawn[0][1]:.3f} m "
    path += " ".join(f"{x:.3f} {y:.3f} l" for x, y in drawn[1:]) + " S Q\n"
    marks = "q 0.8 0 0 RG 0.6 w " + "".join(plus(*place(t)) for t in (*CENSORED, end)) + "Q\n"
    (figure,) = read_pdf(write_pdf(axes() + path + marks, size=(460, 288)), "one.pdf")
    (trace,), scales, _ = traced(figure)
    assert_marks(trace.marks[:-1], scales)
    assert scales.x.to_value(trace.marks[-1].x) == pytest.approx(end, abs=0.025)


@pytest.mark.parametrize("aside", [0.0, 0.3])
def test_letters_that_a_device_puts_aside_are_moved_back_as_the_legend_shows(aside):
    """The mark just behind the drop at 30.1 would otherwise lie before it, off the curve."""
    times = np.array([2.0, 7.0, 25.0, 30.14, 33.3])
    marks = "0.8 0 0 rg " + "".join(dingbat(x + aside, y) for x, y in map(place, times))
    keys = "".join(f"{x} 240 m {x + 20} 240 l S\n" + dingbat(x + 10 + aside, 240) for x in (200, 250))
    (figure,) = read_pdf(write_pdf(axes() + curve() + f"q 0.8 0 0 RG 1.2 w {marks}{keys}Q\n"), "one.pdf")
    (trace,), scales, _ = traced(figure)
    np.testing.assert_allclose(scales.x.to_value(np.array([m.x for m in trace.marks])), times, atol=0.025)


def test_rectangles_of_a_band_are_no_marks():
    sizes = [(2, 4, 3), (6, 5, 4), (11, 4, 5), (15, 90, 6)]
    tiles = "".join(f"{LEFT + x} {260 - half} {width} {2 * half} re f\n" for x, width, half in sizes)
    (figure,) = read_pdf(write_pdf(axes() + f"q 0.8 0 0 rg {tiles}Q\n" + curve()), "one.pdf")
    (trace,), _, _ = traced(figure)
    assert trace.marks is None
