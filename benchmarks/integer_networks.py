"""A recogniser of text that computes in whole numbers, made from the one that does not.

Most of its time goes into sums over all channels at one place (convolutions of one pixel). These become products of
8-bit matrices (weights with a scale per channel, inputs with one per layer, found on the benchmark's own drawn figures)
with the channels last; all else stays as it is. Weights are rounded one input channel after the other, what rounding
adds is taken off those still to come (Frantar et al. 2023, GPTQ), and what is left on average goes into the offsets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from benchmarks.figure_sets import figures_of
from benchmarks.network_graphs import Rewriting
from kmdigitize.pipeline import read_page
from kmdigitize.sources.read import read_figures
from kmdigitize.text import models

LEAVE = ("Conv.4",)
"""Layers kept in floats: the first sum over channels alone makes a third of all error."""
PICTURES, SAMPLES = 400, 4000
"""Crops that the scales are found on, and values kept of each layer's input on each of them."""
DAMPING = 0.01
CUTS = (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Shares of the range that are tried: a few far values are not worth coarser steps for all others."""

Floats = np.ndarray[Any, np.dtype[np.float32]]


def crops_seen(count: int) -> list[Floats]:
    """What the recogniser is asked about on drawn figures: inputs (1, 3, h, w), mixed."""
    inputs: list[Floats] = []

    class Seen:
        def __init__(self, session: Any) -> None:
            self.session = session

        def __getattr__(self, name: str) -> Any:
            return getattr(self.session, name)

        def run(self, names: Any, values: dict[str, Floats]) -> Any:
            inputs.extend(picture[None] for picture in next(iter(values.values())))
            return self.session.run(names, values)

    def open_seen(model: Any, threads: int) -> Any:
        recognises = model in (models.RECOGNISER, models.QUICK_RECOGNISER)
        return Seen(kept(models.RECOGNISER, threads)) if recognises else kept(model, threads)

    kept = models.open_model
    models.open_model = open_seen
    for _, make in figures_of("mixed", count):
        figure = make().figure
        read_page(read_figures(figure.file, f"figure{figure.suffix}")[0])
    models.open_model = kept
    return random.Random(1).sample(inputs, PICTURES)


def in_whole_numbers(model: Any, pictures: Sequence[Floats]) -> Any:
    """The model with its sums over channels in whole numbers, except the layers to leave."""
    plain = Rewriting(model, {}, {}, LEAVE)
    plain.run()
    layers = plain.layers
    ranges, squares = measured(model, pictures, [layer.input for layer in layers])
    weights = {layer.name: rounded(layer.weights, squares[layer.input]) for layer in layers}
    made = Rewriting(model, ranges, weights, LEAVE).run()
    return with_offsets(made, Rewriting(model, {}, {}, LEAVE).run(), pictures[::3], [layer.output for layer in layers])


def measured(
    model: Any, pictures: Sequence[Floats], names: Sequence[str]
) -> tuple[dict[str, tuple[float, float]], dict[str, Floats]]:
    """The range to be spanned by 8 bits of each input of a layer, and the products of its channels."""
    names = list(dict.fromkeys(names))
    values: dict[str, list[Floats]] = {name: [] for name in names}
    squares: dict[str, Any] = {}
    chance = np.random.default_rng(0)
    for found in outputs(model, names, pictures):
        for name, value in zip(names, found, strict=True):
            channels = value.transpose(0, 2, 3, 1).reshape(-1, value.shape[1]).astype(np.float64)
            squares[name] = squares.get(name, 0.0) + channels.T @ channels / len(channels)
            values[name].append(value.ravel()[chance.integers(0, value.size, SAMPLES)])
    return {name: spanned(np.concatenate(parts)) for name, parts in values.items()}, squares


def spanned(values: Floats) -> tuple[float, float]:
    """The lowest and highest value of the 8-bit scale that gives ``values`` the least squared error."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    tried = []
    for bottom, top in {(low * a, high * b) for a in CUTS for b in CUTS}:
        step = (top - bottom) / 255
        zero = round(-bottom / step)
        near = (np.clip(np.rint(values / step) + zero, 0, 255) - zero) * step
        tried.append((float(((near - values) ** 2).mean()), bottom, top))
    return min(tried)[1:]


def rounded(weights: Floats, squares: Floats) -> tuple[Any, Floats]:
    """Whole numbers (inputs, outputs) in [-127, 127] and the scale of each output, for ``weights`` of that shape."""
    scale = np.abs(weights).max(axis=0) / 127
    scale[scale == 0] = 1
    damped = squares + DAMPING * np.mean(np.diag(squares)) * np.eye(len(squares))
    after = np.linalg.cholesky(np.linalg.inv(damped)).T
    left, whole = weights.astype(np.float64), np.zeros(weights.shape, np.int8)
    for row in range(len(weights)):
        whole[row] = np.clip(np.rint(left[row] / scale), -127, 127)
        wrong = (left[row] - whole[row] * scale) / after[row, row]
        left[row + 1 :] -= np.outer(after[row, row + 1 :], wrong)
    return whole, scale.astype(np.float32)


def with_offsets(made: Any, plain: Any, pictures: Sequence[Floats], names: Sequence[str]) -> Any:
    """``made`` with the offsets of its layers moved, from the first to the last, by what their means are off."""
    wanted = means(plain, names, pictures)
    for name in names:
        off = wanted[name] - means(made, [name], pictures)[name]
        offsets = next(constant for constant in made.graph.initializer if constant.name == f"{name}:offsets")
        moved = (numpy_helper.to_array(offsets) + off).astype(np.float32)
        offsets.CopyFrom(numpy_helper.from_array(moved, offsets.name))
    return made


def means(model: Any, names: Sequence[str], pictures: Sequence[Floats]) -> dict[str, Floats]:
    """The mean of each channel of some layers' outputs, which have their channels last."""
    found = [
        [value.reshape(-1, value.shape[-1]).mean(axis=0) for value in row]
        for row in outputs(model, [f"{name}:last" for name in names], pictures)
    ]
    return {name: np.mean([row[i] for row in found], axis=0) for i, name in enumerate(names)}


def outputs(model: Any, names: Sequence[str], pictures: Sequence[Floats]) -> Iterator[list[Floats]]:
    """The named values of a network for each picture."""
    wider = onnx.ModelProto()
    wider.CopyFrom(model)
    present = {output.name for output in wider.graph.output}
    wider.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names if name not in present)
    session = models.open_model(wider.SerializeToString(), 1)
    for picture in pictures:
        yield session.run(list(names), {session.get_inputs()[0].name: picture})


def error(plain: Any, made: bytes, pictures: Sequence[Floats]) -> float:
    """Squared error of the outputs as a share of their squares."""
    sessions = [models.open_model(model, 1) for model in (plain.SerializeToString(), made)]
    wrong = total = 0.0
    for picture in pictures:
        first, second = (session.run(None, {session.get_inputs()[0].name: picture})[0] for session in sessions)
        wrong += float(((first - second) ** 2).sum())
        total += float((first**2).sum())
    return wrong / total
