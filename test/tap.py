"""tap.py - TAP for the Python tests: ok(), skip(), done(); where things are."""
import os
import subprocess
import sys

count = failed = 0
SOURCE = os.environ.get("GULL_SOURCE", os.path.join(os.path.dirname(__file__), ".."))
GULL = os.path.join(os.environ.get("GULL_BUILD", os.path.join(SOURCE, "build")), "cli", "gull")
DATA = os.environ.get("GULL_TEST_DATA")
FASHION = "/usr/share/datasets/fashion-mnist/"
TEST_SET = f"{FASHION}t10k-images-idx3-ubyte.gz,{FASHION}t10k-labels-idx1-ubyte.gz"
MODELS = os.path.join(SOURCE, "examples", "models")


def ok(good, name):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    return good


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}", flush=True)


def done():
    print(f"1..{count}")
    sys.exit(failed > 0)


def gull(*args, **kw):
    """Runs the command; the result has returncode, stdout, stderr."""
    return subprocess.run([GULL, *map(str, args)], capture_output=True, text=True, **kw)
