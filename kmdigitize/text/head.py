"""The last layer of the recogniser, computed outside its network and only for the likeliest letter.

The network ends in a linear layer over 18,710 letters of all scripts and a softmax over them, a third of its time, of
which only the largest value is wanted. Both are cut off the file of the model (ONNX, a protocol buffer whose messages
are walked through here) and replaced by one product of matrices and, where a letter stands, one sum of exponentials;
replies are the same up to rounding. Where a few letters suffice to see that there is a blank, the others are left out.
A model that ends otherwise is left whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmdigitize.geometry import BoolArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

_GRAPH = 7
"""The field of a model that holds its graph."""
_NODE, _CONSTANT, _OUTPUT = 1, 5, 12
"""Fields of a graph."""
_INPUTS, _OUTPUTS, _KIND = 1, 2, 4
"""Fields of a node."""
_LENGTH = 2
"""Wire type of a field with a length before it; the others are whole numbers, 8 and 4 bytes."""
_CERTAIN = 5.0
"""Natural logarithm of the odds of a blank against each usual letter from which it is one: two thirds of all steps."""
_FIXED = {1: 8, 5: 4}


@dataclass(frozen=True, slots=True)
class Head:
    """A linear layer: ``weights`` (features, letters) and ``offsets`` (letters,).

    ``usual`` is the part of both for a blank and the letters that are looked at first.
    """

    weights: Floats
    offsets: Floats
    usual: tuple[Floats, Floats] | None = None

    def looking_first_at(self, letters: Indices) -> Head:
        """The same layer, that looks at all letters only where none of ``letters`` is blank for certain."""
        chosen = np.concatenate([[0], letters[letters != 0]])
        return replace(self, usual=(np.ascontiguousarray(self.weights[:, chosen]), self.offsets[chosen]))

    def likeliest(self, features: Floats) -> tuple[Indices, Floats]:
        """The likeliest letter for each of ``features`` (crops, steps, features) and its probability; that of a blank
        is not computed and given as 1."""
        steps = features.reshape(-1, features.shape[2])
        best, chance = np.zeros(len(steps), np.intp), np.ones(len(steps), np.float32)
        (open_steps,) = np.nonzero(~self._blank(steps))
        scores = steps[open_steps] @ self.weights
        scores += self.offsets
        best[open_steps] = scores.argmax(axis=1)
        (written,) = np.nonzero(best[open_steps])
        at = open_steps[written]
        rest = scores[written] - scores[written, best[at]][:, None]
        chance[at] = 1 / np.exp(rest, out=rest).sum(axis=1)
        return best.reshape(features.shape[:2]), chance.reshape(features.shape[:2])

    def _blank(self, steps: Floats) -> BoolArray:
        """Which of ``steps`` (n, features) are blank for certain: no usual letter comes near."""
        if self.usual is None or self.usual[1].size < 2:
            return np.zeros(len(steps), np.bool_)
        scores = steps @ self.usual[0] + self.usual[1]
        return np.asarray(scores[:, 0] > scores[:, 1:].max(axis=1) + _CERTAIN, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """One field of a message: its number, its content, and the bytes of both."""

    number: int
    content: memoryview
    whole: memoryview

    def names(self, number: int) -> list[str]:
        """The texts in the fields ``number`` of this message."""
        return [bytes(field.content).decode() for field in _fields(self.content) if field.number == number]


def without_head(model: bytes) -> tuple[bytes, Head | None]:
    """The ``model`` up to its last linear layer, and that layer; the whole and None where it does not end with one."""
    fields = list(_fields(memoryview(model)))
    graph = list(_fields(next(field.content for field in fields if field.number == _GRAPH)))
    ending = _ending(graph)
    layers = [node for node in ending if node.names(_KIND) != ["Identity"]]
    if [node.names(_KIND)[0] for node in layers] != ["Softmax", "Add", "MatMul"]:
        return model, None
    constants = {name: field for field in graph if field.number == _CONSTANT for name in field.names(8)}
    weights, offsets = (constants[node.names(_INPUTS)[1]] for node in (layers[2], layers[1]))
    dropped = {id(field) for field in (*ending, weights, offsets)}
    kept = [field.whole for field in graph if field.number != _OUTPUT and id(field) not in dropped]
    output = _message(_OUTPUT, _message(1, layers[2].names(_INPUTS)[0].encode()))
    shorter = _message(_GRAPH, b"".join([*kept, output]))
    cut = [shorter if field.number == _GRAPH else field.whole for field in fields]
    return b"".join(cut), Head(_constant(weights), _constant(offsets))


def _ending(graph: Sequence[_Field]) -> list[_Field]:
    """The nodes from the output of a graph back to the last product of matrices, along their first inputs."""
    makers = {name: field for field in graph if field.number == _NODE for name in field.names(_OUTPUTS)}
    name = next(field.names(1)[0] for field in graph if field.number == _OUTPUT)
    ending: list[_Field] = []
    while name in makers and not (ending and ending[-1].names(_KIND) == ["MatMul"]):
        ending.append(makers[name])
        name = ending[-1].names(_INPUTS)[0]
    return ending


def _constant(field: _Field) -> Floats:
    """The array in a constant, as 32-bit floats."""
    parts = list(_fields(field.content))
    shape = [_varint(part.content, 0)[0] for part in parts if part.number == 1]
    raw = next(part.content for part in parts if part.number == 9)
    return np.frombuffer(raw, "<f4").reshape(shape)


def _fields(message: memoryview) -> Iterator[_Field]:
    start = 0
    while start < len(message):
        key, first = _varint(message, start)
        kind = key & 7
        if kind == _LENGTH:
            length, first = _varint(message, first)
            stop = first + length
        else:
            stop = first + _FIXED[kind] if kind in _FIXED else _varint(message, first)[1]
        yield _Field(key >> 3, message[first:stop], message[start:stop])
        start = stop


def _varint(message: memoryview, start: int) -> tuple[int, int]:
    """The whole number that begins at ``start``, and where it ends."""
    value = shift = 0
    while True:
        byte = message[start]
        value |= (byte & 127) << shift
        start, shift = start + 1, shift + 7
        if byte < 128:
            return value, start


def _message(number: int, content: bytes) -> bytes:
    """A field with ``content``."""
    length, key = len(content), bytes([number << 3 | _LENGTH])
    digits = bytearray()
    while length > 127:
        digits.append(length & 127 | 128)
        length >>= 7
    return key + bytes([*digits, length]) + content
