#pragma once

// The far end of a tracer: an HTTP server on a Unix socket, on a thread of its own, that reads each
// request and answers 200 and `{}`.

#include <string>
#include <thread>

namespace bench {

class TraceReceiver {
 public:
  TraceReceiver();
  ~TraceReceiver();
  TraceReceiver(const TraceReceiver&) = delete;
  TraceReceiver& operator=(const TraceReceiver&) = delete;

  std::string url() const { return "unix://" + path_; }

 private:
  void serve();
  void answer_all(int connection);

  std::string directory_, path_;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace bench
