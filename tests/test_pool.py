"""Comparisons over many results: hand-worked combination, agreement with the survival mathematics, the forest plot."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import review_figure as drawn

from kmdigitize.errors import FactsError
from kmdigitize.export import draw_rows, to_csv, write_outputs
from kmdigitize.ipd.records import Draw
from kmdigitize.options import Options
from kmdigitize.pipeline import complete, settle
from kmdigitize.pool import Wanted, forest_plot, pool_results, random_effects, to_table
from kmdigitize.records.figure import Figure
from kmdigitize.result import Result
from kmdigitize.survival import cox_log_ratio, rmst, survival_at


@pytest.fixture(scope="module")
def result() -> Result:
    page = drawn.page(Figure("trial", drawn.pixels()))
    found = drawn.find(page, drawn.FigureFacts())
    return complete(settle(found), options=Options("guyot"))


def test_effects_are_those_of_the_patients(result: Result, tmp_path: Path) -> None:
    write_outputs(result, tmp_path)
    (row,) = pool_results([tmp_path], Wanted(landmarks=(12.0, 99.0)))
    a, b = ((ipd.time, ipd.event) for ipd in result.ipds)
    assert (row["arm"], row["reference"], row["n_arm"]) == ("B", "A", 20)
    assert row["log_hr"] == pytest.approx(cox_log_ratio(b, a)[0], rel=1e-6)
    assert row["rmst_difference"] == pytest.approx(
        rmst(*b, row["rmst_tau"])[0] - rmst(*a, row["rmst_tau"])[0], abs=1e-6
    )
    assert row["s12_difference"] == pytest.approx(survival_at(*b, 12.0) - survival_at(*a, 12.0), abs=1e-6)
    assert row["s99_difference"] is None
    assert row["hr_digitized_lower"] is None
    turned = pool_results([tmp_path], Wanted(reference="b"))[0]
    assert turned["log_hr"] == pytest.approx(-row["log_hr"], rel=1e-6)
    assert to_table([row]).startswith(b"study,panel,")


def test_draws_give_digitization_intervals(result: Result, tmp_path: Path) -> None:
    panel = result.panels[0]
    shifted = [
        rebuilt.__class__(
            rebuilt.ipd,
            rebuilt.method,
            rebuilt.table,
            draws=tuple(Draw(rebuilt.ipd.time + 0.1 * k * index, rebuilt.ipd.event) for k in range(3)),
        )
        for index, rebuilt in enumerate(panel.reconstructions)
    ]
    drawn_result = Result(
        result.digitized,
        (panel.__class__(panel.digitized, tuple(shifted)),),
        result.facts,
        result.provenance,
    )
    table = to_csv(("panel", "arm", "draw", "time", "event"), draw_rows(drawn_result))
    write_outputs(drawn_result, tmp_path, {"draws.csv": table})
    (row,) = pool_results([tmp_path / "trial"], Wanted())
    assert row["rmst_difference_digitized_lower"] < row["rmst_difference_digitized_upper"]
    forest_plot([row], tmp_path / "forest.svg")
    assert b"<svg" in (tmp_path / "forest.svg").read_bytes()


def test_combination_of_studies_by_hand() -> None:
    mean, error, between = random_effects(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    assert (mean, error, between) == pytest.approx((0.5, math.sqrt(0.5), 0.0))
    mean, error, between = random_effects(np.array([0.0, 2.0]), np.array([0.5, 0.5]))
    # Q = 8, one degree of freedom, scale = 8 - 32 / 8 = 4: variance between 7 / 4.
    assert between == pytest.approx(1.75)
    assert (mean, error) == pytest.approx((1.0, 1.0))


def test_nothing_to_pool_is_said(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match="no results"):
        pool_results([tmp_path], Wanted())
    with pytest.raises(FactsError, match="hazard ratio"):
        forest_plot([], tmp_path / "f.png")
