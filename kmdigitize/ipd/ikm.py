"""iKM (IPDfromKM 0.1): Guyot's loop with a guard on the censorings and another last interval.

Censorings of an interval are spread between its first and last point rather than up to the next printed time, their
number never exceeds what the two printed numbers leave, and after the last printed number censoring goes on at the
mean of the earlier intervals. Kept for comparison; its deletion of "outlying" drops, which removes real events, is
left out.

Reference: Liu N, Zhou Y, Lee JJ. BMC Med Res Methodol 2021;21:111.
"""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import IntArray
from kmdigitize.ipd.guyot import MAX_ROUNDS, Clicks, Walk, walk_interval


def ikm(clicks: Clicks, events: int | None = None) -> Walk:
    """Events and censorings at every point; ``events`` bounds the censorings of the last interval."""
    k, m = clicks.time.size, clicks.start.size
    d, c = np.zeros(k, np.int64), np.zeros(k, np.int64)
    state = int(clicks.count[0]), float(clicks.survival[0])
    censored = np.zeros(m, np.int64)
    for i in range(m - 1):
        span = slice(int(clicks.start[i]), int(clicks.start[i + 1]))
        d[span], c[span], state = _meet(clicks, span, state, int(clicks.count[i + 1]))
        censored[i] = c[span].sum()
    last = slice(int(clicks.start[-1]), k)
    number = _last_interval(clicks, censored[:-1], state[0], None if events is None else events - int(d.sum()))
    d[last], c[last], _, _ = walk_interval(clicks, last, state, number, last.stop - 1)
    return Walk(clicks.time, d, c)


def _meet(
    clicks: Clicks, span: slice, state: tuple[int, float], wanted: int
) -> tuple[IntArray, IntArray, tuple[int, float]]:
    """Adjust the censorings of one interval until ``wanted`` are left or the guard is reached."""
    first, following = clicks.survival[span.start], clicks.survival[span.stop]
    number = max(0, round(state[0] * (following / first if first > 0 else 0.0) - wanted))
    for _ in range(MAX_ROUNDS):
        d, c, left, level = walk_interval(clicks, span, state, number, span.stop - 1)
        if left == wanted or (number <= 0 and left < wanted) or number >= state[0] - wanted + 1:
            break
        number = max(0, number + left - wanted)
    return d, c, (left, level)


def _last_interval(clicks: Clicks, censored: IntArray, at_risk: int, events_left: int | None) -> int:
    """Censorings after the last printed number: the mean of the earlier intervals scaled to its length."""
    if not censored.size:
        return 0 if events_left is None else max(0, at_risk - events_left)
    begin, previous = clicks.time[clicks.start[-1]], clicks.time[clicks.start[-2]]
    guess = round(float(censored.mean()) * (clicks.time[-1] - begin) / (begin - previous))
    return min(guess, at_risk - max(0, events_left or 0)) if at_risk else 0
