#!/usr/bin/env python3
"""Trains the four networks of bench/strength.py on Fashion-MNIST and writes them to a folder.

plain       trained as usual
adversarial trained on PGD examples, Linf 0.1 (Madry et al. 2018)
distilled   defensive distillation at temperature 100 (Papernot et al. 2016): the cross entropy's
            gradient vanishes in float32
quantised   the input is rounded to 16 grey levels (Floor): its gradient is zero everywhere

Each as NAME.onnx and NAME.pt (the same weights), with x.npy [N,1,28,28], y.npy, networks.json
(accuracies; the distances bench/strength.py asks for).

    bench/strength_networks.py FOLDER [--images 500] [--only NAME]
"""
import argparse
import copy
import gzip
import json
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

DATA = "/usr/share/datasets/fashion-mnist"
LEVELS = 15
TEMPERATURE = 100.0
# The distances asked: where AutoAttack leaves between none and most of the images.
EPS = {"plain": {"linf": 0.04, "l2": 0.8}, "adversarial": {"linf": 0.1, "l2": 1.2},
       "distilled": {"linf": 0.04, "l2": 0.8}, "quantised": {"linf": 0.05, "l2": 1.0}}


class FloorStraight(torch.autograd.Function):
    """floor, with the identity as its gradient: for training only."""

    @staticmethod
    def forward(ctx, x):
        return x.floor()

    @staticmethod
    def backward(ctx, g):
        return g


class Quantise(nn.Module):
    """The nearest of 16 grey levels; `straight` lets gradients through."""

    def __init__(self):
        super().__init__()
        self.straight = False

    def forward(self, x):
        z = x * float(LEVELS) + 0.5
        return (FloorStraight.apply(z) if self.straight else z.floor()) / float(LEVELS)


def network(name):
    """The layers of all four: 0.6 million multiply-adds a forward pass."""
    torch.manual_seed(1)
    first = [Quantise()] if name == "quantised" else []
    return nn.Sequential(*first, nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.ReLU(),
                         nn.Conv2d(16, 32, 4, stride=2, padding=1), nn.ReLU(), nn.Flatten(),
                         nn.Linear(32 * 49, 100), nn.ReLU(), nn.Linear(100, 10))


def load(folder, name):
    """The trained torch network of a folder."""
    model = network(name)
    model.load_state_dict(torch.load(os.path.join(folder, name + ".pt")))
    for p in model.parameters():
        p.requires_grad_(False)
    return model.eval()


def fashion(part, count=None):
    def read(kind, header):
        with gzip.open(f"{DATA}/{part}-{kind}-ubyte.gz") as f:
            return np.frombuffer(f.read()[header:], np.uint8)
    x = read("images-idx3", 16).reshape(-1, 1, 28, 28)[:count]
    y = read("labels-idx1", 8)[:count]
    return torch.from_numpy(x.astype(np.float32) / 255), torch.from_numpy(y.astype(np.int64))


def pgd(model, x, y, eps, steps):
    """The training adversary: PGD from a random start."""
    z = (x + torch.empty_like(x).uniform_(-eps, eps)).clamp(0, 1)
    for _ in range(steps):
        z.requires_grad_(True)
        g, = torch.autograd.grad(F.cross_entropy(model(z), y), z)
        z = z.detach() + 2.5 * eps / steps * g.sign()
        z = torch.min(torch.max(z, x - eps), x + eps).clamp(0, 1)
    return z.detach()


def train(model, x, y, epochs, loss, adversary=None, rate=2e-3):
    torch.manual_seed(2)
    batch = 128
    steps = epochs * (len(x) // batch)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(batch)[:len(x) // batch]:
            inputs = adversary(model, x[rows], y[rows]) if adversary else x[rows]
            optimiser.zero_grad(set_to_none=True)
            loss(model(inputs), rows).backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def fold_temperature(model):
    """Logits for temperature 1 become those of the distilled network as it is deployed."""
    with torch.no_grad():
        model[-1].weight.mul_(TEMPERATURE)
        model[-1].bias.mul_(TEMPERATURE)


def make(name, x, y, folder):
    model = network(name)
    hard = lambda z, rows: F.cross_entropy(z, y[rows])
    if name == "adversarial":
        adversary = lambda m, a, b: pgd(m, a, b, 0.1, 3)
        return train(model, x[:30000], y[:30000], 5, hard, adversary)
    if name == "distilled":
        teacher = load(folder, "plain")
        with torch.no_grad():
            soft = torch.cat([teacher(p) for p in x.split(1000)]).softmax(1)
        model = train(model, x, y, 3,
                      lambda z, rows: -(soft[rows] * z.log_softmax(1)).sum(1).mean())
        fold_temperature(model)
        return model
    if name == "quantised":
        model[0].straight = True
    model = train(model, x, y, 3, hard)
    if name == "quantised":
        model[0].straight = False
    return model


def vanished(model, x, y):
    """The share of images whose cross entropy has an exactly zero gradient in float32."""
    z = x.clone().requires_grad_(True)
    g, = torch.autograd.grad(F.cross_entropy(model(z), y, reduction="sum"), z)
    return float((g.flatten(1).abs().amax(1) == 0).float().mean())


def export(model, path):
    torch.onnx.export(copy.deepcopy(model), torch.zeros(1, 1, 28, 28), path, opset_version=13,
                      input_names=["x"], output_names=["logits"],
                      dynamic_axes={"x": {0: "n"}, "logits": {0: "n"}})


def difference(model, path, x):
    """The greatest relative difference of ONNX Runtime from torch; None without it."""
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"x": x.numpy()})[0]
    ours = model(x).detach().numpy()
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--only", choices=list(EPS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = arguments.folder
    os.makedirs(folder, exist_ok=True)
    x, y = fashion("train")
    tx, ty = fashion("t10k", arguments.images)
    np.save(os.path.join(folder, "x.npy"), tx.numpy())
    np.save(os.path.join(folder, "y.npy"), ty.numpy())
    path = os.path.join(folder, "networks.json")
    for name in [arguments.only] if arguments.only else list(EPS):
        start = time.time()
        model = make(name, x, y, folder)
        torch.save(model.state_dict(), os.path.join(folder, name + ".pt"))
        export(model, os.path.join(folder, name + ".onnx"))
        eps = EPS[name]["linf"]
        robust = float((model(pgd(model, tx, ty, eps, 20)).argmax(1) == ty).float().mean())
        facts = json.load(open(path)) if os.path.exists(path) else {}
        facts[name] = {
            "eps": EPS[name], "clean": float((model(tx).argmax(1) == ty).float().mean()),
            "pgd20_linf": robust, "vanished": vanished(model, tx, ty),
            "onnxruntime": difference(model, os.path.join(folder, name + ".onnx"), tx),
            "seconds": round(time.time() - start)}
        print(name, json.dumps(facts[name]), flush=True)
        with open(path, "w") as f:
            json.dump(facts, f, indent=1)


if __name__ == "__main__":
    main()
