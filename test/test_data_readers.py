#!/usr/bin/env python3
"""test_data_readers.py - every data format against the library that usually reads it: NumPy, scikit-learn,
Python's csv, Pillow; and what the reader says of files it refuses."""
import csv
import gzip
import hashlib
import itertools
import json
import os
import struct
import subprocess
import tempfile
import zlib

from tap import DATA, SOURCE, TEST_SET, done, gull, ok, skip

try:
    import numpy as np
except ImportError:
    skip("data", "no NumPy")
    done()

BUILD = os.environ.get("GULL_BUILD", os.path.join(SOURCE, "build"))
dump = subprocess.Popen([os.path.join(BUILD, "test", "data_dump")], stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, text=True)
room = tempfile.TemporaryDirectory()
random = np.random.default_rng(5)


def at(*names):
    return os.path.join(room.name, *names)


class Opened(dict):
    __getattr__ = dict.get


def open_data(path, column=""):
    out = at("numbers.bin")
    dump.stdin.write(f"{path}\t{column}\t{out}\n")
    dump.stdin.flush()
    d = Opened(json.loads(dump.stdout.readline()))
    if d.status == 0:
        numbers = np.fromfile(out)
        n = d.rows * d.dim
        d["x"], d["y"] = numbers[:n].reshape(d.rows, d.dim), numbers[n:]
    return d


def same(a, b):
    return a is not None and a.shape == b.shape and np.array_equal(a, b, equal_nan=True)


def write(name, content):
    path = at(name)
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path, status, *words, column=""):
    d = open_data(path, column)
    good = d.status == status and all(w in d.text for w in words)
    ok(good, f"refused: {d.text}" if d.status else f"{os.path.basename(path)} was read")


def npy():
    wrong = []
    kinds = ["?", "u1", "i1"] + [e + k for e in "<>" for k in
                                 ["u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]]
    shapes = [(3, 5), (4, 2, 3), (2, 3, 4, 5), (2, 1, 3, 2, 2)]
    for kind, shape, order in itertools.product(kinds, shapes, "CF"):
        x = np.asarray(random.normal(0, 90, shape).astype(kind), order=order)
        if kind[-2:] == "f2":
            x.flat[:4] = [6e-8, -65504, np.nan, -0.0]
        np.save(at("x.npy"), x)
        d = open_data(at("x.npy"))
        if not (same(d.x, np.ascontiguousarray(x).reshape(len(x), -1).astype(float))
                and d.shape == list(shape[1:]) and d.bytes == (kind == "u1")):
            wrong.append((kind, shape, order, d.text))
    ok(not wrong, f"npy: {len(kinds)} element types, 4 shapes, both orders {wrong[:3]}")
    big = np.array([[2**63, 2**53 + 1], [2**64 - 1, 0]], dtype="u8")
    np.save(at("x.npy"), big)
    ok(same(open_data(at("x.npy")).x, big.astype(float)), "npy: integers beyond 2^53 are rounded")
    for version in (1, 0), (2, 0), (3, 0):
        with open(at("v.npy"), "wb") as f:
            np.lib.format.write_array(f, big, version=version)
        ok(same(open_data(at("v.npy")).x, big.astype(float)), f"npy: format {version[0]}")


def npy_pairs():
    x, y = random.normal(size=(7, 4)), np.arange(7)
    np.save(at("x.npy"), x)
    np.save(at("y.npy"), y)
    d = open_data(f"{at('x.npy')},{at('y.npy')}")
    ok(same(d.x, x) and same(d.y, y.astype(float)) and d.labelled, "npy: X,Y")
    both = "".join(hashlib.sha256(open(at(n), "rb").read()).hexdigest() for n in ("x.npy", "y.npy"))
    ok(d.sha256 == hashlib.sha256(both.encode()).hexdigest(), "npy: digest of both digests")
    np.save(at("y.npy"), y.reshape(7, 1))
    ok(same(open_data(f"{at('x.npy')},{at('y.npy')}").y, y.astype(float)), "npy: a column of labels")
    d = open_data(at("x.npy"))
    ok(not d.labelled and d.sha256 == hashlib.sha256(open(at("x.npy"), "rb").read()).hexdigest(),
       "npy: X alone, its digest")
    np.save(at("a,b.npy"), x)
    ok(same(open_data(at("a,b.npy")).x, x), "npy: a comma in the file's name")
    d = open_data(f"{at('a,b.npy')},{at('y.npy')}")
    ok(same(d.x, x) and d.labelled, "npy: a comma in the name and a second file")
    for shape, last in [((2, 8, 9, 3), True), ((2, 8, 9, 1), True), ((2, 3, 8, 9), False),
                        ((2, 8, 9), False), ((2, 8, 9, 4), True), ((2, 1, 8, 3), False)]:
        np.save(at("x.npy"), np.zeros(shape))
        ok(open_data(at("x.npy")).channels_last == last, f"npy: {shape} has channels last: {last}")


def npy_refused():
    np.save(at("x.npy"), np.zeros((100, 28, 28), "u1"))
    whole = open(at("x.npy"), "rb").read()
    refused(write("cut.npy", whole[:60128]), -3, "cut.npy: byte 128", "(100, 28, 28)", "60000 bytes")
    np.save(at("y.npy"), np.zeros((100, 10)))
    refused(f"{at('x.npy')},{at('y.npy')}", -3, "100 rows but 1000 labels", "class numbers")
    np.save(at("y.npy"), np.zeros(99))
    refused(f"{at('x.npy')},{at('y.npy')}", -3, "100 rows but 99 labels")
    refused(f"{at('x.npy')},{at('gone.npy')}", -9, "gone.npy")
    refused(at("nothing.npy"), -9, "nothing.npy")
    os.mkfifo(at("pipe"))
    refused(at("pipe"), -3, "pipe: neither a file nor a folder")
    refused(f"{at('x.npy')},{at('pipe')}", -3, "pipe: neither a file nor a folder")
    refused("/dev/zero", -3, "neither a file nor a folder")
    for x in (np.zeros((2, 2), complex), np.array([["a", "b"]]), np.zeros(2, [("a", "f4")])):
        np.save(at("x.npy"), x)
        refused(at("x.npy"), -3, "x.npy: npy header: element type", "astype")
    np.save(at("x.npy"), np.array([{}], dtype=object), allow_pickle=True)
    refused(at("x.npy"), -3, "element type")
    for shape in (), (3,), (0, 4), (4, 0), (1, 1, 1, 1, 1, 1), (1, 1, 1, 1, 1, 1, 1):
        np.save(at("x.npy"), np.zeros(shape))
        refused(at("x.npy"), -3, "x.npy")
    np.save(at("x.npy"), np.array([[0, 1], [2, np.inf]]))
    refused(at("x.npy"), -3, "row 1: column 1 is infinite")


def npz():
    x, y = random.normal(size=(6, 2, 3)).astype("f4"), np.arange(6) % 3
    for save, xn, yn in itertools.product((np.savez, np.savez_compressed), ("x", "X", "images"),
                                          ("y", "Y", "labels")):
        save(at("d.npz"), **{yn: y, xn: x, "other": np.zeros(2)})
        d = open_data(at("d.npz"))
        ok(same(d.x, x.reshape(6, 6).astype(float)) and same(d.y, y.astype(float)) and
           d.shape == [2, 3], f"npz: {save.__name__} {xn} {yn}")
    np.savez(at("d.npz"), x, y)
    ok(open_data(at("d.npz")).labelled, "npz: arr_0 and arr_1")
    np.savez(at("d.npz"), x=x)
    ok(not open_data(at("d.npz")).labelled, "npz: x alone")
    np.savez(at("d.npz"), q=x)
    refused(at("d.npz"), -3, "no array named x", "numpy.savez")
    np.savez_compressed(at("bomb.npz"), x=np.zeros((1, 150 << 20), "u1"))
    refused(at("bomb.npz"), -8, "bomb.npz: x.npy", "200 times")
    np.savez_compressed(at("d.npz"), x=np.zeros((20, 1 << 18), "u1"))
    ok(open_data(at("d.npz")).rows == 20, "npz: 5 MB of zeros are well")


def cell_text(v):
    return "" if np.isnan(v) else repr(float(v))


def csv_files():
    x = random.normal(size=(50, 3)) * 10.0 ** random.integers(-300, 300, (50, 3))
    x[random.random(x.shape) < 0.2] = np.nan
    words = random.choice(["cat", "a, b", 'say "hi"', "two\nlines", "ÄÖ", " end"], 50)
    names = ["first", "sec,ond", 'th"ird']
    for column, newline, bom, sep in itertools.product(range(4), ("\n", "\r\n"), ("", "\ufeff"), ",;\t"):
        head = names[:column] + ["Class"] + names[column:]
        with open(at("t.csv"), "w", newline="", encoding="utf-8") as f:
            f.write(bom)
            w = csv.writer(f, delimiter=sep, lineterminator=newline)
            w.writerow(head)
            for row, word in zip(x, words):
                cells = [cell_text(v) for v in row]
                w.writerow(cells[:column] + [word] + cells[column:])
        d = open_data(at("t.csv"))
        want = sorted({w.lstrip(" ") for w in words}, key=str.encode)
        good = (same(d.x, x) and d.feature_names == names and d.label_names == want and
                [want[int(i)] for i in d.y] == [w.lstrip(" ") for w in words])
        if not good or (newline, bom, sep) == ("\n", "", ","):
            ok(good, f"csv: label in column {column}, {newline!r}, {bom!r}, {sep!r} {d.text or ''}")


def csv_labels():
    t = write("t.csv", "a,y,b\n1,0,2\n3,1,4\n")
    d = open_data(t)
    ok(same(d.x, np.array([[1., 2], [3, 4]])) and same(d.y, np.array([0., 1])) and not d.label_names,
       "csv: column y by itself")
    d = open_data(t, "b")
    ok(same(d.x, np.array([[1., 0], [3, 1]])) and same(d.y, np.array([2., 4])), "csv: --label b")
    ok(same(open_data(t, "0").y, np.array([1., 3])), "csv: --label 0")
    d = open_data(write("u.csv", "a,b\n1,2\n"))
    ok(not d.labelled and d.dim == 2, "csv: no label column")
    d = open_data(write("u.csv", "a,label\n1,7\n2,x\n3,10\n"))
    ok(d.label_names == ["10", "7", "x"] and list(d.y) == [1, 2, 0], "csv: numbers and words are words")
    d = open_data(write("u.csv", "a,b\nNA,1\n,?\nnan,null\n 2 , 3\n"))
    ok(same(d.x, np.array([[np.nan, 1], [np.nan] * 2, [np.nan] * 2, [2, 3]])), "csv: missing values")
    d = open_data(write("u.csv", "0,1,2,label\n5,6,7,1\n"))
    ok(same(d.x, np.array([[5., 6, 7]])), "csv: columns called 0, 1, 2")
    d = open_data(write("u.csv", "a,b\n1,2\n\n3,4\n\n"))
    ok(d.rows == 2, "csv: empty lines")
    d = open_data(write("u.csv", "a,b\n1,2\n3,4"))
    ok(d.rows == 2, "csv: no newline at the end")
    with gzip.open(at("z.csv.gz"), "wb") as f:
        f.write(b"a,b\n1,2\n")
    ok(open_data(at("z.csv.gz")).rows == 1, "csv: gzip")


def csv_refused():
    refused(write("t.csv", "a,age\n1,2\n3,abc\n"), -3, "t.csv: line 3: column 'age': 'abc' is not a number")
    refused(write("t.csv", 'a,b\n1,"2\n3"\n4,x y\n'), -3, "line 2: column 'b': '2?3'")
    refused(write("t.csv", b"a,b\n1,\x1b[31mred\n"), -3, "'?[31mred'")
    refused(write("t.csv", "caf\xe9,b\n1,2\n".encode("latin-1")), -3, "line 1: not UTF-8 text")
    refused(write("t.csv", 'a,b\n1,"2"\n\n4,x y\n'), -3, "line 4: column 'b': 'x y'")
    refused(write("t.csv", "a,b\n1,2\n3\n"), -3, "line 3: fewer cells than the 2 columns")
    refused(write("t.csv", "a,b\n1,2\n3,4,5\n"), -3, "line 3: more cells than the 2 columns")
    refused(write("t.csv", "a,b\n1,2\n3,4,\n"), -3, "line 3: more cells")
    refused(write("t.csv", "a,b\n1,2\n3,4,5,6\n"), -3, "line 3: more cells")
    refused(write("t.csv", "5.1,3.5,setosa\n4.9,3,setosa\n"), -3, "line 1", "must name the columns")
    refused(write("t.csv", "0,1\n1,0\n"), -3, "must name the columns")
    refused(write("t.csv", "1,2,3\n1,0,0\n"), -3, "must name the columns")
    refused(write("t.csv", ",a,b\n0,1,2\n"), -3, "column 1 has no name", "index=False")
    refused(write("t.csv", "a,b\n"), -3, "only a header line")
    refused(write("t.csv", "label\n1\n"), -3, "no column besides the label")
    refused(write("t.csv", 'a,b\n1,"2\n3,4\n'), -3, "line 2: a quote that no later quote closes")
    refused(write("t.csv", "a,label\n1,x\n2,\n"), -3, "line 3: column 'label': no label")
    refused(write("t.csv", b"a,b\n1,2\n3,4\x005\n"), -3, "NUL byte")
    refused(write("t.csv", "a,b\n1,inf\n"), -3, "row 0: column 1 is infinite")
    refused(write("t.csv", "a,b\n1,2\n"), -2, "no column 'c'", column="c")
    refused(write("t.csv", "a,b\n1,2\n"), -2, "no column '2'", column="2")
    refused(f"{at('t.csv')},{at('t.csv')}", -2, "only .npy and IDX take two files")
    refused(write("t.csv", ""), -3, "is empty")
    refused(write("t.bin", b"\x01\x02\x03\x04"), -3, "not data that gull knows")
    with gzip.open(at("cut.csv.gz"), "wb") as f:
        f.write("a,b\n".encode() + b"1,2\n" * 5000)
    whole = open(at("cut.csv.gz"), "rb").read()
    refused(write("cut.csv.gz", whole[:-4]), -3, "cut off")
    many = "a,y\n" + "".join(f"1,w{i}\n" for i in range(10001))
    refused(write("t.csv", many), -3, "over 10,000 different labels")


def utf8():
    wrong = []
    leads = [0x41, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff]
    for lead, second, rest in itertools.product(leads, [0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf],
                                                (b"", b"\x80", b"\xbf\x80", b"A\x80")):
        name = b"n" + bytes([lead, second]) + rest
        try:
            name.decode()
            valid = True
        except UnicodeDecodeError:
            valid = False
        if (open_data(write("t.csv", name + b",b\n1,2\n")).status == 0) != valid:
            wrong.append(name)
    ok(not wrong, f"csv: what is UTF-8, as Python sees it {wrong[:5]}")
    refused(write("t.csv", "a,b\n1,\u009b31mred \u00e9\n"), -3, "'??31mred \u00e9'")


def libsvm():
    try:
        from sklearn.datasets import dump_svmlight_file, load_svmlight_file
    except ImportError:
        return skip("libsvm", "no scikit-learn")
    x = np.where(random.random((40, 9)) < 0.3, random.normal(size=(40, 9)), 0)
    x[0, 0] = x[1, 8] = 1.5
    y = random.integers(0, 4, 40).astype(float)
    for zero, query, comment in itertools.product((True, False), (None, np.arange(40)), ("", "by hand")):
        dump_svmlight_file(x, y, at("t.svm"), zero_based=zero, query_id=query, comment=comment)
        a = load_svmlight_file(at("t.svm"), zero_based="auto")[0].toarray()
        d = open_data(at("t.svm"))
        ok(same(d.x, a) and same(d.y, y) and d.sparse, f"libsvm: from {'0' if zero else '1'}, "
           f"queries {query is not None}, comment {comment!r} {d.text or ''}")
    for name in "agaricus_test.libsvm", "dermatology_test.libsvm", "iris_test.libsvm":
        path = os.path.join(DATA or "", "models", "trees-leaves", name)
        if not DATA or not os.path.exists(path):
            skip(name, "no real data")
            continue
        a, b = load_svmlight_file(path, zero_based="auto")
        d = open_data(path)
        ok(same(d.x, a.toarray()) and same(d.y, b), f"libsvm: {name} {d.text or ''}")


def libsvm_refused():
    d = open_data(write("t.svm", "# c\n+1 1:1e2\t3:-.5 # c\r\n\n-1\n0 2:nan"))
    ok(same(d.x, np.array([[100, 0, -.5], [0, 0, 0], [0, np.nan, 0]])) and list(d.y) == [1, -1, 0],
       "libsvm: comments, blank lines, a row of zeros")
    for text, word in [("1 1:2\n1 2:3 1:4\n", "line 2: indices that do not rise"),
                       ("1 1:2 1:4\n", "do not rise"), ("1 1:x\n", "line 1: a value"),
                       ("1 1:2\nx 1:2\n", "line 2: no number as label"),
                       ("1 1:2\n1 -1:2\n", "line 2: an index"), ("1 1:2\n1 2\n", "line 2: no ':'"),
                       ("1 1:2x\n", "line 1: a value"), ("1 1:inf\n", "a value"),
                       ("1 16777217:1\n", "an index above"), ("1\n2\n", "no row with a value"),
                       ("1 99999999999999999999999:1\n", "an index above"),
                       ("1 1:1\n" + "1 16777216:1\n", "full table")]:
        refused(write("t.svm", text), -4 if "table" in word else -3, "t.svm: ", word)


def libsvm_widened():
    """Rows that end before the model does: zeros where the model counts as the rows do, else an error."""
    model = write("four.model", "solver_type MCSVM_CS\nnr_class 4\nlabel 0 1 2 3\nnr_feature 4\nbias -1\nw\n"
                  "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    r = gull("predict", model, write("t.svm", "0 1:5\n1 1:3 2:7\n"), "-o", at("out.npy"))
    ok(r.returncode == 0 and np.array_equal(np.load(at("out.npy")), [[5, 0, 0, 0], [3, 7, 0, 0]]),
       "libsvm: short rows are zero at their end " + r.stderr)
    r = gull("predict", model, write("t.svm", "0 1:5 5:1\n"))
    ok(r.returncode == 3 and "5 numbers a row" in r.stderr, "libsvm: more features than the model: " + r.stderr.strip())
    trees = os.path.join(SOURCE, "fuzz", "corpus", "xgboost", "pass_binary.json")
    r = gull("predict", trees, write("t.svm", "0 1:5 2:1\n"))
    ok(r.returncode == 3 and "index 0" in r.stderr, "libsvm: " + r.stderr.strip())
    r = gull("predict", trees, write("t.svm", "0 0:0 1:5 2:1\n"))
    ok(r.returncode == 0, "libsvm: index 0 and the last one written " + r.stderr)


def words():
    """Labels that are words, for a model whose classes have no names: class 1 where feature 1 is 0.5 or more."""
    trees = os.path.join(SOURCE, "fuzz", "corpus", "xgboost", "pass_binary.json")

    def audit(text, *args):
        r = gull("audit", trees, write("w.csv", text), "-q", "--method", "trees", "--json", at("w.json"), *args)
        return r, (json.load(open(at("w.json"))) if r.returncode == 0 else {})
    rows = "len,wid,dep,kind\n0,0,0,{}\n0,1,0,{}\n"
    r, d = audit(rows.format("no", "yes"), "--label", "kind")
    ok(d and [i["label"] for i in d["inputs"]] == [0, 1] and d["model"]["class_names"] == ["no", "yes"]
       and d["model"]["feature_names"] == ["len", "wid", "dep"] and "alphabetical" in d["data"]["note"],
       "words: alphabetical order, names for the report " + r.stderr)
    r, d = audit(rows.format("no", "yes"), "--label", "kind", "--class-names", "yes,no")
    ok(d and [i["label"] for i in d["inputs"]] == [1, 0], "words: --class-names decides " + r.stderr)
    r, d = audit(rows.format("no", "no"), "--label", "kind")
    ok(r.returncode == 3 and "1 words as labels" in r.stderr and "--class-names" in r.stderr,
       "words: not one for each class: " + r.stderr.strip())
    r, d = audit(rows.format("no", "no"), "--label", "kind", "--class-names", "yes,no")
    ok(d and [i["label"] for i in d["inputs"]] == [1, 1], "words: --class-names and one class " + r.stderr)
    r, d = audit(rows.format("no", "may"), "--label", "kind", "--class-names", "yes,no")
    ok(r.returncode == 3 and "'may'" in r.stderr, "words: none of the classes: " + r.stderr.strip())


def idx():
    types = [(8, "u1"), (9, "i1"), (0xb, ">i2"), (0xc, ">i4"), (0xd, ">f4"), (0xe, ">f8")]
    for (code, kind), shape, zipped in itertools.product(types, [(3, 4), (2, 3, 4), (2, 3, 2, 5)],
                                                         (False, True)):
        x = random.normal(0, 60, shape).astype(kind)
        content = struct.pack(">BBBB", 0, 0, code, len(shape)) + struct.pack(f">{len(shape)}I", *shape)
        content += x.tobytes()
        path = write("x.idx", gzip.compress(content) if zipped else content)
        d = open_data(path)
        good = same(d.x, x.reshape(len(x), -1).astype(float)) and d.bytes == (code == 8)
        if not good or (zipped and len(shape) == 3):
            ok(good, f"idx: {kind} {shape} {d.text or ''}")
    refused(write("cut.idx", content[:-1]), -3, "cut.idx: byte 20", "(2, 3, 2, 5)", "479 bytes")
    for path in TEST_SET, os.path.join(DATA or "", "models/data-mnist10k/mnist10k-images-idx3-ubyte.gz") + \
            "," + os.path.join(DATA or "", "models/data-mnist10k/mnist10k-labels-idx1-ubyte.gz"):
        images, labels = path.split(",")
        if not os.path.exists(images):
            skip(os.path.basename(images), "not here")
            continue
        d = open_data(path)
        x = np.frombuffer(gzip.open(images).read(), "u1", offset=16).reshape(-1, 784)
        y = np.frombuffer(gzip.open(labels).read(), "u1", offset=8)
        ok(same(d.x, x.astype(float)) and same(d.y, y.astype(float)) and d.shape == [28, 28] and d.bytes,
           f"idx: {len(x)} real pictures")


def png(width, height, depth, colour, rows, extra=b"", interlace=0):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra +
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows))) + chunk(b"IEND", b""))


def by_channel(pixels):
    p = pixels if pixels.ndim == 3 else pixels[:, :, None]
    return p.transpose(2, 0, 1).reshape(1, -1).astype(float)


def pictures():
    try:
        from PIL import Image
    except ImportError:
        return skip("images", "no Pillow")
    rgb = random.integers(0, 256, (6, 7, 3), dtype="u1")
    alpha = random.integers(0, 256, (6, 7), dtype="u1")
    grey = rgb[:, :, 0]
    rgba = np.dstack([rgb, alpha])
    for name, image, want in [("L", Image.fromarray(grey), grey), ("RGB", Image.fromarray(rgb), rgb),
                              ("RGBA", Image.fromarray(rgba, "RGBA"), rgb),
                              ("LA", Image.fromarray(np.dstack([grey, alpha]), "LA"), grey),
                              ("1", Image.fromarray(grey > 99), (grey > 99) * 255),
                              ("P", Image.fromarray(rgb).quantize(8), None)]:
        image.save(at("one.png"))
        want = np.asarray(image.convert("RGB")) if want is None else want
        d = open_data(at("one.png"))
        ok(same(d.x, by_channel(want)) and d.bytes and not d.labelled, f"images: PNG {name} {d.text or ''}")
    d = open_data(os.path.join(SOURCE, "fuzz", "corpus", "picture", "pass_interlaced.png"))
    ok(d.x is not None and list(d.x[0]) == [1, 5, 2, 7, 8, 9, 3, 6, 4], "images: interlaced PNG")
    gamma = struct.pack(">I", 4) + b"gAMA" + struct.pack(">I", 100000)
    gamma += struct.pack(">I", zlib.crc32(gamma[4:]))
    deep = random.integers(0, 65536, (4, 5, 3)).astype(">u2")
    for extra in b"", gamma:
        d = open_data(write("deep.png", png(5, 4, 16, 2, [r.tobytes() for r in deep], extra)))
        ok(same(d.x, by_channel(deep >> 8)), f"images: 16-bit PNG, gamma chunk {bool(extra)}")
    smooth = np.clip(np.add.outer(np.arange(40) * 5, np.arange(33)), 0, 255).astype("u1")
    colours = np.dstack([smooth, smooth[::-1], 255 - smooth])
    for mode, progressive in itertools.product(("L", "RGB"), (False, True)):
        Image.fromarray(smooth if mode == "L" else colours).save(at("one.jpg"), progressive=progressive)
        want = np.asarray(Image.open(at("one.jpg")))
        d = open_data(at("one.jpg"))
        ok(d.x is not None and d.shape == [3 if mode == "RGB" else 1, 40, 33] and
           np.abs(d.x - by_channel(want)).max() <= 1, f"images: JPEG {mode}, progressive {progressive}")
    folder(Image, rgb)
    pictures_refused(Image, rgb)
    if DATA:
        for name in "camera.png", "chelsea.png", "horse.png", "rocket.jpg":
            path = os.path.join(DATA, "models", "photos", name)
            image = Image.open(path)
            want = np.asarray(image if image.mode == "L" else image.convert("RGB"))
            d = open_data(path)
            ok(d.x is not None and np.abs(d.x - by_channel(want)).max() <= 1, f"images: {name}")


def folder(image, rgb):
    for label, shade in [("zebra", 3), ("ant", 9), ("Bee", 5)]:
        os.makedirs(at("set", label))
        for i in (2, 1):
            image.fromarray(np.full((4, 5, 3), shade * 10 + i, "u1")).save(at("set", label, f"{i}.png"))
    os.makedirs(at("set", ".hidden"))
    d = open_data(at("set"))
    ok(list(d.x[:, 0]) == [51, 52, 91, 92, 31, 32] and d.label_names == ["Bee", "ant", "zebra"] and
       list(d.y) == [0, 0, 1, 1, 2, 2] and d.shape == [3, 4, 5], "images: a folder of folders")
    d = open_data(at("set", "ant") + "/")
    ok(d.rows == 2 and not d.labelled, "images: a folder of pictures")
    image.fromarray(rgb).save(at("set", "zebra", "9.png"))
    refused(at("set"), -3, "zebra/9.png: 3x6x7", "3x4x5")
    image.fromarray(rgb).save(at("set", "top.png"))
    refused(at("set"), -3, "pictures beside subfolders")


def pictures_refused(image, rgb):
    os.makedirs(at("empty", "sub"))
    refused(at("empty"), -3, "no .png or .jpg")
    image.fromarray(rgb).save(at("one.png"))
    whole = open(at("one.png"), "rb").read()
    refused(write("cut.png", whole[:-20]), -3, "cut.png")
    refused(write("bad.png", whole[:60] + bytes([whole[60] ^ 1]) + whole[61:]), -3, "bad.png")
    image.fromarray(np.repeat(rgb, 20, 0)).save(at("one.jpg"))
    whole = open(at("one.jpg"), "rb").read()
    refused(write("cut.jpg", whole[:len(whole) * 2 // 3]), -3, "cut.jpg")
    refused(write("huge.png", png(60000, 60000, 8, 2, [])), -4, "60000 x 60000 pixels")
    write("empty/sub/x.png", "no picture")
    refused(at("empty"), -3, "sub/x.png: neither PNG nor JPEG")


for part in (npy, npy_pairs, npy_refused, npz, csv_files, csv_labels, csv_refused, utf8, libsvm,
             libsvm_refused, libsvm_widened, words, idx, pictures):
    part()
dump.stdin.close()
ok(dump.wait() == 0, "the reader of them all ends well")
done()
