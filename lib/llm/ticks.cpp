#include "llm/ticks.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace pawl::llm {

void TickScale::observe(std::int64_t ticks, std::int64_t steady_ns) noexcept {
  if (busy_.exchange(true, std::memory_order_acquire)) return;
  if (trusted()) measure(ticks, steady_ns);
  busy_.store(false, std::memory_order_release);
}

void TickScale::measure(std::int64_t ticks, std::int64_t steady_ns) noexcept {
  const double known = ns_per_tick();
  const std::int64_t begin = begin_ticks_.load(std::memory_order_relaxed);
  const std::int64_t ns = steady_ns - begin_ns_;
  if (!begun_) {
    begin_window(ticks, steady_ns);
    return;
  }
  if (ns < kLeastNs) return;
  if (ticks <= begin) {
    distrust();
    return;
  }
  if (ns < (known == 0 ? kFirstWindowNs : kWindowNs / 2)) return;
  const double ratio = static_cast<double>(ns) / static_cast<double>(ticks - begin);
  const bool odd = known != 0 && std::abs(ratio / known - 1) > 0.01;
  odd_ = odd ? odd_ + 1 : 0;
  if (odd_ == 2) {
    distrust();
    return;
  }
  if (!odd) ns_per_tick_.store(ratio, std::memory_order_relaxed);
  begin_window(ticks, steady_ns);
}

void TickScale::begin_window(std::int64_t ticks, std::int64_t steady_ns) noexcept {
  begun_ = true;
  begin_ns_ = steady_ns;
  begin_ticks_.store(ticks, std::memory_order_relaxed);
  const double known = ns_per_tick();
  if (known == 0) return;
  const double window = static_cast<double>(kWindowNs) / known;
  window_.store(static_cast<std::uint64_t>(window), std::memory_order_relaxed);
}

void TickScale::start_over_in_child() noexcept {
  if (!busy_.load(std::memory_order_relaxed)) return;
  begun_ = false;
  odd_ = 0;
  busy_.store(false, std::memory_order_relaxed);
}

namespace {

constinit TickScale g_scale;

std::int64_t steady_ns() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::int64_t read_ticks() noexcept {
#if defined(__x86_64__)
  return static_cast<std::int64_t>(__rdtsc());
#else
  return 0;
#endif
}

// The tightest of a few pairs: a thread that is moved aside between the two readings would bend the
// measure.
void observe_now() noexcept {
  std::int64_t best_width = std::numeric_limits<std::int64_t>::max();
  std::int64_t ticks = 0;
  std::int64_t ns = 0;
  for (int i = 0; i < 5; ++i) {
    const std::int64_t before = read_ticks();
    const std::int64_t between = steady_ns();
    const std::int64_t width = read_ticks() - before;
    if (width >= best_width) continue;
    best_width = width;
    ticks = before + width / 2;
    ns = between;
  }
  g_scale.observe(ticks, ns);
}

}  // namespace

bool has_invariant_ticks() noexcept {
#if defined(__x86_64__)
  // AMD64 Architecture Programmer's Manual 3, Fn8000_0007 EDX[8]; Intel SDM 3, 18.17.1.
  unsigned int a = 0;
  unsigned int b = 0;
  unsigned int c = 0;
  unsigned int d = 0;
  return __get_cpuid(0x8000'0007U, &a, &b, &c, &d) != 0 && (d & (1U << 8U)) != 0;
#else
  return false;
#endif
}

bool kernel_trusts_ticks(const char* file) noexcept {
  const int descriptor = ::open(file, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  char text[16];
  const ssize_t size = ::read(descriptor, text, sizeof text);
  ::close(descriptor);
  return size > 0 && std::string_view{text, static_cast<std::size_t>(size)} == "tsc\n";
}

namespace {

// Once in a process, when its first recorder is made.
bool can_measure_ticks() noexcept {
  return has_invariant_ticks() && kernel_trusts_ticks(kClockSourceFile) &&
         pthread_atfork(nullptr, nullptr, [] { g_scale.start_over_in_child(); }) == 0;
}

}  // namespace

TimeSource best_source() noexcept {
  static const bool kUsable = can_measure_ticks();
  if (!kUsable || !g_scale.trusted()) return TimeSource::steady;
  if (g_scale.due(read_ticks())) observe_now();
  return g_scale.ns_per_tick() != 0 && g_scale.trusted() ? TimeSource::ticks : TimeSource::steady;
}

std::int64_t read_time(TimeSource source) noexcept {
  return source == TimeSource::ticks ? read_ticks() : steady_ns();
}

void went_back(TimeSource source) noexcept {
  if (source == TimeSource::ticks) g_scale.distrust();
}

double to_milliseconds(TimeSource source, std::int64_t difference) noexcept {
  const double ns_of_one = source == TimeSource::ticks ? g_scale.ns_per_tick() : 1.0;
  return static_cast<double>(difference) * ns_of_one / 1e6;
}

}  // namespace pawl::llm
