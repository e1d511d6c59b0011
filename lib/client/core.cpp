#include "client/core.h"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "client/slots.h"
#include "transport/errors.h"

namespace pawl::client {

namespace {

using std::chrono::milliseconds;

// What a full ring gives up at once: enough to be worth the lock, little enough to be done in about
// a microsecond.
constexpr std::uint32_t kSpillSamples = detail::kRingSamples / 2;
// Between two looks at the rings: under load, and the step by which it grows when there is none.
constexpr milliseconds kBusyDrain{2};
constexpr std::size_t kBusySamples = detail::kRingSamples / 8;
// What the background threads get to end their step, however soon the deadline of close() is.
constexpr milliseconds kThreadEnd{100};

// No longer than an hour: "as long as it takes" would wrap into the past.
Core::RealTime deadline_in(milliseconds timeout) noexcept {
  constexpr milliseconds kLongest = std::chrono::hours{1};
  return std::chrono::steady_clock::now() + std::clamp(timeout, milliseconds{0}, kLongest);
}

Core& core_of(const aggregate::Shard& shard) noexcept {
  return *static_cast<Core*>(shard.client());
}

// A step needs memory before there is a thread to need it.
template <class Step>
bool try_start(base::Worker& worker, Step step) noexcept {
  try {
    return worker.start(std::move(step));
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace

Core::Core(Plan plan)
    : plan_(std::move(plan)),
      registry_(plan_.limits, plan_.rules),
      shards_(this),
      budget_(plan_.max_sample_bytes),
      sets_(budget_),
      direct_(budget_),
      sender_(std::make_shared<transport::Sender>(
          plan_.transport,
          plan_.clock,
          transport::Sender::Limits{.max_queue_bytes = plan_.max_queue_bytes,
                                    .queue_ttl = plan_.queue_ttl})),
      flusher_(plan_, {registry_, shards_, budget_, sets_, direct_, *sender_}),
      telemetry_(plan_),
      warnings_(plan_.on_warning),
      next_flush_(plan_.clock->steady_now() + plan_.flush_interval),
      drain_interval_(plan_.flush_interval) {}

Core* Core::make(Plan plan) {
  watch_forks();
  auto* core = new Core{std::move(plan)};
  core->slot_ = take_slot(*core);
  if (core->slot_ == 0) {
    delete core;
    return nullptr;
  }
  for (const std::string& warning : core->plan_.warnings)
    core->warnings_.tell("environment", warning);
  return core;
}

void Core::let_go() noexcept {
  if (clients_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  close(plan_.close_deadline);
  leave_core(*this);
  drop_reference();
}

void Core::drop_reference() noexcept { references_.fetch_sub(1, std::memory_order_acq_rel); }

bool Core::free_if_unheld(Core* core) noexcept {
  if (core->references_.load(std::memory_order_acquire) != 0) return false;
  delete core;
  return true;
}

void Core::give_back(aggregate::Shard& shard) noexcept {
  Core& core = core_of(shard);
  core.shards_.release(shard);
  core.drop_reference();
}

bool Core::is_abandoned(const aggregate::Shard& shard) noexcept {
  return core_of(shard).clients_.load(std::memory_order_acquire) == 0;
}

aggregate::Shard* Core::any_shard() noexcept {
  if (aggregate::Shard* own = own_shard()) return own;
  common_mutex_.lock();
  return &shards_.common();
}

aggregate::Shard* Core::own_shard() noexcept {
  detail::Cells*& cells = detail::t_cells[slot_];
  if (cells != nullptr) return static_cast<aggregate::Shard*>(cells);
  if (!watch_thread_end()) return nullptr;
  leave_closed_cores();
  try {
    cells = &shards_.acquire();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  references_.fetch_add(1, std::memory_order_relaxed);
  ensure_threads();
  return static_cast<aggregate::Shard*>(cells);
}

void Core::reject(Reject reason, Amount amount) noexcept {
  const Lease shard{*this};
  shard->reject(reason, amount);
}

void Core::note(const tags::Repairs& repairs, std::uint64_t times) noexcept {
  const Lease shard{*this};
  shard->note(repairs, times);
}

void Core::record_slowly(const Lease& lease, detail::Sample sample) noexcept {
  constexpr Amount kOneSample{.samples = 1, .counted = 0};
  if (!detail::is_finite(sample.value)) return lease->reject(Reject::value, kOneSample);
  if (!lease->keeps(sample.rate)) return lease->reject(Reject::sampled_out, kOneSample);
  while (!lease->ring.push(sample)) make_room(*lease);
}

MetricType Core::settle_llm_samples(MetricType wanted) noexcept {
  MetricType settled = MetricType::count;
  if (llm_samples_.compare_exchange_strong(settled, wanted) || settled == wanted) return wanted;
  warnings_.tell("llm",
                 "RecorderOptions::histograms is not that of the first recorder, which holds");
  return settled;
}

void Core::flush_early() noexcept {
  if (budget_.half_used() && !woken_.exchange(true, std::memory_order_relaxed))
    flusher_worker_.wake();
}

// The ring is full because the flusher was not fast enough; its owner takes over for a moment.
void Core::make_room(aggregate::Shard& shard) noexcept {
  constexpr std::size_t kBytes = kSpillSamples * sizeof(detail::Sample);
  const auto discard = [&shard](Reject reason) {
    shard.reject(reason, {.samples = shard.clear_ring(kSpillSamples), .counted = 0});
  };
  {
    const std::lock_guard lock{shard.drain};
    if (discarding_.load(std::memory_order_acquire)) return discard(Reject::closed);
    if (!budget_.take(kBytes)) return discard(Reject::memory_limit);
    const std::size_t before = shard.spill.size();
    try {
      shard.empty_ring(shard.spill, kSpillSamples);
    } catch (const std::bad_alloc&) {
      discard(Reject::no_memory);
    }
    const std::size_t moved = shard.spill.size() - before;
    budget_.give_back(kBytes - moved * sizeof(detail::Sample));
  }
  if (!woken_.exchange(true, std::memory_order_relaxed)) flusher_worker_.wake();
}

// Only tries: who holds the lock is starting the threads, closing, or forking, which starts them
// then.
void Core::ensure_threads() noexcept {
  if (plan_.background == Background::manual) return;
  const transport::ErrnoKept kept;
  if (!start_threads())
    warnings_.warn("threads",
                   "a background thread could not be made; flush() and close() do its work",
                   plan_.clock->steady_now());
}

// Tells whether all is as it should be.
bool Core::start_threads() noexcept {
  const std::unique_lock lock{control_, std::try_to_lock};
  if (!lock.owns_lock() || started_ || closed_) return true;
  started_ = true;
  const bool sending = try_start(sender_worker_, [sender = sender_, clock = plan_.clock] {
    return sender_step(*sender, *clock);
  });
  const bool flushing = try_start(flusher_worker_, [this] { return flusher_step(); });
  return sending && flushing;
}

// Sleeps by the real clock for as long as the client's clock says.
base::Worker::Time Core::sender_step(transport::Sender& sender, const Clock& clock) noexcept {
  const Clock::SteadyTime next = sender.pump();
  if (next == Clock::SteadyTime::max()) return base::Worker::Time::max();
  return std::chrono::steady_clock::now() + (next - clock.steady_now());
}

base::Worker::Time Core::flusher_step() noexcept {
  woken_.store(false, std::memory_order_relaxed);
  const std::size_t fullest = flusher_.drain();
  const Clock::SteadyTime now = plan_.clock->steady_now();
  if (now >= next_flush_ || budget_.half_used()) {
    flush_now(now);
    next_flush_ = now + plan_.flush_interval;
  }
  drain_interval_ =
      fullest > kBusySamples ? kBusyDrain : std::min(2 * drain_interval_, plan_.flush_interval);
  const auto pause = std::min<Clock::SteadyTime::duration>(next_flush_ - now, drain_interval_);
  return std::chrono::steady_clock::now() + pause;
}

void Core::flush_now(Clock::SteadyTime now) noexcept {
  flusher_.flush(due_telemetry(now));
  const transport::Sender::Totals out = sender_->totals();
  if (out.queued_datagrams != 0) sender_worker_.wake();
  warnings_.losses(out.dropped, now);
}

std::vector<std::string> Core::due_telemetry(Clock::SteadyTime now) noexcept {
  const std::lock_guard lock{telemetry_mutex_};
  if (!telemetry_.is_due(now)) return {};
  return telemetry_report(now);
}

std::vector<std::string> Core::telemetry_report(Clock::SteadyTime now) noexcept {
  try {
    const Flusher::Books books = flusher_.read();
    return telemetry_.report({compose(books), books.taken.active_by_type, shards_.refused_keys()},
                             registry_.refused_keys(),
                             now);
  } catch (const std::bad_alloc&) {
    return {};  // the next report has it
  }
}

bool Core::flush(milliseconds timeout) noexcept {
  const transport::ErrnoKept kept;
  const RealTime deadline = deadline_in(timeout);
  const Amount lost_before = lost();
  ensure_threads();
  flush_now(plan_.clock->steady_now());
  const bool emptied =
      sender_worker_.running() ? sender_->wait_empty(deadline) : sender_->drain(deadline);
  return emptied && lost() == lost_before;
}

// What a flush may lose: here for its size or for want of memory, or in the sender.
Amount Core::lost() noexcept { return flusher_.lost() + sender_->totals().dropped.total(); }

Losses Core::close(milliseconds deadline) noexcept {
  const transport::ErrnoKept kept;
  {
    const std::lock_guard lock{control_};
    if (!closed_) close_by(deadline_in(deadline));
    closed_ = true;
  }
  const Losses dropped = sender_->totals().dropped;
  warnings_.losses(dropped, plan_.clock->steady_now());
  return dropped;
}

void Core::close_by(RealTime deadline) noexcept {
  const RealTime patience = std::max(deadline, std::chrono::steady_clock::now() + kThreadEnd);
  // A flusher that stays behind sits in the program's own callback; the core then stays with it.
  if (!flusher_worker_.stop(patience)) references_.fetch_add(1, std::memory_order_relaxed);
  const Clock::SteadyTime now = plan_.clock->steady_now();
  flusher_.flush();
  {
    const std::lock_guard lock{telemetry_mutex_};
    flusher_.close(telemetry_.enabled() ? telemetry_report(now) : std::vector<std::string>{});
  }
  discarding_.store(true, std::memory_order_release);
  sender_->finish();
  if (sender_worker_.running()) {
    sender_worker_.wake();
    sender_->wait_empty(deadline);
  } else {
    sender_->drain(deadline);
  }
  sender_worker_.stop(patience);
  sender_->abandon(Drop::shutdown);
  sender_->disconnect();  // the core may outlive its client, its descriptor must not
}

Stats Core::stats() noexcept { return compose(flusher_.read()); }

Snapshot Core::snapshot() noexcept {
  try {
    return flusher_.last_interval().snapshot();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

double Core::quantile(std::uint32_t index, double q) noexcept {
  try {
    return flusher_.last_interval().quantile(index, q);
  } catch (const std::bad_alloc&) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

Stats Core::compose(const Flusher::Books& books) const noexcept {
  Stats stats;
  stats.rejected = books.taken.rejected;
  shards_.each([&](const aggregate::Shard& shard) {
    if (&shard != &shards_.common()) stats.thread_bytes += shard.bytes();
    for (std::size_t i = 0; i < kRejects; ++i)
      stats.rejected[i] += shard.rejected(static_cast<Reject>(i));
    for (std::size_t i = 0; i < kRepairs; ++i)
      stats.repaired[i] += shard.repaired(static_cast<Repair>(i));
  });
  stats.refused_keys = registry_.refused_keys().highest(shards_.refused_keys());
  // Every sample that was recorded is in exactly one of: refused at once, not taken yet, taken.
  Amount refused_at_once = stats.rejected_total();
  for (const Amount& amount : books.taken.rejected) refused_at_once -= amount;
  stats.called = refused_at_once + books.waiting + books.taken.recorded;
  stats.handed_to_kernel = books.out.handed_to_kernel;
  stats.dropped = books.out.dropped;
  stats.pending = books.waiting + books.held + books.out.queued;
  stats.samples_by_type = books.taken.samples_by_type;
  stats.events = books.taken.events;
  stats.service_checks = books.taken.service_checks;
  stats.traffic = books.out.traffic;
  stats.queued_bytes = books.out.queued_bytes;
  stats.flushes = books.taken.flushes;
  stats.contexts_by_type = registry_.contexts_by_type();
  for (const std::uint64_t contexts : stats.contexts_by_type) stats.contexts += contexts;
  stats.context_bytes = registry_.bytes();
  stats.shapes = registry_.shapes();
  stats.threads = shards_.size() - 1;  // the common one is nobody's
  return stats;
}

}  // namespace pawl::client
