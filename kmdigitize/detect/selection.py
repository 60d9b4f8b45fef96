"""Which curves a panel has: those the figure announces, and those whose ink leaves no doubt.

Announced curves (legend entries, risk-table rows) are given up only if there is no ink for them. Others must show
their ink over much of the panel, from early on, must fall, must gain enough beside the best curve, and must not ride
on another one, as marks and fringes do, nor enclose one in a pair, as confidence limits do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from kmdigitize.detect.belief import SelectionSettings, adds, has_ink, is_believed
from kmdigitize.detect.cut_samples import find_told_apart
from kmdigitize.detect.departures import depth
from kmdigitize.detect.explained import explained_by
from kmdigitize.detect.ink_records import BLACK, Ink, is_grey
from kmdigitize.detect.inks import is_unseen
from kmdigitize.detect.limits import between_limits
from kmdigitize.detect.line_types import by_measured_types
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.runs import Image, vertical_runs
from kmdigitize.detect.thin_pieces import without_thin_pieces
from kmdigitize.detect.tracing import (
    Arm,
    Found,
    find_arm,
    find_arms,
    is_area,
    lone_line,
    shows_line,
    support,
)
from kmdigitize.detect.unannounced import found_again, unannounced_lines, unlabelled_lines
from kmdigitize.records.printed import LegendEntry


def announced_arms(legend: Sequence[LegendEntry]) -> int:
    """How many arms the legend announces."""
    return len(legend)


def choose_curves(
    sheets: Sequence[Sheet], inks: Sequence[Ink], legend: Sequence[LegendEntry], panel: Image, expected: int | None
) -> list[tuple[int, Found]]:
    """The curves with the index of their ink: announced ones first, then what else must be one.

    The number of arms the figure announces (rows of the risk table, else entries of the legend) decides how hard is
    looked for more.
    """
    s = SelectionSettings()
    result: list[tuple[int, Found]] = []
    sheets = [_without_limits(sheet, ink, legend) for sheet, ink in zip(sheets, inks, strict=True)]
    for k in sorted(range(len(inks)), key=lambda k: sum(inks[k].color)):
        arms = [Arm(i, dash, legend[i].period) for i, dash in inks[k].arms]
        if arms and len([ink for ink in inks if ink.arms]) == 1:
            # Entries whose sample could not be read share the only ink.
            arms += [Arm(i, "unknown") for i, entry in enumerate(legend) if is_unseen(entry)]
        mine = _announced_arms(sheets[k], arms, s)
        result += [(k, found) for found in mine]
        if mine and depth(panel, inks[k].color) > s.dark * depth(panel, BLACK):
            sheets = black_marks(sheets, k, mine)
    wanted = max(expected or announced_arms(legend), _crossed_arms(result, legend)) or None
    colored = [k for k, ink in enumerate(inks) if not is_grey(ink.color, panel)]
    for k, ink in enumerate(inks):
        if ink.arms or (expected is not None and len(result) >= expected) or not shows_line(sheets[k], s.seen, s.first):
            continue
        found = lone_line(sheets[k], wanted is not None and len(result) < wanted)
        grey_among_colors = bool(colored) and k not in colored
        covered = s.covered_again if grey_among_colors else s.covered
        named = sum(found.arm.entry is not None for _, found in result)
        least = s.gain_announced if expected is None and named >= 2 else s.gain
        if not grey_among_colors and any(is_unseen(entry) for entry in legend):
            covered, least = s.covered_broken, s.gain  # the legend has an arm in an ink that it does not show
        spare = grey_among_colors or (wanted is not None and len(result) >= wanted)
        wide = found is not None and spare and is_area(sheets[k], found.road)
        pale = bool(result) and depth(panel, ink.color) < s.band * min(depth(panel, inks[j].color) for j, _ in result)
        if found is None or (wide and pale):
            continue
        if is_believed(found, sheets[k], s, covered) and adds(found, result, least, s):
            result.append((k, found))
            # Crowded marks have two edges, which are no curves beside the one through their middle.
            sheets[k] = replace(sheets[k], occluded=sheets[k].coverage) if wide else sheets[k]
    result = _look_for_more(result, sheets, wanted, s)
    result = _announced_elsewhere(result, sheets, wanted, s)
    if expected is None and legend and all(entry.place == "direct" for entry in legend):
        result = unlabelled_lines(result, sheets)
    result = result if expected or (wanted or 0) > 1 else unannounced_lines(result, sheets, s)
    result = _by_measured_types(result, sheets, wanted, s)
    result = _with_level_line(result, sheets, colored, wanted, s)
    return between_limits(result, sheets)


def _without_limits(sheet: Sheet, ink: Ink, legend: Sequence[LegendEntry]) -> Sheet:
    """The sheet of an ink that draws a broken line, without dashes of a thinner pen; overlaps make other inks thin."""
    entries = [legend[i] for i, _ in ink.arms]
    samples = [entry.stroke_px if entry.place == "legend" else None for entry in entries]
    broken = any(dash not in ("solid", "unknown") for _, dash in ink.arms)
    return without_thin_pieces(sheet, samples) if broken else sheet


def _with_level_line(
    result: list[tuple[int, Found]],
    sheets: Sequence[Sheet],
    colored: Sequence[int],
    wanted: int | None,
    s: SelectionSettings,
) -> list[tuple[int, Found]]:
    """With a line along S = 1 in the ink of other curves or a ``colored`` one, where one more is announced than found.

    An arm without an event never falls. Nothing else but the frame is drawn there, which is no ink of the curves.
    """
    if wanted is None or len(result) != wanted - 1:
        return result
    for k in sorted({*(k for k, _ in result), *colored}):
        mine = [found for j, found in result if j == k]
        line = find_arm(sheets[k], Arm(None, "unknown"), mine, [found.arm for found in mine])
        if line is None or line.doubtful or np.any(np.abs(line.road.rows - sheets[k].top) > sheets[k].stroke):
            continue
        ink = support(line, sheets[k])
        if ink.seen >= s.level and ink.covered >= s.covered_broken:
            return [*result, (k, line)]
    return result


def _by_measured_types(
    result: list[tuple[int, Found]], sheets: Sequence[Sheet], wanted: int | None, s: SelectionSettings
) -> list[tuple[int, Found]]:
    """The curves of each ink found anew by the line types that they show, which may leave a further one to be seen."""
    for k in sorted({k for k, _ in result}):
        again, kept = by_measured_types(sheets[k], [found for j, found in result if j == k])
        other = [*((j, found) for j, found in result if j != k), *((k, found) for found in again)]
        if wanted is not None and len(other) < wanted:
            other = _look_for_more(other, sheets, wanted, s)
        result = other if kept or len(other) > len(result) else result
    return result


def _announced_arms(sheet: Sheet, arms: Sequence[Arm], s: SelectionSettings) -> list[Found]:
    """The curves of ``arms`` for which there is ink.

    The dashes of a lone one may be longer than its sample, which then shows no gap.
    """
    mine = [found for found in find_told_apart(sheet, arms) if has_ink(found, sheet, s)]
    if mine or len(arms) != 1 or arms[0].dash != "solid":
        return mine
    return [found for found in find_arms(sheet, [replace(arms[0], dash="dashed")]) if has_ink(found, sheet, s)]


def _announced_elsewhere(
    result: list[tuple[int, Found]], sheets: Sequence[Sheet], wanted: int | None, s: SelectionSettings
) -> list[tuple[int, Found]]:
    """With the likeliest curves of inks that have none, as long as the figure announces more than were found."""
    if wanted is None or len(result) >= wanted:
        return result
    used = {k for k, _ in result}
    unused = [(k, o) for k, o in enumerate(sheets) if k not in used and shows_line(o, s.seen, s.first_missing)]
    found = [(k, lone_line(sheet, True)) for k, sheet in unused]
    for k, curve in sorted(((k, c) for k, c in found if c is not None), key=lambda pair: pair[1].road.cost):
        if len(result) >= wanted:
            break
        near = min(s.near, sheets[k].stroke)
        convincing = is_believed(curve, sheets[k], s, s.covered_broken, s.first_missing)
        if convincing and adds(curve, result, s.gain_missing, s, near):
            result = [*result, (k, curve)]
    return result


def _crossed_arms(result: Sequence[tuple[int, Found]], legend: Sequence[LegendEntry]) -> int:
    """How many curves there are if the legend shows colours and line types apart, each curve being one of each."""
    named = {found.arm.entry for _, found in result}
    types = {entry.dash for i, entry in enumerate(legend) if i not in named and entry.place == "legend"}
    return len(result) * len(types) if len(types) > 1 and "solid" in types else 0


def black_marks(sheets: Sequence[Sheet], k: int, mine: Sequence[Found]) -> list[Sheet]:
    """The sheets, where ink of the black one ``k`` that its own curves do not explain may be marks on the others."""
    rest = sheets[k].coverage
    for found in mine:
        rest = rest * (1 - explained_by(found.road, sheets[k]))
    others = [sheet.coverage for j, sheet in enumerate(sheets) if j != k]
    marks = upright_ink(rest, sheets[k].stroke, np.max(others, axis=0) if others else None)
    return [replace(sheet, marks=np.maximum(sheet.marks, marks)) if j != k else sheet for j, sheet in enumerate(sheets)]


def upright_ink(ink: Image, stroke: float, curves: Image | None = None) -> Image:
    """The part of ``ink`` (h, w) in or beside something that stands upright, as marks do and dashed limits do not.

    Marks also stand upright together with what shows of the ``curves`` (h, w) between their strokes.
    """
    drawn = ink if curves is None else np.maximum(ink, curves)
    runs = vertical_runs(drawn > 0.35)
    tall = runs.last - runs.first + 1 > min(2.2 * stroke, 1.5 * stroke + 1.5)
    if curves is not None:
        rows, columns, run = runs.pixels()
        tall &= np.bincount(run, weights=ink[rows, columns] > 0.35, minlength=tall.size) > 0
    mask = np.zeros(ink.shape, np.uint8)
    mask[((runs.first + runs.last) // 2)[tall], runs.column[tall]] = 1
    wide = cv2.dilate(mask, np.ones((2 * round(4 * stroke) + 1, 2 * round(2.5 * stroke) + 1), np.uint8))
    return np.asarray(ink * wide, np.float32)


def _look_for_more(
    result: list[tuple[int, Found]], sheets: Sequence[Sheet], wanted: int | None, s: SelectionSettings
) -> list[tuple[int, Found]]:
    """Further curves in inks that already have one, until ``wanted`` are found or none is convincing."""
    while wanted is None or len(result) < wanted:
        best: tuple[float, int, Found] | None = None
        for k, sheet in enumerate(sheets):
            mine = [found for j, found in result if j == k]
            if not mine:
                continue
            more = _falling_line(sheet, mine, s)
            if more is None:
                continue
            covered = s.covered_again if wanted is None else 0.4 * s.covered
            latest = s.first if wanted is None else s.first_missing
            if is_believed(more, sheet, s, covered, latest) and (best is None or more.road.cost < best[0]):
                best = (more.road.cost, k, more)
        if best is None or len(result) >= 8:
            break
        result.append((best[1], best[2]))
        result = found_again(result, best[1], sheets[best[1]])
    return result


def _falling_line(sheet: Sheet, mine: Sequence[Found], s: SelectionSettings) -> Found | None:
    """The likeliest further line of an ink whose curves are ``mine``; the frame or a reference line hides it only."""
    known = [found.arm for found in mine]
    more = find_arm(sheet, Arm(None, "unknown"), mine, known)
    if more is None or support(more, sheet).drop >= s.drop:
        return more
    return find_arm(sheet, Arm(None, "unknown"), [*mine, more], known)
