"""Lines of a number-at-risk table: which are counts, of what kind and of which arm, and which are headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.figure import TextToken
from kmdigitize.text.cells import Cell, group_lines, parse_cell, unglued, with_brackets_joined
from kmdigitize.text.wordings import is_risk_header, is_statistic

Kind = Literal["", "at risk", "events", "censored", "shares"]


@dataclass(frozen=True, slots=True)
class TableLine:
    """One printed line: its cells, what they count ("" for a line of text), the arm they belong to."""

    cells: tuple[Cell, ...]
    text: str
    kind: Kind
    arm: str
    label_box: Box | None
    middle: float
    height: float


def table_lines(
    tokens: Sequence[TextToken], panel: Panel, scales: Scales, height: float
) -> tuple[list[TableLine], str]:
    """Lines of counts with their arms, from top to bottom, and the table's heading ("" if it has none)."""
    top = min(panel.frame.bottom, _row_of_zero(panel, scales))
    low = [t for t in tokens if t.box.center_y > top + 0.3 * height]
    lines = [_split(with_brackets_joined(line, height), panel, scales, height) for line in group_lines(low, height)]
    counts = [line for line in lines if _is_count_line(line, panel, scales, height)]
    if not counts:
        return [], ""
    return _with_arms(lines, {id(line) for line in counts}, scales)


def _row_of_zero(panel: Panel, scales: Scales) -> float:
    """Row of the drawn zero where it lies inside the frame (the table may then stand inside the frame, too)."""
    row = float(scales.y.to_px(0.0))
    inside = panel.frame.top + 0.3 * panel.frame.height < row < panel.frame.bottom
    return row if inside else panel.frame.bottom


def _split(line: Sequence[TextToken], panel: Panel, scales: Scales, height: float) -> TableLine:
    """Cells of a line and the label before them."""
    start = _first_column(panel, scales) - 3.0 * height
    cells: list[Cell] = []
    words: list[TextToken] = []
    between = 0
    for token in (piece for whole in line for piece in unglued(whole, _tick_columns(panel, scales), height)):
        cell = parse_cell(token)
        if cell is not None and token.box.center_x >= start:
            cells.append(cell)
        elif not cells or re.search(r"[A-Za-z]{2}", token.text):
            words.append(token)
            between += bool(cells)
    if between > 1:  # words between numbers: a legend
        cells = []
    cells, numbers = _one_at_start(cells, start + 3.0 * height, height)
    words = sorted([*words, *numbers], key=lambda word: word.box.left)
    box = None
    for word in words:
        box = word.box if box is None else box.union(word.box)
    middle = float(np.mean([t.box.center_y for t in line]))
    text = " ".join(word.text for word in words).strip(" |:")
    return TableLine(tuple(cells), text, "", "", box, middle, max(t.box.height for t in line) + 1)


def _one_at_start(cells: list[Cell], first: float, height: float) -> tuple[list[Cell], list[TextToken]]:
    """Cells of which only one stands at the first tick; numbers before it belong to the label."""
    near = [c for c in cells if c.box.center_x < first + 1.5 * height]
    if len(near) < 2 and not _leads(cells, first):
        return cells, []
    kept = min(near, key=lambda c: abs(c.box.center_x - first)) if len(near) > 1 else cells[1]
    before = [c for c in near if c.box.right < kept.box.left]
    return [c for c in cells if c not in before], [TextToken(c.text.strip(" |"), c.box, c.confidence) for c in before]


def _leads(cells: Sequence[Cell], first: float) -> bool:
    """Whether the first cell stands before the ``first`` tick and far nearer to the second than others stand."""
    pitches = np.diff([cell.box.center_x for cell in cells])
    return len(cells) > 3 and cells[0].box.center_x < first and pitches[0] < 0.6 * np.median(pitches[1:])


def _first_column(panel: Panel, scales: Scales) -> float:
    """Column of the leftmost tick (px)."""
    return min(_tick_columns(panel, scales), default=panel.frame.left)


def _tick_columns(panel: Panel, scales: Scales) -> list[float]:
    """Columns (px) of the ticks, and of time zero where the axis shows it, whether its label was read or not."""
    ticks = [tick.position for tick in scales.x_ticks if tick.value is not None and tick.inlier]
    zero = float(scales.x.to_px(0.0))
    edge = 0.02 * panel.frame.width
    if panel.frame.left - edge <= zero <= panel.frame.right and all(abs(zero - tick) > edge for tick in ticks):
        ticks.append(zero)
    return ticks


def _is_count_line(line: TableLine, panel: Panel, scales: Scales, height: float) -> bool:
    """Counts rather than tick labels: their values are not those of the axis at their places."""
    if not line.cells or is_statistic(line.text):
        return False
    inside = [c for c in line.cells if panel.frame.left - 3 * height < c.box.center_x < panel.frame.right + 3 * height]
    if not inside:
        return False
    reading = np.array([c.count for c in inside], np.float64)
    times = scales.x.to_value(np.array([c.box.center_x for c in inside]))
    span = abs(scales.x.pixel_size) * panel.frame.width
    agree = np.abs(reading - times) < 0.015 * span
    return not (agree.mean() > 0.6 and len(inside) >= 2 and len(set(reading)) > 1)


def _with_arms(lines: Sequence[TableLine], counts: set[int], scales: Scales) -> tuple[list[TableLine], str]:
    """Kind and arm of every line of counts, from its own label and the text lines above it."""
    title, arm, heading = "", "", ""
    kind: Kind = "at risk"
    used_arm = True
    result: list[TableLine] = []
    for index, line in enumerate(lines):
        words = line.text
        following = lines[index + 1] if index + 1 < len(lines) else None
        if len(line.cells) == 1 and not words and following is not None and _kind_of(following.text):
            arm, used_arm = line.cells[0].text, False  # an arm that is called by a number
            continue
        if id(line) not in counts:
            if not words or line.cells or len(re.findall(r"\d+\.\d", words)) > 1:
                continue
            if is_risk_header(words):
                title, kind, heading = title or words, _kind_of(words) or "at risk", words
            elif _kind_of(words) and words.startswith("(") and title:
                title = f"{title} {words}"  # what the brackets in the cells count
            elif _kind_of(words):
                kind = _kind_of(words)
            elif _can_name_arm(line, scales):
                arm, used_arm = words, False
            continue
        line_kind: Kind = kind
        own = _kind_of(words)
        if own:
            line_kind, line_arm = own, arm
            title = title or (words if is_risk_header(words) else "")
        elif words:
            line_arm = words
        else:
            line_arm = "" if used_arm else arm
        used_arm = True
        if line_kind == "at risk" and _are_shares(line, heading):
            line_kind = "shares"
        result.append(replace(line, kind=line_kind, arm=line_arm))
    return result, title


def _are_shares(line: TableLine, heading: str) -> bool:
    """Whether the cells are percentages of those at risk and no counts: single numbers under a heading that says so."""
    said = re.search(r"(?i)percent|%", heading) is not None
    return said and all(cell.second is None and cell.count <= 100 for cell in line.cells)


def _can_name_arm(line: TableLine, scales: Scales) -> bool:
    """Text that is no axis title and no statistic."""
    words = line.text
    timelike = re.search(r"(?i)\b(?:time|months?|years?|days?|weeks?|follow-?up)\b", words)
    return bool(re.search(r"\w", words)) and not timelike and not is_statistic(words) and words != scales.x_title


def _kind_of(words: str) -> Kind:
    """What a label or heading says is counted; "" if it says nothing of the sort."""
    plain = words.lower()
    if re.search(r"at[\s-]*risk|risk\s+set", plain):
        return "at risk"
    if re.fullmatch(
        r"\W*(?:no\.?\s*|number\s*)?(?:of\s*)?(?:cum(?:ulative|\.)?\s*)?(?:number\s*of\s*)?censor\w*\W*", plain
    ):
        return "censored"
    if re.fullmatch(
        r"\W*(?:no\.?\s*|number\s*)?(?:of\s*)?(?:cum(?:ulative|\.)?\s*)?(?:number\s*of\s*)?(?:events?|deaths?)\W*",
        plain,
    ):
        return "events"
    return ""
