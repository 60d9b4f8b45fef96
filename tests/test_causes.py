from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kmdigitize.cli import main
from kmdigitize.errors import FactsError
from kmdigitize.ipd.causes import all_causes, reconstruct_causes
from kmdigitize.ipd.records import ReconstructionInputs
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve

# 10 at risk: relapse at 1 (S 9/10), death at 2 (8/10), 4 censored, one of each at 5 (4 at risk, 2 left, S 4/10)
RELAPSE = StepCurve(np.array([1.0, 5.0]), np.array([1 - 1 / 10, 1 - 1 / 10 - 2 / 10]), 6.0)
DEATH = StepCurve(np.array([2.0, 5.0]), np.array([1 - 1 / 10, 1 - 1 / 10 - 2 / 10]), 6.0)
TABLE = AtRisk(np.array([0.0, 4.0]), np.array([10, 4]))


def by_hand(method="exact", draws=0):
    curves = {"relapse": RELAPSE, "death": DEATH}
    return reconstruct_causes(curves, ReconstructionInputs(RELAPSE, TABLE), method, draws)


def test_hand_worked_table_of_two_causes():
    found = by_hand()
    assert found.whole.table.time.tolist() == [0.0, 1.0, 2.0, 5.0]
    assert found.whole.table.at_risk.tolist() == [10, 10, 9, 4]
    assert found.whole.table.events.tolist() == [0, 1, 1, 2]
    rows = [(t, c) for t, c in zip(found.whole.ipd.time.tolist(), found.cause, strict=True) if c]
    assert rows[:2] == [(1.0, "relapse"), (2.0, "death")]
    assert {c for t, c in rows[2:] if t == 5.0} == {"relapse", "death"}
    assert found.incidence("relapse").survival.tolist() == pytest.approx([0.9, 0.9, 0.7])
    assert found.incidence("death").survival.tolist() == pytest.approx([1.0, 0.9, 0.7])


@pytest.mark.parametrize("method", ["exact", "guyot", "ikm"])
def test_every_event_has_a_cause_and_no_censoring_has_one(method):
    found = by_hand(method, draws=5 if method == "exact" else 0)
    assert [bool(cause) for cause in found.cause] == found.whole.ipd.event.tolist()
    for draw, causes in zip(found.whole.draws, found.draw_causes, strict=True):
        assert [bool(cause) for cause in causes] == draw.event.tolist()


def test_a_drop_that_two_causes_share_holds_an_event_of_each():
    """One of two left draws the same curve as two of four, but each cause falls there."""
    open_ended = AtRisk(np.array([0.0]), np.array([10]))
    found = reconstruct_causes({"relapse": RELAPSE, "death": DEATH}, ReconstructionInputs(RELAPSE, open_ended))
    at_five = [cause for t, cause in zip(found.whole.ipd.time, found.cause, strict=True) if t == 5.0 and cause]
    assert set(at_five) == {"relapse", "death"}


def test_one_cause_is_the_usual_problem():
    assert all_causes({"death": DEATH}) is DEATH


@pytest.mark.parametrize(
    "curves",
    [
        {},
        {"a": StepCurve(np.array([1.0]), np.array([0.4]), 2.0), "b": StepCurve(np.array([1.0]), np.array([0.4]), 2.0)},
    ],
)
def test_no_curve_or_more_than_everybody_is_refused(curves):
    with pytest.raises(FactsError):
        reconstruct_causes(curves)


def patients_of(seed: int, n: int = 40):
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(10.0, n) * 20) / 20
    return time, rng.choice(["", "a", "b"], size=n, p=[0.3, 0.4, 0.3])


def incidences(time, cause) -> dict[str, StepCurve]:
    """Aalen and Johansen by hand: survival before times events by number at risk."""
    survival, level = 1.0, {"a": 1.0, "b": 1.0}
    points: dict[str, list[tuple[float, float]]] = {"a": [], "b": []}
    for when in np.unique(time[cause != ""]):
        at_risk = np.count_nonzero(time >= when)
        here = cause[time == when]
        for name, own in points.items():
            if number := np.count_nonzero(here == name):
                level[name] -= survival * number / at_risk
                own.append((when, max(level[name], 0.0)))
        survival *= 1.0 - np.count_nonzero(here != "") / at_risk
    end = float(time.max())
    return {k: StepCurve(np.array([p[0] for p in v]), np.array([p[1] for p in v]), end) for k, v in points.items() if v}


def test_patients_to_incidences_and_back_give_every_count():
    """Exact for 99 trials of 100. Where the curve falls to zero nobody can tell deaths from censorings just before:
    the last patient is censored here; without that, 1 of 50 trials is off, and 1 of 250 by two events."""
    off = []
    for seed in range(60):
        time, cause = patients_of(seed)
        cause[np.argmax(time)] = ""
        curves = incidences(time, cause)
        when = np.array([0.0, 5.0, 10.0, 15.0])
        table = AtRisk(when, np.array([np.count_nonzero(time >= t) for t in when]))
        found = reconstruct_causes(curves, ReconstructionInputs(next(iter(curves.values())), table))
        assert len(found.cause) == len(cause)
        back, there = Counter(found.cause), Counter(cause.tolist())
        off.append(max(abs(back[name] - there[name]) for name in ("", "a", "b")))
    assert sum(off) <= 1, off


def test_a_column_of_causes_on_the_command_line(tmp_path: Path):
    rows = [("cause", "time", "survival")]
    rows += [
        (name, t, s) for name, c in (("relapse", RELAPSE), ("death", DEATH)) for t, s in zip(*c.vertices(), strict=True)
    ]
    (tmp_path / "curves.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
    (tmp_path / "risk.csv").write_text("time,n_at_risk\n0,10\n4,4\n")
    result = CliRunner().invoke(
        main, ["reconstruct", str(tmp_path / "curves.csv"), "--at-risk", str(tmp_path / "risk.csv")]
    )
    assert result.exit_code == 0, result.output
    patients = list(csv.DictReader(io.StringIO(result.output)))
    assert len(patients) == 10
    assert [(float(p["time"]), p["cause"]) for p in patients if p["event"] == "1"][:2] == [
        (1.0, "relapse"),
        (2.0, "death"),
    ]
    assert sum(p["cause"] == "" for p in patients) == 6
