"""Which of the candidates is the figure's mark: the one that explains most ink when its marks are drawn one by one.

Candidates are found by whole pixels and by how well single marks fit, which crowded bars always do: four bars in a row
leave as little of a ring unexplained as the ring itself. Drawn, they need four times as many marks, and every mark has
to earn what chance would explain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kmdigitize.detect.marks_fit import fit_look, has_crossbars
from kmdigitize.detect.marks_ink import MarkInk
from kmdigitize.detect.marks_looks import Look
from kmdigitize.detect.marks_pursuit import Taken, take_marks
from kmdigitize.detect.marks_render import CORNERS, Drawn, MarkLook
from kmdigitize.detect.marks_scene import Scene, fresh, left_over

ScenesOf = Callable[[Sequence[MarkInk], Drawn], list[Scene]]
"""All arms as marks of a kind are searched in given inks."""

AS_GOOD, AS_MUCH = 0.4, 0.5
"""Candidates are drawn from these shares on of the best one's score, or of what it explains of the ink."""
ENOUGH = 0.8
"""Share of the ink near the curves that the best candidate's marks explain beyond chance from which others are not
drawn: of 484 drawn panels with marks one changes (with .65 a few more do)."""
PROMISING = 3
"""So many candidates are drawn where none convinces (with 2 one of 27 panels whose marks are believed is lost)."""
RING, CORNERED = 0.9, 0.85
"""Weights of rings, and of outlines with corners, against strokes: what is closed and may stand off its curve bends
round much. (Of 300 drawn figures the share of found marks that are right is .943 for weights from .8
to 1, .935 with .7 and .922 with .6; by the candidates' scores it is .916.)"""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A candidate with the look in which it is drawn best, and its marks."""

    candidate: Look
    look: MarkLook
    taken: Taken

    @property
    def worth(self) -> float:
        """What the marks explain (px²), less what so many of them explain by chance."""
        ring = RING if self.look.kind == "circle" else 1.0
        return self.taken.gain * (CORNERED if self.look.kind in CORNERS else ring)


def best_drawing(found: Sequence[Look], scenes_of: ScenesOf, lossy: bool, convincing: bool = True) -> Drawing:
    """The one of the candidates ``found`` that explains most when it is drawn, the best one being ``convincing`` or
    not."""
    first, *others = _likeliest(found if convincing else _promising(found))
    best = _drawn(first, scenes_of, lossy)
    if others and convincing:
        scenes = scenes_of(first.inks, best.look.kind)
        unexplained = sum(left_over(scene, scene.canvas, best.look.size + best.look.stroke)[0] for scene in scenes)
        if best.taken.gain >= ENOUGH * unexplained:
            return best
    return max([best, *(_drawn(look, scenes_of, lossy) for look in others)], key=lambda drawing: drawing.worth)


def _likeliest(found: Sequence[Look]) -> list[Look]:
    """The candidates that are worth drawing: the one of the best score first, and those that could do better."""
    best = max(found, key=lambda look: look.score)
    most = AS_MUCH * best.gain * best.share
    others = [look for look in found if look is not best and look.gain > 0]
    return [
        best,
        *(look for look in others if look.score >= AS_GOOD * best.score or look.gain * look.share >= most),
    ]


def _promising(found: Sequence[Look]) -> list[Look]:
    """Of candidates that do not convince, the few that may be worth drawing."""
    return sorted(found, key=lambda look: -look.gain * look.share * look.quality)[:PROMISING]


def _drawn(candidate: Look, scenes_of: ScenesOf, lossy: bool) -> Drawing:
    """The candidate in the look in which its marks explain most."""
    scenes = scenes_of(candidate.inks, candidate.kind)
    guess = MarkLook(candidate.kind, candidate.size, max(0.7 * candidate.inks[0].stroke, 1.0))
    look = fit_look(guess, scenes, lossy)
    taken = take_marks(look, fresh(scenes))
    if look.kind == "vbar" and has_crossbars(look, scenes, taken.places):
        look = replace(look, kind="plus")
        taken = take_marks(look, scenes)
    return Drawing(candidate, look, taken)
