"""The extraction benchmark scores what it says: perfect is zero, missing is one, worse than the baseline is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import other_tools
from benchmarks.extraction_tables import measures, summarise, to_markdown, worse_than
from benchmarks.figure_sets import SERIES, figures_of
from benchmarks.scoring import ArmScore, score_figure
from kmdigitize import Digitized
from kmdigitize.geometry import AxisScale
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial
from kmdigitize.synthetic.perfect import perfect_digitization

TRIAL = simulate_trial(TrialRecipe(n=40), 1)
FIGURE = draw_figure([TRIAL], FigureStyle(width_in=5, height_in=4, risk="plain"), "t")
PERFECT = perfect_digitization(FIGURE)


def rows_of(found: Digitized | None) -> list[ArmScore]:
    return score_figure("mixed", "colour", FIGURE, found, "" if found else "NoPanelError")


def test_a_perfect_answer_has_no_error() -> None:
    for row in rows_of(PERFECT):
        assert row.found
        assert row.named
        assert row.count_right
        assert not row.flagged
        assert row.mae == row.rmse == row.px == 0
        assert row.area == pytest.approx(0, abs=1e-12)
        assert row.area_true == pytest.approx(0, abs=1e-9)
        assert row.calibration_px == pytest.approx(0, abs=1e-9)
        assert (row.step_recall, row.step_precision, row.mark_recall, row.mark_precision) == (1, 1, 1, 1)
        assert row.cells == row.cells_right == 6


def test_a_refusal_counts_in_full() -> None:
    rows = rows_of(None)
    found = measures(rows)
    assert found["failed figures"] == found["bad"] == found["RMSE mean"] == 1
    assert found["good"] == found["cells right"] == found["count right"] == 0
    assert "NoPanelError" in to_markdown(rows, summarise(rows))


def test_a_missing_arm_and_a_wrong_scale() -> None:
    panel = PERFECT.panels[0]
    one = replace(PERFECT, panels=(replace(panel, arms=panel.arms[:1]),))
    rows = rows_of(one)
    assert [row.found for row in rows] == [True, False]
    assert not rows[0].count_right
    assert rows[1].mae == 1
    shifted = replace(panel.scales, y=AxisScale(panel.scales.y.slope, panel.scales.y.intercept + panel.scales.y.slope))
    moved = rows_of(replace(PERFECT, panels=(replace(panel, scales=shifted),)))
    assert moved[0].calibration_px == pytest.approx(0.5)  # 1 px on y, 0 on x
    assert moved[0].area_true == pytest.approx(0, abs=1e-9)


def test_swapped_panels_are_matched_by_place() -> None:
    other = simulate_trial(TrialRecipe(n=40, scenario="weibull"), 9)
    figure = draw_figure([TRIAL, other], FigureStyle(width_in=5, height_in=4), "two")
    perfect = perfect_digitization(figure)
    rows = score_figure("mixed", "colour", figure, replace(perfect, panels=perfect.panels[::-1]))
    assert max(row.mae for row in rows) == 0


def test_the_comparison_tells_what_got_worse() -> None:
    before = {"mixed": {"good": 0.9, "MAE median": 0.001, "seconds median": 0.5, "arms": 10.0}}
    same = {"mixed": {"good": 0.895, "MAE median": 0.00105, "seconds median": 5.0, "arms": 12.0}}
    worse = {"mixed": {"good": 0.8, "MAE median": 0.002}}
    assert worse_than(before, same) == []
    assert [line.split(",")[1].split(":")[0].strip() for line in worse_than(before, worse)] == ["good", "MAE median"]


def test_every_set_names_its_figures_once() -> None:
    for set_name, count in (("series", 1), ("survdigitizer", 1), ("kmgpt", 1), ("mixed", 5)):
        names = [name for name, _ in figures_of(set_name, count)]
        assert len(names) == len(set(names)) > 0
    assert len([name for name, _ in figures_of("series", 2)]) == 2 * sum(len(levels) for levels in SERIES.values())


def test_the_protocols_are_drawn_as_published() -> None:
    kmgpt = dict(figures_of("kmgpt", 1))
    figure = kmgpt["kmgpt-exponential-50-6-70-0"]().figure
    assert figure.pixels.shape == (600, 1000, 3)
    heavy, light = (kmgpt[f"kmgpt-exponential-800-12-{c}-0"]().figure.truth["arms"][0] for c in (70, 5))
    assert 1 - heavy["events"] / heavy["n"] == pytest.approx(0.7, abs=0.06)
    assert 1 - light["events"] / light["n"] == pytest.approx(0.05, abs=0.06)
    survdigitizer = dict(figures_of("survdigitizer", 1))["survdigitizer-25-3-0"]().figure
    assert [arm["n"] for arm in survdigitizer.truth["arms"]] == [25, 25, 25]
    assert np.isfinite(survdigitizer.truth["arms"][0]["t_end_plotted"])


def test_curves_without_names_go_to_the_arms_they_fit_and_missing_ones_are_bad() -> None:
    high, low = np.full(100, 0.8), np.full(100, 0.4)
    mates = other_tools.matched([low, high], [high - 0.002])
    assert mates[0] is None
    np.testing.assert_array_equal(mates[1], high - 0.002)
    row = other_tools.curve_row("protocol", "a program", [[low, high]], [mates])
    assert row == ["protocol", "a program", "1", "0", "0.0020", "0.0020", "0.50", "0.50"]
    assert other_tools.curve_row("protocol", "a program", [[low]], [[None]])[3] == "1"
