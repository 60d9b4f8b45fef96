"""Arms put together from traces, legend and table: doubts that only show when all are side by side."""

from __future__ import annotations

import numpy as np
import pytest

from kmdigitize.arms import digitized_arms
from kmdigitize.facts import PanelFacts
from kmdigitize.geometry import AxisScale
from kmdigitize.records.axes import Scales
from kmdigitize.records.curves import Trace
from kmdigitize.records.printed import RiskRow, RiskTable

SCALES = Scales(AxisScale.through((0, 240), (0.0, 24.0)), AxisScale.through((200, 0), (0.0, 1.0)))
TIMES = np.array([0.0, 12.0, 24.0])


def codes(end, counts):
    levels, risers = np.array([0.0, 40.0, 90.0]), np.array([30.0, 60.0])
    trace = Trace(0.0, end, levels, risers, np.full(3, 0.1), np.full(2, 0.1), np.ones(3))
    table = RiskTable((RiskRow("A", TIMES, np.array(counts)),))
    arms, _ = digitized_arms([trace], (), table, SCALES, PanelFacts())
    return [flag.code for flag in arms[0].flags]


@pytest.mark.parametrize(
    ("end", "counts", "conflict"),
    [(240, [50, 30, 5], False), (237, [50, 30, 5], False), (150, [50, 30, 0], False), (150, [50, 30, 5], True)],
)
def test_a_curve_ends_with_the_last_patient_at_risk(end, counts, conflict):
    assert ("risk_table_conflicts_with_curve" in codes(float(end), counts)) == conflict
