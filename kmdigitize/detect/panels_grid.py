"""Candidates for panels, and what those of a grid have in common: their labels and their size.

Grids of plots may have strips with titles on top of them and on their right, in frames that join those of the plots;
where a line is drawn there, a frame is trimmed to the size of a panel whose labels are its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kmdigitize.detect.panels_lines import Line
from kmdigitize.geometry import Box

_STRIP = 0.3
"""Highest strip with a title, as a share of its plot."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A frame with what speaks for it: numbers below and beside it, and the axis lines it is made of.

    ``away`` is the sum of the distances to those numbers in text heights.
    """

    frame: Box
    row: Line | None = None
    column: Line | None = None
    below: int = 0
    beside: int = 0
    away: float = 0.0
    closed_right: bool = False
    closed_top: bool = False
    filled: bool = False


def trimmed(
    candidates: Sequence[Candidate], model: Box, rows: Sequence[Line], columns: Sequence[Line], near: float
) -> list[Candidate]:
    """Candidates larger than ``model`` by a strip, without it: a line is drawn within ``near`` px of its edge."""
    smaller = []
    for one in candidates:
        frame, right, top = one.frame, one.frame.left + model.width, one.frame.bottom - model.height
        wide, high = frame.right - right, top - frame.top
        cut_x = near < wide < _STRIP * model.width and _drawn(columns, right, frame.bottom, near)
        cut_y = near < high < _STRIP * model.height and _drawn(rows, top, frame.left, near)
        fits = (cut_x or abs(wide) <= near) and (cut_y or abs(high) <= near)
        if one.row is not None and fits and (cut_x or cut_y):
            box = replace(frame, right=right if cut_x else frame.right, top=top if cut_y else frame.top)
            smaller.append(Candidate(box, one.row, one.column, closed_right=True, closed_top=True))
    return smaller


def _drawn(lines: Sequence[Line], at: float, along: float, near: float) -> bool:
    """Whether one of ``lines`` lies ``at`` this place and passes ``along`` that one."""
    return any(abs(line.at - at) <= near and line.start - near <= along <= line.end + near for line in lines)


def to_ends_of_grid(one: Candidate, rows: Sequence[Line], columns: Sequence[Line], near: float) -> Candidate:
    """The candidate up to where three lines or more of a grid end together that cross all of it, and to the right.

    Its highest and last lines need not be at the edges of the paper that they rule.
    """
    frame = one.frame
    tops = [
        line.start
        for line in columns
        if frame.left - near <= line.at <= frame.right + near
        and line.start < frame.top - near
        and line.end >= frame.bottom - near
    ]
    rights = [
        line.end
        for line in rows
        if frame.top - near <= line.at <= frame.bottom + near
        and line.end > frame.right + near
        and line.start <= frame.left + near
    ]
    if len(tops) > 2 and max(tops) - min(tops) <= near:
        one = replace(one, frame=replace(one.frame, top=min(tops)), closed_top=False)
    if len(rights) > 2 and max(rights) - min(rights) <= near:
        one = replace(one, frame=replace(one.frame, right=max(rights)), closed_right=False)
    return one


def with_shared_labels(candidates: list[Candidate], near: float) -> list[Candidate]:
    """Candidates without own labels take those of a panel in the same row (y) or column (x) of a grid.

    ``near`` is how far (px) edges of one row or column may differ.
    """
    labelled = [one for one in candidates if one.row is not None and one.below + one.beside >= 2]
    shared: list[Candidate] = []
    for one in candidates:
        beside, below = one.beside, one.below
        if one.row is not None and (below < 2 or beside < 2):
            beside = max([beside, *(other.beside for other in labelled if _left_of(other.frame, one.frame, near))])
            below = max([below, *(other.below for other in labelled if _under(other.frame, one.frame, near))])
        shared.append(replace(one, below=below, beside=beside) if below >= 2 and beside >= 2 else one)
    return shared


def _left_of(other: Box, frame: Box, near: float) -> bool:
    """Whether ``other`` is a panel further left in the same row of a grid."""
    return (
        other.right < frame.left
        and abs(other.top - frame.top) <= near
        and abs(other.bottom - frame.bottom) <= near
        and abs(other.width - frame.width) <= near
    )


def _under(other: Box, frame: Box, near: float) -> bool:
    """Whether ``other`` is a panel further down in the same column of a grid."""
    return (
        other.top > frame.bottom
        and abs(other.left - frame.left) <= near
        and abs(other.right - frame.right) <= near
        and abs(other.height - frame.height) <= near
    )
