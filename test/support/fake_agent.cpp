#include "support/fake_agent.h"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace pawl::test {
namespace {

// Keeps the thread open to commands while a sender floods it.
constexpr std::size_t kReadsBetweenCommands = 256;

}  // namespace

FakeAgent::FakeAgent(Kind kind) : kind_(kind), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_.is_open()) throw std::system_error(errno, std::generic_category(), "eventfd");
  if (is_unix()) path_ = dir_.file("dsd.socket");
  start();
}

FakeAgent::~FakeAgent() { stop(); }

std::string FakeAgent::url() const {
  switch (kind_) {
    case Kind::udp_v4:
      return "udp://127.0.0.1:" + std::to_string(port_);
    case Kind::udp_v6:
      return "udp://[::1]:" + std::to_string(port_);
    case Kind::unix_datagram:
      return "unixgram://" + path_;
    case Kind::unix_stream:
      return "unixstream://" + path_;
  }
  return "";
}

void FakeAgent::start() {
  if (thread_.joinable()) return;
  socket_ = bind();
  if (!is_unix()) port_ = port_of(socket_);
  ending_ = false;
  thread_ = std::thread([this] { run(); });
}

void FakeAgent::stop() {
  // Unlinked first: a client that comes in between finds no path rather than a dead one.
  if (is_unix()) ::unlink(path_.c_str());
  crash();
}

void FakeAgent::crash() {
  if (!thread_.joinable()) return;
  on_thread([this] {
    close_all();
    ending_ = true;
  });
  thread_.join();
}

void FakeAgent::stop_drained() {
  if (!thread_.joinable()) return;
  on_thread([this] {
    // From here a Unix sender gets EPIPE, and who connects ECONNREFUSED; what waits to be accepted
    // or read still can be. UDP knows no such order.
    for (const Stream& stream : streams_) ::shutdown(stream.socket.get(), SHUT_RD);
    if (is_unix()) ::shutdown(socket_.get(), SHUT_RD);
    ending_ = true;
    read_all();
  });
  thread_.join();
  close_all();
  if (is_unix()) ::unlink(path_.c_str());
}

void FakeAgent::pause() {
  on_thread([this] { paused_ = true; });
}

void FakeAgent::resume() {
  on_thread([this] { paused_ = false; });
}

void FakeAgent::slow(std::size_t reads_per_ms) {
  on_thread([this, reads_per_ms] { reads_per_ms_ = reads_per_ms; });
}

void FakeAgent::drain() {
  on_thread([this] { read_all(); });
}

void FakeAgent::replace_socket() {
  on_thread([this] {
    const std::string next = path_ + ".next";
    Descriptor fresh = bind_unix(socket_type(), next);
    if (std::rename(next.c_str(), path_.c_str()) != 0) {
      throw std::system_error(errno, std::generic_category(), "rename " + path_);
    }
    replaced_.push_back(std::exchange(socket_, std::move(fresh)));
    for (Stream& stream : streams_) replaced_.push_back(std::move(stream.socket));
    streams_.clear();
  });
}

std::vector<std::string> FakeAgent::stranded() {
  std::vector<std::string> found;
  on_thread([&] {
    if (kind_ != Kind::unix_datagram) return;
    for (const Descriptor& socket : replaced_) {
      while (std::optional<std::string> payload = receive(socket)) found.push_back(*payload);
    }
  });
  return found;
}

void FakeAgent::close_connections() {
  on_thread([this] { streams_.clear(); });
}

void FakeAgent::reset_streams() {
  on_thread([this] { resets_streams_ = true; });
}

void FakeAgent::serve_streams() {
  on_thread([this] { resets_streams_ = false; });
}

bool FakeAgent::wait_for(std::size_t payload_count, std::chrono::milliseconds timeout) const {
  return wait_until([&](const auto& payloads) { return payloads.size() >= payload_count; },
                    timeout);
}

bool FakeAgent::wait_until(const AgentLog::Predicate& predicate,
                           std::chrono::milliseconds timeout) const {
  return log_.wait_until(predicate, timeout);
}

bool FakeAgent::wait_for_connections(std::size_t count, std::chrono::milliseconds timeout) const {
  return log_.wait_for_connections(count, timeout);
}

bool FakeAgent::wait_for_frame_error(std::chrono::milliseconds timeout) const {
  return log_.wait_for_frame_error(timeout);
}

int FakeAgent::socket_type() const { return kind_ == Kind::unix_stream ? SOCK_STREAM : SOCK_DGRAM; }

Descriptor FakeAgent::bind() const {
  if (!is_unix()) return bind_udp(kind_ == Kind::udp_v6 ? AF_INET6 : AF_INET, port_);
  ::unlink(path_.c_str());
  return bind_unix(socket_type(), path_);
}

// All sockets belong to one thread, so none is closed while it is polled.
void FakeAgent::on_thread(std::function<void()> command) {
  if (!thread_.joinable()) return command();
  std::packaged_task<void()> task(std::move(command));
  std::future<void> done = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(task));
  }
  wake();
  done.get();
}

void FakeAgent::wake() const {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and a full one wakes as well.
  [[maybe_unused]] const ssize_t wrote = ::write(wake_.get(), &one, sizeof one);
}

void FakeAgent::run() {
  while (run_commands()) {
    wait_for_work();
    if (!paused_ && !rests_) read_ready();
  }
}

bool FakeAgent::run_commands() {
  std::vector<std::packaged_task<void()>> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (auto& command : commands) command();
  return !ending_;
}

void FakeAgent::wait_for_work() {
  std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
  if (!paused_ && !rests_) {
    polled.push_back({socket_.get(), POLLIN, 0});
    for (const Stream& stream : streams_) polled.push_back({stream.socket.get(), POLLIN, 0});
  }
  const int ready = ::poll(polled.data(), polled.size(), rests_ ? 1 : -1);
  if (ready == 0) rests_ = false;
  if (polled[0].revents != 0) {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &times, sizeof times);
  }
}

void FakeAgent::read_ready() {
  const std::size_t budget = reads_per_ms_ == 0 ? kReadsBetweenCommands : reads_per_ms_;
  for (std::size_t reads = 0; reads < budget; ++reads) {
    if (!read_once()) return;
  }
  rests_ = reads_per_ms_ != 0;
}

bool FakeAgent::read_once() {
  if (kind_ != Kind::unix_stream) return read_datagram();
  const bool accepted = accept_one();
  return read_streams() || accepted;
}

bool FakeAgent::read_datagram() {
  std::optional<std::string> payload = receive(socket_);
  if (!payload) return false;
  if (ending_ && payload->empty()) return false;  // the end that shutdown() made
  log_.add_payload(std::move(*payload));
  return true;
}

bool FakeAgent::accept_one() {
  std::optional<Descriptor> accepted = accept_stream(socket_);
  if (!accepted) return false;
  log_.add_connection();
  if (ending_) ::shutdown(accepted->get(), SHUT_RD);
  if (!resets_streams_) streams_.push_back({std::move(*accepted), FrameReader()});
  return true;
}

bool FakeAgent::read_streams() {
  bool any = false;
  for (Stream& stream : streams_) {
    const std::optional<std::string> bytes = receive(stream.socket);
    if (!bytes) continue;
    any = true;
    read_stream(stream, *bytes);
  }
  std::erase_if(streams_, [](const Stream& stream) { return stream.ended; });
  return any;
}

void FakeAgent::read_stream(Stream& stream, const std::string& bytes) {
  for (std::string& payload : stream.frames.feed(bytes)) log_.add_payload(std::move(payload));
  stream.ended = bytes.empty() || !stream.frames.error().empty();
  if (stream.ended && !stream.frames.end().empty()) log_.add_frame_error(stream.frames.end());
}

void FakeAgent::read_all() {
  while (read_once()) {
  }
}

void FakeAgent::close_all() {
  socket_.close();
  streams_.clear();
  replaced_.clear();
}

}  // namespace pawl::test
