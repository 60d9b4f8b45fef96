"""How deep and in which direction colours depart from the paper.

Anti-aliasing and blur only mix an ink with its paper: they change the depth of a colour, not its direction.
"""

from __future__ import annotations

import numpy as np

from kmdigitize.detect.evidence import color_space
from kmdigitize.detect.runs import Image


def depth(panel: Image, color: tuple[float, float, float]) -> float:
    """Distance of a colour from the paper ``panel`` (3,), in levels."""
    return max(float(np.linalg.norm(panel - np.array(color))), 1.0)


def shades_apart(panel: Image, a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """How many times deeper than the other one of two colours is."""
    ratio = depth(panel, a) / depth(panel, b)
    return max(ratio, 1 / ratio)


def hue_apart(panel: Image, a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Angle (rad) between the departures of two colours from the paper."""
    u, v = panel - np.array(a), panel - np.array(b)
    return float(np.arccos(np.clip(u @ v / max(float(np.linalg.norm(u) * np.linalg.norm(v)), 1.0), -1, 1)))


def chroma_apart(panel: Image, a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Angle (rad) between the chromas of two colours, whatever their brightness."""
    u, v = ((panel - np.array(color)) @ color_space(True) for color in (a, b))
    return float(abs(np.angle(complex(u[1], u[2]) * complex(v[1], -v[2]))))
