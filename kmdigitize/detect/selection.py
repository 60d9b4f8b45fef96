"""Which curves a panel has: those the figure announces, and those whose ink leaves no doubt.

Announced curves (legend entries, risk-table rows) are given up only if there is no ink for them. Others must show
their ink over much of the panel, from early on, must fall, must gain enough beside the best curve, and must not ride
on another one, as marks and fringes do, nor enclose one in a pair, as confidence limits do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from kmdigitize.detect.beside import enclose, share_of_marks
from kmdigitize.detect.inks import Ink, is_grey, is_unseen
from kmdigitize.detect.limits import between_limits
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.runs import Image, vertical_runs
from kmdigitize.detect.tracing import (
    Arm,
    Found,
    explained_by,
    find_arm,
    find_arms,
    is_area,
    lone_line,
    shows_line,
    support,
)
from kmdigitize.records.printed import LegendEntry


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """When a curve is believed."""

    seen: float = 0.08
    """Share of the panel's columns in which an unannounced curve must show its ink."""
    seen_announced: float = 0.03
    """The same for a curve that the legend shows: black marks may hide nearly all of it."""
    covered: float = 0.55
    """Share of its visible columns an unannounced curve must ink: dashed lines half, confidence limits less."""
    covered_again: float = 0.80
    """The same for a second curve in an ink, which might be a dashed confidence limit of the first."""
    covered_broken: float = 0.35
    """The same for a broken line that no second one turns into a pair of confidence limits."""
    running: float = 0.5
    """Share of the panel's columns in which an ink without a curve must be found to be looked at as a line at all."""
    first: float = 0.25
    """Column (share of the width) by which the ink must have begun: marks and annotations begin later."""
    first_missing: float = 0.75
    """The same where the figure announces more curves than were found: near hues and an axis hide one for long."""
    black: float = 120.0
    """Sum of red, green and blue below which a grey ink may also draw the marks of the other curves."""
    gain: float = 0.1
    """Gain of an unannounced curve, as a share of the best curve's."""
    gain_announced: float = 0.3
    """The same where the legend has announced two curves or more: it rarely leaves one out."""
    gain_missing: float = 0.03
    """The same for a curve that the figure announces and no other ink shows; it may lie on a band of its hue."""
    riding: float = 0.5
    """A curve that lies ``near`` others in this share of its columns is their marks or their fringe."""
    near: float = 3.0
    """How far (px) marks and fringes reach; a curve that the figure announces need only be a stroke away."""
    drop: float = 2.0
    """Strokes by which a curve must fall: reference lines do not."""


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
    sheets = list(sheets)
    for k in sorted(range(len(inks)), key=lambda k: sum(inks[k].color)):
        arms = [Arm(i, dash, legend[i].period) for i, dash in inks[k].arms]
        if arms and len([ink for ink in inks if ink.arms]) == 1:
            # Entries whose sample could not be read share the only ink.
            arms += [Arm(i, "unknown") for i, entry in enumerate(legend) if is_unseen(entry)]
        mine = _announced_arms(sheets[k], arms, s)
        result += [(k, found) for found in mine]
        if mine and is_grey(inks[k].color, panel) and sum(inks[k].color) < s.black:
            sheets = _black_marks(sheets, k, mine)
    wanted = max(expected or announced_arms(legend), _crossed_arms(result, legend)) or None
    chromatic = any(not is_grey(ink.color, panel) for ink in inks)
    for k, ink in enumerate(inks):
        if ink.arms or (expected is not None and len(result) >= expected) or not shows_line(sheets[k], s.seen, s.first):
            continue
        found = lone_line(sheets[k], wanted is not None and len(result) < wanted)
        grey_among_colors = chromatic and is_grey(ink.color, panel)
        covered = s.covered_again if grey_among_colors else s.covered
        named = sum(found.arm.entry is not None for _, found in result)
        least = s.gain_announced if expected is None and named >= 2 else s.gain
        if not grey_among_colors and any(is_unseen(entry) for entry in legend):
            covered, least = s.covered_broken, s.gain  # the legend has an arm in an ink that it does not show
        spare = grey_among_colors or (wanted is not None and len(result) >= wanted)
        if found is None or (spare and is_area(sheets[k], found.road)):
            continue
        if _convincing(found, sheets[k], s, covered) and _adds(found, result, least, s):
            result.append((k, found))
    result = _look_for_more(result, sheets, wanted, s)
    result = _announced_elsewhere(result, sheets, wanted, s)
    if expected is None and legend and all(entry.place == "direct" for entry in legend):
        result = _unlabelled_lines(result, sheets)
    result = result if expected or (wanted or 0) > 1 else _unannounced_lines(result, sheets, s)
    return between_limits(result, sheets)


def _announced_arms(sheet: Sheet, arms: Sequence[Arm], s: SelectionSettings) -> list[Found]:
    """The curves of ``arms`` for which there is ink.

    The dashes of a lone one may be longer than its sample, which then shows no gap.
    """
    mine = [found for found in find_arms(sheet, arms) if _announced(found, sheet, s)]
    if mine or len(arms) != 1 or arms[0].dash != "solid":
        return mine
    return [found for found in find_arms(sheet, [replace(arms[0], dash="dashed")]) if _announced(found, sheet, s)]


def _unlabelled_lines(result: list[tuple[int, Found]], sheets: Sequence[Sheet]) -> list[tuple[int, Found]]:
    """With the broken lines beyond those that labels at the curves name: such labels run together and are lost."""
    while len(result) < 8 and (more := unexplained_line(sheets, result)) is not None:
        result = [*result, more]
    return result


def unexplained_line(sheets: Sequence[Sheet], result: Sequence[tuple[int, Found]]) -> tuple[int, Found] | None:
    """Yet another line that no curve in ``result`` explains; None if there is none.

    It may be drawn in an ink that draws lines broken by gaps: limits in the ink of a solid curve come in pairs that
    enclose it and mean nothing, a further broken line beside other broken ones is a curve that the legend's reading
    left out. Or in an ink that was taken for that of marks and text, and runs through the panel.
    """
    s = SelectionSettings()
    for k, sheet in enumerate(sheets):
        mine = [found for j, found in result if j == k]
        unused = not mine and float((sheet.coverage > 0.5).any(axis=0).mean()) > s.running
        if not unused and (len(mine) < 2 or all(found.arm.dash == "solid" for found in mine)):
            continue
        more = find_arm(sheet, Arm(None, "unknown"), mine, [found.arm for found in mine], doubtful=False)
        covered = s.covered if unused else s.covered_broken
        gain, near = (0.0, sheet.stroke / 2) if unused else (s.gain, None)
        if more is None or (unused and is_area(sheet, more.road)):
            continue
        if _convincing(more, sheet, s, covered) and _adds(more, result, gain, s, near):
            return k, more
    return None


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
        convincing = _convincing(curve, sheets[k], s, s.covered_broken, s.first_missing)
        if convincing and _adds(curve, result, s.gain_missing, s, near):
            result = [*result, (k, curve)]
    return result


def _unannounced_lines(
    result: list[tuple[int, Found]], sheets: Sequence[Sheet], s: SelectionSettings
) -> list[tuple[int, Found]]:
    """With a broken line beside each lone curve, unless two of them enclose it, as confidence limits do."""
    for k, base in list(result):
        mine = [found for j, found in result if j == k]
        if len(mine) > 1:
            continue
        line = find_arm(sheets[k], Arm(None, "unknown"), mine, [base.arm], doubtful=False)
        if line is None or not _convincing(line, sheets[k], s, s.covered_broken) or not _adds(line, result, s.gain, s):
            continue
        if share_of_marks(line, base, sheets[k]) > s.riding:
            continue
        limit = find_arm(sheets[k], Arm(None, "unknown"), [*mine, line], [base.arm, line.arm], doubtful=False)
        if limit is None or not _convincing(limit, sheets[k], s, s.covered_broken) or not enclose(line, limit, base):
            result = [*result, (k, line)]
    return result


def _crossed_arms(result: Sequence[tuple[int, Found]], legend: Sequence[LegendEntry]) -> int:
    """How many curves there are if the legend shows colours and line types apart, each curve being one of each."""
    named = {found.arm.entry for _, found in result}
    types = {entry.dash for i, entry in enumerate(legend) if i not in named and entry.place == "legend"}
    return len(result) * len(types) if len(types) > 1 and "solid" in types else 0


def _adds(
    found: Found, result: Sequence[tuple[int, Found]], least: float, s: SelectionSettings, near: float | None = None
) -> bool:
    """Whether a curve gains at least the share ``least`` of the best one and does not ride on one already found."""
    if not result:
        return True
    if -found.road.cost < least * max(-other.road.cost for _, other in result):
        return False
    columns = found.road.first + np.arange(found.road.rows.size)
    nearest = np.full(columns.size, np.inf)
    for _, other in result:
        index = columns - other.road.first
        inside = (index >= 0) & (index < other.road.rows.size)
        nearest[inside] = np.minimum(nearest[inside], np.abs(other.road.rows[index[inside]] - found.road.rows[inside]))
    return float(np.mean(nearest <= (near or s.near))) < s.riding


def _black_marks(sheets: Sequence[Sheet], k: int, mine: Sequence[Found]) -> list[Sheet]:
    """The sheets, where black ``k`` that its own curves do not explain may be marks on the others."""
    rest = sheets[k].coverage
    for found in mine:
        rest = rest * (1 - explained_by(found.road, sheets[k].coverage, sheets[k].stroke))
    marks = upright_ink(rest, sheets[k].stroke)
    return [replace(sheet, marks=np.maximum(sheet.marks, marks)) if j != k else sheet for j, sheet in enumerate(sheets)]


def upright_ink(ink: Image, stroke: float) -> Image:
    """The part of ``ink`` (h, w) in or beside something that stands upright, as marks do and dashed limits do not."""
    runs = vertical_runs(ink > 0.35)
    tall = runs.last - runs.first + 1 > 2.2 * stroke
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
            if _convincing(more, sheet, s, covered, latest) and (best is None or more.road.cost < best[0]):
                best = (more.road.cost, k, more)
        if best is None or len(result) >= 8:
            break
        result.append((best[1], best[2]))
        result = _again(result, best[1], sheets[best[1]])
    return result


def _falling_line(sheet: Sheet, mine: Sequence[Found], s: SelectionSettings) -> Found | None:
    """The likeliest further line of an ink whose curves are ``mine``; the frame or a reference line hides it only."""
    known = [found.arm for found in mine]
    more = find_arm(sheet, Arm(None, "unknown"), mine, known)
    if more is None or support(more, sheet).drop >= s.drop:
        return more
    return find_arm(sheet, Arm(None, "unknown"), [*mine, more], known)


def _again(result: list[tuple[int, Found]], k: int, sheet: Sheet) -> list[tuple[int, Found]]:
    """The curves of ink ``k`` found once more, each against the others."""
    curves = list(result)
    for i, (j, found) in enumerate(curves):
        if j == k:
            others = [other for n, (m, other) in enumerate(curves) if m == k and n != i]
            better = find_arm(sheet, found.arm, others, [other.arm for other in others])
            falls = better is not None and support(better, sheet).drop >= SelectionSettings().drop
            curves[i] = (k, better) if better is not None and (falls or found.arm.entry is not None) else (k, found)
    return curves


def _announced(found: Found, sheet: Sheet, s: SelectionSettings) -> bool:
    """Whether there is any ink for a curve that the legend shows."""
    return support(found, sheet).seen >= s.seen_announced


def _convincing(found: Found, sheet: Sheet, s: SelectionSettings, covered: float, latest: float | None = None) -> bool:
    """Whether ink alone makes a curve believed; it must have begun by ``latest`` (share of the width)."""
    ink = support(found, sheet)
    begun = ink.first <= (s.first if latest is None else latest)
    good = ink.seen >= s.seen and ink.covered >= covered and begun and ink.drop >= s.drop
    return good and not found.doubtful
