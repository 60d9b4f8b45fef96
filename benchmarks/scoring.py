"""Truth against what was found: one row per true arm, with errors in survival, in pixels, and with true calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from kmdigitize import Digitized, StepCurve
from kmdigitize.geometry import AxisScale, FloatArray
from kmdigitize.records.digitized import DigitizedArm, DigitizedPanel
from kmdigitize.stepcurve import area_between
from kmdigitize.synthetic.draw import SyntheticFigure
from kmdigitize.synthetic.perfect import perfect_digitization

MISSING = 1.0
"""Error of an arm that was not found."""


@dataclass(slots=True)
class ArmScore:
    """One true arm. Errors of arms not found are ``MISSING`` (``px``: the height of the panel); None: not applicable.

    ``px`` is the mean absolute vertical error in px of the figure, ``area_true`` the area with the true calibration,
    ``calibration_px`` the mean error of the scales at the ends of the axes.
    """

    set_name: str
    level: str
    figure: str
    arm: str
    found: bool = False
    count_right: bool = False
    named: bool = False
    flagged: bool = False
    mae: float = MISSING
    rmse: float = MISSING
    area: float = MISSING
    px: float = 0.0
    area_true: float | None = None
    calibration_px: float | None = None
    step_recall: float | None = None
    step_precision: float | None = None
    mark_recall: float | None = None
    mark_precision: float | None = None
    false_marks: bool | None = None
    cells: int = 0
    cells_right: int = 0
    seconds: float = 0.0
    seconds_text: float = 0.0
    failure: str = ""


def score_figure(
    set_name: str, level: str, figure: SyntheticFigure, found: Digitized | None, failure: str = ""
) -> list[ArmScore]:
    """Rows of all true arms of a figure; ``found`` is None where digitizing was refused."""
    truth = perfect_digitization(figure)
    free = list(found.panels) if found is not None else []
    rows = []
    for panel in truth.panels:
        mate = min(free, key=lambda p: abs(p.panel.frame.center_x - panel.panel.frame.center_x)
                   + abs(p.panel.frame.center_y - panel.panel.frame.center_y), default=None)  # fmt: skip
        if mate is not None:
            free.remove(mate)
        rows += _score_panel((set_name, level, figure), panel, mate, failure)
    if found is not None:
        text = found.seconds.get("read text", 0.0)
        for row in rows:
            row.seconds, row.seconds_text = sum(found.seconds.values()), text
    return rows


def _score_panel(
    about: tuple[str, str, SyntheticFigure], true: DigitizedPanel, found: DigitizedPanel | None, failure: str
) -> list[ArmScore]:
    set_name, level, figure = about
    arms = found.arms if found is not None else ()
    cost = np.array([[_area(a.curve, b.curve) for b in arms] for a in true.arms]).reshape(len(true.arms), len(arms))
    pairs = dict(zip(*linear_sum_assignment(cost), strict=True)) if arms else {}
    height = true.panel.frame.height
    rows = []
    for index, arm in enumerate(true.arms):
        row = ArmScore(set_name, level, figure.name, arm.name, px=height, failure=failure)
        row.count_right = len(arms) == len(true.arms)
        if figure.truth["style"]["risk"] and arm.at_risk is not None:
            row.cells = arm.at_risk.count.size
        if index in pairs and found is not None:
            tilted = figure.truth["style"]["tilt"] != 0
            _score_arm(row, (true, arm), (found, arms[pairs[index]]), tilted)
        elif row.count_right is False and arm.curve.censor_times is not None and arm.curve.censor_times.size:
            row.mark_recall, row.mark_precision = 0.0, 0.0
        rows.append(row)
    return rows


def _area(true: StepCurve, found: StepCurve) -> float:
    return area_between(true, found, true.last_time)


def _score_arm(
    row: ArmScore, true: tuple[DigitizedPanel, DigitizedArm], found: tuple[DigitizedPanel, DigitizedArm], tilted: bool
) -> None:
    (panel, arm), (mate_panel, mate) = true, found
    grid = (np.arange(100) + 0.5) / 100 * arm.curve.last_time
    error = np.abs(arm.curve.at(grid) - mate.curve.at(grid))
    row.found = True
    row.named = _plain(arm.name) == _plain(mate.name)
    row.flagged = bool(mate.flags or mate_panel.flags or mate_panel.scales.flags or (mate.trace and mate.trace.flags))
    row.mae, row.rmse = float(error.mean()), float(np.sqrt(np.mean(error**2)))
    row.area = _area(arm.curve, mate.curve)
    row.px = row.mae / panel.scales.y.pixel_size
    if not tilted and mate.trace is not None:
        row.calibration_px = _calibration_error(panel, mate_panel)
        row.area_true = _area(arm.curve, _recalibrated(mate, panel))
    row.step_recall, row.step_precision = _steps(arm, mate, panel)
    _score_marks(row, arm, mate, panel.scales.x.pixel_size)
    if row.cells and mate.at_risk is not None and arm.at_risk is not None:
        have = dict(zip(np.round(mate.at_risk.time, 6), mate.at_risk.count, strict=True))
        pairs = zip(np.round(arm.at_risk.time, 6), arm.at_risk.count, strict=True)
        row.cells_right = int(sum(have.get(time) == count for time, count in pairs))


def _plain(name: str) -> str:
    return "".join(ch for ch in name.casefold() if ch.isalnum())


def _calibration_error(true: DigitizedPanel, found: DigitizedPanel) -> float:
    """Mean distance in px between where the found scales put the four ends of the true axes and where they are."""

    def off(a: AxisScale, b: AxisScale, ends: tuple[float, float]) -> float:
        return float(np.mean(np.abs(b.to_px(a.to_value(np.array(ends))) - np.array(ends))))

    frame = true.panel.frame
    x = off(true.scales.x, found.scales.x, (frame.left, frame.right))
    return (x + off(true.scales.y, found.scales.y, (frame.top, frame.bottom))) / 2


def _recalibrated(arm: DigitizedArm, true: DigitizedPanel) -> StepCurve:
    """The traced curve read with the true scales."""
    trace = arm.trace
    assert trace is not None
    survival = np.clip(np.minimum.accumulate(true.scales.survival(trace.levels)), 0.0, 1.0)
    time = np.maximum(true.scales.x.to_value(trace.risers), 0.0)
    return StepCurve(time, survival[1:], max(float(true.scales.x.to_value(trace.end)), float(time.max(initial=0.0))))


def _steps(true: DigitizedArm, found: DigitizedArm, panel: DigitizedPanel) -> tuple[float | None, float | None]:
    """Recall of true drops of a pixel or more that stand a stroke apart, precision of what was found; to 1.5 px."""
    px, py = panel.scales.x.pixel_size, panel.scales.y.pixel_size
    times = true.curve.time / px
    drops = -np.diff(np.append(1.0, true.curve.survival)) / py
    stroke = found.trace.stroke_px if found.trace is not None else 1.0
    gaps = np.diff(np.concatenate([[-np.inf], times, [np.inf]]))
    clear = (drops >= 1.0) & (np.minimum(gaps[:-1], gaps[1:]) > stroke)
    have = found.curve.time / px
    recall = _near(times[clear], have) if clear.any() else None
    return recall, _near(have, times) if have.size else None


def _near(these: FloatArray, those: FloatArray, reach: float = 1.5) -> float:
    """Share of ``these`` that have one of ``those`` within ``reach``."""
    if not those.size:
        return 0.0
    return float(np.mean(np.min(np.abs(these[:, None] - those[None, :]), axis=1) <= reach))


def _score_marks(row: ArmScore, true: DigitizedArm, found: DigitizedArm, px: float) -> None:
    """Marks that stand apart (8 px from their neighbours) are resolvable; precision is over all found marks."""
    want, have = true.curve.censor_times, found.curve.censor_times
    got = (have if have is not None else np.array([])) / px
    if want is None:
        row.false_marks = bool(got.size)
        return
    places = np.unique(want) / px
    gaps = np.diff(np.concatenate([[-np.inf], places, [np.inf]]))
    alone = places[np.minimum(gaps[:-1], gaps[1:]) > 8]
    if alone.size:
        row.mark_recall = _near(alone, got, 2.0)
    if got.size:
        row.mark_precision = _near(got, places, 2.0)
