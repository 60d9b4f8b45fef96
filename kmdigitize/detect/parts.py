"""Parts of a page that are drawn but have no pair of numbered axes: forest plots, bars, flow charts, photographs.

What is drawn outside the frames of the panels, and is no text, is joined across small gaps; a group nearly as large as
a panel both ways is a part of its own. Long straight lines do not count, so that legends and tables in a box are none;
neither is what consists of rows of numbers. Assumes that parts of a page are of similar size, as editors make them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.detect.page import background_color, brightest_channel
from kmdigitize.detect.panels_labels import is_table, number_spots
from kmdigitize.geometry import BoolArray, Box, Pixels
from kmdigitize.records.figure import Figure, TextToken


@dataclass(frozen=True, slots=True)
class PartSettings:
    """Lengths in text heights, or as shares of the smallest panel.

    ``contrast``: of ink and paper in one channel; pale grounds differ by less from white. ``around``: of a panel that
    holds its ticks and the ends of its curves. ``join``: gap between the pieces of one drawing. ``size``: least width
    and height. ``rule``: length of a straight line, as a share of its group, from which it is a box or a rule.
    ``drawn``: share of the page that a drawing inks at least.
    """

    contrast: int = 24
    around: float = 2.0
    join: float = 3.0
    size: float = 0.45
    rule: float = 0.85
    drawn: float = 0.02


def find_parts(
    figure: Figure, frames: Sequence[Box], tokens: Sequence[TextToken], settings: PartSettings | None = None
) -> tuple[Box, ...]:
    """Boxes (px) of the parts of ``figure`` besides the panels' ``frames``, in reading order; empty without text."""
    settings, text_px = settings or PartSettings(), printed_height(tokens)
    if not frames or not text_px:
        return ()
    step = max(1, round(text_px / 4))
    ink = _drawn(figure.pixels, frames, tokens, (step, settings.around * text_px, settings.contrast))
    least = settings.size * min(f.width for f in frames) / step, settings.size * min(f.height for f in frames) / step
    side = 2 * round(settings.join * text_px / step / 2) + 1
    groups = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    _, names, places, _ = cv2.connectedComponentsWithStats(groups, connectivity=8)
    found = []
    for index, (left, top, width, height, _) in enumerate(places[1:].tolist(), 1):
        own = ink[top : top + height, left : left + width] & (names[top : top + height, left : left + width] == index)
        box = _extent(_without_rules(own, settings.rule))
        if box is None or box.width < least[0] or box.height < least[1] or own.mean() < settings.drawn:
            continue
        found.append(Box(*(step * v for v in (left + box.left, top + box.top, left + box.right, top + box.bottom))))
    spots, near = number_spots(tokens), (settings.around + 1.0) * text_px
    return tuple(
        _in_reading_order([b for b in found if not is_table(b, spots, text_px) and not _goes_on(b, frames, near)])
    )


def printed_height(tokens: Sequence[TextToken]) -> float:
    """Median height in px of the upright numbers among ``tokens``, 0 without any."""
    heights = [spot.box.height + 1 for spot in number_spots([token for token in tokens if token.angle == 0])]
    return float(np.median(heights)) if heights else 0.0


def _goes_on(box: Box, frames: Sequence[Box], near: float) -> bool:
    """Whether a drawing ends directly above or below a frame: between two parts there are labels or titles."""
    return any(
        min(box.right, frame.right) > max(box.left, frame.left)
        and max(frame.top - box.bottom, box.top - frame.bottom) <= near
        for frame in frames
    )


def _in_reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Row by row: what lies beside the topmost of the rest is in its row."""
    rest = sorted(boxes, key=lambda box: box.top)
    ordered: list[Box] = []
    while rest:
        row = [box for box in rest if box is rest[0] or box.top < rest[0].center_y]
        ordered += sorted(row, key=lambda box: box.left)
        rest = [box for box in rest if box not in row]
    return ordered


def _drawn(
    pixels: Pixels, frames: Sequence[Box], tokens: Sequence[TextToken], tuning: tuple[int, float, int]
) -> BoolArray:
    """Which squares of ``step`` px hold ink that is neither text nor within ``around`` px of a frame."""
    step, around, contrast = tuning
    height, width = (side // step * step for side in pixels.shape[:2])
    off = cv2.absdiff(pixels[:height, :width], np.array([*background_color(pixels), 0.0]))
    dark = cv2.dilate(np.asarray(brightest_channel(np.asarray(off, np.uint8))), np.ones((step, step), np.uint8))
    ink: BoolArray = dark[step // 2 :: step, step // 2 :: step] > contrast
    margins = [(frame, around) for frame in frames] + [(token.box, float(step)) for token in tokens]
    for box, margin in margins:
        rows = slice(max(0, int((box.top - margin) / step)), max(0, int((box.bottom + margin) / step) + 1))
        columns = slice(max(0, int((box.left - margin) / step)), max(0, int((box.right + margin) / step) + 1))
        ink[rows, columns] = False
    return ink


def _without_rules(ink: BoolArray, share: float) -> BoolArray:
    """``ink`` without the straight lines, at most two squares thick, that fill its rows or columns."""
    kept = ink.copy()
    kept[_thin_runs(ink.mean(axis=1) >= share)] = False
    kept[:, _thin_runs(ink.mean(axis=0) >= share)] = False
    return kept


def _thin_runs(filled: BoolArray) -> BoolArray:
    """Those of ``filled`` that have no more than one neighbour in a row."""
    around = np.pad(filled, 2)
    wide = around[:-2] & around[1:-1] & around[2:]
    return np.asarray(filled & ~(wide[:-2] | wide[1:-1] | wide[2:]), np.bool_)


def _extent(ink: BoolArray) -> Box | None:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return None
    return Box(float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1]))
