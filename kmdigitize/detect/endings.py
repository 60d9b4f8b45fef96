"""The last drop of a curve: where the last patient has an event, the curve ends in a riser with no flat behind it.

A path ends with its last flat, since a riser alone gives no column of its own. Ink that hangs from the end of the
last flat is such a drop if it is about a stroke wide, longer than a stroke, and lies on one side only: censor marks
stand on both sides of the curve. How the pen's cap ends is unknown, which the standard deviation of the level says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import Evidence, Trace


@dataclass(frozen=True, slots=True)
class EndingSettings:
    """When hanging ink is a drop; lengths in strokes, at least ``least_px``.

    ``reach``: how far around the end of the flat is looked. ``least``: shortest drop, since caps and joins bulge by
    half a stroke. ``one_sided``: share of the drop that ink may rise above the curve. ``ink``: coverage that counts.
    ``floor``: a drop that ends this near S = 0 goes there, where the axis hides its end.
    """

    reach: float = 1.5
    least: float = 1.2
    least_px: float = 3.0
    one_sided: float = 0.34
    ink: float = 0.45
    floor: float = 1.5


def with_final_drop(evidence: Evidence, trace: Trace, scales: Scales, settings: EndingSettings | None = None) -> Trace:
    """``trace`` with the drop in which it ends, or ``trace`` itself where it ends in a flat."""
    s = settings or EndingSettings()
    down = 1 if scales.direction == "down" else -1
    stroke = trace.stroke_px
    level = float(trace.levels[-1])
    columns = np.arange(int(trace.end - s.reach * stroke), int(np.ceil(trace.end + 1)) + 1) - evidence.left
    columns = columns[(columns >= 0) & (columns < evidence.coverage.shape[1])]
    row = round(level) - evidence.top
    if not columns.size or not 0 <= row < evidence.coverage.shape[0]:
        return trace
    ink = evidence.coverage[:, columns] > s.ink
    hanging = _run(ink[row::down] if down > 0 else ink[row::-1])
    standing = _run(ink[row::-1] if down > 0 else ink[row:])
    drop = hanging - stroke / 2
    tall = (drop > max(s.least * stroke, s.least_px)) & (standing - stroke / 2 < s.one_sided * drop)
    if not 0.4 * stroke <= tall.sum() <= 2.5 * stroke + 1:
        return trace
    length = float(np.median(drop[tall])) - stroke / 4
    x = evidence.left + float(_centroid(evidence, columns[tall], row, row + down * round(length)))
    bottom = level + down * length
    zero = float(scales.row(np.array([0.0]))[0])
    bottom = zero if abs(bottom - zero) < s.floor * stroke + 1 else bottom
    if trace.risers.size and x <= trace.risers[-1]:
        return trace
    return replace(
        trace,
        end=max(trace.end, x),
        risers=np.append(trace.risers, x),
        riser_sd=np.append(trace.riser_sd, 0.3),
        levels=np.append(trace.levels, bottom),
        level_sd=np.append(trace.level_sd, max(stroke / 4, 0.3)),
        seen=np.append(trace.seen, 1.0),
    )


def _run(ink: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> FloatArray:
    """Length (columns,) of the unbroken ink from the first row on."""
    broken = ~ink
    return np.where(broken.any(axis=0), broken.argmax(axis=0), ink.shape[0]).astype(np.float64)


def _centroid(evidence: Evidence, columns: IntArray, top: int, bottom: int) -> float:
    """Mean column of the ink between two rows."""
    first, last = sorted((top, bottom))
    weight = evidence.coverage[max(first, 0) : last + 1, columns].sum(axis=0)
    return float(np.sum(columns * weight) / max(float(weight.sum()), 1e-9))
