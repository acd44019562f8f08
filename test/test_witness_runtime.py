#!/usr/bin/env python3
"""Witnesses against a network fool ONNX Runtime, which sums in another order than gull's two
evaluators: each keeps clear of their rounding."""
from onnx_peer import *
import json
import tap

ROWS = 150
if onnxruntime is None or not os.path.exists(tap.TEST_SET.split(",")[0]):
    print("1..0 # SKIP no ONNX Runtime or no Fashion-MNIST")
    sys.exit(0)
path = os.path.join(tap.MODELS, "cnn.onnx")
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
for norm, method in (("l2", "fmn"), ("l1", "fmn"), ("linf", "best")):
    out, witness = os.path.join(tmp.name, "r.json"), os.path.join(tmp.name, "w.npy")
    run = tap.gull("attack", path, tap.TEST_SET, "--range", "0,1", "--rows", f"0:{ROWS}", "-q",
                   "--norm", norm, "--method", method, "--json", out, "--witnesses", witness)
    inputs = json.load(open(out))["inputs"] if run.returncode in (0, 5) else []
    w = np.load(witness).reshape(-1, 1, 28, 28).astype(np.float32)
    found = [i for i, one in enumerate(inputs)
             if one["upper"] is not None and one["status"] != "misread"]
    fails = [i for i in found
             if session.run(None, {name: w[i:i + 1]})[0].argmax() == inputs[i]["label"]]
    ok(len(found) >= ROWS // 2 and not fails,
       f"{norm}, {method}: {len(found)} witnesses, ONNX Runtime is not fooled by {fails}")
done()
