"""How a figure draws its marks: the stroke, size and depth with which marks explain most ink.

The marks that stand alone tell best; among crowded ones a stroke that is too wide always fits, so that none beyond the
curves' own is then tried. One quantity is changed after the other, from a rough guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.marks_bars import UPRIGHT
from kmdigitize.detect.marks_render import SHARP, MarkLook, stamps_of
from kmdigitize.detect.marks_scene import Gains, Places, Scene, gains, likely_places
from kmdigitize.geometry import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What a mark must explain to be one."""

    least: float = 0.1
    """Least share of what a whole mark on bare paper explains: the tips of a mark that others cover."""
    share: float = 0.35
    """Least share of what its visible pixels could explain; below it there is as much paper as ink."""
    floor_px: float = 0.3
    """Least gain (px²): a third of a pixel of ink, which noise and the slips of traces reach."""
    alone: int = 4
    """So many marks that stand alone suffice to learn the look from."""
    most_places: int = 400
    """Places per arm at which looks are compared; more change nothing."""


DEFAULT = FitSettings()

CLEAR = 1.0
"""Least ink (px²) that crossbars would have clear of curves and other marks, to tell plus signs from bars: drawn plus
signs then explain +.3 to +1.1 of it, bars -.6 to -.9."""
_ROUGH = (0.7, 0.8, 0.9, 1.1, 1.2, 1.3)
"""Factors of the guessed size; it comes from whole pixels."""
_FINE = (-0.5, -0.25, 0.25, 0.5)
"""Last corrections of the size in px."""
_DEPTHS = (0.4, 0.55, 0.7, 0.85)
_SOFT = (0.6, 1.0)
"""Softness (px) of strokes in pictures that compression or a scan has blurred."""


def fit_look(look: MarkLook, scenes: Sequence[Scene], lossy: bool, settings: FitSettings = DEFAULT) -> MarkLook:
    """The ``look`` with the stroke, size, depth and, in ``lossy`` pictures, softness that explain most ink."""
    thin = replace(look, stroke=min(look.stroke, 1.0))
    likely = [_likeliest(thin, scene, settings.most_places) for scene in scenes]
    alone = _standing_alone(thin, likely)
    seen = alone if sum(count for count, _ in alone) >= settings.alone else [(0, scene) for scene in likely]
    fitted = [scene for _, scene in seen]
    widest = max((1.6 if seen is alone else 1.0) * scenes[0].ink.stroke, 1.5)
    strokes = np.geomspace(0.7, widest, 8).tolist()
    tried = [replace(look, size=look.size * a, stroke=b) for a in (*_ROUGH, 1.0) for b in strokes[::2]]
    known: dict[MarkLook, float] = {}

    def best_of(looks: list[MarkLook], best: MarkLook) -> MarkLook:
        for tried in (best, *looks):
            if tried not in known:
                known[tried] = _total_gain(tried, fitted, settings)
        return max([best, *looks], key=lambda tried: known[tried])

    best = best_of([] if look.kind in UPRIGHT else tried, look)
    best = best_of([replace(best, stroke=value) for value in strokes], best)
    best = best_of([replace(best, size=look.size * value) for value in _ROUGH], best)
    best = best_of([replace(best, stroke=value) for value in strokes], best)
    best = best_of([replace(best, size=best.size + value) for value in _FINE], best)
    best = best_of([replace(best, depth=value) for value in _DEPTHS], best)
    best = best_of([replace(best, soft=value) for value in (_SOFT if lossy else (SHARP,))], best)
    return best_of([replace(best, stroke=value) for value in strokes], best)


def _likeliest(look: MarkLook, scene: Scene, most: int) -> Scene:
    """The scene with only the places where marks are likeliest."""
    worth, some = np.full(scene.places.x.size, -np.inf), likely_places(look, scene)
    found = gains(look, scene, some)
    worth[some] = np.where(found.gain > 0.25 * found.most, found.gain, -np.inf)
    kept = np.sort(np.argsort(-worth, kind="stable")[:most])
    return replace(scene, places=Places(scene.places.x[kept], scene.places.y[kept]))


def _standing_alone(look: MarkLook, scenes: list[Scene]) -> list[tuple[int, Scene]]:
    """How many marks of each scene stand alone, and the scene with only their places."""
    result = []
    for scene in scenes:
        x = scene.places.x
        widest = 1.6 * scene.ink.stroke + 3 + (0 if look.kind in UPRIGHT else 2 * look.size)
        starts = np.flatnonzero(np.diff(x, prepend=-np.inf) > 1.0)
        ends = np.append(starts[1:], x.size)
        kept, count = np.zeros(x.size, dtype=bool), 0
        for a, b in zip(starts, ends, strict=True):
            left = x[a] - (x[a - 1] if a else -np.inf)
            right = (x[b] if b < x.size else np.inf) - x[b - 1]
            if min(left, right) > 1.5 * look.size and x[b - 1] - x[a] <= widest:
                kept[a:b] = True
                count += 1
        result.append((count, replace(scene, places=Places(x[kept], scene.places.y[kept]))))
    return result


def _total_gain(look: MarkLook, scenes: list[Scene], settings: FitSettings) -> float:
    """Ink (px²) that separate marks explain, less the smallest gain that each of them must reach."""
    total = 0.0
    apart = look.stroke + (1 if look.kind in UPRIGHT else look.size)
    least = least_gain(look, settings)
    for scene in scenes:
        gain = accepted(gains(look, scene), least, settings)
        free: BoolArray = np.isfinite(gain)
        for index in np.argsort(-gain, kind="stable")[: int(free.sum())]:
            if free[index]:
                total += float(gain[index]) - least
                free &= np.abs(scene.places.x - scene.places.x[index]) > apart
    return total


def has_crossbars(look: MarkLook, scenes: Sequence[Scene], taken: Sequence[Sequence[tuple[float, float]]]) -> bool:
    """Whether the bars that were ``taken`` are the uprights of plus signs, drawn as ``look`` on fresh ``scenes``.

    Other strokes of plus signs stand clear of the curve beside risers and at its end only, and of each other where
    marks stand apart.
    """
    plus = replace(look, kind="plus")
    gain, most = 0.0, 0.0
    for scene, places in zip(scenes, taken, strict=True):
        x, y = np.array(places).reshape(-1, 2).T
        gaps = np.diff(x, prepend=-np.inf, append=np.inf)
        apart = np.minimum(gaps[:-1], gaps[1:]) > look.size + look.stroke + 1
        alone = replace(scene, places=Places(x[apart], y[apart]))
        crossed, plain = gains(plus, alone), gains(look, alone)
        gain += float((crossed.gain - plain.gain).sum())
        most += float((crossed.most - plain.most).sum())
    return most > CLEAR and gain > 0


def least_gain(look: MarkLook, settings: FitSettings) -> float:
    """Gain (px²) that a mark of this ``look`` must reach."""
    return max(settings.least * stamps_of(upright(look)).energy, settings.floor_px)


def upright(look: MarkLook) -> MarkLook:
    """Of plus signs only the upright, since their other stroke mostly lies under the curve; else the whole mark."""
    return replace(look, kind="vbar") if look.kind == "plus" else look


def accepted(found: Gains, least: float, settings: FitSettings) -> FloatArray:
    """Gain (m,) of places that a mark may take, -inf elsewhere."""
    good = (found.gain >= least) & (found.gain >= settings.share * found.most)
    return np.where(good, found.gain, -np.inf)
