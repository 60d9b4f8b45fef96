"""Coverage-guided mutation of the inputs of every reader, in a child process.

Input ``i`` of a seed is a change of a valid input, or of an earlier mutant that reached lines of the package in an
order that none before it had reached; those are kept. Readers run in a child process with a limit on memory, because a
crash of a decoder or a hang must cost one input and not the benchmark.
"""

from __future__ import annotations

import logging
import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import kmdigitize
from benchmarks.fuzz_corpus import RASTER, Corpus, corpus, kept_corpus
from benchmarks.fuzz_mutations import mutant
from kmdigitize.errors import KmdigitizeError

Reader = Callable[[bytes, Path], object]
MEMORY_BYTES = 6 << 30
PACKAGE = str(Path(kmdigitize.__file__).parent)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one input: ``outcome`` is "read", "refused", "crash" or "hang"; ``new`` if it reached new code."""

    number: int
    reader: str
    outcome: str
    detail: str
    seconds: float
    megabytes: float
    new: bool = False
    data: bytes = b""


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


def tried(kind: str, data: bytes, folder: Path) -> tuple[str, str]:
    """Outcome of reading ``data``: what is no :class:`KmdigitizeError` with a message is a crash."""
    try:
        readers()[kind](data, folder)
    except KmdigitizeError as error:
        return "refused" if error.message else "crash", type(error).__name__
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return "crash", f"{type(error).__name__}: {str(error)[:120]} ({Path(place.filename).name}:{place.lineno})"
    return "read", ""


class Steps:
    """Steps from line to line of the package that any input has made so far."""

    def __init__(self) -> None:
        self._seen: set[tuple[CodeType, int, int]] = set()

    def made_by(self, call: Callable[[], tuple[str, str]]) -> tuple[tuple[str, str], bool]:
        """The answer of ``call`` and whether it made a step that none made before."""
        before = len(self._seen)
        sys.settrace(self._enter)
        try:
            answer = call()
        finally:
            sys.settrace(None)
        return answer, len(self._seen) > before

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        code, last, seen = frame.f_code, 0, self._seen

        def step(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal last
            seen.add((code, last, frame.f_lineno))
            last = frame.f_lineno
            return step

        return step


def run_trials(numbers: range, seed: int, limit: float) -> Iterator[Trial]:
    """What becomes of the inputs ``numbers``; one that takes more than ``limit`` seconds hangs."""
    kept = kept_corpus()
    start: Corpus = {kind: (*samples, *kept.get(kind, ())) for kind, samples in corpus().items()}
    context = multiprocessing.get_context("fork")
    todo = numbers
    while todo:
        ours, theirs = context.Pipe()
        child = context.Process(target=_work, args=(theirs, todo, seed, start), daemon=True)
        child.start()
        theirs.close()
        number = todo.start
        for number in todo:
            trial, alive = _received(ours, number, limit)
            if not alive and trial.outcome == "crash":
                child.join()
                trial = Trial(
                    number, trial.reader, "crash", f"signal {-(child.exitcode or 0)}", 0, 0, False, trial.data
                )
            if trial.new:
                start = {**start, trial.reader: (*start[trial.reader], trial.data)}
            yield trial
            if not alive:
                break
        child.kill()
        child.join()
        todo = range(number + 1, todo.stop)


def _received(pipe: Any, number: int, limit: float) -> tuple[Trial, bool]:
    """The trial that the child tells of, and whether the child lives on."""
    begun = time.perf_counter()
    kind, data = "", b""
    try:
        kind, data = pipe.recv()
        if pipe.poll(limit):
            return pipe.recv(), True
        return Trial(number, kind, "hang", "", time.perf_counter() - begun, 0, False, data), False
    except EOFError:
        return Trial(number, kind, "crash", "", time.perf_counter() - begun, 0, False, data), False


def _work(pipe: Any, numbers: range, seed: int, start: Corpus) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    steps = Steps()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, samples in start.items():
            for data in samples:
                steps.made_by(lambda kind=kind, data=data: tried(kind, data, folder))  # type: ignore[misc]
        for number in numbers:
            kind, data = mutant(number, seed, start)
            pipe.send((kind, data))
            begun = time.perf_counter()
            (outcome, detail), new = steps.made_by(lambda kind=kind, data=data: tried(kind, data, folder))  # type: ignore[misc]
            seconds, peak = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            shown = data if new or outcome == "crash" else b""
            pipe.send(Trial(number, kind, outcome, detail, seconds, peak, new, shown))
            if new:
                start = {**start, kind: (*start[kind], data)}
