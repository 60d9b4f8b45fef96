"""The scale follows the ticks; a misread, missing, glued or extra label must not move it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from axes_drawing import blank, figure_of, spaced, survival_axes
from axes_fitted import FIGURE, fitted, panel_of, printed_on, right, ticks_of
from hypothesis import given, settings
from hypothesis import strategies as st

from kmdigitize.detect.scales import StatedAxes, fit_scales
from kmdigitize.detect.scales_labels import best_labels, has_decades
from kmdigitize.detect.scales_lattice import LatticeSettings, value_step
from kmdigitize.detect.ticks import find_ticks
from kmdigitize.errors import AxisError
from kmdigitize.geometry import Box
from kmdigitize.records.axes import AxisTitles, NumberLabel, PrintedAxes, TickRow, Ticks


def test_plain_axes() -> None:
    axes = survival_axes()
    scales = fitted(axes)
    assert right(scales, axes)
    assert (scales.x.source, scales.y.source, scales.percent, scales.flags) == ("ticks", "ticks", False, ())
    assert [tick.value for tick in scales.x_ticks] == [0, 10, 20, 30, 40, 50, 60]
    assert [tick.value for tick in scales.y_ticks] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])


def test_from_drawing_to_scale() -> None:
    axes = survival_axes()
    picture = blank(430, 310)
    axes.draw(picture)
    figure, panel = figure_of(picture), panel_of(axes)
    scales = fit_scales(figure, panel, printed_on(axes, find_ticks(figure, panel)))
    assert right(scales, axes, 0.05)
    assert not scales.snapped


@pytest.mark.parametrize("index", range(13))
def test_one_misread_label(index: int) -> None:
    axes = survival_axes()
    labels = axes.labels()
    labels[index] = replace(labels[index], value=labels[index].value + 7)
    scales = fitted(axes, labels)
    assert right(scales, axes)
    assert sum(not tick.inlier for tick in scales.x_ticks + scales.y_ticks) == 1


@given(missing=st.sets(st.integers(0, 12), max_size=6), loose=st.floats(-2, 2))
@settings(max_examples=60, deadline=None)
def test_missing_and_loose_labels(missing: set[int], loose: float) -> None:
    axes = survival_axes()
    labels = [one for index, one in enumerate(axes.labels()) if index not in missing]
    labels = [
        replace(one, box=Box(one.box.left + loose, one.box.top + loose, one.box.right + loose, one.box.bottom + loose))
        for one in labels
    ]
    below = sum(one.box.top > axes.frame.bottom for one in labels)
    if min(below, len(labels) - below) >= 2:
        assert right(fitted(axes, labels), axes)


def test_glued_and_extra_labels() -> None:
    axes = survival_axes()
    labels = axes.labels()
    first, second = labels[2], labels[3]
    glued = NumberLabel(2030.0, "2030", first.box.union(second.box))
    stray = NumberLabel(114.0, "114", Box(200, 290, 220, 300))
    risk_row = [NumberLabel(90.0 - 9 * i, "", replace(labels[i].box, top=290, bottom=300)) for i in range(7)]
    scales = fitted(axes, [*labels[:2], glued, *labels[4:], stray, *risk_row])
    assert right(scales, axes)


def test_a_hidden_tick_does_not_shift_the_others() -> None:
    axes = survival_axes()
    ticks = ticks_of(axes)
    fewer = Ticks(replace(ticks.x, outside=np.delete(ticks.x.outside, [0, 3])), ticks.y)
    scales = fit_scales(FIGURE, panel_of(axes), printed_on(axes, fewer))
    assert right(scales, axes)


def test_a_displaced_tick_is_left_out() -> None:
    axes = survival_axes()
    ticks = ticks_of(axes)
    moved = ticks.x.outside + 0.6 * (np.arange(7) == 0)
    printed = printed_on(axes, Ticks(replace(ticks.x, outside=moved), ticks.y))
    scales = fit_scales(FIGURE, panel_of(axes), printed)
    assert right(scales, axes)


def test_ticks_of_an_enlarged_figure_lie_on_its_own_pixels() -> None:
    """Drawn on whole pixels and enlarged fourfold: every tick is four px wide and off by up to two."""
    axes = survival_axes()
    ticks = ticks_of(axes)
    pixel = 4.17
    rough = TickRow(outside=pixel * np.rint(ticks.y.outside / pixel), ends=ticks.y.ends, width=pixel)
    assert np.abs(rough.outside - ticks.y.outside).max() > LatticeSettings().tick_slack
    scales = fit_scales(FIGURE, panel_of(axes), printed_on(axes, Ticks(ticks.x, rough)))
    assert (scales.y.source, scales.y.n_ticks) == ("ticks", 6)
    assert right(scales, axes, pixel / 2)


def test_percent_axis() -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["100%", "80%", "60%", "40%", "20%", "0%"])
    scales = fitted(axes)
    assert right(scales, axes)
    assert scales.percent
    assert [tick.value for tick in scales.y_ticks] == [0, 20, 40, 60, 80, 100]


def test_an_axis_of_rates_per_thousand_is_no_percentage() -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["250", "200", "150", "100", "50", "0"])
    with pytest.raises(AxisError, match="labels up to 250"):
        fitted(axes)


def test_percent_signs_read_as_digits() -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["10096", "8096", "6096", "4096", "2096", "096"])
    scales = fitted(axes)
    assert right(scales, axes)
    assert scales.percent


def test_lost_decimal_points_and_glued_ticks() -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["1.0", "08", "0.6", "0.41", "0.2", "0.0"])
    scales = fitted(axes)
    assert right(scales, axes)
    assert not scales.percent


def test_ticks_keep_the_values_that_are_printed_although_rounded() -> None:
    axes = survival_axes()
    printed = ["0", "13.33", "26.67", "40", "53.33", "66.67", "80"]
    axes.x_ticks = spaced(axes.frame.left, axes.frame.right, printed)
    labels = [label for label in axes.labels() if label.text != "53.33"]
    scales = fitted(axes, labels)
    assert [tick.value for tick in scales.x_ticks] == pytest.approx([0, 13.33, 26.67, 40, 160 / 3, 66.67, 80], abs=2e-3)
    assert scales.x.to_value(axes.frame.right) == pytest.approx(80, abs=0.005)


def test_truncated_axis() -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["1.0", "0.9", "0.8", "0.7", "0.6", "0.5"])
    scales = fitted(axes)
    assert scales.y.to_value(axes.frame.bottom) == pytest.approx(0.5)


def test_minor_ticks_do_not_matter() -> None:
    axes = survival_axes()
    ticks = ticks_of(axes)
    dense = np.linspace(axes.frame.left, axes.frame.right, 25)
    printed = printed_on(axes, Ticks(replace(ticks.x, outside=dense), ticks.y))
    scales = fit_scales(FIGURE, panel_of(axes), printed)
    assert right(scales, axes)


def test_labels_without_ticks_are_flagged() -> None:
    axes = survival_axes()
    scales = fit_scales(FIGURE, panel_of(axes), printed_on(axes, Ticks(TickRow(), TickRow())))
    assert right(scales, axes)
    assert {flag.code for flag in scales.flags} == {"axis_from_labels"}


def test_two_labels_are_flagged_one_is_refused() -> None:
    axes = survival_axes()
    labels = axes.labels()
    two = fitted(axes, [labels[0], labels[4], *labels[7:]])
    assert right(two, axes)
    assert [flag.code for flag in two.flags] == ["axis_few_labels"]
    with pytest.raises(AxisError, match="--x-axis"):
        fitted(axes, [labels[0], *labels[7:]])


def test_stated_ranges_replace_reading() -> None:
    axes = survival_axes()
    scales = fitted(axes, [], StatedAxes(x=(0.0, 60.0), y=(0.0, 100.0)))
    assert right(scales, axes)
    assert scales.percent
    assert [flag.code for flag in scales.flags] == ["axis_from_facts", "axis_from_facts"]


def test_logarithmic_axis_is_refused() -> None:
    axes = survival_axes()
    axes.x_ticks = spaced(axes.frame.left, axes.frame.right, ["1", "10", "100", "1000", "10000"])
    with pytest.raises(AxisError, match="logarithmic"):
        fitted(axes)


def test_ticks_in_decades_are_logarithmic_and_even_ones_are_not() -> None:
    powers = np.concatenate([np.log10(np.arange(1, 10)), 1 + np.log10(np.arange(1, 10)), [2.0]])
    assert has_decades(50 + 200 * powers)
    assert has_decades(450 - 200 * powers[::-1])
    assert not has_decades(np.linspace(50, 450, 21))
    assert not has_decades(np.array([50.0, 90.0, 130.0]))


def test_broken_axis_is_refused() -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["100", "90", "80", "70", "60", "15", "5"])
    with pytest.raises(AxisError, match="broken"):
        fitted(axes)


@pytest.mark.parametrize("wide", [False, True])
def test_a_lone_zero_below_the_others_is_a_break_unless_it_has_lost_a_digit(wide: bool) -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["100", "90", "80", "70", "60", "0"])
    labels = axes.labels()
    if wide:
        zero = next(one for one in labels if one.text == "0" and one.box.right < axes.frame.left)
        box = Box(zero.box.left - 8, zero.box.top, zero.box.right, zero.box.bottom)
        labels = [replace(one, box=box) if one is zero else one for one in labels]
        assert fitted(axes, labels).y.to_value(np.array([axes.frame.bottom])) == pytest.approx(0.5, abs=0.01)
        return
    with pytest.raises(AxisError, match="broken"):
        fitted(axes, labels)


def test_shared_labels_count_only_on_ticks() -> None:
    axes = survival_axes(left=300.3, right=420.3)
    axes.x_ticks = spaced(300.3, 420.3, ["0", "20", "40", "60"])
    far = [replace(one, box=Box(20, one.box.top, 40, one.box.bottom)) for one in axes.labels()[4:]]
    scales = fitted(axes, [*axes.labels()[:4], *far])
    assert right(scales, axes)
    elsewhere = [replace(one, box=Box(20, one.box.top - 15, 40, one.box.bottom - 15)) for one in far]
    with pytest.raises(AxisError):
        fitted(axes, [*axes.labels()[:4], *elsewhere])


def test_titles_pass_through() -> None:
    axes = survival_axes()
    titles = AxisTitles("Time (months)", "Cumulative incidence", "months", "relapse", None, "up")
    scales = fit_scales(FIGURE, panel_of(axes), PrintedAxes(ticks_of(axes), tuple(axes.labels()), titles))
    assert (scales.direction, scales.time_unit, scales.end_point) == ("up", "months", "relapse")


@pytest.mark.parametrize(
    ("values", "step"),
    [([0, 10, 20, 40], 10), ([0, 0.2, 0.5], 0.1), ([0, 664.75, 1329.5], 664.75), ([0, 7, 17.3], None)],
)
def test_value_step(values: list[float], step: float | None) -> None:
    found = value_step(np.array(values, dtype=float))
    assert found is None if step is None else found == pytest.approx(step)


def test_the_zero_of_the_other_axis_beside_the_corner_breaks_no_axis() -> None:
    axes = survival_axes()
    axes.y_ticks = spaced(axes.frame.top, axes.frame.bottom, ["1.0", "0.9", "0.8", "0.7", "0.6"])
    bottom = axes.frame.bottom + 11
    corner = NumberLabel(0.0, "0", Box(axes.frame.left - 7, bottom - 5, axes.frame.left - 1, bottom + 5))
    scales = fitted(axes, [*axes.labels(), corner])
    assert scales.y.to_value(np.array([axes.frame.bottom])) == pytest.approx(0.6, abs=0.005)


def test_single_digits_on_end_among_labels_on_end_are_labels() -> None:
    line = [NumberLabel(v, t, Box(79, y - h / 2, 88, y + h / 2)) for t, v, y, h in _ON_END]
    found = best_labels([line], False, 9.0, LatticeSettings())
    assert found is not None
    assert found.distinct == 3
    pieces = [NumberLabel(5.0, "5", Box(79, 72, 88, 77)), NumberLabel(0.0, "0", Box(79, 83, 88, 88))]
    assert best_labels([[*line[:1], *pieces]], False, 9.0, LatticeSettings()) is None


def test_a_digit_with_a_tick_beside_it_among_upright_labels_is_a_label() -> None:
    spots = (
        ("1", 1.0, 60, 114),
        ("5", 5.0, 183, 114),
        ("0.5", 0.5, 308, 123),
        ("5", 5.0, 433, 114),
        ("0", 0.0, 556, 123),
    )
    line = [NumberLabel(v, t, Box(103 - 12 * len(t[1:]), y - 8, right, y + 8)) for t, v, y, right in spots]
    found = best_labels([line], False, 16.0, LatticeSettings())
    assert found is not None
    assert sorted(found.values[found.lattice.labels].tolist()) == [0.0, 0.5, 1.0]


_ON_END = (("1", 1.0, 32.5, 6.0), ("0.5", 0.5, 82.5, 18.0), ("0", 0.0, 133.5, 6.0))
"""Text, value, middle row and height of labels that are read from bottom to top."""
