"""Dashes of a thinner pen than the curves of their ink."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.detect.ink_records import BLACK, Ink
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.selection import choose_curves
from kmdigitize.detect.thin_pieces import without_thin_pieces
from kmdigitize.geometry import Box
from kmdigitize.records.printed import LegendEntry


def _dashed(width: int, rows: tuple[int, ...]) -> Sheet:
    """Dashes of 8 px with gaps of 4 along each of ``rows``; the first one is 2 px wide, the others ``width``."""
    ink = np.zeros((120, 300), np.float32)
    for row in rows:
        high = 2 if row == rows[0] else width
        ink[row : row + high] = np.arange(300) % 12 < 8
    nothing = np.zeros_like(ink)
    return Sheet(ink, nothing, nothing, nothing, 2.0, 0, 10.0)


@pytest.mark.parametrize(("width", "samples", "kept"), [(1, (2.0,), 1), (2, (2.0,), 3), (1, (2.0, 1.0), 3)])
def test_only_dashes_thinner_than_every_sample_are_of_another_pen(
    width: int, samples: tuple[float, ...], kept: int
) -> None:
    left = without_thin_pieces(_dashed(width, (30, 60, 90)), samples).coverage
    assert int(left.any(axis=1).sum()) == (kept if kept == 1 else 1) * 2 + (kept - 1) * width


@pytest.mark.parametrize("samples", [(2.0, None), (), (3.0,), (1.0,)])
def test_samples_of_unknown_or_another_width_say_nothing(samples: tuple[float | None, ...]) -> None:
    sheet = _dashed(1, (30, 60, 90))
    assert without_thin_pieces(sheet, samples) is sheet


def test_a_dashed_curve_with_thinner_dashed_limits_keeps_to_its_own_dashes() -> None:
    """The curve is hidden for long by a text, while its limits show all along."""
    ink = np.zeros((160, 300), np.float32)
    for x in range(300):
        row = 20 + x // 50 * 15
        on = x % 12 < 8
        ink[row : row + 2, x] = on and not 60 < x < 200
        for limit in (row - 12, row + 12):
            ink[max(limit, 20) : max(limit, 20) + 1, x] = max(ink[max(limit, 20), x], on)
    hidden = np.zeros_like(ink)
    for x in range(60, 200):
        row = 20 + x // 50 * 15
        hidden[row - 4 : row + 18, x] = 1
    nothing = np.zeros_like(ink)
    sheet = Sheet(ink, hidden, nothing, nothing, 2.0, 0, 20.0)
    box = Box(0, 0, 1, 1)
    legend = [LegendEntry("A", box, box, (0, 0, 0), "dashed", 2.0, (8.0, 4.0))]
    ((_, found),) = choose_curves([sheet], [Ink(BLACK, ((0, "dashed"),))], legend, np.full(3, 255, np.float32), None)
    assert int(found.road.rows[-1]) == pytest.approx(95, abs=2)
