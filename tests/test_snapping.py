"""Flats on whole pixels are recognised, and only strokes that were moved there are moved back."""

import io

import numpy as np
import pytest

from kmdigitize.detect.refine import refine_path
from kmdigitize.detect.snapping import find_lattice, unsnapped
from kmdigitize.records.curves import Evidence, StepPath, Trace

LONG = np.full(8, 20.0)


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
    trace = unsnapped(evidence, refine_path(evidence, StepPath(5, rows, np.ones(rows.size, bool))))
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
    drawn = [(x, y) for x, y, fell in zip(at[last], to[last], np.diff(to[last], prepend=-1) > 0, strict=True) if fell]
    assert min(np.diff([x for x, _ in drawn])) == 1
    assert list(zip(trace.risers, trace.levels[1:], strict=True)) == drawn


def test_ticks_that_show_the_renderer_move_strokes_whose_flats_are_under_marks():
    levels, ends = np.array([3.0, 8.0, 13.0, 17.0, 30.0, 41.0, 55.0]), np.arange(0.0, 160.0, 20.0)
    sd = np.full(7, 0.1)
    trace = Trace(ends[0], ends[-1], levels, ends[1:-1], sd, sd[:-1], np.ones(7), stroke_px=1.4)
    nothing = np.zeros((70, 150), np.float32)
    evidence = Evidence(nothing, nothing, 0, 0, (0, 0, 0), 1.4)
    assert unsnapped(evidence, trace).levels.tolist() == levels.tolist()
    moved = unsnapped(evidence, trace, smoothed=True)
    assert (moved.levels.tolist(), moved.risers.tolist()) == ((levels - 0.5).tolist(), (ends[1:-1] - 0.5).tolist())
