"""Which ink belongs to which curve: all curves of one ink are found together.

Curves drawn in one ink are told apart by line type and by each other: what one curve explains hides nothing new for
the next. Solid lines come first, since they fill every column; then line types with the longest pieces. Every curve
is then found once more against all the others, so that the first does not keep what belongs to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.dashes import close_gaps, dash_lengths, weigh_pieces
from kmdigitize.detect.inks import vertical_extent
from kmdigitize.detect.paths import Road, cheapest_path, path_costs, start_costs
from kmdigitize.records import Dash

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Arm:
    """A curve to be found: its legend entry (None: unnamed), line type and dash lengths (px)."""

    entry: int | None
    dash: Dash
    period: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A curve found: its path, what hid it (h, w), and whether its ink had to be believed more than it shows."""

    arm: Arm
    road: Road
    occluded: Image
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The ink of some curves: ``coverage``, what hides it and possible ``marks`` (h, w), stroke width, start, S = 1."""

    coverage: Image
    occluded: Image
    marks: Image
    stroke: float
    start: int
    top: float


_ORDER = {"solid": 0, "unknown": 1, "dashdot": 2, "dashed": 3, "dotted": 4}


def find_arms(sheet: Sheet, arms: Sequence[Arm], sweeps: int = 1) -> list[Found]:
    """One path per arm, all drawn in the ink of ``sheet``; arms that no ink supports are left out."""
    order = sorted(range(len(arms)), key=lambda i: _ORDER[arms[i].dash])
    found: dict[int, Found] = {}
    for sweep in range(1 + (sweeps if len(arms) > 1 else 0)):
        for i in order:
            others = [found[j] for j in order if j != i and j in found]
            styles = [arms[j].dash for j in range(len(arms)) if j != i]
            best = find_arm(sheet, arms[i], others, styles)
            if best is not None:
                found[i] = best
            elif sweep == 0:
                found.pop(i, None)
    return [found[i] for i in sorted(found)]


def find_arm(sheet: Sheet, arm: Arm, others: Sequence[Found], styles: Sequence[Dash]) -> Found | None:
    """The cheapest path of ``arm`` where ``others`` are already explained."""
    explained = np.zeros_like(sheet.coverage)
    for other in others:
        explained = np.maximum(explained, explained_by(other.road, sheet.coverage, sheet.stroke))
    occluded = np.maximum(sheet.occluded, explained)
    coverage = sheet.coverage
    missing = 0.45
    if arm.dash != "solid" and (others or styles or arm.dash != "unknown"):
        lengths, gap = dash_lengths(arm.dash, arm.period, sheet.stroke)
        mixed = any(style not in ("solid", arm.dash) for style in styles)
        coverage = weigh_pieces(coverage, explained, lengths if mixed else (), sheet.stroke)
        coverage = close_gaps(coverage * (1 - explained), gap, sheet.stroke)
        missing = 0.3
    start = start_costs(coverage.shape[0], sheet.top, sheet.stroke)
    for price in (missing, 0.55 * missing, 0.27 * missing):
        road = cheapest_path(path_costs(coverage, occluded, sheet.stroke, sheet.marks, price), sheet.start, start)
        if road is not None:
            return Found(arm, road, occluded, price < missing)
    return None


def explained_by(road: Road, coverage: Image, stroke: float) -> Image:
    """Where ink (h, w) is explained by a curve along ``road``: its stroke, its drops, and the marks upon it."""
    height, width = coverage.shape
    top, bottom = vertical_extent(coverage > 0.35)
    columns = road.first + np.arange(road.rows.size)
    before = np.concatenate([road.rows[:1], road.rows[:-1]])
    reach = stroke / 2 + 1
    high = np.minimum(before - reach, np.minimum(top[road.rows, columns], top[before, columns]) - 1.0)
    low = np.maximum(road.rows + reach, np.maximum(bottom[road.rows, columns], bottom[before, columns]) + 1.0)
    limit = 6 * stroke
    high = np.maximum(high, np.minimum(before, road.rows) - limit)
    low = np.minimum(low, np.maximum(before, road.rows) + limit)
    rows = np.arange(height)[:, None]
    mask = np.zeros((height, width), np.float32)
    mask[:, columns] = (rows >= np.floor(high)) & (rows <= np.ceil(low))
    wide = int(np.ceil(reach))
    for i in np.nonzero(np.diff(road.rows) > 0)[0]:
        x = road.first + i + 1
        mask[road.rows[i] : road.rows[i + 1] + 1, max(0, x - wide) : x + wide + 1] = 1
    return mask
