"""What the panels of a grid share: labels of one axis printed once for a row or a column, and one legend for all.

A panel without numbers of its own beside an axis has the scale of a panel whose frame lies level with its own, since a
grid is drawn so. A panel without a legend is traced with, and has, that of the only panel with one, if all its curves
look like entries of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from kmdigitize.detect.scales import StatedAxes
from kmdigitize.flags import Flag
from kmdigitize.geometry import FloatArray
from kmdigitize.records.axes import Panel, Scales, Tick
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import TextToken
from kmdigitize.records.printed import LegendEntry, RiskTable
from kmdigitize.text.naming import color_distance
from kmdigitize.text.wordings import is_number

_LEVEL = 0.01
"""Difference of two edges, as a share of the frame, up to which two frames of a grid are level."""
_ONE_COLOR = 60.0
"""Distance in RGB (0-441) within which a curve has the colour of a legend entry and beyond which two entries differ."""
_PALER = 1.6
"""How much deeper or paler all curves may be than the samples of their legend."""


def shared_axes(
    panel: Panel, others: Sequence[tuple[Panel, Scales]], tokens: Sequence[TextToken]
) -> tuple[StatedAxes, ...]:
    """Axes that ``panel`` may share with one of the ``others``, to be tried in turn: y, x, both."""
    y = _common([s.y_ticks for p, s in others if _level(p, panel, 1)]) if not _has_numbers(panel, tokens, 1) else None
    x = _common([s.x_ticks for p, s in others if _level(p, panel, 0)]) if not _has_numbers(panel, tokens, 0) else None
    tried = [StatedAxes(y=y)] if y else []
    tried += [StatedAxes(x=x)] if x else []
    return tuple([*tried, StatedAxes(x, y)] if x and y else tried)


def flagged_as_shared(scales: Scales, axes: StatedAxes) -> Scales:
    """The scales with flags that say which of them were taken from another panel."""
    names = [name for name, ticks in (("x", axes.x), ("y", axes.y)) if ticks]
    flags = [flag for flag in scales.flags if flag.code != "axis_from_facts" or flag.detail not in names]
    return replace(scales, flags=(*flags, *(Flag("axis_shared", name) for name in names)))


def names_arms(table: RiskTable | None) -> bool:
    """Whether the rows of a table have labels; beside another panel's table they may have none."""
    return table is not None and any(row.label for row in table.rows)


def borrowed_legend(
    own: tuple[LegendEntry, ...], legends: Sequence[tuple[LegendEntry, ...]]
) -> tuple[LegendEntry, ...]:
    """The legend of another panel by which the curves of this one may be told apart; empty if there is none.

    Without an ``own`` it is the only one of the ``legends`` of the page; with one it names the same arms and more, of
    which the label was not read here.
    """
    others = {legend for legend in legends if legend and (not own or _is_part(own, legend))}
    return others.pop() if len(others) == 1 else ()


def _is_part(some: Sequence[LegendEntry], legend: Sequence[LegendEntry]) -> bool:
    """Whether ``legend`` has all entries of ``some``, by name, if that was read, and colour, and names more."""
    named = sum(bool(one.label) for one in some)
    more = len(legend) >= len(some) and sum(bool(other.label) for other in legend) > named
    return (
        named > 0
        and more
        and all(
            any(
                one.label in ("", other.label)
                and one.color is not None
                and other.color is not None
                and color_distance(one.color, other.color) <= _ONE_COLOR
                for other in legend
            )
            for one in some
        )
    )


def shared_legend(
    panels: Sequence[tuple[tuple[LegendEntry, ...], Sequence[Trace], bool]],
) -> tuple[tuple[LegendEntry, ...], ...]:
    """The legend of each panel, given its own, its curves, and whether a table names them.

    One that stands under several panels falls apart into pieces, each of which names fewer arms than its panel shows.
    """
    legends = list(dict.fromkeys(legend for legend, _, _ in panels if legend))
    pieces = len(legends) > 1 and all(len(legend) < len(traces) for legend, traces, _ in panels)
    whole = tuple(entry for legend in legends for entry in legend) if pieces or len(legends) == 1 else ()
    shared = [whole if whole and not named and has_looks_of(traces, whole) else () for _, traces, named in panels]
    if pieces:
        return tuple(shared) if all(shared) else tuple(legend for legend, _, _ in panels)
    return tuple(legend or other for (legend, _, _), other in zip(panels, shared, strict=True))


def with_entries_of(
    traces: Sequence[Trace], old: Sequence[LegendEntry], legend: Sequence[LegendEntry]
) -> tuple[Trace, ...]:
    """The curves with the index in ``legend`` of the entry of their ``old`` legend that each was traced along."""
    entries = [old[trace.entry] if trace.entry is not None and trace.entry < len(old) else None for trace in traces]
    return tuple(
        replace(trace, entry=legend.index(entry) if entry in legend else None)
        for trace, entry in zip(traces, entries, strict=True)
    )


def without_settled_count(scales: Scales, curves: int, legend: Sequence[LegendEntry]) -> Scales:
    """The scales without the doubt of the number of curves where a shared legend names just as many."""
    settled = [flag for flag in scales.flags if flag.code != "curve_count_doubtful"]
    return replace(scales, flags=tuple(settled)) if curves == len(legend) else scales


def with_shared_titles(panels: Sequence[tuple[Panel, Scales]]) -> tuple[Scales, ...]:
    """The scales with titles that are printed once for panels of one row or column whose axes have the same labels."""
    return tuple(_titled(panel, scales, panels) for panel, scales in panels)


def _titled(panel: Panel, scales: Scales, panels: Sequence[tuple[Panel, Scales]]) -> Scales:
    level = [s for p, s in panels if _level(p, panel, 1)]
    level += [s for p, s in panels if _level(p, panel, 0) and not _level(p, panel, 1)]
    x = next((s for s in level if s.x_title and _values(s.x_ticks) == _values(scales.x_ticks)), scales)
    y = next((s for s in level if s.y_title and _values(s.y_ticks) == _values(scales.y_ticks)), scales)
    return replace(
        scales,
        x_title=scales.x_title or x.x_title,
        y_title=scales.y_title or y.y_title,
        time_unit=scales.time_unit or ("" if scales.x_title else x.time_unit),
        end_point=scales.end_point or ("" if scales.y_title else y.end_point),
    )


def _values(ticks: Sequence[Tick]) -> list[float | None]:
    return [tick.value for tick in ticks if tick.inlier]


def _common(rows: Sequence[tuple[Tick, ...]]) -> tuple[Tick, ...] | None:
    """The ticks of the first of ``rows`` with two on its scale."""
    for row in rows:
        ticks = tuple(tick for tick in row if tick.value is not None and tick.inlier)
        if len(ticks) >= 2:
            return ticks
    return None


def _level(one: Panel, other: Panel, way: int) -> bool:
    """Whether two frames begin and end at the same row (``way`` 1) or column (0)."""
    a, b = one.frame, other.frame
    ends = ((a.top, b.top), (a.bottom, b.bottom)) if way else ((a.left, b.left), (a.right, b.right))
    near = max(1.0, _LEVEL * (b.height if way else b.width))
    return all(abs(first - second) <= near for first, second in ends)


def _has_numbers(panel: Panel, tokens: Sequence[TextToken], way: int) -> bool:
    """Whether two numbers or more stand beside (``way`` 1) or below (0) the frame in the panel's own region."""
    frame, region = panel.frame, panel.region
    own = [t.box for t in tokens if is_number(t.text) and region.contains(t.box.center_x, t.box.center_y)]
    if way:
        return sum(box.center_x < frame.left and frame.top <= box.center_y <= frame.bottom for box in own) >= 2
    return sum(box.center_y > frame.bottom and frame.left <= box.center_x <= frame.right for box in own) >= 2


def has_looks_of(traces: Sequence[Trace], legend: Sequence[LegendEntry]) -> bool:
    """Whether every curve looks like an entry of the legend, whose entries all differ in colour or all in line type.

    Blur makes the strokes of a legend's samples and of its curves paler than they were drawn by different factors.
    """
    colors = [entry.color for entry in legend if entry.color is not None]
    if not traces or len(traces) > len(legend) or len(colors) < len(legend):
        return False
    types, drawn = {entry.dash for entry in legend} - {"unknown"}, {trace.dash for trace in traces}
    by_type = len(types) == len(legend) and len(drawn) == len(traces) and drawn <= types
    by_color = all(color_distance(a, b) > _ONE_COLOR for a, b in combinations(colors, 2))
    if not by_type and not by_color:
        return False
    depth = 255.0 - np.array(colors), 255.0 - np.array([trace.color for trace in traces])
    deepest = [float(np.linalg.norm(one, axis=1).max()) for one in depth]
    factor = float(np.clip(deepest[1] / max(deepest[0], 1.0), 1 / _PALER, _PALER))
    return any(_farthest(depth[1], paler * depth[0]) < _ONE_COLOR for paler in (1.0, factor))


def _farthest(these: FloatArray, those: FloatArray) -> float:
    """Largest distance of a row of ``these`` (n, 3) to the nearest of ``those`` (m, 3)."""
    return float(np.linalg.norm(these[:, None] - those, axis=2).min(axis=1).max())
