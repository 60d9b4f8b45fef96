"""The box that a legend stands in: its frame is no curve, and nothing shows through its paper.

Boxes are drawn after the curves, on paper of their own. A curve behind one goes on unseen, as behind another curve;
without that it would follow the frame. Assumes four straight sides close to the entries, which end at the corners, as
lines of a grid do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.runs import Image, length
from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.printed import LegendEntry


@dataclass(frozen=True, slots=True)
class LegendBoxSettings:
    """What a frame looks like; lengths are multiples of the height of the labels."""

    reach: float = 4.0
    """How far from the entries a side may be: titles and margins lie between."""
    inked: float = 0.95
    """Share of a side that is inked: one that a curve meets is whole, dashes are not."""
    ink: float = 40.0
    """Departure (levels) from the paper between the entries: frames may be pale grey (88), pale grids are 35."""
    beyond: float = 0.8
    """How far beyond a corner is looked whether a side goes on."""
    ends: int = 5
    """Ends of sides, of eight, that must not go on: a box in the corner of a frame has six, cells of a grid four."""


def find_legend_box(pixels: Pixels, legend: Sequence[LegendEntry]) -> Box | None:
    """The frame drawn around the entries of ``legend`` in ``pixels`` (h, w, 3); None if there is none."""
    s = LegendBoxSettings()
    boxes = [box for e in legend if e.place == "legend" and e.sample for box in (e.box, e.sample)]
    if not boxes:
        return None
    inner = boxes[0]
    for box in boxes[1:]:
        inner = inner.union(box)
    height = float(np.median([e.box.height for e in legend])) + 1
    reach = s.reach * height
    rows, columns = inner.grown(reach, reach).slices(pixels.shape)
    part = pixels[rows, columns].astype(np.float32)
    left, top, right, bottom = (
        round(inner.left) - columns.start,
        round(inner.top) - rows.start,
        round(inner.right) - columns.start,
        round(inner.bottom) - rows.start,
    )
    paper = np.median(part[max(top, 0) : bottom + 1, max(left, 0) : right + 1].reshape(-1, 3), axis=0)
    ink = length(part - paper) > s.ink
    up, down = _sides(ink, top, bottom, (left, right), s)
    before, behind = _sides(ink.T, left, right, (top, bottom), s)
    if up is None or down is None or before is None or behind is None:
        return None
    if not _is_box(ink, (before, up, behind, down), max(2, round(s.beyond * height)), s):
        return None
    return Box(before + columns.start, up + rows.start, behind + columns.start, down + rows.start)


def _sides(
    ink: NDArray[np.bool_], first: int, last: int, span: tuple[int, int], s: LegendBoxSettings
) -> tuple[int | None, int | None]:
    """Nearest rows before ``first`` and behind ``last`` that are inked along the columns of ``span``."""
    full = ink[:, max(0, span[0]) : span[1] + 1].mean(axis=1) >= s.inked
    before, behind = np.flatnonzero(full[: max(first, 0)]), np.flatnonzero(full[last + 1 :])
    return (int(before[-1]) if before.size else None), (int(behind[0]) + last + 1 if behind.size else None)


def _is_box(ink: NDArray[np.bool_], box: tuple[int, int, int, int], far: int, s: LegendBoxSettings) -> bool:
    """Whether the sides (left, top, right, bottom) reach the corners and enough of them end there."""
    left, top, right, bottom = box
    ended = 0
    for lines, rows, (first, last) in ((ink, (top, bottom), (left, right)), (ink.T, (left, right), (top, bottom))):
        for row in rows:
            line = np.asarray(lines[max(0, row - 1) : row + 2].any(axis=0), np.bool_)
            if line[first : last + 1].mean() < s.inked:
                return False
            ended += int(not _goes_on(line[max(0, first - 2 - far) : max(0, first - 2)]))
            ended += int(not _goes_on(line[last + 3 : last + 3 + far]))
    return ended >= s.ends


def _goes_on(beyond: NDArray[np.bool_]) -> bool:
    return bool(beyond.size) and float(beyond.mean()) > 0.5


def behind_legend(pixels: Image, legend: Sequence[LegendEntry], corner: tuple[int, int]) -> NDArray[np.bool_]:
    """Where (h, w) a region shows the box or the line samples of ``legend`` in ``pixels`` (h', w', 3) of the figure.

    ``corner`` (column, row) is the region's first pixel; the mask covers what of the figure lies right of it and below.
    """
    mask = np.zeros((max(pixels.shape[0] - corner[1], 0), max(pixels.shape[1] - corner[0], 0)), bool)
    box = find_legend_box(pixels, legend)
    for part in (*([box] if box else []), *(e.sample for e in legend if e.place == "legend" and e.sample)):
        left, top = part.left - corner[0], part.top - corner[1]
        seen = Box(left, top, left + part.width, top + part.height).grown(2, 2)
        if seen.right >= 0 and seen.bottom >= 0:
            mask[seen.slices(mask.shape)] = True
    return mask
