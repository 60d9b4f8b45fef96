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

from kmdigitize.geometry import Box
from kmdigitize.records import TextToken
from kmdigitize.sources.outlines import Matrix, bounds, mapped, scale_of
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
    glyphs = []
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if pdfium.FPDFText_IsGenerated(text_page, index) == 1 or code in (0, 10, 13):
            continue
        unmapped += _is_unmapped(text_page, index, code)
        glyph = _glyph(text_page, index, chr(code) if code < 0x110000 else "", to_px)
        if glyph is not None:
            glyphs.append(glyph)
    share = unmapped / len(glyphs) if glyphs else 0.0
    return PageText(join_glyphs(glyphs), share)


def _is_unmapped(text_page: Any, index: int, code: int) -> bool:
    private = 0xE000 <= code <= 0xF8FF or code == 0xFFFD or code < 32
    return private or pdfium.FPDFText_HasUnicodeMapError(text_page, index) == 1


def _glyph(text_page: Any, index: int, text: str, to_px: Matrix) -> Glyph | None:
    """One character with its tight box, origin, direction and size in px; None if it is not seen."""
    handle = pdfium.FPDFText_GetTextObject(text_page, index)
    if handle and pdfium.FPDFTextObj_GetTextRenderMode(handle) == _HIDDEN:
        return None
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    x, y = ctypes.c_double(), ctypes.c_double()
    cell, m = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    if not pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
        return None
    pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
    pdfium.FPDFText_GetLooseCharBox(text_page, index, cell)
    pdfium.FPDFText_GetMatrix(text_page, index, m)
    corners = [(left.value, bottom.value), (right.value, top.value), (cell.left, cell.bottom), (cell.right, cell.top)]
    corners += [(x.value, y.value), (x.value + m.a, y.value + m.b)]
    placed = mapped(np.array(corners), to_px)
    box, loose = bounds([placed[:2]]), bounds([placed[2:4]])
    step = placed[5] - placed[4]
    if box is None or loose is None or not np.all(np.isfinite(placed)):
        return None
    size = pdfium.FPDFText_GetFontSize(text_page, index) * math.hypot(m.c, m.d) * scale_of(to_px)
    angle = math.degrees(math.atan2(-step[1], step[0]))
    return Glyph(text, Box(*box), Box(*loose), (float(placed[4, 0]), float(placed[4, 1])), angle, size)
