"""Figures damaged on purpose: is the answer still right, is it flagged, is it refused, or is it silently wrong?

Every mutation leaves the true curves as they are in time and survival; what it takes away or puts over them is what
readers of papers meet: cut margins, turned pages, lost ticks and labels, words over the plot, facts with an error.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.scoring import ArmScore, score_figure
from kmdigitize import KmdigitizeError, digitize, read_figure
from kmdigitize.facts import NO_FACTS, FigureFacts, facts_from
from kmdigitize.geometry import FloatArray, Pixels
from kmdigitize.synthetic.draw import SyntheticFigure
from kmdigitize.synthetic.mixed import mixed_case

Damage = Callable[[Pixels, FloatArray, np.random.Generator], Pixels]
RIGHT = 0.02
"""Mean absolute error in survival up to which a curve is right: twice what the benchmark of extraction calls good."""


@dataclass(frozen=True, slots=True)
class MutatedFigure:
    """What became of one mutated figure: ``outcome`` is "right", "flagged", "refused", "silently wrong" or "crash"."""

    figure: str
    mutation: str
    outcome: str
    error: float
    detail: str = ""


def _as_it_is(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    return pixels


def _padded(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    top, bottom, left, right = (int(v) for v in rng.integers(5, 120, 4))
    return np.pad(pixels, ((top, bottom), (left, right), (0, 0)), constant_values=255)


def _cut_right(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    """The picture ends inside the panel: a tenth to a third of the time axis is lost."""
    left, _, right, _ = frame
    return pixels[:, : int(right - float(rng.uniform(0.1, 0.33)) * (right - left))]


def _cut_top(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    _, top, _, bottom = frame
    return pixels[int(top + float(rng.uniform(0.05, 0.25)) * (bottom - top)) :]


def _cut_labels(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    """Everything left of the axis is cut off."""
    return pixels[:, max(0, int(frame[0]) - 2) :]


def _turned(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, int(rng.integers(1, 4))))


def _tilted(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(0.3, 3)) * float(rng.choice([-1, 1])), 1)
    white = (255, 255, 255)
    return cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=white).astype(np.uint8)


def _grey(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    return np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2).astype(np.uint8)


def _recoloured(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    """Channels exchanged, contrast lowered."""
    low = float(rng.uniform(0, 60))
    pale: Pixels = np.rint(low + pixels[:, :, rng.permutation(3)] * ((255 - low) / 255)).astype(np.uint8)
    return pale


def _inverted(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    return np.subtract(255, pixels, dtype=np.uint8)


def _without_ticks(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    """The strip just outside both axes, where tick marks stand, is blank."""
    out, strip = pixels.copy(), max(4, pixels.shape[0] // 80)
    left, _, right, bottom = (round(v) for v in frame)
    _blank(out, bottom + 2, bottom + 2 + strip, left - strip, right + strip)
    _blank(out, 0, bottom + strip, left - 2 - strip, left - 2)
    return out


def _without_labels(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    """One half of the labels of one axis is blank."""
    out, deep = pixels.copy(), max(10, pixels.shape[0] // 12)
    left, top, right, bottom = (round(v) for v in frame)
    middle = (left + right) // 2 if rng.random() < 0.5 else left - deep
    if rng.random() < 0.5:
        _blank(out, bottom + deep // 6, bottom + deep, middle, right + deep)
    else:
        _blank(out, (top + bottom) // 2, bottom + deep // 2, 0, left - deep // 6)
    return out


def _blank(pixels: Pixels, top: int, bottom: int, left: int, right: int) -> None:
    pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = pixels[1, 1]


def _overwritten(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    """Words across the plot, as of a preprint server."""
    out, scale = np.ascontiguousarray(pixels), pixels.shape[1] / 700
    words = str(rng.choice(["ACCEPTED MANUSCRIPT", "Copyright 2024. 12.5 34", "DRAFT 1.0 0.5"]))
    corner = (round(frame[0]), round(float(rng.uniform(frame[1], frame[3]))))
    shade = (200,) * 3 if rng.random() < 0.5 else (40,) * 3
    return cv2.putText(out.copy(), words, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, shade, 2).astype(np.uint8)


def _patched(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    """A white patch over a part of the plot, as of a removed legend."""
    out, (left, top, right, bottom) = pixels.copy(), frame
    x, y = float(rng.uniform(left, right)), float(rng.uniform(top, bottom))
    _blank(out, int(y), int(y + 0.2 * (bottom - top)), int(x), int(x + 0.2 * (right - left)))
    return out


def _halved(pixels: Pixels, frame: FloatArray, rng: np.random.Generator) -> Pixels:
    return cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8)


DAMAGES: dict[str, Damage] = {
    "none": _as_it_is,
    "padded": _padded,
    "cut at the right": _cut_right,
    "cut at the top": _cut_top,
    "y labels cut off": _cut_labels,
    "turned by 90, 180 or 270°": _turned,
    "tilted by up to 3°": _tilted,
    "grey": _grey,
    "recoloured, pale": _recoloured,
    "inverted": _inverted,
    "tick marks removed": _without_ticks,
    "half of the labels of an axis erased": _without_labels,
    "words over the plot": _overwritten,
    "white patch over the plot": _patched,
    "half the size": _halved,
}
FACTS = ("wrong x axis stated", "one arm name too many", "numbers of patients too small")
MUTATIONS = (*DAMAGES, *FACTS)


def mutated_figures(figures: int, each: int, seed: int, first: int = 0) -> Iterator[MutatedFigure]:
    """``each`` rounds over one-panel figures of the mixture from number ``first`` on, every mutation equally often."""
    one_panel = (n for n in count(first) if len(mixed_case(n).styles) == 1)
    numbers = list(islice(one_panel, figures))
    for turn in range(each):
        for place, number in enumerate(numbers):
            mutation = MUTATIONS[(place + turn * 7) % len(MUTATIONS)]
            yield _tried(mixed_case(number).draw(), mutation, np.random.default_rng([seed, number, turn]))


def _tried(drawn: SyntheticFigure, mutation: str, rng: np.random.Generator) -> MutatedFigure:
    pixels = drawn.pixels
    if mutation in DAMAGES:
        corners = np.array(list(drawn.truth["axes"]["pixel"]["corners"].values()))
        frame = np.array([*corners.min(axis=0), *corners.max(axis=0)])
        pixels = np.ascontiguousarray(DAMAGES[mutation](pixels, frame, rng))
    if DAMAGES.get(mutation) is _cut_right:
        _forget_after(drawn, pixels.shape[1])
    try:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        found = digitize(read_figure(stream.getvalue(), drawn.name), _facts(drawn, mutation))
    except KmdigitizeError as error:
        return MutatedFigure(drawn.name, mutation, "refused", 1.0, type(error).__name__)
    except Exception as error:
        return MutatedFigure(drawn.name, mutation, "crash", 1.0, f"{type(error).__name__}: {error}")
    rows = score_figure("mutated", mutation, drawn, found)
    codes = {f.code for p in found.panels for a in p.arms for f in (*a.flags, *(a.trace.flags if a.trace else ()))}
    codes |= {flag.code for panel in found.panels for flag in (*panel.flags, *panel.scales.flags)}
    codes |= {flag.code for flag in found.flags if flag.code != "figure_rotated"}
    return MutatedFigure(drawn.name, mutation, _outcome(rows, bool(codes)), *_summary(rows, codes))


def _forget_after(drawn: SyntheticFigure, width: int) -> None:
    """Lets the true curves end where a picture that is ``width`` wide ends: nobody can read on beyond its edge."""
    axes = drawn.truth["axes"]
    (low, high), x0, x1 = axes["x"], axes["pixel"]["x0"], axes["pixel"]["x1"]
    end = low + (width - x0) / (x1 - x0) * (high - low)
    for arm in drawn.truth["arms"]:
        arm["t_end_plotted"] = min(arm["t_end_plotted"], end)
        arm["censor_times"] = [time for time in arm["censor_times"] if time <= end]


def _outcome(rows: list[ArmScore], flagged: bool) -> str:
    right = all(row.found and row.count_right and row.mae <= RIGHT for row in rows)
    return "right" if right else "flagged" if flagged else "silently wrong"


def _summary(rows: list[ArmScore], codes: set[str]) -> tuple[float, str]:
    missing = sum(not row.found for row in rows)
    many = "" if missing or rows[0].count_right else "curves that are none; "
    lost = f"{missing} of {len(rows)} curves missing; " if missing else ""
    return max(row.mae for row in rows), lost + many + ", ".join(sorted(codes))


def _facts(drawn: SyntheticFigure, mutation: str) -> FigureFacts:
    """Facts with one error for the mutations of facts, else none."""
    low, high = drawn.truth["axes"]["x"]
    arms = [arm["label"] for arm in drawn.truth["arms"]]
    stated: dict[str, dict[str, Any]] = {
        FACTS[0]: {"x_axis": (low, low + 1.5 * (high - low))},
        FACTS[1]: {"arm_names": (*arms, "One more")},
        FACTS[2]: {"n": [2] * len(arms)},
    }
    return facts_from(stated[mutation], "benchmark") if mutation in stated else NO_FACTS
