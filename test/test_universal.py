#!/usr/bin/env python3
"""test_universal.py - one change for all rows: against every sign vector on a linear model, with
frozen features, on any number of threads, within a budget; random signs must do worse."""
import base64
import gzip
import json
import os
import tempfile

import numpy as np
from tap import FASHION, MODELS, TEST_SET, done, gull, ok, skip

tmp = tempfile.TemporaryDirectory()
here = lambda name: os.path.join(tmp.name, name)


def ask(model, data, *args):
    r = gull("attack", model, data, "--method", "universal", "--json", here("r.json"), *args)
    if r.returncode not in (0, 5):
        print(f"# {r.returncode}: {r.stderr.strip()}")
    return json.load(open(here("r.json"))), r.stdout


def change(j):
    m = next(m for m in j["summary"]["methods"] if m["spec"] == "universal")["together"]
    return np.frombuffer(base64.b64decode(m["change"])), m["fooled"]


def linear():
    """A two-class network, 40 rows of class 1 that it reads right."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    draw = np.random.default_rng(1)
    w = draw.normal(size=(6, 2)).astype("float32")
    io = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", d]) for n, d in (("x", 6), ("y", 2))]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "linear", io[:1], io[1:],
                              [numpy_helper.from_array(w, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, here("linear.onnx"))
    x = draw.normal(size=(400, 6)).astype("float32")
    x = x[(x @ w)[:, 1] > (x @ w)[:, 0]][:40]
    np.savez(here("rows.npz"), x=x, y=np.ones(40, dtype="int64"))
    return w.astype(float), x.astype(float)


def most(w, x, eps, free):
    """The most rows that any vector of signs fools: exhaustive."""
    best = 0
    for k in range(64):
        v = eps * np.array([(1 if k >> i & 1 else -1) * free[i] for i in range(6)])
        s = (x + v) @ w
        best = max(best, int((s[:, 0] >= s[:, 1]).sum()))
    return best


def check_linear():
    try:
        w, x = linear()
    except ImportError:
        return skip("a linear model", "no onnx")
    json.dump({"features": {"0": {"frozen": True}, "3": {"frozen": True}}}, open(here("d.json"), "w"))
    for eps in (0.1, 0.3, 0.6):
        for frozen in (False, True):
            free = np.array([0, 1, 1, 0, 1, 1]) if frozen else np.ones(6)
            j, text = ask(here("linear.onnx"), here("rows.npz"), "--eps", eps,
                          *(["--domain", here("d.json")] if frozen else []))
            v, fooled = change(j)
            ok(fooled == most(w, x, eps, free), f"eps {eps}: fools {fooled} of 40, as the best signs do")
            ok(np.abs(v).max() <= eps and not v[free == 0].any(), "the change keeps to its ball and features")
            ok(f"fools {fooled} of 40 rows" in text, "the table says so")


def misread_when_moved(v, right):
    """How many of the rows the network misreads when v is added to all."""
    paths = TEST_SET.split(",")
    x = np.frombuffer(gzip.open(paths[0]).read(), "uint8", offset=16)[:60 * 784].reshape(60, 784)
    y = np.frombuffer(gzip.open(paths[1]).read(), "uint8", offset=8)[:60]
    z = np.clip(x / np.float32(255) + v, 0, 1).astype("float32").reshape(60, 1, 28, 28)
    np.savez(here("moved.npz"), x=z, y=y.astype("int64"))
    j, _ = ask(os.path.join(MODELS, "cnn.onnx"), here("moved.npz"), "--range", "0,1", "--eps", "0.2", "--budget", "3")
    return sum(i["status"] == "misread" for i in j["inputs"] if i["row"] in right)


def check_network():
    cnn = os.path.join(MODELS, "cnn.onnx")
    rows = ["--range", "0,1", "--rows", "0:60", "--eps", "0.2"]
    one, _ = ask(cnn, TEST_SET, *rows, "--threads", "1", "--resume", here("a"))
    two, _ = ask(cnn, TEST_SET, *rows, "--threads", "2")
    again, _ = ask(cnn, TEST_SET, *rows, "--resume", here("a"))
    same = lambda a, b: change(a)[0].tobytes() == change(b)[0].tobytes() and \
        [i["upper"] for i in a["inputs"]] == [i["upper"] for i in b["inputs"]]
    ok(same(one, two), "the same bits on two threads")
    ok(same(one, again), "and resumed")
    ok(all(i["upper"] is None or i["upper"] <= 0.2 for i in one["inputs"]), "within the radius")
    fooled = change(one)[1]
    right = {i["row"] for i in one["inputs"] if i["status"] != "misread"}
    ok(misread_when_moved(change(one)[0], right) == fooled > 20, f"fools {fooled} of {len(right)} rows")
    signs = np.random.default_rng(1).choice((-0.2, 0.2), (5, 784))
    luck = max(misread_when_moved(v, right) for v in signs)
    ok(fooled > luck + 10, f"the best of five random sign vectors fools {luck}")
    few, _ = ask(cnn, TEST_SET, *rows, "--budget", "20")
    ok(max(i["queries"] for i in few["inputs"]) <= 20, "a budget is kept")
    l2, _ = ask(cnn, TEST_SET, "--range", "0,1", "--rows", "0:60", "--norm", "l2", "--eps", "3")
    ok(np.linalg.norm(change(l2)[0]) <= 3 * (1 + 1e-12) and change(l2)[1] > 10, f"l2: {change(l2)[1]} rows")


check_linear()
if os.path.isdir(FASHION):
    check_network()
else:
    skip("a network", "dataset-fashion-mnist is not installed")
done()
