"""Columns of a number-at-risk table: where the cells stand, and the time that each column belongs to.

Columns stand at ticks of the axis, on a lattice of their own, or, in a table that was drawn with a wider axis of its
own, beside the ticks in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import Scales
from kmdigitize.text.cells import Cell


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its time, the px at which its cells stand, which edge of a cell stands there, half its width."""

    time: float
    position: float
    align: float
    tolerance: float
    width: float

    def distance(self, box: Box) -> float:
        """Distance in px of a cell from the column."""
        return box.left + self.align * box.width - self.position


def find_columns(rows: Sequence[Sequence[Cell]], scales: Scales, height: float) -> list[Column]:
    """The columns of the table, each with its time.

    Cells may be centred on their ticks or begin or end there: the alignment with the least spread is taken.
    """
    cells = [cell for row in rows for cell in row]
    if len(cells) < 2:
        return []
    labelled = axis_ticks(scales)
    ticks = np.array(_with_next(labelled, max(cell.box.right for cell in cells)))
    spacing = float(np.min(np.diff(ticks[:, 0]))) if len(ticks) > 1 else 4 * height
    best: list[Column] = []
    best_cost = np.inf
    for align in (0.5, 0.0, 1.0):
        places = np.array([c.box.left + align * c.box.width for c in cells])
        groups = _groups(places, min(0.45 * spacing, 2.5 * height) if align == 0.5 else 0.3 * spacing)
        off = [_nearest_tick(float(np.median(places[g])), ticks) for g in groups]
        cost = float(np.mean([abs(o[1]) if o else spacing for o in off])) + (0.0 if align == 0.5 else 0.15 * height)
        if cost < best_cost:
            width = float(np.max([c.box.width for c in cells]))
            best_cost = cost
            middles = np.array([float(np.median(places[g])) for g in groups])
            times = _times(middles, (ticks, np.array(labelled)), spacing, scales)
            best = [Column(t, float(m), align, 0.45 * spacing, width) for t, m in zip(times, middles, strict=True)]
    return best


def axis_ticks(scales: Scales) -> list[tuple[float, float]]:
    """Position (px) and value of the axis's labelled ticks and of those between them whose labels are left out.

    Plotting programs drop labels that would touch each other; the values of the others then lie on a lattice.
    """
    known = sorted((t.position, t.value) for t in scales.x_ticks if t.value is not None and t.inlier)
    if len(known) < 3:
        return known
    pairs = [(t.position, t.value) for t in scales.x_ticks if t.value is not None and not t.inlier]
    near = 0.1 * (known[1][0] - known[0][0])
    known = sorted([*known, *((at, value) for at, value in pairs if abs(scales.x.to_px(value) - at) < near)])
    values = np.array([value for _, value in known])
    span, least = float(np.ptp(values)), float(np.min(np.diff(values)))
    if least <= 0 or span > _MOST_STEPS * least:
        return known
    step = span / round(span / least)
    places = (values - values[0]) / step
    if np.any(np.abs(places - np.round(places)) > _ROUNDED):
        return known
    first = -int(np.floor(values[0] / step + 1e-6)) if values[0] > 0 else 0
    taken = {round(float(place)) for place in places}
    free = [i for i in range(first, round(float(places[-1])) + 2) if i not in taken]
    if len(free) <= 1:
        return known
    implied = [(float(scales.x.to_px(values[0] + i * step)), float(values[0] + i * step)) for i in free]
    return sorted([*known, *implied])


_MOST_STEPS = 100
"""Steps of an axis beyond which its labels are on no lattice that anybody drew."""
_ROUNDED = 0.003
"""Steps by which a label may be off its lattice: thirds and sixths are printed rounded, with three or four digits."""


def _with_next(ticks: list[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """The ticks and the one after the last, whose label is cut off, where cells up to ``end`` (px) stand beside it."""
    if len(ticks) < 3:
        return ticks
    steps = np.diff(np.array(ticks), axis=0)
    apart, step = np.median(steps, axis=0).tolist()
    after = ticks[-1][0] + apart, ticks[-1][1] + step
    even = np.ptp(steps[:, 1]) < 2 * _ROUNDED * abs(step)
    return [*ticks, after] if even and abs(after[0] - end) < 0.25 * apart else ticks


def with_expected(columns: Sequence[Column], scales: Scales) -> list[Column]:
    """The columns and those that are missing at the ticks where the pattern of the others goes on."""
    ticks = [(value, position) for position, value in axis_ticks(scales)]
    index = {value: i for i, (value, _) in enumerate(ticks)}
    places = [index[c.time] for c in columns if c.time in index]
    steps = np.diff(places)
    if len(places) != len(columns) or len(columns) < 2 or np.any(steps != steps[0]) or steps[0] < 1:
        return list(columns)
    model = columns[0]
    wanted = range(places[0] % int(steps[0]), len(ticks), int(steps[0]))
    added = [
        Column(ticks[i][0], ticks[i][1], model.align, model.tolerance, model.width) for i in wanted if i not in places
    ]
    return sorted([*columns, *added], key=lambda column: column.position)


def _groups(places: FloatArray, gap: float) -> list[FloatArray]:
    order = np.argsort(places)
    breaks = np.flatnonzero(np.diff(places[order]) > gap) + 1
    return list(np.split(order, breaks))


def _nearest_tick(place: float, ticks: FloatArray) -> tuple[float, float] | None:
    """Value of the nearest tick and its distance in px."""
    if not len(ticks):
        return None
    index = int(np.argmin(np.abs(ticks[:, 0] - place)))
    return float(ticks[index, 1]), float(ticks[index, 0] - place)


def _times(places: FloatArray, axis: tuple[FloatArray, FloatArray], spacing: float, scales: Scales) -> FloatArray:
    """Time of each column: that of its tick, or, where columns do not stand at ticks, of their own lattice.

    ``axis`` has the ticks with and without the one after the last.
    """
    ticks = axis[0]
    near = [_nearest_tick(float(place), ticks) for place in places]
    known = np.array([n for n in near if n is not None]).reshape(-1, 2)
    off = np.abs(known[:, 1]) / spacing
    at_ticks = len(known) == len(near) and np.all(off[1:-1] <= 0.2)
    inward = (
        len(near) > 3 and bool(np.all(off <= 0.5)) and len(set(known[:, 0])) == len(near)
    )  # kept from being cut off
    if at_ticks and (inward or np.all(off <= 0.2)):
        return known[:, 0]
    for drawn in axis:
        if _beside_ticks(places, drawn, spacing):
            return drawn[:, 1]
    raw = scales.x.to_value(places)
    digits = int(np.floor(np.log10(max(1e-9, 4 * scales.x.pixel_size))))
    step = float(np.median(np.diff(raw))) if len(raw) > 1 else 0.0
    nice = float(f"{step:.2g}")
    lattice = np.round(raw / nice) * nice if nice > 0 else raw
    if len(raw) > 2 and np.all(np.abs(lattice - raw) < 0.06 * nice):
        return np.asarray(np.maximum(0.0, lattice), np.float64)
    snapped = [
        n[0] if n is not None and abs(n[1]) <= 0.35 * spacing else round(float(r), -digits)
        for n, r in zip(near, raw, strict=True)
    ]
    return np.asarray(np.maximum(0.0, np.array(snapped)), np.float64)


def _beside_ticks(places: FloatArray, ticks: FloatArray, spacing: float) -> bool:
    """Whether evenly spaced columns, as many as ticks, run on past the last of them: no one is counted after the end.

    Such a table was drawn with a wider axis of its own, with the same ticks.
    """
    if len(places) != len(ticks) or len(places) < 3:
        return False
    pitch = np.diff(places)
    even = float(np.ptp(pitch)) <= 0.05 * float(np.median(pitch))
    return bool(even and abs(places[0] - ticks[0, 0]) <= 0.5 * spacing and places[-1] - ticks[-1, 0] > 0.2 * spacing)


def in_order_only(columns: Sequence[Column], scales: Scales) -> bool:
    """Whether some of ``columns`` stand so far from the ticks of their times that only their order tells these."""
    place = {value: at for at, value in axis_ticks(scales)}
    return any(abs(c.position - place[c.time]) > c.tolerance for c in columns if c.time in place)
