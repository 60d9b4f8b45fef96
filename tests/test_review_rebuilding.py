"""The second process of the review: the same patients, and none lost with it."""

import time

import numpy as np
import pytest
from ipd_examples import at_risk, curve_of, trial

from kmdigitize.ipd.records import Reconstruction, ReconstructionInputs
from kmdigitize.options import Options
from kmdigitize.reporting import rebuilt_by
from kmdigitize.review import rebuilding

OPTIONS = Options(draws=20)


def _arms(first: int) -> tuple[ReconstructionInputs, ...]:
    arms = []
    for seed in range(first, first + 3):
        patients = trial(seed, 40)
        when = np.arange(0.0, 25.0, 6.0)
        arms.append(ReconstructionInputs(curve_of(*patients), at_risk(patients[0], when), arm=f"arm {seed}"))
    return tuple(arms)


def _ready() -> rebuilding._Second:
    second = rebuilding._seconds[0]
    for _ in range(300):
        if second.begins():
            second.busy.release()
            return second
        time.sleep(0.1)
    pytest.fail("the second process is never ready")


def _same(ours: tuple[Reconstruction, ...], theirs: tuple[Reconstruction, ...]) -> bool:
    pairs = list(zip(ours, theirs, strict=True))
    named = all(a.ipd.arm == b.ipd.arm for a, b in pairs)
    drawn = all(
        np.array_equal(x.time, y.time)
        for a, b in pairs
        for x, y in zip((a.ipd, *a.draws), (b.ipd, *b.draws), strict=True)
    )
    return named and drawn


def test_arms_are_the_same_whichever_process_rebuilds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = rebuilt_by(_arms(10), OPTIONS)
    here: list[int] = []

    def counted(inputs: tuple[ReconstructionInputs, ...], options: Options) -> tuple[Reconstruction, ...]:
        here.append(len(inputs))
        return rebuilt_by(inputs, options)

    monkeypatch.setattr(rebuilding, "rebuilt_by", counted)
    with rebuilding.second_process():
        assert _same(rebuilding.rebuilt(_arms(20), OPTIONS), rebuilt_by(_arms(20), OPTIONS))
        _ready()
        here.clear()
        assert _same(rebuilding.rebuilt(_arms(10), OPTIONS), alone)
        assert here == [2]
        assert _same(rebuilding.rebuilt(_arms(10), OPTIONS), alone)
        assert here == [2, 0]


def test_a_dead_second_process_costs_nothing() -> None:
    with rebuilding.second_process():
        _ready().pipe.send("nonsense that ends it")
        assert _same(rebuilding.rebuilt(_arms(30), OPTIONS), rebuilt_by(_arms(30), OPTIONS))
        assert _same(rebuilding.rebuilt(_arms(40), OPTIONS), rebuilt_by(_arms(40), OPTIONS))
