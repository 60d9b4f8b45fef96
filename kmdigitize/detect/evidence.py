"""How much of each pixel every ink covers.

Anti-aliasing and transparency are linear in the stored colours, so the share of an ink in a pixel is the length of
the pixel's departure from the local paper along the ink's own departure. Which ink it is, is decided on the departure
averaged over a stroke: its direction tells hues apart, its sum across the stroke (which does not depend on how the
stroke sits on the pixel grid) tells apart shades of one hue, such as greys.

Assumes that each ink has one colour. Two inks in one pixel share it by their probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.background import Background
from kmdigitize.detect.runs import Image, length, places
from kmdigitize.detect.shades import shade_of_strokes

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
    decided: float = 2.0
    """Power of the likelihoods by which inks share a pixel."""
    decided_lossy: float = 4.0
    """The same in a lossy picture, where what is measured of a pixel is its neighbours' too, and off alike."""
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
    pure_sd_lossy: float = 0.10
    """The same where compression ripples it."""
    straddled: float = 2.0
    """How many times deeper than its sample an ink may be in a lossy picture: a thin sample may lie half in each of
    two rows of pixels, where a flat of its curve fills one."""
    straddling: float = 2.5
    """Stroke width (px), as blur widens it, from which a stroke has a pixel of its own wherever it lies."""
    filled: float = 2.0
    """Stroke width (px) from which every stroke has a pixel that lies wholly in it."""
    thin_black: float = 0.2
    """Least weight of black that is thinner than a curve."""
    mixed: float = 4.5
    """Spreads of the direction of a pure pixel from which no mixture of another ink with paper has an ink's colour."""
    tells: float = 0.25
    """Share of an ink in a pixel from which this tells its hue: paler ones at edges may be of grid lines beside it."""
    unknown: float = 0.02
    """Weight of 'some other ink': a pixel about 2.8 spreads away from every ink belongs to none."""


@dataclass(frozen=True, slots=True)
class InkEvidence:
    """Coverage in [0, 1]: (k, h, w) by each ink, (h, w) by anything ``other`` and by ``black`` of no curve."""

    coverage: Image
    other: Image
    black: Image


def measure_evidence(
    pixels: Image,
    background: Background,
    inks: Image,
    lossy: bool,
    stroke: float,
    settings: EvidenceSettings | None = None,
) -> InkEvidence:
    """Share of each pixel of ``pixels`` (h, w, 3) covered by each of ``inks`` (k, 3) of strokes ``stroke`` px wide."""
    s = settings or EvidenceSettings()
    plain = length(background.paper - pixels)
    where = places(plain > s.visible * (2 if lossy else 1))
    seen = _look(pixels, background, where, stroke, lossy)
    likelihood = _likelihoods(seen, background.panel, inks, s)
    # An ink that fits better takes nearly all of a pixel, or coverage would be biased.
    power = s.decided_lossy if lossy else s.decided
    likelihood = likelihood**power
    share = likelihood / (likelihood.sum(axis=1, keepdims=True) + s.unknown**power)
    coverage = np.zeros((len(inks), *plain.shape), np.float32)
    weight = np.array([1, s.chroma_lossy, s.chroma_lossy] if lossy else [1, 1, 1], np.float32)
    for k, color in enumerate(inks):
        towards = seen.paper - color @ color_space(lossy)
        norm = np.maximum((towards**2) @ weight, 1.0)
        coverage[k][where] = share[:, k] * np.clip((seen.departure * towards) @ weight / norm, 0, 1)
    deepest = max(float(np.linalg.norm(background.panel)), 1.0)
    depth = np.clip(plain[where] / deepest, 0, 1)
    other, black = np.zeros(plain.shape, np.float32), np.zeros(plain.shape, np.float32)
    other[where] = (1 - share[:, : len(inks)].sum(axis=1)) * depth
    black[where] = share[:, -1] * depth
    return InkEvidence(coverage, other, black)


def color_space(lossy: bool) -> Image:
    """The matrix (3, 3) from RGB to the space in which departures are compared."""
    return _LUMA_CHROMA if lossy else np.eye(3, dtype=np.float32)


def departures(pixels: Image, background: Background, lossy: bool) -> Image:
    """How far ``pixels`` (h, w, 3) are from the paper under them, in the space in which that is compared."""
    off: Image = background.paper - pixels
    return off @ _LUMA_CHROMA if lossy else off


@dataclass(frozen=True, slots=True)
class _Seen:
    """The n visible pixels: ``paper`` under them and ``departure`` from it, its ``mean`` over about a stroke (n, 3),
    their ``depth``, that of the ``deepest`` neighbour and the ``shade`` of their stroke (n,); ``panel`` (3,)."""

    paper: Image
    departure: Image
    mean: Image
    depth: Image
    deepest: Image
    shade: Image
    panel: Image
    banded: bool
    stroke: float
    lossy: bool


def _look(
    pixels: Image, background: Background, where: tuple[NDArray[np.int64], ...], stroke: float, lossy: bool
) -> _Seen:
    """What the pixels at ``where`` show."""
    space = color_space(lossy)
    departure = departures(pixels, background, lossy)
    sigma = max(1.2, 0.4 * stroke) if lossy else max(0.5, 0.3 * stroke)
    mean = cv2.GaussianBlur(departure, (0, 0), sigma)[where]
    depth, deepest, shade = (image[where] for image in shade_of_strokes(departure, stroke, lossy))
    paper, panel = background.paper[where] @ space, background.panel @ space
    return _Seen(paper, departure[where], mean, depth, deepest, shade, panel, background.banded, stroke, lossy)


def _likelihoods(seen: _Seen, panel: Image, inks: Image, s: EvidenceSettings) -> Image:
    """Likelihood (n, k + 1) of every visible pixel under each ink, black last (0 if an ink is as dark)."""
    colors = np.vstack([inks, np.zeros((1, 3), np.float32)])
    full = panel - colors
    size = np.maximum(np.linalg.norm(full, axis=1), 1.0)
    apart = _apart(full, seen, s)
    taken = len(inks) > 0 and apart[-1].min() < 0.5 * s.same_hue and size[np.argmin(apart[-1])] > 0.85 * size[-1]
    if taken:
        apart[-1] = apart[:, -1] = np.pi
    likelihood = np.empty((len(seen.depth), len(colors)), np.float32)
    for k, color in enumerate(colors):
        twins = size[apart[k] < s.same_hue]
        darkest = bool(twins.size) and bool(size[k] >= twins.max())
        twin: Twin = "none" if not twins.size else "extra" if k == len(inks) else "darkest" if darkest else "paler"
        likelihood[:, k] = _likelihood(seen, color @ color_space(seen.lossy), twin, s)
    likelihood[:, -1] *= 0.0 if taken else s.black
    return likelihood if seen.lossy else _of_pure_pixels(likelihood, seen, colors, apart, s)


def _of_pure_pixels(likelihood: Image, seen: _Seen, colors: Image, apart: Image, s: EvidenceSettings) -> Image:
    """The likelihoods (n, k) where a pixel has the very colour of an ink that no other one mixes with paper to.

    Black marks crowd around such pixels of a pale line, which say nothing of their own depth.
    """
    for k, color in enumerate(colors[:-1]):
        if apart[k].min() < s.mixed * s.pure_sd:
            continue
        full = seen.paper - color
        size = np.maximum(length(full), 1.0)
        share = np.clip(np.einsum("ij,ij->i", seen.departure, full) / size**2, 0, 1)
        off = length(seen.departure - share[:, None] * full) / np.maximum(share * size, 1.0)
        pure = np.exp(-0.5 * (off / s.pure_sd) ** 2) * (share > s.tells)
        likelihood *= 1 - pure[:, None]
        likelihood[:, k] += pure
    return likelihood


def _apart(full: Image, seen: _Seen, s: EvidenceSettings) -> Image:
    """Angle (rad; k, k) between the full departures (k, 3) of inks, black last; π to themselves.

    Compression thins the chroma of narrow strokes, which turns all colours towards grey but not towards each other:
    between colours the angle of their chromas is left, and black is as far as it would be with the chroma back.
    """
    size = np.maximum(np.linalg.norm(full, axis=1), 1.0)
    apart = np.asarray(np.arccos(np.clip((full @ full.T) / np.outer(size, size), -1, 1)), np.float32)
    if seen.lossy:
        thinned = _least_chroma(seen.stroke) if seen.stroke < s.straddling else 1.0
        apart[-1] = apart[:, -1] = np.minimum(apart[-1] / thinned, np.pi)
        chroma = (full @ _LUMA_CHROMA)[:, 1:]
        turned = np.abs(np.angle(np.outer(*(chroma @ np.array([[1, 1], [1j, -1j]])).T)))
        colored = apart[-1] > s.same_hue
        apart = np.where(np.outer(colored, colored), np.maximum(apart, turned), apart)
    np.fill_diagonal(apart, np.pi)
    return np.asarray(apart, np.float32)


Twin = Literal["none", "paler", "darkest", "extra"]
"""Whether an ink shares its hue with others, is the darkest of them, or is the black of marks and text."""


def _likelihood(seen: _Seen, color: Image, twin: Twin, s: EvidenceSettings) -> Image:
    """Likelihood (n,) of every visible pixel under one ink; shades are compared where it has twins."""
    full = seen.paper - color
    size = np.maximum(full[:, 0] if seen.lossy else length(full), 1.0)
    measure = _hue_distance if seen.lossy else _angle
    off = measure(seen, full)
    if seen.banded:
        # A line under a transparent band is tinted like the paper beside it, so it keeps its departure from the panel.
        off = np.minimum(off, measure(seen, np.broadcast_to(seen.panel - color, full.shape)))
    fit = np.exp(-0.5 * (off / (s.angle_sd_lossy if seen.lossy else s.angle_sd)) ** 2)
    slack = 0.12 if seen.lossy else 0.07
    paled = seen.lossy and twin == "none" and seen.stroke < s.straddling
    deepest = (s.straddled if paled else 1.0) * size
    too_deep = np.maximum((seen.depth if twin == "none" else seen.deepest) / deepest - 1 - slack, 0)
    fit *= np.exp(-0.5 * (too_deep / slack) ** 2)
    if twin == "none":
        return np.asarray(fit, np.float32)
    off = np.log(np.maximum(seen.shade, 1.0) / size)
    if twin != "paler":
        off = np.minimum(off, 0)  # touching strokes sum to more than the darkest ink, and are still it
    shade = np.exp(-0.5 * (off / s.shade_sd) ** 2)
    if seen.lossy and seen.stroke >= s.filled and twin != "extra":
        lack = np.minimum(seen.deepest / size - 1, 0) if twin == "darkest" else seen.deepest / size - 1
        shade = np.exp(-0.5 * (lack / s.pure_sd_lossy) ** 2)
    if not seen.lossy:
        shade = np.maximum(shade, np.exp(-0.5 * ((seen.deepest / size - 1) / s.pure_sd) ** 2))
    # Marks and letters are often thinner than curves, so black need not sum to a whole stroke.
    return np.asarray(fit * (np.maximum(shade, s.thin_black) if twin == "extra" else shade), np.float32)


def _angle(seen: _Seen, full: Image) -> Image:
    """Angle (n,) between departures and an ink's full departures (n, 3)."""
    cosine = np.einsum("ij,ij->i", seen.mean, full) / np.maximum(length(seen.mean) * length(full), 1e-3)
    return np.asarray(np.arccos(np.clip(cosine, -1, 1)), np.float32)


def _hue_distance(seen: _Seen, full: Image) -> Image:
    """The same where compression has thinned out the colour of narrow strokes but not their brightness.

    The ink is then somewhere between its own chroma and a share of it that grows with the stroke.
    """
    least = _least_chroma(seen.stroke)
    scale = np.maximum(seen.mean[:, :1], 1.0) / np.maximum(full[:, :1], 1.0)
    chroma, own = seen.mean[:, 1:] / scale, full[:, 1:]
    share = np.einsum("ij,ij->i", chroma, own) / np.maximum(np.einsum("ij,ij->i", own, own), 1.0)
    rest = chroma - np.clip(share, least, 1.15)[:, None] * own
    return np.asarray(np.hypot(rest[:, 0], rest[:, 1]) / np.maximum(length(full), 1.0), np.float32)


def _least_chroma(stroke: float) -> float:
    """Share of its chroma that compression leaves at least to a stroke."""
    return float(np.clip(0.35 + 0.17 * (stroke - 1.5), 0.35, 0.9))
