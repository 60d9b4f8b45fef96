"""Lines of text on a panel that may report statistics, joined as they were printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.text.cells import group_lines
from kmdigitize.text.ink import text_height
from kmdigitize.text.wordings import is_number

_STARTS = re.compile(r"(?i)\W*(?:median\b|hazard\s+ratio|HR\b|P\s*(?:value)?\s*[<=>]|log[\s-]?rank)")
"""Words with which a statistic begins: such a line goes on with nothing."""


def printed_lines(tokens: Sequence[TextToken], panel: Panel) -> list[str]:
    """The panel's lines of words from top to bottom; a line that breaks inside a statistic is joined to the next.

    Tick labels, counts and axis titles drop out because they hold no words of statistics.
    """
    mine = [t for t in tokens if t.angle == 0 and panel.region.contains(t.box.center_x, t.box.center_y)]
    height = text_height(mine)
    lines: list[TextToken] = []
    for row in group_lines(mine, height):
        lines += _joined([t for t in row if not (is_number(t.text) and "(" not in t.text) or _near_words(t, row)])
    return _continued(lines)


def _near_words(token: TextToken, row: Sequence[TextToken]) -> bool:
    """A number that continues a line of words."""
    return any(
        0 <= token.box.left - t.box.right < 1.5 * (token.box.height + 1) and re.search(r"[A-Za-z=<]", t.text)
        for t in row
    )


def _joined(row: Sequence[TextToken]) -> list[TextToken]:
    lines: list[TextToken] = []
    for token in row:
        if lines and token.box.left - lines[-1].box.right < 2.0 * (token.box.height + 1):
            before = lines[-1]
            lines[-1] = TextToken(f"{before.text} {token.text}", before.box.union(token.box), before.confidence)
        else:
            lines.append(token)
    return lines


def _continued(lines: Sequence[TextToken]) -> list[str]:
    """Text of the lines; one that ends in an open bracket or a comma goes on in the line under it."""
    texts: list[str] = []
    previous: TextToken | None = None
    for line in lines:
        text = line.text.strip(" _|-–—'`~")
        goes_on = (
            previous is not None and _open(previous.text) and _under(line, previous) and not _STARTS.match(line.text)
        )
        begins = previous is not None and re.match(r"^[(\[]", text) and _under(line, previous)
        if texts and (goes_on or begins):
            texts[-1] = f"{texts[-1]} {text}"
        else:
            texts.append(text)
        previous = line
    return texts


def _open(text: str) -> bool:
    announced = re.search(r"(?i)hazard\s+ratio|\bHR\b", text) and not re.search(r"\d\.\d", text)
    return bool(announced) or text.count("(") > text.count(")") or bool(re.search(r"(?:[,:=;]|\bCI|ratio)\s*$", text))


def _under(line: TextToken, above: TextToken) -> bool:
    height = above.box.height + 1
    overlap = min(line.box.right, above.box.right) - max(line.box.left, above.box.left)
    return 0 < line.box.center_y - above.box.center_y < 2.2 * height and overlap > 0
