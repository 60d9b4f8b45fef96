"""The same input gives the same output, byte for byte, whatever the number of threads; only seconds may differ."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kmdigitize.errors import FactsError
from kmdigitize.export import read_result, to_json
from kmdigitize.result import RESULT_SCHEMA
from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial

ROOT = Path(__file__).parents[1]
OLD = ROOT / "tests" / "data" / "result-schema-1.json"
"""A result as the first version that kept results wrote it, of 2 arms of 12 patients."""


def outputs(figure: Path, folder: Path, threads: str) -> dict[str, bytes]:
    """Every file that one run writes, by name; without the seconds in result.json and the report."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "KMDIGITIZE_OCR_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, threads), "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": threads}
    command = [sys.executable, "-m", "kmdigitize", "digitize", str(figure), "-o", str(folder), "-q"]
    subprocess.run(command, check=True, env=environment, capture_output=True, timeout=300)
    files = {path.name: path.read_bytes() for path in (folder / figure.stem).iterdir()}
    result = json.loads(files["result.json"])
    assert result.pop("seconds")
    timing = re.compile(rb"<caption>How long each stage took.*?</table>", re.DOTALL)
    report, tables = timing.subn(b"", files["report.html"])
    assert tables == 1
    return files | {"result.json": json.dumps(result).encode(), "report.html": report}


def test_same_bytes_with_one_thread_and_two(tmp_path: Path) -> None:
    trial = simulate_trial(TrialRecipe(arms=("Control", "Treatment"), n=40), 3)
    style = FigureStyle(dpi=80, censor="plus", risk="plain")
    path = draw_figure([trial], style, "small", 1).save(tmp_path)
    one, two = (outputs(path, tmp_path / threads, threads) for threads in ("1", "2"))
    assert one.keys() == two.keys() >= {"curves.csv", "ipd.csv", "risk_table.csv", "result.json", "overlay.png"}
    assert [name for name in one if one[name] != two[name]] == []


def test_same_bytes_with_one_worker_and_two(tmp_path: Path) -> None:
    """With one worker the second figure follows the first in the same process: nothing of it may be left behind."""
    figures = []
    for seed, name in enumerate(("first", "second")):
        trial = simulate_trial(TrialRecipe(arms=("Control", "Treatment"), n=20), seed)
        drawn = draw_figure([trial], FigureStyle(dpi=72, censor="plus", risk="plain"), name, seed)
        figures.append(str(drawn.save(tmp_path)))
    tables: list[dict[str, bytes]] = []
    for workers in ("1", "2"):
        words = [sys.executable, "-m", "kmdigitize", "batch", *figures, "-o", str(tmp_path / workers), "-w", workers]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        subprocess.run(words, check=True, env=environment, capture_output=True, timeout=300)
        files = [path for path in (tmp_path / workers).rglob("*") if path.suffix in (".csv", ".png") and path.is_file()]
        tables.append(
            {f"{path.parent.name}/{path.name}": path.read_bytes() for path in files if path.name != "summary.csv"}
        )
    one, two = ({name.removeprefix("1/").removeprefix("2/"): data for name, data in table.items()} for table in tables)
    assert one.keys() == two.keys() >= {"first/curves.csv", "second/ipd.csv", "second/overlay.png"}
    assert [name for name in one if one[name] != two[name]] == []


def test_results_of_the_first_version_still_load(tmp_path: Path) -> None:
    result = read_result(OLD)
    assert [(ipd.arm, ipd.n) for ipd in result.ipds] == [("A", 12), ("B", 12)]
    again = tmp_path / "result.json"
    again.write_bytes(to_json(result))
    assert read_result(again).ipds[0].time.tolist() == result.ipds[0].time.tolist()
    assert json.loads(again.read_bytes())["schema"] == RESULT_SCHEMA


def test_results_of_a_later_version_are_refused_with_a_remedy(tmp_path: Path) -> None:
    later = tmp_path / "result.json"
    later.write_text(json.dumps({**json.loads(OLD.read_text()), "schema": RESULT_SCHEMA + 1}))
    with pytest.raises(FactsError, match=f"schema {RESULT_SCHEMA + 1}"):
        read_result(later)
