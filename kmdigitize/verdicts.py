"""What a comparison says: one check per reported number, with the tolerance that follows from its digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["agrees", "differs", "cannot say"]


@dataclass(frozen=True, slots=True)
class Check:
    """One reported number against the patients.

    ``subject`` is the arm or the contrast ("A versus B"), ``reported`` the printed string, ``found`` our value (None:
    not estimable or not reached), ``interval`` its 95% digitization interval (None without draws), ``tolerance`` the
    difference that still agrees, in the unit of ``found`` (of its logarithm for ratios, of z for P values).
    """

    quantity: str
    subject: str
    reported: str
    found: float | None
    interval: tuple[float, float] | None
    tolerance: float
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Every check, and what the reported numbers say about each other (``consistency``)."""

    checks: tuple[Check, ...] = ()
    consistency: tuple[Check, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """ "differs" if any check differs, "agrees" if all agree, else "cannot say"."""
        verdicts = {check.verdict for check in self.checks}
        if "differs" in verdicts:
            return "differs"
        return "agrees" if verdicts == {"agrees"} else "cannot say"


def half_digit(printed: str) -> float:
    """Half a unit of the last printed digit: 0.005 for "0.63", 0.05 for "44.0", 0.5 for "12"."""
    mantissa, _, exponent = printed.strip().lower().partition("e")
    _, _, decimals = mantissa.partition(".")
    return 0.5 * 10.0 ** (int(exponent or 0) - len(decimals))


def whole_check(quantity: str, subject: str, reported: int, found: int, interval: tuple[float, float] | None) -> Check:
    """Counts must be equal; a count inside the digitization interval of an unequal one cannot be judged."""
    if found == reported:
        return Check(quantity, subject, str(reported), float(found), interval, 0.0, "agrees")
    reason = f"{found} reconstructed, {reported} reported"
    if interval is not None and interval[0] <= reported <= interval[1]:
        return Check(
            quantity,
            subject,
            str(reported),
            float(found),
            interval,
            0.0,
            "cannot say",
            f"{reason}; the figure allows {interval[0]:g} to {interval[1]:g}",
        )
    return Check(quantity, subject, str(reported), float(found), interval, 0.0, "differs", reason)
