"""Edits become facts: what a reviewer did to a panel, as the facts that make every later run do the same.

Each correction returns the facts of the panel that change (as JSON values, None takes a fact back) and a sentence for
the record. The found curve behind an arm is named by its number, so a correction stays valid as long as the same
curves are found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kmdigitize.errors import FactsError
from kmdigitize.facts import ArmFacts, PanelFacts
from kmdigitize.records.digitized import DigitizedArm, DigitizedPanel
from kmdigitize.records.figure import Figure
from kmdigitize.review import edits
from kmdigitize.review.curves import (
    Drawn,
    add_drop,
    add_mark,
    begin_at,
    delete_drop,
    delete_mark,
    drawn,
    end_at,
    merge,
    move_drop,
    replace_stretch,
    swap_from,
)
from kmdigitize.review.snap import plain_path, snap_path

Changes = dict[str, Any]
Correction = tuple[Changes, str]
SAME_PX = 0.5
"""A redrawn stretch that joins the curve within half a pixel joins it without a drop."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A panel as the reviewer sees it: ``panel`` is None where no axes could be read, ``n_found`` counts its curves."""

    figure: Figure
    facts: PanelFacts
    panel: DigitizedPanel | None
    n_found: int

    def arm(self, index: int) -> DigitizedArm:
        """Arm number ``index``. Raises FactsError when there is none."""
        if self.panel is None or index >= len(self.panel.arms):
            raise FactsError(f"There is no arm number {index + 1} here.", "Load the figure again.")
        return self.panel.arms[index]


def correct(bench: Bench, edit: Any) -> Correction:
    """The facts that ``edit`` (a record of edits.py) changes and what was done, in words.

    Raises FactsError when the edit speaks of something that is not there.
    """
    match edit:
        case edits.PinTicks():
            pinned = None if edit.ticks is None else {"ticks": sorted([px, value] for px, value in edit.ticks)}
            said = "took the axis as found" if pinned is None else f"pinned {len(pinned['ticks'])} ticks"
            return {f"{edit.axis}_axis": pinned}, f"{edit.axis} axis: {said}"
        case edits.SetFrame():
            frame = None if edit.frame is None else [round(edge, 2) for edge in edit.frame]
            return {"frame": frame}, "took the frame as found" if frame is None else "set the frame"
        case edits.StateText():
            return {edit.field: edit.value or None}, f"{edit.field.replace('_', ' ')}: {edit.value or 'as found'}"
        case edits.Report():
            reported = None if edit.reported is None else edit.reported.model_dump(mode="json", exclude_unset=True)
            return {"reported": reported}, "stated what the paper reports"
        case edits.SetRiskCell():
            return _risk_cell(bench, edit)
        case edits.DescribeArm():
            return _describe(bench, edit)
        case edits.RemoveArm():
            said = f"removed {bench.arm(edit.arm).name}"
            return _without(bench, edit.arm), said
        case _:
            return _redrawn(bench, edit)


def _redrawn(bench: Bench, edit: Any) -> Correction:
    """Corrections of the curves themselves."""
    if isinstance(edit, edits.Redraw):
        return _redraw(bench, edit)
    arm = bench.arm(edit.arm)
    curve = drawn(arm.curve)
    if isinstance(edit, edits.SwapFrom | edits.Merge):
        return _two_arms(bench, edit)
    if isinstance(edit, edits.SplitAt):
        time = _time(bench, edit.x)
        changes = _with_curves(bench, {edit.arm: end_at(curve, time)})
        added = {"name": f"{arm.name} (2)", **_color_of(arm), **_curve_facts(begin_at(curve, time), curve)}
        return {**changes, "arms": [*changes["arms"], added]}, f"split {arm.name} at {time:g}"
    if isinstance(edit, edits.MoveDrop | edits.AddDrop):
        to = _time(bench, edit.x), _survival(bench, edit.y)
        where = f"{arm.name} at {to[0]:g}, {to[1]:g}"
        if isinstance(edit, edits.AddDrop):
            return _with_curves(bench, {edit.arm: add_drop(curve, to)}), f"added a drop to {where}"
        _check(edit.drop, curve.drops, "drop")
        return _with_curves(bench, {edit.arm: move_drop(curve, edit.drop, to)}), f"moved a drop of {where}"
    if isinstance(edit, edits.DeleteDrop):
        _check(edit.drop, curve.drops, "drop")
        said = f"deleted the drop of {arm.name} at {curve.drops[edit.drop][0]:g}"
        return _with_curves(bench, {edit.arm: delete_drop(curve, edit.drop)}), said
    if isinstance(edit, edits.DeleteMark):
        _check(edit.mark, curve.marks or (), "mark")
        return _with_curves(bench, {edit.arm: delete_mark(curve, edit.mark)}), f"deleted a mark of {arm.name}"
    time = _time(bench, edit.x)
    if isinstance(edit, edits.AddMark):
        return _with_curves(bench, {edit.arm: add_mark(curve, time)}), f"added a mark to {arm.name} at {time:g}"
    return _with_curves(bench, {edit.arm: end_at(curve, time)}), f"ended {arm.name} at {time:g}"


def _two_arms(bench: Bench, edit: Any) -> Correction:
    one, two = bench.arm(edit.arm), bench.arm(edit.other)
    if edit.arm == edit.other:
        raise FactsError("This needs two different arms.", "Choose the other arm.")
    if isinstance(edit, edits.Merge):
        merged = merge(drawn(one.curve), drawn(two.curve))
        changes = _without(bench, edit.other, _with_curves(bench, {edit.arm: merged})["arms"])
        return changes, f"merged {two.name} into {one.name}"
    time = _time(bench, edit.x)
    swapped = swap_from(drawn(one.curve), drawn(two.curve), time)
    return (
        _with_curves(bench, dict(zip((edit.arm, edit.other), swapped, strict=True))),
        f"swapped {one.name} and {two.name} from {time:g} on",
    )


def _redraw(bench: Bench, edit: edits.Redraw) -> Correction:
    """A stretch drawn by hand, on an arm or as a new one."""
    if bench.panel is None:
        raise FactsError("Curves need axes first.", "Pin two ticks on each axis.")
    scales = bench.panel.scales
    falls = (scales.y.slope < 0) == (scales.direction == "down")
    arm = None if edit.arm is None else bench.arm(edit.arm)
    trace = arm.trace if arm else None
    strokes = [other.trace.stroke_px for other in bench.panel.arms if other.trace]
    ink = (trace.color, trace.stroke_px) if trace else (None, float(np.median(strokes)) if strokes else 1.0)
    x, y = snap_path(bench.figure, edit.path, ink, falls) if edit.snap else plain_path(edit.path, falls)
    stretch = [(_time(bench, a), _survival(bench, b)) for a, b in zip(x, y, strict=True)]
    end = _time(bench, max(point[0] for point in edit.path))
    if edit.arm is not None and arm is not None:
        curve = replace_stretch(drawn(arm.curve), stretch, end, SAME_PX * scales.y.pixel_size)
        said = f"redrew {arm.name} from {stretch[0][0]:g} to {end:g}"
        return _with_curves(bench, {edit.arm: curve}), said
    new = replace_stretch(Drawn((), 0.0), stretch, end)
    name = f"arm {len(bench.panel.arms) + 1}"
    facts = _spelled_out(bench)
    return {**facts, "arms": [*facts["arms"], {"name": name, **_curve_facts(new, Drawn((), -1.0))}]}, f"drew {name}"


def _time(bench: Bench, x: float) -> float:
    scale = bench.panel.scales.x if bench.panel else None
    if scale is None:
        raise FactsError("Curves need axes first.", "Pin two ticks on each axis.")
    return max(0.0, _rounded(float(scale.to_value(x)), scale.pixel_size))


def _survival(bench: Bench, y: float) -> float:
    if bench.panel is None:
        raise FactsError("Curves need axes first.", "Pin two ticks on each axis.")
    scales = bench.panel.scales
    value = float(scales.survival(np.array([y]))[0])
    return min(1.0, max(0.0, _rounded(value, scales.y.pixel_size)))


def _rounded(value: float, pixel: float) -> float:
    """``value`` to a hundredth of a pixel or better: digits beyond it would only look like knowledge."""
    return round(value, max(0, 2 - math.floor(math.log10(pixel))))


def _check(index: int, things: Sequence[Any], what: str) -> None:
    if index >= len(things):
        raise FactsError(f"There is no {what} number {index + 1} here.", "Load the figure again.")


def _color_of(arm: DigitizedArm) -> Changes:
    return {"color": "#{:02x}{:02x}{:02x}".format(*arm.trace.color)} if arm.trace else {}


def _curve_facts(curve: Drawn, before: Drawn) -> Changes:
    """The facts in which ``curve`` differs from ``before``."""
    facts: Changes = {}
    if curve.drops != before.drops:
        facts["points"] = [list(drop) for drop in curve.drops]
    if curve.end != before.end or "points" in facts:
        facts["last_time"] = curve.end
    if curve.marks != before.marks:
        facts["censor_times"] = list(curve.marks or ())
    return facts


def _with_curves(bench: Bench, curves: Mapping[int, Drawn]) -> Changes:
    """The facts with the curves of some arms replaced."""
    facts = _spelled_out(bench)
    slots = _slots(bench, facts["arms"])
    for arm, curve in curves.items():
        facts["arms"][slots[arm]] |= _curve_facts(curve, drawn(bench.arm(arm).curve))
    return facts


def _describe(bench: Bench, edit: edits.DescribeArm) -> Correction:
    name = bench.arm(edit.arm).name
    given = {key: getattr(edit, key) for key in ("name", "color", "n", "events") if getattr(edit, key) is not None}
    others = [arm.name for i, arm in enumerate(bench.panel.arms) if i != edit.arm] if bench.panel else []
    if edit.name in others:
        raise FactsError(f"There is another arm called {edit.name!r}.", "Merge them, or choose another name.")
    facts = _spelled_out(bench)
    facts["arms"][_slots(bench, facts["arms"])[edit.arm]] |= given
    if edit.name is not None:
        facts |= _renamed(bench, name, edit.name)
    return facts, f"{name}: " + ", ".join(f"{key} {value}" for key, value in given.items())


def _renamed(bench: Bench, old: str, new: str) -> Changes:
    """Facts that speak of an arm by its name, with the new one."""
    changes: Changes = {}
    table, names = bench.facts.at_risk, bench.facts.arm_names
    if table is not None:
        rows = {new if name == old else name: row for name, row in table.rows.items()}
        changes["at_risk"] = {"times": list(table.times), "rows": rows}
    if names is not None and len(names) != bench.n_found:
        changes["arm_names"] = [new if name == old else name for name in names]
    return changes


def _without(bench: Bench, arm: int, arms: list[Changes] | None = None) -> Changes:
    """The facts without an arm; its numbers at risk go with it."""
    facts = _spelled_out(bench)
    if arms is not None:
        facts["arms"] = arms
    slot = _slots(bench, facts["arms"])[arm]
    curve = facts["arms"][slot].get("curve")
    gone = [] if curve is None else [{"curve": curve, "remove": True}]
    facts["arms"] = [*facts["arms"][:slot], *gone, *facts["arms"][slot + 1 :]]
    if bench.facts.at_risk is not None:
        table = bench.facts.at_risk.model_dump(mode="json")
        table["rows"].pop(bench.arm(arm).name, None)
        facts["at_risk"] = table if table["rows"] else None
    return facts


def _risk_cell(bench: Bench, edit: edits.SetRiskCell) -> Correction:
    """The whole table as it stands becomes a fact, with one cell changed."""
    name = bench.arm(edit.arm).name
    arms = bench.panel.arms if bench.panel else ()
    rows: dict[str, dict[float, int | None]] = {
        arm.name: dict(zip(arm.at_risk.time.tolist(), arm.at_risk.count.tolist(), strict=True)) if arm.at_risk else {}
        for arm in arms
    }
    rows[name][edit.time] = edit.count
    times = sorted({time for row in rows.values() for time, count in row.items() if count is not None})
    table = {row: [cells.get(time) for time in times] for row, cells in rows.items() if cells}
    shown = "empty" if edit.count is None else edit.count
    return {"at_risk": {"times": times, "rows": table}}, f"number at risk of {name} at {edit.time:g}: {shown}"


def _spelled_out(bench: Bench) -> Changes:
    """Facts about arms, one for each arm that is shown; counts that were listed in their order are put to them."""
    arms = [fact.model_dump(mode="json", exclude_unset=True) for fact in _one_each(bench.facts.arms)]
    known = {fact.get("curve") for fact in arms}
    arms += [{"curve": number} for number in range(1, bench.n_found + 1) if number not in known]
    changes: Changes = {"arms": arms}
    for key in ("n", "events"):
        listed = getattr(bench.facts, key)
        if listed is None or bench.panel is None:
            continue
        for index, slot in enumerate(_slots(bench, arms)):
            arms[slot][key] = getattr(bench.panel.arms[index], key)
        changes[key] = None
    return changes


def _one_each(facts: Sequence[ArmFacts]) -> list[ArmFacts]:
    """Facts about one found curve joined, the later winning."""
    joined: dict[Any, ArmFacts] = {}
    for place, fact in enumerate(facts):
        key = ("added", place) if fact.curve is None else fact.curve
        earlier = joined.get(key)
        stated = {name: getattr(fact, name) for name in fact.model_fields_set}
        joined[key] = fact if earlier is None else earlier.model_copy(update=stated)
    return list(joined.values())


def _slots(bench: Bench, arms: Sequence[Changes]) -> list[int]:
    """For each arm that is shown, the place of its entry in ``arms``: found curves first, then those added."""
    of_curve = {fact["curve"]: place for place, fact in enumerate(arms) if "curve" in fact}
    found = [of_curve[k] for k in range(1, bench.n_found + 1) if not arms[of_curve[k]].get("remove")]
    return found + [place for place, fact in enumerate(arms) if "curve" not in fact]
