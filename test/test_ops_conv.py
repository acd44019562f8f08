#!/usr/bin/env python3
"""Convolutions, pools and Resize, one a model: values of every backend against ONNX Runtime
over attributes, gradients against central differences in double and from backend to backend,
BatchNormalization folded into what stands before it, and ONNX's conformance tests."""
from onnx_peer import *

i64 = lambda *v: np.array(v, dtype=np.int64)
f32 = lambda *v: np.array(v, dtype=np.float32)
WANTED = set("Conv ConvTranspose MaxPool AveragePool GlobalMaxPool GlobalAveragePool Resize "
             "Upsample BatchNormalization LpPool GlobalLpPool".split())
KNOWN = WANTED | set("Add Constant Flatten Gemm Identity LeakyRelu MatMul Mul PRelu Relu Reshape "
                     "Sigmoid Sub Tanh Transpose".split())
cases = []  # (name, model, shape)


def one(op, shape, constants=(), inputs=("x",), opset=13, **attributes):
    """The node between a Mul that keeps it from the edge and a Neg."""
    shift = {"half": f32(1.5), **dict(constants)}
    model = graph([node("Mul", "x", "half", out="m"),
                   node(op, *("m" if k == "x" else k for k in inputs), out="z", **attributes),
                   node("Neg", "z")], shape, shift, opset)
    few = {k: v.tolist() if v.size < 8 else v.shape for k, v in dict(constants).items()}
    cases.append((f"{op}, opset {opset}, {shape} {attributes or ''} {few or ''}".rstrip(), model,
                  shape))


def convolutions():
    two = [dict(), dict(strides=[2, 1]), dict(pads=[1, 2, 0, 1]), dict(dilations=[2, 2]),
           dict(auto_pad="SAME_UPPER", strides=[2, 2]), dict(auto_pad="SAME_LOWER", strides=[1, 2]),
           dict(auto_pad="SAME_LOWER"), dict(auto_pad="VALID", strides=[3, 2]),
           dict(pads=[2, 2, 2, 2], strides=[2, 3], dilations=[2, 1])]
    for a in two:
        for shape, w, group in (((4, 9, 11), (6, 4, 3, 2), 1), ((6, 9, 8), (4, 3, 3, 2), 2),
                                ((16, 7, 7), (32, 16, 3, 3), 1), ((5, 9, 9), (10, 1, 3, 3), 5),
                                ((1, 12, 20), (20, 1, 3, 5), 1), ((2, 11, 11), (16, 2, 5, 5), 1)):
            one("Conv", shape, {"w": weights(*w), "b": weights(w[0])}, ("x", "w", "b"), group=group,
                **a)
    for a in (dict(), dict(strides=[2]), dict(pads=[2, 1]), dict(dilations=[3]),
              dict(auto_pad="SAME_UPPER", strides=[3]), dict(pads=[4, 0], strides=[2])):
        for shape, w, group in (((3, 20), (4, 3, 5), 1), ((16, 17), (16, 8, 4), 2),
                                ((8, 30), (8, 1, 3), 8)):
            one("Conv", shape, {"w": weights(*w)}, ("x", "w"), group=group, **a)


def transposed():
    for a in (dict(), dict(strides=[2, 2]), dict(strides=[2, 3], output_padding=[1, 2]),
              dict(pads=[1, 0, 2, 1]), dict(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
              dict(dilations=[2, 3]), dict(strides=[3, 2], dilations=[2, 2], pads=[2, 1, 0, 1]),
              dict(strides=[2, 2], output_shape=[9, 10]), dict(strides=[2, 2], auto_pad="SAME_UPPER"),
              dict(strides=[2, 3], auto_pad="SAME_LOWER"), dict(strides=[3, 2], auto_pad="VALID"),
              dict(strides=[2, 2], output_shape=[8, 9], auto_pad="SAME_UPPER")):
        for shape, w, group in (((4, 4, 5), (4, 3, 3, 3), 1), ((6, 4, 5), (6, 2, 3, 2), 3),
                                ((16, 4, 5), (16, 16, 2, 3), 1)):
            out = {"w": weights(*w), "b": weights(w[1] * group)}
            one("ConvTranspose", shape, out, ("x", "w", "b"), group=group, **a)
    for a in (dict(), dict(strides=[3], output_padding=[2]), dict(pads=[1, 2], dilations=[2])):
        one("ConvTranspose", (4, 7), {"w": weights(4, 3, 4)}, ("x", "w"), **a)


def pools():
    for op in ("MaxPool", "AveragePool"):
        for a in (dict(), dict(strides=[2, 1]), dict(pads=[1, 0, 1, 1]), dict(strides=[2, 2], ceil_mode=1),
                  dict(auto_pad="SAME_UPPER"), dict(auto_pad="SAME_LOWER", strides=[2, 2]),
                  dict(auto_pad="VALID", strides=[2, 3]),
                  dict(strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1),
                  dict(strides=[3, 3], pads=[0, 1, 2, 0], ceil_mode=1)):
            for c in (2, 16):
                one(op, (c, 7, 8), kernel_shape=[3, 2], **a)
                if op == "AveragePool":
                    # before opset 19 the window behind the padding counts differently
                    one(op, (c, 7, 8), kernel_shape=[3, 2], count_include_pad=1, opset=19, **a)
        for a in (dict(), dict(strides=[2], pads=[1, 1]), dict(strides=[3], ceil_mode=1)):
            one(op, (3, 11), kernel_shape=[3], **a)
    for a in (dict(), dict(strides=[2, 1]), dict(pads=[1, 1, 1, 1])):
        one("MaxPool", (2, 9, 9), kernel_shape=[3, 2], dilations=[2, 3], **a)
        one("AveragePool", (2, 9, 9), kernel_shape=[3, 2], dilations=[2, 3], opset=19, **a)
    for op in ("GlobalMaxPool", "GlobalAveragePool"):
        for shape in ((3, 5, 6), (16, 4, 4), (3, 7), (2, 3, 4, 5)):
            one(op, shape)


def resizes():
    x = (2, 5, 7)
    places = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    for place in places:
        for scale in ((1, 1, 2, 3), (1, 1, 1.5, 0.6), (1, 1, 0.5, 0.9), (1, 1, 1, 2)):
            if place == "align_corners" and scale[3] < 1:
                continue  # refused: runtimes disagree
            k = dict(constants={"s": f32(*scale)}, inputs=("x", "", "s"),
                     coordinate_transformation_mode=place)
            one("Resize", x, mode="linear", **k)
            one("Resize", x, mode="cubic", **k)
            one("Resize", x, mode="cubic", cubic_coeff_a=-.5, exclude_outside=1, **k)
            for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
                one("Resize", x, mode="nearest", nearest_mode=nearest, **k)
        for size in ((1, 2, 8, 9), (1, 2, 3, 4), (1, 2, 1, 14)):
            for mode in ("nearest", "linear", "cubic"):
                one("Resize", x, {"s": i64(*size)}, ("x", "", "", "s"), mode=mode,
                    coordinate_transformation_mode=place)
    for scale in ((1, 1, 2, 2), (1, 1, .7, 1.3)):
        one("Resize", x, {"s": f32(*scale)}, ("x", "s"), opset=10)
        one("Resize", x, {"s": f32(*scale)}, ("x", "s"), opset=10, mode="linear")
    one("Resize", x, {"r": f32(), "s": f32(1, 1, 2, 2)}, ("x", "r", "s"), opset=11)
    one("Resize", x, {"s": f32(2, 2.5)}, ("x", "", "s"), opset=18, axes=[2, 3], mode="linear")
    one("Resize", x, {"s": i64(10)}, ("x", "", "", "s"), opset=18, axes=[-1], mode="nearest")
    one("Resize", (3, 9), {"s": f32(1, 1, 1.7)}, ("x", "", "s"), mode="linear")
    one("Upsample", x, {"s": f32(1, 1, 2, 3)}, ("x", "s"), opset=9)
    one("Upsample", x, {"s": f32(1, 1, 2, 1.5)}, ("x", "s"), opset=9, mode="linear")


def values():
    """Every case against ONNX Runtime; returns those that agree."""
    for name, model, shape in cases:
        x = np.random.default_rng(3).normal(0, 1, (3,) + shape).astype(np.float32)
        if onnxruntime is None:
            skip(name, "no ONNX Runtime")
            continue
        try:
            want = runtime(model, x)
        except Exception as e:
            print(f"# ONNX Runtime refuses {name}: {str(e)[:150]}")
            continue
        compare(name, model, x, want)


def gradients():
    """One row of every case: the sum of the scores moves as the gradient says, and the float
    gradients agree with it."""
    groups = {}
    for name, model, shape in cases:
        r = np.random.default_rng(5)
        x, path = r.normal(0, 1, (1,) + shape), save(model)
        x = x.astype(np.float32).astype(np.float64)
        g, error = gull.ask("gradient:f64", path, x)
        if error:
            ok(False, f"gradient of {name}: {error}")
            continue
        steps = r.normal(0, 1, (4,) + shape)
        steps *= 1e-6
        both, _ = gull.ask("f64", path, np.concatenate([x + steps, x - steps]))
        up, down = both.reshape(2, 4, -1).sum(-1)
        want = (up - down) / 2
        got = (steps * g.reshape(shape)).reshape(4, -1).sum(-1)
        off = float(np.max(np.abs(got - want)) / (np.abs(steps).mean() * np.abs(g).sum() + 1e-30))
        for b in backends[:2]:
            f, error = gull.ask("gradient:" + b, path, x)
            off = max(off, far(f, g) / 100 if not error else np.inf)
        op = name.split(",")[0]
        n, worst, bad = groups.get(op, (0, 0, []))
        groups[op] = n + 1, max(worst, off), bad + [f"{name}: {off:.1e}"] * (not off < 1e-6)
    for op, (n, worst, bad) in groups.items():
        ok(not bad, f"{op}: gradients of {n} models, {worst:.1e} {bad}")


def folding():
    """Conv or Gemm and BatchNormalization, also where it must not be folded."""
    def norm(n):
        return {"g": weights(n), "h": weights(n), "m": weights(n), "v": weights(n) ** 2 + f32(.1)}
    names = ("g", "h", "m", "v")
    for bias in (True, False):
        c = {"w": weights(6, 3, 3, 3), **norm(6), **({"b": weights(6)} if bias else {})}
        first = ("x", "w", "b")[:3 if bias else 2]
        models = {
            "Conv": ([node("Conv", *first, out="c"), node("BatchNormalization", "c", *names)], c),
            "Conv, read twice": ([node("Conv", *first, out="c"),
                                  node("BatchNormalization", "c", *names, out="n"),
                                  node("Add", "c", "n")], c),
            "twice": ([node("Conv", *first, out="c"),
                       node("BatchNormalization", "c", *names, out="n"), node("Relu", "n", out="r"),
                       node("BatchNormalization", "r", *names, out="o"),
                       node("BatchNormalization", "o", *names)], c)}
        for name, (nodes, constants) in models.items():
            model = graph([*nodes[:-1], nodes[-1]], (3, 6, 7), constants)
            x = np.random.default_rng(3).normal(0, 1, (3, 3, 6, 7)).astype(np.float32)
            if onnxruntime:
                compare(f"BatchNormalization after {name}, bias {bias}", model, x, runtime(model, x))
    for transposed in (0, 1):
        c = {"w": weights(*((6, 9) if transposed else (9, 6))), "b": weights(6), **norm(6)}
        model = graph([node("Gemm", "x", "w", "b", out="c", transB=transposed),
                       node("BatchNormalization", "c", *names, out="n"), node("Relu", "n")], (9,), c)
        x = np.random.default_rng(3).normal(0, 1, (3, 9)).astype(np.float32)
        if onnxruntime:
            compare(f"BatchNormalization after Gemm, transB {transposed}", model, x,
                    runtime(model, x))


for part in (convolutions, transposed, pools, resizes):
    part()
values()
gradients()
folding()
conformance(KNOWN, 96, WANTED)
done()
