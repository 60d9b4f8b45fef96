"""Entries of a legend whose labels were not read: their line samples still stand in the column of the others.

A P value or a remark laid over a legend leaves a label unreadable, and the finder of lines misses some of a sign or
two; but the arm has a sample as long as the others, one line further up or down. What stands beside it is read again.
Where that says nothing, its name is that of the table row whose turn it is, if the others' names are in their turn.
Assumes a legend of one column. Cannot see an arm whose sample is covered, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.figure import Figure, Reread, TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.text.confirmed import labels_row, plain_label
from kmdigitize.text.samples import LineSample, find_sample
from kmdigitize.text.wordings import is_statistic

_PITCHES = np.arange(1.0, 2.3, 0.1)
"""Distances of the lines of a legend, in text heights, that are tried where only one label was read."""
_CERTAIN = 0.95
"""Confidence from which a label stands as it was read."""
_PALE = 0.7
"""Depth, as a share of that of the palest line, below which a sample may be the ground on which samples are drawn."""
_OFF = 0.3
"""How far the ends of a sample may lie from those of the others, in text heights."""


def covered_entries(
    pixels: Pixels, chosen: Sequence[tuple[TextToken, LineSample]], tokens: Sequence[TextToken], height: float
) -> list[LegendEntry]:
    """Entries without a label for samples above, below and between the ``chosen`` ones (px).

    None where one of ``tokens`` that begins in the column of the samples or labels was read for certain: it says
    something else.
    """
    if not chosen or max(abs(token.box.left - chosen[0][0].box.left) for token, _ in chosen) > height:
        return []
    left, right = min(sample.box.left for _, sample in chosen), chosen[0][0].box.left + height
    near = [t for t in tokens if left - height <= t.box.left <= right and t.confidence >= _CERTAIN]
    taken = [t.box for t in near if not is_statistic(t.text)]
    rows = sorted(sample.box.center_y for _, sample in chosen)
    between = [(a + b) / 2 for a, b in pairwise(rows) if b - a >= 2 * height]
    found = [entry for row in between if (entry := _next_entry(pixels, chosen, [row], height)) is not None]
    found = [entry for entry in found if not any(box.top < entry.box.center_y < box.bottom for box in taken)]
    rows = sorted([*rows, *(entry.sample.center_y for entry in found if entry.sample is not None)])
    steps = [b - a for a, b in pairwise(rows)]
    pitches = [min(steps)] if steps else (_PITCHES * height).tolist()
    for last, side in ((rows[0], -1.0), (rows[-1], 1.0)):
        row = last
        while (entry := _next_entry(pixels, chosen, [row + side * pitch for pitch in pitches], height)) is not None:
            free = not any(box.top < entry.box.center_y < box.bottom for box in taken)
            if not free or entry.sample is None:
                break
            found.append(entry)
            row = entry.sample.center_y
    return found


def _next_entry(
    pixels: Pixels, chosen: Sequence[tuple[TextToken, LineSample]], rows: Sequence[float], height: float
) -> LegendEntry | None:
    """The entry on one of ``rows`` whose sample is as long as the chosen ones and stands in their column."""
    token, model = max(chosen, key=lambda one: one[1].box.width)
    for row in rows:
        label = Box(token.box.left, row - height / 2, token.box.left + height, row + height / 2)
        sample = find_sample(pixels, label, height, (model.box.left - height, float(pixels.shape[1])))
        if sample is None or abs(sample.box.center_y - row) > _OFF * height or _is_ground(sample, chosen):
            continue
        slack = _OFF * height + max(sample.period[1::2], default=0.0)
        if abs(sample.box.left - model.box.left) <= slack and abs(sample.box.right - model.box.right) <= slack:
            return LegendEntry("", label, sample.box, sample.color, sample.dash, sample.stroke_px, sample.period)
    return None


def _is_ground(sample: LineSample, chosen: Sequence[tuple[TextToken, LineSample]]) -> bool:
    """Whether a sample is what the ``chosen`` ones are drawn on: wider than all at both ends, and paler."""
    others = [other for _, other in chosen]
    wider = all(sample.box.left < o.box.left and o.box.right < sample.box.right for o in others)
    return wider and _depth(sample) < _PALE * min(_depth(other) for other in others)


def _depth(sample: LineSample) -> int:
    """How far the colour of a sample is from white, in levels of three channels."""
    return 3 * 255 - sum(sample.color)


def read_beside_samples(
    figure: Figure,
    entries: Sequence[LegendEntry],
    chosen: Sequence[tuple[TextToken, LineSample]],
    tokens: Sequence[TextToken],
    reread: Reread | None,
) -> list[LegendEntry]:
    """The ``entries`` of no label with what is read for certain at their places, as far as the ``chosen`` labels reach.

    Where one of ``tokens`` lies over the place and beyond it, nothing that is read there is a label alone.
    """
    if reread is None:
        return list(entries)
    right = max((token.box.right + token.box.height for token, _ in chosen), default=0.0)
    boxes = [replace(entry.box, right=max(right, entry.box.right)) for entry in entries]
    free = [i for i, box in enumerate(boxes) if not any(_sticks_out(token.box, box) for token in tokens)]
    result = list(entries)
    for i, token in zip(free, reread(figure, [boxes[i] for i in free], False), strict=True):
        if token.confidence >= _CERTAIN and not is_statistic(token.text):
            result[i] = replace(entries[i], label=token.text)
    return result


def _sticks_out(text: Box, place: Box) -> bool:
    return text.overlap(place) > 0 and not (place.left - 1 <= text.left and text.right <= place.right)


def named_by_rows(entries: Sequence[LegendEntry], tokens: Sequence[TextToken]) -> tuple[LegendEntry, ...]:
    """The entries; those without a label, or with one that was hardly read, have that of the table row at their turn.

    Only where the table has as many rows and all other labels, one at least, are those of their turns.
    """
    rows = sorted((t for t in tokens if labels_row(t, tokens)), key=lambda t: t.box.center_y)
    if len(rows) != len(entries):
        return tuple(entries)
    turns = list(zip(entries, rows, strict=True))
    same = [plain_label(entry.label) == plain_label(row.text) for entry, row in turns]
    settled = [alike or not _is_read(entry, tokens) for alike, (entry, _) in zip(same, turns, strict=True)]
    if not any(same) or not all(settled):
        return tuple(entries)
    return tuple(
        entry if alike else replace(entry, label=row.text) for alike, (entry, row) in zip(same, turns, strict=True)
    )


def _is_read(entry: LegendEntry, tokens: Sequence[TextToken]) -> bool:
    """Whether the entry's label was read for certain."""
    own = [token.confidence for token in tokens if token.box.overlap(entry.box) > 0]
    return bool(entry.label) and min(own, default=0.0) >= _CERTAIN
