#include "tools/trace_intake.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using namespace std::chrono_literals;
using pawl::test::Json;
using pawl::test::packed;
using pawl::test::span_json;
using pawl::tools::HttpRequest;
using pawl::tools::HttpResponse;
using pawl::tools::LlmobsItem;
using pawl::tools::TraceChunk;
using pawl::tools::TraceIntake;
using pawl::tools::TraceScript;

struct Intake {
  explicit Intake(TraceScript script = {})
      : intake(std::move(script),
               {.chunk = [this](TraceChunk chunk) { chunks.push_back(std::move(chunk)); },
                .span_event = [this](const LlmobsItem&) { ++span_events; },
                .evaluation = [this](const LlmobsItem&) { ++evaluations; },
                .refused = [this](const std::string& what) { refused.push_back(what); },
                .repaired = [this](const std::string& what) { repaired.push_back(what); },
                .as_told = [this] { ++as_told; }}) {}

  HttpResponse put(const Json& chunks_json, const std::string& count = "1") {
    return intake.answer({.method = "PUT",
                          .target = "/v0.4/traces",
                          .headers = {{"content-type", "application/msgpack"},
                                      {"x-datadog-trace-count", count},
                                      {"datadog-rates-payload-version", version}},
                          .body = packed(chunks_json)});
  }

  std::vector<TraceChunk> chunks;
  int span_events = 0;
  int evaluations = 0;
  int as_told = 0;
  std::vector<std::string> refused;
  std::vector<std::string> repaired;
  std::string version;
  TraceIntake intake;
};

Json one_trace() { return Json::array({Json::array({span_json("x", 7, 1)})}); }

TEST_CASE("chunks are taken and answered with the rates") {
  Intake made{{.rates = {{"service:ai,env:prod", 0.5}}}};
  const HttpResponse response = made.put(one_trace());
  CHECK(response.status == 200);
  CHECK(Json::parse(response.body) ==
        Json{{"rate_by_service", {{"service:,env:", 1.0}, {"service:ai,env:prod", 0.5}}}});
  REQUIRE(made.chunks.size() == 1);
  CHECK(made.chunks[0][0].name == "x");
  CHECK(made.refused.empty());
  CHECK(made.repaired.empty());
}

TEST_CASE("a sender that has the rates already gets none") {
  Intake made;
  for (const auto& [name, value] : made.put(one_trace()).headers) {
    if (name == "Datadog-Rates-Payload-Version") made.version = value;
  }
  REQUIRE_FALSE(made.version.empty());
  CHECK(made.put(one_trace()).body == "{}");
  made.version = "other";
  CHECK(made.put(one_trace()).body != "{}");
}

TEST_CASE("of a payload the chunks that are good are taken, and the others named") {
  Intake made;
  Json payload = one_trace();
  payload.push_back(Json::array());
  payload.push_back(Json::array({span_json("y", 0, 1)}));
  CHECK(made.put(payload, "3").status == 200);
  CHECK(made.chunks.size() == 1);
  CHECK(made.refused ==
        std::vector<std::string>{"/v0.4/traces: chunk 1: the chunk is empty",
                                 "/v0.4/traces: chunk 2: span \"y\": its trace id is 0"});
}

TEST_CASE("a wrong count of traces is named, and the traces are taken") {
  Intake made;
  CHECK(made.put(one_trace(), "2").status == 200);
  CHECK(made.chunks.size() == 1);
  CHECK(made.repaired ==
        std::vector<std::string>{"/v0.4/traces: X-Datadog-Trace-Count is \"2\", of 1"});
}

TEST_CASE("the script's status comes so often, then spans are taken") {
  Intake made{{.status = 429, .times = 2, .delay = 30ms}};
  CHECK(made.put(one_trace()).status == 429);
  CHECK(made.put(one_trace()).status == 429);
  const HttpResponse response = made.put(one_trace());
  CHECK(response.status == 200);
  CHECK(response.delay == 30ms);
  CHECK(made.chunks.size() == 1);
  CHECK(made.as_told == 2);
}

TEST_CASE("info names the endpoints, and what spans may carry") {
  for (const bool offered : {true, false}) {
    Intake made{{.meta_structs = offered}};
    const HttpResponse response = made.intake.answer({.method = "GET", .target = "/info"});
    CHECK(response.status == 200);
    const Json json = Json::parse(response.body);
    CHECK(json["endpoints"][0] == "/v0.4/traces");
    CHECK(json["span_meta_structs"] == offered);
  }
}

TEST_CASE("LLM Observability comes through the proxy, and counts item by item") {
  Intake made;
  const Json event = {
      {"_dd.stage", "raw"}, {"event_type", "span"}, {"spans", Json::array({Json::object()})}};
  HttpRequest request{.method = "POST",
                      .target = "/evp_proxy/v2/api/v2/llmobs",
                      .headers = {{"content-type", "application/json"},
                                  {"x-datadog-evp-subdomain", "llmobs-intake"}},
                      .body = event.dump()};
  CHECK(made.intake.answer(request).status == 202);
  CHECK(made.span_events == 0);
  REQUIRE(made.refused.size() == 1);
  CHECK(made.refused[0].find("/evp_proxy/v2/api/v2/llmobs: trace_id") == 0);
  request.headers[1].second = "api";
  CHECK(made.intake.answer(request).status == 400);
}

struct Misuse {
  HttpRequest request;
  int status;
};

TEST_CASE("what the Agent has no answer for is refused, and named") {
  const std::vector<Misuse> table{
      {{.method = "GET", .target = "/"}, 404},
      {{.method = "PUT", .target = "/v0.3/traces"}, 404},
      {{.method = "GET", .target = "/v0.4/traces"}, 405},
      {{.method = "POS", .target = "/v0.4/traces"}, 405},
      {{.method = "PUT", .target = "/info"}, 405},
      {{.method = "PUT", .target = "/v0.4/traces"}, 415},
      {{.method = "PUT", .target = "/v0.4/traces", .headers = {{"content-encoding", "gzip"}}}, 415},
      {{.method = "PUT",
        .target = "/v0.4/traces",
        .headers = {{"content-type", "application/msgpack"}},
        .body = "x"},
       400},
      {{.method = "POST",
        .target = "/v0.5/traces?x",
        .headers = {{"content-type", "application/msgpack; x"}},
        .body = "\x90"},
       400},
  };
  for (const Misuse& misuse : table) {
    CAPTURE(misuse.request.target);
    Intake made;
    const HttpResponse response = made.intake.answer(misuse.request);
    CHECK(response.status == misuse.status);
    CHECK(Json::parse(response.body).contains("error"));
    CHECK(made.refused.size() == 1);
    CHECK(made.chunks.empty());
  }
}

}  // namespace
