#!/usr/bin/env python3
"""test_cli.py - the command as a user sees it: exit codes, messages, the same result for any number
of threads, killed and resumed, witnesses that fool."""
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

from tap import FASHION, GULL, MODELS, TEST_SET, done, gull, ok, skip

tmp = tempfile.TemporaryDirectory()
here = lambda name: os.path.join(tmp.name, name)
rng = np.random.default_rng(5)

# ---- Small files ----
LIBLINEAR = "solver_type L2R_LR\nnr_class 2\nlabel 1 -1\nnr_feature 3\nbias 1\nw\n1\n-2\n0.5\n0.25\n"
open(here("lin.model"), "w").write(LIBLINEAR)
x = rng.normal(size=(12, 3))
y = np.where(x @ [1, -2, 0.5] + 0.25 > 0, 1, -1)
np.save(here("x.npy"), x)
np.save(here("y.npy"), y)
np.savez(here("d.npz"), x=x, y=y)
with open(here("d.csv"), "w") as f:
    f.write("a,b,c,label\n")
    f.writelines(f"{float(r[0])!r},{float(r[1])!r},{float(r[2])!r},{int(k)}\n" for r, k in zip(x, y))
with open(here("d.svm"), "w") as f:
    f.writelines(f"{k} 1:{float(r[0])!r} 2:{float(r[1])!r} 3:{float(r[2])!r}\n" for r, k in zip(x, y))


def result(*args):
    r = gull(*args, "--json", here("r.json"), "-q")
    return r, json.load(open(here("r.json"))) if r.returncode in (0, 1, 5) else None


def ends(j):
    return [(i["lower"], i["upper"]) for i in j["inputs"]]


# ---- The same data in four formats, the closed form in the terminal ----
want = np.abs(x @ [1, -2, 0.5] + 0.25) / 3.5
same = None
for data in ("x.npy,y.npy", "d.npz", "d.csv", "d.svm"):
    data = ",".join(here(p) for p in data.split(","))
    r, j = result("audit", here("lin.model"), data, "--method", "linear")
    got = np.array(ends(j)) if j else np.zeros((12, 2))
    ok(r.returncode == 0 and np.allclose(got, want[:, None], rtol=1e-9),
       f"closed form from {os.path.basename(data)}: {r.stderr.strip()}")
    ok(j and j["summary"]["clean"] == 1 and all(i["status"] == "exact" for i in j["inputs"]),
       "every row is read right and exact")

# ---- Exit codes and messages: what, where, what to do ----
def fails(code, words, *args):
    r = gull(*args)
    ok(r.returncode == code and words in r.stderr and r.stderr.count("\n") == 1 and not r.stdout,
       f"exit {code}: {' '.join(os.path.basename(str(a)) for a in args)}: {r.stderr.strip()}")


good = (here("lin.model"), here("d.csv"))
fails(2, "no verb", "frobnicate")
fails(2, "wants MODEL DATA", "audit", here("lin.model"))
fails(2, "--norm l3: expected", "audit", *good, "--norm", "l3")
fails(2, "no option --flavour", "audit", *good, "--flavour", "sweet")
fails(2, "--eps wants", "audit", *good, "--eps")
fails(2, "no method 'pgdd'", "audit", *good, "--method", "pgdd")
fails(2, "has 12 rows", "audit", *good, "--rows", "12:20")
fails(2, "no column 'colour'", "audit", *good, "--label", "colour")
fails(3, "No such file", "audit", here("nothing.onnx"), here("d.csv"))
fails(3, "No such file", "audit", here("lin.model"), here("nothing.csv"))
fails(3, "not a model file", "info", here("d.csv"))
open(here("short.csv"), "w").write("a,b\n1,2\n")
fails(3, "give data of that shape", "audit", here("lin.model"), here("short.csv"))
open(here("word.csv"), "w").write("a,b,c,label\n1,2,red,1\n")
fails(3, "line 2: column 'c': 'red' is not a number", "audit", here("lin.model"), here("word.csv"))
open(here("label.csv"), "w").write("a,b,c,label\n1,2,3,7\n")
fails(3, "label 7", "audit", here("lin.model"), here("label.csv"))
open(here("cut.npy"), "wb").write(open(here("x.npy"), "rb").read()[:200])
fails(3, "cut off", "predict", here("lin.model"), here("cut.npy"))
fails(4, "does not apply to linear models", "attack", *good, "--method", "trees")
fails(4, "needs more than --access labels", "attack", *good, "--method", "pgd", "--access", "labels")
fails(3, "its folder does not exist", "audit", *good, "-o", here("nowhere/page.html"))
r = gull("audit", *good, "--method", "linear", "--fail-under", "proved@1=90%")
ok(r.returncode == 1 and "proved" in r.stderr and "distance" in r.stdout,
   "exit 1 when a threshold fails, the table is still printed: " + r.stderr.strip())
r = gull("audit", *good, "--method", "linear", "--fail-under", "clean=100%")
ok(r.returncode == 0, "exit 0 when it holds")
r = gull("attack", *good, "--method", "random:tries=100000", "--budget", "3")
ok(r.returncode == 5, "exit 5 when the budget is spent before anything is found")
ok(gull("--version").stdout.startswith("gull "), "--version")
ok(gull("help", "audit").stdout == gull("audit", "--help").stdout != "", "help")
for table in ("attacks", "proofs", "families", "formats", "operators", "costs", "backends"):
    rows = json.loads(gull("list", "--json", table).stdout or "[]")
    ok(rows and all(row["name"] and row["summary"] for row in rows), f"list {table}: {len(rows)}")

r, j = result("audit", *good, "--method", "linear", "--class-names", "no,yes")
ok(j and j["model"]["class_names"] == ["no", "yes"], "--class-names are in the result")
fails(2, "1 names", "audit", *good, "--class-names", "no")

# ---- The domain ----
json.dump({"default": {"lo": -10, "hi": 10}, "features": {"b": {"frozen": True}, "a": {"weight": 2}}},
          open(here("dom.json"), "w"))
r, j = result("audit", *good, "--method", "linear", "--domain", here("dom.json"))
ok(r.returncode == 0 and np.allclose(np.array(ends(j))[:, 1], want * 3.5 / (1 / 2 + 0.5)),
   "a frozen feature and a weight: the closed form of what is left")
for text, words in (('{"features": {"q": {}}}', "no such feature"), ('{"features": {"a": 1}}', "expected an object"),
                    ("{", "line 1"), ('{"features": {"a": {"lo": 3, "hi": 1}}}', "lo is above hi"),
                    ('{"features": {"a": {"lo": 900}}}', "outside its range")):
    open(here("bad.json"), "w").write(text)
    fails(3, words, "audit", *good, "--domain", here("bad.json"))

# ---- Real models: threads, resume, witnesses ----
if not os.path.exists(FASHION):
    skip("audits of the example models", "no dataset-fashion-mnist")
    done()


def strip(node):
    """A result without its times."""
    if isinstance(node, dict):
        return {k: strip(v) for k, v in node.items() if "seconds" not in k and k not in ("command", "note")}
    return [strip(v) for v in node] if isinstance(node, list) else node


for name, extra in (("softmax.onnx", []), ("trees.json", []), ("cnn.onnx", ["--norm", "l2"])):
    rows = 8 if name == "cnn.onnx" else 24
    args = ["audit", os.path.join(MODELS, name), TEST_SET, "--rows", f"0:{rows}", "--range", "0,1", *extra]
    _, one = result(*args, "--threads", 1)
    _, two = result(*args, "--threads", 2)
    ok(one and strip(one) == strip(two), f"{name}: one thread and two give the same result")
    if not one:
        continue
    for seed in range(3):
        journal = here(f"{name}.{seed}.journal")
        for moment in range(3):  # killed at three random moments
            p = subprocess.Popen([GULL, *args, "-q", "--resume", journal], stderr=subprocess.DEVNULL)
            time.sleep(random.Random(seed * 7 + moment).uniform(0.01, 0.4))
            p.send_signal(signal.SIGKILL)
            p.wait()
        kept = sum(1 for _ in open(journal, "rb")) - 1 if os.path.exists(journal) else 0
        _, again = result(*args, "--resume", journal)
        ok(strip(again) == strip(one), f"{name}: killed three times ({kept} rows kept) and resumed")
    r = gull(*args, "--seed", 2, "--resume", journal, "-q")
    ok(r.returncode == 2 and "another" not in r.stdout and "not the resume file" in r.stderr,
       f"{name}: a resume file of another question is refused")
    r = gull(*args, "-q", "--witnesses", here("w.npy"))
    w = np.load(here("w.npy"))
    x0 = np.frombuffer(__import__("gzip").open(TEST_SET.split(",")[0]).read(), np.uint8, offset=16)
    x0 = (x0[: rows * 784].reshape(rows, 784) / 255).astype(np.float32).astype(np.float64)
    ord_ = 2 if "l2" in extra else np.inf
    dist = np.array([np.linalg.norm(a - b, ord_) for a, b in zip(w, x0)])
    upper = np.array([i["upper"] for i in one["inputs"]], float)
    ok(np.allclose(dist, upper, rtol=1e-9, atol=1e-12), f"{name}: witnesses lie where upper says")
    np.save(here("w2.npy"), w.astype(np.float32))
    r = gull("predict", os.path.join(MODELS, name), here("w2.npy"), "-o", here("s.npy"))
    label = np.array([i["label"] for i in one["inputs"]])
    ok(r.returncode == 0 and (np.load(here("s.npy")).argmax(1) != label).all(),
       f"{name}: every witness fools the model that `predict` runs {r.stderr}")
    ok(w.min() >= 0 and w.max() <= 1, f"{name}: witnesses stay in the box")
done()
