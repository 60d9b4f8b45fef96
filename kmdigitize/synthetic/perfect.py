"""The records that a perfect digitizer would return for a synthetic figure, made from its truth.

Tests and documentation use them where the answer matters and not the way to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kmdigitize.geometry import AxisScale, Box
from kmdigitize.records.axes import Panel, Scales, Tick
from kmdigitize.records.curves import CensorMark, Trace
from kmdigitize.records.digitized import Digitized, DigitizedArm, DigitizedPanel
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import AtRisk, RiskRow, RiskTable
from kmdigitize.stepcurve import StepCurve
from kmdigitize.synthetic.draw import SyntheticFigure


def perfect_digitization(figure: SyntheticFigure) -> Digitized:
    """What is true of an untilted synthetic figure, as if it had been found."""
    truths = figure.truth.get("panels", [figure.truth])
    panels = tuple(_panel(str(number), truth) for number, truth in enumerate(truths, 1))
    return Digitized(Figure(figure.name, figure.pixels), (), panels)


def _panel(name: str, truth: dict[str, Any]) -> DigitizedPanel:
    axes = truth["axes"]
    pixel = {key: axes["pixel"][key] - 0.5 for key in ("x0", "x1", "y0", "y1")}
    frame = Box(pixel["x0"], pixel["y1"], pixel["x1"], pixel["y0"])
    factor = 100.0 if axes["y_unit"] == "percent" else 1.0
    x_range, y_range = tuple(axes["x"]), tuple(v / factor for v in axes["y"])
    x = AxisScale.through((pixel["x0"], pixel["x1"]), (x_range[0], x_range[1]))
    y = AxisScale.through((pixel["y0"], pixel["y1"]), (y_range[0], y_range[1]))
    scales = Scales(
        x,
        y,
        tuple(Tick(float(x.to_px(v)), v, f"{v:g}") for v in axes["ticks_x"]),
        tuple(Tick(float(y.to_px(v / factor)), v, f"{v:g}") for v in axes["ticks_y"]),
        factor == 100,
        axes["direction"],
        axes["x_unit"],
    )
    arms = tuple(replace(_arm(arm, scales), row=row) for row, arm in enumerate(truth["arms"]))
    rows = tuple(
        RiskRow(arm["label"], np.array(arm["risk_times"]), np.array(arm["risk_counts"])) for arm in truth["arms"]
    )
    panel = Panel(name, frame, frame, frame.bottom, frame.left)
    return DigitizedPanel(panel, scales, arms, risk_table=RiskTable(rows))


def _arm(truth: dict[str, Any], scales: Scales) -> DigitizedArm:
    """The curve of an arm as drawn, with its trace in px."""
    end = truth["t_end_plotted"]
    time, survival = np.array(truth["times"]), np.array(truth["surv"])
    drops = (np.array(truth["n_event"]) > 0) & (time <= end)
    marks = np.array(truth["censor_times"]) if truth["censor_marks_drawn"] else None
    curve = StepCurve(
        time[drops],
        survival[drops],
        end,
        marks,
        time_resolution=scales.x.pixel_size,
        survival_resolution=scales.y.pixel_size,
    )
    levels = scales.row(np.concatenate([[1.0], curve.survival]))
    k = curve.time.size
    colour = tuple(int(truth["color"][i : i + 2], 16) for i in (1, 3, 5))
    trace = Trace(
        float(scales.x.to_px(0.0)),
        float(scales.x.to_px(end)),
        levels,
        scales.x.to_px(curve.time),
        np.zeros(k + 1),
        np.zeros(k),
        np.ones(k + 1),
        color=(colour[0], colour[1], colour[2]),
        marks=None
        if marks is None
        else tuple(CensorMark(float(scales.x.to_px(t)), float(scales.row(curve.at(t)))) for t in marks),
    )
    at_risk = AtRisk(np.array(truth["risk_times"]), np.array(truth["risk_counts"]))
    return DigitizedArm(truth["label"], curve, trace, at_risk, truth["n"])
