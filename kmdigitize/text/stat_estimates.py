"""Estimates with confidence limits and P values in normalised text.

An estimate is a number followed by its limits, in any of the usual layouts; what it is an estimate of is told by the
words before it (hazard ratio, median, survival at a time, something else).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from kmdigitize.text.stat_text import NUMBER

What = Literal["hazard ratio", "median", "survival", "other", ""]

HAZARD = (
    r"(?:\bhazards?[\s-]*ratios?\b|\bhaz\.?\s*ratio\b|(?<![A-Za-z])(?:a|s|u|cs?|adj|sd)?HRs?(?:adj)?(?![A-Za-z])"
    r"|\brelative\s+hazards?\b|\brisque\s+relatif\s+instantan\w+|\bhazard\s+rate\s+ratio)"
)
_OTHER = (
    r"\bodds[\s-]*ratios?|(?-i:\bORs?\b|\bRRs?\b)|\brelative\s+risks?|\brisk[\s-]*ratios?|\brate[\s-]*ratios?|\brisk\s+difference"
    r"|\babsolute\s+difference|\bdifferences?\b|\bRMST\b|\bmean\b|\badverse|\btoxicit|\bresponse\s+rate|\bORR\b|\binteraction\b"
)
_MEDIAN = r"\bmedian\b|\bm(?:OS|PFS|DFS|TTP|EFS)\b|\bmedian[ae]\b|\bmédiane\b"
_CI_WORD = (
    r"(?:(?:\(|\[)?\s*(?:two-sided\s+|2-sided\s+)?(?P<level>\d\d(?:\.\d+)?)?\s*(?:%|per\s?cent\b)?\s*-?\s*"
    r"(?:hazard\s+ratio\s+)?(?:CI|IC|KI|BI|Conf(?:idence|\.)?\s*(?:Interval|Limits?)s?)(?:\s*[\(\[]\s*CI\s*[\)\]])?"
    r"(?:\s*(?:of|was|at|à|al|de)?\s*9[0579](?:\.\d+)?\s*%)?)"
)
_LIMIT = rf"(?:{NUMBER}|NR|NE|NA|not\s+(?:reached|estimable|evaluable)|∞)"
_RANGE = rf"(?P<low>{_LIMIT})\s*%?\s*(?:-|to|,|;|and|bis|à|a|/|\s)\s*(?P<high>{_LIMIT})(?![\d.]*\d)"
_STD_ERR = rf"(?:\s*(?:,|;)?\s*(?:Std\.?\s*Err\.?|SE)\s*[=:]?\s*{NUMBER})?"
_VALUE = (
    rf"(?P<value>{NUMBER}|NR|NE|NA|not\s+(?:yet\s+)?reached)\s*(?P<percent>%)?\s*"
    r"(?P<unit>months?|mos?\b\.?|years?|yrs?\b\.?|y\b|days?|weeks?|wks?\b|mois|ans|Monate|Jahre|meses)?"
)
_OPEN = r"[\s,;:=(\[]*"
_ESTIMATE = re.compile(
    rf"(?<![\d.\w-])(?<!\d,){_VALUE}{_STD_ERR}(?:{_OPEN}{_CI_WORD}[\s,;:=()\[\]]*|\s*[,;]?\s*[(\[]\s*){_RANGE}\s*[)\]]?",
    re.IGNORECASE,
)
_BARE_HAZARD = re.compile(
    rf"{HAZARD}(?P<between>[^\d;.]{{0,90}}?)[\s:=,(\[]+(?P<value>\d?\.\d+|\d\d?\.\d+|1)(?![\d.]*\d|\s*%|\s*(?:months|years|days))",
    re.IGNORECASE,
)
_OTHER_TESTS = r"interaction|trend|non-?\s?inferiority|heterogeneity"
_P = re.compile(
    r"(?P<before>[^.;()\[\]]{0,60}?)(?<![A-Za-z])[Pp](?:[\s.-]*values?)?(?P<for>\s*(?:for|of)\s+[a-z-]+(?:\s+[a-z-]+)?)?"
    r"(?:[\s.-]*(?:values?|log-?rank))?(?:\s*\((?P<inside>[^)]{0,40})\))?[\s:,]*"
    r"(?P<relation><=|>=|=|<|>|:|was|of|(?<=alue )(?=0?\.\d))\s*(?P<relation2>[<>]=?)?\s*"
    rf"(?P<value>{NUMBER}(?:\s*[x×*]\s*10\s*\^?\s*-\s*\d+|e-?\d+)?)(?![\d%])(?=(?P<after>\s*[(\[][^)\]]{{0,45}}[)\]]|[^.;()\[\]]{{0,45}}))"
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with limits at ``start``-``end`` of its sentence; ``what`` it estimates, the words before and after."""

    what: What
    value: str
    low: str | None
    high: str | None
    level: float
    percent: bool
    unit: str
    start: int
    end: int
    before: str
    adjusted: bool | None = None


@dataclass(frozen=True, slots=True)
class FoundP:
    """A P value at ``start``-``end`` of its sentence with what is said about the test."""

    value: str
    relation: str
    sides: Literal[1, 2] | None
    test: str | None
    start: int
    end: int
    before: str


def find_estimates(sentence: str) -> list[Estimate]:
    """All estimates in one normalised sentence, in printed order; impossible limits are left out."""
    found: list[Estimate] = []
    last: What = ""
    position = 0
    for match in _ESTIMATE.finditer(sentence):
        before = sentence[position : match.start()]
        what = _kind(before, bool(match["percent"]), bool(match["unit"])) or last
        estimate = _estimate(match, what, before)
        position = match.end()
        if estimate is not None and what:
            found.append(estimate)
            last = what
    taken = [(m.start(), m.end()) for m in _ESTIMATE.finditer(sentence)]
    for match in _BARE_HAZARD.finditer(sentence):
        place = match.start("value")
        if any(start - 1 <= place < end for start, end in taken) or re.search(
            r"(?i)C[Il]|conf|\bp\s*[=<]|log[\s-]?rank", match["between"]
        ):
            continue
        before = sentence[max(0, match.start() - 60) : match.end("between")]
        found.append(
            Estimate(
                "hazard ratio",
                match["value"],
                None,
                None,
                0.95,
                False,
                "",
                place,
                match.end(),
                before,
                _adjusted(before),
            )
        )
    return sorted(found, key=lambda e: e.start)


def _estimate(match: re.Match[str], what: What, before: str) -> Estimate | None:
    value, low, high = (_reached(match[name]) for name in ("value", "low", "high"))
    if what == "hazard ratio" and not ("." in value or match["level"]):
        return None
    numbers = [float(v) for v in (low, value, high) if v != "NR"]
    if numbers != sorted(numbers) or (what == "hazard ratio" and "NR" in (low, value, high)):
        return None
    level = float(match["level"]) / 100 if match["level"] else 0.95
    percent = bool(match["percent"])
    return Estimate(
        what,
        value,
        low,
        high,
        level,
        percent,
        match["unit"] or "",
        match.start(),
        match.end(),
        before,
        _adjusted(before),
    )


def _reached(text: str) -> str:
    return text if re.match(r"[\d.]", text) else "NR"


def _kind(before: str, percent: bool, unit: bool) -> What:
    """What the last telling word before an estimate says it is."""
    words: tuple[tuple[What, str], ...] = (
        ("hazard ratio", HAZARD),
        ("median", _MEDIAN),
        ("other", _OTHER),
    )
    last: What = ""
    place = -1
    for what, pattern in words:
        for match in re.finditer(pattern, before, re.IGNORECASE):
            if match.start() >= place:
                last, place = what, match.start()
    if percent:
        return "survival" if last != "other" else "other"
    if unit and last == "hazard ratio":
        return "other"
    return last


def _adjusted(before: str) -> bool | None:
    tail = before[-120:].lower()
    if re.search(r"\bunadjusted|\bunstratified|\bcrude|\bunivaria", tail) or re.search(r"\buHR", before):
        return False
    if re.search(r"\badjusted|\bstratified|\bmultivaria", tail) or re.search(r"\baHR", before):
        return True
    return None


def find_p_values(sentence: str) -> list[FoundP]:
    """All P values in one normalised sentence in printed order, without those of interactions, trends and margins."""
    found = []
    for match in _P.finditer(sentence):
        about = f"{match['for'] or ''} {match['inside'] or ''}".lower()
        if re.search(_OTHER_TESTS, about):
            continue
        if re.search(rf"(?i)(?:{_OTHER_TESTS})\W*$", match["before"]) or re.match(
            rf"(?i)\W*(?:for|of)\s+(?:the\s+)?(?:{_OTHER_TESTS})", match["after"]
        ):
            continue
        relation = match["relation2"] or match["relation"]
        value = _plain_p(match["value"])
        if value is None:
            continue
        words = f"{_behind_last_p(match['before'])[-40:]} {about} {_before_next_p(match['after'])}"
        found.append(
            FoundP(
                value,
                relation if relation in ("<", ">", "<=", ">=") else "=",
                _sides(words),
                _test(words),
                match.start("relation"),
                match.end("value"),
                match["before"],
            )
        )
    return found


def _behind_last_p(before: str) -> str:
    """The words before a P value without those that belong to the P value before it."""
    return re.split(r"\b[Pp]\b[^=<>]*[=<>]", before)[-1]


def _before_next_p(after: str) -> str:
    """The words after a P value up to the comma before which a next one begins."""
    following = re.search(r"\b[Pp]\b[^=<>]*[=<>]", after)
    return after[: following.start()].rpartition(",")[0] if following else after


def _plain_p(text: str) -> str | None:
    power = re.fullmatch(rf"({NUMBER})\s*[x×*]\s*10\s*\^?\s*-\s*(\d+)", text)
    plain = f"{power.group(1)}e-{power.group(2)}" if power else text.replace(" ", "")
    if re.fullmatch(r"0\d+", plain):  # its point was lost
        return None
    return plain if 0 <= float(plain) <= 1 else None


def _sides(words: str) -> Literal[1, 2] | None:
    if re.search(r"(?i)\b(?:1|one)[\s-]*(?:sided|tailed)", words):
        return 1
    if re.search(r"(?i)\b(?:2|two)[\s-]*(?:sided|tailed)", words):
        return 2
    return None


def _test(words: str) -> str | None:
    if re.search(r"(?i)log[\s-]?rank|mantel", words):
        return "stratified log-rank" if re.search(r"(?i)\bstratified", words) else "log-rank"
    for name in ("Wilcoxon", "Gehan", "Breslow", "Gray", "Cox", "Fisher", "Wald"):
        if re.search(rf"(?i)\b{name}", words):
            return name
    return None
