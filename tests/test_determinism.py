"""The same input gives the same output, byte for byte, whatever the number of threads; only seconds may differ."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial

ROOT = Path(__file__).parents[1]


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
