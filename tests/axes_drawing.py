"""Anti-aliased axes drawn on an array with exactly known places, for the tests of page, panels, ticks and scales."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kmdigitize.geometry import Box, FloatArray, Pixels
from kmdigitize.records.axes import NumberLabel
from kmdigitize.records.figure import Figure, TextToken


def blank(width: int, height: int, paper: float = 255.0) -> FloatArray:
    return np.full((height, width), paper)


def cover(size: int, low: float, high: float) -> FloatArray:
    """Share of each pixel (centres at integers) between two edges in px."""
    centers = np.arange(size)
    return np.clip(np.minimum(centers + 0.5, high) - np.maximum(centers - 0.5, low), 0.0, 1.0)


def paint(picture: FloatArray, box: Box, ink: float = 0.0) -> None:
    """Fill ``box`` (edges in px) with anti-aliasing."""
    share = np.outer(cover(picture.shape[0], box.top, box.bottom), cover(picture.shape[1], box.left, box.right))
    picture += share * (ink - picture)


def line(picture: FloatArray, start: tuple[float, float], end: tuple[float, float], width: float = 1.3) -> None:
    """An upright or level stroke between the centres ``start`` and ``end`` (x, y)."""
    half = width / 2
    box = Box(min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
    paint(picture, box.grown(half if start[0] == end[0] else 0.0, half if start[1] == end[1] else 0.0))


def figure_of(picture: FloatArray, lossy: bool = False) -> Figure:
    pixels: Pixels = np.repeat(np.clip(np.rint(picture), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    return Figure("drawn", pixels, lossy)


@dataclass
class Axes:
    """A frame with ticks outside and the boxes of its labels; digits are 10 px high and drawn as bars."""

    frame: Box
    x_ticks: dict[float, str] = field(default_factory=dict)
    y_ticks: dict[float, str] = field(default_factory=dict)

    def draw(self, picture: FloatArray, closed: bool = False, width: float = 1.3) -> None:
        frame = self.frame
        line(picture, (frame.left, frame.bottom), (frame.right, frame.bottom), width)
        line(picture, (frame.left, frame.top), (frame.left, frame.bottom), width)
        if closed:
            line(picture, (frame.right, frame.top), (frame.right, frame.bottom), width)
            line(picture, (frame.left, frame.top), (frame.right, frame.top), width)
        for at in self.x_ticks:
            line(picture, (at, frame.bottom), (at, frame.bottom + 5), width)
        for at in self.y_ticks:
            line(picture, (frame.left - 5, at), (frame.left, at), width)
        for label in self.tokens():
            draw_text(picture, label)

    def tokens(self) -> list[TextToken]:
        frame = self.frame
        below = [
            TextToken(text, Box(at - 3.5 * len(text), frame.bottom + 9, at + 3.5 * len(text), frame.bottom + 19))
            for at, text in self.x_ticks.items()
            if text
        ]
        beside = [
            TextToken(text, Box(frame.left - 9 - 7 * len(text), at - 5, frame.left - 9, at + 5))
            for at, text in self.y_ticks.items()
            if text
        ]
        return below + beside

    def labels(self) -> list[NumberLabel]:
        return [
            NumberLabel(float(token.text.rstrip("%")), token.text, token.box, "%" in token.text)
            for token in self.tokens()
        ]


def draw_text(picture: FloatArray, token: TextToken) -> None:
    """Bars 2 px thick in place of glyphs, 7 px apart."""
    for index in range(len(token.text)):
        left = round(token.box.left) + 7 * index
        top, bottom = round(token.box.top), round(token.box.bottom)
        picture[top:bottom, left + 1 : left + 3] = 0
        picture[top : top + 2, left + 1 : left + 6] = 0


def spaced(first: float, last: float, texts: list[str]) -> dict[float, str]:
    """Evenly spaced tick places with their texts."""
    return dict(zip(np.linspace(first, last, len(texts)).tolist(), texts, strict=True))


def survival_axes(left: float = 60.3, top: float = 30.0, right: float = 380.3, bottom: float = 250.6) -> Axes:
    """0 to 60 months in steps of 10, survival 0.0 to 1.0 in steps of 0.2, ticks at the corners."""
    months = [str(value) for value in range(0, 61, 10)]
    fractions = [f"{value / 5:.1f}" for value in range(5, -1, -1)]
    return Axes(Box(left, top, right, bottom), spaced(left, right, months), spaced(top, bottom, fractions))
