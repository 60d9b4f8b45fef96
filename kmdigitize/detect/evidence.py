"""How much of each pixel every ink covers.

Anti-aliasing and transparency are linear in the stored colours, so the share of an ink in a pixel is the length of
the pixel's departure from the local paper along the ink's own departure. Which ink it is, is decided on the departure
averaged over a stroke: its direction tells hues apart, its sum across the stroke (which does not depend on how the
stroke sits on the pixel grid) tells apart shades of one hue, such as greys.

Assumes that each ink has one colour. Two inks in one pixel share it by their probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.background import Background
from kmdigitize.detect.paths import box_mean
from kmdigitize.detect.runs import length

Image = NDArray[np.float32]


_LUMA_CHROMA = np.array([[0.299, -0.169, 0.5], [0.587, -0.331, -0.419], [0.114, 0.5, -0.081]], np.float32)
"""RGB (row) to luma and two chromas, as JPEG stores them (ITU-T T.871): luma keeps its place, chroma is blurred."""


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """How pixels are given to inks."""

    visible: float = 12.0
    """Departure (levels) below which a pixel is paper; doubled in lossy pictures."""
    angle_sd: float = 0.07
    """Spread of the direction of one ink (rad) in a lossless picture."""
    angle_sd_lossy: float = 0.16
    """The same where chroma is blurred by compression; the nearest ink then decides."""
    chroma_lossy: float = 0.15
    """Weight of chroma against luma when coverage is measured in a lossy picture."""
    shade_sd: float = 0.22
    """Spread of the logarithm of an ink's departure summed across its stroke."""
    same_hue: float = 0.30
    """Inks whose directions differ by less (rad) are also told apart by shade."""
    black: float = 0.3
    """Weight of black that is no curve (marks, text) against the inks of curves."""
    pure_sd: float = 0.04
    """Spread of the depth of a pixel that lies wholly in one ink, relative to it, in a lossless picture."""
    thin_black: float = 0.2
    """Least weight of black that is thinner than a curve."""
    unknown: float = 0.02
    """Weight of 'some other ink': a pixel about 2.8 spreads away from every ink belongs to none."""


@dataclass(frozen=True, slots=True)
class InkEvidence:
    """Coverage (k, h, w) by each ink, by anything ``other`` and by ``black`` that is no curve's ink (h, w), in [0, 1]."""

    coverage: Image
    other: Image
    black: Image


def measure_evidence(
    pixels: Image,
    background: Background,
    inks: Image,
    lossy: bool,
    stroke: float | None = None,
    settings: EvidenceSettings | None = None,
) -> InkEvidence:
    """Share of each pixel of ``pixels`` (h, w, 3) covered by each of ``inks`` (k, 3).

    ``stroke`` is the width of the strokes in px; while it is not known, shades of one hue are not told apart.
    """
    s = settings or EvidenceSettings()
    space = color_space(lossy)
    weight = np.array([1, s.chroma_lossy, s.chroma_lossy] if lossy else [1, 1, 1], np.float32)
    departure = (background.paper - pixels) @ space
    plain = length(background.paper - pixels)
    ys, xs = np.nonzero(plain > s.visible * (2 if lossy else 1))
    full = (background.panel - np.vstack([inks, np.zeros((1, 3), np.float32)])) @ space
    likelihood = _likelihoods(departure, full, (ys, xs), stroke, lossy, s)
    share = likelihood / (likelihood.sum(axis=1, keepdims=True) + s.unknown)
    coverage = np.zeros((len(inks), *plain.shape), np.float32)
    local = background.paper[ys, xs]
    here = departure[ys, xs] * weight
    for k, color in enumerate(inks):
        towards = (local - color) @ space
        norm = np.maximum((towards**2 * weight).sum(axis=1), 1.0)
        coverage[k, ys, xs] = share[:, k] * np.clip((here * towards).sum(axis=1) / norm, 0, 1)
    known = share[:, : len(inks)].sum(axis=1)
    other = np.zeros(plain.shape, np.float32)
    deepest = max(float(np.linalg.norm(background.panel)), 1.0)
    other[ys, xs] = (1 - known) * np.clip(plain[ys, xs] / deepest, 0, 1)
    black = np.zeros(plain.shape, np.float32)
    black[ys, xs] = share[:, -1] * np.clip(plain[ys, xs] / deepest, 0, 1)
    return InkEvidence(coverage, other, black)


def color_space(lossy: bool) -> Image:
    """The matrix (3, 3) from RGB to the space in which departures are compared."""
    return _LUMA_CHROMA if lossy else np.eye(3, dtype=np.float32)


def _likelihoods(
    departure: Image, full: Image, where: tuple[NDArray[np.int64], NDArray[np.int64]], stroke: float | None, lossy: bool,
    s: EvidenceSettings,
) -> Image:  # fmt: skip
    """Likelihood (n, k + 1) of every visible pixel under each ink, black last (0 if an ink is as dark)."""
    reach = 1.5 if stroke is None else stroke
    sigma = max(1.2, 0.4 * reach) if lossy else max(0.5, 0.3 * reach)
    mean = cv2.GaussianBlur(departure, (0, 0), sigma)[where]
    size = np.maximum(full[:, 0] if lossy else np.linalg.norm(full, axis=1), 1.0)
    direction = full / np.maximum(np.linalg.norm(full, axis=1), 1.0)[:, None]
    off = _hue_distance(mean, full, reach) if lossy else _angle(mean, direction)
    likelihood = np.exp(-0.5 * (off / (s.angle_sd_lossy if lossy else s.angle_sd)) ** 2)
    apart = np.arccos(np.clip(direction @ direction.T, -1, 1))
    np.fill_diagonal(apart, np.pi)
    if np.any(apart[-1, :-1] < s.same_hue * 0.5) and size[np.argmin(apart[-1])] > 0.85 * size[-1]:
        likelihood[:, -1] = 0
        apart[-1] = apart[:, -1] = np.pi
    likelihood[:, -1] *= s.black
    if stroke is not None:
        _tell_shades_apart(likelihood, departure, where, size, apart < s.same_hue, stroke, lossy, s)
    return np.asarray(likelihood, np.float32)


def _angle(mean: Image, direction: Image) -> Image:
    """Angle (n, k) between departures (n, 3) and ink directions (k, 3)."""
    size = np.maximum(length(mean), 1e-3)[:, None]
    return np.asarray(np.arccos(np.clip((mean / size) @ direction.T, -1, 1)), np.float32)


def _hue_distance(mean: Image, full: Image, stroke: float) -> Image:
    """The same where compression has thinned out the colour of narrow strokes but not their brightness.

    The ink is then somewhere between its own chroma and a share of it that grows with the stroke.
    """
    least = float(np.clip(0.35 + 0.17 * (stroke - 1.5), 0.35, 0.9))
    off = np.empty((len(mean), len(full)), np.float32)
    for k, ink in enumerate(full):
        seen = mean[:, 1:] / (np.maximum(mean[:, :1], 1.0) / max(float(ink[0]), 1.0))
        own = ink[1:]
        share = np.clip(seen @ own / max(float(own @ own), 1.0), least, 1.15)
        off[:, k] = np.linalg.norm(seen - share[:, None] * own, axis=1) / max(float(np.linalg.norm(ink)), 1.0)
    return off


def _tell_shades_apart(likelihood, departure, where, size, twins, stroke, lossy, s) -> None:
    """Multiply in how well the depth of the strokes fits each ink, for inks of one hue."""
    depth, deepest, shade = shade_of_strokes(departure, stroke, lossy)
    slack = 0.12 if lossy else 0.07
    for k in range(len(size)):
        near = deepest if twins[k].any() else depth
        too_deep = np.maximum(near[where] / size[k] - 1 - slack, 0)
        likelihood[:, k] *= np.exp(-0.5 * (too_deep / slack) ** 2)
        if not twins[k].any():
            continue
        off = np.log(np.maximum(shade[where], 1.0) / size[k])
        if size[k] >= size[twins[k]].max():
            off = np.minimum(off, 0)  # touching strokes sum to more than the darkest ink, and are still it
        fit = np.exp(-0.5 * (off / s.shade_sd) ** 2)
        if not lossy:
            fit = np.maximum(fit, np.exp(-0.5 * ((deepest[where] / size[k] - 1) / s.pure_sd) ** 2))
        # Marks and letters are often thinner than curves, so black need not sum to a whole stroke.
        likelihood[:, k] *= np.maximum(fit, s.thin_black) if k == len(size) - 1 else fit


def shade_of_strokes(departure: Image, stroke: float, lossy: bool) -> tuple[Image, Image, Image]:
    """Depth of a pixel, of its deepest neighbour, and the full depth of the ink of the stroke it lies in (each (h, w)).

    The last is the depth summed across the stroke per px of its width: it does not depend on the pixel grid.
    """
    depth = np.abs(departure[..., 0]) if lossy else length(departure)
    size = stroke + 2
    upright = box_mean(depth, 3, size) * (size / stroke)
    across = box_mean(depth, size, 3) * (size / stroke)
    # No ink is deeper than its deepest pixel allows: that bounds the sum where strokes touch.
    deepest = cv2.dilate(depth, np.ones((3, 3), np.uint8))
    core = stroke / (stroke + 1.2) if lossy else min(1.0, stroke / 2)
    ridge = np.minimum(np.minimum(upright, across), deepest / max(core, 0.4))
    # The sum belongs to the middle of the stroke; its flanks take it over from there.
    return depth, deepest, np.asarray(cv2.dilate(ridge, np.ones((3, 3), np.uint8)), np.float32)
