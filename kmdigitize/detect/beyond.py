"""Curves that run on where the axis line ends: the line was cut, or it ends at the last tick and time goes on.

Where a curve reaches the end of a frame that no line closes, its ink is followed further to the right, piece by piece
of what hangs together. Text beside a curve's end is no ink of it, and the arms of a censor mark at the very end are
shorter than what counts. The scale is a straight line and holds beyond its last tick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.geometry import BoolArray
from kmdigitize.records.axes import Panel
from kmdigitize.records.curves import Evidence, StepPath
from kmdigitize.records.figure import Figure, TextToken


@dataclass(frozen=True, slots=True)
class BeyondSettings:
    """When ink beyond the frame is the curve's.

    ``least``: strokes and share of the frame's width that it must go on for (arms of marks reach three strokes);
    ``gap``: strokes between pieces that hang together, ``broken`` times that in a broken line; ``alike``: share of an
    ink's depth that a pixel may be off its colour.
    """

    least: tuple[float, float] = (6.0, 0.02)
    gap: float = 1.0
    broken: float = 3.0
    alike: float = 0.4


def end_of_curves(
    figure: Figure,
    panel: Panel,
    paths: Sequence[tuple[Evidence, StepPath]],
    tokens: Sequence[TextToken],
    settings: BeyondSettings | None = None,
) -> float | None:
    """The column (px) at which curves end that run on beyond the frame of ``panel``; None if none does."""
    s = settings or BeyondSettings()
    frame = panel.frame
    if panel.closed_right or not paths or math.ceil(frame.right) + 1 >= figure.width:
        return None
    ends = [_followed(figure, panel, evidence, path, tokens, s) for evidence, path in paths]
    furthest = max(ends)
    stroke = max(evidence.stroke_px for evidence, _ in paths)
    return furthest if furthest - frame.right > max(s.least[0] * stroke, s.least[1] * frame.width) else None


def _followed(
    figure: Figure,
    panel: Panel,
    evidence: Evidence,
    path: StepPath,
    tokens: Sequence[TextToken],
    s: BeyondSettings,
) -> float:
    """The last column (px) of the ink that hangs together with the end of one curve; the frame's end if it has none."""
    frame, stroke = panel.frame, evidence.stroke_px
    reach = math.ceil(s.gap * stroke * (1 if path.dash == "solid" else s.broken))
    last = path.first + path.rows.size - 1
    if last < frame.right - reach:
        return frame.right
    left, top = max(0, math.floor(frame.right) - 2 * reach), max(0, math.floor(frame.top))
    bottom = min(figure.height, math.floor(frame.bottom - panel.line_px))
    ink = _ink(figure, evidence, (left, top, bottom), s.alike)
    for token in tokens:
        if token.box.center_x > frame.right:
            box = token.box
            ink[max(0, math.floor(box.top) - top) : math.ceil(box.bottom) + 1 - top, max(0, int(box.left) - left) :] = 0
    joined = cv2.dilate(ink.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8))
    pieces = np.asarray(cv2.connectedComponents(joined, connectivity=8)[1])
    row, near = int(path.rows[min(math.floor(frame.right), last) - path.first]) - top, math.ceil(stroke)
    beside = pieces[max(0, row - near) : row + near + 1, : math.floor(frame.right) - left + 1]
    own = np.isin(pieces, beside[beside > 0]) & ink
    columns = np.flatnonzero(own.any(axis=0))
    return max(frame.right, float(left + columns[-1])) if columns.size else frame.right


def _ink(figure: Figure, evidence: Evidence, corner: tuple[int, int, int], alike: float) -> BoolArray:
    """Where the picture right of column ``corner[0]``, between two rows, has the colour of a curve; (h, w)."""
    left, top, bottom = corner
    part = figure.pixels[top:bottom, left:].astype(np.float64)
    color = np.array(evidence.color, np.float64)
    paper = np.median(part.reshape(-1, 3), axis=0)
    off: BoolArray = np.linalg.norm(part - color, axis=2) < alike * np.linalg.norm(paper - color)
    return off
