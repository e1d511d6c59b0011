#include "transport/batch.h"

#include <algorithm>
#include <array>

#include "transport/errors.h"

namespace pawl::transport {

Progress send_batch(const SystemCalls& calls,
                    int descriptor,
                    std::span<const std::string_view> datagrams) noexcept {
  std::array<iovec, kMostAtOnce> pieces{};
  std::array<mmsghdr, kMostAtOnce> messages{};
  const std::size_t count = std::min(datagrams.size(), kMostAtOnce);
  for (std::size_t i = 0; i < count; ++i) {
    // The kernel only reads; its structure is shared with recvmsg.
    pieces[i] = {const_cast<char*>(datagrams[i].data()), datagrams[i].size()};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = uninterrupted([&] {
    return calls.sendmmsg(
        descriptor, messages.data(), static_cast<unsigned>(count), MSG_NOSIGNAL | MSG_DONTWAIT);
  });
  // After a first success the kernel keeps the error to itself; the next call will meet it.
  if (sent < 0) return {0, errno};
  return {static_cast<std::size_t>(sent), 0};
}

}  // namespace pawl::transport
