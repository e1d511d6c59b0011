// What travels between services, in both styles of headers.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/trace.h>

#include "support/seed.h"
#include "trace/memory_tracer.h"

namespace {

using Headers = std::map<std::string, std::string>;
using pawl::test::MemoryTracer;
using pawl::trace::Span;
using pawl::trace::SpanContext;
using pawl::trace::SpanRepair;

constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST_CASE("W3C headers are read") {
  MemoryTracer t;
  const Headers headers = {
      {"traceparent", kParent},
      {"tracestate", "a=1, dd=s:2;o:rum~x;t.dm:-4;t.usr.id:12;p:00f067aa0ba902b7;z:9,b=2"}};
  const SpanContext context = t.tracer.extract(headers);
  CHECK(context.trace_high == 0x4bf9'2f35'77b3'4da6);
  CHECK(context.trace_low == 0xa3ce'929d'0e0e'4736);
  CHECK(context.span == 0x00f0'67aa'0ba9'02b7);
  CHECK(context.priority == 2);
  CHECK(context.origin == "rum=x");
  CHECK(context.decision_maker == "-4");
  CHECK(context.trace_tags == "_dd.p.usr.id=12");
  CHECK(context.tracestate == "a=1,b=2");
  CHECK(context.datadog_state == "z:9");
  CHECK(t.tracer.stats()[SpanRepair::header_refused] == 0);
}

TEST_CASE("Datadog's headers are read, in any case of their names") {
  MemoryTracer t;
  const Headers headers = {{"X-Datadog-Trace-Id", "11803532876627986230"},
                           {"x-datadog-parent-id", "67667974448284343"},
                           {"X-DATADOG-SAMPLING-PRIORITY", "-1"},
                           {"x-datadog-origin", "synthetics"},
                           {"x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6,_dd.p.dm=-3,_dd.p.x=y"}};
  const SpanContext context = t.tracer.extract(headers);
  CHECK(context.trace_high == 0x4bf9'2f35'77b3'4da6);
  CHECK(context.trace_low == 0xa3ce'929d'0e0e'4736);
  CHECK(context.span == 67667974448284343);
  CHECK(context.priority == -1);
  CHECK(context.origin == "synthetics");
  CHECK(context.decision_maker == "-3");
  CHECK(context.trace_tags == "_dd.p.x=y");
}

TEST_CASE("where both styles name one trace, the span is that of W3C's") {
  MemoryTracer t;
  Headers headers = {{"traceparent", kParent},
                     {"tracestate", "a=1"},
                     {"x-datadog-trace-id", "11803532876627986230"},
                     {"x-datadog-parent-id", "5"},
                     {"x-datadog-sampling-priority", "2"},
                     {"x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6"}};
  const SpanContext both = t.tracer.extract(headers);
  CHECK(both.span == 0x00f0'67aa'0ba9'02b7);
  CHECK(both.priority == 2);
  CHECK(both.tracestate == "a=1");
  headers["x-datadog-trace-id"] = "7";
  const SpanContext datadog = t.tracer.extract(headers);
  CHECK(datadog.trace_low == 7);
  CHECK(datadog.span == 5);
  CHECK(datadog.tracestate.empty());
}

TEST_CASE("what is injected is extracted again, by either style alone and by both") {
  MemoryTracer t;
  SpanContext sent;
  sent.trace_high = 0x6553'f100'0000'0000;
  sent.trace_low = 0xffff'ffff'ffff'fff1;
  sent.span = 0x8000'0000'0000'0001;
  sent.priority = 2;
  sent.decision_maker = "-4";
  sent.origin = "a=b";
  sent.trace_tags = "_dd.p.usr=x=y";
  Headers headers;
  t.tracer.inject(sent, headers);
  CHECK(headers.size() == 7);
  CHECK(t.tracer.extract(headers) == sent);
  Headers w3c = {{"traceparent", headers["traceparent"]}, {"tracestate", headers["tracestate"]}};
  CHECK(t.tracer.extract(w3c) == sent);
  headers.erase("traceparent");
  CHECK(t.tracer.extract(headers) == sent);
}

TEST_CASE("a service's part of a trace takes over ids, decision, origin and foreign state") {
  MemoryTracer t;
  const Headers headers = {{"traceparent", kParent},
                           {"tracestate", "dd=s:2;o:rum;t.dm:-4;t.k:v,vendor=1"}};
  Span root = t.tracer.start("root", t.tracer.extract(headers));
  Span child = root.child("child");
  Headers next;
  t.tracer.inject(child.context(), next);
  CHECK(next["traceparent"].substr(0, 35) == std::string{kParent}.substr(0, 35));
  CHECK(next["tracestate"].find(",vendor=1") != std::string::npos);
  CHECK(next["tracestate"].find("s:2") != std::string::npos);
  CHECK(next["x-datadog-sampling-priority"] == "2");
  CHECK(next["x-datadog-origin"] == "rum");
  CHECK(next["x-datadog-tags"] == "_dd.p.dm=-4,_dd.p.tid=4bf92f3577b34da6,_dd.p.k=v");
  child.finish();
  root.finish();
  const auto spans = t.flush_one();
  CHECK(spans.at(0).parent_id == 0x00f0'67aa'0ba9'02b7);
  CHECK(spans.at(0).trace_id == 0xa3ce'929d'0e0e'4736);
  CHECK(spans.at(0).meta.at("_dd.p.tid") == "4bf92f3577b34da6");
  CHECK(spans.at(0).meta.at("_dd.p.dm") == "-4");
  CHECK(spans.at(0).meta.at("_dd.p.k") == "v");
  CHECK(spans.at(0).metrics.at("_sampling_priority_v1") == 2);
  for (const auto& span : spans) CHECK(span.meta.at("_dd.origin") == "rum");
}

TEST_CASE("a malformed header is ignored and counted, one by one") {
  const std::vector<Headers> cases = {
      {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"}},
      {{"traceparent", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}},
      {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01"}},
      {{"traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"}},
      {{"traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"}},
      {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"}},
      {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"}},
      {{"traceparent", "\r\n"}},
      {{"x-datadog-trace-id", "0"}},
      {{"x-datadog-trace-id", "-1"}},
      {{"x-datadog-trace-id", "18446744073709551616"}},
      {{"x-datadog-trace-id", "12x"}},
  };
  for (const Headers& headers : cases) {
    MemoryTracer t;
    CHECK_FALSE(t.tracer.extract(headers));
    CHECK(t.tracer.stats()[SpanRepair::header_refused] == 1);
  }
}

TEST_CASE("a malformed part leaves the rest of its trace") {
  const std::vector<Headers> cases = {
      {{"x-datadog-trace-id", "7"}, {"x-datadog-parent-id", "x"}},
      {{"x-datadog-trace-id", "7"}, {"x-datadog-sampling-priority", "1.5"}},
      {{"x-datadog-trace-id", "7"}, {"x-datadog-tags", "_dd.p.tid=xyz"}},
      {{"x-datadog-trace-id", "7"}, {"x-datadog-tags", "no equals sign"}},
      {{"x-datadog-trace-id", "7"}, {"x-datadog-tags", std::string(600, 'x')}},
      {{"x-datadog-trace-id", "7"}, {"x-datadog-origin", "a\r\nSet-Cookie: b"}},
      {{"traceparent", kParent}, {"tracestate", "dd=o:a\r\nb"}},
      {{"traceparent", kParent}, {"tracestate", "novalue"}},
  };
  for (const Headers& headers : cases) {
    MemoryTracer t;
    const SpanContext context = t.tracer.extract(headers);
    CHECK(context);
    CHECK(t.tracer.stats()[SpanRepair::header_refused] == 1);
    CHECK(context.origin.empty());
  }
}

TEST_CASE("other vendors' state is kept as whole members, up to 31 of them and 512 bytes") {
  MemoryTracer t;
  const auto read = [&t](const std::string& state) {
    return t.tracer.extract(Headers{{"traceparent", kParent}, {"tracestate", state}}).tracestate;
  };
  const std::string half = "a=" + std::string(254, 'x');
  CHECK(read(half + "," + half.substr(1)) == half);  // no key
  CHECK(read(half + ",b=" + std::string(253, 'y')).size() == 512);
  CHECK(t.tracer.stats()[SpanRepair::header_refused] == 1);
  CHECK(read(half + ",b=" + std::string(254, 'y') + ",c=1") == half + ",c=1");
  CHECK(t.tracer.stats()[SpanRepair::header_refused] == 2);
  std::string many;
  for (int i = 0; i < 32; ++i) many += (i == 0 ? "a=" : ",a=") + std::to_string(i % 10);
  CHECK(read(many) == many.substr(0, many.size() - 4));
  CHECK(t.tracer.stats()[SpanRepair::header_refused] == 3);
}

TEST_CASE("a trace's tag comes once, wherever it is said again, and ids are no tags") {
  const std::vector<Headers> cases = {
      {{"traceparent", kParent}, {"tracestate", "dd=t.a:1;t.a:2;t.tid:0000000000000001"}},
      {{"traceparent", kParent}, {"tracestate", "dd=t.a:1,dd=t.a:2"}},
      {{"traceparent", kParent}, {"tracestate", "dd=t.a:1;t.a=b:2"}},
      {{"x-datadog-trace-id", "7"}, {"x-datadog-tags", "_dd.p.a=1,_dd.p.a=2"}},
  };
  for (const Headers& headers : cases) {
    MemoryTracer t;
    const SpanContext context = t.tracer.extract(headers);
    CHECK(context.trace_tags == "_dd.p.a=1");
    CHECK(t.tracer.stats()[SpanRepair::header_refused] == 1);
    t.tracer.start("s", context).finish();
    CHECK(t.flush_one().at(0).meta.at("_dd.p.a") == "1");  // what stands twice does not decode
  }
}

TEST_CASE("a program's context cannot say a tag twice either") {
  MemoryTracer t;
  SpanContext made;
  made.trace_high = 1;
  made.trace_low = 2;
  made.priority = 1;
  made.decision_maker = "-4";
  made.trace_tags = "_dd.p.a=1,_dd.p.a=2,_dd.p.tid=3,_dd.p.dm=-3,other=4,_dd.p.b=\xff";
  t.tracer.start("s", made).finish();
  const auto span = t.flush_one().at(0);
  CHECK(span.meta.at("_dd.p.a") == "1");
  CHECK(span.meta.at("_dd.p.tid") == "0000000000000001");
  CHECK(span.meta.at("_dd.p.dm") == "-4");
  CHECK(span.meta.count("other") == 0);
  CHECK(span.meta.count("_dd.p.b") == 0);
}

TEST_CASE("what a program's context says goes into headers only where it is printable") {
  MemoryTracer t;
  SpanContext made;
  made.trace_low = 2;
  made.span = 3;
  made.priority = 1;
  for (std::string* text : {&made.decision_maker, &made.origin, &made.trace_tags, &made.tracestate})
    *text = "k=v\r\nCookie: x";
  made.trace_tags = "_dd.p.a=1,_dd.p.b=\r\nCookie: x";
  made.tracestate = "good=1,bad=\r\nCookie: x,dd=s:2," + std::string(70'000, 'x');
  made.datadog_state = "z:1,dd=s:2";
  Headers headers;
  t.tracer.inject(made, headers);
  for (const auto& [name, value] : headers)
    for (const char c : value) REQUIRE((c >= 0x20 && c < 0x7f));
  CHECK(headers.count("x-datadog-origin") == 0);
  CHECK(headers["x-datadog-tags"] == "_dd.p.a=1");
  CHECK(headers["tracestate"] ==
        "dd=s:1;p:0000000000000003;o:k~v__Cookie: x;t.dm:k~v__Cookie: x;t.a:1,good=1");
}

TEST_CASE("a context without the low half of a trace's id says nothing") {
  MemoryTracer t;
  SpanContext made;
  made.trace_high = 1;
  made.span = 2;
  made.origin = "rum";
  CHECK_FALSE(made);
  Headers headers;
  t.tracer.inject(made, headers);
  CHECK(headers.empty());
  Span span = t.tracer.start("s", made);
  CHECK(span.trace_low() != 0);
  span.link(made);
  span.finish();
  const auto seen = t.flush_one().at(0);
  CHECK(seen.parent_id == 0);
  CHECK(seen.links.empty());
  CHECK(seen.meta.count("_dd.origin") == 0);
  CHECK(t.tracer.stats()[SpanRepair::link_refused] == 1);
}

TEST_CASE("no headers at all begin a new trace and count nothing") {
  MemoryTracer t;
  Span span = t.tracer.start("s", t.tracer.extract(Headers{}));
  CHECK(span);
  CHECK(span.trace_low() != 0);
  CHECK(t.tracer.stats()[SpanRepair::header_refused] == 0);
}

TEST_CASE("headers may be any map, or two callables") {
  MemoryTracer t;
  const std::unordered_map<std::string, std::string> unordered = {{"TRACEPARENT", kParent}};
  CHECK(t.tracer.extract(unordered));
  const auto look_up = [](std::string_view name) -> std::optional<std::string_view> {
    if (name == "traceparent") return kParent;
    return std::nullopt;
  };
  const SpanContext context = t.tracer.extract(look_up);
  CHECK(context.span == 0x00f0'67aa'0ba9'02b7);
  std::vector<std::string> lines;
  const auto store = [&lines](std::string_view name, std::string_view value) {
    lines.push_back(std::string{name} + ": " + std::string{value});
  };
  t.tracer.inject(context, store);
  REQUIRE(!lines.empty());
  CHECK(lines[0] == std::string{"traceparent: "} + kParent);
}

TEST_CASE("random headers never break one that is injected") {
  MemoryTracer t;
  pawl::test::Random random;
  constexpr std::string_view kBytes = "0123456789abcdef-=;:,~ \r\n\tdst.po_%\x80\xff\x01";
  int continued = 0;
  for (int i = 0; i < 20'000; ++i) {
    Headers headers = {{"traceparent", kParent}, {"x-datadog-trace-id", "7"}};
    for (const auto name : pawl::trace::detail::kHeaders) {
      if (random.chance(0.5)) continue;
      headers[std::string{name}] =
          (random.chance(0.3) ? "dd=" : "") + random.text(random.below(40), kBytes);
    }
    const SpanContext context = t.tracer.extract(headers);
    if (!context) continue;
    ++continued;
    Headers out;
    t.tracer.inject(context, out);
    for (const auto& [name, value] : out)
      for (const char c : value) REQUIRE((c >= 0x20 && c < 0x7f));
    CHECK(t.tracer.extract(out).trace_low == context.trace_low);
  }
  CHECK(continued > 5'000);
}

}  // namespace
