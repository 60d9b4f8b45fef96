"""Strokes on whole pixels: recognised from where a trace's flats lie, and the half-pixel bias of strokes of odd width.

Some renderers move strokes to whole pixels before they draw them, still smoothing what remains (round joins, text).
All flats then lie on pixel centres (odd width) or midway between them (even width), although survival could be
anything. Rounding the stroke's pixel corner instead of its centre puts strokes of odd width half a pixel too far right
and down on average (measured on drawn figures with known places: levels +0.51 ± 0.03 px, risers +0.47 ± 0.03 px for
odd widths, 0.01 ± 0.03 px for even ones). Renderers that do not smooth at all also leave whole pixels, but without
bias; they show no half-covered pixel at the outer corners of a riser, and their strokes vary in width.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.records.curves import Evidence, Trace

log = logging.getLogger(__name__)

Lattice = Literal["whole", "half", "mixed"]


@dataclass(frozen=True, slots=True)
class SnapSettings:
    """When flats are taken to lie on whole pixels."""

    together: float = 0.8
    """Least mean cosine of the (doubled) fractional parts: below 0.35 on smoothly drawn figures, above 0.85 on snapped
    ones even after compression."""
    fewest_flats: int = 6
    """Fewer flats may lie together by chance."""
    soft_share: float = 0.5
    """Least share of a trace's corners that show a partly covered pixel."""
    one_width: float = 0.9
    """Least share of flat columns that are equally thick."""


_DEFAULT = SnapSettings()


def find_lattice(levels: FloatArray, lengths: FloatArray, settings: SnapSettings = _DEFAULT) -> Lattice | None:
    """Where flats at rows ``levels`` (k,), ``lengths`` (k,) px long, lie: on pixels, midway, on both, or anywhere."""
    levels = levels[lengths >= 3.0]
    if levels.size < settings.fewest_flats or np.mean(np.cos(4 * np.pi * levels)) < settings.together:
        return None
    side = float(np.mean(np.cos(2 * np.pi * levels)))
    if abs(side) < settings.together:
        return "mixed"
    return "whole" if side > 0 else "half"


def unsnapped(evidence: Evidence, trace: Trace, smoothed: bool = False, settings: SnapSettings = _DEFAULT) -> Trace:
    """The trace where it was before the renderer moved it: half a pixel up and left if it carries that bias.

    ``smoothed`` tells from the ticks that the renderer smooths what it has put on whole pixels; without it the stroke
    must show that itself.
    """
    lengths = np.diff(np.concatenate([[trace.start], trace.risers, [trace.end]]))
    if find_lattice(trace.levels[trace.seen > 0.3], lengths[trace.seen > 0.3], settings) != "whole":
        return trace
    if not smoothed and not (_one_width(evidence, trace, settings) and _soft_corners(evidence, trace, settings)):
        return trace
    log.debug("strokes on whole pixels: %d flats moved by half a pixel", trace.levels.size)
    return _moved(trace, -0.5)


def _moved(trace: Trace, by: float) -> Trace:
    """The trace moved by ``by`` px right and down."""
    marks = trace.marks
    if marks is not None:
        marks = tuple(replace(mark, x=mark.x + by, y=mark.y + by) for mark in marks)
    return replace(
        trace,
        start=trace.start + by,
        end=trace.end + by,
        levels=trace.levels + by,
        risers=trace.risers + by,
        marks=marks,
        mark_bands=tuple((a + by, b + by) for a, b in trace.mark_bands),
    )


def _one_width(evidence: Evidence, trace: Trace, settings: SnapSettings) -> bool:
    """Whether flats are equally thick: the ink of each flat's middle column, one measurement per flat."""
    ends = np.concatenate([[trace.start], trace.risers, [trace.end]])
    reach = int(np.ceil(trace.stroke_px / 2 + 1))
    sums = []
    for i, level in enumerate(trace.levels):
        if ends[i + 1] - ends[i] < 2 * trace.stroke_px + 3:
            continue
        column = round((ends[i] + ends[i + 1]) / 2) - evidence.left
        row = round(float(level)) - evidence.top
        if reach <= row < evidence.coverage.shape[0] - reach and 0 <= column < evidence.coverage.shape[1]:
            sums.append(float(evidence.coverage[row - reach : row + reach + 1, column].sum()))
    if len(sums) < settings.fewest_flats // 2:
        return False
    return float(np.mean(np.abs(np.array(sums) - np.median(sums)) < 0.3)) >= settings.one_width


def _soft_corners(evidence: Evidence, trace: Trace, settings: SnapSettings) -> bool:
    """Whether the outer corners of risers have partly covered pixels, as smoothed joins do."""
    half, sign = trace.stroke_px / 2 - 0.5, 1 if trace.levels[-1] >= trace.levels[0] else -1
    soft = []
    for i, riser in enumerate(trace.risers):
        if abs(trace.levels[i + 1] - trace.levels[i]) < trace.stroke_px + 1:
            continue
        for x, y in ((riser + half, trace.levels[i] - sign * half), (riser - half, trace.levels[i + 1] + sign * half)):
            column, row = round(float(x)) - evidence.left, round(float(y)) - evidence.top
            patch = evidence.coverage[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            soft.append(bool(np.any((patch > 0.04) & (patch < 0.97))))
    return len(soft) >= 2 and float(np.mean(soft)) >= settings.soft_share
