"""A crew of worker processes that survives its workers.

Each worker gets one task at a time through its own pipe. One that dies (killed, out of memory, a fault in a decoder)
or that exceeds a limit costs only the task in its hands, which is given to another; the rest never notice. Lost tasks
wait until all others were given out: what struck (memory was short, workers are being killed) may have passed by then.
The standard library's pools lose all that is under way when one worker dies.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from kmdigitize.errors import BatchError
from kmdigitize.frugal import be_frugal

Task = TypeVar("Task")
Answer = TypeVar("Answer")
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take: ``seconds`` (None: any) and ``memory`` in bytes (None: any; only where /proc tells).

    ``tries`` is how often a task is given out when its worker dies: a figure that kills every worker must end, one
    that was hit by chance must not be lost.
    """

    seconds: float | None = 300.0
    memory: int | None = None
    tries: int = 4


@dataclass(frozen=True, slots=True)
class Done(Generic[Task, Answer]):
    """What became of a task: an ``answer``, or the ``failure`` ("died", "time limit", "memory limit") of its worker."""

    task: Task
    answer: Answer | None = None
    failure: str = ""
    message: str = ""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    gone: bool = False
    task: Any = None
    begun: float = 0.0


def run_tasks(
    tasks: Sequence[Task],
    work: Callable[[Task], Answer],
    count: int,
    limits: Limits,
    lost: Callable[[int], None] = lambda pid: None,
) -> Generator[Done[Task, Answer], None, None]:
    """Does ``work`` on every task with ``count`` workers, in the order in which they finish.

    ``work`` must be importable and tasks and answers picklable; ``lost`` is told the process id of every worker that
    died. Raises BatchError when workers cannot be started, and what ``work`` raises. When the iteration is left, all
    workers are ended.
    """
    waiting = deque(tasks)
    tries: dict[int, int] = {}
    crew: list[_Worker] = []
    stillborn = 0
    try:
        while waiting or any(worker.task is not None for worker in crew):
            while len(crew) < min(count, len(waiting) + sum(worker.task is not None for worker in crew)):
                crew.append(_hire(work))
            for worker in list(crew):
                done = _look_after(worker, limits)
                if done is not None:
                    stillborn = 0
                    yield done
                if worker.gone or not (worker.process.is_alive() or worker.pipe.poll()):
                    crew.remove(worker)
                    lost(worker.process.pid or 0)
                    stillborn = 0 if worker.ready else stillborn + 1
                    failed = _bury(worker, waiting, tries, limits)
                    if failed is not None:
                        yield failed
                elif worker.ready and worker.task is None and waiting:
                    _give(worker, waiting.popleft())
            if stillborn > 2 * count:
                raise BatchError("The workers die before they can begin.", "Run one figure with `kmdigitize digitize`.")
            wait([end for worker in crew for end in (worker.pipe, worker.process.sentinel)], timeout=0.2)
    finally:
        for worker in crew:
            worker.process.kill()
        for worker in crew:
            worker.process.join()


def _hire(work: Callable[[Any], Any]) -> _Worker:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """The life of a worker: one task after the other until the pipe closes. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    be_frugal()
    try:
        pipe.send("ready")
        while True:
            pipe.send(_answer(work, pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone


def _answer(work: Callable[[Any], Any], task: Any) -> tuple[Any] | Exception:
    """The answer to a task, or the error that stops the whole crew."""
    try:
        return (work(task),)
    except Exception as error:
        return error


def _give(worker: _Worker, task: Any) -> None:
    worker.task, worker.begun = task, time.monotonic()
    try:
        worker.pipe.send(task)
    except OSError:
        worker.process.kill()
        worker.process.join()


def _look_after(worker: _Worker, limits: Limits) -> Done[Any, Any] | None:
    """Takes what the worker has to say, and ends it where it exceeds a limit."""
    try:
        message = worker.pipe.recv() if worker.pipe.poll() else None
    except (EOFError, OSError):
        worker.gone = True
        worker.process.kill()
        worker.process.join()
        return None
    if isinstance(message, Exception):
        raise message
    if message == "ready":
        worker.ready = True
    elif message is not None:
        task, worker.task = worker.task, None
        return Done(task, message[0])
    if worker.task is None:
        return None
    if limits.seconds is not None and time.monotonic() - worker.begun > limits.seconds:
        return _dismiss(worker, "time limit", f"took longer than {limits.seconds:g} s")
    if limits.memory is not None and _memory(worker.process.pid) > limits.memory:
        return _dismiss(worker, "memory limit", f"needed more than {limits.memory / 2**30:.2g} GiB")
    return None


def _dismiss(worker: _Worker, failure: str, message: str) -> Done[Any, Any]:
    task, worker.task = worker.task, None
    worker.process.kill()
    worker.process.join()
    return Done(task, failure=failure, message=message)


def _bury(worker: _Worker, waiting: deque[Any], tries: dict[int, int], limits: Limits) -> Done[Any, Any] | None:
    """Gives the task of a dead worker out again; a failure if it has had its tries."""
    worker.pipe.close()
    if worker.task is None:
        return None
    tried = tries[id(worker.task)] = tries.get(id(worker.task), 0) + 1
    if tried < limits.tries:
        waiting.append(worker.task)
        return None
    return Done(worker.task, failure="died", message=f"its worker died {tried} times (exit {worker.process.exitcode})")


def _memory(pid: int | None) -> int:
    """Resident memory of a process in bytes; 0 where it cannot be told."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
