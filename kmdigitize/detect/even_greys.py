"""A second look at curves of several greys and line types: all of one grey, told apart by their line types alone.

A scan leaves dashes and dots paler than lines of the same ink, on curves as on the samples of the legend, so that
greys tell little about who is who. With everything darker than the palest sample made as pale as it, the curves are
one ink of several line types. Which of the two readings explains more of that ink is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.cut_samples import unexplained
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.tracing import Found
from kmdigitize.records.axes import Panel
from kmdigitize.records.curves import Evidence, StepPath
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import LegendEntry


@dataclass(frozen=True, slots=True)
class EvenGreySettings:
    """When greys are made even, and which reading is believed."""

    depths: tuple[float, ...] = (1.15, 1.0, 1.3)
    """Depths of the one grey, in depths of the palest sample, that are tried: dots are paler than the middle of their
    sample, shaded bands may be nearly as deep. By the first one the readings are judged."""
    paper: float = 90.0
    """Percentile of the pixels of a panel that are paper, beside bands."""
    chroma: int = 24
    """Difference of the channels of a grey that compression makes at most."""
    types: int = 3
    """Line types from which they tell curves apart; two greys are easily told."""
    unlike: float = 12.0
    """Greys (of 255) closer than this are one ink as they are."""
    fewer: float = 0.03
    """Share of the ink, of a dotted line's over much of the panel, that the second reading must explain more."""
    clear: float = 0.3
    """Occlusion below which ink is neither text nor under other ink: a reading may take letters for curves."""
    same: float = 0.9
    """Share of the columns in which two paths of one curve are less than a stroke apart."""


def with_even_greys(
    figure: Figure, panel: Panel, legend: Sequence[LegendEntry]
) -> list[tuple[Figure, tuple[LegendEntry, ...]]]:
    """The figure and the legend with all ink about as pale as its palest sample, in several depths.

    Empty unless samples are of several greys, and of three or more line types.
    """
    s = EvenGreySettings()
    shown = [entry for entry in legend if entry.color is not None and entry.dash != "unknown"]
    greys = [entry.color[0] for entry in shown if entry.color is not None and np.ptp(entry.color) <= s.chroma]
    types = {entry.dash for entry in shown}
    if len(greys) < len(shown) or len(types) < s.types or np.ptp(greys) < s.unlike:
        return []
    box = panel.frame
    top, left = max(0, round(box.top)), max(0, round(box.left))
    inside = figure.pixels[top : max(0, round(box.bottom)), left : max(0, round(box.right))]
    if not inside.size:
        return []
    paper = float(np.percentile(inside.mean(axis=2), s.paper))
    levels = [int(np.clip(round(paper - depth * (paper - max(greys))), 0, 255)) for depth in s.depths]
    return [(replace(figure, pixels=np.maximum(figure.pixels, np.uint8(g))), _evened(legend, g)) for g in levels]


def _evened(legend: Sequence[LegendEntry], grey: int) -> tuple[LegendEntry, ...]:
    """The legend with all samples in one ``grey``."""
    return tuple(replace(entry, color=(grey, grey, grey)) if entry.color else entry for entry in legend)


def best_explained(sheet: Sheet, readings: Sequence[Sequence[Found]]) -> int:
    """Which reading leaves least of the ink of ``sheet``: the first one, unless another one leaves clearly less."""
    left = [_left(sheet, reading) for reading in readings]
    left = [share if len(reading) >= len(readings[0]) else 1.0 for share, reading in zip(left, readings, strict=True)]
    best = int(np.argmin(left))
    return best if left[best] < left[0] - EvenGreySettings().fewer else 0


def leaves_enough(sheet: Sheet, reading: Sequence[Found]) -> bool:
    """Whether a reading leaves so much of the ink of ``sheet`` that another one could leave clearly less."""
    return _left(sheet, reading) > EvenGreySettings().fewer


def _left(sheet: Sheet, reading: Sequence[Found]) -> float:
    """Share of the ink of ``sheet`` in plain sight that a reading leaves."""
    hidden = np.where(sheet.occluded < EvenGreySettings().clear, 0, 1)
    return unexplained(replace(sheet, occluded=hidden.astype(np.float32)), reading)


def with_first_evidence(
    second: Sequence[tuple[Evidence, StepPath]], first: Sequence[tuple[Evidence, StepPath]]
) -> tuple[tuple[Evidence, StepPath], ...]:
    """The paths of the ``second`` reading, where the ``first`` has the same curve with its evidence: that has edges.

    Ink that was made even has none: what is half covered is as deep as the rest.
    """
    result = []
    for evidence, path in second:
        same = [(known, other) for known, other in first if _is_same(path, other, known.stroke_px)]
        result.append((same[0][0], replace(same[0][1], dash=path.dash, entry=path.entry)) if same else (evidence, path))
    return tuple(result)


def _is_same(path: StepPath, other: StepPath, stroke: float) -> bool:
    """Whether two paths are of one curve."""
    size = min(path.rows.size, other.rows.size)
    if path.first != other.first or size < EvenGreySettings().same * max(path.rows.size, other.rows.size):
        return False
    return float(np.mean(np.abs(path.rows[:size] - other.rows[:size]) < stroke)) >= EvenGreySettings().same
