"""Whole panels drawn here: the curves come back, whatever hides them."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from kmdigitize.detect.curves import find_paths
from kmdigitize.geometry import AxisScale, Box
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import LegendEntry

LEFT, TOP, RIGHT, BOTTOM = 30, 20, 330, 220
STEPS = {
    "high": ([40, 90, 150, 220], [0.9, 0.8, 0.7, 0.62], 290),
    "low": ([20, 60, 110, 180, 240], [0.85, 0.65, 0.5, 0.4, 0.3], 280),
    "lowest": ([15, 40, 80, 150, 200], [0.7, 0.45, 0.3, 0.2, 0.1], 270),
}


def survival(name, time):
    times, values, _ = STEPS[name]
    return np.concatenate([[1.0], values])[np.searchsorted(times, time, side="right")]


def draw(pixels, name, color, dash=None, up=False, width=2):
    times, values, end = STEPS[name]
    knots = [(0, 1.0)]
    for time, value in zip(times, values, strict=True):
        knots += [(time, knots[-1][1]), (time, value)]
    knots.append((end, knots[-1][1]))
    points = np.array([(LEFT + t, (TOP + s * 200) if up else (BOTTOM - s * 200)) for t, s in knots])
    run = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        length = abs(x1 - x0) + abs(y1 - y0)
        for k in np.arange(0, length, 0.5):
            if dash is None or (run + k) % sum(dash) < dash[0]:
                x, y = x0 + (x1 - x0) * k / length, y0 + (y1 - y0) * k / length
                a, b = int(x - width / 2 + 0.5), int(y - width / 2 + 0.5)
                pixels[b : b + width, a : a + width] = color
        run += length


def panel(*curves, up=False, marks=()):
    pixels = np.full((250, 360, 3), 255, np.uint8)
    pixels[TOP : BOTTOM + 1, LEFT - 1] = pixels[BOTTOM + 1, LEFT - 1 : RIGHT] = 0
    for name, color, dash in curves:
        draw(pixels, name, color, dash, up)
    for name, time in marks:
        x, y = LEFT + time, round(BOTTOM - survival(name, time) * 200)
        pixels[y - 6 : y + 6, x - 1 : x + 1] = 0
    return pixels


def trace(pixels, legend=(), expected=None, direction="down", lossy=False):
    time, share = AxisScale.through((LEFT, RIGHT), (0, 300)), AxisScale.through((BOTTOM, TOP), (0.0, 1.0))
    scales = Scales(time, share, direction=direction)
    frame = Box(LEFT - 1, TOP, RIGHT, BOTTOM + 1)
    place = Panel("", frame, Box(0, 0, 359, 249), BOTTOM + 1, LEFT - 1)
    return find_paths(Figure("", pixels, lossy=lossy), place, scales, legend, (), expected)


def error(path, name, up=False):
    time = np.arange(2, STEPS[name][2] - 2)
    index = LEFT + time - path.first
    if index[-1] >= path.rows.size:
        return 1.0
    drawn = (BOTTOM - path.rows[index]) / 200.0
    return float(np.mean(np.abs((1 - drawn if up else drawn) - survival(name, time))))


def sample(color, dash="solid", period=()):
    return LegendEntry("", Box(0, 0, 1, 1), Box(0, 0, 1, 1), color, dash, 2.0, period)


RED, BLUE, BLACK = (200, 30, 30), (30, 60, 200), (0, 0, 0)


@pytest.mark.parametrize("legend", [(), (sample(RED), sample(BLUE))])
def test_two_colours_with_and_without_legend(legend):
    found = trace(panel(("high", RED, None), ("low", BLUE, None)), legend)
    assert len(found.paths) == 2
    by_color = {evidence.color[0] > 100: path for evidence, path in found.paths}
    assert error(by_color[True], "high") < 0.01
    assert error(by_color[False], "low") < 0.01
    assert found.flags == ()


def test_black_marks_hide_but_do_not_end_a_curve():
    marks = [("low", t) for t in range(120, 280, 5)]
    found = trace(panel(("low", RED, None), marks=marks), (sample(RED),))
    assert len(found.paths) == 1
    assert error(found.paths[0][1], "low") < 0.015


def test_line_types_of_one_ink_follow_the_legend():
    legend = (sample(BLACK, "solid"), sample(BLACK, "dashed", (8.0, 6.0)))
    found = trace(panel(("low", BLACK, None), ("high", BLACK, (8, 6))), legend)
    by_entry = {path.entry: path for _, path in found.paths}
    assert error(by_entry[0], "low") < 0.01
    assert error(by_entry[1], "high") < 0.02


def test_upward_curves_are_found_even_if_announced_downward():
    found = trace(panel(("high", RED, None), ("low", BLUE, None), up=True), direction="down")
    assert found.direction == "up"
    assert len(found.paths) == 2
    errors = sorted(min(error(path, name, up=True) for name in ("high", "low")) for _, path in found.paths)
    assert errors[-1] < 0.01


def test_compressed_picture():
    pixels = panel(("high", RED, None), ("low", BLUE, None))
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50])
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].copy()
    found = trace(pixels, (sample(RED), sample(BLUE)), lossy=True)
    assert len(found.paths) == 2
    for evidence, path in found.paths:
        assert error(path, "high" if evidence.color[0] > 100 else "low") < 0.01


def test_empty_panel_has_no_curves():
    assert trace(panel()).paths == ()


def test_missing_curve_is_flagged():
    found = trace(panel(("low", RED, None)), (sample(RED), sample(BLUE)))
    assert len(found.paths) == 1
    assert [flag.code for flag in found.flags] == ["curve_count_doubtful"]


def test_line_that_the_legend_leaves_out_is_flagged():
    legend = (sample(BLACK, "solid"), sample(BLACK, "dashed", (8.0, 6.0)))
    two = [("low", BLACK, None), ("high", BLACK, (8, 6))]
    assert trace(panel(*two), legend).flags == ()
    found = trace(panel(*two, ("lowest", BLACK, (8, 6))), legend)
    assert [flag.code for flag in found.flags] == ["curve_count_doubtful"]


def test_a_dark_curve_that_was_taken_for_marks_is_flagged():
    curves = panel(("high", (156, 156, 156), None), ("low", (100, 100, 100), None))
    found = trace(curves, (sample((156, 156, 156)),))
    assert len(found.paths) == 1
    assert [flag.code for flag in found.flags] == ["curve_count_doubtful"]


def test_broken_lines_beyond_the_labels_at_the_curves_are_found():
    kinds = (("high", None), ("low", (8, 4)), ("lowest", (2, 4)))
    pixels = panel(*((name, 0, dash) for name, dash in kinds))
    labels = [LegendEntry(name, Box(0, 0, 1, 1), place="direct") for name in ("one", "two")]
    assert len(trace(pixels, labels).paths) == 3


def test_curves_whose_samples_were_not_seen_are_looked_for_in_inks_without_a_curve_first():
    orange, green = (255, 165, 0), (0, 160, 60)
    pixels = panel(("lowest", BLACK, None), ("high", orange, None))
    limit = np.roll((pixels == orange).all(axis=2), 8, axis=0) & (np.arange(pixels.shape[1]) % 10 < 5)
    pixels[limit] = orange
    draw(pixels, "low", green, (10, 10))
    unseen = [LegendEntry(name, Box(0, 0, 1, 1)) for name in ("one", "two")]
    found = trace(pixels, (sample(BLACK), *unseen))
    assert sorted(evidence.color for evidence, _ in found.paths) == [BLACK, green, orange]


def test_touching_marks_of_inks_that_no_legend_shows_are_no_shaded_bands():
    pixels = panel(("high", RED, None), ("low", BLUE, None))
    for name, color in (("high", RED), ("low", BLUE)):
        for time in range(60, STEPS[name][2], 3):
            x, y = LEFT + time, round(BOTTOM - survival(name, time) * 200)
            pixels[y - 10 : y + 10, x - 1 : x + 2] = color
    found = trace(pixels)
    by_color = {evidence.color[0] > 100: path for evidence, path in found.paths}
    assert error(by_color[True], "high") < 0.015
    assert error(by_color[False], "low") < 0.015
