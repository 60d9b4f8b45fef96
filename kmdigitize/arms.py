"""Traces, names, numbers at risk and facts come together: the digitized arms of a panel.

Arms are listed in the order of the legend; without one, of the risk table; without either, from the highest curve
down. A fact about an arm replaces what was found for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.detect.convert import conversion_flags, to_step_curve
from kmdigitize.errors import FactsError
from kmdigitize.facts import ArmFacts, AtRiskFacts, PanelFacts
from kmdigitize.flags import Flag
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import CensorMark, Trace
from kmdigitize.records.digitized import DigitizedArm
from kmdigitize.records.printed import AtRisk, LegendEntry, RiskRow, RiskTable
from kmdigitize.stepcurve import StepCurve
from kmdigitize.text.naming import name_arms


def digitized_arms(
    traces: Sequence[Trace],
    legend: Sequence[LegendEntry],
    table: RiskTable | None,
    scales: Scales,
    facts: PanelFacts,
) -> tuple[tuple[DigitizedArm, ...], tuple[Flag, ...]]:
    """The arms of a panel with their names, curves, numbers at risk and counts, and the flags of the panel.

    Raises FactsError when stated names, counts or tables do not fit the number of curves.
    """
    found = _found_arms(traces, legend, table, scales)
    arms = _renamed_and_corrected(found, facts, scales)
    if facts.at_risk is not None:
        arms = _with_at_risk(arms, facts.at_risk)
    arms = _with_counts(arms, facts)
    flags = [] if facts.arms else _count_flags(len(found), legend, table)
    return arms, tuple(flags)


def _found_arms(
    traces: Sequence[Trace], legend: Sequence[LegendEntry], table: RiskTable | None, scales: Scales
) -> tuple[DigitizedArm, ...]:
    rows = table.rows if table else ()
    ordered = []
    marks_drawn = any(trace.marks for trace in traces)
    for trace, name in zip(traces, name_arms(traces, legend, table, scales), strict=True):
        entry = legend[name.entry] if name.entry is not None else None
        row = rows[name.row] if name.row is not None else None
        curve, at_risk = to_step_curve(trace, scales, marks_drawn), _at_risk(row)
        flags = trace.flags + conversion_flags(trace, scales) + name.flags + _end_flags(curve, at_risk)
        arm = DigitizedArm(
            name=name.name,
            curve=curve,
            trace=trace,
            at_risk=at_risk,
            n=entry.n if entry else None,
            events=entry.events if entry else None,
            flags=tuple(dict.fromkeys(flags)),
            row=name.row,
        )
        place = name.entry if name.entry is not None else name.row
        ordered.append(((len(traces) if place is None else place, -_mean_survival(arm.curve)), arm))
    return _distinctly_named(tuple(arm for _, arm in sorted(ordered, key=lambda pair: pair[0])))


def _mean_survival(curve: StepCurve) -> float:
    grid = np.linspace(0.0, max(curve.last_time, 1e-9), 50)
    return float(np.mean(curve.at(grid)))


def _distinctly_named(arms: tuple[DigitizedArm, ...]) -> tuple[DigitizedArm, ...]:
    """Unnamed arms become ``arm 1``, …; a name used twice gets its number behind it."""
    names: list[str] = []
    for number, arm in enumerate(arms, 1):
        name = arm.name or f"arm {number}"
        while name in names:
            name = f"{name} ({number})"
        names.append(name)
    return tuple(replace(arm, name=name) for arm, name in zip(arms, names, strict=True))


def _at_risk(row: RiskRow | None) -> AtRisk | None:
    if row is None or not row.times.size:
        return None
    order = np.argsort(row.times, kind="stable")
    times, counts = row.times[order], row.counts[order]
    kept = np.concatenate([[True], np.diff(times) > 0]) & (counts >= 0)
    return AtRisk(times[kept], counts[kept]) if kept.any() else None


LOST_END = 0.02
"""Share of the follow-up by which a curve may end before a printed time: last flats hide under axes and marks."""


def _end_flags(curve: StepCurve, at_risk: AtRisk | None) -> tuple[Flag, ...]:
    """Whether patients are printed as at risk when the curve has ended: its end was lost, or the row is another's."""
    present = at_risk.time[at_risk.count > 0] if at_risk is not None else np.zeros(0)
    if not present.size or present[-1] - curve.last_time <= max(LOST_END * present[-1], 2 * curve.time_resolution):
        return ()
    detail = f"the curve ends at {curve.last_time:.4g}, patients are at risk at {present[-1]:g}"
    return (Flag("risk_table_conflicts_with_curve", detail),)


def _count_flags(found: int, legend: Sequence[LegendEntry], table: RiskTable | None) -> list[Flag]:
    named = {"legend": len(legend), "risk table": len(table.rows) if table else 0}
    return [
        Flag("curve_count_doubtful", f"{found} curves found, the {place} names {count}")
        for place, count in named.items()
        if count and count != found
    ]


def _renamed_and_corrected(
    found: tuple[DigitizedArm, ...], facts: PanelFacts, scales: Scales
) -> tuple[DigitizedArm, ...]:
    """A list of names that fits the found curves names those, so that an arm's own fact wins; else the corrected."""
    if facts.arm_names is not None and len(facts.arm_names) == len(found):
        return _corrected(_renamed(found, facts.arm_names), facts.arms, scales)
    return _renamed(_corrected(found, facts.arms, scales), facts.arm_names)


def _corrected(arms: tuple[DigitizedArm, ...], facts: Sequence[ArmFacts], scales: Scales) -> tuple[DigitizedArm, ...]:
    corrected: dict[int, DigitizedArm | None] = dict(enumerate(arms, 1))
    added = []
    for fact in facts:
        if fact.curve is None:
            added.append(_with_fact(DigitizedArm(fact.name or "", _no_curve(scales)), fact, scales))
            continue
        arm = corrected.get(fact.curve)
        if arm is None:
            raise FactsError(f"A fact speaks of curve {fact.curve}, but {len(arms)} were found.", "Mend its number.")
        corrected[fact.curve] = None if fact.remove else _with_fact(arm, fact, scales)
    return _distinctly_named(tuple(arm for arm in [*corrected.values(), *added] if arm is not None))


def _no_curve(scales: Scales) -> StepCurve:
    empty, (x, y) = np.empty(0), (scales.x.pixel_size, scales.y.pixel_size)
    return StepCurve(empty, empty, 0.0, time_resolution=x, survival_resolution=y)


def _with_fact(arm: DigitizedArm, fact: ArmFacts, scales: Scales) -> DigitizedArm:
    curve = arm.curve
    if fact.points is not None:
        points = np.asarray([p for p in fact.points if p != (0.0, 1.0)], dtype=np.float64).reshape(-1, 2)
        last = fact.last_time if fact.last_time is not None else max(arm.curve.last_time, points[-1:, 0].max(initial=0))
        survival = np.clip(np.minimum.accumulate(points[:, 1]), 0.0, 1.0)
        curve = replace(curve, time=points[:, 0], survival=survival, last_time=last, time_sd=None, survival_sd=None)
    elif fact.last_time is not None:
        kept = curve.time <= fact.last_time
        time_sd = None if curve.time_sd is None else curve.time_sd[kept]
        survival_sd = None if curve.survival_sd is None else curve.survival_sd[kept]
        curve = replace(
            curve,
            time=curve.time[kept],
            survival=curve.survival[kept],
            last_time=fact.last_time,
            time_sd=time_sd,
            survival_sd=survival_sd,
        )
    if fact.censor_times is not None:
        curve = replace(curve, censor_times=np.sort(np.asarray(fact.censor_times, dtype=np.float64)), censor_bands=())
    return replace(
        arm,
        name=fact.name or arm.name,
        curve=curve,
        trace=arm.trace if curve is arm.curve and fact.color is None else _retraced(arm, curve, scales, fact.color),
        n=fact.n if fact.n is not None else arm.n,
        events=fact.events if fact.events is not None else arm.events,
    )


def _retraced(arm: DigitizedArm, curve: StepCurve, scales: Scales, color: str | None) -> Trace:
    """The trace that a corrected curve has on the figure, in the stated colour or the one that was found."""
    levels = scales.row(np.concatenate([[1.0], curve.survival]))
    risers, ends = scales.x.to_px(curve.time), scales.x.to_px([0.0, curve.last_time])
    exact = np.zeros(levels.size)
    found = arm.trace
    trace = Trace(float(ends[0]), float(ends[1]), levels, risers, exact, exact[1:], exact + 1.0)
    if found is not None:
        trace = replace(trace, color=found.color, dash=found.dash, stroke_px=found.stroke_px, flags=found.flags)
    if color is not None:
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        trace = replace(trace, color=(red, green, blue))
    if curve.censor_times is None:
        return trace
    x = scales.x.to_px(curve.censor_times)
    marks = tuple(CensorMark(float(a), float(b)) for a, b in zip(x, trace.row_at(x), strict=True))
    return replace(trace, marks=marks)


def _renamed(arms: tuple[DigitizedArm, ...], names: tuple[str, ...] | None) -> tuple[DigitizedArm, ...]:
    if names is None:
        return arms
    if len(names) != len(arms):
        found = ", ".join(arm.name for arm in arms)
        raise FactsError(
            f"{len(names)} arm names were stated, but {len(arms)} curves found ({found}).", "Name each once."
        )
    return tuple(replace(arm, name=name) for arm, name in zip(arms, names, strict=True))


def _with_at_risk(arms: tuple[DigitizedArm, ...], stated: AtRiskFacts) -> tuple[DigitizedArm, ...]:
    by_name = {_plain(name): counts for name, counts in stated.rows.items()}
    if len(by_name) == len(arms) == 1:
        by_name = {_plain(arms[0].name): next(iter(by_name.values()))}
    stray = set(by_name) - {_plain(arm.name) for arm in arms}
    if stray:
        found = ", ".join(arm.name for arm in arms)
        raise FactsError(
            f"Numbers at risk are stated for {sorted(stray)}, but the arms are {found}.", "Use those names."
        )
    return tuple(_with_row(arm, stated.times, by_name.get(_plain(arm.name))) for arm in arms)


def _with_row(arm: DigitizedArm, times: Sequence[float], counts: Sequence[int | None] | None) -> DigitizedArm:
    if counts is None:
        return arm
    known = [(t, c) for t, c in zip(times, counts, strict=True) if c is not None]
    return replace(
        arm, at_risk=AtRisk(np.array([t for t, _ in known]), np.array([c for _, c in known], dtype=np.int64))
    )


def _with_counts(arms: tuple[DigitizedArm, ...], facts: PanelFacts) -> tuple[DigitizedArm, ...]:
    counted = []
    for index, arm in enumerate(arms):
        n = _count_of(facts.n, index, arm.name, len(arms), "n")
        events = _count_of(facts.events, index, arm.name, len(arms), "events")
        n = arm.n if n is None else n
        events = arm.events if events is None else events
        if n is not None and events is not None and events > n:
            raise FactsError(f"Arm {arm.name!r} cannot have {events} events among {n} patients.", "Mend either number.")
        counted.append(replace(arm, n=n, events=events))
    return tuple(counted)


def _count_of(
    stated: dict[str, int] | tuple[int, ...] | None, index: int, name: str, n_arms: int, what: str
) -> int | None:
    if stated is None:
        return None
    if isinstance(stated, dict):
        return {_plain(key): value for key, value in stated.items()}.get(_plain(name))
    if len(stated) != n_arms:
        raise FactsError(f"{len(stated)} values of {what} were stated for {n_arms} arms.", "Give one for each arm.")
    return stated[index]


def _plain(name: str) -> str:
    return "".join(ch for ch in name.lower() if ch.isalnum()) or name
