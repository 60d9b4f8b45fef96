"""Flats on whole pixels are recognised, and only strokes that were moved there are moved back."""

import io
from dataclasses import replace

import numpy as np
import pytest

from kmdigitize.detect.refine import refine_path
from kmdigitize.detect.scales_snap import SnapSettings, is_smoothed
from kmdigitize.detect.snapping import find_lattice, unsnapped
from kmdigitize.geometry import AxisScale
from kmdigitize.records.axes import Scales, Tick
from kmdigitize.records.curves import Evidence, StepPath, Trace

LONG = np.full(8, 20.0)
TICKS = tuple(Tick(position, value) for position, value in ((4.0, 0.0), (54.0, 1.0), (105.0, 2.0)))
SCALES = Scales(AxisScale.through((4.0, 104.5), (0.0, 2.0)), AxisScale.through((4.0, 104.5), (0.0, 2.0)), TICKS, TICKS)
ON_PIXELS = replace(SCALES, snapped=True)


def test_flats_on_or_midway_between_pixels_are_a_lattice():
    rows = np.array([3.0, 8.02, 12.98, 17.0, 30.0, 41.01, 55.0, 60.0])
    assert find_lattice(rows, LONG) == "whole"
    assert find_lattice(rows + 0.5, LONG) == "half"
    assert find_lattice(rows + np.arange(8) % 2 / 2, LONG) == "mixed"
    assert find_lattice(rows + np.arange(8) * 0.13, LONG) is None
    assert find_lattice(rows[:4], LONG[:4]) is None


def test_short_flats_do_not_count():
    assert find_lattice(np.arange(8.0), np.ones(8)) is None


def matplotlib_steps(width_px, snap, drops=11):
    """Evidence of a falling step line drawn by matplotlib at 100 dpi, and its true risers and levels in px."""
    import matplotlib.pyplot as plt
    from PIL import Image

    rng = np.random.default_rng(2)
    risers, levels = np.sort(rng.uniform(20, 380, drops)), np.sort(rng.uniform(10, 280, drops + 1))
    figure = plt.figure(figsize=(4, 3), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.5, 399.5), ylim=(299.5, -0.5))
    axes.axis("off")
    times = np.concatenate([[5.0], risers, [395.0]])
    axes.step(times, np.append(levels, levels[-1]), where="post", color="k", lw=width_px * 0.72, snap=snap)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    plt.close(figure)
    ink = 1 - np.asarray(Image.open(file).convert("L"), dtype=np.float32) / 255
    return Evidence(ink, np.zeros_like(ink), 0, 0, (0, 0, 0), width_px), risers, levels


@pytest.mark.parametrize(("width", "snap"), [(1, True), (2, True), (3, True), (2, False), (3, False)])
def test_strokes_of_odd_width_on_whole_pixels_lose_their_bias(width, snap):
    evidence, risers, levels = matplotlib_steps(width, snap)
    columns = np.arange(5, 395)
    rows = np.rint(levels[np.searchsorted(risers, columns)]).astype(int)
    refined = refine_path(evidence, StepPath(5, rows, np.ones(rows.size, bool)))
    (trace,), _ = unsnapped([(evidence, refined)], SCALES, False, (300, 400))
    off_levels = [trace.levels[np.argmin(np.abs(trace.levels - level))] - level for level in levels]
    off_risers = [trace.risers[np.argmin(np.abs(trace.risers - riser))] - riser for riser in risers]
    assert abs(np.mean(off_levels)) < 0.2
    assert abs(np.mean(off_risers)) < 0.25


def test_every_corner_on_whole_pixels_is_found_however_short_its_flat():
    evidence, risers, levels = matplotlib_steps(2, True, drops=90)
    columns = np.arange(5, 395)
    rows = np.rint(levels[np.searchsorted(risers, columns)]).astype(int)
    trace = refine_path(evidence, StepPath(5, rows, np.ones(rows.size, bool)))
    # Corners are rounded to the borders of pixels; of several in one column the last one counts.
    at, to = np.floor(risers + 1) - 0.5, np.floor(levels[1:] + 1) - 0.5
    last = np.append(np.diff(at) > 0, True)
    corners = [(x, y) for x, y, fell in zip(at[last], to[last], np.diff(to[last], prepend=-1) > 0, strict=True) if fell]
    assert min(np.diff([x for x, _ in corners])) == 1
    assert list(zip(trace.risers, trace.levels[1:], strict=True)) == corners


def drawn(levels, widths=(3,)):
    """Evidence and trace of flats 20 px long at ``levels``, some rows of ``widths`` thick, without soft pixels."""
    levels = np.asarray(levels, np.float64)
    ends, sd = 4.0 + 20.0 * np.arange(levels.size + 1), np.full(levels.size, 0.1)
    trace = Trace(ends[0], ends[-1], levels, ends[1:-1], sd, sd[:-1], np.ones(levels.size), stroke_px=3.0)
    ink = np.zeros((int(levels.max()) + 10, int(ends[-1]) + 10), np.float32)
    for i, level in enumerate(levels):
        top = round(level - widths[i % len(widths)] / 2 + 0.5)
        ink[top : top + widths[i % len(widths)], int(ends[i]) : int(ends[i + 1])] = 1.0
    return Evidence(ink, np.zeros_like(ink), 0, 0, (0, 0, 0), 3.0), trace


def softened(evidence):
    """The evidence with ink that fades at its ends along x, as smoothed joins do."""
    ink = evidence.coverage.copy()
    edge = (ink[:, 1:-1] > 0) & ((ink[:, :-2] == 0) | (ink[:, 2:] == 0))
    ink[:, 1:-1][edge] = 0.5
    return replace(evidence, coverage=ink)


LEVELS = np.array([5.0, 12.0, 18.0, 25.0, 33.0, 41.0, 55.0, 62.0])


def moves(paths, scales, lossy=False):
    """By how much the traces and both axes are moved."""
    traces, found = unsnapped(paths, scales, lossy, (300, 400))
    by = [float(np.mean(after.levels - before.levels)) for (_, before), after in zip(paths, traces, strict=True)]
    return by, [new.to_px(1.0) - old.to_px(1.0) for new, old in ((found.x, scales.x), (found.y, scales.y))]


def test_ticks_that_show_the_renderer_move_strokes_without_soft_corners():
    hard = drawn(LEVELS)
    assert moves([hard], ON_PIXELS) == ([0.0], [0.0, 0.0])
    assert moves([hard], replace(ON_PIXELS, smoothed=True)) == ([-0.5], [0.0, 0.0])


def test_curves_of_one_panel_are_moved_together_but_not_one_of_another_pen():
    evidence, trace = drawn(LEVELS)
    blurred = replace(trace, levels=trace.levels + 0.4 * np.sin(np.arange(8)))
    other = replace(trace, levels=trace.levels + 0.5)
    paths = [(evidence, trace), (evidence, blurred), (evidence, other)]
    assert moves(paths, replace(ON_PIXELS, smoothed=True))[0] == [-0.5, -0.5, 0.0]
    assert moves(paths[1:2], replace(ON_PIXELS, smoothed=True))[0] == [0.0]


def test_flats_that_do_not_all_lie_on_pixels_need_ticks_that_do():
    evidence, trace = drawn(np.arange(5.0, 85.0, 5.0))
    near = replace(trace, levels=trace.levels + 0.18 * np.sin(2.0 * np.arange(16)))
    smooth = replace(SCALES, smoothed=True)
    assert moves([(evidence, near)], smooth)[0] == [0.0]
    assert moves([(evidence, near)], replace(smooth, snapped=True))[0] == [-0.5]


def test_smooth_curves_on_pixels_move_ticks_whose_width_tells_nothing():
    evidence, trace = drawn(LEVELS)
    soft = (softened(evidence), trace)
    by, axes = moves([soft], ON_PIXELS)
    assert by == [-0.5]
    assert axes == pytest.approx([-0.5, -0.5])
    _, scales = unsnapped([soft], ON_PIXELS, False, (300, 400))
    assert [tick.position for tick in scales.x_ticks] == [3.5, 53.5, 104.5]
    even = (soft[0], replace(trace, levels=trace.levels + 0.5))
    by, axes = moves([even], ON_PIXELS)
    assert by == [0.0]
    assert axes == pytest.approx([-0.5, -0.5])
    midway = tuple(replace(tick, position=tick.position + 0.5) for tick in TICKS)
    assert moves([soft], replace(ON_PIXELS, x_ticks=midway, y_ticks=midway)) == ([-0.5], [0.0, 0.0])
    stated = replace(ON_PIXELS, y=replace(ON_PIXELS.y, source="facts"))
    assert moves([soft], stated)[1] == pytest.approx([-0.5, 0.0])


def test_compressed_strokes_that_vary_in_width_were_not_moved():
    assert moves([drawn(LEVELS)], ON_PIXELS, lossy=True)[0] == [-0.5]
    assert moves([drawn(LEVELS, widths=(3, 5))], ON_PIXELS, lossy=True)[0] == [0.0]


def test_ticks_of_one_fractional_width_on_both_axes_are_smoothed():
    settings = SnapSettings()
    assert is_smoothed((1.11, 1.11), False, settings)
    assert is_smoothed((1.05, 1.15), True, settings)
    assert not is_smoothed((2.0, 2.0), False, settings)
    assert not is_smoothed((1.0, 2.0), False, settings)
