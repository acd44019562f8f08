#!/usr/bin/env python3
"""Function lengths of C files (braces in column 0): fails above 100 lines or a median of 15,
and on files above 600 lines.  Usage: fnlen.py FILE..."""
import re
import statistics
import sys

lengths, bad = [], []
for path in sys.argv[1:]:
    lines = open(path, encoding="utf-8").read().split("\n")
    if len(lines) > 600:
        bad.append(f"{path}: {len(lines)} lines, at most 600")
    start = None
    for i, line in enumerate(lines):
        if re.match(r"[A-Za-z_ ].*\)\s*\{$|^\{$", line) and not line.startswith(" " * 4 + " "):
            if not line.startswith("    ") or start is None:
                start = i if start is None else start
        elif line.startswith("}") and start is not None:
            lengths.append(i - start + 1)
            if i - start + 1 > 100:
                bad.append(f"{path}:{start + 1}: a function of {i - start + 1} lines, at most 100")
            start = None
median = statistics.median(lengths)
print(f"{len(lengths)} functions, median {median} lines, longest {max(lengths)}")
if median > 15:
    bad.append(f"median {median} lines, at most 15")
print("\n".join(bad))
sys.exit(bool(bad))
