#!/usr/bin/env python3
"""Holds the floor plan: what a file may include is known from its path.

A stage of lib/ includes only base, itself and the stages above it; llm and trace only base,
themselves and the public headers. The tools, the tests of them and the benches see pawl as any other program does.
Third parties stay in their rooms, and none enters a public header. Each breach is printed as
file:line.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAGES = ["base", "tags", "context", "aggregate", "encode", "transport", "client", "llm", "trace"]

# A stage that builds on the public headers sees nothing else of the library.
APART = {"llm": ["base", "llm"], "trace": ["base", "trace"]}

# Which third party a directive names, and the paths that may include it.
ROOMS = {
    "asio": (re.compile(r"^asio(\.hpp|/)"), ["lib/transport/", "tools/"]),
    "xxHash": (re.compile(r"^xxh"), ["lib/base/hash", "bench/"]),
    "fmt": (re.compile(r"^fmt/"), ["lib/", "tools/", "test/", "bench/"]),
    "nlohmann_json": (
        re.compile(r"^nlohmann/"),
        ["lib/llm/", "lib/tags/", "lib/trace/", "tools/", "test/"],
    ),
    "libcurl": (re.compile(r"^curl/"), ["lib/trace/http"]),
    "msgpack-cxx": (re.compile(r"^msgpack"), ["test/"]),
    "CLI11": (re.compile(r"^CLI/"), ["tools/"]),
    "relacy": (re.compile(r"^relacy/"), ["test/model/"]),
    "doctest": (re.compile(r"^doctest"), ["test/"]),
    "google-benchmark": (re.compile(r"^benchmark/"), ["bench/"]),
}

DIRECTIVE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = DIRECTIVE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def third_party_breach(name, target):
    for party, (pattern, rooms) in ROOMS.items():
        if pattern.match(target) and not any(name.startswith(room) for room in rooms):
            return f"{party} is not for this folder"
    return None


def floor_breach(name, target):
    parts = name.split("/")
    floor = target.split("/")[0]
    if parts[0] == "lib" and len(parts) > 2:
        if floor not in STAGES:
            return f'"{target}" is not a path from the root of lib/'
        if STAGES.index(floor) > STAGES.index(parts[1]):
            return f"{parts[1]} may not include {floor}: it lies below"
        if floor not in APART.get(parts[1], STAGES):
            return f"{parts[1]} sees base and the public headers only"
    if parts[0] in ("tools", "bench", "include") and floor in STAGES:
        return f"{parts[0]} sees the public headers only"
    return None


def top_folder(name):
    return name.split("/")[0]


def breaches(path):
    name = path.relative_to(ROOT).as_posix()
    for number, mark, target in includes(path):
        why = third_party_breach(name, target)
        if why is None and mark == '"':
            why = floor_breach(name, target)
        if why is None and target.startswith("pawl/") and mark == '"' and top_folder(name) != "include":
            why = "outside of include/, public headers are included with <>"
        if why:
            yield f"{name}:{number}: {why}"


def main():
    files = [
        path
        for folder in ("include", "lib", "tools", "test", "bench")
        for suffix in ("*.h", "*.h.in", "*.cpp")
        for path in sorted((ROOT / folder).rglob(suffix))
    ]
    found = [breach for path in files for breach in breaches(path)]
    for stage in sorted(p.name for p in (ROOT / "lib").iterdir() if p.is_dir()):
        if stage not in STAGES:
            found.append(f"lib/{stage}:1: a folder without a floor in test/lint/floors.py")
    print("\n".join(found) if found else f"{len(files)} files keep to their floors")
    return bool(found)


sys.exit(main())
