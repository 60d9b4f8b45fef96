"""What a process of our own, a command or a worker, does without. Nothing here is called when others import us."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 500_000
"""Garbage that refers to itself is looked for after so many new objects instead of 700: records and arrays go without
it, and looking through all that libraries have loaded takes a twentieth of a run."""


def collect_rarely() -> None:
    """Before libraries are loaded."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
