"""What a process of our own, a command or a worker, does without. Nothing here is called when others import us."""

from __future__ import annotations

import gc
from collections.abc import Callable
from importlib import import_module
from typing import Any

_NEW_OBJECTS = 500_000
"""Garbage that refers to itself is looked for after so many new objects instead of 700: records and arrays go without
it, and looking through all that libraries have loaded takes a twentieth of a run."""


def collect_rarely() -> None:
    """Before libraries are loaded."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


def skip_documentation() -> None:
    """Before SciPy is loaded: spares its functions a table in their documentation that nobody will read.

    SciPy 1.17 writes it at every start, which is a quarter of the time that lifelines takes to load. Other versions,
    which have no such table, are left as they are.
    """
    try:
        tables = import_module("scipy._lib._array_api")
    except ImportError:
        return
    if hasattr(tables, "xp_capabilities"):
        vars(tables)["xp_capabilities"] = _undocumented


def _undocumented(*_: Any, **__: Any) -> Callable[[Any], Any]:
    return lambda function: function
