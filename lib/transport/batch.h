#pragma once

// Datagrams into a connected datagram socket, many by one system call.
//
// Threads: stateless. Cost: one sendmmsg for 32 datagrams. Errors: by errno values.

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include <sys/socket.h>
#include <sys/types.h>

namespace pawl::transport {

// The calls that put bytes out; tests let them fail and fall short.
struct SystemCalls {
  std::function<int(int, mmsghdr*, unsigned, int)> sendmmsg = ::sendmmsg;
  std::function<ssize_t(int, const msghdr*, int)> sendmsg = ::sendmsg;
};

inline constexpr std::size_t kMostAtOnce = 32;

struct Progress {
  std::size_t sent = 0;
  int error = 0;  // why not more; 0 when nobody said
};

// Sends as many as the socket takes by one call, kMostAtOnce at the most.
Progress send_batch(const SystemCalls& calls,
                    int descriptor,
                    std::span<const std::string_view> datagrams) noexcept;

}  // namespace pawl::transport
