"""Tick marks and grid lines of a panel's axes, at sub-pixel.

Just outside (or just inside) an axis line a tick is a short stroke across the line: its ink is summed over the rows
next to the line and its place is the centroid of that ink. Grid lines are columns that differ from their neighbours
along most of the panel's height. The y axis is found by the same code on the transposed figure. What is found are
candidates: the labels decide later which of them carry values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.page import brightest_channel
from kmdigitize.detect.ticks_edges import Stroke, centroids, edge_centers
from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.records.axes import Panel, TickRow, Ticks
from kmdigitize.records.figure import Figure


@dataclass(frozen=True, slots=True)
class TickSettings:
    """Depths and thresholds of the profiles along an axis.

    ``depth``: rows beside the axis line that are looked at; ticks cross at least two of them. ``faint``: least
    brightness difference of a tick; ``share``: of the strongest tick of the row that a weaker one must reach (minor
    ticks are as dark as major ones, only shorter). ``thickest``: a wider mark, as a share of the axis or in px more
    than twice the axis line, is text or a curve. ``grid_faint``: least brightness difference of a grid line (grey 92
    on white is 20, white on grey 92 as well, half of it when drawn between two pixels). ``noise``: spreads of the
    profile a peak must exceed.
    """

    depth: int = 8
    faint: float = 25.0
    share: float = 0.3
    thickest: tuple[float, float] = (0.008, 4.0)
    grid_faint: float = 5.0
    noise: float = 5.0


@dataclass(frozen=True, slots=True)
class _Paper:
    """What the strokes are drawn on: half the axis line in px, the ink of black, whether edges are sharp."""

    half_line: float
    most: float
    sharp: bool


def find_ticks(figure: Figure, panel: Panel, settings: TickSettings | None = None) -> Ticks:
    """Candidates for the ticks of both axes of ``panel``; rows are empty where nothing stands out."""
    settings = settings or TickSettings()
    frame = panel.frame
    bright = brightest_channel(figure.pixels)
    paper = _Paper(panel.line_px / 2, float(bright.max()), not figure.lossy and figure.angle == 0)
    span_x, span_y = (frame.left, frame.right), (frame.top, frame.bottom)
    x = _tick_row(bright, panel.axis_x_y, paper, span_x, span_y, settings)
    # Mirrored, the left side of the transposed figure is its lower side, so one function serves both axes.
    mirrored = np.ascontiguousarray(bright.T[::-1])
    last = mirrored.shape[0] - 1
    y = _tick_row(mirrored, last - panel.axis_y_x, paper, span_y, (last - frame.right, last - frame.left), settings)
    return Ticks(x, y)


def _tick_row(
    bright: Pixels,
    axis: float,
    paper: _Paper,
    along: tuple[float, float],
    across: tuple[float, float],
    settings: TickSettings,
) -> TickRow:
    """Candidates along an axis line on row ``axis`` whose panel lies above it."""
    half = paper.half_line
    low = max(0, int(np.floor(along[0] - 2 * half - 3)))
    high = min(bright.shape[1], int(np.ceil(along[1] + 2 * half + 4)))
    below = int(np.ceil(axis + half - 0.85)) + 1
    above = int(np.floor(axis - half + 0.85))
    outside, width = _marks(bright[below : below + settings.depth, low:high], paper, settings)
    inside, inner = _marks(bright[max(0, above - settings.depth) : max(0, above), low:high][::-1], paper, settings)
    grid = _grid_lines(bright[int(np.ceil(across[0])) + 2 : int(across[1]) - 1, low:high], paper, settings)
    return TickRow(outside + low, inside + low, grid + low, along, width or inner)


def _marks(strip: Pixels, paper: _Paper, settings: TickSettings) -> tuple[FloatArray, float]:
    """Centres and common width of the strokes that leave the axis line; ``strip`` is (depth, n), nearest row first.

    A stroke must cross the first two rows; all rows that most strokes reach sharpen its centre.
    """
    if strip.shape[0] < 2 or strip.shape[1] < 3:
        return np.empty(0), 0.0
    values = strip.astype(np.float64)
    ink = np.maximum(np.median(values, axis=1, keepdims=True) - values, 0.0)
    profile = ink[:2].min(axis=0)
    crossed = profile > max(settings.faint, settings.share * float(np.percentile(profile, 99.5)))
    if not crossed.any():
        return np.empty(0), 0.0
    depths = np.median(ink[:, crossed], axis=1)
    reached = int(np.argmax(np.append(depths < 0.8 * depths[:2].max(), True)))
    mass = ink[: max(2, reached)].mean(axis=0)
    return _peaks(profile, mass, settings.faint, paper, settings)


def _grid_lines(inside: Pixels, paper: _Paper, settings: TickSettings) -> FloatArray:
    """Centres of the columns that differ from their neighbours, darker or lighter, along most of ``inside`` (h, n)."""
    if inside.shape[0] < 12 or inside.shape[1] < 12:
        return np.empty(0)
    parts = np.array_split(inside, 8, axis=0)
    middle = np.median(np.array([np.median(part, axis=0) for part in parts]), axis=0)
    reach = int(max(4 * paper.half_line + settings.thickest[1], settings.thickest[0] * inside.shape[1])) + 2
    padded = np.pad(middle, reach, mode="edge")
    around = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    best: FloatArray = np.empty(0)
    for sign in (1.0, -1.0):
        profile = np.maximum(sign * (around - middle), 0.0)
        found, _ = _peaks(profile, profile, settings.grid_faint, paper, settings)
        if found.size > best.size:
            best = found
    return best


def _peaks(
    profile: FloatArray, mass: FloatArray, faint: float, paper: _Paper, settings: TickSettings
) -> tuple[FloatArray, float]:
    """Centres and median width of the narrow peaks of ``profile`` (n,), the centres from their ink ``mass`` (n,)."""
    spread = 1.48 * float(np.median(np.abs(profile - np.median(profile))))
    least = max(faint, settings.noise * spread, settings.share * float(np.percentile(profile, 99.5)))
    thickest = max(4 * paper.half_line + settings.thickest[1], settings.thickest[0] * profile.size)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (profile > least).astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    between = (ends[:-1] + starts[1:] + 1) // 2  # ink beyond is the neighbour's: centres stay in order
    firsts, lasts = np.append(0, between), np.append(between, profile.size)
    strokes: list[Stroke] = []
    for start, end, least_first, most_last in zip(starts, ends, firsts, lasts, strict=False):
        if end - start > thickest:
            continue
        first, last = max(least_first, start - 2), min(most_last, end + 2)
        stroke = Stroke(int(first), mass[first:last] - min(mass[first], mass[last - 1]))
        if stroke.total > 0:
            strokes.append(stroke)
    if not strokes:
        return np.empty(0), 0.0
    centers = edge_centers(strokes, paper.most) if paper.sharp else centroids(strokes)
    return centers, float(np.median([stroke.total for stroke in strokes])) / max(stroke.peak for stroke in strokes)
