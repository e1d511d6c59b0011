#!/usr/bin/env python3
"""price_snapshot.py prices.json price_snapshot.cpp: turns the built-in prices into C++.

Prices become whole picodollars a token (dollars a million tokens, times a million). A price with
more digits than that, a name that stands twice and an unknown field end the build.
"""

import json
import re
import sys
from decimal import Decimal

FIELDS = ["input", "output", "cached_input", "cache_creation", "cache_creation_1h", "reasoning"]


def picodollars(usd_per_mtok):
    exact = Decimal(usd_per_mtok) * 1_000_000
    if exact != exact.to_integral_value() or not 0 <= exact <= 10**12:
        raise ValueError(f"{usd_per_mtok} is not a price in whole picodollars a token")
    return str(int(exact))


def rates(prices):
    unknown = set(prices) - set(FIELDS)
    if unknown or "input" not in prices or "output" not in prices:
        raise ValueError(f"fields {sorted(prices)}: expected input, output and of {FIELDS}")
    return "{" + ", ".join(picodollars(prices[f]) if f in prices else "kUnset" for f in FIELDS) + "}"


def tier(entry):
    return f"{{{int(entry['above_input_tokens'])}, {rates(entry['usd_per_mtok'])}}}"


def price(model):
    tiers = [tier(each) for each in model.get("tiers", [])]
    array = "{{" + ", ".join(tiers) + "}}" if tiers else "{}"
    return f"{{{rates(model['usd_per_mtok'])}, {array}, {len(tiers)}}}"


def text(value):
    if not re.fullmatch(r"[A-Za-z0-9._:/@-]{1,200}", value):
        raise ValueError(f"{value!r} is not a name")
    return f'"{value}"'


def main(source, target):
    with open(source, encoding="utf-8") as file:
        book = json.load(file, parse_float=Decimal)
    models, names, seen = [], [], set()
    for index, model in enumerate(book["models"]):
        models.append(f"    {{{text(model['provider'])}, {price(model)}}},")
        for name in [model["name"], *model.get("also", [])]:
            if name in seen:
                raise ValueError(f"{name} stands twice")
            seen.add(name)
            names.append(f"    {{{text(name)}, {index}}},")
    date = text(book["date"])
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join([
            "// Written by price_snapshot.py from prices.json.",
            '#include "llm/price_snapshot.h"',
            "",
            "namespace pawl::llm {",
            "namespace {",
            "",
            "constexpr SnapshotModel kModels[] = {",
            *models,
            "};",
            "",
            "constexpr SnapshotName kNames[] = {",
            *names,
            "};",
            "",
            "}  // namespace",
            "",
            f"const Snapshot kSnapshot{{{date}, kModels, kNames}};",
            "",
            "}  // namespace pawl::llm",
            "",
        ]))


main(*sys.argv[1:])
