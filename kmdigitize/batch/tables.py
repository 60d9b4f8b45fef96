"""The tables of a batch: summary.csv (or Parquet), one row per arm, and index.html, most doubtful figures first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmdigitize.batch.journal import Entry, FigureEntry, summaries
from kmdigitize.errors import FactsError
from kmdigitize.export import replace_file, to_csv

COLUMNS = (
    "figure",
    "panel",
    "end_point",
    "arm",
    "n",
    "events",
    "median",
    "reference",
    "hazard_ratio",
    "hr_lower",
    "hr_upper",
    "verdict",
    "flags",
    "error",
    "input",
    "seconds",
)
VERDICT_DOUBT = {"failed": 1000.0, "differs": 100.0, "cannot say": 10.0, "": 5.0, "agrees": 0.0}


def doubt(verdict: str, flags: Sequence[str]) -> float:
    """How much needs looking at: a verdict outweighs any number of flags that figures usually have."""
    return VERDICT_DOUBT[verdict] + len(flags)


def doubt_of(figure: FigureEntry) -> float:
    """The doubt about a figure of the journal."""
    return doubt("failed" if figure.error else figure.verdict, figure.flags)


def write_tables(entries: Sequence[Entry], folder: Path, parquet: bool = False) -> None:
    """Writes summary.csv (summary.parquet too if asked) and index.html. Raises OutputError or FactsError."""
    rows = sorted(summaries(entries), key=lambda row: (row["figure"], row.get("panel", "")))
    replace_file(folder / "summary.csv", to_csv(COLUMNS, [[_plain(row.get(name)) for name in COLUMNS] for row in rows]))
    if parquet:
        replace_file(folder / "summary.parquet", _parquet(rows))
    replace_file(folder / "index.html", _index(entries).encode())


def _plain(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe; nothing stays nothing."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    import io

    import pandas as pd

    buffer = io.BytesIO()
    try:
        pd.DataFrame(list(rows), columns=list(COLUMNS)).to_parquet(buffer, index=False)
    except ImportError as error:
        raise FactsError("pyarrow is not installed.", "Install it with: pip install 'kmdigitize[parquet]'") from error
    return buffer.getvalue()


def _index(entries: Sequence[Entry]) -> str:
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("kmdigitize"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    figures = [(figure, entry) for entry in entries for figure in entry.figures]
    figures += [(FigureEntry(e.name, error=f"{e.failure}: {e.message}"), e) for e in entries if e.failure]
    figures.sort(key=lambda pair: (-doubt_of(pair[0]), pair[0].name))
    template = environment.get_template("index.html.j2")
    return template.render(figures=figures, arms=sum(len(figure.rows) for figure, _ in figures))
