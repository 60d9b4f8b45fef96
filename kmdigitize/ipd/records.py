"""The records of the reconstruction: what goes in, the patients that come out, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import BoolArray, FloatArray, IntArray, read_only
from kmdigitize.records.printed import AtRisk
from kmdigitize.stepcurve import StepCurve

if TYPE_CHECKING:
    import pandas as pd
    from lifelines import KaplanMeierFitter

Method = Literal["guyot", "ikm", "marked", "exact"]
METHODS: tuple[Method, ...] = get_args(Method)
Source = Literal["drop", "mark", "interpolated", "tail"]


@dataclass(frozen=True, slots=True)
class IPD:
    """Individual patient data of one arm, one row per patient, in order of time.

    ``time`` (n,) in the unit of the figure, ``event`` (n,) True for an event and False for a censoring. ``source``
    (n,) says where each row comes from: "drop" (a drop of the curve), "mark" (a censor mark), "interpolated" (a
    censoring between two things that were seen), "tail" (still at risk where the drawn curve ends).
    """

    panel: str
    arm: str
    time: FloatArray
    event: BoolArray
    source: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", read_only(self.time))
        object.__setattr__(self, "event", read_only(self.event, np.bool_))
        if self.time.ndim != 1 or self.time.shape != self.event.shape:
            raise ValueError("time and event must be of one length")
        if not self.source:
            seen: list[Source] = ["drop" if event else "interpolated" for event in self.event]
            object.__setattr__(self, "source", tuple(seen))
        if len(self.source) != self.time.size:
            raise ValueError("every row needs its source")

    @property
    def n(self) -> int:
        """Number of patients."""
        return self.time.size

    @property
    def events(self) -> int:
        """Number of events."""
        return int(np.count_nonzero(self.event))

    def to_frame(self) -> pd.DataFrame:
        """The rows as a data frame with columns panel, arm, time, event (0 or 1) and source."""
        import pandas as pd

        columns = {"panel": self.panel, "arm": self.arm, "time": self.time, "event": self.event.astype(int)}
        return pd.DataFrame({**columns, "source": list(self.source)}, index=range(self.n))

    def fit(self) -> KaplanMeierFitter:
        """A fitted ``lifelines.KaplanMeierFitter`` labelled with the arm's name."""
        from lifelines import KaplanMeierFitter

        return KaplanMeierFitter().fit(self.time, self.event, label=self.arm or "arm")


@dataclass(frozen=True, slots=True)
class LevelFact:
    """Survival known from print: ``survival`` at ``time``, right to within ``half_digit`` (half the last digit)."""

    time: float
    survival: float
    half_digit: float


@dataclass(frozen=True, slots=True)
class ReconstructionInputs:
    """All that is known of one arm. Only the curve is required.

    ``at_risk`` are printed numbers at risk, ``n`` the number of patients, ``events`` the total number of events,
    ``cumulative_events``/``cumulative_censored`` printed rows of a table (count so far, events and censorings *before*
    that time), ``landmarks`` printed survival at given times, ``median`` the printed median with half its last digit,
    ``axis_end`` where the drawn time axis ends: a curve that gets there may go on beyond it. ``together`` are drops
    (time, number) known to hold at least so many events, such as one of each of several causes.
    """

    curve: StepCurve
    at_risk: AtRisk | None = None
    n: int | None = None
    events: int | None = None
    cumulative_events: AtRisk | None = None
    cumulative_censored: AtRisk | None = None
    landmarks: tuple[LevelFact, ...] = ()
    median: tuple[float, float] | None = None
    axis_end: float | None = None
    together: tuple[tuple[float, int], ...] = ()
    panel: str = "1"
    arm: str = ""

    def __post_init__(self) -> None:
        if self.n is not None and self.n < 1:
            raise ValueError("an arm needs at least one patient")
        if self.events is not None and self.events < 0:
            raise ValueError("the number of events cannot be negative")


@dataclass(frozen=True, slots=True)
class PatientTable:
    """The life table behind the rows: (k,) arrays, the first row being the start of the curve without events.

    ``at_risk[i]`` counts just before ``time[i]``, ``events[i]`` happen at ``time[i]`` and ``censored[i]`` from
    ``time[i]`` to just before ``time[i + 1]``.
    """

    time: FloatArray
    at_risk: IntArray
    events: IntArray
    censored: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", read_only(self.time))
        for name in ("at_risk", "events", "censored"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.int64))

    @property
    def survival(self) -> FloatArray:
        """Kaplan–Meier survival just after each row, (k,)."""
        return np.cumprod(1.0 - self.events / np.maximum(self.at_risk, 1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Inputs that contradict each other: ``what`` in plain words, ``size`` by how many patients (or in survival)."""

    what: str
    size: float


@dataclass(frozen=True, slots=True)
class Draw:
    """One whole patient table drawn from all those the figure allows: rows in order of time."""

    time: FloatArray
    event: BoolArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", read_only(self.time))
        object.__setattr__(self, "event", read_only(self.event, np.bool_))


Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Patients of one arm with everything that is known about how sure they are.

    ``n_interval`` and ``events_interval`` are 95% digitization intervals (None without draws): what the resolution
    of the figure leaves open, which is not the sampling interval. ``residual`` is the root mean square difference
    between the digitized levels and the survival of the table, ``relaxed`` says which inputs had to give.
    """

    ipd: IPD
    method: Method
    table: PatientTable
    flags: tuple[Flag, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    draws: tuple[Draw, ...] = ()
    n_interval: Interval | None = None
    events_interval: Interval | None = None
    residual: float = 0.0
    relaxed: tuple[str, ...] = ()
