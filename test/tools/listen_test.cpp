#include <csignal>
#include <initializer_list>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/temp_dir.h"
#include "tools/bound_socket.h"
#include "tools/process.h"

namespace {

using pawl::test::check_misuse;
using pawl::test::Finished;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::run_pawl;
using pawl::test::TempDir;
using pawl::tools::Descriptor;

// `pawl listen` on a free port of its own, ready.
class Listening {
 public:
  explicit Listening(std::initializer_list<std::string> arguments) : process(argv(arguments)) {
    const std::string mark = "listening on udp://127.0.0.1:";
    // The line's end: the number is whole then.
    const auto text = process.wait_for_error("\n");
    REQUIRE_MESSAGE(text.has_value(), "the listener is not ready");
    const auto at = text->find(mark);
    REQUIRE_MESSAGE(at != std::string::npos, *text);
    port_ = static_cast<std::uint16_t>(std::stoul(text->substr(at + mark.size())));
  }

  void send(const std::string& payload) const {
    const Descriptor sender{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(sendto(sender.get(),
                   payload.data(),
                   payload.size(),
                   0,
                   reinterpret_cast<sockaddr*>(&address),
                   sizeof address) == static_cast<ssize_t>(payload.size()));
  }

  Finished finish() {
    const auto finished = process.finish();
    REQUIRE_MESSAGE(finished.has_value(), "the listener did not end");
    return *finished;
  }

  Process process;

 private:
  static std::vector<std::string> argv(std::initializer_list<std::string> arguments) {
    std::vector<std::string> all{pawl_command(), "listen", "udp://127.0.0.1:0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }

  std::uint16_t port_ = 0;
};

TEST_CASE("listen prints what arrives and ends after its count") {
  Listening listening{"--count", "3"};
  listening.send("a:1:2|d|#x:y\n_sc|db|0\nb:1|c\nnot.printed:1|c\n");
  const Finished finished = listening.finish();
  CHECK(finished.code == 0);
  CHECK(finished.out == "distribution a 1 2 {x:y}\ncheck db ok\ncount b 1\n");
  CHECK(finished.err.find("received 2 metrics, 3 values, 2 contexts, 0 events, 1 check, "
                          "1 datagram, 44 bytes, 0 rejected lines\n") != std::string::npos);
}

TEST_CASE("listen --json prints an object a line") {
  Listening listening{"--json", "--count", "1"};
  listening.send("bad\na:-5|g|#x:y\n");
  CHECK(listening.finish().out ==
        R"({"kind":"metric","name":"a","type":"g","values":[-5],"rate":1.0,"tags":["x:y"],)"
        R"("timestamp":null,"container":null,"external":null,"cardinality":null})"
        "\n");
}

TEST_CASE("listen --json ends with the sketches of distributions") {
  Listening listening{"--json", "--count", "2"};
  listening.send("lat:10:20|d\nlat:30|d|@0.125\n");
  const Finished finished = listening.finish();
  CHECK(finished.out.find(R"({"kind":"sketch","name":"lat","tags":[],"count":10,"sum":270.0,)"
                          R"("min":10.0,"max":30.0,"avg":27.0,"p50":)") != std::string::npos);
  CHECK(finished.err.find("pawl: distribution lat: 10 samples, sum 270, min 10, avg 27, p50 ") !=
        std::string::npos);
}

TEST_CASE("listen --raw prints the lines as they came, rejected ones too") {
  Listening listening{"--raw", "--count", "1"};
  listening.send("bad\na:1|c|@0.5|#x\n");
  const Finished finished = listening.finish();
  CHECK(finished.out == "bad\na:1|c|@0.5|#x\n");
  CHECK(finished.err.find("1 rejected line\npawl: rejected: there is no type: bad\n") !=
        std::string::npos);
}

TEST_CASE("a rejected line is printed with its reason and does not count") {
  Listening listening{"--count", "1"};
  listening.send("a:nan|g\nb:1|g\n");
  CHECK(listening.finish().out ==
        "rejected: a value is not a finite decimal number: a:nan|g\ngauge b 1\n");
}

TEST_CASE("listen ends after its time with its summary") {
  Listening listening{"--for", "10ms"};
  const Finished finished = listening.finish();
  CHECK(finished.code == 0);
  CHECK(finished.err.find("received 0 metrics,") != std::string::npos);
}

TEST_CASE("a signal ends listen with its summary and exit code 0") {
  for (const int signal : {SIGINT, SIGTERM}) {
    Listening listening{};
    listening.send("a:1|c\n");
    listening.process.kill(signal);
    const Finished finished = listening.finish();
    CHECK(finished.code == 0);
    CHECK(finished.out == "count a 1\n");
    CHECK(finished.err.find("received 1 metric,") != std::string::npos);
  }
}

TEST_CASE("a closed stdout ends listen with exit code 1, not by a signal") {
  Listening listening{};
  listening.process.close_stdout();
  listening.send("a:1|c\n");
  const Finished finished = listening.finish();
  CHECK(finished.code == 1);
  CHECK(finished.err.find("pawl: standard output cannot be written\n") != std::string::npos);
}

TEST_CASE("listen takes all three kinds of socket at once and removes its files") {
  const TempDir dir;
  const std::string path = dir.file("d.sock");
  Listening listening{"unix://" + path, "unixstream://" + dir.file("s.sock"), "--count", "3"};
  const auto send_to = [](const std::string& to, int type, const std::string& bytes) {
    const Descriptor sender{socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    to.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(connect(sender.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(write(sender.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  };
  send_to(path, SOCK_DGRAM, "gram:1|c\n");
  send_to(dir.file("s.sock"), SOCK_STREAM, std::string{"\x0b\0\0\0", 4} + "stream:1|c\n");
  listening.send("udp:1|c\n");
  const Finished finished = listening.finish();
  for (const char* line : {"count gram 1\n", "count stream 1\n", "count udp 1\n"}) {
    CHECK(finished.out.find(line) != std::string::npos);
  }
  CHECK(access(path.c_str(), F_OK) != 0);
  CHECK(access(dir.file("s.sock").c_str(), F_OK) != 0);
}

struct Misuse {
  std::vector<std::string> arguments;
  std::string named;
};

TEST_CASE("what makes no sense is exit code 2 and one line that names it") {
  const std::vector<Misuse> table{
      {{}, "verb"},
      {{"lisen"}, "lisen"},
      {{"listen", "--bogus"}, "--bogus"},
      {{"listen", "--for"}, "--for"},
      {{"listen", "--for", "10"}, "--for: \"10\""},
      {{"listen", "--count", "0"}, "--count: \"0\""},
      {{"listen", "--count", "many"}, "--count: \"many\""},
      {{"listen", "--json", "--raw"}, "--raw"},
      {{"listen", "udp://0.0.0.0:8125"}, "udp://0.0.0.0:8125"},
      {{"listen", "tcp://127.0.0.1:1"}, "tcp://127.0.0.1:1"},
  };
  for (const Misuse& misuse : table) {
    check_misuse(run_pawl(misuse.arguments), misuse.named);
  }
}

TEST_CASE("a place that cannot be bound is exit code 1 and one line") {
  const Finished finished = run_pawl({"listen", "unix:///no/such/directory/d.sock"});
  CHECK(finished.code == 1);
  CHECK(finished.err ==
        "pawl: cannot listen on unixgram:///no/such/directory/d.sock: No such file or directory\n");
}

TEST_CASE("help with examples and the version go to stdout with exit code 0") {
  const Finished help = run_pawl({"listen", "--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("Examples:\n  pawl listen\n") != std::string::npos);
  CHECK(help.err.empty());
  CHECK(run_pawl({"--help"}).out.find("listen") != std::string::npos);
  CHECK(run_pawl({"--version"}).out.substr(0, 5) == "pawl ");
}

}  // namespace
