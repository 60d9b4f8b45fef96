"""The order of the stages, and nothing else.

    file ─ read ─► Figure ─► Panels ─► Ticks ─► Scales ─► Traces ─► StepCurves ─► Reconstruction ─► Agreement ─► Result

Raster and vector figures differ only in how panels, ticks and traces are found; from the step curve on there is one
road. A fact that the user states replaces the stage that would have found it. ``read_page`` (text) and ``find`` (axes,
traces) are the slow part; ``settle`` puts names, facts and scales to what was found, and ``complete`` adds patients
and verdicts, both fast enough to be repeated after every correction.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kmdigitize.agreement import compare
from kmdigitize.arms import digitized_arms
from kmdigitize.calibration import calibrated_contrast
from kmdigitize.choosing import chosen_panels
from kmdigitize.detect.page import straighten
from kmdigitize.errors import AxisError, KmdigitizeError, NoCurveError, NoPanelError
from kmdigitize.facts import NO_FACTS, FigureFacts, PanelFacts
from kmdigitize.flags import Flag
from kmdigitize.options import DEFAULT_OPTIONS, Options
from kmdigitize.others import other_measure, skipped_parts
from kmdigitize.page_text import larger_text, text_of
from kmdigitize.provenance import provenance
from kmdigitize.records.axes import Panel, Scales
from kmdigitize.records.curves import Trace
from kmdigitize.records.digitized import Digitized, DigitizedPanel, SkippedPanel
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.records.printed import LegendEntry, RiskTable
from kmdigitize.reported import Reported
from kmdigitize.reporting import Rebuild, rebuilt_by, reconstruction_inputs, reported_on
from kmdigitize.result import PanelResult, Result
from kmdigitize.route import legend_of, traces_of
from kmdigitize.scaling import Known, scales_of
from kmdigitize.settings import DEFAULT_SETTINGS, Settings
from kmdigitize.sharing import (
    borrowed_legend,
    has_looks_of,
    names_arms,
    shared_axes,
    shared_legend,
    with_entries_of,
    with_shared_titles,
    without_settled_count,
)
from kmdigitize.stopwatch import Stopwatch
from kmdigitize.text.legend_labels import beside_legend
from kmdigitize.text.naming import arms_of_table
from kmdigitize.text.ocr import reread
from kmdigitize.text.risk_table import read_risk_table
from kmdigitize.text.stat_names import named_by_medians
from kmdigitize.text.titles import read_axis_titles, read_panel_title

log = logging.getLogger(__name__)


FIND_FACTS = ("panel", "frame", "x_axis", "y_axis", "direction", "time_unit", "end_point", "arm_names")
"""The facts that ``find`` uses; a correction of any other needs only ``settle`` and ``complete``."""


@dataclass(frozen=True, slots=True)
class Page:
    """A figure made straight, with all text that is printed on it."""

    figure: Figure
    tokens: tuple[TextToken, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    settings: Settings = DEFAULT_SETTINGS


@dataclass(frozen=True, slots=True)
class FoundPanel:
    """What was found on one panel, before names and facts are put to it."""

    panel: Panel
    scales: Scales
    traces: tuple[Trace, ...]
    legend: tuple[LegendEntry, ...]
    risk_table: RiskTable | None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found on a figure, to be settled with the facts; ``errors`` say why the ``skipped`` panels were."""

    figure: Figure
    tokens: tuple[TextToken, ...]
    panels: tuple[FoundPanel, ...]
    skipped: tuple[SkippedPanel, ...]
    seconds: dict[str, float]
    errors: tuple[KmdigitizeError, ...] = ()


def run(
    figure: Figure,
    facts: FigureFacts = NO_FACTS,
    options: Options = DEFAULT_OPTIONS,
    settings: Settings = DEFAULT_SETTINGS,
) -> Result:
    """Digitizes ``figure``, reconstructs the patients of every arm, and compares them with what is reported.

    Raises what :func:`digitize` raises.
    """
    return complete(digitize(figure, facts, settings), facts, options, settings)


def digitize(figure: Figure, facts: FigureFacts = NO_FACTS, settings: Settings = DEFAULT_SETTINGS) -> Digitized:
    """Axes, step curves, censor marks and numbers at risk of every survival panel of ``figure``.

    Raises NoPanelError when no axes are found, and what :func:`settle` raises. Panels that could not be digitized are
    listed in ``skipped`` with the reason.
    """
    return settle(find(read_page(figure, settings), facts), facts)


def read_page(figure: Figure, settings: Settings = DEFAULT_SETTINGS) -> Page:
    """The figure made straight and its text, which no fact can change."""
    watch = Stopwatch()
    with watch.lap("straighten"):
        figure = figure if figure.drawing else straighten(figure, settings.page)
    with watch.lap("read text"):
        tokens = text_of(figure, settings)
    return Page(figure, tokens, watch.seconds, settings)


def find(page: Page, facts: FigureFacts = NO_FACTS) -> Found:
    """Panels, scales and traces; of the facts only ``FIND_FACTS`` count. Raises NoPanelError when there are no axes."""
    watch = Stopwatch()
    with watch.lap("find panels"):
        try:
            panels, others = chosen_panels(page.figure, page.tokens, facts, page.settings)
        except NoPanelError:
            page = replace(page, tokens=larger_text(page.figure, page.tokens, page.settings))
            panels, others = chosen_panels(page.figure, page.tokens, facts, page.settings)
    read, errors = _read_panels(page, panels, facts, watch)
    legends = [one.legend for one in read]
    found = _with_shared([_traced(page, one, facts.of_panel(one.panel.name), legends, watch) for one in read])
    skipped = [SkippedPanel(panel, str(errors[panel.name])) for panel in panels if panel.name in errors]
    skipped += skipped_parts(panels, others, page.tokens) if not facts.panel else ()
    seconds = {**page.seconds, **watch.seconds}
    return Found(page.figure, page.tokens, found, tuple(skipped), seconds, tuple(errors.values()))


def _read_panels(
    page: Page, panels: Sequence[Panel], facts: FigureFacts, watch: Stopwatch
) -> tuple[list[FoundPanel], dict[str, KmdigitizeError]]:
    """The panels before their curves are traced, and what kept others from being read."""
    read: dict[str, FoundPanel] = {}
    errors: dict[str, KmdigitizeError] = {}
    for panel in (*panels, *panels):  # the second time with the axes of panels that stand below
        known = [(one.panel, one.scales) for one in read.values()]
        error = errors.get(panel.name)
        again = isinstance(error, AxisError) and shared_axes(panel, known, page.tokens)
        if not again and panel.name in (*read, *errors):
            continue
        try:
            read[panel.name] = _read_on_panel(page, panel, facts.of_panel(panel.name), known, watch)
            errors.pop(panel.name, None)
        except KmdigitizeError as caught:
            log.debug("panel %s: %s", panel.name, caught)
            errors[panel.name] = caught
    return [read[panel.name] for panel in panels if panel.name in read], errors


def _with_shared(found: Sequence[FoundPanel]) -> tuple[FoundPanel, ...]:
    """The panels with the legend and the titles that they share where they have none of their own."""
    legends = shared_legend([(one.legend, one.traces, names_arms(one.risk_table)) for one in found])
    titled = with_shared_titles([(one.panel, one.scales) for one in found])
    return tuple(
        _with_legend(replace(one, scales=s), legend) for one, legend, s in zip(found, legends, titled, strict=True)
    )


def _with_legend(one: FoundPanel, legend: tuple[LegendEntry, ...]) -> FoundPanel:
    if legend == one.legend:
        return one
    scales = without_settled_count(one.scales, len(one.traces), legend)
    return replace(one, traces=with_entries_of(one.traces, one.legend, legend), legend=legend, scales=scales)


def settle(found: Found, facts: FigureFacts = NO_FACTS) -> Digitized:
    """Names, numbers at risk and stated facts put to what was found. Raises FactsError, or what kept all panels out."""
    panels, skipped, errors = [], list(found.skipped), list(found.errors)
    for panel in found.panels:
        settled = _settle_panel(panel, found, facts)
        other = "" if facts.of_panel(panel.panel.name).direction else other_measure(settled)
        if settled.arms and not other:
            panels.append(settled)
            continue
        message = f"Panel {panel.panel.name} has axes but no step curve was found in it."
        remedy = "Trace it in `kmdigitize review`, or give a larger picture."
        if other:
            message, remedy = (
                f"Panel {panel.panel.name} shows {other}, not survival.",
                "If it does, state --direction down.",
            )
        errors.append(NoCurveError(message, remedy))
        skipped.append(SkippedPanel(panel.panel, message))
    if not panels:
        raise errors[0]
    angle = found.figure.angle
    flags = (Flag("figure_rotated", f"by {angle:.2f}°"),) if angle else ()
    return Digitized(found.figure, found.tokens, tuple(panels), tuple(skipped), flags, found.seconds)


def complete(
    digitized: Digitized,
    facts: FigureFacts = NO_FACTS,
    options: Options = DEFAULT_OPTIONS,
    settings: Settings = DEFAULT_SETTINGS,
    rebuild: Rebuild = rebuilt_by,
) -> Result:
    """The patients of every arm (by ``rebuild``) and, where something is reported, the verdicts."""
    watch = Stopwatch()
    panels = tuple(_panel_result(panel, digitized, facts, options, rebuild, watch) for panel in digitized.panels)
    seconds = {**digitized.seconds, **watch.seconds}
    return Result(digitized, panels, facts, provenance(digitized.figure, options, settings), seconds)


def _read_on_panel(page: Page, panel: Panel, facts: PanelFacts, known: Known, watch: Stopwatch) -> FoundPanel:
    figure, tokens, settings = page.figure, page.tokens, page.settings
    titles = read_axis_titles(tokens, panel)
    if titles.kind != "survival":
        raise NoCurveError(f"Panel {panel.name} shows {titles.kind}, not survival.", "Nothing to digitize here.")
    with watch.lap("fit axes"):
        scales = scales_of(figure, panel, (tokens, titles), facts, known, settings)
    with watch.lap("read legend and table"):
        legend = legend_of(figure, panel, tokens, settings)
        others = beside_legend(tokens, legend)
        table = read_risk_table(figure, panel, scales, others, reread, settings.risk_table)
    named = {entry.label for entry in legend}
    if panel.title in named:  # a legend above the panel
        panel = replace(panel, title=read_panel_title([t for t in tokens if t.text not in named], panel)[1])
    return FoundPanel(panel, scales, (), legend, table)


def _traced(
    page: Page, read: FoundPanel, facts: PanelFacts, legends: Sequence[tuple[LegendEntry, ...]], watch: Stopwatch
) -> FoundPanel:
    """The panel with its curves, told apart by one of the ``legends`` of the page where its own names fewer of them."""
    table = read.risk_table
    expected = len(facts.arm_names or ()) or arms_of_table(table, read.legend)
    borrowed = borrowed_legend(read.legend, legends) if read.legend or not names_arms(table) else ()
    named = sum(bool(entry.label) for entry in read.legend)
    with watch.lap("trace curves"):
        for legend in (borrowed, read.legend) if borrowed else (read.legend,):
            hints = legend, page.tokens, expected
            traces, scales = traces_of(page.figure, read.panel, read.scales, hints, facts.direction, page.settings)
            if legend == read.legend or (len(traces) > named and has_looks_of(traces, legend)):
                break
    return replace(read, scales=scales, traces=traces, legend=legend)


def _settle_panel(found: FoundPanel, page: Found, facts: FigureFacts) -> DigitizedPanel:
    own = facts.of_panel(found.panel.name)
    arms, flags = digitized_arms(found.traces, found.legend, found.risk_table, found.scales, own)
    panel = DigitizedPanel(found.panel, found.scales, arms, found.legend, found.risk_table, flags)
    if len(arms) == 1 and _compares(reported_on(panel, page.figure, page.tokens, facts)):
        panel = replace(panel, flags=(*flags, Flag("curve_count_doubtful", "1 found, a comparison of two is printed")))
    if own.arm_names or not any(flag.code == "arm_unnamed" for arm in arms for flag in arm.flags):
        return panel
    return replace(panel, arms=named_by_medians(arms, reported_on(panel, page.figure, page.tokens, facts)))


def _compares(reported: Reported | None) -> bool:
    """Whether what is printed is about two arms or more."""
    return reported is not None and bool(reported.hazard_ratios or reported.p_values)


def _panel_result(
    panel: DigitizedPanel,
    digitized: Digitized,
    facts: FigureFacts,
    options: Options,
    rebuild: Rebuild,
    watch: Stopwatch,
) -> PanelResult:
    reported = reported_on(panel, digitized.figure, digitized.tokens, facts)
    with watch.lap("reconstruct"):
        rebuilt = rebuild(tuple(reconstruction_inputs(arm, panel, reported) for arm in panel.arms), options)
    if reported is None:
        return PanelResult(panel, rebuilt)
    with watch.lap("compare"):
        pixel_time = max(arm.curve.time_resolution for arm in panel.arms)
        pixel_survival = max(arm.curve.survival_resolution for arm in panel.arms)
        agreement = compare([r.ipd for r in rebuilt], reported, pixel_time, pixel_survival, rebuilt)
    calibrated = calibrated_contrast(reported, rebuilt) if options.calibrate else None
    return PanelResult(panel, rebuilt, reported, agreement, calibrated)
