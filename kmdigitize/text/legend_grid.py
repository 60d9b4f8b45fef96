"""Lines of a grid that look like line samples: pieces between the columns of a table.

In a table with grid lines every number but the first of its row has a piece of line before it. The pieces all look
alike, which the samples of a legend never do: they are there to be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from kmdigitize.records.figure import TextToken
from kmdigitize.text.samples import LineSample
from kmdigitize.text.wordings import is_number

_ALIKE = 24
"""Difference of the channels (0-255) up to which two lines have one colour, as for legend samples of one ink."""

_Candidate = tuple[TextToken, LineSample]


def without_grid(candidates: Sequence[_Candidate], tokens: Sequence[TextToken]) -> list[_Candidate]:
    """The labels with line samples but for numbers of a table whose samples are pieces of its grid.

    ``tokens`` is all text. A number whose row begins with it stays: its sample may stand for an arm's name.
    """
    numbers = [token for token in tokens if is_number(token.text)]
    between = [c for c in candidates if is_number(c[0].text) and _follows_a_number(c[0], numbers)]
    grid = {id(a[0]) for a in between for b in between if a is not b and _alike(a[1], b[1])}
    return [c for c in candidates if id(c[0]) not in grid]


def _follows_a_number(token: TextToken, numbers: Sequence[TextToken]) -> bool:
    level = 0.6 * (token.box.height + 1)
    return any(n.box.right < token.box.left and abs(n.box.center_y - token.box.center_y) < level for n in numbers)


def _alike(a: LineSample, b: LineSample) -> bool:
    return a.dash == b.dash and max(abs(p - q) for p, q in zip(a.color, b.color, strict=True)) < _ALIKE
