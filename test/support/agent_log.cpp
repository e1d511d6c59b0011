#include "support/agent_log.h"

#include <utility>

namespace pawl::test {

void AgentLog::add_payload(std::string payload) {
  const std::lock_guard lock(mutex_);
  payloads_.push_back(std::move(payload));
  changed_.notify_all();
}

void AgentLog::add_frame_error(std::string error) {
  const std::lock_guard lock(mutex_);
  frame_errors_.push_back(std::move(error));
  changed_.notify_all();
}

void AgentLog::add_connection() {
  const std::lock_guard lock(mutex_);
  ++connections_;
  changed_.notify_all();
}

std::vector<std::string> AgentLog::payloads() const {
  const std::lock_guard lock(mutex_);
  return payloads_;
}

std::vector<std::string> AgentLog::take_payloads() {
  const std::lock_guard lock(mutex_);
  return std::exchange(payloads_, {});
}

std::vector<std::string> AgentLog::frame_errors() const {
  const std::lock_guard lock(mutex_);
  return frame_errors_;
}

std::size_t AgentLog::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool AgentLog::wait_until(const Predicate& predicate, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return predicate(payloads_); });
}

bool AgentLog::wait_for_connections(std::size_t count, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return connections_ >= count; });
}

bool AgentLog::wait_for_frame_error(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return !frame_errors_.empty(); });
}

}  // namespace pawl::test
