"""Templates of censor marks that are no plain bars: where each kind has ink and where it must not have any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kmdigitize.detect.marks_ground import Ground
from kmdigitize.detect.marks_ink import MarkInk, rows_of
from kmdigitize.detect.marks_render import CORNERS, Drawn
from kmdigitize.geometry import FloatArray, IntArray

KINDS: tuple[Drawn, ...] = ("cross", "circle", "triangle", "tall triangle", "square")
SLOPES = 2.5
"""Rows (px) that a triangle's slopes must show between the curve's stroke and its base."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A mark's template: pixel offsets (dx, dy) from its centre that are inked, and ``blank`` ones that are not."""

    kind: Drawn
    size: float
    inked: IntArray
    blank: IntArray


def shape_of(kind: Drawn, size: float, stroke: float) -> Shape:
    """The template of ``kind`` with half height ``size`` px on a curve of width ``stroke`` px.

    Pixels within half a stroke of the curve's row are left out: the curve's own ink is there. A tall triangle of which
    little more than the base is left has no template, since the edge of the curve's stroke would be one.
    """
    return _shape(kind, size, int(stroke / 2))


@lru_cache(maxsize=2048)
def _shape(kind: Drawn, size: float, clear: int) -> Shape:
    inked, blank = _OUTLINES[kind](size), _BLANKS[kind](size)
    if kind == "tall triangle" and size < clear + SLOPES:
        inked = inked[:0]
    return Shape(kind, size, _whole(inked[np.abs(inked[:, 1]) > clear]), _whole(blank[np.abs(blank[:, 1]) > clear]))


_FAR = 1 << 20
"""No offset (px) is farther."""


def _whole(points: FloatArray) -> IntArray:
    """The whole pixels (p, 2) nearest to the points, each once, in order of x and then y."""
    pixels = np.rint(points).astype(np.int64).reshape(-1, 2)
    ordered = np.unique((pixels[:, 0] + _FAR) * 2 * _FAR + pixels[:, 1] + _FAR)
    return np.stack([ordered // (2 * _FAR) - _FAR, ordered % (2 * _FAR) - _FAR], axis=1)


def _line(start: tuple[float, float], end: tuple[float, float]) -> FloatArray:
    steps = int(np.ceil(max(abs(end[0] - start[0]), abs(end[1] - start[1])))) + 1
    share = np.linspace(0, 1, max(steps, 2))[:, None]
    line: FloatArray = np.array(start) * (1 - share) + np.array(end) * share
    return line


def _polygon(*corners: tuple[float, float]) -> FloatArray:
    return np.concatenate([_line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)])


def _ring(radius: float) -> FloatArray:
    angle = np.linspace(0, 2 * np.pi, max(12, int(np.ceil(7 * radius))), endpoint=False)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _diagonals(size: float) -> FloatArray:
    return np.concatenate([_line((-size, -size), (size, size)), _line((-size, size), (size, -size))])


def _outline_of(kind: Drawn) -> Callable[[float], FloatArray]:
    return lambda size: _polygon(*((size * x, size * y) for x, y in CORNERS[kind]))


def _cross_blank(size: float) -> FloatArray:
    corners = [[sx * (size + 2), sy * (size + 2)] for sx in (-1, 1) for sy in (-1, 1)]
    middle = _line((0, -size), (0, size))
    return np.concatenate([np.array(corners), middle[np.abs(middle[:, 1]) > 0.55 * size]])


def _around(size: float) -> FloatArray:
    return _ring(size + 2.5)


def _around_square(size: float) -> FloatArray:
    return _outline_of("square")(size + 2.5)


def _around_tall(size: float) -> FloatArray:
    """The triangle with its sides 2.5 px farther out: enlarged about the middle of the circle inside it."""
    inner = (np.sqrt(5) - 1) / 2 * size
    middle = np.array([0.0, size - inner])
    grown: FloatArray = middle + (_outline_of("tall triangle")(size) - middle) * (inner + 2.5) / inner
    return grown


_OUTLINES: dict[str, Callable[[float], FloatArray]] = {
    "cross": _diagonals,
    "circle": _ring,
    "triangle": _outline_of("triangle"),
    "tall triangle": _outline_of("tall triangle"),
    "square": _outline_of("square"),
}
_BLANKS: dict[str, Callable[[float], FloatArray]] = {
    "cross": _cross_blank,
    "circle": _around,
    "triangle": _around,
    "tall triangle": _around_tall,
    "square": _around_square,
}


def reach_of(size: float, stroke: float) -> int:
    """Rows and columns (px) within which all templates of half height ``size`` on a curve of ``stroke`` px lie."""
    shapes = [shape_of(kind, size, stroke) for kind in KINDS]
    return max(int(np.abs(points).max(initial=0)) for shape in shapes for points in (shape.inked, shape.blank))


def match(shapes: Sequence[Shape], ground: Ground) -> list[tuple[FloatArray, FloatArray]]:
    """Fit of every shape at every column of the curve, (n,) in [-1, 1], and how many of its inked pixels are seen.

    Columns without a trace of unexplained ink around them are not tried (-1), and where less ink is seen than the
    ground's least fit takes, the fit is not worked out (-1).
    """
    reach = np.array([np.ceil(shape.size) + 1 for shape in shapes])
    tried = np.flatnonzero(ground.away <= reach.max())
    index = np.concatenate([tried, tried[ground.moved[tried]]])
    centre = np.concatenate([ground.here[tried], ground.after[index[tried.size :]]])
    likely = ground.may_fit([shape.inked for shape in shapes], centre) & (ground.away[index] <= reach[:, None])
    result = []
    for shape, column, any_likely in zip(shapes, likely, likely.any(axis=1).tolist(), strict=True):
        fit, visible = np.full(ground.here.size, -1.0), np.zeros(ground.here.size)
        if not any_likely:
            result.append((fit, visible))
            continue
        for some in (np.flatnonzero(column[: tried.size]), tried.size + np.flatnonzero(column[tried.size :])):
            if some.size:
                here, seen = _fit_at(shape, ground, centre[some])
                better = here > fit[index[some]]
                fit[index[some[better]]], visible[index[some[better]]] = here[better], seen[better]
        result.append((fit, visible))
    return result


@lru_cache(maxsize=256)
def outline(kind: Drawn, size: float, half_width: int) -> IntArray:
    """Pixel offsets (p, 2) of a mark's strokes, ``half_width`` px wide to each side; bars and ticks included."""
    upright = {"vbar": _line((0, -size), (0, size)), "tick": _line((0, -size), (0, 0))}
    points = _whole(upright[kind] if kind in upright else _OUTLINES[kind](size))
    return _whole(np.concatenate([points + np.array([step, 0.0]) for step in range(-half_width, half_width + 1)]))


def explained_ink(points: IntArray, ink: MarkInk, index: IntArray) -> float:
    """Unexplained ink in px² under marks with stroke pixels ``points`` that stand at the columns ``index``."""
    if not index.size:
        return 0.0
    width = ink.ink.shape[1]
    pixels: list[IntArray] = []
    for y in (ink.y, ink.next_y):
        columns = ink.x[index].astype(np.int64)[None, :] + points[:, :1]
        rows = rows_of(y[index])[None, :] + points[:, 1:]
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < ink.ink.shape[0])
        pixels.append((rows * width + columns)[inside])
    under = np.unique(np.concatenate(pixels))
    return float(ink.ink.ravel()[under].sum(where=~ink.known.ravel()[under]))


def filled_share(kind: Drawn, size: float, ground: Ground, stroke: float, index: IntArray) -> tuple[float, int]:
    """Ink inside the outlines that stand at the columns ``index``, and the pixels looked at: rings are hollow.

    Only pixels half-way between the rim and a curve of ``stroke`` px count; (0, 0) where none lies clear of both.
    """
    row = round((size + stroke / 2) / 2)
    if kind not in ("circle", "square") or row <= int(stroke / 2) or size - row < 1 or not index.size:
        return 0.0, 0
    value, seen = ground.under(np.array([[0, -row], [0, row]]), ground.here[index], False)
    return float(value.sum()), int(seen.sum())


def _fit_at(shape: Shape, ground: Ground, centre: IntArray) -> tuple[FloatArray, FloatArray]:
    inked, visible = ground.under(shape.inked, centre, True)
    blank, blank_seen = ground.under(shape.blank, centre, False)
    fit = (2 * inked - visible) / np.maximum(visible, 1) - blank / np.maximum(blank_seen, 1)
    return np.where(visible >= max(4.0, 0.3 * len(shape.inked)), fit, -1.0), visible
