"""The part of a panel that curves can reach, and where text is printed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.runs import Image
from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.figure import Figure, TextToken


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the figure that curves can reach: its pixels (turned over for upward curves) and where it lies.

    ``start`` is the column of time 0 and ``top`` the row of S = 1, both inside the region; ``left`` and ``upper``
    are the column and row of the figure at its corner.
    """

    pixels: Image
    left: int
    upper: int
    start: int
    top: float
    turned: bool


def cut_region(figure: Figure, panel: Panel, scales: Scales) -> Region:
    """The part of the figure between S = 1 and S = 0 from time 0 to the end of the frame, S = 1 on top."""
    one, zero = (float(row) for row in scales.row(np.array([1.0, 0.0])))
    pad = 4
    turned = one > zero
    if turned:
        upper, lower = max(panel.frame.top, zero) - pad, one + pad
    else:
        upper, lower = one - pad, min(zero, panel.frame.bottom) + pad
    origin = float(scales.x.to_px(0.0))
    left = max(0, int(np.floor(origin)) - pad)
    right = min(figure.width, int(np.ceil(panel.frame.right)) + pad + 1)
    top = max(0, int(np.floor(upper)))
    bottom = min(figure.height, int(np.ceil(lower)) + 1)
    pixels = figure.pixels[top:bottom, left:right].astype(np.float32)
    row = one - top
    if turned:
        pixels, row = pixels[::-1], (bottom - 1 - top) - row
    return Region(np.ascontiguousarray(pixels), left, top, max(0, round(origin) - left), row, turned)


def text_mask(region: Region, tokens: Sequence[TextToken]) -> NDArray[np.bool_]:
    """Where text is printed (h, w).

    A label that stands beside the region, at the end of a curve, covers nothing: what its box holds of the region is
    the box's margin, or the curve's end read as a letter.
    """
    height, width = region.pixels.shape[:2]
    mask = np.zeros((height, width), bool)
    for token in tokens:
        box = token.box
        left, top = box.left - region.left, box.top - region.upper
        reaches = left < width and top < height and left + box.width >= 0 and top + box.height >= 0
        if reaches and left + box.width / 2 < width and _reads_as_text(token):
            mask[Box(left, top, left + box.width, top + box.height).slices((height, width))] = True
    return mask[::-1] if region.turned else mask


def _reads_as_text(token: TextToken) -> bool:
    """Whether a token is print rather than a row of censor marks, which reads like 'HHHH', '+++' or 'l l'."""
    letters = {c for c in token.text if c.isalnum() and c.isascii()} - set("HIltTiXxfF1")
    return token.confidence > 0.75 and (len(letters) >= 2 or len({c for c in token.text if c.isdigit()}) >= 2)
