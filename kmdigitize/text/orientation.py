"""Which of the readings of one place is right: upright, from bottom to top or from top to bottom.

Words of a title on end stand in one column, as the numbers beside a y axis that are turned do; elsewhere the surest
reading is right.
"""

from __future__ import annotations

import re

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.records.figure import TextToken
from kmdigitize.text.wordings import is_number

Read = tuple[TextToken, FloatArray]
"""A token with the region (4, 2; px) that it was read from."""


def _surely_vertical(token: TextToken) -> bool:
    """Words, or a number of several digits, that read well on end."""
    return (len(token.text) > 4 and token.confidence > 0.8) or (len(token.text) >= 3 and is_number_on_end(token))


def is_number_on_end(token: TextToken) -> bool:
    """A number of more than one sign that was read for certain from bottom to top, as those of a y axis stand."""
    number = len(token.text) >= 2 and re.fullmatch(r"[\d.,]+%?", token.text) is not None
    return number and token.angle > 0 and token.confidence > 0.95


def _one_column(token: TextToken, long: TextToken) -> bool:
    """Whether both stand on end in one column: words next to each other, numbers also as far apart as ticks are."""
    if token.angle != long.angle:
        return False
    shared = min(long.box.right, token.box.right) - max(long.box.left, token.box.left)
    gap = max(long.box.top, token.box.top) - min(long.box.bottom, token.box.bottom)
    near = is_number(token.text) or gap < 2 * token.box.width
    return shared > 0.6 * token.box.width and near


def best_orientation(tokens: list[Read]) -> list[Read]:
    """Of readings of the same place in several directions, one: that of a longer neighbour in the same column of
    vertical text, else the surest (upright wins ties)."""
    long = [t for t, _ in tokens if abs(t.angle) == 90 and _surely_vertical(t)]

    def score(item: Read) -> float:
        token = item[0]
        column = any(_one_column(token, t) for t in long if t is not token)
        length = float(max(1, len(token.text))) ** 0.5
        return float(token.confidence**4 * length + 0.05 * (token.angle == 0) + 5.0 * column)

    ranked = sorted(tokens, key=lambda item: -score(item))
    left, top, right, bottom, angle = (
        np.array([[t.box.left, t.box.top, t.box.right, t.box.bottom, t.angle] for t, _ in ranked]).reshape(-1, 5).T
    )
    wide, high = (np.minimum.outer(b, b) - np.maximum.outer(a, a) for a, b in ((left, right), (top, bottom)))
    area = np.maximum(1.0, (right - left) * (bottom - top))
    same_place = (
        (wide > 0)
        & (high > 0)
        & (wide * high > np.where(np.subtract.outer(angle, angle) != 0, 0.4, 0.8) * area[:, None])
    )
    kept: list[int] = []
    for i in range(len(ranked)):
        if not same_place[i, kept].any():
            kept.append(i)
    return sorted([ranked[i] for i in kept], key=lambda item: (round(item[0].box.center_y), item[0].box.left))
