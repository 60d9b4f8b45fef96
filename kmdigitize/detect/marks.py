"""Censor marks along the traces of a panel.

One figure draws one kind of mark, in one size, either in the curves' own inks or in black: ink, kind and size are
decided together over all arms, by the ink that such marks explain beyond the curves. Then its look is learned
from the clearest marks, and marks are taken one by one where they explain most; where they touch, only the stretch and
an estimate of their number are left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.marks_bars import BARS
from kmdigitize.detect.marks_belief import is_plausible, on_every_arm, shown_by
from kmdigitize.detect.marks_choice import Drawing, best_drawing
from kmdigitize.detect.marks_ends import mark_ends
from kmdigitize.detect.marks_fit import upright
from kmdigitize.detect.marks_ink import MARGINS, MarkInk, dark_ink, drawn, is_dark, is_grey, own_ink
from kmdigitize.detect.marks_legend import shown_mark
from kmdigitize.detect.marks_looks import Look, MarkSettings, candidates, settled
from kmdigitize.detect.marks_pursuit import take_marks
from kmdigitize.detect.marks_render import Drawn, MarkLook, named
from kmdigitize.detect.marks_scene import Scene, draw_on, scenes_along
from kmdigitize.records.axes import Panel
from kmdigitize.records.curves import CensorMark, Evidence, Trace
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import LegendEntry

__all__ = ["MarkSettings", "find_marks"]

log = logging.getLogger(__name__)

_DEFAULT = MarkSettings()

Refine = Callable[[Sequence[Evidence]], tuple[Trace, ...]]
"""All curves at sub-pixel accuracy, one per evidence."""

LIFTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Rows (px) by which outlines may stand off their curve: they bias the curve's own level where they cover much of it,
and fit only where they are centred."""


def find_marks(
    evidences: Sequence[Evidence],
    refine: Refine,
    figure: Figure | None = None,
    panel: Panel | None = None,
    settings: MarkSettings = _DEFAULT,
    legend: Sequence[LegendEntry] = (),
) -> tuple[Trace, ...]:
    """The traces with their censor marks, or with ``marks`` None if the figure draws none.

    ``refine`` traces the curves in ``evidences``, and once more where marks hide them: ink of marks in the curves' own
    inks moves the edges of strokes, so that a drop seems to come in several. Without ``figure`` only such marks are
    looked for. Marks on the line samples of ``legend`` tell what to look for.
    """
    if not evidences:
        return ()
    traces = refine(evidences)
    height = panel.frame.height if panel else float(evidences[0].coverage.shape[0])
    stroke = float(np.median([trace.stroke_px for trace in traces]))
    shown = shown_mark(figure.pixels, legend, stroke, height, settings) if figure is not None else None
    images = [[own_ink(evidence, traces, i) for i, evidence in enumerate(evidences)]]
    found = candidates(images[0], height, settings, shown)
    if shown is not None and not found[0].convincing(settings, announced=True):
        shown, found = None, candidates(images[0], height, settings)
    dark = [is_dark(evidence) for evidence in evidences]
    if figure is not None and not all(dark) and not settled(found, settings):
        grey = any(is_grey(evidence) and not black for evidence, black in zip(evidences, dark, strict=True))
        for thin in (False, True) if grey else (False,):
            blacks = [
                ink if black else dark_ink(evidences, traces, i, figure.pixels, thin)
                for i, (ink, black) in enumerate(zip(images[0], dark, strict=True))
            ]
            images.append(blacks)
            found += candidates(blacks, height, settings, shown)
    best = max(found, key=lambda look: look.score)
    log.debug("best mark: %s %.1f px, score %.1f, share %.2f", best.kind, best.size, best.score, best.share)
    arms = _Arms(evidences, traces, figure is not None and figure.lossy)
    drawing = _believed(found, arms, settings, shown is not None)
    if drawing is None:
        unseen = not best.convincing(settings, shown is not None)
        ends = [marked for inks in images if unseen and (marked := mark_ends(traces, inks, height, settings))]
        return ends[0] if ends else tuple(replace(trace, marks=None, mark_bands=()) for trace in traces)
    return _marked(arms, refine, drawing)


@dataclass(frozen=True, slots=True)
class _Arms:
    """All arms as first traced, and whether the picture is ``lossy``."""

    evidences: Sequence[Evidence]
    traces: tuple[Trace, ...]
    lossy: bool

    def scenes(self, inks: Sequence[MarkInk], kind: Drawn) -> list[Scene]:
        """The arms as marks of a ``kind`` are searched in ``inks``."""
        lifts = (0.0,) if kind in BARS else LIFTS
        return scenes_along((inks, self.evidences, self.traces), lifts, self.lossy)


def _believed(found: Sequence[Look], arms: _Arms, settings: MarkSettings, announced: bool) -> Drawing | None:
    """The figure's mark as it is drawn best, None if none is: one candidate convinces, or all arms together do."""
    best = max(found, key=lambda look: look.score)
    convincing = best.convincing(settings, announced)
    if not convincing and max(look.gain for look in found) < settings.least_gain:
        return None
    drawing = best_drawing(found, arms.scenes, arms.lossy, convincing)
    if announced and convincing:
        return drawing
    shown = shown_by(drawing, arms.scenes(drawing.candidate.inks, drawing.look.kind))
    log.debug("drawn as %s, explains %s by %s marks, %s clear", drawing.look, shown.shares, shown.marks, shown.clear)
    believed = is_plausible(drawing, shown) if convincing else on_every_arm(drawing, shown)
    return drawing if believed else None


def _marked(arms: _Arms, refine: Refine, drawing: Drawing) -> tuple[Trace, ...]:
    """The traces with their marks, and the stretches in which those touch."""
    evidences, traces = arms.evidences, arms.traces
    look, taken, inks = drawing.look, drawing.taken, drawing.candidate.inks
    if inks[0].margin is not None:
        traces = refine(_behind_marks(evidences, traces, look, taken.places))
        taken = take_marks(look, _Arms(evidences, traces, arms.lossy).scenes(inks, look.kind))
    result = []
    for trace, evidence, places in zip(traces, evidences, taken.places, strict=True):
        groups = _touching([x + evidence.left for x, _ in places], look)
        marks = [
            CensorMark(x, float(trace.row_at(np.array([x]))[0]), named(look.kind), _half_width(group))
            for group in groups
            for x in group
        ]
        bands = tuple((group[0], group[-1]) for group in groups if len(group) > 2)
        result.append(replace(trace, marks=tuple(marks), mark_bands=bands))
    return tuple(result)


def _behind_marks(
    evidences: Sequence[Evidence],
    traces: tuple[Trace, ...],
    look: MarkLook,
    taken: Sequence[Sequence[tuple[float, float]]],
) -> list[Evidence]:
    """The evidences in which marks hide the curves: where they stand, no edge of a stroke is the curve's.

    Crossbars hide nothing where they lie in the curve's own stroke, as it was traced. Where no mark stands on a curve,
    its evidence is the one given.
    """
    result = []
    standing = look.size if look.kind == "tick" else 0.0
    for evidence, trace, places in zip(evidences, traces, taken, strict=True):
        if not places and standing == evidence.standing:
            result.append(evidence)
            continue
        occluded, bars = evidence.occluded.copy(), evidence.occluded.copy()
        for x, y in places:
            draw_on(occluded, look, x, y)
            draw_on(bars, upright(look), x, y)
        hidden = np.where(drawn(evidence, trace, MARGINS[0]), bars, occluded)
        result.append(replace(evidence, occluded=hidden, standing=standing))
    return result


def _touching(columns: list[float], look: MarkLook) -> list[list[float]]:
    """The ``columns`` (in order) in groups of marks that leave no paper between them."""
    width = look.stroke + 1.5 if look.kind in BARS else 2 * look.size
    groups: list[list[float]] = []
    for x in columns:
        if groups and x - groups[-1][-1] <= width:
            groups[-1].append(x)
        else:
            groups.append([x])
    return groups


def _half_width(group: list[float]) -> float:
    """Uncertainty (px) of the columns of marks that touch: half their distance; half a pixel for one alone."""
    return 0.5 if len(group) == 1 else max(0.5, (group[-1] - group[0]) / (len(group) - 1) / 2)
