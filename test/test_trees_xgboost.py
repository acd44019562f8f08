#!/usr/bin/env python3
"""gull's trees against XGBoost itself: margins of freshly trained models bit for bit, also
with missing values; witnesses that XGBoost says flip; models that gull must refuse."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import xgboost
except ImportError:
    peers = os.environ.get("GULL_PEERS")
    if peers and peers != sys.executable:
        os.execv(peers, [peers] + sys.argv)
    print("1..1\nok 1 - XGBoost # SKIP no python with xgboost; set GULL_PEERS")
    sys.exit(0)

GULL = os.path.join(os.environ["GULL_BUILD"], "cli", "gull")
DATA = os.environ.get("GULL_TEST_DATA")
count = failed = 0


def ok(good, name):
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}", flush=True)


def gull(*args):
    return subprocess.run([GULL, *args], capture_output=True, text=True, timeout=600)


def labels(margin):
    return (margin > 0).astype(int) if margin.ndim == 1 else margin.argmax(axis=1)


def margins(booster, x):
    return booster.predict(xgboost.DMatrix(x), output_margin=True)


def check_scores(name, booster, model, x, folder):
    np.save(f"{folder}/x.npy", x)
    run = gull("predict", model, f"{folder}/x.npy", "-o", f"{folder}/s.npy")
    if run.returncode:
        return ok(False, f"{name}: {run.stderr.strip()}")
    scores, want = np.load(f"{folder}/s.npy"), margins(booster, x).astype(np.float64)
    if want.ndim == 1:
        want = np.stack([np.zeros(len(want)), want], axis=1)
    differ = int((scores != want).sum())
    ok(scores.shape == want.shape and not differ,
       f"{name}: {scores.size} scores as XGBoost's, bit for bit ({differ} differ)")


def check_witnesses(name, booster, model, x, folder):
    label = labels(margins(booster, x))
    np.save(f"{folder}/x.npy", x)
    np.save(f"{folder}/y.npy", label.astype(np.int32))
    run = gull("audit", model, f"{folder}/x.npy,{folder}/y.npy", "--norm", "linf", "--method",
               "trees", "--witnesses", f"{folder}/w.npy", "--json", f"{folder}/r.json")
    if run.returncode:
        return ok(False, f"{name}: {run.stderr.strip()}")
    w, rows = np.load(f"{folder}/w.npy"), json.load(open(f"{folder}/r.json"))["inputs"]
    far = np.abs(w - x)
    far[np.isnan(x)] = 0
    distance, becomes = far.max(axis=1), labels(margins(booster, w.astype(np.float32)))
    fooled = [i for i, r in enumerate(rows) if r["upper"] is not None]
    exact = sum(r["status"] in ("exact", "proved") for r in rows)
    flips = sum(becomes[i] != label[i] for i in fooled)
    equal = sum(abs(distance[i] - rows[i]["upper"]) <= 1e-12 * distance[i] for i in fooled)
    nearer = 0  # steps back towards x on every moved feature: proved not to flip
    for back in 1e-5, 1e-3, 0.1:
        step = (x + (w - x) * (1 - back)).astype(np.float32)
        way = np.abs(step.astype(np.float64) - x)
        way[np.isnan(x)] = 0
        nearer += int(((way.max(axis=1) < distance) & (labels(margins(booster, step)) != label)
                       )[fooled].sum())
    ok(exact == len(rows) and flips == equal == len(fooled) > 0 and not nearer,
       f"{name}: {flips} of {len(fooled)} witnesses flip in XGBoost, {equal} at the stated "
       f"distance; {exact} of {len(rows)} rows decided; {nearer} nearer ones flip")


def trained(rng):
    x = rng.standard_normal((300, 6)).astype(np.float32)
    holes = x.copy()
    holes[rng.random(x.shape) < 0.2] = np.nan
    two = (x[:, 0] + x[:, 1] * x[:, 2] > 0.3).astype(int)
    four = (2 * (x[:, 0] > 0) + (x[:, 1] + x[:, 3] > 0)).astype(int)
    for objective in "binary:logistic", "binary:logitraw", "binary:hinge":
        yield objective, {"objective": objective}, x, two
        yield objective + ", base 0.3", {"objective": objective, "base_score": 0.3}, x, two
    for objective in "multi:softprob", "multi:softmax":
        many = {"objective": objective, "num_class": 4}
        yield objective, many, x, four
        yield objective + ", missing values", many, holes, four
    yield "missing values", {"objective": "binary:logistic"}, holes, two
    yield "random forest", {"objective": "binary:logistic", "num_parallel_tree": 5,
                            "subsample": 0.5, "eta": 1}, x, two
    dart = {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.4}
    yield "dart", dart, x, two
    yield "dart, base 0.2", dart | {"base_score": 0.2}, x, two
    yield "dart, four classes", dart | {"objective": "multi:softprob", "num_class": 4}, x, four


def check_trained(folder):
    rng = np.random.default_rng(5)
    for name, params, x, y in trained(rng):
        booster = xgboost.train({"max_depth": 3, "seed": 1, "nthread": 1} | params,
                                xgboost.DMatrix(x, y), 12)
        model = f"{folder}/model.json"
        booster.save_model(model)
        check_scores(name, booster, model, x, folder)
        check_witnesses(name, booster, model, x[:25], folder)


def check_real(folder):
    for name in "bc_small", "digits_10c", "fashion_sandal_vs_boot":
        model = f"{DATA}/trees/{name}/model.json"
        x = np.load(f"{DATA}/trees/{name}/rows_x.npy")
        booster = xgboost.Booster(model_file=model)
        check_scores(name, booster, model, x, folder)
        check_witnesses(name, booster, model, x, folder)


def refused(name, booster, word, folder, suffix="json"):
    model = f"{folder}/no.{suffix}"
    booster.save_model(model)
    run = gull("info", model)
    ok(run.returncode == 4 and word in run.stderr and f"no.{suffix}" in run.stderr,
       f"refused: {name}: {run.stderr.strip()[:160]}")


def check_refusals(folder):
    rng = np.random.default_rng(6)
    x = rng.standard_normal((80, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    train = lambda params, x=x, y=y, **kw: xgboost.train(params, xgboost.DMatrix(x, y, **kw), 3)
    logistic = {"objective": "binary:logistic"}
    refused("gblinear", train(logistic | {"booster": "gblinear"}), "gblinear", folder)
    refused("regression", train({"objective": "reg:squarederror"}), "reg:squarederror", folder)
    both = np.stack([y, 1 - y], axis=1)
    refused("two targets", train(logistic, y=both), "target", folder)
    refused("vector leaves", train(logistic | {"multi_strategy": "multi_output_tree",
                                               "tree_method": "hist"}, y=both), "", folder)
    kinds = x.copy()
    kinds[:, 0] = rng.integers(0, 6, len(x))
    odd = (kinds[:, 0] % 2).astype(int)
    refused("categories", train(logistic | {"tree_method": "hist"}, kinds, odd,
                                feature_types=["c", "q", "q"], enable_categorical=True),
            "categor", folder)
    refused("UBJSON", train(logistic), "save_model", folder, "ubj")


with tempfile.TemporaryDirectory() as folder:
    check_trained(folder)
    check_refusals(folder)
    if DATA:
        check_real(folder)
print(f"1..{count}")
sys.exit(failed > 0)
