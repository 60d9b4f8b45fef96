"""Text that is too small for the reader: where it shows no axes, the picture is read once more at twice its size.

Enlarging reads larger print worse, so that it is left to pictures in which no panel was found otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from kmdigitize.detect.page import measure_page
from kmdigitize.geometry import Box
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.route import panels_of
from kmdigitize.settings import Settings
from kmdigitize.text.ocr import read_tokens

SMALL = 10.0
"""Height of the letters (px) below which digits may be missed: 72 dpi print 6 to 9."""
LARGEST = 1_000_000
"""Pixels of a picture up to which it is read again."""


def read_legible(figure: Figure, settings: Settings) -> tuple[TextToken, ...]:
    """The text on ``figure``, as it is read at twice the size where small print shows no panel but does so then."""
    tokens = read_tokens(figure, settings=settings.text)
    small = figure.width * figure.height <= LARGEST and measure_page(figure).text_px < SMALL
    if figure.drawing or not small or panels_of(figure, tokens, settings):
        return tokens
    doubled = cv2.resize(figure.pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    read = read_tokens(replace(figure, pixels=np.asarray(doubled, np.uint8)), settings=settings.text)
    again = tuple(replace(token, box=_halved(token.box)) for token in read)
    return again if panels_of(figure, again, settings) else tokens


def _halved(box: Box) -> Box:
    """A box (px) of the picture of twice the size in that of the picture itself."""
    return Box(*((edge - 0.5) / 2 for edge in (box.left, box.top, box.right, box.bottom)))
