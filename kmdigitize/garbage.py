"""How often Python looks for garbage that refers to itself."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 500_000
"""Looked for after so many new objects instead of 700: records and arrays go without it, and looking through all that
libraries have loaded takes a twentieth of a run."""


def collect_rarely() -> None:
    """For a process of our own, before libraries are loaded: a command or a worker."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
