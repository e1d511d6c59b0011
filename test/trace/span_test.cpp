// What one span says, and how the spans of a trace hang together.

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <pawl/trace.h>

#include "support/alloc_counter.h"
#include "trace/memory_tracer.h"

namespace {

using pawl::test::FailingAlloc;
using pawl::test::MemoryTracer;
using pawl::test::SeenSpan;
using pawl::trace::Span;
using pawl::trace::SpanRepair;
using namespace std::chrono_literals;

TEST_CASE("a span arrives with what it was told") {
  MemoryTracer t;
  Span span = t.tracer.start("http.request", {.resource = "POST /chat", .type = "web"});
  span.tag("http.method", "POST").metric("bytes", 12).metric("ratio", 0.25);
  const auto id = span.id();
  const auto low = span.trace_low();
  t.clock->advance(5ms);
  span.finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.service == "svc");
  CHECK(seen.name == "http.request");
  CHECK(seen.resource == "POST /chat");
  CHECK(seen.type == "web");
  CHECK(seen.span_id == id);
  CHECK(seen.trace_id == low);
  CHECK(seen.parent_id == 0);
  CHECK(seen.start == 1'700'000'000'000'000'000);
  CHECK(seen.duration == 5'000'000);
  CHECK(seen.error == 0);
  CHECK(seen.meta.at("http.method") == "POST");
  CHECK(seen.metrics.at("bytes") == 12);
  CHECK(seen.metrics.at("ratio") == 0.25);
}

TEST_CASE("the resource of a span that says none is its name") {
  MemoryTracer t;
  t.tracer.start("job").finish();
  CHECK(t.flush_one().at(0).resource == "job");
}

TEST_CASE("unified service tags are on every span, those of a process on its first") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  root.child("child").finish();
  root.finish();
  const auto spans = t.flush_one();
  for (const SeenSpan& span : spans) {
    CHECK(span.meta.at("env") == "test");
    CHECK(span.meta.at("version") == "1.2");
  }
  CHECK(spans.at(0).meta.at("language") == "cpp");
  CHECK(spans.at(0).meta.at("runtime-id").size() == 36);
  CHECK(spans.at(0).metrics.at("process_id") > 1);
  CHECK(spans.at(0).metrics.at("_top_level") == 1);
  CHECK(spans.at(1).meta.count("language") == 0);
  CHECK(spans.at(1).metrics.count("_top_level") == 0);
}

TEST_CASE("children carry the trace of their parent, its id and its service") {
  MemoryTracer t;
  Span root = t.tracer.start("root", {.service = "other"});
  Span child = root.child("child");
  Span grandchild = child.child("grandchild", {.service = "third"});
  const auto root_id = root.id();
  const auto child_id = child.id();
  grandchild.finish();
  child.finish();
  root.finish();
  const auto spans = t.flush_one();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].name == "root");
  CHECK(spans[1].parent_id == child_id);
  CHECK(spans[2].parent_id == root_id);
  CHECK(spans[2].service == "other");
  CHECK(spans[1].service == "third");
  CHECK(spans[1].metrics.at("_top_level") == 1);
  for (const SeenSpan& span : spans) CHECK(span.trace_id == spans[0].trace_id);
}

TEST_CASE("the first span of a chunk says what holds for the trace, the others do not") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  const auto high = root.trace_high();
  root.child("child").finish();
  root.finish();
  const auto spans = t.flush_one();
  CHECK(spans.at(0).metrics.at("_sampling_priority_v1") == 1);
  CHECK(spans.at(0).meta.at("_dd.p.dm") == "-0");
  CHECK(spans.at(0).meta.at("_dd.p.tid") == "6553f10000000000");
  CHECK(high == 0x6553'f100'0000'0000);
  CHECK(spans.at(1).metrics.count("_sampling_priority_v1") == 0);
  CHECK(spans.at(1).meta.count("_dd.p.tid") == 0);
}

TEST_CASE("the last value of a key counts, for tags and for numbers") {
  MemoryTracer t;
  Span span = t.tracer.start("s");
  span.tag("a", "1").tag("b", "2").tag("a", "a longer value").tag("env", "mine");
  span.metric("n", 1).metric("m", 2).metric("n", 3);
  span.finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.meta.at("a") == "a longer value");
  CHECK(seen.meta.at("b") == "2");
  CHECK(seen.meta.at("env") == "mine");
  CHECK(seen.metrics.at("n") == 3);
  CHECK(seen.metrics.at("m") == 2);
}

TEST_CASE("an error marks its span and says what it was; the last one counts") {
  MemoryTracer t;
  Span span = t.tracer.start("s");
  span.error("timeout", "after 3 s", "main:1");
  span.error("refused");
  span.finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.error == 1);
  CHECK(seen.meta.at("error.type") == "refused");
  CHECK(seen.meta.count("error.message") == 0);
  CHECK(seen.meta.count("error.stack") == 0);
}

TEST_CASE("a link names the other span, and at most 32 are kept") {
  MemoryTracer t;
  Span other = t.tracer.start("other");
  Span span = t.tracer.start("s");
  const auto context = other.context();
  for (int i = 0; i < 40; ++i) span.link(context);
  span.link({});
  span.finish();
  const SeenSpan seen = t.flush_one().at(0);
  REQUIRE(seen.links.size() == 32);
  CHECK(seen.links[0].trace_id == other.trace_low());
  CHECK(seen.links[0].trace_id_high == other.trace_high());
  CHECK(seen.links[0].span_id == other.id());
  CHECK(seen.links[0].flags == 0x8000'0001);
  CHECK(t.tracer.stats()[SpanRepair::link_refused] == 9);
}

TEST_CASE("a link to a context of any length is a link, and leaves its span readable") {
  MemoryTracer t;
  pawl::trace::SpanContext other;
  other.trace_low = 1;
  other.span = 2;
  other.tracestate = "a=1,b=" + std::string(70'000, 'x');
  Span span = t.tracer.start("s");
  span.link(other).finish();
  const SeenSpan seen = t.flush_one().at(0);
  REQUIRE(seen.links.size() == 1);
  CHECK(seen.links[0].tracestate == "dd=p:0000000000000002,a=1");
}

TEST_CASE("what the Agent would cut or repair is cut and repaired here, and counted") {
  MemoryTracer t;
  const std::string long_text(30'000, 'x');
  Span span = t.tracer.start(long_text, {.resource = long_text, .service = long_text});
  span.type(long_text);
  span.tag(long_text, long_text).tag("bad", "a\xff z").tag("\xc3(", "v").tag("", "refused");
  span.metric("nan", std::nan("")).metric("inf", std::numeric_limits<double>::infinity());
  span.finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.name.size() == 100);
  CHECK(seen.service.size() == 100);
  CHECK(seen.type.size() == 100);
  CHECK(seen.resource.size() == 5'000);
  CHECK(seen.meta.at(std::string(200, 'x')).size() == 25'000);
  CHECK(seen.meta.at("bad") == "a\xef\xbf\xbd z");
  CHECK(seen.meta.at("\xef\xbf\xbd(") == "v");
  CHECK(seen.metrics.count("nan") == 0);
  const auto stats = t.tracer.stats();
  CHECK(stats[SpanRepair::text_cut] == 6);
  CHECK(stats[SpanRepair::text_bytes] == 2);
  CHECK(stats[SpanRepair::metric_refused] == 2);
  CHECK(stats[SpanRepair::tag_refused] == 1);
}

TEST_CASE("a text is cut between characters") {
  MemoryTracer t;
  std::string text(99, 'x');
  text += "\xe2\x82\xac";  // the euro sign, over the limit by two bytes
  t.tracer.start(text).finish();
  CHECK(t.flush_one().at(0).name == std::string(99, 'x'));
}

// A wall clock that somebody sets.
class SetClock final : public pawl::Clock {
 public:
  SteadyTime steady_now() const noexcept override { return SteadyTime{steady}; }
  WallTime wall_now() const noexcept override {
    return WallTime{std::chrono::duration_cast<WallTime::duration>(wall)};
  }
  std::chrono::nanoseconds steady{1s};
  std::chrono::nanoseconds wall{1'700'000'000s};
};

TEST_CASE(
    "spans start at the wall clock's time, a tenth of a second after it was set at the latest") {
  const auto clock = std::make_shared<SetClock>();
  auto options = pawl::test::quiet_tracer();
  options.clock = clock;
  MemoryTracer t{options};
  const auto start_of_one = [&t] {
    t.tracer.start("s").finish();
    return std::chrono::nanoseconds{t.flush_one().at(0).start};
  };
  CHECK(start_of_one() == clock->wall);
  clock->steady += 99ms;
  clock->wall += 99ms;
  CHECK(start_of_one() == clock->wall);
  clock->wall += 1h;
  clock->steady += 1ms;
  CHECK(start_of_one() == clock->wall);
  clock->wall -= 2h;
  clock->steady += 100ms;
  CHECK(start_of_one() == clock->wall);
}

TEST_CASE("a clock that runs backwards gives a duration of 0") {
  MemoryTracer t;
  Span span = t.tracer.start("s");
  t.clock->advance(-1s);
  span.finish();
  CHECK(t.flush_one().at(0).duration == 0);
}

TEST_CASE("leaving scope finishes, moving does not, and finishing twice is once") {
  MemoryTracer t;
  {
    Span first = t.tracer.start("a");
    Span second = std::move(first);
    CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move)
    CHECK(second);
    first.tag("nothing", "happens").finish();
    second.finish();
    second.finish();
    second.tag("nor", "here");
    Span third = t.tracer.start("b");
    second = std::move(third);
  }
  CHECK(t.flush().size() == 2);
  CHECK(t.tracer.stats().finished == 2);
}

TEST_CASE("a trace waits for its last span, whichever that is") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  Span child = root.child("child");
  root.finish();
  CHECK(t.flush().empty());
  CHECK(t.tracer.stats().pending == 1);
  child.finish();
  const auto spans = t.flush_one();
  CHECK(spans.size() == 2);
  CHECK(spans[0].name == "root");
}

TEST_CASE("log fields name the span as Datadog's logs expect it") {
  MemoryTracer t;
  const Span span = t.tracer.start("s");
  const auto fields = span.log_fields();
  CHECK(fields.trace_id().size() == 32);
  CHECK(fields.trace_id().substr(0, 16) == "6553f10000000000");
  CHECK(fields.span_id() == std::to_string(span.id()));
  CHECK(fields.all()[0].key == "dd.trace_id");
  CHECK(fields.service() == "svc");
  CHECK(fields.env() == "test");
  CHECK(fields.version() == "1.2");
  CHECK(Span{}.log_fields().trace_id() == "0");
  CHECK(Span{}.log_fields().span_id() == "0");
}

TEST_CASE("log fields have the whole environment and version, as the tags do") {
  auto options = pawl::test::quiet_tracer();
  options.env = std::string(200, 'e');
  options.version = std::string(200, 'v');
  MemoryTracer t{options};
  const auto fields = t.tracer.start("s").log_fields();
  CHECK(fields.env() == options.env);
  CHECK(fields.version() == options.version);
}

TEST_CASE("the current span is the innermost scope's, on its own thread") {
  using pawl::trace::Current;
  MemoryTracer t;
  const Span outer = t.tracer.start("outer");
  const Span inner = outer.child("inner");
  CHECK(Current::get() == nullptr);
  {
    const Current a{outer};
    {
      const Current b{inner};
      CHECK(Current::get() == &inner);
    }
    CHECK(Current::get() == &outer);
  }
  CHECK(Current::get() == nullptr);
}

TEST_CASE("a text that no memory is left to repair is never that of an earlier span") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryTracer t;
  t.tracer.start("earlier", {.service = "earlier", .type = "earlier"}).finish();
  t.flush();
  const auto names = [&t](std::string_view name, const pawl::trace::SpanOptions& options) {
    {
      const FailingAlloc failing{1};
      t.tracer.start(name, options).finish();
      CHECK(failing.happened());
    }
    return t.flush_one().at(0);
  };
  CHECK(names("bad \xff", {}).name == "unnamed");
  CHECK(names("name", {.service = "bad \xff"}).service == "svc");
  CHECK(names("name", {.type = "bad \xff"}).type.empty());
}

TEST_CASE("what the tracer says of a trace cannot be said by a tag") {
  MemoryTracer t;
  Span span = t.tracer.start("s");
  span.tag("_dd.p.dm", "-9").tag("_dd.p.tid", "0").metric("_sampling_priority_v1", -5);
  span.finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.meta.at("_dd.p.dm") == "-0");
  CHECK(seen.meta.at("_dd.p.tid").size() == 16);
  CHECK(seen.metrics.at("_sampling_priority_v1") == 1);
  CHECK(t.tracer.stats()[pawl::trace::SpanRepair::tag_refused] == 3);
}

TEST_CASE("a decision that changes after the first span ended is the one that is sent") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  Span child = root.child("child");
  root.finish();
  child.drop().finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.name == "root");
  CHECK(seen.metrics.at("_sampling_priority_v1") == -1);
  CHECK(seen.meta.count("_dd.p.dm") == 0);
  CHECK(seen.meta.at("_dd.p.tid").size() == 16);
}

}  // namespace
