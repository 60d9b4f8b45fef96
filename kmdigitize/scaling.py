"""The axis scales of a panel: read beside its own axes, else shared with another panel of its row or column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kmdigitize.detect.scales import StatedAxes, fit_scales
from kmdigitize.errors import AxisError
from kmdigitize.facts import PanelFacts, stated_axis
from kmdigitize.records.axes import AxisTitles, Panel, PrintedAxes, Scales
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.route import ticks_of
from kmdigitize.settings import Settings
from kmdigitize.sharing import flagged_as_shared, shared_axes
from kmdigitize.text.numbers import read_numbers
from kmdigitize.text.ocr import reread

Known = Sequence[tuple[Panel, Scales]]
"""Panels of the same figure whose scales are known."""


def scales_of(
    figure: Figure,
    panel: Panel,
    printed: tuple[Sequence[TextToken], AxisTitles],
    facts: PanelFacts,
    known: Known,
    settings: Settings,
) -> Scales:
    """Both scales of ``panel``, given the text of the figure and the panel's titles; stated facts win.

    Raises AxisError where they are neither printed nor shared.
    """
    tokens, titles = printed
    axes = PrintedAxes(ticks_of(figure, panel, settings), tuple(read_numbers(tokens)), titles)
    stated = StatedAxes(stated_axis(facts.x_axis), stated_axis(facts.y_axis))
    try:
        scales = fit_scales(figure, panel, axes, stated, reread, settings.scales)
    except AxisError:
        scales = _shared(figure, panel, axes, stated, shared_axes(panel, known, tokens), settings)
    return replace(
        scales,
        direction=facts.direction or scales.direction,
        time_unit=facts.time_unit or scales.time_unit,
        end_point=facts.end_point or scales.end_point,
    )


def _shared(
    figure: Figure,
    panel: Panel,
    axes: PrintedAxes,
    stated: StatedAxes,
    tried: Sequence[StatedAxes],
    settings: Settings,
) -> Scales:
    """The scales with the first of the axes ``tried`` that leaves none unread; raises AxisError if none does."""
    for shared in tried:
        both = StatedAxes(stated.x or shared.x, stated.y or shared.y)
        try:
            return flagged_as_shared(fit_scales(figure, panel, axes, both, reread, settings.scales), shared)
        except AxisError:
            continue
    return fit_scales(figure, panel, axes, stated, None, settings.scales)
