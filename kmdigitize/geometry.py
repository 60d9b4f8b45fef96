"""Pixel convention, boxes and axis scales.

Pixel centres are integers, the origin is the centre of the top-left pixel and y points down. A box is a region in
those coordinates; an axis scale is the straight line between a pixel coordinate and the value printed on an axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Pixels = NDArray[np.uint8]


def read_only(values: ArrayLike, dtype: Any = np.float64) -> NDArray[Any]:
    """A contiguous copy of ``values`` that cannot be written to; records hold only such arrays."""
    array = np.array(values, dtype=dtype, order="C")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-parallel region, all edges in px (centres of the outermost pixels that belong to it)."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left <= self.right and self.top <= self.bottom):
            raise ValueError(f"box edges are out of order: {self}")

    @property
    def width(self) -> float:
        """Distance between the left and right edge in px."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Distance between the top and bottom edge in px."""
        return self.bottom - self.top

    @property
    def center_x(self) -> float:
        """Column of the middle in px."""
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        """Row of the middle in px."""
        return (self.top + self.bottom) / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside or on an edge."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def overlap(self, other: Box) -> float:
        """Area in px² shared with ``other`` (0 when apart)."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def grown(self, by_x: float, by_y: float | None = None) -> Box:
        """The box with ``by_x`` px added left and right and ``by_y`` (default: the same) above and below."""
        by_y = by_x if by_y is None else by_y
        return Box(self.left - by_x, self.top - by_y, self.right + by_x, self.bottom + by_y)

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def slices(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Row and column slices of the whole pixels inside the box, clipped to an array of ``shape``."""
        rows = slice(max(0, math.ceil(self.top)), min(shape[0], math.floor(self.bottom) + 1))
        columns = slice(max(0, math.ceil(self.left)), min(shape[1], math.floor(self.right) + 1))
        return rows, columns


ScaleSource = Literal["ticks", "grid", "labels", "facts", "vector"]


@dataclass(frozen=True, slots=True)
class AxisScale:
    """value = intercept + slope · px along one axis.

    ``slope`` is in value per px (negative on a usual y axis), ``rms_px`` the residual of the ticks it was fitted to,
    ``source`` says what it was fitted to.
    """

    slope: float
    intercept: float
    rms_px: float = 0.0
    n_ticks: int = 2
    source: ScaleSource = "ticks"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and math.isfinite(self.intercept)) or self.slope == 0:
            raise ValueError(f"an axis scale needs a finite, non-zero slope: {self}")

    @classmethod
    def through(cls, px: tuple[float, float], values: tuple[float, float], source: ScaleSource = "ticks") -> AxisScale:
        """The scale on which ``px[i]`` has ``values[i]``."""
        slope = (values[1] - values[0]) / (px[1] - px[0])
        return cls(slope, values[0] - slope * px[0], source=source)

    def to_value(self, px: ArrayLike) -> FloatArray:
        """Axis value at coordinates ``px``, of their shape."""
        return self.intercept + self.slope * np.asarray(px, dtype=np.float64)

    def to_px(self, value: ArrayLike) -> FloatArray:
        """Pixel coordinate of axis values, of their shape."""
        return (np.asarray(value, dtype=np.float64) - self.intercept) / self.slope

    @property
    def pixel_size(self) -> float:
        """Size of one pixel in units of the axis."""
        return abs(self.slope)
