"""Tick centres to a few hundredths of a pixel, whatever the width and phase of the strokes."""

from __future__ import annotations

import numpy as np
import pytest
from axes_drawing import Axes, blank, figure_of, line
from hypothesis import given, settings
from hypothesis import strategies as st

from kmdigitize.detect.ticks import find_ticks
from kmdigitize.geometry import Box, FloatArray
from kmdigitize.records.axes import Panel

X = np.linspace(60.3, 380.6, 7)
Y = np.linspace(30.2, 250.7, 6)


def panel_of(frame: Box, width: float) -> Panel:
    return Panel("1", frame, frame, frame.bottom, frame.left, width)


def drawn(width: float, x: FloatArray = X, y: FloatArray = Y) -> tuple[FloatArray, Panel]:
    frame = Box(40.0, 20.0, 400.0, 270.0)
    picture = blank(430, 310)
    Axes(frame, dict.fromkeys(x.tolist(), ""), dict.fromkeys(y.tolist(), "")).draw(picture, width=width)
    return picture, panel_of(frame, width)


@pytest.mark.parametrize("width", [1.0, 1.07, 1.5, 2.0, 2.4, 3.7, 6.0])
def test_ticks_outside(width: float) -> None:
    picture, panel = drawn(width)
    ticks = find_ticks(figure_of(picture), panel)
    assert ticks.x.outside == pytest.approx(X, abs=0.02)
    assert ticks.y.outside == pytest.approx(Y, abs=0.02)
    assert ticks.x.width == pytest.approx(width, abs=0.3)


@given(shift=st.floats(0, 1), gap=st.floats(30, 50), width=st.floats(0.55, 5))
@settings(max_examples=40, deadline=None)
def test_any_phase_spacing_and_width(shift: float, gap: float, width: float) -> None:
    places = 55 + shift + gap * np.arange(7)
    picture, panel = drawn(width, x=places)
    found = find_ticks(figure_of(picture), panel).x.outside
    # A stroke thinner than a pixel may lie anywhere in it.
    assert found == pytest.approx(places, abs=max(0.1, (1 - width) / 2 + 0.04))


@pytest.mark.parametrize(("shift", "width"), [(0.266, 0.861), (0.78, 0.847), (0.35, 0.897), (0.64, 0.93)])
def test_alike_on_their_pixels(shift: float, width: float) -> None:
    """At whole spacing every coverage from the fullest pixel's to that of black fits: the middle is off by half."""
    places = 55 + shift + 31.0 * np.arange(7)
    picture, panel = drawn(width, x=places)
    assert find_ticks(figure_of(picture), panel).x.outside == pytest.approx(places, abs=0.07)


def test_compressed_ticks_have_their_centroid() -> None:
    picture, panel = drawn(2.0)
    found = find_ticks(figure_of(picture, lossy=True), panel).x.outside
    assert found == pytest.approx(X, abs=0.1)


def test_ticks_inside() -> None:
    frame = Box(40.0, 20.0, 400.0, 270.0)
    picture = blank(430, 310)
    Axes(frame).draw(picture)
    for at in X:
        line(picture, (float(at), frame.bottom - 6), (float(at), frame.bottom))
    ticks = find_ticks(figure_of(picture), panel_of(frame, 1.3))
    assert ticks.x.outside.size == 0
    assert all(np.abs(ticks.x.inside - at).min() < 0.03 for at in X)


@pytest.mark.parametrize(("paper", "ink"), [(255.0, 235.0), (235.0, 255.0)])
def test_grid_lines_behind_a_curve(paper: float, ink: float) -> None:
    frame = Box(40.0, 20.0, 400.0, 270.0)
    picture = blank(430, 310)
    picture[20:271, 40:401] = paper
    for at in X:
        share = np.clip(1.2 / 2 + 0.5 - np.abs(np.arange(430) - at), 0, 1)
        picture[20:271] += share * (ink - picture[20:271])
    for column in range(40, 400):
        picture[20 + column // 2 : 23 + column // 2, column] = 0
    found = find_ticks(figure_of(picture), panel_of(frame, 1.0)).x.grid
    assert all(np.abs(found - at).min() < 0.1 for at in X)


def test_nothing_is_made_up() -> None:
    frame = Box(40.0, 20.0, 400.0, 270.0)
    picture = blank(430, 310)
    Axes(frame).draw(picture)
    ticks = find_ticks(figure_of(picture), panel_of(frame, 1.3))
    assert ticks.x.outside.size == 0
    assert ticks.y.outside.size == 0
    assert ticks.x.ends == (frame.left, frame.right)


def test_strokes_that_nearly_touch_stay_in_order() -> None:
    """A pale stroke two pixels from a dark one: the ink of the dark one must not carry its centre past it."""
    picture, panel = drawn(2.0, X[:-1])
    ink = np.array([114, 72, 156, 72, 234])
    picture[271:290, 360:365] = 255.0 - ink
    outside = find_ticks(figure_of(picture, lossy=True), panel).x.outside
    assert outside[-2:] == pytest.approx([362, 364], abs=0.5)
