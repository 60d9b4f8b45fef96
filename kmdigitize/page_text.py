"""The text of a page: what a drawing holds of it, what the reader makes of the pixels, and both at twice the size.

Enlarging reads larger print worse, so that it is left to pictures in which no axes were found otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from kmdigitize.detect.page import measure_page
from kmdigitize.geometry import Box
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.settings import Settings
from kmdigitize.text.ocr import read_tokens
from kmdigitize.text.wordings import is_number

AXIS_LABELS = 4
"""Two numbers on each axis: a drawing with fewer as text has its labels as outlines, amid the text of the page."""
SMALL = 10.0
"""Height of the letters (px) below which digits may be missed: 72 dpi print 6 to 9."""
LARGEST = 1_000_000
"""Pixels of a picture up to which it is read again."""


def text_of(figure: Figure, settings: Settings) -> tuple[TextToken, ...]:
    """Every piece of text on ``figure``, that of its drawing as it stands there."""
    exact = figure.drawing.texts if figure.drawing else ()
    if sum(is_number(token.text) for token in exact) >= AXIS_LABELS:
        return exact
    return exact + _apart_from(exact, read_tokens(figure, settings=settings.text))


def _apart_from(exact: Sequence[TextToken], tokens: Sequence[TextToken]) -> tuple[TextToken, ...]:
    """The ``tokens`` that were read where no ``exact`` text is."""
    return tuple(t for t in tokens if not any(t.box.overlap(other.box) > 0 for other in exact))


def larger_text(figure: Figure, tokens: tuple[TextToken, ...], settings: Settings) -> tuple[TextToken, ...]:
    """Small print as it is read at twice the size; else the ``tokens`` that were read before."""
    if figure.drawing or figure.width * figure.height > LARGEST or measure_page(figure).text_px >= SMALL:
        return tokens
    doubled = cv2.resize(figure.pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    read = read_tokens(replace(figure, pixels=np.asarray(doubled, np.uint8)), settings=settings.text)
    return tuple(replace(token, box=_halved(token.box)) for token in read)


def _halved(box: Box) -> Box:
    """A box (px) of the picture of twice the size in that of the picture itself."""
    return Box(*((edge - 0.5) / 2 for edge in (box.left, box.top, box.right, box.bottom)))
