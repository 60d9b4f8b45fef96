"""The text of an SVG as glyph runs with boxes. Their place along the line is exact at the anchor; widths are the file's
``textLength`` or, without it, measured in a font that is always installed, since the author's may not be.
"""

from __future__ import annotations

import functools
import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.figure import DrawnPath, Rgb
from kmdigitize.sources.outlines import Matrix, bounds, mapped, scale_of
from kmdigitize.sources.phrases import Glyph
from kmdigitize.sources.svg_style import Style, length, style_of
from kmdigitize.sources.svg_tree import Rule, local

_DIGIT_HEIGHT = 0.73
"""Height of digits and capitals above the base line in font sizes (0.70 to 0.73 in common fonts)."""
_DESCENT = 0.21
_EM = 100


def text_glyphs(chain: tuple[ET.Element, ...], style: Style, rules: tuple[Rule, ...], to_px: Matrix) -> list[Glyph]:
    """The runs of a ``text`` element (last of ``chain``), one per line or per list of x positions, in px."""
    runs: list[Glyph] = []
    cursor = [0.0, 0.0]
    _collect(chain, style, rules, to_px, cursor, runs)
    return runs


def _collect(
    chain: tuple[ET.Element, ...],
    style: Style,
    rules: tuple[Rule, ...],
    to_px: Matrix,
    cursor: list[float],
    runs: list[Glyph],
) -> None:
    element = chain[-1]
    for axis, keys in enumerate((("x", "dx"), ("y", "dy"))):
        if element.get(keys[0]):
            cursor[axis] = _first(element.get(keys[0], "0"), style.font_size)
        if element.get(keys[1]):
            cursor[axis] += _first(element.get(keys[1], "0"), style.font_size)
    _add(element.text, element, style, to_px, cursor, runs)
    for child in element:
        if local(child) == "tspan":
            inner = style_of((*chain, child), style, rules)
            _collect((*chain, child), inner, rules, to_px, cursor, runs)
        _add(child.tail, element, style, to_px, cursor, runs)


def _first(written: str, font_size: float) -> float:
    return length(re.split(r"[\s,]+", written.strip())[0], font_size, 1.0)


def _add(
    written: str | None, element: ET.Element, style: Style, to_px: Matrix, cursor: list[float], runs: list[Glyph]
) -> None:
    """Append the run of one piece of text that starts at ``cursor``, and move the cursor behind it."""
    text = re.sub(r"\s+", " ", written or "")
    if not text.strip():
        return
    size = style.font_size
    places = re.split(r"[\s,]+", element.get("x", "").strip())
    width = length(element.get("textLength", ""), size * _measure(text), 1.0)
    anchor = style.get("text-anchor", "start")
    text = text.strip()
    if len(places) == len(text) > 1:
        width = length(places[-1], 0.0, 1.0) - cursor[0] + size * _measure(text[-1])
    left = cursor[0] - {"middle": width / 2, "end": width}.get(anchor, 0.0)
    ascent, descent = _heights(text)
    corners = [(left, -ascent), (left + width, descent), (left, 0.0), (left + 1.0, 0.0)]
    scaled = [(x, cursor[1] + (y * size if index < 2 else 0.0)) for index, (x, y) in enumerate(corners)]
    diagonal = [(left, scaled[1][1]), (left + width, scaled[0][1])]
    placed = mapped(np.array([*scaled, *diagonal]), to_px)
    box = bounds([placed[[0, 1, 4, 5]]])
    if box is None or not np.all(np.isfinite(placed)):
        return
    step = placed[3] - placed[2]
    angle = math.degrees(math.atan2(-step[1], step[0]))
    runs.append(
        Glyph(text, Box(*box), Box(*box), (float(placed[2, 0]), float(placed[2, 1])), angle, size * scale_of(to_px))
    )
    cursor[0] += width if anchor == "start" else 0.0


def _heights(text: str) -> tuple[float, float]:
    """Ink above and below the base line in font sizes."""
    ascent = 0.55 if all(c in "aceimnorsuvwxz. ,:" for c in text) else _DIGIT_HEIGHT
    return ascent, _DESCENT if any(c in "gjpqy(),;|" for c in text) else 0.0


def _measure(text: str) -> float:
    """Width in font sizes."""
    return float(_font().getlength(text)) / _EM


@functools.cache
def _font() -> Any:
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", _EM)


def glyph_mark(glyph: Glyph, color: Rgb, order: int) -> DrawnPath | None:
    """A run that is one character and no letter or digit, as the closed outline of its box: it may be a censor mark."""
    if len(glyph.text) != 1 or glyph.text.isalnum():
        return None
    box = glyph.box
    corners = [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
    return DrawnPath(np.array([*corners, corners[0]]), closed=True, fill=color, order=order)
