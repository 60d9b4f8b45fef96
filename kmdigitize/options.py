"""How to reconstruct: choices of the user that are neither facts about the figure nor tuning of a stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kmdigitize.ipd.records import Method

INTERVAL_DRAWS = 100
"""Draws behind the digitization intervals when none are to be written; more changes an interval by a few percent."""

CALIBRATION_DRAWS = 200
"""Draws for calibration: enough to find matches of one pair in a thousand."""


@dataclass(frozen=True, slots=True)
class Options:
    """``method`` of reconstruction, posterior ``draws`` per arm (behind every interval) and their random ``seed``.

    ``write_draws`` keeps the draws as a file of their own; ``calibrate`` uses the printed statistics as constraints.
    """

    method: Method = "exact"
    draws: int = INTERVAL_DRAWS
    seed: int = 0
    write_draws: bool = False
    calibrate: bool = False


DEFAULT_OPTIONS = Options()


def options_of(stated: Mapping[str, Any]) -> Options:
    """The options in those of a command: ``method``, ``draws`` (0: none to be written), ``seed`` and ``calibrate``."""
    draws, calibrate = stated["draws"], bool(stated.get("calibrate"))
    enough = CALIBRATION_DRAWS if calibrate else INTERVAL_DRAWS
    return Options(stated["method"], max(draws, enough), stated["seed"], bool(draws), calibrate)
