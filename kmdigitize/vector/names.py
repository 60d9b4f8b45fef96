"""Which legend entry a drawn line belongs to: the one whose sample has its colour and dash, or that is at its end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.primitives import assigned_pairs
from kmdigitize.records.figure import Rgb
from kmdigitize.records.printed import LegendEntry
from kmdigitize.vector.looks import Look, Strand

_FAR = 120.0
"""Colour distance (RGB) above which line and sample differ: opacity and anti-aliasing change thin samples that much."""
_OTHER_DASH = 60.0
_AWAY = 10.0
"""What a letter's height between the end of a line and a label at the curves costs, at most ``_OTHER_DASH``."""


def matched_entries(lines: Sequence[Strand], legend: Sequence[LegendEntry]) -> list[int | None]:
    """For each line the index of its entry; None where nothing fits or the legend has no samples."""
    sampled = [index for index, entry in enumerate(legend) if entry.color is not None]
    if not sampled or not lines:
        return [None] * len(lines)
    cost: FloatArray = np.array([[_difference(line, legend[index]) for index in sampled] for line in lines])
    rows, columns = assigned_pairs(np.minimum(cost, 4 * _FAR))
    entries: list[int | None] = [None] * len(lines)
    for row, column in zip(rows, columns, strict=True):
        if cost[row, column] < _FAR:
            entries[row] = sampled[column]
    return entries


def _difference(line: Strand, entry: LegendEntry) -> float:
    """Distance of colours, plus those of the dash patterns and of a label at the curves from the line's end."""
    if entry.color is None:
        return 4 * _FAR
    look = line.look
    on_white = _on_white(look.color, look.alpha)
    color = min(_distance(look.color, entry.color), _distance(on_white, entry.color))
    away = _end_distance(line, entry) if entry.place == "direct" else 0.0
    return color + _dash_difference(look, entry) + _width_difference(look, entry) + away


def _end_distance(line: Strand, entry: LegendEntry) -> float:
    """How far a label's middle lies above or below the end of a line, as a cost."""
    height = max(entry.box.height, 1.0)
    return min(_OTHER_DASH, _AWAY * abs(float(line.points[-1, 1]) - entry.box.center_y) / height)


def _on_white(color: Rgb, alpha: float) -> Rgb:
    red, green, blue = (round(255 + alpha * (value - 255)) for value in color)
    return red, green, blue


def _distance(a: Rgb, b: Rgb) -> float:
    return float(np.linalg.norm(np.subtract(a, b, dtype=np.float64)))


def _width_difference(look: Look, entry: LegendEntry) -> float:
    """Up to a tenth of a colour's difference: limits are drawn thinner than the curve that the sample shows."""
    if not entry.stroke_px or look.width <= 0:
        return 0.0
    return 0.1 * _FAR * min(1.0, abs(float(np.log2(look.width / entry.stroke_px))))


def _dash_difference(look: Look, entry: LegendEntry) -> float:
    """0 for the same pattern up to ``_OTHER_DASH`` for another kind; patterns are compared in stroke widths."""
    if entry.dash == "unknown" and not entry.period:
        return 0.0
    solid = (not look.dash, entry.dash == "solid" or (entry.dash == "unknown" and not entry.period))
    if all(solid):
        return 0.0
    if any(solid):
        return _OTHER_DASH
    if not entry.period:
        return 0.3 * _OTHER_DASH
    mine, other = (np.array(pattern, dtype=np.float64) for pattern in (look.dash, entry.period))
    if mine.size != other.size:
        mine, other = np.array([mine[0], mine.sum()]), np.array([other[0], other.sum()])
    return _OTHER_DASH * min(1.0, float(np.mean(np.abs(mine - other)) / max(float(mine.mean()), 1e-6)))
