"""The ink in which censor marks could be drawn, and what of it is already explained by the curves.

Marks are drawn either in the curve's own ink or in black. For both, an image says how much of each pixel is such ink,
and a mask tells where nothing can be concluded because a curve (or other known ink) lies there anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from kmdigitize.detect.page import brightest_channel, darkest_channel
from kmdigitize.geometry import BoolArray, FloatArray, IntArray, Pixels
from kmdigitize.records.curves import Evidence, Trace

FloatImage = np.ndarray[tuple[int, int], np.dtype[np.float32]]


MARGINS = (-0.1, 0.4, 0.9)
"""Growth (px) of a drawn stroke before ink beside it can be a mark's: sharp, blurred and compressed pictures."""


@dataclass(frozen=True, slots=True)
class MarkInk:
    """One arm's picture of possible marks in the region of its evidence.

    ``ink`` (h, w) in [0, 1], scaled so that a mark is 1; ``known`` (h, w) where ink says nothing about marks;
    ``spread`` (h, w) the ink elsewhere, spread in part to its neighbours (outlines are never met to the pixel). ``x``
    (n,) are the columns along the curve, ``y`` (n,) the curve's rows there, ``next_y`` (n,) the rows half a mark
    further on (at the time of an event a mark stands at the foot of the riser); ``busy`` (n,) is 1 where unexplained
    ink stands next to the curve, ``flat`` (n,) tells columns away from risers. ``origin`` is the column of the figure
    at x = 0.
    """

    cover: FloatImage
    hidden: BoolArray
    ink: FloatImage
    spread: FloatImage
    known: BoolArray
    x: FloatArray
    y: FloatArray
    next_y: FloatArray
    busy: FloatArray
    flat: BoolArray
    stroke: float
    origin: int
    margin: float | None = None

    @property
    def clear(self) -> int:
        """Rows next to the curve's own row that its stroke surely fills."""
        return int(self.stroke / 2)

    def at(self, rows: IntArray, columns: IntArray) -> tuple[FloatArray, BoolArray]:
        """Ink at whole pixels, of their shape, and whether it says anything there."""
        height, width = self.ink.shape
        if rows.size and rows.min() >= 0 and rows.max() < height and columns.min() >= 0 and columns.max() < width:
            index = rows * width + columns
            return self.ink.ravel().take(index).astype(np.float64), ~self.known.ravel().take(index)
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        index = np.clip(rows, 0, height - 1) * width + np.clip(columns, 0, width - 1)
        return self.ink.ravel()[index].astype(np.float64), inside & ~self.known.ravel()[index]


def rows_of(y: FloatArray) -> IntArray:
    """The whole rows nearest to ``y``, of its shape; halves go down, as renderers that work in whole pixels put marks.

    (Python's own rule sends every other half up, so that marks of one figure would be looked for on two rows.)
    """
    return np.floor(y + 0.5).astype(np.int64)


def own_ink(evidence: Evidence, traces: tuple[Trace, ...], index: int) -> MarkInk:
    """Possible marks in the ink of curve ``index``; ``traces`` are all curves of the panel."""
    hidden = (evidence.occluded > 0.3) & (evidence.occluded > evidence.coverage)
    known = hidden.copy()
    for i, other in enumerate(traces):
        if other.color == evidence.color and i != index:
            known |= drawn(evidence, other, MARGINS[-1])
    for margin in MARGINS:
        curve = known | drawn(evidence, traces[index], margin)
        found = _along(evidence.coverage, hidden, curve, evidence, traces[index])
        if np.quantile(_beside(found)[[2, 3]], 0.6) < 0.12:
            break
    return replace(found, margin=margin)


def is_dark(evidence: Evidence) -> bool:
    """Whether the ink is so dark that black marks on it could not be told from it."""
    return max(evidence.color) < 70


def is_grey(evidence: Evidence) -> bool:
    """Whether the ink has no hue, so that it is a thinner black."""
    return max(evidence.color) - min(evidence.color) < 40


def dark_ink(
    evidences: Sequence[Evidence], traces: tuple[Trace, ...], index: int, pixels: Pixels, thin: bool = False
) -> MarkInk:
    """Possible marks in black over the coloured curve ``index``: the share of black in each of ``pixels`` (RGB).

    A pixel is a mixture of background, the curve's ink and black; black is what remains when as much of the other two
    as possible has been taken out. Other curves are taken as known. With ``thin`` all the dark beside a grey curve's
    stroke is black: a stroke so thin that it never fills a pixel looks grey itself.
    """
    evidence = evidences[index]
    height, width = evidence.coverage.shape
    patch = pixels[evidence.top : evidence.top + height, evidence.left : evidence.left + width]
    known = np.zeros(patch.shape[:2], dtype=bool)
    if thin and is_grey(evidence):
        black = np.asarray((255 - brightest_channel(patch)) / np.float32(255), dtype=np.float32)
        known |= drawn(evidence, traces[index], MARGINS[1])
    else:
        black = _share_of_black(255 - patch, 255 - np.array(evidence.color, dtype=np.float32))
    for other, trace in zip(evidences, traces, strict=True):
        if is_dark(other):
            known |= drawn(evidence, trace, MARGINS[-1])
        elif other.color != evidence.color and _same_region(other, evidence):
            known |= cv2.dilate(other.coverage, np.ones((3, 3), np.uint8)) > 0.2
    return _along(black, known, known, evidence, traces[index], least_level=0.45)


def _share_of_black(missing: Pixels, color: FloatImage) -> FloatImage:
    """Share of black (h, w) in pixels with ``missing`` light (h, w, 3), over a curve that lacks ``color`` (3,)."""
    deepest = darkest_channel(missing).astype(np.float32)
    if float(np.ptp(color)) < 40:
        # A grey curve is a thinner black: only what is darker than the curve can be told.
        grey = float(color.max())
        return np.asarray(np.clip((deepest - grey) / max(255 - grey, 1.0), 0.0, 1.0), dtype=np.float32)
    # Two-ink unmixing by normal equations: missing light = share of colour · color + share of black · 255.
    light = missing.astype(np.float32)
    cc, cb, bb = float(color @ color), float(color.sum() * 255), 3 * 255.0**2
    black = (cc * (light[..., 0] + light[..., 1] + light[..., 2]) * 255 - cb * (light @ color)) / (cc * bb - cb**2)
    return np.asarray(np.clip(np.minimum(black, deepest / 255.0 * 1.1), 0.0, 1.0), dtype=np.float32)


def _same_region(a: Evidence, b: Evidence) -> bool:
    return (a.left, a.top, a.coverage.shape) == (b.left, b.top, b.coverage.shape)


def _along(
    ink: FloatImage, hidden: BoolArray, known: BoolArray, evidence: Evidence, trace: Trace, least_level: float = 0.3
) -> MarkInk:
    x = np.arange(np.ceil(trace.start - 1), np.floor(trace.end + trace.stroke_px) + 1)
    y = trace.row_at(x) - evidence.top
    after = trace.row_at(x + trace.stroke_px / 2 + 0.5) - evidence.top
    raw = MarkInk(
        ink,
        hidden,
        ink,
        ink,
        known,
        x - evidence.left,
        y,
        after,
        np.zeros(x.size),
        _away_from_risers(x, trace),
        trace.stroke_px,
        evidence.left,
    )
    beside = _beside(raw)
    level = _mark_level(beside, least_level)
    busy = np.asarray((beside > 0.5 * level).any(axis=0), dtype=np.float64)
    scaled = np.minimum(ink / level, 1.0).astype(np.float32)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    spread = 0.6 * cv2.dilate(np.where(known, np.float32(0), scaled), cross) + 0.4 * scaled
    return replace(raw, ink=scaled, spread=spread.astype(np.float32), busy=busy)


def _away_from_risers(x: FloatArray, trace: Trace) -> BoolArray:
    """Columns (n,) farther from every riser than the riser's own stroke and its uncertainty reach."""
    if trace.risers.size == 0:
        return np.ones(x.size, dtype=bool)
    after = np.searchsorted(trace.risers, x)
    left = x - trace.risers[np.clip(after - 1, 0, None)]
    right = trace.risers[np.clip(after, None, trace.risers.size - 1)] - x
    distance = np.minimum(np.where(after > 0, left, np.inf), np.where(after < trace.risers.size, right, np.inf))
    away: BoolArray = distance > trace.stroke_px / 2 + 2.0
    return away


def _beside(ink: MarkInk) -> FloatArray:
    """Unexplained ink (6, n) in the rows just outside the stroke, from the top down."""
    edge = ink.clear
    steps = np.array([-edge - 3, -edge - 2, -edge - 1, edge + 1, edge + 2, edge + 3])[:, None]
    columns = np.broadcast_to(ink.x.astype(np.int64)[None, :], (6, ink.x.size))
    samples = []
    for y in (ink.y, ink.next_y):
        value, seen = ink.at(rows_of(y)[None, :] + steps, columns)
        samples.append(np.where(seen, value, 0.0))
    return np.maximum(samples[0], samples[1])


def _mark_level(beside: FloatArray, least: float) -> float:
    """Coverage that a mark's pixels reach: thin strokes never cover a whole pixel, or are drawn faint instead."""
    inked = beside[beside > 0.2]
    return float(np.clip(0.8 * np.quantile(inked, 0.8), least, 0.85)) if inked.size >= 6 else 0.6


def drawn(evidence: Evidence, trace: Trace, margin: float) -> BoolArray:
    """Pixels (h, w) of the evidence's region that the trace's stroke covers, grown by ``margin`` px."""
    canvas = np.zeros(evidence.coverage.shape, dtype=np.uint8)
    half = trace.stroke_px / 2 + margin
    ends = np.concatenate([[trace.start], trace.risers, [trace.end]])
    for i, level in enumerate(trace.levels):
        _fill(canvas, (ends[i] - half, level - half, ends[i + 1] + half, level + half), evidence)
    for i, riser in enumerate(trace.risers):
        low, high = sorted((trace.levels[i], trace.levels[i + 1]))
        _fill(
            canvas,
            (riser - half - 1.5 + margin / 2, low - half, riser + half + 1.5 - margin / 2, high + half),
            evidence,
        )
    return canvas > 0


def _fill(canvas: Pixels, box: tuple[float, float, float, float], evidence: Evidence) -> None:
    """Fill the whole pixels touched by more than half inside ``box`` (left, top, right, bottom in figure px)."""
    left, right = round(box[0] - evidence.left), round(box[2] - evidence.left)
    top, bottom = round(box[1] - evidence.top), round(box[3] - evidence.top)
    cv2.rectangle(canvas, (left, top), (right, bottom), 1, -1)
