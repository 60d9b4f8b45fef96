"""What applies to one SVG element: presentation attributes, style sheet, inherited values, and the paint they mean."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from svgelements import Color

from kmdigitize.records.figure import Rgb
from kmdigitize.sources.paint import Paint
from kmdigitize.sources.svg_tree import Rule, applies, declarations

_FONT = ("font", "font-family", "font-size", "text-anchor")
_STROKE = ("stroke", "stroke-dasharray", "stroke-opacity", "stroke-width")
_INHERITED = frozenset({"color", "fill", "fill-opacity", "visibility", *_FONT, *_STROKE})
_OWN = frozenset(["clip-path", "display", "opacity", "transform"])
_UNITS = {"px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6}


@dataclass(frozen=True, slots=True)
class Style:
    """Computed values of an element; ``opacity`` is the product over its ancestors."""

    values: dict[str, str] = field(default_factory=dict)
    opacity: float = 1.0
    visible: bool = True

    def get(self, key: str, default: str = "") -> str:
        """The value of a property as written."""
        return self.values.get(key, default)

    @property
    def font_size(self) -> float:
        """Font size in user units."""
        return length(self.get("font-size", "16"), 16.0, 16.0)


def style_of(chain: tuple[ET.Element, ...], parent: Style, rules: tuple[Rule, ...]) -> Style:
    """The style of the last element of ``chain`` whose parent has ``parent``."""
    element = chain[-1]
    values = {key: value for key, value in parent.values.items() if key in _INHERITED}
    values |= {key: value for key, value in element.attrib.items() if key in _INHERITED or key in _OWN}
    for rule in rules:
        if applies(rule, chain):
            values |= rule.values
    values |= declarations(element.get("style", ""))
    if "font" in values:
        size = re.search(r"([\d.]+(?:px|pt)?)(?:\s|/)", values.pop("font") + " ")
        values["font-size"] = size.group(1) if size else values.get("font-size", "16")
    own_size = values.get("font-size", "16")
    values["font-size"] = f"{length(own_size, parent.font_size if parent.values else 16.0, 16.0)}"
    visible = parent.visible and values.get("display") != "none"
    return Style(values, parent.opacity * _share(values.get("opacity", "1")), visible)


def paint_of(style: Style) -> Paint:
    """Colours, width, dash and opacity of a shape in user units."""
    if not style.visible or style.get("visibility") in ("hidden", "collapse"):
        return Paint()
    fill, fill_alpha = _color(style, "fill", "black")
    stroke, stroke_alpha = _color(style, "stroke", "none")
    width = length(style.get("stroke-width", "1"), 1.0, 1.0)
    stroke = stroke if width > 0 and stroke_alpha > 0 else None
    fill = fill if fill_alpha > 0 else None
    alphas = [alpha for color, alpha in ((stroke, stroke_alpha), (fill, fill_alpha)) if color is not None]
    return Paint(stroke, fill, width, _dashes(style.get("stroke-dasharray")), max(alphas, default=0.0))


def _color(style: Style, key: str, default: str) -> tuple[Rgb | None, float]:
    """Colour (None if not painted) and opacity in [0, 1]."""
    written = style.get(key, default)
    if written.lower() == "currentcolor":
        written = style.get("color", "black")
    alpha = _share(style.get(f"{key}-opacity", "1")) * style.opacity
    if written.startswith("url("):
        return None, alpha
    try:
        color = Color(written)
    except (ValueError, TypeError, AttributeError):
        return None, alpha
    if color.value is None:
        return None, alpha
    return (int(color.red), int(color.green), int(color.blue)), alpha * float(color.opacity)


def _share(written: str) -> float:
    """An opacity, as number or percentage."""
    try:
        value = float(written.rstrip("%")) / (100 if written.endswith("%") else 1)
    except ValueError:
        return 1.0
    return min(1.0, max(0.0, value))


def _dashes(written: str) -> tuple[float, ...]:
    lengths = [length(item, 0.0, 1.0) for item in re.split(r"[\s,]+", written.strip()) if item and item != "none"]
    if not lengths or sum(lengths) <= 0 or min(lengths) < 0:
        return ()
    return tuple(lengths * (1 + len(lengths) % 2))


def length(written: str, default: float, whole: float) -> float:
    """A length in user units (CSS px); percentages are of ``whole``, ``em`` of ``default``."""
    found = re.fullmatch(r"\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([a-z%]*)\s*", written, re.IGNORECASE)
    if found is None:
        return default
    try:
        value = float(found.group(1))
    except ValueError:
        return default
    unit = found.group(2).lower()
    if unit == "%":
        return value / 100 * whole
    return value * (default if unit in ("em", "rem") else _UNITS.get(unit, 1.0))
