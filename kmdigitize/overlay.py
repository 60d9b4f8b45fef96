"""What was found, drawn over the figure: frame, ticks with their values, curves, censor marks, legend, risk table.

The figure is lightened so that thin lines in contrasting colours show whether they lie on the ink; small figures are
doubled. Flats whose ink was not seen are dotted, readings that are in doubt red. OpenCV and Pillow only: drawing takes
a few hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from kmdigitize.geometry import Box, FloatArray, Pixels
from kmdigitize.records.axes import Scales, Tick
from kmdigitize.records.curves import Trace
from kmdigitize.records.digitized import Digitized, DigitizedArm, DigitizedPanel, SkippedPanel
from kmdigitize.records.figure import Rgb

SMALL = 1100
"""Figures whose longer side is shorter than this (px) are drawn at twice their size."""
INK_KEPT = 0.45
"""Share of the contrast of the figure that is kept under the drawing."""
SIDE_PER_PX = 1500
"""Lines are one px wide per so many px of the sheet's longer side, so that they survive being shown smaller."""
TEXT_SHARE, TEXT_SIZES = 0.027, (15.0, 26.0)
"""Height of text as a share of the frame's, and the sizes (px of the sheet) between which it is kept; the upper one
grows with the width of the lines."""
SHIFT = 4
"""Binary digits after the point with which OpenCV draws sub-pixel coordinates."""
FRAME: Rgb = (110, 110, 160)
TICK: Rgb = (0, 110, 60)
DOUBT: Rgb = (200, 0, 0)
MUTED: Rgb = (110, 110, 110)
PALETTE: tuple[Rgb, ...] = (
    (204, 0, 153),
    (0, 130, 0),
    (0, 70, 220),
    (225, 95, 0),
    (120, 50, 200),
    (0, 135, 145),
    (150, 90, 0),
    (215, 0, 60),
)


def draw_overlay(digitized: Digitized) -> Pixels:
    """The figure with everything that was found drawn over it, (h, w, 3) RGB; of twice the size if it is small."""
    panels = [panel.panel for panel in digitized.panels] + [skipped.panel for skipped in digitized.skipped]
    frames = [panel.frame.height for panel in panels]
    sheet = _Sheet(digitized.figure.pixels, float(np.median(frames)) if frames else 0.0)
    for panel in digitized.panels:
        _draw_axes(sheet, panel)
        colours = arm_colours(panel.arms)
        _draw_legend(sheet, panel, colours)
        _draw_risk_table(sheet, panel, colours)
        for arm, colour in zip(panel.arms, colours, strict=True):
            _draw_arm(sheet, arm, panel.scales, colour)
    for skipped in digitized.skipped:
        _draw_skipped(sheet, skipped)
    return sheet.finished()


def arm_colours(arms: Sequence[DigitizedArm]) -> list[Rgb]:
    """One colour per arm, as far as possible from the arm's own ink and from the colours before it."""
    chosen: list[Rgb] = []
    for index, arm in enumerate(arms):
        own = [arm.trace.color] if arm.trace is not None else []
        free = [colour for colour in PALETTE if colour not in chosen] or [PALETTE[index % len(PALETTE)]]
        chosen.append(max(free, key=lambda colour: min([_distance(colour, c) for c in own + chosen], default=0.0)))
    return chosen


def _distance(a: Rgb, b: Rgb) -> float:
    """Difference of two colours, 0 to about 440, capped so that far is far enough."""
    return min(160.0, float(np.linalg.norm(np.subtract(a, b))))


class _Sheet:
    """The lightened figure with a pen. All coordinates are px of the figure; text waits until the lines are drawn."""

    def __init__(self, pixels: Pixels, frame_height: float) -> None:
        self.factor = 2 if max(pixels.shape[:2]) < SMALL else 1
        side = max(pixels.shape[:2]) * self.factor
        self.width = max(1, round(side / SIDE_PER_PX))
        largest = max(TEXT_SIZES[1], 0.6 * TEXT_SIZES[1] * self.width)
        self.text_size = float(np.clip(TEXT_SHARE * frame_height * self.factor, TEXT_SIZES[0], largest))
        light = cv2.addWeighted(pixels, INK_KEPT, np.full_like(pixels, 255), 1 - INK_KEPT, 0)
        size = (pixels.shape[1] * self.factor, pixels.shape[0] * self.factor)
        self.picture = cv2.resize(light, size, interpolation=cv2.INTER_NEAREST)
        self.texts: list[tuple[float, float, str, Rgb, str]] = []

    def at(self, points: ArrayLike) -> FloatArray:
        """Coordinates on the sheet of points (…, 2) of the figure."""
        return (np.asarray(points, dtype=np.float64) + 0.5) * self.factor - 0.5

    def line(self, points: ArrayLike, colour: Rgb, widths: int = 1) -> None:
        """A polyline through (n, 2) points, ``widths`` times as wide as others."""
        fixed = np.round(self.at(points) * (1 << SHIFT)).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(self.picture, [fixed], False, colour, widths * self.width, cv2.LINE_AA, SHIFT)

    def dotted(self, start: tuple[float, float], end: tuple[float, float], colour: Rgb) -> None:
        """A dotted line between two points."""
        length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
        stops = np.linspace(start, end, max(2, 2 * int(length / 6) + 2))
        for a, b in zip(stops[:-1:2], stops[1::2], strict=False):
            self.line(np.array([a, b]), colour)

    def box(self, box: Box, colour: Rgb) -> None:
        """The outline of a box."""
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        self.line([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], colour)

    def text(self, x: float, y: float, text: str, colour: Rgb, anchor: str = "mm") -> None:
        """Text at a point, drawn last; ``anchor`` as Pillow names them."""
        self.texts.append((x, y, text, colour, anchor))

    def finished(self) -> Pixels:
        """The sheet with its texts."""
        image = Image.fromarray(self.picture)
        pen, font = ImageDraw.Draw(image), ImageFont.load_default(self.text_size)
        for x, y, text, colour, anchor in self.texts:
            place, halo = self.at((x, y)), (255, 255, 255)
            room = image.width - font.getlength(text) - 2 * self.factor
            at = (min(float(place[0]), room) if anchor.startswith("l") else float(place[0]), float(place[1]))
            pen.text(at, text, colour, font, anchor, stroke_width=self.factor, stroke_fill=halo)
        return np.asarray(image, dtype=np.uint8)


def _draw_axes(sheet: _Sheet, panel: DigitizedPanel) -> None:
    frame, scales = panel.panel.frame, panel.scales
    sheet.box(frame, FRAME)
    length = max(5.0, 0.015 * frame.height)
    row, column = panel.panel.axis_x_y, panel.panel.axis_y_x
    for tick in scales.x_ticks:
        colour = _tick_colour(tick)
        sheet.line([(tick.position, row - length), (tick.position, row + length)], colour)
        sheet.text(tick.position, row - 1.2 * length, _printed(tick), colour, "mb")
    for tick in scales.y_ticks:
        colour = _tick_colour(tick)
        sheet.line([(column - length, tick.position), (column + length, tick.position)], colour)
        sheet.text(column + 1.4 * length, tick.position, _printed(tick), colour, "lm")


def _tick_colour(tick: Tick) -> Rgb:
    if tick.value is None:
        return MUTED
    return TICK if tick.inlier else DOUBT


def _printed(tick: Tick) -> str:
    return "" if tick.value is None else f"{tick.value:g}"


def _draw_legend(sheet: _Sheet, panel: DigitizedPanel, colours: Sequence[Rgb]) -> None:
    """A box around every legend entry in the colour of its arm, grey when it belongs to none."""
    for index, entry in enumerate(panel.legend):
        owner = _owner(panel.arms, index, entry.label)
        box = entry.box if entry.sample is None else entry.box.union(entry.sample)
        sheet.box(box.grown(2.0), MUTED if owner is None else colours[owner])


def _owner(arms: Sequence[DigitizedArm], entry: int, label: str) -> int | None:
    """The arm of a legend entry: the one of its name, which numbers at risk may have told, or that followed it."""
    named = [i for i, arm in enumerate(arms) if arm.name == label]
    followed = [i for i, arm in enumerate(arms) if arm.trace is not None and arm.trace.entry == entry]
    return next(iter(named + followed), None)


def _draw_risk_table(sheet: _Sheet, panel: DigitizedPanel, colours: Sequence[Rgb]) -> None:
    """A box around every cell with the number read in it; red where the reading is in doubt."""
    if panel.risk_table is None:
        return
    for number, row in enumerate(panel.risk_table.rows):
        owners = [i for i, arm in enumerate(panel.arms) if arm.row == number]
        colour = colours[owners[0]] if owners else MUTED
        for index, (box, count) in enumerate(zip(row.boxes, row.counts, strict=False)):
            shown = DOUBT if index in row.doubtful else colour
            sheet.box(box.grown(2.0), shown)
            sheet.text(box.right + 4, box.center_y, str(count), shown, "lm")


def _draw_arm(sheet: _Sheet, arm: DigitizedArm, scales: Scales, colour: Rgb) -> None:
    trace = arm.trace
    if trace is None:
        time, survival = arm.curve.vertices()
        corners = np.column_stack([np.repeat(scales.x.to_px(time), 2)[1:], np.repeat(scales.row(survival), 2)[:-1]])
        sheet.line(corners, colour)
        return
    _draw_trace(sheet, trace, colour)
    reach = max(4.0, 2.5 * trace.stroke_px)
    for mark in trace.marks or ():
        sheet.line([(mark.x, mark.y - reach), (mark.x, mark.y + reach)], colour)
    for left, right in trace.mark_bands:
        above = trace.row_at(np.array([left, right])) - 1.5 * reach
        sheet.line(np.column_stack([[left, right], above]), colour, 2)
    sheet.text(trace.end + 3, float(trace.levels[-1]), arm.name, colour, "lb")


def _draw_trace(sheet: _Sheet, trace: Trace, colour: Rgb) -> None:
    """Flats and risers; flats that were bridged for the most part are dotted."""
    edges = np.concatenate([[trace.start], trace.risers, [trace.end]])
    corners: list[tuple[float, float]] = []
    for (left, right), row, seen in zip(pairwise(edges), trace.levels, trace.seen, strict=True):
        corners.append((left, row))
        if seen < 0.5:
            sheet.line(corners, colour)
            sheet.dotted((left, row), (right, row), colour)
            corners = []
        corners.append((right, row))
    sheet.line(corners, colour)


def _draw_skipped(sheet: _Sheet, skipped: SkippedPanel) -> None:
    frame = skipped.panel.frame
    sheet.box(frame, MUTED)
    sheet.text(frame.center_x, frame.center_y, f"skipped: {skipped.reason}"[:90], DOUBT)
