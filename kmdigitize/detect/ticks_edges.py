"""Sub-pixel centres of strokes from the ink they leave in the pixels across them.

A sharp anti-aliased stroke covers some pixels fully and the two at its edges in part, so its edges follow from the
partial coverages and its centre from its edges. (The centroid of the ink is off by up to 0.1 px, since each pixel
counts as if its ink lay in its middle.) A stroke thinner than two pixels need not cover one fully; what full coverage
would be is then found as the value that makes the ticks most evenly spaced, or, where all ticks lie alike on their
pixels and many values do, as the middle of these. Blurred or compressed strokes have no
edges and are given their centroid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.geometry import FloatArray


@dataclass(frozen=True, slots=True)
class Stroke:
    """Ink across one stroke: ``ink`` (k,) from column ``first`` on, its surroundings at 0."""

    first: int
    ink: FloatArray

    @property
    def total(self) -> float:
        """All its ink."""
        return float(self.ink.sum())

    @property
    def peak(self) -> float:
        """The ink of its fullest pixel."""
        return float(self.ink.max())


def centroids(strokes: list[Stroke]) -> FloatArray:
    """Centres of ink in px; less than a twenty-fifth of the fullest pixel is noise."""
    centers = []
    for stroke in strokes:
        ink = np.where(stroke.ink > 0.04 * stroke.peak, stroke.ink, 0.0)
        centers.append(float(stroke.first + np.arange(ink.size) @ ink / ink.sum()))
    return np.array(centers)


def edge_centers(strokes: list[Stroke], most: float) -> FloatArray:
    """Centres in px of sharp strokes of one pen; ``most`` is the ink of a black pixel on this paper."""
    if not strokes:
        return np.empty(0)
    peak, totals = max(stroke.peak for stroke in strokes), [stroke.total for stroke in strokes]
    if max(totals) > 2 * peak or max(totals) > 1.1 * min(totals):
        return np.array([_between_edges(stroke, peak) for stroke in strokes])
    return _thin_centers(strokes, peak, most)


def _between_edges(stroke: Stroke, full: float) -> float:
    """The middle between the edges if ``full`` is the ink of a fully covered pixel."""
    cover = np.minimum(1.0, stroke.ink / full)
    core = int(np.argmax(cover))
    left, right = float(cover[:core].sum()), float(cover[core + 1 :].sum())
    alone = float(cover[core])
    if alone < 0.97 and left < 0.01 <= right:
        return stroke.first + core + 0.5 + (right - alone) / 2
    if alone < 0.97 and right < 0.01 <= left:
        return stroke.first + core - 0.5 - (left - alone) / 2
    return stroke.first + core + (right - left) / 2


def _thin_centers(strokes: list[Stroke], peak: float, most: float) -> FloatArray:
    """Centres of strokes less than two pixels thick, the full coverage being the one that spaces them most evenly.

    A stroke inside one pixel may lie anywhere in it; it is put where the evenly spaced others expect it.
    """
    fits: list[tuple[float, FloatArray]] = []
    for full in np.linspace(peak, max(peak, most), 40):
        centers = np.array([_between_edges(stroke, float(full)) for stroke in strokes])
        free = np.array([max(0.0, (1 - stroke.total / full) / 2) if _in_one(stroke) else 0.0 for stroke in strokes])
        expected = _evenly(centers, free == 0)
        if expected is None:
            return centers
        settled = np.clip(expected, centers - free, centers + free)
        fits.append((float(np.sqrt(np.mean((settled - expected) ** 2))), settled))
    least = min(off for off, _ in fits)
    alike = [settled for off, settled in fits if off < least + 1e-6]
    return alike[len(alike) // 2]


def _in_one(stroke: Stroke) -> bool:
    """Whether all ink lies in one pixel."""
    return stroke.total - stroke.peak < 0.01 * stroke.total


def _evenly(centers: FloatArray, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> FloatArray | None:
    """Evenly spaced places fitted to the ``known`` centres, None with fewer than three or uneven ones."""
    if np.count_nonzero(known) < 3:
        return None
    gap = float(np.diff(centers).min())
    index = np.rint((centers - centers[0]) / gap)
    for _ in range(2):
        slope, start = np.polyfit(index[known], centers[known], 1)
        index = np.rint((centers - start) / slope)
    expected: FloatArray = start + slope * index
    return expected if np.abs(expected - centers).max() < 0.6 else None
