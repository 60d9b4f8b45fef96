"""A falling curve with censor marks, drawn pixel by pixel."""

import cv2
import numpy as np

from kmdigitize.geometry import Box
from kmdigitize.records.curves import Evidence, Trace
from kmdigitize.records.figure import Figure
from kmdigitize.records.printed import LegendEntry

RISERS, LEVELS = [70.0, 150.0, 230.0], [20.0, 45.0, 70.0, 95.0]


def trace_of(color=(0, 0, 200), stroke=2.0):
    k = len(RISERS)
    doubt = np.full(k, 0.1), np.full(k + 1, 0.1)
    return Trace(5, 295, LEVELS, RISERS, doubt[1], doubt[0], np.ones(k + 1), color, stroke_px=stroke)


def coverage_of_curve():
    ink = np.zeros((120, 300), np.float32)
    edges = [5, *RISERS, 295]
    for i, level in enumerate(LEVELS):
        ink[int(level) - 1 : int(level) + 1, int(edges[i]) : int(edges[i + 1]) + 1] = 1
    for i, riser in enumerate(RISERS):
        ink[int(LEVELS[i]) - 1 : int(LEVELS[i + 1]) + 1, int(riser) - 1 : int(riser) + 1] = 1
    return ink


def draw(ink, kind, x, y, half=5):
    canvas = np.zeros(ink.shape, np.uint8)
    if kind in ("vbar", "plus"):
        cv2.line(canvas, (x, y - half), (x, y + half), 1, 1)
    if kind == "tick":
        cv2.line(canvas, (x, y - half), (x, y), 1, 1)
    if kind == "plus":
        cv2.line(canvas, (x - half, y), (x + half, y), 1, 1)
    if kind == "cross":
        cv2.line(canvas, (x - half, y - half), (x + half, y + half), 1, 1)
        cv2.line(canvas, (x - half, y + half), (x + half, y - half), 1, 1)
    if kind == "circle":
        cv2.circle(canvas, (x, y), half, 1, 1)
    if kind == "triangle":
        corners = np.array([(x, y - half), (x + half, y + half), (x - half, y + half)])
        cv2.polylines(canvas, [corners], True, 1, 1)
    ink[canvas > 0] = 1


def evidence_of(ink, color=(0, 0, 200), occluded=None):
    return Evidence(ink, np.zeros_like(ink) if occluded is None else occluded, 0, 0, color, 2.0)


def traced(*traces):
    """Curves that are where they are, whatever hides them."""
    return lambda evidences: traces


def picture_with_legend(kind):
    """A curve with a single mark at (110, 45), and a legend line sample at (60, 140) that may carry the mark too."""
    ink = np.vstack([coverage_of_curve(), np.zeros((40, 300), np.float32)])
    if kind is not None:
        draw(ink, kind, 110, 45)
    ink[139:141, 45:76] = 1
    if kind is not None:
        draw(ink, kind, 60, 140)
    pixels = np.full((160, 300, 3), 255, np.uint8)
    pixels[ink > 0] = (0, 0, 200)
    ink[130:] = 0
    legend = LegendEntry("A", Box(80, 134, 120, 146), Box(45, 139, 75, 140), (0, 0, 200))
    return evidence_of(ink), Figure("f", pixels), legend
