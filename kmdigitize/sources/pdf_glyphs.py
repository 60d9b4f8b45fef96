"""Plotting symbols that a PDF draws as characters: a bar, a plus or a glyph of a symbol font.

A text object that holds nothing but one symbol, once or repeated, gives a closed path per symbol, the box of its cell
across and of its ink up and down, next to the text that it also is: only the place on a curve can tell a censor mark
from a letter.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from kmdigitize.geometry import FloatArray
from kmdigitize.records.figure import DrawnPath, Rgb
from kmdigitize.sources.outlines import Matrix
from kmdigitize.sources.paint import Paint, drawn_path, rgb

_SYMBOLIC = 4
"""Font flag of symbol fonts, whose characters have meanings of their own (PDF 32000-1, table 123)."""

_Cell = tuple[float, float, float, float]


def read_glyph_marks(page: Any, text_page: Any, to_px: Matrix, most: int) -> list[DrawnPath]:
    """One path per plotting symbol among the first ``most`` objects of ``page``, in px.

    pdfium hides the text of an object that repeats its neighbour; it is taken for the symbol of its size and colour.
    """
    cells = _cells_by_object(text_page)
    placed: list[tuple[int, _Cell, Rgb]] = []
    hidden: list[tuple[int, _Cell, Rgb]] = []
    known: set[tuple[float, float, Rgb]] = set()
    for index in range(min(most, max(0, pdfium.FPDFPage_CountObjects(page)))):
        handle = pdfium.FPDFPage_GetObject(page, index)
        if pdfium.FPDFPageObj_GetType(handle) != pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        chars = cells.get(_address(handle), [])
        if not chars:
            hidden += [(index, cell, _color(handle)) for cell in _bounds(handle)]
        elif _is_symbol("".join(text for text, _ in chars), handle):
            placed += [(index, cell, _color(handle)) for text, cell in chars if text.strip()]
            known |= {_look(cell, _color(handle)) for cell in _bounds(handle)}
    placed += [item for item in hidden if _look(item[1], item[2]) in known]
    paths = (drawn_path([_outline(cell)], Paint(fill=color), to_px, None, index + 1) for index, cell, color in placed)
    return [path for path in paths if path is not None]


def _cells_by_object(text_page: Any) -> dict[int, list[tuple[str, _Cell]]]:
    """Characters with their cells (left, bottom, right, top in page units) by the address of their text object."""
    cells: dict[int, list[tuple[str, _Cell]]] = {}
    loose = pdfium.FS_RECTF()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for index in range(max(0, pdfium.FPDFText_CountChars(text_page))):
        handle = pdfium.FPDFText_GetTextObject(text_page, index)
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if not handle or code in (0, 10, 13) or pdfium.FPDFText_IsGenerated(text_page, index) == 1:
            continue
        pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
        pdfium.FPDFText_GetLooseCharBox(text_page, index, loose)
        cell = (loose.left, bottom.value, loose.right, top.value)
        cells.setdefault(_address(handle), []).append((chr(min(code, 0x10FFFF)), cell))
    return cells


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _bounds(handle: Any) -> list[_Cell]:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
        return []
    return [(left.value, bottom.value, right.value, top.value)]


def _color(handle: Any) -> Rgb:
    r, g, b, a = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFPageObj_GetFillColor(handle, r, g, b, a)
    return rgb(r.value, g.value, b.value)


def _look(cell: _Cell, color: Rgb) -> tuple[float, float, Rgb]:
    return round(cell[2] - cell[0], 1), round(cell[3] - cell[1], 1), color


def _is_symbol(text: str, handle: Any) -> bool:
    """Whether the object's text is one plotting symbol, alone or repeated."""
    if len(set(text) - {" "}) != 1:
        return False
    symbol = text.strip()[0]
    flags = pdfium.FPDFFont_GetFlags(pdfium.FPDFTextObj_GetFont(handle))
    of_symbol_font = flags > 0 and bool(flags & _SYMBOLIC)
    return not symbol.isalnum() or (of_symbol_font and not symbol.isdigit())


def _outline(cell: _Cell) -> FloatArray:
    """The closed outline of a cell."""
    x0, y0, x1, y1 = cell
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
