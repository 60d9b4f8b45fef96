"""Find the survival curves of a panel: one monotone step path per arm, on whole pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.background import Background, common_color, find_background
from kmdigitize.detect.evidence import InkEvidence, measure_evidence
from kmdigitize.detect.inks import Ink, inks_of_legend, measure_stroke
from kmdigitize.detect.selection import Arm, Found, Sheet, find_arms
from kmdigitize.flags import Flag
from kmdigitize.geometry import Box
from kmdigitize.records import Direction, Evidence, Figure, LegendEntry, Panel, Scales, StepPath, TextToken

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TracedPaths:
    """The curves of a panel: each curve's ink with its path, the direction they run, and doubts about the whole."""

    paths: tuple[tuple[Evidence, StepPath], ...]
    direction: Direction
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the figure that curves can reach: its pixels (turned over for upward curves) and where it lies.

    ``start`` is the column of time 0 and ``top`` the row of S = 1, both inside the region.
    """

    pixels: Image
    left: int
    upper: int
    start: int
    top: float
    turned: bool


def find_paths(
    figure: Figure,
    panel: Panel,
    scales: Scales,
    legend: Sequence[LegendEntry],
    tokens: Sequence[TextToken],
    expected: int | None,
) -> TracedPaths:
    """Paths."""
    region = cut_region(figure, panel, scales)
    inks = inks_of_legend(legend)
    colors = np.array([ink.color for ink in inks], np.float32)
    text = text_mask(region, tokens)
    widths = [e.stroke_px for e in legend if e.stroke_px is not None]
    likely = float(np.median(widths)) if widths else None
    background = find_background(region.pixels, max(2.0, region.pixels.shape[0] / 150), figure.lossy, colors)
    stroke = measure_stroke(background.paper - region.pixels, ~text & (background.lines == 0), likely)
    background = find_background(region.pixels, stroke, figure.lossy, colors)
    evidence = measure_evidence(region.pixels, background, colors, figure.lossy, stroke)
    out = []
    clear = 1 - np.clip(background.lines, 0, 1)
    marks = evidence.black * clear * ~text
    for k, ink in enumerate(inks):
        others = np.delete(evidence.coverage, k, axis=0).sum(axis=0) if len(inks) > 1 else 0
        occluded = np.clip(others + evidence.other + background.lines, 0, 1).astype(np.float32)
        occluded = np.maximum(occluded, np.float32(0.4) * text)
        sheet = Sheet(evidence.coverage[k] * clear * (1 - np.float32(0.5) * text), occluded, marks, stroke, region.start, region.top)
        arms = [Arm(i, dash, legend[i].period if i is not None else ()) for i, dash in ink.arms]
        out += [_hand_over(found, sheet, ink, region) for found in find_arms(sheet, arms)]
    return TracedPaths(tuple(out), scales.direction)


def _hand_over(found: Found, sheet: Sheet, ink: Ink, region: Region) -> tuple[Evidence, StepPath]:
    """Evidence and path in the coordinates of the figure."""
    coverage, occluded, rows = sheet.coverage, found.occluded, found.road.rows
    seen = coverage[rows, found.road.first + np.arange(rows.size)] > 0.3
    if region.turned:
        coverage, occluded, rows = coverage[::-1], occluded[::-1], coverage.shape[0] - 1 - rows
    red, green, blue = (round(c) for c in ink.color)
    evidence = Evidence(coverage, occluded, region.left, region.upper, (red, green, blue), sheet.stroke)
    flags = (Flag("curve_doubtful", "its ink is faint"),) if found.doubtful else ()
    path = StepPath(region.left + found.road.first, rows + region.upper, seen, found.arm.dash, found.arm.entry, flags)
    return evidence, path


def cut_region(figure: Figure, panel: Panel, scales: Scales) -> Region:
    """The part of the figure between S = 1 and S = 0 from time 0 to the end of the frame, S = 1 on top."""
    one, zero = float(scales.row(np.float64(1.0))), float(scales.row(np.float64(0.0)))
    pad = 4
    turned = one > zero
    rows = (min(one, zero, max(panel.frame.top, min(one, zero))), max(panel.frame.bottom, min(one, zero)))
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


def _reads_as_text(token: TextToken) -> bool:
    """Whether a token is print rather than a row of censor marks, which reads like 'HHHH', '+++' or 'l l'."""
    letters = {c for c in token.text if c.isalnum() and c.isascii()} - set("HIltTiXxfF1")
    return token.confidence > 0.5 and (len(letters) >= 2 or len({c for c in token.text if c.isdigit()}) >= 2)


def text_mask(region: Region, tokens: Sequence[TextToken]) -> NDArray[np.bool_]:
    """Where text is printed (h, w)."""
    height, width = region.pixels.shape[:2]
    mask = np.zeros((height, width), bool)
    for token in tokens:
        box = token.box
        left, top = box.left - region.left, box.top - region.upper
        if left < width and top < height and left + box.width >= 0 and top + box.height >= 0 and _reads_as_text(token):
            mask[Box(left, top, left + box.width, top + box.height).slices((height, width))] = True
    return mask[::-1] if region.turned else mask
