"""Tick labels read again, one crop per tick, where the first reading found too few of them.

The strip of labels is the first band of ink beyond the ticks. Each tick gets the piece of the strip beside it, so that
a label read there belongs to that tick. Labels of a y axis may be turned; the crops are then taken from the turned
figure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box, FloatArray, Pixels
from kmdigitize.records.axes import NumberLabel, Panel
from kmdigitize.records.figure import Figure, Reread, TextToken


def read_below(figure: Figure, panel: Panel, ticks: FloatArray, text_px: float, reread: Reread) -> list[NumberLabel]:
    """Labels read below the x axis at the columns ``ticks``."""
    first = int(np.ceil(panel.axis_x_y + panel.line_px / 2)) + 1
    low, high = _label_band(figure.pixels[first:], ticks, text_px, _ROWS_APART)
    half = _reach(ticks, 3.0 * text_px)
    boxes = [Box(tick - half, first + low, tick + half, first + high) for tick in ticks]
    return _numbers(boxes, reread(figure, [_inside(box, figure) for box in boxes], True))


def read_beside(
    figure: Figure, panel: Panel, ticks: FloatArray, text_px: float, reread: Reread
) -> list[list[NumberLabel]]:
    """Labels read left of the y axis at the rows ``ticks``: once upright, once turned by a quarter."""
    last = int(np.floor(panel.axis_y_x - panel.line_px / 2)) - 1
    beside = figure.pixels[:, : max(1, last + 1)].transpose(1, 0, 2)[::-1]
    low, high = _label_band(beside, ticks, text_px, _SIGNS_APART)
    half, tall = _reach(ticks, 0.8 * text_px), _reach(ticks, 2.5 * text_px)
    upright = [Box(last - high, tick - half, last - low, tick + half) for tick in ticks]
    read = _numbers(upright, reread(figure, [_inside(box, figure) for box in upright], True))
    turned = replace(figure, pixels=np.rot90(figure.pixels, k=-1))
    bottom = figure.height - 1
    tokens = reread(
        turned,
        [_inside(Box(bottom - tick - tall, last - high, bottom - tick + tall, last - low), turned) for tick in ticks],
        True,
    )
    return [read, _numbers([Box(last - high, tick - tall, last - low, tick + tall) for tick in ticks], tokens)]


def _reach(ticks: FloatArray, most: float) -> float:
    """Half the size along the axis of a label's crop: it must not hold a neighbour's label."""
    return float(min(most, 0.48 * np.diff(ticks).min())) if ticks.size > 1 else most


_ROWS_APART, _SIGNS_APART = 0.35, 0.6
"""Heights of text that part a row of labels from the next, and more than the signs of one label stand apart."""


def _label_band(strip: Pixels, ticks: FloatArray, text_px: float, apart: float) -> tuple[int, int]:
    """First and last row of the first band of ink in ``strip`` (h, w, 3), the axis above it, besides the ticks.

    Gaps of more than ``apart`` heights of text end it.
    """
    dark = 255 - strip[: int(6 * text_px) + 2].max(axis=2).astype(np.int64)
    paper = np.median(dark)
    ink = dark > paper + 60
    for tick in ticks:
        ink[:, max(0, round(tick) - 3) : round(tick) + 4] = False
    reach = round(_reach(ticks, 2.5 * text_px))
    beside = [ink[:, max(0, round(tick) - reach) : round(tick) + reach + 1].any(axis=1) for tick in ticks]
    # A label of the other axis may stand beside one tick; those wanted stand beside many.
    rows = np.flatnonzero(np.sum(beside, axis=0) >= max(2.0, 0.34 * len(ticks)))
    if rows.size == 0:
        return round(0.4 * text_px), round(2.2 * text_px)
    breaks = np.flatnonzero(np.diff(rows) > max(2.0, apart * text_px))
    last = rows[breaks[0]] if breaks.size else rows[-1]
    return max(0, int(rows[0]) - 1), int(last) + 1


def _inside(box: Box, figure: Figure) -> Box:
    """The part of ``box`` on the picture."""
    left, top = min(max(0.0, box.left), figure.width - 2.0), min(max(0.0, box.top), figure.height - 2.0)
    right, bottom = min(figure.width - 1.0, box.right), min(figure.height - 1.0, box.bottom)
    return Box(left, top, max(left + 1, right), max(top + 1, bottom))


def _numbers(boxes: Sequence[Box], tokens: Sequence[TextToken]) -> list[NumberLabel]:
    found: list[NumberLabel] = []
    for box, token in zip(boxes, tokens, strict=True):
        text = token.text.replace(",", ".").replace("·", ".").strip("-–| ")
        match = re.fullmatch(r"(\d*\.?\d+)(%?)", text)
        if match:
            found.append(NumberLabel(float(match[1]), token.text, box, percent=bool(match[2])))
    return found
