"""Ink of a line of text: where it is, and where the line must be cut.

A region is a quadrilateral in the reading direction of its text: top left, top right, bottom right, bottom left
corner in px. Lengths of the settings are multiples of the height of the line's ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import BoolArray, Box, FloatArray, Pixels
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
    (left, top), (right, bottom) = region.min(axis=0), region.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def size(region: FloatArray) -> tuple[float, float]:
    """Width and height of a region along its reading direction."""
    return float(np.linalg.norm(region[1] - region[0])), float(np.linalg.norm(region[3] - region[0]))


def part(region: FloatArray, left: float, top: float, right: float, bottom: float) -> FloatArray:
    """The sub-region at the given px along the reading direction, from the region's first corner."""
    width, height = (max(v, 1e-6) for v in size(region))
    along, down = (region[1] - region[0]) / width, (region[3] - region[0]) / height
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return np.array([region[0] + x * along + y * down for x, y in corners])


def padded(region: FloatArray, share: float) -> FloatArray:
    """The region with a margin of ``share`` of its height, at least 1 px, on every side."""
    width, height = size(region)
    pad = max(1.0, share * height)
    return part(region, -pad, -pad, width + pad, height + pad)


def ink_of(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> BoolArray:
    """Which pixels of the turned region differ from its background (its most common colour)."""
    crop = crop_region(pixels, region)
    red, green, blue = (crop >> 4).astype(np.int16).transpose(2, 0, 1)
    coarse = red << 8 | green << 4 | blue
    commonest = np.sort(crop[coarse == np.bincount(coarse.ravel()).argmax()], axis=0)
    background = (commonest[(len(commonest) - 1) // 2].astype(np.float32) + commonest[len(commonest) // 2]) / 2
    difference = np.abs(crop - background).max(axis=2)
    return np.asarray(difference > max(24.0, settings.contrast * _strongest(difference)), np.bool_)


def _strongest(difference: NDArray[np.float32]) -> float:
    """The 99th percentile; for so few numbers several times faster than numpy's."""
    place = 0.99 * (difference.size - 1)
    low, high = int(place), min(int(place) + 1, difference.size - 1)
    parted = np.partition(difference.ravel(), (low, high))
    return float(parted[low] + (place - low) * (parted[high] - parted[low]))


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
    drawn = _drawn_runs(body, runs)
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


def _drawn_runs(body: BoolArray, runs: list[tuple[int, int]]) -> list[bool]:
    """Which runs of a line of text are drawn lines: legend samples, long or dashed, and a tick at the end.

    Their ink is thin and lies in the middle rows; a hyphen is as thin but short and stands alone.
    """
    height = len(body)
    thin = [_is_thin(body[:, a : b + 1]) for a, b in runs]
    drawn = [False] * len(runs)
    index = 0
    while index < len(runs):
        stop = index
        while stop < len(runs) and (thin[stop] or (stop > index and _is_mark(stop, runs, thin, height))):
            stop += 1
        start = index
        while start < stop and start > 0 and runs[start][0] - runs[start - 1][1] <= 0.3 * height:
            start += 1  # a letter or a long dash: it stands closer to its neighbour than a sample does
        if start < stop and not (stop - start == 1 and _is_plus(body, runs, start)):
            extent = runs[stop - 1][1] - runs[start][0] + 1
            if extent >= (1.0 if stop - start == 1 else 0.9) * height:
                drawn[start:stop] = [True] * (stop - start)
        if stop == len(runs) and stop - index == 1 and index > 0:
            last = body[:, runs[index][0] : runs[index][1] + 1]
            drawn[index] |= last.shape[1] >= 0.2 * height and _is_thin(last, 1.0)
        index = max(stop, index + 1)
    if runs:
        mirrored = [(body.shape[1] - 1 - last, body.shape[1] - 1 - first) for first, last in reversed(runs)]
        drawn[0] |= _is_stub(body, runs)
        drawn[-1] |= _is_stub(body[:, ::-1], mirrored)
    return drawn


def _is_plus(body: BoolArray, runs: list[tuple[int, int]], index: int) -> bool:
    """Whether a run is a plus sign between two words: as high as wide, its upright in the middle, a blank on each side.

    It is lower than letters; a sample with a mark on it is longer than its mark is high, or the mark stands out.
    """
    if not 0 < index < len(runs) - 1:
        return False
    (first, last), height = runs[index], len(body)
    blanks = first - runs[index - 1][1] - 1, runs[index + 1][0] - last - 1
    sign = body[:, first : last + 1]
    rows = np.flatnonzero(sign.any(axis=1))
    upright = np.flatnonzero(sign.sum(axis=0) > 0.8 * len(rows))
    small = rows[0] > 0 and sign.shape[1] <= 1.05 * height
    if not small or not upright.size or not abs(len(rows) - sign.shape[1]) <= max(1.0, 0.2 * height):
        return False
    centred = abs(float(upright.mean()) - (sign.shape[1] - 1) / 2) <= 1.0
    return centred and upright.size <= 0.4 * sign.shape[1] and min(blanks) > 0 and max(blanks) <= height


def _is_stub(body: BoolArray, runs: list[tuple[int, int]]) -> bool:
    """Whether a line begins with part of a sample whose rest the region leaves out: a low block apart from the text."""
    if len(runs) < 2:
        return False
    height = len(body)
    (first, last), (following, _) = runs[:2]
    block = body[:, first : last + 1]
    rows = np.flatnonzero(block.any(axis=1))
    low = rows[-1] - rows[0] + 1 <= 0.55 * height and block[rows[0] : rows[-1] + 1].mean() > 0.8
    return bool(low and first <= 0.2 * height and following - last - 1 >= 0.4 * height)


def _is_mark(index: int, runs: list[tuple[int, int]], thin: list[bool], height: int) -> bool:
    """A narrow stroke between two pieces of thin line: a censor mark on a dashed sample."""
    narrow = runs[index][1] - runs[index][0] + 1 <= max(2.0, 0.25 * height)
    return narrow and index + 1 < len(runs) and thin[index + 1] and thin[index - 1]


_THICKEST = 0.36, 0.45
"""Thickest stroke of a sample in heights of the text beside it, with a mark on it and alone: slanted strokes of letters
are as thick along their columns, but all of a letter is at least half as high as the others."""


def _is_thin(columns: BoolArray, share: float = 0.35) -> bool:
    """At least this share of it, and both its ends, are a thin horizontal line in the middle rows of the text.

    A mark may sit on the line; letters have stems or bows at their ends.
    """
    height, width = columns.shape
    first = columns.argmax(axis=0)
    last = height - 1 - columns[::-1].argmax(axis=0)
    thickness = columns.sum(axis=0)
    middle = (first + last) / 2
    low = float(np.ptp(np.flatnonzero(columns.any(axis=1)))) < 0.5 * height
    thickest = _THICKEST[int(low)] * height
    thin = (thickness == last - first + 1) & (thickness <= max(2.0, thickest))
    end = max(1, width // 5)
    if not (thin[:end].all() and thin[-end:].all()):
        return False
    left, right = _median(middle[:end]), _median(middle[-end:])
    level = (left + right) / 2
    if abs(left - right) > max(1.0, 0.15 * height):
        return False
    thin &= np.abs(middle - level) <= max(1.0, 0.15 * height)
    wanted = share if width >= height else max(share, 0.9)  # only a whole sample carries a mark
    return bool(thin.mean() >= wanted and 0.2 * height <= level + 0.5 <= 0.8 * height)


def _median(values: FloatArray) -> float:
    """The median; for so few numbers several times faster than numpy's."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
