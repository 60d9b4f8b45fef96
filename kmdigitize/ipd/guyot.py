"""Guyot 2012: numbers at risk met interval by interval with evenly spread censoring.

Within an interval between two printed numbers at risk, censorings are spread evenly, events follow from the drops
one by one, and the number of censorings is adjusted until the next printed number is met. It assumes censoring to be
even within intervals and needs no pixel model. It rounds greedily, invents the censoring of the last interval from
the average rate, and where a printed number cannot be met it walks on with its own: that is reported here, never
silent.

Reference: Guyot P, Ades AE, Ouwens MJNM, Welton NJ. BMC Med Res Methodol 2012;12:9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.records import Conflict

MAX_ROUNDS = 200
"""The published loop can cycle between two numbers of censorings; by then it has long settled or never will."""


@dataclass(frozen=True, slots=True)
class Clicks:
    """Points on the curve (k,): time, survival; ``start`` (m,) is the index of the first point of every interval."""

    time: FloatArray
    survival: FloatArray
    start: IntArray
    count: IntArray


@dataclass(frozen=True, slots=True)
class Walk:
    """Events and censorings per point (k,): ``censored[i]`` falls in [time[i], time[i + 1])."""

    time: FloatArray
    events: IntArray
    censored: IntArray
    conflicts: tuple[Conflict, ...] = ()
    at_marks: bool = False


def guyot(clicks: Clicks, events: int | None = None) -> Walk:
    """Events and censorings at every point by Guyot's algorithm, with ``events`` the total number if it is known."""
    k, m = clicks.time.size, clicks.start.size
    d, c = np.zeros(k, np.int64), np.zeros(k, np.int64)
    at_risk, level = int(clicks.count[0]), float(clicks.survival[0])
    censored = np.zeros(m, np.int64)
    conflicts: list[Conflict] = []
    for i in range(m - 1):
        span = slice(int(clicks.start[i]), int(clicks.start[i + 1]))
        d[span], c[span], left, level = _meet(clicks, span, (at_risk, level), int(clicks.count[i + 1]))
        censored[i] = c[span].sum()
        if left != clicks.count[i + 1]:
            when, wanted = clicks.time[clicks.start[i + 1]], int(clicks.count[i + 1])
            what = f"The printed number at risk at {when:g} is {wanted}, the drops of the curve leave {left}"
            conflicts.append(Conflict(what, float(abs(left - wanted))))
        at_risk = left
    last = slice(int(clicks.start[-1]), k)
    guess = _last_interval(clicks, censored[:-1], at_risk)
    d[last], c[last], _, _ = _walk(clicks, last, (at_risk, level), guess)
    if events is not None:
        before = int(d[: last.start].sum())
        d[last], c[last] = _meet_total(clicks, last, (at_risk, level), guess, events - before)
    return Walk(clicks.time, d, c, tuple(conflicts))


def _meet(clicks: Clicks, span: slice, state: tuple[int, float], wanted: int) -> tuple[IntArray, IntArray, int, float]:
    """Adjust the censorings of one interval until ``wanted`` are left; what is left may still differ."""
    at_risk = state[0]
    first, following = clicks.survival[span.start], clicks.survival[span.stop]
    ratio = following / first if first > 0 else 0.0
    number = max(0, round(at_risk * ratio - wanted))
    for _ in range(MAX_ROUNDS):
        d, c, left, level = _walk(clicks, span, state, number)
        if left == wanted or (number <= 0 and left < wanted):
            break
        number = max(0, number + left - wanted)
    return d, c, left, level


def walk_interval(
    clicks: Clicks, span: slice, state: tuple[int, float], number: int, spread_to: int
) -> tuple[IntArray, IntArray, int, float]:
    """Events by greedy rounding along one interval with ``number`` censorings spread evenly up to a point."""
    at_risk, level = state
    time = clicks.time[span]
    c = _spread(time, float(clicks.time[spread_to]), number)
    d = np.zeros(time.size, np.int64)
    for i, survival in enumerate(clicks.survival[span]):
        if at_risk > 0 and level > 0 and survival < level:
            d[i] = min(at_risk, round(at_risk * (1.0 - survival / level)))
            level *= 1.0 - d[i] / at_risk
        c[i] = min(c[i], at_risk - d[i])
        at_risk -= int(d[i] + c[i])
    return d, c, at_risk, level


def _walk(clicks: Clicks, span: slice, state: tuple[int, float], number: int) -> tuple[IntArray, IntArray, int, float]:
    """One interval with its censorings spread up to the first point of the next."""
    return walk_interval(clicks, span, state, number, min(span.stop, clicks.time.size - 1))


def _spread(time: FloatArray, end: float, number: int) -> IntArray:
    """Histogram over the points of ``number`` censorings evenly spaced between the first point and ``end``."""
    if number <= 0 or not time.size:
        return np.zeros(time.size, np.int64)
    when = time[0] + (end - time[0]) * np.arange(1, number + 1) / (number + 1)
    place = np.clip(np.searchsorted(time, when, side="right") - 1, 0, time.size - 1)
    return np.bincount(place, minlength=time.size).astype(np.int64)


def _last_interval(clicks: Clicks, censored: IntArray, at_risk: int) -> int:
    """Censorings after the last printed number, at the average rate of the intervals before (0 if there are none)."""
    begin, end = clicks.time[clicks.start[-1]], clicks.time[-1]
    before = begin - clicks.time[clicks.start[0]]
    if not censored.size or before <= 0:
        return 0
    return min(at_risk, round(float(censored.sum() * (end - begin) / before)))


def _meet_total(
    clicks: Clicks, last: slice, state: tuple[int, float], number: int, wanted: int
) -> tuple[IntArray, IntArray]:
    """Adjust the censorings of the last interval until it holds ``wanted`` events, or none is censored any more."""
    size = last.stop - last.start
    if wanted <= 0:
        return np.zeros(size, np.int64), np.zeros(size, np.int64)
    d, c, _, _ = _walk(clicks, last, state, number)
    for _ in range(MAX_ROUNDS):
        surplus = int(d.sum()) - wanted
        if surplus == 0 or (number <= 0 and surplus < 0):
            break
        number = min(state[0], max(0, number + surplus))
        d, c, _, _ = _walk(clicks, last, state, number)
    return d, c
