"""Which name, legend entry and table row belongs to which curve.

A curve that was traced along a legend entry has that entry's name. The others are matched so that the sum of all
disagreements in colour, dash and (for direct labels) distance is smallest. Table rows join legend entries by their
text; where there is no legend they are matched to curves by colour, else by the counts: an arm whose curve falls
faster cannot lose its patients more slowly.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import FloatArray
from kmdigitize.primitives import assigned_pairs
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Rgb
from kmdigitize.records.printed import LegendEntry, RiskRow, RiskTable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ArmName:
    """Name of one curve with the indices of its legend entry and table row (None: has none)."""

    name: str = ""
    entry: int | None = None
    row: int | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class NamingSettings:
    """Tuning of the matching."""

    similar: float = 0.6
    """Similarity of two labels (0-1) from which they are one label read twice."""
    near_color: float = 60.0
    """Distance of two colours (RGB, 0-255) that costs one unit."""
    wrong_dash: float = 1.0
    """Cost of different dashes."""
    beside: float = 3.0
    """A label in the colour of the text that is this many text heights or more from its curve hardly names it."""
    lead: float = 0.25
    """A match is doubtful if exchanging two names costs less than this more."""


def arms_of_table(table: RiskTable | None, legend: Sequence[LegendEntry]) -> int | None:
    """How many arms the risk table announces; None without one, or if it lacks arms that the ``legend`` shows."""
    shown = sum(bool(entry.label) and entry.color is not None for entry in legend)
    return len(table.rows) if table is not None and len(table.rows) >= shown else None


def name_arms(
    traces: Sequence[Trace],
    legend: Sequence[LegendEntry],
    risk_table: RiskTable | None,
    scales: Scales,
    settings: NamingSettings | None = None,
) -> tuple[ArmName, ...]:
    """One name for each trace, in the order of ``traces``; "" with the flag arm_unnamed where nothing names it."""
    settings = settings or NamingSettings()
    rows = risk_table.rows if risk_table else ()
    entries = _entries_of_traces(traces, legend, scales, settings) if legend else {}
    row_of_entry = _rows_of_entries(legend, rows, settings)
    entries = _settled_by_counts(traces, legend, (entries, {e: rows[r] for e, r in row_of_entry.items()}), scales)
    row_of_trace = {t: (row_of_entry[e], False) for t, (e, _) in entries.items() if e in row_of_entry}
    free_traces = [t for t in range(len(traces)) if t not in row_of_trace]
    free_rows = [r for r in range(len(rows)) if r not in {row for row, _ in row_of_trace.values()}]
    row_of_trace |= _rows_of_traces([(t, traces[t]) for t in free_traces], [(r, rows[r]) for r in free_rows], scales)
    names = tuple(_name(t, legend, rows, entries.get(t), row_of_trace.get(t)) for t in range(len(traces)))
    log.debug("arms named %s", [(n.name, n.entry, n.row) for n in names])
    return names


def _name(
    trace: int,
    legend: Sequence[LegendEntry],
    rows: Sequence[RiskRow],
    entry: tuple[int, bool] | None,
    row: tuple[int, bool] | None,
) -> ArmName:
    flags = []
    name = legend[entry[0]].label if entry else (rows[row[0]].label if row else "")
    if not name:
        flags.append(Flag("arm_unnamed"))
    if (entry and entry[1]) or (row and row[1]):
        flags.append(Flag("arm_name_doubtful", name))
    return ArmName(name, entry[0] if entry else None, row[0] if row else None, tuple(flags))


def _entries_of_traces(
    traces: Sequence[Trace], legend: Sequence[LegendEntry], scales: Scales, settings: NamingSettings
) -> dict[int, tuple[int, bool]]:
    """Legend entry of each trace and whether that is doubtful; the tracer's own choice is taken first."""
    given = {t: (trace.entry, False) for t, trace in enumerate(traces) if _followed(trace, legend, t, traces)}
    free = [t for t in range(len(traces)) if t not in given]
    left = [e for e in range(len(legend)) if e not in {entry for entry, _ in given.values()}]
    result: dict[int, tuple[int, bool]] = {t: (e, d) for t, (e, d) in given.items() if e is not None}
    if not free or not left:
        return result
    cost = np.array([[_entry_cost(traces[t], legend[e], scales, settings) for e in left] for t in free])
    for t, e, doubtful in _assign(cost, settings.lead):
        direct = legend[left[e]].place == "direct" and legend[left[e]].color is None
        result[free[t]] = (left[e], doubtful or (direct and bool(cost[t, e] >= settings.beside)))
    return result


def _settled_by_counts(
    traces: Sequence[Trace],
    legend: Sequence[LegendEntry],
    matched: tuple[dict[int, tuple[int, bool]], dict[int, RiskRow]],
    scales: Scales,
) -> dict[int, tuple[int, bool]]:
    """Entries exchanged among curves that no colour tells apart where the counts of their rows leave no choice.

    ``matched`` are the entries of the traces and the rows of the entries. Dashes are easily mistaken for one another
    on small or scanned figures; a curve that falls faster than its row is impossible.
    """
    entries, row_of_entry = matched
    inked = {t: legend[e].color or traces[t].color for t, (e, _) in entries.items() if e in row_of_entry}
    plain = [t for t, color in inked.items() if not _chromatic([color])]
    free = [e for e in row_of_entry if e not in {e for e, _ in entries.values()} and not _chromatic([legend[e].color])]
    if len(plain) < 2 and not (plain and free):
        return entries
    choice = [entries[t][0] for t in plain] + free
    fit = np.array([[_count_cost(traces[t], row_of_entry[e], scales) for e in choice] for t in plain])
    moved = np.array([[_moving_cost(legend[entries[t][0]], legend[e]) for e in choice] for t in plain])
    result = dict(entries)
    for t, e, doubtful in _assign(fit + moved, 0.5):
        if choice[e] != entries[plain[t]][0]:
            result[plain[t]] = (choice[e], doubtful)
    return result


def _moving_cost(given: LegendEntry, other: LegendEntry) -> float:
    """What the counts must outweigh to take a curve from the entry it followed to another one."""
    if given is other:
        return 0.0
    return 0.3 if "unknown" in (given.dash, other.dash) or given.dash == other.dash else 1.0


def _followed(trace: Trace, legend: Sequence[LegendEntry], index: int, traces: Sequence[Trace]) -> bool:
    """The tracer followed an entry that no earlier trace followed."""
    if trace.entry is None or trace.entry >= len(legend):
        return False
    return trace.entry not in [other.entry for other in traces[:index]]


def _entry_cost(trace: Trace, entry: LegendEntry, scales: Scales, settings: NamingSettings) -> float:
    cost = 0.0
    if entry.color is not None:
        cost += min(3.0, color_distance(trace.color, entry.color) / settings.near_color)
    if "unknown" not in (trace.dash, entry.dash) and trace.dash != entry.dash:
        cost += settings.wrong_dash * (1.0 if "solid" in (trace.dash, entry.dash) else 0.5)
    if entry.place == "direct":
        cost += _distance_cost(trace, entry, scales)
    return cost


def _distance_cost(trace: Trace, entry: LegendEntry, scales: Scales) -> float:
    """Distance of a direct label from the curve, in text heights, at most 6."""
    box = entry.box
    height = box.height + 1
    columns = np.clip(np.linspace(box.left - height, box.right + height, 9), trace.start, trace.end)
    gap = np.maximum(0.0, np.abs(trace.row_at(columns) - box.center_y) - height / 2)
    aside = max(0.0, box.left - trace.end, trace.start - box.right)
    return float(min(6.0, (np.median(np.sort(gap)[:3]) + 0.5 * aside) / height))


def color_distance(a: Rgb, b: Rgb) -> float:
    """Euclidean distance of two colours in RGB (0-441)."""
    return float(np.linalg.norm(np.asarray(a, np.float64) - np.asarray(b, np.float64)))


def _assign(cost: FloatArray, lead: float) -> list[tuple[int, int, bool]]:
    """Pairs of the cheapest one-to-one assignment; doubtful where exchanging two of them costs hardly more."""
    left, right = assigned_pairs(cost)
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    result = []
    for a, b in pairs:
        swaps = [cost[a, d] + cost[c, b] - cost[a, b] - cost[c, d] for c, d in pairs if c != a]
        free = [cost[a, d] - cost[a, b] for d in range(cost.shape[1]) if d not in right]
        result.append((a, b, bool(min([*swaps, *free], default=np.inf) < lead)))
    return result


def _rows_of_entries(
    legend: Sequence[LegendEntry], rows: Sequence[RiskRow], settings: NamingSettings
) -> dict[int, int]:
    """Table row of each legend entry by similar labels, else by colour, else by order where the numbers are equal."""
    if not legend or not rows:
        return {}
    shared = [next((i for i, r in enumerate(rows) if e.label.startswith(f"{r.label}, ")), None) for e in legend]
    if all(row is not None for row in shared):  # pairs of two groupings, of which the table lists the first
        return {e: row for e, row in enumerate(shared) if row is not None}
    alike = np.array([[_similarity(e.label, r.label) for r in rows] for e in legend])
    same = alike == 1.0  # a label that is repeated is its row's, whatever another one resembles
    pairs = [(e, r) for e, r, _ in _assign(-alike - same, 0.0) if alike[e, r] >= settings.similar]
    result = dict(pairs)
    rest = [e for e in range(len(legend)) if e not in result]
    left = [r for r in range(len(rows)) if r not in result.values()]
    colors = [rows[r].color for r in left]
    if rest and len(rest) == len(left):
        if len(rest) > 1 and all(colors) and all(legend[e].color for e in rest) and _chromatic(colors):
            cost = np.array([[_colors_apart(legend[e].color, rows[r].color) for r in left] for e in rest])
            result |= {rest[e]: left[r] for e, r, _ in _assign(cost, 0.0)}
        else:
            result |= dict(zip(rest, left, strict=True))
    return result


def _chromatic(colors: Sequence[Rgb | None]) -> bool:
    return any(color is not None and max(color) - min(color) > 60 for color in colors)


def _different(colors: Sequence[Rgb | None]) -> bool:
    """Whether each colour, be it a grey, differs clearly from every other one."""
    return len(colors) > 1 and all(_colors_apart(a, b) > 100 for a, b in combinations(colors, 2))


def _colors_apart(a: Rgb | None, b: Rgb | None) -> float:
    return color_distance(a or (0, 0, 0), b or (0, 0, 0))


def _similarity(a: str, b: str) -> float:
    """Similarity of two labels in [0, 1], without blanks and letter case."""
    plain = ["".join(c for c in text.lower() if c.isalnum() or c in "<>=+≤≥") for text in (a, b)]
    if plain[0] == plain[1]:
        return 1.0 if plain[0] else 0.0
    return SequenceMatcher(None, plain[0], plain[1], autojunk=False).ratio()


def _rows_of_traces(
    traces: list[tuple[int, Trace]], rows: list[tuple[int, RiskRow]], scales: Scales
) -> dict[int, tuple[int, bool]]:
    """Table row of each trace that no legend names, and whether that is doubtful."""
    if not traces or not rows:
        return {}
    if len(traces) == 1 and len(rows) == 1:
        return {traces[0][0]: (rows[0][0], False)}
    colors = [row.color for _, row in rows]
    if _chromatic(colors) or _different(colors):
        cost = np.array([[_colors_apart(t.color, r.color) / 60.0 for _, r in rows] for _, t in traces])
        lead = 0.3
    else:
        cost = np.array([[_count_cost(t, r, scales) for _, r in rows] for _, t in traces])
        lead = 0.5
    return {traces[t][0]: (rows[r][0], doubtful) for t, r, doubtful in _assign(cost, lead)}


def _count_cost(trace: Trace, row: RiskRow, scales: Scales) -> float:
    """How badly the counts fit the curve.

    Between two printed times no larger share of patients can leave than the curve and the censorings take, and
    never a smaller one than the curve alone: counts above n(s) S(t)/S(s) are impossible, and counts far below mean
    much censoring. Impossible losses are weighed ten times.
    """
    columns = scales.x.to_px(row.times)
    inside = columns <= trace.end + 1
    survival = np.clip(scales.survival(trace.row_at(columns)), 1e-3, 1.0)[inside]
    counts = np.asarray(row.counts, np.float64)[inside]
    if len(counts) < 2:
        return 1.0
    possible = counts[:-1] * survival[1:] / survival[:-1]
    noise = np.sqrt(np.maximum(1.0, counts[:-1] * 0.02)) + 1.0
    above = np.maximum(0.0, counts[1:] - possible - noise) / noise
    below = np.maximum(0.0, possible - counts[1:]) / np.maximum(1.0, counts[:-1])
    return float(10.0 * above.mean() + below.mean())
