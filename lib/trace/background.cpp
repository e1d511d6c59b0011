#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/errno_kept.h"
#include "base/number.h"
#include "trace/core.h"

// The other half of a core: its thread, flush and close, the ledger, and fork.

namespace pawl::trace {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// Between two looks at the arenas: when there was something, and the most when there was nothing.
// Nobody wakes the thread, because that would be a lock and a system call of the caller.
constexpr milliseconds kShortestPause{10};
constexpr milliseconds kLongestPause{100};
// What one flush of the background may take.
constexpr milliseconds kFlushTime{5'000};
// What the thread gets beyond the deadline of close() to end a step that was broken off.
constexpr milliseconds kThreadEnd{100};

// No longer than an hour: "as long as it takes" would wrap into the past.
SteadyClock::time_point deadline_in(milliseconds timeout) noexcept {
  constexpr milliseconds kLongest = std::chrono::hours{1};
  return SteadyClock::now() + std::clamp(timeout, milliseconds{0}, kLongest);
}

}  // namespace

// Only tries: who holds the lock is starting the thread, or closing.
void Core::ensure_thread() noexcept {
  if (plan_.background == pawl::Background::manual) return;
  if (is_running_.exchange(true, std::memory_order_relaxed)) return;
  bool made = false;
  try {
    const std::unique_lock lock{background_->control, std::try_to_lock};
    if (!lock.owns_lock() || closed_) return;
    // A thread that close() leaves behind may outlive the tracer: it holds the core until it ends.
    references_.fetch_add(1, std::memory_order_relaxed);
    std::shared_ptr<Core> held{
        this, [](Core* core) { core->references_.fetch_sub(1, std::memory_order_acq_rel); }};
    made = background_->worker.start(
        [held = std::move(held), pause = kShortestPause]() mutable { return held->step(pause); });
  } catch (const std::bad_alloc&) {
    // As if no thread could be made.
  }
  if (!made)
    plan_.teller->warn("threads",
                       "a background thread could not be made; flush() and close() do its work",
                       clock_->steady_now());
}

base::Worker::Time Core::step(milliseconds& pause) noexcept {
  const auto worked = background_->flusher.work(Flusher::What::due, deadline_in(kFlushTime));
  warn_of_losses();
  pause = worked.found ? kShortestPause : std::min(2 * pause, kLongestPause);
  return SteadyClock::now() + pause;
}

bool Core::flush(milliseconds timeout) noexcept {
  const base::ErrnoKept kept;
  if (is_over_.load(std::memory_order_acquire)) return true;
  const std::uint64_t lost_before = stats().dropped.total();
  Flusher& flusher = background_->flusher;
  const bool had_turn = flusher.work(Flusher::What::all, deadline_in(timeout)).had_turn;
  warn_of_losses();
  return had_turn && flusher.books().queued == 0 && stats().dropped.total() == lost_before;
}

SpanLosses Core::close(milliseconds deadline) noexcept {
  const base::ErrnoKept kept;
  Background& background = *background_;
  {
    const std::lock_guard lock{background.control};
    if (!closed_.exchange(true)) {
      const auto end = deadline_in(deadline);
      const auto thread_end = end + kThreadEnd;
      outlet_->end_by(end);
      // A thread that stays behind all the same sits in the program's callback, and has the turn
      // until it ends: what it comes to there is nobody's any more.
      background.worker.stop(thread_end);
      const bool had_turn = background.flusher.work(Flusher::What::the_end, end).had_turn;
      background.flusher.close_books();
      is_over_.store(true, std::memory_order_release);
      // The core may outlive its tracer, its connection must not.
      if (had_turn) outlet_.reset();
      warn_of_losses();
      plan_.teller->silence(thread_end);
    }
  }
  return stats().dropped;
}

TraceStats Core::stats() noexcept {
  TraceStats stats;
  // Before the books, which do not change after it.
  const bool is_over = is_over_.load(std::memory_order_acquire);
  // What ended is read before what began, so that nothing seems to end that did not begin.
  const Flusher::Books books = background_->flusher.books();
  std::uint64_t published = 0;
  each_arena([&](const Arena& arena) {
    published += arena.published();
    for (std::size_t i = 0; i < kSpanDrops; ++i)
      stats.dropped.by_reason[i] += arena.lost(static_cast<SpanDrop>(i));
    for (std::size_t i = 0; i < kSpanRepairs; ++i)
      stats.repaired[i] += arena.repaired(static_cast<SpanRepair>(i));
    stats.llmobs_events += arena.events();
    stats.evaluations += arena.evaluations();
    stats.evaluations_lost += arena.lost_evaluations();
    ++stats.threads;
  });
  --stats.threads;  // the common one is nobody's
  stats.finished = published + stats.dropped.total();
  each_arena([&stats](const Arena& arena) { stats.started += arena.started(); });
  stats.open = stats.started - stats.finished;
  for (std::size_t i = 0; i < kSpanDrops; ++i) stats.dropped.by_reason[i] += books.dropped[i];
  stats.accepted = books.accepted;
  stats.pending = published - books.taken + books.held + books.queued;
  stats.evaluations_accepted = books.evaluations_accepted;
  stats.evaluations_lost += books.evaluations_lost;
  // Nobody takes any more what is still there.
  if (is_over) {
    stats.dropped.by_reason[static_cast<std::size_t>(SpanDrop::shutdown)] +=
        std::exchange(stats.pending, 0);
    stats.evaluations_lost = stats.evaluations - stats.evaluations_accepted;
  }
  stats.chunks_accepted = books.chunks_accepted;
  stats.partial_chunks = books.partial_chunks;
  stats.llmobs_lost = books.events_lost;
  stats.buffered_bytes = budget_.used();
  return stats;
}

void Core::warn_of_losses() noexcept {
  const SpanLosses lost = stats().dropped;
  const std::uint64_t total = lost.total();
  if (warned_of_.exchange(total, std::memory_order_relaxed) >= total) return;
  for (std::size_t i = 0; i < kSpanDrops; ++i) {
    if (lost.by_reason[i] == 0) continue;
    const base::NumberText spans{lost.by_reason[i]};
    plan_.teller->warn(to_string(static_cast<SpanDrop>(i)), spans.view(), clock_->steady_now());
  }
}

void Core::before_fork() noexcept {
  arenas_mutex_.lock();
  common_mutex_.lock();
  plan_.teller->lock();
}

void Core::after_fork_in_parent() noexcept {
  plan_.teller->unlock();
  common_mutex_.unlock();
  arenas_mutex_.unlock();
}

// What the parent recorded is the parent's. Its arenas and what its thread was at are left behind
// as they are: nobody knows in which state.
void Core::after_fork_in_child() noexcept {
  after_fork_in_parent();
  generation_.fetch_add(1, std::memory_order_relaxed);
  if (outlet_ != nullptr) outlet_->start_over_in_child();
  try {
    auto common = std::make_unique<Arena>(*this, budget_);
    auto background = std::make_unique<Background>(setting());
    make_templates();
    (void)background_.release();
    background_ = std::move(background);
    common_ = common.release();
  } catch (const std::bad_alloc&) {
    // Nothing can be recorded, and nothing that the parent's thread was at may be touched.
    closed_ = true;
    is_running_ = true;
  }
  arenas_.forget();
  arenas_.add(*common_);
  free_arenas_ = nullptr;
  budget_.start_over();
  is_running_ = closed_.load();
  warned_of_ = 0;
  references_ = tracers_ == 0 ? 0 : 1;
}

}  // namespace pawl::trace
