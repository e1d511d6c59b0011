#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/temp_dir.h"
#include "tools/bound_socket.h"
#include "tools/lint_keys.h"
#include "tools/lint_lines.h"
#include "tools/process.h"

namespace {

using pawl::test::check_misuse;
using pawl::test::Finished;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::run_pawl;
using pawl::test::TempDir;
using pawl::tools::Descriptor;
using pawl::tools::DistinctValues;
using pawl::tools::KeyValues;
using pawl::tools::LintLines;

const std::string kPolicy = R"({
  "allowed_keys": ["route", "zone", "user"],
  "values": [
    {"key": "zone", "allowed_values": ["a", "b"]},
    {"key": "user", "refused_patterns": ["email"], "otherwise": "drop_tag"}
  ],
  "renames": [{"from": "path", "to": "route"}],
  "metrics": [{"name": "strict.*", "allowed_keys": [], "other_keys": "refuse_metric"}]
}
)";

// Files of a test.
struct Files {
  TempDir dir;
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = dir.file(name);
    std::ofstream{path} << text;
    return path;
  }
};

TEST_CASE("values are counted exactly up to the limit, and about right beyond") {
  for (const std::uint64_t count : {0U, 1U, 100U, 1'000U, 1'001U, 5'000U, 20'000U, 300'000U}) {
    DistinctValues values{1'000};
    for (int twice = 0; twice < 2; ++twice)
      for (std::uint64_t i = 0; i < count; ++i) values.add("user-" + std::to_string(i));
    CAPTURE(count);
    CHECK(values.many() == (count > 1'000));
    if (!values.many()) CHECK(values.count() == count);
    CHECK(static_cast<double>(values.count()) ==
          doctest::Approx(static_cast<double>(count)).epsilon(0.06));
  }
}

TEST_CASE("keys with too many values are named, the most first, with their metric") {
  KeyValues keys{2};
  for (const char* tag : {"a:1", "a:2", "b:1", "b:2", "b:3", "c:1", "c:2", "c:3", "c:4", "bare"})
    keys.add(tag, tag[0] == 'b' ? "of.b" : "of.others");
  keys.add("b:1", "later");
  const auto many = keys.exploding();
  REQUIRE(many.size() == 2);
  CHECK(many[0].key == "c");
  CHECK(many[0].values == 4);
  CHECK(many[1].metric == "of.b");
  CHECK_FALSE(keys.too_many_keys());
  for (int i = 0; i < 1'000; ++i) keys.add("k" + std::to_string(i) + ":1", "m");
  CHECK(keys.too_many_keys());
}

TEST_CASE("lint says of each tag what becomes of it, and exits 1") {
  const Files files;
  const Finished finished = run_pawl({"lint", "--policy", files.write("p.json", kPolicy)},
                                     "a.b:1|c|#route:/v1,zone:a,env:prod\n"
                                     "a.b:1|c|#path:/v1,zone:q,who:me\n"
                                     "strict.x:1|c|#k:v\n"
                                     "bad\n"
                                     "\n"
                                     "a.c:1|g|#host:x,user:ada@example.org\n"
                                     "_e{1,1}:t|x|#team:a\n"
                                     "a-b:1|c\n"
                                     "datadog.dogstatsd.client.metrics:1|c|#client:cpp\n"
                                     "pawl.tags_refused:1|c|#client:cpp,key:user\n");
  CHECK(finished.code == 1);
  CHECK(finished.out ==
        "line 2: a.b: path:/v1 becomes route:/v1: the policy renames the key\n"
        "line 2: a.b: zone:q becomes zone:other: the policy does not let the value pass\n"
        "line 2: a.b: who:me is left out: the policy does not let the key pass\n"
        "line 3: strict.x: k:v refuses the call: the policy does not let the key pass\n"
        "line 4: rejected: there is no type: bad\n"
        "line 6: a.c: host:x is left out: the Agent would obey it\n"
        "line 6: a.c: user:ada@example.org is left out: the policy does not let the value pass\n"
        "line 7: event t: team:a is left out: the policy does not let the key pass\n"
        "line 8: a-b: the name becomes a_b\n");
  CHECK(finished.err ==
        "pawl: 9 lines: 3 clean, 4 changed, 1 refused, 1 rejected; 0 keys with more than 1000 "
        "values\n");
}

TEST_CASE("lint of what would arrive as it is says nothing and exits 0") {
  const Files files;
  const std::string lines = files.write("lines", "a:1|c|#k:v\nb:2|d|#user:1,env:prod");
  for (const Finished& finished : {run_pawl({"lint", lines}), run_pawl({"lint"}, "a:1|c\n")}) {
    CHECK(finished.code == 0);
    CHECK(finished.out.empty());
    CHECK(finished.err.find(" clean, 0 changed, 0 refused, 0 rejected; 0 keys") !=
          std::string::npos);
  }
}

TEST_CASE("lint skips the telemetry of a client and no other metric of the name pawl") {
  const Finished finished = run_pawl({"lint"},
                                     "pawl.tags_refused:1|c|#host:x\n"
                                     "datadog.dogstatsd.client.events:1|c|#host:x\n"
                                     "pawl.of_mine:1|c|#host:x\n"
                                     "pawl.tags_refused.mine:1|c|#host:x\n");
  CHECK(finished.out ==
        "line 3: pawl.of_mine: host:x is left out: the Agent would obey it\n"
        "line 4: pawl.tags_refused.mine: host:x is left out: the Agent would obey it\n");
}

// Gives the state of a thread of this process: R while it works, S while it waits.
char state_of(pid_t thread) {
  std::ifstream stat{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{stat}, {}};
  const auto name_end = text.rfind(") ");
  return name_end == std::string::npos ? '?' : text[name_end + 2];
}

TEST_CASE("lines from a descriptor that does not block are waited for at rest") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  const Descriptor reading{ends[0]};
  std::optional<Descriptor> writing{std::in_place, ends[1]};
  std::atomic<pid_t> reader{0};
  std::vector<std::string> texts;
  std::thread thread{[&] {
    reader = gettid();
    LintLines lines{reading.get()};
    while (const auto line = lines.next()) texts.emplace_back(line->text);
  }};
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  bool rests = false;
  for (const char* text : {"a\nb", "c\n", "d"}) {
    for (int seen = 0; seen < 20 && std::chrono::steady_clock::now() < end;)
      seen = reader != 0 && state_of(reader) == 'S' ? seen + 1 : 0;
    rests = std::chrono::steady_clock::now() < end;
    const std::string_view bytes = text;
    CHECK(write(writing->get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  writing.reset();
  thread.join();
  CHECK(rests);
  CHECK(texts == std::vector<std::string>{"a", "bc", "d"});
}

TEST_CASE("lint --json prints an object a finding") {
  const Files files;
  std::string lines = "a.b:1|c|#zone:q,who:me\nstrict.x:1|c|#k:v\nbad\n";
  for (int i = 0; i < 3; ++i) lines += "m:1|c|#user:" + std::to_string(i) + "\n";
  const Finished finished = run_pawl(
      {"lint", "--json", "--max-values", "2", "--policy", files.write("p.json", kPolicy)}, lines);
  CHECK(finished.code == 1);
  CHECK(
      finished.out ==
      R"({"line":1,"metric":"a.b","tag":"zone:q","becomes":"zone:other","why":"value","refused":false}
{"line":1,"metric":"a.b","tag":"who:me","becomes":null,"why":"key","refused":false}
{"line":2,"metric":"strict.x","tag":"k:v","becomes":null,"why":"key","refused":true}
{"line":3,"rejected":"there is no type","text":"bad"}
{"key":"user","values":3,"max_values":2,"metric":"m"}
)");
}

TEST_CASE("lint names the key that explodes, of what the policy lets pass") {
  std::string lines;
  for (int i = 0; i < 500; ++i)  // few: what is found has to fit into the pipe
    lines += "hits:1|c|#user:" + std::to_string(i) + ",zone:" + std::to_string(i % 10) + "\n";
  const Finished plain = run_pawl({"lint", "--max-values", "100"}, lines);
  CHECK(plain.code == 1);
  CHECK(plain.out.starts_with("key user: about "));
  CHECK(plain.out.ends_with(" values, more than 100; seen first in hits\n"));
  const Files files;
  const std::string policy =
      files.write("p.json", R"({"values": [{"key": "user", "max_values": 50}]})");
  const Finished capped = run_pawl({"lint", "--max-values", "100", "--policy", policy}, lines);
  CHECK(capped.code == 1);
  CHECK(capped.out.find("key user") == std::string::npos);
  CHECK(capped.err.find("50 clean, 450 changed") != std::string::npos);
}

TEST_CASE("keys that --global names pass every policy") {
  const Files files;
  const std::string policy = files.write("p.json", R"({"allowed_keys": []})");
  const std::string line = "a:1|c|#env:prod,team:x,dd.internal.entity_id:y\n";
  CHECK(run_pawl({"lint", "--policy", policy}, line).out ==
        "line 1: a: team:x is left out: the policy does not let the key pass\n");
  CHECK(run_pawl({"lint", "--global", "env,team,dd.internal.entity_id", "--policy", policy}, line)
            .code == 0);
}

TEST_CASE("a line without end and bytes that are no text are told in bounded lines") {
  const std::string endless(100'000, 'x');
  const Finished finished = run_pawl({"lint"}, "a:1|c\n" + endless + "\n\xff\x01:1|c\nb:1|c\n");
  CHECK(finished.code == 1);
  CHECK(finished.out.starts_with("line 2: rejected: the line is longer than an Agent reads: xxx"));
  CHECK(finished.out.find("\nline 3: rejected: ") != std::string::npos);
  CHECK(finished.out.find("\\xff\\x01") != std::string::npos);
  CHECK(finished.out.size() < 1'000);
  CHECK(finished.err.find("4 lines: 2 clean") != std::string::npos);
}

TEST_CASE("lint --listen judges what arrives until it is told to end") {
  Process process{{pawl_command(), "lint", "--listen", "udp://127.0.0.1:0"}};
  const std::string mark = "listening on udp://127.0.0.1:";
  const auto ready = process.wait_for_error("\n");
  REQUIRE(ready.has_value());
  const auto at = ready->find(mark);
  REQUIRE(at != std::string::npos);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(ready->substr(at + mark.size()))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const Descriptor sender{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const std::string payload = "a:1|c\nb:1|c|#host:x\n";
  REQUIRE(sendto(sender.get(),
                 payload.data(),
                 payload.size(),
                 0,
                 reinterpret_cast<sockaddr*>(&address),
                 sizeof address) == static_cast<ssize_t>(payload.size()));
  REQUIRE(process.wait_for_output("line 2: b: host:x is left out").has_value());
  process.kill(SIGTERM);
  const auto finished = process.finish();
  REQUIRE(finished.has_value());
  CHECK(finished->code == 1);
  CHECK(finished->err.find("2 lines: 1 clean, 1 changed") != std::string::npos);
}

TEST_CASE("lint without findings ends a live look with exit code 0") {
  CHECK(run_pawl({"lint", "--listen", "udp://127.0.0.1:0", "--for", "10ms"}).code == 0);
}

TEST_CASE("what lint cannot read is exit code 2 and one line") {
  const Files files;
  const std::string wrong = files.write("wrong.json", "{\n\"values\": [{\"key\": 3}]}");
  const std::vector<std::pair<std::vector<std::string>, std::string>> table{
      {{"lint", "/no/such/file"}, "lint: /no/such/file: No such file or directory"},
      {{"lint", files.dir.path()}, "Is a directory"},
      {{"lint", "--policy", "/no/such/policy"}, "--policy: /no/such/policy: cannot be read: "},
      {{"lint", "--policy", wrong},
       "--policy: " + wrong + ":2:20: values[0].key is 3; expected a text"},
      {{"lint", "--max-values", "0"}, "--max-values: \"0\""},
      {{"lint", "--max-values", "many"}, "--max-values: \"many\""},
      {{"lint", "--listen", "tcp://1.2.3.4:1"}, "--listen: "},
      {{"lint", "--listen", "udp://127.0.0.1:0", "file"}, "--listen"},
      {{"lint", "--for", "1s"}, "--for"},
      {{"lint", "--bogus"}, "--bogus"},
      {{"count", "x", "--policy", wrong}, "--policy: " + wrong + ":2:20: values[0].key is 3"},
  };
  for (const auto& each : table) {
    check_misuse(run_pawl(each.first), each.second);
  }
}

TEST_CASE("a closed stdout ends lint with exit code 2, not by a signal") {
  Process process{{pawl_command(), "lint"}};
  process.close_stdout();
  REQUIRE(process.write("bad\n"));
  const auto finished = process.finish();
  REQUIRE(finished.has_value());
  CHECK(finished->code == 2);
  CHECK(finished->err == "pawl: standard output cannot be written\n");
}

TEST_CASE("a policy of the command changes what is sent, and says so") {
  const Files files;
  const Finished changed = run_pawl({"count",
                                     "hits",
                                     "--tags",
                                     "zone:q,who:me",
                                     "--dry-run",
                                     "--policy",
                                     files.write("p.json", kPolicy)});
  CHECK(changed.code == 0);
  CHECK(changed.out == "hits:1|c|#zone:other\n");
  CHECK(changed.err ==
        "pawl: count: warning: tags were left out or changed, because of the tag policy or the "
        "Agent: zone, who\n");
}

TEST_CASE("a metric that the policy of the command refuses is exit code 2") {
  const Files files;
  const Finished refused = run_pawl({"count",
                                     "strict.x",
                                     "--tags",
                                     "k:v",
                                     "--dry-run",
                                     "--policy",
                                     files.write("p.json", kPolicy)});
  CHECK(refused.code == 2);
  CHECK(refused.out.empty());
  CHECK(refused.err == "pawl: count: refused: the tag policy refuses one of its tags\n");
}

}  // namespace
