"""Line samples: the short pieces of line that a legend draws beside its labels.

A sample is ink on the level of the label's middle that differs from what is above and below it in the same columns
(so that a tinted key box or a grid does not matter), begins close to the label, ends within a few text heights and
does not run on up or down as a curve would. Its runs along the line tell solid from dashed, dotted and dash-dotted.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.geometry import BoolArray, Box, FloatArray, IntArray, Pixels
from kmdigitize.records.figure import Rgb
from kmdigitize.records.printed import Dash
from kmdigitize.text.dash_classes import classify_dash
from kmdigitize.text.ink import of_last_hue
from kmdigitize.text.sample_marks import between, crossbar_of, hidden_by_mark


@dataclass(frozen=True, slots=True)
class SampleSettings:
    """Tuning of the search; lengths are multiples of the text height."""

    reach: float = 12.0
    """How far beside the label a sample may extend."""
    gap: float = 3.0
    """Largest distance between label and sample."""
    clear: float = 0.2
    """Columns before the label that belong to its blurred edge."""
    shortest: float = 0.8
    """Shortest sample: a tick stub or a minus sign is shorter."""
    longest: float = 9.0
    """Longest sample: a grid line or a curve is longer."""
    dash_gap: float = 1.8
    """Largest gap inside a sample (between dashes, or where a mark sits)."""
    tick: float = 0.3
    """Shortest tick of another ink before a sample on its level, which looks like its first dash."""
    thickest: float = 0.75
    """Thickest line."""
    window: float = 0.8
    """Rows above and below the label's middle that serve as background."""
    contrast: float = 0.4
    """Share of the sample's own strongest contrast that counts as ink."""
    one_hue: float = 0.9
    """Cosine between the departures of two pixels of one sample from what is above and below it."""
    least: float = 18.0
    """Contrast (of 255) below which nothing is seen; JPEG ringing on white stays below."""


@dataclass(frozen=True, slots=True)
class LineSample:
    """A line sample: its box (px), colour, stroke width (px), dash class and period (on, off, … px)."""

    box: Box
    color: Rgb
    stroke_px: float
    dash: Dash
    period: tuple[float, ...]


def find_sample(
    pixels: Pixels,
    label: Box,
    height: float,
    limits: tuple[float, float],
    settings: SampleSettings | None = None,
    mirrored: bool = False,
) -> LineSample | None:
    """The line sample to the left of ``label`` within the columns ``limits`` (px), None if there is none.

    ``height`` is the text height in px. To look to the right give the picture ``mirrored``: dashes are drawn from the
    left, so that there the last one is cut.
    """
    settings = settings or SampleSettings()
    middle = label.center_y
    rows = slice(
        max(0, round(middle - settings.window * height)), min(len(pixels), round(middle + settings.window * height) + 1)
    )
    first = max(0, round(max(limits[0], label.left - settings.reach * height)))
    last = round(min(limits[1], label.left - max(2.0, settings.clear * height))) - 1
    if last - first < settings.shortest * height or rows.stop - rows.start < 3:
        return None
    window = pixels[rows, first : last + 1].astype(np.float64)
    contrast = _contrast(window)
    few = max(1, round(0.3 * height))
    seen = contrast > max(settings.least, settings.contrast * float(contrast.max()))
    seen &= np.abs(np.arange(len(seen)) - (len(seen) - 1) / 2)[:, None] <= max(1.5, 0.45 * height)
    best: LineSample | None = None
    for own in (contrast, contrast * of_last_hue(window, seen, few, settings.one_hue)):
        found = _extent(own, height, settings)
        if found is None or _truncated(found[1], first, limits) or _runs_on(own, found, height, settings):
            continue
        sample = _measure(window, own, found, (first, rows.start), settings, mirrored)
        if best is None or sample.box.left > best.box.left + settings.tick * height:
            best = sample
        if best.dash == "solid":
            break  # what stands before a broken line may be a tick of another ink
    return best


def _contrast(window: FloatArray) -> FloatArray:
    """Strongest channel difference from the median of each column (rows, columns)."""
    background = np.median(window, axis=0, keepdims=True)
    red, green, blue = np.abs(window - background).transpose(2, 0, 1)
    return np.asarray(np.maximum(np.maximum(red, green), blue), np.float64)


def _extent(contrast: FloatArray, height: float, settings: SampleSettings) -> tuple[int, int, int] | None:
    """Core row, first and last column of the stretch of line that ends next to the label."""
    rows, columns = contrast.shape
    middle = (rows - 1) / 2
    band = np.flatnonzero(np.abs(np.arange(rows) - middle) <= max(1.5, 0.45 * height))
    strongest_by_column = contrast[band].max(axis=0)
    few = max(2, round(0.4 * settings.shortest * height))
    around = np.sort(strongest_by_column[-round((settings.gap + 1.5) * height) :])
    seen = np.flatnonzero(strongest_by_column > max(settings.least, settings.contrast * around[-min(len(around), few)]))
    if not seen.size or columns - 1 - seen[-1] > settings.gap * height:
        return None
    near = slice(max(0, int(seen[-1] - 1.5 * height)), int(seen[-1]) + 1)
    by_column = np.sort(strongest_by_column[near])
    strongest = float(by_column[-min(len(by_column), few)])
    ink = contrast > max(settings.least, settings.contrast * strongest)
    counts = ink[band, near].sum(axis=1)
    if counts.max() < 0.3 * settings.shortest * height:
        return None
    ties = band[counts >= counts.max() - 0.5]
    core = int(ties[np.argmax(contrast[ties, near].sum(axis=1))])
    line = np.flatnonzero(ink[max(0, core - 1) : core + 2].any(axis=0))
    if not line.size or columns - 1 - line[-1] > settings.gap * height:
        return None
    breaks = np.flatnonzero(np.diff(line) > settings.dash_gap * height)
    start = int(line[breaks[-1] + 1]) if breaks.size else int(line[0])
    length = line[-1] - start + 1
    if not settings.shortest * height <= length <= settings.longest * height:
        return None
    return core, start, int(line[-1])


def _truncated(left: int, first: int, limits: tuple[float, float]) -> bool:
    """The line runs out of the window rather than ending in it."""
    return left <= 0 and first > limits[0] + 1


def _runs_on(contrast: FloatArray, found: tuple[int, int, int], height: float, settings: SampleSettings) -> bool:
    """The line turns up or down at one of its ends, or is thicker than a line: a curve, a letter, a box."""
    core, left, right = found
    ink = contrast > _own_threshold(contrast, found, settings)
    thickness = np.median(
        _thickness(ink, core)[left : right + 1][ink[core, left : right + 1]]
        if ink[core, left : right + 1].any()
        else [99]
    )
    if thickness > settings.thickest * height:
        return True
    reach = max(1, round(0.15 * height))
    span = round(0.5 * height)
    for columns in (slice(max(0, left - 1), left + reach), slice(right + 1 - reach, right + 2)):
        half = int(thickness // 2) + 1
        above = ink[max(0, core - span) : max(0, core - half), columns]
        below = ink[core + half + 1 : core + span + 1, columns]
        for side in (above, below):
            if side.shape[0] >= 2 and side.any(axis=1).mean() > 0.8:
                return True
    return False


def _own_threshold(contrast: FloatArray, found: tuple[int, int, int], settings: SampleSettings) -> float:
    core, left, right = found
    strongest = float(np.percentile(contrast[core, left : right + 1], 80))
    return max(settings.least, settings.contrast * strongest)


def _thickness(ink: BoolArray, core: int) -> FloatArray:
    """Number of rows of ink joined to the core row, by column."""
    up = np.cumprod(ink[core::-1], axis=0).sum(axis=0)
    down = np.cumprod(ink[core:], axis=0).sum(axis=0)
    return np.asarray(np.maximum(0, up + down - 1), np.float64)


def _ink_across(contrast: FloatArray, ink: BoolArray, core: int) -> FloatArray:
    """Rows' worth of full ink joined to the core row, by column."""
    joined = np.concatenate([np.cumprod(ink[core::-1], axis=0)[::-1], np.cumprod(ink[core + 1 :], axis=0)])
    mass = (contrast * joined).sum(axis=0)
    return np.asarray(mass / max(float(contrast[core].max()), 1.0), np.float64)


def _measure(
    window: FloatArray,
    contrast: FloatArray,
    found: tuple[int, int, int],
    origin: tuple[int, int],
    settings: SampleSettings,
    mirrored: bool,
) -> LineSample:
    core, left, right = found
    ink = contrast > _own_threshold(contrast, found, settings)
    thickness = _thickness(ink, core)[left : right + 1]
    crossbar = crossbar_of(_ink_across(contrast, ink, core)[left : right + 1])
    thickness = np.where(crossbar, 0.0, thickness)
    usual = float(np.median(thickness[thickness > 0])) if (thickness > 0).any() else 1.0
    plain = (thickness > 0) & (thickness <= 1.5 * usual + 1)
    columns = np.flatnonzero(plain) + left
    strip = contrast[max(0, core - round(usual) - 1) : core + round(usual) + 2]
    peak = float(np.percentile(contrast[core, columns], 75)) if columns.size else float(contrast[core].max())
    solid = columns[contrast[core, columns] >= 0.8 * peak] if columns.size else np.array([left])
    stroke = float(np.median(strip[:, solid].sum(axis=0)) / max(peak, 1.0)) if solid.size else usual
    color = _color(window, core, solid if solid.size else np.array([left]), usual)
    along = (contrast[core, left : right + 1] > 0.5 * peak) & ~crossbar
    marked = thickness > 1.5 * usual + 1
    place = np.linspace(-0.5, 0.5, len(along))
    gap = ~(along | marked) & (np.abs(place) < 0.15)
    blank = not marked.any() and _is_paper(window[:, left : right + 1], gap, settings.least)
    on = along | (marked & ~between(marked, crossbar))
    dash, period = classify_dash(on[::-1] if mirrored else on, max(1.0, stroke), blank)
    tall = np.where(gap[None, :] & (dash == "solid"), True, ink[:, left : right + 1])  # a mark that fills the window
    if dash == "solid" and not crossbar.any() and hidden_by_mark(tall, marked | gap, max(1.0, stroke)):
        dash = "unknown"
    half = usual / 2
    own = np.flatnonzero(on)[[0, -1]] + left if crossbar.any() and on.any() else (left, right)
    box = Box(origin[0] + int(own[0]), origin[1] + core - half, origin[0] + int(own[1]), origin[1] + core + half)
    red, green, blue = (round(float(v)) for v in color)
    return LineSample(box, (red, green, blue), round(stroke, 2), dash, period)


def _is_paper(window: FloatArray, gap: BoolArray, least: float) -> bool:
    """Whether all of the columns in the ``gap`` of a sample are as its other columns are above and below the line.

    A mark as high as the window is not seen against these columns, and looks like a gap.
    """
    paper = np.median(window[:, ~gap], axis=(0, 1)) if not gap.all() else np.zeros(3)
    return bool(gap.any() and np.abs(np.median(window[:, gap], axis=1) - paper).max() <= least)


def _color(window: FloatArray, core: int, columns: IntArray, usual: float) -> FloatArray:
    """Colour of a line from all its ink across it, since compression spreads colour over neighbouring rows.

    The luminance tells how many rows of full ink there are; the colour deficits summed over the rows are shared out
    among them.
    """
    margin = round(usual / 2) + 4
    rows = slice(max(0, core - margin), core + margin + 1)
    background = np.median(window[:, columns], axis=0)
    deficit = background - window[rows][:, columns]
    luminance = deficit @ np.array([0.299, 0.587, 0.114])
    peak = luminance[np.abs(luminance).argmax(axis=0), np.arange(len(columns))]
    full_rows = np.maximum(1.0, luminance.sum(axis=0) / np.where(np.abs(peak) < 1, 1.0, peak))
    spread = np.median(background - deficit.sum(axis=0) / full_rows[:, None], axis=0)
    center = np.median(window[core, columns], axis=0)
    plausible = np.ptp(spread) >= np.ptp(center) and spread.min() > -40
    return np.asarray(np.clip(spread, 0, 255) if plausible else center, np.float64)


def joins_a_curve(pixels: Pixels, sample: LineSample, height: float, axis: float) -> bool:
    """Whether ink of a sample's colour leads from it, over gaps as long as its own, to where no sample reaches.

    Such a sample is the end of the curve that its label names. Right of the sample stands the label, and up to column
    ``axis`` the y axis: neither is looked at. Marks on a sample are lower than three text heights (``height`` px), and
    so are gaps between the lines of a legend.
    """
    gap = min(max(sample.period[1::2], default=0.0) + sample.stroke_px, 0.8 * height)
    reach = round(4 * height)
    row, first, last = round(sample.box.center_y), round(sample.box.left), round(sample.box.right)
    rows = slice(max(0, row - reach), min(len(pixels), row + reach + 1))
    columns = slice(max(0, first - reach, round(axis) + 1), last + 1)
    part = pixels[rows, columns].astype(np.float32)
    paper = np.percentile(part.reshape(-1, 3), 90, axis=0)  # beside shaded bands
    contrast = np.linalg.norm(paper - np.array(sample.color, np.float32))
    ink = np.linalg.norm(part - np.array(sample.color, np.float32), axis=2) < 0.5 * contrast
    closed = ink.astype(np.uint8)
    for window in (np.ones((1, round(gap) + 1), np.uint8), np.ones((round(gap) + 1, 1), np.uint8)):
        closed = np.maximum(closed, cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, window))
    core = slice(max(0, row - rows.start - 1), row - rows.start + 2)
    # A mark on the middle of a sample may touch that of the next one.
    middle = slice(
        first + round(0.3 * (last - first)) - columns.start, last - round(0.3 * (last - first)) - columns.start
    )
    line = np.abs(np.arange(len(closed)) + rows.start - row) <= sample.stroke_px
    closed[~line, middle] = 0
    _, labels = cv2.connectedComponents(closed, connectivity=8)
    own = np.unique(labels[core, first - columns.start :])
    ys, xs = np.nonzero(np.isin(labels, own[own > 0]))
    far = np.abs(ys + rows.start - row).max(initial=0) > 1.5 * height
    return bool(far or first - (xs + columns.start).min(initial=first) > 1.5 * height)
