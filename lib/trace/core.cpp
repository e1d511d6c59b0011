#include "trace/core.h"

#include <new>
#include <utility>

#include <unistd.h>

#include "base/errno_kept.h"
#include "trace/runtime_id.h"

// What a core is made of, and who holds it. Recording is in recording.cpp, the rest in
// background.cpp.

namespace pawl::trace {

Core::Core(Plan plan, std::unique_ptr<Outlet> outlet)
    : plan_(std::move(plan)),
      clock_(plan_.clock != nullptr ? plan_.clock : std::make_shared<const Clock>()),
      sampler_(plan_.env, plan_.rules, plan_.sample_rate),
      budget_(plan_.max_buffer_bytes),
      outlet_(std::move(outlet)),
      common_(new Arena{*this, budget_}),
      background_(std::make_unique<Background>(setting())) {
  arenas_.add(*common_);
  make_templates();
}

Core::~Core() {
  Arena* arena = arenas_.first();
  while (arena != nullptr) delete std::exchange(arena, arena->next);
}

Core* Core::make(Plan plan, std::unique_ptr<Outlet> outlet) {
  watch_forks();
  std::unique_ptr<Core, void (*)(Core*)> core{new Core{std::move(plan), std::move(outlet)},
                                              [](Core* unused) { delete unused; }};
  core->slot_ = take_slot(*core);
  if (core->slot_ == kMostTracers) return nullptr;
  for (const std::string& warning : core->plan_.warnings)
    core->plan_.teller->tell("environment", warning);
  return core.release();
}

Flusher::Setting Core::setting() noexcept {
  return {.arenas = arenas_,
          .budget = budget_,
          .sampler = sampler_,
          .outlet = outlet_.get(),
          .clock = *clock_,
          .flush_interval = plan_.flush_interval,
          .llmobs = plan_.llmobs,
          .ml_app = plan_.ml_app};
}

// Throws std::bad_alloc, and has changed nothing then.
void Core::make_templates() {
  bool had_memory = true;
  const auto text = [&](Template& to, std::string_view key, std::string_view value) {
    had_memory &= to.meta.set_text(key, value, to.keys.insert(key));
  };
  const auto number = [&](Template& to, std::string_view key, double value) {
    had_memory &= to.metrics.set_number(key, value, to.keys.insert(key));
  };
  Template root;
  Template child;
  for (Template* made : {&root, &child}) {
    made->service.size =
        static_cast<std::uint8_t>(plan_.service.copy(made->service.bytes, kMostService));
    if (!plan_.env.empty()) text(*made, "env", plan_.env);
    if (!plan_.version.empty()) text(*made, "version", plan_.version);
    for (const OwnedTag& tag : plan_.tags) text(*made, tag.key, tag.value);
  }
  text(root, "language", "cpp");
  text(root, "runtime-id", make_runtime_id());
  number(root, "process_id", static_cast<double>(::getpid()));
  number(root, "_top_level", 1);
  if (!had_memory) throw std::bad_alloc{};
  root_template_ = std::move(root);
  child_template_ = std::move(child);
}

void Core::let_go() noexcept {
  if (tracers_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  close(plan_.close_deadline);
  if (Arena* const own = std::exchange(t_arenas[slot_], nullptr)) give_back(*own);
  references_.fetch_sub(1, std::memory_order_acq_rel);
}

// The open spans are read first: who ends the last one takes a reference before. In the child of a
// fork the parent's open spans hold nothing, but may still read their core: it is left behind.
bool Core::free_if_unheld(Core* core) noexcept {
  if (core->stats().open != 0) return false;
  if (core->references_.load(std::memory_order_acquire) != 0) return false;
  if (core->generation_.load(std::memory_order_relaxed) == 0) delete core;
  return true;
}

void Core::give_back(Arena& arena) noexcept {
  Core& core = arena.core();
  {
    const std::lock_guard lock{core.arenas_mutex_};
    arena.next_free = std::exchange(core.free_arenas_, &arena);
  }
  core.references_.fetch_sub(1, std::memory_order_acq_rel);
}

// Null when this thread can have none.
Arena* Core::own_arena() noexcept {
  const base::ErrnoKept kept;
  if (!watch_thread_end()) return nullptr;
  give_back_left_arenas();
  Arena* arena = nullptr;
  {
    const std::lock_guard lock{arenas_mutex_};
    if (free_arenas_ != nullptr) {
      arena = std::exchange(free_arenas_, free_arenas_->next_free);
    } else {
      arena = new (std::nothrow) Arena{*this, budget_};
      if (arena == nullptr) return nullptr;
      arenas_.add(*arena);
    }
  }
  references_.fetch_add(1, std::memory_order_relaxed);
  t_arenas[slot_] = arena;
  ensure_thread();
  return arena;
}

}  // namespace pawl::trace
