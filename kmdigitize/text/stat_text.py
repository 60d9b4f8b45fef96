"""Plain text of a caption, abstract or annotation brought to one spelling before statistics are looked for."""

from __future__ import annotations

import re
from functools import lru_cache

NUMBER = r"(?:\d+\.\d+|\d+|\.\d+)"
"""One number after :func:`normalised`, sign excluded."""

_DASHES = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "−": "-",
        "‒": "-",
        "‐": "-",
        "‑": "-",
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
        "≤": "<=",
        "≥": ">=",
        "˂": "<",
        "＜": "<",
    }
)

_TESTED = r"(?:chi-?\s?(?:2|sq(?:uared?)?)|\|?z\|?)"
_COUNTED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@lru_cache(maxsize=4096)  # each token of a page is looked at by several readers
def normalised(text: str) -> str:
    """The text with points as decimal marks, no thousands separators, plain dashes and "CI" for its misreadings."""
    text = text.translate(_DASHES).replace("_", " ")
    text = _read_as_numbers(text)
    text = re.sub(r"(?<=\d)\s?[·∙•⋅](?=\d)", ".", text)
    text = re.sub(r"(?<![\d.])[·∙•⋅](?=\d)", ".", text)
    text = "\n\n".join(_decimal_points(part) for part in _decimal_points(text).split("\n\n"))
    text = re.sub(r"(?<=[=<>])(\s*)0,(?=\d)", r"\g<1>0.", text)
    text = re.sub(r"(?<=%)(\s*)C[l1L|]", r"\1CI ", text)
    text = re.sub(r"(?<=\b9[05]%)\s*[Il1|C](?=\s+[\d.])", " CI", text)
    text = re.sub(r"\bC[l1|]\b", "CI", text)
    text = re.sub(r"\bC\.\s?I\.", "CI", text)
    text = re.sub(rf"(?i)\bPr(?:ob)?\.?\s*>\s*{_TESTED}\s*[=:]?(?=\s*<?\s*0?\.\d)", "P = ", text)
    text = re.sub(rf"(?i)\b({'|'.join(_COUNTED)})(?=[\s-](?:year|month|week|day)s?\b)", _digits, text)
    text = re.sub(r"\b(HR|CI)(?=\d|\.\d)", r"\1 ", text)
    text = _without_cut_letters(text)
    return re.sub(r"[ \t]+", " ", text)


def _digits(word: re.Match[str]) -> str:
    return str(_COUNTED.index(word[1].lower()))


def _without_cut_letters(text: str) -> str:
    """The text with the first word of a line put right where a curve or a frame cut off or spoilt its first letter."""
    text = re.sub(r"(?m)^(\s*)[^\sA-Za-z]?[A-Za-z|]?edian(?=s?\s)", r"\1Median", text)
    text = re.sub(r"\bmed[il1|]{2,3}an\b", "median", text)
    return re.sub(r"(?m)^(\s*)[^\sA-Za-z]?[A-Za-z|]?azard(?=\s+ratio)", r"\1Hazard", text)


def _read_as_numbers(text: str) -> str:
    """Letters and signs that stand for digits, gaps inside numbers and a lost sign of equality put right."""
    text = re.sub(r"(?<![A-Za-z\d])[OQ](?=\.\d)", "0", text)
    text = re.sub(r"(?<=\d\.)[oO](?=\d)|(?<=\d\.\d)[oO]\b", "0", text)
    text = re.sub(r"(?<=\d\.)[lI|](?=\d)", "1", text)
    text = re.sub(r"(?<![\d.])0\.\s+(?=\d)", "0.", text)
    text = re.sub(r"(?<!\d)9[$S§](?=\s?%)", "95", text)
    text = re.sub(r"(?<![^\W\d])[ρΡ](?=\s?[=<>])", "p", text)
    text = re.sub(r"([=<>])\s+=(?=\s*[\d.])", r"\1", text)
    return re.sub(r"(?<![A-Za-z])([Pp])\s+(?=0?\.\d)", r"\1 = ", text)


def _decimal_points(text: str) -> str:
    """Decimal commas become points where the text uses them; thousands separators go away."""
    european = re.search(r"(?<![\d.,])\d{1,3},\d{1,2}(?![\d,])", text) or re.search(r"(?<![\d.,])0,\d{3,4}(?!\d)", text)
    if european and not re.search(r"(?<!\d)\d*\.\d", text):
        return re.sub(r"(?<=\d),(?=\d)", ".", text)
    return re.sub(
        r"(?<![\d.,])([1-9]\d{0,2})((?:,\d{3})+)(?![\d,])", lambda m: m.group(1) + m.group(2).replace(",", ""), text
    )


def sentences(text: str) -> list[str]:
    """The text cut at sentence ends and blank lines; a point inside a number or after an abbreviation is no end."""
    text = re.sub(r"\s*\n\s*\n\s*", "\n\n", text)
    parts = re.split(r"\n\n|(?<=[a-z0-9)\]%])(?<!\bvs)(?<!\bv)\.\s+(?=[A-Z])", text)
    return [re.sub(r"\s+", " ", part).strip() for part in parts if part.strip()]
