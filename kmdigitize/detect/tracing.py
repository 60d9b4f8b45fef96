"""All curves of one ink, traced together.

Curves drawn in one ink are told apart by line type and by each other: what one curve explains hides nothing new for
the next. Solid lines come first, since they fill every column; then line types with the longest pieces. Every curve
is then found once more against all the others, so that the first does not keep what belongs to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.dashes import close_gaps, dash_lengths, weigh_pieces, without_dashes
from kmdigitize.detect.explained import explained_by
from kmdigitize.detect.paths import Road, Sheet, cheapest_path, path_costs, start_costs
from kmdigitize.detect.runs import Image, vertical_runs
from kmdigitize.records.printed import Dash


@dataclass(frozen=True, slots=True)
class Arm:
    """A curve to be found: its legend entry (None: unnamed), line type and dash lengths (px).

    ``measured`` tells that the type is what a path shows, which may hold pieces of another curve.
    """

    entry: int | None
    dash: Dash
    period: tuple[float, ...] = ()
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A curve found: its path, what hid it (h, w), and whether its ink had to be believed more than it shows."""

    arm: Arm
    road: Road
    occluded: Image
    doubtful: bool = False


_ORDER = {"solid": 0, "unknown": 1, "dashdot": 2, "dashed": 3, "dotted": 4}


def find_arms(sheet: Sheet, arms: Sequence[Arm], sweeps: int = 1) -> list[Found]:
    """One path per arm, all drawn in the ink of ``sheet``; arms that no ink supports are left out."""
    order = sorted(range(len(arms)), key=lambda i: _ORDER[arms[i].dash])
    if len(arms) > 1 and arms[order[0]].dash == "unknown":
        # Of several unknown line types one is solid, and it is the one that the first path finds.
        arms = [replace(arm, dash="solid") if i == order[0] else arm for i, arm in enumerate(arms)]
    found: dict[int, Found] = {}
    beside: dict[int, list[Road]] = {}
    for sweep in range(1 + (sweeps if len(arms) > 1 else 0)):
        for i in order:
            others = [found[j] for j in order if j != i and j in found]
            roads = [other.road for other in others]
            if i in found and _same_roads(roads, beside[i]):
                continue
            beside[i] = roads
            siblings = [arms[j] for j in range(len(arms)) if j != i]
            best = find_arm(sheet, arms[i], others, siblings)
            if best is not None:
                found[i] = best
            elif sweep == 0:
                found.pop(i, None)
    return [found[i] for i in sorted(found)]


def _same_roads(roads: Sequence[Road], before: Sequence[Road]) -> bool:
    """Whether other curves run as they did when an arm was last found beside them: it would be found again."""
    same = (a.first == b.first and np.array_equal(a.rows, b.rows) for a, b in zip(roads, before, strict=False))
    return len(roads) == len(before) and all(same)


def find_arm(
    sheet: Sheet, arm: Arm, others: Sequence[Found], siblings: Sequence[Arm], doubtful: bool = True
) -> Found | None:
    """The cheapest path of ``arm`` where ``others`` are already explained; ``siblings`` are drawn in the same ink.

    Without ``doubtful`` no path whose ink must be believed more than it shows is looked for where the line type is
    unknown. A broken line alone in its ink, of which much is left over, falls in so many small steps that no gap lies
    in one row or column: its gaps are then closed along slants too.
    """
    doubtful = doubtful or arm.dash != "unknown"
    company = _company(sheet.stroke, arm, others, siblings)
    roads = frozenset((other.road.first, other.road.rows.tobytes()) for other in others)
    asked = arm.dash, arm.period, roads, company, doubtful
    if asked not in sheet.known:
        sheet.known[asked] = _find_anew(sheet, arm, [other.road for other in others], company, doubtful)
    found: Found | None = sheet.known[asked]
    return replace(found, arm=arm) if found is not None else None


@dataclass(frozen=True, slots=True)
class _Company:
    """What of the other arms of an ink decides, besides the paths of those found, which path is an arm's.

    ``single``: there are none; ``last``: all of them are found; ``told_apart``: all line types are known; ``mixed``:
    one has another broken type; ``longest``: the longest dash (px) of all broken ones that matters.
    """

    single: bool
    last: bool
    told_apart: bool
    mixed: bool
    longest: float


def _company(stroke: float, arm: Arm, others: Sequence[Found], siblings: Sequence[Arm]) -> _Company:
    last, told_apart = len(others) == len(siblings) > 0, _told_apart([arm, *siblings])
    if arm.dash == "solid":
        dashed = [other for other in siblings if last and other.dash not in ("solid", "unknown")]
        return _Company(not siblings, last, last and told_apart, False, _longest_dash(dashed, stroke))
    mixed = any(other.dash not in ("solid", arm.dash) for other in siblings)
    return _Company(not siblings, last, told_apart, mixed, _longest_dash([arm, *siblings], stroke))


def _longest_dash(arms: Sequence[Arm], stroke: float) -> float:
    """The longest dash of ``arms`` (px), 0 without any."""
    return max((on for arm in arms for on in dash_lengths(arm.dash, arm.period, stroke)[0]), default=0.0)


def _find_anew(sheet: Sheet, arm: Arm, others: Sequence[Road], company: _Company, doubtful: bool) -> Found | None:
    """As :func:`find_arm`, whether it was looked for before or not."""
    found = _find_arm(sheet, arm, others, company, doubtful=doubtful)
    if not company.single or arm.dash in ("solid", "unknown") or not _ends_early(found, sheet):
        return found
    slanted = _find_arm(sheet, arm, others, company, slanted=True)
    longer = slanted is not None and (found is None or slanted.road.rows.size > (1 + LEFT_OVER) * found.road.rows.size)
    return slanted if longer else found


LEFT_OVER = 0.25
"""Columns of ink behind and below the end of a path, as a share of its length, from which it ends early."""
ALL_ALONG = 0.8
"""Share of the panel's width over which a row is inked by a line across the panel, which no path leaves over."""


def _ends_early(found: Found | None, sheet: Sheet) -> bool:
    """Whether much ink is left over behind the end of a path, and not above it; or all, where there is none."""
    if found is None:
        return True
    end, row = found.road.first + found.road.rows.size, int(found.road.rows[-1])
    below = sheet.coverage[row:] > SEEN
    left = below[below.mean(axis=1) < ALL_ALONG, end:].any(axis=0)
    return bool(left.sum() > LEFT_OVER * found.road.rows.size)


def _find_arm(
    sheet: Sheet,
    arm: Arm,
    others: Sequence[Road],
    company: _Company,
    slanted: bool = False,
    doubtful: bool = True,
) -> Found | None:
    """The cheapest path of ``arm``, gaps of a broken line closed along slants too where ``slanted``.

    One that ends early though it is alone in its ink goes on where paper costs less, if it then goes much farther.
    """
    explained = np.zeros_like(sheet.coverage)
    for other in others:
        explained = np.maximum(explained, explained_by(other, sheet))
    occluded = np.maximum(sheet.occluded, explained)
    coverage = sheet.coverage
    missing = 0.45
    if arm.dash == "solid" and company.last:
        coverage = without_dashes(coverage, explained, company.longest, sheet.stroke)
        # Dashes that follow their own pattern may lie upon the line, whose ink shows in their gaps.
        occluded = np.maximum(sheet.occluded, (0.5 if company.told_apart else 1.0) * explained)
    if arm.dash != "solid" and (others or not company.single or arm.dash != "unknown"):
        lengths, gap = dash_lengths(arm.dash, arm.period, sheet.stroke)
        coverage = weigh_pieces(coverage, explained, lengths if company.mixed else (), company.longest, sheet.stroke)
        if arm.dash == "dotted":
            # A dot is all edge: blur leaves its middle paler than that of a line.
            coverage = np.minimum(1.5 * coverage, 1)
        coverage = close_gaps(coverage * (1 - explained), gap, sheet.stroke, slanted)
        missing = 0.3
    ground = replace(sheet, coverage=coverage, occluded=occluded)
    start = start_costs(coverage.shape[0], sheet.top, sheet.stroke)
    prices = (missing, 0.55 * missing, 0.27 * missing) if doubtful else (missing,)
    alone = company.single or (company.last and arm.dash != "solid")  # all ink that is not explained is this arm's
    offers = path_costs(ground, prices, alone=alone, single=company.single)
    best: Found | None = None
    for price, costs in zip(prices, offers, strict=True):
        road = cheapest_path(costs, sheet.start, start)
        if road is None:
            continue
        offer = Found(arm, road, occluded, price < missing)
        if best is None or road.rows.size > (1 + LEFT_OVER) * best.road.rows.size:
            best = offer
        if not company.single or not _ends_early(best, sheet):
            break
    return best


def _told_apart(arms: Sequence[Arm]) -> bool:
    """Whether the line types of one ink are known.

    Of two solid lines, or with an unknown one, some are broken lines whose samples were too short to show it: dashes
    could then be anybody's.
    """
    kinds = [arm.dash for arm in arms]
    return "unknown" not in kinds and kinds.count("solid") <= 1


@dataclass(frozen=True, slots=True)
class Support:
    """How well ink supports a curve.

    ``seen`` is the share of the panel's columns in which its ink shows, ``covered`` that of the columns in which it
    could, ``first`` the column of its first ink as a share of the width, ``drop`` its fall in strokes.
    """

    seen: float
    covered: float
    first: float
    drop: float


SEEN = 0.3
"""Coverage from which a curve is seen in a column."""


def support(found: Found, sheet: Sheet) -> Support:
    """How well the ink of ``sheet`` supports a curve."""
    rows, columns = found.road.rows, found.road.first + np.arange(found.road.rows.size)
    free = found.occluded[rows, columns] < 0.5
    ink = np.zeros(rows.size, np.float32)
    for off in (-1, 0, 1):
        ink = np.maximum(ink, sheet.coverage[np.clip(rows + off, 0, sheet.coverage.shape[0] - 1), columns])
    seen = free & (ink > SEEN)
    width = sheet.coverage.shape[1]
    first = float(np.argmax(seen)) / width if seen.any() else 1.0
    covered = float(seen.sum()) / max(float(free.sum()), 1.0)
    return Support(float(seen.sum()) / width, covered, first, float(rows[-1] - rows[0]) / sheet.stroke)


def shows_line(sheet: Sheet, seen: float, first: float) -> bool:
    """Whether ink shows in at least the share ``seen`` of the columns, and in the first ones up to the share ``first``.

    Else no path through it is supported as well as that.
    """
    ink = np.asarray((sheet.coverage > SEEN).any(axis=0))
    return float(ink.mean()) >= seen and bool(ink[sheet.start : sheet.start + int(first * ink.size) + 1].any())


def lone_line(sheet: Sheet, announced: bool) -> Found | None:
    """The likeliest line of an ink that draws no other; a doubtful one is none.

    Where a curve more is ``announced``, a broken one if an unbroken one ends after its first dash or is doubted.
    """
    found = find_arm(sheet, Arm(None, "unknown"), [], [], doubtful=False)
    whole = found is not None and found.road.rows.size > 0.5 * sheet.coverage.shape[1]
    if whole or not announced:
        return found
    broken = find_arm(sheet, Arm(None, "dashed"), [], [])
    if broken is None or broken.doubtful:
        return found
    if found is None or broken.road.rows.size > 2 * found.road.rows.size:
        return broken
    return found


def is_area(sheet: Sheet, road: Road) -> bool:
    """Whether the ink along a path is mostly far thicker than a stroke: a shaded band, or where two of them overlap."""
    columns = road.first + np.arange(road.rows.size)
    inked = sheet.coverage > SEEN
    first, last = vertical_runs(inked).at(road.rows, columns)
    thick = (last - first + 1)[inked[road.rows, columns]]
    return bool(thick.size and np.median(thick) >= AREA * sheet.stroke)


AREA = 4.0
"""Thickness of ink in strokes from which it is an area; two of a staircase's flats side by side are half of that."""
