"""What is expected of a gap or a drop beforehand: censorings by printed numbers and marks, several events at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray, IntArray
from kmdigitize.ipd.prepare import DRAWN, Prepared
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.ipd.slots import Cells
from kmdigitize.primitives import monotone_cubic
from kmdigitize.stepcurve import StepCurve


def expected_censoring(
    known: Prepared, used: Cells, edges: FloatArray, cut_off: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Expected censoring per patient for every gap between printed numbers (-1 elsewhere), and for every gap of the
    open stretch after them: it ends with the last patient, or where the axis cuts the curve off goes on as before."""
    level_at = np.concatenate([[1.0], np.maximum(known.level, 1e-6)])
    knots, counts = used.time, used.count.astype(np.float64)
    if known.n is not None:
        knots, counts = np.insert(knots, 0, 0.0), np.insert(counts, 0, float(known.n))
    hazard = np.full(edges.size - 1, -1.0)
    level = level_at[np.searchsorted(known.time, knots, side="left")]
    loss = np.maximum(-np.diff(np.log(counts / level)), 0.25 / np.maximum(counts[:-1], 1.0))
    total = np.concatenate([[0.0], np.cumsum(loss)])
    begin = float(knots[-1]) if knots.size else 0.0
    rate = float(loss[-1] / (knots[-1] - knots[-2])) if loss.size and knots[-1] > knots[-2] else 0.0
    left = float(counts[-1] / level[-1]) if knots.size else float(max(1, known.time.size))
    last = max(float(level_at[-1]), 1.0 / left)
    knots, total = (np.zeros(1), np.zeros(1)) if not knots.size else (knots, total)
    lost = (
        rate * (edges[-1] - begin) if cut_off and rate > 0 else CUT_OFF if cut_off else math.log(max(left * last, 1.5))
    )
    if edges[-1] > begin:
        knots, total = np.append(knots, edges[-1]), np.append(total, total[-1] + lost)
    expected = np.maximum(np.diff(_smooth_staying(knots, total, edges)), 1e-9)
    inside = (edges[1:] <= begin) & (edges[:-1] >= knots[0])
    hazard[inside] = expected[inside]
    early = edges[1:] <= knots[0]
    if early.any() and loss.size:
        first = max(float(knots[1] - knots[0]), CLOSEST * float(knots[-1]))
        hazard[early] = np.maximum(total[1] / first * np.diff(edges)[early], 1e-9)
    return hazard, expected


CUT_OFF = 0.3
"""Censoring per patient over a curve that the axis cuts off, where nothing says more: most are followed beyond it."""


def _smooth_staying(knots: FloatArray, total: FloatArray, when: FloatArray) -> FloatArray:
    """Cumulative censoring between printed numbers: the share that stays uncensored is a monotone cubic.

    Patients enter a trial evenly, so at its end that share falls evenly while the hazard of leaving grows; and it
    hardly falls before the shortest follow-up.
    """
    inside = np.clip(when, knots[0], knots[-1])
    straight = np.interp(inside, knots, total)
    if knots.size < 2 or np.diff(knots).min() < CLOSEST * knots[-1]:
        return straight
    staying = monotone_cubic(knots, np.exp(-total), inside)
    # slopes of absurdly long intervals underflow, and the cubic is no number there
    usable = np.isfinite(staying) & (staying > 0)
    smooth: FloatArray = np.where(usable, -np.log(np.where(usable, staying, 1.0)), straight)
    return smooth


CLOSEST = 1e-9
"""Share of the time axis within which printed numbers have no slope between them that a number could hold."""


def several_events(known: Prepared, used: Cells, curve: StepCurve) -> tuple[FloatArray, float]:
    """Chance per patient at risk of one more event in a drop (k,), and that of one more by ties in the data.

    The former is the local hazard times what one column spans. The latter shows in the early drops, before censoring
    matters: times kept in months or taken at visits give drops of several events however fine the figure is.
    """
    k = known.time.size
    if not k:
        return np.zeros(0), TIES[0]
    rate = local_rate(known)
    several = rate * max(curve.time_resolution, 1e-4 * known.end)
    return several, _ties(known, used, several, curve.survival_resolution)


def local_rate(known: Prepared) -> FloatArray:
    """Hazard around every drop, (k,), without a final fall to zero: one death and many tied ones would look alike."""
    k = known.time.size
    log_level = np.log(np.concatenate([[1.0], np.maximum(known.level, 1e-3)]))
    if known.level[-1] < 1e-3:
        log_level[-1] = log_level[-2]
    time = np.concatenate([[0.0], known.time])
    reach = max(3, k // 12)
    low = np.maximum(np.arange(1, k + 1) - reach, 0)
    high = np.minimum(np.arange(1, k + 1) + reach, k)
    rate: FloatArray = (log_level[low] - log_level[high]) / np.maximum(time[high] - time[low], 1e-12)
    return rate


TIES = (0.02, 0.995)
"""Least and most chance of one more event in a drop."""

UNKNOWN_TIES = 0.002
"""The same with N unknown: twice the patients with two events in every drop draw the same curve."""


def _ties(known: Prepared, used: Cells, several: FloatArray, row: float) -> float:
    """Chance of one more event by the mean size of the early drops, less what falls into one column or row anyway."""
    if known.n is None:
        return UNKNOWN_TIES
    early = known.time <= used.time[0] if used.time.size else np.arange(known.time.size) < 10
    number = int(np.clip(np.count_nonzero(early), min(5, known.time.size), max(5, known.time.size // 3)))
    number = min(number, known.time.size)
    size = known.n * (1.0 - float(known.level[number - 1])) / number
    within = max(1.0, 1.5 * known.n * row) + 1.5 * known.n * float(several[:number].mean())
    more = max(0.0, size - within)
    return float(np.clip(more / (1.0 + more), *TIES))


def marks_in_gaps(
    inputs: ReconstructionInputs, known: Prepared, used: Cells, edges: FloatArray
) -> tuple[IntArray, IntArray, FloatArray] | None:
    """Marks surely in each gap, marks that may be in it or a neighbour, and expected censorings without a mark.

    Where far more marks than by chance are at drops, times are kept coarsely; and where chance would put none there,
    whoever is there is there exactly. At one time events come first, and whoever leaves is still at risk.
    """
    placed = place_marks(inputs, edges)
    if placed is None:
        return None
    gaps, near, nearest = edges.size - 1, placed.near, placed.nearest
    sure = np.bincount(placed.gap[~near], minlength=gaps)
    unsure = np.bincount(nearest[near], minlength=gaps) + np.bincount(nearest[near] + 1, minlength=gaps)
    return sure, unsure, _unmarked(inputs, known, used, edges, placed.time, sure + unsure / 2.0)


@dataclass(frozen=True, slots=True)
class PlacedMarks:
    """Censor marks (m,) in order: ``time``, the ``gap`` each lies in; ``near`` ones may as well lie on the other side
    of edge ``nearest`` (from the first inner one on), that is in gap ``nearest`` or the one after it."""

    time: FloatArray
    gap: IntArray
    near: BoolArray
    nearest: IntArray

    def settled(self, censored: IntArray) -> IntArray:
        """The gap of every mark (p, m), near ones where ``censored`` patients (p, gaps) leave one without a mark.

        Where both sides do, or none, it is the later one: at one time events come first.
        """
        paths, gaps = censored.shape
        gap = np.tile(self.gap, (paths, 1))
        spare = censored - np.bincount(self.gap[~self.near], minlength=gaps)
        every = np.arange(paths)
        for mark in np.flatnonzero(self.near):
            before, after = self.nearest[mark], self.nearest[mark] + 1
            gap[:, mark] = np.where((spare[:, before] > 0) & (spare[:, after] <= 0), before, after)
            spare[every, gap[:, mark]] -= 1
        return gap


_NO_CHANCE = 0.1
"""Share of the marks at drops and printed times that may be there by chance for all to be there exactly: drawings."""


def place_marks(inputs: ReconstructionInputs, edges: FloatArray) -> PlacedMarks | None:
    """Which gap between ``edges`` every mark lies in; None without marks.

    Where far more marks than by chance are at drops, times are kept coarsely, and at one time events come first.
    """
    if inputs.curve.censor_times is None or not inputs.curve.censor_times.size:
        return None
    gaps = edges.size - 1
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
        drawn = width < DRAWN * float(edges[-1])
        exact = drawn and by_chance * marks.size < _NO_CHANCE * np.count_nonzero(near)
        if exact or near.mean() > min(0.9, 0.2 + 3.0 * by_chance):
            marks = np.where(near, np.maximum(marks, inner[nearest]), marks)
            near = np.zeros(marks.size, np.bool_)
    gap = np.clip(np.searchsorted(edges, marks, side="right") - 1, 0, gaps - 1)
    return PlacedMarks(marks, gap, near, nearest)


def _unmarked(
    inputs: ReconstructionInputs,
    known: Prepared,
    used: Cells,
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
    for inside, expected in _closed_stretches(known, used, edges, inputs.curve.time_resolution):
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


def _closed_stretches(known: Prepared, used: Cells, edges: FloatArray, near: float) -> list[tuple[BoolArray, float]]:
    """Gaps between neighbouring printed numbers, and the censorings that these and the curve imply there.

    A gap that ends with a drop ``near`` a printed time ends there.
    """
    knots, counts = used.time, used.count.astype(np.float64)
    if known.n is not None:
        knots, counts = np.insert(knots, 0, 0.0), np.insert(counts, 0, float(known.n))
    level = np.maximum(np.concatenate([[1.0], known.level]), 1e-9)
    at = level[np.searchsorted(known.time, knots, side="left")]
    out = []
    for m in range(knots.size - 1):
        inside = (edges[:-1] >= knots[m] - near) & (edges[1:] <= knots[m + 1] + near)
        expected = math.sqrt(at[m] * at[m + 1]) * (counts[m] / at[m] - counts[m + 1] / at[m + 1])
        out.append((inside, max(0.0, float(expected))))
    return out
