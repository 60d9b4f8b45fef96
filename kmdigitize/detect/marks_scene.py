"""The ink in which a figure's marks are searched one by one, and what a mark at any place would explain of it.

What is drawn already (curves, and marks taken before) says nothing for a further mark, and paper where the mark would
be drawn speaks against it. So marks that touch, stand in risers or lie half under another arm need no rule of their
own: a mark is worth the squared error that it removes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np

from kmdigitize.detect.marks_ink import MARGINS, FloatImage, MarkInk
from kmdigitize.detect.marks_render import PHASES, MarkLook, Stamps, pixels_of, stamps_of
from kmdigitize.geometry import BoolArray, FloatArray, IntArray, Pixels
from kmdigitize.records.curves import Evidence, Trace

TOGETHER = 1024
"""Places looked at together: few enough to stay in the processor's cache."""
FINE = 4
"""Parts of a pixel in which the curves' strokes are drawn."""
BEYOND = 1.0
"""Weight of ink beyond the tips of a bar: a line that goes on there is worth half a mark. With 2 it is worth none, but
crowded marks on slopes are lost (recall of all .688, then .684)."""
GROW = 0.15
"""Growth (px) of a curve's stroke that is still the curve: what traces are usually off by."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where marks of one arm could stand: columns ``x`` and rows ``y`` (m,) in the evidence's px.

    ``pixels`` (3, m) are the columns and rows of the pixels in which they lie, and their phases there.
    """

    x: FloatArray
    y: FloatArray
    pixels: IntArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", np.stack(pixels_of(self.x, self.y)))


@dataclass(frozen=True, slots=True)
class Scene:
    """One arm as its marks are searched: its ink, what of it is explained (h, w), and where marks could stand.

    ``canvas`` is one object for all arms that draw their marks in one ink; it fills up as marks are taken.
    """

    ink: MarkInk
    canvas: FloatImage
    places: Places


@dataclass(frozen=True, slots=True)
class Gains:
    """What a mark at each of m places would explain (px²), and what it would if all its visible pixels were inked."""

    gain: FloatArray
    most: FloatArray


def places_along(ink: MarkInk, trace: Trace, top: int, lifts: Sequence[float]) -> Places:
    """Every half pixel along the curve on its row, and on the rows a little before and after, each moved by ``lifts``.

    ``top`` is the evidence's first row in the figure.
    """
    x = np.arange(ink.x[0], ink.x[-1] + 0.25, 0.5)
    x = np.concatenate([x, x, x])
    shift = np.repeat([0.0, 0.75, -0.75], x.size // 3)
    y = trace.row_at(x + ink.origin + shift) - top
    rows = np.concatenate([np.round((y + lift) * PHASES) for lift in lifts]).astype(np.int64)
    columns = np.tile(np.rint(2 * (x - x[0])).astype(np.int64), len(lifts))
    lowest, span = int(rows.min()), int(np.ptp(rows)) + 1
    places = np.unique(columns * span + rows - lowest)
    return Places(x[0] + places // span / 2, (places % span + lowest) / PHASES)


def scenes_along(
    arms: tuple[Sequence[MarkInk], Sequence[Evidence], Sequence[Trace]], lifts: Sequence[float], lossy: bool
) -> list[Scene]:
    """Every one of ``arms`` (ink, evidence, trace) as its marks are searched: nothing but the curves explained yet."""
    canvases = start_canvases(*arms, lossy)
    return [
        Scene(ink, canvas, places_along(ink, trace, evidence.top, lifts))
        for canvas, ink, evidence, trace in zip(canvases, *arms, strict=True)
    ]


def start_canvases(
    inks: Sequence[MarkInk], evidences: Sequence[Evidence], traces: Sequence[Trace], lossy: bool
) -> list[FloatImage]:
    """Ink (h, w) that is explained before any mark is taken, one image per arm and the same for arms of one ink.

    Those are the curves themselves, drawn a little wider, and more so where the picture is ``lossy`` and their edges
    are blurred. Curves in another ink than their marks explain nothing.
    """
    black = any(ink.margin is None for ink in inks)
    shared: dict[object, FloatImage] = {}
    result = []
    for ink, evidence, trace in zip(inks, evidences, traces, strict=True):
        key = (evidence.left, evidence.top, evidence.coverage.shape, None if black else evidence.color)
        canvas = shared.setdefault(key, np.zeros_like(ink.cover))
        if ink.margin is not None:
            grow = GROW + (0.5 * (ink.margin - MARGINS[0]) if lossy else 0.0)
            np.maximum(canvas, np.minimum(ink.cover, _stroke_cover(evidence, trace, grow)), out=canvas)
        result.append(canvas)
    return result


def _stroke_cover(evidence: Evidence, trace: Trace, grow: float) -> FloatImage:
    """Share (h, w) of every pixel that the trace's stroke covers when it is drawn ``grow`` px wider on each side."""
    height, width = evidence.coverage.shape
    half = trace.stroke_px / 2 + grow
    ends = np.concatenate([[trace.start], trace.risers, [trace.end]])
    boxes = [(a - half, y - half, b + half, y + half) for (a, b), y in zip(pairwise(ends), trace.levels, strict=True)]
    for riser, levels in zip(trace.risers, pairwise(trace.levels), strict=True):
        low, high = sorted(levels)
        boxes.append((riser - half - grow, low - half, riser + half + grow, high + half))
    first = int(np.clip(min(box[1] for box in boxes) - evidence.top - 2, 0, height))
    last = int(np.clip(max(box[3] for box in boxes) - evidence.top + 3, first, height))
    cover = np.zeros((height, width), np.float32)
    if last > first:
        canvas = np.zeros(((last - first) * FINE, width * FINE), np.uint8)
        for box in boxes:
            _fill(canvas, (evidence.left, evidence.top + first), box)
        small = cv2.resize(canvas, (width, last - first), interpolation=cv2.INTER_AREA)
        cover[first:last] = small / np.float32(255)
    return cover


def _fill(canvas: Pixels, origin: tuple[int, int], box: tuple[float, float, float, float]) -> None:
    """Fill ``box`` (left, top, right, bottom in px of the figure) on the fine canvas that begins at ``origin``."""
    left, right = (round((x + 0.5 - origin[0]) * FINE) for x in (box[0], box[2]))
    top, bottom = (round((y + 0.5 - origin[1]) * FINE) for y in (box[1], box[3]))
    if right > left and bottom > top and right > 0 and bottom > 0:
        canvas[max(top, 0) : bottom, max(left, 0) : right] = 255


def left_over(scene: Scene, before: FloatImage, reach: float) -> tuple[float, float]:
    """Ink (px²) within ``reach`` px above and below the curve that is unexplained ``before`` and now, with the
    marks that have been drawn."""
    ink = scene.ink
    columns = np.clip(ink.x.astype(np.int64), 0, ink.cover.shape[1] - 1)
    first = max(int(ink.y.min() - reach), 0)
    rows = slice(first, max(int(ink.y.max() + reach) + 2, first + 1))
    away = np.arange(first, first + ink.cover[rows].shape[0])[:, None] - ink.y[None, :]
    near = (np.abs(away) <= reach) & ~ink.hidden[rows][:, columns]
    have, start, after = (image[rows][:, columns] for image in (ink.cover, before, scene.canvas))
    paler = np.minimum(have - start, 0) ** 2
    unexplained = np.maximum(have - start, 0) ** 2
    return float(unexplained.sum(where=near)), float(((have - after) ** 2 - paler).sum(where=near))


def gains(look: MarkLook, scene: Scene, index: IntArray | None = None) -> Gains:
    """What the mark ``look`` would explain at the scene's places, or only at those with ``index``."""
    pixels = scene.places.pixels
    column, row, phase = pixels if index is None else pixels.take(index, axis=1)
    stamps = stamps_of(look)
    clear = _is_clear(stamps.reach, scene.canvas.shape, row, column)
    gain, most = np.zeros(row.size), np.zeros(row.size)
    for start in range(0, row.size, TOGETHER):
        some = slice(start, start + TOGETHER)
        gain[some], most[some] = _explained(stamps, scene, (row[some], column[some], phase[some]), clear)
    return Gains(gain, most)


def likely_places(look: MarkLook, scene: Scene, least: float = 0.0) -> IntArray:
    """The scene's places at which the mark ``look`` may explain ``least`` px² or more, or anything at all, (k,).

    It explains no more than all the unexplained ink in the box around it.
    """
    stamps, places = stamps_of(look), scene.places
    inked = len(stamps.cover)
    if not inked or not places.x.size:
        return np.arange(places.x.size)
    wide, high = (int(np.abs(offsets[:inked]).max()) for offsets in (stamps.columns, stamps.rows))
    column, row, _ = places.pixels
    first = int(np.clip(row.min() - high, 0, scene.canvas.shape[0] - 1))
    band = slice(first, max(int(row.max()) + high + 1, first + 1))
    left = np.maximum(scene.ink.cover[band] - scene.canvas[band], 0) ** 2
    left[scene.ink.hidden[band]] = 0
    window = (2 * wide + 1, 2 * high + 1)
    most = cv2.boxFilter(left, cv2.CV_32F, window, normalize=False, borderType=cv2.BORDER_CONSTANT)
    bound = most[np.clip(row - first, 0, len(most) - 1), np.clip(column, 0, most.shape[1] - 1)]
    return np.flatnonzero(bound > max(least * (1 - ROUNDED) - ROUNDED, NOTHING))


ROUNDED, NOTHING = 1e-5, 1e-12
"""What rounding may take from a bound, and ink (px²) that is none."""


def fresh(scenes: Sequence[Scene]) -> list[Scene]:
    """The scenes with canvases of their own to be filled, shared as those of ``scenes`` are."""
    copies = {id(scene.canvas): scene.canvas.copy() for scene in scenes}
    return [replace(scene, canvas=copies[id(scene.canvas)]) for scene in scenes]


def draw_on(canvas: FloatImage, look: MarkLook, x: float, y: float) -> None:
    """Add a mark at ``x``, ``y`` (px of the evidence) to what is explained."""
    column, row, phase = pixels_of(np.array([x]), np.array([y]))
    stamps = stamps_of(look)
    inked = len(stamps.cover)
    rows, columns = stamps.rows[:inked] + row, stamps.columns[:inked] + column
    inside = (rows >= 0) & (rows < canvas.shape[0]) & (columns >= 0) & (columns < canvas.shape[1])
    under = rows[inside], columns[inside]
    canvas[under] = np.maximum(canvas[under], stamps.cover[inside, phase[0]])


def _explained(
    stamps: Stamps, scene: Scene, places: tuple[IntArray, IntArray, IntArray], clear: bool
) -> tuple[FloatArray, FloatArray]:
    """Gain and greatest gain (m,) of the mark at whole pixels (rows, columns) in their phases."""
    row, column, phase = places
    inked = len(stamps.cover)
    index, inside = _pixels((stamps.rows, stamps.columns), scene.canvas.shape, row, column, clear)
    have, done = (image.ravel().take(index) for image in (scene.ink.cover, scene.canvas))
    seen = ~scene.ink.hidden.ravel().take(index) if inside is None else inside & ~scene.ink.hidden.ravel().take(index)
    off, cover = have - done, stamps.cover.take(phase, axis=1)
    here, want = seen[:inked] & (cover > 0), np.maximum(cover, done[:inked])
    gain = ((off[:inked] ** 2 - (have[:inked] - want) ** 2) * here).sum(axis=0)
    most = ((want - done[:inked]) ** 2 * here).sum(axis=0)
    if inked == len(index):
        return gain, most
    counted = seen[inked:] & stamps.beyond.take(phase, axis=1)
    return gain - BEYOND * (np.maximum(off[inked:], 0) ** 2 * counted).sum(axis=0), most


def _pixels(
    offsets: tuple[IntArray, IntArray], shape: tuple[int, ...], row: IntArray, column: IntArray, clear: bool = False
) -> tuple[IntArray, BoolArray | None]:
    """Flat indices (p, m) of the pixels at ``offsets`` (rows, columns) from m places; whether they lie inside.

    ``clear`` says that all do (None).
    """
    if clear:
        return (row * shape[1] + column)[None, :] + (offsets[0] * shape[1] + offsets[1])[:, None], None
    rows, columns = row[None, :] + offsets[0][:, None], column[None, :] + offsets[1][:, None]
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return np.clip(rows, 0, shape[0] - 1) * shape[1] + np.clip(columns, 0, shape[1] - 1), inside


def _is_clear(reach: int, shape: tuple[int, ...], row: IntArray, column: IntArray) -> bool:
    """Whether all pixels within ``reach`` rows and columns of the places lie in an image of ``shape``."""
    if not row.size:
        return False
    lowest, highest = min(row.min(), column.min()), (row.max(), column.max())
    return bool(lowest >= reach and highest[0] + reach < shape[0] and highest[1] + reach < shape[1])
