#!/usr/bin/env python3
"""Randomised networks: the moments of each kind of noise; fooling probabilities in closed form
(a linear model with normal noise) and by all masks (dropout); one draw overstates, expectation
over transformation does not; the same answers alone, together and with any threads."""
import itertools
import json
import math

from onnx_peer import *
import tap

DIM = 6
f32 = lambda v: np.asarray(v, dtype=np.float32)
normal = lambda z: 0.5 * math.erfc(-z / math.sqrt(2))


def ask(model, x, *options, y=None, verb="attack"):
    """The inputs of the result, and the witnesses."""
    data, out, witness = (os.path.join(tmp.name, n) for n in ("x.npy", "r.json", "w.npy"))
    np.save(data, x)
    if y is not None:
        np.save(os.path.join(tmp.name, "y.npy"), y)
        data += "," + os.path.join(tmp.name, "y.npy")
    run = tap.gull(verb, model, data, "-q", "--json", out, "--witnesses", witness, *options)
    if run.returncode not in (0, 5):
        return None, run.stderr
    return json.load(open(out)), np.load(witness)


def scores(model, x):
    data, out = (os.path.join(tmp.name, n) for n in ("p.npy", "s.npy"))
    np.save(data, x)
    run = tap.gull("predict", model, data, "-o", out)
    return np.load(out) if run.returncode == 0 else run.stderr


# ---- The noise itself ----

def moments(name, nodes, constants, mean, deviation, x, opset=15):
    """gull's outputs for many rows, minus `mean`, have mean 0 and the deviation: to 5 sigma."""
    path = save(graph(nodes, (x.shape[1],), constants, opset))
    z = scores(path, x)
    if isinstance(z, str):
        return ok(False, f"{name}: {z.strip()}")
    d, n = z - mean, z.size
    spread = np.mean(d * d) - deviation ** 2
    fourth = 3 * deviation ** 4
    ok(abs(d.mean()) < 5 * deviation / n ** .5 and abs(spread) < 5 * (fourth / n) ** .5,
       f"{name}: mean off by {d.mean():.1e}, variance by {spread:.1e}, {n} numbers")
    same = len(d) - len({row.tobytes() for row in d})
    ok(same == 0 or set(np.unique(z)) == {0, 1},
       f"{name}: every row has noise of its own")
    return z


def noises():
    x = rng.uniform(.2, .8, (3000, DIM))
    add = node("Add", "x", "n")
    moments("RandomNormalLike", [node("RandomNormalLike", "x", out="n", mean=.5, scale=2.), add],
            {}, x + .5, 2, x)
    moments("RandomNormal", [node("RandomNormal", out="n", shape=[1, DIM], scale=.5), add],
            {}, x, .5, x)
    z = moments("RandomUniformLike", [node("RandomUniformLike", "x", out="n", low=-1., high=3.),
                                      add], {}, x + 1, 4 / 12 ** .5, x)
    ok(np.all(z - x >= -1 - 1e-6) and np.all(z - x < 3 + 1e-6), "RandomUniformLike: its ends")
    moments("RandomUniform", [node("RandomUniform", out="n", shape=[1, DIM]), add], {}, x + .5,
            1 / 12 ** .5, x)
    half = np.full_like(x, .5) + rng.normal(0, 1e-6, x.shape)
    z = moments("Bernoulli", [node("Bernoulli", "x", out="n"),
                              node("Mul", "n", "one")], {"one": f32(1)}, .5, .5, half)
    ok(set(np.unique(z)) == {0, 1}, "Bernoulli: 0 and 1")
    z = scores(save(graph([node("Dropout", "x", "ratio", "training", out="n"),
                           node("Mul", "n", "one")], (DIM,),
                          {"ratio": f32(.25), "training": np.array(True), "one": f32(1)}, 15)), x)
    kept = z != 0
    ok(abs(kept.mean() - .75) < 5 * (.1875 / z.size) ** .5 and
       np.allclose(z[kept], x[kept] / .75, rtol=1e-6),
       f"Dropout in training: {kept.mean():.4f} kept, scaled")


# ---- Linear models: the probability that x fools is known ----

def linear_noise(sigma):
    """Scores (0, a.(x + sigma n) + b): the share of draws that say 1 at x is
    Phi((a.x + b) / (sigma |a|))."""
    a = rng.normal(0, 1, DIM).astype(np.float32)
    constants = {"w": f32(np.stack([0 * a, a], 1)), "b": f32([0, -.1]), "s": f32(sigma)}
    model = graph([node("RandomNormalLike", "x", out="n"), node("Mul", "n", "s", out="e"),
                   node("Add", "x", "e", out="z"), node("Gemm", "z", "w", "b")], (DIM,),
                  constants)
    length = float(np.linalg.norm(a.astype(float)))
    return save(model, f"linear{sigma}"), a.astype(float), length


def linear_rows(a, length, rows=40):
    """Rows of class 0, at distances .5 to 3 from the boundary of the mean."""
    x = rng.normal(0, 1, (rows, DIM))
    far_off = np.linspace(.5, 3, rows)
    x -= ((x @ a - .1) / length + far_off)[:, None] * a / length
    return x.astype(np.float32), far_off


def check_linear():
    sigma = .3
    path, a, length = linear_noise(sigma)
    x, distance = linear_rows(a, length)
    y = np.zeros(len(x))
    probability = lambda w: np.array([normal((v @ a - .1) / (sigma * length)) for v in w])
    for method in ("fmn", "ddn", "deepfool", "pgd"):
        result, w = ask(path, x, "--norm", "l2", "--method", method, y=y)
        upper = np.array([i["upper"] or np.inf for i in result["inputs"]])
        p = probability(w)
        # p = .995 lies 2.576 sigma beyond the boundary, p = .5 on it
        good = np.isfinite(upper) & (upper <= 1.1 * (distance + 2.576 * sigma))
        ok(np.nanmin(p) > .75 and .85 < np.nanmedian(p) <= 1 and good.mean() >= .9,
           f"{method}: witnesses fool in {np.nanmin(p):.3f} to {np.nanmax(p):.3f} of all draws, "
           f"median {np.nanmedian(p):.3f}; {good.sum()} of {len(x)} no farther than "
           "p = .995 needs")
        ok(np.all(upper > distance - 1e-6), f"{method}: none nearer than p = .5 allows")
    result, w = ask(path, x, "--norm", "l2", "--method", "fmn", "--draws", "11/20", y=y)
    p = probability(w)
    ok(.3 < np.nanmin(p) and .5 < np.nanmedian(p) < .9,
       f"--draws 11/20: p {np.nanmin(p):.3f} to {np.nanmax(p):.3f}, median {np.nanmedian(p):.3f}")
    result, w = ask(path, x, "--norm", "l2", "--method", "fmn", "--eot", "1", "--draws", "1/1",
                    y=y)
    p = probability(w)
    ok((p < .5).sum() >= len(x) // 3,
       f"one draw overstates: {(p < .5).sum()} of {len(x)} witnesses fool in under half of all")
    result, w = ask(path, x, "--method", "fmn", "--eot", "5", y=y)
    ok(result["question"]["draws"] == {"eot": 5, "needed": 18, "of": 20} and
       result["model"]["randomised"] is True, "the result says what was asked of the draws")
    ok(all(i["queries"] % 5 == 0 for i in result["inputs"]), "every draw is a query")


def check_dropout():
    """All 64 masks of a dropout in front of a linear model."""
    a = rng.normal(0, 1, DIM).astype(np.float32)
    constants = {"w": f32(np.stack([0 * a, a], 1)), "b": f32([0, -1]), "r": f32(.2),
                 "t": np.array(True)}
    path = save(graph([node("Dropout", "x", "r", "t", out="z"),
                       node("Gemm", "z", "w", "b")], (DIM,), constants), "dropout")
    masks = np.array(list(itertools.product((0, 1), repeat=DIM)))
    weight = .8 ** masks.sum(1) * .2 ** (DIM - masks.sum(1))

    def probability(v):
        return float(weight[(masks / .8 * a.astype(float)) @ v - 1 > 0].sum())
    x = np.zeros((12, DIM), dtype=np.float32) + rng.normal(0, .05, (12, DIM)).astype(np.float32)
    x -= (np.maximum(x @ a - .5, 0) / (a @ a))[:, None] * a
    result, w = ask(path, x, "--norm", "l2", "--method", "fmn", y=np.zeros(12))
    p = [probability(v) for v in w if np.isfinite(v).all()]
    ok(len(p) >= 9 and min(p) > .75,
       f"dropout: {len(p)} witnesses fool in {min(p):.3f} to {max(p):.3f} of the masks")


# ---- Reproducible; no proofs ----

def strip(result):
    """What may not depend on threads: everything but times."""
    for i in result["inputs"]:
        i.pop("seconds")
        for m in i["methods"]:
            m.pop("seconds")
    return result["inputs"]


def check_same():
    path, a, length = linear_noise(.3)
    x, _ = linear_rows(a, length, 20)
    options = ("--norm", "l2", "--method", "fmn:steps=20", "--method", "random")
    y = np.zeros(len(x))
    first = strip(ask(path, x, *options, "--threads", "1", y=y)[0])
    ok(first == strip(ask(path, x, *options, "--threads", "2", y=y)[0]),
       "one and two threads give the same answers")
    alone = strip(ask(path, x, *options, "--rows", "7:8", y=y)[0])
    ok(alone == first[7:8], "a row alone gives the same answer")
    ok(first != strip(ask(path, x, *options, "--seed", "2", y=y)[0]), "another seed, others")
    _, error = ask(path, x, "--method", "crown", y=y, verb="prove")
    ok(isinstance(error, str) and "randomised" in error, "a proof is refused: " + str(error).strip())
    result, _ = ask(path, x[:4], "--norm", "l2", y=y[:4], verb="audit")
    ok({i["status"] for i in result["inputs"]} <= {"attacked", "undecided", "misread"},
       "an audit proves nothing")
    check = [c for c in result["checks"] if "fresh draws" in c["name"]]
    ok(len(check) == 1 and check[0]["result"] == "pass", f"its check: {check}")
    for bad in ("0/20", "21/20", "5", "a/b", "/"):
        ok(tap.gull("attack", path, "x.npy", "--draws", bad).returncode == 2,
           f"--draws {bad} is refused")


noises()
check_linear()
check_dropout()
check_same()
done()
