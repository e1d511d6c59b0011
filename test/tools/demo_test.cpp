#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/temp_dir.h"
#include "tools/process.h"
#include "tools/simulation.h"

namespace {

using pawl::test::Finished;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::TempDir;
using pawl::tools::Generator;
using pawl::tools::Request;
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

TEST_CASE("the demo shows that everything arrived and which prompt version broke the JSON") {
  const Finished finished = demo({"--seconds", "1"});
  CHECK_MESSAGE(finished.code == 0, finished.err);
  CHECK(finished.err == "");
  CHECK(holds(finished.out, "lost 0\n"));
  CHECK(holds(finished.out, " 0 differ; 0 lines refused\n"));
  CHECK(holds(finished.out, "<- this one\n  2026-06-01.3: "));

  CHECK(holds(finished.out, "+ 0 rejected + 0 dropped + 0 pending\n"));
}

TEST_CASE("the demo's output fits a screen") {
  const Finished finished = demo({"--seconds", "1"});
  CHECK(std::count(finished.out.begin(), finished.out.end(), '\n') <= 40);
}

TEST_CASE("the same seed records the same, whatever the clock") {
  const auto table = [](const std::string& out) {
    const auto begin = out.find("What was recorded");
    return out.substr(begin, out.find("What it took") - begin);
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
  double bad_cost = 0;
  double good_cost = 0;
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    const Request request = generator.next(true);
    const bool is_bad = request.slice.version == pawl::tools::kBadVersion;
    bad += is_bad ? 1 : 0;
    (is_bad ? bad_invalid : good_invalid) += request.json_invalid ? 1 : 0;
    (is_bad ? bad_cost : good_cost) += request.cost_usd;
  }
  CHECK(bad_invalid * (kRequests - bad) > 8 * good_invalid * bad);
  CHECK(bad_cost * (kRequests - bad) > 1.3 * good_cost * bad);
}

TEST_CASE("the bad version is not there before its release") {
  Generator generator{1};
  for (int i = 0; i < 10'000; ++i) {
    CHECK(generator.next(false).slice.version != pawl::tools::kBadVersion);
  }
}

TEST_CASE("a slice and its number are one") {
  for (std::size_t i = 0; i < Slice::kCount; ++i) CHECK(Slice::from(i).index() == i);
}
