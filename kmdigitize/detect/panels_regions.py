"""Regions: what of the page belongs to which panel (labels, titles, legend and table around its frame).

Between two panels of one row the page is cut where the widest strip without print lies; between two rows it is cut
above the lines of print that stand directly on the lower panels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Figure, TextToken

_LETTER = re.compile(r"\(?[A-L](?:[.):]+\)?\s*(?:\S|$)|\s+[A-Z]|\)?$)")
_NUMBER = re.compile(r"[<>]?[\d.,·]+%?")


def with_regions(
    panels: Sequence[Panel], figure: Figure, tokens: Sequence[TextToken], text_px: float, others: Sequence[Box] = ()
) -> tuple[Panel, ...]:
    """The panels, in the order given, with names "1", "2", … and the part of the page that belongs to each.

    ``others`` are drawings on the page that are no panels.
    """
    whole = Box(0.0, 0.0, figure.width - 1.0, figure.height - 1.0)
    frames = [*(panel.frame for panel in panels), *others]
    return tuple(
        replace(panel, name=str(number), region=_region(panel.frame, frames, whole, tokens, text_px))
        for number, panel in enumerate(panels, 1)
    )


def _region(frame: Box, frames: Sequence[Box], whole: Box, tokens: Sequence[TextToken], text_px: float) -> Box:
    left, top, right, bottom = whole.left, whole.top, whole.right, whole.bottom
    for other in (one for one in frames if one is not frame):
        if min(frame.bottom, other.bottom) > max(frame.top, other.top):
            if other.right <= frame.left:
                left = max(left, _cut_between(other, frame, tokens, text_px))
            elif frame.right <= other.left:
                right = min(right, _cut_between(frame, other, tokens, text_px))
        elif other.bottom <= frame.top:
            top = max(top, _cut_above(frame, other.bottom, tokens, text_px))
        else:
            bottom = min(bottom, _cut_above(other, frame.bottom, tokens, text_px))
    return Box(min(left, frame.left), min(top, frame.top), max(right, frame.right), max(bottom, frame.bottom))


def _cut_between(first: Box, second: Box, tokens: Sequence[TextToken], text_px: float) -> float:
    """Column of the middle of the widest strip without print between two panels of one row."""
    low, high = int(first.right), int(np.ceil(second.left))
    if high - low < 3:
        return (first.right + second.left) / 2
    free = np.ones(high - low + 1, dtype=bool)
    top, bottom = min(first.top, second.top) - 2 * text_px, max(first.bottom, second.bottom) + 2 * text_px
    for token in tokens:
        if top <= token.box.center_y <= bottom and token.box.right > low and token.box.left < high:
            free[max(0, int(token.box.left) - low) : max(0, int(token.box.right) - low + 1)] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], free.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    if starts.size == 0:
        return (first.right + second.left) / 2
    widest = int(np.argmax(ends - starts))
    return low + float(starts[widest] + ends[widest] - 1) / 2


def _cut_above(lower: Box, ceiling: float, tokens: Sequence[TextToken], text_px: float) -> float:
    """Row above the lines of print that stand on ``lower``, not above ``ceiling``.

    Print close to the frame stands on it; so does a title farther away that is nearer to it than to the print above,
    and all that stands under a title with a panel's letter.
    """
    between = [
        token
        for token in tokens
        if ceiling < token.box.center_y < lower.top
        and token.box.right > lower.left - 4 * text_px
        and token.box.left < lower.right
    ]
    over = sorted((token.box for token in between), key=lambda box: -box.bottom)
    edge = titled = _lettered_title(between, lower)
    for box in over if titled == lower.top else ():
        gap = edge - box.bottom
        beyond = box.top - max([ceiling, *(other.bottom for other in over if other.bottom < box.top)])
        if gap > 1.6 * text_px and not (gap < 4.0 * text_px and gap < 0.8 * beyond):
            break
        edge = min(edge, box.top)
    above = [box.bottom for box in over if box.bottom < edge]
    gap = max([ceiling, *above])
    return max((gap + edge) / 2, ceiling)


def _lettered_title(between: Sequence[TextToken], lower: Box) -> float:
    """Top of the title with a letter at the left of the ``lower`` frame, if no numbers follow it; else of the frame."""
    numbers = [token.box for token in between if _NUMBER.fullmatch(token.text.strip())]
    titles = [
        token.box
        for token in between
        if _LETTER.match(token.text) and token.angle == 0 and token.box.left < lower.left + 0.3 * lower.width
    ]
    alone = [box.top for box in titles if not any(number.bottom > box.top for number in numbers)]
    return min([*alone, lower.top])
