"""The overlay draws what was found where it was found."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.overlay import DOUBT, TICK, arm_colours, draw_overlay
from kmdigitize.records.axes import Tick
from kmdigitize.records.digitized import Digitized, SkippedPanel
from kmdigitize.records.printed import LegendEntry
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial
from kmdigitize.synthetic.perfect import perfect_digitization

TRIAL = simulate_trial(TrialRecipe(n=40), 1)
FOUND = perfect_digitization(draw_figure([TRIAL], FigureStyle(width_in=5, height_in=4, risk="plain"), "t"))


def share_of(picture: np.ndarray, colour: tuple[int, int, int], slack: int = 60) -> float:
    """Share of pixels within ``slack`` of a colour."""
    return float(np.mean(np.abs(picture.astype(int) - colour).max(axis=-1) <= slack))


def with_panel(**changes: object) -> Digitized:
    """FOUND with fields of its panel replaced."""
    return replace(FOUND, panels=(replace(FOUND.panels[0], **changes),))  # type: ignore[arg-type]


def test_small_figures_are_doubled_and_large_ones_are_not() -> None:
    height, width = FOUND.figure.pixels.shape[:2]
    assert draw_overlay(FOUND).shape == (2 * height, 2 * width, 3)
    large = replace(FOUND, figure=replace(FOUND.figure, pixels=np.full((800, 1300, 3), 255, np.uint8)))
    assert draw_overlay(large).shape == (800, 1300, 3)


def test_curves_are_drawn_on_their_ink() -> None:
    picture = draw_overlay(FOUND)
    colours = arm_colours(FOUND.panels[0].arms)
    for arm, colour in zip(FOUND.panels[0].arms, colours, strict=True):
        trace = arm.trace
        assert trace is not None
        columns = np.arange(int(trace.start) + 5, int(trace.end) - 5, 7)
        hits = 0
        for column in columns:
            row = round(2 * float(trace.row_at(np.array([column]))[0]) + 0.5)
            around = picture[row - 3 : row + 4, 2 * column : 2 * column + 2].astype(int)
            hits += bool((np.abs(around - colour).max(axis=-1) < 90).any())
        assert hits / len(columns) > 0.9


def test_every_arm_has_its_own_colour_away_from_its_ink() -> None:
    colours = arm_colours(FOUND.panels[0].arms)
    assert len(set(colours)) == 2
    for arm, colour in zip(FOUND.panels[0].arms, colours, strict=True):
        assert arm.trace is not None
        assert np.linalg.norm(np.subtract(arm.trace.color, colour)) > 100


def test_a_doubtful_tick_is_red() -> None:
    scales = FOUND.panels[0].scales
    spoiled = replace(scales, x_ticks=(replace(scales.x_ticks[0], inlier=False), *scales.x_ticks[1:]))
    good, bad = draw_overlay(FOUND), draw_overlay(with_panel(scales=spoiled))
    assert share_of(good, DOUBT) == 0
    assert share_of(bad, DOUBT) > 0
    assert share_of(bad, TICK, 10) < share_of(good, TICK, 10)


def test_text_that_no_font_knows_and_empty_panels_are_drawn() -> None:
    panel = FOUND.panels[0]
    names = ("β-blocker ≥ 2 mg <b>", "对照组")
    arms = tuple(replace(arm, name=name) for arm, name in zip(panel.arms, names, strict=True))
    legend = (LegendEntry(names[0], Box(300, 10, 400, 25)), LegendEntry("no curve", Box(300, 30, 400, 45)))
    odd = with_panel(arms=arms, legend=legend)
    without_trace = with_panel(arms=tuple(replace(arm, trace=None) for arm in panel.arms))
    skipped = replace(FOUND, panels=(), skipped=(SkippedPanel(panel.panel, "it shows a cumulative hazard"),))
    unlabelled = with_panel(scales=replace(panel.scales, x_ticks=(Tick(100.0),), y_ticks=()))
    for digitized in (odd, without_trace, skipped, unlabelled):
        assert np.any(draw_overlay(digitized) != draw_overlay(replace(FOUND, panels=())))


def test_bridged_flats_are_dotted() -> None:
    arm = FOUND.panels[0].arms[0]
    assert arm.trace is not None
    unseen = replace(arm, trace=replace(arm.trace, seen=np.zeros(arm.trace.levels.size)))
    colour = arm_colours([arm])[0]
    whole, dotted = (draw_overlay(with_panel(arms=(a,))) for a in (arm, unseen))
    assert share_of(dotted, colour, 30) < 0.85 * share_of(whole, colour, 30)


def test_drawing_is_fast() -> None:
    start = time.perf_counter()
    draw_overlay(FOUND)
    assert time.perf_counter() - start < 0.5


def test_cells_have_the_colour_of_their_arm_however_their_label_was_read() -> None:
    panel, cell = FOUND.panels[0], Box(200, 250, 240, 265)
    assert panel.risk_table is not None
    rows = tuple(replace(row, label="misread") for row in panel.risk_table.rows)
    first = replace(panel.risk_table, rows=(replace(rows[0], boxes=(cell,)), rows[1]))
    second = replace(panel.risk_table, rows=(rows[0], replace(rows[1], boxes=(cell,))))
    for arm, table in enumerate((first, second)):
        edge = draw_overlay(with_panel(risk_table=table))[2 * 248 + 1, 2 * 220].astype(int)
        assert np.argmin([np.abs(edge - colour).sum() for colour in arm_colours(panel.arms)]) == arm


def test_a_legend_entry_has_the_colour_of_the_arm_of_its_name_whichever_followed_its_sample() -> None:
    arms = FOUND.panels[0].arms
    swapped = tuple(
        replace(arm, trace=replace(arm.trace, entry=1 - i)) for i, arm in enumerate(arms) if arm.trace is not None
    )
    boxes = Box(150, 150, 220, 165), Box(150, 185, 220, 200)
    legend = tuple(LegendEntry(arm.name, box) for arm, box in zip(arms, boxes, strict=True))
    picture = draw_overlay(with_panel(arms=swapped, legend=legend))
    for i, box in enumerate(boxes):
        edge = picture[2 * int(box.top) - 8 : 2 * int(box.top), 2 * int(box.center_x)].astype(int)
        line = edge[edge.sum(axis=-1).argmin()]
        assert np.argmin([np.abs(line - colour).sum() for colour in arm_colours(swapped)]) == i
