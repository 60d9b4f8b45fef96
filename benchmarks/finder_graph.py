"""The graph of the line finder (ONNX) rewritten so that its largest pictures are moved about least, with the same sums.

onnxruntime keeps channels in blocks of up to 16 and puts a whole picture in another order for what it cannot compute in
blocks: windows over fewer channels than a block, pictures that are joined channel by channel, and enlargements. At the
start of the finder windows over two joined pictures become the sum of a window over each. At its end each pixel becomes
4 × 4: these are sixteen sums over channels, which are put in their places once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import helper, numpy_helper

Floats = np.ndarray[Any, np.dtype[np.float32]]
BLOCK = 16
"""Channels that are kept together at most."""


def with_little_moved(model: Any) -> Any:
    """The finder ``model``, changed in place."""
    graph = _Graph(model.graph)
    graph.widen(next(node for node in graph.nodes if node.op_type == "Conv" and _sides(node) == [2, 2]))
    graph.add_instead_of_joining(graph.user_of(graph.user_of(graph.first("MaxPool"))))
    graph.enlarge_at_the_end()
    graph.forget_unused()
    return model


class _Graph:
    """A graph whose nodes are exchanged."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    @property
    def nodes(self) -> list[Any]:
        return list(self.graph.node)

    def first(self, kind: str) -> Any:
        return next(node for node in self.nodes if node.op_type == kind)

    def user_of(self, node: Any) -> Any:
        (user,) = (other for other in self.nodes if node.output[0] in other.input)
        return user

    def value(self, name: str) -> Floats:
        return next(numpy_helper.to_array(one) for one in self.graph.initializer if one.name == name)

    def keep(self, name: str, value: Floats) -> str:
        """Keeps a constant under its ``name``, in the place of one that had it."""
        for old in [one for one in self.graph.initializer if one.name == name]:
            self.graph.initializer.remove(old)
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def exchange(self, old: Sequence[Any], new: Sequence[Any]) -> None:
        """Puts ``new`` nodes where the last of the ``old`` ones is."""
        place = self.nodes.index(old[-1])
        nodes = [node for node in [*self.nodes[:place], *new, *self.nodes[place:]] if node not in old]
        del self.graph.node[:]
        self.graph.node.extend(nodes)

    def forget_unused(self) -> None:
        """Drops the constants that no node uses any more."""
        used = {name for node in self.nodes for name in node.input}
        for unused in [one for one in self.graph.initializer if one.name not in used]:
            self.graph.initializer.remove(unused)

    def widen(self, layer: Any) -> None:
        """Idle channels for a ``layer`` with fewer than a block, and for the one that uses it."""
        following = self.user_of(self.user_of(layer))
        weights, offsets, then = (self.value(name) for name in (*layer.input[1:], following.input[1]))
        idle = BLOCK - len(weights)
        self.keep(layer.input[1], np.pad(weights, ((0, idle), (0, 0), (0, 0), (0, 0))))
        self.keep(layer.input[2], np.pad(offsets, (0, idle)))
        self.keep(following.input[1], np.pad(then, ((0, 0), (0, idle), (0, 0), (0, 0))))

    def add_instead_of_joining(self, layer: Any) -> None:
        """The sum of windows instead of a window (``layer``) over joined pictures with equally many channels."""
        joining = next(node for node in self.nodes if node.output[0] == layer.input[0])
        weights, output = self.value(layer.input[1]), layer.output[0]
        about = {one.name: helper.get_attribute_value(one) for one in layer.attribute}
        nodes = []
        for i, (picture, part) in enumerate(
            zip(joining.input, np.split(weights, len(joining.input), axis=1), strict=True)
        ):
            given = [picture, self.keep(f"{output}:weights{i}", part), *([layer.input[2]] if i == 0 else [])]
            nodes.append(helper.make_node("Conv", given, [f"{output}:part{i}"], **about))
        nodes.append(helper.make_node("Add", [one.output[0] for one in nodes], [output]))
        self.exchange([joining, layer], nodes)

    def enlarge_at_the_end(self) -> None:
        """Two enlargements with offsets, a Relu between them and a Sigmoid after them, as sums over channels."""
        old = [self.first("ConvTranspose")]
        while old[-1].op_type != "Sigmoid":
            old.append(self.user_of(old[-1]))
        first, second = (self.value(node.input[1]) for node in old if node.op_type == "ConvTranspose")
        offsets = [self.value(node.input[1]).ravel() for node in old if node.op_type == "Add"]
        channels, inner = first.shape[:2]
        four = first.transpose(2, 3, 1, 0).reshape(4 * inner, channels)  # by row and column in the doubled pixel
        sixteen = np.zeros((2, 2, 2, 2, 2, 2, inner), np.float32)  # two bits of row and column, what they are made of
        for row, column in np.ndindex(2, 2):
            sixteen[row, :, column, :, row, column] = second[:, 0].transpose(1, 2, 0)
        twice = self.keep("four", four[:, :, None, None]), self.keep("four:offsets", np.tile(offsets[0], 4))
        again = (
            self.keep("sixteen", sixteen.reshape(16, 4 * inner, 1, 1)),
            self.keep("sixteen:offsets", np.tile(offsets[1], 16)),
        )
        nodes = [
            helper.make_node("Conv", [old[0].input[0], *twice], ["four:sums"], kernel_shape=[1, 1]),
            helper.make_node("Relu", ["four:sums"], ["four:ink"]),
            helper.make_node("Conv", ["four:ink", *again], ["sixteen:sums"], kernel_shape=[1, 1]),
            helper.make_node("Sigmoid", ["sixteen:sums"], ["sixteen:chance"]),
            helper.make_node("DepthToSpace", ["sixteen:chance"], list(old[-1].output), blocksize=4, mode="CRD"),
        ]
        self.exchange(old, nodes)


def _sides(node: Any) -> list[int]:
    return next(list(one.ints) for one in node.attribute if one.name == "kernel_shape")
