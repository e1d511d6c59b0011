#pragma once
// A scriptable Agent on a real socket, with a thread of its own. It keeps every payload it reads
// and can be told to misbehave: to stop and come back, to stop reading, to read slowly, to let go
// of its connections, to leave its path to another socket. A fresh one is started and reads as fast
// as it can.
//
// Threads: one test thread scripts it; payloads and waits may be used from any.
// Errors: system calls that fail throw std::system_error.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/agent_log.h"
#include "support/agent_socket.h"
#include "support/frame_reader.h"
#include "support/temp_dir.h"

namespace pawl::test {

class FakeAgent {
 public:
  enum class Kind { udp_v4, udp_v6, unix_datagram, unix_stream };
  static constexpr std::chrono::milliseconds kPatience{10'000};

  explicit FakeAgent(Kind kind);
  ~FakeAgent();
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;

  // Addresses it: udp://127.0.0.1:4242, udp://[::1]:4242, unixgram:///p or unixstream:///p. Stays
  // the same over stop and start.
  std::string url() const;
  const std::string& path() const { return path_; }  // for unix://; empty on UDP
  std::uint16_t port() const { return port_; }       // 0 on Unix sockets

  // Closes the sockets with what they still held and unlinks the path.
  void stop();
  // Stops as a killed process does: the path stays, and connecting to it is refused.
  void crash();
  // Stops so that nothing the kernel accepted is lost: takes no more, reads what is there, stops.
  void stop_drained();
  // Binds the same path or port again and keeps the behaviour that was asked for.
  void start();

  // Leaves everything in the kernel's queue until resume(). Nothing is read once pause() returns.
  void pause();
  void resume();
  // Reads no more than so many datagrams, or pieces of a stream, a millisecond. 0 lifts it.
  void slow(std::size_t reads_per_ms);
  // Reads all that has arrived so far, paused or slow as it may be.
  void drain();

  // Puts a new socket at the path, as another Agent would, while the old one stays open and unread.
  // REQUIRES: a Unix kind.
  void replace_socket();
  // Returns the datagrams that clients left in replaced sockets.
  std::vector<std::string> stranded();

  // Stream only: closes what is connected; closes each new connection at once; serves them again.
  void close_connections();
  void reset_streams();
  void serve_streams();

  std::vector<std::string> payloads() const { return log_.payloads(); }
  std::vector<std::string> take_payloads() { return log_.take_payloads(); }
  std::vector<std::string> frame_errors() const { return log_.frame_errors(); }
  std::size_t connections() const { return log_.connections(); }

  // Return whether it came true in time.
  bool wait_for(std::size_t payload_count, std::chrono::milliseconds timeout = kPatience) const;
  bool wait_until(const AgentLog::Predicate& predicate,
                  std::chrono::milliseconds timeout = kPatience) const;
  bool wait_for_connections(std::size_t count, std::chrono::milliseconds timeout = kPatience) const;
  bool wait_for_frame_error(std::chrono::milliseconds timeout = kPatience) const;

 private:
  struct Stream {
    Descriptor socket;
    FrameReader frames;
    bool ended = false;
  };

  bool is_unix() const { return kind_ == Kind::unix_datagram || kind_ == Kind::unix_stream; }
  int socket_type() const;
  Descriptor bind() const;
  void on_thread(std::function<void()> command);
  void wake() const;

  // Run on the Agent's thread, or on the caller's while there is none.
  void run();
  bool run_commands();
  void wait_for_work();
  void read_ready();
  bool read_once();
  bool read_datagram();
  bool read_streams();
  bool accept_one();
  void read_stream(Stream& stream, const std::string& bytes);
  void read_all();
  void close_all();

  const Kind kind_;
  const TempDir dir_;
  std::string path_;
  std::uint16_t port_ = 0;
  AgentLog log_;

  std::mutex mutex_;
  std::vector<std::packaged_task<void()>> commands_;
  Descriptor wake_;
  std::thread thread_;

  // Owned by the thread while it runs.
  Descriptor socket_;
  std::vector<Stream> streams_;
  std::vector<Descriptor> replaced_;
  std::size_t reads_per_ms_ = 0;
  bool paused_ = false;
  bool resets_streams_ = false;
  bool rests_ = false;  // a slow Agent has read its share of this millisecond
  bool ending_ = false;
};

}  // namespace pawl::test
