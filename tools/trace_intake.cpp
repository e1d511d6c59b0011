#include "tools/trace_intake.h"

#include <functional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <pawl/version.h>

#include "tools/arguments.h"
#include "tools/trace_check.h"
#include "tools/trace_decode.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Json = nlohmann::ordered_json;

constexpr const char* kRatesVersion = "Datadog-Rates-Payload-Version";
// Headers arrive in lower case.
constexpr string_view kClientRatesVersion = "datadog-rates-payload-version";
constexpr string_view kTraceCount = "x-datadog-trace-count";
constexpr string_view kSubdomain = "x-datadog-evp-subdomain";

constexpr string_view kPathV04 = "/v0.4/traces";
constexpr string_view kPathV05 = "/v0.5/traces";
constexpr string_view kPathInfo = "/info";
constexpr string_view kPathSpanEvents = "/evp_proxy/v2/api/v2/llmobs";
constexpr string_view kPathEvaluations = "/evp_proxy/v2/api/intake/llm-obs/v2/eval-metric";

Json rates_of(const TraceScript& script) {
  Json rates = Json::object();
  rates["service:,env:"] = 1.0;
  for (const auto& [key, rate] : script.rates) rates[key] = rate;
  return rates;
}

string_view path_of(const HttpRequest& request) {
  const string_view target = request.target;
  return target.substr(0, target.find('?'));
}

bool is_media_type(string_view type, string_view wanted) {
  return wanted.empty() || type.substr(0, type.find(';')) == wanted;
}

bool is_method(string_view method, string_view allowed) {
  return fmt::format(", {},", allowed).find(fmt::format(" {},", method)) != std::string::npos;
}

}  // namespace

struct TraceIntake::Route {
  string_view path;
  string_view methods;  // for people too
  string_view media_type;
  string_view subdomain;
  HttpResponse (TraceIntake::*answer)(const HttpRequest&);
};

const TraceIntake::Route TraceIntake::kRoutes[] = {
    {kPathV04, "PUT, POST", "application/msgpack", "", &TraceIntake::take_v04},
    {kPathV05, "PUT, POST", "application/msgpack", "", &TraceIntake::take_v05},
    {kPathInfo, "GET", "", "", &TraceIntake::info},
    {kPathSpanEvents, "POST", "application/json", "llmobs-intake", &TraceIntake::take_span_events},
    {kPathEvaluations, "POST", "application/json", "api", &TraceIntake::take_evaluations},
};

TraceIntake::TraceIntake(TraceScript script, Sink sink)
    : script_(std::move(script)),
      sink_(std::move(sink)),
      rates_version_(fmt::format("{:x}", std::hash<std::string>{}(rates_of(script_).dump()))) {}

HttpResponse TraceIntake::answer(const HttpRequest& request) {
  const string_view path = path_of(request);
  for (const Route& route : kRoutes) {
    if (route.path != path) continue;
    if (!is_method(request.method, route.methods)) {
      HttpResponse response = refuse(request, 405, fmt::format("expected {}", route.methods));
      response.headers = {{"Allow", std::string{route.methods}}};
      return response;
    }
    if (!request.header("content-encoding").empty()) {
      return refuse(request, 415, "the body is compressed");
    }
    if (!is_media_type(request.header("content-type"), route.media_type)) {
      return refuse(request, 415, fmt::format("Content-Type is not {}", route.media_type));
    }
    if (request.header(kSubdomain) != route.subdomain) {
      return refuse(
          request, 400, fmt::format("X-Datadog-EVP-Subdomain is not \"{}\"", route.subdomain));
    }
    return (this->*route.answer)(request);
  }
  return refuse(request, 404, "there is no such path");
}

HttpResponse TraceIntake::refuse(const HttpRequest& request, int status, const std::string& why) {
  sink_.refused(fmt::format(
      "{} {}: {}: {}", printable(request.method, 20), printable(path_of(request)), status, why));
  return {.status = status, .body = Json{{"error", why}}.dump()};
}

// Tells whether this request gets the script's status instead.
bool TraceIntake::fails_as_told() {
  const bool fails = script_.status != 0 && script_.times != 0;
  if (fails) --script_.times;
  return fails;
}

HttpResponse TraceIntake::take_v04(const HttpRequest& request) {
  return take_traces(request, decode_v04(request.body));
}

HttpResponse TraceIntake::take_v05(const HttpRequest& request) {
  return take_traces(request, decode_v05(request.body));
}

HttpResponse TraceIntake::take_traces(const HttpRequest& request,
                                      Result<std::vector<TraceChunk>> chunks) {
  if (fails_as_told()) {
    sink_.as_told();
    return {.status = script_.status, .body = R"({"error":"as told"})", .delay = script_.delay};
  }
  if (!chunks) return refuse(request, 400, chunks.error().message);
  check_count(request, chunks->size());
  std::size_t number = 0;
  for (TraceChunk& chunk : *chunks) {
    take_chunk(std::move(chunk), fmt::format("{}: chunk {}", path_of(request), number++));
  }
  return rates(request);
}

// An Agent believes the header, and its own statistics are wrong then.
void TraceIntake::check_count(const HttpRequest& request, std::size_t chunks) {
  const string_view told = request.header(kTraceCount);
  if (told == std::to_string(chunks)) return;
  sink_.repaired(fmt::format(
      "{}: X-Datadog-Trace-Count is \"{}\", of {}", path_of(request), printable(told, 40), chunks));
}

void TraceIntake::take_chunk(TraceChunk chunk, const std::string& name) {
  if (const auto refusal = refusal_of(chunk)) {
    sink_.refused(name + ": " + *refusal);
    return;
  }
  normalize(chunk, [this, &name](const TraceSpan& span, const std::string& what) {
    sink_.repaired(fmt::format("{}: span \"{}\": {}", name, printable(span.name, 100), what));
  });
  sink_.chunk(std::move(chunk));
}

// A client that has these rates already gets none.
HttpResponse TraceIntake::rates(const HttpRequest& request) const {
  HttpResponse response{.headers = {{kRatesVersion, rates_version_}}, .delay = script_.delay};
  if (request.header(kClientRatesVersion) == rates_version_) return response;
  response.body = Json{{"rate_by_service", rates_of(script_)}}.dump();
  return response;
}

HttpResponse TraceIntake::take_span_events(const HttpRequest& request) {
  return take_items(request, read_llmobs_spans(request.body), sink_.span_event);
}

HttpResponse TraceIntake::take_evaluations(const HttpRequest& request) {
  return take_items(request, read_evaluations(request.body), sink_.evaluation);
}

HttpResponse TraceIntake::take_items(const HttpRequest& request,
                                     Result<std::vector<LlmobsItem>> items,
                                     const std::function<void(const LlmobsItem&)>& sink) {
  if (!items) return refuse(request, 400, items.error().message);
  for (const LlmobsItem& item : *items) {
    if (item.refusal.empty()) {
      sink(item);
    } else {
      sink_.refused(fmt::format("{}: {}", path_of(request), item.refusal));
    }
  }
  return {.status = 202};
}

HttpResponse TraceIntake::info(const HttpRequest& request) {
  (void)request;
  Json out;
  out["version"] = std::string{"pawl-"} + PAWL_VERSION;
  out["endpoints"] = {kPathV04, kPathV05, "/evp_proxy/v2/"};
  out["client_drop_p0s"] = false;
  out["span_meta_structs"] = script_.meta_structs;
  out["evp_proxy_allowed_headers"] = {
      "Content-Type", "Accept-Encoding", "Content-Encoding", "User-Agent", "DD-CI-PROVIDER-NAME"};
  out["config"] = {{"max_request_bytes", HttpLimits{}.body_bytes}};
  return {.body = out.dump()};
}

}  // namespace pawl::tools
