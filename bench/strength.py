#!/usr/bin/env python3
"""How strong gull is beside AutoAttack and foolbox, on the four networks of
bench/strength_networks.py; one thread each, the peers' answers kept in the folder.

    bench/strength.py --networks DIR [--gull build/cli/gull] [--images 500] [--minimal 100]
        [--norms linf,l2] [--minimal-norms l0,l1,l2,linf] [--methods best,standard]
        [--only plain,...] [--cached] [--json FILE] [--limit SECONDS]

First table: robust accuracy at a distance beside AutoAttack (pyautoattack, standard), the
images that AutoAttack fools and gull does not, one by one, and CPU seconds.  Second: medians of
the smallest distance beside the best of foolbox's attacks.  --cached leaves out what no peer has
answered yet instead of asking it."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import strength_networks
import strength_peers
import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def gull(arguments, network, norm, count, method, eps=None):
    """Per image the distance gull found (0: read wrong), CPU seconds and queries, and on how many
    images torch does not confirm the witness."""
    folder = arguments.networks
    with tempfile.TemporaryDirectory() as temporary:
        out, witnesses = (os.path.join(temporary, n) for n in ("r.json", "w.npy"))
        line = [arguments.gull, "attack", os.path.join(folder, network + ".onnx"),
                os.path.join(folder, "x.npy") + "," + os.path.join(folder, "y.npy"),
                "--rows", f"0:{count}", "--norm", norm, "--method", method,
                "--threads", "1", "-q", "--json", out, "--witnesses", witnesses]
        line += ["--eps", repr(eps)] if eps else []
        line += ["--timeout", str(arguments.limit)] if arguments.limit else []
        run = subprocess.run(line, capture_output=True, text=True)
        if run.returncode not in (0, 5):
            return {"refused": run.stderr.strip()}
        result = json.load(open(out))
        refuted = refutations(folder, network, norm, result, np.load(witnesses))
    distance = [np.inf if i["upper"] is None else i["upper"] for i in result["inputs"]]
    misread = [i["status"] == "misread" for i in result["inputs"]]
    return {"distance": np.where(misread, 0.0, distance),
            "refuted": refuted, "seconds": result["summary"]["cpu_seconds"],
            "queries": sum(i["queries"] for i in result["inputs"])}


def refutations(folder, network, norm, result, witnesses):
    """Images whose witness, as torch sees it, does not fool or lies farther than gull says."""
    x, y = strength_peers.images(folder, len(witnesses))
    z = torch.from_numpy(witnesses.reshape(x.shape).astype(np.float32))
    model = strength_networks.load(folder, network)
    far = strength_peers.distances(norm, x, z)
    with torch.no_grad():
        fools = (model(z).argmax(1) != y).numpy()
    return [i for i, one in enumerate(result["inputs"])
            if one["upper"] is not None and one["status"] != "misread"
            and not (fools[i] and far[i] <= one["upper"] * (1 + 1e-6))]


def strength(arguments, network, norm, method):
    """One row of the first table."""
    eps = strength_networks.EPS[network][norm]
    theirs = strength_peers.peer(arguments.networks, network, "autoattack", norm,
                                 arguments.images, eps, arguments.cached)
    if theirs is None:
        return None
    ours = gull(arguments, network, norm, arguments.images, method, eps)
    row = {"network": network, "norm": norm, "eps": eps, "method": method}
    if "refused" in ours:
        return {**row, **ours}
    # AutoAttack's own tolerance: its projections end a rounding error outside.
    fooled_theirs = theirs["distance"] <= eps * (1 + 1e-4)
    fooled = ours["distance"] <= eps
    missed = np.flatnonzero(fooled_theirs & ~fooled)
    return {**row, "clean": float(theirs["right"].mean()),
            "autoattack": float((~fooled_theirs).mean()), "gull": float((~fooled).mean()),
            "missed": [[int(i), float(theirs["distance"][i]), float(ours["distance"][i])]
                       for i in missed],
            "refuted": ours["refuted"], "gained": int((fooled & ~fooled_theirs).sum()),
            "seconds": ours["seconds"], "autoattack_seconds": theirs["seconds"],
            "queries": ours["queries"],
            "autoattack_queries": theirs["forwards"] + theirs["backwards"]}


def medians(arguments, network, norm, method):
    """One row of the second table: the peers' medians are over the images read right, an image
    that was not fooled counts as infinitely far."""
    peers = {}
    for name in strength_peers.MINIMAL[norm]:
        found = strength_peers.peer(arguments.networks, network, name, norm, arguments.minimal,
                                    cached=arguments.cached)
        if found is not None:
            peers[name] = found
    if not peers:
        return None
    right = next(iter(peers.values()))["right"]
    ours = gull(arguments, network, norm, arguments.minimal, method)
    row = {"network": network, "norm": norm, "method": method}
    if "refused" in ours:
        return {**row, **ours}
    each = {name: float(np.median(p["distance"][right])) for name, p in peers.items()}
    best = min(each, key=each.get)
    least = np.min([p["distance"][right] for p in peers.values()], axis=0)
    d = ours["distance"][right]
    return {**row, "median": float(np.median(d)), "peers": each, "best_peer": best,
            "best_median": each[best], "least_median": float(np.median(least)),
            "refuted": ours["refuted"], "failed": int(np.isinf(d).sum()),
            "worse": [[int(i), float(a), float(b)] for i, a, b in
                      zip(np.flatnonzero(right), least, d) if b > a * 1.01],
            "better": int((d < least * 0.99).sum()), "seconds": ours["seconds"],
            "peer_seconds": {name: p["seconds"] for name, p in peers.items()}}


def show_strength(row):
    head = f"{row['network']:12} {row['norm']:5} {row['eps']:<5} {row['method']:24}"
    if "refused" in row:
        return print(head, row["refused"], flush=True)
    print(f"{head} clean {row['clean']:.3f}  robust {row['gull']:.3f} against "
          f"{row['autoattack']:.3f}, missed {len(row['missed'])}, gained {row['gained']}, "
          f"refuted by torch {len(row['refuted'])}; CPU "
          f"{row['seconds']:.1f} s against {row['autoattack_seconds']:.1f} s, ratio "
          f"{row['seconds'] / row['autoattack_seconds']:.3f}; queries ratio "
          f"{row['queries'] / row['autoattack_queries']:.3f}", flush=True)
    for image, theirs, ours in row["missed"]:
        print(f"    missed image {image}: AutoAttack at {theirs:.6g}, gull's least {ours:.6g}",
              flush=True)


def show_medians(row):
    head = f"{row['network']:12} {row['norm']:5} {row['method']:24}"
    if "refused" in row:
        return print(head, row["refused"], flush=True)
    peers = ", ".join(f"{k} {v:.4g} ({row['peer_seconds'][k]:.0f} s)"
                      for k, v in row["peers"].items())
    print(f"{head} median {row['median']:.5g} against {row['best_median']:.5g} "
          f"({row['best_peer']}), ratio {row['median'] / row['best_median']:.4f}; least of all "
          f"peers {row['least_median']:.5g}, ratio {row['median'] / row['least_median']:.4f}; "
          f"farther on {len(row['worse'])}, nearer on {row['better']}, failed {row['failed']}, "
          f"refuted by torch {len(row['refuted'])}; "
          f"CPU {row['seconds']:.1f} s\n    peers: {peers}", flush=True)
    for image, theirs, ours in row["worse"][:20]:
        print(f"    farther on image {image}: {ours:.6g}, a peer {theirs:.6g}", flush=True)


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    words = lambda text: [w for w in text.split(",") if w]
    parser.add_argument("--networks", required=True)
    parser.add_argument("--gull", default=os.path.join(HERE, "..", "build", "cli", "gull"))
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--minimal", type=int, default=100)
    parser.add_argument("--norms", type=words, default=["linf", "l2"])
    parser.add_argument("--minimal-norms", type=words, default=["linf", "l2", "l1", "l0"])
    parser.add_argument("--methods", type=words, action="append",
                        help="of gull; may be repeated where a method has commas in its options")
    parser.add_argument("--only", type=words, default=list(strength_networks.EPS))
    parser.add_argument("--cached", action="store_true")
    parser.add_argument("--limit", type=float, help="gull's --timeout, seconds an image")
    parser.add_argument("--json")
    return parser.parse_args()


def tuned():
    """PyTorch runs faster when glibc keeps the memory that it frees: starts again so."""
    if "MALLOC_TRIM_THRESHOLD_" in os.environ:
        return
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        os.environ[name] = str(1 << 28)
    os.execv(sys.executable, [sys.executable, *sys.argv])


def main():
    arguments = options()
    tuned()
    torch.set_num_threads(1)
    table = {"strength": [], "medians": []}
    methods = sum(arguments.methods or [["best", "standard"]], [])
    for method in methods:
        for network in arguments.only:
            for norm in arguments.norms:
                table["strength"].append(strength(arguments, network, norm, method))
                if table["strength"][-1]:
                    show_strength(table["strength"][-1])
    for network in arguments.only:
        for norm in arguments.minimal_norms:
            if network in strength_peers.MINIMAL_NETWORKS and arguments.minimal:
                table["medians"].append(medians(arguments, network, norm, methods[0]))
                if table["medians"][-1]:
                    show_medians(table["medians"][-1])
    if arguments.json:
        with open(arguments.json, "w") as f:
            json.dump(table, f, indent=1)
    return any(row and row.get("missed") for row in table["strength"])


if __name__ == "__main__":
    sys.exit(main())
