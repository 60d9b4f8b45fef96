"""All stage settings in one record, and how an expert changes them.

Settings tune how a stage works; what is true of a figure is a fact (facts.py). Every stage defines its own settings
with the reason for each default; here they only stand together.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any

from kmdigitize.codec import encode
from kmdigitize.detect.marks import MarkSettings
from kmdigitize.detect.page import PageSettings
from kmdigitize.detect.panels import PanelSettings
from kmdigitize.detect.refine import RefineSettings
from kmdigitize.detect.scales import ScaleSettings
from kmdigitize.detect.ticks import TickSettings
from kmdigitize.errors import FactsError
from kmdigitize.text.ink_lines import OcrSettings
from kmdigitize.text.legend_labels import LegendSettings
from kmdigitize.text.risk_table import RiskTableSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings record of every stage."""

    page: PageSettings = field(default_factory=PageSettings)
    text: OcrSettings = field(default_factory=OcrSettings)
    panels: PanelSettings = field(default_factory=PanelSettings)
    ticks: TickSettings = field(default_factory=TickSettings)
    scales: ScaleSettings = field(default_factory=ScaleSettings)
    legend: LegendSettings = field(default_factory=LegendSettings)
    risk_table: RiskTableSettings = field(default_factory=RiskTableSettings)
    refine: RefineSettings = field(default_factory=RefineSettings)
    marks: MarkSettings = field(default_factory=MarkSettings)


DEFAULT_SETTINGS = Settings()


def settings_from(data: Any) -> Settings:
    """Settings from ``{"stage": {"setting": value}}``; unnamed ones keep their default.

    Raises FactsError that lists what exists when a name is unknown or a value has the wrong type.
    """
    settings: Settings = _changed(DEFAULT_SETTINGS, "settings", data)
    return settings


def difference(settings: Settings) -> str:
    """The settings that differ from the defaults, as JSON; empty if none does."""
    default = encode(DEFAULT_SETTINGS)
    stages = {
        stage: {name: value for name, value in values.items() if value != default[stage][name]}
        for stage, values in encode(settings).items()
    }
    changed = {stage: values for stage, values in stages.items() if values}
    return json.dumps(changed, sort_keys=True) if changed else ""


def _changed(default: Any, where: str, values: Any) -> Any:
    """The record ``default`` with ``values`` by name; records within records alike."""
    named = dict(_items(values, where, [f.name for f in dataclasses.fields(default)]))
    return dataclasses.replace(default, **{n: _value(getattr(default, n), f"{where}.{n}", v) for n, v in named.items()})


def _value(default: Any, where: str, value: Any) -> Any:
    if dataclasses.is_dataclass(default):
        return _changed(default, where, value)
    value = tuple(value) if isinstance(default, tuple) and isinstance(value, list) else value
    wanted = type(default)
    if not isinstance(value, (int, float) if wanted is float else wanted):
        raise FactsError(f"{where} is {value!r}, not a {wanted.__name__}.", "Mend that value.")
    if isinstance(value, float) and not math.isfinite(value):
        raise FactsError(f"{where} is {value!r}, not a finite number.", "Mend that value.")
    return value


def _items(data: Any, where: str, known: list[str]) -> list[tuple[str, Any]]:
    if not isinstance(data, dict):
        raise FactsError(f"Looked for an object in {where}, found {type(data).__name__}.", 'Write {"stage": {…}}.')
    unknown = set(data) - set(known)
    if unknown:
        raise FactsError(f"Unknown name in {where}: {', '.join(sorted(unknown))}.", f"Known: {', '.join(known)}.")
    return list(data.items())
