"""The sample figures of the repository: ``python -m kmdigitize.synthetic.samples sample_figures`` draws them anew.

Three figures show a simulated trial (see :mod:`kmdigitize.synthetic.hcc`), the others data sets that lifelines ships.
Every folder gets the figure, the facts (reported numbers as printed), the truth, and a note on the source.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kmdigitize.synthetic.catalogue import SAMPLES, Sample
from kmdigitize.synthetic.draw import SyntheticFigure, draw_figure
from kmdigitize.synthetic.trials import TrueArm, life_table

SIMULATED = "Simulated trial: no patient in this figure is real; only the printed statistics are those of the paper."


def draw_sample(sample: Sample) -> SyntheticFigure:
    """The figure and truth of one sample."""
    figure = draw_figure([sample.arms()], sample.style, sample.name, seed=1)
    about = {
        "file": f"{sample.name}.{figure.suffix}",
        "source": sample.origin,
        "drawn_with": {library: version(library) for library in ("matplotlib", "pillow")},
    }
    return replace(figure, truth=figure.truth | about)


def sample_facts(sample: Sample) -> dict[str, Any]:
    """The facts file: reported numbers as printed strings and a caption, and nothing that the tool is to find."""
    caption = SIMULATED if sample.simulated else f"Drawn from public data: {sample.origin}."
    return {"schema": 1, "sample": caption, "reported": sample.reported or compute_reported(sample.arms())}


def compute_reported(arms: Sequence[TrueArm]) -> dict[str, Any]:
    """Numbers, events, medians, hazard ratio and P value of ``arms`` as a paper would print them."""
    reported: dict[str, Any] = {"arms": [_reported_arm(arm) for arm in arms]}
    if len(arms) == 2:
        ratio, low, high, p = _compare(arms[1], arms[0])
        reported["hazard_ratios"] = [
            {
                "value": f"{ratio:.2f}",
                "limits": [f"{low:.2f}", f"{high:.2f}"],
                "arm": arms[1].name,
                "reference": arms[0].name,
                "adjusted": False,
            }
        ]
        small = p < 0.001
        value = "0.001" if small else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
        reported["p_values"] = [{"value": value, "relation": "<" if small else "=", "sides": 2, "test": "log-rank"}]
    return reported


def write_sample(sample: Sample, folder: Path) -> Path:
    """Write the four files of a sample into ``folder/NAME``; the path of the figure."""
    figure = draw_sample(sample)
    home = folder / sample.name
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{sample.name}.{figure.suffix}"
    path.write_bytes(figure.file)
    _write_json(home / f"{sample.name}.facts.json", sample_facts(sample), indent=2)
    _write_json(home / "truth.json", figure.truth, indent=None)
    (home / "SOURCE.md").write_text(_source_note(sample, path.name), encoding="utf-8")
    return path


def _reported_arm(arm: TrueArm) -> dict[str, Any]:
    median = life_table(arm).median
    printed = "NR" if median is None else f"{median:.1f}"
    return {"name": arm.name, "n": arm.n, "events": arm.events, "median": printed}


def _compare(arm: TrueArm, reference: TrueArm) -> tuple[float, float, float, float]:
    """Hazard ratio of ``arm`` versus ``reference`` with limits, and the two-sided log-rank P, by lifelines."""
    import numpy as np
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.statistics import logrank_test

    patients = pd.DataFrame(
        {
            "time": np.concatenate([arm.time, reference.time]),
            "event": np.concatenate([arm.event, reference.event]),
            "arm": np.repeat([1, 0], [arm.n, reference.n]),
        }
    )
    row = CoxPHFitter().fit(patients, "time", "event").summary.loc["arm"]
    test = logrank_test(arm.time, reference.time, arm.event, reference.event)
    low, high = row["exp(coef) lower 95%"], row["exp(coef) upper 95%"]
    return float(row["exp(coef)"]), float(low), float(high), float(test.p_value)


def _write_json(path: Path, content: dict[str, Any], indent: int | None) -> None:
    path.write_text(json.dumps(content, indent=indent, ensure_ascii=False) + "\n", encoding="utf-8")


def _source_note(sample: Sample, picture: str) -> str:
    lines = [f"# {sample.name}", "", sample.note, "", f"Source: {sample.origin}."]
    if sample.simulated:
        lines += ["", f"**{SIMULATED}**"]
    lines += [
        "",
        f"`{picture}` is the figure, `{sample.name}.facts.json` the reported numbers, `truth.json` the patients, the "
        "true curves and the place of the axes in pixels. Drawn anew, bit for bit with the same versions of matplotlib "
        "and Pillow, by `python -m kmdigitize.synthetic.samples sample_figures`.",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str], report: Callable[[str], None] = print) -> int:
    """Draw every sample into the folder given as the only argument."""
    if len(arguments) != 1:
        report("usage: python -m kmdigitize.synthetic.samples FOLDER")
        return 2
    for sample in SAMPLES:
        report(str(write_sample(sample, Path(arguments[0]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))


__all__ = ["SAMPLES", "Sample", "compute_reported", "draw_sample", "main", "sample_facts", "write_sample"]
