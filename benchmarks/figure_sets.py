"""The figures of the extraction benchmark: controlled series, the mixture, and two published protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from kmdigitize.synthetic import Damage, FigureStyle, SyntheticFigure, TrialRecipe, TrueArm, draw_figure, simulate_trial
from kmdigitize.synthetic.mixed import Case, mixed_case

ARMS = ("Control", "Treatment", "Combination", "Observation", "Low dose", "High dose", "Placebo", "Standard")
BASE = FigureStyle(renderer="smooth", censor="none", dpi=100)
SERIES: dict[str, tuple[dict[str, Any], ...]] = {
    "base": ({},),
    "renderer": tuple({"renderer": r} for r in ("snapped", "aliased", "pdf", "svg")),
    "dpi": tuple({"dpi": dpi} for dpi in (72, 150, 300)),
    "stroke_pt": tuple({"stroke_pt": s} for s in (0.6, 1.0, 3.0, 7.0)),
    "inks": tuple({"inks": inks} for inks in ("grey", "mono_styled", "mono_solid", "two_shades")),
    "arms": tuple({"arms": k} for k in (1, 3, 4, 6, 8)),
    "n": tuple({"n": n} for n in (20, 300, 1500)),
    "censor": tuple({"censor": c} for c in ("tick", "vbar", "plus", "cross", "circle", "triangle")),
    "censor_black": ({"censor": "plus", "censor_black": True},),
    "limits": tuple({"limits": c} for c in ("shaded", "dashed", "solid")),
    "grid": tuple({"grid": g} for g in ("horizontal", "full", "grey_panel")),
    "frame": ({"frame": "box"}, {"frame": "detached"}, {"offset": 0.04}),
    "axis": ({"y_axis": (0.2, 1.0, 0.2)}, {"percent": "numbers"}, {"percent": "signs"}, {"upward": True}),
    "legend": tuple({"legend": place} for place in ("right", "top", "below", "direct", "none")),
    "risk": tuple({"risk": r, "height_in": 5.0} for r in ("plain", "coloured", "swatches", "events")),
    "clutter": (
        {"median_lines": True},
        {"text_over_curve": "P = .03"},
        {"arrow": True},
        {"inset": True},
        {"page_text": True},
    ),
    "jpeg": tuple({"damage": Damage(jpeg=q)} for q in (90, 60, 30)),
    "scan": ({"damage": Damage(noise=6, blur_px=0.5)}, {"damage": Damage(tilt=1.5, noise=3)}),
}


@dataclass(frozen=True, slots=True)
class BenchmarkFigure:
    """A figure with the set it belongs to and the level of the factor that it tests."""

    set_name: str
    level: str
    figure: SyntheticFigure


Named = tuple[str, Callable[[], BenchmarkFigure]]
"""The name of a figure and what draws it."""


def figures_of(set_name: str, count: int) -> Iterator[Named]:
    """The figures of one set; ``count`` is the size of the mixture, or the repetitions per level elsewhere."""
    yield from {"series": _series, "mixed": _mixed, "survdigitizer": _survdigitizer, "kmgpt": _kmgpt}[set_name](count)


def _mixed(count: int) -> Iterator[Named]:
    for index in range(count):
        case = mixed_case(index)
        yield case.name, partial(_draw_case, case)


def _draw_case(case: Case) -> BenchmarkFigure:
    return BenchmarkFigure("mixed", case.styles[0].inks, case.draw())


def _draw(about: tuple[str, str, str], arms: Sequence[TrueArm], style: FigureStyle) -> BenchmarkFigure:
    """The figure of one trial; ``about`` is its set, level and name."""
    return BenchmarkFigure(about[0], about[1], draw_figure([arms], style, about[2], seed=1))


def _series(count: int) -> Iterator[Named]:
    """One factor at a time; every level sees the same trials."""
    for factor, levels in SERIES.items():
        for place, level in enumerate(levels):
            look = {key: value for key, value in level.items() if key not in ("arms", "n")}
            for seed in range(count):
                recipe = TrialRecipe(
                    arms=ARMS[: level.get("arms", 2)], n=level.get("n", 120), hazard_ratio=0.75, drop_out=0.01
                )
                name = f"series-{factor}-{place}-{seed}"
                about = ("series", f"{factor}: {_short(level)}", name)
                yield name, partial(_draw, about, simulate_trial(recipe, seed), replace(BASE, **look))


def _short(level: dict[str, Any]) -> str:
    shown = {k: v for k, v in level.items() if k != "height_in"}
    if "damage" in shown:
        damage: Damage = shown["damage"]
        return f"quality {damage.jpeg}" if damage.jpeg else f"tilt {damage.tilt:g}°, noise {damage.noise:g}"
    return (
        ", ".join(f"{v}" if len(shown) == 1 and not isinstance(v, bool) else f"{k} {v}" for k, v in shown.items())
        or "–"
    )


def _survdigitizer(count: int) -> Iterator[Named]:
    """SurvdigitizeR (Zhang et al., BMC Med Res Methodol 2024;24:147): exponential times, random censoring."""
    for n, curves in product((25, 50, 150, 250, 1000), (1, 2, 3)):
        for seed in range(count):
            rng = np.random.default_rng([n, curves, seed])
            arms = []
            for index in range(curves):
                event = rng.exponential(10 * (1 + 0.8 * index), n)
                censor = rng.uniform(0, 40, n)
                arms.append(TrueArm(ARMS[index], np.minimum(event, censor), event <= censor))
            style = FigureStyle(renderer="snapped", censor="none", dpi=150, frame="box", legend="top")
            name = f"survdigitizer-{n}-{curves}-{seed}"
            yield name, partial(_draw, ("survdigitizer", f"n={n}", name), arms, style)


def _kmgpt(count: int) -> Iterator[Named]:
    """KM-GPT (2025): one blue curve with censor marks and a risk table on 1000 by 600 px."""
    cells = product(("exponential", "weibull", "piecewise"), (50, 200, 800), (6, 12, 36), (0.05, 0.3, 0.7))
    for number, (scenario, n, median, censored) in enumerate(cells):
        for seed in range(count):
            rng = np.random.default_rng([number, seed])
            recipe = TrialRecipe(
                arms=("Treatment",),
                n=n,
                scenario=scenario,  # type: ignore[arg-type]
                median=median,
                follow_up=(4.0 * median, 5.0 * median),
                drop_out=np.log(2) / median * censored / (1 - censored),
                round_to=0.0,
            )
            arms = simulate_trial(recipe, int(rng.integers(2**31)))
            style = FigureStyle(
                width_in=10,
                height_in=6,
                palette=("#1F77B4",),
                censor="plus",
                risk="plain",
                legend="inside",
                renderer="snapped",
            )
            name = f"kmgpt-{scenario}-{n}-{median}-{round(100 * censored)}-{seed}"
            yield name, partial(_draw, ("kmgpt", f"{scenario}, n={n}", name), arms, style)
