#!/usr/bin/env python3
"""Softmax regression on Fashion-MNIST, written as ONNX (Flatten, Gemm).

Full-batch L-BFGS on the cross entropy with a small L2 penalty: deterministic.
Needs Debian's python3-torch, python3-onnx and dataset-fashion-mnist."""
import os

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import fashion

PENALTY = 1e-4


def train(x, y):
    w = torch.zeros(10, 784, requires_grad=True)
    b = torch.zeros(10, requires_grad=True)
    optimizer = torch.optim.LBFGS([w, b], lr=1, max_iter=60, history_size=20,
                                  line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ w.T + b, y) + PENALTY * (w * w).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach(), b.detach()


def save(w, b, path):
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["image"], ["flat"], "flatten", axis=1),
         helper.make_node("Gemm", ["flat", "weight", "bias"], ["logits"], "softmax_regression",
                          transB=1)],
        "softmax_regression",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(w.numpy(), "weight"), numpy_helper.from_array(b.numpy(), "bias")])
    model = helper.make_model(graph, producer_name="gull examples/train_softmax.py",
                              opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main():
    torch.set_num_threads(1)
    x, y = (torch.from_numpy(a) for a in fashion.load("train"))
    w, b = train(x, y)
    x, y = (torch.from_numpy(a) for a in fashion.load("t10k"))
    print(f"softmax: test accuracy {((x @ w.T + b).argmax(1) == y).float().mean():.4f}")
    save(w, b, os.path.join(fashion.MODELS, "softmax.onnx"))


if __name__ == "__main__":
    main()
