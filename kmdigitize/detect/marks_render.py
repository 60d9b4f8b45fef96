"""Pictures of single censor marks: how much of each pixel a mark of given kind, size, stroke and place covers.

A stroke is a band around a line or ring; its edge is as soft as a pixel (or the picture's blur), so that the coverage
is right wherever the mark sits on the pixel grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.records.curves import MarkKind

Drawn = MarkKind | Literal["tall triangle"]
"""Kinds of marks as they are drawn: some programs draw triangles of equal sides about their middle, others as high as
they are wide, apex and base at equal distances from the curve."""

SHARP = 0.33
"""Standard deviation in px of the edge of a stroke in a sharp picture: a pixel's own width (1/√12) and a little."""
FAINT = 0.06
"""Coverage below which a pixel is left out of a mark's picture."""
CORNERS: dict[Drawn, tuple[tuple[float, float], ...]] = {
    "triangle": ((0.0, -1.0), (0.87, 0.5), (-0.87, 0.5)),
    "tall triangle": ((0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),
    "square": ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),
}
"""Corners of outlines in half heights from the curve's row, x to the right and y down."""


def named(kind: Drawn) -> MarkKind:
    """The kind by the name that records have for it."""
    return "triangle" if kind == "tall triangle" else kind


@dataclass(frozen=True, slots=True)
class MarkLook:
    """How the marks of a figure are drawn: kind, half height ``size`` and ``stroke`` in px.

    ``soft`` is the standard deviation of its edges in px, ``depth`` the coverage of a pixel that lies wholly in it.
    """

    kind: Drawn
    size: float
    stroke: float
    soft: float = SHARP
    depth: float = 1.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """A mark's picture: ``cover`` (p,) of the first pixels at ``rows``, ``columns`` (p + q,) from that of its centre.

    The other q are pixels beyond the tips of a bar: lines that go on there are no marks. All lie within ``reach`` rows
    and columns.
    """

    rows: IntArray
    columns: IntArray
    cover: FloatArray
    reach: int

    @property
    def energy(self) -> float:
        """What a mark on bare paper explains (px²)."""
        return float((self.cover**2).sum())


@lru_cache(maxsize=1024)
def stamp_of(look: MarkLook, x: float, y: float) -> Stamp:
    """The picture of a mark whose centre lies ``x``, ``y`` px (each within a pixel) from a pixel's centre."""
    tip = look.size + look.stroke / 2 + 1
    tail = max(2.0, 0.5 * look.size)
    reach = int(np.ceil(tip + max(tail, 3 * look.soft)))
    offset = np.arange(-reach, reach + 1)
    rows, columns = (grid.ravel() for grid in np.meshgrid(offset, offset, indexing="ij"))
    away = _distance(look, columns.astype(np.float64) - x, rows.astype(np.float64) - y)
    cover = look.depth * (_edge((look.stroke / 2 - away) / look.soft) + _edge((look.stroke / 2 + away) / look.soft) - 1)
    kept = cover > FAINT
    blank = np.zeros(rows.shape, dtype=bool)
    if look.kind in {"vbar", "plus"}:
        beyond = np.abs(rows - y)
        blank = (np.abs(columns - x) <= max(look.stroke / 2, 0.5)) & (beyond >= tip) & (beyond < tip + tail)
    pixels = np.concatenate([np.flatnonzero(kept), np.flatnonzero(blank)])
    return Stamp(rows[pixels], columns[pixels], cover[kept], reach)


def _edge(z: FloatArray) -> FloatArray:
    """A soft step (n,) from 0 to 1: the normal distribution by its logistic twin."""
    step: FloatArray = 1.0 / (1.0 + np.exp(-1.702 * np.clip(z, -20, 20)))
    return step


def _strokes(kind: Drawn, size: float) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The middle lines of the strokes of a mark that is no ring, from end to end."""
    bar, across = ((0.0, -size), (0.0, size)), ((-size, 0.0), (size, 0.0))
    if kind == "tick":
        return [((0.0, -size), (0.0, 0.0))]
    if kind == "cross":
        return [((-size, -size), (size, size)), ((-size, size), (size, -size))]
    if kind in CORNERS:
        corners = [(size * x, size * y) for x, y in CORNERS[kind]]
        return list(zip(corners, corners[1:] + corners[:1], strict=True))
    return [bar, across] if kind == "plus" else [bar]


def _distance(look: MarkLook, x: FloatArray, y: FloatArray) -> FloatArray:
    """Distance in px of points from the middle of the mark's strokes, (n,)."""
    if look.kind == "circle":
        ring: FloatArray = np.abs(np.hypot(x, y) - look.size)
        return ring
    nearest = np.full(x.shape, np.inf)
    for (ax, ay), (bx, by) in _strokes(look.kind, look.size):
        along = np.array([bx - ax, by - ay])
        share = np.clip(((x - ax) * along[0] + (y - ay) * along[1]) / (along @ along), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - share * along[0], y - ay - share * along[1]))
    return nearest
