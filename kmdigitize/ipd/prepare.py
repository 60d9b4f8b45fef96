"""Inputs → what every method starts from: falling drops, a risk table that can be true, the number of patients.

Numbers at risk are kept unless they cannot be: a cell is left out only if it rises above an earlier one or exceeds by
far what the curve leaves of it, and then the longest consistent run of cells is kept, so that one misread digit costs
one cell. Whatever is left out or contradicts something else is named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.records import Conflict, ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve

EXCESS_SHARE = 0.15
"""A count may exceed what the curve leaves of an earlier one by this share: beyond any digitizing error, below any
misread leading digit."""

DRAWN = 2e-4
"""Share of the follow-up below which a distance is none of pixels, but of the rounding of a drawing."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Drops (k,) with the level just after each and its sd; risk times and counts (m,); end of the curve.

    ``n`` is None when nothing states it. ``risk_time`` includes time 0 whenever ``n`` is known. ``left_out`` are the
    printed cells that were not used.
    """

    time: FloatArray
    level: FloatArray
    sd: FloatArray
    time_sd: FloatArray
    end: float
    n: int | None
    risk_time: FloatArray
    risk_count: IntArray
    flags: tuple[Flag, ...]
    conflicts: tuple[Conflict, ...]


def prepare(inputs: ReconstructionInputs) -> Prepared:
    """Check the inputs of one arm against each other and put them in the order in which the methods walk."""
    curve = inputs.curve
    time, level, sd, time_sd = falling_drops(curve)
    flags: list[Flag] = []
    conflicts: list[Conflict] = []
    risk = inputs.at_risk if inputs.at_risk is not None and inputs.at_risk.time.size else None
    risk_time, risk_count = np.zeros(0), np.zeros(0, np.int64)
    if risk is not None:
        risk_time, risk_count = _consistent_cells(risk, curve, flags, conflicts)
        time = _on_printed_times(time, risk_time, curve)
    n = _number_of_patients(inputs, risk_time, risk_count, conflicts)
    if n is not None and (not risk_time.size or risk_time[0] > 0):
        risk_time, risk_count = np.insert(risk_time, 0, 0.0), np.insert(risk_count, 0, n)
    end = _end(curve, risk_time[risk_count > 0], conflicts)
    return Prepared(time, level, sd, time_sd, end, n, risk_time, risk_count, tuple(flags), tuple(conflicts))


def _end(curve: StepCurve, occupied: FloatArray, conflicts: list[Conflict]) -> float:
    """Where follow-up ends: with the curve, unless somebody is printed as at risk later."""
    end = float(curve.last_time)
    if not occupied.size or occupied[-1] <= end:
        return end
    if occupied[-1] > end + 2.0 * curve.time_resolution:
        what = f"The curve ends at {end:.4g}, patients are printed as at risk at {occupied[-1]:g}"
        conflicts.append(Conflict(what, float(occupied[-1] - end)))
    return float(occupied[-1])


def falling_drops(curve: StepCurve) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Times, levels after, level sd and time sd of the points where the curve really falls, one per time, (k,) each."""
    last_of_time = np.append(np.diff(curve.time) > 0, True)[: curve.time.size]
    before = np.concatenate([[1.0], curve.survival[last_of_time]])
    falls = np.flatnonzero(last_of_time)[np.diff(before) < 0]
    size = falls.size
    sd = curve.survival_sd[falls] if curve.survival_sd is not None else np.zeros(size)
    time_sd = curve.time_sd[falls] if curve.time_sd is not None else np.zeros(size)
    return np.maximum(curve.time[falls], 0.0), curve.survival[falls], sd, time_sd


def _on_printed_times(time: FloatArray, printed: FloatArray, curve: StepCurve) -> FloatArray:
    """Drop times (k,), those that a drawing's rounding puts just beside a ``printed`` time (m,) moved onto it.

    Both are the same month; a drop that seems to come before it would take its events from those at risk there.
    """
    rounding = 1.5 * curve.time_resolution
    if not time.size or not printed.size or not 0 < rounding < DRAWN * float(curve.last_time):
        return time
    nearest = printed[np.abs(time[:, None] - printed[None, :]).argmin(axis=1)]
    moved = np.where(np.abs(time - nearest) < rounding, nearest, time)
    return moved if np.all(np.diff(moved) > 0) else time


def _consistent_cells(
    risk: AtRisk, curve: StepCurve, flags: list[Flag], conflicts: list[Conflict]
) -> tuple[FloatArray, IntArray]:
    """The longest run of cells none of which exceeds what an earlier one can leave; the others are named."""
    time, count = np.maximum(risk.time, 0.0), risk.count
    level = np.maximum(curve.at(time - 1e-9 * max(1.0, float(time[-1]))), 1e-9)
    level[time <= 0] = 1.0
    if time[0] <= 0 and count[0] == 0:
        conflicts.append(Conflict("Nobody is printed as at risk at the start, where a curve begins", 1.0))
        flags.append(Flag("risk_table_doubtful", f"0 at {time[0]:g} was not used"))
        time, count, level = time[1:], count[1:], level[1:]
        if not time.size:
            return time, count
    elif _first_is_misread(time, count, level):
        what = f"{count[0]} at risk at the start is far from what {count[1]} at {time[1]:g} and the curve imply"
        conflicts.append(Conflict(what, float(abs(count[0] - count[1] / level[1]))))
        flags.append(Flag("risk_table_doubtful", f"{count[0]} at {time[0]:g} was not used"))
        time, count, level = time[1:], count[1:], level[1:]
    m = time.size
    length, previous = np.ones(m, np.int64), np.full(m, -1)
    for j in range(m):
        for i in range(j):
            most = min(count[i], count[i] * level[j] / level[i] + max(2.0, EXCESS_SHARE * count[i]))
            by_curve = count[j] <= most or (i == 0 and time[0] <= 0 and count[j] <= count[0])
            if by_curve and length[i] + 1 > length[j]:
                length[j], previous[j] = length[i] + 1, i
    keep = [int(np.argmax(length))]
    while previous[keep[-1]] >= 0:
        keep.append(int(previous[keep[-1]]))
    keep.sort()
    for j in sorted(set(range(m)) - set(keep)):
        what = f"The number at risk {count[j]} at {time[j]:g} fits neither the others of its row nor the curve"
        conflicts.append(Conflict(what, float(min(abs(count[j] - count[i]) for i in keep))))
        flags.append(Flag("risk_table_conflicts_with_curve", f"{count[j]} at {time[j]:g} was not used"))
    if np.any(np.diff(count) > 0):
        where = int(np.argmax(np.diff(count) > 0))
        flags.append(Flag("risk_table_rises", f"from {count[where]} to {count[where + 1]} at {time[where + 1]:g}"))
    return time[keep], count[keep]


def _first_is_misread(time: FloatArray, count: IntArray, level: FloatArray) -> bool:
    """Whether the number at the start is several times what the next ones and the curve imply, or a fraction of it.

    A lost, doubled or added digit changes it by a factor; censoring by the first printed time may take many patients,
    but then it takes many soon after too, not only when the study closes.
    """
    if time.size < 3 or time[0] > 0 or not np.all(count[:3] > 0):
        return False
    lost = -np.diff(np.log(np.maximum(count, 1) / level))
    later = lost[1:][count[2:] > 0]
    too_many = lost[0] > MISREAD + max(0.0, float(later[:SOON].max(initial=0.0))) and count[1] >= MANY
    return bool(too_many or lost[0] < -MISREAD)


MANY = 10
"""Of fewer patients most may be censored before the first printed time by chance."""
SOON = 2
"""Printed intervals after the first that tell how many are censored early."""
MISREAD = math.log(5.0)
"""Logarithm of the factor by which a misread first number is off at least; digits lost or added give ten and more."""


def _number_of_patients(
    inputs: ReconstructionInputs, risk_time: FloatArray, risk_count: IntArray, conflicts: list[Conflict]
) -> int | None:
    """N as printed at time 0, else as stated; None when neither is there."""
    printed = int(risk_count[0]) if risk_time.size and risk_time[0] <= 0 else None
    stated = inputs.n
    if printed is not None and stated is not None and printed != stated:
        what = f"{stated} patients are stated but the table has {printed} at risk at the start; the table is used"
        conflicts.append(Conflict(what, float(abs(printed - stated))))
    n = printed if printed is not None else stated
    if n is not None and risk_count.size and n < risk_count.max():
        worst = int(risk_count.max())
        conflicts.append(Conflict(f"{n} patients are stated but {worst} are printed as at risk", float(worst - n)))
        n = worst
    return n if n is None or n > 0 else None


def estimate_n(time: FloatArray, level: FloatArray, sd: FloatArray) -> int:
    """Number of patients whose first events, one or more at a time, would leave these levels (no censoring yet)."""
    first = level[:12]
    if not first.size:
        return 1
    noise = np.maximum(sd[:12], 2e-4)
    smallest = float(np.min(-np.diff(np.concatenate([[1.0], first]))))
    most = int(np.clip(1.5 / max(smallest, 3e-4), 2, 5000))
    candidates = np.arange(1, most + 1)
    whole = np.maximum(np.rint(first[:, None] * candidates), 0)
    misfit = np.sum(((first[:, None] - whole / candidates) / noise[:, None]) ** 2, axis=0)
    by_chance = np.sum(1.0 / (12.0 * (candidates * noise[:, None]) ** 2), axis=0)
    score = misfit - np.minimum(by_chance, 10.0 * first.size) + 2.0 * np.log(candidates)
    return int(candidates[np.argmin(score)])
