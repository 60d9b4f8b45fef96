"""Raster or vector: for each stage the drawing's exact answer where there is one, else what the pixels say.

From the step curve on there is one road; these four stages are where the two differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kmdigitize.detect.beyond import end_of_curves
from kmdigitize.detect.curves import find_paths
from kmdigitize.detect.endings import with_final_drop
from kmdigitize.detect.marks import find_marks
from kmdigitize.detect.panels import find_panels
from kmdigitize.detect.refine import refine_path
from kmdigitize.detect.snapping import unsnapped
from kmdigitize.detect.ticks import find_ticks
from kmdigitize.flags import Flag
from kmdigitize.records.axes import Direction, Panel, Scales, Ticks
from kmdigitize.records.curves import Evidence, Trace
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.settings import Settings
from kmdigitize.text.legend import read_legend
from kmdigitize.text.legend_pairs import paired_entries
from kmdigitize.text.ocr import reread

Tokens = Sequence[TextToken]


def panels_of(figure: Figure, tokens: Tokens, settings: Settings) -> tuple[Panel, ...]:
    """The panels of ``figure``; empty if it has none."""
    if figure.drawing:
        from kmdigitize.vector.axes import find_vector_panels

        exact = find_vector_panels(figure, tokens)
        if exact:
            return exact
    return find_panels(figure, tokens, settings.panels)


def ticks_of(figure: Figure, panel: Panel, settings: Settings) -> Ticks:
    """Candidates for the ticks of both axes; an axis that the drawing lacks is looked for in the pixels."""
    if not figure.drawing:
        return find_ticks(figure, panel, settings.ticks)
    from kmdigitize.vector.axes import find_vector_ticks

    exact = find_vector_ticks(figure, panel)
    drawn = [row.outside.size + row.inside.size + row.grid.size > 1 for row in (exact.x, exact.y)]
    if all(drawn):
        return exact
    seen = find_ticks(figure, panel, settings.ticks)
    return Ticks(exact.x if drawn[0] else seen.x, exact.y if drawn[1] else seen.y)


def legend_of(figure: Figure, panel: Panel, tokens: Tokens, settings: Settings) -> tuple[LegendEntry, ...]:
    """The arms that the figure names, with line samples from the drawing where it holds them."""
    read = read_legend(figure, panel, tokens, settings.legend, reread)
    if not figure.drawing:
        return paired_entries(read)
    from kmdigitize.vector.legend import with_exact_samples

    return paired_entries(with_exact_samples(figure.drawing, panel, tokens, read))


def traces_of(
    figure: Figure,
    panel: Panel,
    scales: Scales,
    hints: tuple[Sequence[LegendEntry], Tokens, int | None],
    direction: Direction | None,
    settings: Settings,
) -> tuple[tuple[Trace, ...], Scales]:
    """The curves with their censor marks, and the scales with the direction in which the curves run.

    ``hints`` are the legend, the text, and the number of arms to expect; a stated ``direction`` wins over what is seen.
    """
    legend, tokens, expected = hints
    if figure.drawing:
        from kmdigitize.vector.curves import trace_drawn_curves
        from kmdigitize.vector.visible import is_behind_picture

        drawn = trace_drawn_curves(figure, panel, scales, legend)
        if drawn:
            return drawn, scales
        if is_behind_picture(figure, panel):
            scales = replace(scales, flags=(*scales.flags, Flag("vector_behind_raster")))
    found = find_paths(figure, panel, scales, legend, tokens, expected)
    end = end_of_curves(figure, panel, found.paths, tokens)
    if end is not None:
        scales = replace(scales, flags=(*scales.flags, Flag("axis_ends_early", f"by {end - panel.frame.right:.0f} px")))
        panel = replace(panel, frame=replace(panel.frame, right=end))
        found = find_paths(figure, panel, scales, legend, tokens, expected)
    scales = replace(scales, direction=direction or found.direction, flags=scales.flags + found.flags)
    evidences = [evidence for evidence, _ in found.paths]

    before: list[tuple[Evidence, Trace]] = []

    def refined(seen: Sequence[Evidence]) -> tuple[Trace, ...]:
        traces = [
            before[i][1]
            if before and before[i][0] is evidence
            else with_final_drop(evidence, refine_path(evidence, path, scales, settings.refine), scales)
            for i, (evidence, (_, path)) in enumerate(zip(seen, found.paths, strict=True))
        ]
        before[:] = zip(seen, traces, strict=True)
        return tuple(traces)

    marked = find_marks(evidences, refined, figure, panel, settings.marks, legend)
    return unsnapped(list(zip(evidences, marked, strict=True)), scales, figure.lossy, figure.pixels.shape[:2])
