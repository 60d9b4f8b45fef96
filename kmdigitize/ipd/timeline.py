"""Prepared inputs → the sequence of slots the exact method walks: gap, then a drop or a printed number at risk.

Every slot carries what is known of it beforehand: how many patients its gap should lose to censoring (from the
printed numbers, the marks, or nothing), how probable several events in one drop are, and what its level was read as.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.doubt import doubted_drops
from kmdigitize.ipd.expected import expected_censoring, marks_in_gaps, several_events
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.ipd.slots import DROP, END, RISK, STRADDLE, Cells, Slot, Timeline


@dataclass(frozen=True, slots=True)
class _Stop:
    time: float
    kind: int
    drop: int = -1
    cell: int = -1


def build_timeline(known: Prepared, inputs: ReconstructionInputs, noise: float, smallest_sd: float) -> Timeline:
    """Slots for one arm; ``noise`` scales the standard deviations of the levels."""
    end = known.end
    used = cells_in_reach(known)
    if used.empty_from is not None:
        end = min(end, used.empty_from)
    stops = _stops(known, used, end, inputs.curve.time_resolution)
    quantum = row_quantum(known.level, inputs.curve.survival_resolution)
    sd = np.maximum(known.sd, smallest_sd) * noise
    sd = np.where(sd <= 0, 2e-5, sd)
    edges = np.concatenate([[0.0], [stop.time for stop in stops]])
    hazard, share = expected_censoring(known, used, edges, cut_off(inputs))
    drops = _drops(known, inputs, used, sd)
    marks = marks_in_gaps(inputs, known, used, edges)
    gaps = [{"hazard": h, "share": part} for h, part in zip(hazard.tolist(), share.tolist(), strict=True)]
    if marks is not None:
        shown = zip(*(column.tolist() for column in marks), strict=True)
        gaps = [gap | {"marks": m, "unsure": u, "extra": e} for gap, (m, u, e) in zip(gaps, shown, strict=True)]
    slots: list[Slot] = []
    floor, ahead, limits = 0, None, edges.tolist()
    for i in range(len(stops) - 1, -1, -1):
        stop = stops[i]
        fields: dict[str, object] = {"floor": floor, "ahead": ahead, **gaps[i]}
        if stop.kind in (DROP, STRADDLE):
            fields |= drops[stop.drop]
        if stop.kind in (RISK, STRADDLE):
            floor = int(used.count[stop.cell])
            fields |= {"count": floor, "events": _printed(inputs.cumulative_events, used.time[stop.cell])}
            fields |= {"censored": _printed(inputs.cumulative_censored, used.time[stop.cell])}
        slots.append(Slot(stop.kind, stop.drop, stop.cell, *limits[i : i + 2], **fields))  # type: ignore[arg-type]
        ahead = _ahead_of(slots[-1], ahead, known)
    slots.reverse()
    total = -1 if inputs.events is None else inputs.events
    return Timeline(tuple(slots), _number(known), quantum, total, end, used.time)


def cells_in_reach(known: Prepared) -> Cells:
    """Printed numbers after time 0 that say something; zeros only say where the curve ends at the latest."""
    zero = known.risk_count == 0
    after = (known.risk_time > 0) & ~zero
    if known.n is None and known.risk_time.size and known.risk_time[0] <= 0:
        after[0] = False
    empty = float(known.risk_time[zero][0]) * (1 - 1e-9) if zero.any() else None
    return Cells(known.risk_time[after], known.risk_count[after], empty)


def cut_off(inputs: ReconstructionInputs) -> bool:
    """Whether the curve goes on beyond the axis, so that patients may be left where it ends."""
    curve = inputs.curve
    return inputs.axis_end is not None and curve.last_time >= inputs.axis_end - 2.0 * curve.time_resolution


def _stops(known: Prepared, used: Cells, end: float, resolution: float) -> list[_Stop]:
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


def row_quantum(level: FloatArray, resolution: float, least: float = 0.98) -> float:
    """Half a row if all levels sit on whole rows (to 0.03 px), else 0; columns and times likewise.

    ``least`` is the coherence of their phases from which they do; rises that were ironed out lower it.
    """
    if resolution <= 0 or level.size < 6:
        return 0.0
    phase = np.exp(2j * np.pi * level / resolution)
    return resolution / 2.0 if abs(phase.mean()) > least else 0.0


def _number(known: Prepared) -> IntArray:
    """The number of patients; the fewest possible, one per drop, where nothing states it."""
    least = max(1, known.time.size, int(known.risk_count.max(initial=0)))
    return np.array([least if known.n is None else known.n])


def _drops(known: Prepared, inputs: ReconstructionInputs, used: Cells, sd: FloatArray) -> list[dict[str, object]]:
    """What is known of every drop beforehand, by the names that a slot has for it; ``sd`` (k,) of the levels."""
    several, ties = several_events(known, used, inputs.curve)
    doubt = doubted_drops(known, inputs.curve)
    half = _half(inputs, known)
    fields: dict[str, NDArray[Any]] = {"level": known.level, "sd": sd, "several": several, "drop_time": known.time}
    fields |= {"empty": doubt.chance, "hazy": doubt.hazy, "passing": doubt.passing} | _between(known.time, used.time)
    drops: list[dict[str, object]] = []
    for j, values in enumerate(zip(*(column.tolist() for column in fields.values()), strict=True)):
        fewest = max((k for when, k in inputs.together if when == known.time[j]), default=1)
        own = {"ties": ties, "facts": _facts(inputs, known, j), "half": int(half == j), "fewest": fewest}
        drops.append({**dict(zip(fields, values, strict=True)), **own})
    return drops


def _facts(inputs: ReconstructionInputs, known: Prepared, j: int) -> tuple[tuple[float, float], ...]:
    """Printed survival at times on the flat after drop ``j``."""
    if not inputs.landmarks:
        return ()
    until = known.time[j + 1] if j + 1 < known.time.size else np.inf
    return tuple((f.survival, f.half_digit) for f in inputs.landmarks if known.time[j] <= f.time < until)


def _half(inputs: ReconstructionInputs, known: Prepared) -> int:
    """The drop of the printed median, -1 without one: survival is above a half before it and not after it."""
    if inputs.median is None or not known.time.size:
        return -1
    value, digits = inputs.median
    nearest = int(np.argmin(np.abs(known.time - value)))
    close = abs(known.time[nearest] - value) <= digits + inputs.curve.time_resolution + 1e-9
    return nearest if close else -1


def _between(when: FloatArray, cells: FloatArray) -> dict[str, NDArray[Any]]:
    """How far drops (k,) may be moved without crossing a printed time."""
    right = np.searchsorted(cells, when, side="right")
    most = np.append(cells * (1 - 1e-6), np.inf)[right]
    return {"least": np.append(0.0, cells)[right], "most": np.maximum(most, when)}


def _printed(row: object, when: float) -> int:
    """Entry of a printed row at a time, -1 if there is none."""
    from kmdigitize.records.printed import AtRisk

    if not isinstance(row, AtRisk):
        return -1
    hit = np.flatnonzero(np.abs(row.time - when) < 1e-9)
    return int(row.count[hit[0]]) if hit.size else -1


def _ahead_of(slot: Slot, ahead: tuple[float, float] | None, known: Prepared) -> tuple[float, float] | None:
    """The next printed number as seen before ``slot``, and the share of those left there expected to reach it;
    ``ahead`` is the same after the slot."""
    if slot.kind in (RISK, STRADDLE):
        ahead = float(slot.count), 1.0
    if ahead is None:
        return None
    share = ahead[1] * math.exp(-max(slot.hazard, 0.0))
    if slot.kind == DROP:
        before = known.level[slot.drop - 1] if slot.drop else 1.0
        share *= max(slot.level, 1e-6) / max(float(before), 1e-6)
    return ahead[0], share
