"""Candidates for the mark of a figure: every kind in its best size, with the ink that it explains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from kmdigitize.detect.marks_bars import UPRIGHT, Uprights, match_bars, nearby_ink, read_uprights, usual_height
from kmdigitize.detect.marks_ground import Ground, ground_of
from kmdigitize.detect.marks_ink import MarkInk
from kmdigitize.detect.marks_render import Drawn
from kmdigitize.detect.marks_shapes import KINDS, explained_ink, filled_share, outline, reach_of, shape_of
from kmdigitize.detect.marks_shapes import match as match_shape
from kmdigitize.geometry import FloatArray, IntArray

GOOD_QUALITY = 0.4
"""Usual gain per pixel of marks that are drawn, 0.28 to 0.5; noise and slips of the traces reach 0.15 to 0.3."""
GOOD_OUTLINE: dict[Drawn, float] = {"cross": 0.32, "circle": 0.28}
"""The same for outlines that meet the pixels at slants, so that even a perfect one is spread over its neighbours."""
LIKELY: dict[Drawn, float] = {
    "tick": 0.6,
    "cross": 0.8,
    "circle": 0.7,
    "triangle": 0.5,
    "tall triangle": 0.5,
    "square": 0.5,
}
"""Weights of kinds against upright bars, which crowded outlines of any kind resemble and nearly all figures use."""


RINGS: tuple[Drawn, ...] = ("circle", "square")
UNSEEN_HOLLOW = 0.17
"""Rings too small to show their inside may as well be crowded bars, which explain up to three times less ink."""


@dataclass(frozen=True, slots=True)
class MarkSettings:
    """Tuning of the mark search."""

    smallest_px: float = 1.5
    """Least height of a mark above the edge of its curve: below that it cannot be told from noise."""
    largest_share: float = 0.03
    """Largest half height as a share of the panel's height."""
    good_fit: float = 0.5
    """Least fit of a mark: three quarters of its visible pixels inked and none around it."""
    least_score: float = 3.5
    """Least score of the figure's mark. Slips of the traces, compression noise and pieces of text reach 3 on drawn
    figures without marks; two clear marks of small size reach 4."""
    least_announced: float = 1.0
    """Least gain in px of marks that the legend shows."""
    least_share: float = 0.24
    """Least share of the unexplained ink near the curves that the marks must account for."""
    clear_share: float = 0.35
    """Share below which so much ink is left over that a small score may be chance."""
    least_crowded: float = 7.0
    """Least score then: noise of scans and text over curves reach 6.4 on all but two of 184 drawn panels without marks;
    of 424 with marks 363 score 7 or more."""
    sure_score: float = 15.0
    """Score of marks that are there however much else is left over (by dashes taken for another arm's, say): of 233
    drawn panels without marks none reaches 11 with a share below the least one."""
    sure_share: float = 0.15
    """Least share of them."""
    shown_share: float = 0.2
    """Least share of marks that the legend shows: below it, what was read there is none of the figure's marks."""
    shown_quality: float = 0.35
    """Quality of those that are so few beside much other ink (marks of other kinds reach .21)."""
    least_gain: float = 1.0
    """Least gain in px of any candidate from which a drawing of all marks is worth trying."""
    settled_share: float = 0.8
    """Share from which upright marks in the curves' own ink settle the matter, so that nothing else is tried."""


@dataclass(frozen=True, slots=True)
class Look:
    """A candidate for the mark of a figure: kind, half height in px and the ink images of all arms.

    ``gain`` says how much ink it explains and how well (px²), ``quality`` the gain per pixel (0.5: a perfect fit),
    ``share`` how much of all unexplained ink near the curves that is, ``hollow`` how empty rings are inside.
    """

    gain: float
    share: float
    quality: float
    kind: Drawn
    size: float
    inks: list[MarkInk]
    hollow: float = 1.0

    @property
    def score(self) -> float:
        """Ink explained, less where it fits badly, where much is left unexplained, or the kind is easily mistaken."""
        good = GOOD_OUTLINE.get(self.kind, GOOD_QUALITY)
        ring = min(2 * self.hollow, 1.0) if self.kind in RINGS else 1.0
        return self.gain * self.share * min((self.quality / good) ** 3, 1.5) * LIKELY.get(self.kind, 1.0) * ring

    def convincing(self, settings: MarkSettings, announced: bool) -> bool:
        """Whether the mark is drawn at all; of one that is ``announced`` by the legend a single good one will do."""
        if announced:
            clear = self.share >= settings.shown_share or self.quality >= settings.shown_quality
            return self.gain >= settings.least_announced and clear
        if self.share < settings.least_share:
            return self.share >= settings.sure_share and self.score >= settings.sure_score
        return self.score >= (settings.least_score if self.share >= settings.clear_share else settings.least_crowded)


def settled(found: list[Look], settings: MarkSettings) -> bool:
    """Whether one of the candidates leaves nothing to explain."""
    return any(look.share >= settings.settled_share and look.score >= 3 * settings.least_score for look in found)


def candidates(inks: list[MarkInk], height: float, settings: MarkSettings, shown: Look | None = None) -> list[Look]:
    """Every kind of mark in its best size; only marks like the one ``shown`` by the legend if there is one."""
    sizes = sizes_to_try(inks, height, settings)
    views = [view_of(ink, max(sizes[-1], shown.size if shown else 0.0), settings.good_fit) for ink in inks]
    if shown is not None:
        like = [size for size in sizes if abs(size - shown.size) <= max(1.0, 0.15 * shown.size)] or [shown.size]
        return [best_size(shown.kind, like, views, settings)]
    found: list[Look] = []
    usual = usual_height([view.uprights for view in views], [ink.busy for ink in inks])
    close = [size for size in sizes if abs(size - usual) <= max(1.5, 0.2 * usual)] or sizes[:1]
    for kinds, tried in ((UPRIGHT, sizes), (KINDS, close)):
        if not settled(found, settings):
            found += [best_size(kind, tried, views, settings) for kind in kinds]
    if not any(look.convincing(settings, False) for look in found):
        # Large outlines leave little ink at their usual height, so that nothing close to it was found.
        other = [size for size in sizes if size not in close]
        least = {look.kind: look.gain for look in found}
        more = [best_size(kind, other, views, settings) for kind in KINDS if other]
        found += [look for look in more if look.gain > least[look.kind]]
    return found


@dataclass(frozen=True, slots=True)
class View:
    """One arm's ink, laid out for bars and for outlines."""

    ink: MarkInk
    uprights: Uprights
    ground: Ground


def view_of(ink: MarkInk, largest: float, least: float) -> View:
    """The view of an arm's ink for marks of at most ``largest`` px half height that fit as well as ``least``."""
    return View(ink, read_uprights(ink, round(largest) + 4), ground_of(ink, reach_of(largest, ink.stroke), least))


def best_size(kind: Drawn, sizes: list[float], views: list[View], settings: MarkSettings) -> Look:
    """The size in which marks of one kind explain most."""
    best: tuple[float, float, float, list[IntArray]] = -1.0, 0.0, sizes[0], []
    for size, *fits in zip(sizes, *(match_marks(kind, sizes, view) for view in views), strict=True):
        gain, pixels = 0.0, 1.0
        peaks: list[IntArray] = []
        for view, (fit, visible) in zip(views, fits, strict=True):
            peaks.append(_local_peaks(fit, settings.good_fit, apart(kind, size, view.ink)))
            gain += float(((fit[peaks[-1]] - settings.good_fit) * visible[peaks[-1]]).sum())
            pixels += float(visible[peaks[-1]].sum())
        if gain > best[0]:
            best = gain, gain / pixels, size, peaks
    gain, quality, size, chosen = best
    explained = sum(
        explained_ink(outline(kind, size, max(1, round(view.ink.stroke / 2))), view.ink, at)
        for view, at in zip(views, chosen, strict=True)
    )
    found = sum(nearby_ink(view.uprights, size) for view in views)
    inside = [filled_share(kind, size, v.ground, v.ink.stroke, at) for v, at in zip(views, chosen, strict=True)]
    looked_at = sum(pixels for _, pixels in inside)
    hollow = 1 - sum(filled for filled, _ in inside) / looked_at if looked_at else UNSEEN_HOLLOW
    return Look(gain, min(explained / max(found, 1.0), 1.0), quality, kind, size, [v.ink for v in views], hollow)


def apart(kind: Drawn, size: float, ink: MarkInk) -> float:
    """Columns by which marks must differ to be told apart."""
    return max(2.0, ink.stroke if kind in UPRIGHT else 0.45 * size)


def match_marks(kind: Drawn, sizes: list[float], view: View) -> list[tuple[FloatArray, FloatArray]]:
    """For every size the fit of the mark at every column and the number of its pixels that are seen, (n,) each.

    Fits of less than the view is for may come out as -1.
    """
    if kind not in UPRIGHT:
        return match_shape([shape_of(kind, size, view.ink.stroke) for size in sizes], view.ground)
    fit, visible = match_bars(view.uprights, kind, sizes)
    # A tick cannot be told from a piece of a riser that the trace has misplaced.
    return list(zip(np.where(view.ink.flat, fit, -1.0) if kind == "tick" else fit, visible, strict=True))


def sizes_to_try(inks: list[MarkInk], height: float, settings: MarkSettings) -> list[float]:
    """Half heights to try in a panel of ``height`` px: every half pixel while small, then steps of a twelfth."""
    stroke = float(np.median([ink.stroke for ink in inks]))
    largest = max(height * settings.largest_share, 3.5 * stroke)
    sizes = [max(round(2 * (stroke / 2 + settings.smallest_px)) / 2, 2.0)]
    while sizes[-1] < largest:
        sizes.append(max(sizes[-1] + 0.5, round(2 * sizes[-1] * 1.08) / 2))
    return sizes


def _local_peaks(fit: FloatArray, least: float, apart: float) -> IntArray:
    """Indices of columns whose fit exceeds ``least`` and that of all columns nearer than ``apart``; quick.

    Among equals (crowded marks) chance decides, the same one every time.
    """
    if not (fit > least).any():
        return np.empty(0, np.int64)
    jitter = fit + _jitter(fit.size)
    window = np.ones((1, 2 * int(np.ceil(apart - 1)) + 1), np.uint8)
    highest = cv2.dilate(jitter.reshape(1, -1), window).ravel()
    return np.flatnonzero((fit > least) & (jitter >= highest))


@lru_cache(maxsize=32)
def _jitter(count: int) -> FloatArray:
    """Tiny numbers (count,) that tell equals apart."""
    return np.random.default_rng(0).uniform(0, 1e-6, count)
