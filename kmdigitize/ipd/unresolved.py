"""Arms whose first events are lower than the noise of a level: flows up to the printed number from which they are not.

One event lowers the curve by survival over those at risk, the more the more are censored. Up to the last printed
number before events stand out, survival is read column by column (``columns.py``) and patients follow as flows
(``fluid.py``); from there the lattice starts with the printed number at risk and the survival that the flow reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.ipd.columns import Fine, fine_drops
from kmdigitize.ipd.fluid import expected_flow, flows
from kmdigitize.ipd.layout import Layout
from kmdigitize.ipd.prepare import Prepared
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.ipd.slots import RISK, STRADDLE, Timeline
from kmdigitize.ipd.states import Layer, Path
from kmdigitize.ipd.timeline import build_timeline, cells_in_reach, cut_off, row_quantum
from kmdigitize.ipd.unknown import below_the_noise


@dataclass(frozen=True, slots=True)
class Resolved:
    """Least height of one event, in standard deviations of a level, at which the lattice tells more than the flow
    (benchmarks/reconstruction.py, n = 500 and 1000 at 200 to 400 rows, and digitized arms with a table)."""

    rows: float = 2.0
    """Levels in whole rows: a drop shows when survival has crossed from row to row, not where it was before."""
    levels: float = 1.3
    """Sub-pixel levels."""
    unknown: float = 1.7
    """No printed number at all: below that, whole rows and noise look like the comb of fewer patients (n = 1000 at 400
    rows: 406 found, by scatter 1140)."""


def resolved_from(known: Prepared, inputs: ReconstructionInputs, limits: Resolved, smallest_sd: float) -> float:
    """Printed time (0: the start) from which on events are resolved; infinite if they never are."""
    n: float | None = known.n
    if n is None and not known.risk_count.size:
        n = below_the_noise(known, build_timeline(known, inputs, 1.0, smallest_sd))
    if n is None or not np.isfinite(n) or not known.time.size:
        return 0.0
    sd = _usual_sd(known, inputs, smallest_sd)
    in_rows = row_quantum(known.level, inputs.curve.survival_resolution, MOSTLY) > 0
    least = limits.unknown if known.n is None else limits.rows if in_rows else limits.levels
    if 1.0 / n >= least * sd:
        return 0.0
    used = cells_in_reach(known)
    level = np.append(1.0, known.level)[np.searchsorted(known.time, used.time, side="left")]
    high = np.flatnonzero(level / used.count >= least * sd)
    return float(used.time[high[0]]) if high.size else math.inf


def _usual_sd(known: Prepared, inputs: ReconstructionInputs, smallest_sd: float) -> float:
    """Standard deviation of a usual level, whole rows included."""
    quantum = row_quantum(known.level, inputs.curve.survival_resolution)
    return max(math.hypot(max(float(np.median(known.sd)), smallest_sd), quantum / math.sqrt(3.0)), 2e-5)


def at_visits(known: Prepared, inputs: ReconstructionInputs, smallest_sd: float) -> bool:
    """Whether most drops stand far above the noise of a level: events that are seen at visits come together, and the
    flats between them hold none."""
    falls = -np.diff(np.append(1.0, known.level))
    return bool(falls.size and np.median(falls) >= VISIT * _usual_sd(known, inputs, smallest_sd))


VISIT = 8.0
"""Height of the usual drop in standard deviations of a level from which it is one moment, not a stretch of many; drops
of single rows are under 4."""


def doubt_of_number(
    known: Prepared, inputs: ReconstructionInputs, n: int, noise: float, smallest_sd: float
) -> tuple[float, float]:
    """Mean and standard deviation of the log ratio of the true number of patients to ``n``, which nothing prints.

    ``noise`` is the factor on the stated standard deviations that the levels asked for.
    """
    if known.n is not None or known.risk_count.size or not known.time.size:
        return 0.0, 0.0
    height = 1.0 / (n * noise * _usual_sd(known, inputs, smallest_sd))
    return next((mean, sd) for least, mean, sd in NUMBER if height >= least)


NUMBER = ((4.0, 0.0, 0.0), (1.7, 0.2, 0.35), (0.0, 0.1, 0.45))
"""Heights of one event in standard deviations of a level from which on, and mean and standard deviation of the log
ratio of the true number of patients to the estimate there (85 digitized arms without a table; the lattice rather
misses patients, for drops in one column merge and leave the comb of fewer). Beyond 4 the draws say it themselves."""


MOSTLY = 0.8
"""Coherence of the phases of levels of which nearly all are whole rows."""


@dataclass(frozen=True, slots=True)
class Early:
    """The part of an arm before its events are resolved (``ends``), or all of it.

    ``fine`` are its columns, ``rate`` the share of the expected censoring of the open stretch that leaves enough to
    follow the curve, ``flow`` the expected path of the whole arm at it.
    """

    fine: Fine
    timeline: Timeline
    layout: Layout
    rate: float
    flow: Path
    slots: int
    ends: bool

    @classmethod
    def of(cls, known: Prepared, inputs: ReconstructionInputs, end: float, smallest_sd: float) -> Early:
        """The part up to the printed time ``end``; its number of patients from the scatter of drops if unknown."""
        plain = build_timeline(known, inputs, 1.0, smallest_sd)
        n = int(plain.n[0])
        if known.n is None:
            estimate = below_the_noise(known, plain)
            n = max(round(estimate), n) if np.isfinite(estimate) else n
        ends = replace(known, end=plain.end, sd=np.maximum(known.sd, smallest_sd))
        fine = fine_drops(ends, cells_in_reach(known), n, inputs.curve, plain.quantum, cut_off(inputs))
        exactly = replace(inputs, curve=replace(inputs.curve, time_resolution=0.0))
        timeline = replace(build_timeline(fine.known, exactly, 1.0, smallest_sd), n=np.array([n]))
        last = [i for i, slot in enumerate(timeline.slots) if slot.kind == RISK and slot.end == end]
        slots = last[0] + 1 if last else len(timeline.slots)
        shown = replace(timeline, slots=timeline.slots[:slots])
        layout = Layout.of(shown, fine.known, _marks_between(inputs, 0.0, shown.slots[-1].end))
        return cls(fine, timeline, layout, *expected_flow(timeline, fine.known.level), slots, bool(last))

    def mean(self) -> Path:
        """The expected path."""
        return self._cut(self.flow)

    def drawn(self, rng: np.random.Generator, count: int) -> list[Path]:
        """Paths drawn from all that the levels allow."""
        return [self._cut(path) for path in flows(self.timeline, self.fine.drawn(rng, count), self.rate, rng)]

    def states(self, paths: list[Path]) -> Layer:
        """The states that ``paths`` reach, all equally probable."""
        n = np.array([path.left[-1] for path in paths])
        events = np.array([path.events.sum() for path in paths])
        survival = np.array([path.survival[-1] for path in paths])
        zeros = np.zeros(n.size, np.int64)
        return Layer(n, events, survival, zeros, zeros, np.zeros(n.size), np.zeros(n.size), zeros)

    def _cut(self, path: Path) -> Path:
        k = self.slots
        return Path(path.n, path.censored[:k], path.events[:k], path.left[:k], path.survival[:k])


@dataclass(frozen=True, slots=True)
class Late:
    """Where the lattice takes over: the printed time and the states that the flow reached there."""

    begin: float
    states: Layer

    def part_of(self, timeline: Timeline) -> Timeline:
        """The slots after the printed number; a drop in its column belongs to what is before."""
        closing = [i for i, slot in enumerate(timeline.slots) if slot.kind in (RISK, STRADDLE)]
        last = next(i for i in closing if timeline.cell_time[timeline.slots[i].cell] == self.begin)
        slots = timeline.slots[last + 1 :]
        return replace(timeline, slots=(replace(slots[0], start=self.begin), *slots[1:]))


def after(inputs: ReconstructionInputs, begin: float) -> ReconstructionInputs:
    """The inputs with the censor marks from ``begin`` on."""
    return _marks_between(inputs, begin, math.inf)


def _marks_between(inputs: ReconstructionInputs, begin: float, end: float) -> ReconstructionInputs:
    marks = inputs.curve.censor_times
    if marks is None:
        return inputs
    return replace(inputs, curve=replace(inputs.curve, censor_times=marks[(marks >= begin) & (marks < end)]))
