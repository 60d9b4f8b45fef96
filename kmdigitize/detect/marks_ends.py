"""One censor mark at the end of every curve: trials in which everybody was followed to the same day.

Such figures show so little ink beyond the curves that the search over the whole curve rightly distrusts it. But the end
is where a mark is expected, and neither risers nor noise leave the same outline at the ends of all curves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kmdigitize.detect.marks_ink import MarkInk
from kmdigitize.detect.marks_looks import MarkSettings, View, match_marks, sizes_to_try, view_of
from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.records.curves import CensorMark, MarkKind, Trace

TRIED: tuple[MarkKind, ...] = ("vbar", "tick", "circle", "cross")
CHANCE = 0.3
"""Fit that noise and remains of limits reach by chance at some end."""
EQUAL = 0.1
"""Fits that differ by less are of one mark, whose middle is theirs."""
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
    least = settings.good_fit - EQUAL
    views = [
        view_of(_last_part(trace, ink, sizes[-1]), sizes[-1], least) for trace, ink in zip(traces, inks, strict=True)
    ]
    fits = {kind: [match_marks(kind, sizes, view) for view in views] for kind in TRIED}
    best: tuple[float, MarkKind, list[float]] = LEAST_GAIN, "vbar", []
    for i, size in enumerate(sizes):
        near = [_near_end(trace, view.ink, size) for trace, view in zip(traces, views, strict=True)]
        for kind in TRIED:
            ends = [_end_fit(fit[i], columns) for fit, columns in zip(fits[kind], near, strict=True)]
            gain = float(np.mean([(fit - CHANCE) * pixels for fit, pixels, _ in ends]))
            if gain > best[0] and min(fit for fit, _, _ in ends) >= settings.good_fit:
                arms = zip(fits[kind], views, near, [peak for _, _, peak in ends], strict=True)
                best = gain, kind, [_column(fit[i][0], view, columns, peak) for fit, view, columns, peak in arms]
    return (best[1], best[2]) if best[2] else None


def _last_part(trace: Trace, ink: MarkInk, largest: float) -> MarkInk:
    """The ink along the curve from where marks of ``largest`` px half height at its end can reach."""
    first = int(np.argmax(_near_end(trace, ink, 2 * largest + 2)))
    x, y, after = (values[first:] for values in (ink.x, ink.y, ink.next_y))
    return replace(ink, x=x, y=y, next_y=after, busy=ink.busy[first:], flat=ink.flat[first:])


def _near_end(trace: Trace, ink: MarkInk, size: float) -> BoolArray:
    """Columns (n,) where a last mark's centre may stand; a mark's own outline may have been traced as the end."""
    beyond = ink.x + ink.origin - trace.end
    near: BoolArray = (beyond <= ink.stroke / 2 + 2) & (beyond >= -size - ink.stroke / 2 - 2)
    return near


def _end_fit(found: tuple[FloatArray, FloatArray], near: BoolArray) -> tuple[float, float, int]:
    """Best fit of a mark ``near`` one curve's end, its visible pixels and the index of its column."""
    fit = np.where(near, found[0], -1.0)
    peak = int(np.argmax(fit))
    return float(fit[peak]), float(found[1][peak]), peak


def _column(fit: FloatArray, view: View, near: BoolArray, peak: int) -> float:
    """Column in the figure of the mark whose best fit is at the index ``peak``: the middle of equal fits."""
    equal = near & (np.abs(np.arange(fit.size) - peak) <= view.ink.stroke)
    return float(view.ink.x[equal & (fit >= fit[peak] - EQUAL)].mean()) + view.ink.origin
