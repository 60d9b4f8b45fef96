"""A crew survives its workers: nothing is lost, nothing done twice, limits hold, nobody is left behind."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import batch_light as work
import pytest

from kmdigitize.batch.workers import Done, Limits, run_tasks


def test_every_task_is_answered_once() -> None:
    done = list(run_tasks(range(40), work.double, 2, Limits()))
    assert sorted((one.task, one.answer) for one in done) == [(n, 2 * n) for n in range(40)]
    assert not multiprocessing.active_children()


def test_tasks_whose_worker_dies_are_given_to_another(tmp_path: Path) -> None:
    markers = [str(tmp_path / str(number)) for number in range(6)]
    lost: list[int] = []
    done = list(run_tasks(markers, work.die_once, 2, Limits(), lost.append))
    assert sorted(one.answer or "" for one in done) == markers
    assert len(set(lost)) == 6


def test_lost_tasks_wait_for_all_others(tmp_path: Path) -> None:
    first, *others = (str(tmp_path / str(number)) for number in range(4))
    for other in others:
        Path(other).touch()
    assert [done.answer for done in run_tasks([first, *others], work.die_once, 1, Limits())] == [*others, first]


def test_workers_killed_from_outside_lose_nothing() -> None:
    chance = random.Random(1)
    stop = threading.Event()
    killed = []

    def kill_now_and_then() -> None:
        while len(killed) < 8 and not stop.wait(0.4):
            children = multiprocessing.active_children()
            if children:
                killed.append(chance.choice(children).pid)
                os.kill(killed[-1] or 0, signal.SIGKILL)

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    try:
        done = list(run_tasks(range(300), work.double, 2, Limits(tries=20)))
    finally:
        stop.set()
        killer.join()
    assert sorted((one.task, one.answer) for one in done) == [(n, 2 * n) for n in range(300)]
    assert killed


def test_what_always_dies_ends_and_the_rest_is_done() -> None:
    done = {one.task: one for one in run_tasks(["a", "die", "b"], work.behave, 1, Limits(tries=2))}
    assert (done["a"].answer, done["b"].answer) == ("a", "b")
    assert done["die"] == Done("die", None, "died", "its worker died 2 times (exit 7)")


def test_a_task_that_takes_too_long_is_ended() -> None:
    begun = time.monotonic()
    done = {one.task: one.failure for one in run_tasks(["sleep", "a"], work.behave, 1, Limits(seconds=1.0))}
    assert done == {"sleep": "time limit", "a": ""}
    assert time.monotonic() - begun < 40


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory of other processes cannot be told here")
def test_a_task_that_needs_too_much_memory_is_ended() -> None:
    done = {one.task: one.failure for one in run_tasks(["eat", "a"], work.behave, 1, Limits(memory=500 * 2**20))}
    assert done == {"eat": "memory limit", "a": ""}


def test_what_work_raises_stops_the_crew() -> None:
    with pytest.raises(ZeroDivisionError):
        list(run_tasks([1, 0, 1], work.reciprocal, 2, Limits()))
    assert not multiprocessing.active_children()


def test_leaving_early_ends_all_workers() -> None:
    crew = run_tasks(range(1000), work.double, 2, Limits())
    next(crew)
    crew.close()
    assert not multiprocessing.active_children()


def test_a_cluster_gives_lost_work_out_again(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    from batch_work import cluster_job

    from kmdigitize.batch.cluster import run_on_cluster
    from kmdigitize.jobs import Job

    jobs = [Job(str(tmp_path / str(number)), str(number), {}) for number in range(4)]
    Path(jobs[0].path).touch()
    Path(jobs[1].path).touch()
    Path(jobs[2].path).touch()
    found = sorted(done.answer.name for done in run_on_cluster(jobs, cluster_job, "local", 1) if done.answer)
    assert found == ["0", "1", "2", "3"]


@pytest.mark.parametrize(("lost", "failures"), [(1, []), (4, ["died"])])
def test_an_answer_that_does_not_come_is_asked_for_again(
    lost: int, failures: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    from batch_work import cluster_job

    from kmdigitize.batch.cluster import run_on_cluster
    from kmdigitize.jobs import Job

    answer, calls = distributed.Future.result, iter(range(10))

    def late(future: Any, timeout: float | None = None) -> Any:
        if next(calls) < lost:
            raise TimeoutError
        return answer(future, timeout)

    monkeypatch.setattr(distributed.Future, "result", late)
    job = Job(str(tmp_path / "0"), "0", {})
    done = list(run_on_cluster([job], cluster_job, "local", 1))
    assert [one.failure for one in done if one.failure] == failures
    assert [one.task for one in done] == [job]
