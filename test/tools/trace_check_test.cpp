#include "tools/trace_check.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using pawl::test::span_of;
using pawl::tools::normalize;
using pawl::tools::refusal_of;
using pawl::tools::TraceChunk;
using pawl::tools::TraceSpan;

using Texts = std::vector<std::string>;

Texts repairs_of(TraceSpan& span) {
  Texts repairs;
  TraceChunk chunk{span};
  normalize(chunk,
            [&repairs](const TraceSpan&, const std::string& what) { repairs.push_back(what); });
  span = chunk.front();
  return repairs;
}

TEST_CASE("a chunk of one trace with ids of their own is taken") {
  CHECK_FALSE(refusal_of({span_of("a", 1), span_of("b", 2, 1)}).has_value());
}

TEST_CASE("a chunk is refused for what an Agent would not keep, by its reason") {
  TraceSpan foreign = span_of("b", 2);
  foreign.trace_id = 8;
  TraceSpan without_trace = span_of("a", 1);
  without_trace.trace_id = 0;
  CHECK(refusal_of({}) == "the chunk is empty");
  CHECK(refusal_of({without_trace}) == "span \"a\": its trace id is 0");
  CHECK(refusal_of({span_of("a", 0)}) == "span \"a\": its span id is 0");
  CHECK(refusal_of({span_of("a", 1), span_of("b", 1)}) == "span \"b\": span id 1 comes twice");
  CHECK(refusal_of({span_of("a", 1), foreign}) == "span \"b\": trace id 8 in a chunk of trace 7");
}

TEST_CASE("a span that is as it should be is left as it is") {
  TraceSpan span = span_of("a", 1);
  span.service = std::string(100, 's');
  span.resource = std::string(5'000, 'r');
  span.meta[std::string(200, 'k')] = std::string(25'000, 'v');
  CHECK(repairs_of(span).empty());
}

TEST_CASE("texts that are too long are cut between characters") {
  TraceSpan span = span_of("a", 1);
  span.service = std::string(99, 's').append("\xC3\xA9");
  span.resource = std::string(5'001, 'r');
  span.meta[std::string(201, 'k')] = "x";
  span.meta["long"] = std::string(25'001, 'v');
  CHECK(repairs_of(span) == Texts{"service has more than 100 bytes, and is cut",
                                  "resource has more than 5000 bytes, and is cut",
                                  "a key of meta has more than 200 bytes, and is cut",
                                  "meta long has more than 25000 bytes, and is cut"});
  CHECK(span.service == std::string(99, 's'));
  CHECK(span.resource.size() == 5'000);
  CHECK(span.meta.at(std::string(200, 'k')) == "x");
  CHECK(span.meta.at("long").size() == 25'000);
}

TEST_CASE("texts that are missing are replaced") {
  TraceSpan span = span_of("", 1);
  span.service = span.resource = "";
  CHECK(repairs_of(span).size() == 3);
  CHECK(span.service == "unnamed-service");
  CHECK(span.name == "unnamed_operation");
  CHECK(span.resource == "unnamed_operation");
}

TEST_CASE("a duration that is none is 0, and a start before 2000 is now") {
  TraceSpan span = span_of("a", 1);
  span.duration = -5;
  CHECK(repairs_of(span) == Texts{"the duration -5 is taken as 0"});
  CHECK(span.duration == 0);
  span.duration = INT64_MAX;
  CHECK(repairs_of(span).size() == 1);
  span.start = 946'684'799'999'999'999;
  CHECK(repairs_of(span) == Texts{"the start 946684799999999999 is before 2000, and taken as now"});
  CHECK(span.start > 946'684'800'000'000'000);
}

TEST_CASE("text that is not UTF-8 is told") {
  TraceSpan span = span_of("a", 1);
  span.meta["k"] = "\xFF";
  CHECK(repairs_of(span) == Texts{"meta k is not UTF-8"});
}

}  // namespace
