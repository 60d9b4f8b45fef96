"""SVG files: what is drawn, on the scale of the rendering, and nothing that runs or fetches."""

import numpy as np
import pytest

from kmdigitize.errors import TooLargeError, UnreadableFileError
from kmdigitize.sources.read import read_figures
from kmdigitize.sources.svg import SvgSettings, read_svg
from kmdigitize.sources.svg_tree import SvgLimits

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
SIZE = 'width="400pt" height="300pt" viewBox="0 0 400 300">'


def drawn(body, head=HEAD + SIZE):
    return read_svg(f"{head}{body}</svg>".encode(), "one.svg")


def units(figure, points, view=(0.0, 0.0, 400.0, 300.0)):
    """Points in px back in user units."""
    size = np.array([figure.width, figure.height])
    return (points + 0.5) * np.array(view[2:]) / size + np.array(view[:2])


def test_shapes_transforms_and_styles_are_composed():
    style = "<style>.curve, polyline.x { stroke: #f00; stroke-width: 2 } g .dim { stroke-opacity: 50% }</style>"
    body = style + '<g transform="translate(10,20) scale(2)" stroke-dasharray="4 2">'
    body += '<path class="curve dim" fill="none" d="M 10 10 H 30 V 25 h 10"/></g>'
    figure = drawn(body)
    (path,) = figure.drawing.paths
    np.testing.assert_allclose(units(figure, path.points), [(30, 40), (70, 40), (70, 70), (90, 70)], atol=1e-6)
    assert path.stroke == (255, 0, 0)
    assert path.fill is None
    assert path.alpha == pytest.approx(0.5)
    scale = figure.width / 400
    assert path.width == pytest.approx(4 * scale)
    assert path.dash == pytest.approx((8 * scale, 4 * scale))


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ('<line x1="1" y1="2" x2="30" y2="2" stroke="black"/>', 2),
        ('<polyline points="1,2 30,2 30,40" fill="none" stroke="black"/>', 3),
        ('<polygon points="1,2 30,2 30,40" stroke="black"/>', 4),
        ('<rect x="1" y="2" width="29" height="38"/>', 5),
        ('<circle cx="10" cy="10" r="3" stroke="black" fill="none"/>', 25),
        ('<defs><path id="p" d="M1 2 L30 2 L30 40"/></defs><use href="#p" x="5" stroke="blue" fill="none"/>', 3),
        ('<symbol id="s"><path d="M1 2 L30 2"/></symbol><use xlink:href="#s" stroke="blue"/>', 2),
        ('<path stroke="black" fill="none" d="M0 0 C 1 1 2 2 3 3 Q 4 4 5 5 A 3 3 0 0 1 9 9"/>', 57),
    ],
)
def test_every_kind_of_shape_gives_a_path(shape, count):
    (path,) = drawn(shape).drawing.paths
    assert len(path.points) == count


def test_paths_without_data_and_broken_data_are_no_error():
    assert drawn('<path/><path d="M 1 x"/><polyline points=""/><rect/>').drawing.paths == ()


def test_hidden_things_are_not_seen():
    body = '<g display="none"><line x2="9" stroke="red"/></g><line x2="9" style="visibility:hidden" stroke="red"/>'
    body += '<line x2="9" stroke="none"/><defs><line x2="9" stroke="red"/></defs>'
    assert drawn(body).drawing.paths == ()


def test_clips_cut_lines_to_their_rectangle():
    body = '<clipPath id="c"><rect x="10" y="10" width="100" height="100"/></clipPath>'
    body += '<g clip-path="url(#c)"><polyline points="0,50 200,50" fill="none" stroke="black" stroke-width="2"/></g>'
    figure = drawn(body)
    (path,) = figure.drawing.paths
    np.testing.assert_allclose(units(figure, path.points)[:, 0], [9, 111], atol=1e-6)


def test_text_has_anchor_angle_and_size():
    body = '<text x="100" y="50" text-anchor="middle" font-size="10" textLength="40">12.5</text>'
    body += (
        '<text transform="translate(20,150) rotate(-90)" style="font: 10px sans-serif; text-anchor: middle">Risk</text>'
    )
    figure = drawn(body)
    number, title = figure.drawing.texts
    box = units(figure, np.array([[number.box.left, number.box.top], [number.box.right, number.box.bottom]]))
    np.testing.assert_allclose(box[:, 0], [80, 120], atol=1e-6)
    assert (number.text, number.angle) == ("12.5", 0)
    assert (title.text, title.angle) == ("Risk", 90)
    assert units(figure, np.array([[title.box.center_x, title.box.center_y]]))[0, 1] == pytest.approx(150, abs=0.01)


def test_cells_of_two_elements_stay_apart():
    body = '<text x="10" y="50" font-size="10">150 (3)</text><text x="48" y="50" font-size="10">141 (5)</text>'
    assert [token.text for token in drawn(body).drawing.texts] == ["150 (3)", "141 (5)"]


@pytest.mark.parametrize("view", [(0, 0, 400, 300), (-20, 30, 511.3, 287.77)])
def test_rendering_and_paths_coincide(view):
    head = f'{HEAD} width="7in" viewBox="{" ".join(map(str, view))}">'
    figure = drawn('<path d="M 100.3 120.7 l 20 -20 l 20 20 l -20 20 z"/>', head)
    (path,) = figure.drawing.paths
    ink = 255.0 - figure.pixels[:, :, 0]
    center = np.array([ink.sum(axis=0) @ np.arange(figure.width), ink.sum(axis=1) @ np.arange(figure.height)])
    middle = (path.points.min(axis=0) + path.points.max(axis=0)) / 2
    np.testing.assert_allclose(center / ink.sum(), middle, atol=0.15)


def test_scripts_handlers_and_outside_references_are_gone(monkeypatch):
    rendered = []
    import resvg_py

    real = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **given: rendered.append(given["svg_string"]) or real(**given))
    body = '<script>alert(1)</script><image href="http://example.org/a.png" width="9" height="9"/>'
    body += '<image xlink:href="/etc/passwd" width="9" height="9"/><rect onclick="x()" width="9" height="9"/>'
    body += '<use href="other.svg#a"/><style>@import url(http://example.org/a.css); rect { fill: red }</style>'
    body += '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'
    figure = drawn(body)
    assert len(figure.drawing.paths) == 1
    assert figure.drawing.pictures == ()
    for word in ("script", "example.org", "passwd", "onclick", "other.svg", "foreignObject"):
        assert word not in rendered[0]


def test_plain_entities_of_drawing_programs_are_put_in():
    doctype = (
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "a.dtd" [ <!ENTITY ns_svg "http://www.w3.org/2000/svg"> ]>'
    )
    data = doctype + b'<svg xmlns="&ns_svg;" viewBox="0 0 9 9"><line x2="5" stroke="red"/></svg>'
    assert len(read_svg(data, "a.svg").drawing.paths) == 1


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % a "x">]>',
    ],
)
def test_nested_and_outside_entities_are_refused(doctype):
    with pytest.raises(UnreadableFileError, match="entities"):
        read_svg(f"{doctype}{HEAD}{SIZE}<text>&a;</text></svg>".encode(), "a.svg")


def test_use_of_itself_and_multiplying_use_are_refused():
    with pytest.raises(UnreadableFileError, match="itself"):
        drawn('<g id="a"><use href="#a"/></g>')
    levels = "".join(f'<g id="g{k + 1}">' + f'<use href="#g{k}"/>' * 10 + "</g>" for k in range(7))
    with pytest.raises(TooLargeError, match="repeats"):
        drawn(f'<defs><line id="g0" x2="5"/>{levels}</defs><use href="#g7"/>')


def test_size_depth_and_damage_are_refused():
    with pytest.raises(TooLargeError, match="nests"):
        drawn("<g>" * 300 + "</g>" * 300)
    with pytest.raises(TooLargeError, match="bytes"):
        read_svg((HEAD + SIZE + "</svg>").encode(), "a.svg", SvgSettings(limits=SvgLimits(bytes=20)))
    with pytest.raises(UnreadableFileError, match="well-formed"):
        read_svg((HEAD + SIZE + "<g>").encode(), "a.svg")
    with pytest.raises(UnreadableFileError, match="size"):
        read_svg((HEAD + "></svg>").encode(), "a.svg")
    with pytest.raises(TooLargeError, match="narrow"):
        read_svg((HEAD + 'viewBox="0 0 1 1000"></svg>').encode(), "a.svg")


def test_svg_bytes_are_recognised_by_content():
    (figure,) = read_figures((HEAD + SIZE + '<line x2="5" stroke="red"/></svg>').encode(), "figure.dat")
    assert figure.drawing is not None
    assert len(figure.sha256) == 64


CLIP = (
    '<clipPath id="c"><rect x="10" y="10" width="100" height="100"/></clipPath>'
    '<clipPath id="low"><rect x="10" y="10" width="100" height="70"/></clipPath>'
)
INSIDE = '<polyline points="20,50 60,50 60,80 90,80" fill="none" stroke="black" stroke-width="2"/>'
OUTSIDE = '<polyline points="0,60 200,60" fill="none" stroke="red" stroke-width="2"/>'
BELOW = '<polyline points="40,60 40,200" fill="none" stroke="blue" stroke-width="2"/>'


@pytest.mark.parametrize(
    ("body", "clips"),
    [
        (f'<g clip-path="url(#c)">{INSIDE}</g>', 0),
        (f'<g clip-path="url(#c)">{OUTSIDE}</g>', 1),
        (f'<g clip-path="url(#c)">{OUTSIDE}</g><g clip-path="url(#c)">{INSIDE}{OUTSIDE}</g>', 1),
        (f'<g clip-path="url(#c)">{OUTSIDE}</g><g clip-path="url(#low)">{OUTSIDE}</g>', 1),
        (f'<g clip-path="url(#c)">{OUTSIDE}</g><g clip-path="url(#low)">{OUTSIDE}{BELOW}</g>', 2),
        (f'<g><g clip-path="url(#c)">{OUTSIDE}</g></g><g clip-path="url(#c)">{OUTSIDE}</g>', 1),
        (f'<g clip-path="url(#c)">{OUTSIDE}</g>{INSIDE}<g clip-path="url(#c)">{OUTSIDE}</g>', 2),
        (f'<g opacity=".5"><g clip-path="url(#c)">{OUTSIDE}</g></g><g clip-path="url(#c)">{OUTSIDE}</g>', 2),
        (f'<g clip-path="url(#c)">{OUTSIDE}</g><g transform="scale(2)" clip-path="url(#c)">{OUTSIDE}</g>', 2),
    ],
)
def test_clips_are_rendered_only_where_they_cut_and_once_for_neighbours(monkeypatch, body, clips):
    rendered = []
    import resvg_py

    from kmdigitize.sources.svg_clips import Clips

    real = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **given: rendered.append(given["svg_string"]) or real(**given))
    quick = drawn(CLIP + body).pixels.astype(int)
    monkeypatch.setattr(Clips, "thin_out", lambda self, root: None)
    plain = drawn(CLIP + body).pixels.astype(int)
    assert rendered[0].count("clip-path=") == clips
    assert np.mean(np.abs(quick - plain) > 3) < 1e-4
