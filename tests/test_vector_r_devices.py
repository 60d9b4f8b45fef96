"""Files as R's devices write them, imitated line by line: svglite, svg() of cairo, pdf() and cairo_pdf().

The real devices are not here; what each writes was copied in form: polylines with styles and text lengths (svglite),
glyphs as symbols that are used (cairo), symbol fonts for points (pdf), and glyphs painted twice (cairo_pdf).
"""

from __future__ import annotations

import numpy as np
from pdf_writer import axes, text, write_pdf
from test_vector_marks import CENSORED, assert_marks, curve, dingbat, place
from vector_figures import BOTTOM, HEIGHT, LEFT, WIDTH, assert_is_curve, corners, traced

from kmdigitize.records.figure import Figure
from kmdigitize.sources.pdf import read_pdf
from kmdigitize.sources.svg import read_svg

PAGE = 288.0
"""Height of the pages in points: SVG counts down, the shared curve up."""


def down(points: np.ndarray) -> np.ndarray:
    return np.column_stack([points[:, 0], PAGE - points[:, 1]])


def ticks_and_labels(stroke: str, label: str) -> str:
    """Both axes with six ticks each; ``stroke`` and ``label`` are the device's ways to draw them."""
    base, left = PAGE - BOTTOM, LEFT
    body = stroke.format(x0=left, y0=base, x1=left + WIDTH, y1=base)
    body += stroke.format(x0=left, y0=base, x1=left, y1=base - HEIGHT)
    for k in range(6):
        x, y = left + WIDTH * k / 5, base - HEIGHT * k / 5
        body += stroke.format(x0=x, y0=base, x1=x, y1=base + 4) + stroke.format(x0=left, y0=y, x1=left - 4, y1=y)
        body += label.format(x=x, y=base + 14, anchor="middle", words=10 * k)
        body += label.format(x=left - 8, y=y + 3, anchor="end", words=f"{0.2 * k:.1f}")
    return body


def assert_read(figure: Figure) -> None:
    (trace,), scales, _ = traced(figure)
    assert_is_curve(trace, scales)
    assert trace.marks is not None
    assert_marks(trace.marks, scales)


def test_svglite() -> None:
    stroke = "<line x1='{x0:.2f}' y1='{y0:.2f}' x2='{x1:.2f}' y2='{y1:.2f}' style='stroke-width: 0.75;' />\n"
    label = "<text x='{x:.2f}' y='{y:.2f}' text-anchor='{anchor}' style='font-size: 8.00px; font-family: \"Arial\";' "
    label += "textLength='12.00px' lengthAdjust='spacingAndGlyphs'>{words}</text>\n"
    line = " ".join(f"{x:.2f},{y:.2f}" for x, y in down(corners()))
    marks = "".join(
        f"<line x1='{x - 2.7:.2f}' y1='{y:.2f}' x2='{x + 2.7:.2f}' y2='{y:.2f}' style='stroke: #CC0000;' />\n"
        f"<line x1='{x:.2f}' y1='{y + 2.7:.2f}' x2='{x:.2f}' y2='{y - 2.7:.2f}' style='stroke: #CC0000;' />\n"
        for x, y in down(np.array([place(t) for t in CENSORED]))
    )
    svg = (
        "<?xml version='1.0' encoding='UTF-8' ?>\n"
        "<svg xmlns='http://www.w3.org/2000/svg' class='svglite' width='360.00pt' height='288.00pt' "
        "viewBox='0 0 360.00 288.00'>\n<defs><style type='text/css'><![CDATA["
        ".svglite line, .svglite polyline { fill: none; stroke: #000000; stroke-linecap: round; }"
        "]]></style></defs>\n<rect width='100%' height='100%' style='stroke: none; fill: #FFFFFF;'/>\n<g>\n"
        f"{ticks_and_labels(stroke, label)}<polyline points='{line}' style='stroke-width: 1.07; stroke: #CC0000;' />\n"
        f"{marks}</g>\n</svg>\n"
    )
    assert_read(read_svg(svg.encode(), "svglite.svg"))


def test_svg_of_cairo_with_glyphs_as_symbols() -> None:
    pen = "stroke-linecap:round;stroke-linejoin:round;stroke-opacity:1;stroke-miterlimit:10;fill:none;"
    stroke = f"<path style='{pen}stroke-width:0.75;stroke:rgb(0%,0%,0%);' "
    stroke += "d='M {x0:.6f} {y0:.6f} L {x1:.6f} {y1:.6f} '/>\n"
    glyph = "<g style='fill:rgb(0%,0%,0%);fill-opacity:1;'><use xlink:href='#glyph0-1' x='{x:.6f}' y='{y:.6f}'/></g>\n"
    line = " L ".join(f"{x:.6f} {y:.6f}" for x, y in down(corners()))
    marks = "".join(
        f"<path style='{pen}stroke-width:0.75;stroke:rgb(80%,0%,0%);' d='M {x - 2.7:.6f} {y:.6f} L {x + 2.7:.6f} "
        f"{y:.6f} M {x:.6f} {y - 2.7:.6f} L {x:.6f} {y + 2.7:.6f} '/>\n"
        for x, y in down(np.array([place(t) for t in CENSORED]))
    )
    svg = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<svg xmlns='http://www.w3.org/2000/svg' "
        "xmlns:xlink='http://www.w3.org/1999/xlink' width='360pt' height='288pt' viewBox='0 0 360 288' version='1.1'>\n"
        "<defs><g><symbol overflow='visible' id='glyph0-1'><path style='stroke:none;' "
        "d='M 0.5 0 L 0.5 -5 L 3.5 -5 L 3.5 0 Z M 1 -0.5 L 3 -0.5 L 3 -4.5 L 1 -4.5 Z '/></symbol></g></defs>\n"
        f"<g id='surface1'>{ticks_and_labels(stroke, glyph)}"
        f"<path style='{pen}stroke-width:1.1;stroke:rgb(80%,0%,0%);' d='M {line} '/>\n{marks}</g>\n</svg>\n"
    )
    figure = read_svg(svg.encode(), "cairo.svg")
    assert figure.drawing is not None
    assert figure.drawing.texts == (), "outlines are read from the rendering"
    assert_read(figure)


def test_pdf_with_points_of_a_symbol_font() -> None:
    points = "q 0.8 0 0 rg " + "".join(dingbat(*place(t)) for t in CENSORED) + "Q\n"
    content = axes() + curve() + points + text(150, 30, "Time")
    (figure,) = read_pdf(write_pdf(content), "r.pdf")
    assert_read(figure)


def test_glyph_marks_that_are_painted_twice_count_once() -> None:
    points = "q 0.8 0 0 rg " + "".join(2 * dingbat(*place(t)) for t in CENSORED) + "Q\n"
    (figure,) = read_pdf(write_pdf(axes() + curve() + points), "cairo.pdf")
    assert_read(figure)


def test_several_glyph_marks_in_one_place_are_several_patients() -> None:
    points = "q 0.8 0 0 rg " + "".join(dingbat(*place(t)) for t in [*CENSORED, CENSORED[2]]) + "Q\n"
    (figure,) = read_pdf(write_pdf(axes() + curve() + points), "ties.pdf")
    (trace,), _, _ = traced(figure)
    assert trace.marks is not None
    assert len(trace.marks) == len(CENSORED) + 1
    assert sum(abs(mark.x - trace.marks[2].x) < 0.02 for mark in trace.marks) == 2
