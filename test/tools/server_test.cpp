#include "tools/server.h"

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_dir.h"
#include "tools/receiver.h"

namespace {

using pawl::test::connect_to;
using pawl::test::framed;
using pawl::test::leave_stale;
using pawl::test::Payloads;
using pawl::test::Receiver;
using pawl::test::send_bytes;
using pawl::test::TempDir;
using pawl::tools::Descriptor;
using pawl::tools::Endpoint;
using pawl::tools::Server;
using Kind = Endpoint::Kind;

Endpoint udp(const std::string& host) { return {Kind::udp, host, 0, {}}; }

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

bool has_ipv6() {
  Server server{[](std::string_view) {}};
  return !server.open(udp("::1")).has_value();
}

TEST_CASE("a server takes UDP datagrams whole, the empty one too") {
  Receiver receiver;
  const Descriptor sender = connect_to(receiver.open(udp("127.0.0.1")));
  send_bytes(sender, "a:1|c\n");
  send_bytes(sender, "");
  send_bytes(sender, "b:1|c\nc:1|c\n");
  CHECK(receiver.take() == Payloads{"a:1|c\n", "", "b:1|c\nc:1|c\n"});
  CHECK(receiver.server.traffic().payloads == 3);
  CHECK(receiver.server.traffic().bytes == 18);
}

TEST_CASE("localhost is heard on IPv4 and, where there is IPv6, on the same port there") {
  Receiver receiver;
  receiver.open(udp("localhost"));
  const auto endpoints = receiver.server.endpoints();
  REQUIRE(endpoints[0].host == "127.0.0.1");
  send_bytes(connect_to(endpoints[0]), "four");
  if (!has_ipv6()) {
    MESSAGE("skipped: no IPv6 here");
  } else {
    REQUIRE(endpoints.size() == 2);
    CHECK(endpoints[0].port == endpoints[1].port);
    send_bytes(connect_to(endpoints[1]), "six");
  }
  CHECK(receiver.take().size() == endpoints.size());
}

TEST_CASE("a datagram longer than the Agent's buffer is read whole and counted") {
  Receiver receiver;
  const Descriptor sender = connect_to(receiver.open(udp("127.0.0.1")));
  send_bytes(sender, std::string(8192, 'x'));
  send_bytes(sender, std::string(8193, 'x'));
  CHECK(receiver.take().back().size() == 8193);
  CHECK(receiver.server.traffic().long_datagrams == 1);
}

TEST_CASE("a server hears all of its sockets") {
  const TempDir dir;
  Receiver receiver;
  const Endpoint first = receiver.open(udp("127.0.0.1"));
  const Endpoint second = receiver.open({Kind::unix_datagram, {}, 0, dir.file("d")});
  const Endpoint third = receiver.open({Kind::unix_stream, {}, 0, dir.file("s")});
  send_bytes(connect_to(third), framed("stream"));
  send_bytes(connect_to(second), "datagram");
  send_bytes(connect_to(first), "udp");
  CHECK(receiver.take() == Payloads{"udp", "datagram", "stream"});
}

TEST_CASE("a Unix socket has mode 0600 whatever the umask, and goes with the server") {
  const TempDir dir;
  const mode_t before = umask(0);
  {
    Receiver receiver;
    for (const auto& [kind, name] :
         {std::pair{Kind::unix_datagram, "d"}, {Kind::unix_stream, "s"}}) {
      receiver.open({kind, {}, 0, dir.file(name)});
      struct stat status {};
      CHECK(stat(dir.file(name).c_str(), &status) == 0);
      CHECK((status.st_mode & 0777U) == 0600U);
    }
  }
  umask(before);
  CHECK_FALSE(exists(dir.file("d")));
  CHECK_FALSE(exists(dir.file("s")));
}

TEST_CASE("a stale socket file is replaced") {
  const TempDir dir;
  leave_stale(dir.file("d"), SOCK_DGRAM);
  leave_stale(dir.file("s"), SOCK_STREAM);
  Receiver receiver;
  send_bytes(connect_to(receiver.open({Kind::unix_datagram, {}, 0, dir.file("d")})), "x");
  send_bytes(connect_to(receiver.open({Kind::unix_stream, {}, 0, dir.file("s")})), framed("y"));
  CHECK(receiver.take() == Payloads{"x", "y"});
}

TEST_CASE("a socket on which somebody listens is left to him") {
  const TempDir dir;
  Receiver owner;
  const Endpoint taken = owner.open({Kind::unix_datagram, {}, 0, dir.file("d")});
  {
    Server late{[](std::string_view) {}};
    for (const Kind kind : {Kind::unix_datagram, Kind::unix_stream}) {
      const auto error = late.open({kind, {}, 0, dir.file("d")});
      REQUIRE(error.has_value());
      CHECK(error->message.find("somebody listens there") != std::string::npos);
    }
  }
  send_bytes(connect_to(taken), "x");
  CHECK(owner.take() == Payloads{"x"});
}

TEST_CASE("a file that is no socket is left as it is") {
  const TempDir dir;
  std::ofstream(dir.file("d")) << "mine";
  Server server{[](std::string_view) {}};
  const auto error = server.open({Kind::unix_datagram, {}, 0, dir.file("d")});
  REQUIRE(error.has_value());
  CHECK(error->message ==
        "cannot listen on unixgram://" + dir.file("d") + ": a file that is no socket is there");
  CHECK(exists(dir.file("d")));
}

TEST_CASE("a socket file that another has put in the place is not unlinked") {
  const TempDir dir;
  {
    Receiver receiver;
    receiver.open({Kind::unix_datagram, {}, 0, dir.file("d")});
    unlink(dir.file("d").c_str());
    leave_stale(dir.file("d"), SOCK_DGRAM);
  }
  CHECK(exists(dir.file("d")));
}

TEST_CASE("a port that is taken is an error that names the endpoint") {
  Receiver owner;
  const Endpoint taken = owner.open(udp("127.0.0.1"));
  Server late{[](std::string_view) {}};
  const auto error = late.open(taken);
  REQUIRE(error.has_value());
  CHECK(error->message == "cannot listen on " + to_string(taken) + ": Address already in use");
}

TEST_CASE("after stop no payload reaches the callback") {
  std::size_t got = 0;
  Server server{[&](std::string_view) {
    ++got;
    server.stop();
  }};
  REQUIRE_FALSE(server.open(udp("127.0.0.1")).has_value());
  const Descriptor sender = connect_to(server.endpoints().back());
  for (int i = 0; i < 5; ++i) send_bytes(sender, "x");
  server.run();
  CHECK(got == 1);
  CHECK(server.traffic().payloads == 1);
}

TEST_SUITE("concurrent") {
  TEST_CASE("a server on its own thread has all that was sent before finish") {
    const TempDir dir;
    std::size_t bytes = 0;
    Server server{[&bytes](std::string_view payload) { bytes += payload.size(); }};
    const Endpoint datagram{Kind::unix_datagram, {}, 0, dir.file("d")};
    const Endpoint stream{Kind::unix_stream, {}, 0, dir.file("s")};
    REQUIRE_FALSE(server.open(datagram).has_value());
    REQUIRE_FALSE(server.open(stream).has_value());
    server.start();
    {
      const Descriptor first = connect_to(datagram);
      const Descriptor second = connect_to(stream);
      for (int i = 0; i < 2000; ++i) {
        send_bytes(first, "0123456789");
        send_bytes(second, framed("0123456789"));
      }
    }
    server.finish();
    CHECK(bytes == 40'000);
    CHECK(server.traffic().payloads == 4000);
  }

  TEST_CASE("a server that is destroyed while it serves ends") {
    std::mutex mutex;
    std::condition_variable arrived;
    bool any = false;
    Server server{[&](std::string_view) {
      const std::lock_guard lock{mutex};
      any = true;
      arrived.notify_all();
    }};
    REQUIRE_FALSE(server.open(udp("127.0.0.1")).has_value());
    const Descriptor sender = connect_to(server.endpoints().back());
    server.start();
    send_bytes(sender, "x");
    std::unique_lock lock{mutex};
    CHECK(arrived.wait_for(lock, std::chrono::seconds{20}, [&any] { return any; }));
  }
}

}  // namespace
