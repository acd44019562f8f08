#!/usr/bin/env python3
"""Minimal-norm attacks of gull against the same attacks of foolbox, ART, torchattacks and
adv-lib: same network, same pictures, one thread each, and against the best of all of them.

usage: minnorm.py GULL [--model FILE.onnx] [--rows 100] [--norm N] [--small] [--cache FILE]
                  [--only WORD] [--json FILE]
Needs Python packages torch and onnx, those of the peers that are to be run, and Debian's
dataset-fashion-mnist.  Medians are over the pictures that are read right; a picture that an
attack does not fool counts as infinite.  A ratio below 1 means that gull is better.  `calls`
is the number of pictures put through the network for each picture attacked."""
import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "examples"))
# This folder has a file foolbox.py: keep it out of the way of `import foolbox`.
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != HERE]

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import torch  # noqa: E402
from onnx import numpy_helper  # noqa: E402

import fashion  # noqa: E402

ORDER = {"l0": 0, "l1": 1, "l2": 2, "linf": np.inf}


class Network(torch.nn.Module):
    """A chain of Conv, Relu, MaxPool, Flatten and Gemm nodes; counts pictures."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        weight = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy())
                  for t in graph.initializer}
        self.layers = torch.nn.Sequential(*[self.layer(n, weight) for n in graph.node])
        self.calls = 0

    @staticmethod
    def layer(node, weight):
        a = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Conv":
            w = weight[node.input[1]]
            layer = torch.nn.Conv2d(w.shape[1], w.shape[0], tuple(w.shape[2:]),
                                    tuple(a.get("strides", (1, 1))),
                                    tuple(a.get("pads", (0, 0, 0, 0))[:2]))
        elif node.op_type == "Gemm":
            w = weight[node.input[1]]
            w = w if a.get("transB") else w.t().contiguous()
            layer = torch.nn.Linear(w.shape[1], w.shape[0])
        elif node.op_type == "MaxPool":
            return torch.nn.MaxPool2d(tuple(a["kernel_shape"]), tuple(a["strides"]))
        else:
            return {"Relu": torch.nn.ReLU, "Flatten": torch.nn.Flatten}[node.op_type]()
        layer.weight.data, layer.bias.data = w, weight[node.input[2]]
        return layer

    def forward(self, x):
        self.calls += len(x)
        return self.layers(x)


# ---- The peers: each returns a function (network, x, y) -> adversarial pictures ----

def by_foolbox(name, **options):
    def run(net, x, y):
        import foolbox
        model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
        return getattr(foolbox.attacks, name)(**options)(model, x, y, epsilons=None)[1]
    return run


def by_brendel_bethge(name, **options):
    """Each picture starts at one that is read as another class: foolbox's own start, blended
    noise, does not fool every picture, and then it stops with an assertion."""
    def run(net, x, y):
        import foolbox
        model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
        with torch.no_grad():
            read = net(x).argmax(1)
        starts = torch.stack([x[(read != label).nonzero()[0, 0]] for label in y])
        attack = getattr(foolbox.attacks, name)(**options)
        return attack(model, x, y, epsilons=None, starting_points=starts)[1]
    return run


def by_torchattacks(name, **options):
    def run(net, x, y):
        import torchattacks
        return getattr(torchattacks, name)(net, **options)(x, y)
    return run


def by_advlib(name, **options):
    def run(net, x, y):
        # The file by itself: the package imports what only its other attacks need.
        import importlib.util as util
        home = util.find_spec("adv_lib")
        if not home:
            raise ImportError("no adv_lib")
        file = os.path.join(home.submodule_search_locations[0], "attacks", name + ".py")
        spec = util.spec_from_file_location(name, file)
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, name)(net, x, y, **options)
    return run


def by_art_saliency(net, x, y):
    """Aimed at the class of the second best score, as gull's with one target."""
    from art.attacks.evasion import SaliencyMapMethod
    from art.estimators.classification import PyTorchClassifier
    model = PyTorchClassifier(net, torch.nn.CrossEntropyLoss(), (1, 28, 28), 10,
                              clip_values=(0, 1), device_type="cpu")
    with torch.no_grad():
        scores = net(x)
    scores[range(len(y)), y] = -np.inf
    attack = SaliencyMapMethod(model, theta=1.0, gamma=0.3, verbose=False)
    return torch.from_numpy(attack.generate(x.numpy(), scores.argmax(1).numpy()))


def rows_of_the_table():
    """(norm, gull's method, peer, attack, in the small version)"""
    def fool(norm, method, name, small=True, **options):
        label = "foolbox " + name.replace("Attack", "")
        for key, value in options.items():
            label += f" {value}" if isinstance(value, int) else f" {key}={value}"
        return norm, method, label, by_foolbox(name, **options), small

    yield fool("l2", "cw:searches=9,steps=100,abort=no", "L2CarliniWagnerAttack",
               binary_search_steps=9, steps=100)
    yield fool("l2", "cw:searches=9,steps=1000", "L2CarliniWagnerAttack", False,
               binary_search_steps=9, steps=1000)
    yield fool("l1", "ead:searches=9,steps=100,rule=l1", "EADAttack",
               binary_search_steps=9, steps=100, decision_rule="L1")
    yield fool("l1", "ead:searches=9,steps=100,rule=en", "EADAttack",
               binary_search_steps=9, steps=100, decision_rule="EN")
    yield fool("l1", "ead:searches=9,steps=1000,rule=l1", "EADAttack", False,
               binary_search_steps=9, steps=1000, decision_rule="L1")
    for norm, name in [("l0", "L0"), ("l1", "L1"), ("l2", "L2"), ("linf", "Linfinity")]:
        yield (norm, "bb:steps=200", f"foolbox {name}BrendelBethge 200",
               by_brendel_bethge(name + "BrendelBethgeAttack", steps=200), False)
    for norm, name in [("l0", "L0"), ("l1", "L1"), ("l2", "L2"), ("linf", "LInf")]:
        yield fool(norm, "fmn:steps=1000", name + "FMNAttack", False, steps=1000)
    yield fool("l2", "ddn:steps=1000", "DDNAttack", False, steps=1000)
    yield fool("l2", "ddn:steps=100", "DDNAttack", True, steps=100)
    yield fool("l2", "lbfgs", "DDNAttack", False, steps=100)
    yield fool("l2", "deepfool", "L2DeepFoolAttack", False)
    yield fool("linf", "deepfool", "LinfDeepFoolAttack", False)
    yield ("l0", "sigmazero:steps=100", "adv-lib sigma_zero 100",
           by_advlib("sigma_zero", num_steps=100), True)
    yield ("l0", "sigmazero:steps=1000", "adv-lib sigma_zero 1000",
           by_advlib("sigma_zero", num_steps=1000), False)
    yield "l0", "sparsefool", "torchattacks SparseFool", by_torchattacks("SparseFool"), True
    yield "l0", "jsma:way=up,targets=1", "ART SaliencyMap", by_art_saliency, False


def misread(net, z, y):
    with torch.no_grad():
        return (net(z).argmax(1) != y).numpy()


def run_peer(attack, net, x, y, norm):
    """Distances (infinite where it did not fool), CPU seconds, pictures a picture."""
    torch.manual_seed(0)
    np.random.seed(0)
    net.calls = 0
    start = time.process_time()
    z = attack(net, x, y).detach()
    seconds = time.process_time() - start
    calls = net.calls / len(x)
    d = (z - x).numpy().reshape(len(x), -1).astype(np.float64)
    d = np.linalg.norm(d, ord=ORDER[norm], axis=1)
    return np.where(misread(net, z, y), d, np.inf), seconds, calls


def run_gull(command, model, method, norm, rows):
    data = ",".join(os.path.join(fashion.FOLDER, f"t10k-{part}-ubyte.gz")
                    for part in ("images-idx3", "labels-idx1"))
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        line = [command, "attack", model, data, "--rows", f"0:{rows}", "--range", "0,1",
                "--norm", norm, "--threads", "1", "-q", "--json", out.name]
        for one in method.split("+"):
            line += ["--method", one]
        run = subprocess.run(line, capture_output=True, text=True)
        if run.returncode not in (0, 5):
            return np.full(rows, np.inf), 0, run.stderr.strip()
        result = json.load(open(out.name))
    upper = np.array([np.inf if i["upper"] is None else i["upper"] for i in result["inputs"]])
    return upper, result["summary"]["cpu_seconds"], np.mean([i["queries"] for i in result["inputs"]])


def compare(options):
    """One dictionary a row; peers that are not installed are left out."""
    torch.set_num_threads(1)
    x, y = fashion.load("t10k")
    x = torch.from_numpy(x[:options.rows].reshape(-1, 1, 28, 28))
    y = torch.from_numpy(y[:options.rows])
    net = Network(options.model).eval()
    right = ~misread(net, x, y)
    known = {}
    if options.cache and os.path.exists(options.cache):
        known = pickle.load(open(options.cache, "rb"))
    for norm, method, peer, attack, small in rows_of_the_table():
        if (options.small and not small) or options.norm not in (None, norm) \
                or options.only not in method + peer:
            continue
        key = os.path.basename(options.model), options.rows, norm, peer
        if key not in known:
            try:
                known[key] = run_peer(attack, net, x, y, norm)
            except ImportError as e:
                print(f"# {peer}: left out, {e}", file=sys.stderr)
                continue
            if options.cache:
                pickle.dump(known, open(options.cache, "wb"))
        theirs, peer_seconds, peer_calls = known[key]
        if options.command == "-":
            continue
        ours, seconds, calls = run_gull(options.command, options.model, method, norm,
                                        options.rows)
        row = {"norm": norm, "method": method, "peer": peer,
               "ours": float(np.median(ours[right])), "theirs": float(np.median(theirs[right])),
               "failed": int(np.isinf(ours[right]).sum()),
               "peer_failed": int(np.isinf(theirs[right]).sum()),
               "smaller": int((ours[right] < theirs[right] * 0.999).sum()),
               "greater": int((ours[right] > theirs[right] * 1.001).sum()),
               "seconds": seconds, "peer_seconds": peer_seconds, "calls": calls,
               "peer_calls": peer_calls}
        show(row)
        yield row


def show(r):
    if isinstance(r["calls"], str):
        print(f"{r['norm']:4} {r['method']}: {r['calls']}")
        return
    print(f"{r['norm']:4} {r['method']:34} {r['ours']:9.5f}  {r['peer']:52} {r['theirs']:9.5f} "
          f"ratio {r['ours'] / r['theirs']:.3f}, smaller on {r['smaller']}, greater on "
          f"{r['greater']}, failed {r['failed']}:{r['peer_failed']}, calls {r['calls']:.0f}:"
          f"{r['peer_calls']:.0f}, CPU s {r['seconds']:.1f}:{r['peer_seconds']:.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="gull's minimal-norm attacks and the peers'")
    parser.add_argument("command", help="the gull command; - runs the peers only")
    parser.add_argument("--model", default=os.path.join(fashion.MODELS, "cnn.onnx"))
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--norm")
    parser.add_argument("--only", default="", help="rows whose method or peer has this word")
    parser.add_argument("--small", action="store_true", help="the cheap rows only")
    parser.add_argument("--cache", help="a file that keeps the peers' distances")
    parser.add_argument("--json", help="a file for the table")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    table = list(compare(options))
    if options.json:
        with open(options.json, "w") as f:
            json.dump(table, f)


if __name__ == "__main__":
    main()
