from dataclasses import dataclass

import numpy as np
import pytest

from kmdigitize.codec import decode, encode
from kmdigitize.flags import Flag
from kmdigitize.geometry import Box
from kmdigitize.records.curves import CensorMark, Trace
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import LegendEntry, RiskRow, RiskTable
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


@pytest.mark.parametrize(
    ("data", "hint", "value"),
    [
        (None, float | None, None),
        ({"a": 1}, dict[str, int], {"a": 1}),
        ([1, 2], tuple[int, int], (1, 2)),
        ([1, 2, 3], tuple[int, ...], (1, 2, 3)),
        ("x", int | str, "x"),
        (None, np.ndarray, None),
    ],
)
def test_plain_types_are_read(data: object, hint: object, value: object) -> None:
    assert decode(data, hint) == value


@pytest.mark.parametrize(
    ("data", "hint"), [([1], tuple[int, int]), ("1,2", tuple[int, ...]), ([1], int | float), (3, set)]
)
def test_what_is_of_another_shape_is_refused(data: object, hint: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(data, hint)


def test_a_missing_number_is_nan_and_numpy_numbers_are_written_as_numbers() -> None:
    assert np.isnan(decode(None, float))
    assert encode({1: np.float64(0.5), "b": [np.int64(3), np.bool_(True)]}) == {"1": 0.5, "b": [3, True]}


def test_a_number_of_numpy_is_a_number() -> None:
    assert encode({"n": np.int64(3), "share": np.float64(0.5), "lost": np.float32("nan")}) == {
        "n": 3,
        "share": 0.5,
        "lost": None,
    }
