// Stands for http.cpp where there is no libcurl.

#include <utility>

#include "trace/http.h"

namespace pawl::trace {

class Http::Connection {};

bool has_http() noexcept { return false; }

Http::Http(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

Http::~Http() = default;

Answer Http::request(const HttpRequest&, Time) noexcept {
  Answer answer;
  answer.failure = Answer::Failure::no_http;
  return answer;
}

void Http::start_over_in_child() noexcept {}

}  // namespace pawl::trace
