"""The slots of a time line, a gap and what ends it, and the printed numbers that are used."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kmdigitize.geometry import FloatArray, IntArray

DROP, RISK, STRADDLE, END = 0, 1, 2, 3
"""A slot ends in a drop; in a printed number; in a drop that may lie on either side of one; at the end of the curve."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One gap and what ends it. ``start``/``end`` are times, ``drop``/``cell`` index the drop and printed number.

    ``hazard`` is the expected censoring per patient at risk over the gap (-1: unknown, ``share`` of the open stretch
    passes instead). With censor marks, ``marks`` are those surely inside, ``unsure`` those that may belong to a
    neighbour, ``extra`` the expected censorings that no mark shows. ``level``/``sd`` is the flat after a drop,
    ``several`` (per patient at risk) and ``ties`` the chance of one more event in the same drop, ``empty`` the chance
    that the drop was misread and holds none; ``hazy`` if the flat before or after it was hardly seen, ``passing`` if
    that flat is also too short to be one, so that its level may be any on the way down. ``count`` is the
    printed number, ``floor`` the fewest that must be left afterwards. ``events`` and
    ``censored`` are printed totals so far (-1: none).
    ``ahead`` is the next printed number and the share of those left expected to reach it; ``least`` and ``most`` keep
    a drop between the printed times around it. A drop holds at least ``fewest`` events.
    """

    kind: int
    drop: int
    cell: int
    start: float
    end: float
    hazard: float = -1.0
    share: float = 0.0
    marks: int = -1
    unsure: int = 0
    extra: float = 0.0
    level: float = 1.0
    sd: float = 1.0
    several: float = 0.0
    ties: float = 0.02
    empty: float = 0.005
    hazy: bool = False
    passing: bool = False
    facts: tuple[tuple[float, float], ...] = ()
    half: int = 0
    fewest: int = 1
    count: int = -1
    floor: int = 0
    events: int = -1
    censored: int = -1
    ahead: tuple[float, float] | None = None
    drop_time: float = 0.0
    least: float = 0.0
    most: float = math.inf


@dataclass(frozen=True, slots=True)
class Timeline:
    """Slots in order; ``n`` candidates for the number of patients; ``quantum`` half a row if levels are whole rows."""

    slots: tuple[Slot, ...]
    n: IntArray
    quantum: float
    total: int
    end: float
    cell_time: FloatArray


@dataclass(frozen=True, slots=True)
class Cells:
    """Printed numbers after time 0 in order, (m,); from ``empty_from`` on nobody is printed as at risk."""

    time: FloatArray
    count: IntArray
    empty_from: float | None
