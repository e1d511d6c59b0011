#include "transport/sender.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace pawl::transport {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{50};  // in wait_writable, and for a batch in flight
constexpr milliseconds kFirstRetry{50};
constexpr milliseconds kLastRetry{500};  // so that sending resumes within a second
constexpr int kBatchesPerPump = 64;  // so that the thread sees now and then whether it shall stop

std::chrono::steady_clock::time_point real_now() noexcept {
  return std::chrono::steady_clock::now();
}

bool add_entry(Queue::Entries& entries,
               encode::Datagram& datagram,
               Clock::SteadyTime now) noexcept {
  try {
    entries.push_back({{}, now});
  } catch (const std::exception&) {
    return false;
  }
  entries.back().datagram = std::move(datagram);
  return true;
}

}  // namespace

Sender::Sender(std::shared_ptr<Transport> transport,
               std::shared_ptr<const Clock> clock,
               Limits limits)
    : transport_(std::move(transport)),
      clock_(std::move(clock)),
      limits_(limits),
      pacer_(transport_->name() == "udp" ? Pacer::bursts() : Pacer::unlimited()) {}

void Sender::push(std::vector<encode::Datagram>&& datagrams) noexcept {
  Queue::Entries entries;
  Queue::Entries graves;
  const auto now = clock_->steady_now();
  std::size_t added = 0;
  while (added < datagrams.size() && add_entry(entries, datagrams[added], now)) ++added;

  const std::lock_guard lock{gate_.mutex};
  queue_.add(std::move(entries));
  for (; added < datagrams.size(); ++added) queue_.refuse(datagrams[added], Drop::queue_full);
  if (finishing_ && abandoned_) queue_.drop_waiting(*abandoned_, graves);
  queue_.drop_oldest(limits_.max_queue_bytes, graves);
  // Empty now, it has room for as many spares.
  datagrams.clear();
  if (spares_.empty()) spares_.swap(datagrams);
}

std::vector<encode::Datagram> Sender::take_spares() noexcept {
  const std::lock_guard lock{gate_.mutex};
  spare_bytes_ = 0;
  return std::exchange(spares_, {});
}

// REQUIRES: the gate's mutex is held.
void Sender::keep_spares(Queue::Entries& graves) noexcept {
  for (Queue::Entry& entry : graves) {
    const std::size_t bytes = entry.datagram.payload.capacity();
    if (spares_.size() == spares_.capacity() || spare_bytes_ + bytes > kMostSpareBytes) return;
    spare_bytes_ += bytes;
    spares_.push_back(std::move(entry.datagram));
  }
}

Clock::SteadyTime Sender::pump() noexcept { return pump_until(RealTime::max()); }

bool Sender::begin_pumping() noexcept {
  const std::lock_guard lock{gate_.mutex};
  return !std::exchange(pumping_, true);
}

void Sender::end_pumping() noexcept {
  const std::lock_guard lock{gate_.mutex};
  pumping_ = false;
}

Clock::SteadyTime Sender::pump_until(RealTime deadline) noexcept {
  if (!begin_pumping()) return clock_->steady_now() + kPatience;
  const auto next = pump_batches(deadline);
  end_pumping();
  return next;
}

void Sender::disconnect() noexcept {
  if (!begin_pumping()) return;
  transport_->reconnect();
  end_pumping();
}

Clock::SteadyTime Sender::pump_batches(RealTime deadline) noexcept {
  for (int batch = 0; batch < kBatchesPerPump; ++batch) {
    Queue::Views views;
    const auto next = take(views);
    if (views.count == 0) return next;
    const SendResult result = transport_->send(views.span());
    switch (settle(result, views.count)) {
      case After::go_on:
        break;
      case After::wait_writable: {
        const auto left = std::chrono::ceil<milliseconds>(deadline - real_now());
        transport_->wait_writable(std::clamp(left, milliseconds{0}, kPatience));
        return next_try();
      }
      case After::back_off:
        transport_->reconnect();
        return next_try();
      case After::reconnect_and_go_on:
        transport_->reconnect();
        break;
    }
  }
  return clock_->steady_now();
}

// Pacing is about the real network, so it reads the real clock even when the client's stands still.
Clock::SteadyTime Sender::take(Queue::Views& views) noexcept {
  Queue::Entries graves;
  const std::lock_guard lock{gate_.mutex};
  const auto now = clock_->steady_now();
  queue_.drop_before(now - limits_.queue_ttl, graves);
  if (!graves.empty()) gate_.changed.notify_all();
  if (queue_.nothing_to_take()) return Clock::SteadyTime::max();
  if (abandoned_) return now + Pacer::kPeriod;
  if (now < course_.retry_at) return course_.retry_at;

  const auto real = real_now();
  const std::size_t allowance = pacer_.allowance(real);
  if (allowance == 0) return now + (pacer_.next(real) - real);
  views = queue_.take(course_.one_by_one ? 1 : allowance);
  return now;
}

Sender::After Sender::settle(const SendResult& result, std::size_t tried) noexcept {
  Queue::Entries graves;
  const std::lock_guard lock{gate_.mutex};
  gate_.changed.notify_all();
  // A transport of somebody else's may say nonsense.
  const std::size_t sent = std::min(result.sent, tried);
  pacer_.spend(sent);
  if (queue_.end_disowned(graves)) return After::go_on;
  queue_.hand_over(sent, graves);
  if (sent > 0) course_ = Course{};
  After after = After::go_on;
  if (sent < tried) after = settle_rest(result, tried, graves);
  if (abandoned_) queue_.drop_in_flight(*abandoned_, graves);
  queue_.put_back();
  keep_spares(graves);
  return after;
}

Sender::After Sender::settle_rest(const SendResult& result,
                                  std::size_t tried,
                                  Queue::Entries& graves) noexcept {
  switch (result.status) {
    case SendStatus::unreachable:
      return settle_unreachable(graves);
    case SendStatus::too_large:
      return settle_too_large(tried == 1, graves);
    case SendStatus::failed:
      queue_.drop_first_in_flight(Drop::send_error, graves);
      return After::go_on;
    case SendStatus::sent:
    case SendStatus::would_block:
      break;
  }
  return settle_blocked();
}

// The first time wait_writable() will say when there is room; after that it cannot be trusted.
Sender::After Sender::settle_blocked() noexcept {
  if (course_.misses++ == 0)
    retry_after(milliseconds{0});
  else
    retry_after(std::clamp(course_.delay * 2, milliseconds{1}, kPatience));
  return After::wait_writable;
}

Sender::After Sender::settle_unreachable(Queue::Entries& graves) noexcept {
  if (!finishing_) {
    ++course_.misses;
    retry_after(std::clamp(course_.delay * 2, kFirstRetry, kLastRetry));
    return After::back_off;
  }
  if (!std::exchange(course_.last_chance, true)) return After::reconnect_and_go_on;
  queue_.drop_in_flight(Drop::unreachable, graves);
  queue_.drop_waiting(Drop::unreachable, graves);
  return After::back_off;
}

// A finished datagram cannot be split. The limit may have fallen because of it or of one before it:
// it is tried once more, alone.
Sender::After Sender::settle_too_large(bool alone, Queue::Entries& graves) noexcept {
  if (alone) queue_.drop_first_in_flight(Drop::too_large, graves);
  course_.one_by_one = !alone;
  return After::go_on;
}

// When to try again is settled together with the outcome, and only read after the waiting: a
// finish() in between means now, and nothing may put that off.
void Sender::retry_after(milliseconds delay) noexcept {
  course_.delay = delay;
  course_.retry_at = clock_->steady_now() + delay;
}

Clock::SteadyTime Sender::next_try() noexcept {
  const std::lock_guard lock{gate_.mutex};
  if (queue_.empty()) return Clock::SteadyTime::max();
  return std::max(course_.retry_at, clock_->steady_now());
}

void Sender::retry_now() noexcept {
  const std::lock_guard lock{gate_.mutex};
  course_.retry_at = Clock::SteadyTime::min();
}

// A client's clock may stand still: what it asks to wait for is waited for here, in real time, and
// then counts as over.
bool Sender::drain(RealTime deadline) noexcept {
  for (;;) {
    retry_now();
    const auto next = pump_until(deadline);
    std::unique_lock lock{gate_.mutex};
    if (queue_.empty()) return true;
    const auto left = deadline - real_now();
    if (left <= left.zero()) return false;
    gate_.changed.wait_for(lock, std::clamp(next - clock_->steady_now(), left.zero(), left));
  }
}

void Sender::finish() noexcept {
  const std::lock_guard lock{gate_.mutex};
  finishing_ = true;
  course_.retry_at = Clock::SteadyTime::min();
  gate_.changed.notify_all();
}

bool Sender::wait_empty(RealTime deadline) noexcept {
  std::unique_lock lock{gate_.mutex};
  return gate_.changed.wait_until(lock, deadline, [this] { return queue_.empty(); });
}

void Sender::abandon(Drop reason) noexcept {
  Queue::Entries graves;
  std::unique_lock lock{gate_.mutex};
  abandoned_ = reason;
  queue_.drop_waiting(reason, graves);
  gate_.changed.wait_for(lock, kPatience, [this] { return !queue_.in_flight(); });
  queue_.disown(reason);
  if (!finishing_) abandoned_.reset();
  gate_.changed.notify_all();
}

Sender::Totals Sender::totals() const noexcept {
  const std::lock_guard lock{gate_.mutex};
  return queue_.totals();
}

void Sender::before_fork() noexcept {
  gate_.mutex.lock();
  transport_->before_fork();
}

void Sender::after_fork_in_parent() noexcept {
  transport_->after_fork_in_parent();
  gate_.mutex.unlock();
}

void Sender::after_fork_in_child() noexcept {
  transport_->after_fork_in_child();
  // Not destroyed first: a condition variable's destructor would wait for threads of the parent.
  std::construct_at(&gate_);
  queue_.reset();
  pacer_ = pacer_.renewed();
  course_ = Course{};
  pumping_ = false;
  finishing_ = false;
  abandoned_.reset();
}

}  // namespace pawl::transport
