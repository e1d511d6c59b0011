#pragma once

// Who is alive: the cores, each in a slot of its own, and which of them each thread has a shard in.
// A core that nobody holds any more stays in its slot until the next one is made. So a thread that
// records while main returns, after the client was destroyed, writes into memory that is still
// there.
//
// Threads: any. A lock for clients that come and go; none for a thread's look at its own slots.

#include <cstdint>
#include <vector>

#include <pawl/detail/cells.h>

namespace pawl::client {

class Core;

// Frees the cores that nobody holds, and gives this one a slot, 1 to kMaxClients; 0 when all are
// taken.
std::uint32_t take_slot(Core& core) noexcept;

// Sees to it that this thread's end gives its shards back; tells whether it will: not when the
// thread is ending already.
bool watch_thread_end() noexcept;
// Gives back this thread's shards in cores that no client holds any more, or in this one.
void leave_closed_cores() noexcept;
void leave_core(const Core& core) noexcept;

// Makes fork() safe for all cores, from the first call on.
void watch_forks() noexcept;

}  // namespace pawl::client
