"""The order of the stages, and nothing else.

    file ─ read ─► Figure ─► Panels ─► Ticks ─► Scales ─► Traces ─► StepCurves ─► Reconstruction ─► Agreement ─► Result

Raster and vector figures differ only in how panels, ticks and traces are found; from the step curve on there is one
road. A fact that the user states replaces the stage that would have found it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from kmdigitize.agreement import compare
from kmdigitize.arms import digitized_arms
from kmdigitize.detect.curves import find_paths
from kmdigitize.detect.marks import find_marks
from kmdigitize.detect.page import straighten
from kmdigitize.detect.panels import find_panels
from kmdigitize.detect.refine import refine_path
from kmdigitize.detect.scales import StatedAxes, fit_scales
from kmdigitize.detect.ticks import find_ticks
from kmdigitize.errors import KmdigitizeError, NoCurveError, NoPanelError
from kmdigitize.facts import NO_FACTS, AxisFacts, FigureFacts, PanelFacts
from kmdigitize.flags import Flag
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.options import DEFAULT_OPTIONS, Options
from kmdigitize.provenance import provenance
from kmdigitize.records import (
    AxisTitles,
    Digitized,
    DigitizedPanel,
    Figure,
    LegendEntry,
    NumberLabel,
    Panel,
    RiskTable,
    Scales,
    SkippedPanel,
    TextToken,
    Trace,
)
from kmdigitize.reporting import reconstruction_inputs, reported_on
from kmdigitize.result import PanelResult, Result
from kmdigitize.settings import DEFAULT_SETTINGS, Settings
from kmdigitize.stopwatch import Stopwatch
from kmdigitize.text.legend import read_legend
from kmdigitize.text.numbers import read_numbers
from kmdigitize.text.ocr import read_tokens, reread
from kmdigitize.text.risk_table import read_risk_table
from kmdigitize.text.titles import read_axis_titles, read_panel_title

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Read:
    """A figure with its text, ready for its panels."""

    figure: Figure
    tokens: tuple[TextToken, ...]
    numbers: tuple[NumberLabel, ...]
    settings: Settings


def digitize(figure: Figure, facts: FigureFacts = NO_FACTS, settings: Settings = DEFAULT_SETTINGS) -> Digitized:
    """Axes, step curves, censor marks and numbers at risk of every survival panel of ``figure``.

    Raises NoPanelError when no axes are found, and the error of the first panel (AxisError, NoCurveError) when no
    panel could be digitized at all; otherwise such panels are listed in ``skipped`` with the reason.
    """
    watch = Stopwatch()
    with watch.lap("straighten"):
        figure = figure if figure.drawing else straighten(figure, settings.page)
    with watch.lap("read text"):
        tokens = _read_text(figure)
        read = _Read(figure, tokens, read_numbers(tokens), settings)
    with watch.lap("find panels"):
        panels = _find_panels(read, facts)
    digitized, skipped, errors = [], [], []
    for panel in panels:
        try:
            digitized.append(_digitize_panel(read, panel, facts.of_panel(panel.name), watch))
        except KmdigitizeError as error:
            log.debug("panel %s: %s", panel.name, error)
            errors.append(error)
            skipped.append(SkippedPanel(panel, str(error)))
    if not digitized:
        raise errors[0]
    flags = (Flag("figure_rotated", f"by {figure.angle:.2f}°"),) if figure.angle else ()
    return Digitized(figure, tokens, tuple(digitized), tuple(skipped), flags, watch.seconds)


def _read_text(figure: Figure) -> tuple[TextToken, ...]:
    exact = figure.drawing.texts if figure.drawing else ()
    return exact or read_tokens(figure)


def _find_panels(read: _Read, facts: FigureFacts) -> tuple[Panel, ...]:
    panels = _detect_panels(read)
    if not panels:
        raise NoPanelError(
            "Looked for a pair of axes and found none.",
            "Give a picture of the panel with its axes and tick labels, at least 300 px wide.",
        )
    named = tuple(_named(read, panel, number) for number, panel in enumerate(panels, 1))
    if facts.panel is None:
        return _with_unique_names(named)
    chosen = tuple(panel for panel in _with_unique_names(named) if panel.name.lower() == facts.panel.lower())
    if not chosen:
        names = ", ".join(panel.name for panel in named)
        raise NoPanelError(
            f"There is no panel {facts.panel!r}; found: {names}.", f"Choose with --panel {named[0].name}."
        )
    return chosen


def _detect_panels(read: _Read) -> tuple[Panel, ...]:
    if read.figure.drawing:
        from kmdigitize.vector.axes import find_vector_panels

        exact = find_vector_panels(read.figure, read.tokens)
        if exact:
            return exact
    return find_panels(read.figure, read.tokens)


def _named(read: _Read, panel: Panel, number: int) -> Panel:
    letter, title = read_panel_title(read.tokens, panel)
    return replace(panel, name=letter or str(number), title=title)


def _with_unique_names(panels: tuple[Panel, ...]) -> tuple[Panel, ...]:
    """Letters only if every panel has one of its own; otherwise numbers in reading order."""
    if len({panel.name for panel in panels}) == len(panels):
        return panels
    return tuple(replace(panel, name=str(number)) for number, panel in enumerate(panels, 1))


def _digitize_panel(read: _Read, panel: Panel, facts: PanelFacts, watch: Stopwatch) -> DigitizedPanel:
    titles = read_axis_titles(read.tokens, panel)
    if titles.kind != "survival":
        raise NoCurveError(f"Panel {panel.name} shows {titles.kind}, not survival.", "Nothing to digitize here.")
    with watch.lap("fit axes"):
        scales = _scales(read, panel, facts, titles)
    with watch.lap("read legend and table"):
        legend = read_legend(read.figure, panel, read.tokens)
        table = read_risk_table(read.figure, panel, scales, read.tokens, reread)
    with watch.lap("trace curves"):
        traces, scales = _trace(read, panel, scales, legend, table, facts)
    if not traces:
        message = f"Panel {panel.name} has axes but no step curve was found in it."
        raise NoCurveError(message, "If there is one, open `kmdigitize review` and trace it, or give a larger picture.")
    arms, flags = digitized_arms(traces, legend, table, scales, facts)
    return DigitizedPanel(panel, scales, arms, legend, table, flags)


def _scales(read: _Read, panel: Panel, facts: PanelFacts, titles: AxisTitles) -> Scales:
    if read.figure.drawing and panel.has_lines:
        from kmdigitize.vector.axes import find_vector_ticks

        ticks = find_vector_ticks(read.figure, panel)
    else:
        ticks = find_ticks(read.figure, panel)
    stated = StatedAxes(_stated(facts.x_axis), _stated(facts.y_axis))
    scales = fit_scales(read.figure, panel, ticks, read.numbers, titles, stated, reread)
    return replace(
        scales,
        direction=facts.direction or scales.direction,
        time_unit=facts.time_unit or scales.time_unit,
        end_point=facts.end_point or scales.end_point,
    )


def _stated(axis: tuple[float, float] | AxisFacts | None) -> tuple[float, float] | AxisFacts | None:
    return axis


def _trace(
    read: _Read,
    panel: Panel,
    scales: Scales,
    legend: tuple[LegendEntry, ...],
    table: RiskTable | None,
    facts: PanelFacts,
) -> tuple[tuple[Trace, ...], Scales]:
    if read.figure.drawing:
        from kmdigitize.vector.curves import trace_drawn_curves

        traces = trace_drawn_curves(read.figure, panel, scales, legend)
        if traces:
            return traces, scales
    expected = len(facts.arm_names or ()) or (len(table.rows) if table else None)
    found = find_paths(read.figure, panel, scales, legend, read.tokens, expected)
    scales = replace(scales, direction=facts.direction or found.direction, flags=scales.flags + found.flags)
    traces = tuple(refine_path(evidence, path, scales) for evidence, path in found.paths)
    evidences = [evidence for evidence, _ in found.paths]
    return find_marks(evidences, traces, read.figure, panel), scales


def run(
    figure: Figure,
    facts: FigureFacts = NO_FACTS,
    options: Options = DEFAULT_OPTIONS,
    settings: Settings = DEFAULT_SETTINGS,
) -> Result:
    """Digitizes ``figure``, reconstructs the patients of every arm, and compares them with what is reported.

    Raises what :func:`digitize` raises, and FactsError when stated numbers contradict each other.
    """
    digitized = digitize(figure, facts, settings)
    watch = Stopwatch()
    panels = tuple(_panel_result(panel, digitized, facts, options, watch) for panel in digitized.panels)
    seconds = {**digitized.seconds, **watch.seconds}
    return Result(digitized, panels, facts, provenance(figure, options, settings), seconds)


def _panel_result(
    panel: DigitizedPanel, digitized: Digitized, facts: FigureFacts, options: Options, watch: Stopwatch
) -> PanelResult:
    with watch.lap("reconstruct"):
        rebuilt = tuple(
            reconstruct(reconstruction_inputs(arm, panel), options.method, options.draws, options.seed)
            for arm in panel.arms
        )
    reported = reported_on(panel, digitized.tokens, facts)
    if reported is None:
        return PanelResult(panel, rebuilt)
    with watch.lap("compare"):
        pixel_time = max(arm.curve.time_resolution for arm in panel.arms)
        pixel_survival = max(arm.curve.survival_resolution for arm in panel.arms)
        agreement = compare([r.ipd for r in rebuilt], reported, pixel_time, pixel_survival, rebuilt)
    return PanelResult(panel, rebuilt, reported, agreement)
