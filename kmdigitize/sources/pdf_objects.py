"""The painted objects of a PDF page in px of its rendering: paths, pictures, and where text is a mark.

pdfium has already interpreted the operators; this walks its page objects through nested forms, composes their
matrices, and reads each path's points, colours, stroke, dash, opacity and clip. Clips are taken as the rectangle
around them, gradients and patterns as unpainted. Reference: PDF 32000-1, chapter 8; pdfium's fpdf_edit.h.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from kmdigitize.errors import TooLargeError
from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.figure import DrawnPath, Rgb
from kmdigitize.sources.outlines import Matrix, Rectangle, after, bezier, bounds, intersection, mapped
from kmdigitize.sources.paint import Paint, drawn_path, rgb

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Bounds on one page. ``objects`` and ``points``: a dense figure has some thousand objects and some ten thousand
    points; a map or a scatter plot of a genome has millions, takes minutes, and is no survival curve. ``depth``:
    producers nest forms two or three deep.
    """

    objects: int = 100_000
    points: int = 600_000
    depth: int = 12


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture on the page: its ``box`` in px of the rendering, its ``matrix`` to px and pdfium's object."""

    box: Box
    matrix: Matrix
    handle: Any


@dataclass(slots=True)
class PageObjects:
    """What is painted on a page. ``paths`` and ``pictures`` in painting order, px of the rendering."""

    paths: list[DrawnPath] = field(default_factory=list)
    pictures: list[PagePicture] = field(default_factory=list)


@dataclass(slots=True)
class _Walk:
    """Counts that bound the walk, and what it has found."""

    limits: PageLimits
    found: PageObjects
    objects: int = 0
    points: int = 0


def read_objects(page: Any, to_px: Matrix, limits: PageLimits) -> PageObjects:
    """Every painted path and picture of ``page`` (a pdfium page handle) in px. Raises TooLargeError."""
    walk = _Walk(limits, PageObjects())
    children = (pdfium.FPDFPage_GetObject(page, i) for i in range(pdfium.FPDFPage_CountObjects(page)))
    _walk(children, _IDENTITY, to_px, None, walk, 0)
    return walk.found


def _walk(
    children: Iterator[Any], form: Matrix, to_px: Matrix, clip: Rectangle | None, walk: _Walk, depth: int
) -> None:
    if depth > walk.limits.depth:
        raise TooLargeError(
            f"A page nests forms more than {walk.limits.depth} deep.", "Cut out the figure as a picture."
        )
    for handle in children:
        walk.objects += 1
        if walk.objects > walk.limits.objects or walk.points > walk.limits.points:
            raise TooLargeError(
                f"A page draws more than {walk.limits.objects:,} objects or {walk.limits.points:,} points.",
                "Cut out the figure as a picture.",
            )
        kind = pdfium.FPDFPageObj_GetType(handle)
        here = after(form, to_px)
        own_clip = intersection(clip, _clip_of(handle, here))
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            _add_path(handle, after(_matrix_of(handle), here), own_clip, walk)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            _add_picture(handle, after(_matrix_of(handle), here), own_clip, walk)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            inner = (pdfium.FPDFFormObj_GetObject(handle, i) for i in range(pdfium.FPDFFormObj_CountObjects(handle)))
            _walk(inner, after(_matrix_of(handle), form), to_px, own_clip, walk, depth + 1)


def _matrix_of(handle: Any) -> Matrix:
    m = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(handle, m):
        return _IDENTITY
    return m.a, m.b, m.c, m.d, m.e, m.f


def _clip_of(handle: Any, to_px: Matrix) -> Rectangle | None:
    """The rectangle around the object's clip in px, None if it has none."""
    clip = pdfium.FPDFPageObj_GetClipPath(handle)
    count = pdfium.FPDFClipPath_CountPaths(clip) if clip else 0
    result: Rectangle | None = None
    for index in range(max(0, count)):
        points = []
        for n in range(max(0, pdfium.FPDFClipPath_CountPathSegments(clip, index))):
            x, y = ctypes.c_float(), ctypes.c_float()
            if pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(clip, index, n), x, y):
                points.append((x.value, y.value))
        if points:
            result = intersection(result, bounds([mapped(np.array(points), to_px)]))
    return result


def _add_path(handle: Any, to_px: Matrix, clip: Rectangle | None, walk: _Walk) -> None:
    paint = _paint_of(handle)
    if paint.stroke is None and paint.fill is None:
        return
    subpaths = _subpaths(handle)
    walk.points += sum(len(points) for points in subpaths)
    path = drawn_path(subpaths, paint, to_px, clip, walk.objects)
    if path is not None:
        walk.found.paths.append(path)


def _paint_of(handle: Any) -> Paint:
    fill_mode, stroked = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(handle, fill_mode, stroked):
        return Paint()
    stroke = _color(handle, pdfium.FPDFPageObj_GetStrokeColor) if stroked.value else None
    fill = _color(handle, pdfium.FPDFPageObj_GetFillColor) if fill_mode.value else None
    width = ctypes.c_float()
    pdfium.FPDFPageObj_GetStrokeWidth(handle, width)
    shown = [paint for paint in (stroke, fill) if paint is not None and paint[1] > 0]
    return Paint(
        stroke[0] if stroke in shown and stroke else None,
        fill[0] if fill in shown and fill else None,
        width.value,
        _dash_of(handle),
        max((alpha for _, alpha in shown), default=0.0),
    )


def _color(handle: Any, getter: Any) -> tuple[Rgb, float] | None:
    """Colour and opacity in [0, 1]."""
    r, g, b, a = (ctypes.c_uint() for _ in range(4))
    if not getter(handle, r, g, b, a):
        return None
    return rgb(r.value, g.value, b.value), a.value / 255


def _dash_of(handle: Any) -> tuple[float, ...]:
    count = pdfium.FPDFPageObj_GetDashCount(handle)
    if not 0 < count <= 64:
        return ()
    lengths = (ctypes.c_float * count)()
    if not pdfium.FPDFPageObj_GetDashArray(handle, lengths, count):
        return ()
    return tuple(float(length) for length in lengths) if sum(lengths) > 0 else ()


def _subpaths(handle: Any) -> list[FloatArray]:
    """The path's points in its own units, curves flattened, closed subpaths ending on their first point."""
    subpaths: list[list[tuple[float, float]]] = []
    control: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(max(0, pdfium.FPDFPath_CountSegments(handle))):
        segment = pdfium.FPDFPath_GetPathSegment(handle, index)
        if not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        kind, point = pdfium.FPDFPathSegment_GetType(segment), (x.value, y.value)
        if kind == pdfium.FPDF_SEGMENT_MOVETO or not subpaths:
            subpaths.append([point])
        elif kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            control.append(point)
            if len(control) == 3:
                subpaths[-1] += bezier([subpaths[-1][-1], *control])
                control = []
        else:
            subpaths[-1].append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and subpaths[-1][-1] != subpaths[-1][0]:
            subpaths[-1].append(subpaths[-1][0])
    return [np.array(points) for points in subpaths if len(points) > 1]


def _add_picture(handle: Any, to_px: Matrix, clip: Rectangle | None, walk: _Walk) -> None:
    corners = mapped(np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]), to_px)
    box = intersection(bounds([corners]), clip)
    if box is not None and box[2] > box[0] and box[3] > box[1]:
        walk.found.pictures.append(PagePicture(Box(*box), to_px, handle))
