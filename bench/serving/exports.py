"""A trained network, a bidirectional LSTM with maximum over time, for other libraries: PyTorch's parameters, and ONNX models."""

import json
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

TORCH_GATES = "ifgo"
ONNX_GATES = "iofc"  # c is the candidate
OURS = {"f": 0, "i": 1, "a": 2, "g": 2, "c": 2, "o": 3}
DIRECTIONS = "forward", "backward"


class Model:
    """What a model file has: tensors by name, and the pipeline."""

    def __init__(self, run):
        content = (Path(run) / "model.safetensors").read_bytes()
        end = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:end])
        self.pipeline = json.loads(header.pop("__metadata__")["unroll.pipeline"])
        self.tensors = {}
        for name, about in header.items():
            if about["dtype"] == "F32":
                first, last = about["data_offsets"]
                self.tensors[name] = numpy.frombuffer(content[end + first:end + last], numpy.float32).reshape(about["shape"])
        network = self.pipeline["model"]
        if not (network["cell"] == "lstm" and network["bidirectional"] and network["layers"] == 1 and network["pool"] == "max"):
            raise SystemExit("the peers have a bidirectional LSTM of one layer with maximum over time, and this model is another one")
        self.scale = self.pipeline.get("fusion", {}).get("network", 1.0)
        self.ids = {word: k for k, (word, _) in enumerate(self.pipeline["encoder"]["vocabulary"])}

    def gates(self, name, order):
        """A parameter of the LSTM with its gates in another order."""
        value = self.tensors[name]
        size = value.shape[0] // 4
        return numpy.concatenate([value[OURS[gate] * size:(OURS[gate] + 1) * size] for gate in order])


def export_torch(model, path):
    arrays = {"E": model.tensors["embedding.E"], "V": model.tensors["output.V"], "c": model.tensors["output.c"],
              "scale": numpy.float32(model.scale)}
    for suffix, direction in ("", "forward"), ("_reverse", "backward"):
        prefix = f"lstm.0.{direction}."
        arrays["weight_ih_l0" + suffix] = model.gates(prefix + "U", TORCH_GATES)
        arrays["weight_hh_l0" + suffix] = model.gates(prefix + "W", TORCH_GATES)
        arrays["bias_ih_l0" + suffix] = model.gates(prefix + "b", TORCH_GATES)
        arrays["bias_hh_l0" + suffix] = numpy.zeros_like(arrays["bias_ih_l0" + suffix])
    numpy.savez(path, **arrays)


def both(model, letter):
    return numpy.stack([model.gates(f"lstm.0.{direction}.{letter}", ONNX_GATES) for direction in DIRECTIONS])


def export_onnx(model, path, padded):
    """From ids (T, B) to probabilities. A padded one also takes lengths (B) and what is added to h (T, 1, B, 1) so that the
    maximum finds nothing behind a text's end."""
    b = both(model, "b")
    hidden = b.shape[1] // 4
    constants = {"E": model.tensors["embedding.E"], "U": both(model, "U"), "W": both(model, "W"),
                 "b": numpy.concatenate([b, numpy.zeros_like(b)], 1), "V": model.tensors["output.V"] * numpy.float32(model.scale),
                 "c": model.tensors["output.c"] * numpy.float32(model.scale), "flat": numpy.array([0, -1], numpy.int64)}
    nodes = [
        helper.make_node("Gather", ["E", "ids"], ["x"]),
        helper.make_node("LSTM", ["x", "U", "W", "b"] + ["lengths"] * padded, ["h"], hidden_size=hidden, direction="bidirectional"),
        *[helper.make_node("Add", ["h", "mask"], ["masked"])] * padded,
        helper.make_node("ReduceMax", ["masked" if padded else "h"], ["p2"], axes=[0], keepdims=0),
        helper.make_node("Transpose", ["p2"], ["p3"], perm=[1, 0, 2]),
        helper.make_node("Reshape", ["p3", "flat"], ["p"]),
        helper.make_node("Gemm", ["p", "V", "c"], ["O"], transB=1),
        helper.make_node("Softmax", ["O"], ["probabilities"], axis=1),
    ]
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT32, ["T", "B"])]
    if padded:
        inputs += [helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"]),
                   helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["T", 1, "B", 1])]
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["B", len(model.pipeline["labels"])])]
    graph = helper.make_graph(nodes, "classifier", inputs, outputs,
                              [numpy_helper.from_array(numpy.ascontiguousarray(value), name) for name, value in constants.items()])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(made)
    onnx.save(made, path)
