"""The minus behind a label whose neighbour ends in a plus: ``EGFR+`` and ``EGFR-``.

A lone dash is the first thing that the finder of text leaves out. It is looked for only where another label of the
legend is the same word with a plus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.printed import LegendEntry

_FLAT, _LONG = 0.25, 0.15
"""Most height and least length of a dash, in heights of the label."""
_CONTRAST = 60
"""Difference from the paper (0-255) of the ink of a dash."""


def with_signs(entries: Sequence[LegendEntry], pixels: Pixels) -> list[LegendEntry]:
    """The entries; one that is called like another without its plus, with a dash behind it, gets a minus."""
    names = {entry.label for entry in entries}
    return [
        replace(entry, label=f"{entry.label}-")
        if f"{entry.label}+" in names and _dash_behind(pixels, entry.box)
        else entry
        for entry in entries
    ]


def _dash_behind(pixels: Pixels, box: Box) -> bool:
    """Whether a flat piece of ink and nothing else stands within a letter behind ``box``."""
    height = box.height + 1
    rows = slice(max(0, round(box.top)), round(box.bottom) + 1)
    columns = slice(round(box.right + 1), round(box.right + 0.9 * height))
    window = pixels[rows, columns].astype(np.float64)
    if not window.size:
        return False
    ink = np.abs(window - np.median(pixels[rows].reshape(-1, 3), axis=0)).max(axis=2) > _CONTRAST
    ys, xs = np.nonzero(ink)
    if not ys.size:
        return False
    flat = np.ptp(ys) + 1 <= max(2.0, _FLAT * height) and np.ptp(xs) + 1 >= _LONG * height
    return bool(flat and abs(float(ys.mean()) - (len(ink) - 1) / 2) < 0.3 * height)
