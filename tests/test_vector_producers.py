"""One curve, written in the operators of many producers, is read the same.

Files of R, svglite, cairo and matplotlib are real; those of SAS, Stata, Prism, Illustrator, Word and PowerPoint are
imitated here by the kind of operators they write.
"""

import numpy as np
import pytest
from pdf_writer import axes, text, write_pdf
from vector_figures import BOTTOM, HEIGHT, LEFT, SURVIVAL, TIMES, WIDTH, assert_is_curve, corners, traced

from kmdigitize.records.printed import LegendEntry
from kmdigitize.sources.pdf import read_pdf


def line(points, close=False):
    out = f"{points[0][0]:.2f} {points[0][1]:.2f} m "
    return out + " ".join(f"{x:.2f} {y:.2f} l" for x, y in points[1:]) + (" h " if close else " ")


def one_polyline():
    return f"q 0.8 0 0 RG 1.2 w {line(corners())} S Q\n"


def short_strokes():
    """Stata and SAS: every flat and riser a stroke of its own, in order."""
    p = corners()
    return "q 0.8 0 0 RG 1.2 w " + "".join(f"{line(p[i : i + 2])} S\n" for i in range(len(p) - 1)) + "Q\n"


def flats_then_risers():
    """Prism: first all flats, then all risers, each as one path of many pieces."""
    p = corners()
    flats = " ".join(line(p[i : i + 2]) for i in range(0, len(p) - 1, 2))
    risers = " ".join(line(p[i + 1 : i + 3]) for i in range(0, len(p) - 2, 2))
    return f"q 0.8 0 0 RG 1.2 w {flats} S {risers} S Q\n"


def filled_outline(width=1.2):
    """Illustrator after "outline stroke": the curve as a filled shape."""
    p, h = corners(), width / 2
    upper = [(x + (h if 0 < i < len(p) - 1 else 0), y + h) for i, (x, y) in enumerate(p)]
    lower = [(x - (h if 0 < i < len(p) - 1 else 0), y - h) for i, (x, y) in enumerate(p)]
    return f"q 0.8 0 0 rg {line([*upper, *lower[::-1]], close=True)} f Q\n"


def drawn_dashes(on=6.0, off=3.0):
    """Word and PowerPoint printers: a dashed line as its dashes, each a stroke."""
    p = corners()
    out, place, drawing, left = "q 0.8 0 0 RG 1.2 w ", p[0], True, on
    piece = [place]
    for end in p[1:]:
        while True:
            step = end - place
            length = float(np.abs(step).sum())
            if length <= left:
                place, left = end, left - length
                piece.append(place)
                break
            place = place + step * left / length
            piece.append(place)
            if drawing:
                out += line(piece) + " S\n"
            drawing, left = not drawing, off if drawing else on
            piece = [place]
    return out + (line(piece) + " S Q\n" if drawing else "Q\n")


@pytest.mark.parametrize("draw", [one_polyline, short_strokes, flats_then_risers, filled_outline])
def test_every_way_of_drawing_gives_the_same_curve(draw):
    (figure,) = read_pdf(write_pdf(axes() + draw()), "one.pdf")
    (trace,), scales, _ = traced(figure)
    assert_is_curve(trace, scales)
    assert trace.color == (204, 0, 0)
    assert trace.dash == "solid"
    assert trace.marks is None


def test_dashes_drawn_as_pieces_are_one_dashed_curve():
    (figure,) = read_pdf(write_pdf(axes() + drawn_dashes()), "one.pdf")
    (trace,), scales, _ = traced(figure)
    assert trace.dash == "dashed"
    found = scales.x.to_value(trace.risers)
    away = np.abs(found[None, :] - TIMES[:, None]).min(axis=1)
    assert away.max() <= 1.5 * 50 / WIDTH + 0.01, "a drop hidden in a gap of 3 points is known to half the gap"
    assert np.all(trace.riser_sd[away > 0.1] > 0.5) if (away > 0.1).any() else True
    np.testing.assert_allclose(scales.survival(trace.levels[-1:]), 0.30, atol=5e-4)


def test_page_rotation_and_nested_forms_are_composed():
    form = f"2 0 0 2 0 0 cm q 0.8 0 0 RG 0.6 w {line(corners() / 2)} S Q\n"
    content = axes() + "q 1 0 0 1 0 0 cm /Outer Do Q\n"
    data = write_pdf(content, forms={"Inner": form, "Outer": form})
    (figure,) = read_pdf(data, "one.pdf")
    (trace,), scales, _ = traced(figure)
    assert_is_curve(trace, scales)
    (turned,) = read_pdf(write_pdf(content, forms={"Outer": form}, page="/Rotate 90"), "one.pdf")
    assert (turned.width, turned.height) == (figure.height, figure.width)
    curve = max(turned.drawing.paths, key=lambda path: len(path.points))
    straight = max(figure.drawing.paths, key=lambda path: len(path.points))
    np.testing.assert_allclose(curve.points[:, 0], figure.height - 1 - straight.points[:, 1], atol=0.02)
    np.testing.assert_allclose(curve.points[:, 1], straight.points[:, 0], atol=0.02)


def test_clipped_parts_are_not_seen():
    clip = f"q {LEFT} {BOTTOM} {WIDTH * 0.65:.2f} {HEIGHT} re W n "
    (figure,) = read_pdf(write_pdf(axes() + clip + one_polyline() + " Q\n"), "one.pdf")
    (trace,), scales, _ = traced(figure)
    assert scales.x.to_value(trace.end) == pytest.approx(32.5, abs=0.2)
    np.testing.assert_allclose(scales.x.to_value(trace.risers), TIMES[:7], atol=0.025)


def test_identical_black_arms_are_told_apart_by_dash_and_coinciding_ones_stay_two():
    curve = line(corners())
    other = line(corners(survival=1 - 0.5 * (1 - np.linspace(0.95, 0.3, 8))))
    content = axes() + f"q 1.2 w [] 0 d {curve} S [4 2] 0 d {other} S [1 2] 0 d {curve} S Q\n"
    (figure,) = read_pdf(write_pdf(content), "one.pdf")
    traces, scales, _ = traced(figure)
    assert [trace.dash for trace in traces] == ["solid", "dashed", "dotted"]
    np.testing.assert_allclose(traces[0].levels, traces[2].levels)
    assert_is_curve(traces[0], scales)


def test_legend_samples_grid_reference_lines_and_limits_are_no_curves_and_name_them():
    p = corners()
    above, below = p.copy(), p.copy()
    above[2:, 1], below[2:, 1] = p[2:, 1] + 8, p[2:, 1] - 8
    content = axes()
    content += "".join(
        f"q 0.9 G 0.5 w {LEFT} {BOTTOM + 40 * k} m {LEFT + WIDTH} {BOTTOM + 40 * k} l S Q\n" for k in range(1, 5)
    )
    content += f"q 0.5 G [2 2] 0 d {LEFT} {BOTTOM + 100} m {LEFT + 144} {BOTTOM + 100} l {LEFT + 144} {BOTTOM} l S Q\n"
    content += one_polyline() + f"q 0.8 0 0 RG 0.6 w [3 2] 0 d {line(above)} S {line(below)} S Q\n"
    content += "q 0.8 0 0 RG 1.2 w 200 240 m 220 240 l S Q\n" + text(226, 237, "Drug A")
    (figure,) = read_pdf(write_pdf(content), "one.pdf")
    label = next(token for token in figure.drawing.texts if token.text == "Drug A")
    traces, scales, _ = traced(figure, [LegendEntry("Drug A", label.box)])
    assert len(traces) == 1
    assert traces[0].entry == 0
    assert_is_curve(traces[0], scales)


def test_a_dot_of_no_length_with_round_ends_is_the_dot_of_its_sample():
    content = axes() + f"q 1 w 1 J [0 4 3 4] 0 d {line(corners())} S 200 240 m 230 240 l S Q\n"
    content += text(236, 237, "Drug A")
    (figure,) = read_pdf(write_pdf(content), "one.pdf")
    label = next(token for token in figure.drawing.texts if token.text == "Drug A")
    (trace,), _, _ = traced(figure, [LegendEntry("Drug A", label.box)])
    assert trace.entry == 0
    assert trace.dash == "dashdot"


def test_rising_curve_is_found_on_an_axis_of_incidence():
    from dataclasses import replace

    from kmdigitize.vector.curves import trace_drawn_curves

    p = corners()
    p[:, 1] = 2 * BOTTOM + HEIGHT - p[:, 1]
    (figure,) = read_pdf(write_pdf(axes() + f"q 1 w {line(p)} S Q\n"), "one.pdf")
    down, scales, panel = traced(figure)
    assert down == ()
    up = replace(scales, direction="up")
    (trace,) = trace_drawn_curves(figure, panel, up)
    np.testing.assert_allclose(up.survival(trace.levels)[-1], 0.30, atol=5e-4)
    assert np.all(np.diff(trace.levels) < 0)


def test_merged_steps_are_flagged():
    slope = corners()[::2]
    (figure,) = read_pdf(write_pdf(axes() + f"q 1 w {line(slope)} S Q\n"), "one.pdf")
    (trace,), _, _ = traced(figure)
    assert [flag.code for flag in trace.flags] == ["not_a_step_curve"]


def odd_corners():
    """A curve whose coordinates have all the decimals that are written."""
    places = np.arange(TIMES.size)
    return corners(TIMES + 0.0137 * places, SURVIVAL - 0.00123 * places)


def test_an_exporter_that_moves_points_is_believed_less():
    p = odd_corners()
    moved = p + np.random.default_rng(0).uniform(-0.05, 0.05, p.shape)
    traces = []
    for points in (p, moved):
        (figure,) = read_pdf(write_pdf(axes() + f"q 1 w {line(points)} S Q\n"), "one.pdf")
        (trace,), _, _ = traced(figure)
        traces.append(trace)
    assert traces[0].grain_px < 0.05
    assert traces[1].level_sd[0] > 3 * traces[0].level_sd[0]
    assert traces[1].grain_px > 3 * traces[0].grain_px


@pytest.mark.parametrize("page", ["", "/UserUnit 1 /CropBox [0 0 333.37 282.63]"])
def test_the_decimals_of_an_exporter_are_seen_on_pages_of_any_size(page):
    """A page of 333.37 points is rendered on whole pixels, so that a unit is a little wider than it is high."""
    (figure,) = read_pdf(write_pdf(axes() + f"q 1 w {line(odd_corners())} S Q\n", page=page), "one.pdf")
    (trace,), _, _ = traced(figure)
    assert trace.grain_px == pytest.approx(0.01 * figure.drawing.px_per_unit, rel=0.01)
