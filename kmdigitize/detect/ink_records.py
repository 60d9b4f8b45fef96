"""An ink: one colour with the curves that are drawn in it, and when two colours are one ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.departures import hue_apart
from kmdigitize.detect.runs import Image
from kmdigitize.records.printed import Dash

BLACK = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Ink:
    """One colour and the curves the legend draws in it: ``arms`` are (legend index, dash). ``share`` of all strokes.

    ``sure`` tells whether its depth was seen on strokes that nothing touches; of a legend's ink, on a thick sample.
    """

    color: tuple[float, float, float]
    arms: tuple[tuple[int, Dash], ...] = ()
    share: float = 0.0
    sure: bool = True


@dataclass(frozen=True, slots=True)
class InkSettings:
    """When two colours are one ink."""

    alike: float = 24.0
    """Levels between two legend samples of one ink: JPEG and thin samples differ by less, chosen colours by more."""
    one_hue: float = 0.10
    """Angle (rad) within which clusters of a lossless picture are one hue: anti-aliasing does not turn hues."""
    one_hue_lossy: float = 0.32
    """The same where chroma is blurred."""
    same_chroma_lossy: float = 0.3
    """Angle (rad) between the chromas of two strong clusters that are two inks where chroma is blurred: compression
    thins both parts of chroma alike, so that it pales an ink without turning its hue. Fringes mix hues."""
    same_hue: float = 0.22
    """Angle (rad) from every ink of the legend that an ink it leaves out must have."""
    same_hue_lossy: float = 0.32
    """The same where chroma is blurred."""
    fringe: float = 0.4
    """A shade with less than this share of a stronger one of its hue is its fringe, not another ink."""
    darker: float = 1.3
    """Ratio of two shades of one hue that are different inks."""
    shades_lossy: float = 1.7
    """The same where chroma is blurred: thin strokes pale that much."""
    two_rows: float = 2.2
    """Width (px) up to which a sample may lie in two rows of pixels that it only half fills."""
    fringe_lossy: float = 0.3
    """The share of a fringe where chroma is blurred."""
    extra: float = 0.06
    """Share of all strokes that an ink unknown to the legend must have."""
    faint: float = 0.14
    """Share of the depth of black below which a sample is paper or a tint."""
    blurred: float = 2.2
    """How many times deeper the ink of a dotted sample may be than a blurred picture shows it."""
    midway: float = 1.5
    """How many times farther a cluster may be from one of two hues than from the other, and from both together than
    those are from each other, to be a mixture of theirs."""
    mixed_shade: float = 2.0
    """Ratio of depths within which a cluster of an ink's hue is its own, so that it has no part in a mixture."""
    thick: float = 4.0
    """Stroke (px) from which a line sample shows the full colour of its ink, however blurred."""
    black: float = 0.75
    """Share of the depth of black from which a grey among colours counts as black."""
    grey: float = 0.12
    """Angle (rad) to black below which a departure is grey."""


def is_grey(color: tuple[float, float, float], panel: Image) -> bool:
    """Whether an ink is black or grey on its paper."""
    return hue_apart(panel, color, BLACK) < InkSettings().grey


def as_color(values: NDArray[np.float64] | Image) -> tuple[float, float, float]:
    """Red, green and blue of an array (3,)."""
    return float(values[0]), float(values[1]), float(values[2])
