"""The legend: which arms there are, what they are called and how their lines look.

Every piece of text with a line sample beside it is a candidate; samples of one legend are of one length and stand in
one column or one row, which separates them from text that merely stands next to a curve. Where no label has a
sample, text inside the frame that is no statistic labels the curve beside it directly.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kmdigitize.geometry import Box, Pixels
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Figure, Reread, TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.text.confirmed import confirmed_labels, labels_row, repeated_in_table
from kmdigitize.text.counts import split_counts
from kmdigitize.text.covered_labels import covered_entries, named_by_rows, read_beside_samples
from kmdigitize.text.direct_labels import direct_labels
from kmdigitize.text.ink import text_height
from kmdigitize.text.legend_grid import without_grid
from kmdigitize.text.legend_labels import (
    LegendSettings,
    entry_without_sample,
    is_count,
    is_no_sample,
    joined_labels,
    labels_without_sample,
    may_be_label,
    meet,
    names_with_statistics,
    upright_edges,
    without_line_from_edge,
    without_samples_around,
    without_stuck_samples,
)
from kmdigitize.text.legend_signs import with_signs
from kmdigitize.text.samples import LineSample, find_sample, joins_a_curve
from kmdigitize.text.stat_table import read_stat_tables
from kmdigitize.text.wordings import is_number

log = logging.getLogger(__name__)

_Candidate = tuple[TextToken, LineSample]


def read_legend(
    figure: Figure,
    panel: Panel,
    tokens: Sequence[TextToken],
    settings: LegendSettings | None = None,
    reread: Reread | None = None,
) -> tuple[LegendEntry, ...]:
    """The arms that the panel's legend or direct labels name, in printed order (down, then across).

    Boxes in px. Empty when nothing names the curves; labels of the table are not looked at. ``reread`` reads what
    stands beside line samples whose labels were not found.
    """
    settings = settings or LegendSettings()
    mine = [t for t in tokens if t.angle == 0 and panel.region.contains(t.box.center_x, t.box.center_y)]
    mine = [without_samples_around(figure.pixels, token) for token in mine]
    height = text_height(mine)
    clear = [t for t in mine if t.confidence >= settings.no_obstacle and is_no_sample(t, height, settings)]
    in_tables = {id(t) for table in read_stat_tables(mine, panel) for t in table.tokens}
    words = joined_labels([t for t in clear if id(t) not in in_tables], settings)
    labels = [t for t in words if may_be_label(t, mine, panel, settings)]
    labels = without_stuck_samples(figure.pixels, labels, height)
    edges = upright_edges(panel, height)
    told = names_with_statistics(words, mine, panel, settings)
    candidates = _with_samples(figure.pixels, labels + told, clear, height, edges)
    candidates += _with_samples(figure.pixels, _two_lines(labels, settings), clear, height, edges)
    candidates = without_grid(_not_of_a_table(_nearest_labels(candidates), mine), mine)
    candidates = without_line_from_edge(candidates, edges)
    behind = _with_samples_right(figure.pixels, labels, clear, height)
    before, after = (_one_legend(group, labels, height, settings) for group in (candidates, behind))
    repeated = [one for one in candidates if repeated_in_table(one[0].text, mine)]
    chosen = _apart_from_curves(figure.pixels, panel, _or_behind(before, after, repeated), height)
    direct = direct_labels(figure.pixels, panel, labels) if len(chosen) < 2 else []
    if chosen and (len(chosen) > 1 or len(direct) < 2):
        missed = labels_without_sample(figure.pixels, chosen, labels, height, settings)
        named = [token for token, _ in chosen] + missed
        entries = [_entry(token, sample, labels, named, settings) for token, sample in chosen]
        entries += [entry_without_sample(token) for token in missed]
        covered = covered_entries(figure.pixels, chosen, mine, height)
        entries += read_beside_samples(figure, covered, chosen, mine, reread)
        counts = [token.box for token in named if is_count(token, mine, panel)]
        entries = [replace(entry, label="") if entry.box in counts else entry for entry in entries]
        entries.sort(key=lambda e: _reading_order(e.box, height))
    else:
        entries = direct
    confirmed = named_by_rows(confirmed_labels(with_signs(entries, figure.pixels), mine), mine)
    log.debug("legend of panel %s: %s", panel.name, [e.label for e in confirmed])
    return confirmed


def _limits(
    token: TextToken, tokens: Sequence[TextToken], width: int, edges: Sequence[Box] = ()
) -> tuple[float, float]:
    """Columns left of the label that no other text and no upright line (``edges``) occupies.

    Last letters stick out of the boxes of their words by up to a quarter of the height.
    """
    others = [
        t.box.right + max(2.0, 0.3 * (t.box.height + 1))
        for t in tokens
        if t.box.right < token.box.left and abs(t.box.center_y - token.box.center_y) < 0.6 * (t.box.height + 1)
    ]
    passed = [e.right for e in edges if e.right < token.box.left and e.top < token.box.center_y < e.bottom]
    return max([0.0, *others, *passed]), float(width)


def _with_samples(
    pixels: Pixels,
    labels: list[TextToken],
    tokens: Sequence[TextToken],
    height: float,
    edges: Sequence[Box] = (),
    mirrored: bool = False,
) -> list[_Candidate]:
    found = []
    for token in labels:
        size = float(np.clip(token.box.height + 1, 0.8 * height, 1.6 * height))
        limits = _limits(token, tokens, pixels.shape[1], edges)
        sample = find_sample(pixels, token.box, size, limits, mirrored=mirrored)
        if sample is not None:
            found.append((token, sample))
    return found


def _two_lines(labels: list[TextToken], settings: LegendSettings) -> list[TextToken]:
    """Pairs of lines that may be one label whose sample stands at the middle of both."""
    words = [token for token in labels if not is_number(token.text)]
    pairs = []
    for upper in words:
        lower = _second_line(upper, words, [upper], settings)
        if lower is not None:
            sure = min(upper.confidence, lower.confidence)
            pairs.append(TextToken(f"{upper.text} {lower.text}", upper.box.union(lower.box), sure))
    return pairs


def _nearest_labels(candidates: list[_Candidate]) -> list[_Candidate]:
    """Each sample with the label, of one line or two, at whose middle it stands best; no text names two samples."""
    kept: list[_Candidate] = []
    for token, sample in sorted(candidates, key=lambda c: abs(c[1].box.center_y - c[0].box.center_y)):
        if not any(meet(token.box, other.box) or meet(sample.box, own.box) for other, own in kept):
            kept.append((token, sample))
    return kept


def _not_of_a_table(candidates: list[_Candidate], tokens: Sequence[TextToken]) -> list[_Candidate]:
    """Those that label no row of counts, if at least two are left: letters on end beside rows look like samples."""
    apart = [(token, sample) for token, sample in candidates if not labels_row(token, tokens)]
    return apart if len(apart) > 1 else candidates


def _with_samples_right(
    pixels: Pixels, labels: list[TextToken], tokens: Sequence[TextToken], height: float
) -> list[_Candidate]:
    """Samples to the right of their labels: the same search in a mirror."""
    last = pixels.shape[1] - 1

    def mirrored(box: Box) -> Box:
        return Box(last - box.right, box.top, last - box.left, box.bottom)

    flipped = [TextToken(t.text, mirrored(t.box), t.confidence) for t in labels]
    given = {id(mirror): token for mirror, token in zip(flipped, labels, strict=True)}
    others = [TextToken(t.text, mirrored(t.box), t.confidence) for t in tokens]
    found = _with_samples(pixels[:, ::-1], flipped, others, height, mirrored=True)
    found = [(t, s) for t, s in found if not is_number(t.text)]
    if len(found) < 2:
        return []
    back = []
    for token, s in found:
        sample = LineSample(mirrored(s.box), s.color, s.stroke_px, s.dash, s.period)
        back.append((given[id(token)], sample))
    return back


def _or_behind(before: list[_Candidate], behind: list[_Candidate], repeated: list[_Candidate]) -> list[_Candidate]:
    """Labels with the samples ``before`` them, or ``behind`` them if those are the same and more.

    In a legend of two columns the samples of the first stand before the labels of the second; after a heading, those
    that a table has ``repeated``, two at least, are no fewer.
    """
    if len(repeated) > 1 and len(repeated) >= len(behind) > len(before):
        return repeated
    boxes = [sample.box for _, sample in behind]
    same = all(any(box.contains(own.box.center_x, own.box.center_y) for box in boxes) for _, own in before)
    return behind if same and len(behind) > len(before) else before


def _one_legend(
    candidates: list[_Candidate], labels: Sequence[TextToken], height: float, settings: LegendSettings
) -> list[_Candidate]:
    """The largest set of candidates that could be one legend, in printed order.

    A number alone is one only under a heading.
    """
    best: list[_Candidate] = []
    for seed in candidates:
        group = [c for c in candidates if _alike(seed, c, height, settings)]
        if _weight(group) > _weight(best):
            best = group
    if len(best) == 1 and is_number(best[0][0].text) and not any(_is_under(best[0], label) for label in labels):
        return []
    best = [(token, _whole_sample(sample, best, height, settings)) for token, sample in best]
    return sorted(best, key=lambda c: _reading_order(c[0].box, height))


def _is_under(candidate: _Candidate, heading: TextToken) -> bool:
    """Whether text stands right above a candidate, beginning where its sample does."""
    token, sample = candidate
    height = token.box.height + 1
    above = 0 < token.box.top - heading.box.bottom < 2 * height
    return above and abs(heading.box.left - sample.box.left) < height and not is_number(heading.text)


def _apart_from_curves(pixels: Pixels, panel: Panel, chosen: list[_Candidate], height: float) -> list[_Candidate]:
    """The legend, or nothing where most of its samples are ends of curves that labels name directly."""
    axis = upright_edges(panel, height)[0].right
    inside = [s for _, s in chosen if panel.frame.contains(s.box.center_x, s.box.center_y)]
    joined = sum(joins_a_curve(pixels, sample, height, axis) for sample in inside)
    return [] if 2 * joined > len(chosen) else chosen


def _weight(group: list[_Candidate]) -> float:
    """Number of entries; bare numbers, which may be counts or tick labels, weigh half."""
    return sum(0.5 if is_number(token.text) else 1.0 for token, _ in group)


def _reading_order(box: Box, height: float) -> tuple[int, float]:
    """Sorts boxes by line, then from left to right."""
    return round(box.center_y / max(1.0, 0.7 * height)), box.left


def _alike(a: _Candidate, b: _Candidate, height: float, settings: LegendSettings) -> bool:
    """Both samples begin equally far before their labels, and the labels stand in one column, row or block.

    Samples behind their labels begin equally far after them, or in one column.
    """
    labels, samples = (a[0].box, b[0].box), (a[1].box, b[1].box)
    near = settings.aligned * height
    if samples[0].left > labels[0].left:
        leads = [sample.left - label.right for label, sample in zip(labels, samples, strict=True)]
        column = abs(samples[0].left - samples[1].left) <= near
        lined = column or abs(leads[0] - leads[1]) <= near
    else:
        leads = [label.left - sample.left for label, sample in zip(labels, samples, strict=True)]
        column = abs(labels[0].left - labels[1].left) <= near
        lined = abs(leads[0] - leads[1]) <= near
    return lined and (column or abs(labels[0].center_y - labels[1].center_y) <= settings.block * height)


def _whole_sample(sample: LineSample, group: list[_Candidate], height: float, settings: LegendSettings) -> LineSample:
    """A sample that looks solid but ends before its neighbours do is the first dash of a dashed one.

    Of samples in one column the ends count: ink of a curve may stand close before one of them.
    """
    column = [s.box.right for _, s in group if abs(s.box.left - sample.box.left) <= settings.aligned * height]
    length = max(column) - sample.box.left if len(column) > 1 else max(s.box.width for _, s in group)
    lack = length - sample.box.width
    if sample.dash != "solid" or lack < max(settings.cut_px, settings.cut * length):
        return sample
    box = Box(sample.box.left, sample.box.top, sample.box.left + length, sample.box.bottom)
    period = (sample.box.width + 1, lack) if lack >= settings.gap * length else ()
    return LineSample(box, sample.color, sample.stroke_px, "dashed", period)


def _entry(
    token: TextToken, sample: LineSample, labels: list[TextToken], named: list[TextToken], settings: LegendSettings
) -> LegendEntry:
    text, box = token.text, token.box
    second = _second_line(token, labels, named, settings)
    if second is not None:
        text, box = f"{text} {second.text}", box.union(second.box)
    label, n, events = split_counts(text)
    return LegendEntry(
        label, box, sample.box, sample.color, sample.dash, sample.stroke_px, sample.period, n, events, "legend"
    )


def _second_line(
    token: TextToken, labels: list[TextToken], named: list[TextToken], settings: LegendSettings
) -> TextToken | None:
    """Text directly under a label, starting where it starts, that has no sample of its own."""
    height = token.box.height + 1
    taken = {id(t) for t in named}
    for other in labels:
        gap = other.box.top - token.box.bottom
        starts = abs(other.box.left - token.box.left) < 0.6 * height
        alike = 0.6 * height < other.box.height + 1 < 1.7 * height
        if id(other) not in taken and starts and alike and 0 <= gap < settings.line_gap * height:
            return other
    return None
