"""Tables of statistics whose columns are the arms: each line below their names says what it counts.

Assumes that the names of the arms are known from legend or number-at-risk table; a line that compares the arms
(hazard ratio, P value) has one cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kmdigitize.records.figure import TextToken
from kmdigitize.text.cells import group_lines
from kmdigitize.text.counts import split_counts
from kmdigitize.text.stat_cells import Heading, StatRow, heading_of, read_cells
from kmdigitize.text.stat_points import plain_arm
from kmdigitize.text.stat_text import normalised

_COMPARES = ("hazard ratio", "p", "limits")


def rows_across(
    tokens: Sequence[TextToken], arm_names: Sequence[str], height: float, gap: float
) -> tuple[list[StatRow], list[TextToken]]:
    """What a table with the arms side by side says of each, and its pieces of text; both empty without one.

    ``height`` is that of the text in px, ``gap`` the largest distance of two lines in text heights. What compares the
    arms is said of an arm without name.
    """
    lines = group_lines(tokens, height)
    for number, line in enumerate(lines):
        named = _named(line, lines[number + 1] if number + 1 < len(lines) else [], arm_names, height)
        if len(named) < 2:
            continue
        rows, used = _lines_under(named, lines[number + 1 :], (height, gap))
        if used:
            return rows, [*used, *(t for _, heads in named for t in heads)]
    return [], []


def _named(
    line: Sequence[TextToken], below: Sequence[TextToken], arm_names: Sequence[str], height: float
) -> list[tuple[StatRow, list[TextToken]]]:
    """The arms that a line names, from left to right, alone or with the words under them; their numbers, too."""
    found: list[tuple[StatRow, list[TextToken]]] = []
    known = {plain_arm(name): name for name in arm_names}
    for token in line:
        under = [
            t for t in below if abs(t.box.center_x - token.box.center_x) < height and t.box.top > token.box.center_y
        ]
        for stack in ([token], [token, *under]):
            name, n, events = split_counts(" ".join(t.text for t in stack))
            if plain_arm(name) in known:
                row = StatRow(known[plain_arm(name)], n, events)
                found = [f for f in found if f[1][0] is not token] + [(row, stack)]
    return found if len({row.arm for row, _ in found}) == len(found) else []


def _lines_under(
    named: Sequence[tuple[StatRow, list[TextToken]]], lines: Sequence[Sequence[TextToken]], size: tuple[float, float]
) -> tuple[list[StatRow], list[TextToken]]:
    """The rows of the arms filled from the lines below their names; what compares them comes last."""
    height, gap = size
    rows, both = [row for row, _ in named], StatRow("")
    heads = [t for _, stack in named for t in stack]
    middles = [stack[0].box.center_x for _, stack in named]
    bottom = max(t.box.bottom for t in heads)
    used: list[TextToken] = []
    last: Heading | None = None
    for line in lines:
        rest = [t for t in line if t not in heads]
        if not rest:
            continue
        if min(t.box.top for t in rest) - bottom > gap * height:
            break
        if not used and _counted(rest, rows, middles, height):
            bottom = max(t.box.bottom for t in rest)
            continue
        label = [t for t in rest if t.box.center_x < middles[0] and _words(t.text)]
        cells = [t for t in rest if t not in label]
        heading = heading_of(normalised(" ".join(t.text for t in label)))
        if heading is None or not cells:
            if used:
                break
            continue
        if heading.kind == "limits" and last is None:
            break
        if not _read_line(cells, heading, rows, both, middles):
            break
        last, bottom = heading, max(t.box.bottom for t in rest)
        used += rest
    return [*rows, *([both] if both.ratio or both.p else [])], used


def _words(text: str) -> bool:
    """Whether a piece of text can be (part of) a label rather than a cell."""
    return heading_of(normalised(text)) is not None or not re.match(r"(?i)\W*(?:\d|(?:NR|NE|NA)\b|not\s)", text)


def _counted(line: Sequence[TextToken], rows: Sequence[StatRow], middles: Sequence[float], height: float) -> bool:
    """Whether a line holds only ``(n = 114)`` under the names, which are then the arms' numbers."""
    counts = [re.fullmatch(r"\W*n\s*=\s*(\d{1,6})\W*", t.text.strip(), re.IGNORECASE) for t in line]
    if not counts or any(count is None for count in counts):
        return False
    for token, count in zip(line, counts, strict=True):
        near = [i for i, middle in enumerate(middles) if abs(middle - token.box.center_x) < 3 * height]
        if len(near) == 1 and count is not None:
            rows[near[0]].n = int(count.group(1))
    return True


def _read_line(
    cells: Sequence[TextToken], heading: Heading, rows: Sequence[StatRow], both: StatRow, middles: Sequence[float]
) -> bool:
    """Adds the cells of one line to the arms they stand under, or to what compares them."""
    texts: dict[int, str] = {}
    for cell in cells:
        nearest = min(range(len(middles)), key=lambda i: abs(middles[i] - cell.box.center_x))
        texts[nearest] = f"{texts.get(nearest, '')} {cell.text}".strip()
    if len(texts) == len(rows):
        return all(read_cells(normalised(text), [heading], rows[i]) for i, text in texts.items())
    if heading.kind in _COMPARES and (heading.kind != "limits" or both.ratio is not None):
        return read_cells(normalised(" ".join(cell.text for cell in cells)), [heading], both)
    return False
