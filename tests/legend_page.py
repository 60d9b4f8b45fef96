"""Small figures on which legends are drawn pixel by pixel."""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken

PANEL = Panel("A", Box(20, 20, 280, 180), Box(0, 0, 299, 199), 180, 20)
RED, BLUE = (200, 30, 40), (20, 60, 190)


def blank_page() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((200, 300, 3), 255, np.uint8)


def label_at(text: str, row: int, left: int = 150) -> TextToken:
    return TextToken(text, Box(left, row - 5, left + 6 * len(text), row + 5))
