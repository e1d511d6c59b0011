#pragma once
// The trace Agent's intake: which paths it answers, and how. It keeps nothing: what was accepted
// goes to whoever listens, what was refused or repaired is told with its reason.
//
//     PUT|POST /v0.4/traces, /v0.5/traces    spans in MessagePack
//     GET      /info                         what there is
//     POST     /evp_proxy/v2/api/v2/llmobs                        LLM Observability: spans,
//     POST     /evp_proxy/v2/api/intake/llm-obs/v2/eval-metric    and evaluations, in JSON
//
// Threads: one at a time.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tools/http_message.h"
#include "tools/trace_llmobs.h"
#include "tools/trace_span.h"

namespace pawl::tools {

// How it answers, for tests of senders.
struct TraceScript {
  std::map<std::string, double> rates = {};  // "service:x,env:y" to 0...1
  int status = 0;                            // 400 to 599: instead of taking spans
  std::uint64_t times = UINT64_MAX;          // so many requests get it
  std::chrono::milliseconds delay{0};        // before each answer to spans
  bool meta_structs = true;                  // as /info says
};

class TraceIntake {
 public:
  struct Sink {
    std::function<void(TraceChunk)> chunk;
    std::function<void(const LlmobsItem&)> span_event;
    std::function<void(const LlmobsItem&)> evaluation;
    // Hear of what is lost, and of what an Agent would repair.
    std::function<void(const std::string& what)> refused;
    std::function<void(const std::string& what)> repaired;
    std::function<void()> as_told;  // of a request that got the script's status
  };

  TraceIntake(TraceScript script, Sink sink);

  HttpResponse answer(const HttpRequest& request);

 private:
  struct Route;
  static const Route kRoutes[];

  HttpResponse take_v04(const HttpRequest& request);
  HttpResponse take_v05(const HttpRequest& request);
  HttpResponse take_traces(const HttpRequest& request, Result<std::vector<TraceChunk>> chunks);
  HttpResponse take_span_events(const HttpRequest& request);
  HttpResponse take_evaluations(const HttpRequest& request);
  HttpResponse take_items(const HttpRequest& request,
                          Result<std::vector<LlmobsItem>> items,
                          const std::function<void(const LlmobsItem&)>& sink);
  HttpResponse info(const HttpRequest& request);

  void take_chunk(TraceChunk chunk, const std::string& name);
  void check_count(const HttpRequest& request, std::size_t chunks);
  bool fails_as_told();
  HttpResponse rates(const HttpRequest& request) const;
  HttpResponse refuse(const HttpRequest& request, int status, const std::string& why);

  TraceScript script_;
  const Sink sink_;
  std::string rates_version_;
};

}  // namespace pawl::tools
