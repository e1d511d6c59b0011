#!/usr/bin/env python3
"""Draws docs/sketch.svg: 150 latencies, the bins that they fall into, and what is sent of them.

    docs/sketch_picture.py > docs/sketch.svg

To be seen at all, the bins of the picture are ten of the Agent's wide.
"""

import math
import random
from collections import Counter

WIDTH, LEFT, RIGHT = 760, 20, 740
GAMMA = (1 + 1 / 64) ** 10
COUNT = 150
TOP_OF_BARS, FOOT = 105, 245
INK, PALE, RED = "#3465a4", "#b8cbe4", "#c4302b"


def key_of(value):
    return round(math.log(value) / math.log(GAMMA))


def place(value, low, high):
    """Where a value lies on the logarithmic axis."""
    share = (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return LEFT + share * (RIGHT - LEFT)


def text(x, y, words, colour="#333", anchor="start"):
    return (f'<text x="{x:.0f}" y="{y}" fill="{colour}" text-anchor="{anchor}" '
            f'font-family="sans-serif" font-size="13">{words}</text>')


def main():
    random.seed(6)
    values = sorted(random.lognormvariate(math.log(120), 0.45) for _ in range(COUNT))
    extremes = (values[0], values[-1])
    bins = Counter(key_of(value) for value in values)
    rest = +(bins - Counter(key_of(value) for value in extremes))
    keys = range(min(bins), max(bins) + 1)
    low, high = GAMMA ** (min(bins) - 0.5), GAMMA ** (max(bins) + 0.5)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} 330" '
           f'width="{WIDTH}" height="330">',
           f'<rect width="{WIDTH}" height="330" fill="#fff"/>',
           text(LEFT, 22, f"raw: {COUNT} samples, {COUNT} values on the wire")]
    for value in values:
        x = place(value, low, high)
        out.append(f'<line x1="{x:.1f}" y1="34" x2="{x:.1f}" y2="64" stroke="{INK}" '
                   'stroke-width="1" opacity="0.6"/>')
    out.append(text(LEFT, 95, "bins: how many samples lie between two boundaries"))
    scale = (FOOT - TOP_OF_BARS - 20) / max(bins.values())
    for key in keys:
        left = place(GAMMA ** (key - 0.5), low, high)
        right = place(GAMMA ** (key + 0.5), low, high)
        tall = bins[key] * scale
        out.append(f'<rect x="{left:.1f}" y="{FOOT - tall:.1f}" width="{right - left - 1:.1f}" '
                   f'height="{tall:.1f}" fill="{PALE}" stroke="{INK}"/>')
        if bins[key]:
            middle = (left + right) / 2
            out.append(text(middle, f"{FOOT - tall - 4:.1f}", bins[key], INK, "middle"))
            if rest[key]:
                out.append(f'<circle cx="{middle:.1f}" cy="{FOOT + 12}" r="3.5" fill="{INK}"/>')
            if key % 2 == 0:
                out.append(text(middle, FOOT + 32, f"{GAMMA ** key:.3g}", anchor="middle"))
    for value in extremes:
        x = place(value, low, high)
        out.append(f'<circle cx="{x:.1f}" cy="{FOOT + 12}" r="3.5" fill="none" stroke="{RED}" '
                   'stroke-width="2"/>')
    out.append(text(LEFT, FOOT + 56, f"sent: one value for each of {len(rest)} bins, which "
                    "stands for its count; the smallest and the largest (red) as they are"))
    out.append(text(LEFT, FOOT + 74, "milliseconds, on a logarithmic axis; a bin here is as wide as "
                    "ten of the Agent's", "#777"))
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
