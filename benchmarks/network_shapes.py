"""Layers of a network (ONNX) put in other words that say the same and are computed faster.

Each function takes the nodes and the constants of a graph and changes them in place; the new names end with ``'``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper, numpy_helper

BLOCK = 16
"""Channels that onnxruntime computes side by side."""


class Shapes:
    """The nodes and constants of a model's graph."""

    def __init__(self, model: Any) -> None:
        self.graph = model.graph
        self.constants = {constant.name: constant for constant in model.graph.initializer}

    def value(self, name: str) -> Any:
        """A constant as an array."""
        return numpy_helper.to_array(self.constants[name])

    def put(self, name: str, value: Any) -> str:
        """A new constant's name."""
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        self.constants[name] = self.graph.initializer[-1]
        return name

    def users(self, name: str) -> list[Any]:
        """The nodes that take a value."""
        return [node for node in self.graph.node if name in node.input]

    def replace(self, old: list[Any], new: list[Any]) -> None:
        """New nodes in the place of the last of the old ones."""
        nodes = list(self.graph.node)
        place = max(nodes.index(node) for node in old)
        nodes = [node for node in nodes[: place + 1] if node not in old] + new + nodes[place + 1 :]
        del self.graph.node[:]
        self.graph.node.extend(nodes)


def enlargements_at_the_end_as_sums(model: Any) -> Any:
    """Two doublings of the picture, each place giving four of its own, as sums over channels and one rearrangement."""
    shapes = Shapes(model)
    first = next((node for node in model.graph.node if node.op_type == "ConvTranspose"), None)
    if first is None:
        return model
    chain = [first]
    while chain[-1].output[0] != model.graph.output[0].name:
        chain += shapes.users(chain[-1].output[0])
    kinds = [node.op_type for node in chain]
    assert kinds == ["ConvTranspose", "Add", "Relu", "ConvTranspose", "Add", "Sigmoid"], kinds
    one, two = (shapes.value(node.input[1]) for node in (chain[0], chain[3]))
    middle = one.shape[1]
    shapes.put("one'", one.transpose(2, 3, 1, 0).reshape(4 * middle, -1, 1, 1))
    shapes.put("one+'", np.tile(shapes.value(chain[1].input[1]).ravel(), 4))
    spread = np.zeros((2, 2, 2, 2, 2, 2, middle))  # rows of both doublings, columns of both, place it comes from
    for a in range(2):
        for b in range(2):
            spread[a, :, b, :, a, b] = two[:, 0].transpose(1, 2, 0)
    shapes.put("two'", spread.reshape(16, 4 * middle, 1, 1))
    shapes.put("two+'", np.repeat(shapes.value(chain[4].input[1]).ravel(), 16))
    about = {"kernel_shape": [1, 1], "group": 1}
    new = [
        helper.make_node("Conv", [first.input[0], "one'", "one+'"], ["a'"], name="Conv.one'", **about),
        helper.make_node("Relu", ["a'"], ["b'"]),
        helper.make_node("Conv", ["b'", "two'", "two+'"], ["c'"], name="Conv.two'", **about),
        helper.make_node("Sigmoid", ["c'"], ["d'"]),
        helper.make_node("DepthToSpace", ["d'"], [chain[-1].output[0]], blocksize=4, mode="CRD"),
    ]
    shapes.replace(chain, new)
    return model


def window_over_two_as_two(model: Any) -> Any:
    """A window over two values side by side as the sum of a window over each, where they fill no whole blocks."""
    shapes = Shapes(model)
    for node in list(model.graph.node):
        users = shapes.users(node.output[0]) if node.op_type == "Concat" and len(node.input) == 2 else []
        if len(users) != 1 or users[0].op_type != "Conv":
            continue
        weights = shapes.value(users[0].input[1])
        half = weights.shape[1] // 2
        if half % BLOCK == 0:
            continue
        about = {a.name: helper.get_attribute_value(a) for a in users[0].attribute}
        output, name = users[0].output[0], users[0].name
        parts = [shapes.put(f"{output}{i}'", w) for i, w in enumerate((weights[:, :half], weights[:, half:]))]
        new = [
            helper.make_node("Conv", [node.input[0], parts[0]], [f"{output}a'"], name=f"{name}a'", **about),
            helper.make_node("Conv", [node.input[1], parts[1], users[0].input[2]], [f"{output}b'"], name=name, **about),
            helper.make_node("Add", [f"{output}a'", f"{output}b'"], [output]),
        ]
        shapes.replace([node, users[0]], new)
    return model


def channels_in_whole_blocks(model: Any) -> Any:
    """Idle channels between a window and a window that fill no whole block."""
    shapes = Shapes(model)
    for node in list(model.graph.node):
        if node.op_type != "Conv" or shapes.value(node.input[1]).shape[0] >= BLOCK or node.input[0] == "x":
            continue
        weights = shapes.value(node.input[1])
        (following,) = shapes.users(node.output[0]) or (None,)
        if weights.shape[2:] == (1, 1) or following is None or following.op_type != "Relu":
            continue
        (after,) = shapes.users(following.output[0])
        idle = BLOCK - weights.shape[0]
        node.input[2] = shapes.put(f"{node.output[0]}+'", np.pad(shapes.value(node.input[2]), (0, idle)))
        node.input[1] = shapes.put(f"{node.output[0]}'", np.pad(weights, ((0, idle), (0, 0), (0, 0), (0, 0))))
        wider = np.pad(shapes.value(after.input[1]), ((0, 0), (0, idle), (0, 0), (0, 0)))
        after.input[1] = shapes.put(f"{after.output[0]}''", wider)
    return model


def weighted_and_added_at_once(model: Any) -> Any:
    """x + x · w as x · (1 + w), where w is one number per channel."""
    shapes = Shapes(model)
    shapes.put("1'", np.ones(()))
    for node in list(model.graph.node):
        users = shapes.users(node.output[0]) if node.op_type == "Mul" else []
        if len(users) == 1 and users[0].op_type == "Add" and node.input[0] in users[0].input:
            more = f"{node.input[1]}+1'"
            new = [
                helper.make_node("Add", [node.input[1], "1'"], [more], name=f"{node.name}+'"),
                helper.make_node("Mul", [node.input[0], more], users[0].output, name=node.name),
            ]
            shapes.replace([node, users[0]], new)
    return model
