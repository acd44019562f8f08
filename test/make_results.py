"""Results as `gull audit --json` writes them, made up but consistent: for the tests of
the page.  make_results.py FOLDER writes one file for each; results() returns them."""
import base64
import json
import random
import struct
import sys

HOSTILE = ["<script>alert(1)</script>", "\"quoted\" & 'ticked'", "emoji \U0001f600 café",
           "</title><img src=x onerror=alert(2)>", "right\u202eto\u202cleft", "\x07bell",
           "{{x}} ${y} %s %n", "-->", "]]>", "a" * 300]


def floats(values):
    return base64.b64encode(struct.pack("<%df" % len(values), *values)).decode()


def f32(values):
    return list(struct.unpack("<%df" % len(values), struct.pack("<%df" % len(values), *values)))


def make_inputs(rng, rows, classes, middle, clean, gap, attack, proof):
    """gap: how far the proved end is below the found one; 1: exact, None: no proof."""
    inputs = []
    for row in range(rows):
        label = rng.randrange(classes)
        misread = rng.random() > clean
        upper = 0.0 if misread else middle * rng.lognormvariate(0, 0.5)
        lower = 0.0 if misread else None if gap is None else upper / gap
        status = "misread" if misread else "attacked" if gap is None else \
            "exact" if gap == 1 else "bracketed"
        methods = [] if misread else [
            {"spec": "random", "upper": upper * rng.uniform(2, 8), "lower": None,
             "queries": 100, "seconds": 0.001},
            {"spec": "fgsm", "upper": upper * rng.uniform(1, 1.6), "lower": None,
             "queries": 20, "seconds": 0.001},
            {"spec": attack, "upper": upper, "lower": None, "queries": 400, "seconds": 0.01}]
        inputs.append({
            "row": row, "label": label,
            "predicted": (label + 1) % classes if misread else label, "status": status,
            "lower": lower, "upper": upper, "attack": None if misread else attack,
            "proof": None if misread or gap is None else proof,
            "queries": 1 if misread else 520, "seconds": rng.uniform(0.0001, 0.02),
            "noise": None if misread else methods[0]["upper"], "methods": methods})
    return inputs


def shares(inputs, eps):
    n = max(len(inputs), 1)
    fooled = sum(i["upper"] is not None and i["upper"] <= eps for i in inputs) / n
    proved = sum(i["status"] != "misread" and i["lower"] is not None and i["lower"] >= eps
                 and (i["upper"] is None or i["upper"] > eps) for i in inputs) / n
    noise = sum(i["status"] == "misread" or (i["noise"] or 9e9) <= eps for i in inputs) / n
    return {"eps": eps, "fooled": fooled, "proved": proved, "noise": noise}


def median(values):
    values = sorted(values)
    return values[int(0.5 * (len(values) - 1) + 0.5)] if values else None


def summarise(inputs, eps, attack, proof):
    right = [i for i in inputs if i["status"] != "misread"]
    count = lambda s: sum(i["status"] == s for i in inputs)
    found = sorted(i["upper"] for i in right if i["upper"])
    far = max(eps + [1.1 * found[int(0.97 * (len(found) - 1))]] if found else eps)
    at = shares(inputs, eps[-1])
    closest = min((i for i in right if i["upper"]), key=lambda i: i["upper"], default=None)
    return {
        "rows": len(inputs), "clean": len(right) / max(len(inputs), 1), "eps": eps[-1],
        "fooled": at["fooled"], "proved": at["proved"],
        "undecided": 1 - at["fooled"] - at["proved"], "misread": count("misread"),
        "exact": count("exact"), "bracketed": count("bracketed"),
        "attacked": count("attacked"), "proved_only": count("proved"),
        "undecided_rows": count("undecided"),
        "median_upper": median([i["upper"] or 9e9 for i in right]),
        "median_lower": None if any(i["lower"] is None for i in inputs)
        else median([i["lower"] for i in right]),
        "seconds": 12.3, "cpu_seconds": 23.9, "queries": sum(i["queries"] for i in inputs),
        "curve": [shares(inputs, far * k / 120) for k in range(121)] if inputs else [],
        "table": [shares(inputs, e) for e in eps] if inputs else [],
        "closest": closest and {"row": closest["row"], "distance": closest["upper"],
                                "from": closest["label"], "to": 0},
        "methods": [
            {"spec": "random", "kind": "attack", "wins": 0, "successes": len(right),
             "queries": 100 * len(right), "seconds": 0.2},
            {"spec": "fgsm", "kind": "attack", "wins": 3, "successes": len(right),
             "queries": 20 * len(right), "seconds": 0.1},
            {"spec": attack, "kind": "attack", "wins": len(right), "successes": len(right),
             "queries": 400 * len(right), "seconds": 1.2},
            {"spec": proof, "kind": "proof", "wins": len(right), "successes": len(right),
             "queries": 0, "seconds": 9}]}


def picture(rng, channels, side):
    x0, x1 = rng.uniform(0.2, 0.5) * side, rng.uniform(0.6, 0.9) * side
    return f32([min(1, max(0, (0.9 - 0.2 * c if x0 < x < x1 and side / 5 < y < 0.8 * side
                               else 0.05) + rng.gauss(0, 0.03)))
                for c in range(channels) for y in range(side) for x in range(side)])


def make_cases(rng, inputs, classes, start, move, attack, most=24):
    cases = []
    for i in sorted((i for i in inputs if i["status"] != "misread" and i["upper"]),
                    key=lambda i: i["upper"])[:most]:
        x = start(rng)
        w = f32(move(rng, x, i["upper"]))
        d = [abs(a - b) for a, b in zip(x, w)]
        cases.append({
            "row": i["row"], "label": i["label"], "predicted": i["label"],
            "becomes": (i["label"] + 3) % classes, "confidence": rng.uniform(0.5, 1),
            "confidence_after": rng.uniform(0.34, 0.52), "distance": i["upper"],
            "norms": {"l0": sum(v > 0 for v in d), "l1": sum(d),
                      "l2": sum(v * v for v in d) ** 0.5, "linf": max(d)},
            "attack": attack, "original": floats(x), "witness": floats(w)})
    return cases


def result(rng, path, family, norm, eps, inputs, features, classes, attack, proof, **more):
    shape = more.get("shape", [])
    return {
        "gull": {"version": "0.1.0", "schema": 1, "seed": 1,
                 "command": "gull audit %s data --norm %s -o 'a b.html'" % (path, norm)},
        "model": {"path": "models/" + path, "family": family, "format": "onnx",
                  "sha256": "%064x" % rng.getrandbits(256), "classes": classes,
                  "features": features, "shape": shape, "scores": "logits",
                  "detail": more.get("detail", ""), "class_names": more.get("class_names"),
                  "feature_names": more.get("feature_names")},
        "data": {"path": "data/t10k", "format": "idx", "sha256": "%064x" % rng.getrandbits(256),
                 "rows": len(inputs), "first_row": 0, "labels": more.get("labels", "data"),
                 "range": [0.0, 1.0] if shape else None, "note": more.get("note")},
        "question": {"verb": "audit", "norm": norm, "eps": eps,
                     "access": more.get("access", "structure"), "goal": "miss",
                     "domain": "every feature within [0, 1]; no domain file was given"
                     if shape else "any real number; no domain file was given",
                     "weights": False, "budget": more.get("budget"), "timeout": None,
                     "methods": ["random", "fgsm", attack, proof]},
        "summary": summarise(inputs, eps, attack, proof),
        "checks": [{"name": "no witness lies below a proved bound", "result": "pass",
                    "detail": "every witness was confirmed by a second evaluator"},
                   {"name": "random noise does worse than the attack", "result": "pass",
                    "detail": "median 0.31 against 0.02"},
                   {"name": "more budget never does worse", "result": "pass", "detail": ""},
                   {"name": "unbounded attack reaches 100 %", "result": "pass", "detail": ""},
                   {"name": "gradient against finite differences", "result":
                    "not run" if family == "trees" else "pass", "detail": ""}],
        "cases": more.get("cases", []),
        "untested": ["changes measured in other norms than the one asked",
                     "rotation, translation, blur and other changes that are not small in "
                     "this norm", "inputs other than the rows of this data set"],
        "inputs": inputs}


CLOTHES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Ankle boot"]


def image(rng, name, family, middle, clean, gap, attack, proof, channels=1, side=28, rows=200,
          **more):
    inputs = make_inputs(rng, rows, 10, middle, clean, gap, attack, proof)
    move = lambda r, x, d: [min(1, max(0, v + r.choice((-d, d)))) for v in x]
    cases = make_cases(rng, inputs, 10, lambda r: picture(r, channels, side), move, attack,
                       more.pop("most", 24))
    eps = [1 / 255, 2 / 255, 4 / 255, 8 / 255]
    return result(rng, name, family, "linf", eps, inputs, channels * side * side, 10, attack,
                  proof, shape=[channels, side, side], class_names=CLOTHES, cases=cases, **more)


def table(rng, name, **more):
    names = ["amount", "hour", "distance_km"] + HOSTILE + ["v%d" % k for k in range(17)]
    inputs = make_inputs(rng, 1000, 2, 0.06, 0.963, 1, "trees", "trees")
    inputs[5].update(status="proved", upper=None, attack=None, lower=0.5)
    inputs[6].update(status="undecided", upper=None, attack=None, lower=None, proof=None)

    def move(r, x, d):
        return [v + (d * r.uniform(-1, 1) if r.random() < 0.3 else 0) for v in x]
    cases = make_cases(rng, [i for i in inputs if i["upper"]], 2,
                       lambda r: f32([r.gauss(0, 100) for _ in names]), move, "trees", 8)
    return result(rng, name, "trees", "l1", [0.01, 0.05, 0.1], inputs, len(names), 2, "trees",
                  "trees", feature_names=names, class_names=["accept", HOSTILE[0]], cases=cases,
                  detail="300 trees, depth 6 · XGBoost 2.1", note=HOSTILE[3], **more)


def results():
    rng = random.Random(7)
    out = {
        "softmax": image(rng, "fashion-softmax.onnx", "linear", 0.011, 0.84, 1,
                         "linear", "linear"),
        "trees": image(rng, "fashion-trees.json", "trees", 0.021, 0.87, 1, "trees", "trees"),
        "network": image(rng, "fashion-conv.onnx", "network", 0.017, 0.91, 2.4,
                         "fmn:steps=100,restarts=2", "crown"),
        "colour": image(rng, "colour <b>net</b>.onnx", "network", 0.006, 0.93, None,
                        "square:queries=5000", "none", channels=3, side=32, rows=60,
                        access="scores", budget=5000, most=6),
        "fraud": table(rng, "fraud \"30\" <script>alert(3)</script>.json"),
    }
    one = image(rng, "one.onnx", "linear", 0.02, 1, 1, "linear", "linear", rows=1)
    empty = image(rng, "empty.onnx", "linear", 0.02, 1, 1, "linear", "linear", rows=0)
    empty["summary"].update(eps=None, fooled=0, proved=0, undecided=0, clean=0, closest=None)
    unlabelled = image(rng, "unlabelled.onnx", "network", 0.02, 1, 3, "pgd", "ibp", rows=12,
                       labels="model", most=2)
    out.update(one=one, empty=empty, unlabelled=unlabelled)
    return out


if __name__ == "__main__":
    for key, value in results().items():
        with open("%s/%s.json" % (sys.argv[1], key), "w") as f:
            json.dump(value, f, indent=1)
