"""Find the survival curves of a panel: one monotone step path per arm, on whole pixels.

The legend's line samples, the panel's own colours and the rows of the risk table together say which curves to look
for. Each ink's share of every pixel is measured against the local paper, and all curves of one ink are traced
together. Curves that nothing announces are taken only if their ink leaves no doubt; announced curves are given up
only if there is no ink for them at all.

Assumes step curves that start at S = 1 at time 0. Cannot decide which of two identical inks is which after they run
in one line; the straighter reading is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmdigitize.detect.background import Background, find_background
from kmdigitize.detect.belief import falls_at_once
from kmdigitize.detect.clusters import find_ink_colors
from kmdigitize.detect.doubts import doubts_about
from kmdigitize.detect.even_greys import best_explained, leaves_enough, with_even_greys, with_first_evidence
from kmdigitize.detect.evidence import EvidenceSettings, InkEvidence, measure_evidence
from kmdigitize.detect.ink_records import BLACK, Ink, is_grey
from kmdigitize.detect.inks import settle_inks
from kmdigitize.detect.leaning import mark_lean
from kmdigitize.detect.legend_box import behind_legend
from kmdigitize.detect.mark_bands import marks_of_ink
from kmdigitize.detect.paths import Sheet
from kmdigitize.detect.region import Region, cut_region, text_mask
from kmdigitize.detect.selection import announced_arms, choose_curves, upright_ink
from kmdigitize.detect.strokes import curve_strokes
from kmdigitize.detect.swaps import settle_inks_places, settle_places
from kmdigitize.detect.together import settle_together
from kmdigitize.detect.tracing import Found
from kmdigitize.detect.type_names import named_by_types
from kmdigitize.detect.unannounced import unexplained_line
from kmdigitize.flags import Flag
from kmdigitize.records.axes import Direction, Panel, Scales
from kmdigitize.records.curves import Evidence, StepPath
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.records.printed import LegendEntry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TracedPaths:
    """The curves of a panel: each curve's ink with its path, the direction they run, and doubts about the whole."""

    paths: tuple[tuple[Evidence, StepPath], ...]
    direction: Direction
    flags: tuple[Flag, ...] = ()


def find_paths(
    figure: Figure,
    panel: Panel,
    scales: Scales,
    legend: Sequence[LegendEntry],
    tokens: Sequence[TextToken],
    expected: int | None,
) -> TracedPaths:
    """All survival curves of ``panel``.

    ``legend`` names the arms and shows their line samples, ``expected`` is the number of rows of the risk table;
    either may be empty or wrong. Every path starts at time 0 and ends where its ink ends. Paths are in px of the
    figure and rise where ``direction`` is "up".
    """
    traced = _find_paths(figure, panel, scales, legend, tokens, expected)
    if traced.gain < UNLIKELY:
        # Curves that run the other way leave next to no ink for this one.
        other: Direction = "up" if scales.direction == "down" else "down"
        turned = _find_paths(figure, panel, replace(scales, direction=other), legend, tokens, expected)
        if turned.gain > max(2 * traced.gain, UNLIKELY):
            traced, scales = turned, replace(scales, direction=other)
    return _by_line_types(traced, (figure, panel, scales, tokens, expected), legend)


def _by_line_types(
    traced: _Traced,
    about: tuple[Figure, Panel, Scales, Sequence[TextToken], int | None],
    legend: Sequence[LegendEntry],
) -> TracedPaths:
    """The curves as they were ``traced``, or as they are found where line types alone tell them apart."""
    figure, panel, scales, tokens, expected = about
    evened = with_even_greys(figure, panel, legend)
    others = [_find_paths(grey, panel, scales, names, tokens, expected) for grey, names in evened[:1]]
    if not others or others[0].sheet is None or not leaves_enough(others[0].sheet, traced.curves):
        return traced.paths
    others += [_find_paths(grey, panel, scales, names, tokens, expected) for grey, names in evened[1:]]
    best = best_explained(others[0].sheet, [one.curves for one in (traced, *others)])
    if not best:
        return traced.paths
    chosen = others[best - 1].paths
    return replace(chosen, paths=with_first_evidence(chosen.paths, traced.paths.paths))


@dataclass(frozen=True, slots=True)
class _Traced:
    """Curves, what the best of them gained per column of the panel (about 0.9 for a solid line all along), and the
    sheet of the first ink."""

    paths: TracedPaths
    gain: float
    curves: tuple[Found, ...]
    sheet: Sheet | None


UNLIKELY = 0.2
"""Gain per column below which the curves may run the other way; the palest dashed curves gain as much."""


THICKEST, USUAL = 0.6, 0.2
"""Stroke of a curve in heights of the letters: at most (3 pt beside letters of 8 pt), and as a rule."""
NARROWER = 0.05
"""Share of ink of less than half the width that shows thick bands to be of marks, some of which stand alone: a third
of it where they do, none where the strokes themselves are thick."""


def _text_height(tokens: Sequence[TextToken]) -> float:
    """Median height (px) of upright text, infinite where none is read."""
    heights = [token.box.height for token in tokens if token.angle == 0]
    return float(np.median(heights)) if heights else np.inf


def _find_paths(
    figure: Figure,
    panel: Panel,
    scales: Scales,
    legend: Sequence[LegendEntry],
    tokens: Sequence[TextToken],
    expected: int | None,
) -> _Traced:
    """All curves that run in the direction of ``scales``."""
    region = cut_region(figure, panel, scales)
    text = text_mask(region, tokens)
    height, width = region.pixels.shape[:2]
    hidden = behind_legend(figure.pixels, legend, (region.left, region.upper))[:height, :width]
    hidden = hidden[::-1] if region.turned else hidden
    stroke, background, inks = _measure_inks(region, text, (legend, expected), figure.lossy, _text_height(tokens))
    colors = np.array([ink.color for ink in inks], np.float32).reshape(-1, 3)
    evidence = measure_evidence(region.pixels, background, colors, figure.lossy, stroke, _settings(inks))
    if inks and evidence.black.any():
        # Black that is no announced ink is marks and text, unless it draws a curve of its own.
        inks = (*inks, Ink(BLACK))
        coverage = np.concatenate([evidence.coverage, evidence.black[None]])
        evidence = replace(evidence, coverage=coverage)
    sheets = [_without(sheet, hidden) for sheet in _sheets(region, (background, inks), evidence, text, stroke)]
    sheets = [_with_own_marks(sheet, ink) for sheet, ink in zip(sheets, inks, strict=True)]
    chosen = choose_curves(sheets, inks, legend, background.panel, expected)
    found = [
        (k, curve)
        for k, sheet in enumerate(sheets)
        for curve in _told_apart(sheet, [curve for j, curve in chosen if j == k], legend)
        if not falls_at_once(curve, sheet)
    ]
    found = settle_inks_places(sheets, found)
    _log.debug("stroke %.1f px, inks %s, %d curves", stroke, colors.round().tolist(), len(found))
    wanted = expected or announced_arms(legend)
    detail = f"{len(found)} found, {wanted} announced"
    flags = (Flag("curve_count_doubtful", detail),) if wanted and wanted != len(found) else ()
    if not flags and unexplained_line(sheets, found, bool(wanted)) is not None:
        flags = (Flag("curve_count_doubtful", f"{detail}, and one more line seems to be drawn"),)
    paths = []
    longest = max((curve.road.rows.size for _, curve in found), default=0)
    for n, (k, curve) in enumerate(found):
        others = [other for m, (j, other) in enumerate(found) if j == k and m != n]
        paths.append(_hand_over(curve, sheets[k], inks[k], region, doubts_about(curve, sheets[k], others, longest)))
    gain = max((-curve.road.cost for _, curve in found), default=0.0) / region.pixels.shape[1]
    curves = tuple(curve for _, curve in found)
    return _Traced(TracedPaths(tuple(paths), scales.direction, flags), gain, curves, sheets[0] if sheets else None)


def _told_apart(sheet: Sheet, found: Sequence[Found], legend: Sequence[LegendEntry]) -> list[Found]:
    """The curves of one ink, each along the line of its type and with the name of it."""
    return named_by_types(sheet, settle_together(sheet, settle_places(sheet, found)), legend)


def _measure_inks(
    region: Region,
    text: NDArray[np.bool_],
    hints: tuple[Sequence[LegendEntry], int | None],
    lossy: bool,
    text_px: float,
) -> tuple[float, Background, tuple[Ink, ...]]:
    """Stroke width (px), paper, and inks of the region; ``hints`` are the legend and the number of arms to expect."""
    pixels, (legend, expected) = region.pixels, hints
    full = [entry.color for entry in legend if entry.color is not None and entry.dash == "solid"]
    samples = np.array(full, np.float32).reshape(-1, 3)
    widths = [entry.stroke_px for entry in legend if entry.stroke_px is not None]
    likely = float(np.median(widths)) if widths else None
    guess = likely or max(2.0, pixels.shape[0] / 150)
    background = find_background(pixels, guess, lossy, samples, region.top)
    clear = ~text & (background.lines == 0)
    strokes = curve_strokes(pixels, background.paper - pixels, clear, likely, samples)
    stroke = strokes.width
    if stroke > THICKEST * text_px and strokes.narrower > NARROWER:
        stroke = likely or USUAL * text_px  # marks touch all along the curves and show nothing of their strokes
    if not 0.6 < stroke / guess < 1.6:
        background = find_background(pixels, stroke, lossy, samples, region.top)
    found = find_ink_colors(pixels, background, clear, stroke, lossy)
    inks = settle_inks(legend, found, background.panel, lossy, expected)
    known = [ink.color for ink in inks if ink.arms or ink.sure]
    if background.banded and len(known) > len(samples):
        # Blocks of touching marks in inks that no sample shows were taken for shaded bands.
        background = find_background(pixels, stroke, lossy, np.array(known, np.float32), region.top)
    return found.stroke, background, inks


def _settings(inks: Sequence[Ink]) -> EvidenceSettings:
    """Shades are told by the depth of single pixels unless lines are broken: blur leaves dots and dashes paler."""
    broken = any(dash not in ("solid", "unknown") for ink in inks for _, dash in ink.arms)
    return EvidenceSettings(filled=np.inf) if broken else EvidenceSettings()


def _sheets(
    region: Region,
    drawn: tuple[Background, Sequence[Ink]],
    evidence: InkEvidence,
    text: NDArray[np.bool_],
    stroke: float,
) -> list[Sheet]:
    """What each ink shows and what hides it. Black in a grey ink may be its own: only upon colours is it marks."""
    background, inks = drawn
    clear = (1 - np.clip(background.lines, 0, 1)) * np.where(text, np.float32(0.5), np.float32(1))
    beneath = np.where(text, np.float32(0.4), np.float32(0))
    own = [one for one, ink in zip(evidence.coverage, inks, strict=True) if not is_grey(ink.color, background.panel)]
    colored = np.where(text, 0, np.max(own, axis=0, initial=0)).astype(np.float32) if own else None
    marks = upright_ink(np.where(text, 0, evidence.black * clear).astype(np.float32), stroke, colored)
    everything = np.clip(evidence.coverage.sum(axis=0) + evidence.other, 0, 1) + background.lines
    lean = mark_lean(np.where(text, 0, everything), stroke)
    result = []
    for coverage in evidence.coverage:
        occluded = np.maximum(np.clip(everything - coverage, 0, 1), beneath)
        result.append(
            Sheet(
                (coverage * clear).astype(np.float32),
                occluded.astype(np.float32),
                marks,
                background.lines,
                stroke,
                region.start,
                region.top,
                lean,
            )
        )
    return result


def _with_own_marks(sheet: Sheet, ink: Ink) -> Sheet:
    """The sheet of an ink of one curve with the marks beside it; of several, one may be hidden where others show."""
    if len(ink.arms) != 1:
        return sheet
    return replace(sheet, marks=marks_of_ink(sheet.marks, sheet.coverage, sheet.stroke))


def _without(sheet: Sheet, hidden: NDArray[np.bool_]) -> Sheet:
    """The sheet where nothing of the curve is seen where it is ``hidden`` (h, w)."""
    if not hidden.any():
        return sheet
    coverage, occluded = np.where(hidden, 0, sheet.coverage), np.where(hidden, 1, sheet.occluded)
    return replace(sheet, coverage=coverage.astype(np.float32), occluded=occluded.astype(np.float32))


def _hand_over(
    found: Found, sheet: Sheet, ink: Ink, region: Region, flags: tuple[Flag, ...]
) -> tuple[Evidence, StepPath]:
    """Evidence and path in the coordinates of the figure."""
    coverage, occluded, rows = sheet.coverage, found.occluded, found.road.rows
    seen = coverage[rows, found.road.first + np.arange(rows.size)] > 0.3
    everything = np.clip(coverage + sheet.occluded, 0, 1)
    if region.turned:
        everything = everything[::-1]
        coverage, occluded, rows = coverage[::-1], occluded[::-1], coverage.shape[0] - 1 - rows
    red, green, blue = (round(c) for c in ink.color)
    evidence = Evidence(
        coverage, occluded, region.left, region.upper, (red, green, blue), sheet.stroke, everything=everything
    )
    first = region.left + found.road.first
    return evidence, StepPath(first, rows + region.upper, seen, found.arm.dash, found.arm.entry, flags)
