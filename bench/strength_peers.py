"""The peers of bench/strength.py, one thread, with their answers kept in the folder of the
networks: AutoAttack (package pyautoattack, version standard) and foolbox's minimal-norm attacks.

A peer's answer for a batch of images is DIR/peers/NETWORK-ATTACK-NORM-FIRST.npz: per image the
distance of its fooling input (inf: none), and for the batch CPU seconds and images sent forward
and backward."""
import logging
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# This folder has a file with the library's name: out of the way while foolbox is imported.
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != HERE]
import foolbox  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
sys.path.insert(0, HERE)
import strength_networks  # noqa: E402

BATCH = 50
A = foolbox.attacks
ORDER = {"l0": 0, "l1": 1, "l2": 2, "linf": np.inf}
# EAD's 9 x 1000 steps are C&W's: foolbox's preset of 9 x 10000 costs minutes an image.
MINIMAL = {
    "linf": {"fmn-1000": lambda: A.LInfFMNAttack(steps=1000),
             "deepfool": lambda: A.LinfDeepFoolAttack(),
             "bb": lambda: A.LinfinityBrendelBethgeAttack()},
    "l2": {"ddn-1000": lambda: A.DDNAttack(steps=1000),
           "fmn-1000": lambda: A.L2FMNAttack(steps=1000),
           "deepfool": lambda: A.L2DeepFoolAttack(),
           "cw-9x1000": lambda: A.L2CarliniWagnerAttack(binary_search_steps=9, steps=1000),
           "bb": lambda: A.L2BrendelBethgeAttack()},
    "l1": {"fmn-1000": lambda: A.L1FMNAttack(steps=1000),
           "ead-9x1000": lambda: A.EADAttack(binary_search_steps=9, steps=1000),
           "bb": lambda: A.L1BrendelBethgeAttack()},
    "l0": {"fmn-1000": lambda: A.L0FMNAttack(steps=1000),
           "bb": lambda: A.L0BrendelBethgeAttack()},
}
MINIMAL_NETWORKS = ("plain", "adversarial")


class Counted(torch.nn.Module):
    """The network, counting the images that go through it in each direction."""

    def __init__(self, model):
        super().__init__()
        self.model, self.forwards, self.backwards = model, 0, 0

    def count(self, gradient):
        self.backwards += len(gradient)

    def forward(self, x):
        self.forwards += len(x)
        z = self.model(x)
        if z.requires_grad:
            z.register_hook(self.count)
        return z


def distances(norm, x, z):
    d = np.abs(z.double().numpy() - x.double().numpy()).reshape(len(x), -1)
    return np.linalg.norm(d, ord=ORDER[norm], axis=1)


def autoattack(model, x, y, norm, eps):
    import pyautoattack
    logging.disable(logging.CRITICAL)
    attack = pyautoattack.AutoAttack(model, norm={"linf": "Linf", "l2": "L2", "l1": "L1"}[norm],
                                     eps=eps, seed=0, version="standard")
    return attack.run_standard_evaluation(x, y, batch_size=BATCH)[0]


def minimal(model, x, y, norm, name):
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    # foolbox's attacks that need a start raise an error on images that are read wrong.
    return MINIMAL[norm][name]()(wrapped, x, y, epsilons=None)[1]


def ask(model, x, y, run):
    """One batch: what the peer found, checked again, and its cost."""
    torch.manual_seed(0)
    np.random.seed(0)
    counted = Counted(model).eval()
    start = time.process_time()
    z = run(counted, x, y).detach()
    seconds = time.process_time() - start
    fooled = (model(z).argmax(1) != y).numpy()
    return z, fooled, {"seconds": seconds, "forwards": counted.forwards,
                       "backwards": counted.backwards}


def answer(folder, network, name, norm, first, x, y, eps=None):
    """The kept answer of one batch, asked for when there is none."""
    path = os.path.join(folder, "peers", f"{network}-{name}-{norm}-{first}.npz")
    if os.path.exists(path):
        kept = np.load(path)
        if eps is None or float(kept["eps"]) == eps:
            return dict(kept)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    model = strength_networks.load(folder, network)
    right = (model(x).argmax(1) == y).numpy()
    distance = np.zeros(len(x))
    run = (lambda m, a, b: autoattack(m, a, b, norm, eps)) if name == "autoattack" else \
          (lambda m, a, b: minimal(m, a, b, norm, name))
    z, fooled, cost = ask(model, x[right], y[right], run)
    distance[right] = np.where(fooled, distances(norm, x[right], z), np.inf)
    found = {"distance": distance, "right": right, "eps": eps or 0.0, **cost}
    np.savez(path + ".part.npz", **found)
    os.replace(path + ".part.npz", path)
    print(f"{network} {name} {norm} {first}: {seconds_of(found)}", file=sys.stderr, flush=True)
    return found


def seconds_of(found):
    median = np.median(found["distance"][found["right"]])
    return f"{found['seconds']:.1f} s, fooled {np.isfinite(found['distance']).sum()}, " \
           f"median {median:.4g}"


def images(folder, count):
    x = torch.from_numpy(np.load(os.path.join(folder, "x.npy"))[:count])
    return x, torch.from_numpy(np.load(os.path.join(folder, "y.npy"))[:count])


def peer(folder, network, name, norm, count, eps=None, cached=False):
    """A peer's answers for the first `count` images, batch by batch; None where `cached` is
    asked for and a batch is missing."""
    x, y = images(folder, count)
    parts = []
    for first in range(0, count, BATCH):
        rows = slice(first, min(first + BATCH, count))
        path = os.path.join(folder, "peers", f"{network}-{name}-{norm}-{first}.npz")
        if cached and not os.path.exists(path):
            return None
        parts.append(answer(folder, network, name, norm, first, x[rows], y[rows], eps))
    whole = {k: np.concatenate([p[k] for p in parts]) for k in ("distance", "right")}
    whole = {k: v[:count] for k, v in whole.items()}
    return {**whole, **{k: sum(float(p[k]) for p in parts)
                        for k in ("seconds", "forwards", "backwards")}}
