"""A sheet of thumbnails: every figure of a file with the panels that were found on it, and those that were not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.figure import Figure, Rgb

CELL = 320
"""Width and height of a thumbnail in px."""
CAPTION, COLUMNS = 40, 4
FOUND: Rgb = (0, 120, 60)
SKIPPED: Rgb = (190, 0, 0)


@dataclass(frozen=True, slots=True)
class Listed:
    """A figure with what was found on it: ``panels`` and ``skipped`` are frames in px, ``lines`` what is said of it."""

    figure: Figure
    lines: tuple[str, ...]
    panels: tuple[Box, ...] = ()
    skipped: tuple[Box, ...] = ()


def contents_sheet(listed: Sequence[Listed]) -> Pixels:
    """One picture (h, w, 3) of all figures in rows, survival panels framed green, others red; names below."""
    columns = min(COLUMNS, max(1, len(listed)))
    rows = math.ceil(len(listed) / columns)
    sheet = Image.new("RGB", (columns * (CELL + 10) + 10, rows * (CELL + CAPTION + 10) + 10), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for index, one in enumerate(listed):
        x, y = 10 + index % columns * (CELL + 10), 10 + index // columns * (CELL + CAPTION + 10)
        sheet.paste(Image.fromarray(_thumbnail(one)), (x, y))
        for row, line in enumerate(one.lines[:2]):
            pen.text((x, y + CELL + 4 + 17 * row), line[: CELL // 7], fill="black", font=font)
    return np.asarray(sheet, dtype=np.uint8)


def _thumbnail(one: Listed) -> Pixels:
    """The figure within a square cell, its frames drawn."""
    cell = Image.new("RGB", (CELL, CELL), (236, 238, 240))
    scale = CELL / max(one.figure.width, one.figure.height)
    size = max(1, round(one.figure.width * scale)), max(1, round(one.figure.height * scale))
    cell.paste(Image.fromarray(one.figure.pixels).resize(size, Image.Resampling.BOX), (0, 0))
    pen = ImageDraw.Draw(cell)
    for boxes, color in ((one.panels, FOUND), (one.skipped, SKIPPED)):
        for box in boxes:
            left, top = max(0.0, box.left * scale), max(0.0, box.top * scale)
            edges = (
                left,
                top,
                max(left, min(box.right * scale, CELL - 1)),
                max(top, min(box.bottom * scale, CELL - 1)),
            )
            pen.rectangle(edges, outline=color, width=2)
    return np.asarray(cell, dtype=np.uint8)
