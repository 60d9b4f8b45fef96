from dataclasses import dataclass

import numpy as np
import pytest

from kmdigitize.codec import decode, encode
from kmdigitize.flags import Flag
from kmdigitize.geometry import Box
from kmdigitize.records import CensorMark, Figure, LegendEntry, RiskRow, RiskTable, Trace
from kmdigitize.reported import Reported, ReportedArm


def same(a: object, b: object) -> bool:
    return encode(a) == encode(b) and type(a) is type(b)


TRACE = Trace(
    10.0, 90.0, np.array([5.0, 7.25]), np.array([40.5]), np.array([0.1, 0.2]), np.array([0.3]), np.array([1.0, 0.5]),
    color=(1, 2, 3), dash="dashed", marks=(CensorMark(50.0, 7.0, "plus"),), mark_bands=((60.0, 70.0),),
    flags=(Flag("trace_bridged", "here"),),
)  # fmt: skip


@pytest.mark.parametrize(
    "record",
    [
        Box(1, 2, 3, 4),
        TRACE,
        LegendEntry("A", Box(0, 0, 1, 1), color=(1, 2, 3), period=(4.0, 2.0), n=5),
        RiskTable((RiskRow("A", np.array([0.0, 6.0]), np.array([5, 3]), alternatives=((1, 8),)),)),
        Reported(arms=(ReportedArm(name="A", median="NR"),)),
    ],
)
def test_round_trip(record: object) -> None:
    assert same(decode(encode(record), type(record)), record)


def test_figure_keeps_all_but_its_pixels() -> None:
    figure = Figure("a", np.zeros((4, 6, 3), np.uint8), lossy=True, sha256="ff")
    back = decode(encode(figure), Figure)
    assert (back.name, back.lossy, back.sha256, back.pixels.shape) == ("a", True, "ff", (4, 6, 3))


def test_non_finite_numbers_become_null_and_come_back_as_nan() -> None:
    @dataclass
    class Number:
        value: float

    assert encode(Number(float("inf"))) == {"value": None}
    assert encode(np.array([1.0, np.nan])) == [1.0, None]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an object for Box"):
        decode([1, 2, 3, 4], Box)
