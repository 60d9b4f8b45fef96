"""Numbers among the text tokens: tick labels, counts, table cells.

Understands decimal points, commas and middle dots, thousands separators, percent signs, tick stubs glued to the
number and the letters that are mistaken for digits. Text that holds anything else is no number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kmdigitize.records.axes import NumberLabel
from kmdigitize.records.figure import TextToken

_STUB_END = re.compile(r"[\s\-–—_|'`~¯\]\[:;.,·┤├]+$")
_STUB_START = re.compile(r"^[\s_|'`~¯\]\[:;┤├]+")
_LOOKALIKES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "−": "-", "–": "-", "—": "-"})
_SHAPE = re.compile(r"-?(?:\d+(?:[ ,.'’·]\d+)*|[.,·]\d+)")


def read_numbers(tokens: Sequence[TextToken]) -> tuple[NumberLabel, ...]:
    """Every token that reads as one number, in the order of ``tokens``; boxes as they are (px)."""
    found = []
    for token in tokens:
        parsed = parse_number(token.text)
        if parsed is not None:
            value, percent = parsed
            found.append(NumberLabel(value, token.text, token.box, percent))
    return tuple(found)


def parse_number(text: str) -> tuple[float, bool] | None:
    """Value and whether a percent sign follows: ``"0·5"`` → (0.5, False), ``"80 %-"`` → (80.0, True), else None."""
    clean = _STUB_START.sub("", text)
    percent = "%" in clean
    clean = re.sub(r"%\W*\w?\W*$", "%", clean)  # a tick stub behind the percent sign is sometimes read as a digit
    clean = _STUB_END.sub("", clean).removesuffix("%").rstrip()
    if not re.search(r"\d", clean) and not re.fullmatch(r"[Oo]", clean):
        return None
    clean = clean.translate(_LOOKALIKES)
    if not _SHAPE.fullmatch(clean):
        return None
    plain = plain_number(clean)
    return None if plain is None else (float(plain), percent)


def plain_number(text: str) -> str | None:
    """The printed number with a decimal point and without thousands separators, digits kept: ``"1,234"`` → "1234".

    A comma, point, space or apostrophe before exactly three digits separates thousands unless the number begins
    with 0 or the mark is a point or comma that occurs once after four or more digits; a middle dot is decimal.
    None where the marks contradict each other.
    """
    text = text.strip().replace("·", ".").replace("’", "'")
    if not re.fullmatch(r"-?[\d.,' ]*\d", text):
        return None
    marks = re.findall(r"[.,' ]", text)
    if re.fullmatch(r"-?[1-9]\d{0,2}([,' ]\d{3})+(\.\d+)?", text):
        return re.sub(r"[,' ]", "", text)
    if len(marks) <= 1 and (not marks or marks[0] in ".,"):
        return text.replace(",", ".")
    return None
