"""Curves that have changed places where they met: settled by the lengths of their dashes, or by what shows of inks.

At a column where two paths touch, or drop past each other, either may go on as the other. Which reading fits the line
types of the two arms better, or for two inks under black marks what shows of them between the marks, is found for all
their meetings at once (a two-state Viterbi along the columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.dashes import dash_lengths, weigh_pieces
from kmdigitize.detect.explained import explained_by
from kmdigitize.detect.paths import Road, Sheet, box_mean
from kmdigitize.detect.runs import Image
from kmdigitize.detect.tracing import Found

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SwapSettings:
    """How line types speak."""

    switch: float = 1.4
    """Price of a change of places, in dashes of the wrong length: straight on is likelier."""
    gap_in_solid: float = 0.2
    """Likelihood of a column without ink in a solid line, against one in a broken line."""
    shown: float = 3.0
    """Length, in strokes, of ink that counts as one dash where two inks change places."""
    bare: float = 0.75
    """Price of a column in plain sight without the ink, against the gain of one that shows it."""


def settle_places(sheet: Sheet, found: Sequence[Found]) -> list[Found]:
    """The curves of one ink with their tails exchanged wherever that fits their line types better."""
    curves = list(found)
    kinds = {curve.arm.dash for curve in curves}
    if len(kinds) < 2 or "unknown" in kinds:
        return curves
    groups = [dash_lengths(curve.arm.dash, curve.arm.period, sheet.stroke)[0] for curve in curves]
    longest = max((on for group in groups for on in group), default=0.0)
    scores = [_score(sheet, curve, lengths, longest) for curve, lengths in zip(curves, groups, strict=True)]
    changed = False
    for i, j in combinations(range(len(curves)), 2):
        swapped = _exchange(curves[i].road, curves[j].road, scores[i], scores[j], longest, sheet.stroke)
        if swapped is not None:
            curves[i], curves[j] = replace(curves[i], road=swapped[0]), replace(curves[j], road=swapped[1])
            changed = True
    return _hidden_by_each_other(sheet, curves) if changed else curves


def settle_inks_places(sheets: Sequence[Sheet], found: Sequence[tuple[int, Found]]) -> list[tuple[int, Found]]:
    """The curves with the index of their ink's sheet, tails exchanged wherever more of both inks shows for it.

    Black marks hide which of two curves of different inks goes on where, except between the marks.
    """
    curves = list(found)
    scores = {k: _shown_score(sheets[k]) for k in {k for k, _ in curves}} if len(curves) > 1 else {}
    for i, j in combinations(range(len(curves)), 2):
        (k, a), (m, b) = curves[i], curves[j]
        if k == m:
            continue
        length = SwapSettings().shown * sheets[k].stroke
        swapped = _exchange(a.road, b.road, scores[k], scores[m], length, sheets[k].stroke)
        if swapped is not None:
            curves[i], curves[j] = (k, replace(a, road=swapped[0])), (m, replace(b, road=swapped[1]))
    return curves


def _shown_score(sheet: Sheet) -> Image:
    """What standing on a pixel gains (h, w) by the ink that shows there over a stroke, or loses by its lack."""
    shown = box_mean(sheet.coverage, 1, sheet.stroke)
    return np.asarray(shown - SwapSettings().bare * (1 - sheet.occluded) * (1 - shown), np.float32)


def _score(sheet: Sheet, curve: Found, lengths: Sequence[float], longest: float) -> Image:
    """Logarithm (h, w) of how well ink and gaps fit the line type of a curve; 0 where hidden."""
    s = SwapSettings()
    nothing = np.zeros_like(sheet.coverage)
    ink = sheet.coverage > 0.4
    if lengths:
        fit = weigh_pieces(sheet.coverage, nothing, lengths, longest, sheet.stroke) / np.maximum(sheet.coverage, 0.4)
    else:
        # A piece as long as any dash of this ink is as likely a solid line; shorter ones are not.
        broken = weigh_pieces(sheet.coverage, nothing, (4.0 * longest,), 4.0 * longest, sheet.stroke)
        fit = broken / np.maximum(sheet.coverage, 0.4)
    gap = 1.0 if lengths else s.gap_in_solid
    likelihood = np.where(ink, np.clip(fit, 0.1, 1.0), gap)
    return np.asarray(np.log(likelihood) * (sheet.occluded < 0.5), np.float32)


def exchanged(
    a: Road, b: Road, stay: tuple[Image, Image], swap: tuple[Image, Image], stroke: float
) -> tuple[Road, Road] | None:
    """Both roads with their places changed where that pays; None if they stay.

    ``stay`` are the scores by column of ``a`` along its own road (n,) and of ``b`` along its own (m,), ``swap`` those
    of ``b`` along the road of ``a`` (n,) and of ``a`` along that of ``b`` (m,), in prices of a change of places.
    """
    size = min(a.rows.size, b.rows.size)
    first = a.rows[:size], b.rows[:size]
    now, then = (one[:size] + other[:size] for one, other in (stay, swap))
    now[-1] += stay[0][size:].sum() + stay[1][size:].sum()
    then[-1] += swap[0][size:].sum() + swap[1][size:].sum()
    state = _best_states(now, then, _meetings(*first, stroke), SwapSettings().switch)
    if not state.any():
        return None
    rows_a, rows_b = np.where(state, first[1], first[0]), np.where(state, first[0], first[1])
    tails = (b.rows[size:], a.rows[size:]) if state[-1] else (a.rows[size:], b.rows[size:])
    return replace(a, rows=np.concatenate([rows_a, tails[0]])), replace(b, rows=np.concatenate([rows_b, tails[1]]))


def _exchange(
    a: Road, b: Road, score_a: Image, score_b: Image, longest: float, stroke: float
) -> tuple[Road, Road] | None:
    """As :func:`exchanged`, by the scores (h, w) of both in their pictures, in columns of a dash of ``longest`` px."""
    on_a, on_b = ((road.rows, road.first + np.arange(road.rows.size)) for road in (a, b))
    stay, swap = (score_a[on_a], score_b[on_b]), (score_b[on_a], score_a[on_b])
    return exchanged(a, b, (stay[0] / longest, stay[1] / longest), (swap[0] / longest, swap[1] / longest), stroke)


def _meetings(a: Rows, b: Rows, stroke: float) -> NDArray[np.bool_]:
    """Columns (n,) at which the two paths touch or drop past each other, and may exchange their tails downwards."""
    before_a, before_b = np.concatenate([a[:1], a[:-1]]), np.concatenate([b[:1], b[:-1]])
    reach = 0.5 * stroke + 1
    touch = (np.minimum(a, b) - np.maximum(before_a, before_b) >= -reach) & (a >= before_b) & (b >= before_a)
    overlap = np.minimum(a, b) + reach >= np.maximum(before_a, before_b)
    return np.asarray(touch & overlap, np.bool_)


def _best_states(stay: Image, swap: Image, free: NDArray[np.bool_], price: float) -> NDArray[np.bool_]:
    """Where (n,) the exchanged reading is better, changing only at ``free`` columns for ``price`` each."""
    best = np.array([stay[0], swap[0] if free[0] else -np.inf])
    came = np.zeros((stay.size, 2), np.int64)
    for x in range(1, stay.size):
        change = best[::-1] - (price if free[x] else np.inf)
        came[x] = np.where(change > best, [1, 0], [0, 1])
        best = np.maximum(best, change) + np.array([stay[x], swap[x]])
    state = np.zeros(stay.size, bool)
    now = int(np.argmax(best))
    for x in range(stay.size - 1, -1, -1):
        state[x] = bool(now)
        now = int(came[x, now]) if x else now
    return state


def _hidden_by_each_other(sheet: Sheet, curves: Sequence[Found]) -> list[Found]:
    """The curves with what hides them after an exchange."""
    masks = [explained_by(curve.road, sheet) for curve in curves]
    result = []
    for i, curve in enumerate(curves):
        occluded = sheet.occluded
        for j, mask in enumerate(masks):
            occluded = np.maximum(occluded, mask) if j != i else occluded
        result.append(replace(curve, occluded=occluded))
    return result
