#!/usr/bin/env python3
"""gull's attacks against foolbox's, on the same weights and the same pictures, one thread each.

usage: foolbox.py GULL [--rows 200] [--minimal-rows 200] [--json FILE]
Needs Python packages torch, onnx and foolbox, and Debian's dataset-fashion-mnist.

Fixed radius: the share of pictures fooled, misread ones included.  Minimal distance: the
mean over the pictures that are read right; ratios below 1 mean that gull is better."""
import argparse
import json
import os
import sys
import time

# This file has the library's name: its folder comes last, behind the library's.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != HERE] + [HERE]

import foolbox  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from versus import MODEL, distances, fashion, gull, torch_network  # noqa: E402

LEAN = "restarts=1,refine=0,halvings=0"
A = foolbox.attacks
FIXED = [  # norm, eps, gull's method, foolbox's attack
    ("linf", 0.1, "pgd", A.LinfPGD(steps=40)),
    ("linf", 0.1, "pgd:" + LEAN, A.LinfPGD(steps=40)),
    ("l2", 1.0, "pgd", A.L2PGD(steps=40)),
    ("l2", 1.0, "pgd:" + LEAN, A.L2PGD(steps=40)),
    ("linf", 0.05, "fgsm:refine=0,halvings=0", A.LinfFastGradientAttack()),
]
MINIMAL = [
    ("linf", "fmn", A.LInfFMNAttack(steps=100)),
    ("l2", "fmn", A.L2FMNAttack(steps=100)),
    ("l1", "fmn", A.L1FMNAttack(steps=100)),
    ("l0", "fmn", A.L0FMNAttack(steps=100)),
    ("l2", "ddn", A.DDNAttack(steps=100)),
    ("linf", "deepfool", A.LinfDeepFoolAttack()),
    ("l2", "deepfool", A.L2DeepFoolAttack()),
]


def peer(attack, model, x, y, norm, eps=None):
    """foolbox's distances (infinite where it did not fool) and its CPU seconds."""
    torch.manual_seed(0)
    start = time.process_time()
    _, z, fooled = attack(model, x, y, epsilons=eps)
    seconds = time.process_time() - start
    d = distances(norm, x.numpy(), z.detach().numpy())
    return np.where(fooled.numpy(), d, np.inf), seconds


def compare(command, rows, minimal_rows):
    torch.set_num_threads(1)
    x, y = fashion.load("t10k")
    x, y = torch.from_numpy(x[:rows].reshape(-1, 1, 28, 28)), torch.from_numpy(y[:rows])
    model = foolbox.PyTorchModel(torch_network(MODEL), bounds=(0, 1), device="cpu")
    right = (model(x).argmax(1) == y).numpy()
    table = []
    for norm, eps, method, attack in FIXED:
        ours, seconds, _ = gull(command, method, norm, rows, eps)
        theirs, peer_seconds = peer(attack, model, x, y, norm, eps)
        table.append({"kind": "fixed", "norm": norm, "eps": eps, "method": method,
                      "peer": type(attack).__name__, "ours": float((ours <= eps).mean()),
                      "theirs": float(np.isfinite(theirs).mean()), "seconds": seconds,
                      "peer_seconds": peer_seconds})
    rows = minimal_rows
    x, y, right = x[:rows], y[:rows], right[:rows]
    for norm, method, attack in MINIMAL:
        ours, seconds, _ = gull(command, method, norm, rows)
        theirs, peer_seconds = peer(attack, model, x, y, norm)
        both = right & np.isfinite(ours) & np.isfinite(theirs)
        table.append({"kind": "minimal", "norm": norm, "method": method,
                      "peer": type(attack).__name__, "ours": float(ours[both].mean()),
                      "theirs": float(theirs[both].mean()),
                      "failed": int((right & np.isinf(ours)).sum()),
                      "peer_failed": int((right & np.isinf(theirs)).sum()),
                      "worse_rows": int((ours[both] > theirs[both] * 1.01).sum()),
                      "better_rows": int((ours[both] < theirs[both] * 0.99).sum()),
                      "seconds": seconds, "peer_seconds": peer_seconds})
    return table


def show(table):
    for r in table:
        what = f"{r['norm']:4} {r['method']:42} {r['peer']:23}"
        speed = f"CPU {r['seconds']:7.2f} s against {r['peer_seconds']:7.2f} s, " \
                f"{r['peer_seconds'] / r['seconds']:6.1f} times"
        if r["kind"] == "fixed":
            print(f"{what} at {r['eps']:<5} fooled {100 * r['ours']:5.1f} % against "
                  f"{100 * r['theirs']:5.1f} %  {speed}")
        else:
            print(f"{what} mean {r['ours']:9.5f} against {r['theirs']:9.5f}, ratio "
                  f"{r['ours'] / r['theirs']:.3f}, smaller on {r['better_rows']}, greater on "
                  f"{r['worse_rows']}, failed {r['failed']}:{r['peer_failed']}  {speed}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gull")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--minimal-rows", type=int, default=200)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    table = compare(arguments.gull, arguments.rows, arguments.minimal_rows)
    show(table)
    if arguments.json:
        with open(arguments.json, "w") as f:
            json.dump(table, f, indent=1)


if __name__ == "__main__":
    main()
