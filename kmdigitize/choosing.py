"""Which panels of a figure are digitized, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kmdigitize.errors import NoPanelError
from kmdigitize.facts import FigureFacts, PanelFacts
from kmdigitize.geometry import Box
from kmdigitize.others import apart_from_others
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.route import panels_of
from kmdigitize.settings import Settings
from kmdigitize.text.titles import in_sequence, read_panel_title


def chosen_panels(
    figure: Figure, tokens: Sequence[TextToken], facts: FigureFacts, settings: Settings
) -> tuple[tuple[Panel, ...], tuple[Box, ...]]:
    """The panels that ``facts`` choose, and the places of the other drawings on the page.

    Raises NoPanelError when there are none, or none of the name that is asked for.
    """
    panels, others = apart_from_others(panels_of(figure, tokens, settings), figure, tokens)
    if not panels and facts.frame is not None:
        whole = Box(0, 0, figure.width - 1, figure.height - 1)
        panels = (Panel("1", whole, whole, 0, 0),)
    if not panels:
        raise NoPanelError(
            "Looked for a pair of axes and found none.",
            "Give a picture of the panel with its axes and tick labels, at least 300 px wide.",
        )
    named = tuple(_framed(panel, facts.of_panel(panel.name)) for panel in _named(panels, tokens))
    chosen = tuple(panel for panel in named if facts.panel is None or panel.name.lower() == facts.panel.lower())
    if not chosen:
        names = ", ".join(panel.name for panel in named)
        message = f"There is no panel {facts.panel!r}; found: {names}."
        raise NoPanelError(message, f"Choose with --panel {named[0].name}.")
    return chosen, others


def _named(panels: tuple[Panel, ...], tokens: Sequence[TextToken]) -> tuple[Panel, ...]:
    """Panels with their titles; with their letters if each has one of its own, else numbered in reading order."""
    printed = [read_panel_title(tokens, panel) for panel in panels]
    letters = in_sequence([letter for letter, _ in printed])
    lettered = all(letters) and len(set(letters)) == len(letters)
    names = letters if lettered else [str(number) for number in range(1, len(panels) + 1)]
    return tuple(
        replace(panel, name=name, title=title) for panel, name, (_, title) in zip(panels, names, printed, strict=True)
    )


def _framed(panel: Panel, facts: PanelFacts) -> Panel:
    """The panel with its stated frame, whose left and bottom edges are then the axes."""
    if facts.frame is None:
        return panel
    frame = Box(*facts.frame)
    return replace(panel, frame=frame, region=panel.region.union(frame), axis_x_y=frame.bottom, axis_y_x=frame.left)
