"""Small tasks for worker processes in tests: importable from a fresh interpreter in no time."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    time.sleep(0.01)
    return 2 * number


def reciprocal(number: int) -> float:
    return 1 / number


def die_once(marker: str) -> str:
    """Kills its own worker the first time it sees this marker."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return marker


def behave(how: str) -> str:
    if how == "die":
        os._exit(7)
    if how == "sleep":
        time.sleep(60)
    if how == "eat":
        hoard = bytearray(os.urandom(1024)) * 600_000
        time.sleep(60)
        return str(len(hoard))
    return how
