"""onnx_peer.py - for the tests of networks: models of a few nodes, gull's answers (one process
of test/onnx_scores), ONNX Runtime's, and ONNX's own conformance tests."""
import glob, os, subprocess, sys, tempfile
from tap import DATA, ok, skip, done

peers = os.environ.get("GULL_PEERS")
if peers and os.path.abspath(sys.executable) != os.path.abspath(peers) \
        and not os.environ.get("GULL_PEERS_TRIED"):
    os.environ["GULL_PEERS_TRIED"] = "1"
    os.execv(peers, [peers, os.path.abspath(sys.argv[0])])
try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError:
    print("1..0 # SKIP no Python module onnx")
    sys.exit(0)
try:
    import onnxruntime
    onnxruntime.set_default_logger_severity(4)
except ImportError:
    onnxruntime = None

BUILD = os.environ.get("GULL_BUILD", "build")
CONFORMANCE = "/usr/share/libonnx-testdata/data"
tmp = tempfile.TemporaryDirectory()


class Gull:
    """One process that answers many models."""

    def __init__(self):
        self.start()

    def start(self):
        self.p = subprocess.Popen([os.path.join(BUILD, "test", "onnx_scores")], text=True,
                                  errors="replace", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, how, model, x):
        """(array, None), or (None, the error); a crash raises."""
        rows, out = os.path.join(tmp.name, "x"), os.path.join(tmp.name, "y")
        if x is None:
            rows = "-"
        else:
            np.ascontiguousarray(x, dtype=np.float64).tofile(rows)
        self.p.stdin.write(f"{how} {model} {rows} {out}\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line:
            code = self.p.wait()
            self.start()
            raise RuntimeError(f"crash, exit code {code}")
        if line.startswith("ok "):
            return np.fromfile(out), None
        return None, line.strip()


gull = Gull()
backends = ["onednn", "ref", "f64", "reference"]


def save(model, name="m"):
    path = os.path.join(tmp.name, name + ".onnx")
    with open(path, "wb") as f:
        f.write(model if isinstance(model, bytes) else model.SerializeToString())
    return path


def far(a, b):
    """Greatest difference relative to the size of the answer."""
    a, b = np.ravel(a), np.ravel(b)
    if a.shape != b.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        off = np.where((a == b) | np.isnan(a) & np.isnan(b), 0, np.abs(a - b))
    return float(np.max(off) / max(1e-30, np.max(np.abs(b), where=np.isfinite(b), initial=0)))


def logits(model):
    """The model with its final softmax or sigmoid taken off, as gull reads it."""
    m = onnx.ModelProto()
    m.CopyFrom(model)
    last = m.graph.node[-1]
    if last.op_type in ("Softmax", "LogSoftmax", "Sigmoid"):
        name = last.input[0]
        m.graph.node.pop()
        del m.graph.output[:]
        m.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return m


def runtime(model, x):
    m = logits(model)
    s = onnxruntime.InferenceSession(m.SerializeToString(),
                                     providers=["CPUExecutionProvider"])
    return np.concatenate([np.ravel(s.run(None, {s.get_inputs()[0].name: row[None]})[0])
                           for row in x])


def compare(name, model, x, want, path=None, tolerance=1e-5):
    """Every backend's scores on x against `want`."""
    path = path or save(model)
    worst, error = 0, None
    for b in backends:
        got, error = gull.ask(b, path, x)
        if error:
            break
        if got.size == 2 * want.size:  # one logit z became (0, z)
            got = got.reshape(-1, 2)[:, 1]
        worst = max(worst, far(got, want))
    ok(error is None and worst <= tolerance, f"{name}: {error or format(worst, '.1e')}")


rng = np.random.default_rng(0)


def weights(*shape):
    return rng.normal(0, .5, shape).astype(np.float32)


def graph(nodes, x_shape, constants=(), opset=13, batch="N", output="y"):
    g = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *x_shape])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, k) for k, v in dict(constants).items()])
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)],
                             ir_version=8)


def node(op, *inputs, out="y", **attributes):
    name = "the-node" if out == "y" else "make-" + out
    return helper.make_node(op, list(inputs), [out], name=name, **attributes)


# ---- ONNX's own tests ----

def answer(folder):
    """One of ONNX's tests asked of gull in double, its first input the model's and the others
    constants: ("right" | "wrong" | "refused" | "none", why)."""
    m = onnx.load(folder + "/model.onnx")
    names = {t.name for t in m.graph.initializer}
    inputs = sorted(glob.glob(folder + "/test_data_set_0/input_*.pb"),
                    key=lambda p: int(p.split("_")[-1][:-3]))
    try:
        arrays = [numpy_helper.to_array(onnx.load_tensor(p)) for p in inputs]
        first = [k for k, o in enumerate(m.graph.output) if o.type.tensor_type.elem_type in
                 (TensorProto.FLOAT, TensorProto.DOUBLE)] + [0]
        want = numpy_helper.to_array(onnx.load_tensor(
            f"{folder}/test_data_set_0/output_{first[0]}.pb"))
    except Exception:
        arrays, want = [], None  # sequences, optional tensors
    fed = [i for i in m.graph.input if i.name not in names]
    for i, value in list(zip(fed, arrays))[1:]:
        m.graph.initializer.append(numpy_helper.from_array(value, i.name))
    path = save(m)
    whole = arrays[0] if arrays and arrays[0].dtype.kind in "fiub" else None
    row = whole[:1] if whole is not None and whole.ndim > 1 and len(whole) > 1 else whole
    got, error = gull.ask("f64", path, row)
    if error and "features" in error and row is not whole:  # read without a batch axis
        got, error = gull.ask("f64", path, whole)
        row = whole
    if error:
        return ("refused" if error.startswith("error -4") else "wrong"), error
    if want is None or want.dtype.kind not in "fiub" or not want.size:
        return "none", "it has no answer in numbers"
    want = want[:1] if row is not whole else want
    if m.graph.node[-1].op_type in ("Softmax", "LogSoftmax", "Sigmoid"):
        want, got = shape_of(want, got)
    if got.size == 2 * want.size:  # one logit z became (0, z)
        got = got.reshape(-1, 2)[:, 1]
    off = far(got, np.asarray(want, dtype=np.float64))
    return ("right", "") if off <= 1e-4 else ("wrong", f"off by {off:.1e}")


def shape_of(want, got):
    """Where gull may have left the final operator out: what it left out is applied."""
    z = np.ravel(got)
    if z.size == np.size(want):
        for f in (lambda v: v, lambda v: 1 / (1 + np.exp(-v)),
                  lambda v: np.exp(v - v.max()) / np.exp(v - v.max()).sum(),
                  lambda v: v - v.max() - np.log(np.exp(v - v.max()).sum())):
            if far(f(z), want) <= 1e-4:
                return want, f(z)
    return want, got


def conformance(known, least, wanted=None):
    """The models whose operators are all known, at least one of them wanted: an answer is
    right or refused as unsupported, and at least `least` are right."""
    folders = sorted(glob.glob(CONFORMANCE + "/node/*") +
                     glob.glob(CONFORMANCE + "/pytorch-*/*"))
    if not folders:
        return skip("ONNX conformance", "no libonnx-testdata")
    right, wrong, refused = 0, [], []
    for folder in folders:
        used = {n.op_type for n in onnx.load(folder + "/model.onnx").graph.node}
        if not used <= known or not used & (wanted or known):
            continue
        what, why = answer(folder)
        right += what == "right"
        if what == "wrong":
            wrong.append(f"{os.path.basename(folder)}: {why}")
        elif what == "refused":
            refused.append(f"{os.path.basename(folder)}: {why[9:]}")
    ok(right >= least and not wrong, f"ONNX conformance: {right} right, {len(refused)} refused, "
       f"wrong: {wrong}")
    print("# refused:", "; ".join(refused))
