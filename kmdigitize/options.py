"""How to reconstruct: choices of the user that are neither facts about the figure nor tuning of a stage."""

from __future__ import annotations

from dataclasses import dataclass

from kmdigitize.ipd.records import Method


@dataclass(frozen=True, slots=True)
class Options:
    """``method`` of reconstruction, number of posterior ``draws`` per arm, random ``seed``, ``calibrate`` to print."""

    method: Method = "exact"
    draws: int = 0
    seed: int = 0
    calibrate: bool = False


DEFAULT_OPTIONS = Options()
