#include "llm/price_names.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::llm::find_spelling;
using pawl::llm::without_date;
using Names = std::vector<std::string>;

// All spellings, in the order in which they are asked for.
Names spellings(std::string_view provider, std::string_view model) {
  Names asked;
  find_spelling(provider, model, [&asked](std::string_view name) -> const int* {
    asked.emplace_back(name);
    return nullptr;
  });
  return asked;
}

TEST_CASE("a date at the end of a name is left out") {
  CHECK(without_date("gpt-4.1-2025-04-14") == "gpt-4.1");
  CHECK(without_date("claude-sonnet-4-5-20250929") == "claude-sonnet-4-5");
  CHECK(without_date("claude-sonnet-4-5@20250929") == "claude-sonnet-4-5");
  CHECK(without_date("gemini-2.5-flash-preview-09-2025") == "gemini-2.5-flash-preview");
}

TEST_CASE("what is no date stays") {
  for (const std::string_view name : {"gpt-4.1",
                                      "gpt-4.1-2025-13-14",
                                      "gpt-4.1-2025-04-32",
                                      "gpt-4.1-2025-4-14",
                                      "gpt-4.1-1999-04-14",
                                      "gpt-4.12025-04-14",
                                      "gpt-4-0613",
                                      "mistral-large-2512",
                                      "x-00000000",
                                      "x-20250230x",
                                      "-2025-04-14",
                                      "2025-04-14",
                                      "20250414",
                                      ""}) {
    INFO(name);
    CHECK(without_date(name) == name);
  }
}

TEST_CASE("the most exact spelling is asked for first") {
  CHECK(spellings("azure", "openai/gpt-4.1-2025-04-14") == Names{"azure/openai/gpt-4.1-2025-04-14",
                                                                 "openai/gpt-4.1-2025-04-14",
                                                                 "gpt-4.1-2025-04-14",
                                                                 "azure/openai/gpt-4.1",
                                                                 "openai/gpt-4.1",
                                                                 "gpt-4.1"});
  CHECK(spellings("", "gpt-4.1") == Names{"gpt-4.1"});
  CHECK(spellings("a", "b/c/d") == Names{"a/b/c/d", "b/c/d", "c/d", "d"});
}

TEST_CASE("the first spelling that is known ends the search") {
  Names asked;
  const int known = 1;
  const auto* found = find_spelling("p", "m", [&](std::string_view name) -> const int* {
    asked.emplace_back(name);
    return name == "m" ? &known : nullptr;
  });
  CHECK(found == &known);
  CHECK(asked == Names{"p/m", "m"});
}

TEST_CASE("names too long for the joint spelling are asked for alone") {
  const std::string model(250, 'm');
  CHECK(spellings("provider", model) == Names{model});
}

}  // namespace
