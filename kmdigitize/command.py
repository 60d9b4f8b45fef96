"""What the commands do: files in, the public functions called, files out. Printing is left to the caller."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kmdigitize.agreement import Agreement, compare
from kmdigitize.errors import FactsError, KmdigitizeError, UnreadableFileError
from kmdigitize.export import draw_rows, safe_name, to_csv, to_png, write_outputs
from kmdigitize.facts import NO_FACTS, AtRiskFacts, FigureFacts, read_facts, read_json, read_reported, with_stated
from kmdigitize.ipd.points import curve_from_points
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import IPD, ReconstructionInputs
from kmdigitize.options import Options
from kmdigitize.overlay import draw_overlay
from kmdigitize.pipeline import digitize, run
from kmdigitize.progress import progress
from kmdigitize.records import AtRisk, Figure
from kmdigitize.report import report_html
from kmdigitize.result import Result
from kmdigitize.settings import DEFAULT_SETTINGS, Settings, settings_from
from kmdigitize.sources.read import read_bytes, read_figures
from kmdigitize.tables import read_groups

Say = Callable[[str], None]
FACT_OPTIONS = ("x_axis", "y_axis", "time_unit", "direction", "arm_names", "n", "events", "panel")


def digitize_files(paths: Sequence[str], folder: Path, options: Mapping[str, Any], say: Say) -> list[KmdigitizeError]:
    """Digitizes every figure in every file into ``folder``; returns the errors of those that failed.

    ``options`` are the command line's; ``say`` prints a line.
    """
    settings = settings_from(read_json(options["settings"])) if options["settings"] else DEFAULT_SETTINGS
    failures: list[KmdigitizeError] = []
    written: set[str] = set()
    for path in progress(paths, "figures"):
        try:
            data, stem = _input(path)
            pages = options["pages"]
            for figure in read_figures(data, stem, (int(pages[0]), int(pages[1])) if pages else None):
                _digitize_one(_distinct(figure, written), path, folder, (options, settings), say)
        except KmdigitizeError as error:
            failures.append(error)
            if len(paths) > 1:
                say(f"{path}: failed: {error}")
    return failures


def _input(path: str) -> tuple[bytes, str]:
    if path == "-":
        return sys.stdin.buffer.read(), "stdin"
    return read_bytes(Path(path)), Path(path).stem


def _distinct(figure: Figure, written: set[str]) -> Figure:
    """The figure under a name that no other figure of this run was written to."""
    from dataclasses import replace

    name, number = safe_name(figure.name), 2
    while name in written:
        name, number = f"{safe_name(figure.name)}-{number}", number + 1
    written.add(name)
    return replace(figure, name=name)


def _digitize_one(
    figure: Figure, path: str, folder: Path, chosen: tuple[Mapping[str, Any], Settings], say: Say
) -> None:
    options, settings = chosen
    facts = stated_facts(path, options)
    if options["only_list"]:
        for line in listing(figure, facts, settings):
            say(line)
        return
    how = Options(options["method"], options["draws"], options["seed"])
    result = run(figure, facts, how, settings)
    target = write_outputs(result, folder, pictures(result))
    for line in summary_lines(result):
        say(line)
    say(f"→ {target}")


def stated_facts(path: str, options: Mapping[str, Any]) -> FigureFacts:
    """Facts beside the figure or in ``--facts``, with what the command line states put over them."""
    beside = Path(path).parent / f"{Path(path).stem}.facts.json" if path != "-" else None
    source = options["facts"] or (beside if beside and beside.is_file() else None)
    facts = read_facts(source) if source else NO_FACTS
    stated: dict[str, Any] = {name: options[name] for name in FACT_OPTIONS}
    if options["at_risk"]:
        stated["at_risk"] = _at_risk_facts(options["at_risk"]).model_dump()
    if options["reported"]:
        stated["reported"] = read_reported(options["reported"]).model_dump(exclude_unset=True)
    if options["text"]:
        stated["text"] = _read_text(options["text"])
    return with_stated(facts, stated)


def _read_text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FactsError(f"{path} is no UTF-8 text.", "Save it as plain text.") from error
    except UnreadableFileError as error:
        raise FactsError(error.message, error.remedy) from error


def _at_risk_facts(path: Path) -> AtRiskFacts:
    groups = read_groups(path, ("time", "n_at_risk"))
    times = tuple(sorted({row[0] for rows in groups.values() for row in rows}))
    rows = {arm: dict(rows) for (_, arm), rows in groups.items()}
    counts = {arm: tuple(_whole(row.get(t), path) for t in times) for arm, row in rows.items()}
    return AtRiskFacts(times=times, rows=counts)


def _whole(value: float | None, path: Path) -> int | None:
    if value is not None and (value < 0 or value != int(value)):
        raise FactsError(
            f"{path}: a number at risk cannot be {value:g}.", "Numbers at risk are whole and not negative."
        )
    return None if value is None else int(value)


def pictures(result: Result) -> dict[str, bytes]:
    """overlay.png, report.html and, if draws were asked for, draws.csv."""
    overlay = draw_overlay(result.digitized)
    files = {"overlay.png": to_png(overlay), "report.html": report_html(result, overlay).encode()}
    rows = draw_rows(result)
    return files | ({"draws.csv": to_csv(("panel", "arm", "draw", "time", "event"), rows)} if rows else {})


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
    for skipped in result.digitized.skipped:
        lines.append(f"  panel {skipped.panel.name} skipped: {skipped.reason}")
    lines += [f"  flag {flag.code}: {flag.detail or flag.meaning}" for flag in result.flags]
    return lines


def check_lines(agreement: Agreement) -> list[str]:
    """A line per check: verdict, quantity and subject, what is reported, what was found, and why they differ."""
    lines = []
    for check in [*agreement.checks, *agreement.consistency]:
        found = "not reached" if check.found is None else f"{check.found:.4g}"
        reason = f" ({check.reason})" if check.reason and check.verdict != "agrees" else ""
        what = f"{check.quantity}, {check.subject}" if check.subject else check.quantity
        lines.append(f"{check.verdict:10} {what}: reported {check.reported}, found {found}{reason}")
    return lines


def listing(figure: Figure, facts: FigureFacts, settings: Settings) -> list[str]:
    """A line per panel: what it is and which arms it shows, or why it is skipped."""
    found = digitize(figure, facts, settings)
    lines = [f"{figure.name}-{p.panel.name}: {', '.join(arm.name for arm in p.arms)}" for p in found.panels]
    return lines + [f"{figure.name}-{s.panel.name}: skipped: {s.reason}" for s in found.skipped]


def reconstruct_file(curves: Path, options: Mapping[str, Any]) -> bytes:
    """Patients rebuilt from a CSV of points, as the content of an ipd.csv. Raises FactsError."""
    at_risk = read_groups(options["at_risk"], ("time", "n_at_risk")) if options["at_risk"] else {}
    groups = read_groups(curves, ("time", "survival"))
    stray = set(at_risk) - set(groups)
    if stray:
        names = ", ".join(sorted(arm for _, arm in stray))
        raise FactsError(
            f"{options['at_risk']} speaks of arms that {curves} does not have: {names}.", "Name them alike."
        )
    rows: list[Sequence[object]] = []
    for index, (key, points) in enumerate(groups.items()):
        given = np.array(points)
        counts = {name: _one_of(options[name], index, len(groups), name) for name in ("n", "events")}
        inputs = ReconstructionInputs(
            curve_from_points(given[:, 0], given[:, 1]), _table(at_risk.get(key)), **counts, panel=key[0], arm=key[1]
        )
        ipd = reconstruct(inputs, options["method"], options["draws"], options["seed"]).ipd
        rows += [(*key, t, int(e)) for t, e in zip(ipd.time, ipd.event, strict=True)]
    return to_csv(("panel", "arm", "time", "event"), rows)


def _one_of(counts: tuple[int, ...] | None, index: int, n_arms: int, what: str) -> int | None:
    if counts is not None and len(counts) != n_arms:
        raise FactsError(f"--{what} has {len(counts)} values for {n_arms} arms.", "Give one for each arm.")
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
