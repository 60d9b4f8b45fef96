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

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """How pixels are given to inks."""

    visible: float = 12.0
    """Departure (levels) below which a pixel is paper; doubled in lossy pictures."""
    angle_sd: float = 0.07
    """Spread of the direction of one ink (rad) in a lossless picture."""
    angle_sd_lossy: float = 0.16
    """The same where chroma is blurred by compression; the nearest ink then decides."""
    shade_sd: float = 0.22
    """Spread of the logarithm of an ink's departure summed across its stroke."""
    same_hue: float = 0.30
    """Inks whose directions differ by less (rad) are also told apart by shade."""
    unknown: float = 0.02
    """Weight of 'some other ink': a pixel about 2.8 spreads away from every ink belongs to none."""


@dataclass(frozen=True, slots=True)
class InkEvidence:
    """Coverage (k, h, w) by each ink and by anything ``other`` (h, w), all in [0, 1]."""

    coverage: Image
    other: Image


def measure_evidence(
    pixels: Image, background: Background, inks: Image, lossy: bool, stroke: float | None = None, settings: EvidenceSettings | None = None
) -> InkEvidence:
    """Share of each pixel of ``pixels`` (h, w, 3) covered by each of ``inks`` (k, 3).

    ``stroke`` is the width of the strokes in px; while it is not known, shades of one hue are not told apart.
    """
    s = settings or EvidenceSettings()
    departure = background.paper - pixels
    depth = np.linalg.norm(departure, axis=2)
    visible = depth > s.visible * (2 if lossy else 1)
    ys, xs = np.nonzero(visible)
    full = background.panel - np.vstack([inks, np.zeros((1, 3), np.float32)])
    likelihood = _likelihoods(departure, full, (ys, xs), stroke, lossy, s)
    share = likelihood / (likelihood.sum(axis=1, keepdims=True) + s.unknown)
    coverage = np.zeros((len(inks), *depth.shape), np.float32)
    local = background.paper[ys, xs]
    here = departure[ys, xs]
    for k, color in enumerate(inks):
        towards = local - color
        norm = np.maximum((towards**2).sum(axis=1), 1.0)
        coverage[k, ys, xs] = share[:, k] * np.clip((here * towards).sum(axis=1) / norm, 0, 1)
    known = share[:, : len(inks)].sum(axis=1)
    other = np.zeros(depth.shape, np.float32)
    strongest = max(float(np.linalg.norm(full, axis=1).max()), 1.0)
    other[ys, xs] = (1 - known) * np.clip(depth[ys, xs] / strongest, 0, 1)
    return InkEvidence(coverage, other)


def _likelihoods(
    departure: Image, full: Image, where: tuple[NDArray[np.int64], NDArray[np.int64]], stroke: float | None, lossy: bool,
    s: EvidenceSettings,
) -> Image:  # fmt: skip
    """Likelihood (n, k + 1) of every visible pixel under each ink, black last (0 if an ink is as dark)."""
    reach = 1.5 if stroke is None else stroke
    sigma = max(1.2, 0.4 * reach) if lossy else max(0.5, 0.3 * reach)
    mean = cv2.GaussianBlur(departure, (0, 0), sigma)[where]
    length = np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-3)
    size = np.linalg.norm(full, axis=1)
    direction = full / np.maximum(size, 1.0)[:, None]
    cosine = np.clip((mean / length) @ direction.T, -1, 1)
    angle = np.arccos(cosine)
    sd = s.angle_sd_lossy if lossy else s.angle_sd
    likelihood = np.exp(-0.5 * (angle / sd) ** 2)
    apart = np.arccos(np.clip(direction @ direction.T, -1, 1))
    np.fill_diagonal(apart, np.pi)
    twins = apart < s.same_hue * (1.5 if lossy else 1.0)
    if twins.any() and stroke is not None:
        shade = _shade(departure, stroke)[where]
        for k in np.nonzero(twins.any(axis=1))[0]:
            off = np.log(np.maximum(shade, 1.0) / size[k])
            likelihood[:, k] *= np.exp(-0.5 * (off / s.shade_sd) ** 2)
    if np.any(apart[-1, :-1] < s.same_hue * 0.5):
        likelihood[:, -1] = 0
    return np.asarray(likelihood, np.float32)


def _shade(departure: Image, stroke: float) -> Image:
    """Departure (h, w) summed across the stroke a pixel lies in, per px of stroke width: its ink's full departure."""
    depth = np.linalg.norm(departure, axis=2).astype(np.float32)
    size = stroke + 2
    upright = box_mean(depth, 3, size) * (size / stroke)
    across = box_mean(depth, size, 3) * (size / stroke)
    ridge = np.minimum(upright, across)
    # The sum belongs to the middle of the stroke; its flanks take it over from there.
    return np.asarray(cv2.dilate(ridge, np.ones((3, 3), np.uint8)), np.float32)
