"""Statistics in words: a set of wordings, and laws that hold for all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kmdigitize.reported import Reported
from kmdigitize.text.statistics import parse_statistics

WORDINGS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "statistics_wordings.jsonl").read_text(encoding="utf-8").splitlines()
]
SHARED = Path(os.environ.get("KMDIGITIZE_SHARED", Path(__file__).parents[1] / ".." / "shared"))


def _found(reports: tuple[Reported, ...]) -> set[tuple[Any, ...]]:
    items: set[tuple[Any, ...]] = set()
    for report in reports:
        if report.n is not None:
            items.add(("n", report.n))
        for ratio in report.hazard_ratios:
            items.add(("hr", ratio.value, *(ratio.limits or (None, None))))
        items |= {("p", p.relation, p.value, p.sides) for p in report.p_values}
        for arm in report.arms:
            if arm.median is not None:
                items.add(("median", arm.name, arm.median, *(arm.median_limits or (None, None))))
            items |= {("landmark", arm.name, mark.time, mark.survival) for mark in arm.landmarks}
            if arm.n is not None:
                items.add(("counts", arm.name, arm.n, arm.events))
    return items


def _expected(case: dict[str, Any]) -> set[tuple[Any, ...]]:
    items: set[tuple[Any, ...]] = {("hr", *ratio) for ratio in case.get("hr", [])}
    items |= {("p", *p) for p in case.get("p", [])}
    items |= {("median", arm, *value) for arm, value in case.get("m", {}).items()}
    items |= {("landmark", arm, *mark) for arm, marks in case.get("l", {}).items() for mark in marks}
    items |= {("counts", arm, *value) for arm, value in case.get("c", {}).items()}
    return items | ({("n", case["n"])} if "n" in case else set())


def test_no_wording_is_read_wrongly() -> None:
    wrong = {
        case["t"]: sorted(map(str, extra))
        for case in WORDINGS
        if (extra := _found(parse_statistics(case["t"])) - _expected(case))
    }
    assert len(WORDINGS) >= 150
    assert not wrong


def test_hardly_any_wording_stays_unread() -> None:
    unread = [case["t"] for case in WORDINGS if _expected(case) - _found(parse_statistics(case["t"]))]
    assert len(unread) <= 0.03 * len(WORDINGS), unread
