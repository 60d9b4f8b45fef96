"""Strokes that were on whole pixels before the picture was shrunk are known again, and lose half a pixel of then."""

from dataclasses import replace

import numpy as np
import pytest

from kmdigitize.detect.snapping import unsnapped
from kmdigitize.detect.snapping_shrunk import find_before
from kmdigitize.geometry import AxisScale
from kmdigitize.records.axes import Scales, Tick
from kmdigitize.records.curves import Evidence, Trace

BEFORE, SHAPE = (600, 800), (438, 584)
TICKS = np.array([60.0, 215.0, 371.0, 526.0, 682.0])


def shrunk(places, axis):
    """Where ``places`` (px) of the picture before are in the shrunk one, across (``axis`` 1) or down (0)."""
    return (np.asarray(places, np.float64) + 0.5) * SHAPE[axis] / BEFORE[axis] - 0.5


def strokes(seed, rounded, midway=0.0):
    """Columns of 30 risers and rows of 31 flats, put on whole pixels in either direction where ``rounded`` says so."""
    rng = np.random.default_rng(seed)
    across, down = np.sort(rng.uniform(60, 700, 30)), np.sort(rng.uniform(20, 500, 31))
    across, down = (
        np.unique(np.rint(p)) + midway if whole else p for p, whole in zip((across, down), rounded, strict=True)
    )
    return shrunk(across, 1), shrunk(down, 0)


@pytest.mark.parametrize(("midway", "odd"), [(0.0, True), (0.5, False)])
def test_size_and_widths_of_the_picture_before_are_found(midway, odd):
    path = strokes(1, (True, True), midway)
    before = find_before(path, (shrunk(TICKS + 0.5, 1), shrunk(TICKS[:3] + 0.5, 0)), SHAPE)
    assert before.pixel == (584 / 800, 438 / 600)
    assert (before.odd, before.odd_ticks) == (odd, False)
    assert find_before(path, (shrunk(TICKS, 1), shrunk(TICKS[:3], 0)), SHAPE).odd_ticks


@pytest.mark.parametrize("seed", range(6))
def test_one_direction_on_whole_pixels_is_no_proof(seed):
    ticks = shrunk(TICKS, 1), shrunk(TICKS[:3], 0)
    assert find_before(strokes(seed, (True, True)), ticks, SHAPE) is not None
    for rounded in ((True, False), (False, True), (False, False)):
        assert find_before(strokes(seed, rounded), ticks, SHAPE) is None


def test_nothing_is_found_without_strokes():
    nothing = np.empty(0)
    assert find_before((nothing, nothing), (nothing, nothing), SHAPE) is None


def panel(thick=(2.2,), scatter=0.2):
    """One curve of a shrunk picture with flats so ``thick``, and scales with ticks ``scatter`` px off their line."""
    rng = np.random.default_rng(3)
    risers = shrunk(np.sort(rng.choice(np.arange(70, 700, 9), 30, replace=False)), 1)
    levels = shrunk(np.sort(rng.choice(np.arange(20, 560, 5), 31, replace=False)), 0)
    sd = np.full(31, 0.1)
    trace = Trace(41.0, 520.0, levels, risers, sd, sd[1:], np.ones(31), stroke_px=2.2)
    ink = np.zeros(SHAPE, np.float32)
    ends = np.concatenate([[trace.start], risers, [trace.end]])
    for i, level in enumerate(levels):
        half = thick[i % len(thick)] / 2
        rows = np.arange(SHAPE[0])
        cover = np.clip(np.minimum(rows + 0.5, level + half) - np.maximum(rows - 0.5, level - half), 0, 1)
        ink[:, round(ends[i]) : round(ends[i + 1])] = cover[:, None]
    ticks = tuple(Tick(float(at), float(n)) for n, at in enumerate(shrunk(TICKS, 1)))
    down = tuple(Tick(float(at), float(n)) for n, at in enumerate(shrunk(TICKS[:3], 0)))
    scale = AxisScale(0.01, 0.0, scatter)
    return (Evidence(ink, np.zeros_like(ink), 0, 0, (0, 0, 0), 2.2), trace), Scales(scale, scale, ticks, down)


def moved_by(path, scales):
    """By how much the trace (right, down) and the scales (right, down) are moved."""
    (trace,), found = unsnapped([path], scales, False, SHAPE)
    return [
        float(np.mean(trace.risers - path[1].risers)),
        float(np.mean(trace.levels - path[1].levels)),
        float(found.x.to_px(1.0) - scales.x.to_px(1.0)),
        float(found.y.to_px(1.0) - scales.y.to_px(1.0)),
    ]


def test_curves_and_ticks_of_odd_width_lose_half_a_pixel_of_the_picture_before():
    path, scales = panel()
    assert moved_by(path, scales) == pytest.approx([-0.365] * 4)
    stated = replace(scales, y=replace(scales.y, source="facts"))
    assert moved_by(path, stated) == pytest.approx([-0.365] * 3 + [0.0])


def test_ticks_on_one_line_and_strokes_of_several_widths_were_never_rounded():
    assert moved_by(*panel(scatter=0.05)) == [0.0] * 4
    assert moved_by(*panel(thick=(1.6, 2.2, 2.9))) == [0.0] * 4
