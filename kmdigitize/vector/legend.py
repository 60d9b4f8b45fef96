"""Legend entries of a vector figure with the exact look of their line samples.

A sample is a short level stroke that looks like one of the panel's curves, with words to its right (or left). The words
come from the reader of legends where it found them there, since it knows counts and other additions; what it missed
is put together from the printed pieces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import Drawing, TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.vector.looks import Look, Strand, dash_of
from kmdigitize.vector.rules import box_of
from kmdigitize.vector.strands import axes_of, find_strands, lines_of


@dataclass(frozen=True, slots=True)
class LegendSettings:
    """Lengths in text heights. ``shortest``, ``longest``: samples are 1.5 to 8 high letters long. ``gap`` to the words
    (a legend key leaves up to two), ``same_line``: between the sample and the middle of the words;
    ``beside``: the same for words at the end of a curve, which move out of each other's way.
    """

    shortest: float = 0.8
    longest: float = 12.0
    gap: float = 3.0
    word_gap: float = 1.2
    same_line: float = 0.6
    beside: float = 1.0


_DOT = 0.1
"""A dash below this many stroke widths is only its ends."""


def with_exact_samples(
    drawing: Drawing,
    panel: Panel,
    tokens: Sequence[TextToken],
    read: Sequence[LegendEntry],
    settings: LegendSettings | None = None,
) -> tuple[LegendEntry, ...]:
    """The entries ``read`` with the drawing's samples, and those that were missed; ``read`` itself if none is drawn.

    Of two drawn samples or more, words without one name no arm.
    """
    settings = settings or LegendSettings()
    words = [token for token in tokens if _is_level_word(token) and _is_of(token.box, panel.region)]
    if not words:
        return tuple(read)
    height = float(np.median([token.box.height for token in words]))
    samples = _samples(drawing, panel, height, settings)
    entries = [entry for sample in samples if (entry := _entry(sample, samples, words, height, settings)) is not None]
    entries = [entry for entry in entries if not (_is_tick_label(entry, panel) or _is_cell(entry, tokens, height))]
    if not entries:
        direct = _direct_labels(drawing, panel, words, height, settings)
        return direct if len(direct) > (1 if read else 0) else tuple(read)
    known = [_merged(entry, read) for entry in _distinct(entries, height)]
    if len(known) > 1:
        return tuple(known)
    labels = {_plain(entry.label) for entry in known}
    others = [entry for entry in read if _plain(entry.label) not in labels and entry.place == "legend"]
    return tuple(known) + tuple(entry for entry in others if not any(_is_same_place(entry, k) for k in known))


def _direct_labels(
    drawing: Drawing, panel: Panel, words: list[TextToken], height: float, settings: LegendSettings
) -> tuple[LegendEntry, ...]:
    """Words right of the ends of the curves; of several the nearest is taken, and of several curves the nearest."""
    ends = [strand for strand in find_strands(drawing, panel.frame, axes_of(panel)) if len(strand.points) > 6]
    found: dict[Box, tuple[float, LegendEntry]] = {}
    for strand in ends:
        x, y = (float(value) for value in strand.points[-1])
        near = [t for t in words if -0.5 * height < t.box.left - x < settings.gap * height]
        near = [t for t in near if abs(t.box.center_y - y) < settings.beside * height and _is_name(t.text)]
        if not near:
            continue
        token = min(near, key=lambda t: abs(t.box.center_y - y))
        distance = abs(token.box.center_y - y)
        look = strand.look
        if token.box not in found or distance < found[token.box][0]:
            entry = LegendEntry(
                token.text, token.box, None, look.color, dash_of(look), look.width, look.dash, place="direct"
            )
            found[token.box] = (distance, entry)
    return tuple(entry for _, entry in found.values())


def _is_name(text: str) -> bool:
    """Whether words can name an arm: they hold letters and are no statistic such as "P = .03" or "HR 0.71"."""
    return any(c.isalpha() for c in text) and not re.search(r"[=<]|\d\.\d", text)


def _is_level_word(token: TextToken) -> bool:
    return abs(token.angle) < 5 and any(c.isalnum() for c in token.text)


def _is_of(box: Box, region: Box) -> bool:
    return region.contains(box.center_x, box.center_y)


def _samples(drawing: Drawing, panel: Panel, height: float, settings: LegendSettings) -> list[Strand]:
    """Short level strokes of the region, whole or of drawn dashes, that look like a curve of the panel."""
    curves = [
        strand
        for strand in find_strands(drawing, panel.frame, axes_of(panel))
        if len(strand.points) >= 4 and box_of(strand.points).width > 0 and not _is_closed(strand)
    ]
    found = []
    for strand in lines_of(drawing, panel.region):
        box = box_of(strand.points)
        level = box.height <= 0.02 * box.width + 0.05
        if not level or not settings.shortest * height <= box.width <= settings.longest * height:
            continue
        alike = [curve for curve in curves if _looks_like(strand.look, curve.look)]
        if _is_of(box, panel.region) and alike and not any(_is_on(curve, box) for curve in curves):
            found.append(strand)
    return found


def _is_on(curve: Strand, sample: Box) -> bool:
    """Whether the middle of a stroke lies on a curve: it is then part of a censor mark."""
    points = curve.points
    if not points[0, 0] <= sample.center_x <= points[-1, 0] + 0.5:
        return False
    near = np.abs(points[:, 0] - sample.center_x).argmin()
    behind = int(np.clip(np.searchsorted(points[:, 0], sample.center_x), 1, len(points) - 1))
    rows = points[[behind - 1, behind, int(near)], 1]
    reach = 0.5 * curve.look.width + 0.2
    return bool(rows.min() - reach <= sample.center_y <= rows.max() + reach)


def _is_closed(strand: Strand) -> bool:
    return bool(np.allclose(strand.points[0], strand.points[-1], atol=0.05))


def _looks_like(sample: Look, curve: Look) -> bool:
    """Whether colour and dash agree; widths may differ, as legends often draw thicker or thinner."""
    if float(np.abs(np.subtract(sample.color, curve.color, dtype=np.float64)).max()) > 3:
        return False
    if not sample.dash or not curve.dash:
        return sample.dash == curve.dash or not sample.dash
    pairs = zip(np.divide(sample.dash, sample.width or 1.0), np.divide(curve.dash, curve.width or 1.0), strict=False)
    return len(sample.dash) == len(curve.dash) and all(_is_same_length(float(a), float(b)) for a, b in pairs)


def _is_same_length(a: float, b: float) -> bool:
    """Whether two dashes are alike, in stroke widths; a dot may be a dash of no length with round ends."""
    return 0.5 * b < a < 2 * b or max(a, b) < _DOT


def _entry(
    sample: Strand, samples: list[Strand], words: list[TextToken], height: float, settings: LegendSettings
) -> LegendEntry | None:
    """The sample with the words to its right, else to its left; None if there are none or a second line is nearer."""
    box = box_of(sample.points)
    line = [token for token in words if abs(token.box.center_y - box.center_y) < settings.same_line * height]
    right = sorted((t for t in line if t.box.left > box.right - 0.5 * height), key=lambda t: t.box.left)
    edge = min((box_of(s.points).left for s in samples if _is_right_of(s, sample, height)), default=np.inf)
    label = _joined([t for t in right if t.box.left < edge], box.right, height, settings)
    if label is None:
        left = sorted((t for t in line if t.box.right < box.left + 0.5 * height), key=lambda t: -t.box.right)
        mirrored = [replace(t, box=Box(-t.box.right, t.box.top, -t.box.left, t.box.bottom)) for t in left]
        found = _joined(mirrored, -box.left, height, settings)
        if found is None:
            return None
        text = " ".join(reversed(found[0]))
        place = Box(-found[1].right, found[1].top, -found[1].left, found[1].bottom)
    else:
        text, place = " ".join(label[0]), label[1]
    text = re.sub(r"^[\s|_–—-]+|[\s|_–—-]+$", "", text)
    look = sample.look
    if not any(c.isalnum() for c in text):
        return None
    return LegendEntry(text, place, box, look.color, dash_of(look), look.width, look.dash)


def _is_right_of(other: Strand, sample: Strand, height: float) -> bool:
    a, b = box_of(other.points), box_of(sample.points)
    return a.left > b.right and abs(a.center_y - b.center_y) < 0.5 * height


def _joined(
    tokens: list[TextToken], start: float, height: float, settings: LegendSettings
) -> tuple[list[str], Box] | None:
    """Texts and box of the words that follow ``start``, each within a word's gap of the one before."""
    texts: list[str] = []
    box: Box | None = None
    for token in tokens:
        gap = token.box.left - (start if box is None else box.right)
        if gap > (settings.gap if box is None else settings.word_gap) * height:
            break
        texts.append(token.text)
        box = token.box if box is None else box.union(token.box)
    return (texts, box) if box is not None else None


def _distinct(entries: list[LegendEntry], height: float) -> list[LegendEntry]:
    """One entry per label's place, that of the nearest sample, line by line."""
    kept: list[LegendEntry] = []
    for entry in sorted(entries, key=lambda e: abs(e.box.left - (e.sample or e.box).right)):
        if not any(_is_same_place(entry, other) for other in kept):
            kept.append(entry)
    return sorted(kept, key=lambda e: (round((e.sample or e.box).center_y / height), e.box.left))


def _is_tick_label(entry: LegendEntry, panel: Panel) -> bool:
    """Whether the words are a number left of the axis, or outside the frame while the stroke (of a mark) is inside."""
    frame, sample = panel.frame, entry.sample or entry.box
    if any(c.isalpha() for c in entry.label):
        return False
    if entry.box.right < frame.left and sample.right <= frame.left + 1:
        return True
    return frame.contains(sample.center_x, sample.center_y) and not frame.contains(entry.box.center_x, sample.center_y)


def _is_cell(entry: LegendEntry, tokens: Sequence[TextToken], height: float) -> bool:
    """Whether the words are a number with more of them on its line: the first cell of a table with samples."""
    if any(c.isalpha() for c in entry.label):
        return False
    line = [t for t in tokens if abs(t.box.center_y - entry.box.center_y) < 0.5 * height and t.text[:1].isdigit()]
    return sum(1 for token in line if token.box.left > entry.box.right) >= 2


def _is_same_place(a: LegendEntry, b: LegendEntry) -> bool:
    return a.box.overlap(b.box) > 0.3 * min(a.box.width * a.box.height, b.box.width * b.box.height)


def _plain(label: str) -> str:
    return "".join(c for c in label.lower() if c.isalnum())


def _merged(entry: LegendEntry, read: Sequence[LegendEntry]) -> LegendEntry:
    """The exact entry with the words and counts that the reader found in the same place."""
    same = [other for other in read if _is_same_place(entry, other)]
    if not same:
        same = [other for other in read if _plain(other.label) == _plain(entry.label) and _plain(entry.label)]
    if not same or (same[0].n is None and len(_plain(same[0].label)) < 0.5 * len(_plain(entry.label))):
        return entry
    other = same[0]
    label = re.sub(r"[\s|_–—-]+$", "", other.label)
    return replace(entry, label=label, n=other.n, events=other.events, place=other.place)
