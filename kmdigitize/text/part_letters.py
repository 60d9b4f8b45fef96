"""Parts of a figure that have a printed letter but no pair of numbered axes: forest plots, bars, photographs.

Letters count up over the whole figure and look alike. Where panels are called A and D, a B and a C of the same size, in
line with the others and away from them, name two more parts, which reach from their letter to the next ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.text.wordings import is_number

_LETTER = re.compile(r"\(?([A-L])(?:[.):]+\)?|)(?:\s+\S.*)?")
_SIZE = 0.3
"""Letters of one figure differ by no more than this share of their height."""
_IN_LINE = 3.0
"""Letters of one row or column are in line to this many heights: labels of axes push some aside."""
_APART = 0.15
"""Least distance of two letters as a share of the figure's longer side: parts are no lines of a table."""
_SURE = 0.9


def parts_without_axes(tokens: Sequence[TextToken], panels: Sequence[Panel]) -> tuple[tuple[str, Box], ...]:
    """Letter and place of every lettered part that is none of ``panels``, in order; empty unless these have letters.

    ``tokens`` are the texts of the whole figure.
    """
    own = [_own_letter(tokens, panel) for panel in panels]
    known = [token for token in own if token is not None]
    if not panels or len(known) < len(panels):
        return ()
    height = float(np.median([token.box.height for token in known])) + 1
    printed = [*(panel.region for panel in panels), *(token.box for token in tokens)]
    page = Box(0.0, 0.0, max(box.right for box in printed), max(box.bottom for box in printed))
    apart = _APART * max(page.width, page.height)
    letters = {panel.name: token.box for panel, token in zip(panels, known, strict=True)}
    more: dict[str, Box] = {}
    for token in tokens:
        letter = _letter(token)
        fits = letter and letter not in letters and abs(token.box.height + 1 - height) <= _SIZE * height
        if fits and not _is_elsewhere(token, panels, tokens):
            more.setdefault(letter, token.box)
    both = letters | more
    parts = [name for name in sorted(more) if _is_in_line(both, name, height, apart)]
    names = sorted({*letters, *parts})
    if names[0] != "A" or any(ord(b) - ord(a) != 1 for a, b in pairwise(names)):
        return ()
    places = {name: both[name] for name in names}
    return tuple((name, _part(places, name, page, height)) for name in parts)


def _letter(token: TextToken) -> str:
    found = _LETTER.fullmatch(token.text.strip()) if token.angle == 0 and token.confidence >= _SURE else None
    return found[1] if found else ""


def _own_letter(tokens: Sequence[TextToken], panel: Panel) -> TextToken | None:
    """The printed letter by which a panel is called, nearest to its upper left corner."""
    mine = [t for t in tokens if _letter(t) == panel.name and panel.region.contains(t.box.center_x, t.box.center_y)]
    frame = panel.frame
    return min(mine, key=lambda t: abs(t.box.left - frame.left) + abs(t.box.bottom - frame.top), default=None)


def _is_elsewhere(token: TextToken, panels: Sequence[Panel], tokens: Sequence[TextToken]) -> bool:
    """Whether the letter stands inside a panel, or before a number on its line, as the label of a row does."""
    box = token.box
    if any(panel.frame.contains(box.center_x, box.center_y) for panel in panels):
        return True
    line = [t for t in tokens if abs(t.box.center_y - box.center_y) <= box.height and t.box.left > box.right]
    following = min(line, key=lambda t: t.box.left, default=None)
    return following is not None and is_number(following.text)


def _is_in_line(letters: dict[str, Box], name: str, height: float, apart: float) -> bool:
    box, near = letters[name], _IN_LINE * height
    others = [other for key, other in letters.items() if key != name]
    row = any(abs(box.center_y - other.center_y) <= near for other in others)
    column = any(abs(box.left - other.left) <= near for other in others)
    away = all(max(abs(box.left - other.left), abs(box.top - other.top)) >= apart for other in others)
    return (row or column) and away


def _part(letters: dict[str, Box], name: str, page: Box, height: float) -> Box:
    """From the letter to the next letter on its right and below it, else to the end of the page."""
    box, near = letters[name], _IN_LINE * height
    right = [b.left for b in letters.values() if b.left > box.left + near and abs(b.center_y - box.center_y) <= near]
    below = [b.top for b in letters.values() if b.top > box.top + near]
    return Box(box.left, box.top, min([*right, page.right]), min([*below, page.bottom]))
