"""What the comparisons share: gull's command, the ONNX file as a torch network, distances."""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import torch
from onnx import numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "examples"))

import fashion  # noqa: E402

MODEL = os.path.join(fashion.MODELS, "cnn.onnx")
ORDER = {"l0": 0, "l1": 1, "l2": 2, "linf": np.inf}


def torch_network(path):
    """The ONNX file's Conv, Relu, Flatten and Gemm nodes as a torch network."""
    graph = onnx.load(path).graph
    weight = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    layers = []
    for node in graph.node:
        attribute = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Conv":
            w = weight[node.input[1]]
            layer = torch.nn.Conv2d(w.shape[1], w.shape[0], tuple(w.shape[2:]),
                                    tuple(attribute["strides"]), tuple(attribute["pads"][:2]))
        elif node.op_type == "Gemm":
            w = weight[node.input[1]]
            layer = torch.nn.Linear(w.shape[1], w.shape[0])
        else:
            layers.append({"Relu": torch.nn.ReLU, "Flatten": torch.nn.Flatten}[node.op_type]())
            continue
        layer.weight.data, layer.bias.data = w, weight[node.input[2]]
        layers.append(layer)
    return torch.nn.Sequential(*layers).eval()


def gull(command, method, norm, rows, eps=None, model=MODEL):
    """Distances found by `gull attack` (infinite: none), its CPU seconds, its queries."""
    data = ",".join(os.path.join(fashion.FOLDER, f"t10k-{part}-ubyte.gz")
                    for part in ("images-idx3", "labels-idx1"))
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        line = [command, "attack", model, data, "--rows", f"0:{rows}", "--range", "0,1",
                "--norm", norm, "--method", method, "--threads", "1", "-q", "--json", out.name]
        line += ["--eps", str(eps)] if eps else []
        run = subprocess.run(line, capture_output=True, text=True)
        if run.returncode not in (0, 5):
            sys.exit(f"{' '.join(line)}\n{run.stderr}")
        result = json.load(open(out.name))
    upper = np.array([np.inf if i["upper"] is None else i["upper"] for i in result["inputs"]])
    queries = np.array([i["queries"] for i in result["inputs"]])
    return upper, result["summary"]["cpu_seconds"], queries


def distances(norm, x, z):
    d = np.abs(z - x).reshape(len(x), -1).astype(np.float64)
    return np.linalg.norm(d, ord=ORDER[norm], axis=1)
