"""Corrected curves follow a corrected axis.

What a reviewer drew lies on the figure's ink, but facts hold times and survival. When the axes change, the points
that facts state are moved so that they stay where they are on the figure.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kmdigitize.facts import ArmFacts, FigureFacts, PanelFacts, facts_from
from kmdigitize.records.axes import Scales
from kmdigitize.review.sight import Sight


def on_new_axes(before: Sight, after: Sight) -> FigureFacts:
    """The facts of ``after`` with stated curves where they were on the figure ``before``; the same if none moved."""
    old, new = _scales(before), _scales(after)
    document = after.facts.model_dump(mode="json", by_alias=True, exclude_unset=True)
    changed = False
    for name in old.keys() & new.keys():
        stated = after.facts.of_panel(name)
        if not _has_curves(stated) or _same(old[name], new[name]):
            continue
        own = document if name not in document.get("panels", {}) else document["panels"][name]
        own["arms"] = [_moved(arm, old[name], new[name]) for arm in stated.arms]
        changed = True
    return facts_from(document, "the corrected axes") if changed else after.facts


def _scales(sight: Sight) -> dict[str, Scales]:
    return {panel.panel.name: panel.scales for panel in sight.found.panels} if sight.found else {}


def _has_curves(facts: PanelFacts) -> bool:
    return any(arm.points or arm.last_time is not None or arm.censor_times for arm in facts.arms)


def _same(a: Scales, b: Scales) -> bool:
    return (a.x, a.y, a.direction) == (b.x, b.y, b.direction)


def _moved(arm: ArmFacts, old: Scales, new: Scales) -> dict[str, Any]:
    facts: dict[str, Any] = arm.model_dump(mode="json", exclude_unset=True)
    if arm.points:
        time, survival = np.array(arm.points).T
        moved = np.clip(new.survival(old.row(survival)), 0.0, 1.0)
        facts["points"] = np.stack([_times(time, old, new), moved], axis=1).tolist()
    if arm.last_time is not None:
        facts["last_time"] = float(_times(np.array(arm.last_time), old, new))
    if arm.censor_times:
        facts["censor_times"] = _times(np.array(arm.censor_times), old, new).tolist()
    return facts


def _times(time: np.ndarray[Any, np.dtype[np.float64]], old: Scales, new: Scales) -> Any:
    return np.maximum(0.0, new.x.to_value(old.x.to_px(time)))
