"""The same work on a Dask cluster: distributed gives lost tasks out again, so nothing here keeps count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from kmdigitize.batch.journal import Entry
from kmdigitize.errors import BatchError
from kmdigitize.jobs import Job

TRIES = 4


def run_on_cluster(jobs: Sequence[Job], work: Callable[[Job], Entry], address: str, workers: int) -> Iterator[Entry]:
    """Does ``work`` on every job on the cluster at ``address`` ("local": ``workers`` processes of this machine).

    The cluster must see the inputs and the output folder under the same paths. Raises BatchError where Dask is not
    installed or the cluster cannot be reached.
    """
    try:
        import dask
        from distributed import Client, LocalCluster, as_completed
    except ImportError as error:
        raise BatchError("Dask is not installed.", "Install it with: pip install 'kmdigitize[cluster]'") from error
    dask.config.set({"distributed.scheduler.allowed-failures": TRIES})
    try:
        own = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        client: Any = Client(LocalCluster(**own) if address == "local" else address, timeout="30s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise BatchError(f"The cluster at {address} cannot be reached: {error}.", "Check --dask.") from error
    with client:
        futures = client.map(partial(_with_one_thread, work), jobs, pure=False, retries=TRIES)
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            if future.status == "finished":
                yield future.result()
            future.release()


def _with_one_thread(work: Callable[[Any], Any], job: Job) -> Any:
    import os

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("KMDIGITIZE_OCR_THREADS", "1")
    return work(job)
