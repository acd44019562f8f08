"""Fashion-MNIST from Debian's package dataset-fashion-mnist, pixels scaled to [0, 1]."""
import gzip
import os

import numpy as np

FOLDER = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")


def idx(name):
    """An IDX file of bytes as a numpy array."""
    with gzip.open(os.path.join(FOLDER, name), "rb") as f:
        data = f.read()
    rank = data[3]
    shape = np.frombuffer(data, ">u4", rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(part):
    """part "train" or "t10k": float32 images n x 784 in [0, 1] and int64 labels."""
    x = idx(f"{part}-images-idx3-ubyte.gz").reshape(-1, 784).astype(np.float32) / 255
    return x, idx(f"{part}-labels-idx1-ubyte.gz").astype(np.int64)
