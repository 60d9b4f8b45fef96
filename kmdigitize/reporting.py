"""What is reported about a panel, from whichever place says it, and what it tells the reconstruction.

Stated numbers win over the caption or abstract given as text, which win over what the figure itself prints, which wins
over its caption in the article, which wins over the article's sentences that name its end point. What was not stated
by the user is marked with its source.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kmdigitize.agreement import match_arm
from kmdigitize.facts import FigureFacts
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import Reconstruction, ReconstructionInputs
from kmdigitize.options import Options
from kmdigitize.records.digitized import DigitizedArm, DigitizedPanel
from kmdigitize.records.figure import Figure, TextToken
from kmdigitize.reported import Reported
from kmdigitize.text.statistics import parse_statistics, read_printed_statistics

Rebuild = Callable[[tuple[ReconstructionInputs, ...], Options], tuple[Reconstruction, ...]]


def rebuilt_by(inputs: tuple[ReconstructionInputs, ...], options: Options) -> tuple[Reconstruction, ...]:
    """The patients of arms by the chosen method."""
    return tuple(reconstruct(one, options.method, options.draws, options.seed) for one in inputs)


def reported_on(
    panel: DigitizedPanel, figure: Figure, tokens: tuple[TextToken, ...], facts: FigureFacts
) -> Reported | None:
    """What is reported about ``panel`` of ``figure``, on which ``tokens`` are printed; None if nothing is."""
    stated = facts.of_panel(panel.panel.name).reported
    if stated is not None:
        return stated
    if facts.text is not None:
        return _of_end_point(parse_statistics(facts.text), panel.scales.end_point or panel.panel.title)
    names = [arm.name for arm in panel.arms]
    printed = read_printed_statistics(tokens, panel.panel, names)
    return printed or _around(figure, panel, names)


def _around(figure: Figure, panel: DigitizedPanel, names: list[str]) -> Reported | None:
    """What the caption says, else what the article's sentences that name the panel's end point say."""
    end_point = panel.scales.end_point or panel.panel.title
    unit = panel.scales.time_unit
    found = _of_end_point(parse_statistics(figure.caption, names, unit), end_point) if figure.caption else None
    if found is not None or not end_point:
        return found
    named = [s for s in re.split(r"(?<=[.;])\s+(?=[A-Z])", figure.article) if _plain(end_point) in _plain(s)]
    reports = parse_statistics(" ".join(named), names, unit) if named else ()
    about = [report for report in reports if report.end_point and _plain(report.end_point) in _plain(end_point)]
    return about[0] if about else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower()))


def _of_end_point(reports: tuple[Reported, ...], end_point: str) -> Reported | None:
    """The report whose end point shares most words with the panel's; the first if none does."""
    words = set(end_point.lower().replace("-", " ").split()) - {"survival", "of", "the"}

    def shared(report: Reported) -> int:
        return len(words & set((report.end_point or "").lower().replace("-", " ").split()))

    return max(reports, key=shared) if reports else None


def reconstruction_inputs(
    arm: DigitizedArm, panel: DigitizedPanel, reported: Reported | None = None
) -> ReconstructionInputs:
    """All that is known of one arm.

    Of what is reported only the number of patients is used, and only where the figure prints none: results are what
    the patients are checked against.
    """
    return ReconstructionInputs(
        curve=arm.curve,
        at_risk=arm.at_risk,
        n=arm.n or (_reported_n(arm.name, panel, reported) if arm.at_risk is None else None),
        events=arm.events,
        panel=panel.panel.name,
        arm=arm.name,
        axis_end=float(panel.scales.x.to_value(panel.panel.frame.right)),
    )


def _reported_n(name: str, panel: DigitizedPanel, reported: Reported | None) -> int | None:
    """The reported number of patients of the arm that is meant by ``name``, if exactly one is."""
    if reported is None:
        return None
    names = [arm.name for arm in panel.arms]
    meant = [arm.n for arm in reported.arms if arm.n and _is_named(arm.name, names, name)]
    return meant[0] if len(meant) == 1 else None


def _is_named(reported: str, names: list[str], name: str) -> bool:
    index = match_arm(reported, names)
    return index is not None and names[index] == name
