#!/usr/bin/env python3
"""test_report.py - the page: made from JSON alone, hostile names escaped, numbers and pixels those of
the JSON, drawn by a real browser without an error; the JSON against its schema."""
import base64
import html.parser
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import make_results
from tap import FASHION, MODELS, SOURCE, TEST_SET, done, gull, ok, skip

tmp = tempfile.TemporaryDirectory()
here = lambda name: os.path.join(tmp.name, name)


def write(name, value):
    with open(here(name), "w") as f:
        f.write(value if isinstance(value, str) else json.dumps(value))
    return here(name)


class Page(html.parser.HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def find(self, tag):
        return [a for t, a in self.tags if t == tag]


def page_of(*values):
    files = [write(f"r{i}.json", v) for i, v in enumerate(values)]
    r = gull("report", *files, "-o", here("page.html"), timeout=60)
    return (open(here("page.html"), encoding="utf-8").read() if r.returncode == 0 else ""), r


# ---- The schema ----
try:
    import jsonschema
    schema = jsonschema.Draft202012Validator(json.load(open(os.path.join(SOURCE, "doc/schema.json"))))
except ImportError:
    schema = None


def fits(name, value):
    if schema is None:
        return skip(f"{name} fits the schema", "no jsonschema")
    errors = list(schema.iter_errors(value))
    ok(not errors, f"{name} fits the schema" + "".join(f"; {e.json_path}: {e.message[:90]}" for e in errors[:2]))


results = make_results.results()
for name, value in results.items():
    fits(f"the made-up result {name}", value)
if schema is not None:
    broken = json.loads(json.dumps(next(iter(results.values()))))
    broken = broken[0] if isinstance(broken, list) else broken
    if broken["inputs"]:
        broken["inputs"][0]["upper"] = "far"
        ok(list(schema.iter_errors(broken)), "the schema refuses a word as a distance")

# ---- Every made-up result becomes a page ----
for name, value in results.items():
    text, r = page_of(value)
    if not ok(r.returncode == 0 and text, f"{name} becomes a page {r.stderr}"):
        continue
    page = Page(text)
    policy = [a.get("content", "") for a in page.find("meta") if "policy" in a.get("http-equiv", "").lower()]
    ok(policy and "default-src 'none'" in policy[0], f"{name}: a content security policy that starts from nothing")
    outside = [a for _, a in page.tags for k, v in a.items()
               if k in ("src", "href", "action") and v and not v.startswith(("data:", "#"))]
    handlers = [k for _, a in page.tags for k in a if k.startswith("on")]
    ok(not outside and not handlers, f"{name}: nothing is fetched, no inline handler")
    ok(len(page.find("script")) <= 1 and not any("onerror" in a for _, a in page.tags),
       f"{name}: hostile names stay text")
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    ok(len(ids) == len(set(ids)), f"{name}: ids are unique")
    ok(all(a.get("alt") is not None for a in page.find("img")), f"{name}: every picture has a text")

# ---- A pure function of the JSON ----
first = next(iter(results.values()))
a, _ = page_of(first)
b, _ = page_of(json.loads(json.dumps(first)))
ok(a == b != "", "the same JSON gives the same page, byte for byte")

# ---- Malformed results ----
for text, words in (("", "r0.json"), ("{", "r0.json"), ("[]", "r0.json"), ('{"gull": 3}', "r0.json"), ("[1, 2]", "r0.json"),
                    ('{"gull": {"schema": 99}}', "r0.json")):
    r = gull("report", write("r0.json", text), "-o", here("no.html"))
    ok(r.returncode == 3 and words in r.stderr and not os.path.exists(here("no.html")),
       f"exit 3 for {text!r}: {r.stderr.strip()}")
ok(gull("report", here("none.json")).returncode == 3, "exit 3 for a file that is not there")
ok(gull("report").returncode == 2, "exit 2 without files")
whole = json.dumps(first)
bad = 0
for cut in range(0, len(whole), max(1, len(whole) // 60)):
    bad += gull("report", write("cut.json", whole[:cut])).returncode != 3
ok(bad == 0, "a result cut off anywhere is refused")
for key in ("inputs", "summary", "model", "question", "data", "cases", "checks"):
    one = json.loads(whole)
    one = one[0] if isinstance(one, list) else one
    for wrong in (None, 3, "x", [], {}):
        one[key] = wrong
        r = gull("report", write("odd.json", one), "-o", here("odd.html"))
        if r.returncode not in (0, 3):
            ok(False, f"\"{key}\": {wrong!r} gives exit {r.returncode} {r.stderr}")
ok(True, "parts of a wrong kind never crash the page")

# ---- A real audit: numbers and pixels on the page are those of the JSON ----
if not os.path.exists(FASHION):
    skip("the page of a real audit", "no dataset-fashion-mnist")
    done()
r = gull("audit", *[os.path.join(MODELS, m) for m in ("softmax.onnx", "trees.json")], "--data", TEST_SET,
         "--rows", "0:40", "--range", "0,1", "--eps", "0.01,0.05", "--json", here("real.json"), "-q")
ok(r.returncode == 0, "a real audit of two models " + r.stderr)
real = json.load(open(here("real.json")))
fits("a real result", real)
text, r = page_of(real)
page = Page(text)


def decode_png(data):
    """Width, height, rows of bytes of an 8-bit grey PNG (filters 0 to 4)."""
    at, body = 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            w, h, depth, colour = struct.unpack(">IIBB", data[at + 8:at + 18])
        if kind == b"IDAT":
            body += data[at + 8:at + 8 + n]
        at += 12 + n
    step = {0: 1, 2: 3, 6: 4}[colour]
    raw, rows, last = zlib.decompress(body), [], bytes(w * step)
    for y in range(h):
        kind, line = raw[y * (w * step + 1)], bytearray(raw[y * (w * step + 1) + 1:(y + 1) * (w * step + 1)])
        for i in range(w * step):
            left, up = (line[i - step] if i >= step else 0), last[i]
            corner = last[i - step] if i >= step else 0
            p = left + up - corner
            paeth = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))[2]
            line[i] = (line[i] + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
        rows.append(bytes(line))
        last = bytes(line)
    return w, h, step, rows


pictures = [base64.b64decode(a["src"].split(",", 1)[1]) for a in page.find("img")
            if a.get("src", "").startswith("data:image/png;base64,")]
want = set()
for result in real:
    for case in result["cases"]:
        x = struct.unpack("<784f", base64.b64decode(case["original"]))
        want.add(tuple(round(255 * v) for v in x))
drawn = set()
for p in pictures:
    w, h, step, rows = decode_png(p)
    if (w, h) == (28, 28):
        drawn.add(tuple(b for row in rows for b in row[::step]))
ok(pictures and want <= drawn, f"the {len(want)} originals are drawn pixel for pixel among {len(pictures)} pictures")
ok(f"{100 * real[0]['summary']['clean']:.1f}" in text, "clean accuracy is on the page")
ok(all(r["model"]["sha256"] in text and r["gull"]["command"].split()[0] in text for r in real), "hashes and command")
curve = re.findall(r'<path class=unbroken d="([^"]+)"', text)
svg = re.search(r'data-left="([\d.]+)" data-right="([\d.]+)" data-top="([\d.]+)" data-bottom="([\d.]+)" data-x-max="([\d.e+-]+)"', text)
left, right, top, bottom, x_max = map(float, svg.groups())
seen = [tuple(map(float, m)) for m in re.findall(r"[ML]([\d.]+) ([\d.]+)", curve[0])]
near = 0
for x, y in seen:
    eps, share = (x - left) / (right - left) * x_max, (bottom - y) / (bottom - top)
    near += any(abs(1 - p["fooled"] - share) < 0.01 and abs(p["eps"] - eps) < 0.02 * x_max
                for r in real for p in r["summary"]["curve"])
ok(len(seen) > 20 and near == len(seen), f"the curve's {len(seen)} points are those of the JSON ({near})")

# ---- A real browser ----
chromium = shutil.which("chromium") or shutil.which("chromium-browser")
if not chromium:
    skip("the page in a browser", "no chromium")
    done()


def browse(*args):
    return subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                           "--enable-logging=stderr", "--v=0", f"--user-data-dir={here('profile')}", *args,
                           "file://" + here("page.html")], capture_output=True, text=True, timeout=120)


r = browse("--dump-dom")
noise = [line for line in r.stderr.splitlines() if "CONSOLE" in line]
ok(r.stdout.count("<svg") >= 1 and not noise, "the browser's console stays empty " + " ".join(noise)[:200])
ok("hidden" not in re.search(r"<form[^>]*slider[^>]*>", r.stdout).group(0), "the slider is switched on by the script")
browse("--hide-scrollbars", "--window-size=1000,1600", f"--screenshot={here('shot.png')}")
w, h, step, rows = (0, 0, 0, [])
if os.path.exists(here("shot.png")):
    w, h, step, rows = decode_png(open(here("shot.png"), "rb").read().replace(b"", b""))
colours = {row[i:i + 3] for row in rows[::3] for i in range(0, len(row) - 3, step * 3)}
ok((w, h) == (1000, 1600) and len(colours) > 50, f"a screenshot with {len(colours)} colours is drawn")
done()
