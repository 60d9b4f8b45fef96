"""The page: tilt removed, background colour, size of the print and width of the strokes.

Tilt is found in two steps: the angle at which the dark pixels pile up most sharply into rows and columns (a Hough
transform), then the lean of the longest straight strokes in a trial picture turned by that angle. The given pixels are
turned only once, and not at all if the longest stroke of the figure strays by less than a fraction of a pixel. Tilts
beyond the search range, perspective and curved pages are not corrected.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import cv2
import numpy as np

from kmdigitize.geometry import FloatArray, IntArray, Pixels
from kmdigitize.pieces import pieces_of
from kmdigitize.records.figure import Figure, Rgb
from kmdigitize.windows import opened

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Search range and limits of the tilt, and what counts as ink.

    ``max_tilt``: degrees searched either way; scans lean up to 2. ``max_rest``: degrees by which long strokes may lean
    from the angle at which the pixels pile up, at most .09 on scans; flats of falling curves lean more.
    ``coarse_step``: degrees, wide enough for pixels of ±0.5 px not to miss the peak on a 1000 px figure.
    ``max_points``: dark pixels used. ``min_stray``: px by which the longest stroke must stray from straight before the
    picture is turned; turning blurs by about half a pixel, so a smaller stray is the lesser harm. ``ink``: brightness
    below the background that counts as ink, about a third of black on white. ``faint``: the least brightness difference
    of a line; grey axes and frames on scans reach 40. ``long_stroke``: share of the picture's side from which a
    straight stroke tells the tilt.
    """

    max_tilt: float = 2.6
    max_rest: float = 0.25
    coarse_step: float = 0.04
    max_points: int = 20_000
    min_stray: float = 0.35
    ink: int = 80
    faint: int = 16
    long_stroke: float = 0.15


@dataclass(frozen=True, slots=True)
class Page:
    """What all lengths are measured in: ``background`` RGB, ``text_px`` height of a digit, ``stroke_px`` of a line."""

    background: Rgb
    text_px: float
    stroke_px: float


def straighten(figure: Figure, settings: PageSettings | None = None) -> Figure:
    """The figure with its tilt removed and ``angle`` set, or the figure itself where it stands upright.

    The picture grows so that nothing is cut off; its middle stays the middle.
    """
    settings = settings or PageSettings()
    brightest = brightest_channel(figure.pixels)
    angle = _lean(brightest, settings.max_tilt, settings)
    if angle is None or abs(angle) > settings.coarse_step:
        paper = _paper(brightest)
        angle = _piling_angle(_darkness(brightest), settings)
        rest = _lean(_turned(brightest, angle, paper), settings.max_rest, settings) or 0.0
        angle += rest
        if abs(rest) > settings.coarse_step / 4:
            angle += _lean(_turned(brightest, angle, paper), settings.max_rest, settings) or 0.0
    stray = abs(np.tan(np.radians(angle))) * max(figure.width, figure.height)
    log.debug("tilt %.3f degrees, %.2f px over the picture", angle, stray)
    if stray < settings.min_stray:
        return figure
    background = background_color(figure.pixels)
    return replace(figure, pixels=_turned(figure.pixels, angle, background), angle=angle)


def measure_page(figure: Figure, settings: PageSettings | None = None) -> Page:
    """Background colour, height of the digits and width of the strokes of a figure."""
    settings = settings or PageSettings()
    background = background_color(figure.pixels)
    dark = (_darkness(brightest_channel(figure.pixels)) > settings.ink).astype(np.uint8)
    return Page(background, _text_height(dark), _stroke_width(dark))


def background_color(pixels: Pixels) -> Rgb:
    """The commonest colour of the outermost 2 % of the picture: what the figure is printed on."""
    margin = max(1, min(pixels.shape[:2]) // 50)
    ring = np.concatenate(
        [
            pixels[:margin].reshape(-1, 3),
            pixels[-margin:].reshape(-1, 3),
            pixels[:, :margin].reshape(-1, 3),
            pixels[:, -margin:].reshape(-1, 3),
        ]
    )
    red, green, blue = (ring >> 3).astype(np.uint16).T
    coarse = red << 10 | green << 5 | blue
    commonest = ring[coarse == np.bincount(coarse).argmax()]
    red, green, blue = (int(middle_and_spread(channel)[0]) for channel in commonest.T)
    return red, green, blue


def brightest_channel(pixels: Pixels) -> Pixels:
    """(h, w) uint8: the largest of the three channels, in which only unsaturated dark ink is dark."""
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def darkest_channel(pixels: Pixels) -> Pixels:
    """(h, w) uint8: the smallest of the three channels, in which any ink is dark."""
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)


def middle_and_spread(levels: Pixels) -> tuple[float, float]:
    """Median of ``levels`` and median of their distances from it, by counting: there are only 256."""
    count, level = np.bincount(levels.ravel(), minlength=256), np.arange(256.0)
    middle = _counted_median(level, count)
    return middle, _counted_median(np.abs(level - middle), count)


def _counted_median(value: FloatArray, count: IntArray) -> float:
    """The median of every ``value`` (k,) as often as its ``count``."""
    order = np.argsort(value, kind="stable")
    upto = np.cumsum(count[order])
    low, high = np.searchsorted(upto, [(upto[-1] - 1) // 2, upto[-1] // 2], side="right")
    return float(value[order[low]] + value[order[high]]) / 2


def _paper(brightest: Pixels) -> int:
    """Level of the paper in the brightest channel (h, w)."""
    return int(np.percentile(brightest[::4, ::4], 90))


def _darkness(brightest: Pixels) -> Pixels:
    """(h, w) uint8: how much darker than the paper, coloured ink counting by its brightest channel (h, w)."""
    darkness: Pixels = np.maximum(np.uint8(_paper(brightest)), brightest) - brightest
    return darkness


def _turned(picture: Pixels, angle: float, border: Rgb | int) -> Pixels:
    """The picture turned clockwise by ``angle`` degrees about its middle, on a sheet large enough to hold all of it."""
    height, width = picture.shape[:2]
    sine, cosine = abs(np.sin(np.radians(angle))), np.cos(np.radians(angle))
    size = (int(np.ceil(width * cosine + height * sine)), int(np.ceil(height * cosine + width * sine)))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -angle, 1.0)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    fill = (border,) * 3 if isinstance(border, int) else border
    turned: Pixels = np.asarray(
        cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderValue=fill), dtype=np.uint8
    )
    return turned


def _piling_angle(dark: Pixels, settings: PageSettings) -> float:
    """Counter-clockwise tilt in degrees at which the dark pixels pile up most sharply into rows and columns."""
    from skimage.transform import hough_line

    rows, columns = np.nonzero(dark > settings.ink)
    if rows.size < 50:
        return 0.0
    if rows.size > settings.max_points:
        chosen = np.random.default_rng(0).choice(rows.size, settings.max_points, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    points = np.zeros(dark.shape, np.bool_)
    points[rows, columns] = True
    angles = np.arange(-settings.max_tilt, settings.max_tilt + 1e-9, settings.coarse_step)
    piles, _, _ = hough_line(points, np.radians(np.concatenate([angles, angles + 90])))
    sharpness = np.square(piles, dtype=np.float64).sum(axis=0).reshape(2, -1).sum(axis=0)
    return -float(angles[int(np.argmax(sharpness))])


def _lean(brightest: Pixels, largest: float, settings: PageSettings) -> float | None:
    """Counter-clockwise tilt in degrees of long straight strokes, None if none leans by at most ``largest``.

    The median of the strokes' leans, each weighing as much as it is precise (length cubed). The strokes are darker or,
    as the grid of a grey panel, brighter than what is beside them.
    """
    leans: list[tuple[float, float]] = []
    for shade in (brightest, np.bitwise_not(brightest)):
        upright = _stroke_leans(np.ascontiguousarray(shade.T), settings)
        leans += [(-slope, weight) for slope, weight in _stroke_leans(shade, settings)] + upright
    leans = [lean for lean in leans if abs(lean[0]) <= np.tan(np.radians(largest))]
    if not leans:
        return None
    slopes, weights = (np.array(column) for column in zip(*sorted(leans), strict=True))
    middle = int(np.searchsorted(np.cumsum(weights), weights.sum() / 2))
    return float(np.degrees(np.arctan(slopes[middle])))


def _stroke_leans(shade: Pixels, settings: PageSettings) -> list[tuple[float, float]]:
    """(slope down per px, weight) of long strokes, high in ``shade``, along the rows, followed through centroids."""
    tall = max(15, shade.shape[0] // 60)
    thin = np.asarray(cv2.morphologyEx(shade, cv2.MORPH_TOPHAT, np.ones((tall, 1), np.uint8)), np.uint8)
    middle, spread = middle_and_spread(thin[::3, ::3])
    ink = (thin > max(settings.faint, middle + 6 * spread)).astype(np.uint8)
    least = max(8, int(settings.long_stroke * shade.shape[1]))
    # The lines of a grid cut each other into pieces as long as its cells.
    crossing = np.ones((3, tall // 2 | 1), np.uint8)
    strokes = cv2.morphologyEx(opened(ink, 1, max(8, least // 3)), cv2.MORPH_CLOSE, crossing)
    found = pieces_of(np.asarray(strokes, np.uint8))
    leans: list[tuple[float, float]] = []
    boxes = (found.left, found.top, found.width, found.height)
    for left, top, width, height in zip(*(side.tolist() for side in boxes), strict=True):
        if width < least or height > max(12, width // 20):
            continue
        lean = _centroid_slope(thin[max(0, top - 2) : top + height + 2, left : left + width].astype(np.float64))
        if lean is not None:
            leans.append((lean, float(width) ** 3))
    return leans


def _centroid_slope(strip: FloatArray) -> float | None:
    """Slope of the stroke in a strip (k, n) around it, by a line fit that drops what crosses or touches it."""
    strip = np.maximum(strip - np.minimum(strip[:1], strip[-1:]), 0.0)
    mass = strip.sum(axis=0)
    use = (mass > 0.5 * np.median(mass)) & (mass < 1.5 * np.median(mass))
    if np.count_nonzero(use) < 8:
        return None
    at = np.flatnonzero(use).astype(np.float64)
    center = (np.arange(len(strip)) @ strip[:, use]) / mass[use]
    for _ in range(4):
        slope, start = np.polyfit(at, center, 1)
        off = np.abs(center - start - slope * at)
        keep = off <= max(0.1, 2.5 * 1.48 * float(np.median(off)))
        if keep.all():
            break
        at, center = at[keep], center[keep]
    return float(slope)


def _text_height(ink: Pixels) -> float:
    """Commonest height in px of glyph-like specks that have a neighbour of equal height beside them."""
    found = pieces_of(ink)
    left, top, width, height = found.left, found.top, found.width, found.height
    limit = 0.08 * ink.shape[0]
    glyph = (height >= 5) & (height <= limit) & (width <= 1.3 * height) & (width >= 0.12 * height)
    left, top, width, height = left[glyph], top[glyph], width[glyph], height[glyph]
    if height.size < 4:
        return max(6.0, 0.02 * float(ink.shape[0]))
    order = np.lexsort((left, top + height))
    left, top, width, height = left[order], top[order], width[order], height[order]
    gap = left[1:] - (left + width)[:-1]
    paired = (np.abs(np.diff(height)) <= 1) & (np.abs(np.diff(top)) <= 1) & (gap >= 0) & (gap <= height[1:])
    heights = height[1:][paired] if np.count_nonzero(paired) >= 4 else height
    counts = np.convolve(np.bincount(heights), [0.5, 1.0, 0.5], "same")
    return float(int(np.argmax(counts)))


def _stroke_width(ink: Pixels) -> float:
    """Commonest thickness in px of horizontal strokes: vertical runs of ink whose neighbours run alike."""
    flat = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, 15), np.uint8))
    edges = np.diff(np.pad(flat, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    starts, ends = np.flatnonzero((edges == 1).T), np.flatnonzero((edges == -1).T)
    lengths = ends - starts
    lengths = lengths[lengths <= max(4, ink.shape[0] // 60)]
    return float(np.argmax(np.bincount(lengths))) if lengths.size else 1.0
