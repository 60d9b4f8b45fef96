"""Prepared inputs → the sequence of slots the exact method walks: gap, then a drop or a printed number at risk.

Every slot carries what is known of it beforehand: how many patients its gap should lose to censoring (from the
printed numbers, the marks, or nothing), how probable several events in one drop are, and what its level was read as.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray, IntArray
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.records import ReconstructionInputs

DROP, RISK, STRADDLE, END = 0, 1, 2, 3
"""A slot ends in a drop; in a printed number; in a drop that may lie on either side of one; at the end of the curve."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One gap and what ends it. ``start``/``end`` are times, ``drop``/``cell`` index the drop and printed number.

    ``hazard`` is the expected censoring per patient at risk over the gap (-1: unknown, ``share`` of the open stretch
    passes instead). With censor marks, ``marks`` are those surely inside, ``unsure`` those that may belong to a
    neighbour, ``extra`` the expected censorings that no mark shows. ``level``/``sd`` is the flat after a drop,
    ``several`` (per patient at risk) and ``ties`` the chance of one more event in the same drop. ``count`` is the
    printed number, ``floor`` the fewest that must be left afterwards. ``events`` and
    ``censored`` are printed totals so far (-1: none).
    ``ahead`` is the next printed number and the share of those left expected to reach it; ``least`` and ``most`` keep
    a drop between the printed times around it.
    """

    kind: int
    drop: int
    cell: int
    start: float
    end: float
    hazard: float = -1.0
    share: float = 0.0
    marks: int = -1
    unsure: int = 0
    extra: float = 0.0
    level: float = 1.0
    sd: float = 1.0
    several: float = 0.0
    ties: float = 0.02
    facts: tuple[tuple[float, float], ...] = ()
    half: int = 0
    count: int = -1
    floor: int = 0
    events: int = -1
    censored: int = -1
    ahead: tuple[float, float] | None = None
    drop_time: float = 0.0
    least: float = 0.0
    most: float = math.inf


@dataclass(frozen=True, slots=True)
class Timeline:
    """Slots in order; ``n`` candidates for the number of patients; ``quantum`` half a row if levels are whole rows."""

    slots: tuple[Slot, ...]
    n: IntArray
    quantum: float
    total: int
    end: float
    cell_time: FloatArray


@dataclass(frozen=True, slots=True)
class _Stop:
    time: float
    kind: int
    drop: int = -1
    cell: int = -1


def build_timeline(known: Prepared, inputs: ReconstructionInputs, noise: float, smallest_sd: float) -> Timeline:
    """Slots for one arm; ``noise`` scales the standard deviations of the levels."""
    end = known.end
    used = _cells_in_reach(known)
    if used.empty_from is not None:
        end = min(end, used.empty_from)
    stops = _stops(known, used, end, inputs.curve.time_resolution)
    quantum = row_quantum(known.level, inputs.curve.survival_resolution)
    sd = np.maximum(known.sd, smallest_sd) * noise
    sd = np.where(sd <= 0, 2e-5, sd)
    edges = np.concatenate([[0.0], [stop.time for stop in stops]])
    hazard, share = _censoring(known, used, edges)
    several, ties = _several(known, used, inputs.curve.time_resolution)
    marks = _marks(inputs, known, used, edges, stops)
    slots: list[Slot] = []
    floor = 0
    for i in range(len(stops) - 1, -1, -1):
        stop = stops[i]
        fields: dict[str, object] = {"hazard": hazard[i], "share": share[i], "floor": floor}
        if stop.kind in (DROP, STRADDLE):
            j = stop.drop
            fields |= {"level": float(known.level[j]), "sd": float(sd[j]), "several": float(several[j]), "ties": ties}
            fields |= {"facts": _facts(inputs, known, j), "half": _half(inputs, known, j)}
            fields |= {"drop_time": float(known.time[j])} | _between_cells(float(known.time[j]), used.time)
        if stop.kind in (RISK, STRADDLE):
            floor = int(used.count[stop.cell])
            fields |= {"count": floor, "events": _printed(inputs.cumulative_events, used.time[stop.cell])}
            fields |= {"censored": _printed(inputs.cumulative_censored, used.time[stop.cell])}
        if marks is not None:
            fields |= {"marks": marks[0][i], "unsure": marks[1][i], "extra": marks[2][i]}
        slots.append(Slot(stop.kind, stop.drop, stop.cell, edges[i], edges[i + 1], **fields))  # type: ignore[arg-type]
    slots.reverse()
    total = -1 if inputs.events is None else inputs.events
    return Timeline(_look_ahead(slots, known), _number(known), quantum, total, end, used.time)


@dataclass(frozen=True, slots=True)
class _Cells:
    time: FloatArray
    count: IntArray
    empty_from: float | None


def _cells_in_reach(known: Prepared) -> _Cells:
    """Printed numbers after time 0 that say something; zeros only say where the curve ends at the latest."""
    zero = known.risk_count == 0
    after = (known.risk_time > 0) & ~zero
    if known.n is None and known.risk_time.size and known.risk_time[0] <= 0:
        after[0] = False
    empty = float(known.risk_time[zero][0]) * (1 - 1e-9) if zero.any() else None
    return _Cells(known.risk_time[after], known.risk_count[after], empty)


def _stops(known: Prepared, used: _Cells, end: float, resolution: float) -> list[_Stop]:
    """Drops and printed numbers in order; a number within reach of its nearest drop straddles that drop."""
    width = np.maximum(resolution, 2.0 * known.time_sd) if known.time.size else np.zeros(0)
    straddled: dict[int, int] = {}
    for m, when in enumerate(used.time):
        if known.time.size:
            j = int(np.argmin(np.abs(known.time - when)))
            exactly = resolution == 0 and not np.any(known.time_sd)
            if abs(known.time[j] - when) <= width[j] and not exactly and j not in straddled:
                straddled[j] = m
    stops = [_Stop(float(t), STRADDLE, j, straddled[j]) for j, t in enumerate(known.time) if j in straddled]
    stops += [_Stop(float(t), DROP, j) for j, t in enumerate(known.time) if j not in straddled and t <= end]
    stops += [_Stop(float(t), RISK, cell=m) for m, t in enumerate(used.time) if m not in straddled.values()]
    stops.sort(key=lambda stop: (stop.time, stop.kind == DROP))
    last = max(end, stops[-1].time if stops else 0.0)
    return [*stops, _Stop(last, END)]


def row_quantum(level: FloatArray, resolution: float) -> float:
    """Half a row if all levels sit on whole rows (to 0.03 px), else 0."""
    if resolution <= 0 or level.size < 6:
        return 0.0
    phase = np.exp(2j * np.pi * level / resolution)
    return resolution / 2.0 if abs(phase.mean()) > 0.98 else 0.0


def _number(known: Prepared) -> IntArray:
    """The number of patients; the fewest possible, one per drop, where nothing states it."""
    least = max(1, known.time.size, int(known.risk_count.max(initial=0)))
    return np.array([least if known.n is None else known.n])


def _censoring(known: Prepared, used: _Cells, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Expected censoring per patient for every gap between printed numbers, and the share of the open stretch after."""
    level_at = np.concatenate([[1.0], np.maximum(known.level, 1e-6)])
    knots, counts = used.time, used.count.astype(np.float64)
    if known.n is not None:
        knots, counts = np.insert(knots, 0, 0.0), np.insert(counts, 0, float(known.n))
    hazard = np.full(edges.size - 1, -1.0)
    if knots.size >= 2:
        level = level_at[np.searchsorted(known.time, knots, side="left")]
        loss = np.maximum(-np.diff(np.log(counts / level)), 0.25 / np.maximum(counts[:-1], 1.0))
        total = np.concatenate([[0.0], np.cumsum(loss)])
        inside = (edges[1:] <= knots[-1]) & (edges[:-1] >= knots[0])
        expected = np.diff(_smooth_and_straight(knots, total, edges))
        hazard[inside] = np.maximum(expected[inside], 1e-9)
        early = edges[1:] <= knots[0]
        hazard[early] = np.maximum(total[1] / (knots[1] - knots[0]) * np.diff(edges)[early], 1e-9)
    begin = knots[-1] if knots.size else 0.0
    length = max(edges[-1] - begin, 1e-12)
    return hazard, np.diff(edges) / length


def _smooth_and_straight(knots: FloatArray, total: FloatArray, when: FloatArray) -> FloatArray:
    """Cumulative censoring between printed numbers: three parts monotone cubic, one part linear."""
    from scipy.interpolate import PchipInterpolator

    inside = np.clip(when, knots[0], knots[-1])
    smooth: FloatArray = np.asarray(PchipInterpolator(knots, total)(inside), dtype=np.float64)
    return 0.75 * smooth + 0.25 * np.interp(inside, knots, total)


def _several(known: Prepared, used: _Cells, resolution: float) -> tuple[FloatArray, float]:
    """Chance per patient at risk of one more event in a drop (k,), and that of one more by ties in the data.

    The former is the local hazard times what one column spans. The latter shows in the early drops, before censoring
    matters: times kept in months or taken at visits give drops of several events however fine the figure is.
    """
    k = known.time.size
    if not k:
        return np.zeros(0), TIES[0]
    log_level = np.log(np.concatenate([[1.0], np.maximum(known.level, 1e-3)]))
    if known.level[-1] < 1e-3:
        log_level[-1] = log_level[-2]
    time = np.concatenate([[0.0], known.time])
    reach = max(3, k // 12)
    low = np.maximum(np.arange(1, k + 1) - reach, 0)
    high = np.minimum(np.arange(1, k + 1) + reach, k)
    rate: FloatArray = (log_level[low] - log_level[high]) / np.maximum(time[high] - time[low], 1e-12)
    several: FloatArray = rate * max(resolution, 1e-4 * known.end)
    return several, _ties(known, used, several)


TIES = (0.02, 0.995)
"""Least and most chance of one more event in a drop."""


UNKNOWN_TIES = 0.002
"""The same with N unknown: twice the patients with two events in every drop draw the same curve."""


def _ties(known: Prepared, used: _Cells, several: FloatArray) -> float:
    """Chance of one more event by the mean size of the early drops, less what falls into one column anyway."""
    if known.n is None:
        return UNKNOWN_TIES
    early = known.time <= used.time[0] if used.time.size else np.arange(known.time.size) < 10
    number = int(np.clip(np.count_nonzero(early), min(5, known.time.size), max(5, known.time.size // 3)))
    number = min(number, known.time.size)
    size = known.n * (1.0 - float(known.level[number - 1])) / number
    more = max(0.0, size - 1.0 - 1.5 * known.n * float(several[:number].mean()))
    return float(np.clip(more / (1.0 + more), *TIES))


def _marks(
    inputs: ReconstructionInputs, known: Prepared, used: _Cells, edges: FloatArray, stops: list[_Stop]
) -> tuple[IntArray, IntArray, FloatArray] | None:
    """Marks surely in each gap, marks that may be in it or a neighbour, and expected censorings without a mark.

    Where far more marks than by chance are at drops, times are kept coarsely, and at one time events come first.
    """
    if inputs.curve.censor_times is None or not inputs.curve.censor_times.size:
        return None
    marks = np.sort(np.clip(inputs.curve.censor_times, 0.0, edges[-1]))
    width = 1.5 * inputs.curve.time_resolution
    inner = edges[1:-1]
    near = np.zeros(marks.size, np.bool_)
    nearest = np.zeros(marks.size, np.int64)
    if inner.size:
        right = np.clip(np.searchsorted(inner, marks), 0, inner.size - 1)
        left = np.maximum(right - 1, 0)
        nearest = np.where(np.abs(inner[left] - marks) < np.abs(inner[right] - marks), left, right)
        near = np.abs(inner[nearest] - marks) < width
        by_chance = 2.0 * width * inner.size / max(float(edges[-1]), 1e-12)
        if near.mean() > min(0.9, 0.2 + 3.0 * by_chance):
            marks = np.where(near, np.maximum(marks, inner[nearest]), marks)
            near = np.zeros(marks.size, np.bool_)
    place = np.clip(np.searchsorted(edges, marks, side="right") - 1, 0, len(stops) - 1)
    sure = np.bincount(place[~near], minlength=len(stops))
    unsure = np.bincount(nearest[near], minlength=len(stops)) + np.bincount(nearest[near] + 1, minlength=len(stops))
    return sure, unsure, _unmarked(inputs, known, used, edges, marks, sure + unsure / 2.0)


def _unmarked(
    inputs: ReconstructionInputs,
    known: Prepared,
    used: _Cells,
    edges: FloatArray,
    marks: FloatArray,
    shown: FloatArray,
) -> FloatArray:
    """Censorings hidden under marks or in bands of touching marks: by the table where it closes, else by crowding."""
    length = np.diff(edges)
    resolution = max(inputs.curve.time_resolution, 1e-4 * known.end)
    place = np.clip(np.searchsorted(edges, marks, side="right") - 1, 0, length.size - 1)
    extra = np.bincount(place, weights=_hidden(marks, resolution), minlength=length.size)
    for begin, stop in inputs.curve.censor_bands:
        inside = np.clip(np.minimum(edges[1:], stop) - np.maximum(edges[:-1], begin), 0.0, None)
        extra += inside / (4.0 * resolution)
    closed = np.zeros(length.size, np.bool_)
    by_table = by_marks = 0.0
    for inside, expected in _closed_stretches(known, used, edges):
        closed |= inside
        by_table, by_marks = by_table + expected, by_marks + float(shown[inside].sum())
        missing = expected - shown[inside].sum()
        weight = (shown + extra + 0.1)[inside]
        if weight.size:
            extra[inside] = np.maximum(missing, 0.0) * weight / weight.sum()
    if by_marks >= 5.0:
        factor = by_table / by_marks - 1.0
        extra[~closed] = np.maximum(extra[~closed], factor * shown[~closed])
    least: FloatArray = np.asarray(extra + 0.02, dtype=np.float64)
    return least


def _hidden(marks: FloatArray, resolution: float) -> FloatArray:
    """Patients expected under every mark beyond the first, (m,), from how much of the neighbourhood marks cover.

    Marks closer than the smallest spacing seen have merged; where a share p of such places is taken, -ln(1 - p)
    patients fall on each.
    """
    if marks.size < 2:
        return np.full(marks.size, 0.02)
    width = max(float(np.quantile(np.diff(marks), 0.05)), resolution)
    reach = 10.0 * width
    around = np.searchsorted(marks, marks + reach, side="right") - np.searchsorted(marks, marks - reach)
    taken = np.clip((around - 1) * width / (2.0 * reach), 0.01, 0.9)
    hidden: FloatArray = -np.log1p(-taken) / taken - 1.0
    return hidden


def _closed_stretches(known: Prepared, used: _Cells, edges: FloatArray) -> list[tuple[BoolArray, float]]:
    """Gaps between neighbouring printed numbers, and the censorings that these and the curve imply there."""
    knots, counts = used.time, used.count.astype(np.float64)
    if known.n is not None:
        knots, counts = np.insert(knots, 0, 0.0), np.insert(counts, 0, float(known.n))
    level = np.maximum(np.concatenate([[1.0], known.level]), 1e-9)
    at = level[np.searchsorted(known.time, knots, side="left")]
    out = []
    for m in range(knots.size - 1):
        inside = (edges[:-1] >= knots[m]) & (edges[1:] <= knots[m + 1])
        expected = math.sqrt(at[m] * at[m + 1]) * (counts[m] / at[m] - counts[m + 1] / at[m + 1])
        out.append((inside, max(0.0, float(expected))))
    return out


def _facts(inputs: ReconstructionInputs, known: Prepared, j: int) -> tuple[tuple[float, float], ...]:
    """Printed survival at times on the flat after drop ``j``."""
    until = known.time[j + 1] if j + 1 < known.time.size else np.inf
    return tuple((f.survival, f.half_digit) for f in inputs.landmarks if known.time[j] <= f.time < until)


def _half(inputs: ReconstructionInputs, known: Prepared, j: int) -> int:
    """1 if the printed median is at drop ``j``: survival is above a half before it and not after it."""
    if inputs.median is None or not known.time.size:
        return 0
    value, digits = inputs.median
    nearest = int(np.argmin(np.abs(known.time - value)))
    close = abs(known.time[nearest] - value) <= digits + inputs.curve.time_resolution + 1e-9
    return int(close and nearest == j)


def _between_cells(when: float, cells: FloatArray) -> dict[str, object]:
    """How far a drop may be moved without crossing a printed time."""
    right = int(np.searchsorted(cells, when, side="right"))
    most = float(cells[right]) * (1 - 1e-6) if right < cells.size else math.inf
    return {"least": float(cells[right - 1]) if right else 0.0, "most": max(most, when)}


def _printed(row: object, when: float) -> int:
    """Entry of a printed row at a time, -1 if there is none."""
    from kmdigitize.records import AtRisk

    if not isinstance(row, AtRisk):
        return -1
    hit = np.flatnonzero(np.abs(row.time - when) < 1e-9)
    return int(row.count[hit[0]]) if hit.size else -1


def _look_ahead(slots: list[Slot], known: Prepared) -> tuple[Slot, ...]:
    """For every slot the next printed number and the share of those left after the slot expected to reach it."""
    out: list[Slot] = []
    ahead: tuple[float, float] | None = None
    for slot in reversed(slots):
        out.append(replace(slot, ahead=ahead))
        if slot.kind in (RISK, STRADDLE):
            ahead = float(slot.count), 1.0
        if ahead is not None:
            share = ahead[1] * math.exp(-max(slot.hazard, 0.0))
            if slot.kind == DROP:
                before = known.level[slot.drop - 1] if slot.drop else 1.0
                share *= max(slot.level, 1e-6) / max(float(before), 1e-6)
            ahead = ahead[0], share
    return tuple(reversed(out))
