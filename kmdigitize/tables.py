"""CSV tables that the user gives: points of curves, numbers at risk, patients."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from kmdigitize.errors import FactsError
from kmdigitize.reported import MAX_PATIENTS

MAX_ROWS = 2_000_000
LARGEST = 1e9
"""No time, in whatever unit, and no count is larger."""
SMALLEST = 1e-9
"""No time but 0 is smaller."""


def read_rows(path: Path, columns: Sequence[str], defaults: dict[str, str]) -> list[dict[str, str]]:
    """Rows of a CSV (comma, semicolon or tab) with at least ``columns``; ``defaults`` fill columns it lacks.

    Raises FactsError that names the line and the column at fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FactsError(f"Cannot read {path}: {error}.", "Give a UTF-8 CSV file.") from error
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        names = {(name or "").strip().lower(): name for name in reader.fieldnames or []}
    except csv.Error as error:
        raise FactsError(f"{path}: the header cannot be read ({error}).", "Give a UTF-8 CSV file.") from error
    missing = [column for column in columns if column not in names]
    if missing:
        raise FactsError(
            f"{path} lacks the column {', '.join(missing)}; it has: {', '.join(names) or 'none'}.",
            f"Give a header line with {','.join([*defaults, *columns])}.",
        )
    rows: list[dict[str, str]] = []
    for row in _cells(reader, path):
        if len(rows) >= MAX_ROWS:
            raise FactsError(f"{path} has more than {MAX_ROWS:,} rows.", "Split the table.")
        values = {name: (row.get(original) or "").strip() for name, original in names.items()}
        rows.append({**defaults, **{name: value for name, value in values.items() if value}})
    return rows


def _cells(reader: csv.DictReader[str], path: Path) -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise FactsError(f"{path}, line {reader.line_num}: {error}.", "Close the quotation mark there.") from error


def number(row: dict[str, str], column: str, path: Path, line: int) -> float:
    """The finite number in ``column`` of a row. Raises FactsError with file, line and column."""
    printed = row.get(column, "")
    try:
        value = float(printed.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FactsError(f"{path}, line {line}: {column} is {printed!r}, not a number.", "Mend that cell.")
    if abs(value) > LARGEST or 0 < abs(value) < SMALLEST or (column == "n_at_risk" and not 0 <= value <= MAX_PATIENTS):
        raise FactsError(f"{path}, line {line}: {column} is {printed}, which cannot be meant.", "Mend that cell.")
    return value


def read_groups(
    path: Path, columns: Sequence[str], keys: Sequence[str] = ("panel", "arm")
) -> dict[tuple[str, ...], list[tuple[float, ...]]]:
    """Numeric ``columns`` of a CSV grouped by ``keys``, in order of first appearance. Raises FactsError."""
    groups: dict[tuple[str, ...], list[tuple[float, ...]]] = {}
    for line, row in enumerate(read_rows(path, columns, {"panel": "1", "arm": "arm 1"}), 2):
        values = tuple(number(row, column, path, line) for column in columns)
        groups.setdefault(tuple(row.get(key, "") for key in keys), []).append(values)
    if not groups:
        raise FactsError(f"{path} holds a header but no rows.", "Give at least one row.")
    return groups
