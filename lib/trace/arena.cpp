#include "trace/arena.h"

#include <chrono>
#include <new>
#include <utility>

#include <sys/random.h>
#include <unistd.h>

#include "base/hash.h"

namespace pawl::trace {

namespace {

template <class Node>
void free_list(Node* first) noexcept {
  while (first != nullptr) delete std::exchange(first, first->next_free);
}

void free_blocks(Block* first) noexcept {
  while (first != nullptr) Block::free(std::exchange(first, first->next_free));
}

}  // namespace

std::uint64_t random_seed() noexcept {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) return seed;
  // A machine that has just started, or a system without it.
  static std::atomic<std::uint64_t> calls{0};
  const auto now =
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  const auto process = static_cast<std::uint64_t>(::getpid());
  return base::fold_multiply(now ^ process << 40U, calls.fetch_add(1) * 2 + 1);
}

Block* Block::make(std::size_t capacity) noexcept {
  void* const memory = ::operator new(sizeof(Block) + capacity, std::nothrow);
  return memory == nullptr ? nullptr : new (memory) Block{static_cast<std::uint32_t>(capacity)};
}

void Block::free(Block* block) noexcept {
  block->~Block();
  ::operator delete(block);
}

Arena::Arena(Core& core, Budget& budget) noexcept
    : core_(core), budget_(budget), random_(random_seed()) {}

Arena::~Arena() {
  free_list(drafts_);
  free_list(given_drafts_.take_all());
  while (made_states_ != nullptr) delete std::exchange(made_states_, made_states_->next_made);
  free_blocks(spare_);
  free_blocks(given_blocks_.take_all());
  free_blocks(emptied_);
  if (oldest_ == nullptr) oldest_ = first_;
  while (oldest_ != nullptr) Block::free(std::exchange(oldest_, oldest_->next.load()));
}

// SplitMix64: a permutation of a counter, so that one thread gives no id twice.
std::uint64_t Arena::next_id() noexcept {
  for (;;) {
    random_ += 0x9e37'79b9'7f4a'7c15;
    std::uint64_t id = random_;
    id = (id ^ id >> 30U) * 0xbf58'476d'1ce4'e5b9;
    id = (id ^ id >> 27U) * 0x94d0'49bb'1331'11eb;
    id ^= id >> 31U;
    if (id != 0) return id;
  }
}

Draft* Arena::take_draft() noexcept {
  if (drafts_ == nullptr) drafts_ = given_drafts_.take_all();
  if (drafts_ == nullptr) return new (std::nothrow) Draft{*this};
  return std::exchange(drafts_, drafts_->next_free);
}

TraceState* Arena::take_state() noexcept {
  if (states_ == nullptr) states_ = given_states_.take_all();
  if (states_ != nullptr) return std::exchange(states_, states_->next_free);
  auto* const made = new (std::nothrow) TraceState{*this};
  if (made != nullptr) made->next_made = std::exchange(made_states_, made);
  return made;
}

void Arena::put_back(TraceState& state) noexcept {
  if (state.home != this) return state.home->give_back(state);
  state.next_free = std::exchange(states_, &state);
}

void Arena::put_back(Draft& draft) noexcept {
  draft.clear();
  if (draft.home != this) return draft.home->give_back(draft);
  draft.next_free = std::exchange(drafts_, &draft);
}

// Tells whether there was memory.
bool Arena::ensure_spare() noexcept {
  if (spare_ == nullptr) spare_ = given_blocks_.take_all();
  if (spare_ != nullptr) return true;
  spare_ = Block::make(Block::kBytes);
  if (spare_ == nullptr) return false;
  spare_count_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

Block* Arena::take_spare() noexcept {
  if (!ensure_spare()) return nullptr;
  spare_count_.fetch_sub(1, std::memory_order_relaxed);
  return std::exchange(spare_, spare_->next_free);
}

// Tells whether a block that will wait for the flusher has room in the budget.
bool Arena::budget_for(Block& block) noexcept {
  if (block.budgeted != 0) return true;
  if (!budget_.take(block.capacity)) return false;
  block.budgeted = block.capacity;
  return true;
}

// A block of its own, which counts from its making. The usual one that follows it is there before.
Block* Arena::large_block(std::size_t bytes, SpanDrop& why_not) noexcept {
  Block* const block = ensure_spare() ? Block::make(bytes) : nullptr;
  if (block == nullptr) {
    why_not = SpanDrop::no_memory;
    return nullptr;
  }
  if (budget_for(*block)) return block;
  Block::free(block);
  return nullptr;
}

// The current block is each thread's own; it counts when it is full.
Block* Arena::next_block(std::size_t bytes, SpanDrop& why_not) noexcept {
  why_not = SpanDrop::buffer_full;
  if (current_ != nullptr && !budget_for(*current_)) return nullptr;
  if (bytes > Block::kBytes) return large_block(bytes, why_not);
  Block* const block = take_spare();
  if (block == nullptr) why_not = SpanDrop::no_memory;
  return block;
}

void Arena::make_current(Block& block) noexcept {
  (current_ == nullptr ? first_ : current_->next).store(&block, std::memory_order_release);
  current_ = &block;
  used_ = 0;
}

Record* Arena::begin_record(std::size_t most_bytes, SpanDrop& why_not) noexcept {
  most_bytes += 8;  // to the next multiple
  if (current_ == nullptr || current_->capacity - used_ < most_bytes) [[unlikely]] {
    Block* const block = next_block(most_bytes, why_not);
    if (block == nullptr) return nullptr;
    make_current(*block);
  }
  return reinterpret_cast<Record*>(current_->bytes() + used_);
}

void Arena::publish(Record& record, const char* end) noexcept {
  const auto bytes = static_cast<std::size_t>(end - reinterpret_cast<const char*>(&record));
  record.bytes = static_cast<std::uint32_t>((bytes + 7) & ~std::size_t{7});
  used_ += record.bytes;
  bump(published_);
  current_->used.store(used_, std::memory_order_release);
  // The flusher gives back no block that is current: a large one would keep its share of the budget
  // for as long as the thread traces nothing, which may be because there is no budget.
  if (current_->capacity != Block::kBytes) [[unlikely]]
    make_current(*take_spare());
}

void Arena::give_blocks_back() noexcept {
  while (emptied_ != nullptr) {
    Block* const block = std::exchange(emptied_, emptied_->next_free);
    budget_.give_back(block->budgeted);
    if (block->capacity != Block::kBytes ||
        spare_count_.load(std::memory_order_relaxed) >= kSpareBlocks) {
      Block::free(block);
      continue;
    }
    block->budgeted = 0;
    block->next.store(nullptr, std::memory_order_relaxed);
    block->used.store(0, std::memory_order_relaxed);
    block->taken = 0;
    spare_count_.fetch_add(1, std::memory_order_relaxed);
    given_blocks_.push(block);
  }
}

}  // namespace pawl::trace
