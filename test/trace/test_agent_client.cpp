// Traces three requests to a language model, with LLM Observability and their evaluations, to the
// trace Agent at the URL of its first argument; ends with 1 where something is not accepted.
// test_agent.py has Datadog's own test agent judge what arrives.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <pawl/trace.h>
#include <pawl/trace_llm.h>

namespace {

using namespace pawl::trace;

void say(std::string_view line) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void trace_request(const Tracer& tracer, int number) {
  Span root = tracer.start("http.request", {.resource = "POST /chat", .type = "web"});
  root.tag("http.method", "POST").metric("http.status_code", 200 + number);
  { const Span span = retrieval(root, {.index = "docs", .hit_count = 4, .top_score = 0.9}); }
  { const Span span = render(root, {.prompt_name = "triage", .prompt_version = "3"}); }
  Span request = llm_request(root, {.provider = "openai", .model = "gpt-4.1"});
  tell(request, LlmRequest{.tenant_id = "t-1", .latency_ms = 12.5, .output_tokens = 312});
  request.link(root.context());
  request.finish();
  Span called = tool(root, {.name = "search", .ok = false, .error_type = "timeout"});
  called.error("timeout", "it took too long");
  called.finish();
  { const Span span = validation(root, {.schema_name = "answer", .json_valid = true}); }
  { const Span span = eval(root, {.name = "correctness", .pass = true, .score = 0.75}); }
}

bool send_traces(const std::string& url) {
  auto made = Tracer::create({.agent_url = url,
                              .service = "ai-api",
                              .env = "test",
                              .version = "1",
                              .llmobs = {.enabled = pawl::Switch::on, .ml_app = "support"},
                              .background = pawl::Background::manual,
                              .environment = pawl::Switch::off,
                              .on_warning = say});
  if (!made) {
    say(made.error().message);
    return false;
  }
  for (int i = 0; i < 3; ++i) trace_request(*made, i);
  const auto lost = made->close(std::chrono::seconds{20});
  const TraceStats stats = made->stats();
  return !lost && stats.accepted == 3 * 7 && stats.evaluations_accepted == 3;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    say("usage: test-agent-client URL");
    return 2;
  }
  return send_traces(arguments[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
}
