#include <csignal>
#include <initializer_list>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/temp_dir.h"
#include "tools/http_client.h"
#include "tools/process.h"
#include "tools/trace_sample.h"

namespace {

using pawl::test::Finished;
using pawl::test::http_request;
using pawl::test::HttpAnswer;
using pawl::test::HttpClient;
using pawl::test::Json;
using pawl::test::packed;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::run_pawl;
using pawl::test::span_json;
using pawl::test::TempDir;
using pawl::tools::Endpoint;
using Kind = Endpoint::Kind;

std::string put(const Json& chunks, const std::string& path = "/v0.4/traces") {
  const std::string headers = "Content-Type: application/msgpack\r\nX-Datadog-Trace-Count: " +
                              std::to_string(chunks.size()) + "\r\n";
  return http_request("PUT", path, headers, packed(chunks));
}

// `pawl listen` for traces only, on a free port, ready.
class Listening {
 public:
  explicit Listening(std::initializer_list<std::string> arguments) : process(argv(arguments)) {
    const std::string mark = "listening on http://127.0.0.1:";
    const auto text = process.wait_for_error("\n");
    REQUIRE_MESSAGE(text.has_value(), "the listener is not ready");
    const auto at = text->find(mark);
    REQUIRE_MESSAGE(at != std::string::npos, *text);
    endpoint.port = static_cast<std::uint16_t>(std::stoul(text->substr(at + mark.size())));
  }

  HttpAnswer send(const std::string& request) const {
    HttpClient client{endpoint};
    client.send(request);
    const auto answer = client.receive();
    REQUIRE_MESSAGE(answer.has_value(), "the listener did not answer");
    return *answer;
  }

  Finished finish() {
    process.kill(SIGTERM);
    const auto finished = process.finish();
    REQUIRE_MESSAGE(finished.has_value(), "the listener did not end");
    return *finished;
  }

  Endpoint endpoint{Kind::http, "127.0.0.1", 0, {}};
  Process process;

 private:
  static std::vector<std::string> argv(std::initializer_list<std::string> arguments) {
    std::vector<std::string> all{pawl_command(), "listen", "http://127.0.0.1:0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
};

Json request_chunk() {
  Json llm = span_json("llm.request", 7, 2, 1);
  llm["resource"] = "answer";
  llm["meta"]["llm.model"] = "gpt-4.1";
  llm["metrics"]["llm.input_tokens"] = 1840;
  return Json::array({span_json("http.request", 7, 1), llm});
}

constexpr const char* kTree =
    "trace 00000000000000000000000000000007: 3 spans, 1.43 s, in 2 chunks\n"
    "  http.request 1.43 s service=ai-api type=web\n"
    "    llm.request \"answer\" 1.43 s type=web model=gpt-4.1 input_tokens=1840\n"
    "      tool.call 1.43 s type=web\n";

TEST_CASE("listen merges the chunks of a trace and prints it as a tree") {
  Listening listening{"--trace-window", "1h"};
  CHECK(listening.send(put(Json::array({Json::array({span_json("tool.call", 7, 3, 2)})}))).status ==
        200);
  CHECK(listening.send(put(Json::array({request_chunk()}))).status == 200);
  const Finished finished = listening.finish();
  CHECK(finished.code == 0);
  CHECK(finished.out == kTree);
  CHECK(finished.err.find("received 1 trace, 3 spans, 2 chunks, 2 requests, ") !=
        std::string::npos);
  CHECK(finished.err.find(", 0 rejected, 0 repaired\n") != std::string::npos);
}

TEST_CASE("listen prints a trace when no more of it has come, and ends after its count") {
  Listening listening{"--trace-window", "10ms", "--count", "1"};
  listening.send(put(Json::array({request_chunk()})));
  const auto finished = listening.process.finish();
  REQUIRE(finished.has_value());
  CHECK(finished->out.find("trace 00000000000000000000000000000007: 2 spans") == 0);
}

TEST_CASE("listen --json prints an object a trace") {
  Listening listening{"--json"};
  listening.send(put(Json::array({request_chunk()})));
  const Json json = Json::parse(listening.finish().out);
  CHECK(json["kind"] == "trace");
  CHECK(json["spans"][1]["metrics"]["llm.input_tokens"] == 1840);
}

TEST_CASE("listen names every chunk that an Agent would not keep") {
  Listening listening{};
  Json mixed = Json::array({span_json("a", 7, 1), span_json("b", 8, 2)});
  CHECK(listening.send(put(Json::array({Json::array(), mixed, request_chunk()}))).status == 200);
  CHECK(listening.send(http_request("GET", "/nowhere")).status == 404);
  CHECK(listening.send("nonsense\r\n\r\n").status == 400);
  const Finished finished = listening.finish();
  CHECK(finished.out.find("rejected: /v0.4/traces: chunk 0: the chunk is empty\n") == 0);
  CHECK(finished.err.find("received 1 trace, 2 spans, 1 chunk, ") != std::string::npos);
  for (const char* line : {"pawl: rejected: /v0.4/traces: chunk 0: the chunk is empty\n",
                           "chunk 1: span \"b\": trace id 8 in a chunk of trace 7\n",
                           "pawl: rejected: GET /nowhere: 404: there is no such path\n",
                           "the request line is not METHOD TARGET VERSION"}) {
    CAPTURE(line);
    CHECK(finished.err.find(line) != std::string::npos);
  }
}

TEST_CASE("listen serves the same on a Unix socket of mode 0600, and removes it") {
  const TempDir dir;
  const Endpoint place{Kind::http_unix, {}, 0, dir.file("apm.socket")};
  Listening listening{"http+unix://" + place.path};
  struct stat status {};
  REQUIRE(stat(place.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  HttpClient client{place};
  client.send(put(Json::array({request_chunk()})));
  CHECK(client.receive()->status == 200);
  CHECK(listening.finish().out.find("trace ") == 0);
  CHECK(stat(place.path.c_str(), &status) != 0);
}

TEST_CASE("listen answers the rates, the errors and the delay that it is told") {
  Listening listening{"--trace-rate",
                      "service:ai,env:prod=0.25",
                      "--trace-status",
                      "429",
                      "--trace-status-times",
                      "1",
                      "--trace-delay",
                      "20ms",
                      "--no-meta-struct"};
  const std::string request = put(Json::array({request_chunk()}));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(listening.send(request).status == 429);
  const HttpAnswer answer = listening.send(request);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds{40});
  CHECK(answer.status == 200);
  CHECK(Json::parse(answer.body)["rate_by_service"]["service:ai,env:prod"] == 0.25);
  const HttpAnswer info = listening.send(http_request("GET", "/info"));
  CHECK(Json::parse(info.body)["span_meta_structs"] == false);
  const Finished finished = listening.finish();
  CHECK(finished.err.find("received 1 trace, 2 spans, 1 chunk, ") != std::string::npos);
  CHECK(finished.err.find("1 request refused as told") != std::string::npos);
}

TEST_CASE("an option of the trace intake that makes no sense is exit code 2 and names it") {
  const std::vector<std::vector<std::string>> table{
      {"--trace-rate", "ai=0.5"},
      {"--trace-rate", "service:ai,env:=2"},
      {"--trace-status", "200"},
      {"--trace-status-times", "1"},
      {"--trace-delay", "5"},
      {"--trace-window", "x"},
  };
  for (const auto& options : table) {
    CAPTURE(options[0]);
    std::vector<std::string> arguments{"listen", "http://127.0.0.1:0"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Finished finished = run_pawl(arguments);
    CHECK(finished.code == 2);
    CHECK(finished.err.find(options[0]) != std::string::npos);
  }
}

TEST_CASE("a place for traces that is asked for and taken is exit code 1") {
  Listening owner{};
  const Finished finished = run_pawl({"listen", to_string(owner.endpoint)});
  CHECK(finished.code == 1);
  CHECK(finished.err ==
        "pawl: cannot listen on " + to_string(owner.endpoint) + ": Address already in use\n");
}

}  // namespace
