"""What the user states about a figure. A stated fact replaces the stage that would have found it.

Facts are kept in ``<figure stem>.facts.json`` beside the figure (schema 1, documented in docs/facts.md) or given as
command-line options, which win over the file. They are not settings: settings tune the stages, facts answer them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kmdigitize.errors import FactsError
from kmdigitize.records.axes import Tick
from kmdigitize.reported import MAX_PATIENTS, Count, Reported

SCHEMA = 1
MAX_FACTS_BYTES = 16_000_000
Range = tuple[float, float]


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AtRiskFacts(_Facts):
    """A number-at-risk table: ``times`` (k) and per arm name the ``k`` counts, None where a cell is empty."""

    times: tuple[float, ...]
    rows: dict[str, tuple[int | None, ...]]

    @model_validator(mode="after")
    def _shapes(self) -> AtRiskFacts:
        if any(b <= a for a, b in zip(self.times, self.times[1:], strict=False)):
            raise ValueError("times must increase")
        for name, counts in self.rows.items():
            if len(counts) != len(self.times):
                raise ValueError(f"row {name!r} has {len(counts)} counts for {len(self.times)} times")
            if any(c is not None and not 0 <= c <= MAX_PATIENTS for c in counts):
                raise ValueError(f"row {name!r} holds a count that is negative or over {MAX_PATIENTS:,}")
        return self


class ArmFacts(_Facts):
    """Facts about one arm. ``curve`` is the number (from 1) of the found curve that it is; None adds a curve.

    ``points`` (time, survival fraction just after each drop) replace the traced curve, ``last_time`` its end and
    ``censor_times`` its censor marks. ``remove`` drops the found curve.
    """

    name: str | None = None
    curve: int | None = Field(default=None, ge=1)
    color: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    n: Count | None = None
    events: Count | None = None
    points: tuple[tuple[float, float], ...] | None = None
    last_time: float | None = None
    censor_times: tuple[float, ...] | None = None
    remove: bool = False

    @model_validator(mode="after")
    def _meaningful(self) -> ArmFacts:
        if self.curve is None and self.points is None:
            raise ValueError("say which found curve this is (curve: 1, 2, …) or give its points")
        if self.points is not None and any(b[0] < a[0] for a, b in zip(self.points, self.points[1:], strict=False)):
            raise ValueError("points must be in order of time")
        return self


class AxisFacts(_Facts):
    """An axis pinned by pixels: ``ticks`` are (px, value as printed) pairs, at least two of them."""

    ticks: tuple[tuple[float, float], ...] = Field(min_length=2)


def stated_axis(axis: Range | AxisFacts | None) -> Range | tuple[Tick, ...] | None:
    """The range of an axis, or the ticks that pin it, as the stages want it."""
    return tuple(Tick(px, value, f"{value:g}") for px, value in axis.ticks) if isinstance(axis, AxisFacts) else axis


class Correction(_Facts):
    """Who changed what, when and why; kept for the reader, never used."""

    what: str
    who: str | None = None
    when: str | None = None
    why: str | None = None


class PanelFacts(_Facts):
    """Facts about one panel.

    ``x_axis``/``y_axis`` are the values at the ends of the axis, as printed. ``arm_names``, and ``n`` and ``events``
    where they are lists, are in the order in which the tool lists the arms.
    """

    x_axis: Range | AxisFacts | None = None
    y_axis: Range | AxisFacts | None = None
    frame: tuple[float, float, float, float] | None = None
    time_unit: str | None = None
    direction: Literal["down", "up"] | None = None
    end_point: str | None = None
    arm_names: tuple[str, ...] | None = None
    arms: tuple[ArmFacts, ...] = ()
    at_risk: AtRiskFacts | None = None
    n: dict[str, Count] | tuple[Count, ...] | None = None
    events: dict[str, Count] | tuple[Count, ...] | None = None
    reported: Reported | None = None

    @model_validator(mode="after")
    def _consistent(self) -> PanelFacts:
        for axis in (self.x_axis, self.y_axis):
            if isinstance(axis, tuple) and axis[0] == axis[1]:
                raise ValueError(f"an axis from {axis[0]:g} to {axis[1]:g} has no length")
        names = self.arm_names
        if names is not None and len(set(names)) != len(names):
            raise ValueError("arm names must differ from each other")
        if names is not None and self.at_risk is not None:
            stray = sorted(set(self.at_risk.rows) - set(names) - {arm.name for arm in self.arms})
            if stray:
                raise ValueError(f"the numbers at risk name arms that arm_names does not: {', '.join(stray)}")
        if self.frame is not None and not (self.frame[0] < self.frame[2] and self.frame[1] < self.frame[3]):
            raise ValueError("a frame is left, top, right, bottom in px")
        return self


class FigureFacts(PanelFacts):
    """All facts about a figure: those of its only (or every) panel, and in ``panels`` those of single panels."""

    schema_: int = Field(default=SCHEMA, alias="schema")
    sample: str | None = None
    panel: str | None = None
    text: str | None = None
    panels: dict[str, PanelFacts] = Field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()

    @model_validator(mode="after")
    def _known_schema(self) -> FigureFacts:
        if self.schema_ != SCHEMA:
            raise ValueError(f"schema {self.schema_} is not known; this version reads schema {SCHEMA}")
        return self

    def of_panel(self, name: str) -> PanelFacts:
        """The facts that hold for panel ``name``: its own where stated, else the figure's."""
        own = self.panels.get(name)
        shared = {field: getattr(self, field) for field in PanelFacts.model_fields}
        if own is not None:
            shared |= {field: getattr(own, field) for field in own.model_fields_set}
        return PanelFacts(**shared)


NO_FACTS = FigureFacts()


def facts_from(data: Mapping[str, Any], where: str) -> FigureFacts:
    """Validated facts from a mapping; ``where`` names the file or option in the error.

    Raises FactsError that points at the place of every fault.
    """
    try:
        return FigureFacts.model_validate(data)
    except ValidationError as error:
        raise _pointed(error, where) from error


def read_json(path: Path) -> Any:
    """The JSON document in ``path``. Raises FactsError when it is missing, too large or no JSON."""
    try:
        if path.stat().st_size > MAX_FACTS_BYTES:
            raise FactsError(f"{path} is larger than {MAX_FACTS_BYTES // 1_000_000} MB.", "State only what is needed.")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FactsError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise FactsError(f"{path} is no JSON text ({error}).", "See docs/facts.md for an example.") from error
    except json.JSONDecodeError as error:
        message = f"{path} is no valid JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        raise FactsError(message, "Mend that place; see docs/facts.md for an example.") from error
    except ValueError as error:  # a whole number of thousands of digits
        raise FactsError(f"{path} holds a number that cannot be read ({error}).", "Mend that number.") from error


def read_facts(path: Path | str) -> FigureFacts:
    """Facts from a JSON file. Raises FactsError as :func:`facts_from` and :func:`read_json` do."""
    data = read_json(Path(path))
    if not isinstance(data, dict):
        raise FactsError(f"{path} holds a {type(data).__name__}, not an object of facts.", "See docs/facts.md.")
    return facts_from(data, str(path))


def read_reported(path: Path) -> Reported:
    """Reported statistics from a JSON file (schema in docs/facts.md). Raises FactsError."""
    try:
        return Reported.model_validate(read_json(path))
    except ValidationError as error:
        raise _pointed(error, str(path)) from error


def with_stated(facts: FigureFacts, stated: Mapping[str, Any], where: str = "the command line") -> FigureFacts:
    """``facts`` with every entry of ``stated`` that is not None put in its place, validated again."""
    given = {name: value for name, value in stated.items() if value is not None}
    return facts_from({**facts.model_dump(by_alias=True, exclude_unset=True), **given}, where) if given else facts


def _pointed(error: ValidationError, where: str) -> FactsError:
    faults = [f"{'.'.join(map(str, fault['loc'])) or 'top level'}: {fault['msg']}" for fault in error.errors()[:5]]
    return FactsError(f"In {where}: " + "; ".join(faults) + ".", "See docs/facts.md for what each fact may hold.")
