"""Writes results down: a table for a terminal, the tables of a README, and a page with charts.

The charts are matplotlib's; without it the page has the tables only, and says so.
"""

import base64
import html as markup
import io

from targets import TARGETS

COLUMNS = ("value", "p50", "p99", "p999", "max", "allocations", "instructions")

# What is drawn, of which field, and in which unit: (title, field, unit, names of rows).
CHARTS = [
    ("A record through a bound handle", "value", "ns",
     ["raw.thread_local_add", "counter.bound.1t", "distribution.bound.1t", "distribution.folded.1t",
      "raw.lock_xadd", "prometheus.counter.held.1t.same", "gauge.bound.1t", "histogram.bound.endless",
      "set.bound.1t", "prometheus.histogram.held.1t"]),
    ("A call with a name and five tags", "value", "ns",
     ["count.adhoc.1", "count.adhoc.100", "count.adhoc.10000", "mutex_map.count.1",
      "mutex_map.count.100", "mutex_map.count.10000"]),
    ("Six metrics of one request", "value", "ns",
     ["record6.bound", "record6.adhoc", "record6.calls", "mutex_map.record6"]),
    ("A request to a language model, through the recorder", "value", "ns",
     ["llm.request.1", "llm.request.100", "llm.request.log", "llm.token",
      "llm.price.exact", "llm.price.dated", "mutex_map.record6"]),
    ("A span with twelve tags: its caller, and its flush", "value", "ns",
     ["span.tags12", "map_spans.tags12", "span.flush", "map_spans.flush"]),
    ("Threads on one context, CPU time of a call", "value", "ns",
     [f"{what}.{threads}t.same"
      for what in ("counter.bound", "raw.lock_xadd", "prometheus.counter.held", "count.adhoc",
                   "mutex_map.count") for threads in (1, 2, 4, 8)]),
    ("The slowest of a thousand calls (p99.9), each timed alone", "p999", "ns",
     [f"tails.{what}.{when}"
      for what in ("counter.bound", "distribution.bound", "count.adhoc.100")
      for when in ("quiet", "flushing")]),
    ("A flush, a context", "value", "ns",
     ["flush.counter_context.sink", "flush.counter_context.uds", "flush.counter_context.udp",
      "mutex_map.flush.uds"]),
    ("10,000 and 1,000,000 latencies on the wire", "value", "B",
     ["sketch.bytes.1e4", "sketch.bytes.1e6", "raw.sample_bytes.1e4"]),
    ("Lost of 200,000 calls a second", "value", "%",
     ["loss.udp.200k", "loss.uds.200k", "format_send.loss.udp.200k"]),
]


def number(value):
    if value is None:
        return ""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cells(row):
    """The row as strings, without its name."""
    allocations = row.get("allocations")
    shown = [number(row.get(column)) for column in COLUMNS]
    shown[0] = f"{shown[0]} {row['unit']}".strip()
    shown[COLUMNS.index("allocations")] = "" if allocations is None else number(allocations)
    against = f"{number(row['ratio'])} x {row['baseline']}" if row["ratio"] is not None else ""
    return [*shown, against]


HEADER = ["row", "mean", "p50", "p99", "p99.9", "max", "allocations", "instructions", "ratio"]


def target_rows(rows):
    """Gives (what, limit, measured, verdict) of each target; measured is empty where nothing ran."""
    by_name = {row["name"]: row for row in rows}
    for target in TARGETS:
        measured = target.measured(by_name)
        verdict = "" if measured is None else "reached" if target.reached(by_name) else "missed"
        sign = ">=" if target.least else "<="
        limit = f"{sign} {number(target.limit)} {target.unit}".strip()
        shown = "not run" if measured is None else f"{number(measured)} {target.unit}".strip()
        if target.is_one_step(by_name):
            shown += " (one step of the counter)"
        yield target.what, limit, shown, verdict


TARGET_HEADER = ["target", "limit", "measured", ""]


def aligned(header, table):
    widths = [max(len(row[i]) for row in [header, *table]) for i in range(len(header))]
    lines = []
    for row in [header, *table]:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join([first, *rest]).rstrip())
    return "\n".join(lines)


def tables(rows):
    return ([HEADER, [[row["name"], *cells(row)] for row in rows]],
            [TARGET_HEADER, [list(row) for row in target_rows(rows) if row[2] != "not run"]])


def text(rows):
    return "\n\n".join(aligned(header, table) for header, table in tables(rows) if table)


def markdown(rows, facts):
    lines = [f"{name.capitalize()}: {fact}  " for name, fact in facts.items()]
    for header, table in reversed(tables(rows)):
        lines += ["", "| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table]
    return "\n".join(lines) + "\n"


def chart(plots, title, field, unit, found):
    """Draws bars, and gives the picture as SVG; pawl's own stand out."""
    figure, axes = plots.subplots(figsize=(8, 0.6 + 0.3 * len(found)))
    names = [row["name"] for row in found]
    others = ("raw.", "mutex_map.", "format_send.", "prometheus.")
    colours = ["#b0b0b0" if name.startswith(others) else "#3465a4" for name in names]
    bars = axes.barh(names, [row[field] for row in found], color=colours)
    axes.bar_label(bars, labels=[number(row[field]) for row in found], padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(unit)
    axes.set_title(title)
    picture = io.BytesIO()
    figure.savefig(picture, format="svg", bbox_inches="tight")
    plots.close(figure)
    return base64.b64encode(picture.getvalue()).decode()


def charts(rows):
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        yield "<p>No charts: matplotlib is not installed (python3-matplotlib).</p>"
        return
    by_name = {row["name"]: row for row in rows}
    for title, field, unit, names in CHARTS:
        found = [by_name[name] for name in names if name in by_name]
        if found:
            drawn = chart(pyplot, title, field, unit, found)
            yield f'<p><img alt="{markup.escape(title)}" src="data:image/svg+xml;base64,{drawn}"></p>'


def html_table(header, table):
    def line(row, tag):
        return "<tr>" + "".join(f"<{tag}>{markup.escape(cell)}</{tag}>" for cell in row) + "</tr>"
    return "\n".join(["<table>", line(header, "th"), *(line(row, "td") for row in table), "</table>"])


def html(rows, facts):
    results, targets = tables(rows)
    told = "<br>".join(f"{name}: {markup.escape(fact)}" for name, fact in facts.items())
    return "\n".join([
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>What a call costs</title>',
        "<style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}"
        "td,th{padding:2px 8px;border-bottom:1px solid #ddd;text-align:right}"
        "td:first-child,th:first-child{text-align:left}</style>",
        "<h1>What a call costs</h1>", f"<p>{told}</p>",
        "<h2>Targets</h2>", html_table(*targets),
        "<h2>Charts</h2>", *charts(rows),
        "<h2>Results</h2>", html_table(*results), "</html>\n"])
