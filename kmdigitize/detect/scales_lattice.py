"""A straight line through labels and ticks that survives misread, missing, glued and extra ones.

Tick values are evenly spaced and so are ticks. First the labels alone: the line through two of them on which most of
the others lie. Then the ticks: the line through two (label, tick) pairs, near that first line, on which most labels
find a tick. Then every tick that falls on a multiple of the value step takes part in a least-squares fit, whether its
label was read or not. Fischler & Bolles, Random sample consensus, CACM 24 (1981) 381-395, with all pairs tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class LatticeSettings:
    """Tolerances in px or text heights.

    ``label_slack``: text heights by which a label's centre may miss its place (OCR boxes are loose by a third).
    ``tick_slack``: px by which a tick may miss its place before it belongs to something else; strokes on whole pixels
    are off by up to half a pixel at both ends of the fit. ``reach``: text heights between a label and its tick.
    ``slope_slack``: relative difference between the slopes through labels and through ticks. ``share``: of the labels
    (or of the ticks between them, if some were not drawn) that must find each other. ``clean``: px by which a tick may
    miss its place however well the others fit; with fewer ticks than ``enough`` it cannot be told which one is at
    fault, and strokes on whole pixels (see scales_snap) are all at fault by half a pixel, which ``on_pixels`` tells.
    """

    label_slack: float = 0.45
    tick_slack: float = 1.1
    reach: float = 0.8
    slope_slack: float = 0.06
    share: float = 0.7
    clean: float = 0.15
    enough: int = 6
    on_pixels: float = 0.75


@dataclass(frozen=True, slots=True)
class Lattice:
    """position = start + step · value in px, with the labels and ticks that lie on it.

    ``labels`` marks the inliers among the labels given, ``ticks`` the px of the ticks used and ``values`` what is
    printed (or would be) there; ``rms_px`` is of the ticks.
    """

    start: float
    step: float
    labels: BoolArray
    ticks: FloatArray = field(default_factory=lambda: np.empty(0))
    values: FloatArray = field(default_factory=lambda: np.empty(0))
    rms_px: float = 0.0

    def at(self, values: FloatArray) -> FloatArray:
        """Px of values."""
        return self.start + self.step * values


def fit_labels(at: FloatArray, values: FloatArray, slack: float, sign: float) -> Lattice | None:
    """The line through most labels (centres ``at`` px, n) with ``sign`` of px per value; None without two of them."""
    best: tuple[float, float, float] | None = None
    for first in range(len(at)):
        for second in range(first + 1, len(at)):
            rise = values[second] - values[first]
            if rise == 0 or sign * (at[second] - at[first]) / rise <= 0 or abs(at[second] - at[first]) < 4 * slack:
                continue
            step = (at[second] - at[first]) / rise
            off = np.abs(at - at[first] - step * (values - values[first]))
            inlier = off <= slack
            # Two labels far off do not outweigh one that is met: some boxes hold a tick besides their number.
            count = len(np.unique(values[inlier])) - float(np.sum((off[inlier] / slack) ** 2))
            score = (count, float(step), at[first] - step * values[first])
            if best is None or score > best:
                best = score
    if best is None:
        return None
    inlier = np.abs(at - best[2] - best[1] * values) <= slack
    step, start = np.polyfit(values[inlier], at[inlier], 1)
    inlier = np.abs(at - start - step * values) <= slack
    if len(np.unique(values[inlier])) < 2:
        return None
    return Lattice(
        float(start), float(step), inlier, rms_px=float(np.sqrt(np.mean((at - start - step * values)[inlier] ** 2)))
    )


def evenly_valued(values: FloatArray, good: BoolArray) -> BoolArray:
    """Which of ``values`` (n,) are spaced by multiples of the step that most of the ``good`` ones share.

    A label with a digit too many ("0.81" for 0.8) may lie on the line and still be no value that an axis prints. All
    are kept if less than half of them, or fewer than three, share a step.
    """
    known = np.unique(values[good])
    if known.size < 4:
        return np.ones(values.size, dtype=bool)
    least = 0.6 * float(np.median(np.diff(known)))
    best = np.ones(values.size, dtype=bool)
    most = max(2.0, 0.5 * known.size - 0.5)
    for first in known:
        for step in known[known > first] - first:
            if step < least:
                continue
            even = np.abs((values - first) / step - np.rint((values - first) / step)) <= 0.02
            count = np.unique(values[even & good]).size
            if count > most:
                best, most = even, float(count)
    return best


def fit_ticks(
    labels: Lattice, at: FloatArray, values: FloatArray, ticks: FloatArray, reach: float, settings: LatticeSettings
) -> Lattice | None:
    """``labels`` moved onto the ``ticks`` (px, sorted) so that most inlier labels find one; None if too few do."""
    value = np.unique(values[labels.labels])
    expected = labels.at(value)
    if ticks.size < 2 or value.size < 2:
        return None
    pairs = [(index, tick) for index, place in enumerate(expected) for tick in ticks if abs(tick - place) <= reach]
    best: tuple[int, float, float, float] | None = None
    for number, (first, tick) in enumerate(pairs):
        for second, other in pairs[number + 1 :]:
            if second == first or abs(expected[second] - expected[first]) < 0.3 * np.ptp(expected):
                continue
            step = (other - tick) / (value[second] - value[first])
            if abs(step / labels.step - 1) > settings.slope_slack:
                continue
            start = tick - step * value[first]
            off = np.abs(start + step * value[:, None] - ticks[None, :]).min(axis=1)
            hit = off <= settings.tick_slack
            shift = float(np.abs(start + step * value - expected).mean())
            score = (int(hit.sum()), -float(off[hit].mean()) - 0.1 * shift, step, start)
            if best is None or score > best:
                best = score
    between = int(np.count_nonzero((ticks >= expected.min() - reach) & (ticks <= expected.max() + reach)))
    if best is None or best[0] < max(min(3, value.size), settings.share * min(value.size, between)):
        return None
    return _least_squares(Lattice(best[3], best[2], labels.labels), value, ticks, settings)


def _least_squares(lattice: Lattice, value: FloatArray, ticks: FloatArray, settings: LatticeSettings) -> Lattice | None:
    """The lattice fitted to every tick on a multiple of the value step between (or one step beyond) the labels."""
    keep = np.ones(ticks.size, dtype=bool)
    start, step = lattice.start, lattice.step
    slack = settings.tick_slack
    for _ in range(4):
        found = (ticks - start) / step
        nearest = _printable(found, value)
        off = np.abs(ticks - start - step * nearest)
        keep = (off <= slack) & _nearest_of_each(nearest, off)
        if np.count_nonzero(keep) < 2:
            return None
        step, start = (float(number) for number in np.polyfit(nearest[keep], ticks[keep], 1))
        # A tick that touches something else is off by much more than its clean neighbours are.
        if np.count_nonzero(keep) >= settings.enough and on_pixels(ticks[keep]) < settings.on_pixels:
            slack = min(settings.tick_slack, max(settings.clean, 6 * float(np.median(off[keep]))))
    rms = float(np.sqrt(np.mean((ticks[keep] - start - step * nearest[keep]) ** 2)))
    return Lattice(start, step, lattice.labels, ticks[keep], nearest[keep], rms)


def _nearest_of_each(nearest: FloatArray, off: FloatArray) -> BoolArray:
    """Of several ticks at one value only the nearest."""
    first = np.zeros(nearest.size, dtype=bool)
    order = np.argsort(off, kind="stable")
    _, where = np.unique(np.round(nearest[order], 9), return_index=True)
    first[order[where]] = True
    return first


def on_pixels(places: FloatArray) -> float:
    """Mean cosine of the doubled fractions of ``places`` (px): 1 if all lie on a pixel or midway between two."""
    return float(np.mean(np.cos(4 * np.pi * places)))


def _printable(found: FloatArray, value: FloatArray) -> FloatArray:
    """For every ``found`` value the nearest one that the axis prints or would print.

    That is the value of a label, or else a multiple of the value step, at most one step beyond the labels ``value``
    (sorted). Labels may be rounded (13.33, 26.67, 40): the step is what fits all of them. Those that were rounded to
    whole numbers have no common step, then only their own values count.
    """
    spacing = value_step(value)
    if spacing is None:
        own: FloatArray = value[np.abs(found[:, None] - value[None, :]).argmin(axis=1)]
        return own
    places = np.rint((value - value[0]) / spacing)
    spacing = float(places @ (value - value[0]) / (places @ places))
    multiples: FloatArray = np.clip(np.rint((found - value[0]) / spacing), -1.0, places[-1] + 1.0)
    printed = dict(zip(places.tolist(), value.tolist(), strict=True))
    return np.array([printed.get(n, float(value[0]) + spacing * n) for n in multiples.tolist()], np.float64)


def value_step(values: FloatArray) -> float | None:
    """The largest step of which all differences of sorted unique ``values`` are multiples (to 2 %), None without."""
    gaps = np.diff(values)
    for parts in (1, 2, 3, 4, 5):
        step = float(gaps.min()) / parts
        if np.all(np.abs(gaps / step - np.rint(gaps / step)) <= 0.02):
            return step
    return None
