"""Two line types that traced each other's tails after a meeting are put right."""

import numpy as np

from kmdigitize.detect.dashes import without_dashes
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.swaps import settle_places
from kmdigitize.detect.tracing import Arm, Found

WIDTH, MEET = 160, 60


def crossing():
    """A solid and a dashed line that drop past each other at one column."""
    solid = np.where(np.arange(WIDTH) < MEET, 10, 50)
    dashed = np.where(np.arange(WIDTH) < MEET, 20, 30)
    coverage = np.zeros((70, WIDTH), np.float32)
    for x in range(WIDTH):
        coverage[solid[x] : solid[x] + 2, x] = 1
        if x % 16 < 8:
            coverage[dashed[x] : dashed[x] + 2, x] = 1
    coverage[10:52, MEET : MEET + 2] = 1
    nothing = np.zeros_like(coverage)
    return Sheet(coverage, nothing, nothing, nothing, 2.0, 0, 10.0), solid, dashed


def found(sheet, rows, arm):
    return Found(arm, Road(0, rows, -1.0), sheet.occluded)


def test_exchanged_tails_are_put_right():
    sheet, solid, dashed = crossing()
    before = np.arange(WIDTH) < MEET
    wrong = np.where(before, solid, dashed), np.where(before, dashed, solid)
    arms = Arm(0, "solid"), Arm(1, "dashed", (8.0, 8.0))
    curves = settle_places(sheet, [found(sheet, rows, arm) for rows, arm in zip(wrong, arms, strict=True)])
    assert curves[0].road.rows.tolist() == solid.tolist()
    assert curves[1].road.rows.tolist() == dashed.tolist()


def test_right_tails_stay():
    sheet, solid, dashed = crossing()
    arms = Arm(0, "solid"), Arm(1, "dashed", (8.0, 8.0))
    curves = settle_places(sheet, [found(sheet, rows, arm) for rows, arm in zip((solid, dashed), arms, strict=True)])
    assert [curve.road.rows.tolist() for curve in curves] == [solid.tolist(), dashed.tolist()]


def test_lone_dashes_are_no_solid_line() -> None:
    """What is no longer than a dash and touches nothing counts little for a solid line; its own ink counts whole."""
    ink = np.zeros((20, 120), np.float32)
    ink[4:6, :60] = 1
    ink[10:12, 70:78] = ink[10:12, 84:92] = 1
    left = without_dashes(ink, np.zeros_like(ink), 8.0, 2.0)
    assert np.array_equal(left[:, :60], ink[:, :60])
    assert left[10:12, 70:92].max() < 0.3
