"""The likeliest path of a line of known type, by the phase of its dashes, among what other lines have drawn.

Each phase of the pattern is a cheapest path of its own: ink that nothing else explains pays on dashes and costs in
gaps, paper costs on dashes. As the pattern follows the pen's way, the phase that belongs to a pixel is told by the sum
of its row and column alone. Phases may slip, for a price. What other lines have drawn is neither ink nor paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.pens import SLIP, Ink, Inked, coarse, phase_before, slipped
from kmdigitize.detect.runs import Image, Indices


@dataclass(frozen=True, slots=True)
class PhaseSettings:
    """Prices in px of the pen's way, and how coarsely the picture is looked at first."""

    turn: float = 0.3
    """Price of any drop."""
    waiting: float = 0.02
    """Price of any column: a path must not go on for nothing."""
    dot: float = 1.2
    """Least length of a dash in coarse px: shorter ones would not be seen."""
    near: float = 1.0
    """How many strokes and a coarse px the fine path may be away from the coarse one, in rows and in columns."""


@dataclass(frozen=True, slots=True)
class _Field:
    """Prices (w, h) of a pixel of a flat and of a drop where the pen is down (``[0]``) or up (``[1]``)."""

    flat: tuple[Image, Image]
    drop: tuple[Image, Image]
    on: Inked
    slip: float

    def inked(self, column: int, rows: Indices, phase: int) -> Inked:
        """Whether the pen is down (n,) at these pixels of a column."""
        return np.asarray(self.on[(rows + phase + column) % self.on.size], np.bool_)


def likeliest_road(sheet: Sheet, inks: tuple[Ink, Ink], explained: Image, start: Image) -> Road | None:
    """The likeliest path of a pen; None if there is no ink for one.

    ``inks`` are that of the ``sheet`` for the pen in coarse and in whole pixels, ``explained`` (h, w) what other lines
    have drawn, ``start`` (h,) the price of each row at time 0. The path is looked for in coarse pixels first, then near
    the path found in whole ones.
    """
    (rough, fine), (height, width) = inks, explained.shape
    lowest, highest = np.zeros(width - sheet.start, np.int64), np.full(width - sheet.start, height, np.int64)
    if rough.step > 1:
        rows = _coarse_rows(sheet, rough, explained, start)
        if rows is None:
            return None
        step = rough.step
        lowest, highest = _window(rows, int(np.ceil(PhaseSettings().near * sheet.stroke)) + step, step, height)
        inside = slice(sheet.start % step, sheet.start % step + width - sheet.start)
        lowest, highest = lowest[inside], highest[inside]
        top = int(sheet.top)
        lowest[0], highest[0] = min(lowest[0], max(0, top - 2)), max(highest[0], min(height, top + 3))
    found = _cheapest(_field(fine, explained), sheet.start, start, (lowest, highest))
    return None if found is None else Road(sheet.start, found[1], found[0])


def coarse_step(stroke: float, pattern: tuple[float, ...], parts: float) -> int:
    """Px of about a ``stroke`` in ``parts`` that still show all pieces of a ``pattern``."""
    step = max(1, round(stroke / parts - 0.2))
    return max(1, min(step, int(min(pattern) / PhaseSettings().dot))) if pattern else step


def _field(ink: Ink, explained: Image) -> _Field:
    """The prices of all pixels of ``ink``, where ``explained`` (h, w) has been drawn by others."""
    free = cv2.transpose(1 - coarse(explained, ink.step))
    waiting, unlike = np.float32(PhaseSettings().waiting * ink.step), np.float32(ink.pen.unlike - 1)
    prices: list[tuple[Image, Image]] = []
    for own, bare in zip(ink.own, ink.bare, strict=True):
        mine = own * free
        prices.append((bare - mine, np.multiply(mine, unlike, out=mine)))
    (down, up), drop = prices
    return _Field((down + waiting, up + waiting), drop, ink.pen.inked, SLIP * ink.step)


def _coarse_rows(sheet: Sheet, ink: Ink, explained: Image, start: Image) -> Indices | None:
    """Rows (n,) of the likeliest path in the coarse px of ``ink``, None if there is none."""
    field, step = _field(ink, explained), ink.step
    width, height = ink.own[0].shape
    first = np.full(height * step, np.inf, np.float32)
    first[: start.size] = start
    size = width - sheet.start // step
    whole = np.zeros(size, np.int64), np.full(size, height, np.int64)
    found = _cheapest(field, sheet.start // step, first.reshape(-1, step).min(axis=1), whole)
    return None if found is None else found[1]


def _window(rows: Indices, reach: int, step: int, height: int) -> tuple[Indices, Indices]:
    """First and last row (excluded) of each column (n,) within ``reach`` px of a path of coarse ``rows``."""
    fine = np.repeat(rows * step + step // 2, step)
    padded = np.concatenate([np.full(reach, fine[0]), fine, np.full(reach + 2 * step, fine[-1])])
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    lowest = np.clip(around.min(axis=1) - reach, 0, height - 1)
    return lowest, np.clip(around.max(axis=1) + reach + 1, lowest + 1, height)


def _cheapest(field: _Field, first: int, start: Image, window: tuple[Indices, Indices]) -> tuple[float, Indices] | None:
    """Cost and rows (n,) of the cheapest path from column ``first`` on, in the ``window`` of rows of each column."""
    size = field.on.size
    height = field.flat[0].shape[1]
    turns = field.on[(np.arange(height)[:, None] + np.arange(2 * size)) % size]
    lowest, highest = window[0].tolist(), window[1].tolist()
    best: list[Image] = []
    fell: list[Inked] = []
    least, end = 0.0, (0, 0, 0)
    for i, (a, b) in enumerate(zip(lowest, highest, strict=True)):
        x = first + i
        inked = turns[a:b, x % size : x % size + size]
        price = np.where(inked, field.flat[0][x, a:b, None], field.flat[1][x, a:b, None])
        if i:
            before = slipped(best[-1], field.slip)
            if (a, b) != (lowest[i - 1], highest[i - 1]):
                before = _moved(before, (lowest[i - 1], highest[i - 1]), (a, b))
            fall = np.where(inked, field.drop[0][x, a:b, None], field.drop[1][x, a:b, None])
            np.cumsum(fall, axis=0, out=fall)
            dropped = np.minimum.accumulate(before - fall, axis=0)
            dropped += fall
            dropped += np.float32(PhaseSettings().turn)
            fell.append(dropped < before)
            best.append(np.add(price, np.minimum(dropped, before, out=dropped), out=dropped))
        else:
            fell.append(np.zeros(inked.shape, np.bool_))
            best.append((price + start[a:b, None]).astype(np.float32))
        cheapest = int(best[-1].argmin())
        if best[-1].flat[cheapest] < least:
            least, end = float(best[-1].flat[cheapest]), (i, a + cheapest // size, cheapest % size)
    return (least, _back(field, first, (best, fell), (lowest, highest), end)) if least < 0 else None


def _moved(costs: Image, old: tuple[int, int], new: tuple[int, int]) -> Image:
    """The ``costs`` of the rows ``old`` for the rows ``new`` (first, last excluded)."""
    result = np.full((new[1] - new[0], costs.shape[1]), np.inf, np.float32)
    low, high = max(old[0], new[0]), min(old[1], new[1])
    if low < high:
        result[low - new[0] : high - new[0]] = costs[low - old[0] : high - old[0]]
    return result


def _back(
    field: _Field,
    first: int,
    ways: tuple[list[Image], list[Inked]],
    window: tuple[list[int], list[int]],
    end: tuple[int, int, int],
) -> Indices:
    """Rows (n,) of the cheapest way to ``end`` (column, row, phase), by the least costs and where they ``fell``."""
    (best, fell), (lowest, highest) = ways, window
    i, y, phase = end
    size = field.on.size
    rows = np.empty(i + 1, np.int64)
    for n in range(i, -1, -1):
        rows[n] = y
        if n == 0:
            break
        low, before = lowest[n - 1], best[n - 1]
        if fell[n][y - lowest[n], phase]:
            above = np.arange(lowest[n], y + 1)
            x = first + n
            inked = field.inked(x, above, phase)
            fall = np.cumsum(np.where(inked, field.drop[0][x, above], field.drop[1][x, above]), dtype=np.float32)
            at = above[(above >= low) & (above < highest[n - 1])]
            near = before[at - low].take([(phase - 1) % size, phase, (phase + 1) % size], axis=1)
            came = slipped(near, field.slip)[:, 1] if size >= 3 else near[:, 1]
            y = int(at[np.argmin(came - fall[at - lowest[n]])])
        phase = phase_before(before[y - low], phase)
    return rows
