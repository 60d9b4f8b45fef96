"""Strokes on whole pixels: recognised from where the ticks fall, and what that says about the scale.

Some renderers cover whole pixels only: all ticks then have their centres on a pixel or midway between two, although
evenly spaced values would fall anywhere. A tick that covers m pixels and is w px thick (w: the mean of all m) says
that the truth lies within (1 - |w - m|) / 2 px of it. All lines that obey every tick form a polygon in (start, step),
whose middle is taken instead of the least-squares line.

A renderer that moves strokes to whole pixels but is anti-aliasing otherwise (Agg) gives them all one width, and rounds
the pixel's corner, not its centre, so that strokes of odd width come out half a pixel to the right and below on
average (measured on drawn figures with known places: +0.50 ± 0.05 px for odd widths, 0.00 ± 0.05 for even ones).
Renderers without anti-aliasing (cairo) show no such bias; what tells them apart is the soft rim that a stroke of
fractional width keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from kmdigitize.detect.scales_lattice import Lattice, on_pixels
from kmdigitize.geometry import FloatArray


@dataclass(frozen=True, slots=True)
class SnapSettings:
    """When ticks are taken to lie on whole pixels.

    ``together``: mean cosine of the doubled fractions of all ticks (1: all on or midway between pixels; the chance of
    0.75 for a dozen anti-aliased ticks is below 1 in 1000, for compressed snapped ones it is near 0.85).
    ``scatter``: least residual in px of the line through snapped ticks; spacing that happens to be whole leaves none.
    ``both``: the mean cosine from which that happens by chance on one axis only (of some 450 drawn figures of other
    renderers, none whose ticks are smoothed has it on both).
    ``noise``: px added to what a tick allows. ``rim``: how far the mean tick width must be from whole pixels, without
    and with compression, to show that the renderer is anti-aliasing (compressed figures of the benchmark's mixture with
    ticks on pixels: 1.02 px without it, 1.09 to 1.13 px or .25 to .33 px beyond whole pixels with it).
    ``alike``: px by which the ticks of both axes may differ in width (smoothed, compressed ones by up to .17 px, those
    of one pen that are not smoothed by whole pixels).
    """

    together: float = 0.75
    scatter: float = 0.08
    both: float = 0.9
    noise: float = 0.04
    rim: tuple[float, float] = (0.02, 0.06)
    alike: float = 0.3


def on_whole_pixels(x: Lattice, y: Lattice, smoothed: bool, settings: SnapSettings) -> bool:
    """Whether the ticks of both axes lie on or midway between pixels without their spacing being the reason.

    Strokes that are ``smoothed`` lie there by chance on one axis, but not on both to a tenth of a pixel.
    """
    axes = [axis for axis in (x, y) if axis.ticks.size >= 3]
    least = settings.together
    if not axes or max(axis.rms_px for axis in axes) < settings.scatter:
        if not smoothed or len(axes) < 2:
            return False
        least = settings.both
    return all(on_pixels(axis.ticks) >= least for axis in axes)


def is_smoothed(widths: tuple[float, float], lossy: bool, settings: SnapSettings) -> bool:
    """Whether ticks, so many px thick on x and y, have the soft rim that only a renderer with anti-aliasing leaves.

    Such a renderer draws the ticks of both axes with one width, which the mean of both tells best.
    """
    width = (widths[0] + widths[1]) / 2
    return abs(widths[0] - widths[1]) < settings.alike and abs(width - round(width)) > settings.rim[int(lossy)]


def unsnapped(lattice: Lattice, width: float, smoothed: bool, settings: SnapSettings) -> Lattice:
    """The lattice as it was before its ticks, about ``width`` px thick, were moved to whole pixels."""
    midway = np.cos(2 * np.pi * lattice.ticks) < 0
    covered = _whole_width(width, midway)
    start, step = _middle_line(lattice, (1 - np.abs(covered - covered.mean())) / 2 + settings.noise)
    shift = 0.5 if smoothed and np.mean(midway) < 0.5 else 0.0
    return Lattice(start - shift, step, lattice.labels, lattice.ticks - shift, lattice.values, lattice.rms_px)


def _whole_width(width: float, midway: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> FloatArray:
    """Pixels covered by each tick: the number nearest to ``width`` that is even where a tick lies midway, else odd."""
    even = max(2.0, 2 * round(width / 2))
    odd = max(1.0, 2 * round((width - 1) / 2) + 1)
    return np.where(midway, even, odd)


def _middle_line(lattice: Lattice, half: FloatArray) -> tuple[float, float]:
    """(start, step) in the middle of all lines that pass tick i within ``half[i]`` px, else the line given."""
    ticks, values = lattice.ticks, lattice.values
    if ticks.size < 3:
        return lattice.start, lattice.step
    center, spread = float(values.mean()), float(np.ptp(values))
    along = (values - center) / spread
    bounds = [*zip(along, ticks - half, strict=True), *zip(along, ticks + half, strict=True)]
    corners: list[tuple[float, float]] = []
    for (first, low), (second, high) in combinations(bounds, 2):
        if first == second:
            continue
        slope = (high - low) / (second - first)
        middle = low - slope * first
        if np.all(np.abs(ticks - middle - slope * along) <= half + 1e-9):
            corners.append((middle, slope))
    if len(corners) < 3:
        return lattice.start, lattice.step
    middle, slope = _centroid(np.array(corners))
    step = slope / spread
    return middle - step * center, step


def _centroid(corners: FloatArray) -> tuple[float, float]:
    """Centre of mass of the convex polygon with these ``corners`` (n, 2), in any order."""
    inner = corners.mean(axis=0)
    away = corners - inner
    away = away[np.argsort(np.arctan2(away[:, 1], away[:, 0]))]
    following = np.roll(away, -1, axis=0)
    areas = away[:, 0] * following[:, 1] - away[:, 1] * following[:, 0]
    total = float(areas.sum())
    if total <= 1e-12:
        return float(inner[0]), float(inner[1])
    center = inner + (areas[:, None] * (away + following)).sum(axis=0) / (3 * total)
    return float(center[0]), float(center[1])
