#include "trace/agent_answers.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace pawl::trace {
namespace {

using nlohmann::json;
using std::string_view;
using Failure = Answer::Failure;

Fate fate_of(Failure failure) noexcept {
  switch (failure) {
    case Failure::unreachable:
      return Fate::unreachable;
    case Failure::timed_out:
      return Fate::timed_out;
    case Failure::no_memory:
      return Fate::no_memory;
    case Failure::no_http:
      return Fate::no_http;
    case Failure::none:
    case Failure::not_http:
      break;
  }
  return Fate::refused;
}

// "service:x,env:y", where the service may hold a comma.
std::optional<Rate> rate_of(string_view key, const json& value) {
  constexpr string_view kService = "service:";
  constexpr string_view kEnv = ",env:";
  const std::size_t comma = key.rfind(kEnv);
  if (!key.starts_with(kService) || comma == string_view::npos) return std::nullopt;
  if (!value.is_number()) return std::nullopt;
  const auto rate = value.get<double>();
  if (!(rate >= 0 && rate <= 1)) return std::nullopt;
  const string_view service = key.substr(kService.size(), comma - kService.size());
  return Rate{std::string{service}, std::string{key.substr(comma + kEnv.size())}, rate};
}

bool offers(const json& endpoints, string_view wanted) {
  if (!endpoints.is_array()) return false;
  for (const json& endpoint : endpoints) {
    const auto* path = endpoint.get_ptr<const json::string_t*>();
    if (path != nullptr && path->starts_with(wanted)) return true;
  }
  return false;
}

json parse(string_view body) { return json::parse(body, nullptr, false); }

}  // namespace

Fate fate_of(const Answer& answer) noexcept {
  const int status = answer.status;
  if (status == 0) return fate_of(answer.failure);
  if (status >= 200 && status < 300) return Fate::accepted;
  if (status == 413) return Fate::too_large;
  if (status == 429) return Fate::throttled;
  return status >= 500 ? Fate::failed : Fate::refused;
}

bool is_worth_repeating(const Answer& answer) noexcept {
  switch (answer.status) {
    case 0:
      return answer.failure == Failure::unreachable;
    case 429:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

std::optional<Rates> parse_rates(string_view body) {
  const json answer = parse(body);
  if (!answer.is_object()) return std::nullopt;
  const auto found = answer.find("rate_by_service");
  if (found == answer.end() || !found->is_object()) return std::nullopt;
  Rates rates;
  for (const auto& [key, value] : found->items())
    if (auto rate = rate_of(key, value)) rates.push_back(std::move(*rate));
  return rates;
}

std::optional<Features> parse_info(string_view body) {
  const json answer = parse(body);
  if (!answer.is_object()) return std::nullopt;
  Features features;
  features.known = true;
  const auto structs = answer.find("span_meta_structs");
  features.meta_structs = structs != answer.end() && *structs == true;
  const auto endpoints = answer.find("endpoints");
  features.llmobs_proxy = endpoints != answer.end() && offers(*endpoints, "/evp_proxy/v2");
  return features;
}

}  // namespace pawl::trace
