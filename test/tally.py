#!/usr/bin/env python3
"""Counts what Meson's testlog.json holds: doctest's cases where a program printed their summary,
the program itself where it did not. A program that died counts as one failed."""

import json
import pathlib
import re
import sys

SUMMARY = re.compile(
    r"^\[doctest\] test cases: *\d+ \| *(\d+) passed \| *(\d+) failed", re.MULTILINE
)


def count(entry):
    found = SUMMARY.findall(entry.get("stdout", ""))
    passed = sum(int(p) for p, _ in found)
    failed = sum(int(f) for _, f in found)
    good = entry["result"] in ("OK", "EXPECTEDFAIL")
    if good and not found and entry["result"] != "SKIP":
        passed += 1
    if not good and entry["result"] != "SKIP" and failed == 0:
        failed += 1
    return passed, failed


def main():
    log = pathlib.Path(sys.argv[1])
    entries = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    counts = [count(entry) for entry in entries]
    for entry, (passed, failed) in zip(entries, counts):
        print(f"{entry['name']}: {entry['result']}, {passed} passed, {failed} failed")
    passed = sum(p for p, _ in counts)
    failed = sum(f for _, f in counts)
    if passed + failed == 0:
        print("no test ran")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
