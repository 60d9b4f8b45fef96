"""Ticks that the renderer put on whole pixels: recognised, and their half pixel taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from axes_drawing import survival_axes
from axes_fitted import FIGURE, panel_of, printed_on, right, ticks_of
from hypothesis import given, settings
from hypothesis import strategies as st

from kmdigitize.detect.scales import fit_scales
from kmdigitize.geometry import FloatArray
from kmdigitize.records.axes import TickRow, Ticks


@given(left=st.floats(50, 60), right_edge=st.floats(370, 410), top=st.floats(20, 40), bottom=st.floats(240, 262))
@settings(max_examples=60, deadline=None)
def test_ticks_on_whole_pixels(left: float, right_edge: float, top: float, bottom: float) -> None:
    axes = survival_axes(left, top, right_edge, bottom)
    ticks = ticks_of(axes)

    def rounded(row: TickRow) -> TickRow:
        places: FloatArray = np.rint(row.outside)
        return replace(row, outside=places, width=1.0)

    snapped = Ticks(rounded(ticks.x), rounded(ticks.y))
    scales = fit_scales(FIGURE, panel_of(axes), printed_on(axes, snapped))
    assert right(scales, axes, 0.65)  # the line through rounded ticks may stray by more than half a pixel at its ends


def test_whole_pixels_are_recognised_and_their_bias_removed() -> None:
    axes = survival_axes(60.3, 30.1, 380.9, 251.4)
    ticks = ticks_of(axes)
    bright = Ticks(
        replace(ticks.x, outside=np.floor(ticks.x.outside + 1.0), width=1.11),
        replace(ticks.y, outside=np.floor(ticks.y.outside + 1.0), width=1.11),
    )
    scales = fit_scales(FIGURE, panel_of(axes), printed_on(axes, bright))
    assert scales.snapped
    assert right(scales, axes, 0.4)


def test_one_tick_that_touches_something_hides_no_bias() -> None:
    axes = survival_axes(60.3, 30.1, 380.9, 251.4)
    ticks = ticks_of(axes)
    places = np.floor(ticks.y.outside + 1.0)
    places[0] += 0.45
    bright = Ticks(
        replace(ticks.x, outside=np.floor(ticks.x.outside + 1.0), width=1.11),
        replace(ticks.y, outside=places, width=1.11),
    )
    scales = fit_scales(FIGURE, panel_of(axes), printed_on(axes, bright))
    assert scales.snapped
    assert right(scales, axes, 0.4)


@pytest.mark.parametrize(("width", "smoothed"), [(1.10, True), (1.02, False)])
def test_the_rim_of_ticks_tells_a_smoothing_renderer_in_a_compressed_picture_too(width: float, smoothed: bool) -> None:
    axes = survival_axes(60.3, 30.1, 380.9, 251.4)
    ticks = ticks_of(axes)
    whole = Ticks(*(replace(row, outside=np.floor(row.outside + 1.0), width=width) for row in (ticks.x, ticks.y)))
    scales = fit_scales(replace(FIGURE, lossy=True), panel_of(axes), printed_on(axes, whole))
    assert (scales.snapped, scales.smoothed) == (True, smoothed)
    assert right(scales, axes, 0.4) == smoothed


@pytest.mark.parametrize(("right_edge", "bottom", "snapped"), [(378.0, 250.0, True), (378.0, 252.37, False)])
def test_smoothed_ticks_on_whole_pixels_of_both_axes_are_no_chance(
    right_edge: float, bottom: float, snapped: bool
) -> None:
    axes = survival_axes(60.0, 30.0, right_edge, bottom)
    ticks = ticks_of(axes)
    assert np.allclose(ticks.x.outside, np.rint(ticks.x.outside))
    rimmed = Ticks(replace(ticks.x, width=1.11), replace(ticks.y, width=1.11))
    assert fit_scales(FIGURE, panel_of(axes), printed_on(axes, rimmed)).snapped == snapped
    bare = Ticks(replace(ticks.x, width=1.0), replace(ticks.y, width=1.0))
    assert not fit_scales(FIGURE, panel_of(axes), printed_on(axes, bare)).snapped
