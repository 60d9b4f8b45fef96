"""How many patients, when nothing prints it: from the size and the scatter of the drops.

Where single events can be told apart, levels sit on a comb whose teeth are 1/N apart until censoring sets in. A race
finds N: coarsely spaced candidates walk the first part of the curve side by side, each with its own few states, and
those far behind the best leave; then every whole number around the winners walks all of it. Where they cannot be told
apart, the scatter of the drops around their local mean is what is left: events come like a Poisson process, so the
variance of a fall is the fall itself times the height of one event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray
from kmdigitize.ipd.fluid import levels_after, marked_patients
from kmdigitize.ipd.lattice import search
from kmdigitize.ipd.paths import by_origin, log_evidence
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.ipd.slots import Timeline
from kmdigitize.ipd.states import STRICT, LatticeSettings, Layer
from kmdigitize.ipd.timeline import build_timeline


@dataclass(frozen=True, slots=True)
class UnknownSettings:
    """Settings of the race between numbers of patients."""

    spacing: float = 0.02
    """Relative distance of the coarse candidates: a few censorings at the start make up for half of it."""
    coarse: int = 90
    """Most coarse candidates; they are spaced more widely instead."""
    fine: int = 48
    """Most candidates of the second race."""
    each: int = 16
    """Most of them around one winner of the first."""
    coarse_slots: int = 50
    """The coarse race ends after this many slots, enough to tell candidates a few percent apart."""
    coarse_keep: int = 360
    """States of the coarse race, shared by its candidates."""
    keep: int = 400
    """States of the second race."""
    near: float = 8.0
    """Coarse candidates this close to the best one (nats) have their neighbours in the second race."""
    together: float = 4.0
    """The usual early drop holds at most this many events; the smallest drop may be no event at all."""
    real: float = 0.6
    """Share of the drops and censor marks that are real, at least."""
    most: int = 4000
    """More patients than this cannot be told apart in any figure."""
    noise_factors: tuple[float, ...] = (1.0, 2.0, 4.0)
    """Factors on the stated noise of the levels among which the evidence chooses."""


def bounds(known: Prepared, marks: int, settings: UnknownSettings) -> tuple[int, int]:
    """Fewest and most patients that the drops leave possible; some drops and marks may be false."""
    shown = known.time.size + marks
    least = max(1, known.time.size, round(settings.real * shown), int(known.risk_count.max(initial=0)))
    if known.risk_count.size and known.risk_count[0] > 0:
        return _by_first_count(known, least, settings)
    first = -np.diff(np.concatenate([[1.0], known.level[:15]]))
    usual = float(np.median(first)) if first.size else 1.0
    return least, int(np.clip(settings.together / max(usual, 1e-3), least + 1, settings.most))


def _by_first_count(known: Prepared, least: int, settings: UnknownSettings) -> tuple[int, int]:
    """Bounds from the first printed number: what the curve makes of it, and up to several times the censoring seen."""
    when, count = float(known.risk_time[0]), float(known.risk_count[0])
    level = np.append(1.0, np.maximum(known.level, 1e-3))
    at = level[np.searchsorted(known.time, known.risk_time, side="left")]
    uncensored, lost = count / at[0], 0.5
    if known.risk_count.size > 1 and known.risk_count[1] > 0:
        span = float(known.risk_time[1] - known.risk_time[0])
        lost = 2.5 * max(0.0, float(np.log(count / at[0] / (known.risk_count[1] / at[1])))) * when / span
    most = uncensored * np.exp(min(lost, 1.5)) + 3.0 * np.sqrt(uncensored * min(lost, 1.0)) + 2.0
    low = max(min(least, int(uncensored)), int(count), int(0.95 * uncensored - 1.0))
    return low, int(np.clip(most, low + 1, max(settings.most, low + 1)))


def by_scatter(known: Prepared) -> float:
    """Patients from the scatter of the drops in the first 60% of the curve; nan if there are too few drops.

    Falls have the variance of a Poisson process; noise of the levels adds its own, but turns up in neighbouring falls
    with opposite signs, so their covariance removes it. The larger of the estimates with and without it is taken:
    drops too low to be seen join others, which scatters falls as fewer patients would.
    """
    early = (known.time <= 0.6 * known.end) | (np.arange(known.time.size) < 25)
    time, level = np.append(0.0, known.time[early]), np.append(1.0, known.level[early])
    falls, number = -np.diff(level), int(early.sum())
    if number < LEAST_DROPS:
        return np.nan
    reach = int(np.clip(number // 6, 4, 12))
    low, high = np.maximum(np.arange(number) - reach, 0), np.minimum(np.arange(number) + reach + 1, number)
    mean = (level[low] - level[high]) / np.maximum(time[high] - time[low], 1e-12) * np.diff(time)
    off = falls - mean
    fall = float(np.sum(mean * (1.0 - 1.0 / (high - low))))
    variance = float(np.sum(off**2))
    without_noise = max(variance + 2.0 * float(np.sum(off[1:] * off[:-1])), variance / 4.0, 1e-12)
    return fall / min(variance, without_noise)


LEAST_DROPS = 30
"""Drops from which their scatter means something."""


def below_the_noise(known: Prepared, timeline: Timeline) -> float:
    """Patients where single events cannot be told apart; nan if neither drops nor marks tell.

    It is the larger of what the scatter of the drops says and what the marks ask for, seen and hidden ones: steps and
    marks merge where they are dense, so both rather miss patients than make them up.
    """
    after = levels_after(timeline, known.level[None, :])
    if timeline.slots[0].marks < 0 or not known.time.size:
        return by_scatter(known)
    shown, hidden = marked_patients(timeline, np.maximum(after, LOW))
    by_marks = float(shown.sum() + hidden.sum() + 1.0 / max(float(after[0, -1]), LOW))
    return float(np.fmax(by_scatter(known), by_marks))


LOW = 0.1
"""Survival below which a level says too little about how many patients at the start a mark stands for."""


def race(
    known: Prepared, inputs: ReconstructionInputs, smallest_sd: float, lattice: LatticeSettings, s: UnknownSettings
) -> tuple[IntArray, float]:
    """Candidates for the number of patients worth a full search, and the factor on the noise that fits best."""
    marks = inputs.curve.censor_times
    least, most = bounds(known, 0 if marks is None else int(marks.size), s)
    number = int(min(s.coarse, np.log(most / least) / s.spacing + 2.0))
    coarse = np.unique(np.rint(np.geomspace(least, most, number)).astype(np.int64))
    quick = replace(lattice, keep=s.coarse_keep)
    best: tuple[float, float, list[Layer]] = (-np.inf, 1.0, [])
    for factor in s.noise_factors:
        timeline = replace(build_timeline(known, inputs, factor, smallest_sd), n=coarse)
        timeline = replace(timeline, slots=timeline.slots[: s.coarse_slots])
        layers = search(timeline, quick, STRICT)
        evidence = log_evidence(layers, timeline)
        if evidence < best[0]:
            break
        best = evidence, factor, layers
    if not best[2]:
        return coarse, 1.0
    return _around(coarse, by_origin(best[2][-1], coarse.size), s), best[1]


def _around(coarse: IntArray, chance: FloatArray, s: UnknownSettings) -> IntArray:
    """Whole numbers around every coarse candidate close to the best, and around half of them: twice the patients
    draw the same comb and more."""
    wanted: set[int] = set()
    for i in map(int, np.flatnonzero(chance >= chance.max() - s.near)):
        low, high = int(coarse[max(i - 1, 0)]), int(coarse[min(i + 1, coarse.size - 1)])
        wanted |= set(_thinned(low, high, s.each))
        if low // 2 >= coarse[0]:
            wanted |= set(_thinned(low // 2, -(-high // 2), s.each))
    numbers = sorted(wanted)
    step = math.ceil(len(numbers) / s.fine)
    return np.array(numbers, np.int64)[::step]


def _thinned(low: int, high: int, number: int) -> range:
    """At most ``number`` whole numbers from ``low`` to ``high``."""
    return range(low, high + 1, math.ceil((high + 1 - low) / number))
