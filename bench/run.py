#!/usr/bin/env python3
"""Runs the benches of a build directory, and writes what they found.

    bench/run.py BUILD [--quick] [QUESTION...]

Every program of BUILD/bench measures with google-benchmark and writes its JSON; here the repetitions
become one row each (the median; of `max` and of losses the largest), instructions are added by
callgrind where valgrind is installed, and each row is divided by its baseline of the same run. It
writes BUILD/bench/results.json, BUILD/bench/report.html and, as the tables of a README, report.md.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import report
from targets import baseline_of

ROOT = pathlib.Path(__file__).resolve().parents[1]
FIELDS = ("p50", "p99", "p999", "max", "step", "allocations", "lost")
SECONDS_A_QUESTION = 300

# In this order; a question's baselines are in its own program, or in one beside it here.
QUESTIONS = ["bound", "shared-bound", "adhoc", "shared-adhoc", "contention", "prometheus", "record6",
             "llm", "span", "span_load", "tails", "flush", "encode", "sketch", "sender", "loss", "memory", "lifecycle",
             "idle"]


def run_program(program, quick):
    """Gives google-benchmark's rows. Of a shared library, what does not call it is left out."""
    shared = program.name.startswith("shared-")
    which = "--benchmark_filter=" + (r"^(raw|counter|distribution|count)\." if shared else ".")
    effort = ["--benchmark_min_time=0.02"]
    if not quick:
        effort = ["--benchmark_min_time=0.1", "--benchmark_repetitions=5",
                  "--benchmark_enable_random_interleaving=true"]
    environment = os.environ | {"PAWL_BENCH_SECONDS": "2" if quick else "5"}
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.json"
        ran = subprocess.run([program, f"--benchmark_out={out}", "--benchmark_out_format=json",
                              which, *effort],
                             env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             text=True, timeout=SECONDS_A_QUESTION)
        if ran.returncode != 0:
            raise RuntimeError(f"{program.name}: ended with {ran.returncode}\n{ran.stderr}")
        found = json.loads(out.read_text())["benchmarks"]
    for row in found:
        if row.get("error_occurred"):
            raise RuntimeError(f"{row['name']}: {row['error_message']}")
    rows = [row for row in found if row["run_type"] == "iteration"]
    return sorted(rows, key=lambda row: (row["family_index"], row["per_family_instance_index"]))


def name_of(row):
    """google-benchmark adds what it was told: `count.adhoc/100` becomes `count.adhoc.100`."""
    name = re.sub(r"/[a-z_]+(:\d+)?(?=/|$)", "", row["run_name"])
    return name.replace("/", ".")


def value_of(row):
    """Gives (value, unit): what the bench says itself, a rate, or the time of a call."""
    if "value" in row:
        return row["value"], row.get("label", "")
    if "bytes_per_second" in row:
        return row["bytes_per_second"] / 1e6, "MB/s"
    if "items_per_second" in row:
        return row["items_per_second"], "datagrams/s"
    wall = "/manual_time" in row["run_name"] or "/real_time" in row["run_name"]
    return row["real_time" if wall else "cpu_time"], row["time_unit"]


def merged(repetitions, prefix):
    """Makes one row of its repetitions: the median, and what must never happen by its worst."""
    first = repetitions[0]
    values = [value_of(row)[0] for row in repetitions]
    unit = value_of(first)[1]
    row = {"name": prefix + name_of(first), "unit": unit,
           "value": max(values) if unit == "% lost" else statistics.median(values),
           "least": min(values), "most": max(values)}
    for field in FIELDS:
        of_field = [one[field] for one in repetitions if field in one]
        if of_field:
            row[field] = max(of_field) if field == "max" else statistics.median(of_field)
    if first["threads"] > 1:
        row["cores"] = statistics.median(one["cpu_time"] / one["real_time"] for one in repetitions)
    return row


def rows_of(program, quick):
    prefix = "shared." if program.name.startswith("shared-") else ""
    by_name = {}
    for row in run_program(program, quick):
        by_name.setdefault(row["run_name"], []).append(row)
    rows = []
    for repetitions in by_name.values():
        rows.append(merged(repetitions, prefix))
        if "items_per_second" in repetitions[0]:
            times = [row["cpu_time"] for row in repetitions]
            rows.append({"name": rows[-1]["name"] + ".cpu", "unit": repetitions[0]["time_unit"],
                         "value": statistics.median(times), "least": min(times), "most": max(times)})
    return rows


def collected(program, row, calls):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind"
        subprocess.run(["valgrind", "--tool=callgrind", "--collect-atstart=no",
                        "--toggle-collect=*measured*", f"--callgrind-out-file={out}", program, row,
                        str(calls)], check=True, capture_output=True, timeout=SECONDS_A_QUESTION)
        return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M).group(1))


def instructions(program, quick):
    """Counts the instructions of a call, by row; those of the loop around it are taken off."""
    calls = 500

    def of_a_call(row):
        return (collected(program, row, 2 * calls) - collected(program, row, calls)) / calls

    rows = subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()
    if quick:
        rows = ["counter.bound.1t", "count.adhoc.1"]
    loop = of_a_call("nothing")
    return {row: of_a_call(row) - loop for row in rows if row != "nothing"}


def compare(rows):
    """Adds to each row its baseline and the ratio to it, and what a shared library costs."""
    by_name = {row["name"]: row for row in rows}
    for row in rows:
        name = row["name"].removeprefix("shared.")
        static = by_name.get(name)
        baseline = baseline_of(name) or ""
        if static is not row:
            baseline = f"shared.{baseline}" if f"shared.{baseline}" in by_name else baseline
            if static:
                row["more_than_static"] = row["value"] - static["value"]
        against = by_name.get(baseline, {}).get("value")
        row["baseline"] = baseline if against else None
        row["ratio"] = row["value"] / against if against else None
        for field in ("p50", "p99", "p999", "max", "allocations", "instructions"):
            row.setdefault(field, None)


def busy(rows):
    """Says when threads took turns on one core, where they do not contend; otherwise nothing."""
    cores = [row["cores"] for row in rows if "cores" in row]
    if not cores or os.cpu_count() == 1 or min(cores) >= 1.6:
        return None
    return (f"the machine was busy, threads that should run side by side had {min(cores):.1f} cores: "
            "rows of 2 and more threads show less contention than there is")


def commit():
    """What was measured, and whether anything was changed since."""
    told = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                          capture_output=True, text=True)
    return told.stdout.strip() or "unknown"


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    name = cpu.group(1) if cpu else os.uname().machine
    return f"{name}, {os.cpu_count()} CPUs, Linux {os.uname().release}"


def compiler(build):
    commands = json.loads((build / "compile_commands.json").read_text())
    words = commands[0]["command"].split()
    program = next(word for word in words if "ccache" not in word)
    told = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()[0]


def chosen(folder, wanted):
    """Gives the programs of the questions, and says which were not built."""
    programs = []
    for question in QUESTIONS:
        if wanted and question not in wanted and question.removeprefix("shared-") not in wanted:
            continue
        if (folder / question).exists():
            programs.append(folder / question)
        elif question == "prometheus":
            print("prometheus    skipped: prometheus-cpp is not installed")
        elif not question.startswith("shared-"):
            sys.exit(f"bench/run.py: {folder / question} is not built")
    return programs


def measure(folder, programs, quick, wanted):
    rows = []
    for number, program in enumerate(programs, 1):
        started = time.monotonic()
        print(f"[{number}/{len(programs)}] {program.name:<14}", end="", flush=True)
        found = rows_of(program, quick)
        rows += found
        print(f"{len(found):>3} rows, {time.monotonic() - started:5.1f} s", flush=True)
    if wanted and "instructions" not in wanted:
        return rows
    if not shutil.which("valgrind"):
        print("instructions  skipped: no valgrind here")
        return rows
    started = time.monotonic()
    counts = instructions(folder / "instructions", quick)
    by_name = {row["name"]: row for row in rows}
    for name, count in counts.items():
        if name not in by_name:
            by_name[name] = {"name": name, "unit": "instructions", "value": count}
            rows.append(by_name[name])
        by_name[name]["instructions"] = count
    print(f"instructions  {len(counts):>3} rows, {time.monotonic() - started:5.1f} s", flush=True)
    return rows


def main():
    arguments = argparse.ArgumentParser(prog="tools/dev bench", description=__doc__.splitlines()[0])
    arguments.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments.add_argument("--quick", action="store_true", help="below a minute; the figures are rough")
    arguments.add_argument("questions", nargs="*", metavar="QUESTION",
                           help=f"{', '.join(QUESTIONS)}, instructions")
    told = arguments.parse_intermixed_args()
    unknown = set(told.questions) - {*QUESTIONS, "instructions"}
    if unknown:
        arguments.error(f"no such question: {', '.join(sorted(unknown))}")
    folder = told.build / "bench"
    started = time.monotonic()
    try:
        rows = measure(folder, chosen(folder, told.questions), told.quick, told.questions)
    except (RuntimeError, subprocess.SubprocessError) as error:
        sys.exit(f"\nbench/run.py: {error}")
    compare(rows)
    facts = {"machine": machine(), "compiler": compiler(told.build), "commit": commit(),
             "command": " ".join(["tools/dev bench", *sys.argv[2:]]),
             "date": time.strftime("%Y-%m-%d")}
    if note := busy(rows):
        facts["note"] = note
    (folder / "results.json").write_text(json.dumps(rows, indent=1) + "\n")
    (folder / "report.md").write_text(report.markdown(rows, facts))
    (folder / "report.html").write_text(report.html(rows, facts))
    print(report.text(rows))
    if "note" in facts:
        print(f"Note: {facts['note']}.")
    print(f"{time.monotonic() - started:.0f} s; {folder}/results.json, report.html, report.md")


if __name__ == "__main__":
    main()
