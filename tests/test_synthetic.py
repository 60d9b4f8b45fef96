"""Synthetic figures: the truth they carry is the truth that is drawn."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.synthetic import (
    Damage,
    FigureStyle,
    SyntheticFigure,
    TrialRecipe,
    TrueArm,
    draw_figure,
    draw_vector,
    life_table,
    simulate_trial,
)
from kmdigitize.synthetic.damage import damage_picture, encode
from kmdigitize.synthetic.draw import _compose, _matplotlib_defaults
from kmdigitize.synthetic.fitting import publishable
from kmdigitize.synthetic.furniture import apart
from kmdigitize.synthetic.layout import handle_length
from kmdigitize.synthetic.mixed import mixed_case
from kmdigitize.synthetic.perfect import perfect_digitization

TRIAL = simulate_trial(TrialRecipe(n=40), 1)
BARE = FigureStyle(width_in=4, height_in=3, censor="none", legend="none", stroke_pt=2.0)


def ink(pixels: Pixels, colour: str) -> FloatArray:
    """How much each pixel is nearer to the colour than white is, 0 to 1, shape (h, w)."""
    target = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=float) - 255
    return np.clip((pixels.astype(float) - 255) @ target / (target @ target), 0, 1)


def row_of_ink(figure: SyntheticFigure, column: int) -> float:
    """Centre of gravity (px) of the only arm's ink in a column, near where truth has the curve."""
    trace = perfect_digitization(figure).panels[0].arms[0].trace
    assert trace is not None
    true = float(trace.row_at(np.array([column]))[0])
    rows = np.arange(round(true) - 4, round(true) + 5)
    weight = ink(figure.pixels, figure.truth["arms"][0]["color"])[rows, column]
    return float(weight @ rows / weight.sum())


def test_life_table_by_hand() -> None:
    # 1 event of 4, a censoring, 1 event of 2 at 3: 3/4, 3/4, 3/8; then all are gone.
    arm = TrueArm("A", np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, True]))
    table = life_table(arm)
    np.testing.assert_allclose(table.survival, [3 / 4, 3 / 4, 3 / 8, 0])
    assert table.at_risk.tolist() == [4, 3, 2, 1]
    assert table.median == 3.0
    assert arm.at_risk([0, 1, 1.5, 4, 5]).tolist() == [4, 4, 3, 1, 0]


def test_median_of_an_exact_flat_is_its_middle() -> None:
    arm = TrueArm("A", np.array([1.0, 2.0, 5.0, 6.0]), np.ones(4, dtype=bool))
    assert life_table(arm).median == 3.5


def test_trials_are_reproducible_and_follow_their_recipe() -> None:
    again = simulate_trial(TrialRecipe(n=40), 1)
    for first, second in zip(TRIAL, again, strict=True):
        np.testing.assert_array_equal(first.time, second.time)
    early, late = simulate_trial(TrialRecipe(n=4000, follow_up=(400, 500), drop_out=0, hazard_ratio=0.5), 3)
    assert np.median(early.time) == pytest.approx(12, rel=0.06)
    assert np.median(late.time) == pytest.approx(24, rel=0.06)


@pytest.mark.parametrize("scenario", ["exponential", "weibull", "piecewise", "cure", "crossing", "delayed", "null"])
def test_every_scenario_gives_events_and_positive_times(scenario: str) -> None:
    arms = simulate_trial(TrialRecipe(n=60, scenario=scenario), 5)  # type: ignore[arg-type]
    assert all(arm.events > 5 and arm.time.min() > 0 for arm in arms)


@pytest.mark.parametrize(("renderer", "most"), [("smooth", 0.06), ("pdf", 0.12), ("svg", 0.15), ("snapped", 0.75)])
def test_flats_lie_where_the_truth_says(renderer: str, most: float) -> None:
    figure = draw_figure([TRIAL[1:]], replace(BARE, renderer=renderer), "t")  # type: ignore[arg-type]
    trace = perfect_digitization(figure).panels[0].arms[0].trace
    assert trace is not None
    edges = np.concatenate([[trace.start], trace.risers, [trace.end]])
    wide = np.flatnonzero(np.diff(edges) > 9)
    errors = [
        row_of_ink(figure, round((edges[i] + edges[i + 1]) / 2)) - trace.levels[i]
        for i in wide
        if trace.levels[i] < 180
    ]
    assert len(errors) > 5
    assert np.abs(errors).max() < most


def test_tilt_moves_the_corners_with_the_ink() -> None:
    pixels = np.full((60, 90, 3), 255, np.uint8)
    pixels[20:22, 30:32] = 0  # centre of gravity at continuous (31, 21)
    picture, place = damage_picture(pixels, Damage(tilt=2.0, shrink=2.0), 0)
    dark = 255.0 - picture[..., 0]
    rows, columns = np.indices(dark.shape)
    centre = np.array([(dark * (columns + 0.5)).sum(), (dark * (rows + 0.5)).sum()]) / dark.sum()
    np.testing.assert_allclose(place[:, :2] @ [31, 21] + place[:, 2], centre, atol=0.05)


def test_truth_has_what_the_scorer_reads(tmp_path: Path) -> None:
    style = replace(
        BARE, risk="plain", height_in=4, censor="plus", percent="numbers", upward=True, damage=Damage(jpeg=50)
    )
    figure = draw_figure([TRIAL], style, "one")
    path = figure.save(tmp_path)
    truth = json.loads((tmp_path / "truth" / "one.json").read_text())
    assert path.suffix == ".jpg"
    assert truth["axes"]["direction"] == "up"
    assert truth["style"]["risk"] is True
    for arm, true in zip(truth["arms"], TRIAL, strict=True):
        assert arm["n"] == len(arm["ipd"]) == 40
        assert arm["events"] == true.events == sum(event for _, event in arm["ipd"])
        assert arm["risk_counts"][0] == 40
        assert arm["surv"] == sorted(arm["surv"], reverse=True)
        assert arm["censor_marks_drawn"]


def test_a_curve_ends_where_it_leaves_the_panel() -> None:
    figure = draw_figure([TRIAL], replace(BARE, y_axis=(0.5, 1.0, 0.1)), "cut")
    for arm, true in zip(figure.truth["arms"], TRIAL, strict=True):
        table = life_table(true)
        assert arm["t_end_plotted"] == table.time[table.survival < 0.5][0]


@pytest.mark.parametrize("colours", [1, 2, 200, 256, 257, 900])
def test_png_files_are_lossless(colours: int) -> None:
    ramp = np.arange(colours)
    row = np.stack([ramp % 256, (7 * ramp) % 256, ramp // 256], axis=-1).astype(np.uint8)
    pixels = np.repeat(row[None], 3, axis=0)
    decoded = Image.open(io.BytesIO(encode(pixels, Damage()))).convert("RGB")
    np.testing.assert_array_equal(np.asarray(decoded), pixels)


def test_panels_share_a_figure() -> None:
    figure = draw_figure([TRIAL] * 4, BARE, "four")
    corners = [panel["axes"]["pixel"] for panel in figure.truth["panels"]]
    assert figure.pixels.shape == (600, 800, 3)
    assert corners[1]["x0"] == pytest.approx(corners[0]["x0"] + 400)
    assert corners[2]["y0"] == pytest.approx(corners[0]["y0"] + 300)


@pytest.mark.parametrize(
    "look",
    [
        {"inks": "mono_styled", "frame": "box", "censor": "circle", "legend": "direct", "limits": "dashed"},
        {
            "inks": "grey",
            "frame": "detached",
            "grid": "grey_panel",
            "offset": 0.04,
            "limits": "shaded",
            "legend": "right",
        },
        {
            "inks": "two_shades",
            "renderer": "aliased",
            "page_text": True,
            "arrow": True,
            "inset": True,
            "text_over_curve": "P=.01",
        },
        {"inks": "mono_solid", "risk": "swatches", "median_lines": True, "legend": "below", "notes": ("HR 0.7",)},
        {"risk": "events", "legend": "top", "percent": "signs", "limits": "solid", "limits_grey": True},
        {"risk": "inside", "y_axis": (0.0, 1.0, 0.25), "grid": "full", "font": "times"},
        {"damage": Damage(tilt=-1.5, noise=5, blur_px=0.6, shrink=0.8)},
    ],
)
def test_every_look_can_be_drawn(look: dict[str, object]) -> None:
    figure = draw_figure([TRIAL], replace(BARE, height_in=4.5, width_in=5.5, **look), "look")  # type: ignore[arg-type]
    pixel = figure.truth["axes"]["pixel"]
    assert (pixel["height"], pixel["width"]) == figure.pixels.shape[:2]
    assert 0 < pixel["x0"] < pixel["x1"] < pixel["width"]
    assert 0 < pixel["y1"] < pixel["y0"] < pixel["height"]
    assert figure.pixels.min() < 100


@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_vector_files_are_reproducible(kind: str) -> None:
    first, second = (draw_vector([TRIAL], BARE, kind, "v") for _ in range(2))
    assert first.file == second.file
    assert first.file.startswith(b"%PDF" if kind == "pdf" else b"<?xml")


def test_the_mixture_is_reproducible_and_varied() -> None:
    cases = [mixed_case(index) for index in range(30)]
    again = mixed_case(7)
    assert again.styles == cases[7].styles
    np.testing.assert_array_equal(again.trials[0][0].time, cases[7].trials[0][0].time)
    looks = [case.styles[0] for case in cases]
    assert {"colour", "mono_styled"} <= {look.inks for look in looks}
    assert len({look.renderer for look in looks}) > 3
    assert len({len(case.trials[0]) for case in cases}) > 2


def test_no_room_for_a_panel_is_an_error() -> None:
    with pytest.raises(ValueError, match="no room"):
        draw_figure([TRIAL], replace(BARE, width_in=1.0), "tiny")


@pytest.mark.parametrize(("marks", "kept"), [(3, True), (200, False)])
def test_black_marks_stay_as_long_as_they_leave_a_broken_line_to_follow(marks: int, kept: bool):
    times = np.linspace(1.0, 60.0, marks)
    arms = [TrueArm(name, np.append(times, 30.0), np.append(np.zeros(marks, bool), True)) for name in "ab"]
    style = replace(BARE, inks="mono_styled", censor="plus", x_axis=(0.0, 60.0, 12.0))
    assert (publishable(style, arms).censor != "none") is kept


def test_a_title_stands_above_the_legend_and_samples_show_a_whole_period():
    style = replace(
        BARE, inks="mono_styled", stroke_pt=3.0, font_pt=9.0, title="Progression-free survival", legend="top"
    )
    assert handle_length(style, 2) == 7.5 * 3 / 9
    assert handle_length(replace(style, stroke_pt=1.0), 2) == 2.0
    arms = simulate_trial(TrialRecipe(arms=("Control", "Treatment"), n=40), 1)
    with _matplotlib_defaults(style):
        _, ((plot, _),) = _compose([arms], [style])
        legend, title = plot.get_legend().get_window_extent(), plot._left_title.get_window_extent()
        assert title.y0 >= legend.y1 - 3  # the descenders of a title and a legend's margin may share a row


@given(st.lists(st.floats(0.0, 60.0), min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_names_at_the_ends_of_curves_are_never_printed_on_each_other(rows: list[float]) -> None:
    place = np.array(rows)
    moved = place + apart(np.full(place.size, 100.0), place, 50.0, 10.0)
    assert np.diff(np.sort(moved)).min() > 9.0
    assert np.argsort(moved, kind="stable").tolist() == np.argsort(place, kind="stable").tolist()
    assert not apart(np.arange(place.size) * 60.0, place, 50.0, 10.0).any()


def test_truth_is_stretched_with_a_page_that_is_rasterised_to_whole_pixels() -> None:
    """A rasteriser of PDF pages rounds their size up and fills what it has rounded up."""
    trial = simulate_trial(TrialRecipe(n=40), 1)
    stretched = 0
    for width in np.arange(5.0, 5.6, 0.01):
        pages = [draw_figure([trial], FigureStyle(width_in=width, renderer=r), "page") for r in ("smooth", "pdf")]
        sharp, pdf = ((page.truth["axes"]["pixel"], page.pixels.shape[1]) for page in pages)
        stretched += pdf[1] > sharp[1]
        assert pdf[0]["x1"] / pdf[1] == pytest.approx(sharp[0]["x1"] / sharp[1], abs=1e-6)
        if stretched:
            return
    raise AssertionError("no page of a broken number of pixels")
