#!/usr/bin/env python3
"""Networks that people made, on 100 inputs each from where they are used, against ONNX
Runtime: each row within 1e-4 of its greatest score."""
import csv, glob, re
from onnx_peer import *

ROWS, TOLERANCE = 100, 1e-4
r = np.random.default_rng(5)


def free_input(model):
    names = {t.name for t in model.graph.initializer}
    i = [i for i in model.graph.input if i.name not in names][0]
    return i.name, [d.dim_value or 1 for d in i.type.tensor_type.shape.dim]


def rows_in_box(path, dim, count):
    """Uniform in the input box of a VNN-LIB property."""
    lo, hi = np.full(dim, np.inf), np.full(dim, -np.inf)
    with open(path) as f:
        for op, i, v in re.findall(r"\(([<>]=) X_(\d+) (-?[\d.eE+-]+)\)", f.read()):
            side = hi if op == "<=" else lo
            side[int(i)] = (max if op == "<=" else min)(side[int(i)], float(v))
    lo, hi = np.where(np.isfinite(lo), lo, -1), np.where(np.isfinite(hi), hi, 1)
    return r.uniform(lo, hi, (count, dim))


def alone(model, output):
    """The model with one output."""
    m = onnx.ModelProto()
    m.CopyFrom(model)
    kept = [o for o in m.graph.output if o.name == output]
    del m.graph.output[:]
    m.graph.output.extend(kept)
    return m


def as_gull_reads(model):
    """Gull leaves out what squashes all scores at the end, not what squashes boxes one by one."""
    output = model.graph.output[0]
    one_row = len(output.type.tensor_type.shape.dim) == 2
    return logits(model) if one_row and output.name in model.graph.node[-1].output else model


def check(name, model, x, path):
    fed, shape = free_input(model)
    output = model.graph.output[0].name
    session = onnxruntime.InferenceSession(as_gull_reads(model).SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    want = np.array([np.ravel(session.run(None, {fed: row.reshape(shape)})[0])
                     for row in x.astype(np.float32)], dtype=np.float64)
    for how, rows in (("onednn", ROWS), ("reference", ROWS if x.shape[1] < 1000 else 4)):
        # the referee's double is nearer to the truth than ONNX Runtime's float
        tolerance = TOLERANCE * (10 if how == "reference" else 1)
        got, error = gull.ask(how, path, x[:rows].astype(np.float32))
        if error:
            return ok(False, f"{name}, {how}: {error}")
        got = got.reshape(rows, -1)
        if got.shape[1] == 2 and want.shape[1] == 1:  # one logit z became (0, z)
            got = got[:, 1:]
        worst = np.inf
        if got.shape == want[:rows].shape:
            worst = np.max(np.max(np.abs(got - want[:rows]), 1) /
                           np.maximum(1e-30, np.max(np.abs(want[:rows]), 1)))
        ok(worst < tolerance, f"{name} ({output}), {how}, {rows} inputs: {worst:.1e}")


def images():
    for path, lo, hi in (("mnist-8/mnist-8.onnx", 0, 255), ("fooling-lenet/lenet.onnx", 0, 1),
                         ("mlperf-tiny/resnet8_cifar10.onnx", 0, 255),
                         ("mlperf-tiny/toycar_autoencoder.onnx", -60, 20),
                         ("ultralight-face/version-RFB-320.onnx", -1, 1),
                         ("ultralight-face/version-RFB-320_simplified.onnx", -1, 1)):
        full = os.path.join(DATA, "models", path)
        if not os.path.exists(full):
            skip(path, "not here")
            continue
        model = onnx.load(full)
        x = r.uniform(lo, hi, (ROWS, int(np.prod(free_input(model)[1]))))
        for output in [o.name for o in model.graph.output]:
            m = alone(model, output)
            check(path, m, x, save(m))


def properties():
    for folder in sorted(glob.glob(os.path.join(DATA, "vnncomp", "*"))):
        listed = {}
        with open(os.path.join(folder, "instances.csv")) as f:
            for row in csv.reader(f):
                listed.setdefault(os.path.basename(row[0]), []).append(row[1])
        for path in sorted(glob.glob(folder + "/*.onnx") + glob.glob(folder + "/onnx/*.onnx")):
            model = onnx.load(path)
            dim = int(np.prod(free_input(model)[1]))
            boxes = [os.path.join(folder, p) for p in listed.get(os.path.basename(path), [])]
            boxes = [p for p in boxes if os.path.exists(p)]
            chosen = [boxes[k] for k in r.permutation(len(boxes))[:4]] if boxes else []
            x = [rows_in_box(p, dim, ROWS // len(chosen)) for p in chosen]
            x = np.concatenate(x) if chosen else r.uniform(-1, 1, (ROWS, dim))
            x = np.concatenate([x, x])[:ROWS]
            check(f"{os.path.basename(folder)}/{os.path.basename(path)}", model, x, path)


if not DATA:
    skip("models", "no real data here")
elif onnxruntime is None:
    skip("models", "no ONNX Runtime")
else:
    images()
    properties()
done()
