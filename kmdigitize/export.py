"""Result → files, and back. The tables are the output contract; result.json holds every intermediate record.

All files are written beside their destination first and moved into place together, so that a run that is cut off
leaves no half-written file; nothing outside the output folder is touched.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kmdigitize.codec import decode, encode
from kmdigitize.errors import FactsError, OutputError
from kmdigitize.geometry import Pixels
from kmdigitize.records.digitized import DigitizedArm
from kmdigitize.result import RESULT_SCHEMA, PanelResult, Result

Row = Sequence[object]


def curve_rows(result: Result) -> list[Row]:
    """(panel, arm, time, survival) at the vertices just after each drop: first 0, 1, last the curve's end."""
    return [
        (panel.name, arm.name, t, s) for panel, arm in _arms(result) for t, s in zip(*arm.curve.vertices(), strict=True)
    ]


def ipd_rows(result: Result) -> list[Row]:
    """(panel, arm, time, event) of every reconstructed patient; event is 1 or 0."""
    return [(ipd.panel, ipd.arm, t, int(e)) for ipd in result.ipds for t, e in zip(ipd.time, ipd.event, strict=True)]


def risk_rows(result: Result) -> list[Row]:
    """(panel, arm, time, n_at_risk) as printed or stated."""
    return [
        (panel.name, arm.name, t, int(n))
        for panel, arm in _arms(result)
        if arm.at_risk is not None
        for t, n in zip(arm.at_risk.time, arm.at_risk.count, strict=True)
    ]


def mark_rows(result: Result) -> list[Row]:
    """(panel, arm, time) of every censor mark seen."""
    return [
        (panel.name, arm.name, t)
        for panel, arm in _arms(result)
        if arm.curve.censor_times is not None
        for t in arm.curve.censor_times
    ]


def calibrated_rows(result: Result) -> list[Row]:
    """(panel, arm, time, event) of the patients that also reproduce the printed hazard ratio, if calibrated."""
    return [
        (ipd.panel, ipd.arm, t, int(e))
        for panel in result.panels
        if panel.calibrated is not None and panel.calibrated.consistent
        for ipd in (panel.calibrated.arm, panel.calibrated.reference)
        for t, e in zip(ipd.time, ipd.event, strict=True)
    ]


def draw_rows(result: Result) -> list[Row]:
    """(panel, arm, draw, time, event) of every patient of every posterior draw; draws count from 1."""
    return [
        (rebuilt.ipd.panel, rebuilt.ipd.arm, number, t, int(e))
        for panel in result.panels
        for rebuilt in panel.reconstructions
        for number, draw in enumerate(rebuilt.draws, 1)
        for t, e in zip(draw.time, draw.event, strict=True)
    ]


TABLES = {
    "curves.csv": (("panel", "arm", "time", "survival"), curve_rows),
    "ipd.csv": (("panel", "arm", "time", "event"), ipd_rows),
    "risk_table.csv": (("panel", "arm", "time", "n_at_risk"), risk_rows),
    "censor_marks.csv": (("panel", "arm", "time"), mark_rows),
}


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A UTF-8 table; numbers with ten significant digits."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([f"{value:.10g}" if isinstance(value, float) else value for value in row] for row in rows)
    return buffer.getvalue().encode()


_PNG_FILTER, _NO_FILTER = 19, 8
"""OpenCV's numbers, which its older versions know no names for and pass over. Flat colours are half as large without a
filter, and done in two thirds of the time."""


def to_png(pixels: Pixels) -> bytes:
    """An RGB picture (height, width, 3) as the bytes of a PNG file."""
    import cv2

    how = (cv2.IMWRITE_PNG_COMPRESSION, 1, _PNG_FILTER, _NO_FILTER)
    return bytes(cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), how)[1])


def to_json(result: Result) -> bytes:
    """The whole result (without pixels and draws) as JSON; seconds come last so that the rest can be compared."""
    result = replace(result, panels=tuple(_without_draws(panel) for panel in result.panels))
    document = {"schema": RESULT_SCHEMA, **encode(result)}
    seconds = document.pop("seconds")
    document["digitized"].pop("seconds")
    return (json.dumps({**document, "seconds": seconds}, indent=1, ensure_ascii=False) + "\n").encode()


def _without_draws(panel: PanelResult) -> PanelResult:
    return replace(panel, reconstructions=tuple(replace(rebuilt, draws=()) for rebuilt in panel.reconstructions))


def read_result(path: Path | str) -> Result:
    """The result that was written to ``path`` (a result.json or its folder); its figure is blank.

    Raises FactsError when the file is missing, damaged or of an unknown schema.
    """
    path = Path(path)
    path = path / "result.json" if path.is_dir() else path
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != RESULT_SCHEMA:
            raise FactsError(
                f"{path} has schema {document['schema']}; this version reads {RESULT_SCHEMA}.", "Run again."
            )
        result: Result = decode(document, Result)
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise FactsError(f"{path} is no result of kmdigitize ({error}).", "Run `kmdigitize digitize` again.") from error
    return result


def write_outputs(result: Result, folder: Path | str, extra: Mapping[str, bytes] | None = None) -> Path:
    """Writes every output file of ``result`` into ``folder`` / its name and returns that folder.

    ``extra`` are further files by name (pictures, report, draws). Raises OutputError when it cannot be written.
    """
    files = {name: to_csv(columns, rows(result)) for name, (columns, rows) in TABLES.items()}
    files |= {"result.json": to_json(result), **(extra or {})}
    return write_files(files, Path(folder), safe_name(result.name))


def safe_name(name: str) -> str:
    """``name`` as one harmless path component."""
    kept = "".join("_" if ch in '/\\:*?"<>|' or ord(ch) < 32 else ch for ch in name).strip(" .")
    return kept[:150] or "figure"


def write_files(files: Mapping[str, bytes], folder: Path, name: str) -> Path:
    """Writes ``files`` to ``folder``/``name``, all beside their destination first. Raises OutputError."""
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            raise OutputError(f"{target} is a symbolic link.", "Name another output folder with -o.")
        partial = Path(tempfile.mkdtemp(prefix=f".kmdigitize-{os.getpid()}-", dir=folder))
        try:
            for file, content in files.items():
                (partial / file).write_bytes(content)
            target.mkdir(exist_ok=True)
            for file in files:
                os.replace(partial / file, target / file)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        message = f"Cannot write to {target}: {error.strerror or error}."
        raise OutputError(message, "Name a folder that can be written with -o.") from error
    return target


def replace_file(path: Path, content: bytes) -> None:
    """Writes one file beside its destination and moves it into place. Raises OutputError."""
    try:
        handle, partial = tempfile.mkstemp(prefix=f".kmdigitize-{os.getpid()}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(partial, 0o644)
            os.replace(partial, path)
        finally:
            Path(partial).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.", "Check the folder.") from error


def _arms(result: Result) -> list[tuple[PanelResult, DigitizedArm]]:
    return [(panel, arm) for panel in result.panels for arm in panel.digitized.arms]


def summary(result: Result) -> dict[str, Any]:
    """The few numbers that a terminal or a table of many figures shows."""
    return {
        "figure": result.name,
        "panels": len(result.panels),
        "arms": sum(len(panel.digitized.arms) for panel in result.panels),
        "patients": sum(len(ipd.time) for ipd in result.ipds),
        "flags": [flag.code for flag in result.flags],
        "verdicts": [check.verdict for panel in result.panels if panel.agreement for check in panel.agreement.checks],
    }
