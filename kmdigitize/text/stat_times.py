"""Units of reported times and their exact conversion."""

from __future__ import annotations

_UNITS = {"mo": "months", "mt": "months", "y": "years", "a": "years", "j": "years", "w": "weeks", "d": "days"}
_FACTORS = {("years", "months"): 12, ("weeks", "days"): 7}


def unit_name(text: str) -> str:
    """The unit that a word or abbreviation means ("mos." → "months"), "" if none."""
    plain = text.strip().lower()
    if plain.startswith(("mo", "mt", "mei", "mes")):
        return "months"
    return _UNITS.get(plain[:1], "") if plain[:1] in "yawjd" else ""


def same_unit(printed: str, wanted: str) -> bool:
    """Whether a time printed in ``printed`` can be taken as it is; units that are not known do not contradict."""
    return not printed or not wanted or unit_name(printed) == wanted


def converted_time(value: str, printed: str, wanted: str) -> str | None:
    """``value`` in the wanted unit where the conversion is exact, else None; unknown units change nothing."""
    unit = unit_name(printed)
    if not wanted or not unit or unit == wanted:
        return value
    factor = _FACTORS.get((unit, wanted))
    if factor is None or "." in value:
        return None
    return str(int(value) * factor)
