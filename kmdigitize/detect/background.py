"""What the paper under the curves looks like: panel colour, grid, and shaded bands.

The panel's own colour is the commonest one. Straight lines that span the whole panel (grid, axis lines, the frame)
are found by asking that each eighth of a row or column shows them; pale ones become part of the background, ink-like
ones are kept as lines that hide what lies under them. Shaded bands are what survives a morphological closing with a
window wider than any stroke. Assumes darker ink on a lighter panel for the bands only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.page import brightest_channel
from kmdigitize.detect.runs import Image, length


@dataclass(frozen=True, slots=True)
class BackgroundSettings:
    """How grid and bands are told from ink."""

    visible: float = 10.0
    """Colour distance (levels, of 441) below which nothing is seen: above JPEG noise on flats, below pale grids."""
    strong: float = 0.45
    """Share of the strongest ink from which a panel-wide line hides curves rather than lying under them."""
    band_share: float = 0.012
    """Share of the panel that must be shaded before bands are believed at all."""
    band_depth: float = 0.70
    """A closing as deep as this share of full ink is a saturated block of marks, not a band."""
    flat_depth: float = 0.90
    """The same where the picture is flat and a deeper ink has such bands: that of black may be .72 of a pale grey."""
    pale: float = 0.5
    """Share of the deepest ink of its direction below which an area may be its band; blocks of its marks are deeper."""
    thicker: float = 0.11
    """Side of a square, as a share of the panel's height, that no block of marks fills: they are up to a tenth high."""
    colored: float = 0.5
    """Difference between the channels of a line, as a share of its colour distance, from which it is coloured."""
    alike: float = 0.35
    """Angle (rad) from an ink within which an area may be its touching marks."""
    one_hue: float = 0.10
    """The same where a lossless picture is flat: other mixtures of hues are bands that overlap."""
    flat: float = 0.5
    """Share of pixels that show the closing itself from which the picture is flat: marks with paper between are not."""


@dataclass(frozen=True, slots=True)
class Background:
    """``paper`` (h, w, 3) is the colour without any line, ``lines`` (h, w) in [0, 1] are panel-wide dark lines.

    ``panel`` (3,) is the commonest colour; ``banded`` tells whether shaded bands were found.
    """

    paper: Image
    lines: Image
    panel: Image
    banded: bool


def find_background(
    pixels: Image,
    stroke: float,
    lossy: bool,
    inks: Image | None = None,
    top: float | None = None,
    settings: BackgroundSettings | None = None,
) -> Background:
    """The background of a panel's region ``pixels`` (h, w, 3) with strokes about ``stroke`` px wide.

    ``inks`` (k, 3) are the colours of the curves as far as known; a block of touching marks in one of them is no band.
    ``top`` is the row of S = 1: a coloured line along it is an arm without an event.
    """
    s = settings or BackgroundSettings()
    panel = common_color(pixels)
    deepest = float(np.percentile(length(pixels[::2, ::2] - panel), 99.5))
    size = 2 * round(2 * stroke + 2) + 1
    paper = _shaded_bands(pixels, panel, size, lossy, inks, s)
    banded = paper is not None
    paper = np.broadcast_to(panel, pixels.shape).astype(np.float32) if paper is None else paper
    lines = np.zeros(pixels.shape[:2], np.float32)
    for axis in (0, 1):
        thin = _panel_wide_lines(pixels, axis, size, s.visible)
        if axis == 0 and top is not None:
            level = np.abs(np.arange(len(thin)) - top) <= size  # the picture beside such a line looks like a line too
            thin[level & (np.ptp(thin, axis=1) > s.colored * np.linalg.norm(thin, axis=1))] = 0
        if not thin.any():
            continue
        depth = np.linalg.norm(thin, axis=1)
        strong = depth > max(s.strong * deepest, 3 * s.visible)
        pale = np.where(strong[:, None], 0, thin)
        share = np.where(strong, np.clip(depth / max(deepest, 1.0), 0, 1), 0).astype(np.float32)
        paper += pale[None] if axis else pale[:, None]
        np.maximum(lines, share[None, :] if axis else share[:, None], out=lines)
    np.maximum(lines, _dashed_lines(pixels, size, max(s.strong * deepest, 3 * s.visible), top), out=lines)
    return Background(np.clip(paper, 0, 255, out=paper), lines, panel, banded)


def common_color(pixels: Image) -> Image:
    """The commonest colour (3,) of ``pixels`` (…, 3), to a fraction of a level."""
    step = max(1, round((pixels.size / 3e5) ** 0.5))
    flat = pixels[::step, ::step].reshape(-1, 3)
    red, green, blue = (np.clip(flat, 0, 255).astype(np.int32) >> 3).T
    code = (red << 10) | (green << 5) | blue
    mode = np.bincount(code).argmax()
    near = flat[code == mode].mean(axis=0)
    apart = [np.abs(channel - level) < 8 for channel, level in zip(flat.T, near, strict=True)]
    close = flat[apart[0] & apart[1] & apart[2]]
    return np.asarray(close.mean(axis=0) if close.size else near, np.float32)


def _panel_wide_lines(pixels: Image, axis: int, size: int, visible: float) -> Image:
    """Per row (axis 0) or column (axis 1) the colour (n, 3) by which a thin line across the whole panel changes it."""
    window = np.ones((size, 1) if axis == 0 else (1, size), np.uint8)
    whole = pixels.astype(np.uint8)
    closed, opened = (cv2.morphologyEx(whole, way, window) for way in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN))
    unlike = np.asarray(cv2.max(cv2.subtract(closed, whole), cv2.subtract(whole, opened)), np.uint8)
    shown = brightest_channel(unlike) > visible * LEAST_SEEN / 3**0.5
    across = pixels.shape[1 - axis]
    cuts = np.linspace(across // 50, across - across // 50, 9).astype(int)
    step = max(1, across // 400)
    parts = [slice(a, b, step) for a, b in pairwise(cuts)]
    likely = np.flatnonzero(_mostly(shown, axis, parts).sum(axis=0) >= len(parts) - 1)
    result = np.zeros((pixels.shape[axis], 3), np.float32)
    if not likely.size:
        return result
    rows = (image[likely] if axis == 0 else image[:, likely].transpose(1, 0, 2) for image in (pixels, closed, opened))
    line, above, below = rows
    thin = np.ascontiguousarray((2 * line - above - below).transpose(0, 2, 1))
    eighths = np.stack([np.median(thin[:, :, part], axis=2) for part in parts])
    # One eighth may lie under a curve or a mark; a curve itself never spans the panel at one level.
    seen = np.sort(np.linalg.norm(eighths, axis=2), axis=0)[1]
    usual = np.median(eighths, axis=0)
    # Flats of several curves may span it together, with paper between two of them brighter than both.
    missing = (eighths * usual).sum(axis=2) < LEAST_SHOWN * (usual**2).sum(axis=1)
    pale = np.linalg.norm(usual, axis=1) < PALE * visible
    is_line = (seen > visible * LEAST_SEEN) & (pale | (missing.sum(axis=0) <= 1))
    result[likely] = np.where(is_line[:, None], usual, 0)
    return result


def _dashed_lines(pixels: Image, size: int, least: float, top: float | None) -> Image:
    """Where (h, w) a dashed line across the whole panel is drawn that is darker than its surroundings by ``least``.

    It shows in every eighth of its row, with gaps; no curve but one along ``top`` stays on one level for so long. Ink
    of another colour on its row is a curve's.
    """
    whole = pixels.astype(np.uint8)
    darker = cv2.subtract(np.asarray(cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((size, 1), np.uint8))), whole)
    shown = length(np.asarray(darker, np.float32)) > least
    across = pixels.shape[1]
    cuts = np.linspace(across // 50, across - across // 50, 9).astype(int)
    duty = np.stack([shown[:, a:b].mean(axis=1) for a, b in pairwise(cuts)])
    dashed = (duty.min(axis=0) >= DUTY[0]) & (duty.max(axis=0) <= DUTY[1])
    if top is not None:
        dashed &= np.abs(np.arange(len(shown)) - top) > size
    for row in np.flatnonzero(dashed):
        color = np.median(pixels[row, shown[row]], axis=0)
        shown[row] &= length(pixels[row] - color) < ALIKE * float(np.linalg.norm(pixels[row].max(axis=0) - color))
    dashes = np.asarray(shown & dashed[:, None], np.uint8)
    return np.asarray(cv2.dilate(dashes, np.ones((2 * EDGE + 1, 3), np.uint8)), np.float32)


def _mostly(shown: NDArray[np.bool_], axis: int, parts: Sequence[slice]) -> NDArray[np.bool_]:
    """Whether half or more of each of p ``parts`` of every row (axis 0) or column (axis 1) is ``shown``, (p, n)."""
    inside = np.zeros((len(parts), shown.shape[1 - axis]), np.float32)
    for row, part in zip(inside, parts, strict=True):
        row[part] = 1
    whole = shown.astype(np.float32)
    count = inside @ (whole.T if axis == 0 else whole)
    return np.asarray(2 * count >= inside.sum(axis=1, keepdims=True), np.bool_)


DUTY = (0.2, 0.9)
"""Least and largest share of each eighth of its row that a dashed line inks."""
ALIKE = 0.4
"""Distance of colours, as a share of that from a dashed line to the paper, within which ink is the line's."""
EDGE = 2
"""Rows (px) beside a dashed line that it may ink in part."""
LEAST_SEEN = 0.6
"""Share of what is visible from which a line across the whole panel is seen."""


PALE = 3.0
"""How often as far from the paper as what is visible a line is that looks like no curve."""
LEAST_SHOWN = 0.3
"""Share of its colour distance from which a line shows in an eighth, under bands and marks."""


def _shaded_bands(
    pixels: Image, panel: Image, size: int, lossy: bool, inks: Image | None, s: BackgroundSettings
) -> Image | None:
    """The panel with its shaded bands but without strokes (h, w, 3), None where nothing is shaded."""
    source = np.clip(pixels, 0, 255).astype(np.uint8)
    if lossy:
        source = np.asarray(cv2.medianBlur(source, 3), np.uint8)
    whole = np.asarray(cv2.morphologyEx(source, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)), np.uint8)
    if not lossy and not _may_be_shaded(whole, panel, s):
        return None
    closed = whole.astype(np.float32)
    if lossy:
        closed = cv2.blur(closed, (5, 5)).astype(np.float32)
        # The brightest of many noisy pixels is brighter than the paper; a band's is as much too bright.
        closed -= _lift(closed, panel)
    band = length(closed - panel) > VISIBLE_BANDS * s.visible
    if band.any():
        shown = (length(source - closed) < s.visible).astype(np.float32)
        flat = cv2.blur(shown, (size, size)) > s.flat
        if not lossy:
            flat |= _mean_of_color(shown, whole) > s.flat  # curves and marks ripple a band here and there
        shaded = band.copy()
        band[band] = ~_nearly_ink(closed[band], flat[band], panel, inks, lossy, s)
        if not lossy:
            band |= _of_thick_areas(whole, shaded & flat & ~band, s.thicker)
    if not _covers(band, s.band_share):
        return None
    return np.where(band[..., None], closed, panel).astype(np.float32)


def _of_thick_areas(colors: NDArray[np.uint8], mask: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
    """The part of ``mask`` (h, w) in colours that fill some square of that ``share`` of the height, as marks never do.

    A band may be exactly as deep as a pale ink.
    """
    side = max(3, round(share * mask.shape[0]))
    core = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)) > 0
    return np.asarray(mask & np.isin(_code(colors), np.unique(_code(colors[core]))), np.bool_)


def _code(colors: NDArray[np.uint8]) -> NDArray[np.int32]:
    """One number (…,) for each of ``colors`` (…, 3), to 4 levels."""
    red, green, blue = np.moveaxis((colors >> 2).astype(np.int32), -1, 0)
    return np.asarray((red << 12) | (green << 6) | blue, np.int32)


def _mean_of_color(shown: Image, colors: NDArray[np.uint8]) -> Image:
    """The mean (h, w) of ``shown`` (h, w) over all pixels of the same of ``colors`` (h, w, 3), to 4 levels."""
    code = _code(colors)
    count = np.bincount(code.ravel())
    return np.asarray((np.bincount(code.ravel(), shown.ravel()) / np.maximum(count, 1))[code], np.float32)


def _may_be_shaded(closed: NDArray[np.uint8], panel: Image, s: BackgroundSettings) -> bool:
    """Whether enough of ``closed`` (h, w, 3) is off the panel's colour in one channel to be off it in all together."""
    least = VISIBLE_BANDS * s.visible / 3**0.5 - 0.5
    off = brightest_channel(np.asarray(cv2.absdiff(closed, np.append(np.rint(panel), 0.0)), np.uint8))
    return _covers(off > least, s.band_share)


def _covers(band: NDArray[np.bool_], share: float) -> bool:
    """Whether a mask covers that ``share`` of the panel without its rim."""
    core = cv2.erode(band.astype(np.uint8), np.ones((3, 3), np.uint8))
    return cv2.countNonZero(core) >= share * core.size


VISIBLE_BANDS = 1.2
"""How much farther than visible from the panel's colour a band must be."""


def _lift(closed: Image, panel: Image) -> Image:
    """By how much (3,) a closing brightens plain paper, which is the brightest part of a panel."""
    step = max(1, round((closed.size / 3e5) ** 0.5))
    levels = closed[::step, ::step].reshape(-1, 3)
    plain = levels[(levels > panel - 1).all(axis=1)]
    return np.asarray(np.maximum(np.median(plain, axis=0) - panel, 0) if plain.size else 0 * panel, np.float32)


def _nearly_ink(
    closed: Image, flat: NDArray[np.bool_], panel: Image, inks: Image | None, lossy: bool, s: BackgroundSettings
) -> NDArray[np.bool_]:
    """Which closed pixels (n, 3) are still as deep as a full ink of its own direction: touching marks, not a band.

    Where the picture is ``flat`` (n,) and another ink of that direction is far deeper, it is the band of that one.
    """
    full = np.zeros((1, 3), np.float32) if inks is None else np.vstack([np.zeros((1, 3), np.float32), inks])
    shares = np.zeros((len(full), len(closed)), np.float32)
    for i, color in enumerate(full):
        direction = panel - color
        size = max(float(np.linalg.norm(direction)), 1.0)
        share = (panel - closed) @ (direction / size**2)
        off = length((panel - closed) - share[:, None] * direction)
        shares[i] = np.where(off < np.where(flat, s.alike if lossy else s.one_hue, s.alike) * size, share, 0)
    deepest = np.where(shares > 0, shares, np.inf).min(axis=0)
    least = np.where(flat & (deepest < s.pale), s.flat_depth, s.band_depth)
    return np.asarray((shares > least).any(axis=0), np.bool_)
