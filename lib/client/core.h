#pragma once

// Everything that the clients of one core share, wired together: what is recorded into (registry,
// shards, sets, direct lines), the flusher, the sender and their two threads.
//
// A core is counted: by its clients and by each thread that has a shard in it. When the last client
// goes it is closed; when the last thread has let go too it may be freed, which the next core does.
//
// Threads: any, except where said.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <pawl/detail/cells.h>
#include <pawl/stats.h>

#include "aggregate/budget.h"
#include "aggregate/sets.h"
#include "aggregate/shard.h"
#include "base/worker.h"
#include "client/direct_lines.h"
#include "client/flusher.h"
#include "client/plan.h"
#include "client/telemetry.h"
#include "client/warnings.h"
#include "context/registry.h"
#include "transport/sender.h"

namespace pawl::client {

class Core {
 public:
  using RealTime = std::chrono::steady_clock::time_point;

  // Makes a core, held once; nullptr when all slots are taken. Throws std::bad_alloc.
  static Core* make(Plan plan);

  // Count its clients. The last to go closes it.
  void hold() noexcept { clients_.fetch_add(1, std::memory_order_relaxed); }
  void let_go() noexcept;

  // Frees a core that neither a client nor a thread holds; tells whether it did.
  static bool free_if_unheld(Core* core) noexcept;

  std::uint32_t slot() const noexcept { return slot_; }
  // Tells whether what is recorded now is only counted.
  bool is_closed() const noexcept { return discarding_.load(std::memory_order_relaxed); }
  const Plan& plan() const noexcept { return plan_; }
  context::Registry& registry() noexcept { return registry_; }
  aggregate::Sets& sets() noexcept { return sets_; }
  DirectLines& direct() noexcept { return direct_; }

  // This thread's shard while the lease lives; where it has none and can get none (it is ending, or
  // there is no memory) the one that such threads share, locked. Contexts that are found while it
  // lives are not freed before it ends.
  class Lease {
   public:
    explicit Lease(Core& core) noexcept {
      shard_ = static_cast<aggregate::Shard*>(detail::t_cells[core.slot()]);
      if (shard_ == nullptr) [[unlikely]] {
        shard_ = core.any_shard();
        if (shard_ == &core.shards_.common()) common_ = &core;
      }
      looking_ = shard_->looking.load(std::memory_order_relaxed);
      shard_->looking.store(looking_ + 1, std::memory_order_relaxed);
      // The processor's own fence is the flusher's to make, by base::fence_all_threads().
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    ~Lease() {
      shard_->looking.store(looking_, std::memory_order_release);
      if (common_ != nullptr) [[unlikely]]
        common_->common_mutex_.unlock();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    aggregate::Shard& operator*() const noexcept { return *shard_; }
    aggregate::Shard* operator->() const noexcept { return shard_; }

   private:
    aggregate::Shard* shard_;
    Core* common_ = nullptr;  // whose common shard it is
    std::uint32_t looking_;
  };

  // Records a sample of a histogram, distribution or timing.
  void record(const Lease& lease, detail::Sample sample) noexcept {
    const bool plain = detail::is_finite(sample.value) && sample.rate == 1.0F;
    if (!plain || !lease->ring.push(sample)) [[unlikely]]
      record_slowly(lease, sample);
  }
  void reject(Reject reason, Amount amount) noexcept;
  void note(const tags::Repairs& repairs, std::uint64_t times) noexcept;

  // What recorders of LLM requests record samples as: what the first of them wants.
  MetricType settle_llm_samples(MetricType wanted) noexcept;

  // Has the flusher run when half of what may wait for it is used.
  void flush_early() noexcept;

  bool flush(std::chrono::milliseconds timeout) noexcept;
  Losses close(std::chrono::milliseconds deadline) noexcept;
  Stats stats() noexcept;
  Snapshot snapshot() noexcept;
  // Gives NaN where the last flush had no samples of the context, or memory fails.
  double quantile(std::uint32_t index, double q) noexcept;

  // By a thread's end: gives its shard back to its core.
  static void give_back(aggregate::Shard& shard) noexcept;
  // Tells whether the shard's core has no client any more.
  static bool is_abandoned(const aggregate::Shard& shard) noexcept;

  // Stand around fork().
  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

 private:
  explicit Core(Plan plan);
  ~Core() = default;
  void drop_reference() noexcept;

  aggregate::Shard* own_shard() noexcept;
  // This thread's, or the common one, and then common_mutex_ is held.
  aggregate::Shard* any_shard() noexcept;
  void record_slowly(const Lease& lease, detail::Sample sample) noexcept;
  void make_room(aggregate::Shard& shard) noexcept;

  void ensure_threads() noexcept;
  bool start_threads() noexcept;
  Amount lost() noexcept;
  base::Worker::Time flusher_step() noexcept;
  static base::Worker::Time sender_step(transport::Sender& sender, const Clock& clock) noexcept;
  void flush_now(Clock::SteadyTime now) noexcept;
  std::vector<std::string> due_telemetry(Clock::SteadyTime now) noexcept;
  // REQUIRES: telemetry_mutex_ is held.
  std::vector<std::string> telemetry_report(Clock::SteadyTime now) noexcept;
  void close_by(RealTime deadline) noexcept;
  Stats compose(const Flusher::Books& books) const noexcept;
  void unlock_after_fork() noexcept;

  const Plan plan_;
  context::Registry registry_;
  aggregate::ShardPool shards_;
  aggregate::Budget budget_;
  aggregate::Sets sets_;
  DirectLines direct_;
  // The sender's thread may be inside it, in a name look-up, when the core is gone.
  const std::shared_ptr<transport::Sender> sender_;
  Flusher flusher_;
  std::mutex telemetry_mutex_;
  Telemetry telemetry_;
  Warnings warnings_;
  std::mutex common_mutex_;  // of the shard that threads without one share

  // Count: not settled yet.
  std::atomic<MetricType> llm_samples_{MetricType::count};

  std::uint32_t slot_ = 0;
  std::atomic<std::uint32_t> clients_{1};
  std::atomic<std::uint32_t> references_{1};  // one for all clients, one for each thread's shard

  std::mutex control_;  // threads and closing
  base::Worker flusher_worker_;
  base::Worker sender_worker_;
  bool started_ = false;
  bool closed_ = false;
  std::atomic<bool> discarding_{false};
  std::atomic<bool> woken_{false};

  // The flusher thread's own.
  Clock::SteadyTime next_flush_;
  std::chrono::milliseconds drain_interval_;
};

}  // namespace pawl::client
