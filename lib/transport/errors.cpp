#include "transport/errors.h"

namespace pawl::transport {

SendStatus status_of(int error) noexcept {
  switch (error) {
    case 0:
      return SendStatus::sent;
    case EAGAIN:
    case ENOBUFS:  // the device's queue is full
    case ENOMEM:
      return SendStatus::would_block;
    case EMSGSIZE:
      return SendStatus::too_large;
    // Nobody there.
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case EPIPE:
    case ENOENT:
    case ENOTDIR:
    case ETIMEDOUT:
    case EPROTOTYPE:  // a socket of another kind at the path, until the Agent binds its own
    // No way there: routes answer EHOSTUNREACH (unreachable), EACCES (prohibit), EINVAL (blackhole)
    // and ENETUNREACH (throw, or none), a packet filter EPERM. All of them come and go.
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EACCES:
    case EPERM:
    case EINVAL:
    // No descriptor of our own now.
    case EMFILE:
    case ENFILE:
    case EBADF:
    case ENOTSOCK:
    case EAFNOSUPPORT:  // IPv6 switched off
      return SendStatus::unreachable;
    default:
      return SendStatus::failed;
  }
}

}  // namespace pawl::transport
