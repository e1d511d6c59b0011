#pragma once

// A memory fence that costs only the thread that asks for it.
//
// Threads: any.

namespace pawl::base {

// Has every thread of the process pass a full memory fence before it returns, so that the others
// need none of their own (membarrier(2), PRIVATE_EXPEDITED, Linux 4.14). Tells whether it could.
// Cost: some microseconds, and an interrupt of each processor that runs such a thread.
bool fence_all_threads() noexcept;

}  // namespace pawl::base
