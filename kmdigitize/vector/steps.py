"""From a strand to the flats and risers of a step curve, exact to what the exporter wrote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import BoolArray, Box, FloatArray
from kmdigitize.vector.looks import Strand

_MOST_BACK = 0.25
"""Share of its height that a line may go back and still be the confidence limit of a curve."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Flats ``levels`` (k + 1,) joined by ``risers`` (k,), from ``start`` to ``end``; all px.

    ``bridged`` (k,) tells which risers lie in a gap between dashes, with ``slack`` (k,) the half width of that gap.
    ``sloping`` is the share of its height that the line covers in slopes; ``falls`` whether rows grow with x;
    ``turns`` whether they also go back, which limits do late on, but no curve. ``jitter`` is how far flats and risers
    are off being level and upright (root mean square): 0 unless the exporter moved points.
    """

    start: float
    end: float
    levels: FloatArray
    risers: FloatArray
    slack: FloatArray
    sloping: float
    falls: bool
    turns: bool
    strand: Strand
    jitter: float = 0.0

    def row_range(self, x: FloatArray, near: float) -> tuple[FloatArray, FloatArray]:
        """Smallest and largest row of the curve within ``near`` px of columns ``x``."""
        before = self.levels[np.searchsorted(self.risers, x - near, side="right")]
        behind = self.levels[np.searchsorted(self.risers, x + near, side="right")]
        return np.minimum(before, behind), np.maximum(before, behind)


def steps_of(strand: Strand, frame: Box, rounding: float) -> Steps | None:
    """The strand as a step curve; None if it runs back, turns up and down, or has no extent.

    ``rounding`` is the exporter's in px: movements below it are none.
    """
    points, gaps = _distinct(strand)
    if len(points) < 2 or points[-1, 0] - points[0, 0] < 0.02 * frame.width:
        return None
    step = np.diff(points, axis=0)
    if np.any(step[:, 0] < -2 * rounding):
        return None
    down, up = float(step[step[:, 1] > 0, 1].sum()), float(-step[step[:, 1] < 0, 1].sum())
    back = min(down, up)
    if back > max(2 * rounding, _MOST_BACK * max(down, up)):
        return None
    falls = down >= up
    flat = _is_flat(step, rounding)
    riser = ~flat & _is_riser(step, rounding)
    slope = ~flat & ~riser
    height = float(np.abs(step[:, 1]).sum())
    sloping = float(np.abs(step[slope, 1]).sum()) / height if height > 0 else 0.0
    levels, risers, slack = _collected(points, flat, riser, gaps)
    order = 1.0 if falls else -1.0
    levels = np.maximum.accumulate(order * levels) * order
    turns = back > max(2 * rounding, 0.01 * max(down, up))
    first, last = float(points[0, 0]), float(points[-1, 0])
    jitter = _jitter(step, flat, riser)
    return Steps(first, last, levels, risers, slack, sloping, falls, turns, strand, jitter)


def _distinct(strand: Strand) -> tuple[FloatArray, BoolArray]:
    """Points without repetitions, and whether the stretch behind each is a bridged gap."""
    points = strand.points
    gaps = np.zeros(len(points) - 1, dtype=np.bool_) if strand.gaps is None else strand.gaps.astype(np.bool_)
    moved = np.any(np.diff(points, axis=0) != 0, axis=1)
    return points[np.concatenate([[True], moved])], gaps[moved]


def _is_flat(step: FloatArray, rounding: float) -> BoolArray:
    """Movements along x: those that rise by no more than rounding, or by next to nothing against their length."""
    across, along = np.abs(step[:, 1]), np.abs(step[:, 0])
    flat: BoolArray = (across <= 0.02 * along) | ((across <= rounding) & (along > across))
    return flat


def _is_riser(step: FloatArray, rounding: float) -> BoolArray:
    across, along = np.abs(step[:, 1]), np.abs(step[:, 0])
    riser: BoolArray = (along <= 0.02 * across) | ((along <= rounding) & (across >= along))
    return riser


def _jitter(step: FloatArray, flat: BoolArray, riser: BoolArray) -> float:
    off = np.concatenate([step[flat, 1], step[riser & ~flat, 0]])
    return float(np.sqrt(np.mean(off**2))) if off.size else 0.0


def _collected(
    points: FloatArray, flat: BoolArray, riser: BoolArray, gaps: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Levels, risers and half widths of hidden risers. A slope drops at its right end, where it was estimated."""
    levels = [float(points[0, 1])]
    risers: list[float] = []
    slack: list[float] = []
    for index in range(len(points) - 1):
        (x0, y0), (x1, y1) = points[index], points[index + 1]
        if flat[index]:
            if index == 0:
                levels[-1] = float((y0 + y1) / 2)
            continue
        x = float((x0 + x1) / 2) if riser[index] else float(x1)
        hidden = _hidden(points, gaps, index)
        if risers and x <= risers[-1] + 1e-6 and riser[index]:
            levels[-1] = float(y1)
            continue
        risers.append(max(x, risers[-1]) if risers else x)
        slack.append(hidden)
        levels.append(float(y1))
    return np.array(levels), np.array(risers), np.array(slack)


def _hidden(points: FloatArray, gaps: BoolArray, index: int) -> float:
    """Half the width of the gap that hides the riser after point ``index``; 0 where it is seen."""
    if not gaps[index]:
        return 0.0
    first = index
    while first > 0 and gaps[first - 1]:
        first -= 1
    last = index
    while last + 1 < len(gaps) and gaps[last + 1]:
        last += 1
    knots = points[first : last + 2]
    corner_known = len(knots) == 3
    return 0.0 if corner_known else float(knots[-1, 0] - knots[0, 0]) / 2
