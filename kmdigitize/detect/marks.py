"""Censor marks along the traces of a panel.

One figure draws one kind of mark, in one size, either in the curves' own inks or in black: ink, kind and size are
decided together over all arms, by the ink that such marks explain beyond the curves. Then its look is learned
from the clearest marks, and marks are taken one by one where they explain most; where they touch, only the stretch and
an estimate of their number are left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.detect.marks_bars import BARS, UPRIGHT
from kmdigitize.detect.marks_ends import mark_ends
from kmdigitize.detect.marks_fit import fit_look, has_crossbars, upright
from kmdigitize.detect.marks_ink import MARGINS, dark_ink, drawn, is_dark, is_grey, own_ink
from kmdigitize.detect.marks_legend import shown_mark
from kmdigitize.detect.marks_looks import Look, MarkSettings, candidates, settled
from kmdigitize.detect.marks_pursuit import take_marks
from kmdigitize.detect.marks_render import MarkLook, named
from kmdigitize.detect.marks_scene import Scene, draw_on, fresh, places_along, start_canvases
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
    if not best.convincing(settings, shown is not None):
        ends = [marked for inks in images if (marked := mark_ends(traces, inks, height, settings)) is not None]
        return ends[0] if ends else tuple(replace(trace, marks=None, mark_bands=()) for trace in traces)
    return _marked(evidences, (traces, refine), best, figure is not None and figure.lossy)


def _marked(
    evidences: Sequence[Evidence], curves: tuple[tuple[Trace, ...], Refine], best: Look, lossy: bool
) -> tuple[Trace, ...]:
    """The traces with their marks, and the stretches in which those touch; ``curves`` are as first traced, and how."""
    traces, refine = curves
    scenes = _scenes(evidences, traces, best, lossy)
    guess = MarkLook(best.kind, best.size, max(0.7 * best.inks[0].stroke, 1.0))
    look = fit_look(guess, scenes, lossy)
    taken = take_marks(look, fresh(scenes))
    if look.kind == "vbar" and has_crossbars(look, scenes, taken):
        look = replace(look, kind="plus")
        taken = take_marks(look, fresh(scenes))
    log.debug("marks drawn as %s", look)
    if best.inks[0].margin is not None:
        traces = refine(_behind_marks(evidences, traces, look, taken))
        taken = take_marks(look, _scenes(evidences, traces, best, lossy))
    result = []
    for trace, evidence, places in zip(traces, evidences, taken, strict=True):
        groups = _touching([x + evidence.left for x, _ in places], look)
        marks = [
            CensorMark(x, float(trace.row_at(np.array([x]))[0]), named(look.kind), _half_width(group))
            for group in groups
            for x in group
        ]
        bands = tuple((group[0], group[-1]) for group in groups if len(group) > 2)
        result.append(replace(trace, marks=tuple(marks), mark_bands=bands))
    return tuple(result)


def _scenes(evidences: Sequence[Evidence], traces: tuple[Trace, ...], best: Look, lossy: bool) -> list[Scene]:
    """Every arm as its marks are searched: nothing but the curves explained yet."""
    lifts = (0.0,) if best.kind in UPRIGHT else LIFTS
    canvases = start_canvases(best.inks, evidences, traces, lossy)
    return [
        Scene(ink, canvas, places_along(ink, trace, evidence.top, lifts))
        for ink, canvas, trace, evidence in zip(best.inks, canvases, traces, evidences, strict=True)
    ]


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
