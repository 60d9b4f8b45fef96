"""The answer of ``digitize``: every panel with its arms."""

from __future__ import annotations

from dataclasses import dataclass, field

from kmdigitize.flags import Flag
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.curves import Trace
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.records.printed import AtRisk, LegendEntry, RiskTable
from kmdigitize.stepcurve import StepCurve


@dataclass(frozen=True, slots=True)
class DigitizedArm:
    """One arm of a panel, from pixels to step curve. ``trace`` is None for curves given as points.

    ``row`` is the index of the row of the printed table that holds its numbers at risk.
    """

    name: str
    curve: StepCurve
    trace: Trace | None = None
    at_risk: AtRisk | None = None
    n: int | None = None
    events: int | None = None
    flags: tuple[Flag, ...] = ()
    row: int | None = None


@dataclass(frozen=True, slots=True)
class DigitizedPanel:
    """All that one panel shows."""

    panel: Panel
    scales: Scales
    arms: tuple[DigitizedArm, ...]
    legend: tuple[LegendEntry, ...] = ()
    risk_table: RiskTable | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class SkippedPanel:
    """A panel that holds no survival curves (or could not be read), with the reason."""

    panel: Panel
    reason: str


@dataclass(frozen=True, slots=True)
class Digitized:
    """The answer of ``digitize``: the straightened figure, what was read on it, and every panel."""

    figure: Figure
    tokens: tuple[TextToken, ...]
    panels: tuple[DigitizedPanel, ...]
    skipped: tuple[SkippedPanel, ...] = ()
    flags: tuple[Flag, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
