"""The validation suite: what the tool can do, measured on the user's own machine, like a certificate.

Every row names a system, what was measured, the limit it must keep, and why that limit. Figures are drawn by the
package from stated data with known patients, so the truth is exact; nothing is read from the package's own results.
The quick suite takes about a minute, the full one draws more figures and trials.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kmdigitize import __version__
from kmdigitize.errors import KmdigitizeError
from kmdigitize.facts import facts_from
from kmdigitize.ipd.ensemble import interval
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import Reconstruction, ReconstructionInputs
from kmdigitize.options import Options
from kmdigitize.pipeline import run
from kmdigitize.records.printed import AtRisk
from kmdigitize.result import Result
from kmdigitize.sources.read import read_figure
from kmdigitize.stepcurve import StepCurve, area_between
from kmdigitize.survival import cox_log_ratio
from kmdigitize.synthetic.catalogue import SAMPLES, Sample
from kmdigitize.synthetic.mixed import mixed_case
from kmdigitize.synthetic.samples import draw_sample, sample_facts
from kmdigitize.synthetic.trials import TrialRecipe, TrueArm, life_table, simulate_trial


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the certificate. ``at_least`` tells on which side of ``limit`` the ``measured`` value must lie."""

    system: str
    quantity: str
    measured: float
    limit: float
    reason: str
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the measured value keeps the limit; a value that is missing does not."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class Suite:
    """How much is run: ``mixed`` figures and simulated ``trials``."""

    mixed: int
    trials: int


QUICK, FULL = Suite(mixed=8, trials=12), Suite(mixed=120, trials=100)
MISSING = 1.0
"""Error of a curve that was not found, and of a figure that was refused."""
PIXEL = "a pixel of the sample is 0.002 of its axis"
REPORTED = "every number the paper prints, to its last digit"


def validate(suite: Suite = QUICK, tell: Callable[[str], None] = lambda _: None) -> tuple[Row, ...]:
    """All rows of ``suite``; ``tell`` is called with the name of every part that begins."""
    rows: list[Row] = []
    for sample in SAMPLES:
        tell(sample.name)
        rows += _sample_rows(sample)
    tell("mixed figures")
    rows += _mixed_rows(suite.mixed)
    tell("simulated trials")
    rows += _trial_rows(suite.trials)
    return tuple(rows)


def certificate(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table with version, platform and verdict."""
    head = f"kmdigitize {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    lines = [head, "", "| system | measured | value | limit | reason | |", "|---|---|---:|---:|---|---|"]
    for row in rows:
        sign = "≥" if row.at_least else "≤"
        verdict = "passed" if row.passed else "**OUTSIDE**"
        cells = (row.system, row.quantity, f"{row.measured:.4g}", f"{sign} {row.limit:g}", row.reason, verdict)
        lines.append("| " + " | ".join(cells) + " |")
    outside = sum(not row.passed for row in rows)
    return "\n".join([*lines, "", f"{len(rows) - outside} of {len(rows)} rows passed, {outside} outside."])


def _sample_rows(sample: Sample) -> Iterator[Row]:
    figure = draw_sample(sample)
    arms = {arm["label"]: arm for arm in figure.truth["arms"]}
    facts = facts_from(sample_facts(sample), sample.name)
    try:
        result = run(read_figure(figure.file, sample.name), facts)
    except KmdigitizeError:
        yield Row(sample.name, "figures refused", 1.0, 0.0, "a sample must be read")
        return
    yield Row(sample.name, "error of the axes (px)", _axis_error(result, figure.truth), 0.5, PIXEL)
    yield Row(sample.name, "step curves, largest area to the truth", _worst_area(result, arms), 0.005, PIXEL)
    if figure.truth["style"]["risk"]:
        n_off, events_off = _count_errors(result, arms)
        yield Row(sample.name, "patients missing or too many", n_off, 0, "numbers at risk are printed")
        yield Row(sample.name, "events off, worst arm", events_off, 1, "steps are at least a pixel high, or few")
    yield from _verdict_rows(sample.name, result)
    if sample.simulated:
        walked = run(read_figure(figure.file, sample.name), facts, Options(method="guyot"))
        n_off, _ = _count_errors(walked, arms)
        yield Row(sample.name, "patients off, Guyot-style algorithm", n_off, 0, "numbers at risk are printed")


def _verdict_rows(name: str, result: Result) -> Iterator[Row]:
    for panel in result.panels:
        for check in panel.agreement.checks if panel.agreement else ():
            what = f"{check.quantity}, {check.subject}: reported {check.reported}, differs"
            yield Row(name, what, float(check.verdict == "differs"), 0, REPORTED)


def _axis_error(result: Result, truth: dict[str, Any]) -> float:
    """Largest distance (px) of the true ends of both axes from where the scales put them."""
    if not result.panels:
        return np.inf
    scales, axes = result.panels[0].digitized.scales, truth["axes"]
    factor = 100.0 if scales.percent else 1.0
    ends = [(scales.x, axes["x"], ("x0", "x1"), 1.0), (scales.y, axes["y"], ("y0", "y1"), factor)]
    errors = [
        abs(float(scale.to_px(value / divisor)) - (axes["pixel"][key] - 0.5))
        for scale, values, keys, divisor in ends
        for value, key in zip(values, keys, strict=True)
    ]
    return float(max(errors))


def _worst_area(result: Result, truth: dict[str, Any]) -> float:
    found = {arm.name: arm.curve for panel in result.panels for arm in panel.digitized.arms}
    return max(_area(found.get(name), arm) for name, arm in truth.items())


def _area(found: StepCurve | None, arm: dict[str, Any]) -> float:
    if found is None:
        return MISSING
    end = float(arm["t_end_plotted"])
    inside = np.array(arm["times"]) <= end
    time, survival = np.array(arm["times"])[inside], np.array(arm["surv"])[inside]
    true = StepCurve(time, np.minimum.accumulate(survival), end)
    return area_between(found, true, end)


def _count_errors(result: Result, truth: dict[str, Any]) -> tuple[float, float]:
    """Largest error of the patients and of the events over the arms."""
    found = {ipd.arm: ipd for ipd in result.ipds}
    pairs = [(found.get(name), arm) for name, arm in truth.items()]
    patients = max(abs(ipd.n - arm["n"]) if ipd else arm["n"] for ipd, arm in pairs)
    events = max(abs(ipd.events - arm["events"]) if ipd else arm["events"] for ipd, arm in pairs)
    return float(patients), float(events)


def _mixed_rows(number: int) -> Iterator[Row]:
    areas, right = [], []
    for index in range(number):
        figure = mixed_case(index, seed=9).draw()
        try:
            panels = run(read_figure(figure.file, figure.name), options=Options(method="guyot")).panels
        except KmdigitizeError:
            panels = ()
        truths = figure.truth.get("panels", [figure.truth])
        right.append(sum(len(p.digitized.arms) for p in panels) == sum(len(t["arms"]) for t in truths))
        curves = [arm.curve for panel in panels for arm in panel.digitized.arms]
        areas += [min((_area(curve, arm) for curve in curves), default=MISSING) for t in truths for arm in t["arms"]]
    good, bad = float(np.mean(np.array(areas) <= 0.005)), float(np.mean(np.array(areas) > 0.05))
    all_looks = "random trials in random looks, refusals counted"
    yield Row("mixed figures", "arms good (area ≤ .005)", good, 0.75, all_looks, at_least=True)
    yield Row("mixed figures", "arms bad (area > .05)", bad, 0.12, all_looks)
    yield Row("mixed figures", "number of curves right", float(np.mean(right)), 0.8, all_looks, at_least=True)


def _trial_rows(number: int) -> Iterator[Row]:
    """Two arms of 100 on 800 rows, level noise 0.1 px, seven numbers at risk, no marks and no totals."""
    exact, errors, covered = [], [], []
    for seed in range(number):
        arms = simulate_trial(TrialRecipe(n=100), seed)
        rebuilt = [_rebuilt(arm, seed) for arm in arms]
        exact += [int(r.ipd.events == arm.events) for r, arm in zip(rebuilt, arms, strict=True)]
        truth = _log_ratio(arms[1].time, arms[1].event, arms[0].time, arms[0].event)
        best = _log_ratio(rebuilt[1].ipd.time, rebuilt[1].ipd.event, rebuilt[0].ipd.time, rebuilt[0].ipd.event)
        pairs = zip(rebuilt[1].draws, rebuilt[0].draws, strict=True)
        span = interval([_log_ratio(a.time, a.event, b.time, b.event) for a, b in pairs])
        errors.append(best - truth)
        covered.append(span is not None and span[0] - 1e-9 <= truth <= span[1] + 1e-9)
    why = "steps of 8 px and noise of 0.1 px decide every count"
    yield Row("simulated trials", "arms with every event found", float(np.mean(exact)), 0.95, why, at_least=True)
    rms = float(np.sqrt(np.mean(np.square(errors))))
    yield Row("simulated trials", "error of the log hazard ratio (RMS)", rms, 0.01, "a twentieth of its sampling error")
    share = float(np.mean(covered))
    least = 0.95 - 3 * float(np.sqrt(0.05 * 0.95 / number))
    yield Row("simulated trials", "95% digitization intervals that cover", share, least, "three standard errors", True)


def _rebuilt(arm: TrueArm, seed: int) -> Reconstruction:
    table, rng, pixel = life_table(arm), np.random.default_rng(seed), 1 / 800
    drops = table.events > 0
    seen = table.survival[drops] + rng.normal(0, 0.1 * pixel, int(drops.sum()))
    seen = np.clip(np.minimum.accumulate(seen), 0, 1)
    sd = np.full(seen.size, 0.1 * pixel)
    curve = StepCurve(table.time[drops], seen, float(arm.time.max()), survival_sd=sd, survival_resolution=pixel)
    when = np.linspace(0, 24, 7)
    return reconstruct(ReconstructionInputs(curve, AtRisk(when, arm.at_risk(when)), arm=arm.name), draws=100, seed=seed)


def _log_ratio(time: Any, event: Any, time0: Any, event0: Any) -> float:
    return cox_log_ratio((time, event), (time0, event0))[0]
