"""The cheapest monotone step path, on evidence small enough to see."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kmdigitize.detect.mark_bands import band_offset
from kmdigitize.detect.paths import Sheet, box_mean, cheapest_path, path_costs, start_costs
from kmdigitize.detect.runs import down_rows, vertical_runs


def sheet(coverage, occluded=None, top=2.0, stroke=1.0):
    coverage = np.asarray(coverage, np.float32)
    nothing = np.zeros_like(coverage)
    occluded = nothing if occluded is None else np.asarray(occluded, np.float32)
    return Sheet(coverage, occluded, nothing, nothing, stroke, 0, top)


def find(ground):
    return cheapest_path(
        next(path_costs(ground)), ground.start, start_costs(len(ground.coverage), ground.top, ground.stroke)
    )


def stairs(height, width, rows):
    coverage = np.zeros((height, width), np.float32)
    for x, row in enumerate(rows):
        above = rows[max(x - 1, 0)]
        coverage[above : row + 1, x] = 1
    return coverage


def test_path_follows_flats_and_drops_exactly():
    rows = [2] * 10 + [6] * 12 + [9] * 10
    road = find(sheet(stairs(14, 32, rows)))
    assert road.rows.tolist() == rows
    assert road.first == 0


def test_path_ends_with_its_ink():
    coverage = np.zeros((12, 60), np.float32)
    coverage[2, :25] = 1
    coverage[2, 50:52] = 1
    assert find(sheet(coverage)).rows.size == 25


def test_gap_is_bridged_where_the_ink_goes_on():
    coverage = np.zeros((12, 60), np.float32)
    coverage[2, :25] = coverage[2, 30:] = 1
    assert find(sheet(coverage)).rows.tolist() == [2] * 60


def test_hidden_columns_are_cheap_and_never_rise():
    coverage, occluded = np.zeros((2, 20, 60), np.float32)
    coverage[2, :20] = coverage[10, 40:] = 1
    occluded[:, 20:40] = 1
    rows = find(sheet(coverage, occluded)).rows
    assert rows.size == 60
    assert (rows[0], rows[-1]) == (2, 10)


def test_no_ink_is_no_path():
    assert find(sheet(np.zeros((10, 20)))) is None


def test_crossing_goes_straight_on():
    rows = np.concatenate([np.full(20, 4), np.full(20, 10)])
    coverage = stairs(16, 40, rows.tolist())
    coverage[7, 10:30] = 1
    assert find(sheet(coverage)).rows.tolist() == rows.tolist()


@settings(max_examples=30, deadline=None)
@given(arrays(np.float32, (12, 20), elements=st.floats(0, 1, width=32)), st.floats(0, 5))
def test_paths_never_rise(coverage, top):
    road = find(sheet(coverage, top=top))
    if road is not None:
        assert np.all(np.diff(road.rows) >= 0)
        assert road.cost < 0
        assert 0 <= road.rows.min() <= road.rows.max() < 12


def test_a_path_that_goes_on_costs_no_more_than_none():
    coverage = np.zeros((12, 20), np.float32)
    coverage[0, 0], coverage[3, 1] = 1, 0.75
    road = find(sheet(coverage, top=3.0))
    assert road is None or road.cost < 0


@pytest.mark.parametrize("height", [1.0, 1.5, 2.0, 3.7])
def test_box_mean_of_a_dot_is_its_share(height):
    image = np.zeros((9, 9), np.float32)
    image[4, 4] = 1
    assert box_mean(image, 1, height)[4, 4] == pytest.approx(1 / height, rel=1e-5)
    assert box_mean(image, 1, height).sum() == pytest.approx(1, rel=1e-5)


def test_band_offset_is_zero_in_the_middle_of_a_mark():
    mask = np.zeros((20, 3), bool)
    mask[5:14, 1] = True
    (rows, columns), offset = band_offset(mask, 1.0, 15.0)
    assert rows.tolist() == list(range(5, 14))
    assert set(columns.tolist()) == {1}
    assert offset[4] == 0
    assert offset[0] == offset[8] == 1


def test_runs_name_first_and_last_rows():
    mask = np.array([[1, 0], [1, 1], [0, 1], [1, 0]], bool)
    runs = vertical_runs(mask)
    assert list(zip(runs.column, runs.first, runs.last, strict=True)) == [(0, 0, 1), (0, 3, 3), (1, 1, 2)]
    first, last = runs.at(np.array([1, 2, 2]), np.array([0, 0, 1]))
    assert (first.tolist(), last.tolist()) == ([0, 2, 1], [1, 2, 2])


@pytest.mark.parametrize("upwards", [False, True])
def test_rows_add_up_in_the_order_of_numpy(upwards: bool) -> None:
    image = np.random.default_rng(1).random((40, 30), np.float32)
    turned = image[::-1] if upwards else image
    for way in (np.add, np.maximum):
        expected = way.accumulate(turned, axis=0)
        np.testing.assert_array_equal(down_rows(way, image, upwards), expected[::-1] if upwards else expected)


def test_ink_that_only_this_curve_can_explain_is_not_left_over() -> None:
    """Pieces far apart cost more than they gain, but nothing else explains them."""
    ink = np.zeros((60, 160), np.float32)
    ink[4:6, :50] = 1
    for step in range(4):
        ink[8 + 4 * step : 10 + 4 * step, 66 + 24 * step : 74 + 24 * step] = 1
    ground = Sheet(ink, np.zeros_like(ink), np.zeros_like(ink), np.zeros_like(ink), 2.0, 0, 4.5)
    start = start_costs(60, 4.5, 2.0)
    short = cheapest_path(next(path_costs(ground)), 0, start)
    whole = cheapest_path(next(path_costs(ground, alone=True)), 0, start)
    assert short is not None
    assert whole is not None
    assert short.rows.size < 60
    assert 140 < whole.rows.size < 150


def test_a_single_curve_runs_through_the_middle_of_touching_circles() -> None:
    """Circles of one curve: their outlines gain as much as the curve, and only what they enclose shows the middle."""
    ink = np.zeros((200, 260), np.uint8)
    rows = np.interp(np.arange(260), [0, 259], [20, 60]).round().astype(int)
    for x in range(8, 252, 5):
        cv2.circle(ink, (x, int(rows[x])), 8, 1, 2)
    for x in range(1, 252):
        ink[rows[x - 1] : rows[x] + 2, x] = 1
    nothing = np.zeros(ink.shape, np.float32)
    ground = Sheet(ink.astype(np.float32), nothing, nothing, nothing, 2.0, 0, 20.0)
    start = start_costs(200, 20.0, 2.0)
    errors = []
    for single in (True, False):
        road = cheapest_path(next(path_costs(ground, alone=True, single=single)), 0, start)
        assert road is not None
        errors.append(float(np.abs(road.rows - rows[: road.rows.size] - 0.5).mean()))
    assert errors[0] < 0.75 * errors[1]


def test_outlines_of_marks_on_a_hidden_flat_are_left_over() -> None:
    """Another curve hides all of the last flat but its own circles, which nothing else explains."""
    ink, hidden = np.zeros((80, 300), np.float32), np.zeros((80, 300), np.float32)
    ink[9:12, :150], hidden[58:61, 150:] = 1, 1
    hidden[9:58, 148:151] = 1
    for x in range(190, 290, 30):
        ring = cv2.circle(np.zeros((80, 300), np.uint8), (x, 59), 5, 1, 2)
        ink = np.maximum(ink, ring * (1 - hidden)).astype(np.float32)
    nothing = np.zeros_like(ink)
    ground = Sheet(ink, hidden, nothing, nothing, 3.0, 0, 10.0)
    road = cheapest_path(next(path_costs(ground, alone=True, single=True)), 0, start_costs(80, 10.0, 3.0))
    assert road is not None
    assert road.rows.size > 270
    assert abs(int(road.rows[-1]) - 59) <= 6
