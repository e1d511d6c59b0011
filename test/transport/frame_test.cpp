#include "transport/frame.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "support/agent_socket.h"

namespace {

using pawl::test::Descriptor;
using pawl::transport::send_frame;
using pawl::transport::SystemCalls;
using std::chrono::milliseconds;

std::pair<Descriptor, Descriptor> stream_pair() {
  int ends[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

// Sends no more than `most` bytes of the message, as a kernel short of room does.
ssize_t send_part(int descriptor, const msghdr* message, int flags, std::size_t most) {
  std::vector<iovec> pieces;
  for (std::size_t i = 0; i < message->msg_iovlen; ++i) {
    iovec piece = message->msg_iov[i];
    piece.iov_len = std::min(piece.iov_len, most);
    most -= piece.iov_len;
    pieces.push_back(piece);
  }
  msghdr part = *message;
  part.msg_iov = pieces.data();
  part.msg_iovlen = pieces.size();
  return ::sendmsg(descriptor, &part, flags);
}

std::string everything_from(const Descriptor& socket) {
  std::string all;
  while (const auto some = pawl::test::receive(socket)) all += *some;
  return all;
}

const std::string kPayload = "http.requests:1|c|#route:/v1\n";
const std::string kFrame = std::string{"\x1d\0\0\0", 4} + kPayload;

TEST_CASE("a frame is the payload's length in little-endian and the payload") {
  const auto [ours, theirs] = stream_pair();
  CHECK(send_frame({}, ours.get(), kPayload, milliseconds{0}) == 0);
  CHECK(everything_from(theirs) == kFrame);

  const std::string longer(0x0102, 'x');
  CHECK(send_frame({}, ours.get(), longer, milliseconds{0}) == 0);
  CHECK(everything_from(theirs) == std::string{"\x02\x01\0\0", 4} + longer);
}

TEST_CASE("a short write at any offset still gives one whole frame") {
  for (std::size_t offset = 1; offset < kFrame.size(); ++offset) {
    INFO("offset ", offset);
    const auto [ours, theirs] = stream_pair();
    std::size_t calls = 0;
    SystemCalls cut;
    cut.sendmsg = [&](int descriptor, const msghdr* message, int flags) {
      return send_part(descriptor, message, flags, calls++ == 0 ? offset : kFrame.size());
    };
    CHECK(send_frame(cut, ours.get(), kPayload, milliseconds{10'000}) == 0);
    CHECK(calls == 2);
    CHECK(everything_from(theirs) == kFrame);
  }
}

TEST_CASE("a frame taken byte by byte, with signals and full queues between, is whole") {
  const auto [ours, theirs] = stream_pair();
  int calls = 0;
  SystemCalls slow;
  slow.sendmsg = [&](int descriptor, const msghdr* message, int flags) -> ssize_t {
    ++calls;
    errno = calls % 3 == 0 ? EAGAIN : EINTR;
    return calls % 3 != 1 ? -1 : send_part(descriptor, message, flags, 1);
  };
  CHECK(send_frame(slow, ours.get(), kPayload, milliseconds{10'000}) == 0);
  CHECK(everything_from(theirs) == kFrame);
}

TEST_CASE("a full queue before the first byte is said at once and nothing was sent") {
  const auto [ours, theirs] = stream_pair();
  SystemCalls full;
  full.sendmsg = [](int, const msghdr*, int) -> ssize_t {
    errno = EAGAIN;
    return -1;
  };
  CHECK(send_frame(full, ours.get(), kPayload, milliseconds{10'000}) == EAGAIN);
  CHECK(everything_from(theirs).empty());
}

TEST_CASE("a frame that stays unfinished is given up after the patience") {
  const auto [ours, theirs] = stream_pair();
  const std::string large(std::size_t{4} << 20, 'x');  // more than any default buffer
  CHECK(send_frame({}, ours.get(), large, milliseconds{1}) == ETIMEDOUT);
}

TEST_CASE("a peer that goes in the middle of a frame is an error and no signal") {
  auto [ours, theirs] = stream_pair();
  SystemCalls cut;
  Descriptor& peer = theirs;
  cut.sendmsg = [&peer](int descriptor, const msghdr* message, int flags) {
    const ssize_t sent = send_part(descriptor, message, flags, 7);
    peer.close();
    return sent;
  };
  CHECK(send_frame(cut, ours.get(), kPayload, milliseconds{10'000}) == EPIPE);
}

}  // namespace
