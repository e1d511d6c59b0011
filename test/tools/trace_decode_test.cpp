#include "tools/trace_decode.h"

#include <string>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using pawl::test::Json;
using pawl::test::kStart;
using pawl::test::packed;
using pawl::test::span_json;
using pawl::tools::decode_v04;
using pawl::tools::decode_v05;
using pawl::tools::TraceSpan;

std::string error_v04(const std::string& body) {
  const auto chunks = decode_v04(body);
  return chunks ? "" : chunks.error().message;
}

TEST_CASE("a span of v0.4 arrives with all of its fields") {
  Json json = span_json("llm.request", UINT64_MAX, 2, 1);
  json["type"] = "llm";
  json["resource"] = "answer";
  json["error"] = 1;
  json["meta"]["llm.model"] = "gpt-4.1";
  json["metrics"]["llm.input_tokens"] = 1840;
  json["metrics"]["llm.estimated_cost_usd"] = 0.00512;
  json["meta_struct"]["_llmobs"] = Json::binary({0x80});
  json["span_links"] = {{{"trace_id", 5},
                         {"trace_id_high", 6},
                         {"span_id", 7},
                         {"attributes", {{"why", "retry"}}},
                         {"tracestate", "a=b"},
                         {"flags", 1}}};
  json["unknown"] = {1, {{"a", 2}}};
  const auto chunks = decode_v04(packed(Json::array({Json::array({json})})));
  REQUIRE(chunks);
  const TraceSpan& span = (*chunks)[0][0];
  CHECK(span.service == "ai-api");
  CHECK(span.name == "llm.request");
  CHECK(span.resource == "answer");
  CHECK(span.type == "llm");
  CHECK(span.trace_id == UINT64_MAX);
  CHECK(span.span_id == 2);
  CHECK(span.parent_id == 1);
  CHECK(span.start == kStart);
  CHECK(span.duration == 1'430'000'000);
  CHECK(span.error == 1);
  CHECK(span.meta.at("llm.model") == "gpt-4.1");
  CHECK(span.metrics.at("llm.input_tokens") == 1840);
  CHECK(span.metrics.at("llm.estimated_cost_usd") == 0.00512);
  CHECK(span.meta_struct.at("_llmobs") == "\x80");
  REQUIRE(span.links.size() == 1);
  CHECK(span.links[0].trace_id == 5);
  CHECK(span.links[0].trace_high == 6);
  CHECK(span.links[0].span_id == 7);
  CHECK(span.links[0].attributes.at("why") == "retry");
}

TEST_CASE("a payload holds many chunks of many spans") {
  Json payload = Json::array();
  for (std::uint64_t trace = 1; trace <= 20; ++trace) {
    Json chunk = Json::array();
    for (std::uint64_t id = 1; id <= trace; ++id) chunk.push_back(span_json("x", trace, id));
    payload.push_back(chunk);
  }
  const auto chunks = decode_v04(packed(payload));
  REQUIRE(chunks);
  REQUIRE(chunks->size() == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK((*chunks)[i].size() == i + 1);
}

TEST_CASE("a payload that is cut anywhere is refused") {
  const std::string whole = packed(Json::array({Json::array({span_json("x", 1, 2)})}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(error_v04(whole.substr(0, size)).empty());
  }
  CHECK(error_v04(whole).empty());
  CHECK(error_v04(whole + '\xC0').find("more follows behind the last value") != std::string::npos);
}

TEST_CASE("a field of another kind is refused with its place") {
  Json json = span_json("x", 1, 2);
  json["span_id"] = "2";
  const std::string error = error_v04(packed(Json::array({Json::array({json})})));
  CHECK(error.find("expected a number from 0, got a text") != std::string::npos);
  json = span_json("x", 1, 2);
  json["error"] = 5'000'000'000;
  CHECK(error_v04(packed(Json::array({Json::array({json})}))).find("error: more than 32 bits") !=
        std::string::npos);
}

TEST_CASE("a payload of nothing but empty spans does not take memory without end") {
  const std::string body =
      std::string{"\x91\xDD\x00\x10\x00\x00", 6} + std::string(std::size_t{1} << 20, '\x80');
  CHECK(error_v04(body).find("more than 200000 chunks and spans") != std::string::npos);
}

// A payload of v0.5 with one span; its maps have numbers for keys, which JSON cannot say.
std::string body_v05(std::uint64_t name) {
  const std::string table = packed({"", "ai-api", "llm.request", "answer", "llm", "k", "v"});
  std::string span = "\x9C";
  for (const std::uint64_t text : {std::uint64_t{1}, name, std::uint64_t{3}}) span += packed(text);
  for (const std::uint64_t id : {10U, 11U, 12U}) span += packed(id);
  span += packed(kStart) + packed(99) + packed(1);
  span += "\x81" + packed(5) + packed(6);
  span += "\x81" + packed(5) + packed(2.5);
  span += packed(4);
  return "\x92" + table + "\x91\x91" + span;
}

TEST_CASE("a span of v0.5 takes its texts from the table") {
  const auto chunks = decode_v05(body_v05(2));
  REQUIRE(chunks);
  const TraceSpan& span = (*chunks)[0][0];
  CHECK(span.service == "ai-api");
  CHECK(span.name == "llm.request");
  CHECK(span.resource == "answer");
  CHECK(span.type == "llm");
  CHECK(span.trace_id == 10);
  CHECK(span.span_id == 11);
  CHECK(span.parent_id == 12);
  CHECK(span.start == kStart);
  CHECK(span.duration == 99);
  CHECK(span.error == 1);
  CHECK(span.meta.at("k") == "v");
  CHECK(span.metrics.at("k") == 2.5);
}

TEST_CASE("a text that the table does not have is refused") {
  const auto chunks = decode_v05(body_v05(7));
  REQUIRE_FALSE(chunks);
  CHECK(chunks.error().message.find("text 7 of 7") != std::string::npos);
}

TEST_CASE("a long text that every span uses does not take memory without end") {
  const std::string table = packed({std::string(std::size_t{1} << 20, 'x')});
  std::string spans;
  constexpr std::size_t kSpans = 1000;
  for (std::size_t i = 0; i < kSpans; ++i) {
    spans += std::string{"\x9C\0\0\0\1\1\0\0\0\0\x80\x80\0", 13};
  }
  const std::string body = "\x92" + table + "\x91" + std::string{"\xDC\x03\xE8", 3} + spans;
  const auto chunks = decode_v05(body);
  REQUIRE_FALSE(chunks);
  CHECK(chunks.error().message.find("its texts are used too often") != std::string::npos);
}

}  // namespace
