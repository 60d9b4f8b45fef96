"""Doubts about a traced curve: faint ink, long hidden stretches, bridged gaps, meetings the ink cannot decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.runs import Image
from kmdigitize.detect.tracing import Found, support
from kmdigitize.flags import Flag


@dataclass(frozen=True, slots=True)
class DoubtSettings:
    """From where on a doubt is told. Shares are of the width of the panel."""

    covered: float = 0.5
    """Share of visible columns with ink below which a solid curve is doubted."""
    covered_dashed: float = 0.3
    """The same for broken lines."""
    seen: float = 0.25
    """Share of its own columns, hidden or not, in which a curve must be seen not to be doubted."""
    hidden: float = 0.10
    """Longest stretch hidden under other ink that goes without saying."""
    bridged: float = 0.05
    """Longest gap in plain sight that goes without saying."""
    ends_early: float = 0.4
    """Share of the longest curve's columns from which an end goes without saying: ink that fades under marks or beside
    other inks ends a path too early."""
    crowd: int = 3
    """Other curves in one ink from which a broken line may have been mistaken for another."""
    apart: float = 4.0
    """Strokes that two curves of one ink and line type must have between them to meet again later."""


def doubts_about(found: Found, sheet: Sheet, others: Sequence[Found], longest: int = 0) -> tuple[Flag, ...]:
    """Flags of a curve; ``others`` are the other curves drawn in the ink of ``sheet``.

    ``longest`` is the number of columns of the longest curve of the panel.
    """
    s = DoubtSettings()
    rows, columns = found.road.rows, found.road.first + np.arange(found.road.rows.size)
    hidden = found.occluded[rows, columns] >= 0.5
    inked = _inked(sheet.coverage, rows, columns)
    width = sheet.coverage.shape[1]
    flags = []
    ink = support(found, sheet)
    least = s.covered if found.arm.dash == "solid" else s.covered_dashed
    if found.doubtful or ink.covered < least or ink.seen * width < s.seen * rows.size:
        flags.append(Flag("curve_doubtful", f"ink in {ink.covered:.0%} of its visible columns"))
    elif rows.size < s.ends_early * longest:
        flags.append(Flag("curve_doubtful", f"ends after {rows.size / longest:.0%} of the longest curve"))
    gap = _longest(hidden & ~inked)
    if gap > s.hidden * width:
        flags.append(Flag("curves_overlap", f"{gap} px in one stretch"))
    gap = _longest(~hidden & ~inked)
    if gap > s.bridged * width:
        flags.append(Flag("trace_bridged", f"{gap} px in one stretch"))
    if any(_meet_again(found, other, s.apart * sheet.stroke) for other in others):
        flags.append(Flag("curves_ambiguous", "two lines of one kind meet and part again"))
    elif len(others) >= s.crowd and found.arm.dash != "solid":
        flags.append(Flag("curves_ambiguous", f"{len(others) + 1} line types share one ink"))
    return tuple(flags)


def _inked(coverage: Image, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where there is ink (n,) on or right beside the path."""
    height = coverage.shape[0]
    ink = [coverage[np.clip(rows + off, 0, height - 1), columns] for off in (-1, 0, 1)]
    return np.asarray(np.max(ink, axis=0) > 0.3, np.bool_)


def _longest(mask: NDArray[np.bool_]) -> int:
    """Length of the longest unbroken run of True."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return int((change[1::2] - change[::2]).max()) if change.size else 0


def _meet_again(a: Found, b: Found, apart: float) -> bool:
    """Whether two curves of one line type touch, or drop past each other, after they had parted, and part again."""
    known = "unknown" not in (a.arm.dash, b.arm.dash) and not (a.arm.measured or b.arm.measured)
    if known and a.arm.dash != b.arm.dash:
        return False
    size = min(a.road.rows.size, b.road.rows.size)
    gap = a.road.rows[:size] - b.road.rows[:size]
    far = np.flatnonzero(np.abs(gap) > apart)
    if not far.size:
        return False
    between = gap[far[0] : far[-1] + 1]
    return bool(np.any(np.abs(between) <= 1) or np.any(np.sign(between) != np.sign(between[0])))
