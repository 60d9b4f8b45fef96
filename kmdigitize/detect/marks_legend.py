"""The mark that the legend's line samples carry: it tells kind and size before any curve is searched."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from kmdigitize.detect.marks_ink import MarkInk, own_ink
from kmdigitize.detect.marks_looks import Look, MarkSettings, candidates
from kmdigitize.geometry import Pixels
from kmdigitize.records.curves import Evidence, Trace
from kmdigitize.records.printed import LegendEntry

LEAST_QUALITY = 0.15
"""Least gain per pixel of a mark on a sample."""
LEAST_SHARE = 0.4
"""Least share of the ink beside the samples' lines that the mark must account for."""


def shown_mark(
    pixels: Pixels, legend: Sequence[LegendEntry], stroke: float, height: float, settings: MarkSettings
) -> Look | None:
    """The mark on the line samples of ``legend`` in the figure's ``pixels`` (RGB), None where they are plain lines.

    ``stroke`` is the usual stroke of the curves and ``height`` the panel's height, both in px.
    """
    samples = [entry for entry in legend if entry.sample is not None]
    reach = _reach(samples)
    inks = [ink for entry in samples if (ink := _sample_ink(pixels, entry, stroke, reach)) is not None]
    # A mark is drawn on every sample or on none.
    if not inks or sum(bool(ink.busy.any()) for ink in inks) < 0.75 * len(inks):
        return None
    best = max(candidates(inks, height, settings), key=lambda look: look.score)
    if best.quality < LEAST_QUALITY or best.share < LEAST_SHARE or best.gain < len(inks):
        return None
    return best


def _reach(samples: Sequence[LegendEntry]) -> float:
    """Rows around a sample's line that surely belong to it: no farther than half-way to the next sample."""
    reach = max((entry.box.height for entry in samples), default=0.0)
    rows = sorted(entry.box.center_y for entry in samples)
    apart = [b - a for a, b in itertools.pairwise(rows) if b - a > 0.5 * reach]
    return min([reach, *(gap / 2 for gap in apart)])


def _sample_ink(pixels: Pixels, entry: LegendEntry, stroke: float, reach: float) -> MarkInk | None:
    """The sample's picture with its line as the curve; None where no line is found."""
    sample = entry.sample
    assert sample is not None
    middle = sample.center_y
    left, right = max(round(sample.left), 0), round(sample.right)
    top, bottom = max(round(middle - reach), 0), round(middle + reach)
    patch = pixels[top : bottom + 1, left : right + 1].astype(np.float32)
    if patch.shape[0] < 5 or patch.shape[1] < 5:
        return None
    strength = (np.median(patch.reshape(-1, 3), axis=0) - patch).max(axis=2)
    row = int(np.argmax(strength.sum(axis=1)))
    level = float(np.quantile(strength[row], 0.75))
    if level < 20:
        return None
    ink = np.clip(strength / level, 0, 1).astype(np.float32)
    color = entry.color or (0, 0, 0)
    one = np.ones(1)
    line = Trace(left, right, np.array([top + row]), np.empty(0), one, np.empty(0), one, color, stroke_px=stroke)
    return own_ink(Evidence(ink, np.zeros_like(ink), left, top, color, stroke), (line,), 0)
