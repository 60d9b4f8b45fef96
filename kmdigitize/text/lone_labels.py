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

from kmdigitize.geometry import BoolArray, Box, FloatArray, Pixels
from kmdigitize.text.ink_lines import OcrSettings, ink_of, part, runs_of, size, tight
from kmdigitize.text.samples import find_sample

_BLANK = 0.5
"""Blank between two upright labels, in heights of the lower one; that between letters on end is a third of it."""
_HIGHER = 0.9
"""Height of the flattest upright sign in its widths."""
_ALIKE, _ALIGNED, _PITCH = 0.2, 0.5, 4.0
"""How much signs of one legend differ in height, stand off their column and are apart, in heights."""
_ASIDE = 12.0
"""How far signs of one row are apart in heights: a sample stands between them."""
_ONE_SIGN = 1.2
"""Width of a line of one sign in its heights, with the rim that the finder leaves; lines of two signs are wider."""
_TOGETHER = 256
"""Letters compared with all others at once."""


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
    """Single ``letters`` (n, 4; px) outside ``lines`` that a line sample leads to, as one does to another beside them.

    That one stands below or above, or level with it; it may be a line of its own.
    """
    held = np.array([[line.left, line.top, line.right, line.bottom] for line in lines]).reshape(-1, 4)
    x, y = ((letters[:, first] + letters[:, first + 2])[:, None] / 2 for first in (0, 1))
    inside = (held[:, 0] <= x) & (x <= held[:, 2]) & (held[:, 1] <= y) & (y <= held[:, 3])
    free, one_sign = ~inside.any(axis=1), held[:, 2] - held[:, 0] < _ONE_SIGN * (held[:, 3] - held[:, 1])
    single = letters[free | (inside & one_sign).any(axis=1)]

    def labels_among(some: FloatArray, others: FloatArray) -> FloatArray:
        near = some[_has_company(some, others)]
        alone = near[[_stands_alone(letter, letters) for letter in near]]
        return alone[[_has_sample(pixels, Box(*letter), single) for letter in alone.tolist()]]

    missed = labels_among(letters[free], single)
    partners = labels_among(single, missed)
    return [Box(*letter) for letter in missed[_has_company(missed, partners)].tolist()]


def _has_company(letters: FloatArray, others: FloatArray) -> BoolArray:
    """Which of ``letters`` (n, 4) stand below, above or beside one of ``others`` as high, as labels of a legend do."""
    found = [_near_any(letters[begin : begin + _TOGETHER], others) for begin in range(0, len(letters), _TOGETHER)]
    return np.concatenate([np.zeros(0, np.bool_), *found])


def _near_any(some: FloatArray, letters: FloatArray) -> BoolArray:
    left, right = (some[:, i, None] - letters[:, i] for i in (0, 2))
    one, other = some[:, 3, None] - some[:, 1, None], letters[:, 3] - letters[:, 1]
    high = np.maximum(one, other) + 1
    under = np.maximum(some[:, 1, None], letters[:, 1]) - np.minimum(some[:, 3, None], letters[:, 3])
    aside = np.maximum(some[:, 0, None], letters[:, 0]) - np.minimum(some[:, 2, None], letters[:, 2])
    alike = np.abs(one - other) <= _ALIKE * high
    aligned = np.minimum(np.abs(left), np.abs(left + right) / 2) <= _ALIGNED * high
    column = aligned & (_BLANK * high <= under) & (under <= _PITCH * high)
    level = np.abs(some[:, 3, None] - letters[:, 3]) <= _ALIKE * high
    row = level & (high <= aside) & (aside <= _ASIDE * high)
    return np.asarray((alike & (column | row)).any(axis=1), np.bool_)


def _stands_alone(letter: FloatArray, letters: FloatArray) -> bool:
    """Whether no other of ``letters`` (n, 4) is so near ``letter`` (4,) on its level that both are one word."""
    high = letter[3] - letter[1] + 1
    aside = np.maximum(letter[0], letters[:, 0]) - np.minimum(letter[2], letters[:, 2])
    level = np.minimum(letter[3], letters[:, 3]) - np.maximum(letter[1], letters[:, 1]) > 0
    return bool((level & (aside < _BLANK * high)).sum() == 1)


def _has_sample(pixels: Pixels, letter: Box, others: FloatArray) -> bool:
    height = letter.height + 1
    before = others[:, 2] < letter.left
    level = before & (np.abs((others[:, 1] + others[:, 3]) / 2 - letter.center_y) < 0.6 * height)
    first = float(others[level, 2].max(initial=0.0)) + 1
    return find_sample(pixels, letter, height, (first, float(pixels.shape[1]))) is not None
