#pragma once

// Which tracers live, each in a slot of its own, and which arena each thread has in it. A tracer
// that nobody holds any more stays in its slot until the next one is made: a thread that traces
// while main returns finds memory that is still there.
//
// Threads: any. A lock for tracers and threads that come and go.

#include <array>
#include <cstddef>
#include <cstdint>

namespace pawl::trace {

class Arena;
class Core;

inline constexpr std::size_t kMostTracers = 16;

// This thread's arenas, by slot; null until it traces.
extern constinit thread_local std::array<Arena*, kMostTracers> t_arenas
    __attribute__((tls_model("initial-exec")));

// Frees the cores that nobody holds, and gives this one a slot; kMostTracers when all are taken.
std::size_t take_slot(Core& core) noexcept;

// Sees to it that this thread's end gives its arenas back; tells whether it will: not when the
// thread is ending already.
bool watch_thread_end() noexcept;

// Gives back this thread's arenas of tracers that are gone: a thread that outlives many would keep
// all their slots.
void give_back_left_arenas() noexcept;

// Makes fork() safe for all tracers, from the first call on.
void watch_forks() noexcept;

}  // namespace pawl::trace
