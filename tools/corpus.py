#!/usr/bin/env python3
"""Makes fuzz/corpus: small files of every format, from scratch and always the same.  pass_* must be
read, fail_* must be refused (test_malformed.c).  Needs numpy, onnx and PIL (Debian packages)."""
import base64
import gzip
import io
import json
import os
import struct
import zipfile
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz", "corpus")
rng = np.random.default_rng(1)


def put(kind, name, data):
    os.makedirs(os.path.join(ROOT, kind), exist_ok=True)
    with open(os.path.join(ROOT, kind, name), "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)


def npy(a, version=(1, 0)):
    f = io.BytesIO()
    np.lib.format.write_array(f, np.asanyarray(a), version=version)
    return f.getvalue()


def npz(**arrays):
    f = io.BytesIO()
    with zipfile.ZipFile(f, "w", zipfile.ZIP_DEFLATED) as z:
        for name, a in arrays.items():
            z.writestr(zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0)), npy(a))
    return f.getvalue()


def idx(a, code):
    return bytes([0, 0, code, a.ndim]) + struct.pack(f">{a.ndim}I", *a.shape) + a.astype(a.dtype.newbyteorder(">")).tobytes()


x = rng.normal(size=(3, 4)).astype(np.float32)
for t in ("?", "u1", "<i2", ">u4", "<i8", "<f2", ">f4", "<f8"):
    put("npy", f"pass_{t.strip('<>?') or 'bool'}.npy", npy((x * 3).astype(t)))
put("npy", "pass_fortran.npy", npy(np.asfortranarray(x)))
put("npy", "pass_version2.npy", npy(x, (2, 0)))
put("npy", "pass_pictures.npy", npy(np.zeros((2, 3, 3, 3), np.uint8)))
good = npy(x)
put("npy", "fail_cut.npy", good[:-1])
put("npy", "fail_header.npy", good[:60])
huge = b"(4611686018427387905, 4)"  # times 4 bytes wraps around to 16
put("npy", "fail_huge.npy", good.replace(b"(3, 4), }" + b" " * (len(huge) - 6), huge + b", }"))
put("npy", "fail_object.npy", good.replace(b"'<f4'", b"'|O4'"))
put("npy", "fail_scalar.npy", npy(np.float32(3)))
put("npy", "fail_empty.npy", npy(np.zeros((0, 4))))
put("npz", "pass_xy.npz", npz(x=x, y=np.arange(3)))
put("npz", "pass_arr.npz", npz(arr_0=x, arr_1=np.arange(3)))
put("npz", "fail_names.npz", npz(a=x, b=x))
put("npz", "fail_rows.npz", npz(x=x, y=np.arange(4)))
put("npz", "fail_cut.npz", npz(x=x)[:-30])
put("idx", "pass_bytes.idx", idx(np.arange(12, dtype=np.uint8).reshape(3, 2, 2), 8))
put("idx", "pass_floats.idx", idx(x, 13))
put("idx", "pass_gz.idx.gz", gzip.compress(idx(np.arange(12, dtype=np.uint8).reshape(3, 4), 8), mtime=0))
put("idx", "fail_cut.idx", idx(x, 14)[:-1])
put("idx", "fail_shape.idx", bytes([0, 0, 8, 3]) + struct.pack(">3I", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + b"12")
put("idx", "fail_axes.idx", bytes([0, 0, 8, 200]) + b"\0" * 100)
put("csv", "pass_plain.csv", "a,b,label\n1,2.5,0\n-3,1e3,1\n")
put("csv", "pass_quotes.csv", '\ufeff"a ""x""","b,c",class\r\n1,"2",cat\r\nNA,,dog\r\n')
put("csv", "pass_semicolon.csv", "a;b;y\n1;2;0\n\n3;4;1\n")
put("csv", "fail_words.csv", "a,b\n1,red\n")
put("csv", "fail_ragged.csv", "a,b\n1,2\n3\n")
put("csv", "fail_long.csv", "a,b\n1,2,3\n")
put("csv", "fail_header.csv", "1,2\n3,4\n")
put("csv", "fail_only_header.csv", "a,b\n")
put("csv", "fail_infinite.csv", "a,b\n1,inf\n")
put("libsvm_data", "pass_one.svm", "1 1:0.5 3:-2\n-1 2:1e2 # note\n")
put("libsvm_data", "pass_zero.svm", "0 0:1 5:2\n3 qid:4 2:7\n")
put("libsvm_data", "fail_colon.svm", "1 1:2 3:4\n1 2 3\n")
put("libsvm_data", "fail_value.svm", "1 1:2\n1 1:abc\n")
put("libsvm_data", "fail_index.svm", "1 1:2\n1 99999999999:1\n")


def picture(mode, kind, size=(5, 4)):
    f = io.BytesIO()
    a = rng.integers(0, 256, size=(size[1], size[0], 4), dtype=np.uint8)
    Image.fromarray(a, "RGBA").convert(mode).save(f, kind)
    return f.getvalue()


for mode in ("L", "RGB", "RGBA", "P", "1"):
    put("picture", f"pass_{mode}.png", picture(mode, "PNG"))
for mode in ("L", "RGB", "CMYK"):
    put("picture", f"{'fail' if mode == 'CMYK' else 'pass'}_{mode}.jpg", picture(mode, "JPEG"))
put("picture", "fail_cut.png", picture("L", "PNG")[:50])
put("picture", "fail_text.png", "no picture")
put("picture", "fail_cut.jpg", picture("RGB", "JPEG")[:100])

tree = {"base_weights": [0.0] * 3, "categories": [], "categories_nodes": [], "categories_segments": [],
        "categories_sizes": [], "default_left": [0, 0, 0], "id": 0, "left_children": [1, -1, -1],
        "loss_changes": [1.0, 0.0, 0.0], "parents": [2147483647, 0, 0], "right_children": [2, -1, -1],
        "split_conditions": [0.5, -0.25, 0.75], "split_indices": [1, 0, 0], "split_type": [0, 0, 0],
        "sum_hessian": [2.0, 1.0, 1.0],
        "tree_param": {"num_deleted": "0", "num_feature": "3", "num_nodes": "3", "size_leaf_vector": "0"}}
model = {"learner": {"attributes": {}, "feature_names": [], "feature_types": [],
                     "gradient_booster": {"model": {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "2",
                                                                           "size_leaf_vector": "0"},
                                                    "tree_info": [0, 0], "trees": [tree, {**tree, "id": 1}]}, "name": "gbtree"},
                     "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "3", "num_target": "1"},
                     "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}}},
         "version": [1, 7, 4]}
text = json.dumps(model, separators=(",", ":"))
put("xgboost", "pass_binary.json", text)
put("xgboost", "fail_cut.json", text[:-40])
put("xgboost", "fail_child.json", text.replace('"right_children":[2,', '"right_children":[99,'))
put("xgboost", "fail_cycle.json", text.replace('"left_children":[1,', '"left_children":[0,'))
put("xgboost", "fail_feature.json", text.replace('"split_indices":[1,', '"split_indices":[7,'))
put("xgboost", "fail_linear.json", text.replace('"gbtree"}', '"gblinear"}'))
put("xgboost", "fail_objective.json", text.replace("binary:logistic", "reg:squarederror"))
put("liblinear", "pass_binary.model", "solver_type L2R_LR\nnr_class 2\nlabel 1 -1\nnr_feature 3\nbias 1\nw\n1\n-2\n0.5\n0.25\n")
put("liblinear", "pass_three.model", "solver_type MCSVM_CS\nnr_class 3\nlabel 1 2 3\nnr_feature 2\nbias -1\nw\n1 0 1\n0 1 1\n")
put("liblinear", "fail_cut.model", "solver_type L2R_LR\nnr_class 2\nlabel 1 -1\nnr_feature 3\nbias 1\nw\n1\n-2\n")
put("liblinear", "fail_huge.model", "solver_type L2R_LR\nnr_class 999999999\nlabel 1 -1\nnr_feature 999999999\nbias 1\nw\n1\n")
put("liblinear", "fail_regression.model", "solver_type L2R_L2LOSS_SVR\nnr_class 2\nnr_feature 1\nbias -1\nw\n1\n")
svm = "svm_type c_svc\nkernel_type linear\nnr_class 2\ntotal_sv 2\nrho 0.5\nlabel 1 -1\nnr_sv 1 1\nSV\n1 1:0.5 2:1 \n-1 1:1 \n"
put("libsvm", "pass_linear.model", svm)
put("libsvm", "fail_rbf.model", svm.replace("linear", "rbf"))
put("libsvm", "fail_cut.model", svm[:-12])


def tensor(name, v):
    whole = v.dtype == np.int64
    return helper.make_tensor(name, TensorProto.INT64 if whole else TensorProto.FLOAT, v.shape,
                              v.astype(v.dtype if whole else np.float32).tobytes(), raw=True)


def network(nodes, weights, shape, name="pass_net.onnx"):
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
                              [tensor(k, v) for k, v in weights.items()])
    m = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="corpus")
    m.ir_version = 7
    put("onnx", name, m.SerializeToString())
    return m


w1, w2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
dense = [helper.make_node("Gemm", ["x", "w", "b"], ["h"]), helper.make_node("Relu", ["h"], ["r"]),
         helper.make_node("Gemm", ["r", "v", "c"], ["y"])]
parts = {"w": w1, "b": np.ones(4), "v": w2, "c": np.zeros(2)}
network(dense, parts, [None, 3])
conv = [helper.make_node("Conv", ["x", "k"], ["h"], strides=[2, 2], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2]), helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "v"], ["y"])]
network(conv, {"k": rng.normal(size=(2, 1, 3, 3)), "v": rng.normal(size=(2, 2))}, [1, 1, 4, 4], "pass_conv.onnx")
absent = [helper.make_node("Gemm", ["x", "", "b"], ["y"])]
network(absent, {"b": np.ones(2)}, [None, 3], "fail_absent.onnx")
for op in ("Flatten", "Identity", "Dropout", "Transpose", "Softmax", "Reshape"):
    first = [helper.make_node(op, ["w", "", "x"], ["h"]), helper.make_node("Gemm", ["h", "v"], ["y"])]
    network(first, {"w": np.ones((1, 4)), "v": w2}, [None, 3], f"fail_{op.lower()}.onnx")
def n(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def i64(*v):
    return np.array(v, np.int64)


moves = [n("Split", "x", "a b", axis=1), n("Slice", "b s e axis t", "c"), n("Pad", "c p", "d", mode="reflect"),
         n("Gather", "a i", "f", axis=2), n("Concat", "d f x", "g", axis=2), n("Unsqueeze", "g axis", "h"),
         n("Squeeze", "h axis", "j"), n("Tile", "j two", "k"), n("Expand", "k big", "l"),
         n("GatherElements", "l q", "o", axis=1), n("ReduceSum", "o axis", "r", keepdims=0), n("MatMul", "r v", "y")]
network(moves, {"s": i64(-1), "e": i64(-9), "axis": i64(1), "t": i64(-1), "p": i64(0, 0, 1, 0, 0, 1), "i": i64(1, 0),
                "two": i64(1, 1, 2), "big": i64(1, 2, 1), "q": np.zeros((1, 1, 4), np.int64), "v": rng.normal(size=(4, 2))},
        [None, 2, 3], "fail_moves.onnx")
moves[4:5] = [n("Concat", "d f", "g", axis=2)]
network(moves, {"s": i64(-1), "e": i64(-9), "axis": i64(1), "t": i64(-1), "p": i64(0, 0, 1, 0, 0, 1), "i": i64(1, 0),
                "two": i64(1, 1, 2), "big": i64(1, 2, 1), "q": np.zeros((1, 1, 4), np.int64), "v": rng.normal(size=(4, 2))},
        [None, 2, 3], "pass_moves.onnx")
choices = [n("Greater", "x z", "a"), n("Not", "a", "b"), n("And", "a b", "c"), n("Or", "c a", "d"), n("Where", "d x z", "e"),
           n("TopK", "e k", "v i"), n("Cast", "i", "f", to=1), n("Equal", "v f", "g"), n("Cast", "g", "h", to=1),
           n("ArgMin", "x", "j", axis=1), n("Cast", "j", "l", to=1), n("Concat", "v h l f", "m", axis=1), n("MatMul", "m w", "y")]
network(choices, {"z": np.zeros(1), "k": i64(2), "w": rng.normal(size=(7, 2))}, [None, 3], "pass_choices.onnx")
shapes = [n("Shape", "x", "s"), n("Gather", "s zero", "b"), n("ConstantOfShape", "one", "o", value=tensor("v", i64(-1))),
          n("Unsqueeze", "b first", "u"), n("Concat", "u o", "t", axis=0), n("Reshape", "x t", "f"),
          n("Range", "zero two step", "r"), n("Cast", "r", "c", to=1), n("Gemm", "f w", "h"), n("Add", "h c", "y")]
folded = {"zero": np.array(0, np.int64), "one": i64(1), "first": i64(0), "two": np.array(2, np.int64),
          "step": np.array(1, np.int64), "w": rng.normal(size=(4, 2))}
network(shapes, folded, [None, 2, 2], "pass_shapes.onnx")
network(shapes, {**folded, "one": i64(1 << 40)}, [None, 2, 2], "fail_constant.onnx")
whole = [n("Transpose", "x", "t", perm=[1, 0]), n("DepthToSpace", "d", "e", blocksize=2), n("Reshape", "e four", "f"),
         n("MatMul", "t f", "g"), n("ReduceMax", "g", "y", axes=[0], keepdims=0)]
network(whole, {"d": rng.normal(size=(1, 4, 2, 1)), "four": i64(4, 2)}, [4, 3], "pass_unbatched.onnx")
m = network([n("MatMul", "x w", "y")], {"w": rng.normal(size=(3, 2))}, [None, 3], "fail_outside.onnx")
m.graph.initializer[0].ClearField("raw_data")
m.graph.initializer[0].data_location = TensorProto.EXTERNAL
m.graph.initializer[0].external_data.add(key="location", value="../weights")
put("onnx", "fail_outside.onnx", m.SerializeToString())
m = network(dense, parts, [None, 3], "pass_net.onnx")
put("onnx", "fail_cut.onnx", m.SerializeToString()[:-20])
m.graph.node[1].op_type = "Sauce"
put("onnx", "fail_operator.onnx", m.SerializeToString())
m.graph.node[1].op_type = "Relu"
m.graph.node[1].input[0] = "nowhere"
put("onnx", "fail_dangling.onnx", m.SerializeToString())
m.graph.node[1].input[0] = "y"
put("onnx", "fail_cycle.onnx", m.SerializeToString())
network(dense, {**parts, "v": rng.normal(size=(5, 2))}, [None, 3], "fail_shape.onnx")


# ---- What readers must not take silently ----
put("npy", "fail_nul.npy", good.replace(b"'fortran_order'", b"\0fortran_order'"))
put("npz", "fail_inner.npz", npz(x=x)[:60] + b"\xff" * 20 + npz(x=x)[80:])
put("idx", "pass_shorts.idx", idx(np.array([[1, -2], [300, 4]], np.int16), 11))
put("idx", "fail_cut_gz.idx.gz", gzip.compress(idx(np.zeros((3, 4), np.uint8), 8), mtime=0)[:-6])
put("csv", "pass_tabs.tsv", "a\tb\ttarget\n1\t2\tpear\n3\t4\t7\n")
put("csv", "pass_numbers.csv", "0,1,2,label\n5,6,7,1\n")
put("csv", "fail_quote.csv", 'a,b\n1,"2\n3,4\n')
put("csv", "fail_nul.csv", "a,b\n1,2\0\n")
put("csv", "fail_latin1.csv", "caf\u00e9,b\n1,2\n".encode("latin-1"))
put("csv", "fail_row_numbers.csv", ",a,b\n0,1,2\n")
put("csv", "fail_no_label.csv", "a,label\n1,x\n2,\n")
put("libsvm_data", "fail_order.svm", "1 1:2 1:3\n")
put("libsvm_data", "fail_dense.svm", "1 1:1\n" + "1 16777216:1\n")


def png(width, height, depth, colour, rows, interlace=0):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


put("picture", "pass_deep.png", png(2, 2, 16, 2, b"\0" + bytes(range(12)) + b"\1" + bytes(range(12))))
# Adam7 of 3 x 3 grey pixels: passes 1 and 4 have one, 5 has two in a row, 6 one in each of two rows, 7 three
put("picture", "pass_interlaced.png", png(3, 3, 8, 0, b"\0\1" b"\0\2" b"\0\3\4" b"\0\5" b"\0\6" b"\0\7\x08\x09", 1))
put("picture", "fail_huge.png", png(60000, 60000, 8, 2, b""))
put("picture", "fail_crc.png", bytes([b ^ (i == 45) for i, b in enumerate(png(2, 2, 8, 0, b"\0ab\0cd"))]))
smooth = Image.fromarray(np.add.outer(np.arange(24) * 9, np.arange(17)).astype(np.uint8), "L")
f = io.BytesIO()
smooth.save(f, "JPEG", progressive=True)
put("picture", "pass_progressive.jpg", f.getvalue())
put("domain", "pass_default.json", '{"default": {"lo": -9, "hi": 9, "kind": "real"}}')
put("domain", "pass_features.json", '{"features": {"0": {"frozen": true}, "1": {"only": "up", "weight": 2.5}, "2": {"lo": -1}}}')
put("domain", "pass_null.json", '{"default": {"lo": null, "hi": null}, "features": {}}')
put("domain", "fail_cut.json", '{"default": {"lo": -9')
put("domain", "fail_empty.json", "{}")
put("domain", "fail_list.json", "[1, 2]")
put("domain", "fail_key.json", '{"default": {"low": 3}}')
put("domain", "fail_feature.json", '{"features": {"nowhere": {"frozen": true}}}')
put("domain", "fail_index.json", '{"features": {"18446744073709551617": {"frozen": true}}}')
put("domain", "fail_order.json", '{"default": {"lo": 2, "hi": 1}}')
put("domain", "fail_weight.json", '{"default": {"weight": 0}}')
put("domain", "fail_twice.json", '{"default": {}, "default": {"lo": 1}}')
put("domain", "fail_number.json", '{"default": {"lo": 1e999}}')
put("domain", "fail_word.json", '{"default": {"only": "sideways"}}')
put("domain", "fail_kind.json", '{"default": {"kind": "category"}}')

# ---- Rows of a resume file (fuzz_journal.c puts the first line and the checksums) ----
witness = base64.b64encode(struct.pack("<2d", 1, -0.5)).decode()
one = f'[0,1,1,0,0.9,0.5,2,0.5,0.5,0,0,false,7,0.001,"inf",false,[[true,true,0.5,0.5,7,0.001,0]],"{witness}"]\n'
two = '[1,0,0,1,0.9,0.5,1,0,"inf",-1,-1,false,1,0.001,"inf",false,[[false,false,"inf",0,0,0,0]],null]\n'
put("journal", "pass_one.txt", one)
put("journal", "pass_two.txt", one + two)
put("journal", "fail_short.txt", "[0,1,1]\n")
