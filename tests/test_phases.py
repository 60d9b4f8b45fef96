"""Broken lines found by the phase of their dashes, on lines drawn pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from kmdigitize.detect.paths import start_costs
from kmdigitize.detect.phases import dashed_route, near_route

LONG, SHORT = (14.0, 4.0), (5.0, 6.0)


def _draw(ink: np.ndarray[tuple[int, int], np.dtype[np.float32]], corners: Sequence[tuple[int, int]],
          pattern: Sequence[float], stroke: int) -> None:  # fmt: skip
    """A step line through ``corners`` (x, y), its dashes running on over drops."""
    way = 0.0
    for (x0, y0), (x1, y1) in pairwise(corners):
        size = abs(x1 - x0) + abs(y1 - y0)
        for k in range(size):
            if (way + k) % sum(pattern) < pattern[0] - stroke:  # the pen adds its own width
                x, y = x0 + round((x1 - x0) * k / size), y0 + round((y1 - y0) * k / size)
                ink[y - stroke // 2 : y + (stroke + 1) // 2, x - stroke // 2 : x + (stroke + 1) // 2] = 1
        way += size


@pytest.mark.parametrize("stroke", [2, 6])
def test_lines_that_meet_go_on_in_their_own_dashes(stroke: int) -> None:
    a, b = ([(0, 20), (100, 20), (100, 70), (290, 70)], [(0, 20), (30, 20), (30, 45), (160, 45), (160, 90), (290, 90)])
    scale = stroke // 2
    ink = np.zeros((120 * scale, 300 * scale), np.float32)
    for corners, pattern in ((a, LONG), (b, SHORT)):
        _draw(ink, [(x * scale, y * scale) for x, y in corners], [p * scale for p in pattern], stroke)
    start = (0, start_costs(len(ink), 20.0 * scale, float(stroke)))
    for corners, pattern in ((a, LONG), (b, SHORT)):
        route = dashed_route(ink, np.zeros_like(ink), float(stroke), [p * scale for p in pattern], start)
        assert route is not None
        rows = [y for x, y in corners[::2]]
        want = np.array(rows)[np.searchsorted([x for x, _ in corners[2::2]], np.arange(20, 280), side="right")]
        got = route[1][np.arange(20, 280) * scale - route[0]] / scale
        assert np.mean(np.abs(got - want)) < 2


def test_dashes_too_short_to_be_seen_have_no_route() -> None:
    ink = np.ones((20, 50), np.float32)
    assert dashed_route(ink, np.zeros_like(ink), 1.0, (1.0, 1.0), (0, np.zeros(20, np.float32))) is None


def test_a_solid_line_is_no_broken_one() -> None:
    ink = np.zeros((40, 200), np.float32)
    ink[9:11] = 1
    assert dashed_route(ink, np.zeros_like(ink), 2.0, LONG, (0, start_costs(40, 10.0, 2.0))) is None


def test_paths_stay_near_their_route_over_its_drops() -> None:
    near = near_route((2, np.array([5, 5, 15, 15])), (20, 10), 1.0)
    assert near[10, 4]
    assert near[0, 8]
    assert not near[12, 2]
