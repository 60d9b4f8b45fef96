"""How a line is painted, and a line with its look."""

from __future__ import annotations

from dataclasses import dataclass

from kmdigitize.geometry import BoolArray, FloatArray
from kmdigitize.records.figure import Rgb
from kmdigitize.records.printed import Dash


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is painted; lines of one curve look the same. Widths and dashes in px."""

    color: Rgb
    width: float
    dash: tuple[float, ...] = ()
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Strand:
    """A connected line: ``points`` (n, 2) in order of x, its look, painting ``order`` of its first piece.

    ``gaps`` (n - 1,) is True for stretches that were bridged between drawn dashes.
    """

    points: FloatArray
    look: Look
    order: int
    gaps: BoolArray | None = None


def dash_of(look: Look) -> Dash:
    """The kind of dash of a pattern: dots are as long as wide (or round caps of no length), dashes longer."""
    if not look.dash:
        return "solid"
    on = look.dash[0::2]
    if len(on) > 1 and max(on) > 1.5 * min(on):
        return "dashdot"
    return "dotted" if max(on) <= 1.6 * max(look.width, 1e-6) else "dashed"
