"""Two numerical primitives of SciPy for small inputs, without loading the packages they live in.

``scipy.optimize`` and ``scipy.interpolate`` take a twelfth of a cold start; four arms and eight printed numbers need
little of them. The tests hold both functions against SciPy.
"""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np

from kmdigitize.geometry import FloatArray, IntArray

MOST_TRIED = 5040
"""Assignments that are all tried; beyond, SciPy's algorithm is worth its loading."""


def assigned_pairs(cost: FloatArray) -> tuple[IntArray, IntArray]:
    """Rows (in order) and columns of the one-to-one assignment of least total ``cost`` (m, n)."""
    few, many = sorted(cost.shape)
    if math.perm(many, few) > MOST_TRIED:
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(cost)
        return rows.astype(np.int64), columns.astype(np.int64)
    tall = cost.shape[0] > cost.shape[1]
    wide = cost.T if tall else cost
    tried = np.array(list(permutations(range(many), few)), np.int64).reshape(math.perm(many, few), few)
    chosen = tried[np.argmin(wide[np.arange(few), tried].sum(axis=1))]
    if not tall:
        return np.arange(few), chosen
    order = np.argsort(chosen)
    return chosen[order], order.astype(np.int64)


def monotone_cubic(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """The monotone cubic through ``y`` (k,) at rising ``x`` (k,), k >= 2, read ``at`` (m,) inside them.

    Reference: Fritsch FN, Butland J. SIAM J Sci Stat Comput 1984;5:300.
    """
    h, slope = np.diff(x), np.diff(y) / np.diff(x)
    d = np.empty(x.size)
    if x.size == 2:
        d[:] = slope[0]
    else:
        before, after = slope[:-1], slope[1:]
        w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
        rising = before * after > 0
        mean = (w1 + w2) / (w1 / np.where(rising, before, 1.0) + w2 / np.where(rising, after, 1.0))
        d[1:-1] = np.where(rising, mean, 0.0)
        d[0] = _end_slope(float(h[0]), float(h[1]), float(slope[0]), float(slope[1]))
        d[-1] = _end_slope(float(h[-1]), float(h[-2]), float(slope[-1]), float(slope[-2]))
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, h.size - 1)
    t = (at - x[i]) / h[i]
    value: FloatArray = (
        y[i] * (1 + 2 * t) * (1 - t) ** 2
        + d[i] * h[i] * t * (1 - t) ** 2
        + y[i + 1] * t**2 * (3 - 2 * t)
        - d[i + 1] * h[i] * t**2 * (1 - t)
    )
    return value


def _end_slope(near: float, next_: float, slope: float, further: float) -> float:
    """Slope at an end from the two intervals beside it: of the parabola, as far as it keeps the shape."""
    end = ((2 * near + next_) * slope - near * further) / (near + next_)
    if end * slope <= 0:
        return 0.0
    return 3 * slope if slope * further <= 0 and abs(end) > 3 * abs(slope) else end
