"""Ink of a line of text: where it is, and where the line must be cut.

A region is a quadrilateral in the reading direction of its text: top left, top right, bottom right, bottom left
corner in px. Lengths of the settings are multiples of the height of the line's ink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import BoolArray, Box, FloatArray, Pixels
from kmdigitize.text.drawn_runs import drawn_runs
from kmdigitize.text.reader import crop_region


@dataclass(frozen=True, slots=True)
class OcrSettings:
    """Tuning of the reading; lengths are multiples of the height of a line's ink."""

    gap: float = 1.0
    """A horizontal gap wider than this separates two tokens (a space is 0.3-0.5 of the ink height)."""
    number_gap: float = 0.35
    """Numbers that the reader put a space between are cut at gaps wider than this."""
    pad: float = 0.25
    """Margin around the ink; 0.4 lets neighbours leak in (18 errors of 1291 against 0)."""
    contrast: float = 0.35
    """Ink is what differs from the line's background by more than this share of its strongest difference."""
    tall: float = 1.4
    """Regions taller than this multiple of their width may hold vertical text."""
    rule_margin: float = 0.2
    """Axes and rules are looked for this much of a line's height above and below it, too."""
    min_confidence: float = 0.45
    """Replies below are dropped: on ink that is no text the reader is unsure."""


def corners(box: Box) -> FloatArray:
    """The upright region (4, 2) of a box."""
    return np.array(
        [[box.left, box.top], [box.right, box.top], [box.right, box.bottom], [box.left, box.bottom]], np.float64
    )


def bounds(region: FloatArray) -> Box:
    """The box around a region."""
    xs, ys = zip(*region.tolist(), strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def size(region: FloatArray) -> tuple[float, float]:
    """Width and height of a region along its reading direction."""
    (left, top), (right, up), _, (low, bottom) = region.tolist()
    return math.sqrt((right - left) ** 2 + (up - top) ** 2), math.sqrt((low - left) ** 2 + (bottom - top) ** 2)


def part(region: FloatArray, left: float, top: float, right: float, bottom: float) -> FloatArray:
    """The sub-region at the given px along the reading direction, from the region's first corner."""
    width, height = (max(v, 1e-6) for v in size(region))
    (x, y), (right_x, right_y), _, (low_x, low_y) = region.tolist()
    along, down = ((right_x - x) / width, (right_y - y) / width), ((low_x - x) / height, (low_y - y) / height)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return np.array([(x + a * along[0] + b * down[0], y + a * along[1] + b * down[1]) for a, b in corners])


def padded(region: FloatArray, share: float) -> FloatArray:
    """The region with a margin of ``share`` of its height, at least 1 px, on every side."""
    width, height = size(region)
    pad = max(1.0, share * height)
    return part(region, -pad, -pad, width + pad, height + pad)


def ink_of(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> BoolArray:
    """Which pixels of the turned region differ from its background (its most common colour)."""
    planes: Any = cv2.split(crop_region(pixels, region))
    if np.array_equal(planes[0], planes[1]) and np.array_equal(planes[1], planes[2]):
        return np.asarray(_grey_ink(planes[0], settings).take(planes[0]), np.bool_)
    red, green, blue = (plane >> 4 for plane in planes)
    coarse = red.astype(np.uint16) << 8 | (green << 4 | blue)
    usual = np.asarray(coarse == np.bincount(coarse.ravel()).argmax(), np.uint8)
    red, green, blue = (np.abs((plane.astype(np.int16) << 1) - _twice_the_median(plane, usual)) for plane in planes)
    twice = np.maximum(np.maximum(red, green), blue)
    place = _PERCENTILE * (twice.size - 1)
    low, high = int(place), min(int(place) + 1, twice.size - 1)
    return np.asarray(twice > _least(np.partition(twice.ravel(), (low, high))[[low, high]], place, settings), np.bool_)


def _grey_ink(plane: Any, settings: OcrSettings) -> BoolArray:
    """Which greys (256,) differ from the background of a grey ``plane``: as for colours, but all by counting."""
    counts = cv2.calcHist([plane], [0], None, [256], [0, 256]).ravel()
    usual = 16 * int(counts.reshape(16, 16).sum(axis=1).argmax())
    twice = np.abs(2 * (np.arange(256) - usual) - _twice_the_middle(counts[usual : usual + 16]))
    order = np.argsort(twice)
    upto, place = counts[order].cumsum(), _PERCENTILE * (plane.size - 1)
    around = upto.searchsorted((int(place) + 1, min(int(place) + 2, plane.size)))
    return np.asarray(twice > _least(twice[order[around]], place, settings), np.bool_)


def _twice_the_median(plane: Any, mask: NDArray[np.uint8]) -> int:
    """Of the values of ``plane`` where ``mask`` is not zero, counted: for so few values faster than sorting."""
    return _twice_the_middle(cv2.calcHist([plane], [0], mask, [256], [0, 256]).ravel())


def _twice_the_middle(counts: Any) -> int:
    """Twice the median of numbers of which 0, 1, … occur so often."""
    upto = counts.cumsum()
    total = int(upto[-1])
    lower, upper = upto.searchsorted(((total - 1) // 2 + 1, total // 2 + 1))
    return int(lower + upper)


_PERCENTILE = 0.99


def _least(strongest: NDArray[Any], place: float, settings: OcrSettings) -> float:
    """Twice the least difference of ink, from twice those at the 99th percentile, which lies at ``place`` in order."""
    below, above = float(strongest[0]), float(strongest[1])
    return max(48.0, settings.contrast * (below + (place - int(place)) * (above - below)))


def runs_of(mask: NDArray[np.bool_] | np.bool_) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.atleast_1d(mask).astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _tight_rows(ink: BoolArray) -> tuple[int, int] | None:
    """Rows of the tallest run of rows with ink, joined with its dots and accents; None without ink."""
    runs = runs_of(ink.any(axis=1))
    if not runs:
        return None
    first, last = max(runs, key=lambda run: run[1] - run[0])
    height = last - first + 1
    for a, b in runs:
        if b < first and first - b <= 0.3 * height and b - a <= 0.4 * height and a > 0:
            first = a
        if a > last and a - last <= 0.3 * height and b - a <= 0.4 * height and b < len(ink) - 1:
            last = b
    return first, last


def tight(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> FloatArray:
    """The region shrunk to its ink; a margin is looked at, too, so that bold strokes are not the background."""
    width, height = size(region)
    around = part(region, -2.0, -2.0, width + 2.0, height + 2.0)
    ink = ink_of(pixels, around, settings)[2:-2, 2:-2]
    rows = _tight_rows(ink)
    if rows is None:
        return region
    columns = np.flatnonzero(ink[rows[0] : rows[1] + 1].any(axis=0))
    return part(region, float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[1]))


def has_ink(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> bool:
    """Whether anything is printed in the region."""
    return _tight_rows(ink_of(pixels, region, settings)) is not None


def cut_line(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> list[FloatArray]:
    """The pieces of a line between wide gaps and pieces of drawn line, each shrunk to its ink."""
    ink = ink_of(pixels, region, settings)
    width, tall = size(region)
    margin = settings.rule_margin * tall  # a tight region would make the stem of a first letter cross it
    ink[:, _rules(ink_of(pixels, part(region, 0.0, -margin, width, tall + margin), settings))] = False
    ink[ink.mean(axis=1) > 0.9] = False  # the frame around a legend
    rows = _tight_rows(ink)
    if rows is None:
        return []
    body = ink[rows[0] : rows[1] + 1]
    height = len(body)
    runs = runs_of(body.any(axis=0))
    drawn = drawn_runs(body, runs)
    pieces: list[tuple[int, int]] = []
    joined = False
    for (first, last), is_line in zip(runs, drawn, strict=True):
        if is_line:
            joined = False
        elif joined and first - pieces[-1][1] - 1 <= settings.gap * height:
            pieces[-1] = (pieces[-1][0], last)
        else:
            pieces.append((first, last))
            joined = True
    cut = [part(region, float(a), float(rows[0]), float(b), float(rows[1])) for a, b in pieces]
    return [tight(pixels, piece, settings) for piece in cut]


def _rules(ink: BoolArray) -> BoolArray:
    """Columns of an axis or a table rule: text leaves a margin above and below, which these cross.

    At the ends of a line, where axes are, a rule may be broken by what blurs into it.
    """
    filled = ink.mean(axis=0)
    edge = max(2, round(0.08 * len(filled)))
    at_end = np.zeros(len(filled), np.bool_)
    at_end[:edge] = at_end[-edge:] = True
    return np.asarray((filled > 0.95) | (at_end & (filled > 0.7)), np.bool_)
