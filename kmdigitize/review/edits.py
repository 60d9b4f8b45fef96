"""What a reviewer can do to a figure, as records that are checked where they enter.

An edit names the panel it is about, and arms, drops and marks by their place in the result that the reviewer looks
at. Places on the figure are ``x``, ``y`` in px of the straightened picture.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kmdigitize.reported import Reported

Index = Annotated[int, Field(ge=0)]
Point = tuple[float, float]


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    panel: str
    who: str | None = Field(default=None, max_length=200)
    why: str | None = Field(default=None, max_length=2000)


class PinTicks(_Edit):
    """The axis goes through ``ticks`` (px, value as printed); None takes the axis that was found."""

    kind: Literal["ticks"]
    axis: Literal["x", "y"]
    ticks: tuple[Point, ...] | None


class SetFrame(_Edit):
    """The plotting region is ``frame`` (left, top, right, bottom); None takes the one that was found."""

    kind: Literal["frame"]
    frame: tuple[float, float, float, float] | None


class StateText(_Edit):
    """The panel's time unit, direction or end point; None takes what was read."""

    kind: Literal["say"]
    field: Literal["time_unit", "direction", "end_point"]
    value: str | None


class DescribeArm(_Edit):
    """Name, colour, patients or events of an arm; only what is given changes."""

    kind: Literal["arm"]
    arm: Index
    name: str | None = Field(default=None, min_length=1, max_length=200)
    color: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    n: Index | None = None
    events: Index | None = None


class MoveDrop(_Edit):
    """Drop number ``drop`` of the curve goes to ``x``, ``y``."""

    kind: Literal["move_drop"]
    arm: Index
    drop: Index
    x: float
    y: float


class AddDrop(_Edit):
    """The curve gets a further drop at ``x`` down to ``y``."""

    kind: Literal["add_drop"]
    arm: Index
    x: float
    y: float


class DeleteDrop(_Edit):
    """Drop number ``drop`` of the curve goes away."""

    kind: Literal["delete_drop"]
    arm: Index
    drop: Index


class Redraw(_Edit):
    """The stretch of the curve under ``path`` runs along it, on the ink if ``snap``; ``arm`` None adds an arm."""

    kind: Literal["redraw"]
    arm: Index | None
    path: tuple[Point, ...] = Field(min_length=2, max_length=20_000)
    snap: bool = True


class SwapFrom(_Edit):
    """From column ``x`` on, ``arm`` and ``other`` change places."""

    kind: Literal["swap"]
    arm: Index
    other: Index
    x: float


class SplitAt(_Edit):
    """The curve is two: one that ends at column ``x`` and one that begins there."""

    kind: Literal["split"]
    arm: Index
    x: float


class Merge(_Edit):
    """``other`` is a further part of ``arm``."""

    kind: Literal["merge"]
    arm: Index
    other: Index


class EndAt(_Edit):
    """The curve ends at column ``x``: what lies behind goes, or its last flat is drawn on."""

    kind: Literal["end"]
    arm: Index
    x: float


class RemoveArm(_Edit):
    """The curve is no arm."""

    kind: Literal["remove"]
    arm: Index


class AddMark(_Edit):
    """A patient was censored at column ``x``."""

    kind: Literal["add_mark"]
    arm: Index
    x: float


class DeleteMark(_Edit):
    """Censor mark number ``mark`` is none."""

    kind: Literal["delete_mark"]
    arm: Index
    mark: Index


class SetRiskCell(_Edit):
    """The number at risk of an arm at ``time``; None empties the cell."""

    kind: Literal["risk_cell"]
    arm: Index
    time: float
    count: Index | None


class Report(_Edit):
    """What the paper reports; None takes what the figure prints."""

    kind: Literal["reported"]
    reported: Reported | None


AxisEdit = PinTicks | SetFrame | StateText
CurveEdit = MoveDrop | AddDrop | DeleteDrop | Redraw | SwapFrom | SplitAt | Merge | EndAt | AddMark | DeleteMark
ArmEdit = DescribeArm | RemoveArm | SetRiskCell | Report
Edit = Annotated[AxisEdit | CurveEdit | ArmEdit, Field(discriminator="kind")]
EDIT: TypeAdapter[AxisEdit | CurveEdit | ArmEdit] = TypeAdapter(Edit)
