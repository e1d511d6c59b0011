#pragma once
// What a fake Agent has received, for its own thread to write and for the test to wait on.
//
// Threads: all members from any.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace pawl::test {

class AgentLog {
 public:
  // Is asked with the payloads so far while the log is locked, so it must not call the Agent.
  using Predicate = std::function<bool(const std::vector<std::string>&)>;

  void add_payload(std::string payload);
  void add_frame_error(std::string error);
  void add_connection();

  std::vector<std::string> payloads() const;
  std::vector<std::string> take_payloads();  // and forgets them
  std::vector<std::string> frame_errors() const;
  std::size_t connections() const;  // accepted so far

  // Return whether it came true before the time was over.
  bool wait_until(const Predicate& predicate, std::chrono::milliseconds timeout) const;
  bool wait_for_connections(std::size_t count, std::chrono::milliseconds timeout) const;
  bool wait_for_frame_error(std::chrono::milliseconds timeout) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> payloads_;
  std::vector<std::string> frame_errors_;
  std::size_t connections_ = 0;
};

}  // namespace pawl::test
