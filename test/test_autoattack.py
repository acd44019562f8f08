#!/usr/bin/env python3
"""gull's apgd, fab and square resist AutoAttack's own code at most by one picture, and square
asks no more questions, but for chance (bench/autoattack.py; few pictures, targets and questions here)."""
import json
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("GULL_SOURCE", os.path.join(os.path.dirname(__file__), ".."))
COMMAND = os.path.join(os.environ.get("GULL_BUILD", "build"), "cli", "gull")
PYTHON = os.environ.get("GULL_PEERS", sys.executable)
DATA = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
RUNS = [["--rows", "30", "--methods", "apgd,square", "--queries", "500"],
        ["--rows", "20", "--methods", "apgd-t,fab-t", "--targets", "2"],
        ["--plain", "--rows", "30", "--methods", "apgd,fab-t", "--targets", "1"]]


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def compare(run):
    """The comparison's table; empty when it fails."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        line = [PYTHON, os.path.join(SOURCE, "bench", "autoattack.py"), COMMAND, "--json", out.name]
        done = subprocess.run(line + run, capture_output=True, text=True)
        for text in (done.stdout + done.stderr).splitlines():
            print("#", text)
        return json.load(open(out.name)) if done.returncode == 0 else []


def report(number, good, what):
    print(f"{'ok' if good else 'not ok'} {number} - {what}", flush=True)
    return good


def main():
    if subprocess.run([PYTHON, "-c", "import onnx, torch, pyautoattack"],
                      capture_output=True).returncode:
        skip("no Python with pyautoattack, onnx and torch (set GULL_PEERS)")
    if not os.path.isdir(DATA):
        skip("dataset-fashion-mnist is not installed")
    number, good = 0, True
    for run in RUNS:
        table, what = compare(run), "trained as usual" if "--plain" in run else "cnn.onnx"
        number += 1
        good &= report(number, bool(table), f"{what}: {' '.join(run)}")
        for r in table:
            number += 1
            few = r["method"] != "square" or r["queries"] <= 1.05 * r["peer_queries"]
            good &= report(number, r["ours"] <= r["theirs"] + 1 and few,
                           f"{what}: {r['norm']} {r['method']} at {r['eps']}: of {r['right']} "
                           f"resist {r['ours']}, AutoAttack's {r['theirs']}")
    print(f"1..{number}")
    sys.exit(not good)


if __name__ == "__main__":
    main()
