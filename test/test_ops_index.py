#!/usr/bin/env python3
"""Operators that move, choose and compare numbers, and what is computed when a file is
read, against ONNX Runtime over shapes, attributes and opsets; gradients against
differences."""
from onnx_peer import *
from tap import gull as command

i64 = lambda *v: np.array(v, dtype=np.int64)
f32 = lambda *v: np.array(v, dtype=np.float32)
r = np.random.default_rng(11)


def made(name, nodes, shape, constants=(), opset=13, batch="N", smooth=True, low=-2, high=2):
    """Scores against ONNX Runtime, gradients against central differences in double."""
    model = graph(nodes, shape, constants, opset, batch)
    if onnxruntime is None:
        return skip(name, "no ONNX Runtime")
    x = r.uniform(low, high, (3,) + shape).astype(np.float32)
    compare(name, model, x, runtime(model, x))
    if not smooth:
        return
    path, x = save(model), x[:1].astype(np.float64).ravel()
    got, error = gull.ask("gradient:f64", path, x)
    if error:
        return ok(False, f"{name}, gradient: {error}")
    step, want = 1e-4, np.zeros_like(x)
    rows = np.concatenate([x + s * step * e for e in np.eye(x.size) for s in (1, -1)])
    y = gull.ask("f64", path, rows)[0].reshape(x.size, 2, -1).sum(2)
    want = (y[:, 0] - y[:, 1]) / (2 * step)
    ok(np.max(np.abs(got - want)) < 1e-5 * max(1, np.max(np.abs(want))),
       f"{name}, gradient: {np.max(np.abs(got - want)):.1e}")


def curved(node_list, last):
    """The nodes, then a square so that gradients differ."""
    return node_list + [node("Mul", last, last)]


def one(name, op, shape, constants=(), inputs=("x",), opset=13, smooth=True, **attributes):
    made(f"{op} {name}", curved([node(op, *inputs, out="o", **attributes)], "o"), shape,
         constants, opset, smooth=smooth)


def moves():
    c = {"c": weights(1, 2, 4), "d": weights(1, 3, 1)}
    one("with a constant", "Concat", (3, 4), c, ("x", "c", "x"), axis=1)
    one("of the last axis", "Concat", (3, 4), c, ("d", "x"), axis=-1)
    one("of one", "Concat", (3,), {}, ("x",), axis=1)
    many = [node("Slice", "x", f"s{k}", f"e{k}", "axes", out=f"p{k}") for k in range(12)]
    ends = {f"s{k}": i64(k) for k in range(12)} | {f"e{k}": i64(k + 1) for k in range(12)}
    made("Concat of twelve slices", curved(many + [node("Concat", *[f"p{k}" for k in range(12)],
         out="o", axis=1)], "o"), (12,), {**ends, "axes": i64(1)})
    for op, opset in ((7, 7), (12, 12)):
        made(f"Slice and Split, opset {opset}", curved(
            [helper.make_node("Split", ["x"], ["a", "b"], axis=1, split=[2, 3]),
             node("Slice", "b", out="s", axes=[1], starts=[1], ends=[1 << 31]) if opset < 10 else
             node("Slice", "b", "one", "end", "axis", out="s"),
             node("Concat", "a", "s", out="o", axis=1)], "o"), (5, 2),
             {"one": i64(1), "end": i64(1 << 62), "axis": i64(1)}, opset)
    made("Split in three", curved([helper.make_node("Split", ["x"], ["a", "b", "c"], axis=-1),
         node("Mul", "c", "a", out="m"), node("Add", "m", "b", out="o")], "o"), (2, 6))
    made("Split, input", curved([helper.make_node("Split", ["x", "s"], ["a", "b"], axis=1),
         node("Concat", "b", "b", "a", out="o", axis=1)], "o"), (5,), {"s": i64(1, 4)})
    for s, e, t in ((-1, -99, -1), (4, 0, -2), (0, 5, 3), (-3, 100, 1)):
        one(f"{s}:{e}:{t}", "Slice", (2, 5), {"s": i64(s), "e": i64(e), "a": i64(2), "t": i64(t)},
            ("x", "s", "e", "a", "t"))
    one("of the batch, all of it", "Slice", (4,), {"s": i64(0, 1), "e": i64(1 << 40, 3)},
        ("x", "s", "e"))
    for opset in (11, 13):
        axes = opset > 12
        made(f"Squeeze and Unsqueeze, opset {opset}", curved(
            [node("Squeeze", "x", *(["a"] if axes else []), out="q",
                  **({} if axes else {"axes": [2]})),
             node("Unsqueeze", "q", *(["b"] if axes else []), out="o",
                  **({} if axes else {"axes": [-1, 1]}))], "o"), (3, 1, 2),
             {"a": i64(2), "b": i64(-1, 1)}, opset)
    for mode in ("constant", "edge", "reflect"):
        one(mode, "Pad", (2, 4), {"p": i64(0, 1, 3, 0, 0, 2), "v": f32(1.5)[0]},
            ("x", "p", "v") if mode == "constant" else ("x", "p"), mode=mode)
    one("that crops", "Pad", (2, 5), {"p": i64(0, 0, -1, 0, 0, -2)}, ("x", "p"))
    one("attributes", "Pad", (2, 4), opset=9, pads=[0, 0, 1, 0, 1, 0], value=-.5)
    for axis, index in ((1, i64(2, 0, 2)), (2, np.array([[1, -1], [0, 0]])), (-1, np.array(3))):
        one(f"axis {axis}", "Gather", (3, 4), {"i": index}, ("x", "i"), axis=axis)
    one("axis 2", "GatherElements", (3, 4), {"i": np.array([[[3, 0], [1, -1]]])}, ("x", "i"),
        axis=2)
    one("shared batch", "GatherND", (3, 4), {"i": np.array([[[2], [0]]])}, ("x", "i"),
        batch_dims=1)
    one("", "Expand", (3, 1), {"s": i64(1, 3, 4)}, ("x", "s"))
    one("", "Tile", (2, 3), {"s": i64(1, 2, 3)}, ("x", "s"))
    for mode in ("DCR", "CRD"):
        one(mode, "DepthToSpace", (8, 2, 3), blocksize=2, mode=mode)
    one("", "SpaceToDepth", (2, 4, 6), blocksize=2)


def choices():
    zero, mask = {"z": f32(0), "t": f32(.3)}, {"m": np.array([[True, False, True]])}
    for op in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual"):
        made(f"{op}, Where", [node(op, "x", "t", out="c"), node("Mul", "x", "x", out="q"),
                              node("Where", "c", "q", "x")], (2, 3), zero)
    made("Equal, Not, And, Or of parts", [
        node("Greater", "x", "z", out="a"), node("Less", "x", "t", out="b"),
        node("And", "a", "b", out="c"), node("Not", "a", out="d"), node("Or", "c", "d", out="e"),
        node("Equal", "e", "a", out="f"), node("Where", "f", "x", "z", out="g"),
        node("Mul", "g", "x")], (3, 4), zero)
    made("Where of a constant mask", curved([node("Where", "m", "x", "t", out="o")], "o"), (3,),
         {**mask, **zero})
    made("Cast of a comparison", [node("Greater", "x", "z", out="a"),
                                  node("Cast", "a", out="c", to=TensorProto.FLOAT),
                                  node("Mul", "c", "x")], (3, 4), zero)
    made("Cast to int and back", [node("Cast", "x", out="i", to=TensorProto.INT64),
                                  node("Cast", "i", out="f", to=TensorProto.FLOAT),
                                  node("Add", "f", "x")], (3, 4), smooth=False, low=-9, high=9)
    path = save(graph([node("Cast", "x", out="i", to=TensorProto.INT32),
                       node("Cast", "i", to=TensorProto.FLOAT)], (4,)))
    got, error = gull.ask("gradient:f64", path, np.ones(4))
    ok(error is None and (got == 1).all(), f"Cast to int is straight-through: {error or got}")
    made("Cast to bool", [node("Cast", "x", out="b", to=TensorProto.BOOL),
                          node("Where", "b", "x", "z")], (3, 4), zero)
    for op in ("ArgMax", "ArgMin"):
        for a in (dict(axis=1), dict(axis=-1, keepdims=0), dict(axis=2, select_last_index=1)):
            made(f"{op} {a}", [node(op, "x", out="i", **a),
                               node("Cast", "i", to=TensorProto.FLOAT)], (3, 4))
    for k, a in ((2, dict(axis=1)), (3, dict(axis=-1, largest=0)), (1, {})):
        both = helper.make_node("TopK", ["x", "k"], ["v", "i"], **a)
        made(f"TopK {k} {a}", curved([both], "v"), (3, 4), {"k": i64(k)})
        made(f"TopK {k} {a}, places", [both, node("Cast", "i", to=TensorProto.FLOAT)], (3, 4),
             {"k": i64(k)})
    made("both outputs of TopK", [helper.make_node("TopK", ["x", "k"], ["v", "i"]),
                                  node("Cast", "i", out="f", to=TensorProto.FLOAT),
                                  node("Mul", "v", "f")], (5,), {"k": i64(3)})


def folding():
    shape = [node("Shape", "x", out="s")]
    made("view(size(0), -1)", curved(shape + [
        node("Gather", "s", "zero", out="n", axis=0), node("Unsqueeze", "n", "axes", out="u"),
        node("Concat", "u", "minus", out="want", axis=0), node("Reshape", "x", "want", out="o")],
        "o"), (3, 4), {"zero": np.int64(0), "axes": i64(0), "minus": i64(-1)})
    made("TensorFlow's flatten", curved(shape + [
        node("Cast", "s", out="c", to=TensorProto.INT32),
        node("Slice", "c", "zero", "one", "zero", out="n"),
        node("Squeeze", "n", "zero", out="q"), node("Unsqueeze", "q", "zero", out="u"),
        node("Concat", "u", "twelve", out="k", axis=0),
        node("Cast", "k", out="want", to=TensorProto.INT64), node("Reshape", "x", "want", out="o")],
        "o"), (3, 4), {"zero": i64(0), "one": i64(1), "twelve": np.array([12], dtype=np.int32)})
    made("halves by integer division", curved(shape + [
        node("Gather", "s", "two", out="w", axis=0), node("Div", "w", "pair", out="h"),
        node("Slice", "x", "zero", "h", "two", out="o")], "o"), (3, 5),
        {"two": i64(2), "pair": i64(2), "zero": i64(0)})
    made("arithmetic on a shape", curved(shape + [
        node("Slice", "s", "one", "big", out="rest"), node("ReduceMax", "rest", out="m", keepdims=1),
        node("Sub", "m", "minus", out="p1"), node("Add", "p1", "seven", out="p"),
        node("Concat", "minus", "p", out="want", axis=0), node("Reshape", "x", "want", out="o")],
        "o"), (3, 4), {"one": i64(1), "big": i64(99), "minus": i64(-1), "seven": i64(7)})
    made("a table of places", curved([
        node("Range", "zero", "four", "one", out="p"),
        node("Cast", "p", out="f", to=TensorProto.FLOAT), node("Exp", "f", out="s"),
        node("Unsqueeze", "s", "axes", out="u"), node("Add", "x", "u", out="o")], "o"), (3, 4),
        {"zero": np.int64(0), "four": np.int64(4), "one": np.int64(1), "axes": i64(0, 1)})
    made("a mask of places", curved([
        node("ConstantOfShape", "k", out="z", value=numpy_helper.from_array(i64(1))),
        node("Expand", "z", "k", out="e"), node("Equal", "e", "b", out="c"),
        node("Where", "c", "x", "m", out="o")], "o"), (2, 3),
        {"k": i64(2, 3), "b": np.array([[1, 2, 1]]), "m": f32(-5)})
    made("NonZero and Size", curved([
        node("NonZero", "t", out="n"), node("Squeeze", "n", "zero", out="i"),
        node("Gather", "x", "i", out="g", axis=1), node("Size", "t", out="k"),
        node("Cast", "k", out="f", to=TensorProto.FLOAT), node("Mul", "g", "f", out="o")], "o"),
        (4,), {"t": f32(0, 2, 0, 1), "zero": i64(0)})
    for kind, value in (("value_float", 1.5), ("value_floats", [1., 2., 3.]), ("value_int", 2),
                        ("value_ints", [1, 2, 3])):
        made(f"Constant {kind}", curved([helper.make_node("Constant", [], ["k"], **{kind: value}),
             node("Cast", "k", out="f", to=TensorProto.FLOAT), node("Add", "x", "f", out="o")],
             "o"), (3,))
    made("an empty constant in Concat", curved([
        node("Concat", "none", "want", out="k", axis=0), node("Reshape", "x", "k", out="o")], "o"),
        (3, 4), {"none": i64(), "want": i64(-1, 12)})


def unbatched():
    """Networks whose first axis is no batch: read as one input of all their numbers."""
    def whole(name, nodes, shape, constants=()):
        model = graph(nodes, shape[1:], constants, batch=shape[0])
        if onnxruntime is None:
            return skip(name, "no ONNX Runtime")
        x = r.uniform(-2, 2, shape).astype(np.float32)
        s = onnxruntime.InferenceSession(model.SerializeToString(),
                                         providers=["CPUExecutionProvider"])
        compare(name, model, x, s.run(None, {"x": x})[0])
    whole("rows are transposed", [node("Transpose", "x", perm=[1, 0])], (3, 4))
    whole("rows are summed", [node("ReduceSum", "x", "a")], (3, 4), {"a": i64(0)})
    whole("the batch axis is squeezed", [
        node("Conv", "x", "w", out="c"), node("Relu", "c", out="d"), node("Squeeze", "d", "a", out="e"),
        node("Transpose", "e", out="f"), node("Softmax", "f", out="g", axis=0),
        node("ReduceMax", "g", axes=[1], keepdims=0)], (1, 3, 6, 6),
        {"w": weights(4, 3, 3, 3), "a": i64(0)})
    whole("the first row alone", [node("Gather", "x", "i", out="g"),
                                  node("MatMul", "g", "w")], (2, 4),
          {"i": np.int64(0), "w": weights(4, 3)})
    whole("a matrix times a vector", [node("MatMul", "w", "x")], (4,), {"w": weights(3, 4)})
    whole("one axis", [node("Concat", "x", "c", out="k", axis=0), node("Mul", "k", "k")], (4,),
          {"c": weights(2)})


def outside():
    """External data, and files that must be refused."""
    import tempfile
    folder = tempfile.mkdtemp(dir=tmp.name)
    w = weights(5, 3)
    def model(**entries):
        m = graph([node("MatMul", "x", "w", out="o"), node("Mul", "o", "o")], (5,), {"w": w})
        t = m.graph.initializer[0]
        t.ClearField("raw_data")
        t.data_location = TensorProto.EXTERNAL
        for k, v in entries.items():
            t.external_data.add(key=k, value=str(v))
        path = os.path.join(folder, "m.onnx")
        with open(path, "wb") as f:
            f.write(m.SerializeToString())
        return path
    os.mkdir(folder + "/in")
    os.mkdir(folder + "/out")
    with open(folder + "/in/weights.bin", "wb") as f:
        f.write(b"?" * 7 + w.tobytes() + b"?")
    inner = tempfile.mkdtemp(dir=folder + "/out")
    os.symlink("../in/weights.bin", folder + "/out/link")
    os.symlink(folder + "/in/weights.bin", inner + "/escape")
    x = r.uniform(-1, 1, (2, 5))
    for location in ("in/weights.bin", "./in/weights.bin", "out/link"):
        got, error = gull.ask("reference", model(location=location, offset=7, length=60), x)
        ok(error is None and far(got, (x @ w.astype(np.float64)) ** 2) < 1e-12,
           f"weights in {location}: {error}")
    digests = []
    for byte in (b"?", b"!", w.tobytes()[:1]):
        with open(folder + "/in/weights.bin", "r+b") as f:
            f.seek(7), f.write(byte)
        path = model(location="in/weights.bin", offset=7, length=60)
        digests.append(command("info", path).stdout.split("sha256")[-1].split()[0])
    ok(len(set(digests)) == 3, "the model's digest counts the weights outside")
    def refused(name, path, *words):
        error = gull.ask("ref", path, None)[1]
        ok(error and all(k in error for k in ("constant 'w'",) + words), f"{name}: {error}")
    refused("no such file", model(location="nothing"), "nothing")
    refused("cut off", model(location="in/weights.bin", offset=9, length=60), "60 bytes")
    refused("far away", model(location="in/weights.bin", offset=(1 << 63) - 1, length=60), "60")
    refused("another length", model(location="in/weights.bin", length=64), "64 bytes")
    refused("a negative offset", model(location="in/weights.bin", offset=-1), "offset")
    refused("no location", model(offset=0), "not under")
    refused("absolute", model(location=folder + "/in/weights.bin", offset=7), "not under")
    refused("upward", model(location="in/../../x", offset=7), "not under")
    refused("a folder", model(location="in"), "in")
    os.rename(model(location="escape", offset=7, length=60), inner + "/m.onnx")
    refused("a link out of the folder", inner + "/m.onnx", "link out")
    for kind, array in (("double", w.astype(np.float64)), ("half", w.astype(np.float16))):
        m = graph([node("Cast", "w", out="v", to=TensorProto.FLOAT), node("MatMul", "x", "v")],
                  (5,), {"w": array})
        got, error = gull.ask("reference", save(m), x)
        ok(error is None and far(got, x @ array.astype(np.float32).astype(np.float64)) < 1e-12,
           f"weights of type {kind}: {error}")


def refusals():
    def refused(name, model, *words):
        error = gull.ask("ref", save(model), None)[1]
        ok(error and all(k in error for k in words), f"refused: {name}: {error}")
    lstm = graph([helper.make_node("LSTM", ["x", "w", "w"], ["y"], hidden_size=2)], (3, 4),
                 {"w": weights(1, 8, 4)})
    refused("LSTM", lstm, "error -4", "LSTM", "13")
    branch = helper.make_graph([node("Relu", "x")], "b", [],
                               [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    refused("If", graph([helper.make_node("If", ["c"], ["y"], then_branch=branch,
                                          else_branch=branch)], (3,), {"c": np.array(True)}),
            "error -4", "If", "graphs inside")
    refused("indices that are computed", graph(
        [node("ArgMax", "x", out="i", axis=1), node("Gather", "w", "i")], (3,),
        {"w": weights(3, 2)}), "Gather", "first input is a constant")
    refused("an index too far", graph([node("Gather", "x", "i", axis=1)], (3,), {"i": i64(3)}),
            "index 3 of 3")
    refused("Slice of nothing", graph([node("Slice", "x", "a", "a", "one")], (3,),
                                      {"a": i64(2), "one": i64(1)}), "nothing is left")
    refused("huge constants", graph(
        [node("ConstantOfShape", "k", out="c"), node("Add", "x", "c")], (3,),
        {"k": i64(1 << 20, 1 << 20)}), "more than")
    refused("text", graph([helper.make_node("Constant", [], ["t"], value_string=b"a"),
                           node("Add", "x", "t")], (3,)), "text")


for part in (moves, choices, folding, unbatched, outside, refusals):
    part()
done()
