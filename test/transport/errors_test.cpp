#include "transport/errors.h"

#include <doctest/doctest.h>

namespace {

using pawl::SendStatus;
using pawl::transport::status_of;

TEST_CASE("a full queue is waited for") {
  for (const int error : {EAGAIN, EWOULDBLOCK, ENOBUFS, ENOMEM})
    CHECK(status_of(error) == SendStatus::would_block);
}

TEST_CASE("an Agent that is not there, and every answer of a route, is tried again later") {
  for (const int error : {ECONNREFUSED,
                          ENOTCONN,
                          EPIPE,
                          ECONNRESET,
                          ENOENT,
                          EHOSTUNREACH,
                          ENETUNREACH,
                          EACCES,
                          EINVAL,
                          EPERM,
                          EADDRNOTAVAIL,
                          ENETDOWN,
                          EMFILE})
    CHECK(status_of(error) == SendStatus::unreachable);
}

TEST_CASE("a datagram too large is told from all else") {
  CHECK(status_of(EMSGSIZE) == SendStatus::too_large);
}

TEST_CASE("every other errno is a failure, and none is a success") {
  for (int error = 1; error < 134; ++error) CHECK(status_of(error) != SendStatus::sent);
  CHECK(status_of(EOPNOTSUPP) == SendStatus::failed);
  CHECK(status_of(EIO) == SendStatus::failed);
}

TEST_CASE("a call interrupted by signals is repeated until it has an outcome") {
  int calls = 0;
  const int result = pawl::transport::uninterrupted([&calls] {
    errno = EINTR;
    return ++calls < 4 ? -1 : 7;
  });
  CHECK(result == 7);
  CHECK(calls == 4);
}

TEST_CASE("the program's errno is kept") {
  errno = ERANGE;
  {
    const pawl::transport::ErrnoKept kept;
    errno = EPIPE;
  }
  CHECK(errno == ERANGE);
}

}  // namespace
