"""Dashes of labels that their ink tells: ``EGFR-`` beside ``EGFR+``, and none where a label begins with a letter.

A lone dash is the first thing that the finder of text leaves out. It is looked for only where another label of the
legend is the same word with a plus. One before a label may be what the reader makes of the sample beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.figure import TextToken
from kmdigitize.records.printed import LegendEntry

_FLAT, _LONG = 0.25, 0.15
"""Most height and least length of a dash, in heights of the label."""
_LETTER = 0.5
"""Least height of a letter in heights of its label; a dash is lower."""
_DOT, _APART = re.compile(r"[•·∙●▪.\-–—]\s+(?=\w)"), 0.5
"""What the reader makes of a lone dot, and its least distance from a word in heights of the label."""
_LOW = 0.4
"""Greatest height of that dot, rims and all."""
_CONTRAST = 60
"""Difference from the paper (0-255) of the ink of a dash."""


def without_dot_before(pixels: Pixels, token: TextToken) -> TextToken:
    """The ``token`` without a dot before its first word: the last one of the broken line beside it.

    The dot stands farther from the word than words from each other, and is no higher than a dash.
    """
    found = re.match(_DOT, token.text)
    window = pixels[token.box.slices(pixels.shape)].astype(np.float64)
    if found is None or not window.size:
        return token
    ink = np.abs(window - np.median(window.reshape(-1, 3), axis=0)).max(axis=2) > _CONTRAST
    columns = np.flatnonzero(ink.any(axis=0))
    gaps = np.flatnonzero(np.diff(columns) > _APART * (token.box.height + 1))
    if not gaps.size:
        return token
    dot = np.flatnonzero(ink[:, : columns[gaps[0]] + 1].any(axis=1))
    if np.ptp(dot) + 1 > _LOW * (token.box.height + 1):
        return token
    left = round(token.box.left) + float(columns[gaps[0] + 1])
    return replace(token, text=token.text[found.end() :], box=replace(token.box, left=left))


def with_signs(entries: Sequence[LegendEntry], pixels: Pixels) -> list[LegendEntry]:
    """The entries with the dashes that their ink shows.

    One that is called like another without its plus, with a dash behind it, gets a minus; one beside a sample whose
    first ink is as high as a letter loses the dash before it.
    """
    names = {entry.label for entry in entries}
    return [replace(entry, label=_signed(entry, names, pixels)) for entry in entries]


def _signed(entry: LegendEntry, names: set[str], pixels: Pixels) -> str:
    if f"{entry.label}+" in names and _dash_behind(pixels, entry.box):
        return f"{entry.label}-"
    bare = entry.label.lstrip("-–—_ ")
    return bare if entry.sample and bare != entry.label and _begins_with_letter(pixels, entry.box) else entry.label


def _begins_with_letter(pixels: Pixels, box: Box) -> bool:
    """Whether the first piece of ink in ``box`` is as high as a letter."""
    window = pixels[box.slices(pixels.shape)].astype(np.float64)
    if not window.size:
        return False
    ink = np.abs(window - np.median(window.reshape(-1, 3), axis=0)).max(axis=2) > _CONTRAST
    columns = np.flatnonzero(ink.any(axis=0))
    if not columns.size:
        return False
    end = next((i for i in range(columns[0], ink.shape[1]) if not ink[:, i].any()), ink.shape[1])
    rows = np.flatnonzero(ink[:, columns[0] : end].any(axis=1))
    return bool(np.ptp(rows) + 1 >= _LETTER * (box.height + 1))


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
