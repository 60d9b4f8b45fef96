"""A seeded mixture of everything: random trials in random looks, the way a pile of journals would show them.

Combinations that no author would print (a legend on top of the curves, a table over them; see ``fitting``) are
avoided; hard ones are not. Case ``i`` of a seed is the same whatever the number of cases, so that a set can grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from kmdigitize.synthetic.draw import SyntheticFigure, draw_figure
from kmdigitize.synthetic.fitting import publishable
from kmdigitize.synthetic.layout import plan_axes
from kmdigitize.synthetic.style import COLOURS, Damage, FigureStyle
from kmdigitize.synthetic.trials import TrialRecipe, TrueArm, life_table, simulate_trial

Choice = TypeVar("Choice")
NAMES = (
    ("Control", "Treatment", "Combination", "Low dose", "High dose", "Observation", "Standard", "Maintenance"),
    ("Placebo", "Drug A", "Drug B", "Drug C", "Drug D", "Drug E", "Drug F", "Drug G"),
    ("Stage I", "Stage II", "Stage III", "Stage IV", "Unknown", "Relapse", "Second line", "Third line"),
)
PALETTES = (
    (),
    ("#F8766D", "#00BFC4", "#7CAE00", "#C77CFF", "#E68613", "#00A9FF", "#FF61CC", "#0CB702"),
    ("#1B9E77", "#D95F02", "#7570B3", "#E7298A", "#66A61E", "#E6AB02", "#A6761D", "#666666"),
    ("#374E55", "#DF8F44", "#00A1D5", "#B24745", "#79AF97", "#6A6599", "#80796B", "#4A6990"),
    ("#0073C2", "#EFC000", "#868686", "#CD534C", "#7AA6DC", "#003C67", "#8F7700", "#3B3B3B"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One figure to draw: a trial and a style per panel."""

    name: str
    trials: tuple[tuple[TrueArm, ...], ...]
    styles: tuple[FigureStyle, ...]
    seed: int

    def draw(self) -> SyntheticFigure:
        """The figure with its truth."""
        return draw_figure(self.trials, self.styles, self.name, self.seed)


def mixed_case(index: int, seed: int = 0) -> Case:
    """Case ``index`` of the mixture."""
    rng = np.random.default_rng([seed, index])
    panels = int(_pick(rng, (1, 2, 4), (0.94, 0.03, 0.03)))
    style = _random_style(rng, panels)
    trials, styles = [], []
    for panel in range(panels):
        trial = _random_trial(rng, panels)
        trials.append(trial)
        titled = replace(style, title=f"{'ABCD'[panel]}  {style.title}".strip()) if panels > 1 else style
        styles.append(publishable(_fitted(titled, trial, rng), trial))
    width, height = max(s.width_in for s in styles), max(s.height_in for s in styles)
    styles = [replace(s, width_in=width, height_in=height) for s in styles]
    return Case(f"mix{index:04d}", tuple(trials), tuple(styles), seed + index)


def _pick(rng: np.random.Generator, options: Sequence[Choice], weights: Sequence[float] | None = None) -> Choice:
    return options[int(rng.choice(len(options), p=weights))]


def _random_trial(rng: np.random.Generator, panels: int) -> tuple[TrueArm, ...]:
    count = int(_pick(rng, (1, 2, 3, 4, 5, 6, 8), (0.12, 0.52, 0.18, 0.12, 0.03, 0.02, 0.01)))
    count = min(count, 4) if panels > 1 else count
    median = float(_pick(rng, (6.0, 12.0, 20.0, 36.0, 90.0)))
    span = median * float(rng.uniform(0.8, 3.0))
    recipe = TrialRecipe(
        arms=_pick(rng, NAMES)[:count],
        n=int(_pick(rng, (20, 40, 80, 150, 300, 600, 1200), (0.06, 0.14, 0.2, 0.25, 0.2, 0.1, 0.05))),
        scenario=_pick(rng, ("exponential", "weibull", "piecewise", "cure", "crossing", "delayed", "null")),
        median=median,
        hazard_ratio=float(rng.uniform(0.5, 0.9)),
        follow_up=(span * float(rng.uniform(0.1, 0.6)), span),
        drop_out=float(_pick(rng, (0.0, 0.05, 0.3))) / median,
        round_to=float(_pick(rng, (0.0, 1 / 30.4375, 1.0), (0.4, 0.45, 0.15))),
    )
    return simulate_trial(recipe, int(rng.integers(2**31)))


def _random_style(rng: np.random.Generator, panels: int) -> FigureStyle:
    dpi = int(_pick(rng, (72, 100, 150, 200, 300), (0.12, 0.33, 0.33, 0.12, 0.1)))
    chosen: dict[str, Any] = {
        "width_in": float(rng.uniform(4.6, 7.0)) if panels == 1 else 4.6,
        "height_in": float(rng.uniform(3.8, 5.2)),
        "dpi": dpi,
        "font": _pick(rng, ("sans", "serif", "times"), (0.6, 0.15, 0.25)),
        "font_pt": float(rng.uniform(8, 11)) if dpi > 72 else 10.0,
        "renderer": _pick(rng, ("smooth", "snapped", "aliased", "pdf", "svg"), (0.25, 0.35, 0.1, 0.2, 0.1)),
        "inks": _pick(
            rng, ("colour", "grey", "mono_styled", "mono_solid", "two_shades"), (0.58, 0.1, 0.17, 0.06, 0.09)
        ),
        "stroke_pt": float(_pick(rng, (0.8, 1.1, 1.5, 2.0, 3.0), (0.1, 0.25, 0.35, 0.2, 0.1))),
        "censor": _pick(
            rng,
            ("none", "tick", "vbar", "plus", "cross", "circle", "triangle"),
            (0.28, 0.2, 0.2, 0.16, 0.06, 0.07, 0.03),
        ),
        "censor_black": bool(rng.random() < 0.2),
        "censor_pt": float(rng.uniform(4, 7)),
        "limits": _pick(rng, ("none", "shaded", "dashed", "solid"), (0.74, 0.16, 0.08, 0.02)),
        "frame": _pick(rng, ("L", "box", "detached"), (0.5, 0.32, 0.18)),
        "percent": _pick(rng, ("no", "numbers", "signs"), (0.5, 0.35, 0.15)),
        "upward": bool(rng.random() < 0.1),
        "grid": _pick(rng, ("none", "horizontal", "full", "grey_panel"), (0.68, 0.14, 0.12, 0.06)),
        "legend": _pick(
            rng, ("inside", "right", "top", "below", "direct", "none"), (0.4, 0.14, 0.18, 0.12, 0.08, 0.08)
        ),
        "risk": _pick(rng, ("none", "plain", "coloured", "swatches", "events"), (0.4, 0.35, 0.12, 0.08, 0.05)),
        "median_lines": bool(rng.random() < 0.1),
        "title": _pick(rng, ("", "Overall survival", "Progression-free survival"), (0.6, 0.2, 0.2)),
        "page_text": bool(rng.random() < 0.04),
        "arrow": bool(rng.random() < 0.04),
        "inset": bool(rng.random() < 0.03),
        "text_over_curve": _pick(rng, ("", "P = .03"), (0.94, 0.06)),
        "notes": _pick(rng, ((), ("HR 0.71 (95% CI, 0.52–0.97)", "P = .03")), (0.75, 0.25)),
        "damage": _random_damage(rng, dpi),
    }
    if chosen["inks"] == "colour":
        palette = _pick(rng, PALETTES) or COLOURS
        start = int(rng.integers(len(palette)))
        chosen["palette"] = palette[start:] + palette[:start]
    chosen["offset"] = 0.04 if chosen["grid"] == "grey_panel" or rng.random() < 0.15 else 0.0
    chosen["y_title"] = "" if chosen["upward"] else _pick(rng, ("", "Survival probability", "Patients alive"))
    return FigureStyle(**chosen)


def _random_damage(rng: np.random.Generator, dpi: int) -> Damage:
    match _pick(rng, ("none", "jpeg", "scan", "shrunk"), (0.6, 0.24, 0.1, 0.06)):
        case "jpeg":
            return Damage(jpeg=int(rng.integers(30, 95)), chroma=bool(rng.random() < 0.7))
        case "scan":
            return Damage(
                blur_px=float(rng.uniform(0.3, 0.8)),
                noise=float(rng.uniform(1, 8)),
                tilt=float(rng.uniform(-2, 2)),
                jpeg=85 if rng.random() < 0.5 else None,
            )
        case "shrunk":
            # Below 72 dpi letters have no legible shape left.
            return Damage(shrink=min(1.0, max(float(rng.uniform(0.6, 0.9)), 72 / dpi)))
        case _:
            return Damage()


def _fitted(style: FigureStyle, trial: Sequence[TrueArm], rng: np.random.Generator) -> FigureStyle:
    """The style with what depends on the curves: a truncated axis only where nothing is cut off, no impossible text."""
    x = plan_axes(style, max(float(arm.time.max()) for arm in trial)).x
    if rng.random() < 0.5:
        x = (x[0], max(x[2], x[1] - x[2]), x[2])
    lowest = min(float(life_table(arm).survival.min()) for arm in trial)
    y = style.y_axis
    if lowest > 0.55 and rng.random() < 0.6:
        y = (0.0, 0.5, 0.1) if style.upward else (0.5, 1.0, 0.1)
    elif rng.random() < 0.3:
        y = (0.0, 1.0, 0.25)
    many = len(trial) > 3
    return replace(
        style,
        x_axis=x,
        y_axis=y,
        legend="right" if many and style.legend in ("top", "below") else style.legend,
        height_in=style.height_in + 0.25 * max(0, len(trial) - 2) * (style.risk != "none"),
        limits="none" if many and style.limits in ("dashed", "solid") else style.limits,
    )
