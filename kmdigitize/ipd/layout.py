"""Paths through the slots → patients: counts get their times, on the right side of every printed number.

All paths of an arm are laid out at once: counts are (m, s), a row per path and a column per slot. Without a random
generator censorings are spread evenly, with one they and the drops get their reading errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.expected import PlacedMarks, place_marks
from kmdigitize.ipd.placed import BETWEEN, BY_DROP, BY_MARK, TAIL, Placed
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.ipd.slots import DROP, END, RISK, STRADDLE, Timeline
from kmdigitize.ipd.states import Path
from kmdigitize.ipd.timeline import cut_off, row_quantum


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

    def just_before(self, when: FloatArray) -> FloatArray:
        """Times that count as before ``when`` without leaving its pixel."""
        return when - np.maximum(0.25 * self.resolution, 1e-6 * np.abs(when))


@dataclass(frozen=True, slots=True)
class _Gaps:
    """Gap and end of every slot (m, s): censorings lie from ``begin`` to ``limit``; ``drop`` and ``cell`` are the times
    of what ends it (0 where nothing does), ``start`` where the slot begins."""

    start: FloatArray
    begin: FloatArray
    limit: FloatArray
    drop: FloatArray
    cell: FloatArray
    kind: IntArray


def place(paths: list[Path], layout: Layout, rng: np.random.Generator | None = None) -> Placed:
    """The patients of all paths: evenly spaced censorings, or random ones and jittered drops if ``rng`` is given."""
    number = len(paths)
    slots = len(layout.timeline.slots)
    censored, events, left = (
        np.array([getattr(path, name) for path in paths], np.int64).reshape(number, slots)
        for name in ("censored", "events", "left")
    )
    gaps = _gaps(layout, number, rng)
    counts = np.where(gaps.kind == END, 0, censored)
    parts = _events(events, left, gaps, layout)
    if layout.marks is None:
        parts.append((*_between(counts, gaps, rng), BETWEEN))
    else:
        own = layout.marks.settled(censored)
        parts.append((*_on_marks(counts, own, gaps, layout, rng), BY_MARK))
        bare = counts * (_per_gap(own, slots) == 0)
        parts.append((*_between(bare, gaps, rng), BETWEEN))
    if slots and layout.timeline.slots[-1].kind == END:
        rate = _open_rate(paths, layout) if layout.cut_off else np.zeros(number)
        parts += _tails(left[:, -1], rate, gaps, layout, rng)
    return Placed.of(number, parts)


def _gaps(layout: Layout, number: int, rng: np.random.Generator | None) -> _Gaps:
    """Gaps of ``number`` paths, their drops jittered if ``rng`` is given."""
    slots = layout.timeline.slots
    drop_time = np.broadcast_to(layout.drop_time, (number, layout.drop_time.size))
    drop_time = drop_time if rng is None else _jittered(layout, number, rng)
    kind = np.array([slot.kind for slot in slots])
    falls, counted = np.isin(kind, (DROP, STRADDLE)), np.isin(kind, (RISK, STRADDLE))
    drop, cell = np.zeros((number, len(slots))), np.zeros((number, len(slots)))
    drop[:, falls] = drop_time[:, [slot.drop for slot in slots if slot.kind in (DROP, STRADDLE)]]
    cell[:, counted] = layout.cell_time[[slot.cell for slot in slots if slot.kind in (RISK, STRADDLE)]]
    end = np.where(kind == END, layout.timeline.end, np.maximum(drop, cell))
    start = np.maximum.accumulate(np.insert(end[:, :-1], 0, slots[0].start, axis=1), axis=1)
    straddles = kind == STRADDLE
    begin = np.where(straddles, np.minimum(start, np.minimum(drop, cell)), start)
    # at one time events precede censorings, so whoever leaves before a drop leaves before its time
    before_drop = np.maximum(start, drop) * (1 - 1e-6)
    limit = np.where(kind == DROP, before_drop, layout.just_before(np.where(straddles, np.minimum(drop, cell), end)))
    begin = np.minimum(begin, layout.timeline.end)
    limit = np.maximum(begin, np.minimum(limit, layout.timeline.end))
    return _Gaps(start, begin, limit, drop, cell, kind)


def _between(counts: IntArray, gaps: _Gaps, rng: np.random.Generator | None) -> tuple[IntArray, FloatArray]:
    """Path and time of ``counts`` (m, s) censorings spread over their gaps."""
    path, slot = np.nonzero(counts)
    each = counts[path, slot]
    share = (_place_in_group(each) + 0.5) / np.repeat(each, each) if rng is None else rng.random(int(each.sum()))
    path, slot = np.repeat(path, each), np.repeat(slot, each)
    begin = gaps.begin[path, slot]
    return path, begin + (gaps.limit[path, slot] - begin) * share


def _place_in_group(sizes: IntArray) -> IntArray:
    """0, 1, ... within groups of so many."""
    number: IntArray = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return number


def _per_gap(own: IntArray, slots: int) -> IntArray:
    """Marks of every gap (m, s), from the gap of every mark (m, marks)."""
    number = len(own)
    flat = own + slots * np.arange(number)[:, None]
    counted: IntArray = np.bincount(flat.ravel(), minlength=number * slots).reshape(number, slots)
    return counted


def _on_marks(
    counts: IntArray, own: IntArray, gaps: _Gaps, layout: Layout, rng: np.random.Generator | None
) -> tuple[IntArray, FloatArray]:
    """Path and time of the censorings of gaps with marks, given the gap of every mark (m, marks)."""
    assert layout.marks is not None
    number, slots = counts.shape
    order = np.argsort(own, axis=1, kind="stable")
    slot = np.take_along_axis(own, order, axis=1)
    path = np.broadcast_to(np.arange(number)[:, None], own.shape)
    here = _per_gap(own, slots)[path, slot]
    begin = np.searchsorted((slot + slots * path).ravel(), (slot + slots * path).ravel(), side="left")
    place = np.arange(own.size).reshape(own.shape) - begin.reshape(own.shape)
    each = _shares(counts[path, slot], here, place, (slot + slots * path), rng)
    time = np.clip(layout.marks.time[order], gaps.begin[path, slot], gaps.limit[path, slot])
    return np.repeat(path.ravel(), each.ravel()), np.repeat(time.ravel(), each.ravel())


def _shares(
    patients: IntArray, marks: IntArray, place: IntArray, group: IntArray, rng: np.random.Generator | None
) -> IntArray:
    """Patients on every mark, of ``patients`` on the ``marks`` of its group: each mark once before any twice, the rest
    evenly or at random."""
    rounds, rest = np.divmod(patients, np.maximum(marks, 1))
    if rng is None:
        share = rest / np.maximum(marks, 1)
        further = np.floor(share * (place + 1) + 0.5) - np.floor(share * place + 0.5)
        return rounds + further.astype(np.int64)
    flat = group.ravel()
    order = np.lexsort((rng.random(flat.size), flat))
    rank = np.empty(flat.size, np.int64)
    rank[order] = np.arange(flat.size) - np.searchsorted(flat[order], flat[order], side="left")
    further = rank.reshape(group.shape) < rest
    return rounds + further


def _events(events: IntArray, left: IntArray, gaps: _Gaps, layout: Layout) -> list[tuple[IntArray, FloatArray, int]]:
    """Events of the drops; those of a drop at a printed time go to the side that meets the printed number."""
    path, slot = np.nonzero(events)
    each = events[path, slot]
    when, straddles = gaps.drop[path, slot], gaps.kind[slot] == STRADDLE
    cell = gaps.cell[path, slot]
    count = np.array([one.count for one in layout.timeline.slots])[slot]
    before = np.where(straddles, np.clip(left[path, slot] + each - count, 0, each), each)
    early = np.where(straddles, np.minimum(when, layout.just_before(cell)), when)
    late = np.maximum(when, cell)
    after = each - before
    return [
        (np.repeat(path, before), np.repeat(early, before), BY_DROP),
        (np.repeat(path, after), np.repeat(late, after), BY_DROP),
    ]


def _tails(
    left: IntArray, rate: FloatArray, gaps: _Gaps, layout: Layout, rng: np.random.Generator | None
) -> list[tuple[IntArray, FloatArray, int]]:
    """Everybody ``left`` (m,) on the last flat. A curve ends with its last patient, so the others are lost before; a
    curve that the axis cuts off loses some at the ``rate`` so far (m,) and keeps the others to its end."""
    start = gaps.start[:, -1]
    end = np.maximum(start, layout.timeline.end)
    if layout.marks is not None:
        path, lost = _tails_on_marks(left, (start, end), layout, layout.marks.time, rng)
    else:
        gone = np.maximum(left - 1, 0)
        if layout.cut_off:
            gone = np.minimum(gone, np.rint(left * -np.expm1(-rate * (end - start))).astype(np.int64))
        each = np.repeat(gone, gone)
        share = (_place_in_group(gone) + 1.0) / (each + 1.0) if rng is None else rng.random(each.size)
        path = np.repeat(np.arange(left.size), gone)
        lost = start[path] + (end - start)[path] * share
    stay = left - np.bincount(path, minlength=left.size)
    source = BETWEEN if layout.marks is None else BY_MARK
    return [(path, lost, source), (np.repeat(np.arange(left.size), stay), np.repeat(end, stay), TAIL)]


def _tails_on_marks(
    left: IntArray,
    gap: tuple[FloatArray, FloatArray],
    layout: Layout,
    marks: FloatArray,
    rng: np.random.Generator | None,
) -> tuple[IntArray, FloatArray]:
    """Path and time of those ``left`` (m,) who are on ``marks`` of the last flat, the others stay to its end. More than
    marks show share them, unless the axis cuts the curve off: then they stay as well."""
    start, end = gap
    on = (marks >= start[:, None]) & (left > 0)[:, None]
    here = on.sum(axis=1)
    at_end = marks[-1] >= end - layout.resolution
    number = np.minimum(left - 1, here) if layout.cut_off else np.where(here > 0, left - ~at_end, 0)
    path, mark = np.nonzero(on)
    each = _shares(number[path], here[path], _place_in_group(here), path, rng)
    time = np.clip(marks[mark], start[path], end[path])
    return np.repeat(path, each), np.repeat(time, each)


def _open_rate(paths: list[Path], layout: Layout) -> FloatArray:
    """Censorings per patient and time after the last printed number (or over all of the curve if that is too short),
    of every path (m,)."""
    slots = layout.timeline.slots
    cells = [k for k, slot in enumerate(slots[:-1]) if slot.kind in (RISK, STRADDLE)]
    first = cells[-1] + 1 if cells and cells[-1] < len(slots) - 4 else 0
    length = np.array([slot.end - slot.start for slot in slots[first:-1]])
    exposure = np.array([np.append(path.n, path.left)[first : len(slots) - 1] @ length for path in paths])
    lost = np.array([path.censored[first:-1].sum() for path in paths])
    return np.where(exposure > 0, (lost + 0.5) / np.maximum(exposure, 1e-9), 0.0)


def _jittered(layout: Layout, number: int, rng: np.random.Generator) -> FloatArray:
    """Drop times (m, k) with their reading error, still in order and between 0 and the end of the curve."""
    size = (number, layout.drop_time.size)
    error = rng.uniform(-math.sqrt(3.0), math.sqrt(3.0), size) if layout.columns else rng.standard_normal(size)
    moved = layout.drop_time + layout.drop_sd * error
    moved = np.clip(np.maximum.accumulate(moved, axis=1), 0.0, max(layout.timeline.end, 0.0))
    drop, least, most = layout.drop_limits
    moved[:, drop] = np.clip(moved[:, drop], least, most)
    return moved
