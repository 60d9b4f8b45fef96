"""The most probable whole patient table of an arm, and tables drawn from all probable ones.

A lattice search over integer tables (``lattice.py``) weighs every table by how well its absolute survival explains
the digitized levels, given their noise, and how plausible its censorings and ties are; printed numbers at risk are
met exactly. Where that is impossible a ladder of relaxations is climbed, and the rung is reported. It assumes that
censoring does not depend on the event and that drops of the curve are events.

Below the resolution of the figure (many events per pixel) it falls back on what is most plausible: then counts are
estimates, and the digitization intervals say how good they are.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field, replace

import numpy as np

from kmdigitize.geometry import IntArray
from kmdigitize.ipd.lattice import search
from kmdigitize.ipd.layout import Layout, place
from kmdigitize.ipd.paths import best_path, central_path, draw_paths, log_evidence
from kmdigitize.ipd.placed import Placed
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.records import IPD, Draw, ReconstructionInputs
from kmdigitize.ipd.rows import scaled
from kmdigitize.ipd.slots import DROP, STRADDLE, Timeline
from kmdigitize.ipd.states import EMPTY, SOFT, STRICT, LatticeSettings, Layer
from kmdigitize.ipd.timeline import build_timeline
from kmdigitize.ipd.unknown import UnknownSettings, race
from kmdigitize.ipd.unresolved import Early, Late, Resolved, after, at_visits, doubt_of_number, resolved_from

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExactSettings:
    """Settings of the exact method."""

    lattice: LatticeSettings = field(default_factory=LatticeSettings)
    smallest_sd_px: float = 0.05
    """No level is believed to be better than this many pixels, whatever its stated standard deviation."""
    unknown: UnknownSettings = field(default_factory=UnknownSettings)
    resolved: Resolved = field(default_factory=Resolved)
    pull: float = 0.3
    """Pull of the reported table towards the posterior means: 0 is the single most probable path."""
    noise_factors: tuple[float, ...] = (1.0, 1.6, 2.5, 4.0)
    """Factors on the stated noise of the levels among which the evidence chooses."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The best table as rows, draws, the noise factor that was needed, and what had to be relaxed."""

    ipd: IPD
    draws: tuple[Draw, ...]
    noise: float
    relaxed: tuple[str, ...]


def exact(
    known: Prepared, inputs: ReconstructionInputs, draws: int = 0, seed: int = 0, settings: ExactSettings | None = None
) -> Exact:
    """Patients of one arm with ``draws`` further tables, reproducibly from ``seed``."""
    settings = settings or ExactSettings()
    rng = np.random.default_rng(seed)
    smallest = _smallest_sd(inputs, settings)
    begin = resolved_from(known, inputs, settings.resolved, smallest)
    reached = _climb(known, inputs, settings) if begin == 0.0 or at_visits(known, inputs, smallest) else None
    if begin > 0.0 and reached is not None and reached[2] > VISITS_MISSED:
        reached = None  # where visits and printed numbers contradict each other, flows stay closer to the curve
    if reached is not None:
        timeline, layers, noise, relaxed = reached
        path, drawn = central_path(layers, settings.pull), draw_paths(layers, draws, rng) if draws else []
        layout = Layout.of(timeline, known, inputs)
        best, tables = place([path], layout), place(drawn, layout, rng)
    else:
        relaxed, noise = (RUNGS if begin == 0.0 else ()), 1.0
        best, tables = _below_the_noise(known, inputs, settings, begin, draws, rng)
    ipd, drawn_tables = best.ipd(inputs.panel, inputs.arm), tables.draws()
    mean, sd = doubt_of_number(known, inputs, ipd.n, noise, smallest)
    if sd > 0:
        ratios = np.exp(mean + sd * rng.standard_normal(draws))
        drawn_tables = tuple(scaled(draw, ratio, rng) for draw, ratio in zip(drawn_tables, ratios, strict=True))
    log.debug("%s: %d patients, %d events, resolved from %g", inputs.arm, ipd.n, ipd.events, begin)
    return Exact(ipd, drawn_tables, noise, relaxed)


VISITS_MISSED = 2.0
"""Factor on the noise beyond which the lattice misses levels that stand apart as visits do."""


def _below_the_noise(
    known: Prepared,
    inputs: ReconstructionInputs,
    settings: ExactSettings,
    begin: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Placed, Placed]:
    """Flows up to the printed number from which on events are resolved, if there is one, and the lattice from there."""
    early = Early.of(known, inputs, begin, _smallest_sd(inputs, settings))
    path = early.mean()
    found = _climb(known, inputs, settings, Late(begin, early.states([path]))) if early.ends else None
    if found is None:
        whole = early if not early.ends else Early.of(known, inputs, math.inf, _smallest_sd(inputs, settings))
        return place([whole.mean()], whole.layout), place(whole.drawn(rng, draws), whole.layout, rng)
    late = Layout.of(found[0], known, after(inputs, begin))
    best = place([path], early.layout) + place([central_path(found[1], settings.pull)], late)
    few = early.drawn(rng, min(draws, PREFIXES))
    if draws:
        found = _climb(known, inputs, settings, Late(begin, early.states(few))) or found
    drawn = draw_paths(found[1], draws, rng) if draws else []
    begun = place(few, early.layout, rng).chosen(np.array([each.first for each in drawn], np.int64))
    return best, begun + place(drawn, late, rng)


PREFIXES = 40
"""Drawn flows among which the lattice chooses where events become resolved."""


def _smallest_sd(inputs: ReconstructionInputs, settings: ExactSettings) -> float:
    return settings.smallest_sd_px * inputs.curve.survival_resolution


def _climb(
    known: Prepared, inputs: ReconstructionInputs, settings: ExactSettings, late: Late | None = None
) -> tuple[Timeline, list[Layer], float, tuple[str, ...]] | None:
    """The first rung on which a path exists, at the noise that explains the levels best; None if none has one.

    On every rung the censor marks are counted first: being seen is evidence, but a mark may be false, so printed
    numbers or levels never have to give for marks alone.
    """
    smallest = _smallest_sd(inputs, settings)
    lattice, closed = settings.lattice, known.risk_count.size > 2
    clear = closed and 1.0 / (known.n or 1) >= inputs.curve.survival_resolution
    numbers, evident = None, 1.0
    if known.n is None:
        lattice = replace(lattice, keep=settings.unknown.keep)
        numbers, evident = race(known, inputs, smallest, lattice, settings.unknown)
    for rung, (strictness, least) in enumerate(LADDER):
        if numbers is None:
            evident = 1.0 if closed else _most_evident_noise(known, inputs, settings, strictness, late)
        arm = _Search(known, inputs, smallest, lattice, strictness, numbers, clear, late)
        found, marks_count = _with_or_without_marks(arm, least * evident, closed)
        if found is not None:
            gave = RUNGS[: min(rung, len(RUNGS))]
            return (*found, gave if marks_count else (NO_MARKS, *gave))
    return None


def _with_or_without_marks(arm: _Search, noise: float, closed: bool) -> tuple[_Found | None, bool]:
    """Layers with the censor marks counted, or without where only that gives a path or saves well seen levels.

    Whichever it is, more noise follows where the residuals of the best path ask for it.
    """
    found, bare = arm.at(noise), _without_marks(arm.inputs)
    if bare is not None and (found is None or (arm.clear and _outliers(found))):
        other = replace(arm, inputs=bare)
        quick = replace(other, lattice=replace(arm.lattice, keep=QUICK_KEEP)).at(noise)
        if quick is not None and (found is None or _outliers(quick) < _outliers(found)):
            without = other.at(noise * (_misfit(quick) if closed else 1.0))
            if without is not None:
                return without, False
    factor = _misfit(found) if found is not None and closed else 1.0
    return (arm.at(noise * factor) or found) if factor > 1.0 else found, True


QUICK_KEEP = 200
"""States kept where a search only chooses between two ways to search."""


_Found = tuple[Timeline, list[Layer], float]


@dataclass(frozen=True, slots=True)
class _Search:
    """One way to search an arm: what is given, how certain a level can be, and how strict the printed numbers are.

    ``clear`` where an event is a pixel or higher, so that a missed level says something about the marks.
    """

    known: Prepared
    inputs: ReconstructionInputs
    smallest: float
    lattice: LatticeSettings
    strictness: int
    numbers: IntArray | None
    clear: bool
    late: Late | None = None

    def at(self, noise: float) -> _Found | None:
        """Time line and layers at one factor on the noise; None if no path exists."""
        timeline = _with_numbers(build_timeline(self.known, self.inputs, noise, self.smallest), self.numbers)
        begin = None
        if self.late is not None:
            timeline, begin = self.late.part_of(timeline), self.late.states
        layers = search(timeline, self.lattice, self.strictness, True, begin)
        return (timeline, layers, noise) if layers else None


def _without_marks(inputs: ReconstructionInputs) -> ReconstructionInputs | None:
    """The inputs without censor marks; None if there are none anyway."""
    curve = inputs.curve
    if curve.censor_times is None or not curve.censor_times.size:
        return None
    return replace(inputs, curve=replace(curve, censor_times=None, censor_bands=()))


def _outliers(found: _Found) -> int:
    """Levels that were seen well and that the best path misses by more than their noise can explain."""
    timeline, layers, _ = found
    path = best_path(layers)
    return sum(
        abs(path.survival[i] - slot.level) > OUTLYING * math.hypot(slot.sd, timeline.quantum)
        for i, slot in enumerate(timeline.slots)
        if slot.kind in (DROP, STRADDLE) and not slot.hazy
    )


OUTLYING = 6.0
"""Standard deviations beyond which a well seen level is missed, not noisy."""
LADDER = ((STRICT, 1.0), (EMPTY, 1.0), (SOFT, 1.0), (SOFT, 8.0))
"""Strictness and least noise factor of every rung."""
RUNGS = ("a drop of the curve holds no event", "a number at risk is missed", "the levels are less certain than stated")
"""What each rung after the first had to give up."""
NO_MARKS = "the censor marks are not counted"
"""What gives way first on every rung."""


def _with_numbers(timeline: Timeline, numbers: IntArray | None) -> Timeline:
    return timeline if numbers is None else replace(timeline, n=numbers)


def _most_evident_noise(
    known: Prepared, inputs: ReconstructionInputs, settings: ExactSettings, strictness: int, late: Late | None
) -> float:
    """Factor on the stated noise that makes the levels most probable; tried upwards until it no longer helps.

    Too small a noise is explained by many small events of a finer lattice, so without printed numbers the noise
    decides the event counts. It is the same all along the curve, so the first part of it tells.
    """
    quick = replace(settings.lattice, keep=NOISE_KEEP)
    best, evidence = 1.0, -np.inf
    for factor in settings.noise_factors:
        timeline = build_timeline(known, inputs, factor, _smallest_sd(inputs, settings))
        begin = None
        if late is not None:
            timeline, begin = late.part_of(timeline), late.states
        timeline = replace(timeline, slots=timeline.slots[: max(NOISE_SLOTS, len(timeline.slots) // 2)])
        found = log_evidence(search(timeline, quick, strictness, begin=begin), timeline)
        if found < evidence:
            break
        best, evidence = factor, found
    return best


NOISE_SLOTS = 30
"""Slots that tell the noise at least; beyond, half of them do (n = 200, no table: counts exact, a quarter faster)."""
NOISE_KEEP = 80
"""States kept where searches only choose a noise: 200 choose the same in 55 of 60 arms and take a quarter longer; all
event counts are exact with either (n = 200, no table)."""


def _misfit(found: _Found) -> float:
    """Median residual of the levels of the best path in standard deviations, about 1 if the noise is right; only
    excess counts."""
    timeline, path = found[0], best_path(found[1])
    rows = [i for i, slot in enumerate(timeline.slots) if slot.kind in (DROP, STRADDLE)]
    if len(rows) < 5:
        return 1.0
    level = np.array([timeline.slots[i].level for i in rows])
    sd = np.hypot([timeline.slots[i].sd for i in rows], timeline.quantum / np.sqrt(3.0))
    factor = float(np.median(np.abs(path.survival[rows] - level) / sd) / 0.6745)
    return min(factor, 10.0) if factor > 1.3 else 1.0
