"""How well curves are read from figures whose truth is known.

    python -m benchmarks.extraction                     # everything: docs/benchmark-extraction.md and a comparison
    python -m benchmarks.extraction --sets mixed --size mixed=40
    python -m benchmarks.extraction --rows rows.jsonl   # keep a line per arm; what is there already is not run again
    python -m benchmarks.extraction --accept            # store the result as the new baseline

Every figure is drawn, encoded, read and digitized through the public functions with nothing typed. A refusal or a
missing arm is an error of 1 in every average. The baseline may only get better: a number that got worse by more than
its tolerance makes the command fail.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.extraction_tables import Summary, summarise, to_markdown, worse_than
from benchmarks.figure_sets import BenchmarkFigure, figures_of
from benchmarks.scoring import ArmScore, score_figure
from kmdigitize import KmdigitizeError, digitize, read_figure

ROOT = Path(__file__).parents[1]
BASELINE = ROOT / "benchmarks" / "extraction-baseline.json"
DOCUMENT = ROOT / "docs" / "benchmark-extraction.md"
SIZES = {"series": 3, "mixed": 300, "survdigitizer": 2, "kmgpt": 1}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen sets; 1 if a number got worse than the baseline."""
    options = _parser().parse_args(arguments)
    rows: list[ArmScore] = []
    for set_name in options.sets:
        rows += _run(set_name, options)
    summary = summarise(rows)
    complete = set(options.sets) == set(SIZES) and not options.size
    if complete or options.document:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(to_markdown(rows, summary), encoding="utf-8")
    else:
        print(to_markdown(rows, summary))
    if options.accept:
        BASELINE.write_text(json.dumps(summary, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return _compare(summary) if complete and not options.accept else 0


def _run(set_name: str, options: argparse.Namespace) -> list[ArmScore]:
    """Rows of one set, taken from the file of rows where they are there."""
    known: dict[str, list[ArmScore]] = {}
    if options.rows and options.rows.exists():
        for line in options.rows.read_text(encoding="utf-8").splitlines():
            row = ArmScore(**json.loads(line))
            known.setdefault(row.figure, []).append(row)
    rows: list[ArmScore] = []
    for name, draw in figures_of(set_name, dict(options.size).get(set_name, SIZES[set_name])):
        new = known.get(name) or digitize_and_score(draw(), options.keep)
        rows += new
        if options.rows and name not in known:
            with options.rows.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(row)) + "\n" for row in new)
        print(f"\r{set_name}: {len(rows)} arms", end="", file=sys.stderr)
    print(file=sys.stderr)
    return rows


def digitize_and_score(item: BenchmarkFigure, keep: Path | None = None) -> list[ArmScore]:
    """Digitize one figure from its bytes and score it; any refusal or crash counts as a failure."""
    if keep is not None:
        item.figure.save(keep)
    try:
        found = digitize(read_figure(item.figure.file, item.figure.name))
    except KmdigitizeError as error:
        return score_figure(item.set_name, item.level, item.figure, None, type(error).__name__)
    except Exception as error:
        return score_figure(item.set_name, item.level, item.figure, None, f"crash: {type(error).__name__}: {error}")
    return score_figure(item.set_name, item.level, item.figure, found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument(
        "--size",
        nargs="+",
        type=_size,
        default=[],
        metavar="SET=N",
        help="size of the mixture, or repetitions per level of another set",
    )
    parser.add_argument("--rows", type=Path, help="JSON lines, one per arm: written, and not run again if there")
    parser.add_argument("--keep", type=Path, help="keep the figures and their truth in this folder")
    parser.add_argument("--document", action="store_true", help="write the page of the docs from an incomplete run too")
    parser.add_argument("--accept", action="store_true", help="store the result as the baseline")
    return parser


def _size(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in SIZES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SIZES)}")
    return name, int(number)


def _compare(summary: Summary) -> int:
    if not BASELINE.exists():
        print("no baseline yet; store one with --accept", file=sys.stderr)
        return 0
    worse = worse_than(json.loads(BASELINE.read_text(encoding="utf-8")), summary)
    for line in worse:
        print(line, file=sys.stderr)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
