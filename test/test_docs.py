#!/usr/bin/env python3
"""test_docs.py - every example of the README, the documentation and the verbs' pages runs; every link
leads somewhere; man pages and completion know every option."""
import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile

import numpy as np

from tap import FASHION, GULL, MODELS, SOURCE, TEST_SET, done, gull, ok, skip

tmp = tempfile.TemporaryDirectory()
here = lambda name: os.path.join(tmp.name, name)
verbs = re.findall(r"^VERB\((\w+)\)", open(os.path.join(SOURCE, "cli/verbs.def")).read(), re.M)
pages = {v: gull("help", v).stdout for v in verbs}
texts = {p: open(p, encoding="utf-8").read() for p in
         [os.path.join(SOURCE, "README.md"), os.path.join(SOURCE, "CONTRIBUTING.md"),
          *glob.glob(os.path.join(SOURCE, "doc", "**", "*.md"), recursive=True)]}

# ---- Links and private paths ----
for path, text in texts.items():
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        ok(os.path.exists(os.path.join(os.path.dirname(path), link)), f"{os.path.basename(path)} links to {link}")
    ok(not re.search(r"/(root|home|work)/", text), f"{os.path.basename(path)} names no private path")

# ---- Pages: options, man pages, completion ----
for verb, page in pages.items():
    scd = gull("help", "--scd", verb).stdout
    options = set(re.findall(r"^  --([a-z-]+)", page, re.M))
    ok(options and options == set(re.findall(r"^\*--([a-z-]+)\*", scd, re.M)), f"gull-{verb}(1) has the options of --help")
    if shutil.which("scdoc") and shutil.which("mandoc"):
        man = subprocess.run(["scdoc"], input=scd, capture_output=True, text=True)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=man.stdout, capture_output=True, text=True)
        ok(man.returncode == 0 and not lint.stdout, f"gull-{verb}(1) is a man page {man.stderr}{lint.stdout[:80]}")
ok(all(len(line) <= 100 for page in pages.values() for line in page.splitlines()), "pages are at most 100 columns wide")


def complete(*words):
    script = (f"source {SOURCE}/doc/completion/gull.bash; COMP_WORDS=({' '.join(words)}); "
              f"COMP_CWORD={len(words) - 1}; _gull; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split()


ok(set(verbs) <= set(complete(GULL, "''")), "completion: verbs")
ok(complete(GULL, "audit", "--norm", "l") == ["linf", "l2", "l1", "l0"], "completion: norms")
ok("pgd" in complete(GULL, "audit", "--method", "p"), "completion: methods")
ok("--resume" in complete(GULL, "audit", "--re"), "completion: options")

# ---- Examples ----
if not os.path.exists(FASHION):
    skip("the examples", "no dataset-fashion-mnist")
    done()
N = 3
x = gzip.open(TEST_SET.split(",")[0]).read()[16:16 + 784 * N]
y = gzip.open(TEST_SET.split(",")[1]).read()[8:8 + N]
open(here("images"), "wb").write(b"\0\0\x08\x03" + np.array([N, 28, 28], ">i4").tobytes() + x)
open(here("labels"), "wb").write(b"\0\0\x08\x01" + np.array([N], ">i4").tobytes() + y)
unit = (np.frombuffer(x, np.uint8).reshape(N, 784) / 255).astype(np.float32)
labels = np.frombuffer(y, np.uint8)
np.savez(here("test.npz"), x=unit.reshape(N, 28, 28), y=labels)
with open(here("test.csv"), "w") as f:
    f.write(",".join(f"p{i}" for i in range(784)) + ",label\n")
    f.writelines(",".join(map(repr, map(float, row))) + f",{k}\n" for row, k in zip(unit, labels))
for name, model in (("model.onnx", "softmax.onnx"), ("linear.onnx", "softmax.onnx"), ("net.onnx", "cnn.onnx"),
                    ("model.json", "trees.json"), ("forest.json", "trees.json")):
    shutil.copy(os.path.join(MODELS, model), here(name))
domain = re.search(r"```json\n(\{\"default.*?)```", texts[os.path.join(SOURCE, "doc/formats.md")], re.S).group(1)
open(here("domain.json"), "w").write(domain.replace("age", "p0").replace("income", "p1"))
ok(json.loads(domain), "the domain file of doc/formats.md is JSON")
os.makedirs(here("bin"))
os.symlink(GULL, here("bin/gull"))
env = {**os.environ, "PATH": here("bin") + ":" + os.environ["PATH"]}
for name in ("linear", "trees", "network"):
    model = {"linear": "linear.onnx", "trees": "forest.json", "network": "net.onnx"}[name]
    r = gull("audit", here(model), here("test.npz"), "-q", "--json", here(name + ".json"))
examples = [("gull help " + v, re.search(r"example:\n  (.*)", page).group(1)) for v, page in pages.items()]
for path, text in texts.items():
    examples += [(os.path.basename(path), line.strip()) for line in re.findall(r"^    gull .*$", text, re.M)]
for where, line in examples:
    command, _, comment = line.partition(" #")
    r = subprocess.run(["bash", "-c", command], cwd=tmp.name, env=env, capture_output=True, text=True, timeout=300)
    allowed = {0} | set(map(int, re.findall(r"exit code (\d)", comment + pages.get(command.split()[1], "")))) | \
        ({1} if "fail-under" in command else set())
    ok(r.returncode in allowed, f"{where}: {command.strip()}: exit {r.returncode} {r.stderr.strip()[:200]}")
for name in ("report.html", "side-by-side.html", "page.html"):
    ok(os.path.getsize(here(name)) > 20000 if os.path.exists(here(name)) else False, f"the examples made {name}")

# ---- The smallest C program ----
cc = shutil.which("gcc") or shutil.which("cc")
program = os.path.join(os.environ.get("GULL_BUILD", "build"), "examples", "minimal")
if os.path.exists(program):
    r = subprocess.run([program, here("model.onnx"), here("test.npz")], capture_output=True, text=True)
    ok(r.returncode == 0 and r.stdout.count("\n") == N, f"examples/c/minimal.c prints a line a row {r.stderr}")
else:
    skip("examples/c/minimal.c", "not built")
done()
