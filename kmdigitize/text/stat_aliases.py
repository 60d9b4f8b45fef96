"""Names of known arms as plain words while a text is parsed.

``Q1 (lowest)``, ``sex=2``, ``Arm 1: FOLFOX`` or ``<65 years`` hold the very signs and numbers by which sentences are
read; as one plain word each they cannot be mistaken. Short names are also common words, so that they count only
where a line begins with them or where they are compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from kmdigitize.text.stat_text import normalised

_SHORT = 4
"""Names with fewer letters and digits are taken only in telling places."""
_ALIKE, _LEAD = 0.85, 0.05
"""Similarity from which a name is a known one misread, and its lead over the next known name."""


def aliases(arm_names: Sequence[str]) -> dict[str, str]:
    """A plain word for each name."""
    return {name: f"Armq{chr(ord('a') + i % 26)}{'z' * (i // 26)}" for i, name in enumerate(dict.fromkeys(arm_names))}


def with_aliases(text: str, words: dict[str, str]) -> str:
    """The normalised text with the plain words in place of the names."""
    for name in sorted(words, key=len, reverse=True):
        if not any(sign.isalnum() for sign in name):
            continue
        signs = r"\s*".join(re.escape(sign) for sign in normalised(name) if not sign.isspace())
        pattern = rf"(?<![A-Za-z0-9]){signs}(?![A-Za-z0-9])"
        if sum(sign.isalnum() for sign in name) < _SHORT:
            before, behind = r"(?:^\W*|\bmedian\s+|\b(?:vs?\.?|versus)\s+)", r"\s*(?:[:,=(]|median\b|vs?\b|versus\b|$)"
            pattern = rf"(?m)(?P<before>{before}){pattern}(?={behind})"
        else:
            pattern = rf"(?i)(?P<before>){pattern}"
        text = re.sub(pattern, rf"\g<before>{words[name]}", text)
    return text


def misread_arm(name: str, arms: Sequence[str]) -> str:
    """The one of ``arms`` that ``name`` is a slip of, else ``name``."""
    ratios = sorted(((_similarity(name, arm), arm) for arm in arms), reverse=True)
    if not ratios or ratios[0][0] < _ALIKE or (len(ratios) > 1 and ratios[0][0] - ratios[1][0] < _LEAD):
        return name
    return ratios[0][1]


def _similarity(a: str, b: str) -> float:
    return SequenceMatcher(None, a.lower(), b.lower(), autojunk=False).ratio()
