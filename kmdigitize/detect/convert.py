"""From a trace in pixels to a step curve in time and survival.

Scales turn columns into times and rows into survival fractions, whichever way the figure is drawn; the first flat is 1
where the ink cannot tell it from 1, and drops within the noise of a level are merged into their neighbours. Levels that
rise are averaged (isotonic regression by pooling: Barlow et al. 1972), never cut off by a running minimum, which would
pull the curve down wherever noise dips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import FloatArray
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import Trace
from kmdigitize.stepcurve import StepCurve


@dataclass(frozen=True, slots=True)
class ConvertSettings:
    """Tuning of the conversion."""

    near_one_px: float = 1.2
    """A first flat within so many pixels of survival 1 is 1: it is where every such curve starts, and half a pixel
    of renderer bias plus the calibration's own error reach about one pixel."""
    near_one_strokes: float = 0.3
    """The same in stroke widths, for thick lines that hide their first drops."""
    least_drop_grains: float = 0.15
    """Drops below this share of a pixel (of a drawing's rounding) are merged: a level's noise, averaged over a flat."""
    bridged_share: float = 0.2
    """A flat seen in less than this share of its columns counts as bridged."""
    bridged_length: float = 0.15
    """Share of the curve's length that may be bridged before it is flagged."""
    saturated_length: float = 0.1
    """Share of the curve's length on which marks may touch before it is flagged. On drawn figures with tables counts
    of events are exact in .57 of the arms below it, as without any such stretch (.59), and in .26 beyond."""


_DEFAULT = ConvertSettings()


def to_step_curve(
    trace: Trace, scales: Scales, figure_has_marks: bool, settings: ConvertSettings = _DEFAULT
) -> StepCurve:
    """The step curve of ``trace``; ``figure_has_marks`` False leaves ``censor_times`` None.

    Times before 0 become 0; survival is clipped to [0, 1]. Standard deviations and resolutions are in units of the
    axes.
    """
    survival, sd = scales.survival(trace.levels), trace.level_sd * scales.y.pixel_size
    time, time_sd = np.maximum(scales.x.to_value(trace.risers), 0.0), trace.riser_sd * scales.x.pixel_size
    if _near_one(trace, scales, settings):
        survival = np.concatenate([[1.0], survival[1:]])
    elif survival[0] < 1:
        survival, sd = np.concatenate([[1.0], survival]), np.concatenate([[0.0], sd])
        start = max(float(scales.x.to_value(trace.start)), 0.0)
        time, time_sd = np.concatenate([[start], time]), np.concatenate([[scales.x.pixel_size / 2], time_sd])
    grain_time, grain_survival = trace.grain_px * scales.x.pixel_size, trace.grain_px * scales.y.pixel_size
    survival, sd, kept = _falling(np.clip(survival, 0.0, 1.0), sd, settings.least_drop_grains * grain_survival)
    time, time_sd = np.maximum.accumulate(time)[kept], time_sd[kept]
    end = max(float(scales.x.to_value(trace.end)), float(time[-1]) if time.size else 0.0, 0.0)
    return StepCurve(
        time,
        survival[1:],
        end,
        _censor_times(trace, scales) if figure_has_marks else None,
        _censor_bands(trace, scales) if figure_has_marks else (),
        time_sd,
        sd[1:],
        grain_time,
        grain_survival,
    )


def conversion_flags(trace: Trace, scales: Scales, settings: ConvertSettings = _DEFAULT) -> tuple[Flag, ...]:
    """Doubts that show only on the finished trace: where it starts, how much of it was bridged, marks that touch."""
    found = []
    first = float(scales.survival(trace.levels[:1])[0])
    if not _near_one(trace, scales, settings):
        found.append(Flag("starts_below_one", f"first flat at {first:.3f}"))
    length = np.diff(np.concatenate([[trace.start], trace.risers, [trace.end]]))
    bridged = float(length[trace.seen < settings.bridged_share].sum() / max(length.sum(), 1e-9))
    if bridged > settings.bridged_length:
        found.append(Flag("trace_bridged", f"{bridged:.0%} of its length"))
    touching = sum(b - a for a, b in trace.mark_bands) / max(float(length.sum()), 1e-9)
    if touching > settings.saturated_length:
        found.append(Flag("censor_marks_saturated", f"{touching:.0%} of its length"))
    return tuple(found)


def _near_one(trace: Trace, scales: Scales, settings: ConvertSettings) -> bool:
    """Whether the first flat cannot be told from survival 1."""
    away = abs(float(scales.row(np.array([1.0]))[0]) - float(trace.levels[0]))
    reach = settings.near_one_px + settings.near_one_strokes * trace.stroke_px + 2 * float(trace.level_sd[0])
    return away <= reach


def _falling(survival: FloatArray, sd: FloatArray, least: float) -> tuple[FloatArray, FloatArray, list[int]]:
    """Levels (j + 1,) that fall by more than the noise, their sd, and which of the risers (j of k) remain.

    Neighbouring levels are pooled, weighted by their precision, until every drop exceeds ``least``; the first level
    keeps its value if it is exact (1 by definition).
    """
    weight = 1.0 / np.maximum(sd, 1e-6) ** 2
    if survival[0] == 1.0:
        weight[0] = 1e18
    pools: list[tuple[float, float]] = [(float(survival[0]), float(weight[0]))]
    kept: list[int] = []
    for riser, (level, mass) in enumerate(zip(survival[1:], weight[1:], strict=True)):
        pools.append((float(level), float(mass)))
        kept.append(riser)
        while len(pools) > 1 and pools[-2][0] - pools[-1][0] <= least:
            (a, wa), (b, wb) = pools[-2:]
            pools[-2:] = [((a * wa + b * wb) / (wa + wb), wa + wb)]
            kept.pop()
    values = np.array([level for level, _ in pools])
    return np.minimum.accumulate(values), np.array([mass**-0.5 for _, mass in pools]), kept


def _censor_times(trace: Trace, scales: Scales) -> FloatArray:
    """Times of the marks in order, (m,); none before 0."""
    times = scales.x.to_value(np.array([mark.x for mark in trace.marks or ()], dtype=np.float64))
    return np.sort(np.maximum(times, 0.0))


def _censor_bands(trace: Trace, scales: Scales) -> tuple[tuple[float, float], ...]:
    """Stretches of time in which marks touch."""
    ends = [np.maximum(scales.x.to_value(np.array(band)), 0.0) for band in trace.mark_bands]
    return tuple((float(a), float(b)) for a, b in ends)
