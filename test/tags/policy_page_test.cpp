// The page that explains the policy: its example is read, and does what its table says.

#include "tags/policy_page.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Tag;
using pawl::TagPolicy;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;

std::string page() {
  std::ifstream file{PAWL_POLICY_PAGE};
  REQUIRE_MESSAGE(file.good(), PAWL_POLICY_PAGE);
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string between(const std::string& text, std::string_view start, std::string_view end) {
  const auto from = text.find(start);
  REQUIRE(from != std::string::npos);
  const auto to = text.find(end, from + start.size());
  REQUIRE(to != std::string::npos);
  return text.substr(from + start.size(), to - from - start.size());
}

// What stands between backticks.
std::vector<std::string> words(std::string_view cell) {
  std::vector<std::string> found;
  for (auto at = cell.find('`'); at != std::string_view::npos; at = cell.find('`', at + 1)) {
    const auto end = cell.find('`', at + 1);
    found.emplace_back(cell.substr(at + 1, end - at - 1));
    at = end;
  }
  return found;
}

struct Row {
  std::vector<std::string> call;
  std::vector<std::string> arrives;
};

std::vector<Row> rows() {
  const std::string table = between(page(), "| call | what arrives |\n|---|---|\n", "\n\n");
  std::vector<Row> all;
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    const std::string line = table.substr(at, end - at);
    const auto bar = line.find('|', 1);
    all.push_back({words(line.substr(0, bar)), words(line.substr(bar))});
    at = end + 1;
  }
  return all;
}

std::string line_of(const std::vector<std::string>& arrives) {
  if (arrives.empty()) return {};
  std::string line = arrives[0] + ":1|c";
  for (std::size_t i = 1; i < arrives.size(); ++i) line += (i == 1 ? "|#" : ",") + arrives[i];
  return line + "\n";
}

TEST_CASE("the example of the page does what its table says") {
  const auto policy = TagPolicy::parse(between(page(), "```json\n", "```"), "tag-policy.md");
  REQUIRE_MESSAGE(policy.ok(), (policy ? "" : policy.error().message));
  const std::vector<Row> table = rows();
  CHECK(table.size() == 9);
  for (const Row& row : table) {
    auto options = quiet_options();
    options.tag_policy = *policy;
    MemoryClient client{options};
    std::vector<Tag> tags;
    for (std::size_t i = 1; i < row.call.size(); ++i) {
      const std::string_view tag = row.call[i];
      const auto colon = tag.find(':');
      tags.push_back({tag.substr(0, colon), tag.substr(colon + 1)});
    }
    client->count(row.call.at(0), 1, tags);
    CHECK(client.text() == line_of(row.arrives));
  }
}

TEST_CASE("the page names every field and word of a policy") {
  const std::string text = page();
  for (const char* word : {"allowed_keys",
                           "other_keys",
                           "renames",
                           "values",
                           "metrics",
                           "allowed_values",
                           "max_values",
                           "max_length",
                           "refused_patterns",
                           "otherwise",
                           "replacement",
                           "drop_tag",
                           "replace_value",
                           "refuse_metric",
                           "uuid",
                           "long_hex",
                           "long_number",
                           "email"})
    CHECK_MESSAGE(text.find(std::string{"`"} + word + "`") != std::string::npos, word);
}

}  // namespace
