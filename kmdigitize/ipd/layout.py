"""A path through the slots → patient rows: counts get their times, on the right side of every printed number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.expected import PlacedMarks, place_marks
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.records import ReconstructionInputs, Source
from kmdigitize.ipd.slots import DROP, END, RISK, STRADDLE, Slot, Timeline
from kmdigitize.ipd.states import Path
from kmdigitize.ipd.timeline import cut_off, row_quantum

Parts = list[tuple[FloatArray, bool, Source]]


@dataclass(frozen=True, slots=True)
class Layout:
    """What the times are taken from: drops, their uncertainty, printed times, marks and the end of the curve.

    ``columns`` where the drops were read on whole columns: their errors are then uniform, not normal.
    """

    timeline: Timeline
    drop_time: FloatArray
    drop_sd: FloatArray
    cell_time: FloatArray
    marks: PlacedMarks | None
    resolution: float
    columns: bool
    cut_off: bool
    drop_limits: tuple[IntArray, FloatArray, FloatArray]

    @classmethod
    def of(cls, timeline: Timeline, known: Prepared, inputs: ReconstructionInputs) -> Layout:
        """Layout of one arm."""
        curve = inputs.curve
        marks = place_marks(inputs, np.array([timeline.slots[0].start, *(slot.end for slot in timeline.slots)]))
        sd = np.where(known.time_sd > 0, known.time_sd, curve.time_resolution / np.sqrt(12.0))
        drops = [slot for slot in timeline.slots if slot.kind == DROP]
        limits = (
            np.array([slot.drop for slot in drops], np.int64),
            np.array([slot.least for slot in drops], np.float64),
            np.array([slot.most for slot in drops], np.float64),
        )
        columns = row_quantum(known.time, curve.time_resolution) > 0
        gone_on = cut_off(inputs)
        return cls(timeline, known.time, sd, timeline.cell_time, marks, curve.time_resolution, columns, gone_on, limits)


def place(path: Path, layout: Layout, rng: np.random.Generator | None = None) -> Parts:
    """Parts of rows for a path: evenly spaced censorings, or random ones and jittered drops if ``rng`` is given."""
    drop_time = layout.drop_time if rng is None else _jittered(layout, rng)
    parts: Parts = []
    start = layout.timeline.slots[0].start
    marks = _marks_by_gap(path, layout)
    counts = zip(path.censored.tolist(), path.events.tolist(), path.left.tolist(), strict=True)
    for i, (slot, (censored, events, left)) in enumerate(zip(layout.timeline.slots, counts, strict=True)):
        begin, end, after = _edges(slot, layout, drop_time, start)
        if slot.kind == END:
            parts += _tail(path, i, layout, start, rng)
            break
        if censored:
            gap_start = min(begin, layout.timeline.end)
            # At one time events precede censorings, so whoever leaves before a drop leaves before its time.
            limit = end * (1 - 1e-6) if slot.kind == DROP else _just_before(end, layout)
            parts += _censored(censored, (gap_start, limit), marks[i] if marks else None, layout, rng)
        if events:
            parts += _events(events, left, slot, layout, drop_time)
        start = after
    return parts


def _edges(slot: Slot, layout: Layout, drop_time: FloatArray, start: float) -> tuple[float, float, float]:
    """Start and end of the gap, and where the next gap starts."""
    if slot.kind == DROP:
        end = float(drop_time[slot.drop])
        return start, max(start, end), max(start, end)
    if slot.kind == RISK:
        end = float(layout.cell_time[slot.cell])
        return start, end, max(start, end)
    if slot.kind == STRADDLE:
        drop, cell = float(drop_time[slot.drop]), float(layout.cell_time[slot.cell])
        return min(start, drop, cell), min(drop, cell), max(drop, cell)
    return start, max(start, layout.timeline.end), start


def _marks_by_gap(path: Path, layout: Layout) -> list[FloatArray] | None:
    """The marks of every gap of a path; None without marks."""
    if layout.marks is None:
        return None
    gap = layout.marks.settled(path.censored)
    order = np.argsort(gap, kind="stable")
    first = np.searchsorted(gap[order], np.arange(len(layout.timeline.slots) + 1))
    time = layout.marks.time[order]
    return [time[a:b] for a, b in pairwise(first.tolist())]


def _just_before(when: float, layout: Layout) -> float:
    """A time that counts as before ``when`` without leaving its pixel."""
    return when - max(0.25 * layout.resolution, 1e-6 * abs(when))


def _censored(
    number: int,
    gap: tuple[float, float],
    marks: FloatArray | None,
    layout: Layout,
    rng: np.random.Generator | None,
) -> Parts:
    """Times of the censorings of a gap: on its marks if it has any, else spread over it."""
    start, end = gap
    limit = max(start, min(end, layout.timeline.end))
    if marks is not None and marks.size:
        return [(np.minimum(np.maximum(_on_marks(marks, number, rng), start), limit), False, "mark")]
    share = (np.arange(number) + 0.5) / number if rng is None else np.sort(rng.random(number))
    return [(start + (limit - start) * share, False, "interpolated")]


def _on_marks(marks: FloatArray, number: int, rng: np.random.Generator | None) -> FloatArray:
    """``number`` times on the marks: every mark once before any twice, the rest spread evenly or at random."""
    rounds, rest = divmod(number, marks.size)
    if not rest:
        return np.sort(np.repeat(marks, rounds))
    if rng is None:
        some = np.resize(np.unique(np.linspace(0, marks.size - 1, rest + 2)[1:-1].astype(int)), rest)
    else:
        some = rng.choice(marks.size, size=rest, replace=False)
    return np.sort(np.concatenate([np.repeat(marks, rounds), marks[some]]))


def _events(number: int, left: int, slot: Slot, layout: Layout, drop_time: FloatArray) -> Parts:
    """Events of a drop; those of a drop at a printed time go to the side that meets the printed number."""
    when = float(drop_time[slot.drop])
    if slot.kind != STRADDLE:
        return [(np.full(number, when), True, "drop")]
    cell = float(layout.cell_time[slot.cell])
    before = min(max(left + number - slot.count, 0), number)
    return [
        (np.full(before, min(when, _just_before(cell, layout))), True, "drop"),
        (np.full(number - before, max(when, cell)), True, "drop"),
    ]


def _tail(path: Path, i: int, layout: Layout, start: float, rng: np.random.Generator | None) -> Parts:
    """Everybody left on the last flat. A curve ends with its last patient, so the others are lost before; a curve
    that the axis cuts off loses some at the rate so far and keeps the others to its end."""
    left, end = int(path.left[i]), max(start, layout.timeline.end)
    if not left:
        return []
    if layout.marks is not None:
        return _tail_on_marks(left, (start, end), layout, rng)
    lost = left - 1
    if layout.cut_off:
        lost = min(lost, round(left * (1.0 - np.exp(-_open_rate(path, i, layout, start) * (end - start)))))
    share: FloatArray = np.arange(1.0, lost + 1.0, dtype=np.float64) / (lost + 1.0)
    if rng is not None:
        share = np.sort(rng.random(lost))
    return [(start + (end - start) * share, False, "interpolated"), (np.full(left - lost, end), False, "tail")]


def _tail_on_marks(left: int, gap: tuple[float, float], layout: Layout, rng: np.random.Generator | None) -> Parts:
    """Those left, one on each mark of the last flat and one at its end. More than marks show share them, unless the
    axis cuts the curve off: then they stay to its end."""
    start, end = gap
    assert layout.marks is not None
    here = layout.marks.time[layout.marks.time >= start]
    at_end = bool(here.size and here[-1] >= end - layout.resolution)
    if at_end and not layout.cut_off:
        return [(np.clip(_on_marks(here, left, rng), start, end), False, "mark")]
    on_marks = left - 1 if here.size and not layout.cut_off else min(left - 1, here.size)
    times = _on_marks(here, on_marks, rng) if on_marks > 0 else np.zeros(0)
    parts: Parts = [(np.clip(times, start, end), False, "mark")]
    return [*parts, (np.full(left - on_marks, end), False, "tail")]


def _open_rate(path: Path, i: int, layout: Layout, start: float) -> float:
    """Censorings per patient and time after the last printed number (or over all of the curve if that is too short)."""
    slots = layout.timeline.slots
    cells = [k for k in range(i) if slots[k].kind in (RISK, STRADDLE)]
    first = cells[-1] + 1 if cells and cells[-1] < i - 3 else 0
    exposure = sum(float(path.left[k - 1] if k else path.n) * (slots[k].end - slots[k].start) for k in range(first, i))
    return (float(path.censored[first:i].sum()) + 0.5) / max(exposure, 1e-9) if exposure > 0 else 0.0


def _jittered(layout: Layout, rng: np.random.Generator) -> FloatArray:
    """Drop times with their reading error, still in order and between 0 and the end of the curve."""
    size = layout.drop_time.size
    error = rng.uniform(-math.sqrt(3.0), math.sqrt(3.0), size) if layout.columns else rng.standard_normal(size)
    moved = layout.drop_time + layout.drop_sd * error
    moved = np.clip(np.maximum.accumulate(moved), 0.0, max(layout.timeline.end, 0.0))
    drop, least, most = layout.drop_limits
    moved[drop] = np.clip(moved[drop], least, most)
    return moved
