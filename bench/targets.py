"""What each result is compared with, and what it is to reach.

A target's limit holds for one field of a row, or for that field divided by the same field of another
row; `least` turns the comparison round. Two percentiles that lie one step of the time-stamp counter
apart cannot be told from equal ones, so they pass where `steps_apart` is asked.
"""

import re
from dataclasses import dataclass

# The first pattern that matches a row's name says its baseline. `{0}` ... are the pattern's groups.
BASELINES = [
    (r"counter\.bound\.(\d+t)\.(?:same|own)", "raw.lock_xadd.{0}.same"),
    (r"(?:counter|distribution|gauge|histogram|timer|set)\.(?:bound|folded|flushed)\..*",
     "raw.thread_local_add"),
    (r"count\.adhoc\.(\d+t)\.(same|own)", "mutex_map.count.{0}.{1}"),
    (r"count\.adhoc\.(1|100|10000)", "mutex_map.count.{0}"),
    (r"count\.adhoc\.refused_tags", "mutex_map.count.1"),
    (r"distribution\.adhoc\.(\d+)", "mutex_map.sample.{0}"),
    (r"gauge\.adhoc\.(\d+)", "mutex_map.count.{0}"),
    (r"format_send\.count\.1", "mutex_map.count.1"),
    (r"raw\.xxh3", "mutex_map.count.1"),
    (r"record6\..*|format_send\.record6|llm\.request.*", "mutex_map.record6"),
    (r"span\.(tags12|flush)(?:\.uds)?", "map_spans.{0}"),
    (r"spans_1m\.memory\.(?:quick|slow|stuck)", "spans_1m.memory.maps"),
    (r"llm\.(?:token|price\..*)", "raw.thread_local_add"),
    (r"prometheus\.counter\.held\.(\d+t)\.same", "raw.lock_xadd.{0}.same"),
    (r"prometheus\.histogram\.held\.1t", "raw.lock_xadd"),
    (r"tails\.(.*)\.flushing", "tails.{0}.quiet"),
    (r"tails\.(?:counter|distribution)\.bound\.quiet", "raw.thread_local_add"),
    (r"tails\.count\.adhoc\.100\.quiet", "mutex_map.count.100"),
    (r"flush\.counter_context\..*", "mutex_map.flush.uds"),
    (r"encode\..*", "raw.snprintf"),
    (r"sketch\.bytes\.1e4", "raw.sample_bytes.1e4"),
    (r"sender\.(udp|uds)((?:\.cpu)?)", "raw.sendto.{0}{1}"),
    (r"loss\..*", "format_send.loss.udp.200k"),
]


def baseline_of(name):
    for pattern, baseline in BASELINES:
        match = re.fullmatch(pattern, name)
        if match:
            return baseline.format(*match.groups())
    return None


@dataclass
class Target:
    what: str
    row: str
    limit: float
    field: str = "value"
    over: str = ""  # divide by this row's field
    least: bool = False
    steps_apart: bool = False
    unit: str = ""

    def measured(self, rows):
        """What the results say; None when a row was not run."""
        own = rows.get(self.row, {}).get(self.field)
        if own is None or not self.over:
            return own
        other = rows.get(self.over, {}).get(self.field)
        return own / other if other else None

    def is_one_step(self, rows):
        """Whether the two rows differ by what the counter cannot tell."""
        if not self.steps_apart or self.row not in rows or self.over not in rows:
            return False
        apart = rows[self.row][self.field] - rows[self.over][self.field]
        return 0 < apart <= 1.01 * rows[self.row]["step"]

    def reached(self, rows):
        measured = self.measured(rows)
        if self.is_one_step(rows):
            return True
        return measured >= self.limit if self.least else measured <= self.limit


TARGETS = [
    Target("bound counter", "counter.bound.1t", 2, unit="ns"),
    Target("bound counter", "counter.bound.1t", 20, field="instructions", unit="instructions"),
    Target("bound counter, 2 threads on one context: times one thread", "counter.bound.2t.same", 1.15,
           over="counter.bound.1t.same", unit="x"),
    Target("bound counter, 8 threads on one context, per core: times one thread",
           "counter.bound.8t.same", 1.15, over="counter.bound.1t.same", unit="x"),
    Target("held counter of prometheus-cpp: times a bound counter", "prometheus.counter.held.1t.same",
           3, over="counter.bound.1t.same", least=True, unit="x"),
    Target("held counter of prometheus-cpp, 2 threads: times a bound counter",
           "prometheus.counter.held.2t.same", 20, over="counter.bound.2t.same", least=True, unit="x"),
    Target("bound distribution, until the ring is folded", "distribution.bound.1t", 2.5, unit="ns"),
    Target("bound distribution, with folding, all threads' CPU", "distribution.folded.1t", 8,
           unit="ns"),
    Target("ad-hoc count, 1 context", "count.adhoc.1", 16, unit="ns"),
    Target("ad-hoc count, 100 contexts", "count.adhoc.100", 20, unit="ns"),
    Target("ad-hoc count, 10,000 contexts", "count.adhoc.10000", 45, unit="ns"),
    Target("ad-hoc count", "count.adhoc.1", 250, field="instructions", unit="instructions"),
    Target("mutex and map, 2 threads: times an ad-hoc count", "mutex_map.count.2t.same", 10,
           over="count.adhoc.2t.same", least=True, unit="x"),
    Target("record of six, bound", "record6.bound", 10, unit="ns"),
    Target("record of six, ad hoc", "record6.adhoc", 60, unit="ns"),
    Target("a whole request through the recorder", "llm.request.1", 1000, unit="ns"),
    Target("a token of a request", "llm.token", 20, unit="ns"),
    Target("a span with 12 tags, start to finish", "span.tags12", 200, unit="ns"),
    Target("allocations, a span with 12 tags", "span.tags12", 0, field="allocations"),
    Target("flush of a span, without the kernel", "span.flush", 80, unit="ns"),
    Target("lost of 1,000,000 spans a minute", "spans_1m.lost.quick", 0, unit="%"),
    Target("lost of 1,000,000 spans a minute, an Agent that answers after 100 ms",
           "spans_1m.lost.slow", 0, unit="%"),
    Target("memory for 1,000,000 spans a minute, an Agent that never answers",
           "spans_1m.memory.stuck", 48, unit="MB"),
    Target("bound counter, 99.9 %", "tails.counter.bound.quiet", 30, field="p999", unit="ns"),
    Target("bound counter, 99.9 % while a flush runs: times without",
           "tails.counter.bound.flushing", 1.1, field="p999", over="tails.counter.bound.quiet",
           steps_apart=True, unit="x"),
    Target("bound distribution, 99.9 %", "tails.distribution.bound.quiet", 30, field="p999",
           unit="ns"),
    Target("bound distribution, 99.9 % while a flush runs: times without",
           "tails.distribution.bound.flushing", 1.1, field="p999",
           over="tails.distribution.bound.quiet", steps_apart=True, unit="x"),
    Target("ad-hoc count, 100 contexts, 99.9 %", "tails.count.adhoc.100.quiet", 100, field="p999",
           unit="ns"),
    Target("ad-hoc count, 99.9 % while a flush runs: times without",
           "tails.count.adhoc.100.flushing", 1.1, field="p999", over="tails.count.adhoc.100.quiet",
           steps_apart=True, unit="x"),
    Target("allocations, bound counter", "counter.bound.1t", 0, field="allocations"),
    Target("allocations, bound distribution", "distribution.bound.1t", 0, field="allocations"),
    Target("allocations, ad-hoc count", "count.adhoc.10000", 0, field="allocations"),
    Target("flush of 10,000 counters over UDS, a context", "flush.counter_context.uds", 150,
           unit="ns"),
    Target("folding of a sample, 1 context", "sketch.fold.1", 4, unit="ns"),
    Target("folding of a sample, 100 contexts", "sketch.fold.100", 4, unit="ns"),
    Target("encoding of a sketch of 300 bins", "sketch.encode.300", 30, unit="us"),
    Target("10,000 latencies on the wire", "sketch.bytes.1e4", 5_500, unit="B"),
    Target("1,000,000 latencies on the wire", "sketch.bytes.1e6", 13_000, unit="B"),
    Target("memory, a sketch of the spread of 100 latencies", "sketch.memory", 4_096, unit="B"),
    Target("lost of 200,000 calls a second, UDP", "loss.udp.200k", 0, unit="%"),
    Target("lost of 200,000 calls a second, UDS", "loss.uds.200k", 0, unit="%"),
    Target("memory, a context", "memory.context", 350, unit="B"),
    Target("memory, a context and thread", "memory.context_thread", 12, unit="B"),
    Target("memory, a thread", "memory.thread", 128 * 1024, unit="B"),
    Target("wake-ups of an idle client in a flush interval", "idle.wakeups", 1),
]
# The shared library is as fast, but for what a call through its table costs.
for _row in ("counter.bound.1t", "count.adhoc.1", "count.adhoc.100"):
    TARGETS.append(Target(f"shared library: {_row}, more than the static one", f"shared.{_row}", 1.5,
                          field="more_than_static", unit="ns"))
