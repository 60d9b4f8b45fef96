"""One censor mark at the end of every curve: trials in which everybody was followed to the same day.

Such figures show so little ink beyond the curves that the search over the whole curve rightly distrusts it. But the end
is where a mark is expected, and neither risers nor noise leave the same outline at the ends of all curves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kmdigitize.detect.marks_bars import Uprights, read_uprights
from kmdigitize.detect.marks_ink import MarkInk
from kmdigitize.detect.marks_looks import MarkSettings, match_mark, sizes_to_try
from kmdigitize.geometry import BoolArray
from kmdigitize.records.curves import CensorMark, MarkKind, Trace

TRIED: tuple[MarkKind, ...] = ("vbar", "tick", "circle", "cross")
CHANCE = 0.3
"""Fit that noise and remains of limits reach by chance at some end."""
LEAST_GAIN = 2.0
"""Least mean gain over chance in px. Of drawn figures without marks none exceeds 0.8 where all arms fit."""


def mark_ends(
    traces: tuple[Trace, ...], inks: list[MarkInk], height: float, settings: MarkSettings
) -> tuple[Trace, ...] | None:
    """The traces with one mark at each one's end, or None unless marks of one kind and size stand at all ends."""
    found = _ends(traces, inks, height, settings)
    if found is None:
        return None
    kind, columns = found
    rows = [float(trace.row_at(np.array([x]))[0]) for trace, x in zip(traces, columns, strict=True)]
    return tuple(
        replace(trace, marks=(CensorMark(x, y, kind),), mark_bands=())
        for trace, x, y in zip(traces, columns, rows, strict=True)
    )


def _ends(
    traces: tuple[Trace, ...], inks: list[MarkInk], height: float, settings: MarkSettings
) -> tuple[MarkKind, list[float]] | None:
    """Kind and columns of the best marks that stand at all ends."""
    sizes = sizes_to_try(inks, height, settings)
    uprights = [read_uprights(ink, round(sizes[-1]) + 4) for ink in inks]
    best: tuple[float, MarkKind, list[float]] = LEAST_GAIN, "vbar", []
    for size in sizes:
        near = [_near_end(trace, ink, size) for trace, ink in zip(traces, inks, strict=True)]
        for kind in TRIED:
            ends = [_end_fit(kind, size, *arm) for arm in zip(inks, uprights, near, strict=True)]
            gain = float(np.mean([(fit - CHANCE) * pixels for fit, pixels, _ in ends]))
            if gain > best[0] and min(fit for fit, _, _ in ends) >= settings.good_fit:
                best = gain, kind, [x for _, _, x in ends]
    return (best[1], best[2]) if best[2] else None


def _near_end(trace: Trace, ink: MarkInk, size: float) -> BoolArray:
    """Columns (n,) where a last mark's centre may stand; a mark's own outline may have been traced as the end."""
    beyond = ink.x + ink.origin - trace.end
    near: BoolArray = (beyond <= ink.stroke / 2 + 2) & (beyond >= -size - ink.stroke / 2 - 2)
    return near


def _end_fit(
    kind: MarkKind, size: float, ink: MarkInk, upright: Uprights, near: BoolArray
) -> tuple[float, float, float]:
    """Best fit of a mark at one curve's end, its visible pixels and its column in the figure."""
    fit, visible = match_mark(kind, size, ink, upright)
    fit = np.where(near, fit, -1.0)
    peak = int(np.argmax(fit))
    equal = np.abs(np.arange(fit.size) - peak) <= ink.stroke
    x = float(ink.x[equal & (fit >= fit[peak] - 0.1)].mean()) + ink.origin
    return float(fit[peak]), float(visible[peak]), x
