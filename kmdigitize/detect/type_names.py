"""Which curve of an ink belongs to which entry of the legend, by the line types that the curves themselves show.

A legend's sample is often shorter than its pattern, so that entries are given to curves by what little it shows. Once
all curves of an ink are found, their flats show whole patterns; a sample must look like the beginning of its own.
Names change places only where that fits clearly better: dense marks hide dashes of curves and samples alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from kmdigitize.detect.line_types import measured_type
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.tracing import Arm, Found
from kmdigitize.records.printed import LegendEntry


@dataclass(frozen=True, slots=True)
class TypeNameSettings:
    """What a sample and a curve of one name may differ by."""

    near_px: float = 1.2
    """Difference of two lengths that pixels make at both ends of a sample's pieces."""
    unlike: float = 0.5
    """Difference of their logarithms that costs one unit."""
    wrong: float = 2.0
    """Cost of a solid sample for a line with shorter dashes, or the other way about; no pair costs more."""
    untold: float = 0.5
    """Cost where the sample or the curve does not tell its type."""
    cut: float = 0.2
    """Cost of a sample that shows one kind of dash where the curve has two: only the beginning of the pattern."""
    more: float = 0.8
    """Cost of a sample that shows two kinds where the curve has one."""
    lead: float = 1.0
    """Gain from which names change places,"""
    fits: float = 0.5
    """and what each may then cost."""


def named_by_types(sheet: Sheet, curves: Sequence[Found], legend: Sequence[LegendEntry]) -> list[Found]:
    """The curves of one ink, their entries of the ``legend`` exchanged where their line types fit clearly better."""
    s = TypeNameSettings()
    named = [i for i, curve in enumerate(curves) if curve.arm.entry is not None]
    if len(named) < 2:
        return list(curves)
    entries = [entry for i in named if (entry := curves[i].arm.entry) is not None]
    shown = [measured_type(sheet, curves[i]) for i in named]
    cost = np.array([[_cost(legend[entry], arm, s) for entry in entries] for arm in shown])
    result = list(curves)
    for ring in _rings(linear_sum_assignment(cost)[1].tolist()):
        own = np.array([cost[row, row] for row, _ in ring])
        new = np.array([cost[row, column] for row, column in ring])
        if own.sum() - new.sum() < s.lead or new.max() > s.fits:
            continue
        for row, column in ring:
            curve = curves[named[row]]
            result[named[row]] = replace(curve, arm=replace(curve.arm, entry=entries[column]))
    return result


def _rings(wanted: Sequence[int]) -> list[list[tuple[int, int]]]:
    """The rounds, as (place, wanted place), in which places are exchanged to get to the ``wanted`` ones."""
    left = {place for place, other in enumerate(wanted) if other != place}
    rings = []
    while left:
        ring, place = [], min(left)
        while place in left:
            left.remove(place)
            ring.append((place, wanted[place]))
            place = wanted[place]
        rings.append(ring)
    return rings


def _cost(entry: LegendEntry, shown: Arm, s: TypeNameSettings) -> float:
    """How badly the sample of ``entry`` fits the beginning of the line type that a curve shows."""
    if "unknown" in (entry.dash, shown.dash) or not shown.measured:
        return s.untold
    if entry.dash == "solid":
        length = entry.sample.width + 1 if entry.sample is not None else np.inf
        if shown.dash == "solid":
            return 0.0
        return s.cut if any(on > length - s.near_px for on in shown.period[::2]) else s.wrong
    if shown.dash == "solid":
        return s.wrong
    if len(entry.period) < 2 or len(shown.period) < 2:
        return s.untold
    pairs = [(a, b) for a in _beginnings(entry.period) for b in _beginnings(shown.period)]
    off = min(max(_apart(on, own, s), _apart(gap, free, s)) for (on, gap), (own, free) in pairs)
    mixed = entry.dash == "dashdot", shown.dash == "dashdot"
    return min(off + {(True, False): s.more, (False, True): s.cut}.get(mixed, 0.0), s.wrong)


def _beginnings(period: tuple[float, ...]) -> list[tuple[float, float]]:
    """Each dash of a pattern with the gap behind it: a line may begin with any."""
    return list(zip(period[::2], period[1::2], strict=False))


def _apart(a: float, b: float, s: TypeNameSettings) -> float:
    """How unlike two lengths (px) are."""
    return 0.0 if abs(a - b) <= s.near_px else abs(float(np.log(a / b))) / s.unlike
