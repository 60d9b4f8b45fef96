"""Legends of two keys: colours for one grouping, line types for another, curves for every pair of them.

Plots of two groupings list colours (all of one line type) and line types (all of one dark grey) one after the other;
no curve looks like an entry of the second key, each looks like one of both. A single key of arms never holds two or
more colours of one line type beside two or more dashes of one colourless ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from kmdigitize.records.printed import LegendEntry

_CHROMA = 40
"""Difference of the channels (0-255) from which a line has a colour of its own."""


def paired_entries(entries: Sequence[LegendEntry]) -> tuple[LegendEntry, ...]:
    """The entries, or one for every pair ``colour, line type`` where the legend is made of two such keys."""
    keys = [list(key) for _, key in groupby(entries, key=_chromatic)]
    if len(keys) != 2 or any(entry.sample is None or entry.color is None for entry in entries):
        return tuple(entries)
    colors, types = sorted(keys, key=lambda key: not _chromatic(key[0]))
    if not _chromatic(colors[0]) or min(len(colors), len(types)) < 2:
        return tuple(entries)
    dashes = {entry.dash for entry in types}
    if len({entry.dash for entry in colors}) > 1 or len(dashes) < len(types) or "unknown" in dashes:
        return tuple(entries)
    return tuple(
        replace(color, label=f"{color.label}, {kind.label}", dash=kind.dash, period=kind.period, n=None, events=None)
        for color in colors
        for kind in types
    )


def _chromatic(entry: LegendEntry) -> bool:
    return entry.color is not None and max(entry.color) - min(entry.color) > _CHROMA
