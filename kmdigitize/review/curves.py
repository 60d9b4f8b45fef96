"""Changes of a drawn curve in time and survival: pure functions from curves to curves.

A curve is its drops, where it ends, and its censor marks. Whatever is done to it, it stays a survival curve: drops in
order of time, levels that never rise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from kmdigitize.stepcurve import StepCurve

Drop = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """``drops`` are (time, survival just after), ``end`` where the curve ends, ``marks`` censor times or None."""

    drops: tuple[Drop, ...]
    end: float
    marks: tuple[float, ...] | None = None

    def level(self, time: float) -> float:
        """Survival at ``time``, 1 before the first drop."""
        return next((s for t, s in reversed(self.drops) if t <= time), 1.0)


def drawn(curve: StepCurve) -> Drawn:
    """The curve as its drops."""
    marks = curve.censor_times
    return Drawn(
        tuple(zip(curve.time.tolist(), curve.survival.tolist(), strict=True)),
        float(curve.last_time),
        None if marks is None else tuple(marks.tolist()),
    )


def move_drop(curve: Drawn, index: int, to: Drop) -> Drawn:
    """Drop ``index`` at ``to``, kept between its neighbours."""
    before = curve.drops[index - 1] if index else (0.0, 1.0)
    after = curve.drops[index + 1] if index + 1 < len(curve.drops) else (max(curve.end, to[0]), 0.0)
    moved = min(max(to[0], before[0]), after[0]), min(max(to[1], after[1]), before[1])
    drops = (*curve.drops[:index], moved, *curve.drops[index + 1 :])
    return replace(curve, drops=drops, end=max(curve.end, moved[0]))


def add_drop(curve: Drawn, at: Drop) -> Drawn:
    """A further drop, its level kept between those around it."""
    place = sum(t <= at[0] for t, _ in curve.drops)
    drops = (*curve.drops[:place], at, *curve.drops[place:])
    return move_drop(replace(curve, drops=drops, end=max(curve.end, at[0])), place, at)


def delete_drop(curve: Drawn, index: int) -> Drawn:
    """The curve without drop ``index``."""
    return replace(curve, drops=curve.drops[:index] + curve.drops[index + 1 :])


def end_at(curve: Drawn, time: float) -> Drawn:
    """The curve up to ``time``, drawn on flat if it ended before."""
    marks = None if curve.marks is None else tuple(t for t in curve.marks if t <= time)
    return Drawn(tuple(drop for drop in curve.drops if drop[0] <= time), time, marks)


def begin_at(curve: Drawn, time: float) -> Drawn:
    """The part of the curve behind ``time``, which drops from 1 to its level there."""
    level = curve.level(time)
    later = tuple(drop for drop in curve.drops if drop[0] > time)
    marks = None if curve.marks is None else tuple(t for t in curve.marks if t > time)
    return Drawn(((time, level), *later) if level < 1 else later, max(curve.end, time), marks)


def followed_by(first: Drawn, then: Drawn, time: float) -> Drawn:
    """``first`` up to ``time`` and ``then`` from there on; a level that would rise stays."""
    if time >= then.end:
        return end_at(first, min(time, first.end))
    head, tail = end_at(first, min(time, first.end)), begin_at(then, time)
    marks = None if head.marks is None and tail.marks is None else (*(head.marks or ()), *(tail.marks or ()))
    return Drawn(_falling([*head.drops, *tail.drops]), max(head.end, then.end), marks)


def swap_from(a: Drawn, b: Drawn, time: float) -> tuple[Drawn, Drawn]:
    """Both curves with what lies behind ``time`` exchanged."""
    return followed_by(a, b, time), followed_by(b, a, time)


def merge(a: Drawn, b: Drawn) -> Drawn:
    """One curve of two parts: the later part takes over where it begins."""
    first, then = sorted((a, b), key=lambda part: part.drops[0][0] if part.drops else 0.0)
    return followed_by(first, then, then.drops[0][0]) if then.drops else first


def replace_stretch(curve: Drawn, stretch: Sequence[Drop], end: float, same: float = 0.0) -> Drawn:
    """The curve with ``stretch`` (drops in order, first where it begins) in place of what was there until ``end``.

    Where it begins and ends on levels that differ by no more than ``same`` from the curve's, there is no drop. Behind
    the stretch the curve keeps its levels as far as they lie below; it ends no earlier than the stretch.
    """
    (begin, first), last, after = stretch[0], stretch[-1][1], curve.level(end)
    kept = [drop for drop in curve.drops if drop[0] < begin]
    stretch = stretch[abs(first - curve.level(begin)) <= same :]
    later = [drop for drop in curve.drops if drop[0] > end]
    if end < curve.end and abs(last - after) > same:
        later.insert(0, (end, after))
    return replace(curve, drops=_falling([*kept, *stretch, *later]), end=max(curve.end, end))


def add_mark(curve: Drawn, time: float) -> Drawn:
    """A further censor mark."""
    return replace(curve, marks=tuple(sorted((*(curve.marks or ()), time))))


def delete_mark(curve: Drawn, index: int) -> Drawn:
    """The curve without censor mark ``index``."""
    marks = curve.marks or ()
    return replace(curve, marks=marks[:index] + marks[index + 1 :])


def _falling(drops: Sequence[Drop]) -> tuple[Drop, ...]:
    """Drops whose levels really fall, from 1."""
    lowest = list(accumulate((s for _, s in drops), min, initial=1.0))
    return tuple((t, now) for (t, _), before, now in zip(drops, lowest, lowest[1:], strict=False) if now < before)
