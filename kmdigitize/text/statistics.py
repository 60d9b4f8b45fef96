"""What a figure, caption or abstract reports in words: hazard ratios, P values, medians, survival, numbers.

The text is brought to one spelling, cut into sentences, and each sentence is searched for estimates, P values,
medians and landmarks. Every find belongs to the end point named last before it. A number is taken only where the
words around it say what it is; everything else stays unread.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from kmdigitize.records.axes import Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.reported import HazardRatio, Landmark, PValue, Reported, Source
from kmdigitize.text.stat_aliases import aliases, with_aliases
from kmdigitize.text.stat_arms import ArmMedian, find_listed, find_medians, find_single
from kmdigitize.text.stat_cells import StatRow
from kmdigitize.text.stat_estimates import Estimate, FoundP, find_estimates, find_p_values
from kmdigitize.text.stat_groups import Group, State, report
from kmdigitize.text.stat_points import (
    FoundLandmark,
    arm_counts,
    contrast,
    find_landmarks,
    known_arm,
    strong_end_points,
    total_patients,
    weak_end_point,
)
from kmdigitize.text.stat_table import read_stat_tables
from kmdigitize.text.stat_text import normalised, sentences
from kmdigitize.text.stat_times import converted_time, same_unit, unit_name
from kmdigitize.text.stat_tokens import printed_lines
from kmdigitize.text.titles import read_axis_titles

log = logging.getLogger(__name__)

_BOUND = 0.1
"""P values are printed as bounds only where they are small: a larger bound on a figure was misread."""

_WORDS_OF_TESTS = (
    "p|values?|log|rank|p?logrank|tests?|one|two|sided|tailed|stratified|unstratified|by|from|the|using|e"
    "|wilcoxon|gehan|breslow|mantel|haenszel|cox|peto|tarone|ware|fleming|harrington"
    "|chi2?|chisq|chi-squared?|squared?|on|degrees?|of|freedom|df|overall|nominal|exact|for|superiority|non-?inferiority"
)


def parse_statistics(text: str, arm_names: Sequence[str] = (), time_unit: str = "") -> tuple[Reported, ...]:
    """What ``text`` (a caption, an abstract) reports, one record for each end point in order of appearance.

    Arms are called as in ``arm_names`` where those are recognised. With ``time_unit`` (as an axis title names it)
    times in another unit are converted where that is exact and left out where it is not.
    """
    return _parse(text, State(aliases(arm_names), time_unit, annotation=False), "text")


def read_printed_statistics(
    tokens: Sequence[TextToken], panel: Panel, arm_names: Sequence[str] = ()
) -> Reported | None:
    """What the picture itself prints on or beside the panel, None if nothing."""
    state = State(aliases(arm_names), read_axis_titles(tokens, panel).time_unit, annotation=True)
    tables = read_stat_tables(tokens, panel, arm_names)
    for table in tables:
        _add_table(table.rows, state)
    used = {id(token) for table in tables for token in table.tokens}
    lines = printed_lines([token for token in tokens if id(token) not in used], panel)
    found = _parse("\n\n".join(lines), state, "picture")
    if not found:
        return None
    best = max(found, key=lambda r: len(r.hazard_ratios) + len(r.p_values) + len(r.arms))
    log.debug("printed on panel %s: %s", panel.name, best)
    return best


def _parse(text: str, state: State, source: Source) -> tuple[Reported, ...]:
    clean = with_aliases(normalised(text), state.words)
    for sentence in sentences(clean):
        _read_sentence(sentence, state)
    n = next((found for s in sentences(clean) if (found := total_patients(s)) is not None), None)
    names = {word: name for name, word in state.words.items()}
    reports = [report(name, group, n, (source, names)) for name, group in state.groups.items() if not group.empty]
    if not reports and n is not None and not state.annotation:
        reports = [Reported(n=n, source=source)]
    return tuple(reports)


def _read_sentence(sentence: str, state: State) -> None:
    ratios = [e for e in find_estimates(sentence) if e.what == "hazard ratio"]
    p_values = find_p_values(sentence)
    medians = find_medians(sentence, state.arm_names)
    if not medians and state.annotation and len(state.words) == 1:
        medians = find_single(sentence, state.arm_names[0])
    medians = medians or _under_heading(sentence, state)
    landmarks = find_landmarks(sentence, state.arm_names)
    named: list[tuple[int, str]] = strong_end_points(sentence)
    if ratios or medians or landmarks or _stands_alone(sentence, p_values, state):
        first = ratios[0].start if ratios else len(sentence)
        before = [name for place, name in named if place <= first]
        if medians or landmarks:
            state.current = (before or [name for _, name in named] or [state.current])[0 if medians else -1]
        _add_medians(medians, state)
        _add_landmarks(landmarks, state)
        points = [_add_ratio(ratio, sentence, named, state) for ratio in ratios]
        _add_p_values(p_values, ratios, points, state)
    elif re.search(r"(?i)log[\s-]?rank", sentence):
        if named:
            state.current = named[-1][1]
        _add_p_values([p for p in p_values if p.test], [], [], state)
    for arm, n, events in arm_counts(sentence):
        record = state.group(state.current).arm(state.known(arm))
        record.n, record.events = n, events if events is not None else record.events


def _under_heading(sentence: str, state: State) -> list[ArmMedian]:
    """Medians of a line without that word, below a line that announces them."""
    heading = re.search(r"(?i)\bmedian\b(?!\s+follow)", sentence)
    if heading and not re.search(r"\d", re.sub(r"9[059]\s*%", "", sentence)):
        state.listing = state.annotation
        return []
    found = find_listed(sentence, state.arm_names) if state.listing else []
    found = found if all(median.unit or median.limits for median in found) else []
    state.listing = bool(found)
    return found


def _add_table(rows: Sequence[StatRow], state: State) -> None:
    """What a table says of each arm; the one arm that it has no ratio for is the others' reference."""
    group = state.group(state.current)
    names = [state.known(known_arm(row.arm, list(state.words))) if row.arm else "" for row in rows]
    missing = [word for word in state.arm_names if word not in names]
    if len(missing) == names.count("") == 1 and len(names) == len(state.words):
        names[names.index("")] = missing[0]  # the one row whose label cannot be read
    compared = [name for row, name in zip(rows, names, strict=True) if row.ratio is not None and name]
    others = [name for name in dict.fromkeys([*state.arm_names, *names]) if name and name not in compared]
    reference = others[0] if len(others) == 1 and compared else None
    for row, name in zip(rows, names, strict=True):
        if row.ratio is not None:
            group.ratios.append(row.ratio.model_copy(update={"arm": name or None, "reference": reference}))
        if row.p is not None:
            pair = (name, reference) if name and reference else ()
            group.p_values.append(row.p.model_copy(update={"arms": pair}))
        if not name or not (row.n or row.median or row.landmarks or row.events is not None):
            continue
        record = group.arm(name)
        record.n, record.events = row.n, row.events
        if row.median is not None and same_unit(row.unit, state.unit):
            record.median, record.limits = row.median, row.limits
        for unit, landmark in row.landmarks:
            time = converted_time(landmark.time, unit, state.unit)
            if time is not None:
                record.landmarks.append(landmark.model_copy(update={"time": time}))


def _stands_alone(sentence: str, p_values: Sequence[FoundP], state: State) -> bool:
    """P values printed on a figure, or with no other words than those of a test."""
    words = re.sub(rf"(?i)\b(?:{_WORDS_OF_TESTS})\b", " ", sentence)
    return bool(p_values) and (state.annotation or not re.search(r"[A-Za-z]{2}", words))


def _add_medians(medians: Sequence[ArmMedian], state: State) -> None:
    for median in medians:
        if not same_unit(median.unit, state.unit):
            continue
        record = state.group(state.current).arm(state.known(median.arm))
        if record.median is None:
            record.median, record.limits = median.value, median.limits
        if not state.unit and median.unit:
            state.unit = unit_name(median.unit)


def _add_landmarks(landmarks: Sequence[FoundLandmark], state: State) -> None:
    for found in landmarks:
        time = converted_time(found.time, found.unit, state.unit)
        if time is not None:
            record = state.group(state.current).arm(state.known(found.arm))
            record.landmarks.append(Landmark(time=time, survival=found.survival, limits=found.limits))


def _add_ratio(ratio: Estimate, sentence: str, named: list[tuple[int, str]], state: State) -> str:
    """Add a hazard ratio to its end point, whose name is returned."""
    local = [name for place, name in named if place <= ratio.start]
    if local:
        state.current = local[-1]
    elif not state.current and named and named[0][0] - ratio.end < 60:
        state.current = named[0][1]
    elif not state.current:
        state.current = weak_end_point(sentence[: ratio.start]) or ""
    group = state.group(state.current)
    before = sentence[: ratio.start]
    arm, reference = contrast(before if not group.ratios else ratio.before)
    single = re.search(r"(?i)(?:ratio|HR)\s+(?:for|of)\s+(?:the\s+)?(\w+)\s*[:,=(\[]?\s*$", before)
    if arm is None and single and single.group(1) in state.arm_names:
        arm = single.group(1)
    if arm is None and state.groups and ratio.before != before:
        arm, reference = contrast(before)
    arm = None if arm is None else state.known(arm, _all_arms(state))
    reference = None if reference is None else state.known(reference, _all_arms(state))
    if arm is not None and reference is None:
        others = [name for name in (state.arm_names or _all_arms(state)) if name != arm]
        reference = others[0] if len(others) == 1 else None
    if group.ratios and any(r.value == ratio.value and r.arm == arm for r in group.ratios):
        return state.current
    limits = (ratio.low, ratio.high) if ratio.low is not None and ratio.high is not None else None
    group.ratios.append(
        HazardRatio(
            value=ratio.value, limits=limits, arm=arm, reference=reference, adjusted=ratio.adjusted, level=ratio.level
        )
    )
    return state.current


def _all_arms(state: State) -> list[str]:
    return list(dict.fromkeys(name for group in state.groups.values() for name in group.arms))


def _add_p_values(p_values: Sequence[FoundP], ratios: Sequence[Estimate], points: Sequence[str], state: State) -> None:
    """Each P value goes to the hazard ratio printed last before it, else to the current end point."""
    for p in p_values:
        owners = [point for ratio, point in zip(ratios, points, strict=True) if ratio.start < p.start]
        if re.search(r"(?i)\badverse|toxicit|response", p.before):
            continue
        if state.annotation and p.relation.startswith("<") and float(p.value) > _BOUND:
            continue
        group = state.group(owners[-1] if owners else state.current)
        relation = p.relation if p.relation in ("=", "<", ">", "<=", ">=") else "="
        of = [ratio.value for ratio in ratios if ratio.start < p.start]
        arms = _compared(of[-1], group, state) if of else ()
        value = PValue(value=p.value, relation=relation, sides=p.sides, test=p.test, arms=arms)  # type: ignore[arg-type]
        if value not in group.p_values:
            group.p_values.append(value)


def _compared(ratio: str, group: Group, state: State) -> tuple[str, ...]:
    """The two arms of the hazard ratio that a P value follows, where there are more arms than two."""
    pairs = [(r.arm, r.reference) for r in group.ratios if r.value == ratio and r.arm and r.reference]
    return tuple(arm for arm in pairs[-1] if arm) if pairs and len(state.words) > 2 else ()
