"""Cells of a number-at-risk table: one count, perhaps with a second number in brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken

_LOOKALIKES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "[": "(", "]": ")", "{": "(", "}": ")"})
_CELL = re.compile(r"(\d+|\d{1,3}(?:[,  ]\d{3})+)(?:\s*[(/]\s*(\d+(?:[.,·]\d+)?)\s*(%?)\s*\)?)?")


_COUNT = re.compile(r"(?<![\w.,])\d+(?:\s?[(\[]\s?\d+\s?%?\s?[)\]]?)?")
_NEAR_TICK = 0.4
"""Share of the tick spacing within which a count that was read with others belongs to its tick."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell: ``count``, the number in brackets if any (``percent``: it is a percentage), its place."""

    count: int
    second: float | None
    percent: bool
    box: Box
    confidence: float
    text: str = ""


def parse_cell(token: TextToken) -> Cell | None:
    """The cell that a token shows, None if it is no count."""
    text = token.text.strip().strip("-–—_'`~:;.*|").strip()
    if not re.search(r"\d", text) and not re.fullmatch(r"[oO]", text):
        return None
    match = _CELL.fullmatch(text.translate(_LOOKALIKES).strip())
    if not match:
        return None
    count = int(re.sub(r"\D", "", match.group(1)))
    second = float(match.group(2).replace(",", ".").replace("·", ".")) if match.group(2) else None
    return Cell(count, second, bool(match.group(3)), token.box, token.confidence, token.text)


def group_lines(tokens: Sequence[TextToken], height: float) -> list[list[TextToken]]:
    """Upright tokens by printed line from top to bottom, each line from left to right."""
    lines: list[list[TextToken]] = []
    for token in sorted(tokens, key=lambda t: t.box.center_y):
        if lines and token.box.center_y - np.mean([t.box.center_y for t in lines[-1]]) < 0.55 * height:
            lines[-1].append(token)
        else:
            lines.append([token])
    return [sorted(line, key=lambda t: t.box.left) for line in lines]


def with_brackets_joined(line: Sequence[TextToken], height: float) -> list[TextToken]:
    """A line in which ``(8)`` is put to the count before it when it stands close behind it."""
    joined: list[TextToken] = []
    for token in line:
        bracket = re.fullmatch(r"[(\[]\s*\d+(?:[.,]\d+)?\s*%?\s*[)\]]?", token.text.strip())
        if bracket and joined and token.box.left - joined[-1].box.right < 2.0 * height:
            before = joined[-1]
            sure = min(before.confidence, token.confidence)
            joined[-1] = TextToken(f"{before.text} {token.text}", before.box.union(token.box), sure)
        else:
            joined.append(token)
    return joined


def unglued(token: TextToken, ticks: Sequence[float], height: float) -> list[TextToken]:
    """The parts of a token in which neighbouring cells, or a label and the first count, were read as one.

    Digits that span two tick columns are shared out evenly; counts in a row, each at its tick, are cells, and what is
    before them their label; a number at the end of a label that stands on a tick is a count. Parts that were cut out
    of digits or a label have a lower confidence, so that they are looked at again.
    """
    box, text = token.box, token.text.strip()
    spanned = [t for t in ticks if box.left + 0.2 * height < t < box.right - 0.2 * height]
    if re.fullmatch(r"\d+", text) and len(spanned) > 1 and len(text) % len(spanned) == 0:
        size, width = len(text) // len(spanned), box.width / len(spanned)
        return [
            TextToken(
                text[i * size : (i + 1) * size],
                Box(box.left + i * width, box.top, box.left + (i + 1) * width, box.bottom),
                0.6 * token.confidence,
            )
            for i in range(len(spanned))
        ]
    row = _row_in_columns(text, box, ticks)
    if row:
        return [replace(part, confidence=part.confidence * token.confidence) for part in row]
    match = re.fullmatch(r"(.*[A-Za-z0-9>+)\]].*?)\s+(\d+(?:\s*\(\d+\))?)", text)
    if match and ticks and re.search(r"[A-Za-z]", match.group(1)):
        edge = box.left + box.width * (match.start(2) - 0.5) / len(text)
        if any(edge - 0.3 * height < t < box.right for t in ticks):
            sure = 0.85 * token.confidence
            return [
                TextToken(match.group(1), Box(box.left, box.top, edge, box.bottom), sure),
                TextToken(match.group(2), Box(edge, box.top, box.right, box.bottom), sure),
            ]
    return [token]


def _row_in_columns(text: str, box: Box, ticks: Sequence[float]) -> list[TextToken]:
    """Two or more counts at the end of ``text``, with or without numbers in brackets, each at a tick of its own.

    Confidence 1 each; what stands before them comes first. Empty where the counts do not stand at ticks.
    """
    places = sorted(ticks)
    cells = list(_COUNT.finditer(text))
    ends = [0, *(c.end() for c in cells)]
    apart = [i for i, c in enumerate(cells) if text[ends[i] : c.start()].strip()]
    cells = cells[apart[-1] if apart else 0 :]
    if not cells or text[ends[-1] :].strip(" .") or len(places) < 2:
        return []
    spacing = min(b - a for a, b in pairwise(places))

    def at(place: float) -> float:
        return box.left + box.width * place / len(text)

    nearest = [min(places, key=lambda tick: abs(tick - at((c.start() + c.end()) / 2))) for c in cells]
    off = [abs(tick - at((c.start() + c.end()) / 2)) for c, tick in zip(cells, nearest, strict=True)]
    while cells and off[0] > _NEAR_TICK * spacing:  # a number that ends the label
        del cells[0], nearest[0], off[0]
    if len(cells) < 2 or len(set(nearest)) < len(cells) or max(off) > _NEAR_TICK * spacing:
        return []
    parts = [TextToken(c.group().strip(), Box(at(c.start()), box.top, at(c.end()), box.bottom), 1.0) for c in cells]
    label = text[: cells[0].start()].strip()
    before = [TextToken(label, Box(box.left, box.top, at(cells[0].start() - 0.5), box.bottom), 1.0)] if label else []
    return before + parts
