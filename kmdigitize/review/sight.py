"""What is known of a figure under its present facts, computed again from the first stage that the facts touch."""

from __future__ import annotations

from dataclasses import dataclass

from kmdigitize import pipeline
from kmdigitize.errors import FactsError, KmdigitizeError
from kmdigitize.facts import FigureFacts
from kmdigitize.options import Options
from kmdigitize.pipeline import FIND_FACTS, Found, Page
from kmdigitize.records.digitized import DigitizedPanel
from kmdigitize.result import Result
from kmdigitize.review.corrections import Bench
from kmdigitize.review.rebuilding import rebuilt
from kmdigitize.settings import Settings


@dataclass(frozen=True, slots=True)
class Sight:
    """A figure as its facts have it. ``error`` says why there is no ``result``; ``panels`` are shown in any case."""

    page: Page
    facts: FigureFacts
    found: Found | None
    panels: tuple[DigitizedPanel, ...]
    result: Result | None = None
    error: KmdigitizeError | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all panels, those that could not be read included."""
        found = self.found
        if found is None:
            return ("1",)
        return tuple(p.panel.name for p in found.panels) + tuple(p.panel.name for p in found.skipped)

    def bench(self, name: str) -> Bench:
        """What corrections of panel ``name`` need. Raises FactsError when there is no such panel."""
        if name not in self.names:
            raise FactsError(f"There is no panel {name!r} here.", "Load the figure again.")
        panel = next((p for p in self.panels if p.panel.name == name), None)
        curves = [len(p.traces) for p in self.found.panels if p.panel.name == name] if self.found else []
        return Bench(self.page.figure, self.facts.of_panel(name), panel, curves[0] if curves else 0)


def look(page: Page, facts: FigureFacts, before: Sight | None, options: Options, settings: Settings) -> Sight:
    """The figure on ``page`` under ``facts``; what was found ``before`` is kept where these facts don't change it."""
    found = before.found if before is not None and _find_facts(before.facts) == _find_facts(facts) else None
    try:
        found = found or pipeline.find(page, facts)
    except KmdigitizeError as error:
        return Sight(page, facts, None, (), error=error)
    try:
        digitized = pipeline.settle(found, facts)
        result = pipeline.complete(digitized, facts, options, settings, rebuilt)
        return Sight(page, facts, found, digitized.panels, result)
    except KmdigitizeError as error:
        return Sight(page, facts, found, _without_stated(found, facts), error=error)


def _find_facts(facts: FigureFacts) -> object:
    panels = {name: panel.model_dump(include=set(FIND_FACTS)) for name, panel in facts.panels.items()}
    return facts.model_dump(include=set(FIND_FACTS)), panels


def _without_stated(found: Found, facts: FigureFacts) -> tuple[DigitizedPanel, ...]:
    """The panels as found, where stated names, tables or counts do not fit them (yet)."""
    unlisted = facts.model_copy(update={**dict.fromkeys(("arm_names", "at_risk", "n", "events")), "panels": {}})
    for trial in (unlisted, unlisted.model_copy(update={"arms": ()})):
        try:
            return pipeline.settle(found, trial).panels
        except KmdigitizeError:
            continue
    return tuple(DigitizedPanel(p.panel, p.scales, (), p.legend, p.risk_table) for p in found.panels)
