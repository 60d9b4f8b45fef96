"""Frames are found whatever their form; borders, legends and tables are no panels; labels may be shared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from axes_drawing import Axes, blank, draw_text, figure_of, line, spaced, survival_axes

from kmdigitize.detect.panels import PanelSettings, _worth, find_panels
from kmdigitize.detect.panels_blocks import labelled_boxes
from kmdigitize.detect.panels_grid import Candidate, to_ends_of_grid, trimmed
from kmdigitize.detect.panels_labels import NumberSpot
from kmdigitize.detect.panels_lines import Line, find_lines
from kmdigitize.detect.panels_regions import with_regions
from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken

MONTHS = [str(value) for value in range(0, 61, 10)]
FRACTIONS = ["1.0", "0.8", "0.6", "0.4", "0.2", "0.0"]


def canvas() -> FloatArray:
    return blank(430, 310)


def close(found: Box, wanted: Box, within: float = 1.2) -> bool:
    edges = zip(
        (found.left, found.top, found.right, found.bottom),
        (wanted.left, wanted.top, wanted.right, wanted.bottom),
        strict=True,
    )
    return all(abs(one - other) <= within for one, other in edges)


@pytest.mark.parametrize("closed", [False, True])
def test_open_and_closed_frames(closed: bool) -> None:
    picture, axes = canvas(), survival_axes()
    axes.draw(picture, closed)
    (panel,) = find_panels(figure_of(picture), axes.tokens())
    assert close(panel.frame, axes.frame)
    assert (panel.closed_right, panel.closed_top, panel.has_lines) == (closed, closed, True)
    assert panel.axis_y_x == pytest.approx(axes.frame.left, abs=0.1)
    assert panel.axis_x_y == pytest.approx(axes.frame.bottom, abs=0.1)


def test_border_of_the_picture_is_no_frame() -> None:
    picture, axes = canvas(), survival_axes()
    axes.draw(picture)
    for start, end in [((2.0, 2.0), (427.0, 2.0)), ((2.0, 307.0), (427.0, 307.0))]:
        line(picture, start, end)
    for start, end in [((2.0, 2.0), (2.0, 307.0)), ((427.0, 2.0), (427.0, 307.0))]:
        line(picture, start, end)
    (panel,) = find_panels(figure_of(picture), axes.tokens())
    assert close(panel.frame, axes.frame)


def test_axes_apart_from_their_corner() -> None:
    picture, axes = canvas(), survival_axes()
    frame = axes.frame
    line(picture, (frame.left + 12, frame.bottom), (frame.right, frame.bottom))
    line(picture, (frame.left, frame.top), (frame.left, frame.bottom - 10))
    (panel,) = find_panels(figure_of(picture), axes.tokens())
    assert close(panel.frame, axes.frame)


def test_an_axis_interrupted_by_a_curve_is_one_line() -> None:
    picture, axes = canvas(), survival_axes()
    axes.draw(picture)
    pixels = np.array(figure_of(picture).pixels)
    pixels[95:107, 55:70] = (255, 80, 80)
    figure = figure_of(picture)
    (panel,) = find_panels(type(figure)("f", pixels), axes.tokens())
    assert close(panel.frame, axes.frame)


def test_filled_panel_without_lines() -> None:
    picture, axes = canvas(), survival_axes()
    frame = axes.frame
    picture[30:251, 60:381] = 235
    for at in axes.x_ticks:
        picture[30:251, round(at)] = 255
    (panel,) = find_panels(figure_of(picture), axes.tokens())
    assert not panel.has_lines
    assert close(panel.frame, frame, 1.5)


def test_two_parallel_lines_make_a_frame() -> None:
    picture, axes = canvas(), survival_axes()
    frame = axes.frame
    line(picture, (frame.left - 10, frame.bottom), (frame.right + 10, frame.bottom))
    line(picture, (frame.left - 10, frame.top - 8), (frame.right + 10, frame.top - 8))
    (panel,) = find_panels(figure_of(picture), axes.tokens())
    assert close(panel.frame, Box(frame.left - 10, frame.top - 8, frame.right + 10, frame.bottom))
    assert panel.has_lines
    assert panel.closed_top


def test_labels_alone_span_a_panel() -> None:
    axes = survival_axes()
    (panel,) = find_panels(figure_of(canvas()), axes.tokens())
    assert not panel.has_lines
    assert close(panel.frame, axes.frame, 25)


def test_table_of_numbers_is_no_panel() -> None:
    picture = blank(430, 400)
    axes = survival_axes()
    axes.draw(picture)
    tokens = axes.tokens()
    table = Axes(Box(60.0, 300.0, 380.0, 360.0), spaced(60.0, 380.0, MONTHS))
    table.draw(picture, closed=True)
    tokens += table.tokens()
    for row, name in enumerate(("1", "2")):
        center = 315 + 30 * row
        tokens.append(TextToken(name, Box(40, center - 5, 47, center + 5)))
        tokens += [TextToken(str(90 - 7 * i), Box(x - 7, center - 5, x + 7, center + 5)) for i, x in
                   enumerate(np.linspace(70, 370, 7).tolist())]  # fmt: skip
    for token in tokens:
        draw_text(picture, token)
    (panel,) = find_panels(figure_of(picture), tokens)
    assert close(panel.frame, axes.frame)


def grid_of_panels(shared: bool) -> tuple[FloatArray, list[TextToken], list[Box]]:
    picture = blank(760, 560)
    tokens: list[TextToken] = []
    frames: list[Box] = []
    for row in range(2):
        for column in range(2):
            frame = Box(60.0 + 350 * column, 30.0 + 260 * row, 340.0 + 350 * column, 220.0 + 260 * row)
            months = spaced(frame.left, frame.right, MONTHS)
            fractions = spaced(frame.top, frame.bottom, FRACTIONS)
            axes = Axes(
                frame,
                months if row == 1 or not shared else dict.fromkeys(months, ""),
                fractions if column == 0 or not shared else dict.fromkeys(fractions, ""),
            )
            axes.draw(picture, closed=True)
            tokens += axes.tokens()
            frames.append(frame)
    return picture, tokens, frames


@pytest.mark.parametrize("shared", [False, True])
def test_grid_of_panels_in_reading_order(shared: bool) -> None:
    picture, tokens, frames = grid_of_panels(shared)
    panels = find_panels(figure_of(picture), tokens)
    assert len(panels) == 4
    assert all(close(panel.frame, frame) for panel, frame in zip(panels, frames, strict=True))
    assert [panel.name for panel in panels] == ["1", "2", "3", "4"]


def test_regions_share_the_page_out() -> None:
    picture, tokens, frames = grid_of_panels(shared=False)
    panels = find_panels(figure_of(picture), tokens)
    for token in tokens:
        owners = [p for p in panels if p.region.contains(token.box.center_x, token.box.center_y)]
        assert len(owners) == 1
    assert sum(panels[0].region.overlap(panel.region) for panel in panels[1:]) == 0
    assert frames[0].overlap(panels[0].region) == pytest.approx(frames[0].width * frames[0].height)


def test_empty_page_has_no_panel() -> None:
    assert find_panels(figure_of(canvas()), []) == ()


def test_a_title_over_a_lower_panel_is_its_own() -> None:
    picture, tokens, frames = grid_of_panels(shared=False)
    lower = frames[2]
    title = TextToken("C  Men", Box(lower.left, lower.top - 26.0, lower.left + 60.0, lower.top - 17.0))
    panels = find_panels(figure_of(picture), [*tokens, title])
    assert [p.name for p in panels if p.region.contains(title.box.center_x, title.box.center_y)] == ["3"]


def test_labels_of_two_panels_span_none() -> None:
    def spots(texts: list[str], start: tuple[float, float], step: tuple[float, float]) -> list[NumberSpot]:
        places = [(start[0] + i * step[0], start[1] + i * step[1]) for i in range(len(texts))]
        return [NumberSpot(Box(x, y, x + 9, y + 9), float(t)) for t, (x, y) in zip(texts, places, strict=True)]

    bars = spots(["30", "20", "10", "0"], (40.0, 60.0), (0.0, 60.0))
    months = ["0", "10", "20", "30"]
    assert labelled_boxes(bars + spots(months, (60.0, 260.0), (60.0, 0.0)), 10.0) != []
    assert labelled_boxes(bars + spots(months, (400.0, 260.0), (60.0, 0.0)), 10.0) == []


def test_cells_of_a_table_are_no_labels_beside_a_panel() -> None:
    """A column of cells that happens to rise evenly upwards, above the labels of the table's own axis."""
    axis = [
        NumberSpot(Box(x, 260.0, x + 9, 269.0), value) for x, value in zip((60, 120, 180, 240), range(4), strict=True)
    ]
    column = [NumberSpot(Box(60.0, y, 69.0, y + 9), value) for y, value in ((80.0, 30.0), (140.0, 20.0), (200.0, 10.0))]
    others = [NumberSpot(Box(x, y, x + 9, y + 9), 5.0) for x in (0.0, 120.0) for y in (80.0, 140.0, 200.0)]
    assert labelled_boxes(axis + column, 10.0) != []
    assert labelled_boxes(axis + column + others, 10.0) == []


def test_a_drawn_frame_outweighs_the_box_between_the_labels() -> None:
    """Labels three text heights away from a closed frame are its own; a frame of pale lines may be a grid."""

    def drawn(contrast: float) -> Candidate:
        row, column = Line(310, 60, 400, 1.5, contrast), Line(60, 40, 310, 1.5, contrast)
        return Candidate(Box(60, 40, 400, 310), row, column, 5, 5, 6.3, True, True)

    figure, spanned = figure_of(canvas()), Candidate(Box(55, 50, 390, 325), below=5, beside=5, away=3.0)
    dark, pale, box = (_worth(one, figure, PanelSettings()) for one in (drawn(255), drawn(30), spanned))
    assert dark > box > pale


def test_strips_with_titles_are_no_part_of_the_plots_of_a_grid() -> None:
    model = Box(60, 60, 200, 160)
    rows = [Line(at, 60, 380, 1.0, 90.0) for at in (40, 60, 160)]
    columns = [Line(at, 40, 160, 1.0, 90.0) for at in (60, 200, 220, 360, 380)]
    found = [Candidate(Box(220, 40, 380, 160), rows[2], columns[2]), Candidate(model, rows[2], columns[0])]
    (one,) = trimmed(found, model, rows, columns, 3.0)
    assert one.frame == Box(220, 60, 360, 160)
    assert trimmed(found, model, rows, columns[:3], 3.0) == []


def test_a_lettered_title_begins_the_lower_panel_wherever_its_legend_stands() -> None:
    upper, lower = Box(60, 20, 200, 100), Box(60, 300, 200, 380)
    rows = [TextToken(str(n), Box(60.0 + 30 * n, y, 68.0 + 30 * n, y + 9)) for n in range(4) for y in (104, 180)]
    months, title = TextToken("Months", Box(100, 195, 150, 204)), TextToken("B. Relapse", Box(62, 216, 140, 226))
    legend = TextToken("Control", Box(100, 250, 150, 260))
    panels = [Panel("", frame, frame, frame.bottom, frame.left) for frame in (upper, lower)]
    first, second = with_regions(panels, figure_of(blank(260, 420)), [*rows, months, title, legend], 10.0)
    assert 204 < second.region.top < 216
    assert first.region.bottom == second.region.top
    plain = replace(title, text="Relapse")
    assert with_regions(panels, figure_of(blank(260, 420)), [*rows, months, plain, legend], 10.0)[1].region.top > 260
    arm = [replace(title, text="B 4"), *(replace(row, box=Box(row.box.left, 230, row.box.right, 239)) for row in rows)]
    assert with_regions(panels, figure_of(blank(260, 420)), [*rows, months, *arm, legend], 10.0)[1].region.top > 216


@pytest.mark.parametrize(("count", "top"), [(4, 20.0), (2, 60.0)])
def test_a_panel_ends_where_its_grid_does_and_not_at_the_highest_line(count: int, top: float) -> None:
    """Curves may run above the last labelled line; two lines that go on are no grid."""
    frame = Box(50, 60, 300, 200)
    columns = [Line(at, 20, 201, 1, 30) for at in (60.0, 120.0, 180.0, 240.0)[:count]]
    rows = [Line(at, 50, 300, 1, 30) for at in (60.0, 100.0, 200.0)]
    grown = to_ends_of_grid(Candidate(frame, closed_top=True), rows, columns, 3.0)
    assert grown.frame == replace(frame, top=top)
    assert grown.closed_top == (count == 2)
    wider = [replace(row, end=330.0) for row in rows]
    assert to_ends_of_grid(Candidate(frame), wider, [], 3.0).frame == replace(frame, right=330)


def test_a_thick_axis_line_goes_on_beneath_its_long_ticks() -> None:
    """Where a tick stands on the line nothing is thin, and the line fills all rows beside the middle one."""
    page = np.full((400, 700, 3), 255, np.uint8)
    page[300:304, 50:650] = 0
    for tick in (50, 250, 450, 646):
        page[300:340, tick : tick + 4] = 0
    rows, _ = find_lines(page, 14.0)
    assert [(line.start, line.end) for line in rows if line.length > 100] == [(54, 645)]
