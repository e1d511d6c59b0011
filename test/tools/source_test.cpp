#include "tools/source.h"

#include <string>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "support/temp_dir.h"
#include "tools/receiver.h"

namespace {

using pawl::test::connect_to;
using pawl::test::framed;
using pawl::test::Payloads;
using pawl::test::Receiver;
using pawl::test::send_bytes;
using pawl::test::TempDir;
using pawl::tools::Descriptor;
using pawl::tools::Endpoint;
using pawl::tools::Frames;
using Kind = Endpoint::Kind;

TEST_CASE("a stream's frames are put together from whatever pieces come") {
  const std::string bytes = framed("one") + framed("") + framed(std::string(8192, 'x'));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{5}, bytes.size()}) {
    CAPTURE(piece);
    Frames frames;
    Payloads got;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      CHECK(frames.torn() == (at != 0 && at != 7 && at != 11));
      const auto state = frames.feed(std::string_view{bytes}.substr(at, piece),
                                     [&got](std::string_view frame) { got.emplace_back(frame); });
      CHECK(state == Frames::State::open);
    }
    CHECK(got == Payloads{"one", "", std::string(8192, 'x')});
  }
}

TEST_CASE("a frame longer than the Agent's buffer costs its connection and no other") {
  const TempDir dir;
  Receiver receiver;
  const Endpoint endpoint = receiver.open({Kind::unix_stream, {}, 0, dir.file("s")});
  const Descriptor bad = connect_to(endpoint);
  const Descriptor good = connect_to(endpoint);
  send_bytes(bad, framed("before") + framed(std::string(8193, 'x')) + framed("after"));
  CHECK(receiver.take() == Payloads{"before"});
  CHECK(receiver.server.traffic().long_frames == 1);
  char byte = 0;
  CHECK(recv(bad.get(), &byte, 1, MSG_DONTWAIT) <= 0);
  CHECK(send(bad.get(), "x", 1, MSG_NOSIGNAL) < 0);
  send_bytes(good, framed("still here"));
  CHECK(receiver.take() == Payloads{"still here"});
}

TEST_CASE("a frame that its connection's end has torn is counted") {
  const TempDir dir;
  Receiver receiver;
  const Endpoint endpoint = receiver.open({Kind::unix_stream, {}, 0, dir.file("s")});
  send_bytes(connect_to(endpoint), framed("whole") + "\x05");
  CHECK(receiver.take() == Payloads{"whole"});
  CHECK(receiver.server.traffic().torn_frames == 1);
}

}  // namespace
