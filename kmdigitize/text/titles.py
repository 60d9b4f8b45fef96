"""Axis titles, panel letters and panel titles, and what they say about the axes.

The title of the y axis stands on end left of the frame, that of the x axis is the line of text under the tick labels.
Words decide time unit, end point, percent, direction and whether the panel shows survival at all.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from kmdigitize.geometry import Box
from kmdigitize.records.axes import AxisTitles, Direction, Panel
from kmdigitize.records.figure import TextToken
from kmdigitize.text.wordings import is_number, is_risk_header, is_statistic

log = logging.getLogger(__name__)

_UNITS = (
    ("months", r"months?|mos?|mths?|monaten?|mois|meses|mesi"),
    ("years", r"years?|yrs?|y|jahren?|ann[ée]es|años|anni"),
    ("weeks", r"weeks?|wks?|w|wochen|semaines|semanas|settimane"),
    ("days", r"days?|d|tagen?|jours|días|giorni"),
    ("hours", r"hours?|hrs?|h|stunden|heures|horas|ore"),
)
_TIME = re.compile(r"(?i)\b(?:time|follow[\s-]*up|since|after|from|duration|age)\b|timeline|tiempo|zeit|temps|tempo")
_KINDS = (
    ("log-log survival", r"log\s*\(?\s*[-–−]\s*log|log[-\s]log|complementary"),
    ("cumulative hazard", r"cum(?:ulative|\.)?\s*haz|nelson|integrated\s+hazard"),
    ("residuals", r"schoenfeld|residual|martingale|beta\s*\(?\s*t\b"),
    ("a hazard rate", r"hazard\s+(?:rate|function)|smoothed\s+hazard"),
    ("a forest plot", r"hazard\s+ratio|odds\s+ratio|relative\s+risk|risk\s+ratio|\bHR\s*\("),
    ("a ROC curve", r"sensitivity|true\s+positive|1\s*[-–−]\s*specificity|false\s+positive"),
)
_RATIO_AXIS = re.compile(r"(?i)\W*(?:adjusted\s+)?(?:hazard|odds|risk|rate)\s+ratio\W*(?:\([^()]*\))?")
_UP = re.compile(
    r"(?i)cum(?:ulative|\.)?\s*(?:incidence|mortality|event|failure|rate|risk|probability|proportion|recurrence|relapse)"
    r"|incidence|mortality|failure|\brisk\s+of|event\s+(?:rate|prob)|(?:1|one)\s*[-–−]\s*(?:survival|s\b|km)"
    r"|(?:probability|proportion|percentage|patients)\s+(?:of|with)\s+(?:death|dying|recurrence|relapse|progression|event|an?\s)\b"
    r"|death\s*\(|recurrence\s+rate|relapse\s+rate"
)
_DOWN = re.compile(r"(?i)surviv|\w-free|free\s+(?:of|from)|alive|remission|without|retention|persistence")
_MEASURES = re.compile(
    r"(?i)prob|proportion|fraction|percent|patients|subjects|cases|surv|free|rate|risk|incidence|event|cumul|kaplan"
    r"|S\s*\(|^\W*(?:%|overall)\W*$|Überleben|supervivencia|sobrevida|survie|sopravvivenza"
)
_END_POINTS = re.compile(
    r"(?i)((?:[a-z]+[\s-]+(?:[a-z]+[\s-]+)?)?(?:free|specific|related)[\s-]+survival|overall\s+survival|graft\s+survival"
    r"|(?:duration|time)\s+(?:of|to)\s+[a-z]+(?:\s[a-z]+)?|\b(?:PFS|OS|DFS|RFS|EFS|MFS|DSS|CSS|TTP|LRFS|DMFS|BCR)\b)"
)
_NOT_END_POINT = re.compile(
    r"(?i)^(?:probability|proportion|percentage|cumulative|estimated|patients|rate)\s+(?:of\s+)?"
)
_PANEL_LETTER = re.compile(r"^\(?([A-La-l])[.):]?\)?$")
_LETTERED_TITLE = re.compile(r"^\(?([A-L])(?:[.):]+\)?\s*|\s+)(\S.*)$")
_FIGURE_NUMBER = re.compile(r"(?i)^(?:supplementary\s+)?fig(?:ure|\.)?\s*[A-Z]?\d*[A-Za-z]?\s*[.:)|]?\s*")


def read_axis_titles(tokens: Sequence[TextToken], panel: Panel) -> AxisTitles:
    """What the titles of the panel's axes say; empty strings and None where they are missing or do not decide."""
    mine = [t for t in tokens if panel.region.contains(t.box.center_x, t.box.center_y)]
    x_title, y_title = _x_title(mine, panel), _y_title(mine, panel)
    kind = next((name for name, words in _KINDS if re.search(f"(?i){words}", f"{y_title} | {x_title}")), "survival")
    titles = AxisTitles(
        x_title, y_title, time_unit(x_title), end_point(y_title), _percent(y_title), direction(y_title), kind
    )
    log.debug("titles of panel %s: %s", panel.name, titles)
    return titles


def read_panel_title(tokens: Sequence[TextToken], panel: Panel) -> tuple[str, str]:
    """Letter at the upper left corner and title above the panel, "" where there is none; a figure number is dropped."""
    frame = panel.frame
    mine = [t for t in tokens if t.angle == 0 and panel.region.contains(t.box.center_x, t.box.center_y)]
    lines = sorted(_lines([t for t in mine if t.box.center_y < frame.top]), key=lambda line: line.box.top)
    lettered = [t for t in mine if _letter(t.text) and _at_upper_left(t, frame)]
    nearest = min(lettered, key=lambda t: abs(t.box.right - frame.left) + frame.top - t.box.center_y, default=None)
    letter = _letter(nearest.text) if nearest else ""
    for line in lines:
        text = line.text.strip()
        match = _LETTERED_TITLE.match(text)
        if match and (not letter or match.group(1) == letter):
            letter, text = match.group(1), match.group(2)
        title = _FIGURE_NUMBER.sub("", text).strip()
        if _is_title(title) and not any(_beside(line, other) and _is_title(other.text.strip()) for other in lines):
            return letter, title
    return letter, ""


def _at_upper_left(token: TextToken, frame: Box) -> bool:
    """Above the left part of the frame, or left of the frame at the height of its top (a letter in the margin)."""
    if token.box.center_y < frame.top:
        return token.box.left < frame.left + 0.3 * frame.width
    return token.box.right < frame.left and token.box.top < frame.top + token.box.height


def in_sequence(letters: Sequence[str]) -> list[str]:
    """The letters of panels in reading order, those that were not read ("") supplied where the others count up.

    More than half must have been read, each the one that is due at its place.
    """
    due = [chr(ord("A") + place) for place in range(len(letters))]
    read = [letter == wanted for letter, wanted in zip(letters, due, strict=True) if letter]
    return due if all(read) and 2 * len(read) > len(letters) else list(letters)


def _is_title(text: str) -> bool:
    return len(text) > 2 and not is_number(text) and not is_statistic(text)


def _beside(line: TextToken, other: TextToken) -> bool:
    """Other text on the same level: entries of a legend stand so, a title stands alone."""
    return other is not line and abs(other.box.center_y - line.box.center_y) < 0.4 * (line.box.height + 1)


def time_unit(text: str) -> str:
    """The unit of time that a title names: "months", "years", "weeks", "days", "hours", else ""."""
    words = re.sub(r"[_()\[\],.;:/]", " ", text)
    for unit, pattern in _UNITS:
        if re.search(rf"(?i)(?<![A-Za-z])(?:{pattern})(?![A-Za-z])", words):
            return unit
    return ""


def end_point(text: str) -> str:
    """The end point that a title names, in lower case except for abbreviations; "" for plain survival."""
    match = _END_POINTS.search(re.sub(r"\s+", " ", text))
    if not match:
        return ""
    phrase = _NOT_END_POINT.sub("", match.group(1).strip())
    phrase = re.sub(r"(?i)^(?:of|the)\s+", "", phrase)
    return phrase if phrase.isupper() else phrase.lower()


def direction(text: str) -> Direction | None:
    """Which way the words say the curves go; None where they do not decide."""
    if re.search(r"(?i)(?:1|one)\s*[-–−]\s*(?:survival|s\b|km)", text):
        return "up"
    if _DOWN.search(text):
        return "down"
    return "up" if _UP.search(text) else None


def names_survival(title: str) -> bool:
    """Whether the title of a y axis may be that of survival: by words of it, of incidence, or of parts of a whole.

    A piece of a word may be all that was found of a title on end.
    """
    piece = len(title) >= 3 and any(title.lower() in word for word in ("survival", "probability", "proportion"))
    return piece or any(words.search(title) for words in (_MEASURES, _DOWN, _UP, _END_POINTS))


def _percent(title: str) -> bool | None:
    if re.search(r"(?i)%|\bper\s?cent", title):
        return True
    return False if re.search(r"(?i)probability|proportion|fraction", title) else None


def _letter(text: str) -> str:
    match = _PANEL_LETTER.match(text.strip())
    return match.group(1).upper() if match else ""


def _lines(tokens: Sequence[TextToken], gap: float = 2.5) -> list[TextToken]:
    """Upright tokens joined to lines across gaps of up to ``gap`` text heights."""
    lines: list[TextToken] = []
    for token in sorted(tokens, key=lambda t: t.box.left):
        for index, line in enumerate(lines):
            height = max(line.box.height, token.box.height) + 1
            level = abs(line.box.center_y - token.box.center_y) < 0.4 * height
            if level and token.box.left - line.box.right < gap * height:
                sure = min(line.confidence, token.confidence)
                lines[index] = TextToken(f"{line.text} {token.text}", line.box.union(token.box), sure)
                break
        else:
            lines.append(token)
    return lines


def _x_title(tokens: Sequence[TextToken], panel: Panel) -> str:
    """The line under the tick labels, nearest to the frame and to its middle; words of time win."""
    frame = panel.frame
    below = [
        t
        for t in tokens
        if t.angle == 0
        and t.box.center_y > frame.bottom
        and not is_number(t.text)
        and re.search(r"[A-Za-z]{3}", t.text)
    ]
    best, best_score = "", -3.0
    for line in _lines(below, 1.2):
        off_middle = abs(line.box.center_x - frame.center_x) / max(1.0, frame.width)
        distance = (line.box.top - frame.bottom) / max(1.0, frame.height)
        wordy = bool(time_unit(line.text)) + bool(_TIME.search(line.text))
        score = 2.0 * wordy - 3.0 * off_middle - 2.0 * distance - 5.0 * is_risk_header(line.text)
        is_axis = not is_statistic(line.text) or (off_middle < 0.1 and _RATIO_AXIS.fullmatch(line.text) is not None)
        if off_middle < 0.55 and score > best_score and is_axis:
            best, best_score = line.text, score
    return best if best_score > -1.5 else ""


def _y_title(tokens: Sequence[TextToken], panel: Panel) -> str:
    """Vertical text left of the frame, columns from left to right; else a line above the axis that names survival."""
    frame = panel.frame
    side = [
        t
        for t in tokens
        if abs(t.angle) == 90
        and t.box.center_x < frame.left
        and not is_number(t.text)
        and frame.top - 0.3 * frame.height < t.box.center_y < frame.bottom + 0.3 * frame.height
    ]
    if side:
        return " ".join(t.text for column in _columns(side) for t in column)
    words = re.compile(rf"{_DOWN.pattern}|{_UP.pattern.removeprefix('(?i)')}")
    above = [
        t
        for t in _lines([t for t in tokens if t.angle == 0 and t.box.bottom < frame.top + 0.05 * frame.height])
        if t.box.left < frame.left and words.search(t.text) and t.box.center_x < frame.left + 0.25 * frame.width
    ]
    return max(above, key=lambda t: t.box.bottom).text if above else ""


def _columns(tokens: Sequence[TextToken]) -> list[list[TextToken]]:
    """Vertical tokens by column from left to right, each in reading order."""
    columns: list[tuple[Box, list[TextToken]]] = []
    for token in sorted(tokens, key=lambda t: t.box.center_x):
        for index, (box, members) in enumerate(columns):
            if abs(box.center_x - token.box.center_x) < 0.6 * max(box.width, token.box.width):
                members.append(token)
                columns[index] = (box.union(token.box), members)
                break
        else:
            columns.append((token.box, [token]))
    return [sorted(members, key=lambda t: -t.angle * t.box.center_y) for _, members in columns]
