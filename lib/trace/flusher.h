#pragma once

// From the records in the threads' arenas to the Agent: take them, group them by trace, form a
// chunk of each trace that is complete (or long, or old, or in the way), and send the chunks. It
// keeps the second half of the ledger: what became of the spans that were taken.
//
// Threads: work() from any, by turns; books() any, without waiting for the work.

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include <pawl/clock.h>
#include <pawl/trace_stats.h>

#include "trace/arena.h"
#include "trace/budget.h"
#include "trace/bytes.h"
#include "trace/chunk_writer.h"
#include "trace/outlet.h"
#include "trace/sampler.h"

namespace pawl::trace {

// A lock that is waited for only so long.
class Turn {
 public:
  using Time = std::chrono::steady_clock::time_point;
  bool take(Time until);
  void end();

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool taken_ = false;
};

// All arenas of a tracer; none is freed before the tracer is.
class Arenas {
 public:
  Arena* first() const noexcept { return first_.load(std::memory_order_acquire); }
  // REQUIRES: one at a time.
  void add(Arena& arena) noexcept {
    arena.next = first_.load(std::memory_order_relaxed);
    first_.store(&arena, std::memory_order_release);
  }
  void forget() noexcept { first_ = nullptr; }

 private:
  std::atomic<Arena*> first_{nullptr};
};

class Flusher {
 public:
  using Time = Turn::Time;
  using Losses = std::array<std::uint64_t, kSpanDrops>;

  struct Setting {
    Arenas& arenas;
    Budget& budget;
    Sampler& sampler;
    Outlet* outlet;  // null only once the work has ended
    const Clock& clock;
    std::chrono::nanoseconds flush_interval{};
    bool llmobs = false;
    std::string_view ml_app = {};
  };

  // What was taken, and where it is.
  struct Books {
    std::uint64_t taken = 0;
    std::uint64_t held = 0;    // of traces that are not complete
    std::uint64_t queued = 0;  // in chunks
    std::uint64_t accepted = 0;
    Losses dropped{};
    std::uint64_t chunks_accepted = 0;
    std::uint64_t partial_chunks = 0;
    std::uint64_t events_lost = 0;
    std::uint64_t evaluations_accepted = 0;
    std::uint64_t evaluations_lost = 0;
  };

  enum class What : std::uint8_t {
    due,      // sends when it is time, or when much waits
    all,      // sends all traces that are complete
    the_end,  // sends all there is, incomplete traces too; nobody has a turn after it
  };

  explicit Flusher(Setting setting) noexcept : set_(setting) {}

  // Does what there is to do, once another has done so, until `deadline` at the most. Tells whether
  // it had its turn, and found something.
  struct Worked {
    bool had_turn = false;
    bool found = false;
  };
  Worked work(What what, Time deadline) noexcept;

  Books books() noexcept;
  // Leaves the books as they are, whatever becomes of what is under way.
  void close_books() noexcept;

 private:
  void take_all_there_is(What what, Time deadline) noexcept;
  bool take_some(std::uint64_t& taken) noexcept;
  void hear_of_the_lost() noexcept;
  void list(TraceState& trace) noexcept;
  void sweep(What what) noexcept;
  bool is_due(const TraceState& trace, What what) const noexcept;
  void form_chunk(TraceState& trace) noexcept;
  bool queue(TraceState& trace) noexcept;
  bool write_chunk(TraceState& trace);
  void cut_back() noexcept;
  Bytes take_kept(TraceState& trace) noexcept;
  void keep(TraceState& trace) noexcept;
  void drop_waiting(TraceState& trace, SpanDrop reason) noexcept;
  void forget_waiting(TraceState& trace) noexcept;
  void recycle(TraceState& trace) noexcept;
  void give_states_back() noexcept;
  void send(Time deadline) noexcept;
  void send_evaluations(Time deadline) noexcept;
  void settle(const std::vector<Outcome>& outcomes) noexcept;
  void forget_queue() noexcept;
  void charge_queued() noexcept;
  void give_blocks_back() noexcept;
  void publish_books() noexcept;

  struct Piece {
    std::size_t parts_end;
    std::size_t own_end;
    std::size_t events_end;
    std::size_t evaluations_end;
    std::uint32_t count;
    std::uint32_t events;
    int priority;
    bool partial;
  };

  // What waits before it is sent, in arenas and out of them.
  static constexpr std::size_t kMuchQueued = std::size_t{1} << 20;

  const Setting set_;
  Turn turn_;

  // Whose turn it is has these.
  TraceState* listed_ = nullptr;
  TraceState* over_ = nullptr;  // of one arena, to be given back together; to the last
  TraceState* over_last_ = nullptr;
  std::size_t kept_bytes_ = 0;
  Chunks queue_;
  ChunkWriter writer_{queue_};
  Clock::SteadyTime now_{};    // of this look at the arenas
  std::size_t in_arenas_ = 0;  // bytes that were taken in blocks that are not given back
  std::size_t own_bytes_ = 0;  // of the queue's own memory
  std::size_t budgeted_ = 0;   // of it, events and evaluations
  std::vector<Piece> pieces_;
  Clock::SteadyTime next_send_{};
  Features features_;
  Books working_;

  std::mutex books_mutex_;
  Books books_;
  bool books_closed_ = false;
};

}  // namespace pawl::trace
