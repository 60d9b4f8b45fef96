"""What was done with which input: one small file per input in the output folder, by which work is resumed.

An entry holds a key made of everything that decides the output (input bytes, facts, options, settings, versions). An
input whose key is still the same, and whose outputs are still there, need not be done again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kmdigitize import __version__
from kmdigitize.errors import OutputError
from kmdigitize.export import replace_file
from kmdigitize.jobs import FILE_OPTIONS, NO_OPTIONS, Job, Outcome
from kmdigitize.provenance import LIBRARIES, installed
from kmdigitize.result import PanelResult, Result
from kmdigitize.settings import Settings, difference
from kmdigitize.survival import cox_log_ratio, median

FOLDER = ".kmdigitize"
SCHEMA = 1
LOST = ("died", "time limit", "memory limit", "unexpected")
"""Kinds of failure that say nothing about the figure: they are tried again in the next run."""


@dataclass(frozen=True, slots=True)
class FigureEntry:
    """One figure of an input. ``rows`` are its arms in the summary table; ``error`` is empty where it was digitized."""

    name: str
    verdict: str = ""
    flags: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One input. ``failure`` is the kind of error that kept all of it, "" if there was none."""

    name: str
    input: str
    key: str
    figures: tuple[FigureEntry, ...] = ()
    failure: str = ""
    message: str = ""
    seconds: float = field(default=0.0, compare=False)


def key_of(job: Job, settings: Settings) -> str:
    """Hash of everything that decides the output of ``job``; a missing file counts as empty."""
    path = Path(job.path)
    options = {name: job.options[name] for name in NO_OPTIONS}
    stated = [options[name] for name in FILE_OPTIONS if options.get(name)]
    beside = sorted(path.parent.glob(f"{_literal(path.stem)}*.facts.json"))
    parts = {
        "schema": SCHEMA,
        "versions": _versions(),
        "settings": difference(settings),
        "name": job.name,
        "options": {name: str(value) for name, value in options.items()},
        "files": [_digest(Path(file)) for file in (path, *stated, *beside)],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _literal(stem: str) -> str:
    """``stem`` for a glob pattern that means just it."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    return {"kmdigitize": __version__, **{name: installed(name) for name in LIBRARIES}}


def _digest(path: Path) -> str:
    if not path.is_file():  # a device may never end
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def write_entry(entry: Entry, folder: Path) -> None:
    """Keeps ``entry``. Raises OutputError."""
    place = folder / FOLDER
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot write to {place}: {error.strerror}.", "Name another folder with -o.") from error
    text = json.dumps({"schema": SCHEMA, **asdict(entry)}, indent=1, ensure_ascii=False)
    replace_file(place / f"{entry.name}.json", f"{text}\n".encode())


def read_entry(name: str, folder: Path) -> Entry | None:
    """The entry of the input called ``name``; None where there is none that can be read."""
    return _read(folder / FOLDER / f"{name}.json")


def entries(folder: Path) -> Iterator[Entry]:
    """All entries in ``folder``, by name."""
    for path in sorted((folder / FOLDER).glob("*.json")):
        entry = _read(path)
        if entry is not None:
            yield entry


def _read(path: Path) -> Entry | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("schema") != SCHEMA:
            return None
        figures = tuple(
            FigureEntry(**{**figure, "flags": tuple(figure["flags"]), "rows": tuple(figure["rows"])})
            for figure in document.pop("figures")
        )
        return Entry(**document, figures=figures)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_done(entry: Entry | None, key: str, folder: Path) -> bool:
    """Whether the input need not be done again."""
    if entry is None or entry.key != key or entry.failure in LOST:
        return False
    return all(figure.error or (folder / figure.name / "result.json").is_file() for figure in entry.figures)


def input_path(entry: Entry, folder: Path) -> Path:
    """Where the input of ``entry`` is: entries hold the way to it from the output folder."""
    return Path(os.path.normpath(folder / entry.input))


def way_to(path: str, folder: Path) -> str:
    """The way from the output folder to an input, so that both can be moved together."""
    return path if path == "-" else Path(os.path.relpath(Path(path).absolute(), folder.absolute())).as_posix()


def figure_entry(outcome: Outcome) -> FigureEntry:
    """What the summary says of one figure."""
    result = outcome.result
    if result is None:
        return FigureEntry(outcome.name, error=str(outcome.error))
    verdicts = {panel.agreement.verdict for panel in result.panels if panel.agreement}
    verdict = next((verdict for verdict in ("differs", "cannot say", "agrees") if verdict in verdicts), "")
    rows = [row for panel in result.panels for row in _arm_rows(panel, result)]
    return FigureEntry(result.name, verdict, tuple(dict.fromkeys(f.code for f in result.flags)), tuple(rows))


def _arm_rows(panel: PanelResult, result: Result) -> Iterator[dict[str, Any]]:
    ipds = [rebuilt.ipd for rebuilt in panel.reconstructions]
    for arm, ipd in zip(panel.digitized.arms, ipds, strict=True):
        log_ratio, error = (np.nan, np.nan) if ipd is ipds[0] else _log_ratio(ipd, ipds[0])
        half = median(ipd.time, ipd.event)
        yield {
            "panel": panel.name,
            "end_point": panel.digitized.scales.end_point or panel.digitized.panel.title,
            "arm": arm.name,
            "n": ipd.n,
            "events": ipd.events,
            "median": _shown(half),
            "hazard_ratio": _shown(np.exp(log_ratio)),
            "hr_lower": _shown(np.exp(log_ratio - 1.959964 * error)),
            "hr_upper": _shown(np.exp(log_ratio + 1.959964 * error)),
            "reference": "" if ipd is ipds[0] else ipds[0].arm,
            "verdict": panel.agreement.verdict if panel.agreement else "",
            "flags": " ".join(dict.fromkeys(flag.code for flag in panel.flags)),
            "figure": result.name,
        }


def _log_ratio(arm: Any, reference: Any) -> tuple[float, float]:
    return cox_log_ratio((arm.time, arm.event), (reference.time, reference.event))


def _shown(value: float | None) -> float | None:
    """Six digits, None where there is no number."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.6g}")


def summaries(all_entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """Rows of the summary table: one per arm, one per figure or input that gave none."""
    for entry in all_entries:
        base = {"input": entry.input, "seconds": round(entry.seconds, 2)}
        if entry.failure:
            yield {**base, "figure": entry.name, "error": f"{entry.failure}: {entry.message}"}
        for figure in entry.figures:
            if figure.error:
                yield {**base, "figure": figure.name, "error": figure.error}
            for row in figure.rows:
                yield {**base, **row}
