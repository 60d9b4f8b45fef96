"""What a process of our own, a command or a worker, does without. Nothing here is called when others import us."""

from __future__ import annotations

import gc
import os
import sys

_NEW_OBJECTS = 500_000
"""Garbage that refers to itself is looked for after so many new objects instead of 700: records and arrays go without
it, and looking through all that libraries have loaded takes a twentieth of a run."""

_KEPT_FREE, _OWN_PAGES = 256 * 2**20, 32 * 2**20
"""Bytes of freed memory that are kept for what comes next, and bytes from which an array gets pages of its own, which
go back at once. Without them nearly every picture is given back and asked for anew, which costs a page fault for each
4 KiB; the most memory that is ever held stays about the same (730 and 750 MB over 60 mixed figures)."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Names of these two in ``malloc.h`` of the GNU C library."""


def be_frugal() -> None:
    """Before libraries are loaded."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")  # figures are small: a second thread costs more than it does
    # threads of numpy's products wait for the next one at full speed, which those of the text networks feel
    os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
    if sys.platform == "linux":
        _keep_memory()


def _keep_memory() -> None:
    """Keep freed memory, where the C library can be told to."""
    import ctypes

    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None:
        tell(_TRIM_THRESHOLD, _KEPT_FREE)
        tell(_MMAP_THRESHOLD, _OWN_PAGES)
