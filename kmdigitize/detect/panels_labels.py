"""Printed numbers around a frame: which of them it explains as tick labels, and whether it is a table of numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kmdigitize.geometry import Box
from kmdigitize.records.figure import TextToken

_NUMBER = re.compile(r"^[-–−]?[\d.,·:]*\d[\d.,·]*\s*%?\s*[-–—_|]?$")
_NUMBERS = re.compile(r"^[\d.,·%\s-]+$")


@dataclass(frozen=True, slots=True)
class NumberSpot:
    """The place and value of a printed number; several (``count``, value NaN) if OCR glued neighbours together."""

    box: Box
    value: float
    count: int = 1


def number_spots(tokens: Sequence[TextToken]) -> list[NumberSpot]:
    """Every token that reads as a number (with a tick glued to it, perhaps) or as a row of numbers."""
    spots: list[NumberSpot] = []
    for token in tokens:
        text = token.text.strip()
        if _NUMBER.match(text) and len(text) <= 8:
            spots.append(NumberSpot(token.box, _value(text)))
        elif _NUMBERS.match(text):
            spots.append(NumberSpot(token.box, math.nan, max(2, len(text.split()))))
    return spots


def _value(text: str) -> float:
    digits = re.sub(r"[^\d.]", "", re.sub(r"[,·:]", ".", text)).strip(".")
    try:
        return float(digits)
    except ValueError:
        return math.nan


def labels_below(frame: Box, numbers: Sequence[NumberSpot], text_px: float) -> tuple[int, float]:
    """Count of the fullest row of numbers under the frame and its distance from it in px (0, inf without any)."""
    near = [
        spot
        for spot in numbers
        if frame.bottom - 0.2 * text_px <= spot.box.top <= frame.bottom + 3.5 * text_px
        and frame.left - 2.5 * text_px <= spot.box.center_x <= frame.right + 2.5 * text_px
    ]
    rows = [(_in_line(spot.box.center_y, near, text_px), frame.bottom - spot.box.top) for spot in near]
    count, distance = max(rows, default=(0, -math.inf))
    return count, -distance


def _in_line(center_y: float, spots: Sequence[NumberSpot], text_px: float) -> int:
    return sum(spot.count for spot in spots if abs(spot.box.center_y - center_y) <= 0.5 * text_px)


def labels_beside(frame: Box, numbers: Sequence[NumberSpot], text_px: float) -> tuple[int, float]:
    """Count of numbers on different rows just left of the frame and the distance of their right edges from it in px."""
    near = [
        spot
        for spot in numbers
        if frame.left - 3.5 * text_px <= spot.box.right <= frame.left + 0.3 * text_px
        and frame.top - 1.5 * text_px <= spot.box.center_y <= frame.bottom + 1.5 * text_px
    ]
    rows: list[float] = []
    for spot in near:
        if all(abs(spot.box.center_y - row) > 0.7 * text_px for row in rows):
            rows.append(spot.box.center_y)
    distances = sorted(frame.left - spot.box.right for spot in near)
    return len(rows), distances[len(distances) // 2] if distances else math.inf


def is_table(frame: Box, numbers: Sequence[NumberSpot], text_px: float) -> bool:
    """Whether rows of three numbers and more, as far apart as they are, fill most of the frame."""
    inside = [spot for spot in numbers if frame.contains(spot.box.center_x, spot.box.center_y)]
    filled: list[float] = []
    for spot in inside:
        if _in_line(spot.box.center_y, inside, text_px) >= 3 and all(
            abs(spot.box.center_y - row) > 0.8 * text_px for row in filled
        ):
            filled.append(spot.box.center_y)
    if not filled:
        return False
    pitch = max(3.0 * text_px, (max(filled) - min(filled)) / max(1, len(filled) - 1))
    centred = abs((max(filled) + min(filled)) / 2 - frame.center_y) <= 0.2 * frame.height
    return len(filled) * (pitch if centred else 3.0 * text_px) > 0.6 * frame.height
