"""Kaplan–Meier plots as geometry for a template: paths, ticks and numbers at risk in the units of an SVG.

The templates draw them as inline SVG, so that a report needs neither matplotlib nor a script. Bands are pointwise 95%
limits on the log-log scale (Kalbfleisch & Prentice 2002, 1.4.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import AxisScale, FloatArray
from kmdigitize.ipd.records import IPD, Draw, Reconstruction
from kmdigitize.records.figure import Rgb
from kmdigitize.survival import NORMAL_95, km_steps

WIDTH, FRAME_HEIGHT = 700.0, 330.0
RIGHT, TOP, AXIS_TEXT, ROW = 20.0, 14.0, 52.0, 18.0
SWATCH, CHARACTER = 34.0, 7.4
"""Room for a line sample before a name, and for one character of a name (px at 12 px text)."""
LONGEST = 26
"""Longer names are cut."""
DASHES = ("", "7 3", "2 3", "9 3 2 3", "14 4", "4 2", "9 3 2 3 2 3", "3 3")
MOST_TICKS = 12
DRAW_TIMES = 400
"""Times at which the interval of the draws is drawn: one per 1.5 px of the plot."""


@dataclass(frozen=True, slots=True)
class PlottedArm:
    """One arm: SVG path data of its curve, bands and censor marks, its look, and its row of numbers at risk.

    ``band`` is the 95% confidence band, ``digitization`` the 95% interval of the draws ("" without draws).
    """

    name: str
    colour: str
    dash: str
    curve: str
    band: str
    digitization: str
    marks: str
    at_risk: tuple[tuple[float, int], ...]
    row_y: float


@dataclass(frozen=True, slots=True)
class KmPlot:
    """A whole plot: size, frame (left, top, right, bottom), ticks as (place, label), arms, and a text alternative."""

    width: float
    height: float
    frame: tuple[float, float, float, float]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_title: str
    arms: tuple[PlottedArm, ...]
    description: str


def km_plot(
    rebuilt: Sequence[Reconstruction], colours: Sequence[Rgb], ticks: Sequence[float], time_unit: str = ""
) -> KmPlot:
    """The plot of some arms. ``ticks`` are the times of the figure's ticks; round ones are chosen where it has none."""
    ipds = [reconstruction.ipd for reconstruction in rebuilt]
    last = max((float(ipd.time[-1]) for ipd in ipds if ipd.n), default=1.0)
    times = _thinned(ticks) if len(ticks) > 1 else _round_ticks(last)
    left = SWATCH + CHARACTER * max([10, *(min(len(ipd.arm), LONGEST) for ipd in ipds)]) + 18.0
    x = AxisScale.through((left, WIDTH - RIGHT), (min(0.0, times[0]), max(times[-1], last)))
    bottom = TOP + FRAME_HEIGHT
    y = AxisScale.through((bottom, TOP), (0.0, 1.0))
    arms = tuple(
        _plotted(one, (x, y), times, (hex_colour(colours[index]), DASHES[index % len(DASHES)], _row_y(index)))
        for index, one in enumerate(rebuilt)
    )
    return KmPlot(
        WIDTH,
        _row_y(len(arms)) + 2,
        (left, TOP, WIDTH - RIGHT, bottom),
        tuple((round(float(x.to_px(t)), 1), f"{t:g}") for t in times),
        tuple((round(float(y.to_px(s)), 1), f"{s:g}") for s in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        f"Time ({time_unit})" if time_unit else "Time",
        arms,
        _description(ipds),
    )


def hex_colour(colour: Rgb) -> str:
    """``colour`` as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def step_path(
    time: FloatArray, levels: FloatArray, end: float, scales: tuple[AxisScale, AxisScale], first: float = 1.0
) -> str:
    """SVG path of a step curve that is ``first`` before ``time[0]`` and ends at ``end``; arrays (k,)."""
    inside = time <= end
    time, levels = time[inside], levels[inside]
    xs, ys = scales[0].to_px(np.append(time, end)), scales[1].to_px(np.append(first, levels))
    start = float(scales[0].to_px(0.0))
    steps = _steps(xs[:-1], ys[1:])
    return f"M{start:.2f} {ys[0]:.2f}{steps}H{xs[-1]:.2f}"


def _steps(xs: FloatArray, ys: FloatArray) -> str:
    """SVG path of steps to each of ``xs`` (k,) and there to ``ys`` (k,); plain numbers are written far faster."""
    return "".join([f"H{x:.2f}V{y:.2f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])


def _row_y(index: int) -> float:
    """Baseline of row ``index`` of the numbers at risk."""
    return TOP + FRAME_HEIGHT + AXIS_TEXT + (index + 1) * ROW


def _plotted(
    rebuilt: Reconstruction, scales: tuple[AxisScale, AxisScale], times: Sequence[float], look: tuple[str, str, float]
) -> PlottedArm:
    ipd = rebuilt.ipd
    when, survival, at_risk, d = km_steps(ipd.time, ipd.event)
    end = float(ipd.time[-1]) if ipd.n else 0.0
    censored = np.unique(ipd.time[~ipd.event])
    levels = np.append(1.0, survival)[np.searchsorted(when, censored, side="right")]
    ticks = zip(scales[0].to_px(censored).tolist(), scales[1].to_px(levels).tolist(), strict=True)
    counts = ipd.n - np.searchsorted(ipd.time, times, side="left")
    return PlottedArm(
        ipd.arm if len(ipd.arm) <= LONGEST else ipd.arm[: LONGEST - 1] + "…",
        look[0],
        look[1],
        step_path(when, survival, end, scales),
        _band_path(when, _limits(survival, at_risk, d), end, scales),
        _digitization_path(rebuilt.draws, end, scales),
        "".join(f"M{px:.2f} {py - 3.5:.2f}v7" for px, py in ticks),
        tuple((round(float(scales[0].to_px(t)), 1), int(n)) for t, n in zip(times, counts, strict=True)),
        look[2],
    )


def _limits(survival: FloatArray, at_risk: FloatArray, events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pointwise 95% limits, (k,) each; where survival is 0 both are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
        width = NORMAL_95 * greenwood / np.log(survival)
        low, high = survival ** np.exp(-width), survival ** np.exp(width)
    alive = survival > 0
    return np.where(alive, low, 0.0), np.where(alive, np.minimum(high, 1.0), 0.0)


def _band_path(
    time: FloatArray, limits: tuple[FloatArray, FloatArray], end: float, scales: tuple[AxisScale, AxisScale]
) -> str:
    """Closed path around the band: along the upper limit to the end and back along the lower one."""
    if not time.size:
        return ""
    there = step_path(time, limits[1], end, scales)
    xs, ys = scales[0].to_px(time)[::-1], scales[1].to_px(np.append(1.0, limits[0]))[::-1]
    back = _steps(xs, ys[1:])
    return f"{there}V{ys[0]:.2f}{back}H{float(scales[0].to_px(0.0)):.2f}Z"


def _digitization_path(draws: Sequence[Draw], end: float, scales: tuple[AxisScale, AxisScale]) -> str:
    """Closed path around the 95% interval of the draws' survival at as many times as can be told apart."""
    if not draws or end <= 0:
        return ""
    times = np.linspace(0.0, end, DRAW_TIMES)
    levels = np.empty((len(draws), times.size))
    for index, draw in enumerate(draws):
        survival = np.cumprod(1.0 - draw.event / np.arange(draw.time.size, 0, -1))  # rows are in order of time
        levels[index] = np.append(1.0, survival)[draw.time.searchsorted(times, side="right")]
    low, high = np.quantile(levels, (0.025, 0.975), axis=0)
    return _band_path(times[1:], (low[1:], high[1:]), end, scales)


def _thinned(ticks: Sequence[float]) -> list[float]:
    """At most a dozen of the figure's ticks, evenly chosen."""
    return list(ticks)[:: math.ceil(len(ticks) / MOST_TICKS)]


def _round_ticks(last: float) -> list[float]:
    """About six round times from 0 past ``last``."""
    raw = max(last, 1e-9) / 6
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= raw * 0.999)
    return [round(i * step, 9) for i in range(math.ceil(last / step - 1e-9) + 1)]


def _description(ipds: Sequence[IPD]) -> str:
    arms = "; ".join(f"{ipd.arm or 'arm'}: {ipd.n} patients, {ipd.events} events" for ipd in ipds)
    return f"Kaplan–Meier curves of the reconstructed patients with 95% confidence bands. {arms}."
