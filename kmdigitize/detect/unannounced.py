"""Lines that no legend names: further curves in the ink of others, unless they are confidence limits.

A figure whose legend was not read may show any number of broken lines. Each is taken as long as its ink leaves no
doubt. Limits come in pairs of one line type that enclose a curve: where two of the lines do, none of them is a curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from kmdigitize.detect.belief import SelectionSettings, adds, is_believed
from kmdigitize.detect.beside import enclose, piece_length, share_of_marks
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.tracing import Arm, Found, find_arm, is_area, support


def unlabelled_lines(result: list[tuple[int, Found]], sheets: Sequence[Sheet]) -> list[tuple[int, Found]]:
    """With the broken lines beyond those that labels at the curves name: such labels run together and are lost."""
    while len(result) < 8 and (more := unexplained_line(sheets, result)) is not None:
        result = [*result, more]
    return result


def unexplained_line(
    sheets: Sequence[Sheet], result: Sequence[tuple[int, Found]], announced: bool = True
) -> tuple[int, Found] | None:
    """Yet another line that no curve in ``result`` explains; None if there is none.

    It may be drawn in an ink that draws lines broken by gaps: limits in the ink of a solid curve come in pairs that
    enclose it and mean nothing, a further broken line beside other broken ones is a curve that the legend's reading
    left out. Or in an ink that was taken for that of marks and text, and runs through the panel. Where the number of
    curves is not ``announced``, it may also be one that shows too late to be believed.
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
        if is_believed(more, sheet, s, covered) and adds(more, result, gain, s, near):
            return k, more
    return None if announced else _late_line(sheets, result)


def _late_line(sheets: Sequence[Sheet], result: Sequence[tuple[int, Found]]) -> tuple[int, Found] | None:
    """A broken line beside the only curve of an ink that shows too late to be believed: it may be hidden before."""
    s = SelectionSettings()
    for k, base in result:
        if sum(j == k for j, _ in result) > 1:
            continue
        lines = _further_lines(sheets[k], [base], result, replace(s, first=s.first_missing))
        if lines and not _has_limits([base], lines, sheets[k]):
            return k, lines[0]
    return None


def unannounced_lines(
    result: list[tuple[int, Found]], sheets: Sequence[Sheet], s: SelectionSettings
) -> list[tuple[int, Found]]:
    """With the broken lines beside the curves of each ink, unless two of them enclose one, as confidence limits do."""
    for k in sorted({k for k, _ in result}):
        mine = [found for j, found in result if j == k]
        lines = _further_lines(sheets[k], mine, result, s)
        if _has_limits(mine, lines, sheets[k]):
            # Of the rest only the likeliest is believed, if the next one does not make a pair of limits of the two.
            lines = [] if _has_limits(mine, lines[:2], sheets[k]) else lines[:1]
        if lines:
            result = found_again([*result, *((k, line) for line in lines)], k, sheets[k])
    return result


MOST = 6
"""Further lines of one ink that are looked for; three curves with their limits are as many."""


def _further_lines(
    sheet: Sheet, mine: Sequence[Found], result: Sequence[tuple[int, Found]], s: SelectionSettings
) -> list[Found]:
    """The broken lines of an ink beside its curves ``mine``, as long as one is believed that is not their marks."""
    lines: list[Found] = []
    while len(lines) < MOST:
        known = [*mine, *lines]
        line = find_arm(sheet, Arm(None, "unknown"), known, [found.arm for found in known], doubtful=False)
        others = [*result, *((-1, other) for other in lines)]
        if line is None or not is_believed(line, sheet, s, s.covered_broken) or not adds(line, others, s.gain, s):
            break
        if max(share_of_marks(line, base, sheet) for base in known) > s.riding:
            break
        lines.append(line)
    return lines


ALIKE = 1.4
"""Ratio of the pieces of two lines within which they are of one type: long dashes are half as long again as dashes."""


def _has_limits(mine: Sequence[Found], lines: Sequence[Found], sheet: Sheet) -> bool:
    """Whether two lines of one type enclose a curve."""
    sizes = [piece_length(line, sheet) for line in lines]
    alike = [
        (a, b) for (a, m), (b, n) in combinations(zip(lines, sizes, strict=True), 2) if max(m, n) <= ALIKE * min(m, n)
    ]
    return any(enclose(a, b, base) for a, b in alike for base in mine)


def found_again(result: list[tuple[int, Found]], k: int, sheet: Sheet) -> list[tuple[int, Found]]:
    """The curves of ink ``k`` found once more, each against the others."""
    curves = list(result)
    for i, (j, found) in enumerate(curves):
        if j == k:
            others = [other for n, (m, other) in enumerate(curves) if m == k and n != i]
            better = find_arm(sheet, found.arm, others, [other.arm for other in others])
            falls = better is not None and support(better, sheet).drop >= SelectionSettings().drop
            curves[i] = (k, better) if better is not None and (falls or found.arm.entry is not None) else (k, found)
    return curves
