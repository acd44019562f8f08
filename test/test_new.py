#!/usr/bin/env python3
"""test_new.py - a new attack is one new file and one table row; gull and the sandwich test pick it up."""
import json
import os
import subprocess
import tempfile

from tap import SOURCE, done, ok, skip

tmp = tempfile.TemporaryDirectory()
clone = os.path.join(tmp.name, "gull")


def run(*args, **kw):
    return subprocess.run(args, capture_output=True, text=True, **kw)


if run("git", "clone", "-q", SOURCE, clone).returncode:
    skip("a new attack", "the source is no git checkout")
    done()
for kind, table in (("attack", "src/attack/attacks.def"), ("proof", "src/prove/proofs.def"),
                    ("format", "src/read/readers.def"), ("operator", "src/graph/ops/ops.def"),
                    ("family", "src/model/families.def")):
    before = set(run("git", "-C", clone, "status", "--porcelain", "-uall").stdout.splitlines())
    r = run("tools/new.sh", kind, f"new{kind}", cwd=clone)
    after = set(run("git", "-C", clone, "status", "--porcelain", "-uall").stdout.splitlines())
    changed = sorted(line.split()[1] for line in after - before)
    folder = os.path.dirname(table)
    ok(changed == sorted([f"{folder}/new{kind}.c", table]), f"a new {kind} touches {changed} {r.stderr}")
diff = run("git", "-C", clone, "diff", "--numstat").stdout.split()
ok(diff[0::3] == ["1"] * 5 and diff[1::3] == ["0"] * 5, "each table gets one row: " + " ".join(diff))
for kind in ("attack", "proof", "family", "format", "operator"):
    page = open(os.path.join(clone, "doc", "howto", kind + ".md")).read()
    ok(f"tools/new.sh {kind} NAME" in page and f"templates/{kind}.c" in page, f"doc/howto/{kind}.md shows tools/new.sh and the template")
ok(run("tools/new.sh", "attack", "newattack", cwd=clone).returncode == 2, "an existing name is refused")
ok(run("tools/new.sh", "sauce", "x", cwd=clone).returncode == 2, "an unknown kind is refused")
build = os.path.join(clone, "build")
r = run("meson", "setup", build, "-Doptimization=1", "-Ddebug=false", "-Dwerror=true", cwd=clone)
r = run("ninja", "-C", build, "cli/gull", "test/test_sandwich", cwd=clone)
if ok(r.returncode == 0, "all five templates build " + r.stdout[-300:] * (r.returncode != 0)):
    out = run(os.path.join(build, "cli/gull"), "list", "attacks").stdout
    ok("newattack" in out, "gull lists the new attack")
    out = run(os.path.join(build, "cli/gull"), "list", "proofs").stdout
    ok("newproof" in out, "gull lists the new proof")
    out = run(os.path.join(build, "cli/gull"), "list", "operators").stdout
    ok("Newoperator" in out, "gull lists the new operator")
    r = run(os.path.join(build, "test/test_sandwich"), timeout=600)
    bad = [line for line in r.stdout.splitlines() if line.startswith("not ok") or line.startswith("# ")]
    ok(r.returncode == 0, "the sandwich test runs them and passes " + "; ".join(bad)[:300])
    open(os.path.join(tmp.name, "f.model"), "w").write("newformat 1\n2 1 -1 0.5\n")
    r = run(os.path.join(build, "cli/gull"), "info", os.path.join(tmp.name, "f.model"))
    ok("newformat" in r.stdout, "the new format is read " + r.stderr)
    open(os.path.join(tmp.name, "f.csv"), "w").write("a,b\n1,2\n3,1\n")
    r = run(os.path.join(build, "cli/gull"), "audit", os.path.join(tmp.name, "f.model"), os.path.join(tmp.name, "f.csv"),
            "--norm", "l1", "--method", "newattack", "--method", "newproof", "--json", "-")
    rows = json.loads(r.stdout)["inputs"] if r.returncode == 0 else []
    # scores 0 and x0 - x1 + 0.5: the boundary is |1 - 2 + 0.5| and |3 - 1 + 0.5| away in L1
    ok(len(rows) == 2 and all(row["attack"] == "newattack" and row["proof"] == "newproof" and
                              d * 0.999 < row["lower"] <= d <= row["upper"] < d * 2.1 + 0.01 for row, d in zip(rows, (0.5, 2.5))),
       f"the new attack and the new proof bracket the truth {[(row['lower'], row['upper']) for row in rows]} {r.stderr}")
    proof = os.path.join(clone, "src/prove/newproof.c")
    text = open(proof).read()
    open(proof, "w").write(text.replace("gull_bounded(r, least)", "gull_bounded(r, 1.5 * least)"))
    r = run("ninja", "-C", build, "test/test_sandwich", cwd=clone)
    wrong = run(os.path.join(build, "test/test_sandwich"), timeout=600)
    ok("1.5 * least" in open(proof).read() and r.returncode == 0 and wrong.returncode and "newproof" in wrong.stdout,
       "a wrong proof is caught by the sandwich test, by name")
done()
