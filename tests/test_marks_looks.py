"""Whether a figure draws marks at all, and which its legend shows."""

import numpy as np
import pytest
from marks_drawing import LEVELS, RISERS, draw, evidence_of, picture_with_legend, trace_of, traced

from kmdigitize.detect.marks import find_marks
from kmdigitize.detect.marks_legend import shown_mark
from kmdigitize.detect.marks_looks import Look, MarkSettings
from kmdigitize.records.figure import Figure


@pytest.mark.parametrize("kind", ["vbar", "cross", "circle"])
def test_a_single_mark_that_the_legend_shows_is_found(kind):
    evidence, figure, legend = picture_with_legend(kind)
    (found,) = find_marks([evidence], traced(trace_of()), figure, legend=[legend])
    (mark,) = found.marks
    assert (mark.x, mark.y) == (pytest.approx(110, abs=0.6), 45)
    assert mark.kind in (kind, "plus")


def test_a_plain_legend_line_announces_no_marks():
    evidence, figure, legend = picture_with_legend(None)
    (found,) = find_marks([evidence], traced(trace_of()), figure, legend=[legend])
    assert found.marks is None


def test_marks_of_another_kind_than_the_legend_seems_to_show_are_found():
    """A letter beside the line sample looks like a triangle; the figure's marks are bars."""
    evidence, figure, legend = picture_with_legend(None)
    ink, pixels = evidence.coverage.copy(), figure.pixels.copy()
    draw(ink[:130], "vbar", 40, 20)
    for x in (100, 120, 190, 250):
        draw(ink[:130], "vbar", x, int(LEVELS[int(np.searchsorted(RISERS, x))]))
    for column in (60, 61):
        pixels[134 : 140 - abs(column - 60), column - 2 : column + 3] = (0, 0, 200)
    pixels[:130][ink[:130] > 0] = (0, 0, 200)
    evidence = evidence_of(ink)
    assert shown_mark(pixels, [legend], 2.0, 120.0, MarkSettings()) is not None
    (found,) = find_marks([evidence], traced(trace_of()), Figure("f", pixels), legend=[legend])
    assert [round(mark.x) for mark in found.marks] == [40, 100, 120, 190, 250]


@pytest.mark.parametrize(
    ("gain", "share", "drawn"),
    [
        (27.0, 0.32, True),
        (20.0, 0.32, False),
        (12.0, 0.5, True),
        (120.0, 0.2, True),
        (40.0, 0.2, False),
        (400.0, 0.1, False),
    ],
)
def test_where_much_ink_is_left_over_marks_must_explain_more(gain, share, drawn):
    """Clear marks on a noisy scan score 7; noise and text over curves reach 6. With little explained, 15 is enough."""
    look = Look(gain, share, 0.38, "vbar", 7.5, [])
    assert look.convincing(MarkSettings(), announced=False) == drawn
