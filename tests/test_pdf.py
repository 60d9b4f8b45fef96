"""PDF files: pages, regions, pictures, text, and files that cannot be read."""

import contextlib

import numpy as np
import pytest
from article import KM_PAGES, SCAN_PAGE, TIMES, scanned_pixels, survival, write_article
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_writer import axes, text, write_pdf

from kmdigitize.errors import KmdigitizeError, TooLargeError, UnreadableFileError
from kmdigitize.geometry import AxisScale, Box
from kmdigitize.records.axes import Scales
from kmdigitize.records.figure import Drawing, DrawnPath, TextToken
from kmdigitize.sources.crop import crop_drawing
from kmdigitize.sources.outlines import clipped_area, clipped_line
from kmdigitize.sources.pdf import PdfSettings, read_pdf
from kmdigitize.sources.pdf_objects import PageLimits
from kmdigitize.vector.axes import find_vector_panels, find_vector_ticks
from kmdigitize.vector.curves import trace_drawn_curves


@pytest.fixture(scope="module")
def article():
    return write_article()


@pytest.fixture(scope="module")
def figures(article):
    return {figure.name: figure for figure in read_pdf(article, "article.pdf")}


def test_article_gives_its_figures_and_no_text_or_table(figures):
    assert list(figures) == ["article-p04", "article-p05", "article-p06", "article-p07", "article-p09"]
    drawn = [name for name, figure in figures.items() if figure.drawing is not None]
    assert drawn == ["article-p04", "article-p05", "article-p07"]


def test_only_the_drawn_survival_panels_hold_curves(figures):
    for name in ("article-p04", "article-p05", "article-p07"):
        figure = figures[name]
        panels = find_vector_panels(figure)
        if name == "article-p05":
            assert panels == (), "a forest plot has no numbers on its y axis"
            continue
        (panel,) = panels
        traces = _exact_traces(figure, panel)
        assert len(traces) == 2
        assert all(len(trace.marks) == 2 for trace in traces)


def _exact_traces(figure, panel):
    ticks = find_vector_ticks(figure, panel)
    x = AxisScale.through((ticks.x.outside[0], ticks.x.outside[-1]), (0, 50))
    y = AxisScale.through((ticks.y.outside[0], ticks.y.outside[-1]), (1, 0))
    scales = Scales(x, y)
    traces = trace_drawn_curves(figure, panel, scales)
    for arm, trace in enumerate(traces):
        np.testing.assert_allclose(x.to_value(trace.risers), TIMES, atol=0.025)
        np.testing.assert_allclose(scales.survival(trace.levels[1:]), survival(arm), atol=5e-4)
    return traces


def test_embedded_pictures_come_at_their_own_resolution(figures):
    scan = figures[f"article-p{SCAN_PAGE:02d}"]
    assert scan.pixels.shape == (600, 900, 3)
    assert np.abs(scan.pixels.astype(int) - scanned_pixels()).mean() < 1, "upright, whichever way the page stores it"
    assert figures["article-p06"].pixels.shape == (240, 400, 3)


def test_pages_can_be_chosen(article):
    (figure,) = read_pdf(article, "article.pdf", (KM_PAGES[1], KM_PAGES[1] + 1))
    assert figure.name == "article-p07"
    with pytest.raises(UnreadableFileError, match="12 pages"):
        read_pdf(article, "article.pdf", (40, 50))
    with pytest.raises(UnreadableFileError, match="No drawing"):
        read_pdf(article, "article.pdf", (1, 2))
    with pytest.raises(TooLargeError, match="--pages"):
        read_pdf(article, "article.pdf", None, PdfSettings(max_pages=5))


def test_one_page_that_is_a_figure_keeps_its_name():
    (figure,) = read_pdf(write_pdf(axes()), "figure.pdf")
    assert figure.name == "figure.pdf"
    assert len(figure.sha256) == 64
    assert figure.pixels.shape == (922, 1152, 3)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4\nnothing", b"%PDF-1.7\n" + bytes(range(256)) * 20])
def test_damaged_files_are_refused(data):
    with pytest.raises(UnreadableFileError) as caught:
        read_pdf(data, "broken.pdf")
    assert caught.value.remedy


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1500), st.binary(min_size=1, max_size=30))
def test_flipped_bytes_give_a_figure_or_a_clear_error(place, junk):
    data = write_pdf(axes())
    data = data[:place] + junk + data[place + len(junk) :]
    with contextlib.suppress(KmdigitizeError):
        assert all(figure.pixels.size for figure in read_pdf(data, "flipped.pdf"))


def test_encrypted_files_are_named_as_such():
    data = write_pdf(axes())
    key = "00" * 32
    entry = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >> /ID [<00> <00>] "
    data = data.replace(b"/Root 1 0 R", entry.encode() + b"/Root 1 0 R")
    with pytest.raises(UnreadableFileError, match="encrypted"):
        read_pdf(data, "secret.pdf")


def test_pages_that_draw_too_much_or_nest_too_deep_are_refused():
    with pytest.raises(TooLargeError, match="objects"):
        read_pdf(write_pdf(axes()), "dense.pdf", settings=PdfSettings(limits=PageLimits(objects=10)))
    forms = {"A": "/A Do", "B": "0 0 m 9 9 l S"}
    with pytest.raises(TooLargeError, match="nests"):
        read_pdf(write_pdf(axes() + "/A Do /B Do", forms=forms), "loop.pdf")


def test_text_is_grouped_by_line_direction_and_kind():
    body = text(60, 100, "Number at risk", 9) + text(60, 80, "120  98   45 (3)  7", 9)
    body += "BT /F1 9 Tf 0 1 -1 0 40 120 Tm (Overall survival) Tj ET\n"
    (figure,) = read_pdf(write_pdf(axes() + body), "words.pdf")
    tokens = {token.text: token for token in figure.drawing.texts}
    assert {"Number at risk", "120", "98", "45 (3)", "7", "Overall survival"} <= set(tokens)
    assert tokens["Overall survival"].angle == pytest.approx(90)
    assert tokens["Overall survival"].box.height > 5 * tokens["Overall survival"].box.width
    assert tokens["120"].box.right < tokens["98"].box.left


@given(
    st.lists(st.tuples(st.floats(-20, 30), st.floats(-20, 30)), min_size=2, max_size=8),
    st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(6, 15), st.floats(6, 15)),
)
def test_clipped_lines_and_areas_stay_inside(points, clip):
    points = np.array(points)
    for piece in [*clipped_line(points, clip), clipped_area(points, clip)]:
        assert np.all(piece >= np.array(clip[:2]) - 1e-9)
        assert np.all(piece <= np.array(clip[2:]) + 1e-9)


def test_line_through_a_clip_is_cut_at_its_edges():
    pieces = clipped_line(np.array([(0.0, 5.0), (20.0, 5.0), (20.0, 30.0), (5.0, 30.0), (5.0, 0.0)]), (2, 2, 10, 10))
    assert [piece.tolist() for piece in pieces] == [[[2, 5], [10, 5]], [[5, 10], [5, 2]]]


def test_crop_moves_what_lies_inside():
    path = DrawnPath(np.array([[10.0, 10.0], [20.0, 10.0]]), stroke=(0, 0, 0), width=1.0)
    far = DrawnPath(np.array([[90.0, 90.0], [95.0, 90.0]]), stroke=(0, 0, 0), width=1.0)
    words = TextToken("12", Box(12, 12, 14, 14))
    cropped = crop_drawing(Drawing((path, far), (words,), (Box(0, 0, 30, 30),), 2.0), Box(5, 5, 50, 50))
    assert len(cropped.paths) == 1
    np.testing.assert_array_equal(cropped.paths[0].points, [[5, 5], [15, 5]])
    assert cropped.texts[0].box == Box(7, 7, 9, 9)
    assert cropped.pictures == (Box(-5, -5, 25, 25),)
    assert cropped.px_per_unit == 2.0
