"""Patients of arms under review: those known already, and a second process that takes every other of the new ones.

A swap changes two arms at once; two processes bring its verdict as soon as one arm's. What is found does not depend on
which process found it.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import pickle
import signal
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from multiprocessing.connection import Connection
from threading import Lock

from kmdigitize.frugal import be_frugal
from kmdigitize.ipd.records import Reconstruction, ReconstructionInputs
from kmdigitize.options import Options
from kmdigitize.reporting import rebuilt_by

KEPT_ARMS = 100
"""Arms whose patients are remembered: some figures with their last few corrections."""

_known: OrderedDict[bytes, Reconstruction] = OrderedDict()
_lock = Lock()


@dataclass(slots=True)
class _Second:
    """The second process: one conversation at a time, the first once it has said that it is ready."""

    pipe: Connection
    ready: bool = False
    busy: Lock = field(default_factory=Lock)

    def begins(self) -> bool:
        """Whether a conversation may begin; then it must end with ``busy.release``."""
        if not self.busy.acquire(blocking=False):
            return False
        try:
            self.ready = self.ready or (self.pipe.poll() and self.pipe.recv() == READY)
        except (EOFError, OSError):
            self.ready = False
        if not self.ready:
            self.busy.release()
        return self.ready


READY = "ready"


_seconds: list[_Second] = []


@contextmanager
def second_process() -> Iterator[None]:
    """A second process for as long as this lasts; it gets ready while the first figure is looked at."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    second = _Second(ours)
    _seconds.append(second)
    try:
        yield
    finally:
        _seconds.remove(second)
        ours.close()
        process.kill()
        process.join()


def _serve(pipe: Connection) -> None:
    """The life of the second process: arms until the pipe closes. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    be_frugal()
    import_module("scipy.special")  # the first correction would wait for it
    try:
        pipe.send(READY)
        while True:
            inputs, options = pipe.recv()
            try:
                pipe.send(rebuilt_by(inputs, options))
            except Exception as error:
                pipe.send(error)
    except (EOFError, OSError):
        return  # the parent is gone


def rebuilt(inputs: tuple[ReconstructionInputs, ...], options: Options) -> tuple[Reconstruction, ...]:
    """The patients of arms; those of an arm that a correction left alone, or only renamed, are known already."""
    keys = [hashlib.sha256(pickle.dumps((replace(one, panel="", arm=""), options))).digest() for one in inputs]
    with _lock:
        found = {key: _known.pop(key) for key in dict.fromkeys(keys) if key in _known}
    new = {key: one for key, one in zip(keys, inputs, strict=True) if key not in found}
    found |= dict(zip(new, _shared(tuple(new.values()), options), strict=True))
    with _lock:
        _known.update(found)
        while len(_known) > KEPT_ARMS:
            _known.popitem(last=False)
    return tuple(_named(found[key], one) for key, one in zip(keys, inputs, strict=True))


def _named(found: Reconstruction, inputs: ReconstructionInputs) -> Reconstruction:
    if (found.ipd.panel, found.ipd.arm) == (inputs.panel, inputs.arm):
        return found
    return replace(found, ipd=replace(found.ipd, panel=inputs.panel, arm=inputs.arm))


def _shared(inputs: tuple[ReconstructionInputs, ...], options: Options) -> list[Reconstruction]:
    """All arms, every other one by the second process if there is one, which is free and lives."""
    second = _seconds[0] if _seconds and len(inputs) > 1 else None
    if second is None or not second.begins():
        return list(rebuilt_by(inputs, options))
    try:
        second.pipe.send((inputs[1::2], options))
        try:
            here = rebuilt_by(inputs[::2], options)
        finally:
            there = second.pipe.recv()
    except (EOFError, OSError):
        return list(rebuilt_by(inputs, options))
    finally:
        second.busy.release()
    if isinstance(there, Exception):
        raise there
    return [there[i // 2] if i % 2 else here[i // 2] for i in range(len(inputs))]
