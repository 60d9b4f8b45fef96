"""Records refuse what cannot be: every check on construction, by the smallest wrong record."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kmdigitize.flags import MEANING, Flag
from kmdigitize.ipd.records import IPD, ReconstructionInputs
from kmdigitize.records.curves import Evidence, StepPath, Trace
from kmdigitize.records.figure import DrawnPath, Figure
from kmdigitize.records.printed import AtRisk, RiskRow
from kmdigitize.reported import HazardRatio, Landmark
from kmdigitize.stepcurve import StepCurve

CURVE = StepCurve(np.array([1.0]), np.array([0.5]), 2.0)
ONE, TWO, THREE = np.ones(1), np.ones(2), np.ones(3)
SEEN = np.ones(2, dtype=bool)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Figure("a", np.zeros((2, 2), np.uint8)), "pixels must be"),
        (lambda: Figure("a", np.zeros((2, 2, 3))), "uint8"),  # type: ignore[arg-type]
        (lambda: DrawnPath(np.zeros((2, 3))), "must be \\(n, 2\\)"),
        (lambda: Figure.from_json({"height": -1, "width": 5, "name": "a", "lossy": False}), "no figure is"),
        (lambda: HazardRatio(value="inf"), "no finite number"),
        (lambda: Landmark(time="-3", survival="50"), "is negative"),
        (lambda: RiskRow("A", TWO, np.array([1, 2]), events=np.array([1])), "one value per time"),
        (lambda: Trace(0, 9, TWO, TWO, TWO, TWO, TWO), "k \\+ 1 levels"),
        (lambda: Trace(0, 9, THREE, np.array([5.0, 4.0]), THREE, TWO, THREE), "in order of x"),
        (lambda: Evidence(np.zeros((2, 3)), np.zeros((3, 2)), 0, 0, (0, 0, 0), 1.0), "of one shape"),  # type: ignore[arg-type]
        (lambda: StepPath(0, np.array([1, 2, 3]), SEEN), "one length"),
        (lambda: AtRisk(TWO, np.array([1, 2, 3])), "one length"),
        (lambda: AtRisk(np.array([0.0, 0.0]), np.array([2, 1])), "must increase"),
        (lambda: AtRisk(np.array([0.0, 1.0]), np.array([2, -1])), "negative"),
        (lambda: StepCurve(TWO, ONE, 2.0), "one length"),
        (lambda: StepCurve(ONE, ONE, 2.0, time_sd=TWO), "shape of time"),
        (lambda: StepCurve(np.array([2.0, 1.0]), np.array([0.9, 0.8]), 3.0), "in order"),
        (lambda: IPD("1", "A", TWO, np.array([True])), "one length"),
        (lambda: IPD("1", "A", TWO, SEEN, source=("drop",)), "its source"),
        (lambda: ReconstructionInputs(CURVE, n=0), "at least one patient"),
        (lambda: ReconstructionInputs(CURVE, events=-1), "cannot be negative"),
        (lambda: Flag("no_such_flag"), "unknown flag"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        make()


def test_arrays_of_records_cannot_be_changed() -> None:
    table = AtRisk(np.array([0.0, 1.0]), np.array([5, 4]))
    with pytest.raises(ValueError, match="read-only"):
        table.count[0] = 9


def test_patients_as_a_table() -> None:
    arm = IPD("2", "A", np.array([1.0, 3.0]), np.array([True, False]), source=("drop", "mark"))
    assert arm.to_frame().to_dict("list") == {
        "panel": ["2", "2"], "arm": ["A", "A"], "time": [1.0, 3.0], "event": [1, 0], "source": ["drop", "mark"],
    }  # fmt: skip


def test_a_trace_is_right_continuous() -> None:
    trace = Trace(0, 9, np.array([1.0, 7.0]), np.array([5.0]), TWO, ONE, TWO)
    assert trace.row_at(np.array([0.0, 4.9, 5.0, 8.0])).tolist() == [1.0, 1.0, 7.0, 7.0]


def test_a_flag_says_what_it_means() -> None:
    assert [Flag(code).meaning for code in MEANING] == list(MEANING.values())
