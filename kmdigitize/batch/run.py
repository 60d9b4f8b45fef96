"""`kmdigitize batch`: plan, work with a progress bar, tables at the end, also when it is stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kmdigitize.batch.inputs import collect_jobs
from kmdigitize.batch.journal import Entry, entries
from kmdigitize.batch.plan import Hands, counts, plan, run_plan
from kmdigitize.batch.tables import write_tables
from kmdigitize.batch.workers import Limits
from kmdigitize.settings import Settings

Say = Callable[[str], None]


def batch_files(
    inputs: Sequence[str], folder: Path, options: Mapping[str, Any], settings: Settings, say: Say
) -> Sequence[Entry]:
    """Does whatever of ``inputs`` is not done yet and writes the tables of all that is in ``folder``.

    Returns the entries of this run's inputs. A KeyboardInterrupt leaves everything that was finished in place.
    """
    jobs = collect_jobs(inputs, folder, options)
    todo = plan(jobs, folder, settings, options["shard"] or (1, 1))
    say(f"{len(todo.jobs)} inputs, {len(todo.jobs) - len(todo.open)} done before, {len(todo.open)} to do")
    memory = options["memory_limit"]
    limits = Limits(options["time_limit"], None if memory is None else int(memory * 2**30))
    hands = Hands(options["workers"], limits, options["dask"])
    try:
        for entry in _shown(run_plan(todo, hands), len(todo.open)):
            for line in _faults(entry):
                say(line)
    finally:
        if folder.is_dir():
            write_tables(list(entries(folder)), folder, options["parquet"])
    names = {job.name for job in todo.jobs}
    mine = [entry for entry in entries(folder) if entry.name in names]
    say(_tally(mine))
    say(f"→ {folder / 'index.html'}")
    return mine


def _faults(entry: Entry) -> Iterator[str]:
    if entry.failure:
        yield f"{entry.input}: {entry.failure}: {entry.message}"
    yield from (f"{figure.name}: {figure.error}" for figure in entry.figures if figure.error)


def _tally(done: Sequence[Entry]) -> str:
    return ", ".join(
        f"{number} {end}" for end, number in sorted(counts(done).items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _shown(work: Iterable[Entry], total: int) -> Iterator[Entry]:
    """The entries as they come, with a bar (rate, time left, verdicts) while standard error is a terminal."""
    if not sys.stderr.isatty() or not total:
        yield from work
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    done: list[Entry] = []
    with Progress(*columns, TextColumn("{task.description}"), console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=total, rate="")
        for entry in work:
            done.append(entry)
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(bar, advance=1, description=_tally(done), rate=f"{speed:.2f}/s" if speed else "")
            yield entry
