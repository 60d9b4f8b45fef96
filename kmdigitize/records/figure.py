"""The figure: its pixels or drawing, and the text on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kmdigitize.geometry import Box, FloatArray, Pixels, read_only

MOST_PIXELS = 1_000_000_000
"""More than any figure that is read has: the size of a stored one is not believed beyond it."""
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TextToken:
    """One printed piece of text. ``angle`` is counter-clockwise in degrees (90: a usual y-axis title)."""

    text: str
    box: Box
    confidence: float = 1.0
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class DrawnPath:
    """One painted path of a vector figure, in px of its rendering.

    ``points`` is (n, 2) x, y with curves flattened; ``starts`` are the indices at which a new subpath begins (always
    0 first). ``stroke``/``fill`` are None where not painted; ``width`` and ``dash`` (on, off, …) are in px;
    ``alpha`` is the opacity of what is painted; ``order`` the painting order.
    """

    points: FloatArray
    starts: tuple[int, ...] = (0,)
    closed: bool = False
    stroke: Rgb | None = None
    fill: Rgb | None = None
    width: float = 0.0
    dash: tuple[float, ...] = ()
    alpha: float = 1.0
    order: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", read_only(self.points))
        if self.points.ndim != 2 or self.points.shape[1] != 2:
            raise ValueError(f"points must be (n, 2), got {self.points.shape}")


@dataclass(frozen=True, slots=True)
class Drawing:
    """The exact content of a vector figure. ``texts`` is empty where labels are drawn as outlines.

    ``stretch``: how much wider and higher than ``px_per_unit`` a unit is, since renderings have whole pixels.
    """

    paths: tuple[DrawnPath, ...]
    texts: tuple[TextToken, ...] = ()
    pictures: tuple[Box, ...] = ()
    px_per_unit: float = 1.0
    stretch: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture to digitize: ``pixels`` (height, width, 3) RGB, composed on white, plus its drawing if it has one.

    ``lossy`` is True where compression has blurred colours; ``angle`` is the tilt in degrees that was removed
    (counter-clockwise positive); ``sha256`` is of the input bytes. ``caption`` is what stands beside it on its page,
    ``article`` the running text of all pages.
    """

    name: str
    pixels: Pixels
    lossy: bool = False
    angle: float = 0.0
    sha256: str = ""
    drawing: Drawing | None = None
    caption: str = ""
    article: str = ""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels must be (height, width, 3) uint8, got {self.pixels.shape} {self.pixels.dtype}")
        object.__setattr__(self, "pixels", read_only(self.pixels, np.uint8))

    @property
    def height(self) -> int:
        """Height in px."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Width in px."""
        return int(self.pixels.shape[1])

    def to_json(self) -> dict[str, object]:
        """All but the pixels, the drawing and the text around it, which stay in the input file."""
        kept = {name: getattr(self, name) for name in ("name", "lossy", "angle", "sha256")}
        return kept | {"height": self.height, "width": self.width}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Figure:
        """The figure that :meth:`to_json` described, as a white picture of its size."""
        kept = dict(data)
        shape = (int(kept.pop("height")), int(kept.pop("width")), 3)
        if min(shape) < 0 or shape[0] * shape[1] > MOST_PIXELS:
            raise ValueError(f"no figure is {shape[1]} × {shape[0]} px")
        return cls(pixels=np.full(shape, 255, dtype=np.uint8), **kept)


Reread = Callable[[Figure, Sequence[Box], bool], tuple[TextToken, ...]]
"""Reads boxes (px) of a figure again, one token each; True asks for numbers only."""
