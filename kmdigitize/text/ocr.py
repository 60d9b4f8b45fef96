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
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import Box, FloatArray, Pixels
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.text.ink_lines import (
    OcrSettings,
    bounds,
    corners,
    cut_line,
    has_ink,
    ink_of,
    padded,
    part,
    runs_of,
    size,
    tight,
)
from kmdigitize.text.letters import find_pieces, missed_letters, missed_pieces, single_letters
from kmdigitize.text.lone_labels import missed_labels, upright_signs
from kmdigitize.text.lying import lying_numbers
from kmdigitize.text.orientation import Read, best_orientation, is_number_on_end
from kmdigitize.text.reader import Reader, shared_reader

log = logging.getLogger(__name__)

_FOREIGN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_RAISED = str.maketrans("⁺⁻", "+-")
"""A raised sign is read raised or not by chance: the same arm must not have two names."""
_NUMERIC = re.compile(r"[\d.,·%()/<>=+\-–—OolI|]+")
_Piece = tuple[FloatArray, float]
_COUNT, _PANEL, _LABEL = re.compile(r"\d[\d.,]*%?"), re.compile(r"[A-L]"), re.compile(r"[A-Za-z0-9]")
_CERTAIN = 0.9
"""Confidence above which what the finder of lines missed is taken as it is read."""
_UPRIGHT, _ALIKE = 1.1, 0.7
"""Up to this height, in widths, a region is upright; no sign of a text is lower than this share of the highest."""
_LOWEST = 3  # px from the first row of the lowest sign that can be read to its last
_STUBS = "-–—_|.·'`~¯=:;, "


def read_tokens(
    figure: Figure, reader: Reader | None = None, settings: OcrSettings | None = None
) -> tuple[TextToken, ...]:
    """Every piece of text on ``figure``, in reading order of its lines.

    Boxes are of the ink in pixel-centre px; vertical text has angle 90 (bottom to top) or -90.
    """
    reader, settings = reader or shared_reader(), settings or OcrSettings()
    lines = _whole_lines(reader.find_lines(figure.pixels), settings)
    boxes = [bounds(line) for line in lines]
    pieces = [piece for line in lines for piece in _pieces(figure.pixels, line, boxes, settings)]
    tokens = _read(figure.pixels, reader, [piece for piece in pieces if piece[1] >= 0], settings)
    turned = [piece for piece in pieces if piece[1] < 0 and not _is_read(piece[0], tokens)]
    tokens += _read(figure.pixels, reader, turned, settings)
    tokens += _read_missed(figure.pixels, reader, lines, tokens, settings)
    tokens = _split_numbers(figure.pixels, reader, tokens, settings)
    lying = lying_numbers([token for token, _ in tokens], single_letters(find_pieces(figure.pixels)))
    tokens += _read(figure.pixels, reader, [piece for box in lying for piece in _on_end(corners(box))], settings)
    tokens = best_orientation(tokens)
    log.debug("read %d tokens", len(tokens))
    return tuple(token for token, _ in tokens)


def reread(figure: Figure, boxes: Sequence[Box], numeric: bool, reader: Reader | None = None) -> tuple[TextToken, ...]:
    """Read the given upright boxes (px) again, each from its tight ink, in one batch.

    With ``numeric`` the reply is reduced to what can be part of a number or a table cell. A box without readable
    ink gives a token with empty text and confidence 0.
    """
    reader, settings = reader or shared_reader(), OcrSettings()
    inked = [i for i, box in enumerate(boxes) if has_ink(figure.pixels, corners(box), settings)]
    regions = [padded(tight(figure.pixels, corners(boxes[i]), settings), settings.pad) for i in inked]
    replies = reader.read_regions(figure.pixels, np.asarray(regions).reshape(-1, 4, 2)) if inked else []
    tokens = [TextToken("", box, 0.0) for box in boxes]
    for i, (text, score) in zip(inked, replies, strict=True):
        clean = re.sub(r"[^\d.,·%()/\[\]\-–OolI|]", "", text).strip(_STUBS) if numeric else text.strip()
        tokens[i] = TextToken(clean, boxes[i], score)
    return tuple(tokens)


def _pieces(pixels: Pixels, line: FloatArray, boxes: Sequence[Box], settings: OcrSettings) -> list[_Piece]:
    """The regions that a line is cut into, each with the angle at which it may be read."""
    upright = upright_signs(pixels, line, settings)
    if upright:
        return [(piece, 0.0) for piece in upright]
    oriented = _orientations(line, boxes, settings)
    if len(oriented) == 1 and _is_stacked(pixels, line, settings):
        oriented += _on_end(line)
    return [(piece, angle) for region, angle in oriented for piece in cut_line(pixels, region, settings)]


def _is_read(region: FloatArray, tokens: list[Read]) -> bool:
    """Whether words or a number were read on end in this place, so that nobody needs to look upside down."""
    box = bounds(region)
    area = max(1.0, box.width * box.height)
    return any(
        token.angle > 0
        and ((token.confidence > 0.9 and sum(map(str.isalpha, token.text)) > 4) or is_number_on_end(token))
        and token.box.overlap(box) > 0.8 * area
        for token, _ in tokens
    )


def _read_missed(
    pixels: Pixels, reader: Reader, lines: Sequence[FloatArray], tokens: Sequence[Read], settings: OcrSettings
) -> list[Read]:
    """Numbers, panel letters and labels of one sign that the finder missed, only where they are read for certain."""
    letters, held = single_letters(find_pieces(pixels)), [bounds(line) for line in lines]
    counts = missed_pieces(letters, held)
    named = [token.box for token, _ in tokens if token.confidence > _CERTAIN and _PANEL.fullmatch(token.text)]
    panels = missed_letters(letters, named, held)
    return [
        item
        for boxes, kind in ((counts, _COUNT), (panels, _PANEL), (missed_labels(pixels, letters, held), _LABEL))
        for item in _read(pixels, reader, [(corners(box), 0.0) for box in boxes], settings, _CERTAIN)
        if item[0].confidence > _CERTAIN and kind.fullmatch(item[0].text)
    ]


def _whole_lines(lines: FloatArray, settings: OcrSettings) -> list[FloatArray]:
    """Lines that overlap in the direction they are read are one line that was found twice."""
    boxes = [bounds(line) for line in lines]
    tall = [box for box in boxes if _is_tall(box, settings)]
    on_end = [any(_in_column(other, box) for other in tall) for box in boxes]
    whole: list[FloatArray] = []
    held: list[Box] = []
    sides = np.zeros((len(boxes), 4))
    for piece in sorted(range(len(boxes)), key=lambda i: -max(size(lines[i]))):
        box, others = boxes[piece], sides[: len(held)]
        level = (others[:, 1] < box.bottom) & (others[:, 3] > box.top)
        meeting = np.flatnonzero(level & (others[:, 0] < box.right) & (others[:, 2] > box.left)).tolist()
        index = next((i for i in meeting if _one_line(held[i], box, on_end[piece], settings)), len(held))
        if index == len(held):
            whole.append(lines[piece])
            held.append(box)
        else:
            held[index] = held[index].union(box)
            whole[index] = corners(held[index])
        sides[index] = held[index].left, held[index].top, held[index].right, held[index].bottom
    return whole


def _one_line(long: Box, short: Box, on_end: bool, settings: OcrSettings) -> bool:
    """Whether ``short`` overlaps the end of ``long`` on the same line; both may stand ``on_end``."""
    shared_x = min(long.right, short.right) - max(long.left, short.left)
    shared_y = min(long.bottom, short.bottom) - max(long.top, short.top)
    if shared_x <= 0 or shared_y <= 0:
        return False
    tall = settings.tall * max(long.width, short.width)
    if long.height > tall or (on_end and long.union(short).height > tall):
        return shared_x > 0.6 * min(short.width, long.width) and short.height > 0.8 * short.width
    alike = 0.6 < (short.height + 1) / (long.height + 1) < 1.6
    inside = short.left >= long.left and short.right <= long.right
    return alike and not inside and shared_y > 0.7 * min(short.height, long.height) and shared_x > 0.2 * short.height


def _orientations(line: FloatArray, boxes: Sequence[Box], settings: OcrSettings) -> list[_Piece]:
    """The region as it may be read: upright, from bottom to top, from top to bottom.

    A region of about equal sides may be a short label on end if one of ``boxes`` in its column certainly stands so.
    """
    width, height = size(line)
    if height > 2 * settings.tall * width:
        return _on_end(line)
    if height > settings.tall * width:
        return [(line, 0.0), *_on_end(line)]
    own = bounds(line)
    if height > _UPRIGHT * width and any(_is_tall(other, settings) and _in_column(other, own) for other in boxes):
        return [(line, 0.0), *_on_end(line)]
    return [(line, 0.0)]


def _on_end(line: FloatArray) -> list[_Piece]:
    """The region as it is read from bottom to top and from top to bottom."""
    return [(np.roll(line, 1, axis=0), 90.0), (np.roll(line, -1, axis=0), -90.0)]


def _is_stacked(pixels: Pixels, line: FloatArray, settings: OcrSettings) -> bool:
    """Whether a region higher than wide holds two signs of one height above each other, as a short number on end."""
    width, height = size(line)
    if height <= _UPRIGHT * width:
        return False
    runs = [last - first + 1 for first, last in runs_of(ink_of(pixels, line, settings).any(axis=1))]
    return sum(run >= _ALIKE * max(runs) for run in runs) >= 2


def _is_tall(box: Box, settings: OcrSettings) -> bool:
    return box.height > settings.tall * box.width


def _in_column(other: Box, box: Box) -> bool:
    shared = min(other.right, box.right) - max(other.left, box.left)
    return shared > 0.7 * max(other.width, box.width)


def _read(
    pixels: Pixels, reader: Reader, pieces: Sequence[_Piece], settings: OcrSettings, least: float = 0.0
) -> list[Read]:
    asked = np.asarray([padded(region, settings.pad) for region, _ in pieces]).reshape(-1, 4, 2)
    tokens: list[Read] = []
    for (region, angle), (text, score) in zip(pieces, reader.read_regions(pixels, asked, least), strict=True):
        clean = _FOREIGN.sub("", text).translate(_RAISED).strip()
        if score >= settings.min_confidence and size(region)[1] >= _LOWEST and re.search(r"[^\W_]|%", clean):
            tokens.append((TextToken(clean, bounds(region), round(score, 4), angle), region))
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


def _split_numbers(pixels: Pixels, reader: Reader, tokens: list[Read], settings: OcrSettings) -> list[Read]:
    """Several numbers in one token become several tokens, cut at the widest gaps and read again."""
    result: list[Read] = []
    cut: list[_Piece] = []
    for token, region in tokens:
        wanted = _pieces_wanted(token.text)
        pieces = _cut_numbers(pixels, region, wanted, settings) if wanted > 1 else []
        if len(pieces) > 1:
            cut += [(piece, token.angle) for piece in pieces]
        else:
            result.append((token, region))
    return result + _read(pixels, reader, cut, settings)


def _cut_numbers(pixels: Pixels, region: FloatArray, count: int, settings: OcrSettings) -> list[FloatArray]:
    whole = padded(region, 0.0)
    runs = runs_of(ink_of(pixels, whole, settings).any(axis=0))
    gaps = [(b[0] - a[1], i) for i, (a, b) in enumerate(pairwise(runs))]
    _, height = size(region)
    widest = sorted(i for gap, i in sorted(gaps, reverse=True)[: count - 1] if gap > settings.number_gap * height)
    if len(widest) != count - 1:
        return []
    firsts = [runs[0][0], *(runs[i + 1][0] for i in widest)]
    lasts = [*(runs[i][1] for i in widest), runs[-1][1]]
    top, bottom = 1.0, size(whole)[1] - 1.0
    parts = [part(whole, float(a), top, float(b), bottom) for a, b in zip(firsts, lasts, strict=True)]
    return [tight(pixels, part, settings) for part in parts]
