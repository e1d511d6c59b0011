#include "tools/demo_receiver.h"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include "tools/arguments.h"
#include "tools/decode.h"

namespace pawl::tools {
namespace {

using std::string_view;

// The socket's path has to fit 107 bytes, which a long TMPDIR does not leave.
constexpr std::size_t kMaxParentBytes = 60;

std::string parent_directory() {
  const char* wanted = std::getenv("TMPDIR");
  const std::string parent = wanted == nullptr ? "" : wanted;
  const bool fits = !parent.empty() && parent.front() == '/' && parent.size() <= kMaxParentBytes;
  return fits && access(parent.c_str(), W_OK) == 0 ? parent : "/tmp";
}

Endpoint socket_in(const std::string& directory) {
  return {Endpoint::Kind::unix_datagram, {}, 0, directory + "/dsd.socket"};
}

// How many bytes the values of a line take.
std::size_t values_in(string_view line) { return line.find('|') - line.find(':') - 1; }

// And its sample rate, which a sample alone would not have.
std::size_t rate_in(string_view line) {
  const auto at = line.find("|@");
  return at == string_view::npos ? 0 : std::min(line.find('|', at + 1), line.size()) - at;
}

Endpoint trace_socket_in(const std::string& directory) {
  return {Endpoint::Kind::http_unix, {}, 0, directory + "/apm.socket"};
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string path = parent_directory() + "/pawl-demo-XXXXXX";
  if (mkdtemp(path.data()) != nullptr) path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
  if (!path_.empty()) rmdir(path_.c_str());
}

Receiver::Receiver()
    : server_([this](string_view payload) { take(payload); }),
      traces_(
          server_.context(), {}, [this](const TraceListening::Seen& seen) { take_trace(seen); }) {}

std::optional<Error> Receiver::open() {
  if (directory_.path().empty()) return Error{"no directory can be made in " + parent_directory()};
  if (auto error = server_.open(socket_in(directory_.path()))) return error;
  if (auto error = traces_.open(trace_socket_in(directory_.path()))) return error;
  server_.start();
  return std::nullopt;
}

std::string Receiver::url() const { return to_string(socket_in(directory_.path())); }

std::string Receiver::trace_url() const { return "unix://" + traces_.endpoints().front().path; }

void Receiver::finish() {
  server_.finish();
  traces_.finish();
}

// A line a span, below the head.
void Receiver::take_trace(const TraceListening::Seen& seen) {
  if (!seen.json.empty() && seen.lines.size() > tree_.size()) tree_ = seen.lines;
}

void Receiver::take(string_view payload) {
  ++payloads_;
  bytes_ += payload.size();
  for_each_line(payload, [this](string_view line) { take_line(line); });
}

void Receiver::take_line(string_view line) {
  const Result<Item> item = decode_line(line);
  if (!item) {
    if (++refused_ == 1) first_refusal_ = item.error().message + ": " + printable(line);
    return;
  }
  arrived_.add(*item);
  bytes_without_values_[Context{*item}] = line.size() + 1 - values_in(line) - rate_in(line);
}

}  // namespace pawl::tools
