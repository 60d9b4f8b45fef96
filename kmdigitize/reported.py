"""What the paper reports, kept as the printed strings so that the number of digits is known.

The same schema is read from ``--reported FILE``, from ``facts.json`` and from the text printed on the figure.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _is_number(printed: str) -> str:
    if not math.isfinite(float(printed)):
        raise ValueError(f"{printed!r} is no finite number")
    return printed


def _is_not_negative(printed: str) -> str:
    if float(printed) < 0:
        raise ValueError(f"{printed!r} is negative")
    return printed


Printed = Annotated[str, AfterValidator(_is_number)]
"""A number as printed, with a decimal point: "0.63", "44.0", ".010", "1500"."""

MAX_PATIENTS = 1_000_000
"""The largest trials and registries stay below; beyond it a count is a slip that would fill the memory."""

Count = Annotated[int, Field(ge=0, le=MAX_PATIENTS)]

Source = Literal["stated", "picture", "text"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Landmark(_Record):
    """Reported survival at one time. ``survival`` is as printed; ``percent`` says whether that is a percentage."""

    time: Annotated[Printed, AfterValidator(_is_not_negative)]
    survival: Printed
    percent: bool = True
    limits: tuple[Printed, Printed] | None = None


class ReportedArm(_Record):
    """Numbers reported for one arm. ``median`` is "NR" when the paper says that it was not reached."""

    name: str
    n: Count | None = None
    events: Count | None = None
    median: Printed | Literal["NR"] | None = None
    median_limits: tuple[Printed | Literal["NR"], Printed | Literal["NR"]] | None = None
    landmarks: tuple[Landmark, ...] = ()


class HazardRatio(_Record):
    """A hazard ratio of ``arm`` versus ``reference`` (None where the text does not say), with its 95% limits.

    ``adjusted`` covers adjustment and stratification; None where nothing is said.
    """

    value: Printed
    limits: tuple[Printed, Printed] | None = None
    arm: str | None = None
    reference: str | None = None
    adjusted: bool | None = None
    level: float = Field(default=0.95, gt=0, lt=1)


class PValue(_Record):
    """A P value. ``relation`` is "<" in "P<.001"; ``sides`` and ``test`` are None where nothing is said."""

    value: Printed
    relation: Literal["=", "<", ">", "<=", ">="] = "="
    sides: Literal[1, 2] | None = None
    test: str | None = None
    arms: tuple[str, ...] = ()


class Reported(_Record):
    """Everything reported about one end point of one comparison."""

    end_point: str | None = None
    n: Count | None = None
    arms: tuple[ReportedArm, ...] = ()
    hazard_ratios: tuple[HazardRatio, ...] = ()
    p_values: tuple[PValue, ...] = ()
    source: Source = "stated"
