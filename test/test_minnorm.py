#!/usr/bin/env python3
"""gull's minimal-norm attacks need no more than the peers' own, with as many steps, on the demo
network (bench/minnorm.py)."""
import json
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("GULL_SOURCE", os.path.join(os.path.dirname(__file__), ".."))
COMMAND = os.path.join(os.environ.get("GULL_BUILD", "build"), "cli", "gull")
PYTHON = os.environ.get("GULL_PEERS", sys.executable)
DATA = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
SLACK = 1.02  # a median; and two pictures may stay unfooled more


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def main():
    probe = subprocess.run([PYTHON, "-c", "import foolbox, onnx, torch"], capture_output=True)
    if probe.returncode:
        skip("no Python with foolbox, onnx and torch (set GULL_PEERS)")
    if not os.path.isdir(DATA):
        skip("dataset-fashion-mnist is not installed")
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        run = subprocess.run([PYTHON, os.path.join(SOURCE, "bench", "minnorm.py"), COMMAND,
                              "--small", "--rows", "20", "--json", out.name],
                             capture_output=True, text=True)
        table = json.load(open(out.name)) if run.returncode == 0 else []
    for line in (run.stdout + run.stderr).splitlines():
        print("#", line)
    print(f"1..{len(table) + 1}")
    print("ok 1 - the comparison runs" if table else "not ok 1 - the comparison runs")
    failed = not table
    for number, r in enumerate(table, 2):
        better = r["ours"] <= r["theirs"] * SLACK and r["failed"] <= r["peer_failed"] + 2
        print(f"{'ok' if better else 'not ok'} {number} - {r['norm']} {r['method']}: median "
              f"{r['ours']:.4f}, {r['peer']} {r['theirs']:.4f}")
        failed |= not better
    sys.exit(failed)


if __name__ == "__main__":
    main()
