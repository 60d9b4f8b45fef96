"""What an article says about its figures: the caption beside a figure, and the running text of all pages.

A caption is the paragraph next to a figure, below it or above, that begins with "Figure" (or "Fig."). It is put
together line by line from the page's pieces of text, so that hyphens at line ends are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken

_BEGINS = re.compile(r"\W*(extended data |supplementa\w+ |e)?fig(ure|\.|\s)", re.IGNORECASE)
_REACH = 12.0
"""Text heights from the figure to the first line of its caption: a title, a risk table or a note may stand between."""
_LEADING = 2.2
"""Most distance of two lines of one paragraph, in heights of the text."""
_HYPHEN = re.compile(r"(\w)[-\u00ad]\s*\n\s*([a-z])")


def caption_of(tokens: Sequence[TextToken], box: Box) -> str:
    """The caption of the figure at ``box`` (px) among the level ``tokens`` of its page; "" if there is none."""
    lines = sorted((token for token in tokens if abs(token.angle) < 1), key=lambda token: token.box.top)
    begins = [token for token in lines if _BEGINS.match(token.text) and _is_beside(token.box, box)]
    if not begins:
        return ""
    first = min(begins, key=lambda token: _gap(token.box, box))
    paragraph = [first]
    for token in lines:
        last, height = paragraph[-1].box, max(first.box.height, 1.0)
        same_line = abs(token.box.center_y - last.center_y) < 0.5 * height and token.box.left > last.left
        next_line = 0 < token.box.top - last.top <= _LEADING * height
        in_column = token.box.left < max(first.box.right, box.right) and token.box.right > first.box.left - height
        if token is not first and in_column and (same_line or (next_line and not _BEGINS.match(token.text))):
            paragraph.append(token)
    return without_line_ends("\n".join(token.text for token in paragraph))


def without_line_ends(text: str) -> str:
    """Running text of printed lines: hyphens at their ends taken out, line ends as spaces."""
    return re.sub(r"\s+", " ", _HYPHEN.sub(r"\1\2", text)).strip()


def _is_beside(line: Box, box: Box) -> bool:
    across = min(line.right, box.right) > max(line.left, box.left)
    return across and _gap(line, box) <= _REACH * max(line.height, 1.0)


def _gap(line: Box, box: Box) -> float:
    """Distance up or down from the figure's box, 0 for what reaches into it (its patch may hold the caption)."""
    return max(0.0, line.top - box.bottom, box.top - line.bottom)
