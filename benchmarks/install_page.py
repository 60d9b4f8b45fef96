"""The results of :mod:`benchmarks.install`, kept from run to run, and the page that is written from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

RESULTS = Path(__file__).parent / "install-results.json"
PAGE = Path(__file__).parents[1] / "docs" / "install.md"
LARGEST_MB = 700


@dataclass(frozen=True, slots=True)
class Case:
    """One installation. ``megabytes`` (10⁶ bytes) are those of site-packages; ``passed`` is about the tests."""

    date: str
    system: str
    python: str
    resolution: str
    versions: dict[str, str] = field(default_factory=dict)
    megabytes: int = 0
    digitize: bool = False
    review: bool = False
    validate: str = ""
    tests: str = ""
    passed: bool = True

    @property
    def key(self) -> tuple[str, ...]:
        """What tells one case from another: a new run of the same case replaces it."""
        series = ".".join(self.python.split(".")[:2])
        return self.system, series, self.resolution, self.versions.get("opencv-python-headless", "")[:1]


def kept(case: Case) -> list[Case]:
    """All cases, ``case`` among them in the place of an older run of its kind; also in the file of results."""
    old = [Case(**row) for row in json.loads(RESULTS.read_text())] if RESULTS.exists() else []
    cases = sorted([*(one for one in old if one.key != case.key), case], key=lambda one: one.key)
    RESULTS.write_text(json.dumps([asdict(one) for one in cases], indent=1) + "\n")
    return cases


def write_page(cases: Sequence[Case]) -> None:
    """Writes ``docs/install.md``."""
    lines = [_row(case) for case in cases]
    PAGE.write_text("\n".join([TEXT, HEAD, *lines, "", CLOSING, *[_versions(case) for case in cases], ""]))


def _row(case: Case) -> str:
    yes = ("**no**", "yes")
    cells = [
        case.date, case.system, case.python, case.resolution, case.versions.get("opencv-python-headless", ""),
        f"{case.megabytes} MB", yes[case.digitize], yes[case.review], case.validate, case.tests or "not run",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _versions(case: Case) -> str:
    told = ", ".join(f"{name} {version}" for name, version in case.versions.items())
    return f"* {case.system}, Python {case.python}, {case.resolution}: {told}"


TEXT = f"""# Where it installs

```sh
pip install kmdigitize-0.1.0-py3-none-any.whl     # or: pip install . in a checkout
```

needs Python 3.11, 3.12 or 3.13 and nothing else: every dependency has wheels, so no compiler is used; no libGL, no
display and no fonts of the system are needed; the models that read text are part of the package, so nothing is fetched
later. What is installed takes 626 MB, of the {LARGEST_MB} aimed at; the bytecode that pip compiles from it adds
136 MB, 762 in all; `pip install --no-compile` and uv leave the bytecode out. With it, the largest are opencv 160,
scipy 143, onnxruntime 80, pandas 75, numpy 71, matplotlib 35, scikit-image 32, fonttools 29, kmdigitize 25 (20 of it
networks that read text) and networkx 17; all but onnxruntime and kmdigitize itself come with lifelines, scikit-image or
OpenCV. The last two rows of the table below are from before the networks became part of the package.
`pip install 'kmdigitize[parquet]'` adds Parquet files, `kmdigitize[cluster]` Dask.

`python -m benchmarks.install` builds wheel and sdist, installs the wheel in a fresh environment, runs `digitize`,
`review` and `validate` outside the checkout, and runs the tests of the sdist there against the installed package.
"lowest" means the lowest versions that `pyproject.toml` allows (`uv pip compile --resolution lowest-direct`), "newest"
what pip takes.

Skipped tests tell what is missing there. With the lowest versions a row was outside because matplotlib 3.8 cut off
what a division left below whole pixels, so that a sample was drawn a pixel lower; mended. Under 3.12 one was, which
is not on record, that passes with today's code. Tests that failed there (digits that OpenCV 4 draws higher, fonts
without a map to characters, a link into the package) are mended too.
A version of `distributed` lower than the extra now asks for (2024.5) lost the
answer of a killed worker in two of two complete runs.

## What was tested
"""
HEAD = """| date | system | Python | dependencies | OpenCV | size | digitize | review | validate | tests |
|---|---|---|---|---|---:|---|---|---|---|"""
CLOSING = """The bare Debian is what `debootstrap --variant=minbase` makes, with `python3` and `python3-venv` added and
nothing else.

## Versions

"""
