"""Labels of one sign, as the "0" and "1" of a legend that names its arms by a coded variable.

The finder of lines looks for words: of digits below each other it makes one line on end, or none. Signs that are
higher than wide with blanks between them that no word has stand upright, one label each; and a sign that no line
holds is a label where a line sample leads to it and to another in its column.

Assumes upright labels. Cannot see a sign that touches its sample or its neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import Box, FloatArray, Pixels
from kmdigitize.text.ink_lines import OcrSettings, ink_of, part, runs_of, size, tight
from kmdigitize.text.samples import find_sample

_BLANK = 0.5
"""Blank between two upright labels, in heights of the lower one; that between letters on end is a third of it."""
_HIGHER = 0.9
"""Height of the flattest upright sign in its widths."""
_ALIKE, _ALIGNED, _PITCH = 0.2, 0.5, 4.0
"""How much signs of one legend differ in height, stand off their column and are apart, in heights."""


def upright_signs(pixels: Pixels, region: FloatArray, settings: OcrSettings) -> list[FloatArray]:
    """The regions (4, 2; px) of the signs that stand upright below each other in a ``region`` higher than wide.

    Empty where it holds fewer than two, or text on end.
    """
    width, tall = size(region)
    if tall <= settings.tall * width:
        return []
    ink = ink_of(pixels, region, settings)
    rows = runs_of(ink.any(axis=1))
    if len(rows) < 2:
        return []
    heights = [last - first + 1 for first, last in rows]
    widths = [int(np.ptp(np.flatnonzero(ink[first : last + 1].any(axis=0)))) + 1 for first, last in rows]
    upright = all(high >= _HIGHER * wide for high, wide in zip(heights, widths, strict=True))
    alike = min(heights) >= (1 - _ALIKE) * max(heights)
    blanks = [after[0] - before[1] - 1 for before, after in pairwise(rows)]
    if not (upright and alike and min(blanks) >= _BLANK * max(heights)):
        return []
    cut = [part(region, 0.0, float(first), width, float(last)) for first, last in rows]
    return [tight(pixels, piece, settings) for piece in cut]


def missed_labels(pixels: Pixels, letters: FloatArray, lines: Sequence[Box]) -> list[Box]:
    """Single ``letters`` (n, 4; px) outside ``lines`` that a line sample leads to, two or more in a column."""
    free = [Box(*letter) for letter in letters.tolist()]
    free = [letter for letter in free if not any(line.contains(letter.center_x, letter.center_y) for line in lines)]
    columns = [letter for letter in free if any(_below_each_other(letter, other) for other in free)]
    sampled = [letter for letter in columns if _has_sample(pixels, letter, free)]
    return [letter for letter in sampled if any(_below_each_other(letter, other) for other in sampled)]


def _below_each_other(one: Box, other: Box) -> bool:
    high = max(one.height, other.height) + 1
    apart = max(one.top, other.top) - min(one.bottom, other.bottom)
    alike = abs(one.height - other.height) <= _ALIKE * high
    aligned = min(abs(one.left - other.left), abs(one.center_x - other.center_x)) <= _ALIGNED * high
    return alike and aligned and _BLANK * high <= apart <= _PITCH * high


def _has_sample(pixels: Pixels, letter: Box, others: Sequence[Box]) -> bool:
    height = letter.height + 1
    level = [o.right for o in others if o.right < letter.left and abs(o.center_y - letter.center_y) < 0.6 * height]
    return find_sample(pixels, letter, height, (max(level, default=0.0) + 1, float(pixels.shape[1]))) is not None
