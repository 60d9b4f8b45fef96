"""What the page shows of a figure, as JSON: records in pixels, ready to draw, and words, ready to print."""

from __future__ import annotations

from typing import Any

import numpy as np

from kmdigitize.codec import encode
from kmdigitize.errors import KmdigitizeError
from kmdigitize.facts import AxisFacts
from kmdigitize.geometry import AxisScale, Box, FloatArray
from kmdigitize.ipd.records import Reconstruction
from kmdigitize.overlay import arm_colours
from kmdigitize.records.axes import Scales, Tick
from kmdigitize.records.digitized import DigitizedArm, DigitizedPanel
from kmdigitize.records.figure import Rgb
from kmdigitize.records.printed import RiskRow
from kmdigitize.result import Doubt, PanelResult
from kmdigitize.review.session import Session
from kmdigitize.review.sight import Sight
from kmdigitize.verdicts import Agreement, Check

View = dict[str, Any]
UNTRACED = (90, 90, 90)
UNREADABLE: View = {
    "readable": False,
    "width": 1,
    "height": 1,
    "panels": [],
    "skipped": [],
    "tokens": [],
    "verdict": "failed",
    "corrections": [],
}


def view_of(session: Session) -> View:
    """All that the page needs of the figure of ``session``; of one that cannot be read, why, and what was decided."""
    with session.lock:
        notes = session.notes
        about = {
            "name": session.source.name,
            "revision": session.revision,
            "undo": len(notes.undo),
            "redo": len(notes.redo),
            "decision": notes.decision,
            "note": notes.note,
            "who": session.who or "",
            "facts_file": session.source.facts.name,
        }
        try:
            sight = session.sight
        except KmdigitizeError as error:
            return {**UNREADABLE, **about, "error": _error(error)}
        figure = sight.page.figure
        results = {panel.name: panel for panel in sight.result.panels} if sight.result else {}
        skipped = sight.found.skipped if sight.found else ()
        return {
            **about,
            "readable": True,
            "width": figure.width,
            "height": figure.height,
            "error": _error(sight.error),
            "panels": [_panel(panel, results.get(panel.panel.name), sight) for panel in sight.panels],
            "skipped": [{"name": s.panel.name, "frame": _edges(s.panel.frame), "reason": s.reason} for s in skipped],
            "tokens": [{"text": token.text, "box": _edges(token.box)} for token in sight.page.tokens],
            "verdict": verdict_of(sight),
            "corrections": [encode(correction) for correction in sight.facts.corrections],
        }


def _error(error: KmdigitizeError | None) -> View | None:
    return None if error is None else {"message": error.message, "remedy": error.remedy}


def verdict_of(sight: Sight) -> str:
    """The figure's verdict: "failed", the worst of its panels', or "" where nothing is reported."""
    if sight.result is None:
        return "failed"
    verdicts = {panel.agreement.verdict for panel in sight.result.panels if panel.agreement}
    return next((verdict for verdict in ("differs", "cannot say", "agrees") if verdict in verdicts), "")


def _panel(panel: DigitizedPanel, result: PanelResult | None, sight: Sight) -> View:
    scales, facts = panel.scales, sight.facts.of_panel(panel.panel.name)
    rebuilt = result.reconstructions if result else (None,) * len(panel.arms)
    doubts = result.doubts if result else tuple(Doubt("", flag) for flag in (*panel.flags, *scales.flags))
    return {
        "name": panel.panel.name,
        "title": panel.panel.title,
        "frame": _edges(panel.panel.frame),
        "frame_stated": facts.frame is not None,
        "x": _axis(scales.x, scales.x_ticks, facts.x_axis, 1.0),
        "y": _axis(scales.y, scales.y_ticks, facts.y_axis, 100.0 if scales.percent else 1.0),
        "direction": scales.direction,
        "percent": scales.percent,
        "time_unit": scales.time_unit,
        "end_point": scales.end_point,
        "arms": [
            {**_arm(arm, scales, done), "shown": _hex(colour)}
            for arm, done, colour in zip(panel.arms, rebuilt, arm_colours(panel.arms), strict=True)
        ],
        "risk": _risk(panel),
        "flags": [_doubt(doubt) for doubt in doubts],
        "reported": encode(result.reported) if result and result.reported else None,
        "reported_stated": facts.reported is not None,
        "checks": [_check(check) for check in result.agreement.checks] if result and result.agreement else [],
        "consistency": _consistency(result.agreement if result else None),
    }


def _axis(scale: AxisScale, ticks: tuple[Tick, ...], stated: object, unit: float) -> View:
    """Ticks with their printed value; where the user pinned some, those. ``unit`` is 100 on a percent axis."""
    if isinstance(stated, AxisFacts):
        shown = [{"px": px, "value": value, "label": f"{value:g}", "inlier": True} for px, value in stated.ticks]
    else:
        shown = [{"px": t.position, "value": t.value, "label": t.label, "inlier": t.inlier} for t in ticks]
    return {
        "slope": scale.slope * unit,
        "intercept": scale.intercept * unit,
        "ticks": shown,
        "rms_px": scale.rms_px,
        "source": scale.source,
        "pinned": isinstance(stated, AxisFacts),
    }


def _arm(arm: DigitizedArm, scales: Scales, rebuilt: Reconstruction | None) -> View:
    curve, trace = arm.curve, arm.trace
    marks = curve.censor_times
    return {
        "name": arm.name,
        "color": _hex(trace.color if trace else UNTRACED),
        "n": arm.n,
        "events": arm.events,
        "patients": rebuilt.ipd.n if rebuilt else None,
        "found_events": rebuilt.ipd.events if rebuilt else None,
        "start": _start(scales),
        "drops": _points(curve.time, curve.survival, scales),
        "values": np.stack([curve.time, curve.survival], axis=1).tolist(),
        "end": float(scales.x.to_px(curve.last_time)),
        "marks": None if marks is None else _points(marks, curve.at(marks), scales),
        "rebuilt": _points(rebuilt.table.time, rebuilt.table.survival, scales) if rebuilt else [],
        "rebuilt_end": float(scales.x.to_px(rebuilt.ipd.time.max(initial=0.0))) if rebuilt else None,
        "has_trace": trace is not None,
    }


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _start(scales: Scales) -> list[float]:
    """Where time 0 and survival 1 are drawn."""
    return [round(float(scales.x.to_px(0.0)), 3), round(float(scales.row(np.array(1.0))), 3)]


def _points(time: FloatArray, survival: FloatArray, scales: Scales) -> list[list[float]]:
    points: list[list[float]] = np.stack([scales.x.to_px(time), scales.row(survival)], axis=1).round(3).tolist()
    return points


def _risk(panel: DigitizedPanel) -> View:
    """Numbers at risk by arm, with the place of each printed cell and whether it was read with doubt."""
    times = sorted({float(t) for arm in panel.arms if arm.at_risk for t in arm.at_risk.time})
    rows = []
    for arm in panel.arms:
        counts = dict(zip(arm.at_risk.time.tolist(), arm.at_risk.count.tolist(), strict=True)) if arm.at_risk else {}
        rows.append([counts.get(time) for time in times])
    printed = panel.risk_table.rows if panel.risk_table else ()
    return {"times": times, "rows": rows, "cells": [cell for row in printed for cell in _cells(row)]}


def _cells(row: RiskRow) -> list[View]:
    second = dict(row.alternatives)
    return [
        {"box": _edges(box), "doubtful": index in row.doubtful, "also": second.get(index), "time": float(time)}
        for index, (box, time) in enumerate(zip(row.boxes, row.times, strict=False))
    ]


def _check(check: Check) -> View:
    return {
        "quantity": check.quantity,
        "subject": check.subject,
        "reported": check.reported,
        "found": None if check.found is None else f"{check.found:.4g}",
        "verdict": check.verdict,
        "reason": check.reason,
    }


def _consistency(agreement: Agreement | None) -> list[View]:
    return [_check(check) for check in agreement.consistency] if agreement else []


def _doubt(doubt: Doubt) -> View:
    return {"code": doubt.flag.code, "meaning": doubt.flag.meaning, "detail": doubt.detail}


def _edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]
