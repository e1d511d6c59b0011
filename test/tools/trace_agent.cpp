#include "tools/trace_agent.h"

#include <csignal>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace pawl::test {
namespace {

using std::string_view;

Json spans_of(string_view lines) {
  Json all = Json::array();
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const Json trace = Json::parse(lines.substr(0, end));
    lines.remove_prefix(end + 1);
    for (Json span : trace["spans"]) {
      span["trace"] = trace["trace_id"];
      all.push_back(std::move(span));
    }
  }
  return all;
}

}  // namespace

TraceAgent::TraceAgent(const std::vector<std::string>& arguments) : process_(argv(arguments)) {
  const string_view mark = "listening on ";
  const auto text = process_.wait_for_error("\n");
  REQUIRE_MESSAGE(text.has_value(), "the listener is not ready");
  const auto at = text->find(mark);
  REQUIRE_MESSAGE(at != std::string::npos, *text);
  url_ = text->substr(at + mark.size(), text->find('\n') - at - mark.size());
}

std::vector<std::string> TraceAgent::argv(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{pawl_command(), "listen", "http://127.0.0.1:0", "--json"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

Json TraceAgent::spans() {
  process_.kill(SIGTERM);
  const auto finished = process_.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the listener did not end");
  const bool clean = finished->err.find(", 0 rejected, 0 repaired\n") != std::string::npos;
  REQUIRE_MESSAGE(clean, finished->err);
  return spans_of(finished->out);
}

}  // namespace pawl::test
