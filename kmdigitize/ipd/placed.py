"""Patients of several tables of one arm, each at its time: as patient rows, or as draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray, IntArray
from kmdigitize.ipd.records import IPD, Draw, Source

SOURCES: tuple[Source, ...] = get_args(Source)
BY_DROP, BY_MARK, BETWEEN, TAIL = range(4)
"""Their indices."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Patients (r,) of ``paths`` paths: the path of each, its time, and its source."""

    paths: int
    path: IntArray
    time: FloatArray
    source: IntArray

    @classmethod
    def of(cls, paths: int, parts: list[tuple[IntArray, FloatArray, int]]) -> Placed:
        """Patients from parts (path of each, time of each, their source)."""
        path = np.concatenate([part[0] for part in parts])
        source = np.repeat([part[2] for part in parts], [part[0].size for part in parts])
        time = np.concatenate([part[1] for part in parts])
        return cls(paths, path, time, source)

    @property
    def event(self) -> BoolArray:
        """Which of them are events (r,): those of drops."""
        seen: BoolArray = self.source == BY_DROP
        return seen

    def __add__(self, later: Placed) -> Placed:
        """The same paths with the patients of ``later``, their second halves, as well."""
        both = [np.concatenate([getattr(self, k), getattr(later, k)]) for k in ("path", "time", "source")]
        return Placed(self.paths, *both)

    def chosen(self, which: IntArray) -> Placed:
        """The paths ``which`` (k,), in that order; one may be chosen several times."""
        order = np.argsort(self.path, kind="stable")
        first = np.searchsorted(self.path[order], np.arange(self.paths + 1))
        rows = [order[first[i] : first[i + 1]] for i in which.tolist()]
        index = np.concatenate([np.zeros(0, np.int64), *rows])
        path = np.repeat(np.arange(which.size), [row.size for row in rows])
        return Placed(which.size, path, self.time[index], self.source[index])

    def ipd(self, panel: str, arm: str) -> IPD:
        """The patients of the only path, in order of time with events before censorings."""
        order = np.lexsort((~self.event, self.time))
        names = tuple(SOURCES[i] for i in self.source[order].tolist())
        return IPD(panel, arm, self.time[order], self.event[order], names)

    def draws(self) -> tuple[Draw, ...]:
        """The patients of every path, in the same order."""
        order = np.lexsort((~self.event, self.time, self.path))
        inner = np.searchsorted(self.path[order], np.arange(1, self.paths))
        time, event = np.split(self.time[order], inner), np.split(self.event[order], inner)
        return tuple(Draw(t, e) for t, e in zip(time, event, strict=True)) if self.paths else ()
