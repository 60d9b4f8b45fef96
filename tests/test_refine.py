"""Sub-pixel levels and risers from drawn strokes whose place is known exactly."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from kmdigitize.detect import refine_columns
from kmdigitize.detect.refine import refine_path
from kmdigitize.detect.refine_steps import Samples, fit_flats
from kmdigitize.records.curves import Evidence, StepPath

FINE = 16


def drawn(levels, risers, stroke, width=200, height=120):
    """Coverage (height, width) of a staircase stroke with mitred joins, drawn at 16 times the resolution.

    The curve starts at column 0 and ends at the last one.
    """
    canvas = np.zeros((height * FINE, width * FINE), np.float32)
    edges = np.concatenate([[0.0], risers, [width - 1.0]])
    half = stroke / 2

    def fill(left, top, right, bottom):
        # Pixel centres are integers: column 0 reaches from -0.5 to 0.5.
        rows = slice(max(round((top + 0.5) * FINE), 0), max(round((bottom + 0.5) * FINE), 0))
        columns = slice(max(round((left + 0.5) * FINE), 0), max(round((right + 0.5) * FINE), 0))
        canvas[rows, columns] = 1

    for i, level in enumerate(levels):
        fill(edges[i] - half, level - half, edges[i + 1] + half, level + half)
    for i, riser in enumerate(risers):
        low, high = sorted(levels[i : i + 2])
        fill(riser - half, low - half, riser + half, high + half)
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)


def path_of(levels, risers, width=200, slip=0):
    """The staircase on whole pixels, ``slip`` px off."""
    columns = np.arange(width)
    rows = np.rint(np.asarray(levels)[np.searchsorted(risers, columns, side="right")]).astype(int)
    return StepPath(0, rows + slip, np.ones(width, bool))


def evidence_of(coverage, stroke, occluded=None):
    return Evidence(coverage, np.zeros_like(coverage) if occluded is None else occluded, 0, 0, (0, 0, 0), stroke)


@pytest.mark.parametrize("stroke", [0.8, 1.3, 2.1, 3.7, 10.0])
@pytest.mark.parametrize("slip", [0, 1])
def test_levels_and_risers_are_found_within_a_tenth_of_a_pixel(stroke, slip):
    levels, risers = [30.3, 45.85, 58.1, 80.45], [40.25, 90.6, 150.1]
    trace = refine_path(evidence_of(drawn(levels, risers, stroke), stroke), path_of(levels, risers, slip=slip))
    # A stroke inside one pixel could be anywhere in it.
    np.testing.assert_allclose(trace.levels, levels, atol=max(0.06, (1 - stroke) / 2 + 0.01))
    np.testing.assert_allclose(trace.risers, risers, atol=0.1)
    assert trace.stroke_px == pytest.approx(stroke, abs=0.1)


def test_a_small_step_that_the_path_has_missed_is_found():
    levels, risers = [30.3, 31.1, 50.2], [60.4, 120.5]
    path = path_of([30.3, 50.2], [120.5])
    trace = refine_path(evidence_of(drawn(levels, risers, 2.1), 2.1), path)
    np.testing.assert_allclose(trace.levels, levels, atol=0.06)
    np.testing.assert_allclose(trace.risers, risers, atol=0.35)


def test_a_step_that_the_ink_does_not_support_is_merged():
    path = path_of([30, 31, 50], [60, 120])
    trace = refine_path(evidence_of(drawn([30.4, 50.2], [120.5], 2.1), 2.1), path)
    np.testing.assert_allclose(trace.levels, [30.4, 50.2], atol=0.06)


def test_a_rising_curve_is_the_falling_one_upside_down():
    levels, risers = [80.45, 58.1, 30.3], [40.25, 90.6]
    trace = refine_path(evidence_of(drawn(levels, risers, 2.1), 2.1), path_of(levels, risers))
    np.testing.assert_allclose(trace.levels, levels, atol=0.06)
    np.testing.assert_allclose(trace.risers, risers, atol=0.1)


def test_censor_marks_do_not_move_the_curve():
    levels, risers = [30.3, 45.85], [100.3]
    coverage = drawn(levels, risers, 2.1)
    for x in (20, 40, 42, 60, 130, 150):
        y = 30 if x < 100 else 46
        coverage[y - 6 : y + 7, x] = 1
    trace = refine_path(evidence_of(coverage, 2.1), path_of(levels, risers))
    np.testing.assert_allclose(trace.levels, levels, atol=0.06)


def test_a_hidden_stretch_follows_the_path_and_says_so():
    levels, risers = [30.3, 45.85, 60.2], [60.3, 120.6]
    coverage, occluded = drawn(levels, risers, 2.1), np.zeros((120, 200), np.float32)
    occluded[:, 50:110] = 1
    coverage[:, 50:110] = 0
    trace = refine_path(evidence_of(coverage, 2.1, occluded), path_of(levels, risers))
    np.testing.assert_allclose(trace.levels, levels, atol=0.6)
    assert trace.riser_sd[0] > 5 * trace.riser_sd[1]
    assert trace.seen[1] < 0.5 < trace.seen[2]


@pytest.mark.parametrize("rows", [slice(43, 45), slice(44, 45), slice(44, 46)])
@pytest.mark.parametrize("column", [100.0, 101.0])
def test_a_line_across_drops_moves_them_nowhere(rows, column):
    """A reference line over a curve: where they cross the ink is neither's."""
    levels, risers = [39.8, 42.1, 44.7, 47.4], [99.9, 101.0, 101.6]
    coverage, occluded = drawn(levels, risers, 2.3), np.zeros((120, 200), np.float32)
    coverage[rows], occluded[rows] = 0, 0.33
    trace = refine_path(evidence_of(coverage, 2.3, occluded), path_of([39.8, 47.4], [column]))
    np.testing.assert_allclose(trace.levels[[0, -1]], levels[::3], atol=0.06)
    assert np.average(trace.risers, weights=np.diff(trace.levels)) == pytest.approx(100.88, abs=0.25)


def test_the_edge_below_standing_marks_is_the_curves_wherever_the_path_ran_in_them():
    levels, risers = [30.3, 33.8, 38.1, 60.4], [60.4, 75.7, 140.2]
    coverage = drawn(levels, risers, 2.1)
    for x in range(40, 140):
        y = np.array(levels)[np.searchsorted(risers, x, side="right")]
        coverage[int(y) - 8 : int(y), x] = 1
    path = path_of([30, 60], [140])
    lost = refine_path(evidence_of(coverage, 2.1), path)
    trace = refine_path(replace(evidence_of(coverage, 2.1), standing=8.0), path)
    assert abs(float(lost.row_at(np.array([110.0]))[0]) - 38.1) > 3
    np.testing.assert_allclose(trace.row_at(np.array([20.0, 68.0, 110.0, 180.0])), levels, atol=0.2)


def test_a_curve_behind_another_of_its_width_lies_where_that_is():
    levels, risers = [30.3, 34.45, 45.85], [60.3, 120.6]
    everything, occluded = drawn(levels, risers, 2.1), np.zeros((120, 200), np.float32)
    coverage = everything.copy()
    occluded[:, 55:126], coverage[:, 55:126] = everything[:, 55:126], 0
    evidence = evidence_of(coverage, 2.1, occluded)
    path = path_of([30.3, 35, 45.85], [60, 120])
    trace = refine_path(replace(evidence, everything=everything), path)
    assert refine_path(evidence, path).row_at(np.array([90.0])) == pytest.approx(35, abs=0.2)
    assert trace.row_at(np.array([90.0])) == pytest.approx(34.45, abs=0.06)
    assert trace.seen[1] < 0.2  # nothing of it is seen there


def test_what_shows_of_a_stroke_beside_another_curve_tells_its_level():
    levels, risers = [30.3, 45.85], [100.3]
    coverage, occluded = drawn(levels, risers, 6.2), np.zeros((120, 200), np.float32)
    occluded[40:47, 110:190], coverage[40:47, 110:190] = 1, 0
    trace = refine_path(evidence_of(coverage, 6.2, occluded), path_of([30.3, 48], risers))
    assert trace.row_at(np.array([150.0])) == pytest.approx(45.85, abs=0.1)


def test_dashes_leave_the_levels_alone():
    levels, risers = [30.3, 45.85], [100.3]
    coverage = drawn(levels, risers, 2.1)
    for gap in range(6, 200, 12):
        coverage[:, gap : gap + 5] = 0
    trace = refine_path(evidence_of(coverage, 2.1), path_of(levels, risers))
    np.testing.assert_allclose(trace.levels, levels, atol=0.1)


def test_without_any_ink_the_path_is_kept_with_its_doubt():
    nothing = np.zeros((120, 200), np.float32)
    trace = refine_path(evidence_of(nothing, 2.1), path_of([30, 60], [100]))
    np.testing.assert_allclose(trace.levels, [30, 60], atol=0.01)
    assert trace.level_sd.min() > 1


def test_claimed_standard_deviations_hold_their_errors():
    rng = np.random.default_rng(4)
    within_levels, within_risers = [], []
    for trial in range(24):
        count = int(rng.integers(10, 80))
        risers = np.sort(rng.uniform(8, 290, count))
        levels = 20 + np.concatenate([[0.0], np.cumsum(rng.exponential(120 / count, count))])
        stroke = float(rng.choice([1.0, 1.6, 2.4]))
        noise = 0.08 * (trial % 3)
        size = {"width": 300, "height": int(levels[-1]) + 20}
        coverage = drawn(levels, risers, stroke, **size) + rng.normal(0, noise, (size["height"], 300))
        rough = levels + np.sort(rng.integers(-1, 2, levels.size))
        evidence = evidence_of(np.clip(coverage, 0, 1).astype(np.float32), stroke)
        trace = refine_path(evidence, path_of(rough, risers + rng.uniform(-1, 1), 300))
        edges = np.concatenate([[0.0], trace.risers, [299.0]])
        middle = (edges[1:] + edges[:-1]) / 2
        true_rows = levels[np.searchsorted(risers, middle, side="right")]
        within_levels.append(np.abs(trace.levels - true_rows) < 2 * trace.level_sd)
        for i, riser in enumerate(risers):
            apart = np.abs(np.delete(risers, i) - riser).min()
            if levels[i + 1] - levels[i] < 1 or apart < stroke + 1 or trace.risers.size == 0:
                continue
            nearest = int(np.argmin(np.abs(trace.risers - riser)))
            within_risers.append(abs(trace.risers[nearest] - riser) < 2 * trace.riser_sd[nearest])
    assert 0.9 <= np.mean(np.concatenate(within_levels)) <= 0.995
    assert 0.9 <= np.mean(within_risers) <= 1


def test_levels_never_rise_and_a_pixel_between_two_flats_belongs_to_neither():
    value = np.array([5.0] * 10 + [7.5] + [9.0] * 10)
    samples = Samples(np.arange(21.0), value, np.zeros(21, int), np.ones(21))
    flats = fit_flats(samples, 0.5, 0.2)
    np.testing.assert_allclose(flats.level, [5, 9])
    falling = fit_flats(Samples(np.arange(21.0), value[::-1].copy(), np.zeros(21, int), np.ones(21)), 0.5, 0.2)
    assert np.all(np.diff(falling.level) > 0) or falling.level.size == 1


def test_columns_walked_on_one_by_one_are_those_walked_together(monkeypatch):
    rng = np.random.default_rng(3)
    levels, risers = np.array([20.0, 31.4, 77.7]), np.array([60.2, 140.6])
    coverage = np.clip(drawn(levels, risers, 3.2) + (rng.random((120, 200)) - 0.5) * 0.3, 0, 1).astype(np.float32)
    rows = path_of(levels, risers).rows

    def measured(few):
        monkeypatch.setattr(refine_columns, "FEW", few)
        return refine_columns.measure_columns((coverage, np.zeros_like(coverage)), rows, 3.0, 2.0)

    for name in ("mass", "center", "upper", "lower", "excess"):
        np.testing.assert_array_equal(getattr(measured(0), name), getattr(measured(1000), name))
