"""Benchmark of the reconstruction: simulated trials read with modelled pixel noise, four methods side by side.

    python benchmarks/reconstruction.py [accuracy] [coverage] [--trials N] [--cells 0,1,2]

Two arms, control median 12 months, hazard ratio 0.7, follow-up uniform on 8 to 30 months with drop-out 0.004 a month
(about 44% censored), times in whole days, numbers at risk at 0, 5, …, 30, no marks and no totals unless said. A figure
is "rows" (levels and times on whole pixels, level noise 0.2 px before rounding), "sub" (sub-pixel, sd 0.1 px) or
"vector" (0.01 units on a plot 400 units high). True error only: everything is compared with the simulated patients.
"""

from __future__ import annotations

import argparse
import time as clock
from dataclasses import dataclass

import numpy as np

from kmdigitize.ipd.points import curve_from_points
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import Method, Reconstruction, ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import cox_log_ratio, km_steps, logrank_z, median, rmst

AXIS, RISK_TIMES, HORIZON = 36.0, np.linspace(0.0, 30.0, 7), 24.0


@dataclass(frozen=True)
class Cell:
    """One design: patients per arm, kind of figure, rows of the plot, and what else is known."""

    n: int
    figure: str
    rows: int
    marks: bool = False
    table: bool = True
    total: bool = False
    trials: int = 50
    methods: tuple[Method, ...] = ("exact", "guyot", "ikm")

    @property
    def name(self) -> str:
        """Row label of the table."""
        extras = [word for word, on in (("marks", self.marks), ("total", self.total)) if on]
        known = ", ".join([*(["table"] if self.table else ["no table"]), *extras])
        return f"{self.n} | {self.figure} {self.rows} | {known}"


CELLS = (
    Cell(50, "rows", 400),
    Cell(100, "rows", 800),
    Cell(200, "rows", 800),
    Cell(500, "sub", 800, trials=24),
    Cell(100, "vector", 400),
    Cell(200, "vector", 400),
    Cell(200, "rows", 800, table=False),
    Cell(200, "rows", 800, table=False, total=True),
    Cell(200, "rows", 800, marks=True, methods=("exact", "guyot", "ikm", "marked")),
    Cell(500, "rows", 200, trials=48),
    Cell(500, "rows", 400, trials=48),
    Cell(1000, "rows", 200, trials=48),
    Cell(1000, "rows", 300, trials=48),
    Cell(1000, "rows", 400, trials=48),
    Cell(1000, "sub", 800, trials=24),
)
COVERAGE = (Cell(50, "rows", 400), Cell(100, "rows", 800), Cell(100, "sub", 800), Cell(200, "rows", 800))

Rows = tuple[np.ndarray, np.ndarray]


def simulate(rng: np.random.Generator, n: int) -> tuple[Rows, Rows]:
    """Arm and reference as (time, event)."""
    arms = []
    for ratio in (0.7, 1.0):
        event = rng.exponential(12.0 / np.log(2.0) / ratio, n)
        follow_up = np.minimum(rng.uniform(8.0, 30.0, n), rng.exponential(1 / 0.004, n))
        days = np.maximum(1.0, np.rint(np.minimum(event, follow_up) * 30.4375))
        arms.append((days / 30.4375, event <= follow_up))
    return arms[0], arms[1]


def read(rows: Rows, cell: Cell, rng: np.random.Generator) -> StepCurve:
    """The step curve that a figure of this kind shows."""
    time, event = rows
    when, level, _, _ = km_steps(time, event)
    width, height = (60000.0, 40000.0) if cell.figure == "vector" else (1.5 * cell.rows, float(cell.rows))
    noise = {"rows": 0.2, "sub": 0.1, "vector": 0.0}[cell.figure]
    x = when / AXIS * width
    x = np.maximum.accumulate(x + 0.1 * rng.standard_normal(x.size)) if cell.figure == "sub" else np.rint(x)
    last = [x.size - 1]
    for i in range(x.size - 2, -1, -1):
        if x[last[-1]] - x[i] >= 1.0:
            last.append(i)
    index = np.array(last[::-1])
    y = level[index] * height + noise * rng.standard_normal(index.size)
    y = y if cell.figure == "sub" else np.rint(y)
    y[level[index] <= 0] = 0.0
    curve = curve_from_points(x[index] / width * AXIS, np.clip(y / height, 0.0, 1.0))
    before = np.concatenate([[1.0], curve.survival])
    falls = np.diff(before) < 0
    size = int(falls.sum())
    marks = np.unique(np.rint(time[~event] / AXIS * width)) / width * AXIS if cell.marks else None
    return StepCurve(
        np.maximum(curve.time[falls], 0.0),
        curve.survival[falls],
        max(float(time.max()), float(curve.time[-1])),
        censor_times=marks,
        time_sd=np.full(size, (0.2 if cell.figure == "sub" else 12.0**-0.5) * AXIS / width),
        survival_sd=np.full(size, max(noise, 0.2) / height if cell.figure != "sub" else noise / height),
        time_resolution=AXIS / width,
        survival_resolution=1.0 / height,
    )


def rebuild(rows: Rows, curve: StepCurve, cell: Cell, method: Method, draws: int = 0) -> Reconstruction:
    """One arm by one method."""
    table = AtRisk(RISK_TIMES, np.array([np.sum(rows[0] >= t) for t in RISK_TIMES])) if cell.table else None
    total = int(rows[1].sum()) if cell.total else None
    return reconstruct(ReconstructionInputs(curve, table, cell.n, total), method, draws)


def counts_exact(rows: Rows, found: Reconstruction, curve: StepCurve) -> bool:
    """Whether every drop of the curve holds the true number of events."""
    edges = np.concatenate([[-1.0], (curve.time + 0.51 * curve.time_resolution), [np.inf]])
    edges[1:-1] = np.minimum(edges[1:-1], np.append((curve.time[:-1] + curve.time[1:]) / 2.0, np.inf))
    edges[1:-1] = np.maximum(edges[1:-1], curve.time + 0.5 * curve.time_resolution)
    true = np.histogram(rows[0][rows[1]], edges)[0][:-1]
    when = found.ipd.time[found.ipd.event]
    nearest = np.argmin(np.abs(when[:, None] - curve.time[None, :]), axis=1) if when.size else np.zeros(0, int)
    ours = np.bincount(nearest, minlength=curve.time.size)
    off = np.flatnonzero(np.cumsum(true) != np.cumsum(ours))
    # an event that a printed time pushed over the edge of its pixel is in its place if the next drop is a pixel away
    close = np.diff(np.append(curve.time, np.inf)) <= 2.5 * curve.time_resolution
    return bool(true.sum() == ours.sum() and np.all(close[off]))


def accuracy(cells: tuple[Cell, ...], trials: int | None) -> None:
    """Print one line per cell and method."""
    print(
        "n | figure | known | method | counts exact | table exact | abs dE | RMS dlogHR | RMST error | cells met | s "
        "| z | median"
    )
    for cell in cells:
        rng = np.random.default_rng(20)
        score: dict[str, list[list[float]]] = {method: [] for method in cell.methods}
        ratio: dict[str, list[float]] = {method: [] for method in cell.methods}
        score_z: dict[str, list[float]] = {method: [] for method in cell.methods}
        for _ in range(trials or cell.trials):
            arms = simulate(rng, cell.n)
            curves = [read(rows, cell, rng) for rows in arms]
            true = cox_log_ratio(*arms)[0]
            for method in cell.methods:
                rebuilt = []
                for rows, curve in zip(arms, curves, strict=True):
                    begin = clock.process_time()
                    found = rebuild(rows, curve, cell, method)
                    seconds = clock.process_time() - begin
                    rebuilt.append(found)
                    score[method].append(_line(rows, found, curve, cell, seconds))
                pair = [(r.ipd.time, r.ipd.event) for r in rebuilt]
                ratio[method].append(cox_log_ratio(pair[0], pair[1])[0] - true)
                score_z[method].append(logrank_z(pair[0], pair[1]) - logrank_z(*arms))
        for method in cell.methods:
            m = np.array(score[method]).mean(axis=0)
            error = np.sqrt(np.nanmean(np.square(ratio[method])))
            rms = np.sqrt(np.mean(np.square(np.array(score[method])[:, 3])))
            middle = np.sqrt(np.nanmean(np.square(np.array(score[method])[:, 6])))
            z = np.sqrt(np.mean(np.square(score_z[method])))
            print(
                f"{cell.name} | {method} | {m[0]:.3f} | {m[1]:.3f} | {m[2]:.2f} | {error:.4f} | {rms:.4f} | "
                f"{m[4]:.4f} | {m[5]:.3f} | {z:.4f} | {middle:.4f}",
                flush=True,
            )


def _line(rows: Rows, found: Reconstruction, curve: StepCurve, cell: Cell, seconds: float) -> list[float]:
    time, event = rows
    exact = counts_exact(rows, found, curve)
    when = np.sort(time[event])
    ours = np.sort(found.ipd.time[found.ipd.event])
    table = exact and all(
        np.sum(time >= a - 1e-9) == np.sum(found.ipd.time >= b - 1e-9) for a, b in zip(when, ours, strict=True)
    )
    met = [np.sum(found.ipd.time >= t - 1e-9) == np.sum(time >= t) for t in RISK_TIMES] if cell.table else [True]
    return [
        float(exact),
        float(table),
        float(abs(found.ipd.events - event.sum())),
        rmst(found.ipd.time, found.ipd.event, HORIZON)[0] - rmst(time, event, HORIZON)[0],
        float(np.mean(met)),
        seconds,
        _difference(median(found.ipd.time, found.ipd.event), median(time, event)),
    ]


def _difference(found: float | None, true: float | None) -> float:
    return np.nan if found is None or true is None else found - true


def coverage(cells: tuple[Cell, ...], trials: int | None, draws: int = 200) -> None:
    """Print how often the 95% digitization intervals hold the truth."""
    print("n | figure | known | trials | log HR | RMST difference | median (arms) | events (arms) | log-rank z")
    pooled = []
    for cell in cells:
        rng = np.random.default_rng(21)
        hits = []
        for _ in range(trials or cell.trials):
            arms = simulate(rng, cell.n)
            pair = [rebuild(rows, read(rows, cell, rng), cell, "exact", draws) for rows in arms]
            hits.append(_hits(arms, pair))
        pooled += hits
        print(f"{cell.name} | {len(hits)} | " + " | ".join(f"{v:.3f}" for v in np.nanmean(hits, axis=0)), flush=True)
    print(f"all | {len(pooled)} | " + " | ".join(f"{v:.3f}" for v in np.nanmean(pooled, axis=0)))


def _hits(arms: tuple[Rows, Rows], pair: list[Reconstruction]) -> list[float]:
    """Whether the interval of each statistic holds its true value (medians and events: share of both arms)."""
    drawn = [[(d.time, d.event) for d in found.draws] for found in pair]
    both = list(zip(drawn[0], drawn[1], strict=True))

    def holds(values: list[float], true: float) -> float:
        low, high = np.quantile(values, (0.025, 0.975))
        return float(low - 1e-9 <= true <= high + 1e-9)

    result = [holds([cox_log_ratio(a, b)[0] for a, b in both], cox_log_ratio(*arms)[0])]
    areas = [rmst(*a, HORIZON)[0] - rmst(*b, HORIZON)[0] for a, b in both]
    result.append(holds(areas, rmst(*arms[0], HORIZON)[0] - rmst(*arms[1], HORIZON)[0]))
    medians = []
    for rows, draws in zip(arms, drawn, strict=True):
        values = [m for m in (median(*d) for d in draws) if m is not None]
        true = median(*rows)
        medians.append(holds(values, true) if values and true is not None else np.nan)
    result.append(float(np.nanmean(medians)))
    events = [holds([d[1].sum() for d in draws], rows[1].sum()) for rows, draws in zip(arms, drawn, strict=True)]
    result.append(float(np.mean(events)))
    result.append(holds([logrank_z(a, b) for a, b in both], logrank_z(*arms)))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["accuracy", "coverage"])
    parser.add_argument("--trials", type=int, help="trials per cell instead of the cell's own number")
    parser.add_argument("--cells", help="indices of cells, e.g. 0,2")
    options = parser.parse_args()
    chosen = [int(i) for i in options.cells.split(",")] if options.cells else None
    for what in options.what:
        cells = CELLS if what == "accuracy" else COVERAGE
        cells = tuple(cells[i] for i in chosen) if chosen else cells
        (accuracy if what == "accuracy" else coverage)(cells, options.trials)


if __name__ == "__main__":
    main()
