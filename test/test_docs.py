#!/usr/bin/env python3
"""test_docs.py - every example of the README, the documentation, the man pages and the verbs' pages runs and
ends as it says; every link leads somewhere; man pages and completion know every option.

In Markdown the blocks marked sh are run, a command a line; `# exit 5` says how one ends."""
import glob
import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import zlib

import numpy as np

from tap import FASHION, GULL, MODELS, SOURCE, TEST_SET, done, gull, ok, skip

tmp = tempfile.TemporaryDirectory()
here = lambda name: os.path.join(tmp.name, name)
verbs = re.findall(r"^VERB\((\w+)\)", open(os.path.join(SOURCE, "cli/verbs.def")).read(), re.M)
pages = {v: gull("help", v).stdout for v in verbs}
texts = {p: open(p, encoding="utf-8").read() for p in
         [*glob.glob(os.path.join(SOURCE, "*.md")), os.path.join(SOURCE, "examples/models/README.md"),
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
    r = subprocess.run([os.path.join(SOURCE, "tools/man.sh"), "--check", os.environ.get("GULL_BUILD", "build")],
                       capture_output=True, text=True)
    ok(r.returncode == 0, f"tools/man.sh --check {r.stdout[:300]}")
else:
    skip("tools/man.sh --check", "no scdoc or no mandoc")
ok(all(len(line) <= 100 for page in pages.values() for line in page.splitlines()), "pages are at most 100 columns wide")


def complete(line):
    """The answers to `gull LINE` and a tab."""
    script = """source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; read -ra COMP_WORDS <<<"$COMP_LINE"
        case $COMP_LINE in *" ") COMP_WORDS+=("") ;; esac
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _gull; printf '%s\\n' "${COMPREPLY[@]}" """
    r = subprocess.run(["bash", "-c", script, "bash", os.path.join(SOURCE, "doc/completion/gull.bash"), f"{GULL} {line}"],
                       capture_output=True, text=True, cwd=SOURCE)
    return r.stdout.split() if not r.stderr else [r.stderr]


ok(complete("") == verbs, "completion: verbs")
for verb, page in pages.items():
    options = re.findall(r"^  (--[a-z-]+)", page, re.M)
    ok(complete(f"{verb} -") == options, f"completion: the options of {verb}")
names = {table: [row["name"] for row in json.loads(gull("list", "--json", table).stdout)]
         for table in ("attacks", "proofs", "backends", "costs")}
first = next(row for row in json.loads(gull("list", "--json", "attacks").stdout) if row["name"] == "pgd")
first = [o["name"] + "=" for o in first["options"]]
for line, want in (("audit --re", ["--resize", "--resume"]), ("audit --norm ", sorted(names["costs"])), ("audit --norm=l", sorted(names["costs"])),
                   ("attack --method ", names["attacks"]), ("prove --method ", names["proofs"]),
                   ("audit --method ", names["attacks"] + names["proofs"]), ("attack --method pgd:", first),
                   ("attack --method pgd:steps=40,", ["40," + o for o in first]), ("audit --backend ", names["backends"]),
                   ("audit --access s", ["scores", "structure"]), ("list op", ["operators"]), ("help pro", ["prove"]),
                   ("audit examples/models/soft", ["examples/models/softmax.onnx"]), ("audit a README.md,NEW", ["README.md,NEWS.md"])):
    got = complete(line)
    ok((sorted(got) if "norm" in line else got) == want, f"completion: gull {line}: {' '.join(got)[:120]}")

# ---- The tables that documents repeat ----
header = open(os.path.join(SOURCE, "include/gull/gull.h")).read()
codes = set(re.findall(r"X\(GULL_\w+, -?\d+, (\d+),", header))
formats = texts[os.path.join(SOURCE, "doc/formats.md")]
ok(codes == set(re.findall(r"^\| (\d+) \|", formats, re.M)), "doc/formats.md has every exit code")
for where, scd in (("gull(1)", open(os.path.join(SOURCE, "doc/gull.1.scd")).read()), ("gull-audit(1)", gull("help", "--scd", "audit").stdout)):
    ok(codes == set(re.findall(r"^\*(\d+)\*$", scd, re.M)), f"{where} has every exit code")
schema = json.load(open(os.path.join(SOURCE, "doc/schema.json")))
status = set(re.search(r'"status": \{\s*"enum": (\[[^]]*\])', json.dumps(schema)).group(1).strip("[]").replace('"', "").split(", "))
ok(status <= set(re.findall(r"^\| `([a-z ]+)` \|", formats, re.M)), f"doc/formats.md has every status: {status}")

readme = texts[os.path.join(SOURCE, "README.md")]
operators = json.loads(gull("list", "--json", "operators").stdout)
ok(f"ONNX, {len(operators)} operators" in readme, f"the README counts {len(operators)} operators")

# ---- Examples ----
if not os.path.exists(FASHION):
    skip("the examples", "no dataset-fashion-mnist")
    done()
N = 3
x = gzip.open(TEST_SET.split(",")[0]).read()[16:16 + 784 * N]
y = gzip.open(TEST_SET.split(",")[1]).read()[8:8 + N]
bytes_of = np.frombuffer(x, np.uint8).reshape(N, 784)
unit = (bytes_of / 255).astype(np.float32)
labels = np.frombuffer(y, np.uint8)


def write(name, text):
    os.makedirs(os.path.dirname(here(name)), exist_ok=True)
    with open(here(name), "wb" if isinstance(text, bytes) else "w") as f:
        f.write(text)


def png(pixels):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    lines = b"".join(b"\0" + bytes(line) for line in pixels.reshape(28, 28))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


write("images", b"\0\0\x08\x03" + np.array([N, 28, 28], ">i4").tobytes() + x)
write("labels", b"\0\0\x08\x01" + np.array([N], ">i4").tobytes() + y)
np.savez(here("test.npz"), x=unit.reshape(N, 28, 28), y=labels)
np.save(here("X.npy"), unit)
np.save(here("Y.npy"), labels)
write("test.csv", ",".join(f"p{i}" for i in range(784)) + ",label\n" +
      "".join(",".join(map(repr, map(float, row))) + f",{k}\n" for row, k in zip(unit, labels)))
write("test.svm", "".join(f"{k} " + " ".join(f"{i + 1}:{v!r}" for i, v in enumerate(map(float, row)) if v or i == 783) + "\n"
                          for row, k in zip(unit, labels)))
for i, (row, k) in enumerate(zip(bytes_of, labels)):
    write(f"photos/{k}/{i}.png", png(row))
for name, model in (("model.onnx", "softmax.onnx"), ("linear.onnx", "softmax.onnx"), ("net.onnx", "cnn.onnx"),
                    ("model.json", "trees.json"), ("forest.json", "trees.json")):
    shutil.copy(os.path.join(MODELS, model), here(name))
# A table with named columns and a linear model of it, which the domain file of doc/formats.md is about.
write("scoring.model", "solver_type L2R_LR\nnr_class 2\nlabel 1 0\nnr_feature 4\nbias -1\nw\n0.02\n0.00004\n-0.3\n-1\n")
write("customers.csv", "age,income,children,debt,accepts\n30,20000,0,0.5,1\n50,5000,2,0.9,0\n41,30000,1,0.1,1\n")
domain = re.search(r"```json\n(\{\"default.*?)```", formats, re.S).group(1)
write("domain.json", domain)
write("small.json", '{"features": {"p0": {"frozen": true}, "p1": {"only": "up", "weight": 0.5}}}')
ok(json.loads(domain), "the domain file of doc/formats.md is JSON")
os.makedirs(here("bin"))
os.symlink(GULL, here("bin/gull"))
os.symlink(os.path.join(SOURCE, "examples"), here("examples"))
env = {**os.environ, "PATH": here("bin") + ":" + os.environ["PATH"]}
for name, model in (("linear", "linear.onnx"), ("trees", "forest.json"), ("network", "net.onnx")):
    gull("audit", here(model), here("test.npz"), "-q", "--json", here(name + ".json"))


def run_block(where, block):
    """Runs the lines in one shell and compares how each command ends."""
    lines = re.sub(r"\\\n\s*", "", block).strip().split("\n")
    script = "\n".join(f"{line}\necho $? >>codes" for line in lines)
    write("codes", "")
    for old in glob.glob(here("*.journal")):
        os.remove(old)
    r = subprocess.run(["bash", "-c", script], cwd=tmp.name, env=env, capture_output=True, text=True, timeout=300)
    codes = open(here("codes")).read().split()
    for line, code in zip(lines, codes + ["none"] * len(lines)):
        want = re.search(r"# exit (\d+)", line)
        ok(code == (want.group(1) if want else "0"), f"{where}: {line}: exit {code} {r.stderr[:200] if len(lines) < 3 else ''}")


for verb, page in pages.items():
    run_block(f"gull help {verb}", re.search(r"example:\n  (.*)", page).group(1))
for line in re.findall(r"^\t(gull .*)$", open(os.path.join(SOURCE, "doc/gull.1.scd")).read(), re.M):
    run_block("gull(1)", line + (" # exit 1" if "fail-under" in line else ""))
for path, text in texts.items():
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
        run_block(os.path.basename(path), block)
ok(os.path.basename(GULL) == "gull" and "```sh" in texts[os.path.join(SOURCE, "README.md")], "the README has commands to run")
for name in ("report.html", "together.html", "page.html"):
    ok(os.path.exists(here(name)) and os.path.getsize(here(name)) > 20000, f"the examples made {name}")

clean = [json.loads(gull("audit", here("net.onnx"), here(d), "--json", "-", "--method", "fgsm", "--range", "0,1").stdout)["summary"]["clean"]
         for d in ("photos", "test.npz")]
ok(clean[0] == clean[1] > 0, f"the label of a picture is the number of its folder {clean}")

# ---- The README's table, where that takes no more than a second ----
for name, model in (("softmax regression", "softmax.onnx"), ("200 boosted trees", "trees.json")):
    r = gull("audit", os.path.join(MODELS, model), TEST_SET, "--rows", "0:200", "--range", "0,1", "--eps", "0.02,0.05", "--json", "-")
    summary = json.loads(r.stdout)["summary"]
    read, fooled, proved, exact = summary["clean"], *([e[k] for e in summary["table"]] for k in ("fooled", "proved")), summary["exact"]
    want = [f"{100 * v:.1f} %" for v in (read, fooled[0], proved[0], fooled[1], proved[1])]
    cells = [c.strip() for c in re.search(rf"^\| {name} \|(.*)\|$", readme, re.M).group(1).split("|")]
    ok([cells[i] for i in (0, 1, 2, 4, 5)] == want and cells[7].startswith(f"{exact} of"), f"the README's numbers for {name}: {want} {exact}")

# ---- The smallest C program, as built here and against what is installed ----
build = os.environ.get("GULL_BUILD", os.path.join(SOURCE, "build"))


def intervals(program, **kw):
    r = subprocess.run([program, here("model.onnx"), here("test.npz")], capture_output=True, text=True, **kw)
    return r.returncode == 0 and re.findall(r"^row \d+: nothing below (\S+) fools it \(proved\), something at (\S+) does$", r.stdout, re.M)


got = intervals(os.path.join(build, "examples", "minimal"))
ok(got and len(got) == N and all(float(a) <= float(b) for a, b in got), f"examples/c/minimal.c prints each row's interval {got}")
meson, cc, pkg = map(shutil.which, ("meson", "cc", "pkg-config"))
r = meson and subprocess.run([meson, "install", "-C", build, "--no-rebuild", "--destdir", here("root")], capture_output=True, text=True)
gull_pc = glob.glob(here("root") + "/**/gull.pc", recursive=True)
if not (r and cc and pkg) or r.returncode or not gull_pc:
    skip("installed library", "needs meson, cc and pkg-config")
    done()
env["PKG_CONFIG_PATH"], env["PKG_CONFIG_SYSROOT_DIR"] = os.path.dirname(gull_pc[0]), here("root")
sanitize = "-fsanitize=address,undefined " if "-fsanitize" in open(os.path.join(build, "build.ninja")).read() else ""
r = subprocess.run(f"cc {sanitize}{SOURCE}/examples/c/minimal.c $(pkg-config --cflags --libs gull) -o minimal", shell=True,
                   cwd=tmp.name, env=env, capture_output=True, text=True)
libs = os.path.dirname(os.path.dirname(gull_pc[0]))
ok(r.returncode == 0 and intervals(here("minimal"), env={**env, "LD_LIBRARY_PATH": libs}) == got,
   f"minimal.c builds against the installed gull.h and gull.pc {r.stderr[:300]}")
if shutil.which("cmake"):
    write("cmake/CMakeLists.txt", f"""cmake_minimum_required(VERSION 3.13)
project(minimal C)
find_package(gull REQUIRED)
add_executable(minimal {SOURCE}/examples/c/minimal.c)
target_compile_options(minimal PRIVATE {sanitize})
target_link_libraries(minimal gull::gull {sanitize})
""")
    r = subprocess.run(["cmake", "-S", here("cmake"), "-B", here("cmake/build"), f"-Dgull_DIR={libs}/cmake/gull"], capture_output=True, text=True)
    r = subprocess.run(["cmake", "--build", here("cmake/build")], capture_output=True, text=True) if r.returncode == 0 else r
    ok(r.returncode == 0 and intervals(here("cmake/build/minimal"), env={**env, "LD_LIBRARY_PATH": libs}) == got,
       f"find_package(gull) builds it too {r.stderr[:300]}")
else:
    skip("find_package(gull)", "no cmake")
for file in ("bin/gull", "include/gull/gull.h", "share/bash-completion/completions/gull", "share/man/man1/gull.1",
             *(f"share/man/man1/gull-{verb}.1" for verb in verbs)):
    if "man1" in file and not shutil.which("scdoc"):
        continue
    ok(glob.glob(here("root") + "/**/" + file, recursive=True), f"installed: {file}")
done()
