"""Line types measured on the curves themselves, where the legend does not tell them.

Between two drops a broken line shows its dashes and gaps whole. Their commonest lengths are its pattern, even if pieces
of another curve were taken along; with the patterns known, the curves of one ink are found once more, each by its own.
A new reading is kept if it leaves no more ink unexplained. Cannot tell a type whose dashes are longer than its flats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.cut_samples import are_alike, unexplained
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.together import settle_together
from kmdigitize.detect.tracing import Arm, Found, find_arms, support
from kmdigitize.geometry import FloatArray
from kmdigitize.records.printed import Dash


@dataclass(frozen=True, slots=True)
class LineTypeSettings:
    """When pieces make a pattern, and a new reading is kept."""

    ink: float = 0.5
    """Coverage from which a column is inked."""
    shortest: int = 6
    """Columns of a flat below which it shows no whole piece."""
    alike: float = 0.08
    """Share by which lengths of one kind of piece differ, at least ``alike_px``: pixels cut them unevenly."""
    alike_px: float = 0.7
    sample: float = 0.16
    """The same between a sample, whose pieces are told in whole pixels at both ends, and the curve,"""
    sample_px: float = 1.2
    """at least this many px: the first dash and gap of a sample are whole, whatever is cut off behind them."""
    fewest: int = 3
    """Gaps of one length, and pieces in all, from which there is a pattern; of the dashes themselves ``fewest_on``."""
    fewest_on: int = 2
    least: float = 0.65
    """Strokes of the shortest gap that is drawn: dots with round caps; noise breaks lines for less."""
    second: float = 0.25
    """Share of the commonest piece's number from which another is the second piece of a line of dashes and dots."""
    apart: float = 1.6
    """Ratio of the lengths of those two."""
    alternate: float = 0.5
    """Share of neighbours that are unlike from which a line has both: pieces of two curves come one kind in a row."""
    solid: float = 0.93
    """Share of its visible columns that a solid line inks."""
    kept: float = 1.1
    """Share of the unexplained ink that a reading by measured types may leave where types were unknown,"""
    kept_more: float = 0.01
    """and share of all ink besides: ends of dashes at drops are explained or not by chance."""
    kept_known: float = 0.9
    """The same where the legend shows all of them."""
    left_over: float = 0.1
    """Unexplained ink up to which types that the legend shows are not doubted."""


def by_measured_types(sheet: Sheet, found: Sequence[Found]) -> tuple[list[Found], bool]:
    """The curves of one ink found anew by the line types that they show, and whether those explain as much of it.

    As they were, and True, where nothing is to be gained: a lone curve, solid ones, or types that the legend shows.
    """
    s = LineTypeSettings()
    arms = [curve.arm for curve in found]
    before = unexplained(sheet, found)
    doubted = [_is_open(arm) or sum(are_alike(arm, other) for other in arms) > 1 for arm in arms]
    known = not any(doubted)
    if len(found) < 2 or (known and before <= s.left_over):
        return list(found), True
    shown = [measured_type(sheet, curve) for curve in found]
    measured = [
        new if _continues(new, arm, s) and (open_ or new.dash == arm.dash) else arm
        for arm, new, open_ in zip(arms, shown, doubted, strict=True)
    ]
    if measured == arms or not any(arm.period for arm in measured):
        return list(found), True
    again = settle_together(sheet, find_arms(sheet, measured))
    most = s.kept_known * before if known else s.kept * before + s.kept_more
    return again, len(again) == len(found) and unexplained(sheet, again) <= most


def _is_open(arm: Arm) -> bool:
    """Whether the pattern of a line is unknown."""
    return arm.dash == "unknown" or (arm.dash != "solid" and not arm.period)


def _continues(new: Arm, arm: Arm, s: LineTypeSettings) -> bool:
    """Whether a sample that shows the pattern of ``arm`` may be the beginning of the measured one."""
    if len(arm.period) < 2 or len(new.period) < 2:
        return True
    pairs = zip(arm.period[:2], new.period[:2], strict=True)
    return all(abs(a - b) <= max(s.sample_px, s.sample * b) for a, b in pairs)


def measured_type(sheet: Sheet, found: Found) -> Arm:
    """The arm of a curve with the line type that its flats show, or as it was where they show none."""
    s = LineTypeSettings()
    if support(found, sheet).covered > s.solid:
        return replace(found.arm, dash="solid", period=(), measured=True)
    pieces, gaps, neighbours = _pieces_and_gaps(sheet, found, s)
    if min(pieces.size, gaps.size) < s.fewest:
        return found.arm
    (gap, gaps_alike), (piece, alike) = _commonest(gaps, s), _commonest(pieces, s)
    if gaps_alike < s.fewest or alike < s.fewest_on or gap < s.least * sheet.stroke:
        return found.arm
    other, others = _commonest(pieces[_unlike(pieces, piece, s)], s)
    if others >= max(s.fewest_on, s.second * alike):
        changes = _unlike(neighbours[:, 0], neighbours[:, 1], s)
        if not changes.size or changes.mean() >= s.alternate:
            pattern = (max(piece, other), gap, min(piece, other), gap)
            return replace(found.arm, dash="dashdot", period=pattern, measured=True)
    dash: Dash = "dotted" if piece < 2 * sheet.stroke else "dashed"
    return replace(found.arm, dash=dash, period=(piece, gap), measured=True)


def _unlike(lengths: FloatArray, others: FloatArray | float, s: LineTypeSettings) -> NDArray[np.bool_]:
    """Which of ``lengths`` are another piece's than ``others``."""
    return np.asarray(np.abs(np.log(lengths / others)) > np.log(s.apart), np.bool_)


def _pieces_and_gaps(sheet: Sheet, found: Found, s: LineTypeSettings) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lengths (px) of the pieces of ink and of the gaps that lie whole, and with nothing hidden, on one flat.

    The last array (n, 2) has the lengths of the pieces on both sides of each gap of which both lie whole there.
    """
    rows, columns = found.road.rows, found.road.first + np.arange(found.road.rows.size)
    height = sheet.coverage.shape[0]
    ink = np.max([sheet.coverage[np.clip(rows + off, 0, height - 1), columns] for off in (-1, 0, 1)], axis=0)
    hidden = found.occluded[rows, columns] >= 0.5
    pieces: list[float] = []
    gaps: list[float] = []
    neighbours: list[tuple[float, float]] = []
    drops = np.flatnonzero(np.diff(rows)) + 1
    for first, end in zip([0, *drops.tolist()], [*drops.tolist(), rows.size], strict=True):
        inked = ink[first:end] > s.ink
        edges = (first + np.flatnonzero(np.diff(inked)) + 1).tolist() if end - first >= s.shortest else []
        before = None
        for a, b in pairwise(edges):
            # The pixels at both ends are inked in part.
            length = float(ink[a - 1 : b + 1].sum())
            clear = not hidden[a - 1 : b + 1].any()
            if not inked[a - first]:
                gaps += [b - a + 2 - length] if clear else []
                before = before if clear else None
                continue
            pieces += [length] if clear else []
            neighbours += [(before, length)] if clear and before is not None else []
            before = length if clear else None
    return np.array(pieces), np.array(gaps), np.array(neighbours).reshape(-1, 2)


def _commonest(lengths: FloatArray, s: LineTypeSettings) -> tuple[float, int]:
    """The commonest of ``lengths`` and how many are alike."""
    best = (0.0, 0)
    for length in lengths.tolist():
        alike = lengths[np.abs(lengths - length) <= max(s.alike_px, s.alike * length)]
        if alike.size > best[1]:
            best = (float(np.median(alike)), int(alike.size))
    return best
