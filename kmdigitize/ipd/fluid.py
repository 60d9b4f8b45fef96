"""Tables of curves too fine to resolve: real-valued flows between the printed numbers, rounded at the end.

Where single events are smaller than the noise of a level, no integer table stands out and the most probable one
follows the noise. Here events and censorings are flows: between two printed numbers the censoring that closes them
has a closed form, so nothing is guessed greedily and nothing drifts; counts are rounded from their running totals.
Draws vary the levels within their noise and the timing of the censorings. All flows of an arm are followed at once:
arrays are (m, s), a row per flow and a column per slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray, IntArray
from kmdigitize.ipd.slots import DROP, END, RISK, STRADDLE, Slot, Timeline
from kmdigitize.ipd.states import Path


def flows(
    timeline: Timeline, level: FloatArray, rate: float = 1.0, rng: np.random.Generator | None = None
) -> list[Path]:
    """A path through the slots for every row of ``level`` (m, k), the levels after every drop, at ``rate`` times the
    expected censoring of the open stretch. With ``rng`` the timing of censorings is drawn, else the expected one."""
    n = int(timeline.n[timeline.n.size // 2])
    levels = levels_after(timeline, level)
    weights = _weights(timeline, n, levels, rng)
    events, censored = _walk(timeline, n, np.full(len(levels), rate), levels, weights)
    if timeline.total >= 0:
        events, censored = _meet_total(timeline, n, (events, censored), levels, weights)
    return [_path(n, d, c) for d, c in zip(events, censored, strict=True)]


def expected_flow(timeline: Timeline, level: FloatArray) -> tuple[float, Path]:
    """The largest share of the expected censoring of the open stretch at which enough are left to follow the curve,
    ``level`` (k,), and the expected path at it: with few left, one event falls further than the curve does. 1 where a
    total decides."""
    levels = levels_after(timeline, level[None, :])[0]
    best, least = (1.0, flows(timeline, level[None, :])[0]), np.inf
    for rate in RATES if timeline.total < 0 else ():
        path = best[1] if rate == best[0] else flows(timeline, level[None, :], rate)[0]
        off = float(np.sqrt(np.mean((path.survival - levels) ** 2)))
        best, least = ((rate, path), off) if off < least else (best, least)
        if least <= 1.0 / path.n:
            break
    return best


RATES = (1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Shares of the expected censoring of the open stretch that are tried."""


def levels_after(timeline: Timeline, level: FloatArray) -> FloatArray:
    """Level after every slot (m, s): that of the last drop so far."""
    after = np.ones((len(level), len(timeline.slots)))
    falling = [(i, slot.drop) for i, slot in enumerate(timeline.slots) if slot.kind in (DROP, STRADDLE)]
    if falling:
        at, drop = np.array(falling).T
        after[:, at] = level[:, drop]
    lowest: FloatArray = np.minimum.accumulate(after, axis=1)
    return lowest


def _weights(timeline: Timeline, n: int, levels: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Hazard of censoring of every gap (m, s), from its marks where there are any; scattered as counts for draws."""
    if timeline.slots[0].marks >= 0:
        hazard = _marked_hazard(timeline, n, levels)
    else:
        given = np.array([slot.hazard if slot.hazard >= 0 else slot.share for slot in timeline.slots], np.float64)
        hazard = np.broadcast_to(given, levels.shape)
    least: FloatArray = np.maximum(hazard, 1e-9)
    if rng is None:
        return least
    present = np.maximum(n * levels * np.exp(-np.cumsum(least, axis=1)), 1.0)
    scattered: FloatArray = np.maximum(rng.gamma(least * present) / present, 1e-12)
    return scattered


def _marked_hazard(timeline: Timeline, n: int, levels: FloatArray) -> FloatArray:
    """Hazard of censoring of every gap (m, s) that its marks show, those hidden under them included.

    Without their censorings ``n`` times survival would be at risk, so ``c`` marks there take ``c / (n survival)`` of
    those that stay. Where that is more than there are, fewer are hidden, or marks are false.
    """
    shown, hidden = marked_patients(timeline, levels)
    room = np.maximum(n - 1.0 / np.maximum(levels[:, -1:], 1e-9), 0.0)
    seen, unseen = shown.sum(axis=1, keepdims=True), hidden.sum(axis=1, keepdims=True)
    share = np.minimum(1.0, np.maximum(room - seen, 0.0) / np.maximum(unseen, 1e-12))
    taken = shown * np.minimum(1.0, room / np.maximum(seen, 1e-12)) + share * hidden
    staying = np.maximum(1.0 - np.cumsum(taken, axis=1) / n, 1e-9)
    hazard: FloatArray = -np.diff(np.log(staying), axis=1, prepend=0.0)
    return hazard


def marked_patients(timeline: Timeline, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Patients at the start for whom the marks of every gap speak (m, s), and for whom those hidden under them do.

    A censoring at survival S stands for 1/S patients. Whoever is left at the end of the curve is not counted: their
    marks are beyond its last drop. Zero without marks.
    """
    slots = timeline.slots
    upto = np.maximum(np.insert(levels[:, :-1], 0, 1.0, axis=1), 1e-9)
    shown = np.array([max(slot.marks, 0) + slot.unsure / 2.0 for slot in slots]) / upto
    hidden = np.array([slot.extra for slot in slots]) / upto
    shown[:, -1] = hidden[:, -1] = 0.0
    return shown, hidden


@dataclass(slots=True)
class _Running:
    """Patients at risk and survival of every flow, (m,), so far."""

    at_risk: IntArray
    survival: FloatArray


def _walk(
    timeline: Timeline, n: int, rate: FloatArray, levels: FloatArray, weights: FloatArray
) -> tuple[IntArray, IntArray]:
    """Events and censorings (m, s): from one printed number to the next, then to the end, rounded by stretch."""
    slots = timeline.slots
    events, censored = np.zeros(levels.shape, np.int64), np.zeros(levels.shape, np.int64)
    now, first = _Running(np.full(len(levels), n), np.ones(len(levels))), 0
    for cell in [i for i, slot in enumerate(slots) if slot.kind in (RISK, END)]:
        span, kind = slice(first, cell + 1), slots[cell].kind
        after = levels[:, span].copy()
        after[:, -1] = 1.0  # nothing falls in the gap that a printed number or the end closes
        target = None if kind == END else slots[cell].count
        so_far = _printed_events(slots[cell], n)
        wanted = None if so_far is None else np.maximum(so_far - events[:, :first].sum(axis=1), 0)
        found = _stretch(now, after, weights[:, span], target, rate)
        if wanted is not None:
            found = _with_events(now, after, found, slots[cell].count, wanted)
        events[:, span], censored[:, span], now = found
        if kind == END:
            censored[:, cell] = 0
        first = cell + 1
    return events, censored


def _printed_events(slot: Slot, n: int) -> int | None:
    """Events up to the printed number that closes ``slot``, printed or left by the printed censorings."""
    if slot.kind == END or (slot.events < 0 and slot.censored < 0):
        return None
    return slot.events if slot.events >= 0 else n - slot.count - slot.censored


def _with_events(
    now: _Running, after: FloatArray, found: tuple[IntArray, IntArray, _Running], target: int, wanted: IntArray
) -> tuple[IntArray, IntArray, _Running]:
    """A stretch with the ``wanted`` (m,) events: its hazard is scaled as a whole, its censorings fill up."""
    low, high = np.zeros(wanted.size), np.full(wanted.size, STEEPEST)
    number = np.maximum(now.at_risk - target - wanted, 0)
    place = np.cumsum(found[1], axis=1) / np.maximum(found[1].sum(axis=1, keepdims=True), 1)
    c = np.diff(np.rint(place * number[:, None]), axis=1, prepend=0).astype(np.int64)
    c[:, -1] += number - c.sum(axis=1)
    d, taken, end = found
    missed = np.full(wanted.size, np.iinfo(np.int64).max)
    for _ in range(ROUNDS):
        power = (low + high) / 2.0
        steeper = now.survival[:, None] * np.minimum(after / now.survival[:, None], 1.0) ** power[:, None]
        steeper[:, -1] = 1.0
        tried, left, ended = _track(now, steeper, c, target)
        off = tried.sum(axis=1) - wanted
        closer = np.abs(off) < missed
        d, taken = np.where(closer[:, None], tried, d), np.where(closer[:, None], left, taken)
        missed = np.where(closer, np.abs(off), missed)
        end = _merged(closer, ended, end)
        low, high = np.where(off < 0, power, low), np.where(off < 0, high, power)
    taken[:, -1] += np.maximum(end.at_risk - target, 0)
    return d, taken, _Running(np.minimum(end.at_risk, target), end.survival)


STEEPEST = 4.0
"""Factor on the hazard of a stretch up to which printed events are looked for."""


def _path(n: int, events: IntArray, censored: IntArray) -> Path:
    """The path of one flow (s,)."""
    left = n - np.cumsum(events + censored)
    before = left + events
    steps = np.where(before > 0, 1.0 - events / np.maximum(before, 1), 1.0)
    return Path(n, censored, events, left, np.cumprod(steps, dtype=np.float64))


def _stretch(
    now: _Running, after: FloatArray, weights: FloatArray, target: int | None, rate: FloatArray
) -> tuple[IntArray, IntArray, _Running]:
    """Integer events and censorings (m, s) of the slots up to a printed number (or the end), and what is left then."""
    before = np.insert(after[:, :-1], 0, now.survival, axis=1)
    keep = np.clip(np.where(before > 0, after / np.maximum(before, 1e-12), 1.0), 1e-9, 1.0)
    whole = weights.sum(axis=1)
    if target is None:
        lost = rate * whole
    else:
        needed = np.log(np.maximum(now.at_risk, 0.5) / max(target, 0.5)) + np.log(keep).sum(axis=1)
        lost = np.maximum(needed, 0.0)
    stay = np.exp(-(lost / whole)[:, None] * weights)
    present = now.at_risk[:, None] * np.insert(np.cumprod(stay * keep, axis=1)[:, :-1], 0, 1.0, axis=1)
    gone = present * (1.0 - stay)
    total = gone.sum(axis=1)
    by_flow, by_weight = np.cumsum(gone, axis=1), np.cumsum(weights, axis=1)
    share = np.where(
        (total > 0)[:, None], by_flow / np.where(total > 0, total, 1.0)[:, None], by_weight / whole[:, None]
    )
    number = np.rint(total).astype(np.int64)
    open_ = np.ones(total.size, np.bool_)
    d, c, end = np.zeros(after.shape, np.int64), np.zeros(after.shape, np.int64), _Running(now.at_risk, now.survival)
    for _ in range(ROUNDS):
        whole_numbers = np.rint(share * number[:, None]).astype(np.int64)
        d_now, c_now, end_now = _track(now, after, np.diff(whole_numbers, axis=1, prepend=0), target)
        d[open_], c[open_] = d_now[open_], c_now[open_]
        end = _merged(open_, end_now, end)
        if target is None:
            return d, c, end
        left = end.at_risk
        open_ &= (left != target) & ((left > target) | (number > 0))
        if not open_.any():
            break
        number = np.where(open_, np.maximum(0, number + left - target), number)
    c[:, -1] += np.maximum(end.at_risk - (target or 0), 0)
    return d, c, _Running(np.minimum(end.at_risk, target or 0), end.survival)


def _merged(which: BoolArray, new: _Running, old: _Running) -> _Running:
    """``new`` for some flows, ``old`` for the others."""
    return _Running(np.where(which, new.at_risk, old.at_risk), np.where(which, new.survival, old.survival))


ROUNDS = 20
"""Adjustments of the censorings of one stretch; each changes the events by a fraction of one, so two or three do."""


def _track(now: _Running, after: FloatArray, c: IntArray, target: int | None) -> tuple[IntArray, IntArray, _Running]:
    """Events that keep the running survival closest to the levels, given the censorings of every gap."""
    d, taken, least = np.zeros(c.T.shape, np.int64), c.T.copy(), target or 0
    at_risk, survival = now.at_risk, now.survival
    for level, gone, events in zip(np.ascontiguousarray(after.T), taken, d, strict=True):
        np.minimum(gone, np.maximum(at_risk - least, 0), out=gone)
        at_risk = at_risk - gone
        falls = (at_risk > least) & (level < survival)
        wanted = np.rint(at_risk * (1.0 - level / np.maximum(survival, 1e-12))).astype(np.int64)
        np.minimum(at_risk - least, wanted, out=events, where=falls)
        survival = survival * (1.0 - events / np.maximum(at_risk, 1))
        at_risk = at_risk - events
    return d.T, taken.T, _Running(at_risk, survival)


def _meet_total(
    timeline: Timeline, n: int, found: tuple[IntArray, IntArray], levels: FloatArray, weights: FloatArray
) -> tuple[IntArray, IntArray]:
    """Change the censoring of the open stretch until the printed number of events is met as nearly as it can be."""
    events, censored = found
    low, high = np.zeros(len(levels)), np.full(len(levels), 20.0)
    for _ in range(30):
        missed = np.abs(events.sum(axis=1) - timeline.total)
        if not missed.any():
            break
        rate = (low + high) / 2.0
        d, c = _walk(timeline, n, rate, levels, weights)
        surplus = d.sum(axis=1) - timeline.total
        closer = np.abs(surplus) <= missed
        events, censored = np.where(closer[:, None], d, events), np.where(closer[:, None], c, censored)
        low, high = np.where(surplus > 0, rate, low), np.where(surplus > 0, high, rate)
    return events, censored
