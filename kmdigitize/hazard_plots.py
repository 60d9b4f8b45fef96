"""Small plots that show at a glance whether hazards are proportional, as geometry for a template.

Cumulative hazard (Nelson–Aalen), log of minus log of survival against log time (parallel curves mean proportional
hazards), and for two arms the difference of their survival with pointwise 95% limits (Greenwood).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import AxisScale, FloatArray
from kmdigitize.ipd.records import IPD
from kmdigitize.plots import DASHES, hex_colour
from kmdigitize.records.figure import Rgb
from kmdigitize.survival import NORMAL_95, km_steps

WIDTH, HEIGHT = 330.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 10.0, 24.0, 30.0
Corners = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class SmallPlot:
    """One plot: title, ticks as (place, label), and lines as (colour, dash, path, filled)."""

    title: str
    width: float
    height: float
    frame: tuple[float, float, float, float]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    lines: tuple[tuple[str, str, str, bool], ...]


def hazard_plots(ipds: Sequence[IPD], colours: Sequence[Rgb]) -> tuple[SmallPlot, ...]:
    """The plots of some arms; none where no arm has two events."""
    if not any(ipd.events > 1 for ipd in ipds):
        return ()
    looks = [(hex_colour(colours[index]), DASHES[index % len(DASHES)]) for index in range(len(ipds))]
    plots = [
        _plot("Cumulative hazard", [_cumulative_hazard(ipd) for ipd in ipds], looks),
        _plot("log(−log S) against log time", [_log_log(ipd) for ipd in ipds], looks),
    ]
    if len(ipds) == 2 and all(ipd.events for ipd in ipds):
        difference, band = _difference(*ipds)
        title = f"Difference in S: {_short(ipds[0].arm)} − {_short(ipds[1].arm)}"
        plots.append(_plot(title, [difference], [("#1c1c1a", "")], band))
    return tuple(plots)


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"


def _corners(time: FloatArray, level: FloatArray, end: float) -> Corners:
    """Corner points of the step line with ``level`` (k,) from ``time`` (k,) on, to ``end``."""
    return np.append(np.repeat(time, 2)[1:], end), np.repeat(level, 2)


def _cumulative_hazard(ipd: IPD) -> Corners:
    when, _, at_risk, d = km_steps(ipd.time, ipd.event)
    hazard = np.append(0.0, np.cumsum(d / at_risk))
    return _corners(np.append(0.0, when), hazard, float(ipd.time[-1]) if ipd.n else 0.0)


def _log_log(ipd: IPD) -> Corners:
    when, survival, _, _ = km_steps(ipd.time, ipd.event)
    inside = (when > 0) & (survival > 0)
    if not inside.any():
        return np.array([]), np.array([])
    return _corners(np.log(when[inside]), np.log(-np.log(survival[inside])), math.log(float(ipd.time[-1])))


def _difference(first: IPD, second: IPD) -> tuple[Corners, Corners]:
    """The difference and a closed outline of its band, up to where the shorter curve ends."""
    end = float(min(first.time[-1], second.time[-1]))
    times = np.unique(np.concatenate([[0.0], first.time[first.event], second.time[second.event]]))
    times = times[times <= end]
    (a, var_a), (b, var_b) = (_with_variance(ipd, times) for ipd in (first, second))
    half = NORMAL_95 * np.sqrt(var_a + var_b)
    xs, low = _corners(times, np.asarray(a - b - half), end)
    _, high = _corners(times, np.asarray(a - b + half), end)
    return _corners(times, np.asarray(a - b), end), (np.append(xs, xs[::-1]), np.append(high, low[::-1]))


def _with_variance(ipd: IPD, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Survival and its Greenwood variance at ``times``."""
    when, survival, at_risk, d = km_steps(ipd.time, ipd.event)
    alive = at_risk > d
    terms = np.where(alive, d / (at_risk * np.where(alive, at_risk - d, 1.0)), 0.0)
    index = np.searchsorted(when, times, side="right")
    level, total = np.append(1.0, survival)[index], np.append(0.0, np.cumsum(terms))[index]
    return level, level**2 * total


def _plot(
    title: str, curves: Sequence[Corners], looks: Sequence[tuple[str, str]], band: Corners | None = None
) -> SmallPlot:
    everything = [*curves, *([band] if band is not None else [])]
    x_ticks = _round_ticks(np.concatenate([xs for xs, _ in everything]))
    y_ticks = _round_ticks(np.concatenate([ys for _, ys in everything]))
    x = AxisScale.through((LEFT, WIDTH - RIGHT), (x_ticks[0], x_ticks[-1]))
    y = AxisScale.through((HEIGHT - BOTTOM, TOP), (y_ticks[0], y_ticks[-1]))
    lines = [("#1c1c1a", "", _path(band, (x, y)) + "Z", True)] if band is not None else []
    lines += [(*look, _path(curve, (x, y)), False) for curve, look in zip(curves, looks, strict=True) if curve[0].size]
    return SmallPlot(
        title,
        WIDTH,
        HEIGHT,
        (LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM),
        tuple((round(float(x.to_px(t)), 1), f"{t:g}") for t in x_ticks),
        tuple((round(float(y.to_px(t)), 1), f"{t:g}") for t in y_ticks),
        tuple(lines),
    )


def _path(corners: Corners, scales: tuple[AxisScale, AxisScale]) -> str:
    points = zip(scales[0].to_px(corners[0]), scales[1].to_px(corners[1]), strict=True)
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)


def _round_ticks(values: FloatArray) -> list[float]:
    """Four to seven round numbers around finite ``values``."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    raw = max(high - low, 1e-9) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 9) for i in range(first, max(last, first + 1) + 1)]
