"""The dash class of a line sample from its runs of ink: solid, dashed, dotted or dash-dotted, with its period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.records.printed import Dash


def classify_dash(on: BoolArray, stroke: float, blank: bool = False) -> tuple[Dash, tuple[float, ...]]:
    """Dash class and period (on, off, … px) of a line whose pixels along it are ``on``; ``stroke`` is its width in px.

    The pattern begins at the left end; the last run may be cut off and counts only if it is the only one. Gaps of
    under half a stroke width are noise, a single gap in the middle is the edge of a censor mark unless it is known to
    be ``blank``. Dots are about as long as the line is wide.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    whole = ends - starts >= min(2.0, 0.6 * stroke)
    starts, ends = starts[whole], ends[whole]
    if len(starts) == 0:
        return "unknown", ()
    gaps = starts[1:] - ends[:-1]
    real = gaps > max(1.0, 0.4 * stroke)
    marked = not blank and real.sum() == 1 and len(on) > 6 * gaps.max() and _central(starts, ends, real, len(on))
    if real.sum() == 0 or marked:
        return "solid", ()
    keep = np.concatenate([[True], real])
    starts, ends = starts[keep], np.concatenate([ends[:-1][real], ends[-1:]])
    return _dash_of_runs(np.asarray(ends - starts, np.float64), float(np.median(starts[1:] - ends[:-1])), stroke)


def _dash_of_runs(lengths: FloatArray, off: float, stroke: float) -> tuple[Dash, tuple[float, ...]]:
    inner = lengths[:-1] if len(lengths) > 1 else lengths
    on = float(np.median(inner))
    if lengths[-1] > 1.8 * inner.max() and lengths[-1] > 1.8 * stroke:
        return "dashdot", (float(lengths[-1]), off, on, off)
    uneven = inner.max() > 1.8 * inner.min() and inner.max() - inner.min() > max(1.5, 0.8 * stroke)
    if len(inner) > 1 and uneven and inner.max() > 1.8 * stroke:
        middle = (inner.max() + inner.min()) / 2
        return "dashdot", (float(np.median(inner[inner > middle])), off, float(np.median(inner[inner <= middle])), off)
    if on <= 1.1 * stroke or (on <= 1.8 * stroke and off >= 1.25 * on):
        return "dotted", (on, off)
    return "dashed", (on, off)


def _central(starts: NDArray[np.intp], ends: NDArray[np.intp], real: BoolArray, length: int) -> bool:
    """The only gap lies in the middle, where a legend draws its censor mark."""
    index = int(np.flatnonzero(real)[0])
    return bool(abs((ends[index] + starts[index + 1]) / 2 - length / 2) < 0.12 * length)
