"""Evidence synthesis: one row per comparison over many results, ready for meta-analysis packages, and a forest plot.

Every effect comes with its standard error (sampling, as if the patients were the trial's own) and, where posterior
draws were written, a 95% digitization interval: what the resolution of the figure leaves open. They are two things and
stay apart. Studies are combined here only to draw the last line of the forest plot (inverse variance, DerSimonian &
Laird 1986); the table is meant for a package that does it properly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kmdigitize.errors import FactsError
from kmdigitize.export import read_result, to_csv
from kmdigitize.geometry import FloatArray
from kmdigitize.result import PanelResult
from kmdigitize.survival import NORMAL_95, Rows, cox_log_ratio, km_steps, logrank_z, rmst, survival_at
from kmdigitize.tables import read_groups

Pair = tuple[Rows, Rows]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to compare: the ``reference`` arm by (part of) its name, RMST up to ``tau``, survival at ``landmarks``."""

    reference: str | None = None
    tau: float | None = None
    landmarks: tuple[float, ...] = ()


def pool_results(folders: Sequence[Path], wanted: Wanted) -> list[dict[str, Any]]:
    """A row per arm versus reference of every panel of every result in ``folders``. Raises FactsError."""
    files = [file for folder in folders for file in _results_in(folder)]
    if not files:
        raise FactsError("There are no results here.", "Give output folders of `kmdigitize digitize` or `batch`.")
    return [row for file in files for row in _rows_of(file, wanted)]


def to_table(rows: Sequence[dict[str, Any]]) -> bytes:
    """The rows as CSV; empty where there is no number."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return to_csv(columns, [["" if row.get(name) is None else row[name] for name in columns] for row in rows])


def _results_in(folder: Path) -> list[Path]:
    if (folder / "result.json").is_file():
        return [folder / "result.json"]
    return sorted(folder.glob("*/result.json"))


def _rows_of(file: Path, wanted: Wanted) -> Iterator[dict[str, Any]]:
    result = read_result(file)
    draws = _draws(file.parent / "draws.csv")
    for panel in result.panels:
        ipds = {rebuilt.ipd.arm: rebuilt.ipd for rebuilt in panel.reconstructions}
        if len(ipds) < 2:
            continue
        reference = _reference(panel, list(ipds), wanted.reference)
        for arm, ipd in ipds.items():
            if arm == reference:
                continue
            pair = (ipd.time, ipd.event), (ipds[reference].time, ipds[reference].event)
            drawn = _paired(draws.get((panel.name, arm)), draws.get((panel.name, reference)))
            yield {
                "study": result.name,
                "panel": panel.name,
                "end_point": panel.digitized.scales.end_point or panel.digitized.panel.title,
                "time_unit": panel.digitized.scales.time_unit,
                "arm": arm,
                "reference": reference,
                "n_arm": ipd.n,
                "n_reference": ipds[reference].n,
                "events_arm": ipd.events,
                "events_reference": ipds[reference].events,
                **_effects(pair, drawn, wanted),
                "verdict": panel.agreement.verdict if panel.agreement else "",
                "flags": " ".join(dict.fromkeys(flag.code for flag in panel.flags)),
            }


def _reference(panel: PanelResult, arms: list[str], stated: str | None) -> str:
    """The stated arm, else the one the paper compares with, else the first."""
    reported = [ratio.reference for ratio in panel.reported.hazard_ratios] if panel.reported else []
    for name in (stated, *reported):
        matches = [arm for arm in arms if name and name.lower() in arm.lower()]
        if len(matches) == 1:
            return matches[0]
    return arms[0]


def _effects(pair: Pair, drawn: Sequence[Pair], wanted: Wanted) -> dict[str, Any]:
    tau = wanted.tau if wanted.tau is not None else min(float(rows[0].max(initial=0.0)) for rows in pair)
    log_ratio, error = cox_log_ratio(*pair)
    columns = {
        "log_hr": _number(log_ratio),
        "log_hr_se": _number(error),
        "hr": _number(math.exp(log_ratio)),
        "hr_lower": _number(math.exp(log_ratio - NORMAL_95 * error)),
        "hr_upper": _number(math.exp(log_ratio + NORMAL_95 * error)),
        **_interval("hr", drawn, lambda a, b: math.exp(cox_log_ratio(a, b)[0])),
        "logrank_z": _number(logrank_z(*pair)),
        "rmst_tau": _number(tau),
        **_difference("rmst_difference", pair, drawn, lambda rows: rmst(rows[0], rows[1], tau)),
    }
    for when in wanted.landmarks:
        at = when
        columns |= _difference(f"s{at:g}_difference", pair, drawn, lambda rows, at=at: _survival(rows, at))  # type: ignore[misc]
    return columns


def _survival(rows: Rows, when: float) -> tuple[float, float]:
    """S(when) and its Greenwood variance; no number behind the last patient."""
    if when > rows[0].max(initial=0.0):
        return math.nan, math.nan
    steps, _, at_risk, events = km_steps(*rows)
    seen = (steps <= when) & (at_risk > events)
    survival = survival_at(*rows, when)
    return survival, survival**2 * float(np.sum((events / (at_risk * (at_risk - events)))[seen]))


def _difference(
    name: str, pair: Pair, drawn: Sequence[Pair], statistic: Callable[[Rows], tuple[float, float]]
) -> dict[str, float | None]:
    """Arm less reference of a ``statistic`` (value, variance), with its sampling and digitization intervals."""
    (one, one_variance), (two, two_variance) = statistic(pair[0]), statistic(pair[1])
    error = math.sqrt(one_variance + two_variance)
    return {
        name: _number(one - two),
        f"{name}_se": _number(error),
        f"{name}_lower": _number(one - two - NORMAL_95 * error),
        f"{name}_upper": _number(one - two + NORMAL_95 * error),
        **_interval(name, drawn, lambda a, b: statistic(a)[0] - statistic(b)[0]),
    }


def _interval(name: str, drawn: Sequence[Pair], value: Callable[[Rows, Rows], float]) -> dict[str, float | None]:
    """The 95% digitization interval over draws, None without them."""
    values = np.array([value(*pair) for pair in drawn], dtype=np.float64)
    values = values[np.isfinite(values)]
    low, high = np.quantile(values, (0.025, 0.975)) if values.size > 1 else (math.nan, math.nan)
    return {f"{name}_digitized_lower": _number(low), f"{name}_digitized_upper": _number(high)}


def _number(value: float) -> float | None:
    return float(f"{value:.8g}") if math.isfinite(value) else None


def _draws(file: Path) -> dict[tuple[str, ...], list[Rows]]:
    """Posterior patient tables by panel and arm; none where draws were not written."""
    if not file.is_file():
        return {}
    drawn = {}
    for key, rows in read_groups(file, ("draw", "time", "event")).items():
        table = np.array(rows)
        drawn[key] = [_sorted(table[table[:, 0] == number]) for number in np.unique(table[:, 0])]
    return drawn


def _sorted(table: FloatArray) -> Rows:
    table = table[np.argsort(table[:, 1], kind="stable")]
    return table[:, 1], table[:, 2] > 0


def _paired(arm: list[Rows] | None, reference: list[Rows] | None) -> list[Pair]:
    return list(zip(arm or [], reference or [], strict=False))


def random_effects(log_ratio: FloatArray, error: FloatArray) -> tuple[float, float, float]:
    """Combined log ratio (k,) → mean, its standard error and the variance between studies (DerSimonian & Laird)."""
    weight = 1.0 / error**2
    fixed = float(np.sum(weight * log_ratio) / weight.sum())
    spread = float(np.sum(weight * (log_ratio - fixed) ** 2))
    scale = float(weight.sum() - np.sum(weight**2) / weight.sum())
    between = max(0.0, (spread - (log_ratio.size - 1)) / scale) if scale > 0 else 0.0
    weight = 1.0 / (error**2 + between)
    return float(np.sum(weight * log_ratio) / weight.sum()), float(1.0 / math.sqrt(weight.sum())), between


def forest_plot(rows: Sequence[dict[str, Any]], file: Path) -> None:
    """Hazard ratios with 95% limits, one line per row, and the random-effects mean. Raises FactsError without any."""
    from matplotlib.figure import Figure

    shown = [row for row in rows if row.get("log_hr") is not None and row.get("log_hr_se")]
    if not shown:
        raise FactsError("No comparison has a hazard ratio.", "Nothing can be drawn.")
    ratio, error = (np.array([row[name] for row in shown]) for name in ("log_hr", "log_hr_se"))
    mean, mean_error, between = random_effects(ratio, error)
    canvas = Figure(figsize=(8.0, 1.2 + 0.34 * (len(shown) + 1)), layout="constrained")
    axes = canvas.subplots()
    place = -np.arange(len(shown), dtype=np.float64)
    axes.errorbar(np.exp(ratio), place, xerr=_whiskers(ratio, error), fmt="s", color="#0a558c", ms=5, lw=1.3)
    for y, row in zip(place, shown, strict=True):
        if row["hr_digitized_lower"] is not None:
            axes.plot([row["hr_digitized_lower"], row["hr_digitized_upper"]], [y, y], color="#d98b00", lw=4, alpha=0.8)
    bottom = -float(len(shown))
    axes.errorbar(
        [math.exp(mean)], [bottom], xerr=_whiskers(np.array([mean]), np.array([mean_error])), fmt="D", color="#1b1f24"
    )
    labels = [f"{row['study']}: {row['arm']} v {row['reference']}" for row in shown]
    axes.set_yticks([*place, bottom], [*labels, f"Random effects (τ² {between:.3g})"])
    axes.axvline(1.0, color="#565e68", lw=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set(xlabel="Hazard ratio (95% limits; orange: digitization interval)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    canvas.savefig(file, dpi=150, metadata={"Date": None} if file.suffix == ".svg" else None)


def _whiskers(ratio: FloatArray, error: FloatArray) -> FloatArray:
    low, high = np.exp(ratio - NORMAL_95 * error), np.exp(ratio + NORMAL_95 * error)
    return np.stack([np.exp(ratio) - low, high - np.exp(ratio)])
