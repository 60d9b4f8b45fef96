"""Strokes on whole pixels: recognised from where a panel's flats lie, and the half-pixel bias of strokes of odd width.

Some renderers move strokes to whole pixels before they draw them, still smoothing what remains (round joins, text).
All flats then lie on pixel centres (odd width) or midway between them (even width), although survival could be
anything. Rounding the stroke's pixel corner instead of its centre puts strokes of odd width half a pixel too far right
and down on average (measured on drawn figures with known places: levels +0.51 ± 0.03 px, risers +0.47 ± 0.03 px for
odd widths, 0.01 ± 0.03 px for even ones). Renderers that do not smooth at all also leave whole pixels, but without
bias; they show no half-covered pixel at the outer corners of a riser, and their strokes vary in width.

One renderer draws all curves of a panel and its ticks, so that all of them are asked together: flats that touch other
curves lie anywhere, but not on average. Curves on whole pixels that are smooth also show what ticks of a width near
whole pixels cannot, and these carry the same bias. Pictures that were shrunk afterwards are asked at the size that they
had (see ``snapping_shrunk``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kmdigitize.detect.snapping_shrunk import Before, ShrunkSettings, find_before
from kmdigitize.geometry import AxisScale, FloatArray
from kmdigitize.records.axes import Scales, Tick
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
    sure: float = 3.5
    """Standard errors by which the mean cosine of a panel's fractional parts must differ from 0 where its ticks lie on
    whole pixels (of 342 drawn panels of other renderers 7 differ by more, none of them with such ticks)."""
    other: float = 2.0
    """Standard errors from which a curve whose flats lie the other way is drawn with another pen."""
    soft_share: float = 0.5
    """Least share of a panel's corners that show a partly covered pixel (flats on pixels in lossless pictures: without
    smoothing by R up to 0.37, with it by matplotlib 0.39 to 1, less where strokes are whole pixels wide)."""
    one_width: float = 0.6
    """Least share of flats that are equally thick in lossy pictures, where every corner is soft (matplotlib's: 0.63 to
    1 where few curves touch)."""
    width: float = 0.3
    """Px by which the ink of flats that are equally thick may differ."""
    ticks: float = 0.5
    """Least mean cosine of the ticks' fractional parts that tells their odd width, once curves show the renderer."""


_DEFAULT = SnapSettings()
_SHRUNK = ShrunkSettings()
_FROM_STROKES = ("ticks", "grid")
"""Scales that were fitted to strokes, and so carry their bias."""


def find_lattice(levels: FloatArray, lengths: FloatArray, settings: SnapSettings = _DEFAULT) -> Lattice | None:
    """Where flats at rows ``levels`` (k,), ``lengths`` (k,) px long, lie: on pixels, midway, on both, or anywhere."""
    levels = levels[lengths >= 3.0]
    if levels.size < settings.fewest_flats or np.mean(np.cos(4 * np.pi * levels)) < settings.together:
        return None
    side = float(np.mean(np.cos(2 * np.pi * levels)))
    if abs(side) < settings.together:
        return "mixed"
    return "whole" if side > 0 else "half"


def unsnapped(
    paths: Sequence[tuple[Evidence, Trace]],
    scales: Scales,
    lossy: bool,
    shape: tuple[int, int],
    settings: SnapSettings = _DEFAULT,
) -> tuple[tuple[Trace, ...], Scales]:
    """The traces of a panel and its scales where they were before the renderer moved strokes to whole pixels.

    Strokes of odd width go half a pixel up and left, if the ticks or the curves show that the renderer smooths.
    ``shape`` is the height and width of the picture.
    """
    sides = [_side(_flats(trace)) for _, trace in paths]
    traces = tuple(trace for _, trace in paths)
    whole, half = ([sign * side > -settings.other for side in sides] for sign in (1, -1))
    on_whole = _all_on(traces, whole, 1, scales.snapped, settings)
    if not on_whole and not _all_on(traces, half, -1, scales.snapped, settings):
        return (traces, scales) if scales.snapped else _unshrunk(paths, scales, shape, settings)
    if not scales.smoothed:
        if not _is_soft(paths, lossy, settings):
            return traces, scales
        scales = _with_moved_ticks(scales, settings)
    if not on_whole:
        return traces, scales
    log.debug("strokes on whole pixels: %d curves moved by half a pixel", sum(whole))
    by = (-0.5, -0.5)
    return tuple(_moved(trace, by) if odd else trace for trace, odd in zip(traces, whole, strict=True)), scales


def _unshrunk(
    paths: Sequence[tuple[Evidence, Trace]], scales: Scales, shape: tuple[int, int], settings: SnapSettings
) -> tuple[tuple[Trace, ...], Scales]:
    """The same where the picture was shrunk after it had been drawn: half a pixel of what it was."""
    traces = tuple(trace for _, trace in paths)
    before = _before(traces, scales, shape)
    if before is None or not _is_soft(paths, True, settings):
        return traces, scales
    by = (-before.pixel[0] / 2, -before.pixel[1] / 2)
    if before.odd_ticks:
        scales = _with_moved(scales, by)
    return (tuple(_moved(trace, by) for trace in traces) if before.odd else traces), scales


def _before(
    traces: Sequence[Trace], scales: Scales, shape: tuple[int, int], settings: ShrunkSettings = _SHRUNK
) -> Before | None:
    """What the picture was before it was shrunk, from all risers, flats and ticks."""
    fitted = [scale.source in _FROM_STROKES for scale in (scales.x, scales.y)]
    scatter = max(scale.rms_px if drawn else 0.0 for scale, drawn in zip((scales.x, scales.y), fitted, strict=True))
    if not traces or scatter < settings.scatter:
        return None
    strokes = np.concatenate([trace.risers for trace in traces]), np.concatenate([_flats(trace) for trace in traces])
    x, y = (
        np.array([tick.position for tick in ticks if drawn and tick.inlier], np.float64)
        for ticks, drawn in zip((scales.x_ticks, scales.y_ticks), fitted, strict=True)
    )
    return find_before(strokes, (x, y), shape, settings)


def _flats(trace: Trace) -> FloatArray:
    """Rows (k,) of the flats that are seen and long enough to have one."""
    lengths = np.diff(np.concatenate([[trace.start], trace.risers, [trace.end]]))
    rows: FloatArray = trace.levels[(trace.seen > 0.3) & (lengths >= 3.0)]
    return rows


def _side(levels: FloatArray) -> float:
    """Standard errors by which ``levels`` (k,) lie nearer to pixel centres (or midway between them, if negative)."""
    return float(np.cos(2 * np.pi * levels).sum()) / float(np.sqrt(max(levels.size, 1) / 2))


def _all_on(traces: Sequence[Trace], chosen: Sequence[bool], sign: int, likely: bool, settings: SnapSettings) -> bool:
    """Whether flats of one ``chosen`` trace, or of all together, lie on pixel centres (``sign`` 1) or midway (-1).

    ``likely`` tells that the ticks lie on whole pixels, so that not every flat must.
    """
    rows = [_flats(trace) for trace, one in zip(traces, chosen, strict=True) if one]
    if not rows:
        return False
    levels, place = np.concatenate(rows), "whole" if sign > 0 else "half"
    if likely and sign * _side(levels) >= settings.sure:
        return True
    return any(find_lattice(flats, np.full(flats.size, 3.0), settings) == place for flats in (*rows, levels))


def _is_soft(paths: Sequence[tuple[Evidence, Trace]], lossy: bool, settings: SnapSettings) -> bool:
    """Whether strokes show smooth joins; compression makes all corners soft, there they must be of one width."""
    if not lossy:
        soft = np.concatenate([_soft_corners(evidence, trace) for evidence, trace in paths])
        return soft.size >= 2 and float(np.mean(soft)) >= settings.soft_share
    ink = np.concatenate([_flat_ink(evidence, trace) for evidence, trace in paths])
    if ink.size < settings.fewest_flats // 2:
        return False
    return float(np.mean(np.abs(ink - np.median(ink)) < settings.width)) >= settings.one_width


def _soft_corners(evidence: Evidence, trace: Trace) -> FloatArray:
    """Which (1 or 0) of the outer corners of tall risers have partly covered pixels, as smoothed joins do."""
    half, sign = trace.stroke_px / 2 - 0.5, 1 if trace.levels[-1] >= trace.levels[0] else -1
    soft = []
    for i, riser in enumerate(trace.risers):
        if abs(trace.levels[i + 1] - trace.levels[i]) < trace.stroke_px + 1:
            continue
        for x, y in ((riser + half, trace.levels[i] - sign * half), (riser - half, trace.levels[i + 1] + sign * half)):
            column, row = round(float(x)) - evidence.left, round(float(y)) - evidence.top
            patch = evidence.coverage[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            soft.append(float(np.any((patch > 0.04) & (patch < 0.97))))
    return np.array(soft, np.float64)


def _flat_ink(evidence: Evidence, trace: Trace) -> FloatArray:
    """Ink in px across each flat clear of its risers: the lower quartile of its columns, which other ink adds to."""
    ends = np.concatenate([[trace.start], trace.risers, [trace.end]]) - evidence.left
    clear, reach = trace.stroke_px / 2 + 0.5, int(np.ceil(trace.stroke_px / 2 + 1))
    sums = []
    for i, level in enumerate(trace.levels):
        row = round(float(level)) - evidence.top
        first, last = max(int(np.ceil(ends[i] + clear)), 0), int(np.floor(ends[i + 1] - clear))
        window = np.s_[row - reach : row + reach + 1, first : last + 1]
        if last <= first or row < reach or row + reach >= evidence.coverage.shape[0]:
            continue
        ink = evidence.coverage[window].sum(axis=0)[evidence.occluded[window].max(axis=0) < 0.3]
        if ink.size >= 2:
            sums.append(float(np.sort(ink)[ink.size // 4]))
    found = np.array(sums, np.float64)
    return found[found >= 0.5]


def _with_moved_ticks(scales: Scales, settings: SnapSettings) -> Scales:
    """The scales half a pixel up and left if the ticks that they were fitted to lie on pixel centres."""
    axes = ((scales.x, scales.x_ticks), (scales.y, scales.y_ticks))
    places = [tick.position for scale, ticks in axes if scale.source in _FROM_STROKES for tick in ticks]
    if not places or np.mean(np.cos(2 * np.pi * np.array(places))) < settings.ticks:
        return scales
    log.debug("smooth strokes on whole pixels: scales moved by half a pixel")
    return _with_moved(scales, (-0.5, -0.5))


def _with_moved(scales: Scales, by: tuple[float, float]) -> Scales:
    """The scales that were fitted to ticks moved by so many px right and down."""
    x, x_ticks = _moved_axis(scales.x, scales.x_ticks, by[0])
    y, y_ticks = _moved_axis(scales.y, scales.y_ticks, by[1])
    return replace(scales, x=x, y=y, x_ticks=x_ticks, y_ticks=y_ticks)


def _moved_axis(scale: AxisScale, ticks: tuple[Tick, ...], by: float) -> tuple[AxisScale, tuple[Tick, ...]]:
    if scale.source not in _FROM_STROKES:
        return scale, ticks
    moved = tuple(replace(tick, position=tick.position + by) for tick in ticks)
    return replace(scale, intercept=scale.intercept - scale.slope * by), moved


def _moved(trace: Trace, by: tuple[float, float]) -> Trace:
    """The trace moved by so many px right and down."""
    right, down = by
    marks = trace.marks
    if marks is not None:
        marks = tuple(replace(mark, x=mark.x + right, y=mark.y + down) for mark in marks)
    return replace(
        trace,
        start=trace.start + right,
        end=trace.end + right,
        levels=trace.levels + down,
        risers=trace.risers + right,
        marks=marks,
        mark_bands=tuple((a + right, b + right) for a, b in trace.mark_bands),
    )
