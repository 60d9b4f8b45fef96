"""Confidence limits among the step lines of a panel: pairs of one look around a curve of the same colour.

Pointwise limits change only where the curve itself drops, lie on either side of it, and are drawn alike. No two arms do
that: two trials never have all their events at the same times.
"""

from __future__ import annotations

import numpy as np

from kmdigitize.vector.steps import Steps

_SHARED = 0.85
"""Least share of a limit's risers that coincide with risers of its curve (limits of S = 1 and of 0 may lack some)."""


def without_limits(lines: list[Steps]) -> list[Steps]:
    """The lines without those that are limits of another one."""
    limits: set[int] = set()
    for index, curve in enumerate(lines):
        if index in limits:
            continue
        around = [i for i, other in enumerate(lines) if i != index and is_limit(other, curve)]
        above = [i for i in around if _side(lines[i], curve) < 0]
        below = [i for i in around if _side(lines[i], curve) > 0]
        for i in above:
            for j in below:
                if lines[i].strand.look == lines[j].strand.look:
                    limits |= {i, j}
    return [steps for index, steps in enumerate(lines) if index not in limits]


def is_limit(line: Steps, curve: Steps) -> bool:
    """Whether ``line`` steps only where ``curve`` does and never crosses it."""
    if line.risers.size < 2 or curve.risers.size < 2 or not _alike(line, curve):
        return False
    place = np.clip(np.searchsorted(curve.risers, line.risers), 1, curve.risers.size - 1)
    gap = np.minimum(np.abs(line.risers - curve.risers[place - 1]), np.abs(line.risers - curve.risers[place]))
    shared = float(np.mean(gap <= 0.15 * max(line.strand.look.width, curve.strand.look.width, 1.0)))
    return shared >= _SHARED and _side(line, curve) != 0


def _alike(line: Steps, curve: Steps) -> bool:
    """Whether the colours are of one hue: the same, or one paler than the other."""
    a, b = (255.0 - np.array(steps.strand.look.color) for steps in (line, curve))
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return size == 0 or float(a @ b) > 0.97 * size


def _side(line: Steps, curve: Steps) -> int:
    """-1 if ``line`` lies above ``curve`` (smaller rows) all along, 1 if below, 0 if it crosses it or is the same."""
    knots = np.unique(np.concatenate([line.risers, curve.risers, [max(line.start, curve.start)]]))
    middle = (knots[1:] + knots[:-1]) / 2
    middle = middle[(middle > max(line.start, curve.start)) & (middle < min(line.end, curve.end))]
    if middle.size == 0:
        return 0
    row = line.levels[np.searchsorted(line.risers, middle, side="right")]
    own = curve.levels[np.searchsorted(curve.risers, middle, side="right")]
    away = row - own
    near = 0.25 * max(line.strand.look.width, 0.2)
    if np.all(away <= near) and away.min() < -near:
        return -1
    return 1 if np.all(away >= -near) and away.max() > near else 0
