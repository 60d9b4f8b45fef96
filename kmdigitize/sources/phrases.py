"""Characters with places → words and phrases. Shared by PDF and SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken

_NUMBER = re.compile(r"[(\[]?[-+−<>≤≥]?\d[\d.,·]*%?[)\]]?")
_WORD_GAP = 0.12
"""Gap in font sizes from which two characters belong to two words: letters touch, a space has 0.25."""
_PHRASE_GAP = 0.75
"""Gap in font sizes from which words belong to two phrases: two spaces and a half."""

_BASE_LINE = 0.08
"""Difference of base lines in font sizes from which two characters are on two lines, or one is raised."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character (or a run of them): the ``box`` of its ink, the ``cell`` it advances by, its ``origin`` on the base
    line, ``angle`` counter-clockwise in degrees and font ``size``, all in px. Glyphs of two ``block``s, which the
    file keeps apart, are joined only where they touch.
    """

    text: str
    box: Box
    cell: Box
    origin: tuple[float, float]
    angle: float
    size: float
    block: int = 0

    def along(self, x: float, y: float) -> float:
        """Position of a point along the writing direction."""
        radians = math.radians(self.angle)
        return x * math.cos(radians) - y * math.sin(radians)

    def across(self, x: float, y: float) -> float:
        """Position of a point across it (grows downwards for level text)."""
        radians = math.radians(self.angle)
        return x * math.sin(radians) + y * math.cos(radians)

    def extent(self) -> tuple[float, float]:
        """First and last position of the cell along the writing direction."""
        corners = [(x, y) for x in (self.cell.left, self.cell.right) for y in (self.cell.top, self.cell.bottom)]
        places = [self.along(x, y) for x, y in corners]
        return min(places), max(places)


def join_glyphs(glyphs: Sequence[Glyph]) -> tuple[TextToken, ...]:
    """Tokens in the order of the first characters: phrases, or cells ("12", "12 (3)") where all words are numbers."""
    tokens: list[TextToken] = []
    words: list[list[Glyph]] = []
    last: Glyph | None = None
    spaced = False
    for glyph in glyphs:
        if not glyph.text.strip():
            spaced = True
            continue
        gap = _gap(last, glyph) if last is not None else None
        if gap is None or last is None or gap > (_PHRASE_GAP if glyph.block == last.block else _WORD_GAP):
            tokens += _tokens(words)
            words = [[glyph]]
        elif spaced or gap > _WORD_GAP:
            words.append([glyph])
        else:
            words[-1].append(glyph)
        last, spaced = glyph, False
    tokens += _tokens(words)
    return tuple(tokens)


def _gap(last: Glyph, glyph: Glyph) -> float | None:
    """Gap between two characters in font sizes; None if they cannot belong together."""
    size = max(last.size, glyph.size, 1e-6)
    if abs((last.angle - glyph.angle + 180) % 360 - 180) > 2:
        return None
    if abs(last.across(*last.origin) - last.across(*glyph.origin)) > _BASE_LINE * size:
        return None
    gap = (glyph.extent()[0] - last.extent()[1]) / size
    return max(gap, 0.0) if gap > -0.5 else None


def _tokens(words: list[list[Glyph]]) -> list[TextToken]:
    texts = ["".join(glyph.text for glyph in word) for word in words]
    if len(words) < 2 or not all(_NUMBER.fullmatch(text) for text in texts):
        return [_token(" ".join(texts), [glyph for word in words for glyph in word])] if words else []
    cells: list[tuple[str, list[Glyph]]] = []
    for text, word in zip(texts, words, strict=True):
        if cells and text.startswith("("):
            cells[-1] = (f"{cells[-1][0]} {text}", cells[-1][1] + word)
        else:
            cells.append((text, word))
    return [_token(text, glyphs) for text, glyphs in cells]


def _token(text: str, glyphs: list[Glyph]) -> TextToken:
    box = glyphs[0].box
    for glyph in glyphs[1:]:
        box = box.union(glyph.box)
    return TextToken(text, box, 1.0, round(glyphs[0].angle, 2))
