"""The graph of a network (ONNX) rewritten with the channels last and its sums over channels in whole numbers.

Values of the old graph exist in the new one under their own name with the channels second, and under ``name:last``
with the channels last; each is made from the other where it is first wanted, so that only layers that look around
themselves (windows of more than one pixel) have transpositions before and after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import helper, numpy_helper

Floats = np.ndarray[Any, np.dtype[np.float32]]
POINTWISE = ("Add", "Mul", "Relu", "HardSigmoid", "Sigmoid")


@dataclass(frozen=True)
class Layer:
    """A sum over channels: the names of its node, input and output, and its weights (inputs, outputs)."""

    name: str
    input: str
    output: str
    weights: Floats


class Rewriting:
    """``ranges`` of the inputs and whole ``weights`` with their scales; layers without them stay in floats."""

    def __init__(
        self,
        model: Any,
        ranges: Mapping[str, tuple[float, float]],
        weights: Mapping[str, tuple[Any, Floats]],
        leave: Sequence[str],
    ) -> None:
        self.model, self.ranges, self.weights, self.leave = model, ranges, weights, leave
        self.old = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}
        self.constants: dict[str, Any] = {}
        self.nodes: list[Any] = []
        self.second = {value.name for value in model.graph.input}
        self.last: set[str] = set()
        self.whole: set[str] = set()
        self.layers: list[Layer] = []

    def run(self) -> Any:
        """The new model; ``layers`` then lists what was or can be put in whole numbers."""
        graph = self.model.graph
        gelus, inner = self._gelus()
        means: set[str] = set()
        for node in graph.node:
            if node.output[0] in inner:
                continue
            if node.output[0] in gelus:
                self._add("Gelu", [self._last(gelus[node.output[0]])], node.output[0], domain="com.microsoft")
            elif _is_mean(node):
                self._add("ReduceMean", [self._last(node.input[0])], node.output[0], axes=[1, 2], keepdims=1)
                means.add(node.output[0])
            elif _is_sum_over_channels(node):
                (self._floats if node.input[0] in means else self._layer)(node)
                means.update(node.output if node.input[0] in means else ())
            elif node.op_type in POINTWISE and all(name in self.last for name in node.input):
                self._add(node.op_type, [self._last(name) for name in node.input], node.output[0], **_attributes(node))
                means.update(node.output if all(name in means for name in node.input) else ())
            else:
                self._keep(node)
        for output in graph.output:
            self._second(output.name)
        return self._model()

    def _gelus(self) -> tuple[dict[str, str], set[str]]:
        """Outputs of the five nodes x / √2, erf, + 1, · x, · ½ with their x, and the values between those nodes."""
        makers = {name: node for node in self.model.graph.node for name in node.output}
        users = {name: node for node in self.model.graph.node for name in node.input}
        gelus, inner = {}, set()
        for node in self.model.graph.node:
            if node.op_type == "Erf":
                chain = [node]
                for _ in range(3):
                    chain.append(users[chain[-1].output[0]])
                divided = makers[node.input[0]]
                inner |= {divided.output[0], *(one.output[0] for one in chain[:-1])}
                gelus[chain[-1].output[0]] = divided.input[0]
        return gelus, inner

    def _layer(self, node: Any) -> None:
        """A sum over channels at every place."""
        name, output = node.input[0], node.output[0]
        if node.name in self.leave:
            return self._floats(node)
        self.layers.append(Layer(node.name, name, output, self._weights(node)))
        if node.name not in self.weights:
            return self._floats(node)
        low, high = self.ranges[name]
        step = np.float32((high - low) / 255)
        scale, zero = (
            self._constant(f"{name}:scale", step),
            self._constant(f"{name}:zero", np.uint8(round(-low / step))),
        )
        if name not in self.whole:
            self.whole.add(name)
            given = [self._last(name), scale, zero]
            self.nodes.append(helper.make_node("QuantizeLinear", given, [f"{name}:whole"]))
        whole, scales = self.weights[node.name]
        given = [f"{name}:whole", self._constant(f"{output}:weights", whole), scale]
        given += [self._constant(f"{output}:scales", scales), zero]
        given += [self._constant(f"{output}:zeros", np.zeros(len(scales), np.int8)), self._offsets(node)]
        return self._add("MatMulIntegerToFloat", given, output, domain="com.microsoft")

    def _floats(self, node: Any) -> None:
        output = node.output[0]
        given = [self._last(node.input[0]), self._constant(f"{output}:weights", self._weights(node))]
        self.nodes.append(helper.make_node("MatMul", given, [f"{output}:sums"]))
        self._add("Add", [f"{output}:sums", self._offsets(node)], output)

    def _weights(self, node: Any) -> Floats:
        return np.ascontiguousarray(self.old[node.input[1]][:, :, 0, 0].T, np.float32)

    def _offsets(self, node: Any) -> str:
        offsets = self.old[node.input[2]] if len(node.input) > 2 else np.zeros(len(self.old[node.input[1]]))
        return self._constant(f"{node.output[0]}:offsets", offsets.astype(np.float32))

    def _keep(self, node: Any) -> None:
        """The node as it was, on values with the channels second."""
        for name in node.input:
            if name in self.old:
                self._constant(name, self.old[name])
            else:
                self._second(name)
        self.nodes.append(node)
        self.second.update(node.output)

    def _add(self, kind: str, given: Sequence[str], output: str, **about: Any) -> None:
        self.nodes.append(helper.make_node(kind, given, [f"{output}:last"], **about))
        self.last.add(output)

    def _last(self, name: str) -> str:
        if name not in self.last:
            self._add("Transpose", [name], name, perm=[0, 2, 3, 1])
        return f"{name}:last"

    def _second(self, name: str) -> None:
        if name in self.last and name not in self.second:
            self.nodes.append(helper.make_node("Transpose", [f"{name}:last"], [name], perm=[0, 3, 1, 2]))
            self.second.add(name)

    def _constant(self, name: str, value: Any) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        return name

    def _model(self) -> Any:
        graph = self.model.graph
        made = helper.make_graph(self.nodes, "text", graph.input, graph.output, list(self.constants.values()))
        sets = [helper.make_opsetid("", 11), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(made, opset_imports=sets, ir_version=8, producer_name="kmdigitize")
        model.metadata_props.extend(self.model.metadata_props)
        return model


def _attributes(node: Any) -> dict[str, Any]:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _is_sum_over_channels(node: Any) -> bool:
    about = _attributes(node)
    return node.op_type == "Conv" and about.get("group", 1) == 1 and list(about["kernel_shape"]) == [1, 1]


def _is_mean(node: Any) -> bool:
    """Whether a node is the mean of every channel over the picture."""
    axes = list(_attributes(node).get("axes", ()))
    return node.op_type == "GlobalAveragePool" or (node.op_type == "ReduceMean" and axes in ([2, 3], [-2, -1]))
