#pragma once
// A transport that answers as the test says, and keeps what it took. `takes` and friends are the
// usual answers.
//
// Threads: send() from one; payloads() from any.

#include <atomic>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/transport.h>

namespace pawl::test {

class ScriptedTransport final : public Transport {
 public:
  using Datagrams = std::span<const std::string_view>;
  using Answer = std::function<SendResult(Datagrams)>;

  explicit ScriptedTransport(Answer answer, std::string name = "scripted")
      : answer_(std::move(answer)), name_(std::move(name)) {}

  std::string_view name() const noexcept override { return name_; }
  std::size_t max_datagram_bytes() const noexcept override { return 1432; }

  SendResult send(Datagrams datagrams) noexcept override {
    ++sends;
    const SendResult result = answer_(datagrams);
    const std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < result.sent && i < datagrams.size(); ++i)
      payloads_.emplace_back(datagrams[i]);
    return result;
  }
  void wait_writable(std::chrono::milliseconds) noexcept override {
    ++waits;
    if (on_pause) on_pause();
  }
  void reconnect() noexcept override {
    ++reconnects;
    if (on_pause) on_pause();
  }

  // Replaces the script. REQUIRES: nobody sends.
  void answer(Answer answer) { answer_ = std::move(answer); }

  std::vector<std::string> payloads() const {
    const std::lock_guard lock{mutex_};
    return payloads_;
  }

  // Happens inside wait_writable() and reconnect(). REQUIRES: set while nobody sends.
  std::function<void()> on_pause;

  std::atomic<int> sends{0};
  std::atomic<int> waits{0};
  std::atomic<int> reconnects{0};

 private:
  Answer answer_;
  const std::string name_;
  mutable std::mutex mutex_;
  std::vector<std::string> payloads_;
};

inline SendResult takes_all(ScriptedTransport::Datagrams datagrams) {
  return {datagrams.size(), SendStatus::sent, 0};
}

// Takes nothing, and says why.
inline ScriptedTransport::Answer refuses(SendStatus status) {
  return [status](ScriptedTransport::Datagrams) { return SendResult{0, status, 0}; };
}

}  // namespace pawl::test
