"""The text of a PDF page as tokens in px: characters joined to words and phrases along their own direction.

Characters belong together when they share direction, size and base line and follow each other within the width of a
space or two. A phrase of numbers only is split at its spaces, since numbers in a row are labels or table cells. The
text is exact where the file maps its glyphs to characters; where it does not, no tokens are returned.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.figure import TextToken
from kmdigitize.sources.outlines import Matrix, mapped, scale_of
from kmdigitize.sources.phrases import Glyph, join_glyphs

_MAX_CHARS = 200_000
_HIDDEN = 3
"""Text render mode of invisible text, which lies under scanned pages as their OCR layer."""


@dataclass(frozen=True, slots=True)
class PageText:
    """Tokens of a page in px and the share of its characters that the file gives no meaning to."""

    tokens: tuple[TextToken, ...]
    unmapped: float


def read_text(page: Any, text_page: Any, to_px: Matrix) -> PageText:
    """The visible text of ``page``; ``to_px`` maps page units to px of the rendering."""
    count = min(max(0, pdfium.FPDFText_CountChars(text_page)), _MAX_CHARS)
    unmapped = 0
    texts: list[str] = []
    sizes: list[float] = []
    points: list[tuple[float, float]] = []
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if code in (0, 10, 13) or pdfium.FPDFText_IsGenerated(text_page, index) == 1 or _is_hidden(text_page, index):
            continue
        unmapped += _is_unmapped(text_page, index, code)
        texts.append(chr(min(code, 0x10FFFF)))
        size, places = _measured(text_page, index)
        sizes.append(size)
        points += places
    glyphs = _glyphs(texts, np.array(sizes) * scale_of(to_px), np.array(points).reshape(-1, 2), to_px)
    return PageText(join_glyphs(glyphs), unmapped / len(texts) if texts else 0.0)


def _is_unmapped(text_page: Any, index: int, code: int) -> bool:
    private = 0xE000 <= code <= 0xF8FF or code == 0xFFFD or code < 32
    return private or pdfium.FPDFText_HasUnicodeMapError(text_page, index) == 1


def _is_hidden(text_page: Any, index: int) -> bool:
    handle = pdfium.FPDFText_GetTextObject(text_page, index)
    return bool(handle) and pdfium.FPDFTextObj_GetTextRenderMode(handle) == _HIDDEN


def _measured(text_page: Any, index: int) -> tuple[float, list[tuple[float, float]]]:
    """Font size and, in page units, two corners of the ink and of the cell, the origin, and a step along the line."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    x, y = ctypes.c_double(), ctypes.c_double()
    cell, m = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
    pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
    pdfium.FPDFText_GetLooseCharBox(text_page, index, cell)
    pdfium.FPDFText_GetMatrix(text_page, index, m)
    size = pdfium.FPDFText_GetFontSize(text_page, index) * math.hypot(m.c, m.d)
    ink = [(left.value, bottom.value), (right.value, top.value)]
    loose = [(cell.left, cell.bottom), (cell.right, cell.top)]
    return size, [*ink, *loose, (x.value, y.value), (x.value + m.a, y.value + m.b)]


def _glyphs(texts: list[str], sizes: FloatArray, points: FloatArray, to_px: Matrix) -> list[Glyph]:
    """Glyphs in px of measured characters; ``points`` (6 n, 2) as :func:`_measured` gives them."""
    placed = mapped(points, to_px).reshape(-1, 6, 2)
    ink = np.concatenate([placed[:, :2].min(axis=1), placed[:, :2].max(axis=1)], axis=1)
    cells = np.concatenate([placed[:, 2:4].min(axis=1), placed[:, 2:4].max(axis=1)], axis=1)
    step = placed[:, 5] - placed[:, 4]
    angles = np.degrees(np.arctan2(-step[:, 1], step[:, 0]))
    usable = [bool(np.isfinite(place).all()) for place in placed]
    rows = zip(texts, ink.tolist(), cells.tolist(), placed[:, 4].tolist(), angles.tolist(), sizes.tolist(), strict=True)
    return [
        Glyph(text, Box(*box), Box(*cell), (origin[0], origin[1]), angle, size)
        for (text, box, cell, origin, angle, size), keep in zip(rows, usable, strict=True)
        if keep
    ]
