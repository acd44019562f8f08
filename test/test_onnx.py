#!/usr/bin/env python3
"""The ONNX reader and the evaluators against ONNX Runtime, ONNX's own conformance tests
and files of one operator each, and damaged files against the rule "an error, no crash"."""
import glob, os, random

from onnx_peer import *


# ---- models from the world ----

def real_models():
    models = [("mnist-8/mnist-8.onnx", (1, 28, 28), 255),
              ("fooling-lenet/lenet.onnx", (1, 28, 28), 1),
              ("mlperf-tiny/resnet8_cifar10.onnx", (3, 32, 32), 255),
              ("mlperf-tiny/toycar_autoencoder.onnx", (640,), 1)]
    for path, shape, scale in models:
        full = os.path.join(DATA or "", "models", path)
        if not DATA or not os.path.exists(full):
            skip(path, "no real data here")
        elif onnxruntime is None:
            skip(path, "no ONNX Runtime")
        else:
            x = np.random.default_rng(1).uniform(0, scale, (5,) + shape).astype(np.float32)
            compare(path, None, x, runtime(onnx.load(full), x), full)
    nets = sorted(glob.glob(os.path.join(DATA or "", "vnncomp/acasxu/onnx/*.onnx")))[:3]
    for path in nets if onnxruntime else []:
        x = np.random.default_rng(2).uniform(-.5, .5, (7, 1, 1, 5)).astype(np.float32)
        compare(os.path.basename(path), None, x, runtime(onnx.load(path), x), path)


def mnist_pairs():
    folder = os.path.join(DATA or "", "models/mnist-8")
    for i in range(3):
        pair = [os.path.join(folder, f"{s}_{i}.pb") for s in ("input", "output")]
        if not all(os.path.exists(p) for p in pair):
            skip(f"mnist-8 pair {i}", "no real data here")
            continue
        x, y = (numpy_helper.to_array(onnx.load_tensor(p)) for p in pair)
        compare(f"mnist-8 pair {i}", None, x, y, os.path.join(folder, "mnist-8.onnx"))


# ---- one operator each ----


def operator_models():
    i64 = lambda *v: np.array(v, dtype=np.int64)
    # the input is shifted by a Sub so that nothing is folded or stripped around the node
    def one(name, op, shape, constants=(), inputs=("x",), opset=13, **attributes):
        yield f"{op} {name}".strip(), graph([node(op, *inputs, **attributes)], shape,
                                            constants, opset), shape
    for c in [dict(), dict(strides=[2, 1]), dict(pads=[1, 2, 0, 1]), dict(dilations=[2, 2]),
              dict(auto_pad="SAME_UPPER", strides=[2, 2]), dict(auto_pad="SAME_LOWER"),
              dict(auto_pad="VALID", strides=[3, 2])]:
        yield from one(str(c), "Conv", (4, 9, 11), {"w": weights(6, 4, 3, 2), "b": weights(6)},
                       ("x", "w", "b"), **c)
    yield from one("grouped", "Conv", (6, 8, 8), {"w": weights(4, 3, 3, 3)}, ("x", "w"),
                   group=2, pads=[1, 1, 1, 1])
    yield from one("depthwise", "Conv", (5, 8, 8), {"w": weights(10, 1, 3, 3)}, ("x", "w"),
                   group=5, strides=[2, 2])
    yield from one("pointwise", "Conv", (5, 4, 4), {"w": weights(3, 5, 1, 1)}, ("x", "w"))
    yield from one("one axis", "Conv", (3, 20), {"w": weights(4, 3, 5), "b": weights(4)},
                   ("x", "w", "b"), strides=[2], pads=[2, 1])
    yield from one("", "Gemm", (7,), {"w": weights(7, 4), "b": weights(4)}, ("x", "w", "b"))
    yield from one("transB alpha beta", "Gemm", (7,), {"w": weights(4, 7), "b": weights(1, 4)},
                   ("x", "w", "b"), transB=1, alpha=.5, beta=-2.)
    yield from one("scalar C", "Gemm", (7,), {"w": weights(7, 4), "b": weights(1)},
                   ("x", "w", "b"))
    yield from one("", "MatMul", (7,), {"w": weights(7, 4)}, ("x", "w"))
    yield from one("three axes", "MatMul", (3, 7), {"w": weights(7, 4)}, ("x", "w"))
    yield from one("constant first", "MatMul", (3, 7), {"w": weights(4, 3)}, ("w", "x"))
    yield "MatMul of two activations", graph(
        [node("Transpose", "x", out="t", perm=[0, 2, 1]), node("MatMul", "x", "t")],
        (3, 7)), (3, 7)
    for op in ("Add", "Sub", "Mul", "Div"):
        yield from one("constant", op, (3, 4, 5), {"c": weights(3, 1, 1) + 2}, ("x", "c"))
        yield from one("constant first", op, (3, 4), {"c": weights(1, 1, 4) + 2}, ("c", "x"))
        yield from one("growing", op, (1, 4), {"c": weights(3, 1) + 2}, ("x", "c"))
        yield from one("scalar", op, (4,), {"c": np.float32(3)}, ("x", "c"))
        yield f"{op} of two activations", graph(
            [node("Sigmoid", "x", out="s"), node(op, "x", "s")], (3, 5)), (3, 5)
        yield f"{op} broadcasting activations", graph(
            [node("GlobalAveragePool", "x", out="a"), node("Sigmoid", "a", out="s"),
             node(op, "x", "s")], (3, 4, 5)), (3, 4, 5)
    for op in ("Relu", "Tanh"):
        yield from one("", op, (3, 5))
    yield "Sigmoid inside", graph([node("Sigmoid", "x", out="s"), node("Relu", "s")], (6,)), (6,)
    for op in ("MaxPool", "AveragePool"):
        for a in [dict(), dict(strides=[2, 1]), dict(pads=[1, 0, 1, 1]),
                  dict(strides=[2, 2], ceil_mode=1), dict(auto_pad="SAME_UPPER"),
                  dict(strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)]:
            yield from one(str(a), op, (2, 7, 8), kernel_shape=[3, 2], **a)
    yield from one("dilated", "MaxPool", (2, 9, 9), kernel_shape=[3, 2], dilations=[2, 3])
    yield from one("with padding", "AveragePool", (2, 7, 8), kernel_shape=[3, 3],
                   pads=[1, 1, 1, 1], count_include_pad=1)
    yield from one("one axis", "AveragePool", (2, 9), kernel_shape=[2], strides=[2])
    yield from one("", "GlobalAveragePool", (3, 5, 6))
    yield from one("", "BatchNormalization", (3, 4, 4),
                   {"g": weights(3), "b": weights(3), "m": weights(3), "v": weights(3) ** 2},
                   ("x", "g", "b", "m", "v"), epsilon=1e-3)
    yield from one("", "Flatten", (3, 4))
    for want in ([-1, 12], [0, 12], [1, 12], [0, -1], [0, 2, 6], [1, 4, -1], [0, 0, 2, 2]):
        yield from one(str(want), "Reshape", (3, 4), {"s": i64(*want)}, ("x", "s"))
    yield from one("", "Transpose", (3, 4, 5), perm=[0, 3, 1, 2])
    yield "Softmax inside", graph([node("Softmax", "x", out="s", axis=-1),
                                   node("Tanh", "s")], (3, 5)), (3, 5)
    yield "Softmax of axis 1", graph([node("Softmax", "x", out="s", axis=1),
                                      node("Tanh", "s")], (3, 5)), (3, 5)
    yield "Softmax of opset 11", graph([node("Softmax", "x", out="s"), node("Tanh", "s")],
                                       (3, 5), opset=11), (3, 5)
    yield "LogSoftmax inside", graph([node("LogSoftmax", "x", out="s"), node("Tanh", "s")],
                                     (3, 5)), (3, 5)
    yield "Softmax at the end", graph([node("Gemm", "x", "w", out="l"),
                                       node("Softmax", "l")], (5,), {"w": weights(5, 3)}), (5,)
    yield "one logit and Sigmoid", graph([node("Tanh", "x", out="t"),
                                          node("Gemm", "t", "w", out="l"),
                                          node("Sigmoid", "l")], (5,),
                                         {"w": weights(5, 1)}), (5,)
    yield "Identity and Dropout", graph([node("Identity", "x", out="i"),
                                         node("Dropout", "i", out="d"), node("Tanh", "d")],
                                        (5,)), (5,)
    shape = numpy_helper.from_array(i64(0, -1))
    yield "Constant node", graph([helper.make_node("Constant", [], ["s"], value=shape),
                                  node("Reshape", "x", "s")], (3, 4)), (3, 4)
    yield "shape arithmetic of view(size(0), -1)", graph(
        [node("Shape", "x", out="s"), node("Gather", "s", "zero", out="n", axis=0),
         node("Unsqueeze", "n", "axes", out="u"),
         node("Concat", "u", "minus", out="want", axis=0), node("Reshape", "x", "want")],
        (3, 4), {"zero": np.int64(0), "axes": i64(0), "minus": i64(-1)}), (3, 4)
    yield "folded transpose of weights", graph(
        [node("Transpose", "w", out="t", perm=[1, 0]), node("MatMul", "x", "t")], (5,),
        {"w": weights(3, 5)}), (5,)
    yield "affine chain", graph(
        [node("Sub", "x", "m", out="a"), node("Flatten", "a", out="f"),
         node("Gemm", "f", "w", "b")], (3, 4),
        {"m": weights(3, 4), "w": weights(12, 3), "b": weights(3)}), (3, 4)


def operators():
    for name, model, shape in operator_models():
        if onnxruntime is None:
            skip(name, "no ONNX Runtime")
            continue
        x = np.random.default_rng(3).normal(0, 1, (3,) + shape).astype(np.float32)
        compare(name, model, x, runtime(model, x))


# ---- ONNX's own tests ----

KNOWN = set("Gemm MatMul Add Sub Mul Div Conv Relu Sigmoid Tanh MaxPool AveragePool "
            "GlobalAveragePool BatchNormalization Flatten Reshape Transpose Softmax "
            "LogSoftmax Identity Dropout Constant".split())


# ---- linear classifiers ----

def linear_classifiers():
    r = np.random.default_rng(9)
    for classes, rows, transform in ((3, 3, "SOFTMAX"), (2, 1, "LOGISTIC"), (4, 4, "NONE"),
                                     (2, 2, "NONE")):
        w, b = r.normal(size=(rows, 6)).astype(np.float32), r.normal(size=rows)
        n = helper.make_node("LinearClassifier", ["x"], ["label", "scores"],
                             domain="ai.onnx.ml", coefficients=w.ravel().tolist(),
                             intercepts=b.tolist(), post_transform=transform,
                             classlabels_ints=list(range(classes)))
        out = [helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
               helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, classes])]
        m = helper.make_model(
            helper.make_graph([n], "g", [helper.make_tensor_value_info(
                "x", TensorProto.FLOAT, [None, 6])], out),
            opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 1)],
            ir_version=8)
        x = r.normal(size=(40, 6)).astype(np.float32)
        name = f"LinearClassifier, {rows} rows, {transform}"
        got, error = gull.ask("ref", save(m), x)
        if error:
            ok(False, f"{name}: {error}")
            continue
        got, want = got.reshape(40, classes), x @ w.T.astype(np.float64) + b
        if rows == 1:
            want = np.hstack([0 * want, want])
        ok(far(got, want) < 1e-5, f"{name}: {far(got, want):.1e}")
        if onnxruntime is None:
            skip(f"{name}: labels", "no ONNX Runtime")
            continue
        s = onnxruntime.InferenceSession(m.SerializeToString(),
                                         providers=["CPUExecutionProvider"])
        ok((s.run(["label"], {"x": x})[0] == got.argmax(1)).all(), f"{name}: labels")


# ---- files that must be refused ----

def refusals():
    w = {"w": weights(4, 2, 3, 3)}
    def refused(name, model, *words):
        x, error = gull.ask("ref", save(model), None)
        ok(error and all(k in error for k in words), f"refused: {name}: {error}")
    refused("three dimensions for a convolution", graph([node("Conv", "x", "w")], (2, 9), w),
            "m.onnx: node 0 (Conv 'the-node'): 3-dimensional input, expected 4")
    refused("unknown operator", graph([node("Det", "x")], (3,)), "error -4", "Det", "13")
    refused("cycle", graph([node("Add", "x", "b", out="a"), node("Relu", "a", out="b"),
                            node("Relu", "b")], (3,)), "cycle")
    refused("missing input", graph([node("Add", "x", "nothing")], (3,)), "nothing")
    refused("dangling output", graph([node("Relu", "x")], (3,), output="z"), "'z'")
    short = graph([node("Gemm", "x", "w")], (5,), {"w": weights(5, 3)})
    short.graph.initializer[0].raw_data = short.graph.initializer[0].raw_data[:-4]
    refused("short tensor", short, "constant 'w'", "14 numbers", "15")
    long = graph([node("Gemm", "x", "w")], (5,), {"w": weights(5, 3)})
    long.graph.initializer[0].dims[0] = 1 << 62
    refused("overflowing dims", long, "constant 'w'")
    refused("twice the same name", graph([node("Relu", "x"), node("Tanh", "x")], (3,)), "'y'")
    refused("free height", graph([node("Flatten", "x")], (1, "H", 4)), "not fixed")
    for op in ("Conv", "MaxPool"):
        for a in [dict(strides=[0, 0]), dict(strides=[1 << 62, 1]), dict(pads=[-1, 0, 0, 0]),
                  dict(pads=[1 << 40] * 4), dict(dilations=[1 << 20, 1]), dict(strides=[1])]:
            k = dict(kernel_shape=[3, 3]) if op == "MaxPool" else {}
            refused(f"{op} {a}", graph([node(op, *(["x", "w"] if op == "Conv" else ["x"]),
                                             **a, **k)], (2, 9, 9), w), op)
    nested = b""
    for _ in range(5000):  # graph -> node -> attribute -> graph ...
        for tag in (b"\x32", b"\x2a", b"\x0a"):
            nested = tag + varint(len(nested)) + nested
    refused("bottomless nesting", b"\x08\x08\x3a" + varint(len(nested)) + nested, "nested")


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def damage():
    """Truncated and flipped bytes: an answer or an error, never a crash."""
    small = [m.SerializeToString() for name, m, _ in operator_models()
             if len(m.SerializeToString()) < 4000][::3]
    r = random.Random(5)
    tried, errors, crash = 0, 0, None
    for data in small:
        variants = [data[:i] for i in range(0, len(data), max(1, len(data) // 25))]
        for _ in range(40):
            b = bytearray(data)
            for _ in range(r.choice((1, 1, 2, 8))):
                b[r.randrange(len(b))] = r.choice((0, 1, 127, 255, r.randrange(256)))
            variants.append(bytes(b))
        for v in variants:
            tried += 1
            try:
                errors += gull.ask("gradient:ref", save(v), None)[1] is not None
            except RuntimeError as e:
                crash = str(e)
                with open("/tmp/gull-crash.onnx", "wb") as f:
                    f.write(v)
    ok(crash is None and errors > tried / 4,
       f"{tried} damaged files, {errors} refused, crash: {crash}")


for part in (real_models, mnist_pairs, operators, lambda: conformance(KNOWN, 61),
             linear_classifiers, refusals, damage):
    part()
done()
