"""Patient rows and their life table, from counts at times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.ipd.records import IPD, Draw, PatientTable, Source


def patient_rows(parts: Sequence[tuple[FloatArray, bool, Source]], panel: str = "1", arm: str = "") -> IPD:
    """One arm's IPD from parts (times, event or not, source), in order of time with events before censorings."""
    sizes = [len(part[0]) for part in parts]
    time = np.concatenate([np.zeros(0), *(part[0] for part in parts)])
    event = np.repeat(np.array([part[1] for part in parts], np.bool_), sizes)
    source = np.repeat(np.arange(len(parts)), sizes)
    order = np.lexsort((~event, time))
    names = [part[2] for part in parts]
    return IPD(panel, arm, time[order], event[order], tuple(names[i] for i in source[order].tolist()))


def scaled(draw: Draw, ratio: float, rng: np.random.Generator) -> Draw:
    """``ratio`` times the patients of a draw, on the same curve: at no time do events or censorings, counted so far,
    differ by more than one from their share."""
    keep = np.zeros(draw.time.size, np.int64)
    for kind in (draw.event, ~draw.event):
        upto = np.floor(ratio * np.arange(int(kind.sum()) + 1) + rng.random())
        keep[kind] = np.diff(upto)
    return Draw(np.repeat(draw.time, keep), np.repeat(draw.event, keep))


def life_table(time: FloatArray, event: BoolArray) -> PatientTable:
    """The table behind patient rows (n,): a first row at time 0, then one row per distinct event time."""
    when, events = np.unique(time[event], return_counts=True)
    if not when.size or when[0] > 0:
        when, events = np.insert(when, 0, 0.0), np.insert(events, 0, 0)
    at_risk = time.size - np.searchsorted(np.sort(time), when, side="left")
    censored = at_risk - events - np.append(at_risk[1:], 0)
    return PatientTable(when, at_risk, events, censored)


def numbers_at_risk(time: FloatArray, when: FloatArray) -> FloatArray:
    """Number of rows ``time`` (n,) at or after each of ``when`` (m,)."""
    ordered = np.sort(time)
    return (ordered.size - np.searchsorted(ordered, when, side="left")).astype(np.float64)
