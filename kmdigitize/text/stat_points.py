"""End points, hazard-ratio contrasts, landmarks and patient numbers in normalised text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kmdigitize.text.stat_arms import clean_arm
from kmdigitize.text.stat_text import NUMBER

_STRONG = re.compile(
    r"(?i)\b((?:[a-z]+(?:[\s-]+[a-z]+)?[\s-])?(?:free|specific|related)[\s-]+survival|overall\s+survival|graft\s+survival"
    r"|(?:all-cause|any-cause|cancer-related|cancer-specific|cardiovascular|liver-related|treatment-related|non-relapse|cardiac|disease-specific)\s+(?:death|mortality)"
    r"|time\s+to\s+(?:progression|recurrence|treatment\s+failure|first\s+event))\b|\b(PFS|OS|DFS|RFS|EFS|MFS|DSS|CSS|TTP|LRFS|DMFS|iDFS|LFS|CSM|ACM)\b"
)
_WEAK = re.compile(
    r"(?i)\b((?:disease\s+)?(?:progression|recurrence|relapse)(?:\s+or\s+death)?|death(?:\s+from\s+any\s+cause)?|survival|mortality)\b"
)
_FILLER = re.compile(
    r"(?i)^(?:(?:of|the|in|and|for|time|median|longer|better|improved|their|with|on|was|had|rate|year|month|increased|estimated|shorter|worse)[\s-]+)+"
)
_ABBREVIATIONS = {
    "pfs": "progression-free survival", "os": "overall survival", "dfs": "disease-free survival",
    "rfs": "recurrence-free survival", "efs": "event-free survival", "mfs": "metastasis-free survival",
    "dss": "disease-specific survival", "css": "cancer-specific survival", "ttp": "time to progression",
    "dmfs": "distant metastasis-free survival", "idfs": "invasive disease-free survival",
    "lfs": "leukemia-free survival", "lrfs": "local recurrence-free survival",
}  # fmt: skip


def strong_end_points(text: str) -> list[tuple[int, str]]:
    """Position and name of every end point that is named in full or by its abbreviation."""
    found = []
    for match in _STRONG.finditer(text):
        name = _FILLER.sub("", re.sub(r"\s+", " ", match.group(0)).strip())
        name = name.lower() if not name.isupper() else _ABBREVIATIONS.get(name.lower(), name)
        found.append((match.end(), _ABBREVIATIONS.get(name, name)))
    return found


def weak_end_point(text: str) -> str | None:
    """The last plain word for an event ("death", "progression or death") in ``text``."""
    found = _WEAK.findall(text)
    return found[-1].lower() if found else None


_NAME = r"(?:the\s+)?(?P<{0}>[A-Za-z0-9<>=+][^,;:()\[\]]{{0,48}}?)"
_VERSUS = (
    r"\s*(?:\b(?:group|arm)\s*)?[,(]?\s*(?:as\s+)?"
    r"(?:\bv\b|\bvs\b|\bversus\b|compared\s+(?:with|to)|relative\s+to|\bagainst\b|\bover\b)\.?\s*(?:that\s+(?:in|with)\s+)?(?:the\s+)?"
)
_CONTRAST = re.compile(
    rf"(?i)(?:\b(?:for|with|of|in|comparing)\s+|[,:;(]\s*|^\s*){_NAME.format('arm')}{_VERSUS}{_NAME.format('ref')}\s*(?:\b(?:group|arm|patients)\b)?\s*(?:[,:;=()\[\]]|\bwas\b|$)"
)
_COMPARATIVE = re.compile(
    rf"(?i)\b(?:lower|higher|longer|shorter|better|worse|greater|reduced|improved)\s+(?:in|with|for|among)\s+{_NAME.format('arm')}(?:\s+group|\s+arm)?\s+than\s+(?:in\s+|with\s+|for\s+|among\s+)?{_NAME.format('ref')}(?:\s+(?:group|arm)\b|\s*[,.;(]|\s+for\b|$)"
)
_ONE_SIDE = re.compile(
    rf"(?i)(?:ratios?|\bHR)\s*(?:for\s+\w+(?:\s+or\s+\w+)?\s+)?(?:with|in)\s+{_NAME.format('arm')}(?:\s+(?:group|arm)\b)?\s*[,:;=(\[]"
)


def contrast(before: str) -> tuple[str | None, str | None]:
    """Arm and reference of the hazard ratio whose preceding words are ``before``; None where nothing is said."""
    tail = before.rstrip(" ,:;=([")
    for pattern in (_CONTRAST, _COMPARATIVE):
        matches = list(pattern.finditer(tail + ","))
        if matches:
            arm, reference = clean_arm(matches[-1]["arm"]), clean_arm(matches[-1]["ref"])
            arm = re.sub(r"(?i)^(?:.*\b(?:ratio|HR)\b\s*)?(?:(?:for|with|of|in|comparing)\s+)?", "", arm)
            arm = re.sub(
                r"(?i)^(?:death|progression|recurrence|relapse|survival|mortality)(?:\s+or\s+death)?(?:\s+(?:in|with|for|of))?\s*(?:the\s+)?",
                "",
                arm,
            )
            if _names_arm(arm) and _names_arm(reference):
                return arm, reference
    match = _ONE_SIDE.search(tail + ",")
    if match and _names_arm(clean_arm(match["arm"])):
        return clean_arm(match["arm"]), None
    return None, None


def _names_arm(text: str) -> bool:
    plain = text.lower()
    return bool(re.search(r"[a-z]", plain)) and not re.search(
        r"\bsurvival\b|\bdeath\b|\bprogression\b|\brecurrence\b|\brelapse\b|\bratio\b|%|\bci\b|\bmonths?\b|\bmedian\b|\bp\s*[=<]|\bthan\b",
        plain,
    )


@dataclass(frozen=True, slots=True)
class FoundLandmark:
    """Survival of one arm at one time, as printed."""

    arm: str
    time: str
    unit: str
    survival: str
    limits: tuple[str, str] | None


_TIME_WORD = r"(?P<time>\d+(?:\.\d+)?)\s*-?\s*(?P<unit>years?|yrs?\.?|y|months?|mo|weeks?|wk|days?)\b"
_PERCENT = (
    rf"(?P<value>{NUMBER})\s*%"
    rf"(?:\s*[(\[,;]\s*(?:9[05]\s*%\s*CI[\s,:=]*)?(?P<low>{NUMBER})\s*%?\s*(?:-|to|,|;)\s*(?P<high>{NUMBER})\s*%?\s*[)\]]?)?"
)
_SHARE_OF_ARM = re.compile(
    rf"(?i){_PERCENT}\s*,?\s*(?:in|with|for|among|of)\s+(?:patients\s+(?:in|receiving|on|with)\s+)?(?:the\s+)?(?P<arm>[A-Za-z0-9<>=][^,;:()\[\]%]{{0,40}}?)(?=\s+(?:group|arm|patients|and|vs|versus|compared|than|at)\b|\s*(?:[,;.()]|$))"
)
_LABELLED = re.compile(rf"(?i){_TIME_WORD}(?:\s*(?:OS|PFS|DFS|survival|rate|[:,;=]))*\s*{_PERCENT}")


def find_landmarks(sentence: str, arms: Sequence[str] = ()) -> list[FoundLandmark]:
    """Survival at a time by arm in one normalised sentence; nothing where time or arm is not certain.

    ``arms`` are words for the known arms, which may also stand directly before their numbers.
    """
    labelled = re.match(r"\W*(?P<arm>[^:]{1,60}?)\s*(?:\((?:n|N)\s*=\s*\d+\))?\s*:\s*(?P<rest>.*)", sentence)
    if labelled and not re.search(r"(?i)median|survival|hazard|\bCI\b", labelled["arm"]):
        found = [_landmark(m, m["time"], m["unit"], labelled["arm"]) for m in _LABELLED.finditer(labelled["rest"])]
        if found:
            return found
    if not re.search(r"(?i)surviv|\b(?:OS|PFS|DFS|RFS|EFS)\b|event-free|alive", sentence):
        return []
    head = sentence.split("%", maxsplit=1)[0]
    if re.search(r"(?i)adverse|toxicit|response|incidence|mortality|hazard\s+ratio", head):
        return []
    listed = _listed(sentence, arms)
    times = {
        (m["time"], m["unit"].lower().rstrip("s."))
        for m in re.finditer(rf"(?i){_TIME_WORD}", sentence.replace("95%", ""))
    }
    if len(times) != 1:
        return []
    time, unit = times.pop()
    if listed:
        return [_landmark(m, time, unit, m["arm"]) for m in listed]
    return [_landmark(m, time, unit, m["arm"]) for m in _SHARE_OF_ARM.finditer(sentence) if _names_arm(m["arm"])]


def _listed(sentence: str, arms: Sequence[str]) -> list[re.Match[str]]:
    """Percentages directly behind the words of known arms, each of which has one."""
    named = [arm for arm in arms if re.search(rf"\b{arm}\b", sentence)]
    between = rf"\s*[:,=]?\s*(?:{_TIME_WORD.replace('?P<time>', '').replace('?P<unit>', '')}[\sA-Z:,=]*)?"
    found = list(re.finditer(rf"\b(?P<arm>{'|'.join(named)})\b{between}{_PERCENT}", sentence)) if named else []
    return found if [m["arm"] for m in found] == sorted(named, key=sentence.index) else []


def _landmark(match: re.Match[str], time: str, unit: str, arm: str) -> FoundLandmark:
    limits = (match["low"], match["high"]) if match["low"] else None
    return FoundLandmark(clean_arm(arm), time, unit, match["value"], limits)


_TOTAL = (
    re.compile(
        r"(?i)^\W*of\s+(?:the\s+|a\s+total\s+of\s+)?(\d{2,6})\s+randomi[sz]ed\s+(?:patients|participants|women|men)\b"
    ),
    re.compile(
        r"(?i)\b(?:included?|enrolled|randomi[sz]ed|recruited|assigned|analy[sz]ed|evaluated|involving|total\s+of)\s+(?:a\s+total\s+of\s+)?(\d{2,6})\s+(?:[a-z-]+\s+){0,3}(?:patients|participants|subjects|women|men|adults|children|persons)"
    ),
    re.compile(
        r"(?i)\b(\d{2,6})\s+(?:[a-z-]+\s+){0,3}(?:patients|participants|subjects|women|men)\s+(?:with\s+[^.,;]{0,60}\s+)?(?:were|was|underwent)\s+(?:randomly\s+|enrolled|assigned|randomi[sz]ed|included|analy[sz]ed)"
    ),
    re.compile(r"^\W*[Nn]\s*=\s*(\d{1,6})\W*$"),
)
_EVENTS_OF_N = re.compile(
    r"(?i)^\W*(?P<arm>[A-Za-z0-9<>=][^:()\d]{0,50}?)\s*[:,(]?\s*(?:events?\s*/\s*n\s*[=:]?\s*)?(?P<events>\d{1,5})\s*(?:events?|deaths)?\s*(?:/|of|among)\s*(?P<n>\d{1,6})\s*(?:patients|pts\.?|events?|deaths)?\s*[)\]]?\W*$"
)
_COUNTS_OF_ARM = re.compile(
    r"(?i)(?P<events>\d{1,5})\s+(?:events?|deaths)?\s*(?:of|among)\s+(?P<n>\d{1,6})\s+(?:patients|participants|subjects)?\s*(?:\(\s*[\d.]+\s*%\s*\)\s*)?(?:in|with|on)\s+(?:the\s+)?(?P<arm>[A-Za-z][^,;:()]{0,40}?)(?=\s+(?:group|arm|and|had|died|experienced)\b|\s*[,;.(]|$)"
)
_EVENTS_HEADING = re.compile(
    r"(?i)^\W*(?:no\.?\s*(?:of\s+)?|number\s+of\s+)?(?:events?|deaths?)\s*(?:/|of)\s*(?:n|total|patients|no\.?)\b[^:]{0,30}:\s*"
)
_LISTED_EVENTS = re.compile(
    r"(?<![A-Za-z0-9])(?P<arm>[A-Za-z<>=][^,;:()]{0,40}?)\s*[:,=(]?\s*(?P<events>\d{1,5})\s*(?:/|of)\s*(?P<n>\d{1,6})(?!\d)"
)
_ARM_N = re.compile(
    r"(?:^|[\s,;:(])(?P<arm>[A-Z][A-Za-z0-9+/-]*(?:\s[A-Za-z0-9+/-]+){0,3}?)\s*[(\[,]?\s*(?<![A-Za-z])[nN]\s*=\s*(?P<n>\d{1,6})(?![\d.])"
    r"(?:\s*[,;]\s*(?:(?P<events>\d{1,5})\s+(?:events?|deaths?)\b|(?:events?|deaths?)\s*[=:]\s*(?P<events2>\d{1,5})))?\s*[)\]]?"
)


def total_patients(text: str) -> int | None:
    """Number of patients of the whole comparison, None if the text does not state it."""
    for pattern in _TOTAL:
        match = pattern.search(text)
        if match:
            return int(match.group(1))
    return None


def arm_counts(sentence: str) -> list[tuple[str, int, int | None]]:
    """(arm, patients, events) as far as a line states them."""
    match = _EVENTS_OF_N.match(sentence)
    if match and int(match["events"]) <= int(match["n"]) and not re.search(r"(?i)\bp\b|\bHR\b|ratio", match["arm"]):
        return [(clean_arm(match["arm"]), int(match["n"]), int(match["events"]))]
    if re.search(r"(?i)\b(?:died|deaths?|events?|relapsed?|progress|recurrence)", sentence) and not re.search(
        r"(?i)adverse", sentence
    ):
        found: list[tuple[str, int, int | None]] = [
            (clean_arm(m["arm"]), int(m["n"]), int(m["events"]))
            for m in _COUNTS_OF_ARM.finditer(sentence)
            if int(m["events"]) <= int(m["n"])
        ]
        if found:
            return found
    headed = _EVENTS_HEADING.match(sentence)
    listed = list(_LISTED_EVENTS.finditer(sentence, headed.end())) if headed else []
    if listed and all(int(m["events"]) <= int(m["n"]) for m in listed):
        return [(clean_arm(m["arm"]), int(m["n"]), int(m["events"])) for m in listed]
    return [_stated_n(m) for m in _ARM_N.finditer(sentence) if _names_arm(m["arm"])]


def _stated_n(match: re.Match[str]) -> tuple[str, int, int | None]:
    events = match["events"] or match["events2"]
    n = int(match["n"])
    return clean_arm(match["arm"]), n, int(events) if events and int(events) <= n else None


def known_arm(name: str, arms: Sequence[str]) -> str:
    """The one of ``arms`` that ``name`` means, else ``name`` itself."""
    plain = plain_arm(name)
    for arm in arms:
        if plain_arm(arm) == plain:
            return arm
    partial = [arm for arm in arms if plain and (plain in plain_arm(arm) or plain_arm(arm) in plain) and len(plain) > 2]
    return partial[0] if len(partial) == 1 else name


def plain_arm(text: str) -> str:
    """An arm's name without blanks, signs and letter case, as names are compared."""
    return re.sub(r"[^a-z0-9<>=+]", "", text.lower().replace("≤", "<=").replace("≥", ">="))
