"""One fitted axis: the record and how it comes from a lattice of ticks or from a stated range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kmdigitize.detect.scales_labels import AxisLabels
from kmdigitize.detect.scales_lattice import Lattice
from kmdigitize.flags import Flag
from kmdigitize.geometry import AxisScale, FloatArray, ScaleSource
from kmdigitize.records.axes import Tick, TickRow


@dataclass(frozen=True, slots=True)
class Axis:
    """One fitted axis in printed units."""

    scale: AxisScale
    ticks: tuple[Tick, ...]
    percent: bool
    flags: tuple[Flag, ...]


def fitted_axis(
    found: AxisLabels, source: ScaleSource, lattice: Lattice, name: str, poor_fit: float, few_labels: int
) -> Axis:
    """The axis with its ticks and what is doubtful about it."""
    inlier = found.lattice.labels
    scale = AxisScale(
        1 / lattice.step,
        -lattice.start / lattice.step,
        lattice.rms_px,
        int(lattice.ticks.size or np.count_nonzero(inlier)),
        source,
    )
    flags = []
    if source == "labels":
        flags.append(Flag("axis_from_labels", name))
    elif lattice.rms_px > poor_fit:
        flags.append(Flag("axis_poor_fit", f"{name}: {lattice.rms_px:.2f} px"))
    if found.distinct < few_labels:
        flags.append(Flag("axis_few_labels", name))
    percent = any(one.percent for one, good in zip(found.numbers, inlier, strict=True) if good)
    return Axis(scale, _ticks(found, lattice), percent, tuple(flags))


def _ticks(found: AxisLabels, lattice: Lattice) -> tuple[Tick, ...]:
    """Every tick with its value, in order of value, and the labels that lie on no tick as outliers."""
    texts = {round(float(value), 9): one.text for one, value in zip(found.numbers, found.values, strict=True)}
    if lattice.ticks.size:
        order = np.argsort(lattice.values)
        places = zip(lattice.ticks[order], lattice.values[order], strict=True)
    else:
        order = np.argsort(found.values[lattice.labels])
        places = zip(found.at[lattice.labels][order], found.values[lattice.labels][order], strict=True)
    ticks = [Tick(float(at), _tidy(value), texts.get(round(float(value), 9), "")) for at, value in places]
    outliers = [
        Tick(float(at), _tidy(one.value), one.text, inlier=False)
        for one, at, good in zip(found.numbers, found.at, lattice.labels, strict=True)
        if not good
    ]
    return tuple(ticks + outliers)


def _tidy(value: float) -> float:
    """The value without the last bits of arithmetic."""
    return round(float(value), 9) + 0.0


def stated_axis(row: TickRow, stated: tuple[float, float], name: str, horizontal: bool) -> Axis:
    """The stated range between the outermost ticks, or the ends of the frame if fewer than two ticks were found."""
    family = next((places for places in (row.outside, row.inside) if evenly_spaced(places)), None)
    ends = (float(family[0]), float(family[-1])) if family is not None else row.ends
    values = stated if horizontal else stated[::-1]
    scale = AxisScale.through(ends, values, source="facts")
    ticks = tuple(Tick(px, value) for px, value in zip(ends, values, strict=True))
    return Axis(scale, ticks if horizontal else ticks[::-1], False, (Flag("axis_from_facts", name),))


def pinned_axis(ticks: tuple[Tick, ...], name: str, poor_fit: float) -> Axis:
    """The straight line through the pinned ``ticks``, doubted where they do not lie on one."""
    px = np.array([tick.position for tick in ticks])
    values = np.array([np.nan if tick.value is None else tick.value for tick in ticks])
    slope, intercept = np.polyfit(px, values, 1)
    away = float(np.sqrt(np.mean(((values - intercept) / slope - px) ** 2)))
    flags = [Flag("axis_from_facts", name)]
    if away > poor_fit:
        flags.append(Flag("axis_poor_fit", f"{name}: {away:.2f} px"))
    return Axis(AxisScale(float(slope), float(intercept), away, len(ticks), "facts"), ticks, False, tuple(flags))


def evenly_spaced(places: FloatArray) -> bool:
    """Whether there are ticks enough, and all gaps are multiples of the smallest."""
    if places.size < 3:
        return places.size == 2
    gaps = np.diff(places) / np.diff(places).min()
    return bool(np.all(np.abs(gaps - np.rint(gaps)) <= 0.15))
