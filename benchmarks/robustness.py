"""How the package stands up to broken files and damaged figures.

    python -m benchmarks.robustness                      # everything: docs/robustness.md
    python -m benchmarks.robustness --inputs 500 --figures 0
    python -m benchmarks.robustness --found found --keep  # bytes of crashes and hangs; the corpus grows

A crash, a hang, or silently wrong figures beyond their share make the command fail.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from benchmarks.figure_mutations import MUTATIONS, RIGHT, MutatedFigure, mutated_figures
from benchmarks.fuzz import MEMORY_BYTES, Trial, run_trials
from benchmarks.fuzz_corpus import keep, kept_corpus
from kmdigitize import __version__
from kmdigitize.provenance import LIBRARIES, installed

DOCUMENT = Path(__file__).parents[1] / "docs" / "robustness.md"
TRIAL_OUTCOMES = ("read", "refused", "crash", "hang")
FIGURE_OUTCOMES = ("right", "flagged", "refused", "silently wrong", "crash")
ALLOWED = 0.005
"""Share of mutated figures that may be silently wrong."""
_READERS = (*LIBRARIES, "pypdfium2", "resvg-py", "svgelements", "pydantic")

Row = TypeVar("Row", Trial, MutatedFigure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both parts; 1 if anything crashed, hung or was silently wrong too often."""
    options = _parser().parse_args(arguments)
    trials = _kept(run_trials(range(options.inputs), options.seed, options.limit), options.rows)
    figures = _kept(mutated_figures(options.figures, options.rounds, options.seed, options.first), options.rows)
    for trial in trials:
        if trial.outcome in ("crash", "hang"):
            print(replace(trial, data=b""), file=sys.stderr)
            if options.found is not None:
                options.found.mkdir(parents=True, exist_ok=True)
                (options.found / f"{trial.reader}-{trial.number}").write_bytes(trial.data)
    if options.keep:
        keep((trial.reader, trial.data) for trial in trials if trial.new and trial.outcome in ("read", "refused"))
    asked = " ".join(f"--{name} {vars(options)[name]}" for name in ("inputs", "figures", "rounds", "first", "seed"))
    text = to_markdown(trials, figures, asked, options.limit)
    if options.inputs >= 10_000 and options.figures >= 60:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print(text)
    wrong = sum(figure.outcome == "silently wrong" for figure in figures) > ALLOWED * len(figures)
    bad = {one.outcome for one in trials} | {one.outcome for one in figures}
    return int(wrong or bool(bad & {"crash", "hang"}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Robustness of the readers and of figures.")
    parser.add_argument("--inputs", type=int, default=12_000, help="mutated files")
    parser.add_argument("--figures", type=int, default=60, help="figures to mutate")
    parser.add_argument("--rounds", type=int, default=2, help="mutations of each figure")
    parser.add_argument("--first", type=int, default=0, help="number of the first figure of the mixture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=30.0, help="seconds after which an input hangs")
    parser.add_argument("--rows", type=Path, help="file that every single outcome is added to, one JSON per line")
    parser.add_argument("--found", type=Path, help="folder for the bytes of inputs that crash or hang")
    parser.add_argument("--keep", action="store_true", help="add inputs that reached new code to the kept corpus")
    return parser


def _kept(found: Iterator[Row], rows: Path | None) -> list[Row]:
    kept = []
    for one in found:
        kept.append(one)
        if rows is not None:
            with rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps({k: v for k, v in asdict(one).items() if k != "data"}) + "\n")
    return kept


def to_markdown(trials: Sequence[Trial], figures: Sequence[MutatedFigure], asked: str, limit: float) -> str:
    """The page of the documentation; ``asked`` are the options of the run."""
    versions = ", ".join(f"{name} {number}" for name in _READERS if (number := installed(name)))
    parts = [
        "# Robustness",
        "Files of strangers are read: pictures, PDF and SVG files, tables and JSON. Whatever they hold, the answer is "
        "a result, or an error with its own exit code and a remedy; no traceback, no hang, no unbounded memory, "
        "nothing written outside the output folder and no half-written file. This page is written by "
        f"`python -m benchmarks.robustness {asked}`, here on {datetime.date.today().isoformat()}.",
        f"kmdigitize {__version__}, Python {platform.python_version()}; {versions}.",
    ]
    if trials:
        parts += _trials_part(trials, limit)
    if figures:
        parts += _figures_part(figures)
    return "\n\n".join([*parts, FOLDERS]) + "\n"


FOLDERS = """## Disks, folders and names

Tested (`tests/test_hostile_output.py`, `tests/test_robustness.py`), each with the documented exit code, a message and a
remedy, and nothing half-written:

* a full disk (a file system of 64 KiB) and a limit on file sizes: exit code 8, older output stays whole;
* folders that cannot be written, files in the way, `/proc` and `/dev/null` as folders: 8;
* symbolic links in output folders: never followed; 8 where a figure's folder is one;
* several writers and two whole runs into one folder at once: whole files, all runs end well;
* names with spaces, quotes, line breaks, `%`, leading dashes, 250 letters or text that runs backwards: stay inside;
* devices, pipes and folders as input: 3; strips, absurd sizes and decompression bombs: 9."""


def _trials_part(trials: Sequence[Trial], limit: float) -> list[str]:
    peak = max(trial.megabytes for trial in trials)
    slowest = max(trials, key=lambda trial: trial.seconds)
    return [
        "## Mutated files",
        "Small valid files of every kind, made by the package, are changed one to six times: bits flipped, bytes "
        "exchanged, inserted, cut, repeated and spliced from other kinds of files, numbers and values replaced by "
        "extreme ones, checksums of PNG chunks put right again. A mutant that takes the package from one line to "
        "another as none did before is kept and changed further (coverage-guided; compiled decoders are not traced): "
        f"{sum(trial.new for trial in trials)} in this run, {sum(map(len, kept_corpus().values()))} in the corpus that "
        "is kept in the repository and read by the tests. Each is read in a child process with "
        f"{MEMORY_BYTES >> 30} GiB of address space; {limit:g} s, with tracing, count as a hang.",
        _table("reader", TRIAL_OUTCOMES, [(trial.reader, trial.outcome) for trial in trials]),
        f"Highest memory of the reading process {peak:.0f} MB; slowest input {slowest.seconds:.1f} s "
        f"({slowest.reader}).",
    ]


def _figures_part(figures: Sequence[MutatedFigure]) -> list[str]:
    order = [(figure.mutation, figure.outcome) for figure in sorted(figures, key=lambda f: MUTATIONS.index(f.mutation))]
    wrong = [figure for figure in figures if figure.outcome == "silently wrong"]
    share = len(wrong) / len(figures)
    lines = [f"* {f.figure}, {f.mutation}: error {f.error:.3f}. {f.detail}".rstrip() for f in wrong]
    return [
        "## Mutated figures",
        f"{len({figure.figure for figure in figures})} figures of the synthetic mixture, {len(figures)} mutations. "
        f"Right: every curve found, none too many, each within {RIGHT:g} of the true survival on average over time (up "
        "to the edge of a cut picture). "
        "Flagged: not right, but a flag says that there is doubt. Refused: an error with a remedy. Silently wrong: "
        "neither right nor flagged.",
        _table("mutation", FIGURE_OUTCOMES, order),
        f"Silently wrong: {len(wrong)} of {len(figures)} ({share:.1%}; the aim is {ALLOWED:.1%} at most).",
        *(["\n".join(lines)] if lines else []),
    ]


def _table(first: str, outcomes: Sequence[str], rows: Sequence[tuple[str, str]]) -> str:
    tally = Counter(rows)
    names = [*dict.fromkeys(name for name, _ in rows)]
    lines = [f"| {first} | inputs | {' | '.join(outcomes)} |", "|---|" + "---:|" * (1 + len(outcomes))]
    for name in names:
        cells = [tally[name, outcome] for outcome in outcomes]
        lines.append(f"| {name} | {sum(cells)} | {' | '.join(map(str, cells))} |")
    totals = [sum(outcome == kind for _, outcome in rows) for kind in outcomes]
    return "\n".join([*lines, f"| all | {len(rows)} | {' | '.join(map(str, totals))} |"])


if __name__ == "__main__":
    sys.exit(main())
