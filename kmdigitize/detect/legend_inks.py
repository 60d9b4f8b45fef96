"""The inks that the legend's line samples show: entries whose colours cannot be told apart share one.

Samples are thin and short: blur pales dots, and a stroke that lies in two rows of pixels fills neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.detect.clusters import InkColors
from kmdigitize.detect.departures import depth, hue_apart, shades_apart
from kmdigitize.detect.ink_records import BLACK, Ink, InkSettings, as_color, is_grey
from kmdigitize.detect.runs import Image
from kmdigitize.records.printed import LegendEntry

_DOTS = ("dotted", "dashdot")


def inks_of_legend(legend: Sequence[LegendEntry], panel: Image, lossy: bool, s: InkSettings) -> list[Ink]:
    """The inks of legend entries with a line sample, entries of one colour merged."""
    samples = [
        i
        for i, entry in enumerate(legend)
        if entry.place == "legend" and entry.color and depth(panel, entry.color) > s.faint * depth(panel, BLACK)
    ]
    colors = {i: np.array(legend[i].color, float) for i in samples}
    groups: list[list[int]] = []
    for i in sorted(samples, key=lambda i: (legend[i].dash != "solid", legend[i].dash in _DOTS)):
        for group in groups:
            mean = np.mean([colors[j] for j in group], axis=0)
            ratio = depth(panel, as_color(mean)) / depth(panel, as_color(colors[i]))
            hue = hue_apart(panel, as_color(mean), as_color(colors[i]))
            same = hue < 0.5 * s.same_hue and abs(np.log(ratio)) < np.log(s.darker) / 2
            # Blur makes the dots of a line paler than the dashes and solid lines of the same ink.
            broken = lossy and legend[i].dash != "solid" and all(legend[j].dash != legend[i].dash for j in group)
            most = s.blurred if legend[i].dash in _DOTS else s.darker
            blurred = broken and is_grey(as_color(colors[i]), panel) and hue < 0.5 * s.same_hue and 0.9 < ratio < most
            straddled = hue < 0.5 * s.same_hue and _straddles(legend[i], legend[group[0]], panel, s)
            if same or blurred or straddled or np.linalg.norm(mean - colors[i]) < s.alike:
                group.append(i)
                break
        else:
            groups.append([i])
    result = []
    for group in groups:
        pure = (
            [j for j in group if legend[j].dash == "solid"]
            or [j for j in group if legend[j].dash not in _DOTS]
            or group
        )
        deepest = max(group, key=lambda j: depth(panel, as_color(colors[j])))
        if any(_straddles(legend[j], legend[deepest], panel, s) for j in group if j != deepest):
            pure = [deepest]
        arms = tuple((j, legend[j].dash) for j in group)
        thick = all((legend[j].stroke_px or 0.0) >= s.thick for j in pure)
        result.append(Ink(as_color(np.mean([colors[j] for j in pure], axis=0)), arms, sure=thick))
    return result


def _straddles(a: LegendEntry, b: LegendEntry, panel: Image, s: InkSettings) -> bool:
    """Whether one of two samples is as much paler as it is wider: it lies in two rows of pixels, the other in one."""
    pale, deep = sorted((a, b), key=lambda e: depth(panel, e.color or BLACK))
    if pale.stroke_px is None or deep.stroke_px is None or pale.stroke_px > s.two_rows:
        return False
    paler = depth(panel, deep.color or BLACK) / depth(panel, pale.color or BLACK)
    wider = pale.stroke_px / deep.stroke_px
    return paler > s.darker and abs(np.log(wider / paler)) < np.log(s.darker) / 2


def without_unshown(
    drawn: Sequence[Ink], named: Sequence[Ink], legend: Sequence[LegendEntry], panel: Image
) -> list[Ink]:
    """The inks as ``drawn``, where the curves of a grey that the panel lacks are drawn in one of about its shade.

    ``named`` are the same inks as the legend shows them: samples thinner than two pixels fill none of them, so that
    two of one ink may differ.
    """
    s = InkSettings()
    result = list(drawn)
    for ink, sample in zip(drawn, named, strict=True):
        thin = all(0 < (legend[i].stroke_px or 0.0) < s.two_rows for i, _ in ink.arms)
        if ink.share or not thin or not is_grey(sample.color, panel):
            continue
        for other, shown in zip(drawn, named, strict=True):
            near = shades_apart(panel, sample.color, shown.color) < s.darker
            if other.share and near and is_grey(shown.color, panel):
                i = next(i for i, kept in enumerate(result) if kept.color == other.color)
                result[i] = replace(other, arms=tuple(sorted((*result[i].arms, *ink.arms))))
                result.remove(ink)
                break
    return result


def paled_alike(found: InkColors, named: Sequence[Ink], panel: Image, lossy: bool, s: InkSettings) -> list[int] | None:
    """Which cluster each of two or more ``named`` inks is where all samples are paler than their curves by one factor.

    Samples of one width that lie alike in their rows of pixels are. The deepest cluster of the deepest ink's hue tells
    the factor. None where it gives not every ink a cluster of its own.
    """
    hue, slack = (s.one_hue_lossy, np.log(s.darker)) if lossy else (s.one_hue, np.log(s.darker) / 4)
    colors = [as_color(color) for color in found.colors]
    factors = np.full((len(named), len(colors)), -np.inf)
    for n, ink in enumerate(named):
        for i, color in enumerate(colors):
            if hue_apart(panel, color, ink.color) < hue and is_grey(color, panel) == is_grey(ink.color, panel):
                factors[n, i] = np.log(depth(panel, color) / depth(panel, ink.color))
    factor = factors[int(np.argmax([depth(panel, ink.color) for ink in named]))].max(initial=-np.inf)
    if factor <= np.log(s.darker):
        return None
    shares = np.where(np.abs(factors - factor) < slack, found.shares, 0.0)
    owned = [int(i) for i in shares.argmax(axis=1)]
    return owned if len(set(owned)) == len(named) > 1 and shares.any(axis=1).all() else None
