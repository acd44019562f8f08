#!/usr/bin/env python3
"""gull's apgd, fab, square and `standard` against AutoAttack's own code (package
pyautoattack, or autoattack), on the same weights, pictures and radii, one thread each.

usage: autoattack.py GULL [--rows 200] [--norms linf,l2,l1] [--methods apgd,apgd-t,...]
                          [--model FILE.onnx | --plain] [--queries 1000]
                          [--targets 9] [--json FILE]
Needs Python packages torch and onnx, and Debian's dataset-fashion-mnist.  Prints how many
pictures resist (of those read right), CPU seconds of both and, for square, the queries."""
import argparse
import json
import os
import tempfile
import time

import numpy as np
import torch
from torch import nn

from versus import MODEL, distances, fashion, gull, torch_network

try:
    from pyautoattack import autopgd_base, fab_pt, square
except ImportError:
    from autoattack import autopgd_base, fab_pt, square

NORM = {"linf": "Linf", "l2": "L2", "l1": "L1"}
EPS = {"linf": 0.05, "l2": 0.8, "l1": 8.0}  # where some pictures of cnn.onnx resist
PLAIN_EPS = {"linf": 0.015, "l2": 0.3, "l1": 2.5}
LEAN = "refine=0,halvings=0"
OURS = {"apgd": "apgd:restarts=1," + LEAN, "apgd-t": "apgd:targets={targets}," + LEAN,
        "fab-t": "fab:targets={targets},stop=asked,polish=0", "fab": "fab:polish=0", "standard": "standard",
        "square": "square:queries={queries}," + LEAN}


def plain_network(path):
    """A network trained as usual on 20,000 pictures, as an ONNX file."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1),
                        nn.ReLU(), nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(),
                        nn.Linear(64, 10))
    x, y = (torch.from_numpy(a[:20000]) for a in fashion.load("train"))
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for u, v in zip(x.view(-1, 1, 28, 28).split(100), y.split(100)):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(u), v).backward()
        optimizer.step()
    torch.onnx.export(net, x[:1].view(1, 1, 28, 28), path, opset_version=13,
                      input_names=["image"], dynamic_axes={"image": {0: "n"}})


class Counted:
    """A network that counts, for each row, how often it is asked."""

    def __init__(self, net):
        self.net, self.count = net, 0

    def __call__(self, x):
        self.count += len(x)
        return self.net(x)


def peer_attack(name, net, norm, eps, effort, standard=False):
    """AutoAttack's attack, with the settings of its standard version."""
    some = {"norm": NORM[norm], "eps": eps, "seed": 0, "device": "cpu"}
    targets = 9 if standard else effort.targets
    l1 = norm == "l1"
    if name == "apgd":
        return autopgd_base.APGDAttack(net, n_iter=100, n_restarts=5 if l1 and standard else 1,
                                       loss="ce", use_largereps=l1, **some)
    if name == "apgd-t":
        return autopgd_base.APGDAttack_targeted(
            net, n_iter=100, n_target_classes=5 if l1 and standard else targets,
            use_largereps=l1, **some)
    if name in ("fab", "fab-t"):
        return fab_pt.FABAttack_PT(net, n_iter=100, n_restarts=1, targeted=name == "fab-t",
                                   n_target_classes=targets, **some)
    return square.SquareAttack(net, n_queries=5000 if standard else effort.queries, p_init=0.8,
                               resc_schedule=False, **some)


def ensemble(net, x, y, norm, eps, effort):
    """AutoAttack's standard version: each attack on what the ones before left."""
    left, z = np.ones(len(x), bool), x.clone()
    for name in ("apgd", "apgd-t", "fab-t", "square"):
        rows = torch.from_numpy(np.flatnonzero(left))
        if len(rows):
            attack = peer_attack(name, net, norm, eps, effort, standard=True)
            z[rows] = attack.perturb(x[rows].clone(), y[rows].clone())
            left[rows] = ~fooled(net, x[rows], z[rows], y[rows], norm, eps)
    return z


def peer(name, net, x, y, norm, eps, effort):
    """Which rows AutoAttack's code fools within eps, CPU seconds, questions asked."""
    counted = Counted(net)
    start = time.process_time()
    if name == "standard":
        z = ensemble(counted, x, y, norm, eps, effort)
    else:
        z = peer_attack(name, counted, norm, eps, effort).perturb(x.clone(), y.clone())
    seconds = time.process_time() - start
    return fooled(net, x, z, y, norm, eps), seconds, counted.count


def fooled(net, x, z, y, norm, eps):
    with torch.no_grad():
        wrong = (net(z).argmax(1) != y).numpy()
    return wrong & (distances(norm, x.numpy(), z.detach().numpy()) <= eps * (1 + 1e-5))


def compare(command, model, radii, effort):
    torch.set_num_threads(1)
    net, rows = torch_network(model), effort.rows
    x, y = fashion.load("t10k")
    x, y = torch.from_numpy(x[:rows].reshape(-1, 1, 28, 28)), torch.from_numpy(y[:rows])
    with torch.no_grad():
        right = (net(x).argmax(1) == y).numpy()
    table = []
    for norm in effort.norms.split(","):
        for name in effort.methods.split(","):
            eps = radii[norm]
            method = OURS[name].format(**vars(effort))
            d, seconds, asked = gull(command, method, norm, rows, eps, model)
            theirs, peer_seconds, count = peer(name, net, x[right], y[right], norm, eps, effort)
            table.append({"norm": norm, "eps": eps, "method": name, "right": int(right.sum()),
                          "ours": int((d[right] > eps).sum()), "theirs": int((~theirs).sum()),
                          "seconds": seconds, "peer_seconds": peer_seconds,
                          "queries": int(asked[right].sum()), "peer_queries": count})
            show(table[-1])
    return table


def show(r):
    print(f"{r['norm']:4} at {r['eps']:<5} {r['method']:8} of {r['right']}: resist {r['ours']:4} "
          f"against {r['theirs']:4}  CPU {r['seconds']:7.2f} s against {r['peer_seconds']:7.2f} s, "
          f"{r['peer_seconds'] / r['seconds']:5.1f} times  queries {r['queries']:8} against "
          f"{r['peer_queries']:8}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gull")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--norms", default="linf,l2,l1")
    parser.add_argument("--methods", default="apgd,apgd-t,fab-t,square,standard")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--plain", action="store_true", help="train one as usual, attack that")
    parser.add_argument("--queries", type=int, default=1000, help="of square alone")
    parser.add_argument("--targets", type=int, default=9, help="of apgd-t and fab-t alone")
    parser.add_argument("--json")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if a.plain:
            a.model = os.path.join(folder, "plain.onnx")
            plain_network(a.model)
        table = compare(a.gull, a.model, PLAIN_EPS if a.plain else EPS, a)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(table, f, indent=1)


if __name__ == "__main__":
    main()
