"""Headings and cells of small tables of statistics: what a column holds and what one row of cells says.

A heading counts only if all of its words are known; a row is read along its columns, so that it does not matter
whether neighbouring cells were read as one piece of text. Cells are normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from kmdigitize.reported import HazardRatio, Landmark, PValue
from kmdigitize.text.stat_arms import in_order, reached
from kmdigitize.text.stat_text import NUMBER

Kind = Literal["n", "events", "events/n", "median", "hazard ratio", "limits", "p", "landmark"]

_UNIT = r"(?:months?|mos?\.?|mths?|years?|yrs?\.?|days?|weeks?|wks?\.?)"
_CI = r"[(\[]?\s*\d\d\s*%?\s*(?:CI|C\.I\.|KI|IC|conf(?:idence)?\.?\s*(?:intervals?|limits))\s*[)\]]?"
_IN_UNIT = rf"(?:\s*[,;]?\s*(?:in\s+)?[(\[]?\s*{_UNIT}\s*[)\]]?)?"
_END_POINT = (
    r"(?:(?:overall|(?:progression|disease|event|relapse|recurrence)[\s-]*free)|survival|time|follow[\s-]*up"
    r"|OS|PFS|DFS|EFS|RFS)"
)
_COUNT = r"(?:(?:no\.?|number|#|n)\s*(?:of\s+)?)?"
_HEADINGS: tuple[tuple[Kind, str], ...] = (
    (
        "events/n",
        rf"{_COUNT}(?:events?|deaths?)\s*(?:/|of)\s*(?:n|total(?:\s+no\.?)?|(?:no\.?\s+of\s+)?patients|pts\.?)"
        r"(?:\s*\(%\))?",
    ),
    ("median", rf"(?:median|m(?=OS|PFS))(?:\s*{_END_POINT})*{_IN_UNIT}(?:\s*[,;]?\s*{_CI})?{_IN_UNIT}"),
    ("hazard ratio", rf"(?:(?:un)?(?:adjusted|stratified)\s+)?(?:hazard\s+ratio|[as]?HR)(?:\s*[,;]?\s*{_CI})?"),
    ("limits", _CI),
    (
        "p",
        r"(?:log[\s-]?rank\s+)?p(?:[\s-]*values?)?(?:\s*\((?:stratified\s+)?(?:log[\s-]?rank|two-sided|one-sided|cox)"
        r"(?:\s+test)?\))?|(?:stratified\s+)?log[\s-]?rank(?:\s+test)?",
    ),
    (
        "landmark",
        rf"\d+(?:\.\d+)?\s*-?\s*{_UNIT}\s*(?:{_END_POINT}|rate|estimate|\s)*\s*,?\s*[(\[]?%[)\]]?(?:\s*[,;]?\s*{_CI})?",
    ),
    ("events", rf"{_COUNT}(?:events?|deaths?)(?:\s*,?\s*(?:n|no\.?))?(?:\s*\(%\))?"),
    (
        "n",
        r"n|no\.?|total(?:\s+no\.?)?|(?:no\.?|number)\s+(?:of\s+)?(?:patients|pts\.?|subjects|participants)|patients"
        r"|subjects",
    ),
)
_LIMIT = rf"(?:{NUMBER}|NR|NE|NA|not\s+reached|not\s+estimable|--?|∞)"
_LIMITS = rf"[(\[]?\s*(?P<low>{_LIMIT})\s*(?:-|to|,|;)\s*(?P<high>{_LIMIT})\s*[)\]]?"
_BRACKETED = rf"(?:\s*(?:(?=[(\[])|{_CI}\s*){_LIMITS})?"
_SHARE = r"(?:\s*[(\[]\s*[\d.]+\s*%?\s*[)\]])?"
_REFERENCE = r"(?P<reference>ref(?:erence|\.)?|-+)"
_CELLS: dict[Kind, str] = {
    "n": rf"(?P<n>\d{{1,6}}){_SHARE}",
    "events": rf"(?P<events>\d{{1,6}}){_SHARE}",
    "events/n": rf"(?P<events>\d{{1,6}})\s*(?:/|of)\s*(?P<n>\d{{1,6}}){_SHARE}",
    "median": rf"(?P<median>{NUMBER}|NR|NE|NA|not\s+(?:yet\s+)?reached)\s*(?:{_UNIT})?{_BRACKETED}",
    "hazard ratio": rf"(?:(?P<ratio>{NUMBER}){_BRACKETED}|{_REFERENCE})",
    "limits": rf"(?:{_LIMITS}|{_REFERENCE})",
    "p": rf"(?:(?:p\s*)?(?P<relation>[<>=]?)\s*(?P<p>{NUMBER})|{_REFERENCE})",
    "landmark": rf"(?P<landmark>{NUMBER})\s*%?{_BRACKETED}",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column (or a line) of a table holds, with the words that say so."""

    kind: Kind
    text: str

    @property
    def unit(self) -> str:
        """The unit of time that the heading names, "" if none."""
        found = re.search(rf"(?i)(?<![a-z]){_UNIT}(?![a-z])", self.text)
        return found.group(0) if found and self.kind == "median" else ""

    @property
    def has_limits(self) -> bool:
        """Whether an estimate's limits stand in the same cell."""
        return self.kind == "limits" or re.search(rf"(?i){_CI}", self.text) is not None


@dataclass
class StatRow:
    """What a table says of one arm; ``reference`` where it stands as the others' reference."""

    arm: str
    n: int | None = None
    events: int | None = None
    median: str | None = None
    limits: tuple[str, str] | None = None
    unit: str = ""
    ratio: HazardRatio | None = None
    p: PValue | None = None
    landmarks: list[tuple[str, Landmark]] = field(default_factory=list)
    reference: bool = False


def heading_of(text: str) -> Heading | None:
    """The heading that normalised ``text`` is, None if any of its words is not known."""
    plain = re.sub(r"(?<=[a-z])[I|l!](?=\s*[(\[])", " ", text.strip(" :.*†‡§|_"))  # a line that crosses the heading
    for kind, pattern in _HEADINGS:
        if re.fullmatch(pattern, plain, re.IGNORECASE):
            return Heading(kind, plain)
    return None


def headings_of(text: str) -> list[tuple[Heading, float, float]]:
    """Headings that were read as one piece of text, each with its place from 0 to 1; empty where a word is strange."""
    gaps = [found.span() for found in re.finditer(r"\s+", text)]
    for begin, end in gaps:
        first, rest = heading_of(text[:begin]), text[end:]
        if first is None:
            continue
        alone = heading_of(rest)
        others = [(alone, 0.0, 1.0)] if alone else headings_of(rest)
        if others:
            size, from_ = len(text), end / len(text)
            moved = [(h, from_ + a * len(rest) / size, from_ + b * len(rest) / size) for h, a, b in others]
            return [(first, 0.0, begin / size), *moved]
    return []


def read_cells(text: str, headings: Sequence[Heading], row: StatRow) -> bool:
    """Adds what ``text`` says under ``headings`` to ``row``; False, and nothing added, where it does not fit them."""
    pattern = r"[\s,;]*".join(
        re.sub(r"\(\?P<(\w+)>", rf"(?P<\1_{i}>", _CELLS[heading.kind]) for i, heading in enumerate(headings)
    )
    match = re.fullmatch(rf"\W{{0,2}}?{pattern}[\s*†‡§.]*", text.strip(), re.IGNORECASE)
    if match is None:
        return False
    groups = match.groupdict()
    cells = [
        {name.rpartition("_")[0]: value for name, value in groups.items() if name.endswith(f"_{i}")}
        for i in range(len(headings))
    ]
    if not all(_possible(cell) for cell in cells):
        return False
    for heading, cell in zip(headings, cells, strict=True):
        _add(heading, cell, row)
    return True


def _possible(cell: dict[str, str | None]) -> bool:
    p = cell.get("p")
    events, n = cell.get("events"), cell.get("n")
    return (p is None or float(p) <= 1) and (events is None or n is None or int(events) <= int(n))


def _add(heading: Heading, cell: dict[str, str | None], row: StatRow) -> None:
    if cell.get("reference"):
        row.reference = True
        return
    low, high = cell.get("low"), cell.get("high")
    limits = (reached(low), reached(high)) if low and high else None
    if heading.kind in ("n", "events", "events/n"):
        row.n = int(cell["n"]) if cell.get("n") else row.n  # type: ignore[arg-type]
        row.events = int(cell["events"]) if cell.get("events") else row.events  # type: ignore[arg-type]
    elif heading.kind == "median" and cell["median"]:
        row.median, row.unit = reached(cell["median"]), heading.unit
        row.limits = limits if in_order(limits, row.median) else None
    elif heading.kind == "hazard ratio" and cell["ratio"]:
        row.ratio = HazardRatio(value=cell["ratio"], limits=limits if in_order(limits, cell["ratio"]) else None)
    elif heading.kind == "limits":
        _add_limits(limits, row)
    elif heading.kind == "p" and cell["p"]:
        words = heading.text.lower()
        test = "log-rank" if re.search(r"log[\s-]?rank", words) else None
        row.p = PValue(value=cell["p"], relation=cell["relation"] or "=", test=test)  # type: ignore[arg-type]
    elif heading.kind == "landmark" and cell["landmark"]:
        _add_landmark(heading, cell["landmark"], limits, row)


def _add_limits(limits: tuple[str, str] | None, row: StatRow) -> None:
    """Limits in a column of their own belong to the estimate before them."""
    if row.ratio is not None and row.ratio.limits is None and in_order(limits, row.ratio.value):
        row.ratio = row.ratio.model_copy(update={"limits": limits})
    elif row.ratio is None and row.median is not None and row.limits is None and in_order(limits, row.median):
        row.limits = limits


def _add_landmark(heading: Heading, value: str, limits: tuple[str, str] | None, row: StatRow) -> None:
    when = re.match(rf"(?i)(\d+(?:\.\d+)?)\s*-?\s*({_UNIT})", heading.text)
    if when and float(value) <= 100:
        sure = limits if limits and "NR" not in limits and in_order(limits, value) else None
        row.landmarks.append((when.group(2), Landmark(time=when.group(1), survival=value, limits=sure)))
