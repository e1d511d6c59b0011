#pragma once

// One HTTP/1.1 connection to one server, kept open between requests. Plain HTTP over TCP (IPv4,
// IPv6) or a Unix socket; no redirects, no proxies, no credentials, nothing from the environment.
//
// An answer's status decides as soon as it came: what is torn, too long or late behind it is not
// looked at. 16 KiB of headers and 64 KiB of body are read at the most.
//
// Threads: constructed on the thread that makes the tracer, because libcurl reads the environment
// once in a process; then one at a time.
// Cost: a request blocks until its deadline at the most, connecting and the look-up of a name
// included. Bodies are sent from where they are.
// Errors: an Answer without status says what happened; nothing throws.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "trace/agent_url.h"

namespace pawl::trace {

// Tells whether this build can make requests.
bool has_http() noexcept;

struct Header {
  std::string_view name;
  std::string_view value;
};

// Tells whether the text can stand in a header: printable ASCII, and not empty.
inline bool is_header_text(std::string_view text) noexcept {
  for (const char c : text)
    if (c < ' ' || c > '~') return false;
  return !text.empty();
}

struct HttpRequest {
  const char* method = "GET";
  std::string_view path = "/";
  std::span<const Header> headers = {};         // one with a value that cannot stand is left out
  std::span<const std::string_view> body = {};  // one after the other; none for GET
};

struct Answer {
  enum class Failure : std::uint8_t {
    none,
    unreachable,  // no connection, or it ended before a status came
    timed_out,
    not_http,  // what came is not an HTTP answer, or nothing but headers beyond the cap
    no_memory,
    no_http,  // this build has none
  };
  int status = 0;  // 200 to 599 and beyond; 0: none came
  Failure failure = Failure::none;
  std::string body;           // empty where it was torn, late or above the cap
  std::string rates_version;  // header Datadog-Rates-Payload-Version
  std::string detail;         // of a failure, for people
  bool connected = false;     // a new connection was made for it
  bool kept = false;          // it went over one that had served before
};

class Http {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMostHeaderBytes = std::size_t{16} << 10;
  static constexpr std::size_t kMostBodyBytes = std::size_t{64} << 10;

  explicit Http(Endpoint endpoint);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // Makes a request and waits for its answer.
  Answer request(const HttpRequest& request, Time deadline) noexcept;

  // Has requests end by then, whatever their deadline: the one under way too, 20 ms later at the
  // most. From any thread.
  void end_by(Time time) noexcept { latest_.store(time, std::memory_order_relaxed); }
  Time latest() const noexcept { return latest_.load(std::memory_order_relaxed); }

  // In the child of a fork: lets go of the parent's connection without a word on it. Memory of a
  // request that another thread was in is left behind.
  void start_over_in_child() noexcept;

 private:
  class Connection;
  const Endpoint endpoint_;
  std::atomic<Time> latest_{Time::max()};
  std::unique_ptr<Connection> connection_;
};

}  // namespace pawl::trace
