#pragma once
// HTTP/1.1 as a small server needs it: requests read from bytes as they come, strictly and within
// limits, and responses written (RFC 9112).
//
//     HttpReader reader{limits};
//     if (reader.feed(bytes) == HttpReader::State::whole) serve(reader.take());
//
// Threads: one at a time.
// Errors: a request that is refused has the response to it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::tools {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = {};
  std::string target = {};   // as it came: the path, and the query if there is one
  HttpHeaders headers = {};  // names in lower case, in the order of arrival
  std::string body = {};
  bool keep_alive = true;

  // Gives a header by its lower-case name; of several the first, empty where there is none.
  std::string_view header(std::string_view name) const noexcept;
};

struct HttpResponse {
  int status = 200;
  std::string body = "{}";
  std::string content_type = "application/json";
  HttpHeaders headers = {};
  std::chrono::milliseconds delay{0};  // it is held back so long
};

// Gives the response's bytes. The connection goes on unless the response says that it closes.
std::string to_bytes(const HttpResponse& response, bool keep_alive);

struct HttpLimits {
  std::size_t head_bytes = std::size_t{16} << 10;  // the request line and the headers; trailers too
  std::size_t body_bytes = std::size_t{25} << 20;  // the Agent's apm_config.max_request_bytes
  std::chrono::milliseconds request{10'000};       // from a request's first byte to its last
  std::chrono::milliseconds idle{60'000};          // between two requests
  std::chrono::milliseconds linger{1'000};         // for what a refused client still sends
};

class HttpReader {
 public:
  enum class State : std::uint8_t {
    partial,  // more bytes are needed
    whole,    // take() gives a request
    refused,  // refusal() says why; no more is read
  };

  explicit HttpReader(const HttpLimits& limits) : limits_(limits) {}

  State feed(std::string_view bytes);
  State state() const noexcept;

  // Tells, once, whether the client waits for "100 Continue" before it sends the body.
  bool take_expectation() noexcept { return std::exchange(expects_, false); }
  // Tells whether a request has begun and is not whole.
  bool begun() const noexcept;

  // Gives the request and begins the next one with what is left over. REQUIRES: whole.
  HttpRequest take();
  const HttpResponse& refusal() const noexcept { return refusal_; }

 private:
  enum class Stage : std::uint8_t {
    head,
    body,
    chunk_size,
    chunk,
    chunk_end,
    trailers,
    end,
    error
  };

  bool advance(std::string_view& rest);
  bool read_head(std::string_view& rest);
  bool read_request_line(std::string_view line);
  bool read_header(std::string_view line);
  bool settle_framing();
  bool settle_length(std::string_view text);
  bool read_body(std::string_view& rest);
  bool read_chunk_size(std::string_view& rest);
  bool read_chunk_end(std::string_view& rest);
  bool read_trailer(std::string_view& rest);
  bool expect_body(std::size_t bytes);
  bool refuse(int status, std::string_view why);

  const HttpLimits limits_;
  Stage stage_ = Stage::head;
  std::string pending_;
  HttpRequest request_;
  std::size_t missing_ = 0;        // of the body, or of this chunk
  std::size_t trailer_bytes_ = 0;  // so far
  bool expects_ = false;
  HttpResponse refusal_;
};

}  // namespace pawl::tools
