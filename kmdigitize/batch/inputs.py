"""What a batch is to do: files, folders, glob patterns and manifests become jobs.

A manifest is a CSV whose column `figure` names a file (from the manifest's own folder) and whose other columns state
facts about it: the same as the options of `kmdigitize digitize`, in the same form.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kmdigitize.errors import FactsError
from kmdigitize.forms import parse_counts, parse_names, parse_pages, parse_range
from kmdigitize.jobs import FACT_OPTIONS, FILE_OPTIONS, NO_OPTIONS, Job, jobs_for
from kmdigitize.tables import read_rows

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".webp", ".bmp", ".pdf", ".svg", ".svgz"))


CELLS: dict[str, Callable[[str], Any]] = {
    "x_axis": parse_range,
    "y_axis": parse_range,
    "pages": parse_pages,
    "time_unit": str,
    "direction": str,
    "arm_names": parse_names,
    "n": parse_counts,
    "events": parse_counts,
    "panel": str,
}


def collect_jobs(inputs: Sequence[str], folder: Path, options: Mapping[str, Any]) -> tuple[Job, ...]:
    """A job for every figure file in ``inputs``, in a fixed order; what lies in the output ``folder`` is left out.

    Raises FactsError when an input is missing or a manifest is at fault.
    """
    common = {name: options.get(name, default) for name, default in NO_OPTIONS.items()}
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for given in inputs:
        for path, stated in _expand(given):
            if not path.absolute().is_relative_to(folder.absolute()):
                found.setdefault(str(path.absolute()), (str(path), {**common, **stated}))
    if not found:
        raise FactsError(f"There are no figures in {', '.join(inputs)}.", f"Give {', '.join(sorted(SUFFIXES))} files.")
    return jobs_for([found[path] for path in sorted(found)])


def _expand(given: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    path = Path(given)
    if path.is_dir():
        inside = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        yield from ((file, {}) for file in sorted(inside) if not _is_hidden(file.relative_to(path)))
    elif path.is_file() and path.suffix.lower() == ".csv":
        yield from _manifest(path)
    elif path.is_file():
        yield path, {}
    else:
        matches = sorted(glob.glob(given, recursive=True))
        if not matches:
            raise FactsError(f"There is no file, folder or pattern {given!r}.", "Check the path.")
        yield from ((Path(match), {}) for match in matches if Path(match).is_file())


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _manifest(path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    known = {"arms" if name == "arm_names" else name for name in (*FACT_OPTIONS, *FILE_OPTIONS, "pages")}
    for line, row in enumerate(read_rows(path, ("figure",), {}), 2):
        stray = set(row) - known - {"figure"}
        if stray:
            raise FactsError(
                f"{path}: unknown column {', '.join(sorted(stray))}.", f"Known: {', '.join(sorted(known))}."
            )
        if not row.get("figure"):
            raise FactsError(f"{path}, line {line}: no figure is named.", "Fill in that cell.")
        cells = {"arm_names" if name == "arms" else name: cell for name, cell in row.items() if name != "figure"}
        yield path.parent / row["figure"], {name: _cell(path, line, name, cell) for name, cell in cells.items()}


def _cell(path: Path, line: int, name: str, cell: str) -> Any:
    if name in FILE_OPTIONS:
        return path.parent / cell
    try:
        return CELLS[name](cell)
    except ValueError as error:
        raise FactsError(f"{path}, line {line}: {name}: {error}.", "Write it as on the command line.") from error
