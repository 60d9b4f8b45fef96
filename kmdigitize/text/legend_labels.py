"""Text that may be labels of a legend: pieces of one line put together, samples read as signs taken off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.text.counts import name_before_statistic, split_counts
from kmdigitize.text.legend_signs import without_dot_before
from kmdigitize.text.samples import LineSample
from kmdigitize.text.wordings import is_number, is_risk_header, is_row_of_counts, is_statistic, names_no_arm


@dataclass(frozen=True, slots=True)
class LegendSettings:
    """Tuning of the legend; lengths are multiples of the text height."""

    aligned: float = 0.6
    """Samples of one legend begin equally far before their labels, and labels of a column in one line, to this."""
    block: float = 5.0
    """Entries that do not stand in one column lie within this many lines of each other."""
    word_gap: float = 1.6
    """Text after a label that is closer than this belongs to it."""
    line_gap: float = 0.9
    """A second line of a label begins within this distance under the first."""
    minimum_confidence: float = 0.5
    """Text read with less is no label."""
    no_obstacle: float = 0.75
    """Text read with less may be a dashed sample and does not stand in a sample's way."""
    lowest: float = 0.5
    """Nor does what is lower than that: dots and short dashes of a sample, read as I or l."""
    lowest_sure: float = 0.35
    """The same of what was read for certain: small digits beside large words."""
    certain: float = 0.95
    """Confidence of that."""
    cut: float = 0.08
    """Share of the longest sample by which one that looks solid must be shorter to be a broken line's first dash,"""
    cut_px: float = 2.5
    """and least px: both ends of a sample are told to a pixel."""
    gap: float = 0.25
    """Share of the longest sample from which what is lacking is a gap; less may be only its beginning."""


def joined_labels(tokens: Sequence[TextToken], settings: LegendSettings) -> list[TextToken]:
    """Tokens of one line that stand a word's gap apart, as one."""
    lines: list[TextToken] = []
    for token in sorted(tokens, key=lambda t: t.box.left):
        for index, line in enumerate(lines):
            height = max(line.box.height, token.box.height)
            gap = token.box.left - line.box.right
            level = abs(line.box.center_y - token.box.center_y) < 0.4 * height
            if level and -0.2 * height < gap < settings.word_gap * height and not is_number(token.text + line.text):
                box, sure = line.box.union(token.box), min(line.confidence, token.confidence)
                if gap < 0.9 * height or not (is_number(line.text) or is_number(token.text)):
                    lines[index] = TextToken(f"{line.text} {token.text}", box, sure)
                    break
        else:
            lines.append(token)
    return lines


def may_be_label(token: TextToken, tokens: Sequence[TextToken], panel: Panel, settings: LegendSettings) -> bool:
    """Text that can name an arm: no statistic, no header, and no tick label or count among counts."""
    if token.confidence < settings.minimum_confidence or names_no_arm(token.text) or _explains_marks(token, tokens):
        return False
    if is_statistic(token.text) and not re.search(r"(?i)\bn\s*=", token.text):
        return False
    if is_risk_header(token.text) or re.fullmatch(r"[HI|+±]*H[HI|+±]*", token.text):  # marks on a curve
        return False
    if re.fullmatch(r"(?i)\W*n\s*=\s*[\d,]+\W*", token.text):
        return False
    if not is_number(token.text):
        return not is_row_of_counts(token.text)
    row = [t for t in tokens if abs(t.box.center_y - token.box.center_y) < 0.5 * token.box.height and is_number(t.text)]
    inside = panel.frame.contains(token.box.center_x, token.box.center_y)
    outside = token.box.top > panel.frame.bottom or token.box.bottom < panel.frame.top
    beside = token.box.left > panel.frame.right
    return inside or beside or (outside and len(row) < 6 and token.box.center_x > panel.frame.left)


_MARKED_LINE = re.compile(r"[-–—_.·]+\s*[xX×*+]\s*[-–—_.·]*|[xX×*+]\s*[-–—_.·]+")
"""What a sample with a mark on it is read as."""


def is_no_sample(token: TextToken, height: float, settings: LegendSettings) -> bool:
    """Whether text is no piece of a sample: no line with a mark, and as high as the text (px) or read for certain."""
    if _MARKED_LINE.fullmatch(token.text):
        return False
    lowest = settings.lowest_sure if token.confidence >= settings.certain else settings.lowest
    return token.box.height > lowest * height


def names_with_statistics(
    tokens: Sequence[TextToken], mine: Sequence[TextToken], panel: Panel, settings: LegendSettings
) -> list[TextToken]:
    """Text in which a statistic follows the name of an arm, reduced to that; names only what has a sample beside it."""
    told = [token for token in tokens if is_statistic(token.text) and not may_be_label(token, mine, panel, settings)]
    names = [_begun(token, name_before_statistic(token.text)) for token in told]
    return [token for token in names if token.text and may_be_label(token, mine, panel, settings)]


def _begun(token: TextToken, name: str) -> TextToken:
    """The ``name`` with which a token begins, and its share of the token's box."""
    right = token.box.left + token.box.width * len(name) / max(1, len(token.text))
    return replace(token, text=name, box=replace(token.box, right=right))


def entry_without_sample(token: TextToken) -> LegendEntry:
    """The entry of a label whose line sample was not found."""
    label, n, events = split_counts(token.text)
    return LegendEntry(label, token.box, n=n, events=events)


def meet(a: Box, b: Box) -> bool:
    """Whether two boxes touch or overlap."""
    return a.left <= b.right and b.left <= a.right and a.top <= b.bottom and b.top <= a.bottom


def labels_without_sample(
    pixels: Pixels,
    chosen: Sequence[tuple[TextToken, LineSample]],
    labels: Sequence[TextToken],
    height: float,
    settings: LegendSettings,
) -> list[TextToken]:
    """Labels that continue the column of the chosen ones at their distance but whose sample was not seen.

    None is the heading of the legend: it stands above them all, with bare paper where they have their samples.
    """
    rows = sorted(token.box.center_y for token, _ in chosen)
    steps = [b - a for a, b in pairwise(rows) if b - a > 0.5 * height]
    if not steps or min(steps) > 8 * height:
        return []
    near = ((min(steps), 0.2), (min(steps) / 2, 0.1))  # a second line of a label is nearer than half way down
    regular_steps = [(step, slack * step) for step, slack in near if step <= 4 * height]
    known = [token for token, _ in chosen]
    missed: list[TextToken] = []
    for token in sorted(labels, key=lambda t: t.box.center_y):
        if is_number(token.text) or any(meet(token.box, other.box) for other in known):
            continue
        if _is_heading(pixels, token.box, chosen):
            continue
        for other in known + missed:
            step = abs(token.box.center_y - other.box.center_y)
            regular = any(abs(step - wanted) < slack for wanted, slack in regular_steps)
            if abs(token.box.left - other.box.left) <= settings.aligned * height and regular:
                missed.append(token)
                break
    return missed


def _is_heading(pixels: Pixels, box: Box, chosen: Sequence[tuple[TextToken, LineSample]]) -> bool:
    if any(token.box.top <= box.bottom for token, _ in chosen):
        return False
    left = round(min(sample.box.left for _, sample in chosen))
    right = round(min(max(sample.box.right for _, sample in chosen), box.left - 0.3 * box.height))
    window = pixels[max(0, round(box.top)) : round(box.bottom) + 1, left : right + 1].astype(np.float64)
    return window.size > 0 and float(np.ptp(window, axis=(0, 1)).max()) < _INK


_INK = 36.0
"""Least departure from the paper (0-255) of ink; the noise of lossy pictures has less."""


def _explains_marks(token: TextToken, tokens: Sequence[TextToken]) -> bool:
    """Whether a label is another one with "censored" behind it: its sample shows the marks of that arm."""
    found = re.match(r"(?i)(.+?)\W*censored\W*$", token.text)
    return found is not None and any(other.text.strip().lower() == found[1].lower() for other in tokens)


def beside_legend(tokens: Sequence[TextToken], legend: Sequence[LegendEntry]) -> list[TextToken]:
    """The tokens without numbers that name an arm in the legend: in a row with its heading they look like counts."""
    named = [entry.box for entry in legend if entry.sample is not None and is_number(entry.label)]
    return [token for token in tokens if not (is_number(token.text) and token.box in named)]


def is_count(token: TextToken, tokens: Sequence[TextToken], panel: Panel) -> bool:
    """Whether a number stands in a row under the tick labels: counts, whose sample stands for the arm's name."""
    if not is_number(token.text) or token.box.top < panel.frame.bottom:
        return False
    row = [t for t in tokens if abs(t.box.center_y - token.box.center_y) < 0.5 * token.box.height and is_number(t.text)]
    below = sorted((t for t in tokens if t.box.top > panel.frame.bottom), key=lambda t: t.box.top)
    ticks = [t.box.center_x for t in below if below and t.box.top < below[0].box.bottom and is_number(t.text)]
    height = max((t.box.height for t in row), default=0.0) + 1
    under = [t for t in row if any(abs(t.box.center_x - tick) < 0.6 * height for tick in ticks)]
    return len(row) >= 3 and len(under) > 0.6 * len(row)


def upright_edges(panel: Panel, height: float) -> list[Box]:
    """The sides of the frame: a sample inside begins right of them at the earliest, ticks end there."""
    sides = [panel.axis_y_x] + ([panel.frame.right] if panel.closed_right else [])
    edge = panel.line_px + 1.0 if panel.has_lines else 0.5 * height
    return [Box(at - edge, panel.frame.top, at + edge, panel.frame.bottom) for at in sides]


def without_line_from_edge(
    candidates: list[tuple[TextToken, LineSample]], edges: Sequence[Box]
) -> list[tuple[TextToken, LineSample]]:
    """Those without a lone one whose line begins right behind one of the ``edges``: the grid up to a remark."""
    stuck = [
        (token, sample)
        for token, sample in candidates
        if any(abs(sample.box.left - e.right) <= 1 and e.top < sample.box.center_y < e.bottom for e in edges)
    ]
    return [pair for pair in candidates if len(stuck) > 1 or pair not in stuck]


def without_stuck_samples(pixels: Pixels, labels: Sequence[TextToken], height: float) -> list[TextToken]:
    """The labels; where a sample was read as a sign before one (``+ 10 mg/kg``) or lies in its box, it begins later.

    It then begins where the others do. ``height`` is that of the text (px).
    """
    result = []
    for token in labels:
        sign = re.match(r"[^\w<>=≤≥(\[]{1,3}\s+(?=\S)", token.text)
        lefts = [
            other.box.left
            for other in labels
            if other is not token
            and abs(other.box.center_y - token.box.center_y) < 5 * height
            and token.box.left + 0.8 * height < other.box.left < token.box.center_x
        ]
        left = float(sorted(lefts)[len(lefts) // 2]) if lefts else 0.0
        figures = re.match(r"[^A-Za-z<>=≤≥(\[]{2,4}\s+(?=[A-Za-z])", token.text)
        if lefts and figures is not None:  # a marked sample read as digits: it ends where the other labels begin
            end = token.box.left + token.box.width * figures.end() / len(token.text)
            sign = figures if abs(end - left) < height else sign
        if not lefts or (sign is None and not _begins_with_line(pixels, token.box, left)):
            result.append(token)
            continue
        box = Box(left, token.box.top, token.box.right, token.box.bottom)
        result.append(TextToken(token.text[sign.end() if sign else 0 :], box, token.confidence))
    return result


def without_samples_around(pixels: Pixels, token: TextToken) -> TextToken:
    """A label of a row without what its own sample ends in and the next one begins with, where they were read too."""
    return without_dot_before(pixels, without_sample_behind(pixels, without_next_sample(token)))


def without_next_sample(token: TextToken) -> TextToken:
    """A label of a row without the long dash behind it: the first dash of the next label's sample."""
    found = re.search(r"\s+—+$", token.text)
    if found is None:
        return token
    right = token.box.right - token.box.width * len(found.group()) / len(token.text)
    return replace(token, text=token.text[: found.start()], box=replace(token.box, right=right))


def without_sample_behind(pixels: Pixels, token: TextToken) -> TextToken:
    """The same where the dash is not in the text but in its box: a thin line at its middle, behind a wide gap."""
    height = token.box.height + 1
    part = pixels[token.box.slices(pixels.shape)].astype(float).mean(axis=2)
    depth = np.median(part) - part if part.size else part
    least = max(18.0, 0.4 * float(depth.max(initial=0)))
    inked = np.flatnonzero((depth > least).any(axis=0))
    gaps = np.flatnonzero(np.diff(inked) > 0.5 * height)
    if not gaps.size or re.search(r"[-–—_=~]\s*$", token.text):
        return token
    end, left = float(inked[gaps[-1]]), int(inked[gaps[-1] + 1])
    high = np.flatnonzero((depth[:, left:] > least).any(axis=1))
    thin = high[-1] - high[0] + 1 <= 0.4 * height
    level = abs((high[0] + high[-1]) / 2 - (len(part) - 1) / 2) < 0.2 * height
    if not thin or not level or inked[-1] - left + 1 < 0.8 * height:
        return token
    return replace(token, box=replace(token.box, right=round(token.box.left) + end))


def _begins_with_line(pixels: Pixels, box: Box, left: float) -> bool:
    """Whether all ink of a label's box before column ``left`` is one thin line at its middle, as no letters are.

    A mark on the line may be higher, but is no more than a third of its length.
    """
    rows = slice(max(0, round(box.top)), round(box.bottom) + 1)
    part = pixels[rows, max(0, round(box.left)) : round(left) - 1].astype(float).mean(axis=2)
    if min(part.shape) < 3:
        return False
    depth = np.median(pixels[rows].astype(float).mean(axis=2)) - part
    if depth.max() <= 18:
        return False
    ink = depth > 0.4 * depth.max()
    core = int(ink.sum(axis=1).argmax())
    inked = ink.any(axis=0)
    far = np.abs(np.arange(len(ink)) - core) > 0.2 * (box.height + 1)
    high = ink[far].any(axis=0)
    line = ink[max(0, core - 1) : core + 2].any(axis=0).sum() >= 0.9 * inked.sum()
    level = abs(core + rows.start - box.center_y) < 0.2 * (box.height + 1)
    return bool(line and level and high.sum() <= inked.sum() / 3)
