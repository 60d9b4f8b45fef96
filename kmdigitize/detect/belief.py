"""When a curve is believed: its ink is seen, begins early, falls, gains enough, and rides on no other curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.tracing import Found, support


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """When a curve is believed."""

    seen: float = 0.08
    """Share of the panel's columns in which an unannounced curve must show its ink."""
    seen_announced: float = 0.03
    """The same for a curve that the legend shows: black marks may hide nearly all of it."""
    covered: float = 0.55
    """Share of its visible columns an unannounced curve must ink: dashed lines half, confidence limits less."""
    covered_again: float = 0.80
    """The same for a second curve in an ink, which might be a dashed confidence limit of the first."""
    covered_broken: float = 0.35
    """The same for a broken line that no second one turns into a pair of confidence limits."""
    running: float = 0.5
    """Share of the panel's columns in which an ink without a curve must be found to be looked at as a line at all."""
    first: float = 0.25
    """Column (share of the width) by which the ink must have begun: marks and annotations begin later."""
    first_missing: float = 0.75
    """The same where the figure announces more curves than were found: near hues and an axis hide one for long."""
    dark: float = 0.6
    """Share of the depth of black from which an ink may also draw the marks of the other curves: blur takes black marks
    for the nearest dark ink."""
    gain: float = 0.1
    """Gain of an unannounced curve, as a share of the best curve's."""
    gain_announced: float = 0.3
    """The same where the legend has announced two curves or more: it rarely leaves one out."""
    gain_missing: float = 0.03
    """The same for a curve that the figure announces and no other ink shows; it may lie on a band of its hue."""
    riding: float = 0.6
    """A curve that lies ``near`` another one in this share of its columns is its marks or its fringe."""
    riding_all: float = 0.9
    """The same of a curve that lies near one or another of several: arms that differ little cross each other."""
    near: float = 3.0
    """How far (px) marks and fringes reach; a curve that the figure announces need only be a stroke away."""
    band: float = 0.6
    """Share of the depth of the palest curve below which a wide ink may be a band: crowded marks are as deep as it."""
    drop: float = 2.0
    """Strokes by which a curve must fall: reference lines do not."""
    at_once: float = 0.01
    """Share of the panel's width within which no arm loses nearly all patients: such a line runs along the x axis."""
    all_lost: float = 0.9
    """Share of the panel's height that such a line has fallen."""
    level: float = 0.25
    """Share of the panel's columns in which a line along S = 1 must show its ink to be an arm without an event."""


def has_ink(found: Found, sheet: Sheet, s: SelectionSettings) -> bool:
    """Whether there is any ink for a curve that the legend shows."""
    return support(found, sheet).seen >= s.seen_announced


def is_believed(found: Found, sheet: Sheet, s: SelectionSettings, covered: float, latest: float | None = None) -> bool:
    """Whether ink alone makes a curve believed; it must have begun by ``latest`` (share of the width)."""
    ink = support(found, sheet)
    begun = ink.first <= (s.first if latest is None else latest)
    good = ink.seen >= s.seen and ink.covered >= covered and begun and ink.drop >= s.drop
    return good and not found.doubtful


def adds(
    found: Found, result: Sequence[tuple[int, Found]], least: float, s: SelectionSettings, near: float | None = None
) -> bool:
    """Whether a curve gains at least the share ``least`` of the best one and does not ride on one already found."""
    if not result:
        return True
    if -found.road.cost < least * max(-other.road.cost for _, other in result):
        return False
    columns = found.road.first + np.arange(found.road.rows.size)
    riding = np.zeros((len(result), columns.size), np.bool_)
    for beside, (_, other) in zip(riding, result, strict=True):
        index = columns - other.road.first
        inside = (index >= 0) & (index < other.road.rows.size)
        beside[inside] = np.abs(other.road.rows[index[inside]] - found.road.rows[inside]) <= (near or s.near)
    return bool(riding.mean(axis=1).max() < s.riding and riding.any(axis=0).mean() < s.riding_all)


def falls_at_once(found: Found, sheet: Sheet) -> bool:
    """Whether a curve is down at the foot of the panel right after it began."""
    s = SelectionSettings()
    rows, (height, width) = found.road.rows, sheet.coverage.shape
    soon = max(round(3 * sheet.stroke), round(s.at_once * width))
    return bool(rows[min(soon, rows.size - 1)] - sheet.top >= s.all_lost * (height - sheet.top))
