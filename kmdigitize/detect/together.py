"""Lines of one ink whose types are known, settled together: each pen where the dashes fit it, all ink drawn by one.

The paths of several broken lines depend on each other: what one has drawn is no evidence for the next, though what
lies in its gaps is. A reading of all of them is judged by what it leaves over: dashes without ink, gaps with ink that
no other pen drew (marks are such ink), ink where no pen came by, and the number of drops. From the paths found one by
one, lines are taken out alone and in pairs and drawn anew among the others, and tails are exchanged where lines meet,
as long as that leaves less over. Of 36 wrong readings of drawn figures 34 leave more over than the true paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.paths import Road, Sheet, box_mean, start_costs
from kmdigitize.detect.pens import Drawn, Ink, Pen, drawn_along, ink_of
from kmdigitize.detect.phases import coarse_step, likeliest_road
from kmdigitize.detect.runs import Image, vertical_runs
from kmdigitize.detect.swaps import exchanged
from kmdigitize.detect.tracing import Found


@dataclass(frozen=True, slots=True)
class TogetherSettings:
    """What is left over, in px of a pen's way, and where it is looked for something better."""

    turn: float = 0.3
    """Price of a drop."""
    gain: float = 2.0
    """By how much a reading must leave less over to be taken."""
    bare: float = 0.05
    """Mean price along its way of what ink a line lacks, above which it is in doubt; true ones lack .02 to .06."""
    filled: float = 0.07
    """The same for its gaps with ink that nobody drew."""
    riding: float = 0.9
    """Share of its way on which a line may run where others do: true ones do so on .78 and less, wrong ones that found
    no ink of their type on .96 and more."""
    shortest: float = 0.4
    """How much of the path found one by one another must be as long as."""
    parts: tuple[float, ...] = (1.5, 2.2)
    """In how many parts of a stroke paths are looked for, the coarser ones first."""
    sweeps: int = 4
    """How often all lines are drawn anew at most."""
    marks: float = 2.0
    """Loss of the price of ink in gaps with the share of upright ink on flats: without marks .01 to .08 of it is, with
    marks .12 and more."""
    least_unlike: float = 0.5
    """Least price of ink in gaps."""
    most_marked: float = 0.7
    """Share of upright ink from which no pattern is seen: at .6 lines are still found, at .8 wrong readings win."""
    change: float = 4.0
    """Ink that two lines must lack or have too much (px of way) for a change of places to be tried."""
    thinnest: float = 0.4
    """Least stroke of a line as a share of that of its ink."""


def settle_together(sheet: Sheet, found: Sequence[Found]) -> list[Found]:
    """The curves of one ink, drawn anew together where their line types are known and that leaves less ink over."""
    arms = [curve.arm for curve in found]
    broken = [arm for arm in arms if arm.dash != "solid"]
    solid = len(arms) - len(broken)
    if len(arms) < 2 or not broken or solid > 1 or any(len(arm.period) < 2 for arm in broken):
        return list(found)
    roads = [curve.road for curve in found]
    marked, s = _marked(sheet, roads), TogetherSettings()
    if marked > s.most_marked:
        return list(found)
    unlike = max(s.least_unlike, round(1 - s.marks * marked, 1))
    patterns = [() if arm.dash == "solid" else arm.period for arm in arms]
    pens = [Pen(_thickness(sheet, road), on, unlike) for road, on in zip(roads, patterns, strict=True)]
    search: Search = sheet.known.setdefault(("together", *pens), Search(sheet, pens))
    roads = search.settled(roads)
    drawn = [search.drawn(i, road) for i, road in enumerate(roads)]
    result = []
    for i, (curve, road) in enumerate(zip(found, roads, strict=True)):
        others = search.hidden([one for j, one in enumerate(drawn) if j != i])
        changed = replace(curve, road=road, occluded=np.maximum(sheet.occluded, others))
        result.append(curve if road is curve.road else changed)
    return result


def _thickness(sheet: Sheet, road: Road) -> float:
    """Stroke (px) of the line along ``road``: of one ink too, broken lines may be thinner where nothing is smoothed."""
    rows, columns = road.rows, road.first + np.arange(road.rows.size)
    size = 2 * round(1.5 * sheet.stroke) + 1
    ink = (box_mean(sheet.coverage, 1, size) * size)[rows, columns]
    clear = _level(road, sheet.stroke) & (sheet.coverage[rows, columns] > 0.5) & (sheet.occluded[rows, columns] < 0.3)
    if clear.sum() <= 20:
        return sheet.stroke
    # Marks and other lines only add to it.
    least = TogetherSettings().thinnest * sheet.stroke
    return round(float(np.clip(np.percentile(ink[clear], 30), least, sheet.stroke)), 1)


def _marked(sheet: Sheet, roads: Sequence[Road]) -> float:
    """Share of the columns of inked flats in which the ink stands upright, as marks do."""
    runs = vertical_runs(sheet.coverage > INKED)
    upright = []
    for road in roads:
        rows, columns = road.rows, road.first + np.arange(road.rows.size)
        first, last = runs.at(rows, columns)
        clear = _level(road, 2 * sheet.stroke) & (sheet.coverage[rows, columns] > INKED)
        clear &= sheet.occluded[rows, columns] < 0.5
        upright.append((last - first + 1 > min(2.2 * sheet.stroke, 1.5 * sheet.stroke + 1.5))[clear])
    share = np.concatenate(upright)
    return float(share.mean()) if share.size else 0.0


INKED = 0.35
"""Coverage from which a pixel belongs to a run of ink."""


def _level(road: Road, reach: float) -> NDArray[np.bool_]:
    """Which columns (n,) of a road have no drop within ``reach`` px."""
    drops = np.diff(road.rows, prepend=road.rows[0]) != 0
    near = np.convolve(drops, np.ones(2 * round(reach) + 1), "full")[round(reach) :]
    return np.asarray(near[: road.rows.size] == 0, np.bool_)


@dataclass(frozen=True, slots=True)
class Search:
    """The search for the best reading: ``pens`` are those of the arms; what was once worked out is kept."""

    sheet: Sheet
    pens: Sequence[Pen]
    _inks: dict[tuple[Pen, int], Ink] = field(default_factory=dict)
    _drawn: dict[tuple[int, bytes], Drawn] = field(default_factory=dict)
    _asked: dict[tuple[int, float, frozenset[int]], Road | None] = field(default_factory=dict)

    def _ink(self, i: int, step: int) -> Ink:
        """What of the sheet the pen of arm ``i`` may have drawn, in px of ``step``."""
        key = self.pens[i], step
        if key not in self._inks:
            self._inks[key] = ink_of(self.sheet.coverage, self.sheet.occluded, self.pens[i], step)
        return self._inks[key]

    def drawn(self, i: int, road: Road) -> Drawn:
        """What arm ``i`` has drawn along ``road``."""
        key = i, road.rows.tobytes()
        if key not in self._drawn:
            self._drawn[key] = drawn_along(road, self.sheet, self._ink(i, 1))
        return self._drawn[key]

    def hidden(self, others: Sequence[Drawn]) -> Image:
        """What ink (h, w) the ``others`` explain."""
        return np.asarray(np.any([one.hides for one in others], axis=0), np.float32)

    def _riding(self, drawn: Sequence[Drawn]) -> list[NDArray[np.bool_]]:
        """Which px (n,) of the way of each pen the others explain."""
        result = []
        for i, one in enumerate(drawn):
            others = [other.hides[one.way.rows, one.way.columns] for j, other in enumerate(drawn) if j != i]
            result.append(np.asarray(np.any(others, axis=0), np.bool_))
        return result

    def _filled(self, drawn: Sequence[Drawn]) -> list[Image]:
        """Ink (n,) in the gaps of each arm that no other explains, along its way."""
        pairs = zip(drawn, self._riding(drawn), strict=True)
        return [np.where(riding, 0, one.filled) for one, riding in pairs]

    def left_over(self, roads: Sequence[Road]) -> float:
        """What a reading leaves over (px of way); infinite where a line rides on others nearly all along."""
        drawn = [self.drawn(i, road) for i, road in enumerate(roads)]
        if any(riding.mean() > TogetherSettings().riding for riding in self._riding(drawn)):
            return np.inf
        passed = np.any([one.beneath for one in drawn], axis=0) | (self.sheet.occluded >= 0.5)
        drops = sum(int((np.diff(road.rows) > 0).sum()) for road in roads)
        nobody = float(self.sheet.coverage[~passed].sum()) / self.sheet.stroke
        lacks = [float(lack.sum()) for lack in (*(one.bare for one in drawn), *self._filled(drawn))]
        return sum(lacks) + nobody + TogetherSettings().turn * drops

    def _in_doubt(self, roads: Sequence[Road]) -> set[int]:
        """Arms whose ink does not agree with their line type."""
        s = TogetherSettings()
        drawn = [self.drawn(i, road) for i, road in enumerate(roads)]
        pairs = enumerate(zip(drawn, self._filled(drawn), strict=True))
        return {i for i, (one, ink) in pairs if one.bare.mean() > s.bare or ink.mean() > s.filled}

    def _anew(self, i: int, others: Sequence[Drawn], parts: float) -> Road | None:
        """The likeliest path of arm ``i`` among what the ``others`` have drawn."""
        asked = i, parts, frozenset(id(one) for one in others)  # what was drawn is kept, so that it is known by its id
        if asked not in self._asked:
            explained = self.hidden(others) if others else np.zeros_like(self.sheet.coverage)
            start = start_costs(explained.shape[0], self.sheet.top, self.sheet.stroke)
            inks = self._ink(i, coarse_step(self.sheet.stroke, self.pens[i].pattern, parts)), self._ink(i, 1)
            self._asked[asked] = likeliest_road(self.sheet, inks, explained, start)
        return self._asked[asked]

    def settled(self, roads: Sequence[Road]) -> list[Road]:
        """The best reading that is found from ``roads`` on: lines are moved in pairs where no single one can be."""
        s = TogetherSettings()
        if not self._in_doubt(roads):
            return list(roads)
        best, shortest = self._started(list(roads)), [s.shortest * road.rows.size for road in roads]
        alone = [(i,) for i in range(len(roads))]
        for parts in s.parts:
            for _ in range(s.sweeps):
                again = self._swept(best, alone, parts, shortest)
                if again is best and parts == s.parts[0]:
                    again = self._swept(best, list(permutations(range(len(roads)), 2)), parts, shortest)
                again = self._exchanged(again)
                if again is best:
                    break
                best = again
        return best

    def _started(self, roads: list[Road]) -> list[Road]:
        """``roads``, or the broken lines each drawn beside the solid one alone, where that leaves less over."""
        broken = [i for i, pen in enumerate(self.pens) if pen.pattern]
        solid = [self.drawn(i, road) for i, road in enumerate(roads) if i not in broken]
        anew = [self._anew(i, solid, TogetherSettings().parts[0]) if i in broken else None for i in range(len(roads))]
        other = [new if new is not None else road for new, road in zip(anew, roads, strict=True)]
        return other if self.left_over(other) < self.left_over(roads) else roads

    def _swept(
        self, roads: list[Road], moves: Sequence[tuple[int, ...]], parts: float, shortest: Sequence[float]
    ) -> list[Road]:
        """``roads``, or a better reading with lines drawn anew, those of each of ``moves`` together."""
        best, least = roads, self.left_over(roads)
        for moved in moves:
            other = self._redrawn(best, moved, parts)
            if other is None or any(other[i].rows.size < shortest[i] for i in moved):
                continue
            now = self.left_over(other)
            if now < least - TogetherSettings().gain:
                best, least = other, now
        return best

    def _exchanged(self, roads: list[Road]) -> list[Road]:
        """``roads``, or a better reading with the tails of two lines exchanged where they meet."""
        best, least = roads, self.left_over(roads)
        for i, j in combinations(range(len(roads)), 2):
            a, b = best[i], best[j]
            stay, swap = (self._agreement(i, a), self._agreement(j, b)), (self._agreement(j, a), self._agreement(i, b))
            tails = exchanged(a, b, stay, swap, self.sheet.stroke)
            if tails is None:
                continue
            other = list(best)
            other[i], other[j] = tails
            now = self.left_over(other)
            if now < least - TogetherSettings().gain:
                best, least = other, now
        return best

    def _agreement(self, i: int, road: Road) -> Image:
        """How well the ink in each column (n,) of ``road`` agrees with the type of arm ``i``, in changes of places."""
        one = self.drawn(i, road)
        lack = np.bincount(one.way.columns - road.first, weights=one.bare + one.filled, minlength=road.rows.size)
        return np.asarray(-lack / TogetherSettings().change, np.float32)

    def _redrawn(self, roads: Sequence[Road], moved: Sequence[int], parts: float) -> list[Road] | None:
        """The reading with the arms ``moved`` drawn anew, one after the other; None if there is no ink for one."""
        result = list(roads)
        others = [self.drawn(i, road) for i, road in enumerate(roads) if i not in moved]
        for i in moved:
            road = self._anew(i, others, parts)
            if road is None:
                return None
            result[i] = road
            others.append(self.drawn(i, road))
        return result
