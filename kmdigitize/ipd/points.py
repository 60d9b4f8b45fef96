"""Points from any digitizer → a step curve.

Clicked points are not monotone, come in any order, may give both corners of every step or only one, may be in
percent, may miss the start at (0, 1), and repeat themselves. The level after a drop is the lower of two values at one
time; rises are ironed out by isotonic regression, which, unlike a running minimum, does not pull the curve down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from kmdigitize.errors import FactsError
from kmdigitize.geometry import FloatArray
from kmdigitize.stepcurve import StepCurve

CLICK_SD = 0.001
"""Standard deviation of a clicked level: about half a pixel of a usual figure."""


def curve_from_points(time: ArrayLike, survival: ArrayLike) -> StepCurve:
    """Step curve through points (k,), survival as a fraction or in percent.

    Raises ``FactsError`` when there is no usable point or the values are no survival at all.
    """
    t, s = np.asarray(time, dtype=np.float64).ravel(), np.asarray(survival, dtype=np.float64).ravel()
    if t.shape != s.shape:
        raise FactsError(f"There are {t.size} times but {s.size} survival values.", "Give one survival per time.")
    usable = np.isfinite(t) & np.isfinite(s)
    t, s = t[usable], s[usable]
    if not t.size:
        raise FactsError("The curve has no point with a time and a survival.", "Columns: time, survival.")
    s = _as_fraction(s)
    order = np.lexsort((-s, t))
    t, s = np.maximum(t[order], 0.0), s[order]
    resolution = _resolution(t)
    t, s = _one_per_step(t, s, resolution)
    s = np.clip(_falling(s), 0.0, 1.0)
    begin = int(np.searchsorted(-s, -1.0, side="right"))
    return StepCurve(t[begin:], s[begin:], float(t[-1]), survival_sd=np.full(t.size - begin, CLICK_SD))


def _as_fraction(s: FloatArray) -> FloatArray:
    """Survival in [0, 1]: values beyond 2 can only be percentages; a little beyond the limits is clicking error."""
    if s.max() > 2.0:
        s = s / 100.0
    if s.max() > 1.1 or s.min() < -0.1:
        raise FactsError(
            f"Survival runs from {s.min():g} to {s.max():g}.", "Give a fraction (0 to 1) or a percentage (0 to 100)."
        )
    return np.clip(s, 0.0, 1.0)


def _resolution(t: FloatArray) -> float:
    """Times closer than this are one click: a two-thousandth of the axis, about a pixel of a usual figure."""
    return float(np.ptp(t)) / 2000.0


def _one_per_step(t: FloatArray, s: FloatArray, resolution: float) -> tuple[FloatArray, FloatArray]:
    """The last (lowest) of the points that share a time; upper corners say nothing new and go."""
    last = np.append(np.diff(t) > resolution, True)
    return t[last], s[last]


def _falling(s: FloatArray) -> FloatArray:
    """Isotonic regression: the non-increasing sequence closest to ``s`` in least squares."""
    blocks: list[tuple[float, int]] = []
    for value in s:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] < mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    return np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
