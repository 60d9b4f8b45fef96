"""Panels of a grid share labels, titles and a legend where they have none of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kmdigitize import digitize, read_figure
from kmdigitize.flags import Flag
from kmdigitize.geometry import AxisScale, Box
from kmdigitize.records.axes import Panel, Scales, Tick
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Rgb, TextToken
from kmdigitize.records.printed import LegendEntry, RiskRow, RiskTable
from kmdigitize.sharing import (
    borrowed_legend,
    flagged_as_shared,
    has_looks_of,
    names_arms,
    shared_axes,
    shared_legend,
    with_entries_of,
    with_shared_titles,
    without_settled_count,
)
from kmdigitize.stepcurve import area_between
from kmdigitize.synthetic import Damage, FigureStyle, TrialRecipe, draw_figure, simulate_trial
from kmdigitize.synthetic.perfect import perfect_digitization

RED, BLUE, GREEN = (220, 20, 20), (20, 20, 220), (20, 160, 20)


def _panel(left: float, top: float = 50) -> Panel:
    frame = Box(left, top, left + 100, top + 100)
    return Panel("1", frame, Box(left - 20, top - 20, left + 110, top + 120), frame.bottom, frame.left)


def _scales(x_title: str = "", y_title: str = "", first: float = 0.0) -> Scales:
    ticks = Tick(60, first), Tick(100, 20), Tick(140, None)
    x, y = AxisScale.through((60, 100), (first, 20)), AxisScale.through((150, 50), (0, 1))
    return Scales(x, y, ticks, (Tick(150, 0.0), Tick(50, 1.0)), x_title=x_title, y_title=y_title)


def _trace(color: Rgb) -> Trace:
    levels = np.array([50.0, 80.0])
    return Trace(0, 100, levels, np.array([50.0]), np.ones(2), np.ones(1), np.ones(2), color)


def test_a_panel_without_labels_has_the_axis_of_its_row() -> None:
    (axes,) = shared_axes(_panel(200), [(_panel(50), _scales())], [])
    assert axes.x is None
    assert [tick.value for tick in axes.y or ()] == [0.0, 1.0]
    assert shared_axes(_panel(200, 70), [(_panel(50), _scales())], []) == ()


def test_a_panel_of_a_grid_may_share_both_axes() -> None:
    known = [(_panel(50, 250), _scales()), (_panel(200, 50), _scales())]
    tried = shared_axes(_panel(50, 50), known, [])
    assert [(axes.x is not None, axes.y is not None) for axes in tried] == [(False, True), (True, False), (True, True)]


def test_a_panel_with_labels_of_its_own_shares_none() -> None:
    own = [TextToken(text, Box(185, y, 195, y + 8)) for text, y in (("1.0", 46), ("0.0", 130))]
    assert shared_axes(_panel(200), [(_panel(50), _scales())], own) == ()


def test_shared_axes_are_flagged_as_such() -> None:
    (axes,) = shared_axes(_panel(200), [(_panel(50), _scales())], [])
    scales = Scales(_scales().x, _scales().y, flags=(Flag("axis_from_facts", "x"), Flag("axis_from_facts", "y")))
    assert flagged_as_shared(scales, axes).flags == (Flag("axis_from_facts", "x"), Flag("axis_shared", "y"))


def test_titles_are_shared_by_panels_with_the_same_labels() -> None:
    panels = [
        (_panel(50), _scales(y_title="Survival")),
        (_panel(200), _scales("Months")),
        (_panel(350), _scales(first=5)),
    ]
    titled = with_shared_titles(panels)
    assert [(s.x_title, s.y_title) for s in titled] == [
        ("Months", "Survival"),
        ("Months", "Survival"),
        ("", "Survival"),
    ]


def test_one_legend_is_that_of_all_panels_with_its_colours() -> None:
    legend = tuple(LegendEntry(name, Box(0, 0, 9, 9), color=color) for name, color in (("A", RED), ("B", BLUE)))
    curves = [_trace((200, 40, 40)), _trace(BLUE)]
    assert shared_legend([((), curves, False), (legend, curves, False)]) == (legend, legend)
    assert shared_legend([((), curves, True), (legend, curves, False)]) == ((), legend)
    assert shared_legend([((), [_trace(RED), _trace(GREEN)], False), (legend, curves, False)]) == ((), legend)
    assert shared_legend([((), curves, False), (legend, curves, False), (legend[:1], curves, False)])[0] == ()


def test_a_legend_under_two_panels_is_put_together() -> None:
    first, second = ((LegendEntry(name, Box(0, 0, 9, 9), color=color),) for name, color in (("A", RED), ("B", BLUE)))
    curves = [_trace(RED), _trace(BLUE)]
    assert (
        shared_legend([((), curves, False), (first, curves, False), (second, curves, False)]) == (first + second,) * 3
    )
    assert shared_legend([(first, [_trace(RED)], False), (second, [_trace(BLUE)], False)]) == (first, second)


def test_a_legend_belongs_to_curves_that_blur_made_paler_or_deeper_than_its_samples() -> None:
    legend = tuple(LegendEntry(n, Box(0, 0, 9, 9), color=(g, g, g)) for n, g in (("A", 85), ("B", 167)))
    assert has_looks_of([_trace((0, 0, 0)), _trace((137, 137, 137))], legend)
    assert not has_looks_of([_trace((0, 0, 0)), _trace((220, 220, 220))], legend)
    assert not has_looks_of([_trace(RED)], legend)
    assert not has_looks_of([], legend)


def test_curves_of_a_panel_are_told_apart_by_the_legend_of_another() -> None:
    look = FigureStyle(palette=("#333333", "#999999"), dpi=90, stroke_pt=1.6, width_in=5, height_in=3.6)
    look = replace(look, damage=Damage(jpeg=60, shrink=0.7))
    recipe = TrialRecipe(arms=("Resection", "Ablation"), n=80, median=16, hazard_ratio=1.05)
    trials = simulate_trial(recipe, 21), simulate_trial(recipe, 22)
    drawn = draw_figure(trials, [look, replace(look, legend="none")], "two")
    _, second = digitize(read_figure(drawn.file, drawn.name)).panels
    assert [arm.name for arm in second.arms] == ["Resection", "Ablation"]
    for arm, true in zip(second.arms, perfect_digitization(drawn).panels[1].arms, strict=True):
        assert area_between(arm.curve, true.curve, true.curve.last_time) < 0.02


def test_a_legend_is_borrowed_where_it_is_the_only_one_or_has_an_entry_more() -> None:
    a, b, c = (LegendEntry(n, Box(0, 0, 9, 9), color=color) for n, color in (("A", RED), ("B", BLUE), ("C", GREEN)))
    assert borrowed_legend((), [(a, b), (), (a, b)]) == (a, b)
    assert borrowed_legend((), [(a, b), (a, c), ()]) == ()
    assert borrowed_legend((a,), [(a, b), (a,), (b, c)]) == (a, b)
    assert borrowed_legend((replace(a, color=BLUE),), [(a, b), (b, c)]) == ()
    assert borrowed_legend((a, b), [(a, b), (a, b)]) == ()
    assert borrowed_legend((a, replace(b, label="")), [(a, b), (a, c)]) == (a, b)
    assert borrowed_legend((replace(a, label=""),), [(a, b)]) == ()


def test_curves_keep_the_entry_they_were_traced_along_when_a_legend_is_put_together() -> None:
    a, b = (LegendEntry(n, Box(0, 0, 9, 9), color=color) for n, color in (("A", RED), ("B", BLUE)))
    traces = [replace(_trace(BLUE), entry=0), _trace(RED)]
    assert [t.entry for t in with_entries_of(traces, (b,), (a, b))] == [1, None]
    assert [t.entry for t in with_entries_of(traces, (b,), (a,))] == [None, None]


def test_a_legend_put_together_settles_the_number_of_curves() -> None:
    a, b = (LegendEntry(n, Box(0, 0, 9, 9), color=color) for n, color in (("A", RED), ("B", BLUE)))
    doubted = replace(_scales(), flags=(Flag("curve_count_doubtful"), Flag("axis_shared", "x")))
    assert without_settled_count(doubted, 2, (a, b)).flags == (Flag("axis_shared", "x"),)
    assert without_settled_count(doubted, 2, (a,)) == doubted


def test_a_table_without_labels_names_no_arm() -> None:
    rows = [RiskRow(label, np.array([0.0, 6.0]), np.array([9, 4])) for label in ("", "A")]
    assert [names_arms(table) for table in (None, RiskTable(()), RiskTable((rows[0],)))] == [False] * 3
    assert names_arms(RiskTable(tuple(rows)))


def test_black_lines_belong_to_a_legend_by_their_types() -> None:
    black = (0, 0, 0)
    legend = tuple(LegendEntry(d, Box(0, 0, 9, 9), color=black, dash=d) for d in ("solid", "dashed"))
    curves = [replace(_trace(black), dash="dashed"), replace(_trace(black), dash="solid")]
    assert has_looks_of(curves, legend)
    assert not has_looks_of([curves[0], curves[0]], legend)
    assert not has_looks_of([replace(curves[0], dash="dotted"), curves[1]], legend)
    assert not has_looks_of([replace(curve, color=RED) for curve in curves], legend)


def test_a_panel_with_all_its_arms_named_takes_no_legend_that_names_more() -> None:
    look = FigureStyle(width_in=4.5, height_in=3.4)
    two = simulate_trial(TrialRecipe(arms=("Control", "Treatment"), n=60), 1)
    three = simulate_trial(TrialRecipe(arms=("Control", "Treatment", "Both"), n=60), 2)
    first, second = digitize(read_figure(draw_figure([two, three], look, "two").file, "two")).panels
    assert [entry.label for entry in first.legend] == ["Control", "Treatment"]
    assert len(second.arms) == 3
    assert "curve_count_doubtful" not in {flag.code for flag in (*first.flags, *first.scales.flags)}
