"""Counts of a table that are cut off at the edge of the plot: of those at the last tick only the first digits are seen.

Plotting programs centre counts on their ticks and draw nothing beyond the plotting region. A count of which a part is
left therefore stands before its tick, where the others of its row stand on theirs; what is left is no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.records.axes import Scales
from kmdigitize.records.printed import RiskRow

_ON_TICK = 0.15
"""Heights of the digits within which counts are centred on their ticks (measured: 0.08)."""
_BEFORE = 0.3
"""Heights from which the last count is not: of two digits one is left, whose middle is half a digit off."""


def without_cut_cells(rows: Sequence[RiskRow], scales: Scales) -> tuple[list[RiskRow], list[Flag]]:
    """The rows without last counts that are cut off, and a doubt for each of these."""
    kept, flags = [], []
    for row in rows:
        if _is_cut(row, scales):
            flags.append(Flag("risk_table_doubtful", f"{row.label or 'row'} at {row.times[-1]:g}: cut off at the edge"))
            kept.append(_without_last(row))
        else:
            kept.append(row)
    return kept, flags


def _is_cut(row: RiskRow, scales: Scales) -> bool:
    if len(row.boxes) < 4:
        return False
    height = float(np.median([box.height for box in row.boxes])) + 1
    ticks = np.asarray(scales.x.to_px(row.times), np.float64)
    off = np.array([box.center_x for box in row.boxes]) - ticks
    centred = float(np.median(np.abs(off[1:-1]))) <= _ON_TICK * height
    # columns of a table whose scale differs a little from the plot's leave their ticks one by one, the last one most
    drift = float(np.polyval(np.polyfit(ticks[:-1], off[:-1], 1), ticks[-1]))
    before = off[-1] - min(drift, 0.0)
    return centred and before < -_BEFORE * height and row.boxes[-1].right <= ticks[-1] + 1


def _without_last(row: RiskRow) -> RiskRow:
    last = len(row.boxes) - 1
    return replace(
        row,
        times=row.times[:-1],
        counts=row.counts[:-1],
        events=None if row.events is None else row.events[:-1],
        censored=None if row.censored is None else row.censored[:-1],
        boxes=row.boxes[:-1],
        doubtful=tuple(i for i in row.doubtful if i != last),
        alternatives=tuple(pair for pair in row.alternatives if pair[0] != last),
    )
