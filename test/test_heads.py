#!/usr/bin/env python3
"""Outputs and heads of networks, what is done to pixels in front of them, resized pictures, whole-number
features and quantised pixels, witnesses as PNG files: against formulas in NumPy, exhaustive search over the
grid, and for the face detector ONNX Runtime on what Pillow reads from the PNG files."""
import itertools
import json
import os

from onnx_peer import TensorProto, helper, np, numpy_helper, onnx, onnxruntime, tmp
from tap import DATA, done, gull, ok, skip

try:
    from PIL import Image
except ImportError:
    Image = None

rng = np.random.default_rng(5)
here = lambda name: os.path.join(tmp.name, name)
softmax = lambda z: np.exp(z - z.max(-1, keepdims=True)) / np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True)
sigmoid = lambda z: 1 / (1 + np.exp(-z))


def save(name, nodes, constants, shape, outputs=("y",), opset=13):
    """nodes: (operator, inputs, output, attributes)."""
    g = helper.make_graph(
        [helper.make_node(op, list(i), [o], name=o, **a) for op, i, o, a in nodes], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
        [numpy_helper.from_array(np.asarray(v, np.int64 if k.startswith("n_") else np.float32), k)
         for k, v in constants.items()])
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)])
    m.ir_version = 7
    onnx.save(m, here(name))
    return here(name)


def scores(model, data, *how):
    r = gull("predict", model, data, *how)
    if r.returncode:
        return r.stderr
    return np.array([[float(v) for v in line.split(",")[1:]] for line in r.stdout.splitlines()[1:]])


def same(got, want, name, tolerance=1e-5):
    good = not isinstance(got, str) and got.shape == np.shape(want) and \
        np.allclose(got, want, rtol=tolerance, atol=tolerance)
    ok(good, name if good else f"{name}: {got if isinstance(got, str) else (got[:2], np.asarray(want)[:2])}")


def answer(*args):
    """The JSON result, whatever the exit code."""
    r = gull(*args, "--json", here("r.json"))
    if r.returncode not in (0, 5):
        return {"error": r.stderr, "inputs": []}
    return json.load(open(here("r.json")))


# ---- Outputs and heads: scores against formulas ----
x = rng.normal(size=(6, 4)).astype(np.float32)
np.save(here("x.npy"), x)
w, b = rng.normal(size=(4, 6)).astype(np.float32), rng.normal(size=6).astype(np.float32)
z = np.tanh(x @ w + b)
body = [("Gemm", ("x", "w", "b"), "h", {}), ("Tanh", ("h",), "z", {})]
base = {"w": w, "b": b}

for op, tail in (("Softmax", []), ("LogSoftmax", []), ("Sigmoid", []),
                 ("Softmax", [("Reshape", ("s", "n_s"), "r", {}), ("Transpose", ("r",), "y", {"perm": [0, 2, 1]})]),
                 ("Sigmoid", [("Slice", ("s", "n_a", "n_b", "n_c"), "p", {}), ("Slice", ("s", "n_b", "n_e", "n_c"), "q", {}),
                              ("Concat", ("q", "p"), "y", {"axis": 1})])):
    nodes = body + [(op, ("z",), "s" if tail else "y", {})] + tail
    model = save("m.onnx", nodes, base | {"n_s": [1, 2, 3], "n_a": [0], "n_b": [2], "n_e": [6], "n_c": [1]}, (4,))
    want = z if not tail else z.reshape(6, 2, 3).transpose(0, 2, 1).reshape(6, 6) if op == "Softmax" else np.roll(z, 4, 1)
    same(scores(model, here("x.npy")), want, f"{op}{[t[0] for t in tail]}: the logits behind it")
model = save("m.onnx", body + [("Softmax", ("z",), "s", {}), ("Reshape", ("s", "n_s"), "r", {}), ("Relu", ("r",), "y", {})],
             base | {"n_s": [1, 3, 2]}, (4,))
same(scores(model, here("x.npy")), softmax(z), "a Softmax that is not the end stays")

two = save("two.onnx", body + [("Softmax", ("z",), "y", {}), ("Relu", ("z",), "v", {})], base, (4,), ("y", "v"))
same(scores(two, here("x.npy")), z, "the first of two outputs")
same(scores(two, here("x.npy"), "--output", "v"), np.maximum(z, 0), "--output v")
same(scores(two, here("x.npy"), "--output", "h"), x @ w + b, "--output of an inner tensor")
r = gull("info", two, "--output", "nothing")
ok(r.returncode == 2 and "its outputs are y, v" in r.stderr, f"--output nothing lists the names {r.stderr}")

one = save("one.onnx", body + [("Gemm", ("z", "u"), "l", {}), ("Sigmoid", ("l",), "y", {})],
           base | {"u": rng.normal(size=(6, 1))}, (4,), ("y",))
u = numpy_helper.to_array(onnx.load(one).graph.initializer[2])
logit = (z @ u)[:, 0]
zero = np.zeros_like(logit)
same(scores(one, here("x.npy")), np.stack([zero, logit], 1), "one Sigmoid output is two classes")
same(scores(one, here("x.npy"), "--head", "binary:threshold=0.8"), np.stack([zero + np.log(4), logit], 1),
     "binary:threshold=0.8")
same(scores(one, here("x.npy"), "--output", "l", "--head", "binary:threshold=0.3"), np.stack([zero + .3, logit], 1),
     "binary of an output that is not squashed")
many = save("many.onnx", body + [("Sigmoid", ("z",), "y", {})], base, (4,))
same(scores(many, here("x.npy"), "--head", "binary:index=3,threshold=0.5"), np.stack([zero, z[:, 3]], 1),
     "binary:index=3 of several Sigmoids")
same(scores(many, here("x.npy"), "--output", "h", "--head", "range:-1,1/2,index=2"),
     np.stack([zero, -1 - (x @ w + b)[:, 2], (x @ w + b)[:, 2] - .5], 1), "range:-1,1/2,index=2")

for classes in (2, 3):
    boxes = 6 // classes
    for op, f in (("Softmax", softmax), ("Sigmoid", sigmoid), (None, lambda v: v)):
        nodes = body + [("Reshape", ("z", "n_s"), "r", {})] + ([(op, ("r",), "y", {"axis": 2} if op == "Softmax" else {})]
                                                              if op else [("Identity", ("r",), "y", {})])
        model = save("d.onnx", nodes, base | {"n_s": [1, boxes, classes]}, (4,))
        p = f(z.reshape(6, boxes, classes).astype(np.float64))
        for k in range(classes):
            best = p[:, :, k].max(1)
            want = np.stack([zero + .4, best], 1) if not op else \
                np.stack([zero + np.log(.4 / .6), np.log(best / (1 - best))], 1)
            same(scores(model, here("x.npy"), "--head", f"detect:class={k},threshold=0.4"), want,
                 f"detect: {boxes} boxes of {classes} classes, {op}, class {k}", 1e-4)
model = save("d.onnx", body + [("Slice", ("z", "n_a", "n_b", "n_c"), "p", {}), ("Slice", ("z", "n_b", "n_e", "n_c"), "q", {}),
                               ("Reshape", ("p", "n_s"), "pr", {}), ("Reshape", ("q", "n_t"), "qr", {}),
                               ("Softmax", ("pr",), "ps", {"axis": 2}), ("Softmax", ("qr",), "qs", {"axis": 2}),
                               ("Concat", ("ps", "qs"), "y", {"axis": 1})],
             base | {"n_s": [1, 1, 2], "n_t": [1, 2, 2], "n_a": [0], "n_b": [2], "n_e": [6], "n_c": [1]}, (4,))
best = (z.reshape(6, 3, 2) @ np.array([-1, 1])).max(1)
same(scores(model, here("x.npy"), "--head", "detect:class=1"), np.stack([zero, best], 1),
     "detect: scales with a Softmax each, joined")

for how, code, words in ((["--head", "detect:class=7"], 2, "class=0 to class=1"), (["--head", "detect:class=1,threshold=3"], 2, "between 0 and 1"),
                         (["--head", "nothing"], 2, "expected logits"), (["--head", "range:2,1"], 2, "expected"),
                         (["--head", "range:0,1"], 2, "say which with index"), (["--mean", "1,2,3"], 2, "one or 4"),
                         (["--std", "0"], 2, "positive"), (["--layout", "nhwc"], 2, "no picture")):
    r = gull("info", model, *how)
    ok(r.returncode == code and words in r.stderr, f"{' '.join(how)} is refused: {r.stderr.strip()}")
open(here("l.model"), "w").write("solver_type L2R_LR\nnr_class 2\nlabel 1 0\nnr_feature 3\nbias -1\nw\n1\n-2\n0.5\n")
r = gull("info", here("l.model"), "--mean", "1")
ok(r.returncode == 4 and "for networks" in r.stderr, "a linear model takes no --mean")

# ---- Distances behind a head ----
q = rng.normal(size=(4, 1)).astype(np.float32)
line = save("line.onnx", [("Sub", ("x", "m"), "c", {}), ("MatMul", ("c", "q"), "l", {}), ("Sigmoid", ("l",), "y", {})],
            {"q": q, "m": [[.5, 0, -1, 2]]}, (4,))
value = ((x - np.float32([.5, 0, -1, 2])) @ q)[:, 0].astype(np.float64)
a = answer("audit", line, here("x.npy"), "--norm", "linf")
ok(len(a["inputs"]) == 6 and all(
    abs(i["upper"] - d) < 1e-3 * d and d * .98 < i["lower"] <= d * (1 + 1e-6) for i, d in zip(a["inputs"], np.abs(value) / np.abs(q).sum())),
   "one logit, linear: both ends at |z| / |w|_1")
a = answer("audit", line, here("x.npy"), "--output", "l", "--head", "range:-0.5,0.5", "--norm", "l2")
want = np.where(np.abs(value) < .5, .5 - np.abs(value), np.abs(value) - .5) / np.linalg.norm(q)
ok(len(a["inputs"]) == 6 and all(abs(i["upper"] - d) < 1e-3 * d + 1e-6 and d * .98 - 1e-6 < i["lower"] <= d * (1 + 1e-6)
                                 for i, d in zip(a["inputs"], want)), "a regressor's range, linear: both ends at the distance to it")
ok(a.get("model", {}).get("head") == "range:-0.5,0.5" and a["model"]["output"] == "l" and
   a["model"]["class_names"] == ["inside", "below", "above"], "the result names output, head and classes")
open(here("y.csv"), "w").write("a,b,c,d,target\n" + "".join(",".join(map(repr, map(float, r))) + f",{v!r}\n" for r, v in zip(x, value.tolist())))
a = answer("attack", line, here("y.csv"), "--output", "l", "--head", "range:-0.5,0.5")
ok([i["label"] for i in a["inputs"]] == [1 if v < -.5 else 2 if v > .5 else 0 for v in value] and
   all(i["status"] != "misread" for i in a["inputs"]), "a regressor's labels are its numbers")
r = [gull("attack", line, here("x.npy"), "--resume", here("j"), "--method", "fgsm", "--output", o, "--head", h, *m)
     for o, h, m in (("l", "range:-1,1", []), ("l", "range:-1,1", []), ("l", "range:-1,2", []), ("y", "range:-1,1", []),
                     ("l", "range:-1,1", ["--mean", "1"]))]
ok([v.returncode for v in r] == [0, 0, 2, 2, 2], f"a resume file belongs to one output, head and preprocessing {[v.returncode for v in r]}")

# ---- What is done to pixels ----
c = np.float32(rng.normal(size=(2, 3 * 6 * 5)))
flat = [("Reshape", ("x", "n_s"), "f", {}), ("MatMul", ("f", "v"), "y", {})]
chw = save("chw.onnx", flat, {"v": c.T, "n_s": [1, 90]}, (3, 6, 5))
hwc = save("hwc.onnx", flat, {"v": c.T, "n_s": [1, 90]}, (6, 5, 3))
pixels = rng.integers(0, 256, size=(3, 6, 5, 3)).astype(np.uint8)
mean, std = np.float32([10, 20, 30]), np.float32([2, 3, 4])
front = ["--mean", "10,20,30", "--std", "2,3,4", "--scale", "1/2"]
ready = (pixels * np.float32(.5) - mean) / std
np.save(here("p.npy"), pixels.astype(np.float64))
same(scores(chw, here("p.npy"), *front, "--range", "0,255"), ready.transpose(0, 3, 1, 2).reshape(3, 90) @ c.T,
     "(x * scale - mean) / std, channels first")
same(scores(hwc, here("p.npy"), *front, "--range", "0,255", "--layout", "nhwc"), ready.reshape(3, 90) @ c.T, "--layout nhwc")
r = gull("predict", hwc, here("p.npy"))
ok(r.returncode == 3 and "--layout nhwc" in r.stderr, f"channels last without --layout is refused {r.stderr}")
if Image:
    os.makedirs(here("pics"), exist_ok=True)
    for i, p in enumerate(pixels):
        Image.fromarray(p).save(here(f"pics/{i}.png"))
    same(scores(hwc, here("pics"), *front, "--layout", "nhwc"), ready.reshape(3, 90) @ c.T, "the same from PNG files")
    a = answer("audit", chw, here("pics"), *front, "--norm", "linf")
    d = np.diff(ready.transpose(0, 3, 1, 2).reshape(3, 90) @ c.T, axis=1)[:, 0]
    slope = np.abs((c[1] - c[0]).reshape(3, 30) * (.5 / std)[:, None])
    flips = [i["upper"] * slope.sum() - abs(v) for i, v in zip(a["inputs"], d) if i["upper"]]
    ok(len(flips) == 3 and all(-1e-2 < f for f in flips) and a["data"]["range"] == [0, 255] and
       a["model"]["preprocess"] == "(x * 0.5 - (10,20,30)) / (2,3,4)",
       f"distances are in grey levels of the file {flips}")

    # ---- Another size ----
    big = rng.integers(0, 256, size=(12, 10, 3)).astype(np.uint8)
    Image.fromarray(big).save(here("big.png"))
    blocks = np.floor(big.reshape(6, 2, 5, 2, 3).mean((1, 3)) + .5)
    same(scores(chw, here("big.png"), "--resize", "5x6,area", "--range", "0,255"), blocks.transpose(2, 0, 1).reshape(1, 90) @ c.T,
         "--resize by area: means of blocks")

    def along(a, n, axis):  # bilinear along one axis, by the formula
        at = np.clip((np.arange(n) + .5) * a.shape[axis] / n - .5, 0, a.shape[axis] - 1)
        low = np.minimum(at.astype(int), a.shape[axis] - 1)
        part = (at - low).reshape([-1 if k == axis else 1 for k in range(a.ndim)])
        return np.take(a, low, axis) * (1 - part) + np.take(a, np.minimum(low + 1, a.shape[axis] - 1), axis) * part
    for size in ((8, 10), (13, 7), (3, 4), (6, 5)):
        src = rng.integers(0, 256, size=(*size, 3)).astype(np.uint8)
        Image.fromarray(src).save(here("src.png"))
        want = np.floor(along(along(src.astype(float), 6, 0), 5, 1) + .5)
        same(scores(chw, here("src.png"), "--resize", "5x6", "--range", "0,255"), want.transpose(2, 0, 1).reshape(1, 90) @ c.T,
             f"--resize, bilinear from {size}", 1e-2 if size != (6, 5) else 1e-5)
    r = gull("predict", chw, here("big.png"))
    ok(r.returncode == 3 and "--resize" in r.stderr, f"another size is refused without --resize {r.stderr}")
    r = gull("predict", chw, here("p.npy"), "--resize", "5x6")
    ok(r.returncode == 2 and "PNG and JPEG" in r.stderr, "--resize of an array is refused")
else:
    skip("pictures", "no Python module PIL")

# ---- Whole numbers: exhaustive search over the grid ----
deep = save("deep.onnx", [("Gemm", ("x", "w", "b"), "h", {}), ("Relu", ("h",), "r", {}), ("Gemm", ("r", "v"), "y", {})],
            {"w": rng.normal(size=(3, 8)), "b": rng.normal(size=8), "v": rng.normal(size=(8, 3))}, (3,))
init = {i.name: numpy_helper.to_array(i).astype(np.float64) for i in onnx.load(deep).graph.initializer}
run = lambda v: np.maximum(v @ init["w"] + init["b"], 0) @ init["v"]
json.dump({"default": {"lo": -6, "hi": 6, "kind": "integer"}, "features": {"2": {"step": .5, "lo": -2, "hi": 2}}}, open(here("dom.json"), "w"))
start = np.column_stack([rng.integers(-6, 7, size=(12, 2)), rng.integers(-4, 5, size=12) / 2]).astype(float)
np.save(here("s.npy"), start)
cells = np.array(list(itertools.product(range(-6, 7), range(-6, 7), np.arange(-4, 5) / 2)))
winner = run(cells).argmax(1)
for norm, measure in (("linf", lambda d: np.abs(d).max(1)), ("l2", lambda d: np.sqrt((d ** 2).sum(1))),
                      ("l1", lambda d: np.abs(d).sum(1)), ("l0", lambda d: (d != 0).sum(1))):
    a = answer("audit", deep, here("s.npy"), "--domain", here("dom.json"), "--norm", norm, "--witnesses", here("w.npy"))
    found = np.load(here("w.npy")) if a["inputs"] else np.full((12, 3), np.nan)
    wrong = []
    close = 0
    for i, x0, wit in zip(a["inputs"], start, found):
        d = measure(cells - x0)[winner != run(x0[None]).argmax()]
        least = d.min() if len(d) else np.inf
        upper = i["upper"] if i["upper"] is not None else np.inf
        lower = i["lower"] if i["lower"] is not None else np.inf if i.get("unfoolable") else 0
        on_grid = not np.isfinite(upper) or (np.abs(wit[:2] - np.round(wit[:2])).max() == 0 and wit[2] * 2 == np.round(wit[2] * 2))
        if not (lower <= least * (1 + 1e-9) and upper >= least * (1 - 1e-9) and on_grid):
            wrong.append((lower, least, upper, wit))
        close += upper == least or abs(upper - least) < 1e-9
    ok(len(a["inputs"]) == 12 and not wrong, f"{norm}: bounds hold over the grid, witnesses lie on it {wrong or a.get('error', '')}")
    ok(close >= 8, f"{norm}: {close} of 12 witnesses are the nearest of the grid")
np.save(here("off.npy"), start + .25)
r = gull("attack", deep, here("off.npy"), "--domain", here("dom.json"))
ok(r.returncode == 3 and "between two of its allowed values" in r.stderr, f"a row off the grid is refused {r.stderr}")

# ---- Quantised pixels survive as a PNG ----
if Image:
    for levels, shown in (("0,1", "--range 0,1"), ("-1,1", "--range -1,1"), (None, "0..255")):
        how = ["--quantize", "8", "--eps", "8", *(["--range", levels] if levels else ["--scale", "1/255"])]
        net = save("q.onnx", [("Reshape", ("x", "n_s"), "f", {}), ("Gemm", ("f", "v"), "h", {}), ("Tanh", ("h",), "t", {}), ("Gemm", ("t", "u"), "y", {})],
                   {"v": rng.normal(size=(90, 8)), "u": rng.normal(size=(8, 4)), "n_s": [1, 90]}, (3, 6, 5))
        folder = here("out" + str(levels))
        a = answer("attack", net, here("pics"), *how, "--witness-images", folder, "--witnesses", here("w.npy"))
        files = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        ok(len(files) == 3 and all(i["upper"] for i in a["inputs"]), f"{shown}: a PNG for every row {files} {a.get('error', '')}")
        os.makedirs(here("again"), exist_ok=True)
        good = len(files) == 3
        wide = [float(v) for v in levels.split(",")] if levels else [0, 255]
        for f, i in zip(files, a["inputs"]):
            label = int(f.split("-")[2].split(".")[0])
            got = gull("predict", net, os.path.join(folder, f), *how[4:])
            png = np.asarray(Image.open(os.path.join(folder, f))).astype(int)
            steps = np.abs(png - pixels[i["row"]].astype(int)).max()
            good &= got.returncode == 0 and int(got.stdout.splitlines()[1].split(",")[0]) == label != i["label"]
            good &= abs(steps * (wide[1] - wide[0]) / 255 - i["upper"]) < 1e-6 * (wide[1] - wide[0])
        ok(good, f"{shown}: read back, the PNG files fool at the claimed distance")
    r = gull("attack", net, here("pics"), "--scale", "1/255", "--witness-images", here("real"))
    ok(r.returncode == 0 and "3 saved" in r.stdout and "fool" in r.stdout, "without --quantize what survives is counted")
    r = gull("attack", deep, here("s.npy"), "--witness-images", here("no"))
    ok(r.returncode == 4 and "no grey or colour pictures" in r.stderr, "--witness-images of a table is refused")
r = gull("attack", deep, here("s.npy"), "--quantize", "8")
ok(r.returncode == 2 and "no pictures" in r.stderr, "--quantize of a table is refused")

# ---- An autoencoder has numbers to keep in range, too ----
if DATA and os.path.exists(f"{DATA}/models/mlperf-tiny/toycar_autoencoder.onnx"):
    toy = f"{DATA}/models/mlperf-tiny/toycar_autoencoder.onnx"
    np.save(here("t.npy"), np.float32(rng.normal(size=(3, 640))))
    got = scores(toy, here("t.npy"), "--head", "range:-1,1,index=7")
    if onnxruntime:
        s = onnxruntime.InferenceSession(toy)
        y = np.array([s.run(None, {"input": r[None]})[0][0, 7] for r in np.load(here("t.npy"))])
        same(got, np.stack([y * 0, -1 - y, y - 1], 1), "toycar_autoencoder, range of output 7", 1e-4)
    a = answer("audit", toy, here("t.npy"), "--head", "range:-30,30,index=7", "--eps", "1", "--method", "fgsm", "--method", "ibp")
    ok(len(a["inputs"]) == 3, "toycar_autoencoder: audited")

# ---- The face detector ----
face = f"{DATA}/models/ultralight-face" if DATA else ""
if Image and os.path.isdir(face):
    photos = here("photos")
    os.makedirs(photos, exist_ok=True)
    for name in ("astronaut.png", "china.jpg", "coffee.png"):
        os.symlink(f"{DATA}/models/photos/{name}", f"{photos}/{name}")
    how = ["--output", "scores", "--head", "detect:class=1,threshold=0.7", "--mean", "127", "--std", "128", "--resize", "320x240"]
    net = f"{face}/version-RFB-320_simplified.onnx"
    folder = here("faces")
    a = answer("attack", net, photos, *how, "--eps", "4", "--quantize", "8", "--method", "fmn:steps=60", "--witness-images", folder, "-o", here("faces.html"))
    ok([i["label"] for i in a["inputs"]] == [1, 0, 0], "a face in astronaut, none in china and coffee")
    ok(len(a["inputs"]) == 3 and all(i["upper"] is not None and i["upper"] <= 4 for i in a["inputs"]),
       f"hidden and seen within 4 grey levels: {[i['upper'] for i in a['inputs']]} {a.get('error', '')}")
    ok(os.path.getsize(here("faces.html")) < 4 << 20, f"the page of three photographs is {os.path.getsize(here('faces.html')) >> 10} KB")
    same(scores(f"{face}/version-RFB-320.onnx", photos, *how), scores(net, photos, *how), "both files of the detector agree", 1e-3)
    if onnxruntime and os.path.isdir(folder):
        s = onnxruntime.InferenceSession(net)
        top = []
        for f in sorted(os.listdir(folder)):
            p = (np.asarray(Image.open(os.path.join(folder, f)).convert("RGB"), np.float32) - 127) / 128
            top.append(float(s.run(["scores"], {"input": p.transpose(2, 0, 1)[None]})[0][0, :, 1].max()))
        ok(len(top) == 3 and top[0] <= .7 < min(top[1:]), f"ONNX Runtime, from the PNG files: greatest face scores {top}")
    else:
        skip("ONNX Runtime on the PNG files", "no Python module onnxruntime")
else:
    skip("face detector", "no ultralight-face model here")
done()
