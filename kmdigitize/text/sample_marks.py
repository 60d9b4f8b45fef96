"""Marks on the line samples of a legend: which ink of a sample is the mark's, and what it hides of the line.

A legend may draw its censor mark upon the line. The crossbar of a plus sign is often drawn with a thinner pen than the
line and fills its gaps, and hides all of a thin line.
"""

from __future__ import annotations

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray

_MARK = 0.6
"""Share of a sample that a mark on its middle may cover."""
_UPRIGHT = 0.3
"""Share of it in which the mark's upright may stand, which looks like paper where it is as high as the window."""
_THIN = 0.4
"""Thickest crossbar in strokes of the line: marks of the line's own pen and small symbols at its ends are thicker."""
_LEAST = 3
"""Columns side by side from which thinner ones are no blurred end of a dash."""


def crossbar_of(across: FloatArray) -> BoolArray:
    """Columns (n,) of a sample in which only the crossbar of a mark is drawn, with a thinner pen than the line.

    ``across`` (n,) is the ink of the columns in px. Away from the middle, where the mark sits, the line shows its own.
    """
    off = np.abs(np.linspace(-0.5, 0.5, len(across)))
    outer = np.sort(across[(off > _MARK / 2) & (across > 0)])
    thick = outer[-2] if outer.size > 1 else 0.0
    thin = (across > 0) & (across <= _THIN * thick)
    together = np.convolve(thin, np.ones(_LEAST), "valid").max(initial=0.0)
    through = bool((across[off > _UPRIGHT / 2] > 0).all())  # letters have blanks between them
    return np.asarray(thin & through & (thick > 2.0) & (together >= _LEAST), np.bool_)


def between(marked: BoolArray, crossbar: BoolArray) -> BoolArray:
    """The ``marked`` columns (n,) with crossbar on both sides: the upright of a mark in a gap of the line."""
    beside = np.flatnonzero(~marked)
    at = np.searchsorted(beside, np.arange(len(marked)))
    before, after = beside[np.maximum(at - 1, 0)], beside[np.minimum(at, beside.size - 1)]
    return np.asarray(marked & crossbar[before] & crossbar[after], np.bool_)


def hidden_by_mark(ink: BoolArray, marked: BoolArray, stroke: float) -> bool:
    """A censor mark, about as wide as it is high, hides so much of the sample that gaps could lie behind it."""
    if not marked.any():
        return False
    columns = np.flatnonzero(marked)
    middle = float(columns.mean())
    rows = np.flatnonzero(ink[:, marked].any(axis=1))
    half = (rows[-1] - rows[0] + 1) / 2
    return bool(max(middle - half, len(marked) - 1 - middle - half) < 3 * stroke)
