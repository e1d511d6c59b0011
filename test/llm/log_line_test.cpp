// The log line: its fields, and its JSON.

#include "llm/log_line.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/seed.h"

namespace {

using pawl::llm::FinishedRequest;
using pawl::llm::LogRecord;
using pawl::llm::Status;

std::string line_of(const FinishedRequest& request, const pawl::llm::ServiceFields& service = {}) {
  std::string line;
  append_log_line(line, LogRecord{request}, service);
  return line;
}

TEST_CASE("a line holds what is known of the request, in the order of the documentation") {
  FinishedRequest request;
  request.labels = {.provider = "openai",
                    .model = "gpt-4.1",
                    .feature = "support_agent",
                    .prompt_name = "support_triage",
                    .prompt_version = "2026-06-01.3"};
  request.ids = {.request_id = "r-1", .tenant_id = "t-1"};
  request.trace = {.trace_high = 0, .trace_low = 18'446'744'073'709'551'615U, .span = 7};
  request.status = Status::error;
  request.error_type = "timeout";
  request.latency_ms = 1430.5;
  request.first_token_latency_ms = 210;
  request.usage = {.input = 1840, .output = 312};
  request.output_tokens = 312;
  request.cost = pawl::llm::Cost::from_picodollars(6'000'000'000, 176'000'000);
  CHECK(line_of(request, {"ai-api", "prod", "1.2"}) ==
        R"({"event":"llm_request_completed","dd.trace_id":"18446744073709551615","dd.span_id":"7",)"
        R"("dd.service":"ai-api","dd.env":"prod","dd.version":"1.2","request_id":"r-1",)"
        R"("feature":"support_agent","prompt_name":"support_triage",)"
        R"("prompt_version":"2026-06-01.3","provider":"openai","model":"gpt-4.1",)"
        R"("input_tokens":1840,"output_tokens":312,"latency_ms":1430.5,)"
        R"("first_token_latency_ms":210,"estimated_cost_usd":0.006176,"outcome":"error",)"
        R"("status":"error","error_type":"timeout"})");
}

TEST_CASE("a line leaves out what is not known, but the ids") {
  FinishedRequest request;
  request.status = Status::aborted;
  CHECK(line_of(request) ==
        R"({"event":"llm_request_completed","dd.trace_id":"0","dd.span_id":"0",)"
        R"("outcome":"aborted","status":"info"})");
}

TEST_CASE("a trace id of more than 64 bits is hexadecimal") {
  FinishedRequest request;
  request.trace = {.trace_high = 0x0123456789abcdef, .trace_low = 0xf, .span = 1};
  CHECK(line_of(request).find(R"("dd.trace_id":"0123456789abcdef000000000000000f")") !=
        std::string::npos);
}

TEST_CASE("a cost of 0 is not written") {
  FinishedRequest request;
  request.usage = pawl::llm::Usage{};
  request.cost = pawl::llm::Cost::from_picodollars(0, 0);
  CHECK(line_of(request).find("estimated_cost_usd") == std::string::npos);
}

std::string json(std::string_view text) {
  std::string out;
  pawl::llm::append_json_text(out, text);
  return out;
}

TEST_CASE("quotes, backslashes and control characters are escaped") {
  using namespace std::string_view_literals;
  CHECK(json("a\"b\\c\n\r\t\x01\x7f\0z"sv) == R"("a\"b\\c\n\r\t\u0001\u007f\u0000z")");
}

TEST_CASE("bytes that are no UTF-8 are replaced, one by one") {
  const std::string replaced = "\xef\xbf\xbd";
  CHECK(json("\xff") == '"' + replaced + '"');
  CHECK(json("\xc3") == '"' + replaced + '"');
  CHECK(json("\xc0\x80") == '"' + replaced + replaced + '"');
  CHECK(json("\xe0\x80\x80") == '"' + replaced + replaced + replaced + '"');
  CHECK(json("\xed\xa0\x80") == '"' + replaced + replaced + replaced + '"');
  CHECK(json("\xf4\x90\x80\x80x") == '"' + replaced + replaced + replaced + replaced + "x\"");
  CHECK(json("\xf0\x9f\x98\x80 \xc3\xa9 \xe2\x82\xac") ==
        "\"\xf0\x9f\x98\x80 \xc3\xa9 \xe2\x82\xac\"");
}

TEST_CASE("a line of any bytes is one line of JSON that reads back") {
  PAWL_PRINT_SEED();
  pawl::test::Random random;
  int changed = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string model = random.bytes(random.below(100));
    FinishedRequest request;
    request.labels.model = model;
    request.ids.request_id = "r";
    request.latency_ms = random.real() * 1e9;
    const std::string line = line_of(request, {random.bytes(5), "e", "v"});
    CHECK(line.find('\n') == std::string::npos);
    const auto read = nlohmann::json::parse(line, nullptr, false);
    REQUIRE_FALSE(read.is_discarded());
    CHECK(read["request_id"] == "r");
    CHECK(read["latency_ms"].get<double>() == request.latency_ms);
    if (!model.empty() && read["model"].get<std::string>() != model) ++changed;
  }
  CHECK(changed > 1000);
}

TEST_CASE("a request that is abandoned after an error has the severity of an error") {
  FinishedRequest request;
  request.status = pawl::llm::Status::aborted;
  request.failed = true;
  request.error_type = "timeout";
  const std::string line = line_of(request, {});
  CHECK(line.find(R"("outcome":"aborted","status":"error","error_type":"timeout")") !=
        std::string::npos);
}

}  // namespace
