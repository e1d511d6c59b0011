#pragma once

// What a tracer and its spans share: the plan, the sampler, the threads' arenas, and the flusher
// with its thread.
//
// Threads: any.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include <pawl/trace.h>

#include "base/warnings.h"
#include "base/worker.h"
#include "trace/arena.h"
#include "trace/budget.h"
#include "trace/flusher.h"
#include "trace/plan.h"
#include "trace/sampler.h"
#include "trace/slots.h"

namespace pawl::trace {

class Core {
 public:
  // Makes a core, held once; null when all slots are taken. Throws std::bad_alloc.
  static Core* make(Plan plan, std::unique_ptr<Outlet> outlet);

  // Count its tracers. The last to go closes it.
  void hold() noexcept { tracers_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept;
  // Frees a core that neither a tracer, nor a thread, nor an open span holds; tells whether its
  // slot is free.
  static bool free_if_unheld(Core* core) noexcept;

  const Plan& plan() const noexcept { return plan_; }

  // Start spans; null when there is none to be had, which is counted. `parent` is null, or a remote
  // span's, which says something.
  Draft* start(std::string_view name,
               const SpanContext* parent,
               const SpanOptions& options) noexcept;
  Draft* start_child(const Draft& parent,
                     std::string_view name,
                     const SpanOptions& options) noexcept;
  // Ends a span and takes its draft back.
  void finish(Draft& draft) noexcept;

  // Tells whether a span was started in this process, not in one that it was forked from.
  bool is_own(const Draft& draft) const noexcept;
  SpanContext context_of(const Draft& draft) const noexcept;
  void fail(Draft& draft) const noexcept;

  void note(SpanRepair repair, std::uint64_t times) noexcept;

  bool flush(std::chrono::milliseconds timeout) noexcept;
  SpanLosses close(std::chrono::milliseconds deadline) noexcept;
  TraceStats stats() noexcept;

  // By the arena's thread, at its end or when it comes to another tracer: gives it back to its
  // core; the latter only if the core's tracer is gone.
  static void give_back(Arena& arena) noexcept;
  bool is_left() const noexcept { return tracers_ == 0 && closed_; }

  // Stand around fork().
  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

 private:
  using RealTime = std::chrono::steady_clock::time_point;

  // The arena that this thread traces with while this lives: its own, or where it can have none (it
  // is ending, or there is no memory) the one that such threads share, locked.
  class Use;

  // What the background has, made anew in a child of fork(): another thread of the parent may have
  // been in it.
  struct Background {
    explicit Background(const Flusher::Setting& setting) : flusher(setting) {}
    std::mutex control;  // of the thread, and of closing
    Flusher flusher;
    base::Worker worker;
    bool started = false;
  };

  Core(Plan plan, std::unique_ptr<Outlet> outlet);
  ~Core();

  Flusher::Setting setting() noexcept;
  void make_templates();
  std::int64_t steady_now() const noexcept;
  std::int64_t wall_now() const noexcept;
  std::int64_t wall_offset(Arena& arena, std::int64_t steady) const noexcept;

  Arena* own_arena() noexcept;
  Draft* start_inherited_child(const Draft& parent,
                               std::string_view name,
                               SpanOptions options) noexcept;
  Draft* begin_trace(Arena& arena, const SpanContext* parent) noexcept;
  bool inherit(TraceState& trace, const SpanContext& parent) noexcept;
  void decide(Draft& draft, std::optional<int> inherited) noexcept;
  void name(Draft& draft, std::string_view name, const SpanOptions& options) noexcept;
  Draft* refuse(Arena& arena, SpanDrop reason) noexcept;
  bool write(Arena& arena, Draft& draft, std::int64_t duration, SpanDrop& why_not) noexcept;

  void ensure_thread() noexcept;
  base::Worker::Time step(std::chrono::milliseconds& pause) noexcept;
  void warn_of_losses() noexcept;
  template <class Visit>
  void each_arena(const Visit& visit) const noexcept {
    for (Arena* arena = arenas_.first(); arena != nullptr; arena = arena->next) visit(*arena);
  }

  const Plan plan_;
  const std::shared_ptr<const Clock> clock_;  // for what is not measured: never null
  Sampler sampler_;
  Budget budget_;
  std::unique_ptr<Outlet> outlet_;
  Template root_template_, child_template_;

  std::size_t slot_ = kMostTracers;
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<bool> closed_{false};   // spans that end are lost
  std::atomic<bool> is_over_{false};  // and so is what still waits
  std::atomic<std::uint32_t> tracers_{1};
  std::atomic<std::uint32_t> references_{1};  // of tracers together, and of threads

  Arenas arenas_;
  std::mutex arenas_mutex_;
  Arena* free_arenas_ = nullptr;
  Arena* common_ = nullptr;
  std::mutex common_mutex_;

  std::atomic<bool> is_running_{false};
  std::unique_ptr<Background> background_;
  std::atomic<std::uint64_t> warned_of_{0};
};

}  // namespace pawl::trace
