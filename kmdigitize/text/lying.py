"""Numbers on end of which the finder of lines saw sign by sign.

A small "0.8" that is read from bottom to top has a gap at its point, so that its digits look like lines of their own.
Upright digits are higher than wide; those that are wider lie on their side.
"""

from __future__ import annotations

from collections.abc import Sequence

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.figure import TextToken

_WIDER = 1.2
"""Width of a sign, in its heights, from which it lies on its side."""
_ALIGNED = 0.25
"""How far the sides of signs of one number differ, in widths: they all stand on the same line."""
_POINT = 1.5
"""Largest distance of two signs of one number, in heights: a point with its blanks."""


def lying_numbers(tokens: Sequence[TextToken], letters: FloatArray) -> list[Box]:
    """Places of two signs or more that lie on their side, one right above the other, of which one was read.

    ``letters`` (n, 4; px) are pieces of ink, of which those that were not read may be the others.
    """
    signs = [t.box for t in tokens if t.angle == 0 and len(t.text) == 1 and t.text.isalnum()]
    lying = [box for box in signs if _lies(box)]
    read = [token.box for token in tokens]
    unread = [
        box
        for box in (Box(*letter) for letter in letters.tolist())
        if _lies(box) and not any(one.overlap(box) > 0 for one in read)
    ]
    joined: list[Box] = []
    for box in sorted([*lying, *unread], key=lambda one: one.top):
        for index, upper in enumerate(joined):
            beside = max(abs(upper.left - box.left), abs(upper.right - box.right))
            if beside <= _ALIGNED * box.width and box.top - upper.bottom <= _POINT * (box.height + 1):
                joined[index] = upper.union(box)
                break
        else:
            joined.append(box)
    numbers = [box for box in joined if box not in lying and box not in unread]
    return [box for box in numbers if any(one.overlap(box) > 0 for one in lying)]


def _lies(box: Box) -> bool:
    return box.width + 1 >= _WIDER * (box.height + 1)
