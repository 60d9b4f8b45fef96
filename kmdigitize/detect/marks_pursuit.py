"""Marks one by one: each is the place where the figure's mark, drawn there, explains most of the ink still unexplained.

Marks that share their ink among several arms are taken in turn by the arm on whose level they are centred. Matching
pursuit: Mallat and Zhang (1993), with the union of strokes in place of their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.marks_bars import BARS
from kmdigitize.detect.marks_fit import DEFAULT, FitSettings, accepted, least_gain
from kmdigitize.detect.marks_render import MarkLook, stamps_of
from kmdigitize.detect.marks_scene import Scene, draw_on, gains, likely_places
from kmdigitize.geometry import FloatArray


@dataclass(frozen=True, slots=True)
class Taken:
    """Places (x, y) of the marks of every arm in px of the evidence, in order of x.

    ``gain`` is what all of them explain (px²) beyond the least that each must.
    """

    places: list[list[tuple[float, float]]]
    gain: float


def take_marks(look: MarkLook, scenes: Sequence[Scene], settings: FitSettings = DEFAULT) -> Taken:
    """The marks of every arm, drawn as ``look``. The scenes' canvases fill up."""
    total = 0.0
    taken: list[list[tuple[float, float]]] = [[] for _ in scenes]
    least, apart = least_gain(look, settings), closest(look)
    wide, high = stamps_of(look).apart
    worth = [_worth(look, scene, least, settings) for scene in scenes]
    taboo = [np.zeros(scene.places.x.size, dtype=bool) for scene in scenes]
    while True:
        tops = [int(np.argmax(values)) for values in worth]
        arm = int(np.argmax([values[top] for values, top in zip(worth, tops, strict=True)]))
        if not np.isfinite(worth[arm][tops[arm]]):
            return Taken([sorted(places) for places in taken], total)
        total += float(worth[arm][tops[arm]]) - least
        x, y = (float(values[tops[arm]]) for values in (scenes[arm].places.x, scenes[arm].places.y))
        taken[arm].append((x, y))
        draw_on(scenes[arm].canvas, look, x, y)
        beside = _columns(scenes[arm], x, apart)
        taboo[arm][beside] |= np.abs(scenes[arm].places.x[beside] - x) < apart
        worth[arm][beside][taboo[arm][beside]] = -np.inf
        for values, no, scene in zip(worth, taboo, scenes, strict=True):
            if scene.canvas is scenes[arm].canvas:
                around = _columns(scene, x, wide)
                close = (np.abs(scene.places.y[around] - y) <= high) & ~no[around]
                near = around.start + np.flatnonzero(close & (np.abs(scene.places.x[around] - x) <= wide))
                values[near] = accepted(gains(look, scene, near), least, settings)


def _columns(scene: Scene, x: float, reach: float) -> slice:
    """The scene's places, which are in order of x, within ``reach`` px of ``x`` and one more."""
    first, last = np.searchsorted(scene.places.x, [x - reach - 1, x + reach + 1])
    return slice(int(first), int(last))


def _worth(look: MarkLook, scene: Scene, least: float, settings: FitSettings) -> FloatArray:
    """What a mark at each place (m,) of the scene explains, -inf where none may stand."""
    worth, some = np.full(scene.places.x.size, -np.inf), likely_places(look, scene, least)
    worth[some] = accepted(gains(look, scene, some), least, settings)
    return worth


def closest(look: MarkLook) -> float:
    """Columns by which two marks of one arm must differ to be told apart."""
    return max(0.6 * look.stroke, 1.2) if look.kind in BARS else max(0.3 * look.size, 1.2)
