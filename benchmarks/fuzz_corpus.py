"""Inputs that mutation starts from: small valid files of every reader, and mutants that reached new code.

The valid ones are made here by the package itself; the kept ones are in ``fuzz_corpus.zip``, a folder per reader.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

RASTER = ("png", "jpeg", "tiff", "webp", "bmp", "gif", "palette")
KEPT = Path(__file__).parent / "fuzz_corpus.zip"
LARGEST_KEPT = 30_000
"""Bytes; what reaches new code does so as well when it is small."""
Corpus = Mapping[str, tuple[bytes, ...]]


@cache
def corpus() -> dict[str, tuple[bytes, ...]]:
    """Small valid inputs of every reader."""
    from PIL import Image

    from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial

    trial = simulate_trial(TrialRecipe(arms=("A", "B"), n=30), 1)
    small = {"width_in": 4.6, "height_in": 3.8, "font_pt": 9.0, "censor": "none"}
    drawn = draw_figure([trial], FigureStyle(**small, dpi=72), "small", 1)  # type: ignore[arg-type]
    image = Image.fromarray(drawn.pixels)
    pictures = {kind: (_encoded(image, kind),) for kind in RASTER}
    return pictures | {
        "pdf": tuple(_vector(image.size, kind) for kind in ("pdf", "pdf-picture")),
        "svg": (_vector(image.size, "svg"), SVG.encode()),
        "facts": (FACTS.encode(),),
        "reported": (json.dumps(json.loads(FACTS)["reported"]).encode(),),
        "settings": (b'{"page": {}, "text": {}, "marks": {}, "panels": {}, "scales": {}, "refine": {}}',),
        "result": (_result(),),
        "points": (b"panel,arm,time,survival\n" + b"".join(b"1,A,%d,0.%d\n" % (t, 9 - t) for t in range(9)),),
        "patients": (
            b"panel,arm,time,event\n" + b"".join(b"1,%c,%d.5,%d\n" % (65 + t % 2, t, t % 3) for t in range(30)),
        ),
        "at_risk": (b"arm;time;n_at_risk\n" + b"".join(b"A;%d;%d\n" % (t, 30 - t) for t in range(9)),),
    }


SVG = """<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY w "10">]><svg xmlns="http://www.w3.org/2000/svg"
 xmlns:xlink="http://www.w3.org/1999/xlink" width="4in" viewBox="0 0 400 300"><style>.a > g, #b {stroke: rgb(1,2,3);
 stroke-dasharray: 4 2} text {font: bold 9pt serif}</style><defs><clipPath id="c"><rect x="5" y="5" width="90%" height=
 "200"/></clipPath><symbol id="s" viewBox="0 0 9 9"><path d="M0,4 h9 M4,0 v9"/></symbol></defs><g class="a" transform=
 "translate(10,-5) rotate(2 3 4) scale(.9)"><path id="b" clip-path="url(#c)" d="M 20 20 H 50 V 60 h 40 v 30 C 90 95 99
 99 120 120 q 4 4 8 0 a 5 6 30 1 0 20 20 z" fill="none" stroke-width="1.5"/><polyline points="1,2 3,4 5,2"/><use
 xlink:href="#s" x="40" y="30"/>
 <text x="30" textLength="40">0.5<tspan dx="2" dy="1em">months &w;</tspan></text>
 <svg x="1" viewBox="0 0 4 4" width="9" height="9"><circle r="2"/></svg><ellipse rx="3" ry="2"/></g></svg>"""
FACTS = """{"schema": 1, "x_axis": [0, 60], "y_axis": {"ticks": [[10.5, 0], [200.5, 1]]}, "frame": [1, 2, 300, 400],
 "time_unit": "months", "direction": "down", "arm_names": ["A", "B"], "at_risk": {"times": [0, 10, 20], "rows":
 {"A": [30, 20, null], "B": [31, 22, 10]}}, "n": [30, 31], "events": {"A": 12}, "text": "HR 0.63",
 "arms": [{"curve": 1, "name": "A", "color": "#102030", "points": [[0, 1], [4.5, 0.5]], "censor_times": [1, 2]}],
 "reported": {"end_point": "OS", "n": 61, "arms": [{"name": "A", "n": 30, "events": 12, "median": "4.0",
 "median_limits": ["30.1", "NR"], "landmarks": [{"time": "12", "survival": "81.5", "limits": ["70", "90"]}]}],
 "hazard_ratios": [{"value": "0.63", "limits": ["0.4", "0.9"], "arm": "B", "reference": "A", "adjusted": false}],
 "p_values": [{"value": "0.01", "relation": "<", "sides": 2}]}, "panels": {"B": {"x_axis": [0, 9]}},
 "corrections": [{"what": "n", "who": "me"}]}"""


def _encoded(image: Any, kind: str) -> bytes:
    stream = io.BytesIO()
    chosen = image.quantize(16) if kind in ("gif", "palette") else image
    chosen.save(stream, "PNG" if kind == "palette" else kind.upper())
    return stream.getvalue()


def _vector(size: tuple[int, int], kind: str) -> bytes:
    """A drawing with axes, steps and text, or the same with a picture in the place of the steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(size[0] / 72, size[1] / 72), dpi=72)
    FigureCanvasAgg(canvas)
    plot = canvas.add_subplot(xlabel="Months", ylabel="Survival")
    if kind == "pdf-picture":
        plot.imshow(np.arange(60 * 80).reshape(60, 80) % 251)
    else:
        plot.step(range(9), np.linspace(1, 0.2, 9), where="post")
    stream = io.BytesIO()
    canvas.savefig(stream, format=kind[:3])
    return stream.getvalue()


def _result() -> bytes:
    """The result of a figure whose digitization is known, so that no picture has to be read."""
    from kmdigitize import pipeline
    from kmdigitize.export import to_json
    from kmdigitize.synthetic import FigureStyle, TrialRecipe, draw_figure, simulate_trial
    from kmdigitize.synthetic.perfect import perfect_digitization

    trial = simulate_trial(TrialRecipe(arms=("A", "B"), n=8), 2)
    drawn = draw_figure([trial], FigureStyle(dpi=72, censor="plus", risk="plain"), "small", 2)
    return to_json(pipeline.complete(perfect_digitization(drawn)))


def kept_corpus(path: Path = KEPT) -> Corpus:
    """Mutants of earlier runs that reached code which none before them had reached, by reader."""
    if not path.exists():
        return {}
    kept: dict[str, tuple[bytes, ...]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            kind = name.split("/")[0]
            kept[kind] = (*kept.get(kind, ()), archive.read(name))
    return kept


def keep(found: Iterable[tuple[str, bytes]], path: Path = KEPT) -> None:
    """Writes the kept corpus with ``found`` (reader, bytes) added; the same content makes the same file."""
    old = [(kind, data) for kind, samples in kept_corpus(path).items() for data in samples]
    small = {(kind, data) for kind, data in (*old, *found) if len(data) <= LARGEST_KEPT}
    named = {f"{kind}/{hashlib.sha256(data).hexdigest()[:16]}": data for kind, data in small}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(named):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), named[name], zipfile.ZIP_DEFLATED)
