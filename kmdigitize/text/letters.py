"""Pieces of ink that look like letters or digits: how high they are, and which of them the line finder missed.

A lone digit in a risk table is the first thing that the finder misses on a small picture; its ink is still a piece
of the height of the others, beside them in its row or its column. Assumes dark ink on a paper of one colour (or the
reverse); letters that touch each other or a curve are not pieces of their own and go unseen. The grain of a photograph
on the page is full of pieces that are no letters.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import BoolArray, Box, FloatArray, Pixels
from kmdigitize.pieces import pieces_of
from kmdigitize.windows import closed

_Found = TypeVar("_Found")

_CONTRAST = 36
"""Ink is darker than the paper around it by more than this grey value: pale print is, the noise of a scan is not."""
_HIGHEST, _LONGEST = 0.08, 0.25
"""Height of the highest letter as a share of the picture's height, length of the longest word as one of its side."""
_RULE = 0.3
"""Length of the shortest frame or rule as a share of the picture's side; curves have shorter straight parts."""
_SMALLER = 4
"""The grain of photographs is averaged over squares of so many px a side."""
_PHOTOGRAPH, _SOLID, _PLAIN = 0.1, 0.8, 0.4
"""Sides of the smallest photograph as a share of the page's, share of it that is not paper, and the largest share of
one colour (in 16 steps a channel): plots on a ground of their own are of that colour for the most part."""
_AS_HIGH, _LEVEL, _FAR = 0.12, 0.25, 8.0
"""How much letters of panels differ in height, how far they are off level and how far apart they are, in heights."""
_FULL, _BOLD, _FULLER = 0.85, 0.92, 0.95
"""Share of its box that a piece of text fills at most; a small bold B fills .88, letters that blur ran together may
fill more, a square symbol all of it."""
_LETTERS, _BLURRED = 0.0, 1.0
_FEWEST = 12
"""With fewer letters the height of the text is not known."""


def once_a_picture(find: Callable[[Pixels], _Found]) -> Callable[[Pixels], _Found]:
    """``find``, which keeps what it found on the last picture that nobody can change, as long as that is in use."""
    last: list[tuple[weakref.ref[Pixels], _Found]] = []

    @wraps(find)
    def known(pixels: Pixels) -> _Found:
        for picture, found in last:
            if picture() is pixels:
                return found
        found = find(pixels)
        if not pixels.flags.writeable:
            last[:] = [(weakref.ref(pixels), found)]
        return found

    return known


@once_a_picture
def find_pieces(pixels: Pixels) -> FloatArray:
    """Left, top, right, bottom (n, 4) in px of the pieces of ink that may be letters or words of touching letters."""
    pieces = _all_pieces(pixels)
    found = pieces[pieces[:, 4] == _LETTERS, :4]
    found.flags.writeable = False
    return found


def blurred_pieces(pixels: Pixels) -> FloatArray:
    """As :func:`find_pieces`, of letters that may have run into each other."""
    pieces = _all_pieces(pixels)
    return pieces[pieces[:, 4] == _BLURRED, :4]


@once_a_picture
def _all_pieces(pixels: Pixels) -> FloatArray:
    return _outside(photographs(pixels), _dark_pieces(_on_light_paper(pixels)))


@once_a_picture
def photographs(pixels: Pixels) -> tuple[Box, ...]:
    """Rectangles without paper and without a colour of their own, as filled plots and bars have one."""
    height, width = (side // _SMALLER for side in pixels.shape[:2])
    if min(height, width) < 1:
        return ()
    small = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    red, green, blue = (small >> 4).astype(np.int16).transpose(2, 0, 1)
    coarse = red << 8 | green << 4 | blue
    paper = _median(small[coarse == np.bincount(coarse.ravel()).argmax()])
    red, green, blue = np.abs(small - paper).transpose(2, 0, 1)
    printed = (np.maximum(np.maximum(red, green), blue) > _CONTRAST / 2).astype(np.uint8)
    printed = cv2.morphologyEx(printed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    found = []
    for left, top, wide, high, area in cv2.connectedComponentsWithStats(printed, connectivity=4)[2][1:].tolist():
        if min(wide / width, high / height) >= _PHOTOGRAPH and area >= _SOLID * wide * high:
            colours = np.bincount(coarse[top : top + high, left : left + wide].ravel())
            if colours.max() <= _PLAIN * wide * high:
                edges = left - 1, top - 1, left + wide + 1, top + high + 1
                found.append(Box(*(float(_SMALLER * edge) for edge in edges)))
    return tuple(found)


def _median(colours: Pixels) -> NDArray[np.float32]:
    """The median of each channel of ``colours`` (n, 3), counted."""
    middle = np.array([len(colours) - 1, len(colours)]) // 2 + 1
    counts = (np.bincount(channel, minlength=256).cumsum() for channel in colours.T)
    return np.array([np.searchsorted(count, middle).mean() for count in counts], np.float32)


def reversed_pieces(pixels: Pixels) -> FloatArray:
    """As :func:`find_pieces`, of letters in the colour of the paper on a bar in another, as in the head of a table."""
    grey = _on_light_paper(pixels)
    if not _has_bars(grey):
        return np.zeros((0, 4))
    pieces = _dark_pieces(np.asarray(cv2.bitwise_not(grey), np.uint8))
    pieces = pieces[pieces[:, 4] == _LETTERS, :4]
    left, top, right, bottom = (pieces + np.array([-2, -2, 2, 2])).astype(int).clip(0).T
    right, bottom = right.clip(max=grey.shape[1] - 1), bottom.clip(max=grey.shape[0] - 1)
    around = np.stack([grey[top, left], grey[top, right], grey[bottom, left], grey[bottom, right]])
    reversed_ones = np.all(around < _commonest(grey) - _CONTRAST, axis=0)
    return _outside(photographs(pixels), pieces[reversed_ones]) if reversed_ones.any() else pieces[:0]


def _has_bars(grey: NDArray[np.uint8]) -> bool:
    """Whether any square is darker than the paper throughout, as bars are beside their letters."""
    side = 2 * _SMALLER
    lightest = cv2.dilate(grey, np.ones((side, side), np.uint8))[side:-side, side:-side]
    return bool(lightest.min(initial=255) < _commonest(grey) - _CONTRAST)


def _outside(boxes: Sequence[Box], pieces: FloatArray) -> FloatArray:
    """Those of ``pieces`` (n, 4 or more) that lie in none of ``boxes``."""
    left, top, right, bottom = pieces[:, :4].T
    within = [(left >= b.left) & (top >= b.top) & (right <= b.right) & (bottom <= b.bottom) for b in boxes]
    return pieces[~np.any(within, axis=0)] if within else pieces


def _on_light_paper(pixels: Pixels) -> NDArray[np.uint8]:
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return np.asarray(grey if _commonest(grey) > 127 else cv2.bitwise_not(grey), np.uint8)


def _commonest(grey: NDArray[np.uint8]) -> int:
    return int(cv2.calcHist([grey], [0], None, [256], [0, 256]).argmax())


def _dark_pieces(grey: NDArray[np.uint8]) -> FloatArray:
    """Pieces darker than what surrounds them, of a height and length that letters and words have, with their kind."""
    side = round(_HIGHEST * len(grey)) | 1
    ink = _without_rules((cv2.subtract(closed(grey, side, side), grey) > _CONTRAST).astype(np.uint8))
    found = pieces_of(ink)
    left, top, width, height = found.left, found.top, found.width, found.height
    fill = found.area / (width * height)
    long, thin = np.maximum(width, height), np.minimum(width, height)
    alike = (long >= 5) & (long <= _LONGEST * max(grey.shape)) & (thin >= 3) & (thin <= side)
    bold = (fill < _BOLD) & (width >= 0.5 * height) & (width <= height)
    kind = np.where((fill < _FULL) | bold, _LETTERS, np.where(fill < _FULLER, _BLURRED, np.nan))
    alike &= (fill > 0.2) & (kind >= 0)
    return np.asarray(np.column_stack([left, top, left + width - 1, top + height - 1, kind])[alike], np.float64)


def _without_rules(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames and rules taken out, so that letters that touch them are pieces of their own."""
    height, width = (max(3, round(_RULE * side)) for side in ink.shape)
    level = cv2.transpose(_long_runs(np.asarray(cv2.transpose(ink), np.uint8), width))
    rules = np.asarray(cv2.dilate(cv2.bitwise_or(_long_runs(ink, height), level), np.ones((3, 3), np.uint8)), np.uint8)
    return np.asarray(ink & (1 - rules), np.uint8)


def _long_runs(ink: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """What an opening with a column of ``length`` px leaves of ``ink`` (h, w) of zeros and ones, 8 px in a byte."""
    full = _all_within(np.packbits(ink, axis=1), length)
    full = ~_all_within(~full, length) if full.any() else full
    return np.unpackbits(full, axis=1, count=ink.shape[1])


def _all_within(ink: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """Whether all of a column of ``length`` px around each bit is inked, as what lies outside the picture is.

    The columns looked at double from step to step, so that long ones take a tenth of the time of a filter.
    """
    before = length // 2
    found = np.pad(ink, ((before, length - 1 - before), (0, 0)), constant_values=255)
    span = 1
    while 2 * span <= length:
        found = found[:-span] & found[span:]
        span *= 2
    return found[: len(ink)] & found[length - span : length - span + len(ink)]


def single_letters(pieces: FloatArray) -> FloatArray:
    """Those of ``pieces`` (n, 4) with the proportions of one upright letter or digit."""
    width, height = pieces[:, 2] - pieces[:, 0] + 1, pieces[:, 3] - pieces[:, 1] + 1
    return pieces[(width >= 0.25 * height) & (width <= 1.3 * height)]


def letter_height(letters: FloatArray) -> float | None:
    """Height in px that three quarters of the letters reach; None when there are too few to say."""
    if len(letters) < _FEWEST:
        return None
    return float(np.percentile(letters[:, 3] - letters[:, 1] + 1, 25))


def missed_pieces(letters: FloatArray, lines: Sequence[Box]) -> list[Box]:
    """Letters, neighbours joined, that no line holds but that stand in the row or the column of one."""
    if not lines:
        return []
    limits = np.array([[b.left, b.top, b.right, b.bottom] for b in lines])
    rows = limits[limits[:, 2] - limits[:, 0] > 0.5 * (limits[:, 3] - limits[:, 1])]
    height = letters[:, 3] - letters[:, 1] + 1
    x, y = (letters[:, 0] + letters[:, 2]) / 2, (letters[:, 1] + letters[:, 3]) / 2
    held = _within(x, limits[:, 0], limits[:, 2]) & _within(y, limits[:, 1], limits[:, 3])
    inside = letters[held.any(axis=1)]
    if len(inside) < _FEWEST or not len(rows):
        return []
    usual = inside[:, 3] - inside[:, 1] + 1
    like = (height >= np.percentile(usual, 25) - 1) & (height <= np.percentile(usual, 90) + 1)
    middle, tall = (rows[:, 1] + rows[:, 3]) / 2, rows[:, 3] - rows[:, 1]
    in_row = np.abs(y[:, None] - middle) < 0.2 * tall
    short = rows[:, 2] - rows[:, 0] < 3 * tall
    in_column = short & (x[:, None] > rows[:, 0]) & (x[:, None] < rows[:, 2])
    wanted = like & ~held.any(axis=1) & ((in_row.sum(axis=1) >= 2) | (in_column.sum(axis=1) >= 2))
    return _joined(letters[wanted])


def missed_letters(letters: FloatArray, alike: Sequence[Box], lines: Sequence[Box]) -> list[Box]:
    """Letters that no line holds, as high as one of ``alike`` and level with it or in its column, far from it.

    The letters of the panels of a figure are such: alone, and each like the others.
    """
    found = []
    for left, top, right, bottom in letters.tolist():
        letter = Box(left, top, right, bottom)
        like = any(
            abs(letter.height - other.height) <= _AS_HIGH * other.height
            and (abs(bottom - other.bottom) <= _LEVEL * other.height or abs(left - other.left) <= other.height)
            and max(abs(left - other.left), abs(top - other.top)) >= _FAR * other.height
            for other in alike
        )
        if like and not any(line.contains(letter.center_x, letter.center_y) for line in lines):
            found.append(letter)
    return found


def _within(values: FloatArray, low: FloatArray, high: FloatArray) -> BoolArray:
    return np.asarray((values[:, None] >= low) & (values[:, None] <= high), np.bool_)


def _joined(letters: FloatArray) -> list[Box]:
    """Letters side by side on one row are one piece: a gap of half their height parts them."""
    pieces: list[Box] = []
    for left, top, right, bottom in letters[np.argsort(letters[:, 0])]:
        letter = Box(float(left), float(top), float(right), float(bottom))
        for index, piece in enumerate(pieces):
            shared = min(piece.bottom, letter.bottom) - max(piece.top, letter.top)
            if shared > 0.6 * letter.height and letter.left - piece.right < 0.5 * letter.height:
                pieces[index] = piece.union(letter)
                break
        else:
            pieces.append(letter)
    return pieces
