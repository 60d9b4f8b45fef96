"""Long straight strokes of a figure along rows and columns: axis lines, frames, grid lines and long flats of curves.

A stroke is ink darker than what lies on either side of it, so a line on a grey panel counts like a line on white
paper. Pieces on one row are joined where the gap between them is inked too: a curve or a mark crosses there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from kmdigitize.detect.page import brightest_channel, darkest_channel, middle_and_spread
from kmdigitize.geometry import Pixels
from kmdigitize.pieces import pieces_of


@dataclass(frozen=True, slots=True)
class LineSettings:
    """What counts as a line.

    ``faint``: least brightness difference; light grey frames of half a pixel reach 25. ``noise``: spreads of the
    paper's own noise it must exceed. ``piece``: least length of a piece in text heights, more than a dash of a glyph.
    ``gap``: px bridged within a piece, an anti-aliased crossing of a thin stroke. ``joined``: inked share of a larger
    gap between two pieces.
    """

    faint: float = 16.0
    noise: float = 6.0
    piece: float = 1.5
    gap: int = 2
    joined: float = 0.8


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke: ``at`` px across it, from ``start`` to ``end`` px along it, ``width`` px thick.

    ``contrast`` is its brightness difference to both sides.
    """

    at: float
    start: float
    end: float
    width: float
    contrast: float

    @property
    def length(self) -> float:
        """Length in px."""
        return self.end - self.start


def find_lines(pixels: Pixels, text_px: float, settings: LineSettings | None = None) -> tuple[list[Line], list[Line]]:
    """Straight strokes along the rows and along the columns of ``pixels`` (h, w, 3)."""
    settings = settings or LineSettings()
    dark = 255 - brightest_channel(pixels)
    inked = 255 - darkest_channel(pixels)
    rows = _lines_along_rows(dark, inked, text_px, settings)
    transposed = (np.ascontiguousarray(dark.T), np.ascontiguousarray(inked.T))
    return rows, _lines_along_rows(*transposed, text_px, settings)


def _lines_along_rows(dark: Pixels, inked: Pixels, text_px: float, settings: LineSettings) -> list[Line]:
    tall = 2 * (int(0.45 * text_px) + 3) + 1
    # The border is padded with paper, so that a line on the very edge of the picture stands out too.
    padded = cv2.copyMakeBorder(dark, tall, tall, 0, 0, cv2.BORDER_REPLICATE)
    hat = np.asarray(cv2.morphologyEx(padded, cv2.MORPH_TOPHAT, np.ones((tall, 1), np.uint8)), np.uint8)
    thin = hat[tall:-tall]
    middle, spread = middle_and_spread(thin[::3, ::3])
    mask = (thin > max(settings.faint, middle + settings.noise * spread)).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, settings.gap | 1), np.uint8)), np.uint8)
    piece = max(8, int(settings.piece * text_px)) | 1
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, piece), np.uint8)), np.uint8)
    return _join(_pieces(mask, thin), inked, settings)


def _pieces(mask: Pixels, thin: Pixels) -> list[Line]:
    """One line per connected piece of ``mask``; a piece as tall as long is no line."""
    found = pieces_of(mask)
    lines: list[Line] = []
    boxes = (found.left, found.top, found.width, found.height)
    for left, top, width, height in zip(*(side.tolist() for side in boxes), strict=True):
        if height > 0.34 * width:
            continue
        share = mask[top : top + height, left : left + width].mean(axis=1)
        core = np.flatnonzero(share > 0.5 * share.max())
        first, last = top + int(core[0]), top + int(core[-1])
        row = first + int(np.argmax(share[core[0] : core[-1] + 1]))
        along = np.flatnonzero(mask[row, left : left + width])
        start, end = left + int(along[0]), left + int(along[-1])
        low, high = max(0, first - 1), min(len(thin), last + 2)
        profile = np.median(thin[low:high, start : end + 1], axis=1).astype(np.float64)
        if profile.sum() <= 0:
            continue
        at = float(np.arange(low, high) @ profile / profile.sum())
        lines.append(Line(at, start, end, float(profile.sum() / profile.max()), float(profile.max())))
    return lines


def _join(lines: list[Line], inked: Pixels, settings: LineSettings) -> list[Line]:
    """Lines with the pieces on one row joined across gaps that hold ink, longest first."""
    lines = sorted(lines, key=lambda line: (round(line.at), line.start))
    joined: list[Line] = []
    for line in sorted(lines, key=lambda line: line.start):
        before = [
            (index, other)
            for index, other in enumerate(joined)
            if abs(other.at - line.at) <= 1.0 and other.end < line.start and _continues(other, line, inked, settings)
        ]
        if before:
            index, other = max(before, key=lambda pair: pair[1].end)
            longer = max(other, line, key=lambda part: part.length)
            joined[index] = replace(longer, start=other.start, end=line.end)
        else:
            joined.append(line)
    return sorted(joined, key=lambda line: -line.length)


def _continues(first: Line, second: Line, inked: Pixels, settings: LineSettings) -> bool:
    """Whether the gap between two pieces is short against them and full of ink."""
    row, low, high = round(second.at), int(first.end) + 1, int(second.start)
    if high - low > 0.5 * (first.length + second.length):
        return False
    strip = inked[max(0, row - 1) : row + 2].astype(np.int16)
    reach = math.ceil(second.width) + 1  # the line itself fills narrower strips
    paper = int(np.percentile(inked[max(0, row - reach) : row + reach + 1], 20))
    gap = strip[:, low:high].max(axis=0)
    ink = 0.5 * max(first.contrast, second.contrast)
    return bool(np.mean(gap > paper + ink) >= settings.joined) if gap.size else True
