"""The inks of a panel without a legend: clusters of the colours that strokes have across their whole width.

Every pixel on the ridge of a stroke votes for one full colour: its departure from the paper, scaled to what the
stroke sums to across. That vote is the same wherever the stroke sits on the pixel grid, so inks are tight clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.background import Background
from kmdigitize.detect.evidence import color_space, departures
from kmdigitize.detect.runs import Image, length, places
from kmdigitize.detect.shades import lone_flats, shade_of_strokes


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """How votes are gathered into inks."""

    width: float = 14.0
    """Radius (levels) of a cluster in a lossless picture: inks closer than two of these look alike to readers too."""
    width_lossy: float = 22.0
    """The same where compression has blurred chroma."""
    least: float = 0.02
    """Share of all votes below which a cluster is a crossing or a fringe, not an ink."""
    flats: float = 0.05
    """Least share of an ink's votes in a lossy picture that must come from lone flats for its depth to be believed."""
    thick: float = 3.0
    """Stroke width (px) from which the middle of a stroke shows its full colour wherever it lies on the grid."""
    thin: float = 2.5
    """Stroke width (px) below which a stroke may lie in more rows of pixels than it fills."""
    halved: float = 1.45
    """How much deeper than their sum across a stroke a tenth of the pixels of a lossy picture must be for strokes to be
    thinner than they look: beside darker ones they are up to 1.37 times, lines of one pixel in two rows 1.6."""
    thinnest: float = 0.7
    """Width (px) of the thinnest strokes that are drawn."""
    votes: int = 1500
    """How many ridge pixels vote (an even sample)."""


@dataclass(frozen=True, slots=True)
class InkColors:
    """Colours (k, 3) of inks, their ``shares`` of the votes (k,), commonest first, and the ``stroke`` width (px).

    ``sure`` (k,) tells whose depth does not rest on strokes that crowd each other.
    """

    colors: Image
    shares: Image
    stroke: float
    sure: NDArray[np.bool_]


def find_ink_colors(
    pixels: Image, background: Background, clear: NDArray[np.bool_], stroke: float, lossy: bool
) -> InkColors:
    """The inks in ``pixels`` (h, w, 3) where ``clear`` (h, w).

    The width of thin strokes is measured again, against the purest pixels of their ink.
    """
    s = ClusterSettings()
    votes, raw, flat = _votes(pixels, background, clear, stroke, lossy, s.votes)
    # The purest pixels of an ink show its full colour but for what blur takes: no sum across strokes may exceed that.
    purest = min(1.0, stroke / (stroke + 0.8) if lossy else stroke)
    centres, shares, widths, sure = [np.zeros(3)], [0.0], [stroke], [True]
    for members in _gather(votes, s.width_lossy if lossy else s.width, s.least):
        centre = np.median(votes[members.core], axis=0)
        sure.append(not lossy or float(flat[members.core].mean()) >= s.flats)
        size = max(float(centre[0]) if lossy else float(np.linalg.norm(centre)), 1.0)
        pure = _full_depth(raw[members.core], s.thick < stroke and not lossy) / purest
        # In a lossy picture noise deepens the deepest pixels, so there they only bound the colour, unless they are so
        # deep that the strokes must be thinner: lines of a pixel that lie half in each of two rows look twice as wide.
        # Strokes that touch darker ones are as deep only here and there, so a tenth of the pixels must be.
        often = float(np.percentile(raw[members.core], 90))
        halved = lossy and s.halved * size < often and pure * purest < stroke / s.thinnest * size
        thin = halved and stroke < s.thin and _is_grey(centre)
        pure = pure * purest if thin else pure
        centres.append(centre * (min(1.0, pure / size) if lossy and not thin else pure / size))
        shares.append(members.all.size / len(votes))
        widths.append(stroke * min(1.0, size / max(pure, 1.0)) if thin or not lossy else stroke)
    if len(centres) > 1 and stroke < s.thin:
        stroke = max(s.thinnest, float(np.average(widths[1:], weights=shares[1:])))
    colors = background.panel - np.stack(centres) @ np.linalg.inv(color_space(lossy))
    return InkColors(
        np.clip(colors[1:], 0, 255).astype(np.float32),
        np.array(shares[1:], np.float32),
        stroke,
        np.array(sure[1:], bool),
    )


def _is_grey(centre: Image) -> bool:
    """Whether a departure (3,) in luma and chroma has hardly any chroma."""
    return bool(np.hypot(centre[1], centre[2]) < 0.1 * centre[0])


def _full_depth(raw: Image, filled: bool) -> float:
    """Depth of an ink from the depths (n,) of its ridges: the deepest, or where all are ``filled`` the usual one.

    Transparent strokes are deeper where they cross; that is no other ink.
    """
    deepest = float(np.percentile(raw, 95))
    return float(np.median(raw[raw > 0.5 * deepest])) if filled else deepest


@dataclass(frozen=True, slots=True)
class _Members:
    """Indices of the votes for one ink: those near its ``core``, and ``all`` that go with it."""

    core: NDArray[np.int64]
    all: NDArray[np.int64]


def _gather(votes: Image, width: float, least: float) -> list[_Members]:
    """Clusters of radius ``width`` among the votes (n, 3), densest first, each at least a share ``least`` of all."""
    square = (votes**2).sum(axis=1)
    distance = square[:, None] + square[None, :]
    distance -= 2 * votes @ votes.T
    np.sqrt(np.maximum(distance, 0, out=distance), out=distance)
    kernel = np.square(distance / width)
    kernel *= -0.5
    np.exp(kernel, out=kernel)
    left = np.arange(len(votes))
    result: list[_Members] = []
    while left.size > least * len(votes) and len(result) < 12:
        some = np.zeros(len(votes), kernel.dtype)
        some[left] = 1
        peak = left[int(np.argmax((kernel @ some)[left]))]
        core = left[distance[peak, left] < 2 * width]
        if core.size < least * len(votes):
            break
        off = np.linalg.norm(votes[left] - np.median(votes[core], axis=0), axis=1)
        mine = (off < 2.5 * width) | (distance[peak, left] < 2 * width)
        result.append(_Members(core, left[mine]))
        left = left[~mine]
    return result


def _votes(
    pixels: Image, background: Background, clear: NDArray[np.bool_], stroke: float, lossy: bool, count: int
) -> tuple[Image, Image, NDArray[np.bool_]]:
    """Full departures (n, 3) from the panel claimed by the ridges of strokes, and the depths (n,) of their pixels.

    The last array (n,) tells which of them lie in the middle of a flat that nothing touches.
    """
    space = color_space(lossy)
    departure = departures(pixels, background, lossy)
    depth, _, shade = shade_of_strokes(departure, stroke, lossy)
    ridge = (depth >= cv2.dilate(depth, np.ones((3, 1), np.uint8))) | (
        depth >= cv2.dilate(depth, np.ones((1, 3), np.uint8))
    )
    ridge &= clear & (depth > 0.2 * np.percentile(depth[::2, ::2], 99.8))
    ys, xs = places(ridge)
    pick = np.linspace(0, ys.size - 1, min(ys.size, count)).astype(int)
    where = (ys[pick], xs[pick])
    mean = cv2.GaussianBlur(departure, (0, 0), 1.2 if lossy else 0.5)[where]
    size = np.abs(mean[:, :1]) if lossy else length(mean)[:, None]
    # No ink is darker than black, however many strokes touch.
    limit = background.paper[where] @ space
    most = limit[:, 0] if lossy else length(limit)
    # On a shaded band a stroke departs from the band; what counts is how far its ink is from the panel.
    shaded = (background.panel - background.paper[where]) @ space
    votes = mean / np.maximum(size, 1.0) * np.minimum(shade[where], most)[:, None] + shaded
    raw = departure[where] + shaded
    flat = lone_flats(depth, stroke)[where]
    return np.asarray(votes, np.float32), np.abs(raw[:, 0]) if lossy else length(raw), flat
