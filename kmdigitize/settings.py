"""All stage settings in one record, and how an expert changes them.

Settings tune how a stage works; what is true of a figure is a fact (facts.py). Every stage defines its own settings
with the reason for each default; here they only stand together.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from kmdigitize.detect.page import PageSettings
from kmdigitize.errors import FactsError


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings record of every stage."""

    page: PageSettings = field(default_factory=PageSettings)


DEFAULT_SETTINGS = Settings()


def settings_from(data: Any) -> Settings:
    """Settings from ``{"stage": {"setting": value}}``; unnamed ones keep their default.

    Raises FactsError that lists what exists when a name is unknown or a value has the wrong type.
    """
    chosen = dict(_items(data, "the settings", [f.name for f in dataclasses.fields(Settings)]))
    return Settings(
        **{stage: _stage(getattr(DEFAULT_SETTINGS, stage), stage, values) for stage, values in chosen.items()}
    )


def difference(settings: Settings) -> str:
    """The settings that differ from the defaults, as JSON; empty if none does."""
    stages = {
        stage.name: {
            f.name: getattr(getattr(settings, stage.name), f.name)
            for f in dataclasses.fields(getattr(settings, stage.name))
            if getattr(getattr(settings, stage.name), f.name) != getattr(getattr(DEFAULT_SETTINGS, stage.name), f.name)
        }
        for stage in dataclasses.fields(settings)
    }
    changed = {stage: values for stage, values in stages.items() if values}
    return json.dumps(changed, sort_keys=True) if changed else ""


def _stage(default: Any, stage: str, values: Any) -> Any:
    named = dict(_items(values, f"the settings of {stage}", [f.name for f in dataclasses.fields(default)]))
    for name, value in named.items():
        wanted = type(getattr(default, name))
        if not isinstance(value, (int, float) if wanted is float else wanted):
            raise FactsError(f"Setting {stage}.{name} is {value!r}, not a {wanted.__name__}.", "Mend that value.")
    return dataclasses.replace(default, **named)


def _items(data: Any, where: str, known: list[str]) -> list[tuple[str, Any]]:
    if not isinstance(data, dict):
        raise FactsError(f"Looked for an object in {where}, found {type(data).__name__}.", 'Write {"stage": {…}}.')
    unknown = set(data) - set(known)
    if unknown:
        raise FactsError(f"Unknown name in {where}: {', '.join(sorted(unknown))}.", f"Known: {', '.join(known)}.")
    return list(data.items())
