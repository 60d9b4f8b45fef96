"""Templates of censor marks: where a mark of each kind has ink and where it must not have any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.marks_ink import MarkInk
from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.records import MarkKind

KINDS: tuple[MarkKind, ...] = ("vbar", "tick", "cross", "circle", "triangle", "square")
"""Plus signs are told from bars afterwards: on a flat their horizontal stroke lies under the curve."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A mark's template: pixel offsets (dx, dy) from its centre that are inked, ``blank`` ones that are not."""

    kind: MarkKind
    size: float
    inked: IntArray
    blank: IntArray
    sides: IntArray


def shape_of(kind: MarkKind, size: float, stroke: float) -> Shape:
    """The template of ``kind`` with half height ``size`` px on a curve of width ``stroke`` px.

    Pixels within half a stroke (and one pixel) of the curve's row are left out: the curve's own ink is there.
    """
    clear = stroke / 2 + 0.8
    outline = _OUTLINES[kind](size)
    inked = outline[np.abs(outline[:, 1]) > clear]
    blank = _BLANKS[kind](size)
    blank = blank[np.abs(blank[:, 1]) > clear]
    side = np.array([stroke / 2 + 2.0, 0.0])
    sides = np.concatenate([inked + side, inked - side]) if kind in ("vbar", "tick") else np.empty((0, 2))
    return Shape(kind, size, _whole(inked), _whole(blank), _whole(sides))


def _whole(points: FloatArray) -> IntArray:
    return np.unique(np.rint(points).astype(np.int64).reshape(-1, 2), axis=0)


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


def _bar(size: float) -> FloatArray:
    return _line((0, -size), (0, size))


def _upright(size: float) -> FloatArray:
    return _line((0, -size), (0, 0))


def _diagonals(size: float) -> FloatArray:
    return np.concatenate([_line((-size, -size), (size, size)), _line((-size, size), (size, -size))])


def _triangle(size: float) -> FloatArray:
    return _polygon((0, -size), (0.87 * size, 0.5 * size), (-0.87 * size, 0.5 * size))


def _square(size: float) -> FloatArray:
    return _polygon((-size, -size), (size, -size), (size, size), (-size, size))


def _caps(size: float) -> FloatArray:
    return np.array([[0, s * (size + d)] for s in (-1, 1) for d in (2.0, 3.0)])


def _tick_blank(size: float) -> FloatArray:
    return np.concatenate([[[0, -size - 2.0], [0, -size - 3.0]], _line((0, 1), (0, size))])


def _cross_blank(size: float) -> FloatArray:
    corners = [[sx * (size + 2), sy * (size + 2)] for sx in (-1, 1) for sy in (-1, 1)]
    middle = _bar(size)
    return np.concatenate([np.array(corners), middle[np.abs(middle[:, 1]) > 0.55 * size]])


def _around(size: float) -> FloatArray:
    return _ring(size + 2.5)


_OUTLINES = {
    "vbar": _bar,
    "tick": _upright,
    "cross": _diagonals,
    "circle": _ring,
    "triangle": _triangle,
    "square": _square,
}
_BLANKS = {
    "vbar": _caps,
    "tick": _tick_blank,
    "cross": _cross_blank,
    "circle": _around,
    "triangle": _around,
    "square": lambda size: _square(size + 2.5),
}


@dataclass(frozen=True, slots=True)
class Match:
    """How well a shape fits at every column of a curve: ``fit`` (n,) in [-1, 1], ``visible`` (n,) inked pixels seen."""

    fit: FloatArray
    visible: FloatArray


def match(shape: Shape, ink: MarkInk, full: float, isolated: bool) -> Match:
    """Fit of ``shape`` at every column, the better of both rows that a mark could stand on.

    ``full`` is the coverage that counts as full ink (thin strokes never cover a pixel). ``isolated`` also asks for
    blank sides.
    """
    fits = []
    for y in (ink.y, ink.next_y):
        fit, visible = _fit_at(shape, ink, y, full, isolated)
        fits.append((fit, visible))
    better = fits[1][0] > fits[0][0]
    return Match(np.where(better, fits[1][0], fits[0][0]), np.where(better, fits[1][1], fits[0][1]))


def _fit_at(shape: Shape, ink: MarkInk, y: FloatArray, full: float, isolated: bool) -> tuple[FloatArray, FloatArray]:
    inked, seen = _sample(shape.inked, ink, y, full)
    visible = seen.sum(axis=0)
    fit = (2 * inked - 1).sum(axis=0, where=seen) / np.maximum(visible, 1)
    points = np.concatenate([shape.blank, shape.sides]) if isolated else shape.blank
    blank, blank_seen = _sample(points, ink, y, full)
    fit = fit - blank.sum(axis=0, where=blank_seen) / np.maximum(blank_seen.sum(axis=0), 1)
    enough = visible >= max(2.0, 0.3 * len(shape.inked))
    return np.where(enough, fit, -1.0), visible


def _sample(points: IntArray, ink: MarkInk, y: FloatArray, full: float) -> tuple[FloatArray, np.ndarray]:
    """Ink (p, n) at every offset from every column, and whether it says anything."""
    height, width = ink.ink.shape
    columns = np.rint(ink.x).astype(np.int64)[None, :] + points[:, :1]
    rows = np.rint(y).astype(np.int64)[None, :] + points[:, 1:]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    columns, rows = np.clip(columns, 0, width - 1), np.clip(rows, 0, height - 1)
    return np.minimum(ink.ink[rows, columns] / full, 1.0), inside & ~ink.known[rows, columns]
