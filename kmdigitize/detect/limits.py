"""Solid confidence limits in the ink of their curve: of three such lines the curve is the middle one.

Where an ink that draws one curve leaves two more lines over, the three start together and two of them enclose the
third, they are a curve with its limits, and any of the three may have been found first, or parts of several. The
middle row of three falling lines is a falling line itself, whichever of them holds which piece. Where the other two
cannot be followed to their ends, the curve stays as found, and is doubted unless it runs between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.explained import explained_by
from kmdigitize.detect.paths import Sheet, horizontal_opening
from kmdigitize.detect.tracing import Arm, Found, find_arm, is_area, support


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """When lines are believed to be limits. Shares are of the columns of the curve."""

    left_over: float = 0.5
    """Share of columns with ink along the row that the curve does not explain, below which nothing is looked for."""
    covered: float = 0.8
    """Share of its visible columns that a limit must ink: it is a solid line."""
    seen: float = 0.4
    """Share of the panel's columns in which a limit must be seen at all: crossings hide it, nothing else does."""
    moved: float = 0.05
    """Share of columns in which the middle line is another than the one found, from which it is doubted."""


def between_limits(result: Sequence[tuple[int, Found]], sheets: Sequence[Sheet]) -> list[tuple[int, Found]]:
    """The curves (ink, curve), where the only curve of an ink with two more solid lines is the middle of the three."""
    inks = [k for k, _ in result]
    return [
        (k, _middle(found, sheets[k])) if inks.count(k) == 1 and found.arm.dash in ("solid", "unknown") else (k, found)
        for k, found in result
    ]


def _middle(found: Found, sheet: Sheet) -> Found:
    s = LimitSettings()
    columns = found.road.first + np.arange(found.road.rows.size)
    left = horizontal_opening(sheet.coverage * (1 - explained_by(found.road, sheet)), sheet.stroke)
    if np.mean(left[:, columns].max(axis=0) > 0.5) < s.left_over:
        return found
    lines = [found]
    for _ in range(2):
        line = find_arm(sheet, Arm(None, "solid"), lines, [other.arm for other in lines])
        ink = support(line, sheet) if line else None
        if line is None or ink is None or ink.covered < s.covered or ink.seen < s.seen or is_area(sheet, line.road):
            break
        lines.append(line)
    if len(lines) < 3 or any(line.doubtful for line in lines[1:]):
        alone = len(lines) == 1 or lines[1].doubtful
        return found if alone or _is_middle(lines, sheet.stroke, s) else replace(found, doubtful=True)
    # The curve itself once more, beside its limits: it may have run along one of them, or under another ink.
    lines[0] = find_arm(sheet, found.arm, lines[1:], [other.arm for other in lines[1:]]) or found
    size = min(line.road.rows.size for line in lines)
    rows = np.sort([line.road.rows[:size] for line in lines], axis=0)[1]
    moved = np.abs(rows - found.road.rows[:size]) > sheet.stroke
    tail = lines[0].road.rows[size:] if lines[0].road.rows.size > size else found.road.rows[size:]
    whole = np.concatenate([rows, np.maximum(tail, rows[-1])])
    doubtful = found.doubtful or float(np.mean(moved)) > s.moved
    return replace(found, road=replace(found.road, rows=whole), doubtful=doubtful)


def _is_middle(lines: Sequence[Found], stroke: float, s: LimitSettings) -> bool:
    """Whether the first of the lines runs between the others; between fewer than two nothing does."""
    if len(lines) < 3:
        return False
    size = min(line.road.rows.size for line in lines)
    middle = np.sort([line.road.rows[:size] for line in lines], axis=0)[1]
    return float(np.mean(np.abs(middle - lines[0].road.rows[:size]) > stroke)) <= s.moved
