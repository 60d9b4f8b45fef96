"""Statistics in words: a set of wordings, and laws that hold for all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kmdigitize.reported import Reported
from kmdigitize.text.stat_text import normalised
from kmdigitize.text.statistics import parse_statistics
from kmdigitize.text.wordings import is_statistic

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


def test_a_time_in_another_unit_is_left_out_unless_it_converts_exactly() -> None:
    (report,) = parse_statistics("1992-2004: MS 12 mos, 1-yr 49%", time_unit="months")
    assert [(m.time, m.survival) for m in report.arms[0].landmarks] == [("12", "49")]
    assert parse_statistics("Median Placebo: 1.2 years", time_unit="months") == ()


def test_arms_are_called_as_they_are_known() -> None:
    (report,) = parse_statistics("Median placebo: 10.1 months", ["Placebo", "Drug"])
    assert [arm.name for arm in report.arms] == ["Placebo"]


def test_the_founding_abstract() -> None:
    path = SHARED / "founding-abstract.txt"
    if not path.exists():
        pytest.skip("the founding abstract is not here")
    first, second, third = parse_statistics(path.read_text(encoding="utf-8"))
    assert [(arm.name, arm.median) for arm in first.arms] == [("immunotherapy", "44.0"), ("control", "30.0")]
    assert first.n == 230
    ratio, p = first.hazard_ratios[0], first.p_values[0]
    assert (ratio.value, ratio.limits, ratio.arm, ratio.reference) == (
        "0.63",
        ("0.43", "0.94"),
        "immunotherapy",
        "control",
    )
    assert (p.value, p.relation, p.sides, p.test) == (".010", "=", 1, "log-rank")
    for report, value, limits, p_value in (
        (second, "0.21", ("0.06", "0.75"), ".008"),
        (third, "0.19", ("0.04", "0.87"), ".02"),
    ):
        assert [(r.value, r.limits) for r in report.hazard_ratios] == [(value, limits)]
        assert [p.value for p in report.p_values] == [p_value]


KNOWN = ("Drug A", "Placebo")


@pytest.mark.parametrize(
    ("words", "medians"),
    [
        ("Median survival: Drug A 44.0 months; placebo 30.0 months", [("44.0", None), ("30.0", None)]),
        ("Median (95% CI): Drug A, 44.0 (38.1-NE); Placebo, 30.0", [("44.0", ("38.1", "NR")), ("30.0", None)]),
        ("Drug A median not reached", [("NR", None)]),
    ],
)  # fmt: skip
def test_known_arms_stand_before_their_medians(words: str, medians: list[tuple[str, Any]]) -> None:
    (report,) = parse_statistics(words, KNOWN)
    assert [(arm.median, arm.median_limits) for arm in report.arms] == medians


def test_known_arms_stand_before_their_survival() -> None:
    (report,) = parse_statistics("1-year survival: Drug A 80.2%, Placebo 70.1%", KNOWN)
    assert [(a.name, a.landmarks[0].survival) for a in report.arms] == [("Drug A", "80.2"), ("Placebo", "70.1")]


def test_a_contrast_in_brackets_and_a_ratio_for_one_arm() -> None:
    for words in ("Hazard ratio (Drug A vs. Placebo): 0.63 (95% CI: 0.43, 0.94)", "HR for Drug A: 0.63 (0.43–0.94)"):
        (report,) = parse_statistics(words, KNOWN)
        assert [(r.arm, r.reference, r.limits) for r in report.hazard_ratios] == [
            ("Drug A", "Placebo", ("0.43", "0.94"))
        ]


def test_signs_read_in_place_of_digits() -> None:
    (report,) = parse_statistics("HR O.63 (9$% CI 0.4o-0. 94) p 0.02", KNOWN)
    assert [(r.value, r.limits) for r in report.hazard_ratios] == [("0.63", ("0.40", "0.94"))]
    assert [p.value for p in report.p_values] == ["0.02"]
    assert parse_statistics("Log-rank P=0001") == ()


def test_among_three_arms_a_p_value_is_that_of_the_ratio_before_it() -> None:
    (report,) = parse_statistics("Drug B vs Placebo: HR 0.63 (0.43–0.94), P=0.02", ("Drug A", "Drug B", "Placebo"))
    assert [p.arms for p in report.p_values] == [("Drug B", "Placebo")]


def test_a_first_letter_that_a_curve_spoils_costs_no_median() -> None:
    assert normalised("ledian Test: 1.7 months") == "Median Test: 1.7 months"
    assert normalised("azard ratio, 0.62") == "Hazard ratio, 0.62"
    assert normalised("a comedian at risk") == "a comedian at risk"


def test_a_p_value_whose_letter_was_misread_is_a_statistic() -> None:
    assert all(is_statistic(text) for text in ("β< 0.0001", "P <.001", "< 0.01"))
    assert not any(is_statistic(text) for text in ("Dose < 0.5", "B < 5", "<0.5 mg"))
