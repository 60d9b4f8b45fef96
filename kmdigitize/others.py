"""The parts of a figure that show no survival: found, named, and said to be skipped.

Those without axes have a printed letter of their own, or are drawings about as large as a panel. What is printed on
them belongs to no panel, so the regions of panels end where they begin. Others have axes, of something else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kmdigitize.detect.panels_regions import with_regions
from kmdigitize.detect.parts import find_parts, printed_height
from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.digitized import DigitizedPanel, SkippedPanel
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.text.part_letters import parts_without_axes
from kmdigitize.text.titles import names_survival

_LATE = 0.05
"""Share of the x axis from which its left end is not 0."""


def apart_from_others(
    panels: tuple[Panel, ...], figure: Figure, tokens: Sequence[TextToken]
) -> tuple[tuple[Panel, ...], tuple[Box, ...]]:
    """The panels with regions that leave out all other drawings of the ``figure``, and the places of these."""
    others = find_parts(figure, [panel.frame for panel in panels], tokens)
    if others and not figure.drawing:
        panels = with_regions(panels, figure, tokens, printed_height(tokens), others)
    return panels, others


def skipped_parts(
    panels: Sequence[Panel], others: Sequence[Box], tokens: Sequence[TextToken]
) -> tuple[SkippedPanel, ...]:
    """What is listed besides the named ``panels``: lettered parts, then drawings with the letters or numbers left."""
    lettered = parts_without_axes(tokens, panels)
    drawn = [box for box in others if not any(part.contains(box.center_x, box.center_y) for _, part in lettered)]
    taken = [panel.name for panel in panels] + [name for name, _ in lettered]
    return tuple(_skipped(*part) for part in (*lettered, *zip(_free_names(taken, len(drawn)), drawn, strict=True)))


def other_measure(panel: DigitizedPanel) -> str:
    """The title of the y axis where neither its words nor the curves are those of survival, else "".

    Survival begins at a time of 0 and a survival of 1. A title that was not read says nothing.
    """
    scales, frame = panel.scales, panel.panel.frame
    if not scales.y_title or scales.end_point or names_survival(scales.y_title):
        return ""
    first, last = (float(value) for value in scales.x.to_value(np.array([frame.left, frame.right])))
    below = all(any(flag.code == "starts_below_one" for flag in arm.flags) for arm in panel.arms)
    return scales.y_title if below or first > _LATE * (last - first) else ""


def _free_names(taken: Sequence[str], count: int) -> list[str]:
    """The letters that are missing among those taken where there are as many, else the numbers that follow."""
    if all(len(name) == 1 and name.isalpha() for name in taken):
        missing = [chr(code) for code in range(ord("A"), ord(max(taken))) if chr(code) not in taken]
        if len(missing) == count:
            return missing
    return [str(number) for number in range(len(taken) + 1, len(taken) + count + 1)]


def _skipped(name: str, box: Box) -> SkippedPanel:
    reason = (
        f"Panel {name} has no pair of numbered axes, so it shows no survival curve (bars, a forest plot, a picture)."
    )
    return SkippedPanel(Panel(name, box, box, box.bottom, box.left), reason)
