"""Direct labels: text beside a curve that names it, cleaned of what pieces of the curve are read as."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kmdigitize.geometry import Pixels
from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.records.printed import LegendEntry
from kmdigitize.text.counts import split_counts
from kmdigitize.text.ink import text_color
from kmdigitize.text.wordings import is_number


def direct_labels(pixels: Pixels, panel: Panel, labels: list[TextToken]) -> list[LegendEntry]:
    """Text inside the frame, or just right of it, that names the curve beside it."""
    frame = panel.frame
    entries = []
    for token in labels:
        height = token.box.height + 1
        inside = frame.grown(0.02 * frame.width, 0).contains(token.box.center_x, token.box.center_y)
        behind = abs(token.box.left - frame.right) < 2 * height and frame.top < token.box.center_y < frame.bottom
        looks_drawn = re.fullmatch(
            r"[IHl|+±†‡\-–—.·\s]{2,}|\W*\w?\W*|[\d.,;()\[\]\s–-]*[(\[][\d.,;()\[\]\s–-]*", token.text
        )  # marks on a curve, limits
        if not (inside or behind) or is_number(token.text) or looks_drawn or height > 0.12 * frame.height:
            continue
        label, n, events = split_counts(without_specks(_beyond_the_frame(token, panel), labels))
        cut_off = re.fullmatch(r"=\s*(\d+)\)?", label)  # the end of "A (n = 130)", the rest under a curve
        label, n = ("", int(cut_off[1])) if cut_off else (label, n)
        color = text_color(pixels, token.box)
        chroma = max(color) - min(color)
        entries.append(
            LegendEntry(label, token.box, None, color if chroma > 40 else None, n=n, events=events, place="direct")
        )
    return entries


def _beyond_the_frame(token: TextToken, panel: Panel) -> str:
    """A label right of the frame without the end of a curve at the frame, read as an upright letter before it."""
    across = token.box.left < panel.frame.right < token.box.left + 2.5 * (token.box.height + 1)
    return re.sub(r"^[IHJLTl|+_–—-]{1,2}\s+(?=\w\S)", "", token.text) if across else token.text


def without_specks(text: str, tokens: Sequence[TextToken]) -> str:
    """A label beside a curve without the signs that pieces of the curve, touching its letters, are read as.

    These are quotes and lone brackets at its ends, a dash where no other text is the same with a plus, and accents
    where no other text of the figure has any.
    """
    bare = re.sub(r"^[\"'`´|_~^,;:]+|[\"'`´|_~^,;:]+$", "", text).strip()
    for left, right in ("()", "[]"):
        bare = bare if left in bare else bare.rstrip(right)
        bare = bare if right in bare else bare.lstrip(left)
    stem = bare.rstrip("-–")
    bare = bare if any(t.text.startswith(f"{stem}+") for t in tokens) else stem.strip()
    accented = any(_without_accents(t.text) != t.text for t in tokens if t.text != text)
    return bare if accented else _without_accents(bare)


def _without_accents(text: str) -> str:
    """The text with plain letters for accented ones; signs such as "≥" stay."""
    parts = unicodedata.normalize("NFD", text)
    plain = (sign for sign in parts if not 0x300 <= ord(sign) <= 0x328)  # no strokes through a sign
    return unicodedata.normalize("NFC", "".join(plain))
