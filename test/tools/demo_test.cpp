#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/price_book.h>

#include "support/temp_dir.h"
#include "tools/demo_answers.h"
#include "tools/demo_tally.h"
#include "tools/process.h"
#include "tools/simulation.h"

namespace {

using pawl::test::Finished;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::TempDir;
using pawl::tools::Generator;
using pawl::tools::kBadVersion;
using pawl::tools::kModels;
using pawl::tools::SimulatedRequest;
using pawl::tools::Slice;

Finished finish(Process& process) {
  const auto finished = process.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the demo did not end");
  return *finished;
}

Finished demo(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {pawl_command(), "demo"});
  Process process{arguments};
  return finish(process);
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the demo shows that everything arrived") {
  const Finished finished = demo({"--seconds", "1"});
  CHECK_MESSAGE(finished.code == 0, finished.err);
  CHECK(finished.err == "");
  CHECK(holds(finished.out, "lost 0\n"));
  CHECK(holds(finished.out, " 0 differ; 0 lines refused\n"));
  CHECK(holds(finished.out, "+ 0 rejected + 0 dropped + 0 pending\n"));
  CHECK(holds(finished.out, " ns for each metric of it\n"));
}

TEST_CASE("the demo shows a request as the tree of its spans, and that none was lost") {
  const Finished finished = demo({"--seconds", "1", "--threads", "2"});
  CHECK_MESSAGE(finished.code == 0, finished.err);
  const auto at = finished.out.find("\n  trace ");
  REQUIRE(at != std::string::npos);
  const std::string tree = finished.out.substr(at);
  const auto root = tree.find("\n    http.request ");
  const auto model = tree.find("\n      llm.request \"answer\" ");
  CHECK(root < tree.find("\n      prompt.render \"answer\" "));
  CHECK(root < model);
  CHECK(model < tree.find("\n        "));
  CHECK(holds(tree, " input_tokens="));
  CHECK(holds(tree, "It is one of 8; of "));
}

TEST_CASE("the demo answers what the metrics are for") {
  const Finished finished = demo({"--seconds", "1"});
  for (const char* answer : {"malformed JSON?\n    2026-06-01.3: 1",
                             "timeout rate for tool calls?\n    gpt-4.1-mini: ",
                             "cost per successful request?\n    yes, by +",
                             "trending down?\n    searches without a hit: up, to ",
                             "\n    correctness: down, to 0.7",
                             "model and feature?\n    chat           claude-sonnet-4-5 ",
                             "\n    support_agent  claude-sonnet-4-5 "}) {
    CHECK_MESSAGE(holds(finished.out, answer), answer);
  }
}

TEST_CASE("the demo's output fits a page") {
  const Finished finished = demo({"--seconds", "1"});
  CHECK(std::count(finished.out.begin(), finished.out.end(), '\n') <= 60);
}

TEST_CASE("the same seed records the same, whatever the clock") {
  const auto table = [](const std::string& out) {
    const auto begin = out.find("What was recorded");
    return out.substr(begin, out.find("One request, as") - begin);
  };
  const Finished first = demo({"--seconds", "1", "--seed", "7", "--threads", "2"});
  const Finished again = demo({"--seconds", "1", "--seed", "7", "--threads", "2"});
  const Finished other = demo({"--seconds", "1", "--seed", "8", "--threads", "2"});
  CHECK(holds(first.out, "seed 7\n"));
  CHECK(table(first.out) == table(again.out));
  CHECK(table(first.out) != table(other.out));
}

TEST_CASE("an interrupted demo ends with a summary that is right") {
  Process process{{pawl_command(), "demo", "--seconds", "60"}};
  REQUIRE(process.wait_for_output("requests").has_value());
  process.kill(SIGINT);
  const Finished finished = finish(process);
  CHECK_MESSAGE(finished.code == 0, finished.err);
  CHECK(holds(finished.out, "interrupted\n"));
  CHECK(holds(finished.out, "lost 0\n"));
  CHECK(holds(finished.out, " 0 differ; 0 lines refused\n"));
}

TEST_CASE("the demo leaves nothing behind and is not steered by the environment") {
  const TempDir directory;
  Process process{{pawl_command(), "demo", "--seconds", "1"},
                  {"TMPDIR=" + directory.path(), "DD_ENV=prod", "DD_DOGSTATSD_URL=nonsense"}};
  const Finished finished = finish(process);
  CHECK(finished.code == 0);
  CHECK(holds(finished.out, directory.path()));
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a demo that cannot print fails") {
  Process process{{pawl_command(), "demo", "--seconds", "1"}};
  process.close_stdout();
  const Finished finished = finish(process);
  CHECK(finished.code == 1);
  CHECK(finished.err == "pawl: demo: standard output cannot be written\n");
}

TEST_CASE("the demo's options are read strictly") {
  for (const char* option : {"--seconds", "--threads", "--seed"}) {
    const Finished finished = demo({option, "-1"});
    CAPTURE(option);
    CHECK(finished.code == 2);
    CHECK(holds(finished.err, option));
  }
}

TEST_CASE("the simulation's bad version breaks more JSON and costs more") {
  Generator generator{1};
  int bad = 0;
  int bad_invalid = 0;
  int good_invalid = 0;
  std::uint64_t bad_cost = 0;
  std::uint64_t good_cost = 0;
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    const SimulatedRequest request = generator.next(true);
    const bool is_bad = request.slice.version == kBadVersion;
    bad += is_bad ? 1 : 0;
    (is_bad ? bad_invalid : good_invalid) += request.json_invalid ? 1 : 0;
    (is_bad ? bad_cost : good_cost) += request.picodollars();
  }
  const auto mean = [](std::uint64_t cost, int requests) {
    return static_cast<double>(cost) / requests;
  };
  CHECK(bad_invalid * (kRequests - bad) > 8 * good_invalid * bad);
  CHECK(mean(bad_cost, bad) > 1.3 * mean(good_cost, kRequests - bad));
}

TEST_CASE("the bad version is not there before its release") {
  Generator generator{1};
  for (int i = 0; i < 10'000; ++i) {
    CHECK(generator.next(false).slice.version != kBadVersion);
  }
}

TEST_CASE("the simulation's prices are those of the built-in book") {
  const pawl::llm::PriceBook book;
  Generator generator{1};
  for (int i = 0; i < 1'000; ++i) {
    const SimulatedRequest request = generator.next(true);
    const auto& model = kModels[request.slice.model];
    const auto cost = book.cost(model.provider,
                                model.name,
                                {.input = request.input_tokens,
                                 .output = request.output_tokens,
                                 .cached_input = request.cached_tokens});
    REQUIRE(cost.has_value());
    CHECK(cost->total_picodollars() == request.picodollars());
  }
}

TEST_CASE("a tally counts each sample that it adds to a store") {
  Generator generator{1};
  pawl::tools::Tally tally;
  for (int i = 0; i < 5'000; ++i) tally.add(generator.next(true));
  pawl::tools::Store store;
  tally.add_to(store);
  std::int64_t samples = 0;
  for (const auto& [context, held] : store.contexts()) samples += held.whole + held.weight();
  CHECK(static_cast<std::uint64_t>(samples) == tally.samples());
}

TEST_CASE("questions to which nothing arrived are answered so") {
  const auto lines = pawl::tools::answers_in_words({});
  const auto is_line = [&lines](const char* line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  CHECK(is_line("    no request arrived"));
  CHECK(is_line("    no tool was called"));
  CHECK(is_line("    there was no release yet"));
  CHECK(is_line("    correctness: too early to say"));
}

TEST_CASE("a slice and its number are one") {
  for (std::size_t i = 0; i < Slice::kCount; ++i) CHECK(Slice::from(i).index() == i);
}
