#pragma once

// One frame of a stream socket:
//
//     length (4 bytes, little-endian) payload
//
// Threads: stateless. Cost: one sendmsg, more when the kernel takes less.
// Errors: by errno values.

#include <chrono>
#include <string_view>

#include "transport/batch.h"

namespace pawl::transport {

// Puts out a whole frame, or nothing: 0 or an errno. Once the kernel has taken a part of it the
// rest is waited for, `patience` at the most; then the answer is ETIMEDOUT. After any error but
// EAGAIN the connection must be closed, because the next byte in it would be read as the rest of
// this frame.
int send_frame(const SystemCalls& calls,
               int descriptor,
               std::string_view payload,
               std::chrono::milliseconds patience) noexcept;

}  // namespace pawl::transport
