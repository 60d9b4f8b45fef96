"""Many figures: which inputs, who does them, what is left to do, and the tables of all that was done.

Inputs are files, folders, glob patterns and manifests (CSV). Whatever was done before and still holds is left alone;
the rest goes to a crew of worker processes, or to a Dask cluster. Workers write what they make themselves, so that
nothing but a short entry travels, and a run that is cut off has lost only what was in hand.
"""

from __future__ import annotations

import os
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kmdigitize.batch.journal import (
    Entry,
    figure_entry,
    is_done,
    key_of,
    read_entry,
    way_to,
    write_entry,
)
from kmdigitize.batch.workers import Limits, run_tasks
from kmdigitize.errors import KmdigitizeError, OutputError
from kmdigitize.jobs import Job, Outcome, digitize_job
from kmdigitize.settings import Settings

Say = Callable[[str], None]
STALE_SECONDS = 86_400
"""Half-written files older than this belong to nobody who is still at work."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: all ``jobs`` of this run (or shard) and those of them that are still ``open``."""

    jobs: tuple[Job, ...]
    open: tuple[Job, ...]
    folder: Path
    settings: Settings


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does the work: ``workers`` processes within ``limits``, or the Dask cluster at ``dask``."""

    workers: int = 1
    limits: Limits = field(default_factory=Limits)
    dask: str | None = None


def plan(jobs: Sequence[Job], folder: Path, settings: Settings, shard: tuple[int, int] = (1, 1)) -> Plan:
    """The work of shard (i, n): every n-th job from the i-th on, less what is done already."""
    number, of = shard
    ours = tuple(jobs[number - 1 :: of])
    left = tuple(job for job in ours if not is_done(read_entry(job.name, folder), key_of(job, settings), folder))
    return Plan(ours, left, folder, settings)


def run_plan(todo: Plan, hands: Hands) -> Iterator[Entry]:
    """Does everything that is open and yields the entries as they come. Raises BatchError or OutputError."""
    todo.folder.mkdir(parents=True, exist_ok=True)
    _sweep(todo.folder, lambda path: time.time() - path.stat().st_mtime > STALE_SECONDS)
    work = partial(do_job, folder=todo.folder, settings=todo.settings)
    if hands.dask is not None:
        from kmdigitize.batch.cluster import run_on_cluster

        finished = run_on_cluster(todo.open, work, hands.dask, hands.workers)
    else:
        _one_thread_each()
        finished = run_tasks(todo.open, work, hands.workers, hands.limits, partial(_clean_up_after, todo.folder))
    with closing(finished):
        for done in finished:
            yield done.answer or failed_job(done.task, todo.folder, todo.settings, (done.failure, done.message))


def do_job(job: Job, folder: Path, settings: Settings) -> Entry:
    """Digitizes one input, whatever happens, and keeps an entry. Raises OutputError only."""
    try:
        return record_job(job, folder, settings)
    except OutputError:
        raise
    except KmdigitizeError as error:
        kind, message = type(error).__name__, str(error)
    except Exception as error:  # a fault of ours must cost one figure, not the batch
        place = traceback.extract_tb(error.__traceback__)[-1]
        kind, message = "unexpected", f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    return failed_job(job, folder, settings, (kind, message))


def record_job(
    job: Job, folder: Path, settings: Settings, tell: Callable[[Outcome], None] = lambda outcome: None
) -> Entry:
    """Digitizes one input, writes its outputs and its entry; ``tell`` hears of every figure. Raises KmdigitizeError."""
    begun = time.perf_counter()
    key = key_of(job, settings)
    figures = []
    for outcome in digitize_job(job, folder, settings):
        tell(outcome)
        figures.append(figure_entry(outcome))
    entry = Entry(job.name, way_to(job.path, folder), key, tuple(figures), seconds=time.perf_counter() - begun)
    write_entry(entry, folder)
    return entry


def failed_job(job: Job, folder: Path, settings: Settings, failure: tuple[str, str]) -> Entry:
    """Keeps an entry of an input that gave nothing; ``failure`` is its kind and what happened. Raises OutputError."""
    kind, message = failure
    entry = Entry(job.name, way_to(job.path, folder), key_of(job, settings), failure=kind, message=message)
    write_entry(entry, folder)
    return entry


def _one_thread_each() -> None:
    """Workers inherit these: two processes with a thread each do more than one with two."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "KMDIGITIZE_OCR_THREADS"):
        os.environ[name] = "1"


def _clean_up_after(folder: Path, pid: int) -> None:
    """Removes what a dead worker left half-written."""
    _sweep(folder, lambda path: path.name.startswith(f".kmdigitize-{pid}-"))


def _sweep(folder: Path, stale: Callable[[Path], bool]) -> None:
    for place in (folder, folder / ".kmdigitize"):
        for path in place.glob(".kmdigitize-*"):
            try:
                if not stale(path):
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            except OSError:
                continue


def counts(entries: Sequence[Entry]) -> Mapping[str, int]:
    """How many figures ended how: by verdict, "no verdict", "not digitized"."""
    tally: dict[str, int] = {}
    for entry in entries:
        ends = ["not digitized"] if entry.failure else []
        ends += ["not digitized" if figure.error else figure.verdict or "no verdict" for figure in entry.figures]
        for end in ends:
            tally[end] = tally.get(end, 0) + 1
    return tally
