#!/usr/bin/env python3
"""doc/fooled.png from the demo's result: per model one input, its smallest change (amplified to be
seen) and the input that fools.  Usage: readme_picture.py build/demo/result.json doc/fooled.png"""
import base64
import json
import struct
import sys
import zlib

SCALE, GAP = 5, 12


def floats(text):
    raw = base64.b64decode(text)
    return struct.unpack(f"<{len(raw) // 4}f", raw)


def panel(values, lo, hi):
    return [[int(255 * min(max((values[28 * y + x] - lo) / (hi - lo), 0), 1)) for x in range(28)] for y in range(28)]


rows = []
for result in json.load(open(sys.argv[1])):
    cases = sorted(result["cases"], key=lambda c: abs(c["distance"] - result["summary"]["median_upper"]))
    x, w = floats(cases[0]["original"]), floats(cases[0]["witness"])
    d = [b - a for a, b in zip(x, w)]
    most = max(map(abs, d))
    rows.append([panel(x, 0, 1), panel(d, -most, most), panel(w, 0, 1)])
side = 28 * SCALE
width, height = 3 * side + 4 * GAP, len(rows) * (side + GAP) + GAP
image = [bytearray(b"\xff" * width) for _ in range(height)]
for r, panels in enumerate(rows):
    for c, pixels in enumerate(panels):
        for y in range(side):
            line = image[GAP + r * (side + GAP) + y]
            at = GAP + c * (side + GAP)
            line[at:at + side] = bytes(v for v in pixels[y // SCALE] for _ in range(SCALE))
chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
open(sys.argv[2], "wb").write(
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
    chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(line) for line in image), 9)) + chunk(b"IEND", b""))
