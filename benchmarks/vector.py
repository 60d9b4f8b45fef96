"""Vector figures: is what was read exact to the drawing?

usage: python -m benchmarks.vector [--count 60] [--seed 0] [--kind pdf] [--folder DIR] [--run] [-v]

Draws the synthetic mixture as PDF and SVG (every sixth SVG with text as outlines; in every other pair of files with a
mark for each patient, in the others with one for all that are censored at one time), or takes the files of
``DIR/figures`` with ``DIR/truth`` beside, digitizes them, and reports per arm: found and named; the largest error of S
on any flat wider than 0.1% of the axis; the largest error of the time of a drop that the drawing shows; recall and
precision of censor marks within 0.1% of the axis; cells of the printed risk table; and, with ``--run``, whether the
reconstructed patient table is exact. Where no names are printed, a found arm counts as named. A refusal counts as a
failure everywhere.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.vector_tables import SAME_TIME, is_as_shown, is_exact, is_told
from kmdigitize.errors import KmdigitizeError
from kmdigitize.geometry import FloatArray
from kmdigitize.pipeline import digitize, run
from kmdigitize.records.digitized import DigitizedArm, DigitizedPanel
from kmdigitize.result import PanelResult
from kmdigitize.sources.read import read_figures
from kmdigitize.synthetic.draw import draw_vector
from kmdigitize.synthetic.mixed import mixed_case


@dataclass(slots=True)
class ArmLine:
    """One true arm as found. ``complete``: at most 200 patients, with numbers at risk and censor marks drawn.

    ``as_shown``: every patient is right but for which of several marks between two drops stands for two patients,
    which no figure tells; ``told``: there is no such choice in this arm.
    """

    figure: str
    arm: str
    found: bool = False
    named: bool = False
    survival_error: float = 1.0
    time_error: float = 1.0
    marks: tuple[int, int, int, int] = (0, 0, 0, 0)
    cells: tuple[int, int] = (0, 0)
    exact: bool | None = None
    complete: bool = False
    each_marked: bool = False
    as_shown: bool = False
    told: bool = False
    notes: list[str] = field(default_factory=list)


def vector_files(count: int, seed: int, kind: str | None) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """(name, bytes, truth) of the synthetic mixture, PDF and SVG in turn."""
    for index in range(count):
        case = mixed_case(index, seed)
        chosen = kind or ("pdf", "svg")[index % 2]
        risk = case.styles[0].risk if len(case.trials) == 1 else "none"
        style = replace(case.styles[0], page_text=False, risk=risk, censor_each=index // 2 % 2 == 1)
        figure = draw_vector(case.trials, style, chosen, case.name, outlined_text=index % 12 == 11)
        yield f"{case.name}.{chosen}", figure.file, figure.truth | {"each_marked": style.censor_each}


def stored_files(folder: Path) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """(name, bytes, truth) of the vector files in a folder of figures with truth."""
    for path in sorted((folder / "figures").iterdir()):
        truth = folder / "truth" / f"{path.stem}.json"
        if path.suffix in (".pdf", ".svg") and truth.exists():
            yield path.name, path.read_bytes(), json.loads(truth.read_text())


def score_file(name: str, data: bytes, truth: dict[str, Any], rebuild: bool) -> tuple[list[ArmLine], float]:
    """A line per true arm, and the seconds it took without reading text."""
    panels = truth.get("panels", [truth])
    started = time.perf_counter()
    try:
        figure = read_figures(data, name)[0]
        if rebuild:
            result = run(figure)
            pairs = [(p.digitized, p) for p in result.panels]
            seconds_text = result.digitized.seconds.get("read text", 0.0)
        else:
            found = digitize(figure)
            pairs = [(p, None) for p in found.panels]
            seconds_text = found.seconds.get("read text", 0.0)
    except KmdigitizeError as error:
        lines = [ArmLine(name, arm["label"], notes=[str(error)]) for panel in panels for arm in panel["arms"]]
        return lines, time.perf_counter() - started
    seconds = time.perf_counter() - started - seconds_text
    lines = []
    for index, panel in enumerate(panels):
        digitized, rebuilt = pairs[index] if index < len(pairs) else (None, None)
        style = truth.get("style", {})
        shown = bool(style.get("risk"))
        scored = _score_panel(name, panel, digitized, rebuilt, shown)
        if style.get("legend") == "none" and (not shown or style.get("risk_style") == "swatches"):
            for line in scored:
                line.named = line.found
        for line in scored:
            line.each_marked = bool(truth.get("each_marked"))
        lines += scored
    return lines, seconds


def _score_panel(
    name: str, truth: dict[str, Any], found: DigitizedPanel | None, rebuilt: PanelResult | None, shown: bool
) -> list[ArmLine]:
    from scipy.optimize import linear_sum_assignment

    arms = truth["arms"]
    lines = [ArmLine(name, arm["label"]) for arm in arms]
    if found is None:
        return lines
    span = truth["axes"]["x"][1] - truth["axes"]["x"][0]
    cost = np.array([[_survival_error(arm, other, span) for other in found.arms] for arm in arms])
    for row, column in zip(*linear_sum_assignment(cost), strict=True):
        line, arm, other = lines[row], arms[row], found.arms[column]
        line.found, line.survival_error = True, float(cost[row, column])
        line.named = _plain(other.name) == _plain(arm["label"])
        line.time_error = _time_error(arm, other, span)
        line.marks = _marks(arm, other, span)
        line.cells = _cells(arm, other) if shown and arm.get("risk_times") else (0, 0)
        line.notes = [flag.code for flag in other.flags]
        if rebuilt is not None and arm.get("ipd"):
            line.exact = is_exact(arm, other, rebuilt.reconstructions[int(column)].ipd, span)
            line.as_shown = line.exact or is_as_shown(arm, other, rebuilt.reconstructions[int(column)].ipd, span)
            line.told = is_told(arm, other, span)
            line.complete = len(arm["ipd"]) <= 200 and line.cells[0] > 0 and bool(arm.get("censor_marks_drawn"))
    if len(found.arms) != len(arms):
        lines[0].notes.append(f"{len(found.arms)} curves")
    return lines


def _true_steps(arm: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    times, survival = np.array(arm["times"], dtype=np.float64), np.array(arm["surv"], dtype=np.float64)
    kept = times <= arm["t_end_plotted"] * (1 + 1e-9)
    return times[kept], survival[kept]


def _survival_error(arm: dict[str, Any], found: DigitizedArm, span: float) -> float:
    """Largest error of S in the middle of the true flats that are wider than 0.1% of the axis."""
    times, survival = _true_steps(arm)
    edges = np.concatenate([[0.0], times, [arm["t_end_plotted"]]])
    wide = np.diff(edges) > 0.001 * span
    middle = ((edges[1:] + edges[:-1]) / 2)[wide]
    return float(np.abs(np.concatenate([[1.0], survival])[wide] - found.curve.at(middle)).max(initial=0.0))


def _time_error(arm: dict[str, Any], found: DigitizedArm, span: float) -> float:
    """Largest distance of a true drop of more than 0.001 from the nearest drop found, as a share of the axis."""
    times, survival = _true_steps(arm)
    times = times[-np.diff(np.concatenate([[1.0], survival])) > 0.001]
    if not times.size:
        return 0.0
    if not found.curve.time.size:
        return 1.0
    return float(np.abs(found.curve.time[None, :] - times[:, None]).min(axis=1).max()) / span


def _marks(arm: dict[str, Any], found: DigitizedArm, span: float) -> tuple[int, int, int, int]:
    """True marks, true marks found, marks found, marks found that are true, up to the end of the curve."""
    if not arm.get("censor_marks_drawn") or arm.get("censor_times") is None:
        extra = 0 if found.curve.censor_times is None else len(found.curve.censor_times)
        return 0, 0, extra, 0
    last = found.curve.last_time + 0.1 * SAME_TIME * span
    true = np.unique([t for t in arm["censor_times"] if t <= last + 1e-6 * span])
    have = np.array([]) if found.curve.censor_times is None else np.asarray(found.curve.censor_times)
    near = np.abs(true[:, None] - have[None, :]) <= SAME_TIME * span
    return len(true), int(near.any(axis=1).sum()), len(have), int(near.any(axis=0).sum())


def _cells(arm: dict[str, Any], found: DigitizedArm) -> tuple[int, int]:
    want = {round(float(t), 6): int(n) for t, n in zip(arm["risk_times"], arm["risk_counts"], strict=True)}
    if found.at_risk is None:
        return len(want), 0
    pairs = zip(found.at_risk.time.tolist(), found.at_risk.count.tolist(), strict=True)
    have = {round(t, 6): n for t, n in pairs}
    return len(want), sum(have.get(t) == n for t, n in want.items())


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def summary(lines: list[ArmLine], seconds: list[float]) -> str:
    """The measures in a few lines."""
    found = [line for line in lines if line.found]
    survival = np.array([line.survival_error for line in lines])
    times = np.array([line.time_error for line in lines])
    true, hit, have, right = (sum(line.marks[i] for line in lines) for i in range(4))
    cells, cells_right = (sum(line.cells[i] for line in lines) for i in range(2))
    exact = [line.exact for line in lines if line.exact is not None]
    complete = [line for line in lines if line.complete]
    return "\n".join(
        [
            f"files {len(seconds)}, arms {len(lines)}, found {len(found)}, named {sum(line.named for line in lines)}",
            f"S error: median {np.median(survival):.5f}, max {survival.max():.5f}, "
            f"share <= .0005 {np.mean(survival <= 0.0005):.3f}",
            f"time error: median {np.median(times):.5%}, max {times.max():.4%}, "
            f"share <= .05% {np.mean(times <= 5e-4):.3f}",
            f"marks: recall {hit / max(true, 1):.4f} of {true}, precision {right / max(have, 1):.4f} of {have}",
            f"risk table: {cells_right} of {cells} cells",
            f"patient table exact: {sum(map(bool, exact))} of {len(exact)} arms; at most 200 patients, with table "
            f"and marks: {_exact_of([line for line in complete if line.each_marked])} where each has a mark, "
            f"{_exact_of([line for line in complete if not line.each_marked])} where those of one time may share one"
            if exact
            else "patients not rebuilt",
            f"seconds without OCR: median {np.median(seconds):.2f}, max {max(seconds):.2f}",
        ]
    )


def _exact_of(lines: list[ArmLine]) -> str:
    """How many patient tables are exact, and how many as far as the figure tells."""
    shown, told = sum(line.as_shown for line in lines), [line for line in lines if line.told]
    whole = f"{sum(bool(line.exact) for line in told)} of the {len(told)} that it tells wholly"
    return f"{sum(bool(line.exact) for line in lines)} of {len(lines)} (as far as the figure tells {shown}, {whole})"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=("pdf", "svg"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", default="", help="names that contain this")
    parser.add_argument("--run", action="store_true", help="reconstruct the patients too")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    files = stored_files(options.folder) if options.folder else vector_files(options.count, options.seed, options.kind)
    lines: list[ArmLine] = []
    seconds: list[float] = []
    for name, data, truth in files:
        if options.only not in name:
            continue
        scored, took = score_file(name, data, truth, options.run)
        lines += scored
        seconds.append(took)
        for line in scored:
            bad = (
                not line.named or line.survival_error > 5e-4 or line.time_error > 5e-4 or line.cells[0] != line.cells[1]
            )
            bad = bad or (line.complete and not line.as_shown)
            if options.verbose or bad or line.marks[0] != line.marks[1] or line.marks[2] != line.marks[3]:
                print(line, f"{took:.1f} s", flush=True)
    print(summary(lines, seconds))


if __name__ == "__main__":
    main()
