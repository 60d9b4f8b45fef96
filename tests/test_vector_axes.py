"""Panels and ticks of vector figures."""

import numpy as np
import pytest
from pdf_writer import axes, text, write_pdf
from vector_figures import scales_of

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Drawing, DrawnPath, Figure, TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.sources.pdf import read_pdf
from kmdigitize.vector.axes import find_vector_panels, find_vector_ticks
from kmdigitize.vector.legend import with_exact_samples
from kmdigitize.vector.visible import is_behind_picture


def page(content, size=(360, 288)):
    (figure,) = read_pdf(write_pdf(content, size), "page.pdf")
    return figure


def test_frame_and_ticks_are_where_they_were_drawn():
    figure = page(axes())
    (panel,) = find_vector_panels(figure)
    scale, down = figure.width / 360, figure.height / 288
    frame = panel.frame
    expected = [60 * scale - 0.5, 28 * down - 0.5, 310 * scale - 0.5, 228 * down - 0.5]
    np.testing.assert_allclose([frame.left, frame.top, frame.right, frame.bottom], expected, atol=0.01)
    ticks = find_vector_ticks(figure, panel)
    np.testing.assert_allclose(ticks.x.outside, (60 + 50 * np.arange(6)) * scale - 0.5, atol=0.01)
    np.testing.assert_allclose(ticks.y.outside, (28 + 40 * np.arange(6)) * down - 0.5, atol=0.01)
    assert panel.has_lines
    assert not panel.closed_right


@pytest.mark.parametrize("size", [(360, 288), (359.4, 287.7), (612, 792)])
def test_rendering_and_paths_coincide(size):
    diamond = "q 0 0 0 rg 100.3 120.7 m 120.3 100.7 l 140.3 120.7 l 120.3 140.7 l h f Q\n"
    figure = page(axes() + diamond, size)
    path = next(path for path in figure.drawing.paths if path.fill == (0, 0, 0) and path.stroke is None)
    low, high = path.points.min(axis=0), path.points.max(axis=0)
    top, left = (low[::-1] - 6).astype(int)
    bottom, right = (high[::-1] + 6).astype(int)
    ink = 255.0 - figure.pixels[top:bottom, left:right, 0]
    center = np.array([ink.sum(axis=0) @ np.arange(left, right), ink.sum(axis=1) @ np.arange(top, bottom)]) / ink.sum()
    np.testing.assert_allclose(center, (low + high) / 2, atol=0.02)
    np.testing.assert_allclose(ink.sum() / 255, np.prod(high - low) / 2, rtol=0.01)


def test_four_panels_are_found_in_reading_order_and_their_regions_do_not_overlap():
    content = "".join(axes(left, bottom) for left, bottom in [(60, 340), (420, 340), (60, 60), (420, 60)])
    panels = find_vector_panels(page(content, (720, 560)))
    assert [panel.name for panel in panels] == ["1", "2", "3", "4"]
    assert panels[0].frame.left < panels[1].frame.left
    assert panels[0].frame.top < panels[2].frame.top
    for panel in panels:
        assert all(panel.region.overlap(other.frame) == 0 for other in panels if other is not panel)


def test_detached_axes_and_inside_ticks_are_found():
    content = "q 0.8 w 70 50 m 310 50 l S 60 60 m 60 260 l S\n"
    for k in range(5):
        content += f"{70 + 60 * k} 50 m {70 + 60 * k} 54 l S 60 {60 + 50 * k} m 64 {60 + 50 * k} l S\n"
        content += text(67 + 60 * k, 38, str(k)) + text(40, 57 + 50 * k, str(25 * k))
    figure = page(content + "Q\n")
    (panel,) = find_vector_panels(figure)
    ticks = find_vector_ticks(figure, panel)
    assert (ticks.x.inside.size, ticks.y.inside.size) == (5, 5)
    assert (ticks.x.outside.size, ticks.y.outside.size) == (0, 0)


def test_ticks_alone_imply_the_axes():
    content = "q 0.8 w\n"
    for k in range(6):
        content += f"{60 + 50 * k} 60 m {60 + 50 * k} 56 l S 60 {60 + 40 * k} m 56 {60 + 40 * k} l S\n"
        content += text(56 + 50 * k, 44, str(10 * k)) + text(38, 57 + 40 * k, f"{0.2 * k:.1f}")
    figure = page(content + "Q\n")
    (panel,) = find_vector_panels(figure)
    assert not panel.has_lines
    assert scales_of(figure, panel).x.to_value(panel.frame.right) == pytest.approx(50.0, abs=0.01)


def test_table_of_numbers_with_rules_is_no_panel():
    content = "q 0.8 w 60 60 m 310 60 l S 60 260 m 310 260 l S 60 60 m 60 260 l S\n"
    for row in range(5):
        content += "".join(text(70 + 60 * k, 70 + 40 * row, str(100 - 10 * k)) for k in range(4))
    assert find_vector_panels(page(content + "Q\n")) == ()


def test_framed_table_with_grid_is_no_panel():
    content = axes(60, 180) + "q 0.8 G 0.8 w 50 60 270 60 re S\n"
    for k in range(5):
        content += f"{70 + 50 * k} 60 m {70 + 50 * k} 120 l S\n"
        content += "".join(text(56 + 50 * k, row, str(85 - 10 * k)) for row in (75, 100))
        content += text(56 + 50 * k, 46, str(10 * k))
    (panel,) = find_vector_panels(page(content + "Q\n", (360, 420)))
    assert panel.frame.height > 2 * 60


def test_picture_over_a_panel_is_noticed():
    box = Box(10, 10, 90, 90)
    path = DrawnPath(np.array([[0.0, 0.0], [1.0, 1.0]]), stroke=(0, 0, 0), width=1.0)
    drawing = Drawing((path,), (TextToken("0", box),), (box,))
    figure = Figure("mixed", np.full((100, 100, 3), 255, np.uint8), drawing=drawing)
    (panel,) = find_vector_panels(page(axes()))
    small = type(panel)("1", box, box, 90, 10)
    assert is_behind_picture(figure, small)
    assert not is_behind_picture(page(axes()), panel)


def test_tick_labels_are_no_legend_and_counts_of_a_label_are_kept():
    def stroke(*points):
        return DrawnPath(np.array(points, np.float64), stroke=(0, 0, 0), width=1.0)

    curve = [(50, 20), (120, 20), (120, 60), (180, 60), (180, 100), (240, 100)]
    ticks = [stroke((40, y), (50, y)) for y in (60, 100, 140)]
    box = Box(150, 25, 300, 35)
    words = (TextToken("Control (45 events/114 patients)", box),)
    words += tuple(TextToken(f"0.{k}", Box(15, 55 + 40 * k, 35, 65 + 40 * k)) for k in range(3))
    drawing = Drawing((stroke(*curve), stroke((120, 30), (145, 30)), *ticks), words)
    panel = Panel("1", Box(50, 20, 250, 180), Box(0, 0, 319, 199), 180, 50)
    read = [LegendEntry("Control", box, n=114, events=45)]
    (entry,) = with_exact_samples(drawing, panel, words, read)
    assert (entry.label, entry.n, entry.events) == ("Control", 114, 45)
