"""What is printed with the name of an arm: numbers of patients and events, and statistics."""

from __future__ import annotations

import re

from kmdigitize.text.wordings import is_statistic

_COUNTS = (
    re.compile(
        r"(?i)[\s,(\[]*\b(?P<events>\d+)\s*(?:events?|deaths)?\s*/\s*(?P<n>\d+)\s*(?:patients|pts\.?)?[)\]]*\s*$"
    ),
    re.compile(
        r"(?i)[\s,(\[]*\bn\s*=\s*(?P<n>\d[\d,]*)\s*[,;]\s*(?:events?|deaths)\s*[=:]?\s*(?P<events>\d+)\s*[)\]]*"
    ),
    re.compile(
        r"(?i)[\s,(\[]*\b(?P<n>\d+)\s*(?:patients|pts\.?)\s*[,;]\s*(?P<events>\d+)\s*(?:events?|deaths)\s*[)\]]*"
    ),
    re.compile(r"(?i)[\s,(\[]*\bn\s*=\s*(?P<n>\d[\d,]*)\s*[)\]]*"),
)


_TOLD = re.compile(
    r"(?i)\s*(?:[,:;(\[]|\s[-–—]\s)\s*(?:medians?\b|m(?:OS|PFS|DFS|EFS|TTP)\b|HR\b|hazard\s+ratio"
    r"|\d+[-\s]?(?:years?|yrs?|months?|mo)\s+(?:OS|PFS|DFS|EFS|survival|rate)|(?:\d+[.,·]\d+|NR)\s*(?:months?|mos?|years?)\b)"
    r"|(?:\s+|(?-i:(?<=[a-z])(?=[LPH])))(?:log[-\s]?rank\b|HR\s*[:=]?\s*\d|hazard\s+ratio\b|p(?:[-\s]?value)?\s*[=<≤]\s*[.\d])"
)
"""A statistic told of an arm, or one that stands so close beside its name that both were read as one line."""


def name_before_statistic(text: str) -> str:
    """The name of an arm before its statistic: ``"A (median 10.7 mo)"`` → ``"A"``; "" where there is no such pair."""
    told = _TOLD.search(text)
    name = text[: told.start()].strip() if told else ""
    return name if re.search(r"[^\W\d]", name) and not is_statistic(name) else ""


def split_counts(text: str) -> tuple[str, int | None, int | None]:
    """A label without the counts printed with it, patients and events: ``"A (n = 114)"`` → ``("A", 114, None)``.

    A statistic behind the name is left out, too. A minus inside a word or number is a hyphen, which some programs write
    as a minus ("T3−4").
    """
    text = re.sub(r"(?<=\w)−(?=\w)", "-", text)
    for pattern in _COUNTS:
        match = pattern.search(text)
        if match and match.start() > 0:
            found = match.groupdict()
            n = int(found["n"].replace(",", ""))
            events = int(found["events"]) if found.get("events") else None
            if events is None or events <= n:
                return _alone(text[: match.start()].strip(" ,;:(")), n, events
    return _alone(text.strip()), None, None


def _alone(label: str) -> str:
    return name_before_statistic(label) or label
