// The log: where lines go, and what becomes of those that cannot go there.

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <pawl/llm.h>

#include "contract/process.h"
#include "llm/log_writer.h"
#include "llm/recorder_memory.h"
#include "support/sanitizers.h"
#include "support/temp_dir.h"

namespace {

using pawl::llm::LogDrop;
using pawl::llm::LogOptions;
using pawl::llm::LogStats;
using pawl::llm::Recorder;
using pawl::test::MemoryRecorder;
using pawl::test::TempDir;
using namespace std::chrono_literals;

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  // Gives what is in it now.
  std::string read() {
    std::string all;
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    char bytes[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;)
      all.append(bytes, static_cast<std::size_t>(got));
    return all;
  }
  int ends[2] = {-1, -1};
};

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

void record(const Recorder& llm, int number) {
  llm.start({.model = "m"}, {.request_id = std::to_string(number)}).finish();
}
void record_many(const Recorder& llm, int from, int count) {
  for (int i = from; i < from + count; ++i) record(llm, i);
}

std::string id_of(const std::string& line) {
  const std::size_t at = line.find("\"request_id\":\"");
  if (line.empty() || line.back() != '}' || at == std::string::npos) return "torn";
  const std::size_t begin = at + 14;
  return line.substr(begin, line.find('"', begin) - begin);
}

LogOptions manual(LogOptions options) {
  options.background = pawl::Background::manual;
  return options;
}

TEST_CASE("a callback gets one line for each request, without its line end") {
  auto got = std::make_shared<std::vector<std::string>>();
  MemoryRecorder llm{
      {.log = manual({.callback = [got](std::string_view line) { got->emplace_back(line); }})}};
  record_many(*llm, 0, 3);
  CHECK(got->empty());
  CHECK(llm->stats().log.pending == 3);
  CHECK(llm->flush());
  REQUIRE(got->size() == 3);
  CHECK(got->at(1).substr(0, 32) == R"({"event":"llm_request_completed")");
  CHECK(id_of(got->at(2)) == "2");
  CHECK(llm->stats().log.written == 3);
  CHECK(llm->stats().log.pending == 0);
}

TEST_CASE("of lines that were told together only those that the callback throws for fail") {
  auto got = std::make_shared<std::vector<std::string>>();
  MemoryRecorder llm{{.log = manual({.callback = [got](std::string_view line) {
                        got->push_back(id_of(std::string{line}));
                        if (got->size() == 2) throw std::runtime_error{"full"};
                      }})}};
  record_many(*llm, 0, 5);
  CHECK(llm->flush());
  CHECK(*got == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK(llm->stats().log[LogDrop::failed] == 1);
  CHECK(llm->stats().log.written == 4);
}

TEST_CASE("what a callback throws is counted, and the next line comes") {
  auto got = std::make_shared<int>(0);
  MemoryRecorder llm{{.log = manual({.callback = [got](std::string_view) {
                        if (++*got == 1) throw std::runtime_error{"full"};
                      }})}};
  record(*llm, 0);
  llm->flush();
  record(*llm, 1);
  llm->flush();
  CHECK(llm->stats().log[LogDrop::failed] == 1);
  CHECK(llm->stats().log.written == 1);
}

TEST_CASE("a file is appended to, by whole lines") {
  const TempDir dir;
  { std::ofstream{dir.file("log")} << "before\n"; }
  MemoryRecorder llm{{.log = manual({.file = dir.file("log")})}};
  record_many(*llm, 0, 50);
  CHECK(llm->flush());
  const auto all = lines(read_file(dir.file("log")));
  REQUIRE(all.size() == 51);
  CHECK(all[0] == "before");
  for (int i = 0; i < 50; ++i)
    CHECK(id_of(all[static_cast<std::size_t>(i) + 1]) == std::to_string(i));
}

TEST_CASE("a file that was rotated away is made anew") {
  const TempDir dir;
  MemoryRecorder llm{{.log = manual({.file = dir.file("log")})}};
  record(*llm, 0);
  llm->flush();
  REQUIRE(::rename(dir.file("log").c_str(), dir.file("log.1").c_str()) == 0);
  record(*llm, 1);
  llm->flush();
  CHECK(id_of(lines(read_file(dir.file("log.1"))).at(0)) == "0");
  CHECK(id_of(lines(read_file(dir.file("log"))).at(0)) == "1");
}

TEST_CASE("a file that cannot be opened costs lines, which are counted") {
  MemoryRecorder llm{{.log = manual({.file = "/nonexistent/log"})}};
  record_many(*llm, 0, 5);
  CHECK(llm->flush());
  CHECK(llm->stats().log[LogDrop::failed] == 5);
}

TEST_CASE("a full disk costs lines, which are counted") {
  MemoryRecorder llm{{.log = manual({.file = "/dev/full"})}};
  record_many(*llm, 0, 5);
  CHECK(llm->flush());
  CHECK(llm->stats().log[LogDrop::failed] == 5);
}

TEST_CASE("a line that was cut by a failing sink is ended before the next") {
  const TempDir dir;
  MemoryRecorder llm{{.log = manual({.file = dir.file("log")})}};
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit little{1000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
  record_many(*llm, 0, 20);
  const bool flushed = llm->flush();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(flushed);
  CHECK(read_file(dir.file("log")).size() == 1000);
  record_many(*llm, 20, 5);
  CHECK(llm->flush());
  const LogStats stats = llm->stats().log;
  CHECK(stats.written + stats[LogDrop::failed] == 25);
  std::uint64_t whole = 0;
  std::uint64_t torn = 0;
  for (const std::string& line : lines(read_file(dir.file("log"))))
    ++(id_of(line) == "torn" ? torn : whole);
  CHECK(whole == stats.written);
  CHECK(torn == 1);
}

TEST_CASE("a descriptor's duplicate is written to, also when the program closes its own") {
  Pipe pipe;
  MemoryRecorder llm{{.log = manual({.descriptor = pipe.ends[1]})}};
  pipe.close_end(1);
  record(*llm, 7);
  CHECK(llm->flush());
  CHECK(id_of(lines(pipe.read()).at(0)) == "7");
}

volatile std::sig_atomic_t g_signals = 0;

TEST_CASE("a pipe that nobody reads fails without a signal") {
  struct sigaction counting {};
  counting.sa_handler = [](int) { g_signals = g_signals + 1; };
  struct sigaction before {};
  REQUIRE(::sigaction(SIGPIPE, &counting, &before) == 0);
  Pipe pipe;
  MemoryRecorder llm{{.log = manual({.descriptor = pipe.ends[1]})}};
  pipe.close_end(0);
  record(*llm, 0);
  CHECK(llm->flush());
  CHECK(llm->stats().log[LogDrop::failed] == 1);
  CHECK(g_signals == 0);
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
  ::sigaction(SIGPIPE, &before, nullptr);
}

TEST_CASE("a sink that stalls costs the newest lines, and no waiting") {
  Pipe pipe;
  MemoryRecorder llm{{.log = manual({.descriptor = pipe.ends[1], .capacity = 64})}};
  int recorded = 0;
  while (llm->flush(0ms)) record(*llm, recorded++);
  const LogStats stalled = llm->stats().log;
  CHECK(stalled.written > 0);
  record_many(*llm, recorded, 200);
  recorded += 200;
  const LogStats full = llm->stats().log;
  CHECK(full[LogDrop::queue_full] > 100);
  CHECK(full.written + full.pending + full[LogDrop::queue_full] ==
        static_cast<std::uint64_t>(recorded));

  // It goes on where it was, with whole lines, when it is read again.
  std::string all = pipe.read();
  for (int i = 0; i < 100 && !llm->flush(0ms); ++i) all += pipe.read();
  all += pipe.read();
  const auto got = lines(all);
  CHECK(got.size() == llm->stats().log.written);
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(id_of(got[i]) == std::to_string(i));
}

TEST_CASE("what a stalled sink has not taken at the close is counted, and later lines too") {
  Pipe pipe;
  MemoryRecorder llm{{.log = manual({.descriptor = pipe.ends[1]})}};
  int recorded = 0;
  while (llm->flush(0ms)) record(*llm, recorded++);
  record(*llm, recorded++);
  const LogStats closed = llm->close(0ms);
  CHECK(closed.pending == 0);
  CHECK(closed[LogDrop::closed] > 0);
  CHECK(closed.written + closed[LogDrop::closed] == static_cast<std::uint64_t>(recorded));
  record(*llm, recorded++);
  CHECK(llm->stats().log[LogDrop::closed] == closed[LogDrop::closed] + 1);
  CHECK(llm->flush());
}

TEST_CASE("the background thread writes by itself, and the destructor writes the rest") {
  const TempDir dir;
  {
    MemoryRecorder llm{{.log = {.file = dir.file("log"), .capacity = 65'536}}};
    record(*llm, 0);
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (llm->stats().log.written == 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    CHECK(llm->stats().log.written == 1);
    record_many(*llm, 1, 1000);
  }
  CHECK(lines(read_file(dir.file("log"))).size() == 1001);
}

TEST_CASE("every line of many threads is written once, beside flushes") {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  auto seen = std::make_shared<std::vector<int>>(kThreads * kEach, 0);
  MemoryRecorder llm{{.log = {.callback =
                                  [seen](std::string_view line) {
                                    ++seen->at(std::stoul(id_of(std::string{line})));
                                  },
                              .capacity = 65'536}}};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&llm, t] { record_many(*llm, t * kEach, kEach); });
  for (int i = 0; i < 20; ++i) llm->flush(1ms);
  for (std::thread& thread : threads) thread.join();
  const LogStats stats = llm->close(10s);
  CHECK(stats.written == kThreads * kEach);
  CHECK(stats.pending == 0);
  int once = 0;
  for (const int times : *seen) once += times == 1 ? 1 : 0;
  CHECK(once == kThreads * kEach);
}

// What a test's callback waits at.
struct Gate {
  void pass() {
    entered = true;
    while (!open) std::this_thread::yield();
  }
  std::atomic<bool> entered{false};
  std::atomic<bool> open{false};
};

TEST_CASE("flush and close keep their deadline whatever the sink does, from the first line on") {
  const auto gate = std::make_shared<Gate>();
  const auto writers = std::make_shared<std::atomic<int>>(0);
  const auto caller = std::this_thread::get_id();
  {
    MemoryRecorder llm{{.log = {.callback =
                                    [=](std::string_view) {
                                      if (std::this_thread::get_id() == caller) ++*writers;
                                      gate->pass();
                                    }},
                        .close_deadline = 10ms}};
    record_many(*llm, 0, 3);
    CHECK_FALSE(llm->flush(10ms));
    while (!gate->entered) std::this_thread::yield();
    CHECK_FALSE(llm->flush(0ms));
    llm->close(10ms);
  }
  CHECK(*writers == 0);
  gate->open = true;
}

TEST_CASE("a sink that is slow with each line is left at the deadline, and the rest is counted") {
  auto got = std::make_shared<int>(0);
  const auto slow = [got](std::string_view) {
    ++*got;
    const auto end = std::chrono::steady_clock::now() + 5ms;
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
  };
  MemoryRecorder llm{{.log = manual({.callback = slow})}};
  record_many(*llm, 0, 1'000);
  CHECK_FALSE(llm->flush(1ms));
  CHECK(*got < 1'000);
  const LogStats stats = llm->close(1ms);
  CHECK(stats.written == static_cast<std::uint64_t>(*got));
  CHECK(stats.written + stats[LogDrop::closed] == 1'000);
  CHECK(stats.pending == 0);
}

TEST_CASE("a turn is wanted once when half of the lines wait, and anew when they were written") {
  Pipe pipe;
  pawl::llm::LogWriter writer{{.descriptor = pipe.ends[1], .capacity = 64}, {}};
  const auto push = [&writer](int count) {
    int wanted = 0;
    for (int i = 0; i < count; ++i) {
      writer.push({});
      if (writer.wants_turn()) ++wanted;
    }
    return wanted;
  };
  const auto write = [&writer] { return writer.write(pawl::llm::LogWriter::Time::max()); };
  CHECK(push(31) == 0);
  CHECK(push(33) == 1);
  CHECK(write() == pawl::llm::LogWriter::Outcome::worked);
  CHECK(push(64) == 1);
  while (write() != pawl::llm::LogWriter::Outcome::wait) push(1);
  push(64);
  // A sink that stalls is not asked again and again.
  CHECK(write() == pawl::llm::LogWriter::Outcome::wait);
  CHECK(push(10) == 0);
  do pipe.read();
  while (write() == pawl::llm::LogWriter::Outcome::wait);
  CHECK(push(64) == 1);
}

TEST_CASE("a callback that hangs holds up neither close nor the program") {
  auto released = std::make_shared<std::atomic<bool>>(false);
  auto entered = std::make_shared<std::atomic<bool>>(false);
  {
    MemoryRecorder llm{{.log = {.callback = [=](std::string_view) {
                          *entered = true;
                          while (!*released) std::this_thread::yield();
                        }}}};
    record(*llm, 0);
    while (!*entered) std::this_thread::yield();
    record(*llm, 1);
    const auto start = std::chrono::steady_clock::now();
    llm->close(10ms);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
  }
  *released = true;
}

TEST_CASE("a child of fork() writes its own lines, and none of its parent's") {
  PAWL_SKIP_UNDER_SANITIZER();
  const TempDir dir;
  {
    MemoryRecorder llm{{.log = manual({.file = dir.file("log")})}};
    record(*llm, 1);
    CHECK(pawl::test::in_child([&] {
            record(*llm, 2);
            llm->flush();
            return llm->stats().log.written == 1 ? 0 : 1;
          }) == 0);
    llm->flush();
  }
  const auto all = lines(read_file(dir.file("log")));
  REQUIRE(all.size() == 2);
  CHECK(id_of(all[0]) == "2");
  CHECK(id_of(all[1]) == "1");
}

TEST_CASE("a child of fork() starts a thread of its own for the log") {
  PAWL_SKIP_UNDER_SANITIZER();
  const TempDir dir;
  MemoryRecorder llm{{.log = {.file = dir.file("log")}}};
  record(*llm, 1);
  CHECK(llm->flush(10s));
  CHECK(pawl::test::in_child([&] {
          record(*llm, 2);
          const auto end = std::chrono::steady_clock::now() + 10s;
          while (llm->stats().log.written == 0 && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
          return llm->stats().log.written == 1 ? 0 : 1;
        }) == 0);
}

TEST_CASE("lines of several writers on one pipe stay whole, however long they are") {
  Pipe pipe;
  const std::string service(1'700, 's');
  const std::string odd(119, '\x01');  // six bytes each in a line
  const auto options = [&] {
    return pawl::llm::RecorderOptions{.service = service,
                                      .log = manual({.descriptor = pipe.ends[1]})};
  };
  const pawl::Client null = pawl::Client::null();
  const Recorder one{null, options()};
  const Recorder two{null, options()};
  for (const Recorder* each : {&one, &two}) {
    for (int i = 0; i < 5; ++i) {
      record(*each, i);
      each->start({.model = odd}, {.request_id = "long"}).finish();
    }
  }
  for (int i = 0; i < 100; ++i)
    for (const Recorder* each : {&one, &two}) each->flush(0ms);
  const auto got = lines(pipe.read());
  CHECK(got.size() == 20);
  for (const std::string& line : got) CHECK(id_of(line) != "torn");
}

TEST_CASE("a callback that forks goes on in both, and the child has nothing of what waited") {
  PAWL_SKIP_UNDER_SANITIZER();
  struct Said {
    int lines = 0;
    ::pid_t child = -1;
    std::string after;
  };
  const auto said = std::make_shared<Said>();
  MemoryRecorder llm{{.log = manual({.callback = [said](std::string_view line) {
                        if (++said->lines == 1) {
                          said->child = ::fork();
                          if (said->child == 0) pawl::test::begin_child();
                        }
                        said->after = line;
                      }})}};
  record_many(*llm, 0, 3);
  const bool flushed = llm->flush(1s);
  if (said->child == 0) {
    // The line was still what it was; what is recorded now is the child's own.
    const bool alone = flushed && said->lines == 1 && id_of(said->after) == "0" &&
                       llm->stats().log.written == 0 && llm->stats().log.pending == 0;
    record(*llm, 7);
    const bool works = llm->flush(1s) && id_of(said->after) == "7" && llm->stats().log.written == 1;
    ::_exit(alone && works ? 0 : 1);
  }
  CHECK(flushed);
  CHECK(llm->stats().log.written == 3);
  CHECK(pawl::test::wait_for_exit(said->child) == 0);
}

}  // namespace
