"""Two line types that traced each other's tails after a meeting are put right."""

import numpy as np

from kmdigitize.detect.dashes import without_dashes
from kmdigitize.detect.paths import Road, Sheet
from kmdigitize.detect.swaps import settle_inks_places, settle_places
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


def crossing_under_marks():
    """Two inks whose curves meet under a band of black that shows the second only here and there."""
    first = np.where(np.arange(WIDTH) < MEET, 10, 30)
    second = np.where(np.arange(WIDTH) < MEET, 20, 50)
    hidden = np.zeros((70, WIDTH), np.float32)
    hidden[5:55, MEET - 4 :] = 1
    sheets = []
    for rows, shows in ((first, 8), (second, 30)):
        coverage = np.zeros_like(hidden)
        coverage[rows, np.arange(WIDTH)] = coverage[rows + 1, np.arange(WIDTH)] = 1
        coverage[:, MEET - 4 :] *= np.arange(MEET - 4, WIDTH) % shows < 4
        nothing = np.zeros_like(coverage)
        sheets.append(Sheet(coverage, np.where(coverage > 0, 0, hidden), nothing, nothing, 2.0, 0, 10.0))
    return sheets, first, second


def test_tails_of_two_inks_go_where_their_inks_show():
    sheets, first, second = crossing_under_marks()
    before = np.arange(WIDTH) < MEET
    wrong = np.where(before, first, second), np.where(before, second, first)
    arms = Arm(0, "solid"), Arm(1, "solid")
    for rows in (wrong, (first, second)):
        curves = settle_inks_places(sheets, [(k, found(sheets[k], rows[k], arms[k])) for k in (0, 1)])
        assert [k for k, _ in curves] == [0, 1]
        assert [curve.road.rows.tolist() for _, curve in curves] == [first.tolist(), second.tolist()]


def test_lone_dashes_are_no_solid_line() -> None:
    """What is no longer than a dash and touches nothing counts little for a solid line; its own ink counts whole."""
    ink = np.zeros((20, 120), np.float32)
    ink[4:6, :60] = 1
    ink[10:12, 70:78] = ink[10:12, 84:92] = 1
    left = without_dashes(ink, np.zeros_like(ink), 8.0, 2.0)
    assert np.array_equal(left[:, :60], ink[:, :60])
    assert left[10:12, 70:92].max() < 0.3
