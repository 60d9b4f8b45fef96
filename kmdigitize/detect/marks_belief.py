"""Whether a figure draws marks, told by the best drawing of them over all arms.

Slips of the traces, noise and pieces of text are some arm's trouble, and a few of their many shapes look like a mark.
Marks that are there explain what every arm leaves unexplained, all of them in one kind, size and stroke. So small or
crowded marks, of which hardly one stands alone, can still be told; and clear ones that are none can be told from marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.marks_bars import BARS, UPRIGHT
from kmdigitize.detect.marks_choice import Drawing
from kmdigitize.detect.marks_fit import upright
from kmdigitize.detect.marks_ink import FloatImage
from kmdigitize.detect.marks_render import CORNERS, MarkLook, stamps_of
from kmdigitize.detect.marks_scene import Scene, draw_on, left_over


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
    clear_share: float = 0.7
    """Share of the ink around it, off its curve and risers, that a clear mark explains."""
    clear_energy: float = 0.5
    """Least such ink in shares of a whole mark's."""
    most_clear: float = 0.45
    """Share of the marks that are clear, two on every arm, where other ink is left over along the curves (limits,
    dashes). Of 272 drawn panels without marks that no candidate shows none exceeds .42, of three with such marks that
    stand apart all reach .49."""
    thinnest: float = 0.15
    """Least stroke in strokes of the curve, unless marks explain as much as ``sure_worth``: edges of thick strokes are
    lines of .06 to .15 (marks of drawn figures .16 or more)."""
    sure_worth: float = 0.4
    """Share of the unexplained ink by which thinner marks must explain more than chance."""


DEFAULT = BeliefSettings()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a drawing explains: ``marks`` (arms,) their numbers, ``clear`` (arms,) of them, ``shares`` (arms,) of each
    arm's unexplained ink near its curve, and the share ``worth`` of all of it beyond chance."""

    marks: list[int]
    clear: list[int]
    shares: list[float]
    worth: float


def shown_by(drawing: Drawing, scenes: Sequence[Scene], settings: BeliefSettings = DEFAULT) -> Shown:
    """What the ``drawing`` explains of fresh ``scenes``, whose canvases fill up."""
    before = [scene.canvas.copy() for scene in scenes]
    for scene, places in zip(scenes, drawing.taken.places, strict=True):
        for x, y in places:
            draw_on(scene.canvas, drawing.look, x, y)
    reach = drawing.look.size + drawing.look.stroke / 2 + 2
    left = [left_over(scene, canvas, reach) for scene, canvas in zip(scenes, before, strict=True)]
    shares = [1 - after / max(start, 0.1) for start, after in left]
    worth = drawing.taken.gain / max(sum(start for start, _ in left), LITTLE)
    clear = [
        sum(_is_clear(scene, canvas, drawing.look, place, settings) for place in places)
        for scene, canvas, places in zip(scenes, before, drawing.taken.places, strict=True)
    ]
    return Shown([len(places) for places in drawing.taken.places], clear, shares, worth)


LITTLE = 3.0
"""Ink (px²) that may be anything."""


def _is_clear(
    scene: Scene, before: FloatImage, look: MarkLook, place: tuple[float, float], settings: BeliefSettings
) -> bool:
    """Whether the mark at ``place`` stands on a flat and explains nearly all the ink around it."""
    (x, y), ink = place, scene.ink
    if not ink.flat[int(np.clip(round(x - ink.x[0]), 0, ink.flat.size - 1))]:
        return False
    across = (0.0 if look.kind in UPRIGHT else look.size) + look.stroke / 2 + 3
    up = look.size + look.stroke / 2 + 2
    down = look.stroke / 2 + 2 if look.kind == "tick" else up
    rows = slice(max(round(y - up), 0), max(round(y + down), 0) + 1)
    columns = slice(max(round(x - across), 0), max(round(x + across), 0) + 1)
    have, start, after = (image[rows, columns] for image in (ink.cover, before, scene.canvas))
    seen = ~ink.hidden[rows, columns] & (start < OFF)
    unexplained = float((np.maximum(have - start, 0) ** 2).sum(where=seen))
    left = float(((have - after) ** 2).sum(where=seen))
    least = settings.clear_energy * stamps_of(upright(look)).energy
    return unexplained >= least and left <= (1 - settings.clear_share) * unexplained


OFF = 0.3
"""Share of a pixel that a curve covers up to which it says something about marks."""


def is_plausible(drawing: Drawing, shown: Shown, settings: BeliefSettings = DEFAULT) -> bool:
    """Whether what looks like marks can be: letters and dashes are outlines with corners on some arm, or a single one
    of any kind, and edges of strokes are thin lines in their ink."""
    single = drawing.look.kind not in BARS and sum(shown.marks) == 1
    if (drawing.look.kind in CORNERS or single) and min(shown.marks) == 0:
        return False
    ink = drawing.candidate.inks[0]
    thin = ink.margin is not None and drawing.look.stroke < settings.thinnest * ink.stroke
    return not thin or shown.worth >= settings.sure_worth


def on_every_arm(drawing: Drawing, shown: Shown, settings: BeliefSettings = DEFAULT) -> bool:
    """Whether marks explain what every arm leaves unexplained, or are clear themselves on every one."""
    if not is_plausible(drawing, shown, settings):
        return False
    marks, clear = sum(shown.marks), sum(shown.clear)
    if min(shown.clear) >= 2 and clear >= max(settings.most_clear * marks, settings.least_marks):
        return True
    least = settings.least_share if drawing.look.kind in BARS else settings.least_outlines
    enough = min(shown.marks) >= settings.least_marks and shown.worth >= settings.least_worth
    return enough and min(shown.shares) >= least
