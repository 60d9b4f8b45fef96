"""Where on a page the figures are: patches of ink that are not running text.

Lines of a sentence are text; everything else that lies within about a line of each other is one patch. A patch is kept
if it can hold axes with curves: a picture, or lines in both directions, of some size. Whether it does is decided later,
by looking for axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.geometry import BoolArray, Box, IntArray
from kmdigitize.records.figure import DrawnPath, TextToken


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """Words, lines, and lengths in text heights.

    ``sentence_words``: labels, legends and risk tables have shorter pieces. ``page_of_text``: lines of sentences from
    which a page is an article's (a figure with its caption has fewer). ``gap`` joins a patch: the rows of a risk table
    are closer, captions and columns further. ``least``: axes with five labels each need more.
    """

    sentence_words: int = 7
    page_of_text: int = 9
    gap: float = 2.4
    least: float = 10.0


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the page. ``picture``: index of the embedded picture that it is; ``scanned``: it has no drawing."""

    box: Box
    picture: int | None = None
    scanned: bool = False


def find_regions(
    paths: Sequence[DrawnPath],
    pictures: Sequence[Box],
    tokens: Sequence[TextToken],
    shape: tuple[int, ...],
    settings: RegionSettings | None = None,
) -> list[Region]:
    """The page's figures from top to bottom; ``shape`` is that of the rendering in px, as are all boxes."""
    settings = settings or RegionSettings()
    page = Box(0, 0, shape[1] - 1, shape[0] - 1)
    seen = [path for path in paths if _is_ink(path, page)]
    prose = _is_prose(tokens, settings)
    unit = _text_height(tokens, page)
    whole = sum(prose) < settings.page_of_text
    if whole:
        boxes = [page] if seen or pictures else []
    else:
        labels = [token.box for token, is_prose in zip(tokens, prose, strict=True) if not is_prose]
        boxes = _patches([_box_of(path) for path in seen], pictures, labels, unit, page, settings)
    regions = (_region(box, seen, pictures, settings.least * unit, whole=whole) for box in boxes)
    return [region for region in regions if region is not None]


def _is_ink(path: DrawnPath, page: Box) -> bool:
    """Whether the path is seen on white paper and is not the page's own background."""
    if path.stroke is None and path.fill is not None and min(path.fill) > 250:
        return False
    box = _box_of(path)
    return not (path.stroke in (None, (255, 255, 255)) and box.overlap(page) > 0.95 * page.width * page.height)


def _box_of(path: DrawnPath) -> Box:
    low, high = path.points.min(axis=0), path.points.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _text_height(tokens: Sequence[TextToken], page: Box) -> float:
    """Median height of level text in px; 1/80 of the page's height if there is none."""
    heights = [token.box.height for token in tokens if abs(token.angle) < 1 and len(token.text) > 1]
    return max(2.0, float(np.median(heights))) if heights else page.height / 80


def _is_prose(tokens: Sequence[TextToken], settings: RegionSettings) -> list[bool]:
    """Which tokens are lines of a sentence, or end a paragraph right below such a line."""
    flags = [abs(t.angle) < 1 and len(t.text.split()) >= settings.sentence_words for t in tokens]
    order = sorted(range(len(tokens)), key=lambda i: tokens[i].box.top)
    lines: list[Box] = []
    for index in order:
        box = tokens[index].box
        height = max(box.height, 1.0)
        lines = [line for line in lines if line.top > box.top - 3 * height]
        below = any(
            abs(line.left - box.left) < 1.5 * height and 0 < box.top - line.top < 2.2 * height for line in lines
        )
        if flags[index] or (below and abs(tokens[index].angle) < 1 and any(c.isalpha() for c in tokens[index].text)):
            flags[index] = True
            lines.append(box)
    return flags


def _patches(
    paths: Sequence[Box],
    pictures: Sequence[Box],
    labels: Sequence[Box],
    unit: float,
    page: Box,
    settings: RegionSettings,
) -> list[Box]:
    """Boxes around connected ink, on a raster of a third of a text height."""
    cell = unit / 3
    grow = settings.gap * unit / 2
    shape = (int(page.height / cell) + 2, int(page.width / cell) + 2)
    graphics = _painted([*paths, *pictures], grow, cell, shape)
    everything = graphics | _painted(labels, grow, cell, shape)
    count, names = cv2.connectedComponents(everything.astype(np.uint8), connectivity=8)
    found: list[Box] = []
    for index in range(1, count):
        mask: IntArray | BoolArray = names == index
        if not np.any(mask & graphics):
            continue
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        box = Box(columns[0] * cell, rows[0] * cell, (columns[-1] + 1) * cell, (rows[-1] + 1) * cell)
        clipped = Box(max(box.left, 0), max(box.top, 0), min(box.right, page.right), min(box.bottom, page.bottom))
        found.append(clipped)
    return sorted(_merged(found), key=lambda box: (round(box.top / (4 * unit)), box.left))


def _painted(boxes: Sequence[Box], grow: float, cell: float, shape: tuple[int, int]) -> BoolArray:
    mask = np.zeros(shape, dtype=np.bool_)
    for box in boxes:
        top, bottom = int(max(0, (box.top - grow) / cell)), int(max(0, (box.bottom + grow) / cell)) + 1
        left, right = int(max(0, (box.left - grow) / cell)), int(max(0, (box.right + grow) / cell)) + 1
        mask[top:bottom, left:right] = True
    return mask


def _merged(boxes: list[Box]) -> list[Box]:
    """Boxes of which none lies for the most part inside another."""
    out: list[Box] = []
    for box in sorted(boxes, key=lambda b: -b.width * b.height):
        if not any(box.overlap(other) > 0.6 * box.width * box.height for other in out):
            out.append(box)
    return out


def _region(
    box: Box, paths: Sequence[DrawnPath], pictures: Sequence[Box], least: float, *, whole: bool
) -> Region | None:
    """What the patch is, None if no axes with curves fit in; the ``whole`` page is a figure in any case."""
    if box.width < least or box.height < least:
        return None
    inner = [path for path in paths if box.overlap(_box_of(path).grown(0.5)) > 0]
    held = [index for index, picture in enumerate(pictures) if picture.overlap(box) > 0]
    large = [index for index in held if pictures[index].width > least and pictures[index].height > least]
    if len(held) == 1 and large and not _is_overdrawn(pictures[held[0]], inner):
        return Region(box, held[0])
    if _has_lines_both_ways(inner, least / 2) or (whole and not large):
        return Region(box)
    return Region(box, scanned=True) if large else None


def _has_lines_both_ways(paths: Sequence[DrawnPath], least: float) -> bool:
    """Whether some path extends by ``least`` across and some up and down."""
    boxes = [_box_of(path) for path in paths]
    return any(box.width > least for box in boxes) and any(box.height > least for box in boxes)


def _is_overdrawn(picture: Box, paths: Sequence[DrawnPath]) -> bool:
    """Whether lines are drawn across the picture (its own frame apart)."""
    return any(
        picture.overlap(_box_of(path).grown(0.5)) > 0 and _box_of(path).width < 0.9 * picture.width for path in paths
    )
