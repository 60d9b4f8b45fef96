"""kmdigitize beside other programs on the same figures: SurvdigitizeR (curves) and IPDfromKM (patients).

    python -m benchmarks.other_tools                     # docs/comparison.md

Needs Rscript with both R packages in its library path; neither comes with kmdigitize. SurvdigitizeR is told the axes
and the number of curves of every figure, IPDfromKM the numbers at risk; kmdigitize is told nothing. Curves are given to
the true arms so that the error is smallest, since those of SurvdigitizeR have no names. What a program refuses, or does
not finish in five minutes, is a failure and its arms count as bad.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.figure_sets import ARMS, BASE, figures_of
from kmdigitize import StepCurve, digitize, read_figure
from kmdigitize.errors import KmdigitizeError
from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.records.digitized import DigitizedPanel
from kmdigitize.records.printed import AtRisk
from kmdigitize.survival import cox_log_ratio
from kmdigitize.synthetic import SyntheticFigure, TrialRecipe, draw_figure, simulate_trial
from kmdigitize.synthetic.perfect import perfect_digitization

DOCUMENT = Path(__file__).parents[1] / "docs" / "comparison.md"
SCRIPT = Path(__file__).with_suffix(".R")
LIMIT_S = 300
GOOD, BAD = 0.005, 0.05
"""Mean absolute error of a good arm, root mean square error of a bad one, as in the extraction benchmark."""

Levels = FloatArray
Patients = tuple[FloatArray, BoolArray]


@dataclass(frozen=True, slots=True)
class Task:
    """A figure's true panel and its file; ``patients`` of each arm where the set compares them."""

    panel: DigitizedPanel
    file: Path
    patients: tuple[Patients, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all programs on all sets and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figures", type=int, default=30, help="figures of each set")
    parser.add_argument("--print", action="store_true", help="print the page instead of writing it")
    options = parser.parse_args(arguments)
    curves: list[list[str]] = []
    patients: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for set_name in ("protocol", "trials", "mixture"):
            found: dict[str, list[list[FloatArray | None]]] = {"kmdigitize": [], "SurvdigitizeR": []}
            true: list[list[FloatArray]] = []
            for task in tasks(set_name, options.figures, Path(folder)):
                print(f"\r{task.file.name:40}", end="", file=sys.stderr)
                true.append([_levels(arm.curve, task) for arm in task.panel.arms])
                ours, theirs = by_kmdigitize(task), by_survdigitizer(task)
                found["kmdigitize"].append(matched(true[-1], [_levels(curve, task) for curve in ours]))
                found["SurvdigitizeR"].append(matched(true[-1], [_levels(curve, task) for curve in theirs]))
                if task.patients:
                    _add_patients(patients, task, ours, theirs)
            curves += [curve_row(set_name, program, true, rows) for program, rows in found.items()]
    page = to_markdown(curves, patients, datetime.date.today())
    if options.print:
        print(page)
    else:
        DOCUMENT.write_text(page, encoding="utf-8")
    return 0


def tasks(set_name: str, count: int, folder: Path) -> Iterator[Task]:
    """The figures of a set, saved: SurvdigitizeR's protocol, trials with a table, or colour figures of the mixture."""
    for figure, patients in itertools.islice(_figures(set_name), count):
        yield Task(perfect_digitization(figure).panels[0], figure.save(folder).resolve(), patients)


def _figures(set_name: str) -> Iterator[tuple[SyntheticFigure, tuple[Patients, ...]]]:
    if set_name == "protocol":
        for _, draw in figures_of("survdigitizer", 2):
            yield draw().figure, ()
    elif set_name == "trials":
        style = replace(BASE, dpi=150, frame="box", legend="top", risk="plain", height_in=5.0)
        for seed in itertools.count():
            recipe = TrialRecipe(arms=ARMS[:2], n=150, hazard_ratio=0.7, drop_out=0.01)
            arms = simulate_trial(recipe, seed)
            figure = draw_figure([arms], style, f"trial-{seed}", seed)
            yield figure, tuple((arm.time, arm.event) for arm in arms)
    else:
        for _, draw in figures_of("mixed", 300):
            item = draw()
            style = item.figure.truth["style"]
            one_panel = len(perfect_digitization(item.figure).panels) == 1
            if style["inks"] == "colour" and not style["upward"] and one_panel and item.figure.suffix in ("png", "jpg"):
                yield item.figure, ()


def by_kmdigitize(task: Task) -> list[StepCurve]:
    """The curves that kmdigitize finds; nothing is typed."""
    try:
        found = digitize(read_figure(task.file))
    except KmdigitizeError:
        return []
    return [arm.curve for arm in found.panels[0].arms]


def by_survdigitizer(task: Task) -> list[StepCurve]:
    """The curves that SurvdigitizeR finds with axes and number of curves typed; none where it fails."""
    said = [str(len(task.panel.arms))]
    for ticks in (task.panel.scales.x_ticks, task.panel.scales.y_ticks):
        values = np.array([tick.value for tick in ticks if tick.value is not None])
        said += [f"{value:.6g}" for value in (values.min(), values.max(), np.diff(np.sort(values)).min())]
    rows = _run("survdigitizer", task.file, said)
    unit = 100.0 if float(said[5]) > 1.5 else 1.0
    curves = []
    for name in sorted({row["curve"] for row in rows}):
        corners = [(float(row["time"]), float(row["St"])) for row in rows if row["curve"] == name]
        time, level = np.array(corners).T
        level = np.clip(np.minimum.accumulate(level / unit), 0.0, 1.0)
        drops = np.flatnonzero(np.diff(level, prepend=1.0) < 0)
        curves.append(StepCurve(np.maximum.accumulate(np.maximum(time[drops], 0.0)), level[drops], float(time.max())))
    return curves


def by_ipdfromkm(curve: StepCurve, table: AtRisk, folder: Path) -> Patients | None:
    """The patients that IPDfromKM makes of the corners of a curve and a typed table; None where it fails."""
    before = np.concatenate([[1.0], curve.survival[:-1]])
    corners = np.column_stack([np.repeat(curve.time, 2), np.column_stack([before, curve.survival]).ravel()])
    points = [(0.0, 1.0), *map(tuple, corners), (curve.last_time, curve.survival[-1])]
    _write(folder / "points.csv", ("time", "surv"), points)
    _write(folder / "risk.csv", ("time", "count"), zip(table.time, table.count, strict=True))
    rows = _run("ipdfromkm", folder / "points.csv", [])
    if not rows:
        return None
    return np.array([float(row["time"]) for row in rows]), np.array([row["status"] == "1" for row in rows])


def _run(what: str, file: Path, said: list[str]) -> list[dict[str, str]]:
    output = file.with_suffix(".found.csv")
    try:
        subprocess.run(
            ["Rscript", str(SCRIPT), what, str(file), str(output), *said],
            check=True, capture_output=True, timeout=LIMIT_S,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return []
    with output.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _write(file: Path, header: tuple[str, ...], rows: object) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(header)
        writer.writerows(rows)  # type: ignore[arg-type]


def _levels(curve: StepCurve, task: Task) -> Levels:
    """Survival at 100 points of the time that the longest true curve covers."""
    last = max(arm.curve.last_time for arm in task.panel.arms)
    return curve.at((np.arange(100) + 0.5) / 100 * last)


def matched(true: list[Levels], found: list[Levels]) -> list[Levels | None]:
    """The found curve of every true arm, so that the error is smallest; None where there is none."""
    cost = np.array([[np.abs(a - b).mean() for b in found] for a in true]).reshape(len(true), len(found))
    pairs = dict(zip(*linear_sum_assignment(cost), strict=True))
    return [found[pairs[index]] if index in pairs else None for index in range(len(true))]


def curve_row(set_name: str, program: str, true: list[list[Levels]], found: list[list[Levels | None]]) -> list[str]:
    """Cells: figures, failures, median MAE and mean RMSE of the arms found, shares of good and bad arms."""
    pairs = [(a, b) for arms, mates in zip(true, found, strict=True) for a, b in zip(arms, mates, strict=True)]
    errors = [b - a for a, b in pairs if b is not None]
    mae = np.array([np.abs(error).mean() for error in errors])
    rmse = np.array([np.sqrt(np.mean(error**2)) for error in errors])
    failed = sum(all(mate is None for mate in mates) for mates in found)
    bad = len(pairs) - len(errors) + int((rmse > BAD).sum())
    typical = [f"{np.median(mae):.4f}", f"{rmse.mean():.4f}"] if errors else ["–", "–"]
    return [
        set_name, program, str(len(true)), str(failed), *typical,
        f"{(mae <= GOOD).sum() / len(pairs):.2f}", f"{bad / len(pairs):.2f}",
    ]  # fmt: skip


def _add_patients(
    rows: dict[str, list[tuple[float, float]]], task: Task, ours: list[StepCurve], theirs: list[StepCurve]
) -> None:
    """Adds errors of events and log hazard ratio of one trial for every way from figure to patients."""
    tables = [arm.at_risk for arm in task.panel.arms]
    folder = task.file.parent

    def chosen(curves: list[StepCurve]) -> list[StepCurve] | None:
        levels = [_levels(curve, task) for curve in curves]
        mates = matched([_levels(arm.curve, task) for arm in task.panel.arms], levels)
        if any(mate is None for mate in mates):
            return None
        return [curves[next(i for i, level in enumerate(levels) if level is mate)] for mate in mates]

    def add(way: str, patients: list[Patients | None]) -> None:
        whole = [one for one in patients if one is not None]
        if len(whole) < 2:
            rows.setdefault(way, []).append((np.nan, np.nan))
            return
        off = np.mean(
            [abs(int(got[1].sum()) - int(arm[1].sum())) for got, arm in zip(whole, task.patients, strict=True)]
        )
        ratio = cox_log_ratio(whole[1], whole[0])[0] - cox_log_ratio(*task.patients[::-1])[0]
        rows.setdefault(way, []).append((float(off), abs(ratio)))

    for name, curves in (("kmdigitize", chosen(ours)), ("SurvdigitizeR", chosen(theirs))):
        pairs = list(zip(curves or [], tables, strict=False))
        add(f"{name}, IPDfromKM", [by_ipdfromkm(c, t, folder) for c, t in pairs if t is not None])
        if name == "kmdigitize":
            rebuilt = [reconstruct(ReconstructionInputs(c, t)).ipd for c, t in pairs]
            add("kmdigitize", [(ipd.time, ipd.event) for ipd in rebuilt])


SETS = {
    "protocol": "SurvdigitizeR's own protocol",
    "trials": "two arms, a risk table",
    "mixture": "colour figures of the mixture",
}


def to_markdown(curves: list[list[str]], patients: dict[str, list[tuple[float, float]]], day: datetime.date) -> str:
    """The page of the documentation."""
    lines = [f"| {SETS[name]} | {' | '.join(cells)} |" for name, *cells in curves]
    ways = []
    for way, rows in patients.items():
        off, ratio = np.array(rows).T
        done = np.isfinite(ratio)
        ways.append(
            f"| {way} | {done.sum()} of {done.size} | {np.mean(off[done]):.1f} | {np.median(ratio[done]):.4f} | "
            f"{np.sqrt(np.mean(ratio[done] ** 2)):.4f} |"
        )
    return PAGE.format(day=day.isoformat(), curves="\n".join(lines), patients="\n".join(ways), good=GOOD, bad=BAD)


PAGE = """# Other tools

## Run on the same figures

`python -m benchmarks.other_tools` on {day}: figures drawn by the package, so that the truth is known. SurvdigitizeR
(of its public repository; its calls of the R packages imager and tesseract answered by the matrix itself and by the
program tesseract 5) is told the axes and the number of curves; kmdigitize is told nothing. A failure is a refusal or
five minutes without an answer; its arms count as bad (not found, or root mean square error above {bad}). Good: mean
absolute error up to {good}. Curves were given to the true arms that they fit best.

| figures | program | figures | failures | median MAE | mean RMSE of found arms | arms good | arms bad |
|---|---|---:|---:|---:|---:|---:|---:|
{curves}

The mixture holds what SurvdigitizeR does not set out to read: bands, marks, grids, text over curves, JPEG.

Patients of the trials of the second set, two arms of 150: IPDfromKM gets the corners of the curves and the
typed numbers at risk, `exact` the same curves and numbers. True error against the simulated patients.

| way from figure to patients | trials | events off by | median error of log HR | RMS error of log HR |
|---|---:|---:|---:|---:|
{patients}

## What others publish

On their own figures; [accuracy](benchmark-extraction.md) has our numbers by the same protocols, drawn anew.

| tool | input needed from a person | published error of the curve |
|---|---|---|
| SurvdigitizeR | axis ranges, number of curves, colours | RMSE 0.012 (trained people: 0.014) |
| KM-GPT | none; calls a language model | integrated error 0.0067 (scaled trapezoid), 0.0031 (exact step area) |
| IPDfromKM, survHE, kmdata | clicked points and a typed risk table | not published: reconstruction only |

Reconstruction is compared on simulated curves with our own implementations of the published algorithms
([reconstruction](reconstruction.md)): `guyot` (Guyot 2012), `ikm` (IPDfromKM) and `marked` (Rogula 2022).

What kmdigitize does that none of them does: a verdict on every reported number, digitization intervals, censor marks,
vector figures read from their drawing, and corrections that are kept as facts.
"""


if __name__ == "__main__":
    sys.exit(main())
