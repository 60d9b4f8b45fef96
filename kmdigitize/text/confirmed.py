"""Legend labels held against the same names printed elsewhere on the figure.

A label that touches a curve or is small is easily misread; the table of numbers at risk prints it again, and words
of one label come back in another one. A reading is only ever changed towards one that the figure shows elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import permutations

from kmdigitize.records.figure import TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.text.counts import split_counts
from kmdigitize.text.wordings import is_number, is_row_of_counts

_SIMILAR = 0.6
"""Similarity (0-1) from which two texts may be one label read twice."""
_UNSURE = 0.9
"""A word read with less confidence gives way to one that differs from it by one letter."""
_LESS = 0.05
"""How much less sure the label of a row may be than a direct one, which a curve may touch, and still be the better."""
_OVERPRINTED = re.compile(r"[A-Za-z]\d+\s*\(\d+%?\)$")
"""The end of a row's label on which its first cell is printed: neither can be read."""


def confirmed_labels(entries: Sequence[LegendEntry], tokens: Sequence[TextToken]) -> tuple[LegendEntry, ...]:
    """The entries with labels as the figure's other text confirms them; ``tokens`` are those of the panel.

    A row that one label turns out to repeat can no longer be another one's, so mended labels may mend more.
    """
    mended = _joined_lines(entries, tokens)
    for _ in entries:
        before, mended = mended, _confirmed_once(mended, tokens)
        if mended == before:
            break
    return mended


def _joined_lines(entries: Sequence[LegendEntry], tokens: Sequence[TextToken]) -> tuple[LegendEntry, ...]:
    """Two direct labels, one under the other, that are together one label of a table row are its two lines."""
    kept, rows = list(entries), [token for token in tokens if labels_row(token, tokens)]
    for upper, lower in permutations(entries, 2):
        label = f"{upper.label} {lower.label}"
        under = 0 <= lower.box.top - upper.box.bottom < upper.box.height + 1
        direct = upper.place == lower.place == "direct" and upper in kept and lower in kept
        if direct and under and plain_label(label) in [plain_label(_row_label(row, label, tokens)) for row in rows]:
            kept[kept.index(upper)] = replace(upper, label=label, box=upper.box.union(lower.box))
            kept.remove(lower)
    return tuple(kept)


def _confirmed_once(entries: Sequence[LegendEntry], tokens: Sequence[TextToken]) -> tuple[LegendEntry, ...]:
    named = {plain_label(entry.label) for entry in entries}
    labels = [t for t in tokens if labels_row(t, tokens)]
    rows = [t for t in labels if plain_label(t.text) not in named and not _OVERPRINTED.search(t.text)]
    printed = {plain_label(t.text) for t in labels}
    open_entries = [entry for entry in entries if plain_label(entry.label) not in printed]
    result = []
    for entry in entries:
        own = [t for t in tokens if t.box.overlap(entry.box) > 0]
        sure = min((t.confidence for t in own), default=1.0)
        # the end of a curve, read together with the label that stands at it, may look like a digit
        alone = re.sub(r"^\d+(?=[^\W\d])", "", entry.label) if entry.place == "direct" else entry.label
        near = [t for t in rows if _alike(entry.label, t.text) and _digits(t.text) >= _digits(alone)]
        nearest = [t for t in near if _is_nearest(entry, t, open_entries)]
        less = _LESS if entry.place == "direct" else 0.0
        better = [t for t in nearest if t.confidence > sure - less and not (sure >= _UNSURE and _is_cut(t, entry))]
        repeated = any(plain_label(t.text) == plain_label(entry.label) for t in tokens if t not in own)
        spelt = [split_counts(t.text)[0] for t in labels if plain_label(t.text) == plain_label(entry.label)]
        spoilt = entry.place == "direct" or re.match(r"[-–—_|~'.]", entry.label) is not None
        label = spelt[0] if spoilt and len(spelt) == 1 else entry.label
        if len(better) == 1 and not repeated:
            label = _row_label(better[0], entry.label, tokens)
        elif sure < _UNSURE:
            others = [t for t in tokens if t not in own and t.confidence >= _UNSURE]
            words = [word for t in others for word in t.text.split()]
            label = " ".join(_confirmed_word(word, words) for word in label.split())
        result.append(replace(entry, label=label))
    return tuple(result)


def _is_cut(token: TextToken, entry: LegendEntry) -> bool:
    """Whether a row's label is a label of the legend whose last word was not found."""
    return entry.place == "legend" and entry.label.lower().startswith(f"{token.text.lower()} ")


def _is_nearest(entry: LegendEntry, token: TextToken, entries: Sequence[LegendEntry]) -> bool:
    """Whether ``token`` is no more like any other of the entries that no row repeats."""
    own = _likeness(entry.label, token.text)
    return all(_likeness(other.label, token.text) <= own for other in entries)


def plain_label(text: str) -> str:
    """A label without blanks, signs and letter case, as labels are compared."""
    return "".join(c for c in text.lower() if c.isalnum() or c in "<>=+≤≥")


def _alike(a: str, b: str) -> bool:
    return _likeness(a, b) >= _SIMILAR


def _likeness(a: str, b: str) -> float:
    return SequenceMatcher(None, plain_label(a), plain_label(b), autojunk=False).ratio()


def _digits(text: str) -> int:
    """Number of digits; a row whose label lost some to a piece of text of its own mends nothing."""
    return sum(sign.isdigit() for sign in text)


def _row_label(token: TextToken, label: str, tokens: Sequence[TextToken]) -> str:
    """The label of a table row, without its first count where that was read with it.

    No count after it is larger, or it is what a small last letter left of the digits printed over it.
    """
    name = split_counts(token.text)[0]
    last = re.search(r"(?:\s+[-–—]?|(?<=[A-Za-z)]))(\d+)(?:\s*\(\d+%?\))?$", name)
    if last is None:
        return name
    following = max(int(n) for t in _right_of(token, tokens) for n in re.findall(r"\d+", t.text)[:1] or ["0"])
    alone = name[: last.start()]
    stuck = len(last[1]) > 1 and name[last.start() - 1].islower() and last.start() == last.start(1)
    return alone if (stuck or int(last[1]) >= following) and _likeness(alone, label) > _likeness(name, label) else name


def _right_of(token: TextToken, tokens: Sequence[TextToken]) -> list[TextToken]:
    """Text to the right of ``token`` on its line."""
    half = 0.5 * (token.box.height + 1)
    return [t for t in tokens if abs(t.box.center_y - token.box.center_y) < half and t.box.left > token.box.right]


def repeated_in_table(label: str, tokens: Sequence[TextToken]) -> bool:
    """Whether a row of counts among ``tokens`` has this ``label``."""
    return any(plain_label(t.text) == plain_label(label) and labels_row(t, tokens) for t in tokens)


def labels_row(token: TextToken, tokens: Sequence[TextToken]) -> bool:
    """Text with at least two numbers to its right on its line, as the label of a table row has."""
    if is_number(token.text) or token.angle != 0:
        return False
    row = _right_of(token, tokens)
    cells = sum(len(re.findall(r"(?<![(\d])\d+", t.text)) for t in row)
    return cells >= 2 and all(is_number(t.text) or is_row_of_counts(t.text) for t in row)


def _confirmed_word(word: str, others: Sequence[str]) -> str:
    """The word printed elsewhere that one letter more, less or different makes of ``word``, else ``word``."""
    if len(word) < 5 or not word.isalpha() or word.lower() in {other.lower() for other in others}:
        return word
    near = {other.lower() for other in others if other.isalpha() and _one_letter_apart(word.lower(), other.lower())}
    if len(near) != 1:
        return word
    found = near.pop()
    return found.capitalize() if word[0].isupper() else found


def _one_letter_apart(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1:
        return False
    same = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return same == max(len(a), len(b)) - 1 and len(a) >= 5
