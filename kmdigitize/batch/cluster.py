"""The same work on a Dask cluster: distributed gives lost tasks out again, so nothing here keeps count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from kmdigitize.batch.journal import Entry
from kmdigitize.batch.workers import Done
from kmdigitize.errors import BatchError
from kmdigitize.jobs import Job

TRIES = 4
ANSWER_S = 60.0
"""Wait for the answer of finished work. Where a worker dies just then, distributed may wait for it for ever."""


def run_on_cluster(
    jobs: Sequence[Job], work: Callable[[Job], Entry], address: str, workers: int
) -> Generator[Done[Job, Entry], None, None]:
    """Does ``work`` on every job on the cluster at ``address`` ("local": ``workers`` processes of this machine).

    The cluster must see the inputs and the output folder under the same paths. Raises BatchError where Dask is not
    installed or the cluster cannot be reached.
    """
    try:
        import dask
        from distributed import Client, LocalCluster, as_completed, wait
    except ImportError as error:
        raise BatchError("Dask is not installed.", "Install it with: pip install 'kmdigitize[cluster]'") from error
    dask.config.set({"distributed.scheduler.allowed-failures": TRIES})
    with ExitStack() as opened:
        try:
            own = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
            place: Any = opened.enter_context(LocalCluster(**own)) if address == "local" else address  # type: ignore[no-untyped-call]
            client: Any = opened.enter_context(Client(place, timeout="30s"))  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TimeoutError) as error:
            raise BatchError(f"The cluster at {address} cannot be reached: {error}.", "Check --dask.") from error
        task = partial(_with_one_thread, work)
        futures = client.map(task, jobs, pure=False, retries=TRIES)
        job_of = {future.key: job for future, job in zip(futures, jobs, strict=True)}
        asked = Counter[str]()
        completed: Any = as_completed(futures)  # type: ignore[no-untyped-call]
        for future in completed:
            job = job_of.pop(future.key)
            asked[job.name] += 1
            try:
                wait(future, timeout=ANSWER_S)  # type: ignore[no-untyped-call]
                if future.status == "error":
                    yield Done(job, failure="died", message=str(future.exception()))
                else:
                    yield Done(job, future.result(timeout=ANSWER_S))
            except TimeoutError:
                if asked[job.name] == TRIES:
                    yield Done(job, failure="died", message="Its answer was lost with its worker, again and again.")
                else:
                    again = client.submit(task, job, pure=False, retries=TRIES)
                    job_of[again.key] = job
                    completed.add(again)
            future.release()


def _with_one_thread(work: Callable[[Any], Any], job: Job) -> Any:
    import os

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("KMDIGITIZE_OCR_THREADS", "1")
    return work(job)
