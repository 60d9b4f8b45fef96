"""Step curve and whatever is printed about it → individual patient data, by one of four methods.

``exact`` is the default: the most probable whole table. ``guyot``, ``ikm`` and ``marked`` are the published walks, for
comparison. Where inputs contradict each other the printed numbers are kept, and what had to give is named.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import numpy as np

from kmdigitize.errors import FactsError
from kmdigitize.flags import Flag
from kmdigitize.ipd.doubt import doubted_drops
from kmdigitize.ipd.ensemble import interval
from kmdigitize.ipd.exact import ExactSettings, exact
from kmdigitize.ipd.prepare import Prepared, prepare
from kmdigitize.ipd.records import METHODS, Conflict, Method, Reconstruction, ReconstructionInputs
from kmdigitize.ipd.rows import life_table, numbers_at_risk
from kmdigitize.ipd.walks import walk_arm
from kmdigitize.stepcurve import StepCurve

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconstructionSettings:
    """Expert settings of the reconstruction."""

    smallest_step_px: float = 1.0
    """Events lower than this many pixels cannot be told apart one by one; a flag says so."""
    exact: ExactSettings = field(default_factory=ExactSettings)


def reconstruct(
    inputs: ReconstructionInputs,
    method: Method = "exact",
    draws: int = 0,
    seed: int = 0,
    settings: ReconstructionSettings | None = None,
) -> Reconstruction:
    """Patients of one arm from its curve, numbers at risk and totals.

    ``draws`` patient tables are drawn from all those the figure allows (method "exact" only), reproducibly from
    ``seed``. Raises ``FactsError`` for an unknown method; contradictions in the inputs never raise.
    """
    settings = settings or ReconstructionSettings()
    if method not in METHODS:
        raise FactsError(f"There is no reconstruction method {method!r}.", f"Choose one of {', '.join(METHODS)}.")
    known = prepare(inputs)
    if method == "exact":
        result = _exact(known, inputs, draws, seed, settings)
    else:
        ipd, walk = walk_arm(known, inputs, method)
        table = life_table(ipd.time, ipd.event)
        result = Reconstruction(ipd, method, table, known.flags, known.conflicts + walk.conflicts)
    return _with_doubts(result, known, inputs, settings)


def _exact(
    known: Prepared, inputs: ReconstructionInputs, draws: int, seed: int, settings: ReconstructionSettings
) -> Reconstruction:
    """The most probable table with its draws and digitization intervals."""
    best = exact(known, inputs, draws, seed, settings.exact)
    flags = list(known.flags)
    flags += [Flag("inputs_relaxed", what) for what in best.relaxed]
    return Reconstruction(
        best.ipd,
        "exact",
        life_table(best.ipd.time, best.ipd.event),
        tuple(flags),
        known.conflicts,
        best.draws,
        interval([float(draw.time.size) for draw in best.draws]),
        interval([float(np.count_nonzero(draw.event)) for draw in best.draws]),
        relaxed=best.relaxed,
    )


def _with_doubts(
    result: Reconstruction, known: Prepared, inputs: ReconstructionInputs, settings: ReconstructionSettings
) -> Reconstruction:
    """Flags and conflicts that follow from comparing the patients with what was given."""
    ipd, curve = result.ipd, inputs.curve
    flags, conflicts = list(result.flags), list(result.conflicts)
    met = numbers_at_risk(ipd.time, known.risk_time)
    for when, wanted, found in zip(known.risk_time, known.risk_count, met, strict=True):
        if wanted != found:
            detail = f"{wanted} printed at {when:g}, {found:g} in the patients"
            flags.append(Flag("risk_table_conflicts_with_curve", detail))
    if known.n is None:
        flags.append(Flag("n_unknown", f"{ipd.n} patients estimated"))
    if inputs.events is not None and inputs.events != ipd.events:
        flags.append(Flag("events_unmatched", f"{inputs.events} stated, {ipd.events} in the patients"))
        what = f"{inputs.events} events are stated, the curve and the numbers at risk allow {ipd.events}"
        conflicts.append(Conflict(what, float(abs(inputs.events - ipd.events))))
    last_known = known.risk_time[-1] if known.risk_time.size else 0.0
    if inputs.events is None and inputs.curve.censor_times is None and np.any(known.time > last_known):
        flags.append(Flag("tail_extrapolated", f"after {last_known:g}"))
    step = 1.0 / max(1, ipd.n)
    if curve.survival_resolution > 0 and step < settings.smallest_step_px * curve.survival_resolution:
        flags.append(
            Flag("steps_below_one_pixel", f"one event in {ipd.n} is {step / curve.survival_resolution:.2f} px")
        )
    off_curve = _off_curve(result, known, curve)
    if off_curve is not None:
        conflicts.append(off_curve)
        printed = known.risk_count.size > 0 or inputs.n is not None
        flags.append(Flag("risk_table_conflicts_with_curve" if printed else "inputs_relaxed", off_curve.what))
    residual = _residual(result, known)
    log.debug("%s: %d patients, %d events, residual %.5f", inputs.arm, ipd.n, ipd.events, residual)
    return replace(
        result, flags=tuple(dict.fromkeys(flags)), conflicts=tuple(dict.fromkeys(conflicts)), residual=residual
    )


def _off_curve(result: Reconstruction, known: Prepared, curve: StepCurve) -> Conflict | None:
    """Where the patients, who meet what is printed, are furthest off the curve, if no reading error explains it.

    A level on the way down a blurred riser may be anywhere between the flats before and after it.
    """
    if not known.time.size or result.method != "exact":
        return None
    beside = np.append(np.diff(known.time), np.inf) / 2.0
    just_after = known.time + np.minimum(2.0 * known.time_sd + 1e-9, beside)
    survival = np.append(1.0, result.table.survival)
    found = survival[np.searchsorted(result.table.time, just_after, side="right")]
    before, after = np.append(1.0, found[:-1]), np.append(found[1:], found[-1])
    passing = doubted_drops(known, curve).passing
    low, high = np.where(passing, after, found), np.where(passing, before, found)
    gap = np.maximum(np.maximum(known.level - high, low - known.level), 0.0)
    worst = int(np.argmax(gap - 6.0 * known.sd))
    pixel = curve.survival_resolution
    if gap[worst] <= max(6.0 * float(known.sd[worst]), 2.0 * pixel, 0.75 / max(result.ipd.n, 1)):
        return None
    where = f"{known.level[worst]:.3f} at {known.time[worst]:.4g}"
    return Conflict(f"The curve is at {where}, the patients are at {found[worst]:.3f} there", float(gap[worst]))


def _residual(result: Reconstruction, known: Prepared) -> float:
    """Root mean square difference between the digitized levels and the survival of the patients."""
    if not known.time.size:
        return 0.0
    nudge = 1e-6 * max(known.end, 1e-9)
    index = np.searchsorted(result.table.time, known.time + nudge, side="right") - 1
    return float(np.sqrt(np.mean((result.table.survival[index] - known.level) ** 2)))
