"""One input file, all its figures: facts put to each, everything written, what became of it said.

The commands `digitize` and `batch` and every worker do their figures here and nowhere else.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kmdigitize.errors import FactsError, KmdigitizeError, TooLargeError, UnreadableFileError
from kmdigitize.export import calibrated_rows, draw_rows, safe_name, to_csv, to_png, write_outputs
from kmdigitize.facts import NO_FACTS, AtRiskFacts, FigureFacts, read_facts, read_reported, with_stated
from kmdigitize.options import Options, options_of
from kmdigitize.overlay import draw_overlay
from kmdigitize.pipeline import run
from kmdigitize.records.figure import Figure
from kmdigitize.report import report_html
from kmdigitize.result import Result
from kmdigitize.settings import Settings
from kmdigitize.sources.read import MAX_BYTES, read_bytes, read_figures
from kmdigitize.tables import read_groups

FACT_OPTIONS = ("x_axis", "y_axis", "time_unit", "direction", "arm_names", "n", "events", "panel")
FILE_OPTIONS = ("facts", "at_risk", "reported", "text")
NO_OPTIONS: dict[str, Any] = {
    **dict.fromkeys((*FACT_OPTIONS, *FILE_OPTIONS, "pages")),
    "method": "exact",
    "draws": 0,
    "seed": 0,
    "calibrate": False,
}


@dataclass(frozen=True, slots=True)
class Job:
    """An input ``path`` ("-": standard input) to be digitized under ``name`` with the ``options`` of a command."""

    path: str
    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one figure: a ``result`` written to ``folder``, or an ``error``."""

    name: str
    result: Result | None = None
    folder: Path | None = None
    error: KmdigitizeError | None = None


def jobs_for(inputs: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[Job, ...]:
    """A job per (path, options); files of the same stem are told apart by their folders, then by a number."""
    stems = ["stdin" if path == "-" else safe_name(Path(path).stem) for path, _ in inputs]
    common = Counter(stems)
    taken: set[str] = set()
    jobs = []
    for (path, options), stem in zip(inputs, stems, strict=True):
        wanted = stem if common[stem] == 1 or path == "-" else safe_name(f"{Path(path).absolute().parent.name}-{stem}")
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}-{number}", number + 1
        taken.add(name)
        jobs.append(Job(path, name, options))
    return tuple(jobs)


def figures_of(job: Job) -> tuple[Figure, ...]:
    """The figures in the input of ``job``. Raises KmdigitizeError when it cannot be read."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1) if job.path == "-" else read_bytes(Path(job.path))
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"Standard input has more than {MAX_BYTES:,} bytes.", "Cut out the figure.")
    return read_figures(data, job.name, job.options["pages"])


def digitize_job(job: Job, folder: Path, settings: Settings) -> Iterator[Outcome]:
    """Digitizes and writes every figure of ``job`` into ``folder``, one outcome each.

    Raises KmdigitizeError when the input itself cannot be read or nothing can be written.
    """
    options = job.options
    how = options_of(options)
    for figure in figures_of(job):
        named = replace(figure, name=safe_name(figure.name))
        try:
            result = run(named, stated_facts(job, figure.name), how, settings)
        except KmdigitizeError as error:
            yield Outcome(named.name, error=error)
            continue
        yield Outcome(named.name, result, write_outputs(result, folder, pictures(result, how)))


def facts_beside(path: str, name: str, job_name: str) -> Path | None:
    """The facts file of the figure ``name`` of an input: its own, else the one of the whole file."""
    if path == "-":
        return None
    file = Path(path)
    own = file.parent / f"{file.stem}{name.removeprefix(job_name)}.facts.json"
    whole = file.parent / f"{file.stem}.facts.json"
    return next((one for one in (own, whole) if one.is_file()), None)


def stated_facts(job: Job, figure_name: str) -> FigureFacts:
    """Facts beside the figure or in ``--facts``, with what the options state put over them. Raises FactsError."""
    options = job.options
    source = options["facts"] or facts_beside(job.path, figure_name, job.name)
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
    rows = {arm: {t: count for t, count in cells} for (_, arm), cells in groups.items()}  # noqa: C416
    counts = {arm: tuple(_whole(row.get(t), path) for t in times) for arm, row in rows.items()}
    return AtRiskFacts(times=times, rows=counts)


def _whole(value: float | None, path: Path) -> int | None:
    if value is not None and (value < 0 or value != int(value)):
        raise FactsError(
            f"{path}: a number at risk cannot be {value:g}.", "Numbers at risk are whole and not negative."
        )
    return None if value is None else int(value)


def pictures(result: Result, options: Options) -> dict[str, bytes]:
    """overlay.png, report.html and, where the options ask for them, calibrated_ipd.csv and draws.csv."""
    overlay = draw_overlay(result.digitized)
    files = {"overlay.png": to_png(overlay), "report.html": report_html(result, overlay).encode()}
    if options.calibrate:
        files["calibrated_ipd.csv"] = to_csv(("panel", "arm", "time", "event"), calibrated_rows(result))
    if options.write_draws:
        files["draws.csv"] = to_csv(("panel", "arm", "draw", "time", "event"), draw_rows(result))
    return files
