"""Whether a figure draws marks, told by the best drawing of them over all arms.

Slips of the traces, noise and pieces of text are some arm's trouble, and a few of their many shapes look like a mark.
Marks that are there explain what every arm leaves unexplained, all of them in one kind, size and stroke. So small or
crowded marks, of which hardly one stands alone, can still be told; and clear ones that are none can be told from marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.marks_bars import BARS
from kmdigitize.detect.marks_choice import Drawing
from kmdigitize.detect.marks_ink import FloatImage
from kmdigitize.detect.marks_render import CORNERS
from kmdigitize.detect.marks_scene import Scene, draw_on


@dataclass(frozen=True, slots=True)
class BeliefSettings:
    """How much every arm must show."""

    least_marks: int = 5
    """Least number of marks on every arm."""
    least_share: float = 0.5
    """Least share of every arm's unexplained ink that upright marks explain. Of 272 drawn panels without marks none
    reaches .49 with five marks on every arm; of 69 with marks that no single candidate shows 18 reach .5."""
    least_outlines: float = 0.7
    """The same of outlines, of which slips at risers make more (.65)."""
    least_worth: float = 0.3
    """Least share of all unexplained ink by which the marks together explain more than chance."""
    thinnest: float = 0.15
    """Least stroke in strokes of the curve, unless marks explain as much as ``sure_worth``: edges of thick strokes are
    lines of .06 to .15 (marks of drawn figures .16 or more)."""
    sure_worth: float = 0.4
    """Share of the unexplained ink by which thinner marks must explain more than chance."""


DEFAULT = BeliefSettings()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a drawing explains: ``marks`` (arms,) their numbers, ``shares`` (arms,) of each arm's unexplained ink near
    its curve, and the share ``worth`` of all of it beyond chance."""

    marks: list[int]
    shares: list[float]
    worth: float


def shown_by(drawing: Drawing, scenes: Sequence[Scene]) -> Shown:
    """What the ``drawing`` explains of fresh ``scenes``, whose canvases fill up."""
    before = [scene.canvas.copy() for scene in scenes]
    for scene, places in zip(scenes, drawing.taken.places, strict=True):
        for x, y in places:
            draw_on(scene.canvas, drawing.look, x, y)
    reach = drawing.look.size + drawing.look.stroke / 2 + 2
    left = [_left_over(scene, canvas, reach) for scene, canvas in zip(scenes, before, strict=True)]
    shares = [1 - after / max(start, 0.1) for start, after in left]
    worth = drawing.taken.gain / max(sum(start for start, _ in left), LITTLE)
    return Shown([len(places) for places in drawing.taken.places], shares, worth)


LITTLE = 3.0
"""Ink (px²) that may be anything."""


def _left_over(scene: Scene, before: FloatImage, reach: float) -> tuple[float, float]:
    """Ink (px²) within ``reach`` px above and below the curve that is unexplained ``before`` and with the marks."""
    ink = scene.ink
    columns = np.clip(ink.x.astype(np.int64), 0, ink.cover.shape[1] - 1)
    first = max(int(ink.y.min() - reach), 0)
    rows = slice(first, max(int(ink.y.max() + reach) + 2, first + 1))
    away = np.arange(first, first + ink.cover[rows].shape[0])[:, None] - ink.y[None, :]
    near = (np.abs(away) <= reach) & ~ink.hidden[rows][:, columns]
    have, start, after = (image[rows][:, columns] for image in (ink.cover, before, scene.canvas))
    paler = np.minimum(have - start, 0) ** 2
    unexplained = np.maximum(have - start, 0) ** 2
    return float(unexplained.sum(where=near)), float(((have - after) ** 2 - paler).sum(where=near))


def is_plausible(drawing: Drawing, shown: Shown, settings: BeliefSettings = DEFAULT) -> bool:
    """Whether what looks like marks can be: letters and dashes are outlines with corners on some arm, edges of strokes
    are thin lines."""
    if drawing.look.kind in CORNERS and min(shown.marks) == 0:
        return False
    thin = drawing.look.stroke < settings.thinnest * drawing.candidate.inks[0].stroke
    return not thin or shown.worth >= settings.sure_worth


def on_every_arm(drawing: Drawing, shown: Shown, settings: BeliefSettings = DEFAULT) -> bool:
    """Whether marks explain what every arm leaves unexplained."""
    least = settings.least_share if drawing.look.kind in BARS else settings.least_outlines
    return (
        min(shown.marks) >= settings.least_marks
        and min(shown.shares) >= least
        and shown.worth >= settings.least_worth
        and is_plausible(drawing, shown, settings)
    )
