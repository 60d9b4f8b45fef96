"""Rows of the extraction benchmark → a summary per set, tables for the documentation, and the comparison over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from benchmarks.scoring import ArmScore

Summary = dict[str, dict[str, float]]
GOOD, BAD = 0.005, 0.05
"""An arm is good with a mean absolute error up to the first, bad if missing or with an RMSE above the second."""

BETTER_WHEN_LARGER = {
    "good", "count right", "named", "step recall", "step precision", "mark recall", "mark precision", "no false marks",
    "cells right", "unflagged good", "bad flagged",
}  # fmt: skip
TOLERANCE = {"share": 0.01, "error": 0.1}
"""A share may fall by this much, an error rise by this part of itself, before the comparison calls it worse."""
NOT_COMPARED = {"arms", "figures", "seconds median", "seconds 90%"}


def summarise(rows: Sequence[ArmScore]) -> Summary:
    """Every measure per set."""
    return {name: measures([row for row in rows if row.set_name == name]) for name in _unique(r.set_name for r in rows)}


def measures(rows: Sequence[ArmScore]) -> dict[str, float]:
    """All measures of some rows; those that do not apply are left out."""
    panels: dict[str, bool] = {}
    for row in rows:
        panels[row.figure] = panels.get(row.figure, True) and row.count_right
    good, bad = [_good(row) for row in rows], [_bad(row) for row in rows]
    unflagged = [g for g, row in zip(good, rows, strict=True) if row.found and not row.flagged]
    bad_flags = [row.flagged or not row.found for b, row in zip(bad, rows, strict=True) if b]
    without_text = [row.seconds - row.seconds_text for row in rows if row.seconds]
    values: dict[str, float | None] = {
        "figures": len(panels),
        "arms": len(rows),
        "failed figures": len({row.figure for row in rows if row.failure}) / max(1, len(panels)),
        "good": _mean(good),
        "bad": _mean(bad),
        "count right": _mean(panels.values()),
        "named": _mean(row.named for row in rows),
        "MAE median": _quantile((row.mae for row in rows), 0.5),
        "MAE 90%": _quantile((row.mae for row in rows), 0.9),
        "RMSE mean": _mean(row.rmse for row in rows),
        "area median": _quantile((row.area for row in rows), 0.5),
        "area 97.5%": _quantile((row.area for row in rows), 0.975),
        "area, true calibration, median": _quantile((row.area_true for row in rows), 0.5),
        "px median": _quantile((row.px for row in rows), 0.5),
        "calibration px median": _quantile((row.calibration_px for row in rows), 0.5),
        "calibration px 90%": _quantile((row.calibration_px for row in rows), 0.9),
        "step recall": _mean(row.step_recall for row in rows),
        "step precision": _mean(row.step_precision for row in rows),
        "mark recall": _mean(row.mark_recall for row in rows),
        "mark precision": _mean(row.mark_precision for row in rows),
        "no false marks": _mean(None if row.false_marks is None else not row.false_marks for row in rows),
        "cells right": _ratio(rows),
        "unflagged good": _mean(unflagged),
        "bad flagged": _mean(bad_flags),
        "seconds median": _quantile(without_text, 0.5),
        "seconds 90%": _quantile(without_text, 0.9),
    }
    return {name: round(float(value), 5) for name, value in values.items() if value is not None}


def to_markdown(rows: Sequence[ArmScore], summary: Summary) -> str:
    """The page of the documentation."""
    names = _unique(measure for one in summary.values() for measure in one)
    lines = [
        "# How well curves are read",
        "",
        "Written by `python -m benchmarks.extraction`: synthetic figures (`kmdigitize.synthetic`) whose patients and "
        "pixels are known, digitized with nothing typed. A figure that is refused and an arm that is missing count as "
        f"an error of 1. *Good*: mean absolute error of survival ≤ {GOOD}; *bad*: missing, or RMSE > {BAD}. Seconds "
        "are without reading text. Published for comparison: SurvdigitizeR RMSE 0.012 (trained people 0.014) on its "
        "protocol; KM-GPT integrated error 0.0031 as exact step area on its protocol.",
        "",
        *_table(
            ["measure", *summary], [[name, *(_shown(one.get(name)) for one in summary.values())] for name in names]
        ),
    ]
    for title, set_name, key in (
        ("One factor at a time", "series", lambda row: row.level),
        ("The mixture by kind of ink", "mixed", lambda row: row.level),
        ("SurvdigitizeR's protocol by n", "survdigitizer", lambda row: row.level),
        ("KM-GPT's protocol", "kmgpt", lambda row: row.level),
    ):
        part = [row for row in rows if row.set_name == set_name]
        if part:
            lines += ["", f"## {title}", "", *_by(part, key)]
    return "\n".join([*lines, "", *_failures(rows)]) + "\n"


def worse_than(baseline: Summary, now: Summary) -> list[str]:
    """A line for every measure of ``now`` that is worse than the baseline by more than its tolerance."""
    lines = []
    for set_name, before in baseline.items():
        for name, old in before.items():
            new = now.get(set_name, {}).get(name)
            if name in NOT_COMPARED or new is None:
                continue
            if name in BETTER_WHEN_LARGER:
                worse = new < old - TOLERANCE["share"]
            else:
                worse = new > old * (1 + TOLERANCE["error"]) + 1e-4
            if worse:
                lines.append(f"worse: {set_name}, {name}: {old:g} → {new:g}")
    return lines


def _good(row: ArmScore) -> bool:
    return row.found and row.mae <= GOOD


def _bad(row: ArmScore) -> bool:
    return not row.found or row.rmse > BAD


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _known(values: Iterable[float | bool | None]) -> list[float]:
    return [float(value) for value in values if value is not None]


def _mean(values: Iterable[float | bool | None]) -> float | None:
    known = _known(values)
    return float(np.mean(known)) if known else None


def _quantile(values: Iterable[float | None], q: float) -> float | None:
    known = _known(values)
    return float(np.quantile(known, q)) if known else None


def _ratio(rows: Sequence[ArmScore]) -> float | None:
    cells = sum(row.cells for row in rows)
    return sum(row.cells_right for row in rows) / cells if cells else None


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _table(head: list[str], body: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in body)]


def _by(rows: Sequence[ArmScore], key: Callable[[ArmScore], str]) -> list[str]:
    shown = ["arms", "good", "bad", "count right", "px median", "area median", "RMSE mean", "calibration px median"]
    body = []
    for level in _unique(key(row) for row in rows):
        found = measures([row for row in rows if key(row) == level])
        body.append([level, *(_shown(found.get(name)) for name in shown)])
    return _table(["level", *shown], body)


def _failures(rows: Sequence[ArmScore]) -> list[str]:
    failures = Counter({row.figure: row.failure for row in rows if row.failure}.values())
    if not failures:
        return ["## Failures", "", "None."]
    return ["## Failures", "", *_table(["what", "figures"], [[k, str(v)] for k, v in failures.most_common()])]
