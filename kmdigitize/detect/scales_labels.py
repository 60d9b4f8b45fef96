"""Which printed numbers are the tick labels of an axis: the row below the frame, the column left of it.

Panels of a grid may share labels, so rows further below and columns further left are tried in turn until one rises
evenly along the axis.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.detect.scales_lattice import Lattice, LatticeSettings, evenly_valued, fit_labels, value_step
from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import NumberLabel, Panel

# No y axis of survival in percent has labels beyond this.
_MOST_PERCENT = 150


_DECADE_SLACK = 0.02
"""Most distance of a tick from its place in a decade; evenly spaced ticks are up to 0.26 away from theirs."""


@dataclass(frozen=True, slots=True)
class AxisLabels:
    """The labels of one axis: printed numbers, their centres along the axis (px) and the line most of them lie on."""

    numbers: tuple[NumberLabel, ...]
    at: FloatArray
    values: FloatArray
    lattice: Lattice

    @property
    def distinct(self) -> int:
        """How many different values lie on the line."""
        return int(np.unique(self.values[self.lattice.labels]).size)


def labels_below(panel: Panel, numbers: Sequence[NumberLabel], text_px: float) -> list[list[NumberLabel]]:
    """Rows of numbers that lie under the panel's x axis, nearest first."""
    frame = panel.frame
    under = [
        one
        for one in numbers
        if one.box.center_y > frame.bottom
        and one.box.top > frame.bottom - 0.6 * text_px
        and frame.left - 3 * text_px <= one.box.center_x <= frame.right + 3 * text_px
    ]
    return _lines(under, lambda box: box.center_y, 0.5 * text_px)


def labels_beside(panel: Panel, numbers: Sequence[NumberLabel], text_px: float) -> list[list[NumberLabel]]:
    """Columns of numbers that lie left of the panel's y axis, nearest first."""
    frame = panel.frame
    beside = [
        one
        for one in numbers
        if one.box.center_x < frame.left
        and one.box.right < frame.left + 0.5 * text_px
        and frame.top - text_px <= one.box.center_y <= frame.bottom + text_px
    ]
    return _lines(beside, lambda box: -box.right, 1.5 * text_px)


def _lines(numbers: Sequence[NumberLabel], distance: Callable[[Box], float], within: float) -> list[list[NumberLabel]]:
    """Numbers grouped by their distance from the axis, nearest group first."""
    lines: list[list[NumberLabel]] = []
    for one in sorted(numbers, key=lambda number: distance(number.box)):
        if lines and distance(one.box) - distance(lines[-1][-1].box) <= within:
            lines[-1].append(one)
        else:
            lines.append([one])
    return lines


def best_labels(
    lines: Sequence[Sequence[NumberLabel]], horizontal: bool, text_px: float, settings: LatticeSettings
) -> AxisLabels | None:
    """The nearest line of numbers that rises evenly along the axis (rightwards or upwards), None if none has two."""
    best: AxisLabels | None = None
    for line in lines:
        found = _fitted(line, horizontal, text_px, settings)
        if found is None:
            continue
        count = int(np.count_nonzero(found.lattice.labels))
        if count >= max(3, 0.6 * len(line)):
            return found
        if best is None or count > np.count_nonzero(best.lattice.labels):
            best = found
    return best


def _fitted(
    line: Sequence[NumberLabel], horizontal: bool, text_px: float, settings: LatticeSettings
) -> AxisLabels | None:
    numbers = tuple(_with_point(one) for one in (line if horizontal else _upright(_without_percent_glyph(line))))
    read = _on_a_line(numbers, horizontal, text_px, settings)
    tenths = () if horizontal else _as_tenths(numbers)
    meant = _on_a_line(tenths, horizontal, text_px, settings) if tenths else None
    return meant if meant is not None and (read is None or meant.distinct >= read.distinct) else read


def _as_tenths(numbers: Sequence[NumberLabel]) -> tuple[NumberLabel, ...]:
    """The labels of a y axis with single digits as tenths, as all of them are where 0 or 1 has a point; else none.

    What stands before the point of a label on end may not be found.
    """
    pointed = any(re.fullmatch(r"[01][.,·]0+", one.text.strip()) for one in numbers)
    single = [re.fullmatch(r"[1-9]", one.text.strip()) is not None for one in numbers]
    if not pointed or sum(single) < 2:
        return ()
    return tuple(replace(one, value=one.value / 10) if s else one for one, s in zip(numbers, single, strict=True))


def _on_a_line(
    numbers: tuple[NumberLabel, ...], horizontal: bool, text_px: float, settings: LatticeSettings
) -> AxisLabels | None:
    if len(numbers) < 2:
        return None
    at = np.array([one.box.center_x if horizontal else one.box.center_y for one in numbers])
    values = np.array([one.value for one in numbers])
    lattice = fit_labels(at, values, settings.label_slack * text_px, 1.0 if horizontal else -1.0)
    if lattice is None:
        return None
    return AxisLabels(
        numbers, at, values, replace(lattice, labels=lattice.labels & evenly_valued(values, lattice.labels))
    )


def _with_point(label: NumberLabel) -> NumberLabel:
    """A label such as "02" with the decimal point that OCR has lost."""
    digits = re.fullmatch(r"0(\d+)\D*", label.text.strip())
    return replace(label, value=int(digits[1]) / 10 ** len(digits[1])) if digits else label


def _upright(line: Sequence[NumberLabel]) -> list[NumberLabel]:
    """Labels without pieces of others: single digits that lie on their side, unless all labels are turned.

    Where longer ones stand on end, a lying digit without another one close to it is a label as they are; where one is
    upright none lies: a digit wider than high has a tick beside it.
    """
    if any(len(one.text.strip()) > 1 and one.box.width > one.box.height for one in line):
        return list(line)
    lying = [one for one in line if len(one.text.strip()) == 1 and one.box.height + 1 <= 0.9 * (one.box.width + 1)]
    on_end = any(len(one.text.strip()) > 1 and one.box.height > one.box.width for one in line)
    alone = [
        one
        for one in lying
        if all(abs(one.box.center_y - o.box.center_y) > 2 * one.box.width for o in lying if o is not one)
    ]
    return [one for one in line if one not in lying or (on_end and one in alone)]


def _without_percent_glyph(line: Sequence[NumberLabel]) -> Sequence[NumberLabel]:
    """Labels of a y axis far beyond 100 that all end in the same two digits: OCR took the percent sign for digits."""
    digits = [re.sub(r"\D", "", one.text) for one in line]
    long = [text for text in digits if len(text) >= 3]
    if len(long) < 3 or max(one.value for one in line) <= _MOST_PERCENT:
        return line
    ending, count = Counter(text[-2:] for text in long).most_common(1)[0]
    if count < 0.7 * len(long):
        return line
    return [
        replace(one, value=float(text[:-2]), percent=True) if len(text) >= 3 and text.endswith(ending) else one
        for one, text in zip(line, digits, strict=True)
    ]


def is_logarithmic(line: Sequence[NumberLabel], horizontal: bool, text_px: float, settings: LatticeSettings) -> bool:
    """Whether at least four labels lie on one line by their logarithms, and few of them by their values."""
    numbers = [one for one in line if one.value > 0]
    if len(numbers) < 4:
        return False
    at = np.array([one.box.center_x if horizontal else one.box.center_y for one in numbers])
    values = np.array([one.value for one in numbers])
    slack, sign = settings.label_slack * text_px, 1.0 if horizontal else -1.0
    powers, plain = fit_labels(at, np.log10(values), slack, sign), fit_labels(at, values, slack, sign)
    if powers is None:
        return False
    on_powers = int(np.count_nonzero(powers.labels))
    on_plain = 0 if plain is None else int(np.count_nonzero(plain.labels))
    return on_powers >= max(4, 0.8 * len(numbers)) and on_plain <= 0.6 * len(numbers)


def has_decades(ticks: FloatArray) -> bool:
    """Whether ten ticks in a row (px) stand as 1, 2, …, 10 (or from 10 down) do on a logarithmic axis."""
    shares = np.log10(np.arange(1.0, 11.0))
    for first in range(len(ticks) - 9):
        ten = ticks[first : first + 10]
        place = (ten - ten[0]) / (ten[-1] - ten[0])
        if min(np.abs(place - shares).max(), np.abs(1.0 - place[::-1] - shares).max()) < _DECADE_SLACK:
            return True
    return False


def is_broken(found: AxisLabels) -> bool:
    """Whether labels at one end of the axis say that it leaves values out: a line of their own, or a lone zero."""
    return _has_two_lines(found) or _starts_anew(found)


def _starts_anew(found: AxisLabels) -> bool:
    """Whether the lowest label is a zero where the others count on to another value, and is that zero in full.

    A label that has lost a digit ("0" for 50) is as wide as the others; one between two ticks is of another axis.
    """
    good = found.lattice.labels
    kept = np.unique(found.values[good])
    off = np.flatnonzero(~good)
    step = value_step(kept) if kept.size >= 3 else None
    if off.size != 1 or found.values[off[0]] != 0 or step is None:
        return False
    expected = (found.at[off[0]] - found.lattice.start) / found.lattice.step
    on_tick = abs(expected / step - round(expected / step)) < _OFF_TICK
    widths = [(one.box.width + 1) / max(1, len(one.text.strip())) for one in found.numbers]
    alone = widths[off[0]] * len(found.numbers[off[0]].text.strip()) < 1.5 * float(np.median(np.asarray(widths)[good]))
    below = 0 < round(expected / step) < round(float(kept[0]) / step)
    return bool(on_tick and below and alone)


_OFF_TICK = 0.15
"""Share of the distance of two ticks by which a label may miss its own."""


def _has_two_lines(found: AxisLabels) -> bool:
    """Whether two or more labels at one end form a line of their own with the same step.

    Labels that are the end of the value expected there ("20" for 120) have lost a digit instead.
    """
    order = np.argsort(found.at)
    at, values, good = found.at[order], found.values[order], found.lattice.labels[order]
    off = np.flatnonzero(~good)
    at_one_end = off.size >= 2 and (off[-1] == off.size - 1 or off[0] == good.size - off.size)
    if not at_one_end or np.ptp(values[off]) == 0:
        return False
    step, start = np.polyfit(values[off], at[off], 1)
    apart = np.abs(at[off] - start - step * values[off]).max()
    expected = (at[off] - found.lattice.start) / found.lattice.step
    lost = all(f"{round(value, 3):g}".endswith(f"{seen:g}") for value, seen in zip(expected, values[off], strict=True))
    return bool(
        abs(step / found.lattice.step - 1) < 0.03 and apart < 0.2 * abs(step) * np.ptp(values[off]) and not lost
    )
