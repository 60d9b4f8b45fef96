"""Pictures of single censor marks: how much of each pixel a mark of given kind, size, stroke and place covers.

A stroke is a band around a line or ring; its edge is as soft as a pixel (or the picture's blur), so that the coverage
is right wherever the mark sits on the pixel grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray, IntArray
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


PHASES = 4
"""Parts of a pixel at which marks are drawn vertically; half of that horizontally."""
_GRID = tuple((i / (PHASES / 2), j / PHASES - 0.5) for i in range(PHASES // 2) for j in range(PHASES))
"""Phases: places (x, y) of a centre from that of its pixel."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """A mark's pictures, one for every phase in which its centre may lie in its pixel.

    ``cover`` (p, 8) is how much of the first pixels at ``rows``, ``columns`` (p + q,) from that of the centre the mark
    covers. The other q are pixels ``beyond`` (q, 8) the tips of a bar: lines that go on there are no marks. All lie
    within ``reach`` rows and columns.
    """

    rows: IntArray
    columns: IntArray
    cover: FloatArray
    beyond: BoolArray
    reach: int

    @property
    def energy(self) -> float:
        """What a mark in the middle of a pixel on bare paper explains (px²)."""
        return float((self.cover[:, _GRID.index((0.0, 0.0))] ** 2).sum())

    @property
    def apart(self) -> tuple[int, int]:
        """Columns and rows that centres must lie apart so that neither mark has ink where the other counts pixels."""
        inked = len(self.cover)
        wide, high = (
            int(np.abs(offsets[:inked]).max(initial=0) + np.abs(offsets).max(initial=0))
            for offsets in (self.columns, self.rows)
        )
        return wide + 1, high + 1


def pixels_of(x: FloatArray, y: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Column and row (m,) of the pixels in which centres at ``x``, ``y`` lie, and their phase in it."""
    column, row = np.floor(x + 0.25).astype(np.int64), np.floor(y + 0.5).astype(np.int64)
    across, down = np.rint(PHASES / 2 * (x - column)), np.rint(PHASES * (y - row + 0.5))
    return column, row, (PHASES * across + np.minimum(down, PHASES - 1)).astype(np.int64)


@lru_cache(maxsize=256)
def stamps_of(look: MarkLook) -> Stamps:
    """The pictures of a mark drawn as ``look``."""
    tip = look.size + look.stroke / 2 + 1
    tail = max(2.0, 0.5 * look.size)
    reach = int(np.ceil(tip + max(tail, 3 * look.soft)))
    rows, columns = _around(look, reach)
    x, y = (columns[:, None] - np.array([x for x, _ in _GRID]), rows[:, None] - np.array([y for _, y in _GRID]))
    away = _distance(look, x, y)
    cover = look.depth * (_edge((look.stroke / 2 - away) / look.soft) + _edge((look.stroke / 2 + away) / look.soft) - 1)
    cover = np.where(cover > FAINT, cover, 0.0)
    beyond = np.zeros(cover.shape, dtype=bool)
    if look.kind in {"vbar", "plus"}:
        beyond = (np.abs(x) <= max(look.stroke / 2, 0.5)) & (np.abs(y) >= tip) & (np.abs(y) < tip + tail)
    inked, blank = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(beyond.any(axis=1))
    pixels = np.concatenate([inked, blank])
    return Stamps(rows[pixels], columns[pixels], cover[inked], beyond[blank], reach)


def _around(look: MarkLook, reach: int) -> tuple[IntArray, IntArray]:
    """Rows and columns (p,) from its centre of the pixels that a mark may cover or that lie beyond its tips: an edge is
    fainter than ``FAINT`` from 1.62 of its softness on, and centres lie up to half a pixel off."""
    rim = look.stroke / 2 + 2 * look.soft + 1
    wide = min(reach, int(np.ceil((0.0 if look.kind in ("vbar", "tick") else look.size) + rim)))
    high = reach if look.kind in ("vbar", "plus") else min(reach, int(np.ceil(look.size + rim)))
    down, across = np.arange(-high, high + 1), np.arange(-wide, wide + 1)
    return np.repeat(down, across.size), np.tile(across, down.size)


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
