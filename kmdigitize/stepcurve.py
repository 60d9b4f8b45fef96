"""Right-continuous step curves S(t) as read from a figure, and distances between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kmdigitize.geometry import FloatArray, read_only


@dataclass(frozen=True, slots=True)
class StepCurve:
    """A survival curve that is 1 before its first drop and ``survival[i]`` from ``time[i]`` on.

    Shapes: ``time``, ``survival`` and the two standard deviations are (k,); ``censor_times`` is (m,) or None when the
    figure draws no censor marks (an empty array means: marks are drawn, but this arm has none). ``time`` is
    non-decreasing, ``survival`` non-increasing and in [0, 1]. ``last_time`` is where the drawn curve ends.
    ``censor_bands`` are stretches (start, end) in which marks touch, so that only their extent is known.
    ``time_resolution`` and ``survival_resolution`` are the size of one pixel in time and survival, or of
    the rounding of a vector drawing (0: exact).
    """

    time: FloatArray
    survival: FloatArray
    last_time: float
    censor_times: FloatArray | None = None
    censor_bands: tuple[tuple[float, float], ...] = ()
    time_sd: FloatArray | None = None
    survival_sd: FloatArray | None = None
    time_resolution: float = 0.0
    survival_resolution: float = 0.0

    def __post_init__(self) -> None:
        for name in ("time", "survival", "censor_times", "time_sd", "survival_sd"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read_only(value))
        k = self.time.shape
        if self.time.ndim != 1 or self.survival.shape != k:
            raise ValueError(f"time {k} and survival {self.survival.shape} must be of one length")
        if any(sd is not None and sd.shape != k for sd in (self.time_sd, self.survival_sd)):
            raise ValueError("standard deviations must have the shape of time")
        if not np.all(np.isfinite(self.time)) or np.any(np.diff(self.time) < 0):
            raise ValueError("times must be finite and in order")
        if np.any(self.survival < 0) or np.any(self.survival > 1) or np.any(np.diff(self.survival) > 0):
            raise ValueError("survival must lie in [0, 1] and never rise")
        if k[0] and self.last_time < self.time[-1]:
            raise ValueError("the curve cannot end before its last drop")

    def at(self, t: ArrayLike) -> FloatArray:
        """S(t), right-continuous, 1 before the first drop; shape of ``t``."""
        index = np.searchsorted(self.time, np.asarray(t, dtype=np.float64), side="right")
        return np.concatenate([[1.0], self.survival])[index]

    def vertices(self) -> tuple[FloatArray, FloatArray]:
        """(time, survival) just after each drop, from (0, 1) to the end of the drawn curve."""
        time = np.concatenate([[0.0], self.time])
        survival = np.concatenate([[1.0], self.survival])
        if self.last_time > time[-1]:
            time, survival = np.append(time, self.last_time), np.append(survival, survival[-1])
        return time, survival


def area_between(a: StepCurve, b: StepCurve, end: float) -> float:
    """Exact area between two step curves on [0, end], divided by ``end`` (a mean absolute difference of S)."""
    knots = np.unique(np.clip(np.concatenate([[0.0, end], a.time, b.time]), 0.0, end))
    return float(np.sum(np.abs(a.at(knots[:-1]) - b.at(knots[:-1])) * np.diff(knots)) / end)
