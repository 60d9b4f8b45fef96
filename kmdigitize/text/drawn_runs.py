"""Which runs of a line of text are drawn lines: the samples of a legend, with or without a mark, and ticks beside it.

The ink of a line is given as a mask of its rows and columns; a run is a stretch of columns with ink between blanks.
Lengths are multiples of the height of the line's ink.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray


def drawn_runs(body: BoolArray, runs: list[tuple[int, int]]) -> list[bool]:
    """Which runs of a line of text are drawn lines: legend samples, long or dashed, and a tick at the end.

    Their ink is thin and lies in the middle rows; a hyphen is as thin but short and stands alone.
    """
    if not runs:
        return []
    height = len(body)
    level, low = _drawn_columns(body)
    pale = _pale_samples(body, runs)
    thin = [pale[i] or (level[a] and level[b] and _is_thin(body[:, a : b + 1])) for i, (a, b) in enumerate(runs)]
    marked = [(low[a] or low[b]) and _is_marked_dash(body[:, a : b + 1], height) for a, b in runs]
    drawn = _marked_samples(body, runs)
    index = 0
    while index < len(runs):
        stop = index
        while stop < len(runs) and (thin[stop] or marked[stop] or (stop > index and _is_mark(stop, runs, thin, body))):
            stop += 1
        if not any(thin[index:stop]):
            stop = index
        start = index
        while start < stop and start > 0 and runs[start][0] - runs[start - 1][1] <= 0.3 * height:
            start += 1  # a letter or a long dash: it stands closer to its neighbour than a sample does
        if start < stop and not (stop - start == 1 and _is_plus(body, runs, start)):
            extent = runs[stop - 1][1] - runs[start][0] + 1
            if extent >= (1.0 if stop - start == 1 else 0.9) * height:
                drawn[start:stop] = [True] * (stop - start)
        if stop == len(runs) and stop - index == 1 and index > 0:
            last = body[:, runs[index][0] : runs[index][1] + 1]
            drawn[index] |= last.shape[1] >= 0.2 * height and _is_thin(last, 1.0)
        index = max(stop, index + 1)
    mirrored = [(body.shape[1] - 1 - last, body.shape[1] - 1 - first) for first, last in reversed(runs)]
    drawn[0] |= _is_stub(body, runs)
    drawn[-1] |= _is_stub(body[:, ::-1], mirrored)
    return drawn


def _drawn_columns(body: BoolArray) -> tuple[list[bool], list[bool]]:
    """Which columns of ``body`` (h, w) may end a thin line, and which a dash with a mark: few letters end in such."""
    height = len(body)
    thickness = body.sum(axis=0)
    span = height - body.argmax(axis=0) - body[::-1].argmax(axis=0)
    level = (thickness == span) & (thickness <= max(2.0, _THICKEST[1] * height))
    low: list[bool] = (thickness <= max(2.0, _DASH * height)).tolist()
    return level.tolist(), low


def _marked_samples(body: BoolArray, runs: list[tuple[int, int]]) -> list[bool]:
    """Which runs are samples with a mark on them, longer than the text is high; of upright marks only the higher ones.

    A lower one may be a plus.
    """
    blocks = [body[:, first : last + 1] for first, last in runs]
    inked = np.add.reduceat(body, [first for first, _ in runs], axis=1, dtype=np.int64)  # (rows, runs)
    heights = (len(body) - (inked > 0).argmax(axis=0) - (inked[::-1] > 0).argmax(axis=0)).tolist()
    barred = (inked / [block.shape[1] for block in blocks] > _BAR).any(axis=0).tolist()
    marked = [bar and _is_marked_line(block) for bar, block in zip(barred, blocks, strict=True)]
    text = max((high for high, mark in zip(heights, marked, strict=True) if not mark), default=len(body))
    return [
        mark and block.shape[1] > _LONGER * text and (high >= _MARKED * text or not _has_stem(block))
        for block, high, mark in zip(blocks, heights, marked, strict=True)
    ]


def _is_marked_dash(block: BoolArray, height: int) -> bool:
    """Whether a run of columns is a dash in the middle of the text that touches a mark: an upright, a ring, a cross."""
    rows = block.any(axis=1)
    if not 0.35 * height < np.ptp(np.flatnonzero(rows)):
        return False
    thin = block.sum(axis=0) <= max(2.0, _DASH * height)
    for dash, mark in ((thin, block), (thin[::-1], block[:, ::-1])):
        end = int(np.argmin(dash)) if not dash.all() else 0
        level = np.flatnonzero(mark[:, :end].any(axis=1))
        if end <= 0.2 * height or np.ptp(level) > 0.35 * height or abs(level.mean() - (height - 1) / 2) > 0.15 * height:
            continue
        rest = mark[:, end:]
        middle = np.flatnonzero(rest.any(axis=1))[[0, -1]].mean()
        centred = abs(middle - level.mean()) <= 0.1 * height
        if centred and rest.shape[1] <= 1.1 * height and _same_upside_down(rest):
            return True
    return False


def _is_marked_line(block: BoolArray) -> bool:
    """Whether a run of columns is a level line with a mark on its middle: alone at both ends, the same upside down."""
    rows = np.flatnonzero(block.any(axis=1))
    sign = block[rows[0] : rows[-1] + 1]
    high, wide = sign.shape
    bar = np.flatnonzero(sign.mean(axis=1) > _BAR)
    if min(high, wide) < 5 or wide < 0.5 * high or not bar.size or np.ptp(bar) >= 0.3 * high:
        return False
    centred = abs(bar.mean() - (high - 1) / 2) <= 0.15 * high
    mark, end = sign.copy(), max(1, round(0.1 * wide))
    mark[max(0, bar[0] - 1) : bar[-1] + 2] = False
    alone = not mark[:, :end].any() and not mark[:, -end:].any()
    return bool(centred and alone and mark.any() and _same_upside_down(mark))


def _same_upside_down(mark: BoolArray) -> bool:
    """Whether most ink of a mark, turned by half, falls on its ink or a pixel beside it."""
    rows, columns = (np.flatnonzero(mark.any(axis=axis)) for axis in (1, 0))
    own = mark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return bool((own[::-1, ::-1] & near).sum() >= 0.8 * own.sum())


def _has_stem(block: BoolArray) -> bool:
    """Whether a mark is one upright stroke."""
    high = int(np.ptp(np.flatnonzero(block.any(axis=1)))) + 1
    stem = np.flatnonzero(block.sum(axis=0) > 0.9 * high)
    return bool(stem.size) and np.ptp(stem) < 0.3 * block.shape[1]


def _is_plus(body: BoolArray, runs: list[tuple[int, int]], index: int) -> bool:
    """Whether a run is a plus sign between two words: as high as wide, its upright in the middle, a blank on each side.

    It is lower than letters; a sample with a mark on it is longer than its mark is high, or the mark stands out.
    """
    if not 0 < index < len(runs) - 1:
        return False
    (first, last), height = runs[index], len(body)
    blanks = first - runs[index - 1][1] - 1, runs[index + 1][0] - last - 1
    sign = body[:, first : last + 1]
    rows = np.flatnonzero(sign.any(axis=1))
    upright = np.flatnonzero(sign.sum(axis=0) > 0.8 * len(rows))
    small = rows[0] > 0 and sign.shape[1] <= 1.05 * height
    if not small or not upright.size or not abs(len(rows) - sign.shape[1]) <= max(1.0, 0.2 * height):
        return False
    centred = abs(float(upright.mean()) - (sign.shape[1] - 1) / 2) <= 1.0
    return centred and upright.size <= 0.4 * sign.shape[1] and min(blanks) > 0 and max(blanks) <= height


def _is_stub(body: BoolArray, runs: list[tuple[int, int]]) -> bool:
    """Whether a line begins with part of a sample whose rest the region leaves out: a low block apart from the text."""
    if len(runs) < 2:
        return False
    height = len(body)
    (first, last), (following, _) = runs[:2]
    block = body[:, first : last + 1]
    rows = np.flatnonzero(block.any(axis=1))
    low = rows[-1] - rows[0] + 1 <= 0.55 * height and block[rows[0] : rows[-1] + 1].mean() > 0.8
    return bool(low and first <= 0.2 * height and following - last - 1 >= 0.4 * height)


def _is_mark(index: int, runs: list[tuple[int, int]], thin: list[bool], body: BoolArray) -> bool:
    """A mark between two pieces of thin line: a narrow stroke, or a cross close to both."""
    if index + 1 >= len(runs) or not (thin[index + 1] and thin[index - 1]):
        return False
    (begin, before), (first, last), (after, end) = runs[index - 1 : index + 2]
    height = len(body)
    dashes = min(before - begin, end - after) + 1 > 0.2 * height  # no points of a number
    close = max(first - before, after - last) - 1 <= 0.25 * height
    cross = last - first <= 1.1 * height and dashes and close and _same_upside_down(body[:, first : last + 1])
    return cross or last - first + 1 <= max(2.0, 0.25 * height)


_BAR, _DASH = 0.9, 0.2
"""Share of its length that the row of a level line fills; thickest dash beside its mark, in heights of the text."""
_LONGER = 1.1
"""Length of the shortest sample in heights of the text: small letters with a bar look like one with a mark."""
_CRUMB = 0.1
"""Gap in heights of the text between what is seen of one pale sample."""
_MARKED = 1.2
"""Height of the mark on a sample from which it is no sign of the text beside it."""
_THICKEST = 0.36, 0.45
"""Thickest stroke of a sample in heights of the text beside it, with a mark on it and alone: slanted strokes of letters
are as thick along their columns, but all of a letter is at least half as high as the others."""


def _is_thin(columns: BoolArray, share: float = 0.35) -> bool:
    """At least this share of it, and both its ends, are a thin horizontal line in the middle rows of the text.

    A mark may sit on the line; letters have stems or bows at their ends.
    """
    height, width = columns.shape
    first = columns.argmax(axis=0)
    last = height - 1 - columns[::-1].argmax(axis=0)
    thickness = columns.sum(axis=0)
    middle = (first + last) / 2
    low = float(np.ptp(np.flatnonzero(columns.any(axis=1)))) < 0.5 * height
    thickest = _THICKEST[int(low)] * height
    thin = (thickness == last - first + 1) & (thickness <= max(2.0, thickest))
    end = max(1, width // 5)
    if not (thin[:end].all() and thin[-end:].all()):
        return False
    left, right = _median(middle[:end]), _median(middle[-end:])
    level = (left + right) / 2
    if abs(left - right) > max(1.0, 0.15 * height):
        return False
    thin &= np.abs(middle - level) <= max(1.0, 0.15 * height)
    wanted = share if width >= height else max(share, 0.9)  # only a whole sample carries a mark
    return bool(thin.mean() >= wanted and 0.2 * height <= level + 0.5 <= 0.8 * height)


def _pale_samples(body: BoolArray, runs: list[tuple[int, int]]) -> list[bool]:
    """Which runs are samples too pale to be seen as a whole: longer than the text, or a crumb before such a one."""
    pale = [last - first + 1 >= _LONGER * len(body) and _is_low(body[:, first : last + 1]) for first, last in runs]
    for i, ((start, last), (first, _)) in enumerate(pairwise(runs)):
        crumb = pale[i + 1] and first - last - 1 <= _CRUMB * len(body)
        pale[i] |= crumb and _is_low(body[:, start : last + 1])
    return pale


def _is_low(columns: BoolArray) -> bool:
    """Whether ink keeps to the middle rows of the text, but for the tips of a mark."""
    rows = np.flatnonzero(columns.mean(axis=1) > 0.1)
    if not rows.size or np.ptp(rows) >= _THICKEST[0] * len(columns):
        return False
    return bool(abs(rows[[0, -1]].mean() - (len(columns) - 1) / 2) < 0.15 * len(columns))


def _median(values: FloatArray) -> float:
    """The median; for so few numbers several times faster than numpy's."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
