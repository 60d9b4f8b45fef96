"""Text tokens of a figure: what is printed where.

The reader (:mod:`kmdigitize.text.reader`) finds lines; each line is cut where its ink leaves a gap wider than the
text is high (table cells, tick labels that were taken for one line), shrunk to its ink plus a quarter of its height,
and all pieces are read in one batch. Lines that stand on end are read from bottom to top.

Assumes upright text (a tilt of a few degrees is followed) that contrasts with what is directly around it. Cannot
separate text from a curve that runs through it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.geometry import BoolArray, Box, FloatArray, Pixels
from kmdigitize.records import Figure, TextToken
from kmdigitize.text.reader import Reader, crop_region, shared_reader

log = logging.getLogger(__name__)


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
    page_pixels: float = 1.0e6
    """Lines are looked for on a picture of this many pixels at most: the time goes with the area, and on 1 Mpx the
    same 109 lines were found as on 5 Mpx."""
    smallest_text: float = 8.0
    """Where the shrunken lines are lower than this (px, median), they are looked for again at full size."""
    tall: float = 1.5
    """Regions taller than this multiple of their width may hold vertical text."""
    min_confidence: float = 0.45
    """Replies below are dropped: on ink that is no text the reader is unsure."""


_NUMERIC = re.compile(r"[\d.,·%()/<>=+\-–—OolI|]+")
_STUBS = "-–—_|.·'`~¯=:;, "


def read_tokens(
    figure: Figure, reader: Reader | None = None, settings: OcrSettings | None = None
) -> tuple[TextToken, ...]:
    """Every piece of text on ``figure``, in reading order of its lines.

    Boxes are of the ink in pixel-centre px; vertical text has angle 90 (bottom to top) or -90.
    """
    reader, settings = reader or shared_reader(), settings or OcrSettings()
    regions: list[FloatArray] = []
    angles: list[float] = []
    for line in _whole_lines(_find_lines(figure.pixels, reader, settings), settings):
        for region, angle in _orientations(line, settings):
            pieces = _cut_line(figure.pixels, region, settings)
            regions += pieces
            angles += [angle] * len(pieces)
    tokens = _read(figure.pixels, reader, regions, angles, settings)
    tokens = _split_numbers(figure.pixels, reader, tokens, settings)
    tokens = _best_orientation(tokens)
    log.debug("read %d tokens", len(tokens))
    return tuple(token for token, _ in tokens)


def reread(figure: Figure, boxes: Sequence[Box], numeric: bool, reader: Reader | None = None) -> tuple[TextToken, ...]:
    """Read the given upright boxes (px) again, each from its tight ink, in one batch.

    With ``numeric`` the reply is reduced to what can be part of a number or a table cell. A box without readable
    ink gives a token with empty text and confidence 0.
    """
    reader, settings = reader or shared_reader(), OcrSettings()
    regions = [_padded(_tight(figure.pixels, _corners(box), settings), settings.pad) for box in boxes]
    replies = reader.read_regions(figure.pixels, np.asarray(regions).reshape(-1, 4, 2))
    tokens = []
    for box, (text, score) in zip(boxes, replies, strict=True):
        clean = re.sub(r"[^\d.,·%()/\[\]\-–OolI|]", "", text).strip(_STUBS) if numeric else text.strip()
        tokens.append(TextToken(clean, box, score))
    return tuple(tokens)


def _corners(box: Box) -> FloatArray:
    return np.array(
        [[box.left, box.top], [box.right, box.top], [box.right, box.bottom], [box.left, box.bottom]], np.float64
    )


def _bounds(region: FloatArray) -> Box:
    (left, top), (right, bottom) = region.min(axis=0), region.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def _size(region: FloatArray) -> tuple[float, float]:
    """Width and height of a region along its reading direction."""
    return float(np.linalg.norm(region[1] - region[0])), float(np.linalg.norm(region[3] - region[0]))


def _find_lines(pixels: Pixels, reader: Reader, settings: OcrSettings) -> FloatArray:
    """Lines (n, 4, 2) in px of ``pixels``, found on a smaller picture where its text stays legible."""
    scale = (settings.page_pixels / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    if scale >= 0.9:
        return reader.find_lines(pixels)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lines = reader.find_lines(np.asarray(small, np.uint8))
    heights = [min(_size(line)) for line in lines]
    if heights and np.median(heights) * 0.6 < settings.smallest_text:  # a found line is 1.6 times as high as its ink
        return reader.find_lines(pixels)
    factors = np.array([pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0]])
    return (lines + 0.5) * factors - 0.5


def _whole_lines(lines: FloatArray, settings: OcrSettings) -> list[FloatArray]:
    """Lines on end that overlap along their column are one line that was found twice."""
    whole: list[FloatArray] = []
    for line in sorted(lines, key=lambda r: -max(_size(r))):
        box = _bounds(line)
        for index, other in enumerate(whole):
            wide = _bounds(other)
            upright = wide.height <= settings.tall * wide.width
            across = min(box.right, wide.right) - max(box.left, wide.left)
            along = min(box.bottom, wide.bottom) - max(box.top, wide.top)
            if not upright and across > 0.6 * min(box.width, wide.width) and 0 < along and box.height > 0.8 * box.width:
                whole[index] = _corners(wide.union(box))
                break
        else:
            whole.append(line)
    return whole


def _orientations(line: FloatArray, settings: OcrSettings) -> list[tuple[FloatArray, float]]:
    """The region as it may be read: upright, or from bottom to top and top to bottom when it stands on end."""
    width, height = _size(line)
    if height <= settings.tall * width:
        return [(line, 0.0)]
    vertical = [(np.roll(line, 1, axis=0), 90.0), (np.roll(line, -1, axis=0), -90.0)]
    return [(line, 0.0), *vertical] if height <= 2 * settings.tall * width else vertical


def _part(region: FloatArray, left: float, top: float, right: float, bottom: float) -> FloatArray:
    """The sub-region at the given px along the reading direction, from the region's first corner."""
    width, height = (max(v, 1e-6) for v in _size(region))
    along, down = (region[1] - region[0]) / width, (region[3] - region[0]) / height
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return np.array([region[0] + x * along + y * down for x, y in corners])


def _padded(region: FloatArray, share: float) -> FloatArray:
    width, height = _size(region)
    pad = max(1.0, share * height)
    return _part(region, -pad, -pad, width + pad, height + pad)


def _ink(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> BoolArray:
    """Which pixels of the turned region differ from its background (its most common colour)."""
    crop = crop_region(pixels, region).astype(np.int64)
    coarse = (crop // 16) @ np.array([256, 16, 1])
    values, counts = np.unique(coarse, return_counts=True)
    background = np.median(crop[coarse == values[np.argmax(counts)]], axis=0)
    difference = np.abs(crop - background).max(axis=2)
    strongest = float(np.percentile(difference, 99))
    return np.asarray(difference > max(24.0, settings.contrast * strongest), np.bool_)


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _tight_rows(ink: BoolArray) -> tuple[int, int] | None:
    """Rows of the tallest run of rows with ink, joined with its dots and accents; None without ink."""
    runs = _runs(ink.any(axis=1))
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


def _tight(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> FloatArray:
    """The region shrunk to its ink."""
    ink = _ink(pixels, region, settings)
    rows = _tight_rows(ink)
    if rows is None:
        return region
    columns = np.flatnonzero(ink[rows[0] : rows[1] + 1].any(axis=0))
    return _part(region, float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[1]))


def _cut_line(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> list[FloatArray]:
    """The pieces of a line between wide gaps and pieces of drawn line, each shrunk to its ink."""
    ink = _ink(pixels, region, settings)
    rows = _tight_rows(ink)
    if rows is None:
        return []
    body = ink[rows[0] : rows[1] + 1]
    height = len(body)
    runs = _runs(body.any(axis=0))
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
    cut = [_part(region, float(a), float(rows[0]), float(b), float(rows[1])) for a, b in pieces]
    return [_tight(pixels, piece, settings) for piece in cut]


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
        if start < stop:
            extent = runs[stop - 1][1] - runs[start][0] + 1
            if extent >= (1.0 if stop - start == 1 else 0.9) * height:
                drawn[start:stop] = [True] * (stop - start)
        if stop == len(runs) and stop - index == 1 and index > 0:
            last = body[:, runs[index][0] : runs[index][1] + 1]
            drawn[index] |= last.shape[1] >= 0.2 * height and _is_thin(last, 1.0)
        index = max(stop, index + 1)
    return drawn if not all(drawn) else [True] * len(runs)


def _is_mark(index: int, runs: list[tuple[int, int]], thin: list[bool], height: int) -> bool:
    """A narrow stroke between two pieces of thin line: a censor mark on a dashed sample."""
    narrow = runs[index][1] - runs[index][0] + 1 <= max(2.0, 0.25 * height)
    return narrow and index + 1 < len(runs) and thin[index + 1] and thin[index - 1]


def _is_thin(columns: BoolArray, share: float = 0.35) -> bool:
    """At least this share of it, and both its ends, are a thin horizontal line in the middle rows of the text.

    A mark may sit on the line; letters have stems or bows at their ends.
    """
    height, width = columns.shape
    first = columns.argmax(axis=0)
    last = height - 1 - columns[::-1].argmax(axis=0)
    thickness = columns.sum(axis=0)
    middle = (first + last) / 2
    thin = (thickness == last - first + 1) & (thickness <= max(2.0, 0.36 * height))
    end = max(1, width // 5)
    left, right = float(np.median(middle[:end])), float(np.median(middle[-end:]))
    level = (left + right) / 2
    if not (thin[:end].all() and thin[-end:].all()) or abs(left - right) > max(1.0, 0.15 * height):
        return False
    thin &= np.abs(middle - level) <= max(1.0, 0.15 * height)
    return bool(thin.mean() >= share and 0.2 * height <= level + 0.5 <= 0.8 * height)


_Read = tuple[TextToken, FloatArray]


def _read(
    pixels: Pixels, reader: Reader, regions: list[FloatArray], angles: list[float], settings: OcrSettings
) -> list[_Read]:
    asked = np.asarray([_padded(region, settings.pad) for region in regions]).reshape(-1, 4, 2)
    tokens: list[_Read] = []
    for region, angle, (text, score) in zip(regions, angles, reader.read_regions(pixels, asked), strict=True):
        clean = re.sub(r"[\u2e80-\u9fff\uac00-\ud7a3\uff00-\uffef]", "", text).strip()
        if score >= settings.min_confidence and re.search(r"[^\W_]|%", clean):
            tokens.append((TextToken(clean, _bounds(region), round(score, 4), angle), region))
    return tokens


def _pieces_wanted(text: str) -> int:
    """How many pieces a token with several numbers has: a label before two or more of them is one piece."""
    words = text.split()
    numeric = [bool(_NUMERIC.fullmatch(w) and re.search(r"\d", w)) for w in words]
    count = next((i for i, flag in enumerate(reversed(numeric)) if not flag), len(words))
    if "(" in text or count < 2:
        return 1
    if count == len(words):
        return count
    return count + 1 if count >= 3 else 1


def _split_numbers(pixels: Pixels, reader: Reader, tokens: list[_Read], settings: OcrSettings) -> list[_Read]:
    """Several numbers in one token become several tokens, cut at the widest gaps and read again."""
    result: list[_Read] = []
    regions: list[FloatArray] = []
    angles: list[float] = []
    for token, region in tokens:
        wanted = _pieces_wanted(token.text)
        pieces = _cut_numbers(pixels, region, wanted, settings) if wanted > 1 else []
        if len(pieces) > 1:
            regions += pieces
            angles += [token.angle] * len(pieces)
        else:
            result.append((token, region))
    return result + _read(pixels, reader, regions, angles, settings)


def _cut_numbers(pixels: Pixels, region: FloatArray, count: int, settings: OcrSettings) -> list[FloatArray]:
    ink = _ink(pixels, _padded(region, 0.0), settings)
    runs = _runs(ink.any(axis=0))
    gaps = [(b[0] - a[1], i) for i, (a, b) in enumerate(zip(runs, runs[1:], strict=False))]
    _, height = _size(region)
    widest = sorted(i for gap, i in sorted(gaps, reverse=True)[: count - 1] if gap > settings.number_gap * height)
    if len(widest) != count - 1:
        return []
    firsts = [runs[0][0], *(runs[i + 1][0] for i in widest)]
    lasts = [*(runs[i][1] for i in widest), runs[-1][1]]
    offset = 1.0
    whole = _padded(region, 0.0)
    bottom = _size(whole)[1] - offset
    parts = [_part(whole, float(a), offset, float(b), bottom) for a, b in zip(firsts, lasts, strict=True)]
    return [_tight(pixels, part, settings) for part in parts]


def _best_orientation(tokens: list[_Read]) -> list[_Read]:
    """Of readings of the same place in several directions, one: that of a longer neighbour in the same column of
    vertical text, else the surest (upright wins ties)."""
    long = [t for t, _ in tokens if abs(t.angle) == 90 and len(t.text) > 4 and t.confidence > 0.8]

    def score(item: _Read) -> float:
        token = item[0]
        column = any(
            t.angle == token.angle
            and min(t.box.right, token.box.right) - max(t.box.left, token.box.left) > 0.6 * token.box.width
            for t in long
            if t is not token
        )
        return token.confidence * max(1, len(token.text)) ** 0.5 + 0.05 * (token.angle == 0) + 5.0 * column

    kept: list[_Read] = []
    for token, region in sorted(tokens, key=lambda item: -score(item)):
        area = max(1.0, token.box.width * token.box.height)
        if not any(k.box.overlap(token.box) > (0.4 if k.angle != token.angle else 0.8) * area for k, _ in kept):
            kept.append((token, region))
    return sorted(kept, key=lambda item: (round(item[0].box.center_y), item[0].box.left))
