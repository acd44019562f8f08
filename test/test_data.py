#!/usr/bin/env python3
"""test_data.py - what gull reads is what numpy wrote: each data format through `gull predict` with a
linear model whose scores give the row back."""
import gzip
import io
import os
import struct
import tempfile

import numpy as np

from tap import done, gull, ok, skip

tmp = tempfile.TemporaryDirectory()
here = lambda name: os.path.join(tmp.name, name)
rng = np.random.default_rng(3)


def identity(dim):
    """A model with class k's score = feature k: scores give the data back."""
    path = here(f"id{dim}.model")
    with open(path, "w") as f:
        f.write(f"solver_type MCSVM_CS\nnr_class {dim}\nlabel {' '.join(map(str, range(dim)))}\nnr_feature {dim}\nbias -1\nw\n")
        f.writelines(" ".join("1" if i == j else "0" for j in range(dim)) + "\n" for i in range(dim))
    return path


def read(data, dim, *args):
    r = gull("predict", identity(dim), data, "-o", here("out.npy"), *args)
    return (np.load(here("out.npy")) if r.returncode == 0 else None), r.stderr.strip()


def same(name, want, data, *args):
    want = np.asarray(want, float).reshape(len(want), -1)
    got, err = read(data, want.shape[1], *args)
    ok(got is not None and got.shape == want.shape and np.array_equal(got, want, equal_nan=True), f"{name} {err}")


# ---- npy ----
x = rng.normal(size=(4, 6)) * 50
for t in ("?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"):
    for order in "<>":
        a = np.abs(x).astype(order + t) if t[0] in "u?" else x.astype(order + t)
        np.save(here("a.npy"), a)
        same(f"npy {order}{t}", a, here("a.npy"))
np.save(here("f.npy"), np.asfortranarray(x))
same("npy in Fortran order", x, here("f.npy"))
a = np.asfortranarray(rng.normal(size=(3, 2, 4, 2)))
np.save(here("g.npy"), a)
same("npy of four axes in Fortran order", a, here("g.npy"))
for version in ((1, 0), (2, 0), (3, 0)):
    with open(here("v.npy"), "wb") as f:
        np.lib.format.write_array(f, x, version=version)
    same(f"npy version {version[0]}", x, here("v.npy"))
np.save(here("b.npy"), np.array([0, 1, 2, 5]))
r = gull("audit", identity(6), here("a.npy") + "," + here("b.npy"), "-q", "--method", "linear", "--json", here("r.json"))
ok(r.returncode == 0 and '"label": 5' in open(here("r.json")).read(), "X.npy,Y.npy: labels")
np.save(here("c.npy"), np.array([0, 1]))
r = gull("predict", identity(6), here("a.npy") + "," + here("c.npy"))
ok(r.returncode == 3 and "4 rows but 2 labels" in r.stderr, "labels and rows must be as many: " + r.stderr.strip())
os.makedirs(here("d,e"), exist_ok=True)
np.save(here("d,e") + ".npy", x)
same("a file name with a comma", x, here("d,e") + ".npy")

# ---- npz ----
for names in (("x", "y"), ("images", "labels"), ("arr_0", "arr_1")):
    for save in (np.savez, np.savez_compressed):
        save(here("a.npz"), **dict(zip(names, (x, np.arange(4)))))
        same(f"npz {names} {save.__name__}", x, here("a.npz"))

# ---- IDX ----
for code, t in ((8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")):
    a = np.abs(x).astype(t)
    raw = bytes([0, 0, code, 2]) + struct.pack(">2I", *a.shape) + a.astype(">" + t).tobytes()
    open(here("a.idx"), "wb").write(raw)
    gzip.open(here("a.idx.gz"), "wb").write(raw)
    same(f"IDX type {code}", a, here("a.idx"))
    same(f"IDX type {code}, gzip", a, here("a.idx.gz"))

# ---- CSV ----
def csv(name, text, want, *args):
    open(here("a.csv"), "w", newline="").write(text)
    same("CSV " + name, want, here("a.csv"), *args)


csv("plain", "a,b,c\n1,2.5,-3e2\n4,5,6\n", [[1, 2.5, -300], [4, 5, 6]])
csv("CRLF, a byte order mark, no last newline", "\ufeffa,b\r\n1,2\r\n3,4", [[1, 2], [3, 4]])
csv("quotes", '"a ""1""","b, c"\n"1","2"\n', [[1, 2]])
csv("missing values", "a,b\n,1\nNA,2\n?,nan\n", [[np.nan, np.nan]] * 3)
csv("semicolons", "a;b\n1;2\n", [[1, 2]])
csv("tabs and blank lines", "a\tb\n1\t2\n\n3\t4\n\n", [[1, 2], [3, 4]])
csv("--label by name", "a,kind,b\n1,0,2\n3,1,4\n", [[1, 2], [3, 4]], "--label", "kind")
csv("--label by index", "a,kind,b\n1,0,2\n3,1,4\n", [[1, 2], [3, 4]], "--label", "1")
csv("a label column of its usual name", "a,b,Target\n1,2,0\n", [[1, 2]])
open(here("w.csv"), "w").write("a,b,class\n1,2,pear\n3,4,apple\n5,1,pear\n")
r = gull("audit", identity(2), here("w.csv"), "-q", "--method", "linear")
ok(r.returncode == 3 and "'pear'" in r.stderr, "words that are no class of the model: " + r.stderr.strip())
for text, words in (("a,b\n1,2\n3\n", "line 3: fewer cells"), ("a,b\n1,2,3\n", "line 2: more cells"),
                    ("a,b\n1,x\n", "line 2: column 'b': 'x' is not a number"), ("1,2\n3,4\n", "first line must name"),
                    ("a,b\n", "only a header"), ("a,b\n1,inf\n", "infinite")):
    open(here("bad.csv"), "w").write(text)
    got, err = read(here("bad.csv"), 2)
    ok(got is None and words in err, f"CSV {text!r}: {err}")

# ---- LIBSVM rows ----
for name, text, want in (("from 1", "1 1:2 3:4\n0 2:-1.5\n", [[2, 0, 4], [0, -1.5, 0]]),
                         ("from 0", "1 0:2 2:4\n0 1:-1.5\n", [[2, 0, 4], [0, -1.5, 0]]),
                         ("qid, comments, blanks", "# head\n1 qid:7 1:1  2:2 # tail\n\n0 2:1\n", [[1, 2], [0, 1]])):
    open(here("a.svm"), "w").write(text)
    same("LIBSVM " + name, want, here("a.svm"))
open(here("a.svm"), "w").write("1 1:2\n1 2:x\n")
got, err = read(here("a.svm"), 2)
ok(got is None and "line 2" in err, "LIBSVM: " + err)

# ---- Pictures ----
try:
    from PIL import Image
except ImportError:
    skip("pictures", "no PIL")
    done()
grey = rng.integers(0, 256, size=(2, 4, 5), dtype=np.uint8)
for i, a in enumerate(grey):
    os.makedirs(here(f"grey/{i}"))
    Image.fromarray(a, "L").save(here(f"grey/{i}/p.png"))
same("grey PNG", grey, here("grey"), "--range", "0,255")
same("grey PNG mapped to 0..1", grey / 255, here("grey"), "--range", "0,1")
colour = rng.integers(0, 256, size=(2, 4, 5, 3), dtype=np.uint8)
os.makedirs(here("colour"))
for i, a in enumerate(colour):
    Image.fromarray(a, "RGB").save(here(f"colour/{i}.png"))
same("colour PNG, channels first", colour.transpose(0, 3, 1, 2), here("colour"), "--range", "0,255")
os.makedirs(here("odd"))
Image.fromarray(colour[0], "RGB").quantize(200).save(here("odd/0.png"))
want = np.asarray(Image.open(here("odd/0.png")).convert("RGB"))
same("palette PNG", [want.transpose(2, 0, 1)], here("odd"), "--range", "0,255")
Image.fromarray(np.dstack([colour[0], np.full((4, 5), 255, np.uint8)]), "RGBA").save(here("odd/0.png"))
same("opaque RGBA PNG", [colour[0].transpose(2, 0, 1)], here("odd"), "--range", "0,255")
os.remove(here("odd/0.png"))
smooth = np.add.outer(np.arange(16) * 8, np.arange(16) * 7).astype(np.uint8)
Image.fromarray(smooth, "L").save(here("odd/0.jpg"), quality=95)
got, err = read(here("odd"), 256, "--range", "0,255")
want = np.asarray(Image.open(here("odd/0.jpg")), float).ravel()
ok(got is not None and np.abs(got - want).max() <= 1, "JPEG as another decoder reads it " + err)
Image.fromarray(grey[0], "L").save(here("odd/1.png"))
got, err = read(here("odd"), 256)
ok(got is None and "1x4x5" in err and "one size" in err, "pictures of two sizes: " + err)
os.makedirs(here("none"))
ok("no .png" in read(here("none"), 4)[1], "an empty folder")
done()
