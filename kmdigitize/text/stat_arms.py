"""Medians, survival at a time, patients and events in normalised text, each with the arm it speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kmdigitize.text.stat_text import NUMBER

_UNIT = r"(?:months?|mos?\.?|mths?|years?|yrs?\.?|y|days?|d|weeks?|wks?\.?|mois|ans|Monate[n]?|Jahre[n]?|meses|años)"
_NOT_REACHED = r"(?:not\s+(?:yet\s+)?(?:been\s+)?(?:reached|estimable|attained)|NR|NE|NA)"
_LIMITS = (
    rf"(?:\s*[(\[,;]\s*(?:(?:9[05]\s*%\s*)?(?:CI|IC|KI|confidence\s+interval(?:\s*[\[(]CI[\])])?)[\s,:=]*)?[(\[]?"
    rf"(?P<low>{NUMBER}|{_NOT_REACHED})\s*(?:months?|mo|years?)?\s*(?:-|to|,|;|bis|à|and|(?<=\d)\s(?=\d))\s*"
    rf"(?P<high>{NUMBER}|{_NOT_REACHED})\s*(?:{_UNIT})?\s*[)\]]{{0,2}})?"
)
_VALUE = rf"(?P<value>{NUMBER}|{_NOT_REACHED})(?!\s*%)"
_ARM = r"(?P<arm>[A-Za-z0-9<>=][^,;:()\[\]]{0,58}?)"
_PLACE = (
    r"(?:in|with|for|among|on|receiving|of)\s+(?:(?:the\s+)?(?:\d+\s+)?(?:patients|those)\s+(?:in|who\s+received|receiving|on|with"
    r"|treated\s+with|assigned\s+to)\s+)?(?:the\s+|those\s+)?"
)
_ARM_END = (
    r"(?=\s+(?:group|arm|cohort|patients|recipients|treatment\s+group)\b|\s*(?:[,;.()\[\]]|$)|\s+(?:and|vs\.?"
    r"|versus|compared|than|as|was|were|but|while|whereas|\()\b|\s*\()"
)
_VALUE_THEN_ARM = re.compile(
    rf"(?<![\d.\w-]){_VALUE}\s*(?P<unit>{_UNIT})?(?![\w%]){_LIMITS}\s*,?\s*{_PLACE}{_ARM}{_ARM_END}", re.IGNORECASE
)
_ARM_THEN_VALUE = re.compile(
    rf"^\W*(?:(?:the\s+)?median\s+(?:(?:overall|progression-free|disease-free|event-free|relapse-free|OS"
    rf"|PFS|DFS|EFS|RFS)\s+)?(?:survival\s+)?(?:time\s+)?(?:for\s+|of\s+|in\s+)?(?:the\s+)?)(?!survival\b"
    rf"|time\b|overall\b|OS\b|PFS\b|DFS\b|EFS\b|[\(\[:=,]|\d[\d.]*\s*(?:(?:months?|years?|days?|weeks?"
    rf"|vs?\.?|versus)\b|[(\[,;]))"
    rf"{_ARM}\s*(?:[:,]|(?<![<>])=|\bwas\b|\bis\b)\s*{_VALUE}\s*(?P<unit>{_UNIT})?(?![\w%]){_LIMITS}",
    re.IGNORECASE,
)
_ARM_MEDIAN_VALUE = re.compile(
    rf"^\W*{_ARM}\s*(?:\((?:n|N)\s*=\s*\d+\))?\s*[:,;(\[-]\s*(?:median|mOS|mPFS|MS"
    rf"|MST)\b[^\d:=,]{{0,30}}[\s:=,]+(?:was\s+)?{_VALUE}\s*(?P<unit>{_UNIT})?(?![\w%]){_LIMITS}",
    re.IGNORECASE,
)
_ARM_HAD_MEDIAN = re.compile(
    r"(?:^|\b(?:patients|those)\s+(?:in|who\s+received|receiving|on|with|treated\s+with|assigned\s+to)\s+|\bthe\s+)"
    rf"{_ARM}(?:\s+(?:group|arm|cohort|patients))?\s+(?:had|lived|survived)\s+(?:for\s+)?an?\s+(?:[a-z]+\s+)?median\s+(?:[^\d,;:()]{{0,60}}?\b)?of\s+"
    rf"{_VALUE}\s*(?P<unit>{_UNIT})?(?![\w%]){_LIMITS}",
    re.IGNORECASE,
)
_MEDIANS_TITLE = re.compile(
    r"(?i)^\W*medians?\b(?![^:]*(?:follow|\bage\b))[^:\d]{0,60}(?:\(?9[05]\s*%\s*CI\)?[^:\d]{0,20})?:\s*"
)
_NAMED_MEDIAN = re.compile(
    rf"{_ARM}\s*(?:\([nN]\s*=\s*\d+\))?\s*[:,=]?\s+{_VALUE}\s*(?P<unit>{_UNIT})?(?![\w%]){_LIMITS}", re.IGNORECASE
)
_PAIR = re.compile(
    rf"(?<![\d.\w-])(?P<value>{NUMBER}|{_NOT_REACHED})\s*(?:{_UNIT})?{_LIMITS}\s*(?:v|vs|versus)\.?\s*"
    rf"(?P<value2>{NUMBER}|{_NOT_REACHED})\s*(?P<unit>{_UNIT})?(?![\w%])"
    + _LIMITS.replace("low", "low2").replace("high", "high2"),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ArmMedian:
    """Median of one arm as printed ("NR": not reached), with limits and unit."""

    arm: str
    value: str
    limits: tuple[str, str] | None
    unit: str


_NO_ARM_START = r"(?i)^to\b|duration|surviv|follow|\bage\b|\bwas\b|\breached\b|\bin\s+the\b|^median|\bvs\b"


def find_medians(sentence: str, arms: Sequence[str] = ()) -> list[ArmMedian]:
    """Medians with the arms they belong to, in one normalised sentence that speaks of medians.

    ``arms`` are words for the known arms, which may also stand directly before their medians.
    """
    start = _ARM_THEN_VALUE.match(sentence) or _ARM_MEDIAN_VALUE.match(sentence)
    if start and not re.search(_NO_ARM_START, start["arm"]):
        others = _compared_with(sentence[start.end() :], start["unit"] or "")
        if others or not _PAIR.search(sentence):
            return [_median(start, start["arm"]), *others]
    word = re.search(r"(?i)\bmedians?\b|\bm(?:OS|PFS|DFS|EFS|TTP)\b", sentence)
    if not word or re.search(
        r"(?i)median\s+(?:duration\s+of\s+)?(?:follow[\s-]?up|age|observation)", sentence[word.start() :]
    ):
        return []
    listed = find_listed(sentence, arms)
    if listed:
        return listed
    rest = re.split(r"(?i)hazard\s+ratio|\bHR\b|\bmedian\s+follow", sentence[word.start() :])[0]
    pair = _PAIR.search(rest)
    if pair:
        named = _named_pair(rest, pair)
        return [] if named is None else _pair_medians(pair, named)
    before = _ARM_HAD_MEDIAN.search(sentence)
    first = [_median(before, before["arm"])] if before else []
    found = first + [_median(m, m["arm"]) for m in _VALUE_THEN_ARM.finditer(rest)]
    return _same_unit([m for m in found if _is_arm(m.arm)]) or _under_title(sentence)


def _compared_with(rest: str, unit: str) -> list[ArmMedian]:
    """Medians that follow one in the same sentence: ``…, and it was 27.5 months in the other arm``."""
    if not re.match(r"(?i)\W*(?:and|versus|vs?|compared|but|while|whereas|as)\b", rest):
        return []
    found = [_median(m, m["arm"]) for m in _VALUE_THEN_ARM.finditer(rest)]
    return [replace(m, unit=m.unit or unit) for m in found if _is_arm(m.arm)]


def _under_title(sentence: str) -> list[ArmMedian]:
    """Medians listed behind a title that ends in a colon: ``Median OS (95% CI): Drug 9.6 mo (8.5-10.8); ...``."""
    title = _MEDIANS_TITLE.match(sentence)
    items = (
        re.split(r"\s*(?:;|(?<=[)A-Za-z]),(?=\s*[A-Z])|\bvs?\.?\s|\bversus\s|\band\s)\s*", sentence[title.end() :])
        if title
        else []
    )
    found = [_NAMED_MEDIAN.fullmatch(item.strip(" .")) for item in items if item.strip(" .")]
    if len(found) < 2 or not all(found):
        return []
    return _same_unit([_median(m, m["arm"]) for m in found if m and _is_arm(m["arm"])])


def find_listed(text: str, arms: Sequence[str]) -> list[ArmMedian]:
    """Times that stand directly behind the words of known arms: ``Drug, 44.0 (38.1-NR); placebo: 30.0 months``.

    Empty where an arm is named twice or has none, since the numbers may then be something else.
    """
    named = [arm for arm in arms if re.search(rf"\b{arm}\b", text)]
    if not named:
        return []
    behind = (
        r"\s*(?:\([nN]\s*=\s*\d+\))?\s*[:,=]?\s*(?:median\s*[:,=]?\s*)?(?:was\s+|is\s+)?"
        rf"{_VALUE}\s*(?P<unit>{_UNIT})?(?![\w%/]){_LIMITS}"
    )
    found = list(re.finditer(rf"\b(?P<arm>{'|'.join(named)})\b{behind}", text, re.IGNORECASE))
    if sorted(m["arm"] for m in found) != sorted(named) or re.search(r"(?i)hazard|\bHR\b|\bP\b", text):
        return []
    return [_median(m, m["arm"]) for m in found]


def find_single(sentence: str, arm: str) -> list[ArmMedian]:
    """The median of the only ``arm`` of a figure, which then need not name it."""
    found = re.search(
        rf"(?i)\b(?:median|m(?:OS|PFS|DFS|EFS))\b[^\d;]{{0,60}}?{_VALUE}\s*(?P<unit>{_UNIT})?(?![\w%/]){_LIMITS}",
        sentence,
    )
    if found is None or re.search(r"(?i)follow|\bage\b|hazard|\bHR\b|\bvs?\b|versus|range|IQR", sentence):
        return []
    return [_median(found, arm)]


def _median(match: re.Match[str], arm: str) -> ArmMedian:
    value = reached(match["value"])
    limits = (reached(match["low"]), reached(match["high"])) if match["low"] else None
    return ArmMedian(clean_arm(arm), value, limits if in_order(limits, value) else None, match["unit"] or "")


def _pair_medians(pair: re.Match[str], names: tuple[str, str]) -> list[ArmMedian]:
    limits = [
        (reached(pair[low]), reached(pair[high])) if pair[low] else None
        for low, high in (("low", "high"), ("low2", "high2"))
    ]
    unit = pair["unit"] or ""
    return [
        ArmMedian(names[0], reached(pair["value"]), limits[0], unit),
        ArmMedian(names[1], reached(pair["value2"]), limits[1], unit),
    ]


def _named_pair(sentence: str, pair: re.Match[str]) -> tuple[str, str] | None:
    """Names of two arms printed as ``A vs B`` beside ``10.1 vs 5.4``."""
    arm = r"([A-Za-z][^,;:()\[\]\d]{0,40}?)"
    than = re.search(
        rf"(?:longer|shorter|better|worse|higher|lower|greater)\s+{_PLACE}{arm}(?:\s+(?:group|arm))?\s+than\s+{_PLACE}{arm}"
        r"(?:\s+(?:group|arm))?\s*[:,(]?\s*(?:median\s*)?$",
        sentence[: pair.start()],
        re.IGNORECASE,
    )
    if than and _is_arm(than.group(1)) and _is_arm(than.group(2)):
        return clean_arm(than.group(1)), clean_arm(than.group(2))
    for text, where in ((sentence[: pair.start()], r"\W*(?:was|were|,|:|;|\()?\s*$"), (sentence[pair.end() :], "")):
        begin = r"\b(?:for|with|of|in|between|comparing)\s+(?:the\s+)?"
        lead = rf"(?:{begin})" if where else rf"(?:^|{begin}|[,:;(]\s*)"
        tail = where or r"\s*(?:groups?|arms?|patients)?\s*(?=[,;.)(]|$)"
        match = re.search(rf"{lead}{arm}\s+(?:v|vs|versus)\.?\s+(?:the\s+)?{arm}{tail}", text, re.IGNORECASE)
        if match and _is_arm(match.group(1)) and _is_arm(match.group(2)):
            return clean_arm(match.group(1)), clean_arm(match.group(2))
    return None


def _same_unit(found: list[ArmMedian]) -> list[ArmMedian]:
    """Medians of one sentence share the unit that is printed with the last of them."""
    units = [m.unit for m in found if m.unit]
    if not units:
        return []
    return [ArmMedian(m.arm, m.value, m.limits, m.unit or units[-1]) for m in found]


def _is_arm(name: str) -> bool:
    plain = clean_arm(name).lower()
    return bool(re.search(r"[a-z]|\d", plain)) and not re.fullmatch(
        r"(?:the\s+)?(?:median|overall|survival|patients?|months?|years?|all|both|total|whole|death|time"
        r"|os|pfs|dfs)(?:\s+(?:survival|groups?|arms?))?",
        plain,
    )


def clean_arm(name: str) -> str:
    """An arm's name without article, "group" or "arm" and trailing punctuation."""
    name = re.sub(
        r"(?i)^\s*(?:the|those|patients\s+(?:in|on|with|receiving|treated\s+with)(?:\s+the)?)\s+", "", name.strip()
    )
    short = re.sub(r"(?i)\s+(?:group|arm|cohort|patients)\s*$", "", name)
    name = name if short.lower() in ("all", "overall", "study", "whole") else short
    return name.strip(" ,;:.=-")


def in_order(limits: tuple[str, str] | None, value: str) -> bool:
    """Whether the limits enclose the value; what was not reached lies beyond all numbers."""
    if limits is None:
        return False
    numbers = [float(v) for v in (limits[0], value, limits[1]) if v != "NR"]
    return numbers == sorted(numbers)


def reached(text: str) -> str:
    """A printed number, or "NR" for every way to say that it was not reached."""
    return text if re.match(r"[\d.]", text) else "NR"
