#!/usr/bin/env python3
"""Boosted trees on Fashion-MNIST, saved as XGBoost's own JSON.

Needs the Python package xgboost and Debian's dataset-fashion-mnist."""
import json
import os

import numpy as np
import xgboost

import fashion

ROUNDS, DEPTH = 20, 5
SETTINGS = {"objective": "multi:softprob", "num_class": 10, "max_depth": DEPTH, "eta": 0.3,
            "tree_method": "hist", "max_bin": 64, "min_child_weight": 20, "seed": 0,
            "nthread": 2}
# Only used when training goes on, not by predictions: rounded to keep the file small.
STATISTICS = ("base_weights", "loss_changes", "sum_hessian")


def centre_thresholds(tree):
    """Moves thresholds from a grey level to the middle between it and the next lower one.

    No picture is judged differently, but else pixels lie on thresholds and the least
    change that fools would be one rounding."""
    tree["split_conditions"] = [
        v if left < 0 else float(np.float32(v - 0.5 / 255))
        for v, left in zip(tree["split_conditions"], tree["left_children"])]


def tidy(path):
    """Centres thresholds; writes the JSON without blanks and with short statistics."""
    with open(path) as f:
        model = json.load(f)
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        centre_thresholds(tree)
        for key in STATISTICS:
            tree[key] = [float(f"{v:.2g}") for v in tree[key]]
    with open(path, "w") as f:
        json.dump(model, f, separators=(",", ":"))


def main():
    path = os.path.join(fashion.MODELS, "trees.json")
    x, y = fashion.load("train")
    booster = xgboost.train(SETTINGS, xgboost.DMatrix(x, y), ROUNDS)
    x, y = fashion.load("t10k")
    test = xgboost.DMatrix(x)
    before = booster.predict(test, output_margin=True)
    booster.save_model(path)
    tidy(path)
    after = xgboost.Booster(model_file=path).predict(test, output_margin=True)
    assert (before == after).all(), "the tidied file must predict the same, bit for bit"
    print(f"trees: test accuracy {(after.argmax(1) == y).mean():.4f}, "
          f"{os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
