#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "trace/flusher.h"
#include "trace/llmobs_json.h"

// The second half of a flush: from chunks to the Agent, and what became of them.

namespace pawl::trace {

namespace {

SpanDrop reason_of(Fate fate) noexcept {
  switch (fate) {
    case Fate::too_large:
      return SpanDrop::too_large;
    case Fate::throttled:
      return SpanDrop::throttled;
    case Fate::failed:
      return SpanDrop::server_error;
    case Fate::unreachable:
      return SpanDrop::unreachable;
    case Fate::timed_out:
      return SpanDrop::timed_out;
    case Fate::no_http:
      return SpanDrop::no_http;
    case Fate::no_memory:
      return SpanDrop::no_memory;
    case Fate::accepted:
    case Fate::refused:
    case Fate::not_offered:
      break;
  }
  return SpanDrop::refused;
}

}  // namespace

// What is late when a tracer closes stays where it is, and counts as such.
void Flusher::send(Time deadline) noexcept {
  if (pieces_.empty() || std::chrono::steady_clock::now() >= deadline) return;
  std::vector<Chunk> chunks;
  std::vector<Outcome> outcomes;
  try {
    chunks.reserve(pieces_.size());
    outcomes.resize(pieces_.size(), {Fate::timed_out, Fate::timed_out});
  } catch (const std::bad_alloc&) {
    return;  // they wait for the next flush
  }
  const std::span<const std::string_view> parts{queue_.parts};
  const std::string_view events = queue_.events.view();
  std::size_t parts_at = 0;
  std::size_t events_at = 0;
  for (const Piece& piece : pieces_) {
    chunks.push_back({.spans = parts.subspan(parts_at, piece.parts_end - parts_at),
                      .count = piece.count,
                      .priority = piece.priority,
                      .llmobs = events.substr(events_at, piece.events_end - events_at)});
    parts_at = piece.parts_end;
    events_at = piece.events_end;
  }
  set_.outlet->send(chunks, deadline, outcomes);
  send_evaluations(deadline);
  settle(outcomes);
}

// Once, whatever becomes of it.
void Flusher::send_evaluations(Time deadline) noexcept {
  const std::size_t count = queue_.evaluations.size() / sizeof(Evaluation);
  if (count == 0) return;
  std::size_t accepted = 0;
  try {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i)
      texts.push_back(encode_evaluation(
          Evaluation::read(queue_.evaluations.data() + i * sizeof(Evaluation)), set_.ml_app));
    std::vector<Fate> fates(count, Fate::timed_out);
    set_.outlet->send_evaluations(texts, deadline, fates);
    accepted = static_cast<std::size_t>(std::count(fates.begin(), fates.end(), Fate::accepted));
  } catch (const std::bad_alloc&) {
    // Then none was sent.
  }
  working_.evaluations_accepted += accepted;
  working_.evaluations_lost += count - accepted;
}

// Empties the queue, whose memory is kept for the next where it is not much.
void Flusher::forget_queue() noexcept {
  constexpr std::size_t kMostParts = kMuchQueued / 256;
  pieces_.clear();
  queue_.parts.clear();
  queue_.own.clear();
  queue_.events.reset(kMuchQueued);
  queue_.evaluations.reset(kMuchQueued);
  if (queue_.parts.capacity() > kMostParts) {
    std::vector<Piece>{}.swap(pieces_);
    std::vector<std::string_view>{}.swap(queue_.parts);
  }
  own_bytes_ = 0;
  charge_queued();
  give_blocks_back();
}

void Flusher::settle(const std::vector<Outcome>& outcomes) noexcept {
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    working_.queued -= piece.count;
    if (outcomes[i].spans == Fate::accepted) {
      working_.accepted += piece.count;
      ++working_.chunks_accepted;
      if (piece.partial) ++working_.partial_chunks;
    } else {
      working_.dropped[static_cast<std::size_t>(reason_of(outcomes[i].spans))] += piece.count;
    }
    if (outcomes[i].llmobs != Fate::accepted) working_.events_lost += piece.events;
  }
  forget_queue();
  publish_books();
}

}  // namespace pawl::trace
