#pragma once

// The far end of a tracer: an HTTP server on a Unix socket, on a thread of its own, that reads each
// request and answers 200 and `{}`, at once or after a while, or when the tracer has hung up:
// never.

#include <chrono>
#include <string>
#include <thread>

namespace bench {

class TraceReceiver {
 public:
  explicit TraceReceiver(std::chrono::milliseconds answers_after = {});
  ~TraceReceiver();
  TraceReceiver(const TraceReceiver&) = delete;
  TraceReceiver& operator=(const TraceReceiver&) = delete;

  std::string url() const { return "unix://" + path_; }

 private:
  void serve();
  void answer_all(int connection);
  bool answer(int connection) const;

  const std::chrono::milliseconds answers_after_;
  std::string directory_, path_;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace bench
