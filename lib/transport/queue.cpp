#include "transport/queue.h"

#include <algorithm>
#include <utility>

namespace pawl::transport {
namespace {

// A list node has two links beside the entry.
std::size_t memory_of(const Queue::Entry& entry) noexcept {
  return entry.datagram.payload.capacity() + sizeof(Queue::Entry) + 2 * sizeof(void*);
}

// The official telemetry tells the queue's losses from those of the socket.
bool blames_queue(Drop reason) noexcept {
  return reason == Drop::queue_full || reason == Drop::expired || reason == Drop::shutdown;
}

void move_front(Queue::Entries& from, Queue::Entries& to) noexcept {
  to.splice(to.end(), from, from.begin());
}

}  // namespace

void Queue::add(Entries&& entries) noexcept {
  for (const Entry& entry : entries) {
    totals_.queued += entry.datagram.amount;
    totals_.queued_bytes += entry.datagram.payload.size();
    ++totals_.queued_datagrams;
    memory_ += memory_of(entry);
  }
  waiting_.splice(waiting_.end(), entries);
}

void Queue::drop_oldest(std::size_t max_bytes, Entries& graves) noexcept {
  // One datagram alone stays, whatever its size: otherwise it could never be sent.
  const auto one_alone = [this] { return waiting_.size() == 1 && in_flight_.empty(); };
  while (memory_ > max_bytes && !waiting_.empty() && !one_alone())
    drop_front(Drop::queue_full, graves);
}

void Queue::drop_before(Clock::SteadyTime limit, Entries& graves) noexcept {
  while (!waiting_.empty() && waiting_.front().since < limit) drop_front(Drop::expired, graves);
}

void Queue::drop_waiting(Drop reason, Entries& graves) noexcept {
  while (!waiting_.empty()) drop_front(reason, graves);
}

Queue::Views Queue::take(std::size_t most) noexcept {
  Views views;
  for (most = std::min(most, kBatch); views.count < most && !waiting_.empty(); ++views.count) {
    move_front(waiting_, in_flight_);
    views.payloads[views.count] = in_flight_.back().datagram.payload;
  }
  return views;
}

void Queue::hand_over(std::size_t count, Entries& graves) noexcept {
  for (; count > 0; --count) {
    const encode::Datagram& datagram = in_flight_.front().datagram;
    totals_.handed_to_kernel += datagram.amount;
    ++totals_.traffic.packets_sent;
    totals_.traffic.bytes_sent += datagram.payload.size();
    remove(in_flight_.front());
    move_front(in_flight_, graves);
  }
}

void Queue::drop_first_in_flight(Drop reason, Entries& graves) noexcept {
  lose(in_flight_.front().datagram, reason);
  remove(in_flight_.front());
  move_front(in_flight_, graves);
}

void Queue::drop_in_flight(Drop reason, Entries& graves) noexcept {
  while (!in_flight_.empty()) drop_first_in_flight(reason, graves);
}

void Queue::put_back() noexcept { waiting_.splice(waiting_.begin(), in_flight_); }

void Queue::disown(Drop reason) noexcept {
  if (disowned_) return;
  for (const Entry& entry : in_flight_) {
    lose(entry.datagram, reason);
    remove(entry);
  }
  disowned_ = !in_flight_.empty();
}

bool Queue::end_disowned(Entries& graves) noexcept {
  if (!disowned_) return false;
  graves.splice(graves.end(), in_flight_);
  disowned_ = false;
  return true;
}

void Queue::reset() noexcept { *this = Queue{}; }

void Queue::lose(const encode::Datagram& datagram, Drop reason) noexcept {
  totals_.dropped.by_reason[static_cast<std::size_t>(reason)] += datagram.amount;
  Traffic& traffic = totals_.traffic;
  const bool queue = blames_queue(reason);
  ++(queue ? traffic.packets_dropped_queue : traffic.packets_dropped_writer);
  (queue ? traffic.bytes_dropped_queue : traffic.bytes_dropped_writer) += datagram.payload.size();
}

void Queue::remove(const Entry& entry) noexcept {
  totals_.queued -= entry.datagram.amount;
  totals_.queued_bytes -= entry.datagram.payload.size();
  --totals_.queued_datagrams;
  memory_ -= memory_of(entry);
}

void Queue::drop_front(Drop reason, Entries& graves) noexcept {
  lose(waiting_.front().datagram, reason);
  remove(waiting_.front());
  move_front(waiting_, graves);
}

}  // namespace pawl::transport
