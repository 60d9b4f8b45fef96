"""Makes the networks that read text, kmdigitize/text/networks, from the models that rapidocr distributes.

    pip install onnx
    pip download --no-deps rapidocr==3.10.0 && unzip rapidocr-*.whl 'rapidocr/models/*'
    python -m benchmarks.text_networks rapidocr/models

Normalisations are merged into the layers before them and weights kept in 16 bits (computed with in 32); the last layer
of the recogniser is a file of its own, and ``benchmarks/finder_graph.py`` rewrites the finder. A second recogniser, by
``benchmarks/integer_networks.py``, computes in whole numbers; ``--figures 0`` leaves it as it is.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from benchmarks import integer_networks
from benchmarks.finder_graph import with_little_moved
from kmdigitize.text import models

FINDER, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
Floats = np.ndarray[Any, np.dtype[np.float32]]
FEW = 256
"""Constants with fewer values stay as they are."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("models", type=Path, help=f"folder with {FINDER} and {RECOGNISER}")
    parser.add_argument(
        "--figures", type=int, default=60, help="drawn figures that scales of whole numbers are found on"
    )
    options = parser.parse_args()
    recogniser, head = without_head(onnx.load(options.models / RECOGNISER))
    recogniser = simplified(recogniser)
    np.save(models.HEAD, head)
    for model, file in (
        (with_little_moved(simplified(onnx.load(options.models / FINDER))), models.FINDER),
        (recogniser, models.RECOGNISER),
    ):
        file.write_bytes(shrunk(model).SerializeToString())
    if options.figures:
        seen = integer_networks.crops_seen(options.figures)
        made = integer_networks.in_whole_numbers(recogniser, seen).SerializeToString()
        models.QUICK_RECOGNISER.write_bytes(made)
        print(f"{len(made) / 1e6:.1f} MB, error {integer_networks.error(recogniser, made, seen[::7]):.4f}")


def without_head(model: Any) -> tuple[Any, Any]:
    """The ``model`` up to its last linear layer, and that layer's weights with its offsets as their last row."""
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    constants = {constant.name: numpy_helper.to_array(constant) for constant in graph.initializer}
    ending = [makers[graph.output[0].name]]
    while ending[-1].op_type != "MatMul":
        ending.append(makers[ending[-1].input[0]])
    added = next(node for node in ending if node.op_type == "Add")
    weights, offsets = constants[ending[-1].input[1]], constants[added.input[1]]
    graph.output[0].CopyFrom(helper.make_empty_tensor_value_info(ending[-1].input[0]))
    for node in ending:
        graph.node.remove(node)
    return model, np.vstack([weights, offsets]).astype(np.float16)


def simplified(model: Any) -> Any:
    """The model with constants folded and normalisations merged into the layers before them, by onnxruntime."""
    with tempfile.TemporaryDirectory() as place:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(place) / "simple.onnx")
        options.log_severity_level = 4
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        simple = onnx.load(options.optimized_model_filepath)
    del simple.graph.value_info[:]  # sizes that hold for one picture only
    del simple.opset_import[1:]  # names of operations that are not used
    return simple


def shrunk(model: Any) -> Any:
    """The model with large constants as whole numbers of 16 bits, made floats again when it is opened."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    nodes = []
    for constant in [one for one in made.graph.initializer if numpy_helper.to_array(one).size >= FEW]:
        value, name = numpy_helper.to_array(constant), constant.name
        whole, scale = rounded(value, tuple(range(1, value.ndim)))
        constant.CopyFrom(numpy_helper.from_array(whole, f"{name}:whole"))
        made.graph.initializer.append(numpy_helper.from_array(scale, f"{name}:scale"))
        nodes.append(helper.make_node("Cast", [f"{name}:whole"], [f"{name}:floats"], to=onnx.TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}:floats", f"{name}:scale"], [name]))
    nodes.extend(made.graph.node)
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    return made


def rounded(value: Floats, axes: tuple[int, ...]) -> tuple[Any, Floats]:
    """Whole numbers and scales, one for all along ``axes``: their product is ``value`` to a 65,000th of the largest."""
    scale = np.abs(value).max(axis=axes, keepdims=True) / 32767
    scale[scale == 0] = 1
    return np.rint(value / scale).astype(np.int16), scale.astype(np.float32)


if __name__ == "__main__":
    main()
