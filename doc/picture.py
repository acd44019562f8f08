#!/usr/bin/env python3
"""doc/picture.svg from the demo's result: per model one input, its smallest change and the input that
fools; and the two curves of each model.  Usage: doc/picture.py build/demo/result.json >doc/picture.svg"""
import base64
import json
import struct
import sys

NAMES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
MODELS = [("softmax", "#1d4ed8"), ("boosted trees", "#b45309"), ("network", "#7e22ce")]
PIXEL, LEVELS = 3, 15          # size of a pixel, shades kept
LEFT, TOP, STEP = 112, 34, 98  # where the pictures begin, and how far apart rows are
CHART = (450, 34, 330, 266)    # x, y, width, height
REACH = 0.12                   # the distance at the right end


def floats(text):
    raw = base64.b64decode(text)
    return struct.unpack(f"<{len(raw) // 4}f", raw)


def shades(values, lo, hi):
    return [round(LEVELS * min(max((v - lo) / (hi - lo), 0), 1)) for v in values]


def picture(values, x, y):
    """28 x 28 shades as one path a shade; runs of equal pixels are one stroke."""
    most = max(set(values), key=values.count)
    grey = lambda v: "#" + 3 * f"{255 * v // LEVELS:02x}"
    out = [f'<g transform="translate({x} {y}) scale({PIXEL})" shape-rendering="crispEdges">'
           f'<path fill="{grey(most)}" d="M0 0h28v28h-28z"/>']
    for shade in sorted(set(values) - {most}):
        path = ""
        for row in range(28):
            line, at = values[28 * row:28 * row + 28], 0
            while at < 28:
                end = at
                while end < 28 and line[end] == shade:
                    end += 1
                path += f"M{at} {row}h{end - at}v1h-{end - at}z" if end > at else ""
                at = max(end, at + 1)
        out.append(f'<path fill="{grey(shade)}" d="{path}"/>')
    return "".join(out) + "</g>"


def text(x, y, words, more=""):
    return f'<text x="{x}" y="{y}" {more}>{words}</text>'


def triple(result, name, colour, y):
    summary = result["summary"]
    case = min(result["cases"], key=lambda c: abs(c["distance"] - summary["median_upper"]))
    x, w = floats(case["original"]), floats(case["witness"])
    change = [b - a for a, b in zip(x, w)]
    most = max(map(abs, change))
    side, gap = 28 * PIXEL, 14
    out = [text(LEFT - 12, y + 36, name, f'text-anchor="end" fill="{colour}" font-weight="600"'),
           text(LEFT - 12, y + 52, f"Linf {case['distance']:.3f}", 'text-anchor="end" fill="#555"')]
    for i, shown in enumerate((shades(x, 0, 1), shades(change, -most, most), shades(w, 0, 1))):
        out.append(picture(shown, LEFT + i * (side + gap), y))
    for i, k in ((0, case["predicted"]), (2, case["becomes"])):
        out.append(text(LEFT + i * (side + gap) + side / 2, y + side + 11, NAMES[k], 'text-anchor="middle"'))
    return out


def curves(results):
    x0, y0, w, h = CHART
    at = lambda eps, share: f"{x0 + w * eps / REACH:.1f} {y0 + h * (1 - share):.1f}"
    out = [text(x0, y0 - 14, "share of inputs: fooled above, proved safe below, open between")]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = y0 + h * (1 - share)
        out += [f'<path stroke="#ddd" d="M{x0} {y}h{w}"/>', text(x0 - 6, y + 4, f"{100 * share:.0f}%", 'text-anchor="end" fill="#555"')]
    for eps in (0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12):
        out.append(text(x0 + w * eps / REACH, y0 + h + 16, f"{eps:g}", 'text-anchor="middle" fill="#555"'))
    out.append(text(x0 + w / 2, y0 + h + 32, "greatest change of any pixel (Linf; black is 0, white is 1)", 'text-anchor="middle" fill="#555"'))
    for result, (name, colour) in zip(results, MODELS):
        rows = [c for c in result["summary"]["curve"] if c["eps"] <= REACH]
        upper = [at(c["eps"], 1 - c["fooled"]) for c in rows]
        lower = [at(c["eps"], c["proved"]) for c in rows]
        out += [f'<path fill="{colour}" fill-opacity=".18" d="M{"L".join(upper + lower[::-1])}z"/>']
        out += [f'<path fill="none" stroke="{colour}" stroke-width="1.6" d="M{"L".join(line)}"/>' for line in (upper, lower)]
    for (name, colour), (eps, share) in zip(MODELS, ((0.035, 0.47), (0.002, 0.08), (0.056, 0.78))):
        x, y = at(eps, share).split()
        out.append(text(x, y, name, f'fill="{colour}" font-weight="600"'))
    return out


results = json.load(open(sys.argv[1]))
svg = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 346" font-family="sans-serif" font-size="11">',
       "<title>Three models, fooled: pictures and curves</title>",
       '<rect width="800" height="346" rx="8" fill="#fff"/>']
for i, words in enumerate(("read right", "the change, amplified", "fools it")):
    svg.append(text(LEFT + i * 98 + 42, TOP - 12, words, 'text-anchor="middle" fill="#555"' + (' font-size="9.5"' if i == 1 else "")))
for i, (result, (name, colour)) in enumerate(zip(results, MODELS)):
    svg += triple(result, name, colour, TOP + i * STEP)
print("\n".join(svg + curves(results) + ["</svg>"]))
