"""Seeded mutation of the inputs of every reader: bytes flipped, cut and spliced, values exchanged.

A corpus of small valid inputs is made here by the package itself; input ``i`` of a seed is always the same, so that a
finding can be repeated from its number alone. Readers run in a child process with a limit on memory, because a crash
of a decoder or a hang must cost one input and not the benchmark.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from kmdigitize.errors import KmdigitizeError

Reader = Callable[[bytes, Path], object]
RASTER = ("png", "jpeg", "tiff", "webp", "bmp", "gif", "palette")
EVIL = (
    "NaN", "-NaN", "Infinity", "-Infinity", "1e999", "1e308", "-1e308", "1e-320", "0", "-0", "-1", "4294967296",
    "9223372036854775808", "9" * 400, "0.0000001", "null", "true", '""', "[]", "{}", '"1e999"', "[[[[[]]]]]", "",
    '"\\u0000"', '"' + "é" * 300 + '"', "..", "%", "1e", "--5", "1,5", "0x10", "NR",
)  # fmt: skip
"""What takes the place of a number or value."""
MEMORY_BYTES = 6 << 30
LARGEST = 400_000
"""Mutants are cut to this size, as repeats of repeats would grow without end."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one input: ``outcome`` is "read", "refused", "crash" or "hang"."""

    number: int
    reader: str
    outcome: str
    detail: str
    seconds: float
    megabytes: float


def readers() -> dict[str, Reader]:
    """Every reader of outside input by name; each takes the bytes and a folder to work in."""
    from kmdigitize.command import check_file, reconstruct_file
    from kmdigitize.export import read_result
    from kmdigitize.facts import read_facts, read_json
    from kmdigitize.settings import settings_from
    from kmdigitize.sources.read import read_figures

    def check(path: Path) -> object:
        return check_file(path, _beside(path, b'{"arms": [{"name": "A", "median": "5.0"}]}'), None)

    def verdict(path: Path) -> object:
        return check_file(_beside(path, corpus()["patients"][0]), path, None)

    def rebuild(points: Path, at_risk: Path | None = None) -> object:
        nothing = {"n": None, "events": None, "draws": 0, "seed": 0}
        return reconstruct_file(points, {**nothing, "method": "exact" if at_risk else "guyot", "at_risk": at_risk})

    files: dict[str, Callable[[Path], object]] = {
        "facts": read_facts,
        "reported": verdict,
        "settings": lambda path: settings_from(read_json(path)),
        "result": read_result,
        "points": rebuild,
        "patients": check,
        "at_risk": lambda path: rebuild(_beside(path, corpus()["points"][0]), path),
    }
    drawn: dict[str, Reader] = {kind: lambda data, _: read_figures(data, "figure") for kind in (*RASTER, "pdf", "svg")}
    return drawn | {kind: _from_file(read) for kind, read in files.items()}


def _from_file(read: Callable[[Path], object]) -> Reader:
    def from_bytes(data: bytes, folder: Path) -> object:
        path = folder / "input"
        path.write_bytes(data)
        return read(path)

    return from_bytes


def _beside(path: Path, content: bytes) -> Path:
    """A second file beside ``path``."""
    second = path.with_suffix(".second")
    second.write_bytes(content)
    return second


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


def mutant(number: int, seed: int) -> tuple[str, bytes]:
    """The name of the reader and the bytes of input ``number``."""
    rng = np.random.default_rng([seed, number])
    kinds = sorted(corpus())
    kind = kinds[number % len(kinds)]
    samples = corpus()[kind]
    data = samples[int(rng.integers(len(samples)))]
    binary = kind in RASTER
    for _ in range(int(rng.choice([1, 1, 1, 1, 2, 3, 6]))):
        data = (_bytes_changed if binary or rng.random() < 0.35 else _value_changed)(data, rng)
    if kind in ("png", "palette") and rng.random() < 0.7:
        data = _checked_anew(data)
    return kind, data[:LARGEST]


def _bytes_changed(data: bytes, rng: np.random.Generator) -> bytes:
    """One random change of bytes; the head, where sizes and tables stand, is hit as often as all the rest."""
    if not data:
        return bytes(rng.integers(0, 256, 20, dtype=np.uint8))
    reach = len(data) if rng.random() < 0.5 else min(len(data), 400)
    at, end = sorted(int(v) for v in rng.integers(0, reach, 2))
    some = bytes(rng.integers(0, 256, int(rng.integers(1, 9)), dtype=np.uint8))
    extreme = bytes([int(rng.choice([0, 1, 127, 128, 255]))]) * int(rng.choice([1, 2, 4, 8]))
    match int(rng.integers(8)):
        case 0:
            return data[:at] + bytes([data[at] ^ (1 << int(rng.integers(8)))]) + data[at + 1 :]
        case 1:
            return data[:at] + some + data[at + len(some) :]
        case 2:
            return data[:at] + extreme + data[at + len(extreme) :]
        case 3:
            return data[:at] + some + data[at:]
        case 4:
            return data[:at] + data[end:]
        case 5:
            return data[: int(rng.integers(len(data)))]
        case 6:
            return data[:end] + data[at:end] * int(rng.integers(1, 4)) + data[end:]
        case _:
            others = [one for samples in corpus().values() for one in samples]
            other = others[int(rng.integers(len(others)))]
            begin = int(rng.integers(len(other)))
            return data[:at] + other[begin : begin + int(rng.integers(1, 200))] + data[at:]


_VALUE = re.compile(rb'-?\d+\.?\d*(?:e[-+]?\d+)?|"[^"\n]{0,80}"|null|true|false|\[[^][]{0,60}\]|/[A-Z]\w+|<\w+')


def _value_changed(data: bytes, rng: np.random.Generator) -> bytes:
    """One number, string, list, name or element in the place of which something else stands."""
    places = list(_VALUE.finditer(data))
    if not places:
        return _bytes_changed(data, rng)
    place = places[int(rng.integers(len(places)))]
    other = places[int(rng.integers(len(places)))].group(0)
    new = EVIL[int(rng.integers(len(EVIL)))].encode() if rng.random() < 0.7 else other
    if place.group(0)[:1] == b'"' and rng.random() < 0.5:
        new = b'"' + new.strip(b'"') + b'"'
    return data[: place.start()] + new + data[place.end() :]


def _checked_anew(data: bytes) -> bytes:
    """A PNG whose chunks carry the right checksum again, so that mutations reach behind it."""
    import zlib

    out, at = data[:8], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + length]
        if at + 12 + length > len(data):
            break
        out += data[at : at + 4] + body + zlib.crc32(body).to_bytes(4, "big")
        at += 12 + length
    return out + data[at:]


def tried(kind: str, data: bytes, folder: Path) -> tuple[str, str]:
    """Outcome of reading ``data``: what is no :class:`KmdigitizeError` with a message is a crash."""
    try:
        readers()[kind](data, folder)
    except KmdigitizeError as error:
        return "refused" if error.message else "crash", type(error).__name__
    except BaseException as error:
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        return "crash", f"{type(error).__name__}: {str(error)[:120]} ({Path(place.filename).name}:{place.lineno})"
    return "read", ""


def run_trials(numbers: range, seed: int, limit: float) -> Iterator[Trial]:
    """What becomes of the inputs ``numbers``; one that takes more than ``limit`` seconds hangs."""
    corpus()
    context = multiprocessing.get_context("fork")
    todo = numbers
    while todo:
        ours, theirs = context.Pipe()
        child = context.Process(target=_work, args=(theirs, todo, seed), daemon=True)
        child.start()
        theirs.close()
        number = todo.start
        for number in todo:
            begun = time.perf_counter()
            try:
                trial = ours.recv() if ours.poll(limit) else None
            except EOFError:
                child.join()
                trial = Trial(number, mutant(number, seed)[0], "crash", f"signal {-(child.exitcode or 0)}", 0.0, 0.0)
                yield trial
                break
            if trial is None:
                yield Trial(number, mutant(number, seed)[0], "hang", "", time.perf_counter() - begun, 0.0)
                break
            yield trial
        child.kill()
        child.join()
        todo = range(number + 1, todo.stop)


def _work(pipe: Any, numbers: range, seed: int) -> None:
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            kind, data = mutant(number, seed)
            begun = time.perf_counter()
            outcome, detail = tried(kind, data, Path(folder))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            pipe.send(Trial(number, kind, outcome, detail, time.perf_counter() - begun, peak))
