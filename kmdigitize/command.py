"""What the commands do: files in, the public functions called, files out. Printing is left to the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kmdigitize.agreement import Agreement, compare
from kmdigitize.batch.plan import record_job
from kmdigitize.calibration import CalibratedContrast
from kmdigitize.contents import Listed, contents_sheet
from kmdigitize.errors import FactsError, KmdigitizeError, OutputError
from kmdigitize.export import replace_file, to_csv, to_png
from kmdigitize.facts import FigureFacts, read_json, read_reported
from kmdigitize.ipd.causes import reconstruct_causes
from kmdigitize.ipd.points import curve_from_points
from kmdigitize.ipd.records import IPD, ReconstructionInputs
from kmdigitize.jobs import Job, Outcome, figures_of, jobs_for, stated_facts
from kmdigitize.pipeline import digitize
from kmdigitize.progress import progress
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import AtRisk
from kmdigitize.result import Result
from kmdigitize.settings import DEFAULT_SETTINGS, Settings, settings_from
from kmdigitize.stepcurve import StepCurve
from kmdigitize.tables import read_groups

Say = Callable[[str], None]


def digitize_files(paths: Sequence[str], folder: Path, options: Mapping[str, Any], say: Say) -> list[KmdigitizeError]:
    """Digitizes every figure in every file into ``folder``; returns the errors of the files that gave nothing.

    ``options`` are the command line's; ``say`` prints a line.
    """
    settings = stated_settings(options)
    failures: list[KmdigitizeError] = []
    for job in progress(jobs_for([(path, options) for path in paths]), "figures"):
        try:
            work = _list_job if options["only_list"] else _do_job
            errors = work(job, folder, settings, say)
        except KmdigitizeError as error:
            errors = [error]
        if errors and len(paths) > 1:
            say(f"{job.path}: failed: {errors[0]}")
        failures += errors
    return failures


def stated_settings(options: Mapping[str, Any]) -> Settings:
    """The settings in ``--settings``, else the defaults. Raises FactsError."""
    return settings_from(read_json(options["settings"])) if options["settings"] else DEFAULT_SETTINGS


def _do_job(job: Job, folder: Path, settings: Settings, say: Say) -> list[KmdigitizeError]:
    """Digitizes one file; its first error counts if none of its figures could be digitized."""
    failed: dict[str, KmdigitizeError] = {}

    def tell(outcome: Outcome) -> None:
        if outcome.error is not None:
            failed[outcome.name] = outcome.error
        if outcome.result is not None:
            for line in summary_lines(outcome.result):
                say(line)
            say(f"→ {outcome.folder}")

    entry = record_job(job, folder, settings, tell)
    if len(failed) == len(entry.figures):
        return list(failed.values())[:1]
    for name, error in failed.items():
        say(f"{name}: skipped: {error}")
    return []


def _list_job(job: Job, folder: Path, settings: Settings, say: Say) -> list[KmdigitizeError]:
    """Says what is in a file and draws a sheet of it; it is no error when some of it is no survival curve."""
    listed = [listing(figure, stated_facts(job, figure.name), settings) for figure in figures_of(job)]
    for one in listed:
        for line in one.lines:
            say(line)
    sheet = folder / f"{job.name}-contents.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(sheet, to_png(contents_sheet(listed)))
    except OSError as error:
        raise OutputError(f"Cannot write {sheet}: {error.strerror}.", "Choose another folder with -o.") from error
    say(f"→ {sheet}")
    return []


def summary_lines(result: Result) -> list[str]:
    """What the terminal shows of a result: a line per arm, per check, and per flag."""
    lines = [result.name]
    for panel in result.panels:
        end_point = panel.digitized.scales.end_point or panel.digitized.panel.title
        lines.append(f"  panel {panel.name}{f' ({end_point})' if end_point else ''}")
        for arm, rebuilt in zip(panel.digitized.arms, panel.reconstructions, strict=True):
            marks = arm.curve.censor_times
            lines.append(
                f"    {arm.name}: {rebuilt.ipd.n} patients, {rebuilt.ipd.events} events, {arm.curve.time.size} drops"
                + (f", {marks.size} censor marks" if marks is not None else "")
            )
        lines += [f"    {line}" for line in (check_lines(panel.agreement) if panel.agreement else [])]
        lines += [f"    {line}" for line in (calibration_lines(panel.calibrated) if panel.calibrated else [])]
    for skipped in result.digitized.skipped:
        lines.append(f"  panel {skipped.panel.name} skipped: {skipped.reason}")
    lines += [f"  flag {doubt.flag.code}: {doubt.detail or doubt.flag.meaning}" for doubt in result.doubts]
    return lines


def calibration_lines(found: CalibratedContrast) -> list[str]:
    """What calibration did: the hazard ratio before and after, beside the share of tables that match the print."""
    if not found.consistent:
        return [f"not calibrated: {found.reason}"]
    ratios = [arms.hazard_ratio for arms in (found.before, found.after)]
    before, after = ("none" if ratio is None else f"{ratio:.4f}" for ratio in ratios)
    return [f"calibrated: hazard ratio {before} before, {after} after; {found.share:.1%} of the tables match the print"]


def check_lines(agreement: Agreement) -> list[str]:
    """A line per check: verdict, quantity and subject, what is reported, what was found, and why they differ."""
    lines = []
    for check in [*agreement.checks, *agreement.consistency]:
        found = "not reached" if check.found is None else f"{check.found:.4g}"
        reason = f" ({check.reason})" if check.reason and check.verdict != "agrees" else ""
        what = f"{check.quantity}, {check.subject}" if check.subject else check.quantity
        lines.append(f"{check.verdict:10} {what}: reported {check.reported}, found {found}{reason}")
    return lines


def listing(figure: Figure, facts: FigureFacts, settings: Settings) -> Listed:
    """A line per panel: what it is and which arms it shows, or why it is skipped; and where the panels are."""
    try:
        found = digitize(figure, facts, settings)
    except KmdigitizeError as error:
        return Listed(figure, (f"{figure.name}: skipped: {error.message}",))
    lines = [f"{figure.name}-{p.panel.name}: {', '.join(arm.name for arm in p.arms)}" for p in found.panels]
    lines += [f"{figure.name}-{s.panel.name}: skipped: {s.reason}" for s in found.skipped]
    frames = tuple(p.panel.frame for p in found.panels), tuple(s.panel.frame for s in found.skipped)
    return Listed(found.figure, tuple(lines), *frames)


def reconstruct_file(curves: Path, options: Mapping[str, Any]) -> bytes:
    """Patients rebuilt from a CSV of points, as the content of an ipd.csv. Raises FactsError.

    With a column ``cause`` the curves of an arm are 1 - cumulative incidence of each cause, and so are the events.
    """
    at_risk = read_groups(options["at_risk"], ("time", "n_at_risk")) if options["at_risk"] else {}
    arms: dict[tuple[str, ...], dict[str, StepCurve]] = {}
    for (panel, arm, cause), points in read_groups(curves, ("time", "survival"), ("panel", "arm", "cause")).items():
        given = np.array(points)
        arms.setdefault((panel, arm), {})[cause] = curve_from_points(given[:, 0], given[:, 1])
    stray = set(at_risk) - set(arms)
    if stray:
        names = ", ".join(sorted(arm for _, arm in stray))
        raise FactsError(
            f"{options['at_risk']} speaks of arms that {curves} does not have: {names}.", "Name them alike."
        )
    rows: list[Sequence[object]] = []
    for index, ((panel, arm), causes) in enumerate(arms.items()):
        n, events = (_one_of(options[name], index, len(arms), name) for name in ("n", "events"))
        known = ReconstructionInputs(_first(causes), _table(at_risk.get((panel, arm))), n, events, panel=panel, arm=arm)
        found = reconstruct_causes(causes, known, options["method"], options["draws"], options["seed"])
        ipd = found.whole.ipd
        rows += [(panel, arm, t, int(e), c) for t, e, c in zip(ipd.time, ipd.event, found.cause, strict=True)]
    if all(set(causes) == {""} for causes in arms.values()):
        return to_csv(("panel", "arm", "time", "event"), [row[:4] for row in rows])
    return to_csv(("panel", "arm", "time", "event", "cause"), rows)


def _first(causes: Mapping[str, StepCurve]) -> StepCurve:
    return next(iter(causes.values()))


def _one_of(counts: tuple[int, ...] | None, index: int, n_arms: int, what: str) -> int | None:
    if counts is not None and len(counts) != n_arms:
        raise FactsError(f"--{what} has {len(counts)} values for {n_arms} arms.", "Give one for each arm.")
    if counts is not None and what == "n" and counts[index] == 0:
        raise FactsError("--n states an arm without patients.", "Give at least one patient for each arm.")
    return counts[index] if counts is not None else None


def _table(rows: list[tuple[float, ...]] | None) -> AtRisk | None:
    if not rows:
        return None
    ordered = dict(sorted((row[0], row[1]) for row in rows))
    return AtRisk(np.array(list(ordered)), np.array(list(ordered.values()), dtype=np.int64))


def check_file(ipd: Path, reported: Path, panel: str | None) -> Agreement:
    """Agreement of the patients in a CSV with a JSON of reported numbers. Raises FactsError."""
    groups = read_groups(ipd, ("time", "event"))
    panels = list(dict.fromkeys(key[0] for key in groups))
    if panel is None and len(panels) > 1:
        raise FactsError(f"{ipd} holds panels {', '.join(panels)}.", f"Choose one, such as --panel {panels[0]}.")
    chosen = panel or panels[0]
    ipds = []
    for (name, arm), patients in groups.items():
        if name == chosen:
            table = np.array(sorted(patients, key=lambda row: (row[0], -row[1])))
            ipds.append(IPD(name, arm, table[:, 0], table[:, 1] > 0))
    if not ipds:
        raise FactsError(f"{ipd} has no panel {chosen!r}; it has {', '.join(panels)}.", "Choose one of them.")
    return compare(ipds, read_reported(reported))
