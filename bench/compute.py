#!/usr/bin/env python3
"""Forward + input gradient: gull's evaluator against PyTorch on the same weights, and the
share of the machine's sgemm peak.

usage: compute.py BUILD [--seconds 2] [--rounds 3] [--batch 16] [--threads 1,2] [--cpu]
BUILD holds bench/compute (`ninja bench/compute`).  Needs torch and onnx.

PyTorch: the better of nchw and channels_last, malloc without mmap, OPENBLAS_NUM_THREADS
set.  gull: one evaluator a thread, each with a whole batch.  Rounds alternate; the table
shows the best round's mean.  --cpu: images per second of CPU time and core, for a machine
that is not idle."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

TUNED = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000",
         "MALLOC_TOP_PAD_": "268435456"}


def networks():
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, a, b, stride):
            super().__init__()
            self.one = nn.Conv2d(a, b, 3, stride, 1, bias=False)
            self.two = nn.Conv2d(b, b, 3, 1, 1, bias=False)
            self.norm1, self.norm2 = nn.BatchNorm2d(b), nn.BatchNorm2d(b)
            self.short = nn.Sequential()
            if stride != 1:
                self.short = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False),
                                           nn.BatchNorm2d(b))

        def forward(self, x):
            y = torch.relu(self.norm1(self.one(x)))
            return torch.relu(self.norm2(self.two(y)) + self.short(x))

    def resnet18():
        layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
        a = 64
        for b in (64, 128, 256, 512):
            layers += [Block(a, b, 1 if a == b else 2), Block(b, b, 1)]
            a = b
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(a, 10))

    def cnn():
        return nn.Sequential(
            nn.Conv2d(1, 32, 3, 1, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(64, 128, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(6272, 128), nn.ReLU(),
            nn.Linear(128, 10))

    torch.manual_seed(0)
    return {"cnn": (cnn().eval(), (1, 28, 28)), "resnet18": (resnet18().eval(), (3, 32, 32))}


def fold(net):
    """Conv + BatchNorm as one Conv, as gull does when it reads a file: what a tuned PyTorch
    does too."""
    import torch
    net = torch.fx.symbolic_trace(net)
    from torch.fx.experimental.optimization import fuse
    return fuse(net)


def work(net, shape):
    """Multiply-adds of one image, forward and input gradient, in FLOP."""
    import torch
    total = [0]

    def count(layer, _, out):
        total[0] += layer.weight.numel() * (out.shape[2] * out.shape[3] if out.dim() == 4 else 1)
    hooks = [m.register_forward_hook(count) for m in net.modules()
             if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    net(torch.zeros(1, *shape))
    for h in hooks:
        h.remove()
    return 4 * total[0]


def peer(name, batch, threads, seconds, layout):
    """Runs in a process of its own: prints images per second, of the best call, per CPU
    second and core."""
    import torch
    torch.set_num_threads(threads)
    net, shape = networks()[name]
    net = fold(net)
    for p in net.parameters():
        p.requires_grad_(False)
    x, y = torch.rand(batch, *shape), torch.arange(batch) % 10
    if layout == "last":
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)

    def once():
        z = x.detach().requires_grad_(True)
        torch.nn.functional.cross_entropy(net(z), y, reduction="sum").backward()
        return z.grad
    for _ in range(3):
        once()
    start, cpu, calls, best = time.perf_counter(), time.process_time(), 0, 1e30
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        once()
        best = min(best, time.perf_counter() - before)
        calls += 1
    print(calls * batch / (time.perf_counter() - start), batch / best,
          calls * batch / (time.process_time() - cpu))


def run(command, **env):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True,
                          env={**os.environ, **env})
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return [float(v) for v in done.stdout.split()]


def gradient_difference(compute, net, shape, model):
    """Relative L2 distance of gull's input gradients from PyTorch's in double."""
    import numpy as np
    import torch
    x = np.random.default_rng(0).random((16, *shape))
    x = x.astype(np.float32).astype(np.float64)
    z = torch.from_numpy(x).requires_grad_(True)
    torch.nn.functional.cross_entropy(net.double()(z), torch.arange(16) % 10,
                                      reduction="sum").backward()
    with tempfile.TemporaryDirectory() as d:
        x.tofile(f"{d}/x")
        run([compute, "gradient", model, f"{d}/x", f"{d}/g", "best"])
        g = np.fromfile(f"{d}/g").reshape(x.shape)
    return float(np.linalg.norm(g - z.grad.numpy()) / np.linalg.norm(z.grad.numpy()))


def measure(a):
    import torch
    compute, me = os.path.join(a.build, "bench", "compute"), os.path.abspath(__file__)
    rows, pick = [], 2 if a.cpu else 0
    with tempfile.TemporaryDirectory() as d:
        for name, (net, shape) in networks().items():
            model, flop = f"{d}/{name}.onnx", work(net, shape)
            torch.onnx.export(net, torch.zeros(1, *shape), model, opset_version=13,
                              input_names=["x"], dynamic_axes={"x": {0: "n"}})
            difference = gradient_difference(compute, net, shape, model)
            for threads in a.threads:
                best = {"peak": 0, "gull": 0, "nchw": 0, "last": 0}
                for _ in range(a.rounds):
                    tuned = {**TUNED, "OPENBLAS_NUM_THREADS": str(threads),
                             "OMP_NUM_THREADS": str(threads)}
                    figure = {
                        "peak": run([compute, "peak", threads, a.seconds / 2]),
                        "gull": run([compute, "run", model, a.batch, threads, a.seconds, "best"]),
                        **{k: run([sys.executable, me, "--peer", name, "--batch", a.batch,
                                   "--threads", threads, "--seconds", a.seconds, "--layout", k],
                                  **tuned) for k in ("nchw", "last")}}
                    for k, v in figure.items():
                        best[k] = max(best[k], v[pick])
                torch_best = max(best["nchw"], best["last"])
                gflops = best["gull"] * flop / 1e9
                rows.append({"network": name, "threads": threads, "images": best["gull"],
                             "gflops": gflops, "peak": best["peak"], "share": gflops / best["peak"],
                             "torch": torch_best, "ratio": best["gull"] / torch_best,
                             "gradient_difference": difference})
                show(rows[-1], a)
    return rows


def show(r, a):
    print(f"{r['network']:9} batch {a.batch} threads {r['threads']}: gull {r['images']:8.1f} images/s "
          f"= {r['gflops']:6.1f} GFLOP/s = {100 * r['share']:3.0f} % of sgemm ({r['peak']:.0f}); "
          f"PyTorch {r['torch']:8.1f}, ratio {r['ratio']:.2f}; "
          f"gradients differ by {r['gradient_difference']:.0e}", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build", nargs="?")
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--threads", default="1,2", type=lambda s: [int(v) for v in s.split(",")])
    p.add_argument("--cpu", action="store_true")
    p.add_argument("--json")
    p.add_argument("--peer")
    p.add_argument("--layout")
    a = p.parse_args()
    if a.peer:
        return peer(a.peer, a.batch, a.threads[0], a.seconds, a.layout)
    rows = measure(a)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
