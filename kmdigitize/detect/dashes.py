"""Dashed, dotted and dash-dotted curves: which pieces of ink belong to which line type, and how their gaps are closed.

A dash is a connected piece of ink; its length along the line (ink divided by stroke width) does not change where the
line drops, so pieces are told apart by length. Gaps are closed along rows and columns up to the length of a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.runs import Image
from kmdigitize.records.printed import Dash


@dataclass(frozen=True, slots=True)
class DashSettings:
    """Line types in strokes, used where no legend sample tells their lengths."""

    shorter_sd: float = 0.35
    """Spread of the logarithm of a dash's length below its own: thresholds and corners shorten it."""
    longer_sd: float = 0.5
    """The same above: censor marks add their ink to the dash they stand on."""
    merged: float = 1.8
    """A piece longer than this many of the longest dashes has grown together with marks; its length says nothing."""
    seen: float = 0.4
    """Coverage from which ink belongs to a piece."""
    seen_dots: float = 0.25
    """The same for dots, which are all edge: blur leaves their middle paler than that of a line."""
    floor: float = 0.15
    """Evidence left to a piece of the wrong length: merged pieces must not vanish."""
    touching: float = 0.8
    """Evidence of a piece that touches another curve, whose length says nothing."""


_USUAL: dict[str, tuple[tuple[float, ...], float]] = {
    "dashed": ((2.5, 4.0, 6.0), 4.0),
    "dotted": ((1.0, 1.6), 3.0),
    "dashdot": ((4.5, 6.0, 1.3), 3.0),
    "unknown": ((), 3.5),
}


def dash_lengths(dash: Dash, period: Sequence[float], stroke: float) -> tuple[tuple[float, ...], float]:
    """Lengths of the inked pieces and the longest gap (px) of a line type, from its sample or from custom."""
    if dash == "solid":
        return (), 0.0
    if len(period) >= 2:
        return tuple(period[0::2]), float(max(period[1::2]))
    on, gap = _USUAL[dash]
    return tuple(length * stroke for length in on), gap * stroke


def weigh_pieces(
    coverage: Image,
    explained: Image,
    lengths: Sequence[float],
    longest: float,
    stroke: float,
    settings: DashSettings | None = None,
) -> Image:
    """``coverage`` (h, w) with each connected piece weighed by how well its length fits one of ``lengths`` (px).

    ``longest`` is the longest dash of any line type drawn in this ink (px).
    """
    s = settings or DashSettings()
    if not lengths:
        return coverage
    free = coverage * (1 - explained)
    # Dots are about as long as the stroke is wide.
    seen = s.seen_dots if max(lengths) < 2 * stroke else s.seen
    count, labels = cv2.connectedComponents((free > seen).astype(np.uint8), connectivity=8)
    ink = np.bincount(labels.ravel(), weights=free.ravel(), minlength=count)
    touches = np.bincount(
        labels.ravel(), weights=cv2.dilate(explained, np.ones((3, 3), np.uint8)).ravel(), minlength=count
    )
    length = np.maximum(ink / stroke, 0.3)
    off = np.log(length[:, None] / np.asarray(lengths)[None, :])
    fit = np.exp(-0.5 * (off / np.where(off > 0, s.longer_sd, s.shorter_sd)) ** 2).max(axis=1)
    weight = np.maximum(fit, s.floor)
    touches[length > s.merged * longest] = 1
    weight[touches > 0.5] = np.maximum(weight, s.touching)[touches > 0.5]
    weight[0] = 0.0
    spread = cv2.dilate(weight[labels].astype(np.float32), np.ones((3, 3), np.uint8))
    return np.asarray(coverage * np.where(labels > 0, weight[labels], spread), np.float32)


def without_dashes(
    coverage: Image, explained: Image, longest: float, stroke: float, settings: DashSettings | None = None
) -> Image:
    """``coverage`` (h, w) in which pieces that are no longer than a dash (``longest`` px) and stand alone count little.

    A solid line that has ended must not go on with the dashes of another.
    """
    s = settings or DashSettings()
    if not longest:
        return coverage
    count, labels = cv2.connectedComponents((coverage > 0.2).astype(np.uint8), connectivity=8)
    ink = np.bincount(labels.ravel(), weights=coverage.ravel(), minlength=count)
    weight = np.where(ink / stroke < 1.3 * longest + stroke, s.floor, 1.0)
    weight[0] = 1.0
    return np.asarray(coverage * np.maximum(weight[labels], np.where(explained > 0.5, 1.0, 0.0)), np.float32)


def close_gaps(coverage: Image, gap: float, stroke: float, slanted: bool = False) -> Image:
    """``coverage`` (h, w) with gaps of up to ``gap`` px along rows and columns filled, at a little less than full.

    Along falling slants too where ``slanted``: they cross the gaps of a line that falls in many small steps.
    """
    size = round(gap + 0.5 * stroke) + 2
    result = coverage
    for window in (np.ones((1, size), np.uint8), np.ones((size, 1), np.uint8), *(_slants(size) if slanted else ())):
        result = np.maximum(result, 0.8 * cv2.morphologyEx(coverage, cv2.MORPH_CLOSE, window))
    return np.asarray(result, np.float32)


def _slants(size: int) -> list[NDArray[np.uint8]]:
    """Windows along lines that fall; a pen's way along a staircase of that slope is ``size`` px, drops included."""
    windows = []
    for slope in (0.5, 1.0, 2.0):
        # Closing shifts nothing only where a window is the same turned about its middle pixel.
        right, down = (2 * round(part / 2) for part in (size / (1 + slope), size * slope / (1 + slope)))
        window = np.zeros((down + 1, right + 1), np.uint8)
        cv2.line(window, (0, 0), (right, down), (1.0,))
        windows.append(np.maximum(window, window[::-1, ::-1]))
    return windows
