"""Plotting symbols that are drawn beside their places: letters of a font, put by widths that a device has rounded.

The last patient of a curve that goes on after its last drop is censored where the curve ends, and the symbol on a line
sample of the legend stands in its middle: both show how far to the side symbols of that kind and size are drawn. Where
there is only one, or they say different things, nothing is moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Drawing
from kmdigitize.vector.rules import box_of
from kmdigitize.vector.symbols import Symbol, find_symbols

_REACH = 0.25
"""Largest offset as a share of the symbol's width: devices round widths to a fraction of them."""
_AGREE = 0.05
"""Largest difference between several offsets, as a share of the symbol's width."""
_LEAST = 0.01
"""Offsets below this share of the width are the drawing's rounding."""
_WITNESSES = 2
"""One symbol near an end may be another patient's."""
_SAMPLE = 6.0
"""Longest line sample in widths of the symbol on it."""


def centred(
    groups: Sequence[list[Symbol]], traces: Sequence[Trace], drawing: Drawing, panel: Panel
) -> list[list[Symbol]]:
    """``groups`` of symbols of one look each, those of a kind and size moved back by their common offset in x."""
    places = _ends(traces, panel.frame) + _samples(drawing, panel)
    keys = find_symbols(drawing, replace(panel, frame=panel.region)) if places else []
    moved = []
    for group in groups:
        offset = _offset([s for s in keys if _is_alike(s, group[0])], places)
        far = abs(offset) > _LEAST * group[0].width
        moved.append([replace(s, x=s.x - offset) for s in group] if far else group)
    return moved


def _ends(traces: Sequence[Trace], frame: Box) -> list[tuple[float, float, float]]:
    """Ends of curves inside the frame: column and row, and the length of the flat before them (px)."""
    inside = [trace for trace in traces if trace.end < frame.right - 2 * trace.stroke_px]
    last = [float(t.risers[-1]) if t.risers.size else t.start for t in inside]
    return [(t.end, float(t.levels[-1]), t.end - begin) for t, begin in zip(inside, last, strict=True)]


def _samples(drawing: Drawing, panel: Panel) -> list[tuple[float, float, float]]:
    """Middles of short level strokes: column and row, and half their length (px)."""
    boxes = [box_of(path.points) for path in drawing.paths if path.stroke is not None and len(path.points) == 2]
    level = [
        box for box in boxes if box.height < 0.01 * box.width and panel.region.contains(box.center_x, box.center_y)
    ]
    return [(box.center_x, box.center_y, box.width / 2) for box in level if box.width < 0.3 * panel.frame.width]


def _is_alike(a: Symbol, b: Symbol) -> bool:
    return a.kind == b.kind and abs(a.width - b.width) + abs(a.height - b.height) < 0.1 * (a.width + a.height)


def _offset(symbols: Sequence[Symbol], places: Sequence[tuple[float, float, float]]) -> float:
    """How far right (px) of their places the symbols on them stand; 0 where they are few or disagree."""
    found = []
    for x, y, half in places:
        near = [
            s.x - x
            for s in symbols
            if abs(s.x - x) <= _REACH * s.width < half < _SAMPLE * s.width and abs(s.y - y) <= 0.5 * s.height
        ]
        found += [min(near, key=abs)] if near else []
    if len(found) < _WITNESSES or max(found) - min(found) > _AGREE * symbols[0].width:
        return 0.0
    return float(np.median(found))
