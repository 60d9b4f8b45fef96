"""Small tables of statistics printed on or beside a panel: N, events, medians, hazard ratios, P values by arm.

Headings that stand side by side make the columns; the lines below them are rows, each with the name of an arm at
its left. The other way round, arms stand side by side and each line below says what it counts. Text that is no such
table stays unread: every heading and every cell must be understood as a whole.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.text.cells import group_lines
from kmdigitize.text.ink import text_height
from kmdigitize.text.stat_cells import Heading, StatRow, heading_of, headings_of, read_cells
from kmdigitize.text.stat_table_arms import rows_across
from kmdigitize.text.stat_text import normalised
from kmdigitize.text.wordings import is_number

log = logging.getLogger(__name__)

_ROW_GAP = 3.5
"""A row stands within this many text heights under the one before it."""
_TELLING = ("events/n", "median", "hazard ratio", "p", "landmark")


@dataclass(frozen=True, slots=True)
class StatTable:
    """What a table says of each arm, and the pieces of text it is made of."""

    rows: tuple[StatRow, ...]
    tokens: tuple[TextToken, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    heading: Heading
    box: Box
    tokens: tuple[TextToken, ...]


def read_stat_tables(tokens: Sequence[TextToken], panel: Panel, arm_names: Sequence[str] = ()) -> list[StatTable]:
    """All tables of statistics of ``panel``; ``arm_names`` are needed for tables whose columns are the arms."""
    mine = [t for t in tokens if t.angle == 0 and panel.region.contains(t.box.center_x, t.box.center_y)]
    height = text_height(mine)
    tables = []
    for columns in _headed(mine, height):
        near = _beside(mine, columns[0].box, panel)
        table = _rows_under(columns, near, height)
        if table.rows:
            log.debug("table of statistics on panel %s: %s", panel.name, table.rows)
            tables.append(table)
    inside = [t for t in mine if panel.frame.contains(t.box.center_x, t.box.center_y)]
    for part in (inside, [t for t in mine if t not in inside]):
        rows, used = rows_across(part, arm_names, height, _ROW_GAP)
        if rows:
            tables.append(StatTable(tuple(rows), tuple(used)))
    return tables


def _beside(tokens: Sequence[TextToken], header: Box, panel: Panel) -> list[TextToken]:
    """Text that may be the rows under a header: inside the axes only such text, below them none of the labels left."""
    frame = panel.frame
    if frame.contains(header.center_x, header.center_y):
        return [t for t in tokens if t.box.center_x > frame.left and t.box.center_y < frame.bottom]
    return list(tokens)


def _headed(tokens: Sequence[TextToken], height: float) -> list[list[_Column]]:
    """Headings side by side, from left to right, at least one of which tells a statistic."""
    columns = sorted(_columns(tokens, height), key=lambda c: c.box.left)
    groups: list[list[_Column]] = []
    for column in columns:
        for group in groups:
            last = group[-1].box
            level = min(last.bottom, column.box.bottom) - max(last.top, column.box.top) > 0
            if level and 0 <= column.box.left - last.right < 8 * height:
                group.append(column)
                break
        else:
            groups.append([column])
    return [
        group
        for group in groups
        if any(c.heading.kind in _TELLING for c in group)
        and (len(group) > 1 or group[0].heading.kind == "events/n" or group[0].heading.has_limits)
    ]


def _columns(tokens: Sequence[TextToken], height: float) -> list[_Column]:
    """Every piece of text, alone or with the lines above it, that is a heading as a whole; the longest wins."""
    found: list[_Column] = []
    taken: set[int] = set()
    for token in sorted(tokens, key=lambda t: -t.box.bottom):
        if id(token) in taken:
            continue
        stack = [token]
        best: _Column | None = None
        while stack:
            heading = heading_of(normalised(" ".join(t.text for t in stack)))
            if heading is not None:
                box = stack[0].box
                for other in stack[1:]:
                    box = box.union(other.box)
                best = _Column(heading, box, tuple(stack))
            above = _above(stack[0], tokens, height) if len(stack) < 4 else None
            if above is None:
                break
            stack = [above, *stack]
        if best is None:
            found += _glued(token)
        else:
            found.append(best)
            taken |= {id(t) for t in best.tokens}
    return found


def _glued(token: TextToken) -> list[_Column]:
    """Neighbouring headings that were read as one piece of text."""
    box = token.box
    return [
        _Column(h, Box(box.left + a * box.width, box.top, box.left + b * box.width, box.bottom), (token,))
        for h, a, b in headings_of(normalised(token.text))
    ]


def _above(token: TextToken, tokens: Sequence[TextToken], height: float) -> TextToken | None:
    """The words directly over a piece of text and centred on it or flush with it."""
    for other in tokens:
        if not -0.3 * height < token.box.top - other.box.bottom < 0.9 * height:
            continue
        overlap = min(token.box.right, other.box.right) - max(token.box.left, other.box.left)
        narrow = min(token.box.width, other.box.width)
        if overlap > 0.6 * narrow and re.search(r"[A-Za-z]", other.text):
            return other
    return None


def _rows_under(columns: Sequence[_Column], tokens: Sequence[TextToken], height: float) -> StatTable:
    own = {id(t) for column in columns for t in column.tokens}
    bottom = max(c.box.bottom for c in columns)
    rows: list[StatRow] = []
    used = [t for column in columns for t in column.tokens]
    lines = group_lines([t for t in tokens if t.box.center_y > bottom and id(t) not in own], height)
    for line in lines:
        top = min(t.box.top for t in line)
        if top - bottom > _ROW_GAP * height:
            break
        row, taken = _row(line, columns, height)
        if row is not None:
            rows.append(row)
            used += taken
            bottom = max(t.box.bottom for t in taken)
    return StatTable(tuple(rows), tuple(used))


def _row(
    line: Sequence[TextToken], columns: Sequence[_Column], height: float
) -> tuple[StatRow | None, list[TextToken]]:
    """The arm ("" if it cannot be read) and the cells of one line; None where a cell other than limits fits not."""
    first = columns[0].box
    label = [t for t in line if _is_label(t, first, height)]
    cells = [t for t in line if t not in label and t.box.left < columns[-1].box.right + 2 * height]
    cells = [t for t in cells if t.box.right > first.left - 4 * height]
    label = _adjacent(label, height)
    if label and not cells:
        label, cells = _unglued(label[-1], columns, label[:-1])
    if not cells:
        return None, []
    row = StatRow(" ".join(t.text.strip() for t in label).strip(" :|"))
    groups = _by_headings(cells, columns, height)
    for text, headings in groups:
        if not read_cells(text, headings, row) and any(heading.kind != "limits" for heading in headings):
            return None, []
    if not label and len({id(h) for _, headings in groups for h in headings}) < max(2, len(columns)):
        return None, []
    return row, [*label, *cells]


def _is_label(token: TextToken, first: Box, height: float) -> bool:
    words = re.search(r"[A-Za-z]{2}", token.text) and not re.match(r"(?i)\W*(?:NR|NE|NA|ref|not\s)", token.text)
    if words:
        return token.box.center_x < first.center_x and token.box.left < first.left
    return token.box.right < first.left - 0.5 * height and token.box.center_x < first.left - 2 * height


def _adjacent(label: Sequence[TextToken], height: float) -> list[TextToken]:
    """The pieces of a label that belong together, nearest to the cells."""
    kept = list(label[-1:])
    for token in reversed(label[:-1]):
        if kept[0].box.left - token.box.right > 1.5 * height or (is_number(token.text) and "(" not in token.text):
            break
        kept.insert(0, token)
    return kept


def _unglued(
    token: TextToken, columns: Sequence[_Column], before: Sequence[TextToken]
) -> tuple[list[TextToken], list[TextToken]]:
    """A label and its cells that were read as one piece: cut before the first cell that all headings fit."""
    headings = [c.heading for c in columns]
    for match in re.finditer(r"\s+", token.text):
        text = normalised(token.text[match.end() :])
        if read_cells(text, headings, StatRow("")):
            edge = token.box.left + token.box.width * match.start() / len(token.text)
            label = TextToken(
                token.text[: match.start()],
                Box(token.box.left, token.box.top, edge, token.box.bottom),
                token.confidence,
            )
            cell = TextToken(
                text, Box(columns[0].box.left, token.box.top, columns[-1].box.right, token.box.bottom), token.confidence
            )
            return [*before, label], [cell]
    return [], []


def _by_headings(
    cells: Sequence[TextToken], columns: Sequence[_Column], height: float
) -> list[tuple[str, list[Heading]]]:
    """Pieces of text with the headings they stand under; neighbours under one heading are put together.

    What stands under no heading, because that could not be read, is left out: what is far from the nearest heading,
    or before one under which another cell stands.
    """
    edges = [(a.box.right + b.box.left) / 2 for a, b in pairwise(columns)]
    groups: list[tuple[list[str], set[int]]] = []
    filled = {i for i, c in enumerate(columns) if any(t.box.left <= c.box.center_x <= t.box.right for t in cells)}
    for cell in cells:
        under = {i for i, c in enumerate(columns) if cell.box.left <= c.box.center_x <= cell.box.right}
        nearest = sum(cell.box.center_x > edge for edge in edges)
        box = columns[nearest].box
        away = max(box.left - cell.box.right, cell.box.left - box.right)
        if not under and (away > 1.5 * height or (cell.box.right < box.left and nearest in filled)):
            continue
        under = under or {nearest}
        if groups and groups[-1][1] & under:
            groups[-1][0].append(cell.text)
            groups[-1][1].update(under)
        else:
            groups.append(([cell.text], under))
    return [(normalised(" ".join(texts)), [columns[i].heading for i in sorted(under)]) for texts, under in groups]
