"""The shapes of an SVG in px: a walk over the tree with transforms, styles, clips and repeated parts composed."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field, replace

import numpy as np
from svgelements import Arc, CubicBezier, Line, QuadraticBezier
from svgelements import Matrix as SvgMatrix
from svgelements import Path as SvgPath

from kmdigitize.errors import TooLargeError
from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.figure import DrawnPath
from kmdigitize.sources.outlines import Matrix, Rectangle, after, bezier, bounds, intersection, mapped
from kmdigitize.sources.paint import drawn_path
from kmdigitize.sources.phrases import Glyph
from kmdigitize.sources.svg_clips import Clips, text_reach
from kmdigitize.sources.svg_style import Style, length, paint_of, style_of
from kmdigitize.sources.svg_text import glyph_mark, text_glyphs
from kmdigitize.sources.svg_tree import NUMBER, SvgTree, local, target

_GROUPS = frozenset({"g", "a", "svg", "symbol", "switch"})
_MAX_POINTS = 2_000_000


@dataclass(slots=True)
class SvgContent:
    """What an SVG draws, px of the rendering: paths in painting order, glyph runs, embedded pictures."""

    paths: list[DrawnPath] = field(default_factory=list)
    glyphs: list[Glyph] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    clips: Clips = field(default_factory=lambda: Clips((0.0, 0.0, 0.0, 0.0)))
    points: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an element is drawn: its ancestors and itself, the map to px, the clip in px, and its style."""

    chain: tuple[ET.Element, ...]
    to_px: Matrix
    clip: Rectangle | None
    style: Style


def read_shapes(tree: SvgTree, to_px: Matrix, page: Rectangle) -> SvgContent:
    """Everything that ``tree`` draws; ``to_px`` maps the root's user units to px, of which ``page`` is seen.

    Raises TooLargeError.
    """
    content = SvgContent(clips=Clips(page))
    style = style_of((tree.root,), Style(), tree.rules)
    _walk_children(tree, _Place((tree.root,), to_px, None, style), content)
    return content


def _walk_children(tree: SvgTree, place: _Place, content: SvgContent) -> None:
    for child in place.chain[-1]:
        if local(child) not in ("", "symbol"):
            _walk(tree, child, place, content)


def _walk(tree: SvgTree, element: ET.Element, parent: _Place, content: SvgContent) -> None:
    chain = (*parent.chain, element)
    style = style_of(chain, parent.style, tree.rules)
    if not style.visible:
        return
    to_px = after(_transform(style.get("transform")), parent.to_px)
    clip = intersection(parent.clip, _clip(tree, style.get("clip-path"), to_px, (element, content.clips)))
    kind = local(element)
    if kind == "use":
        referred = target(element, tree.by_id)
        if referred is not None:
            to_px = after((1, 0, 0, 1, _number(element, "x"), _number(element, "y")), to_px)
            _walk(tree, referred, _Place(chain, to_px, clip, style), content)
    elif kind in _GROUPS:
        _walk_children(tree, _Place(chain, _nested(element, to_px), clip, style), content)
    elif kind == "text":
        _add_text(tree, _Place(chain, to_px, clip, style), content)
    elif kind == "image":
        corners = _rectangle(element)
        box = intersection(bounds([mapped(corners, to_px)]), clip)
        if box is not None and box[2] > box[0] and box[3] > box[1]:
            content.pictures.append(Box(*box))
        if clip is not None:
            content.clips.drawn(chain, [mapped(corners, to_px)], 0.0, clip)
    else:
        _add_shape(_Place(chain, to_px, clip, style), content)


def _nested(element: ET.Element, to_px: Matrix) -> Matrix:
    """The map inside an inner ``svg``, which has a place and may have a view box of its own."""
    if local(element) != "svg":
        return to_px
    to_px = after((1, 0, 0, 1, _number(element, "x"), _number(element, "y")), to_px)
    box = [float(v) for v in NUMBER.findall(element.get("viewBox", ""))]
    width, height = _number(element, "width"), _number(element, "height")
    if len(box) != 4 or min(box[2], box[3], width, height) <= 0:
        return to_px
    scale = min(width / box[2], height / box[3])
    x, y = (width - scale * box[2]) / 2 - scale * box[0], (height - scale * box[3]) / 2 - scale * box[1]
    return after((scale, 0, 0, scale, x, y), to_px)


def _add_shape(place: _Place, content: SvgContent) -> None:
    subpaths = _subpaths(place.chain[-1])
    paint = paint_of(place.style)
    if local(place.chain[-1]) == "line":
        paint = replace(paint, fill=None)
    if not subpaths or (paint.stroke is None and paint.fill is None):
        return
    content.points += sum(len(points) for points in subpaths)
    if content.points > _MAX_POINTS:
        raise TooLargeError(f"The drawing has more than {_MAX_POINTS:,} points.", "Export the figure alone, or as PNG.")
    if place.clip is not None:
        content.clips.drawn(place.chain, [mapped(points, place.to_px) for points in subpaths], 0.0, place.clip)
    path = drawn_path(subpaths, paint, place.to_px, place.clip, len(content.paths) + 1)
    if path is not None:
        content.paths.append(path)


def _add_text(tree: SvgTree, place: _Place, content: SvgContent) -> None:
    paint = paint_of(place.style)
    if paint.fill is None:
        return
    block = content.glyphs[-1].block + 1 if content.glyphs else 1
    glyphs = [replace(g, block=block) for g in text_glyphs(place.chain, place.style, tree.rules, place.to_px)]
    content.glyphs += glyphs
    for glyph in glyphs:
        if place.clip is not None:
            outline = np.array([(glyph.box.left, glyph.box.top), (glyph.box.right, glyph.box.bottom)])
            reach = text_reach(min(glyph.box.width, glyph.box.height))
            content.clips.drawn(place.chain, [outline], reach, place.clip)
        mark = glyph_mark(glyph, paint.fill, len(content.paths) + 1)
        if mark is not None:
            content.paths.append(mark)


def _transform(written: str) -> Matrix:
    """What ``transform`` says; nothing moves by one that cannot be understood."""
    still: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    if not written:
        return still
    try:
        m = SvgMatrix(written)
        matrix = float(m.a), float(m.b), float(m.c), float(m.d), float(m.e), float(m.f)
    except (ValueError, TypeError, IndexError, AttributeError, ArithmeticError):
        return still
    return matrix if all(map(math.isfinite, matrix)) else still


def _clip(tree: SvgTree, written: str, to_px: Matrix, met: tuple[ET.Element, Clips]) -> Rectangle | None:
    """The rectangle around a ``clipPath`` in px, None if there is none; that an element has it is noted."""
    found = re.search(r"url\(\s*['\"]?#([^)'\"]+)", written)
    element = tree.by_id.get(found.group(1)) if found else None
    if element is None or local(element) != "clipPath" or element.get("clipPathUnits") == "objectBoundingBox":
        return None
    outlines = []
    for child in element:
        inner = after(_transform(child.get("transform", "")), to_px)
        outlines += [mapped(points, inner) for points in _subpaths(child)]
    return met[1].met(met[0], outlines)


def _subpaths(element: ET.Element) -> list[FloatArray]:
    """The points of a shape in its own units; closed shapes end on their first point."""
    kind = local(element)
    if kind == "path":
        return _path_points(element.get("d", ""))
    if kind == "line":
        ends = [(_number(element, "x1"), _number(element, "y1")), (_number(element, "x2"), _number(element, "y2"))]
        return [np.array(ends)]
    if kind in ("polyline", "polygon"):
        numbers = [
            float(v) for v in re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", element.get("points", ""))
        ]
        points = np.array(numbers[: len(numbers) // 2 * 2]).reshape(-1, 2)
        if len(points) < 2:
            return []
        return [np.vstack([points, points[:1]]) if kind == "polygon" else points]
    if kind == "rect":
        return [_rectangle(element)] if _number(element, "width") and _number(element, "height") else []
    if kind in ("circle", "ellipse"):
        return _ellipse(element)
    return []


def _rectangle(element: ET.Element) -> FloatArray:
    x, y = _number(element, "x"), _number(element, "y")
    right, bottom = x + _number(element, "width"), y + _number(element, "height")
    return np.array([(x, y), (right, y), (right, bottom), (x, bottom), (x, y)])


def _ellipse(element: ET.Element) -> list[FloatArray]:
    rx, ry = (
        (_number(element, "rx"), _number(element, "ry"))
        if local(element) == "ellipse"
        else (_number(element, "r"),) * 2
    )
    angle = np.linspace(0.0, 2 * np.pi, 25)
    angle[-1] = 0.0
    center = np.array([_number(element, "cx"), _number(element, "cy")])
    return [center + np.column_stack([rx * np.cos(angle), ry * np.sin(angle)])] if rx > 0 and ry > 0 else []


def _number(element: ET.Element, key: str) -> float:
    """A coordinate in user units; percentages are of a unit square (they occur on page backgrounds only)."""
    return length(element.get(key, "0"), 0.0, 1.0)


def _path_points(data: str) -> list[FloatArray]:
    try:
        return _outlines(SvgPath(data))
    except (ValueError, TypeError, IndexError, AttributeError, ZeroDivisionError):
        return []


def _outlines(segments: SvgPath) -> list[FloatArray]:
    """The finite subpaths of parsed path data. Raises TypeError where a coordinate is missing."""
    subpaths: list[list[tuple[float, float]]] = []
    for segment in segments:
        if segment.end is None:
            continue
        end = (float(segment.end.x), float(segment.end.y))
        if segment.start is None or type(segment).__name__ == "Move" or not subpaths:
            subpaths.append([end])
            continue
        for curve in _arc_curves(segment) if isinstance(segment, Arc) else [segment]:
            subpaths[-1] += _flattened(curve)
    outlines = [np.array(points) for points in subpaths if len(points) > 1]
    return [points for points in outlines if np.all(np.isfinite(points))]


def _arc_curves(arc: Arc) -> list[object]:
    """The cubic curves of an arc; of one whose centre is beyond all numbers only the chord."""
    try:
        return list(arc.as_cubic_curves())
    except (ValueError, ArithmeticError):
        return [Line(arc.start, arc.end)]


def _flattened(segment: object) -> list[tuple[float, float]]:
    """The points of one segment after its first."""
    if isinstance(segment, CubicBezier):
        return bezier(
            [(float(p.x), float(p.y)) for p in (segment.start, segment.control1, segment.control2, segment.end)]
        )
    if isinstance(segment, QuadraticBezier):
        start, control, end = (
            np.array([float(p.x), float(p.y)]) for p in (segment.start, segment.control, segment.end)
        )
        first, second = start + (control - start) * 2 / 3, end + (control - end) * 2 / 3
        return bezier([(float(p[0]), float(p[1])) for p in (start, first, second, end)])
    end = segment.end  # type: ignore[attr-defined]
    return [(float(end.x), float(end.y))]
