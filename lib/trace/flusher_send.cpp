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
  std::size_t spans_at = 0;
  std::size_t events_at = 0;
  for (const Piece& piece : pieces_) {
    chunks.push_back({.spans = spans_.view().substr(spans_at, piece.spans_end - spans_at),
                      .count = piece.count,
                      .priority = piece.priority,
                      .llmobs = events_.view().substr(events_at, piece.events_end - events_at)});
    spans_at = piece.spans_end;
    events_at = piece.events_end;
  }
  set_.outlet->send(chunks, deadline, outcomes);
  send_evaluations(deadline);
  settle(outcomes);
}

// Once, whatever becomes of it.
void Flusher::send_evaluations(Time deadline) noexcept {
  const std::size_t count = evaluations_.size() / sizeof(Evaluation);
  if (count == 0) return;
  std::size_t accepted = 0;
  try {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i)
      texts.push_back(encode_evaluation(
          Evaluation::read(evaluations_.data() + i * sizeof(Evaluation)), set_.ml_app));
    std::vector<Fate> fates(count, Fate::timed_out);
    set_.outlet->send_evaluations(texts, deadline, fates);
    accepted = static_cast<std::size_t>(std::count(fates.begin(), fates.end(), Fate::accepted));
  } catch (const std::bad_alloc&) {
    // Then none was sent.
  }
  working_.evaluations_accepted += accepted;
  working_.evaluations_lost += count - accepted;
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
  pieces_.clear();
  spans_.reset(kMuchQueued);
  events_.reset(kMuchQueued);
  evaluations_.reset(kMuchQueued);
  set_.budget.give_back(std::exchange(budgeted_, 0));
  publish_books();
}

}  // namespace pawl::trace
